// SPDX-License-Identifier: MIT OR Apache-2.0
// Six functions of the special units per step, 64 steps per invocation.
#version 450
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint SALT = 0;
layout(set = 0, binding = 0) readonly buffer X { float x[]; };
layout(set = 0, binding = 1) writeonly buffer Y { float y[]; };
layout(push_constant) uniform Parameters { uint count; float a; };

void main()
{
    uint i = gl_GlobalInvocationID.x;
    if (i >= count)
        return;
    float t = x[i], sum = float(SALT);
    for (uint k = 0; k < 64; k++) {
        sum += sin(t) * cos(t) + exp2(-t) + log2(1.0 + t) + inversesqrt(1.0 + t) + sqrt(t);
        t += 0.015625;
    }
    y[i] = sum;
}
