// SPDX-License-Identifier: MIT OR Apache-2.0
// Products are fused into sums unless the shader says precise.
// options --print sass
// expect FFMA
// expect FMUL
// expect FADD
#version 450
layout(local_size_x = 1) in;
layout(binding = 0) buffer B { float x, y, z, loose; precise float exact; };
void main()
{
    loose = x * y + z;
    precise float e = x * z + y;
    exact = e;
}
