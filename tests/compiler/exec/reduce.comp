// SPDX-License-Identifier: MIT OR Apache-2.0
#version 450
layout(local_size_x = 128) in;
layout(std430, binding = 0) readonly buffer In { uint a[]; };
layout(std430, binding = 1) buffer Out { uint r[]; };
layout(push_constant) uniform Push { uint n; uint k; float f; };
shared uint part[128];
void main()
{
    uint t = gl_LocalInvocationID.x;
    part[t] = gl_GlobalInvocationID.x < n ? a[gl_GlobalInvocationID.x] : 0;
    barrier();
    for (uint s = 64; s > 0; s >>= 1) {
        if (t < s)
            part[t] += part[t + s];
        barrier();
    }
    if (t == 0)
        r[gl_WorkGroupID.x] = part[0];
}
