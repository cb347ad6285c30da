// SPDX-License-Identifier: MIT OR Apache-2.0
// Loops that end at different times in one warp, on integers so that the CPU gets the same.
#version 450
layout(local_size_x = 32) in;
layout(set = 0, binding = 0) buffer Out { uint steps[]; };

void main()
{
    uint n = gl_GlobalInvocationID.x + 1;
    uint count = 0;
    while (n != 1 && count < 1000) {
        if ((n & 1) == 0)
            n >>= 1;
        else
            n = 3 * n + 1;
        switch (n % 5) {
        case 0:
            count += 2;
            break;
        case 3:
            count += 1; // and falls through
        default:
            count += 1;
        }
    }
    steps[gl_GlobalInvocationID.x] = count;
}
