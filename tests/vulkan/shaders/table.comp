// SPDX-License-Identifier: MIT OR Apache-2.0
// An unsized array of buffers, indexed by what differs between the threads of a subgroup.
#version 450
#extension GL_EXT_nonuniform_qualifier : require
layout(local_size_x = 64) in;
layout(set = 0, binding = 0) buffer Out { uint cells[]; };
layout(set = 0, binding = 3) readonly buffer In { uint value; } table[];

void main()
{
    uint i = gl_LocalInvocationID.x;
    cells[i] = table[nonuniformEXT((i * 7) % 5)].value;
}
