// SPDX-License-Identifier: MIT OR Apache-2.0
// vkCmdCopyBuffer of much memory: units of 16 bytes, four of them per invocation.
#version 450
#extension GL_EXT_buffer_reference : require
layout(local_size_x = 256) in;
layout(buffer_reference, std430, buffer_reference_align = 16) restrict writeonly buffer Target { uvec4 unit[]; };
layout(buffer_reference, std430, buffer_reference_align = 16) restrict readonly buffer Source { uvec4 unit[]; };
layout(push_constant) uniform Parameters { Target target; Source source; uint count; };

void main()
{
    uint first = gl_WorkGroupID.x * 1024 + gl_LocalInvocationID.x;
    if (first + 768 < count) {
        uvec4 a = source.unit[first], b = source.unit[first + 256];
        uvec4 c = source.unit[first + 512], d = source.unit[first + 768];
        target.unit[first] = a;
        target.unit[first + 256] = b;
        target.unit[first + 512] = c;
        target.unit[first + 768] = d;
        return;
    }
    for (uint i = first; i < count; i += 256)
        target.unit[i] = source.unit[i];
}
