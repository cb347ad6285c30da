// SPDX-License-Identifier: MIT OR Apache-2.0
// Reads and writes beyond the ends of buffers, which robustBufferAccess makes harmless.
#version 450
layout(local_size_x = 64) in;
layout(set = 0, binding = 0) buffer A { uint a[]; };
layout(set = 0, binding = 1) buffer B { uint b[]; };
layout(push_constant) uniform Push { uint beyond; };

void main()
{
    uint i = gl_GlobalInvocationID.x;
    b[i] = a[i];                     // the last ones of a lie outside
    a[i + beyond] = 0xbad;           // all of them outside
    if (i == 0)
        b[63] = uint(a.length());
}
