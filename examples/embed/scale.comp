// SPDX-License-Identifier: MIT OR Apache-2.0
// out[i] = in[i] * factor + i, one invocation per element.
#version 450
layout(local_size_x = 64) in;
layout(set = 0, binding = 0) readonly buffer Input { uint data[]; } src;
layout(set = 0, binding = 1) writeonly buffer Output { uint data[]; } dst;
layout(push_constant) uniform Push { uint count; uint factor; } push;

void main()
{
    uint i = gl_GlobalInvocationID.x;
    if (i < push.count)
        dst.data[i] = src.data[i] * push.factor + i;
}
