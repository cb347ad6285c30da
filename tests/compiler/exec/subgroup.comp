// SPDX-License-Identifier: MIT OR Apache-2.0
#version 450
#extension GL_KHR_shader_subgroup_ballot : require
#extension GL_KHR_shader_subgroup_vote : require
#extension GL_KHR_shader_subgroup_shuffle : require
#extension GL_KHR_shader_subgroup_shuffle_relative : require
layout(local_size_x = 64) in;
layout(std430, binding = 0) readonly buffer In { uint a[]; };
layout(std430, binding = 1) buffer Out { uint r[]; };
layout(push_constant) uniform Push { uint n; uint k; float f; };
void main()
{
    uint i = gl_GlobalInvocationID.x, v = a[i];
    r[8 * i] = subgroupBallot((v & 1) != 0).x;
    r[8 * i + 1] = uint(subgroupAny(v > 0xf0000000u)) + 2 * uint(subgroupAll(v > 0));
    r[8 * i + 2] = subgroupShuffleXor(v, 5);
    r[8 * i + 3] = subgroupShuffle(v, (i * 7) & 31);
    r[8 * i + 4] = subgroupBroadcastFirst(v) + subgroupBroadcast(v, 3);
    uint up = subgroupShuffleUp(v, 1), down = subgroupShuffleDown(v, 2);
    r[8 * i + 5] = gl_SubgroupInvocationID >= 1 ? up : 0;
    r[8 * i + 6] = gl_SubgroupInvocationID < 30 ? down : 0;
    if ((v & 2) != 0)
        r[8 * i + 7] = subgroupBallot(true).x + (subgroupElect() ? 1 : 0);
    else
        r[8 * i + 7] = gl_SubgroupID * 100 + gl_SubgroupSize;
}
