// SPDX-License-Identifier: MIT OR Apache-2.0
// Counters that every invocation of every workgroup touches.
#version 450
layout(local_size_x = 64) in;
layout(set = 0, binding = 0) buffer Counters {
    uint sum;
    uint low;
    int high;
    uint bits;
    uint swaps;
    uint groups;
};
shared uint local_sum;

void main()
{
    uint i = gl_GlobalInvocationID.x;
    if (gl_LocalInvocationIndex == 0)
        local_sum = 0;
    barrier();
    atomicAdd(local_sum, 1);
    barrier();
    atomicAdd(sum, i);
    atomicMin(low, i + 5);
    atomicMax(high, int(i) - 3);
    atomicOr(bits, 1u << (i % 32));
    atomicCompSwap(swaps, i, i + 1);
    if (gl_LocalInvocationIndex == 0 && local_sum == 64)
        atomicAdd(groups, 1);
}
