// SPDX-License-Identifier: MIT OR Apache-2.0
#version 450
layout(local_size_x = 32) in;
struct Inner { vec3 p; float w; uint tag[3]; };
struct Item { Inner in_; mat3 m; vec2 uv; };
layout(std430, binding = 0) readonly buffer In { uint count; Item items[]; };
layout(std430, binding = 1) buffer Out { vec4 r[]; };
layout(std140, binding = 2) uniform U { mat4 m; layout(row_major) mat4 rm; float arr[3]; vec3 bias; } u;
layout(push_constant) uniform Push { uint n; uint k; float f; };
void main()
{
    uint i = gl_GlobalInvocationID.x;
    if (i >= n)
        return;
    Item it = items[i];
    vec4 v = vec4(it.in_.p, it.in_.w);
    r[4 * i] = u.m * v + u.rm * v;
    r[4 * i + 1] = vec4(it.m * u.bias, items[i].m[1][2]);
    r[4 * i + 2] = vec4(it.uv * u.arr[k % 3], float(it.in_.tag[(i + k) % 3]), float(count + items.length()));
    r[4 * i + 3] = vec4(transpose(it.m)[0], determinant(it.m)) + u.m[i & 3];
}
