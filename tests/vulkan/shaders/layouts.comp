// SPDX-License-Identifier: MIT OR Apache-2.0
// Relaxed block layout (vectors at multiples of 4), the standard layout in a uniform block (arrays
// without padding), and row-major matrices.
#version 450
#extension GL_EXT_scalar_block_layout : require
layout(local_size_x = 1) in;
// "scalar" for glslang's sake; the offsets are those of relaxed block layout.
layout(set = 0, binding = 0, scalar) buffer Data {
    layout(offset = 0) float head;
    layout(offset = 4) vec3 a;
    layout(offset = 20) vec2 b;
    layout(offset = 32, row_major) mat2x3 m;
    layout(offset = 64) vec3 out_a;
    layout(offset = 84) vec2 out_b;
    layout(offset = 96) float out_m[6];
    layout(offset = 120) float out_sum;
};
layout(set = 0, binding = 1, std430) uniform U { float list[8]; };

void main()
{
    out_a = a.zyx + vec3(head);
    out_b = b.yx * 2.0;
    for (int c = 0; c < 2; c++) {
        for (int r = 0; r < 3; r++)
            out_m[c * 3 + r] = m[c][r];
    }
    out_sum = 0.0;
    for (int i = 0; i < 8; i++)
        out_sum += list[i] * float(i + 1);
}
