// SPDX-License-Identifier: MIT OR Apache-2.0
// Shared memory that starts as zero; before it ends, each workgroup leaves it full of ones.
#version 450
#extension GL_EXT_null_initializer : require
layout(local_size_x = 64) in;
layout(set = 0, binding = 0) buffer Out { uint cells[]; };
shared uint part[256] = {};
shared struct { uint count; vec4 v; } more = {};

void main()
{
    uint sum = 0;
    for (uint i = 0; i < 4; i++)
        sum |= part[(gl_LocalInvocationID.x * 4 + i + 17) % 256];
    sum |= more.count | floatBitsToUint(more.v.w);
    barrier();
    for (uint i = 0; i < 4; i++)
        part[gl_LocalInvocationID.x * 4 + i] = 0xffffffff;
    more.count = 1;
    more.v = vec4(1.0);
    cells[gl_GlobalInvocationID.x] = sum + 1;
}
