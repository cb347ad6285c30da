// SPDX-License-Identifier: MIT OR Apache-2.0
// A linked list through buffer addresses, summed in 64 bits.
#version 450
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_buffer_reference_uvec2 : require
#extension GL_ARB_gpu_shader_int64 : require
layout(local_size_x = 1) in;
layout(buffer_reference, buffer_reference_align = 16) buffer Node;
layout(buffer_reference, buffer_reference_align = 16) buffer Node {
    uvec2 next;
    uint64_t value;
};
layout(set = 0, binding = 0) buffer Out { uint64_t sum; uint64_t product; uint count; };
layout(push_constant) uniform Push { uvec2 first; };

void main()
{
    uvec2 at = first;
    sum = 0ul;
    product = 1ul;
    count = 0;
    while (at != uvec2(0)) {
        Node node = Node(at);
        sum += node.value;
        product *= node.value | 1ul;
        at = node.next;
        count++;
    }
}
