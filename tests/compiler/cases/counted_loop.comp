// SPDX-License-Identifier: MIT OR Apache-2.0
// A long loop of a known number of trips does several at a time.
// options --print sass
// expect IADD3 R
// expect 0x8, RZ
#version 450
layout(local_size_x = 32) in;
layout(binding = 0) buffer B { float r[]; };
void main()
{
    float x = r[gl_LocalInvocationIndex];
    for (uint k = 0; k < 1024; k++)
        x = fma(x, 0.5, 1.0);
    r[gl_LocalInvocationIndex] = x;
}
