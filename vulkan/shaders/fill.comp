// SPDX-License-Identifier: MIT OR Apache-2.0
// vkCmdFillBuffer of much memory: units of 16 bytes, four of them per invocation.
#version 450
#extension GL_EXT_buffer_reference : require
layout(local_size_x = 256) in;
layout(buffer_reference, std430, buffer_reference_align = 16) restrict writeonly buffer Target { uvec4 unit[]; };
layout(push_constant) uniform Parameters { Target target; uint count; uint value; };

void main()
{
    uint first = gl_WorkGroupID.x * 1024 + gl_LocalInvocationID.x;
    for (uint i = 0; i < 4; i++)
        if (first + i * 256 < count)
            target.unit[first + i * 256] = uvec4(value);
}
