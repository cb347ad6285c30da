// SPDX-License-Identifier: MIT OR Apache-2.0
#version 450
layout(local_size_x = 32) in;
layout(std430, binding = 0) readonly buffer In { uint a[]; };
layout(std430, binding = 1) buffer Out { uint r[]; };
layout(push_constant) uniform Push { uint n; uint k; float f; };
void main()
{
    uint i = gl_GlobalInvocationID.x, x = a[i];
    vec4 v = vec4(x & 255, (x >> 8) & 255, (x >> 16) & 255, x >> 24) / 200.0 - 0.2;
    r[8 * i] = packUnorm4x8(v); r[8 * i + 1] = packSnorm4x8(v); r[8 * i + 2] = packUnorm2x16(v.xy);
    r[8 * i + 3] = packSnorm2x16(v.zw); r[8 * i + 4] = packHalf2x16(v.xz * 100.0);
    r[8 * i + 5] = floatBitsToUint(unpackUnorm4x8(x).y + unpackSnorm4x8(x).z);
    r[8 * i + 6] = floatBitsToUint(unpackHalf2x16(packHalf2x16(v.yw)).x + unpackHalf2x16(packHalf2x16(v.yw)).y);
    r[8 * i + 7] = floatBitsToUint(unpackUnorm2x16(x).x + unpackSnorm2x16(x).y);
}
