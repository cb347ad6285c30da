// SPDX-License-Identifier: MIT OR Apache-2.0
// One partial sum per workgroup: a stride over the grid, then a tree in shared memory.
#version 450
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint SALT = 0;
layout(set = 0, binding = 0) readonly buffer X { float x[]; };
layout(set = 0, binding = 1) writeonly buffer Y { float y[]; };
layout(push_constant) uniform Parameters { uint count; float a; };
shared float part[256];

void main()
{
    uint lane = gl_LocalInvocationID.x;
    uint stride = gl_NumWorkGroups.x * 256;
    float sum = float(SALT);

    for (uint i = gl_GlobalInvocationID.x; i < count; i += stride)
        sum += x[i];
    part[lane] = sum;
    barrier();
    for (uint half_count = 128; half_count > 0; half_count /= 2) {
        if (lane < half_count)
            part[lane] += part[lane + half_count];
        barrier();
    }
    if (lane == 0)
        y[gl_WorkGroupID.x] = part[0];
}
