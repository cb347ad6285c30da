// SPDX-License-Identifier: MIT OR Apache-2.0
#version 450
layout(local_size_x = 64) in;
layout(std430, binding = 0) readonly buffer In { uint a[]; };
layout(std430, binding = 1) buffer Out { uint r[]; };
layout(push_constant) uniform Push { uint n; uint k; float f; };
void main()
{
    uint i = gl_GlobalInvocationID.x;
    uint v = a[i * k] + a[i + 0x3fffffffu];
    r[i * 2] = v + 1;
    atomicAdd(r[i * 4 + 1], 1000);
}
