// SPDX-License-Identifier: MIT OR Apache-2.0
// Subgroup operations, each result an integer.
#version 450
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_vote : require
#extension GL_ARB_gpu_shader_int64 : require
#extension GL_EXT_shader_subgroup_extended_types_int64 : require
#extension GL_KHR_shader_subgroup_arithmetic : require
#extension GL_KHR_shader_subgroup_ballot : require
#extension GL_KHR_shader_subgroup_clustered : require
#extension GL_KHR_shader_subgroup_quad : require
#extension GL_KHR_shader_subgroup_shuffle : require
#extension GL_KHR_shader_subgroup_shuffle_relative : require
layout(local_size_x = 64) in;
layout(set = 0, binding = 0) buffer Out { uint cells[]; };

void main()
{
    uint i = gl_LocalInvocationID.x;
    uint lane = gl_SubgroupInvocationID;
    uint base = i * 22;
    cells[base + 0] = gl_SubgroupSize;
    cells[base + 1] = gl_NumSubgroups;
    cells[base + 2] = gl_SubgroupID * 32 + lane;
    cells[base + 3] = subgroupElect() ? 1 : 0;
    cells[base + 4] = subgroupAll(i < 32) ? 1 : 0;
    cells[base + 5] = subgroupAny(i == 40) ? 1 : 0;
    cells[base + 6] = subgroupShuffle(i, lane ^ 3);
    cells[base + 7] = subgroupShuffleXor(i * 2, 16);
    uint below = subgroupShuffleDown(i, 1); // of all lanes: an inactive one has no value
    cells[base + 8] = lane < 31 ? below : 0;
    cells[base + 9] = subgroupAllEqual(gl_SubgroupID) ? 1 : 0;
    subgroupBarrier();
    cells[base + 10] = subgroupBallot((i & 1) == 1).x;
    cells[base + 11] = subgroupBroadcast(i, 5);
    cells[base + 12] = subgroupBallotBitCount(subgroupBallot(lane > 9));
    cells[base + 13] = subgroupBroadcastFirst(i);
    cells[base + 14] = gl_SubgroupLtMask.x;
    cells[base + 15] = subgroupBallotFindMSB(subgroupBallot(lane < 20));
    cells[base + 16] = subgroupAdd(i);
    cells[base + 17] = subgroupExclusiveAdd(i);
    cells[base + 18] = subgroupClusteredMax(i, 8);
    cells[base + 19] = subgroupQuadSwapDiagonal(i);
    cells[base + 20] = subgroupBroadcast(i, gl_NumSubgroups);
    cells[base + 21] = uint(subgroupInclusiveAdd(uint64_t(i) << 32) >> 32);
}
