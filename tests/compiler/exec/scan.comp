// SPDX-License-Identifier: MIT OR Apache-2.0
// Arithmetic over the threads that are active, in both branches of what parts them.
#version 450
#extension GL_ARB_gpu_shader_int64 : require
#extension GL_EXT_shader_subgroup_extended_types_int64 : require
#extension GL_KHR_shader_subgroup_arithmetic : require
#extension GL_KHR_shader_subgroup_ballot : require
#extension GL_KHR_shader_subgroup_clustered : require
#extension GL_KHR_shader_subgroup_quad : require
layout(local_size_x = 64) in;
layout(std430, binding = 0) readonly buffer In { uint a[]; };
layout(std430, binding = 1) buffer Out { uint r[]; };

void words(uint at, uint v)
{
    r[at] = subgroupAdd(v);
    r[at + 1] = subgroupInclusiveMul(v);
    r[at + 2] = subgroupExclusiveAdd(v);
    r[at + 3] = uint(subgroupMin(int(v)));
    r[at + 4] = subgroupInclusiveMax(v);
    r[at + 5] = uint(subgroupExclusiveMax(int(v)));
    r[at + 6] = subgroupExclusiveMin(v);
    r[at + 7] = subgroupAnd(v);
    r[at + 8] = subgroupInclusiveOr(v);
    r[at + 9] = subgroupExclusiveXor(v);
    r[at + 10] = subgroupClusteredAdd(v, 4);
    r[at + 11] = subgroupClusteredXor(v, 16);
    r[at + 12] = uint(subgroupAnd(v > 9)) + 2 * uint(subgroupOr(v == 9)) + 4 * uint(subgroupXor(v > 99));
}

void others(uint at, uint v)
{
    float f = float(v & 255);
    r[at + 13] = uint(subgroupAdd(f));
    r[at + 14] = uint(subgroupInclusiveAdd(f));
    r[at + 15] = floatBitsToUint(subgroupExclusiveMin(f));
    r[at + 16] = floatBitsToUint(subgroupClusteredMax(f, 8));
    r[at + 17] = floatBitsToUint(subgroupExclusiveMul((v & 1) != 0 ? 2.0 : 0.5));
    uint64_t w = uint64_t(v) * 0x100000001ul;
    uint64_t sum = subgroupAdd(w), least = subgroupMin(w);
    int64_t most = subgroupInclusiveMax(int64_t(w));
    r[at + 18] = uint(sum);
    r[at + 19] = uint(sum >> 32);
    r[at + 20] = uint(least >> 32);
    r[at + 21] = uint(most >> 32);
}

void ballots(uint at, uint v)
{
    uvec4 odd = subgroupBallot((v & 1) != 0);
    r[at + 22] = subgroupBallotBitCount(odd);
    r[at + 23] = subgroupBallotInclusiveBitCount(odd);
    r[at + 24] = subgroupBallotExclusiveBitCount(odd);
    r[at + 25] = subgroupBallotFindLSB(odd | uvec4(0x80000000u, 0, 0, 0));
    r[at + 26] = subgroupBallotFindMSB(odd | uvec4(1, 0, 0, 0));
    r[at + 27] = uint(subgroupInverseBallot(odd)) + 2 * uint(subgroupBallotBitExtract(odd, v & 31));
}

void main()
{
    uint i = gl_GlobalInvocationID.x, v = a[i];
    if (v % 3 != 1) {
        words(32 * i, v);
        others(32 * i, v);
        ballots(32 * i, v);
    } else {
        words(32 * i, v + 1);
        others(32 * i, v + 1);
        ballots(32 * i, v + 1);
    }
    r[32 * i + 28] = subgroupQuadBroadcast(v, 2);
    r[32 * i + 29] = subgroupQuadSwapHorizontal(v);
    r[32 * i + 30] = subgroupQuadSwapVertical(v);
    r[32 * i + 31] = subgroupQuadSwapDiagonal(v);
}
