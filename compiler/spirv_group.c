/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Barriers of the workgroup and of memory; votes, ballots and shuffles of the subgroup. */
#include "spirv.h"

enum { SHFL_CLAMP_ALL = 0x1f, SHFL_CLAMP_NONE = 0 };

static const uint32_t QUAD_MASK = 3;

static bool needs_global(uint32_t semantics)
{
    return (semantics & (SpvMemorySemanticsUniformMemoryMask |
                         SpvMemorySemanticsImageMemoryMask)) != 0;
}

static void append_plain(struct spv_lower *l, enum cc_op op, unsigned sub)
{
    struct cc_inst *inst = cc_b_inst(&l->b, op, 0, NULL);
    inst->sub = (uint8_t)sub;
    cc_b_append(&l->b, inst);
}

/*
 * Shared memory is ordered by the barrier itself. Buffers need a membar of the scope; beyond the
 * workgroup also the L1 cache, which other SMs do not update, must forget what it holds.
 */
void spv_memory_barrier(struct spv_lower *l, uint32_t scope, uint32_t semantics)
{
    if (!needs_global(semantics) || scope == SpvScopeInvocation) {
        return;
    }
    bool wide = scope == SpvScopeDevice || scope == SpvScopeQueueFamily ||
                scope == SpvScopeCrossDevice;
    append_plain(l, CC_MEMBAR, scope == SpvScopeCrossDevice ? CC_SCOPE_SYS
                               : wide                       ? CC_SCOPE_GPU
                                                            : CC_SCOPE_CTA);
    if (wide) {
        append_plain(l, CC_CCTL_IVALL, 0);
    }
}

static struct cc_src vote(struct spv_lower *l, struct cc_src p, enum cc_vote mode, bool ballot)
{
    struct cc_inst *inst = cc_b_inst(&l->b, CC_VOTE, 1, &p);
    inst->sub = (uint8_t)mode;
    struct cc_src result = cc_def_add(l->s, inst, ballot ? CC_GPR : CC_PRED);
    cc_b_append(&l->b, inst);
    return result;
}

static void control_barrier(struct spv_lower *l)
{
    uint32_t execution = spv_constant(l, spv_word(&l->inst, 1));
    uint32_t scope = spv_constant(l, spv_word(&l->inst, 2));
    spv_memory_barrier(l, scope, spv_constant(l, spv_word(&l->inst, 3)));
    if (execution == SpvScopeWorkgroup) {
        append_plain(l, CC_BAR, 0);
        l->s->uses_barrier = true;
    } else if (execution == SpvScopeSubgroup) {
        /* The threads that are here together stay so. */
        struct cc_src active = spv_active_lanes(l);
        cc_b_append(&l->b, cc_b_inst(&l->b, CC_WARPSYNC, 1, &active));
    } else {
        spv_unsupported(&l->inst, "an execution scope other than workgroup and subgroup");
    }
}

static struct cc_src shuffle(struct spv_lower *l, struct cc_src x, struct cc_src lane,
                             enum cc_shfl mode)
{
    struct cc_src clamp = cc_imm(mode == CC_SHFL_UP ? SHFL_CLAMP_NONE : SHFL_CLAMP_ALL);
    struct cc_inst *inst = cc_b_inst(&l->b, CC_SHFL, 3, (struct cc_src[]){x, lane, clamp});
    inst->sub = (uint8_t)mode;
    struct cc_src result = cc_def_add(l->s, inst, CC_GPR);
    cc_b_append(&l->b, inst);
    return result;
}

struct cc_src spv_active_lanes(struct spv_lower *l)
{
    return vote(l, cc_bool(true), CC_VOTE_ANY, true);
}

struct cc_src spv_lane_of(struct spv_lower *l, struct cc_src mask, bool lowest)
{
    return lowest ? cc_b_unary(&l->b, CC_FLO, cc_b_unary(&l->b, CC_BREV, mask, 0), CC_F_SH)
                  : cc_b_unary(&l->b, CC_FLO, mask, 0);
}

struct cc_src spv_shuffle(struct spv_lower *l, struct cc_src x, struct cc_src lane)
{
    return shuffle(l, x, lane, CC_SHFL_IDX);
}

static struct cc_src first_lane(struct spv_lower *l)
{
    return spv_lane_of(l, spv_active_lanes(l), true);
}

static struct cc_src shuffle_any(struct spv_lower *l, struct cc_src x, struct cc_src lane,
                                 enum cc_shfl mode)
{
    if (x.file != CC_PRED) {
        return shuffle(l, x, lane, mode);
    }
    return cc_b_to_bool(&l->b, shuffle(l, cc_b_from_bool(&l->b, x), lane, mode));
}

