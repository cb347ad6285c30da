// SPDX-License-Identifier: MIT OR Apache-2.0
// Nothing is left to compute.
// options --print sass
// expect-not FADD
// expect-not FMUL
// expect-not IMAD
// expect-not LOP3
#version 450
layout(local_size_x = 1) in;
layout(binding = 0) buffer B { float f; uint u; };
void main()
{
    float a[3] = float[](1.0, 2.0, 4.0);
    uint x = 0xff;
    for (int i = 0; i < 1; i++) { }
    x = (x ^ 0x0f) & ~(1u << 4);
    f = a[0] * a[1] + a[2];
    u = x * 3 + uint(a[2] * 2.0);
}
