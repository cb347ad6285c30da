// SPDX-License-Identifier: MIT OR Apache-2.0
// y = a * x + y, four elements per invocation.
#version 450
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint SALT = 0;
layout(set = 0, binding = 0) readonly buffer X { vec4 x[]; };
layout(set = 0, binding = 1) buffer Y { vec4 y[]; };
layout(push_constant) uniform Parameters { uint count; float a; };

void main()
{
    uint i = gl_GlobalInvocationID.x;
    if (i < count / 4)
        y[i] = (SALT == 0 ? a : float(SALT)) * x[i] + y[i];
}
