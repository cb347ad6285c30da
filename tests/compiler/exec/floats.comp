// SPDX-License-Identifier: MIT OR Apache-2.0
#version 450
layout(local_size_x = 32) in;
layout(std430, binding = 0) readonly buffer In { uint a[]; };
layout(std430, binding = 1) buffer Out { uint r[]; };
layout(push_constant) uniform Push { uint n; uint k; float f; };
void put(uint at, float v) { r[gl_GlobalInvocationID.x * 48 + at] = floatBitsToUint(v); }
void main()
{
    uint i = gl_GlobalInvocationID.x;
    if (i >= n)
        return;
    float x = uintBitsToFloat(a[2 * i]), y = uintBitsToFloat(a[2 * i + 1]);
    put(0, x + y); put(1, x - y); put(2, x * y); put(3, x / y); put(4, -x); put(5, abs(x));
    put(6, sign(x)); put(7, floor(x)); put(8, ceil(x)); put(9, trunc(x)); put(10, roundEven(x));
    put(11, fract(x)); put(12, min(x, y)); put(13, max(x, y)); put(14, clamp(x, -1.0, 2.0));
    put(15, mix(x, y, 0.25)); put(16, step(x, y)); put(17, smoothstep(-2.0, 3.0, x));
    put(18, fma(x, y, 1.5)); put(19, sqrt(abs(x))); put(20, inversesqrt(abs(x) + 0.5));
    put(21, exp2(x * 0.5)); put(22, log2(abs(x) + 0.5)); put(23, exp(x * 0.5)); put(24, log(abs(x) + 2.0));
    put(25, pow(abs(x) + 0.5, 1.75)); put(26, sin(x)); put(27, cos(x)); put(28, tan(x * 0.1));
    put(29, asin(clamp(x * 0.1, -1.0, 1.0))); put(30, acos(clamp(x * 0.1, -1.0, 1.0)));
    put(31, atan(x)); put(32, atan(y, x)); put(33, sinh(x * 0.2)); put(34, cosh(x * 0.2)); put(35, tanh(x));
    put(36, mod(x, 3.0)); put(37, radians(x)); put(38, ldexp(x, 3));
    int e; put(39, frexp(x, e)); put(40, float(e));
    float w; put(41, modf(x, w)); put(42, w);
    put(43, float(int(x))); put(44, float(uint(abs(x)))); put(45, x < y ? 1.0 : 0.0);
    put(46, length(vec3(x, y, 1.0))); put(47, dot(vec4(x, y, 1.0, 2.0), vec4(y, 0.5, x, 0.25)));
}
