// SPDX-License-Identifier: MIT OR Apache-2.0
// Integer arithmetic: 256 rounds of a mixing function (multiply, shift, exclusive or) per invocation.
#version 450
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint SALT = 0;
layout(set = 0, binding = 0) readonly buffer X { uint x[]; };
layout(set = 0, binding = 1) writeonly buffer Y { uint y[]; };
layout(push_constant) uniform Parameters { uint count; float a; };

void main()
{
    uint i = gl_GlobalInvocationID.x;
    if (i >= count)
        return;
    uint h = x[i] + SALT;
    for (uint k = 0; k < 256; k++) {
        h ^= h >> 16;
        h *= 0x7feb352du;
        h ^= h >> 15;
        h *= 0x846ca68bu;
        h ^= h >> 16;
        h += k;
    }
    y[i] = h;
}