/* Right to left, below to above, or both: the lane's number within its quad changes by that. */
static struct cc_src quad_swap(struct spv_lower *l)
{
    uint32_t direction = spv_constant(l, spv_word(&l->inst, 5));
    if (direction > 2) {
        spv_malformed(&l->inst, "a quad is swapped in three ways");
    }
    return cc_imm(direction + 1);
}

static struct cc_src quad_lane(struct spv_lower *l, struct cc_src index)
{
    struct cc_src own = spv_builtin_word(l, SpvBuiltInSubgroupLocalInvocationId);
    return cc_b_or(&l->b, cc_b_and(&l->b, own, cc_imm(~QUAD_MASK)),
                   cc_b_and(&l->b, index, cc_imm(QUAD_MASK)));
}

static struct cc_src shuffle_lane(struct spv_lower *l, enum cc_shfl *mode)
{
    *mode = CC_SHFL_IDX;
    switch (l->inst.op) {
    case SpvOpGroupNonUniformBroadcastFirst:
        return first_lane(l);
    case SpvOpGroupNonUniformQuadSwap:
        *mode = CC_SHFL_BFLY;
        return quad_swap(l);
    case SpvOpGroupNonUniformQuadBroadcast:
        return quad_lane(l, spv_operand(l, 5, 1)->slots[0]);
    case SpvOpGroupNonUniformShuffleXor:
        *mode = CC_SHFL_BFLY;
        break;
    case SpvOpGroupNonUniformShuffleUp:
        *mode = CC_SHFL_UP;
        break;
    case SpvOpGroupNonUniformShuffleDown:
        *mode = CC_SHFL_DOWN;
        break;
    default:
        break;
    }
    return spv_operand(l, 5, 1)->slots[0];
}

static void shuffles(struct spv_lower *l)
{
    struct spv_value *x = spv_operand(l, 4, 0);
    enum cc_shfl mode;
    struct cc_src lane = shuffle_lane(l, &mode);
    struct spv_value *to = spv_result(l);
    if (to->type != x->type || lane.file == CC_PRED || x->type->kind > SPV_VECTOR) {
        spv_malformed(&l->inst, "an operand has the wrong type");
    }
    for (uint32_t i = 0; i < x->type->slots; i++) {
        to->slots[i] = shuffle_any(l, x->slots[i], lane, mode);
    }
}

static struct cc_src all_equal(struct spv_lower *l, const struct spv_value *x)
{
    struct cc_src together = cc_bool(true);
    for (uint32_t i = 0; spv_type_is(x->type, SPV_BOOL) && i < x->type->slots; i++) {
        together = cc_b_pand(&l->b, together, vote(l, x->slots[i], CC_VOTE_EQ, false));
    }
    if (spv_type_is(x->type, SPV_BOOL)) {
        return together;
    }
    struct cc_src same = cc_bool(true), lane = first_lane(l);
    for (uint32_t i = 0; i < x->type->slots; i++) {
        struct cc_src first = shuffle_any(l, x->slots[i], lane, CC_SHFL_IDX);
        struct cc_src eq = spv_type_is(x->type, SPV_FLOAT)
                               ? cc_b_fcmp(&l->b, CC_CMP_EQ, x->slots[i], first)
                               : cc_b_icmp(&l->b, CC_CMP_EQ, x->slots[i], first, false);
        same = cc_b_pand(&l->b, same, eq);
    }
    return vote(l, same, CC_VOTE_ALL, false);
}

static void votes(struct spv_lower *l)
{
    struct spv_value *x = spv_operand(l, 4, 0);
    struct spv_value *to = spv_result(l);
    bool equal = l->inst.op == SpvOpGroupNonUniformAllEqual;
    if ((!equal && x->type->kind != SPV_BOOL) || to->type->kind != SPV_BOOL ||
        x->type->kind > SPV_VECTOR) {
        spv_malformed(&l->inst, "an operand has the wrong type");
    }
    to->slots[0] = equal ? all_equal(l, x)
                         : vote(l, x->slots[0],
                                l->inst.op == SpvOpGroupNonUniformAll ? CC_VOTE_ALL : CC_VOTE_ANY,
                                false);
}

static void ballot(struct spv_lower *l)
{
    struct spv_value *p = spv_operand(l, 4, 1);
    struct spv_value *to = spv_result(l);
    if (p->type->kind != SPV_BOOL || !spv_type_is(to->type, SPV_INT) || to->type->slots != 4) {
        spv_malformed(&l->inst, "an operand has the wrong type");
    }
    to->slots[0] = vote(l, p->slots[0], CC_VOTE_ANY, true);
    for (int i = 1; i < 4; i++) {
        to->slots[i] = cc_imm(0);
    }
}

