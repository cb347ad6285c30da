// SPDX-License-Identifier: MIT OR Apache-2.0
// std140 layout: vectors, a matrix, arrays and nested structures.
#version 450
layout(local_size_x = 1) in;
struct Inner {
    vec3 direction;
    float weight;
};
layout(set = 0, binding = 0, std140) uniform U {
    vec4 base;
    mat4 m;
    float list[3];
    Inner inner[2];
    ivec2 pair;
};
layout(set = 0, binding = 1, std430) buffer Out { float results[]; };

void main()
{
    vec4 v = m * base;
    for (int i = 0; i < 4; i++)
        results[i] = v[i];
    for (int i = 0; i < 3; i++)
        results[4 + i] = list[i];
    for (int i = 0; i < 2; i++)
        results[7 + i] = inner[i].direction.x + inner[i].direction.y * 10.0 +
                         inner[i].direction.z * 100.0 + inner[i].weight * 1000.0;
    results[9] = float(pair.x - pair.y);
}
