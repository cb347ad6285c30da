// SPDX-License-Identifier: MIT OR Apache-2.0
// The smallest job: one word counts the launches at its place.
#version 450
layout(local_size_x = 32) in;
layout(constant_id = 0) const uint SALT = 0;
layout(set = 0, binding = 1) buffer Y { uint y[]; };
layout(push_constant) uniform Parameters { uint place; float a; };

void main()
{
    if (gl_LocalInvocationID.x == 0)
        y[place] += 1 + SALT;
}
