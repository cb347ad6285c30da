// SPDX-License-Identifier: MIT OR Apache-2.0
// What 64-bit integers take more than a few instructions for.
#version 450
#extension GL_ARB_gpu_shader_int64 : require
layout(local_size_x = 32) in;
layout(std430, binding = 0) readonly buffer In { uint a[]; };
layout(std430, binding = 1) buffer Out { uint r[]; };
layout(push_constant) uniform Push { uint n; uint k; float f; };
layout(constant_id = 0) const uint seven = 7;
const uint of_constants = 1000 / seven + 1000 % seven; // folded, not computed

void put(uint at, uint64_t v)
{
    uvec2 w = unpackUint2x32(v);
    r[gl_GlobalInvocationID.x * 40 + at * 2] = w.x;
    r[gl_GlobalInvocationID.x * 40 + at * 2 + 1] = w.y;
}

void main()
{
    uint i = gl_GlobalInvocationID.x;
    if (i >= n)
        return;
    uint64_t x = packUint2x32(uvec2(a[4 * i], a[4 * i + 1]));
    uint64_t y = packUint2x32(uvec2(a[4 * i + 2], a[4 * i + 3])) >> (a[4 * i] & 63);
    y = y == 0 ? 1 : y;
    int64_t sx = int64_t(x), sy = int64_t(y);
    put(0, x / y); put(1, x % y); put(2, uint64_t(sx / sy)); put(3, x / uint64_t(a[4 * i + 1] | 1));
    put(4, x / 10ul); put(5, x % 1000000007ul); put(6, x / 64ul); put(7, x % 4096ul);
    put(8, uint64_t(sx / 7l)); put(9, uint64_t(abs(sx))); put(10, uint64_t(sign(sx)));
    put(11, uint64_t(min(sx, sy))); put(12, max(x, y)); put(13, uint64_t(clamp(sx, -1000l, 1000l)));
    put(14, packUint2x32(uvec2(floatBitsToUint(float(x)), floatBitsToUint(float(sx)))));
    float big = float(x >> 1), small = float(int(a[4 * i]));
    put(15, uint64_t(big)); put(16, uint64_t(int64_t(small)));
    put(17, uint64_t(int64_t(-big * 0.75)));
    put(18, uint64_t(i64vec2(sx, sy).y / i64vec2(3l, 5l).x)); put(19, uint64_t(of_constants));
}
