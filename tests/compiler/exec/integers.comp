// SPDX-License-Identifier: MIT OR Apache-2.0
#version 450
layout(local_size_x = 32) in;
layout(std430, binding = 0) readonly buffer In { uint a[]; };
layout(std430, binding = 1) buffer Out { uint r[]; };
layout(push_constant) uniform Push { uint n; uint k; float f; };
void put(uint at, uint v) { r[gl_GlobalInvocationID.x * 32 + at] = v; }
void main()
{
    uint i = gl_GlobalInvocationID.x;
    if (i >= n)
        return;
    uint x = a[2 * i], y = a[2 * i + 1];
    int sx = int(x), sy = int(y);
    put(0, x + y); put(1, x - y); put(2, x * y);
    put(3, y == 0 ? 7 : x / y); put(4, y == 0 ? 7 : x % y);
    put(5, y == 0 ? 7 : uint(sx / sy)); put(6, y == 0 ? 7 : uint(sx - sy * (sx / sy)));
    put(7, x << (y & 31)); put(8, x >> (y & 31)); put(9, uint(sx >> int(y & 31)));
    put(10, x & y); put(11, x | y); put(12, x ^ y); put(13, ~x);
    put(14, min(x, y)); put(15, max(x, y)); put(16, uint(min(sx, sy))); put(17, uint(max(sx, sy)));
    put(18, uint(abs(sx))); put(19, uint(sign(sx)));
    put(20, uint(bitCount(x))); put(21, bitfieldReverse(x));
    put(22, uint(findLSB(x))); put(23, uint(findMSB(x))); put(24, uint(findMSB(sx)));
    put(25, bitfieldExtract(x, int(y & 15), 9)); put(26, uint(bitfieldExtract(sx, int(y & 15), 9)));
    put(27, bitfieldInsert(x, y, 5, 11));
    uint hi, lo; umulExtended(x, y, hi, lo); put(28, hi ^ lo);
    int shi, slo; imulExtended(sx, sy, shi, slo); put(29, uint(shi));
    uint c; put(30, uaddCarry(x, y, c) + c); put(31, clamp(x, 100u, 0x80000000u) / 10);
}
