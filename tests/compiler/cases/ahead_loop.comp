// SPDX-License-Identifier: MIT OR Apache-2.0
// A loop that loads, whose trips show only when it runs: one of four trips at a time goes before it,
// up to three steps below the bound, and only where four steps cannot wrap.
// options --print sass
// expect 0x3, RZ
// expect 0x3fffffff, PT
#version 450
layout(local_size_x = 32) in;
layout(binding = 0) buffer A { uint a[]; };
layout(binding = 1) buffer R { uint r[]; };
layout(push_constant) uniform P { uint n, step; };
void main()
{
    uint sum = 0;
    for (uint i = gl_LocalInvocationIndex; i < n; i += step)
        sum += a[i];
    r[gl_LocalInvocationIndex] = sum;
}
