// SPDX-License-Identifier: MIT OR Apache-2.0
#version 450
layout(local_size_x = 16, local_size_y = 16) in;
layout(std430, binding = 0) readonly buffer In { uint a[]; };
layout(std430, binding = 1) buffer Out { uint r[]; };
layout(push_constant) uniform Push { uint n; uint k; float f; };
shared uvec2 tile[16][17];
void main()
{
    uvec2 g = gl_GlobalInvocationID.xy, t = gl_LocalInvocationID.xy;
    uint width = gl_NumWorkGroups.x * 16;
    tile[t.y][t.x] = uvec2(a[g.y * width + g.x], gl_LocalInvocationIndex);
    barrier();
    uvec2 o = gl_WorkGroupID.yx * 16 + t;
    uvec2 v = tile[t.x][t.y];
    r[o.y * (gl_NumWorkGroups.y * 16) + o.x] = v.x + v.y;
}
