// SPDX-License-Identifier: MIT OR Apache-2.0
// Specialization constants of each type, the workgroup's size among them.
#version 450
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const int factor = 2;
layout(constant_id = 2) const bool negate = false;
layout(constant_id = 3) const float scale = 1.5;
const int twice = factor * 2;
layout(set = 0, binding = 0) buffer Out { int out_values[]; };

void main()
{
    int v = int(gl_GlobalInvocationID.x) * twice + int(scale * 4.0);
    out_values[gl_GlobalInvocationID.x] = negate ? -v : v;
    if (gl_GlobalInvocationID.x == 0)
        out_values[1000] = int(gl_WorkGroupSize.x);
}
