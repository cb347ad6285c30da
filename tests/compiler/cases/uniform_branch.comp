// SPDX-License-Identifier: MIT OR Apache-2.0
// A branch that all threads take alike needs no convergence barrier.
// options --print sass
// expect BRA
// expect-not BSSY
#version 450
layout(local_size_x = 32) in;
layout(binding = 0) buffer B { uint r[]; };
layout(push_constant) uniform P { uint n; };
void main() { for (uint i = 0; i < n; i++) r[i * 32 + gl_LocalInvocationIndex] = i; }
