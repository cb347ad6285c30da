// SPDX-License-Identifier: MIT OR Apache-2.0
#version 450
#extension GL_EXT_buffer_reference : require
#extension GL_ARB_gpu_shader_int64 : require
layout(local_size_x = 32) in;
layout(buffer_reference) buffer Node;
layout(buffer_reference, std430, buffer_reference_align = 16) buffer Node { uint value; uint pad; Node next; };
layout(std430, binding = 1) buffer Out { uint r[]; };
layout(push_constant) uniform Push { uint n; uint k; float f; uint pad; Node head; };
void main()
{
    Node at = head;
    uint sum = 0;
    for (uint i = 0; i <= gl_GlobalInvocationID.x; i++) {
        sum += at.value;
        at = at.next;
    }
    r[gl_GlobalInvocationID.x] = sum;
}
