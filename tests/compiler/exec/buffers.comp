// SPDX-License-Identifier: MIT OR Apache-2.0
#version 450
#extension GL_EXT_nonuniform_qualifier : require
layout(local_size_x = 32) in;
layout(std430, binding = 0) readonly buffer In { uint a[]; };
layout(std430, binding = 1) buffer Out { uint r[]; };
layout(std430, binding = 3) readonly buffer Many { uint x[]; } many[4];
layout(std430, set = 1, binding = 0) readonly buffer Dyn { uint y[]; } dyn;
layout(push_constant) uniform Push { uint n; uint k; float f; uint table[8]; };
void main()
{
    uint i = gl_GlobalInvocationID.x;
    r[i] = many[k].x[i] + many[2].x[0] * 3 + dyn.y[i] + table[i & 7] + many[nonuniformEXT(i & 3)].x[1];
}
