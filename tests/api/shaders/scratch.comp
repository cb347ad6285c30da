// SPDX-License-Identifier: MIT OR Apache-2.0
// Writes an array in scratch memory and reads it back in an order only known at run time.
#version 450
layout(local_size_x = 64) in;
layout(set = 0, binding = 0) buffer Data { uint data[]; };

void main()
{
    uint values[96];
    uint i = gl_GlobalInvocationID.x, sum = 0;

    for (uint k = 0; k < 96; k++)
        values[(k * 7 + i) % 96] = k + i;
    for (uint k = 0; k < 96; k++)
        sum += values[(k * 5 + data[i]) % 96] * (k + 1);
    data[i] = sum;
}
