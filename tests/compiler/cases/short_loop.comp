// SPDX-License-Identifier: MIT OR Apache-2.0
// Loops of few trips are written out: arrays that their counters index stay in registers, and loads
// of neighbouring words become one.
// options --print sass,stats
// expect LDS.128
// expect local_bytes 0
// expect-not BRA 0x0
// expect-not ISETP
#version 450
layout(local_size_x = 32) in;
layout(binding = 0) buffer B { uint r[]; };
shared uint tile[32][4];
void main()
{
    uint x = gl_LocalInvocationIndex, v[4], sum = 0;
    for (uint i = 0; i < 4; i++)
        tile[x][i] = x + i;
    barrier();
    for (uint i = 0; i < 4; i++)
        v[i] = tile[31 - x][i];
    for (uint i = 0; i < 4; i++)
        for (uint j = 0; j < 4; j++)
            sum = sum * 3 + v[i] * v[j];
    r[x] = sum;
}
