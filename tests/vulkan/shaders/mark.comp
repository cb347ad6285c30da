// SPDX-License-Identifier: MIT OR Apache-2.0
// Writes one number, which tells where it came from, through every binding. Compiled once per layout:
// ONE, DYNAMIC or ARRAY. Groups beyond the first write nothing.
#version 450
layout(local_size_x = 1) in;
layout(push_constant) uniform Push {
    uint push;
};

#ifdef ONE
layout(set = 0, binding = 0) buffer A { uint a[]; };
#endif
#ifdef DYNAMIC
layout(set = 0, binding = 0) buffer A { uint a[]; };
layout(set = 0, binding = 1) buffer B { uint b[]; };
layout(set = 1, binding = 0) buffer C { uint c[]; };
#endif
#ifdef ARRAY
layout(set = 1, binding = 2) buffer A { uint a[]; } a[3];
#endif

void main()
{
    if (gl_NumWorkGroups.x > 1 && gl_WorkGroupID.x > 0)
        return;
    uint value = push + gl_NumWorkGroups.x + 1000 * gl_WorkGroupID.x;
#ifdef ONE
    a[0] = value;
#endif
#ifdef DYNAMIC
    a[0] = value;
    b[0] = value;
    c[0] = value;
#endif
#ifdef ARRAY
    a[0].a[0] = value;
    a[1].a[0] = value;
    a[2].a[0] = value;
#endif
}
