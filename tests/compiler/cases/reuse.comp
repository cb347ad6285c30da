// SPDX-License-Identifier: MIT OR Apache-2.0
// An operand that the next multiply-add reads again is kept.
// options --print sass
// expect .reuse
#version 450
layout(local_size_x = 32) in;
layout(binding = 0) buffer B { float r[]; };
void main()
{
    uint i = gl_LocalInvocationIndex * 8;
    float x = r[i], a = r[i + 1], b = r[i + 2], c = r[i + 3];
    r[i] = fma(x, a, a);
    r[i + 1] = fma(x, b, c);
    r[i + 2] = fma(x, c, b);
}
