// SPDX-License-Identifier: MIT OR Apache-2.0
#version 450
layout(local_size_x = 64) in;
layout(std430, binding = 0) readonly buffer X { float x[]; };
layout(std430, binding = 1) buffer Y { float y[]; };
layout(push_constant) uniform Push { uint n; uint k; float f; };
void main()
{
    uint i = gl_GlobalInvocationID.x;
    if (i < n)
        y[i] = f * x[i] + y[i];
}
