// SPDX-License-Identifier: MIT OR Apache-2.0
// 4096 dependent multiply-adds per invocation.
#version 450
layout(local_size_x = 256) in;
layout(set = 0, binding = 0) buffer Data { float data[]; };

void main()
{
    uint i = gl_GlobalInvocationID.x;
    float a = data[i], b = float(i) * 0.001;

    for (uint k = 0; k < 256; k++) {
        a = fma(a, b, 0.5);
        a = fma(a, b, 0.5);
        a = fma(a, b, 0.5);
        a = fma(a, b, 0.5);
        a = fma(a, b, 0.5);
        a = fma(a, b, 0.5);
        a = fma(a, b, 0.5);
        a = fma(a, b, 0.5);
        a = fma(a, b, 0.5);
        a = fma(a, b, 0.5);
        a = fma(a, b, 0.5);
        a = fma(a, b, 0.5);
        a = fma(a, b, 0.5);
        a = fma(a, b, 0.5);
        a = fma(a, b, 0.5);
        a = fma(a, b, 0.5);
    }
    data[i] = a;
}
