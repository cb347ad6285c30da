// SPDX-License-Identifier: MIT OR Apache-2.0
// Sums each workgroup's part of `values` in shared memory.
#version 450
layout(local_size_x = 256) in;
layout(set = 0, binding = 0) readonly buffer In { uint values[]; };
layout(set = 0, binding = 1) writeonly buffer Out { uint sums[]; };
shared uint part[256];

void main()
{
    uint t = gl_LocalInvocationID.x;
    part[t] = values[gl_GlobalInvocationID.x];
    barrier();
    for (uint step = 128; step > 0; step >>= 1) {
        if (t < step)
            part[t] += part[t + step];
        barrier();
    }
    if (t == 0)
        sums[gl_WorkGroupID.x] = part[0];
}
