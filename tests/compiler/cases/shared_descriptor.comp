// SPDX-License-Identifier: MIT OR Apache-2.0
// What the launcher needs to know.
// options --print stats
// expect spills 0
// expect shared_bytes 256
// expect barriers 1
#version 450
layout(local_size_x = 64) in;
layout(binding = 0) buffer B { uint r[]; };
shared uint s[64];
void main()
{
    uint t = gl_LocalInvocationIndex;
    s[t] = r[t];
    barrier();
    r[t] = s[63 - t];
}
