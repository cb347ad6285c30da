// SPDX-License-Identifier: MIT OR Apache-2.0
// Eight independent chains of multiply-adds, 8192 in all per invocation.
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
    float s = x[i];
    float c0 = 0.0, c1 = 1.0, c2 = 2.0, c3 = 3.0, c4 = 4.0, c5 = 5.0, c6 = 6.0, c7 = float(SALT) + 7.0;
    for (uint k = 0; k < 1024; k++) {
        c0 = fma(c0, a, s);
        c1 = fma(c1, a, s);
        c2 = fma(c2, a, s);
        c3 = fma(c3, a, s);
        c4 = fma(c4, a, s);
        c5 = fma(c5, a, s);
        c6 = fma(c6, a, s);
        c7 = fma(c7, a, s);
    }
    y[i] = ((c0 + c1) + (c2 + c3)) + ((c4 + c5) + (c6 + c7));
}
