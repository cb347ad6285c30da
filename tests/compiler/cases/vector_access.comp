// SPDX-License-Identifier: MIT OR Apache-2.0
// Four aligned floats move in one access; unused atomics results cost no register.
// options --print sass --arch sm_90
// expect LDG.E.128
// expect STG.E.128
// expect REDG.E.ADD
// expect-not ATOMG
#version 450
layout(local_size_x = 32) in;
layout(binding = 0) buffer B { vec4 v[]; };
layout(binding = 1) buffer C { uint count; };
void main() { v[gl_LocalInvocationIndex] *= 2.0; atomicAdd(count, 1); }
