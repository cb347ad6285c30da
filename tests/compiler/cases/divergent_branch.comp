// SPDX-License-Identifier: MIT OR Apache-2.0
// options --print sass
// expect BSSY B0
// expect BSYNC B0
#version 450
layout(local_size_x = 32) in;
layout(binding = 0) buffer B { uint r[]; };
void main() { if (r[gl_LocalInvocationIndex] > 5) r[gl_LocalInvocationIndex] = 0; r[32] = 1; }
