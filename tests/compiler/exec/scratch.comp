// SPDX-License-Identifier: MIT OR Apache-2.0
#version 450
layout(local_size_x = 64) in;
layout(std430, binding = 0) readonly buffer In { uint a[]; };
layout(std430, binding = 1) buffer Out { uint r[]; };
layout(push_constant) uniform Push { uint n; uint k; float f; };
void sort(inout uint v[16])
{
    for (int i = 1; i < 16; i++)
        for (int j = i; j > 0 && v[j - 1] > v[j]; j--) {
            uint t = v[j]; v[j] = v[j - 1]; v[j - 1] = t;
        }
}
void main()
{
    uint i = gl_GlobalInvocationID.x;
    uint v[16];
    uvec4 w = uvec4(1, 2, 3, 4);
    for (int j = 0; j < 16; j++)
        v[j] = a[(i * 16 + j) % n];
    sort(v);
    w[i & 3] += 10;
    for (int j = 0; j < 16; j++)
        r[i * 16 + j] = v[j] + w[j & 3];
}
