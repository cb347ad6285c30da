// SPDX-License-Identifier: MIT OR Apache-2.0
// Every builtin of a compute grid, in three dimensions.
#version 450
layout(local_size_x = 4, local_size_y = 3, local_size_z = 2) in;
layout(set = 0, binding = 0) buffer Out { uint cells[]; };

void main()
{
    uvec3 size = gl_NumWorkGroups * gl_WorkGroupSize;
    uvec3 id = gl_GlobalInvocationID;
    uint index = (id.z * size.y + id.y) * size.x + id.x;
    uvec3 again = gl_WorkGroupID * gl_WorkGroupSize + gl_LocalInvocationID;
    uint local = (gl_LocalInvocationID.z * 3 + gl_LocalInvocationID.y) * 4 + gl_LocalInvocationID.x;
    bool right = again == id && local == gl_LocalInvocationIndex;
    cells[index] = right ? index + 1 : 0;
}
