// SPDX-License-Identifier: MIT OR Apache-2.0
#version 450
layout(local_size_x_id = 0, local_size_y = 2) in;
layout(constant_id = 1) const uint size = 4;
layout(constant_id = 2) const float scale = 1.0;
layout(constant_id = 3) const bool flip = false;
const uint twice = size * 2 + 1;
layout(std430, binding = 0) readonly buffer In { uint a[]; };
layout(std430, binding = 1) buffer Out { uint r[]; };
layout(push_constant) uniform Push { uint n; uint k; float f; };
shared uint s[twice];
void main()
{
    uint t = gl_LocalInvocationIndex;
    if (t < twice)
        s[t] = t * size;
    barrier();
    uint v = s[t % twice] + uint(scale * 10.0) + gl_WorkGroupSize.x;
    if (flip)
        v = ~v;
    r[gl_WorkGroupID.x * gl_WorkGroupSize.x * 2 + t] = v;
}
