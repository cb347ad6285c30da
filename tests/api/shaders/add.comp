// SPDX-License-Identifier: MIT OR Apache-2.0
// Adds the number of workgroups to each element of the buffer, once per invocation.
#version 450
layout(local_size_x = 32) in;
layout(set = 0, binding = 0) buffer Data { uint data[]; };

void main()
{
    data[gl_GlobalInvocationID.x] += gl_NumWorkGroups.x;
}
