// SPDX-License-Identifier: MIT OR Apache-2.0
#version 450
#extension GL_ARB_gpu_shader_int64 : require
layout(local_size_x = 32) in;
layout(std430, binding = 0) readonly buffer In { uint a[]; };
layout(std430, binding = 1) buffer Out { uint r[]; };
layout(push_constant) uniform Push { uint n; uint k; float f; };
void put(uint at, uint64_t v)
{
    uvec2 w = unpackUint2x32(v);
    r[gl_GlobalInvocationID.x * 32 + at * 2] = w.x;
    r[gl_GlobalInvocationID.x * 32 + at * 2 + 1] = w.y;
}
void main()
{
    uint i = gl_GlobalInvocationID.x;
    if (i >= n)
        return;
    uint64_t x = packUint2x32(uvec2(a[4 * i], a[4 * i + 1])), y = packUint2x32(uvec2(a[4 * i + 2], a[4 * i + 3]));
    int s = int(y & 63ul);
    put(0, x + y); put(1, x - y); put(2, x * y); put(3, x << s); put(4, x >> s);
    put(5, uint64_t(int64_t(x) >> s)); put(6, x & y); put(7, x ^ y);
    put(8, x < y ? 1ul : 2ul); put(9, int64_t(x) < int64_t(y) ? 1ul : 2ul); put(10, x == y ? x : y + 1ul);
    put(11, uint64_t(int64_t(int(a[4 * i])))); put(12, uint64_t(a[4 * i])); put(13, ~x);
    put(14, uint64_t(-int64_t(x))); put(15, int64_t(x) >= int64_t(y) ? x : y);
}
