// SPDX-License-Identifier: MIT OR Apache-2.0
#version 450
// Values that change places in every iteration: cycles of copies, of words and of booleans.
layout(local_size_x = 64) in;
layout(std430, binding = 0) readonly buffer In { uint a[]; };
layout(std430, binding = 1) buffer Out { uint r[]; };
void main()
{
    uint i = gl_GlobalInvocationID.x;
    uint x = a[4 * i], y = a[4 * i + 1], z = a[4 * i + 2], w = a[4 * i + 3];
    bool p = (x & 1) != 0, q = (y & 1) != 0, s = (z & 1) != 0, t = (w & 1) != 0, u = (x & 2) != 0;
    for (uint n = w & 31; n > 0; n--) {
        uint keep = x; x = y; y = z; z = keep;
        bool k = p; p = q; q = !s; s = k;
        k = t; t = u; u = k;
    }
    r[4 * i] = x; r[4 * i + 1] = y; r[4 * i + 2] = z;
    r[4 * i + 3] = uint(p) | uint(q) << 1 | uint(s) << 2 | uint(t) << 3 | uint(u) << 4;
}