/* A ballot is four words, of which a warp's lanes fill the first. */
static struct cc_src ballot_word(struct spv_lower *l, uint32_t index)
{
    struct spv_value *mask = spv_operand(l, index, 4);
    if (!spv_type_is(mask->type, SPV_INT)) {
        spv_malformed(&l->inst, "a ballot is four integers");
    }
    return mask->slots[0];
}

static struct cc_src ballot_bit(struct spv_lower *l, struct cc_src mask, struct cc_src bit)
{
    return cc_b_icmp(&l->b, CC_CMP_NE, cc_b_and(&l->b, mask, bit), cc_imm(0), false);
}

static struct cc_src ballot_count(struct spv_lower *l)
{
    struct cc_src mask = ballot_word(l, 5);
    switch (spv_word(&l->inst, 4)) {
    case SpvGroupOperationReduce:
        break;
    case SpvGroupOperationInclusiveScan:
        mask = cc_b_and(&l->b, mask, spv_builtin_word(l, SpvBuiltInSubgroupLeMask));
        break;
    case SpvGroupOperationExclusiveScan:
        mask = cc_b_and(&l->b, mask, spv_builtin_word(l, SpvBuiltInSubgroupLtMask));
        break;
    default:
        spv_unsupported(&l->inst, "a group operation other than reduce and scan");
    }
    return cc_b_unary(&l->b, CC_POPC, mask, 0);
}

static struct cc_src ballot_use(struct spv_lower *l)
{
    switch (l->inst.op) {
    case SpvOpGroupNonUniformInverseBallot:
        return ballot_bit(l, ballot_word(l, 4), spv_builtin_word(l, SpvBuiltInSubgroupEqMask));
    case SpvOpGroupNonUniformBallotBitExtract:
        return ballot_bit(l, ballot_word(l, 4),
                          cc_b_shl(&l->b, cc_imm(1), spv_operand(l, 5, 1)->slots[0]));
    case SpvOpGroupNonUniformBallotFindLSB:
        return spv_lane_of(l, ballot_word(l, 4), true);
    case SpvOpGroupNonUniformBallotFindMSB:
        return spv_lane_of(l, ballot_word(l, 4), false);
    default: /* BallotBitCount */
        return ballot_count(l);
    }
}

static void ballot_uses(struct spv_lower *l)
{
    struct cc_src got = ballot_use(l);
    struct spv_value *to = spv_result(l);
    bool logical = l->inst.op == SpvOpGroupNonUniformInverseBallot ||
                   l->inst.op == SpvOpGroupNonUniformBallotBitExtract;
    if (to->type->kind != (logical ? SPV_BOOL : SPV_INT) || to->type->slots != 1) {
        spv_malformed(&l->inst, "the result has the wrong type");
    }
    to->slots[0] = got;
}

static void elect(struct spv_lower *l)
{
    struct cc_src own = spv_builtin_word(l, SpvBuiltInSubgroupLocalInvocationId);
    struct spv_value *to = spv_result(l);
    if (to->type->kind != SPV_BOOL) {
        spv_malformed(&l->inst, "the result is no boolean");
    }
    to->slots[0] = cc_b_icmp(&l->b, CC_CMP_EQ, own, first_lane(l), false);
}

bool spv_group_lower(struct spv_lower *l)
{
    switch (l->inst.op) {
    case SpvOpControlBarrier:
        control_barrier(l);
        return true;
    case SpvOpMemoryBarrier:
        spv_memory_barrier(l, spv_constant(l, spv_word(&l->inst, 1)),
                           spv_constant(l, spv_word(&l->inst, 2)));
        return true;
    case SpvOpGroupNonUniformElect:
        elect(l);
        return true;
    case SpvOpGroupNonUniformAll:
    case SpvOpGroupNonUniformAny:
    case SpvOpGroupNonUniformAllEqual:
        votes(l);
        return true;
    case SpvOpGroupNonUniformBallot:
        ballot(l);
        return true;
    case SpvOpGroupNonUniformInverseBallot:
    case SpvOpGroupNonUniformBallotBitExtract:
    case SpvOpGroupNonUniformBallotBitCount:
    case SpvOpGroupNonUniformBallotFindLSB:
    case SpvOpGroupNonUniformBallotFindMSB:
        ballot_uses(l);
        return true;
    case SpvOpGroupNonUniformQuadBroadcast:
    case SpvOpGroupNonUniformQuadSwap:
    case SpvOpGroupNonUniformBroadcast:
    case SpvOpGroupNonUniformBroadcastFirst:
    case SpvOpGroupNonUniformShuffle:
    case SpvOpGroupNonUniformShuffleXor:
    case SpvOpGroupNonUniformShuffleUp:
    case SpvOpGroupNonUniformShuffleDown:
        shuffles(l);
        return true;
    default:
        return false;
    }
}
