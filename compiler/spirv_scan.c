/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Arithmetic over the active threads of a warp: reductions, scans and clustered reductions.
 *
 * Which threads are active is known only when the shader runs, so each thread keeps the lane of the
 * nearest active one below it, as yet not counted in, and five rounds of taking over both that
 * lane's partial result and what it points to reach every lane (pointer jumping). A reduction is the
 * scan's result in the last active lane; a clustered one does not look beyond the cluster.
 */
#include "spirv.h"

#include <nvhw/compute.h>

#include <math.h>
#include <string.h>

enum { ROUNDS = 5 }; /* of which each may double the distance: all lanes of a warp */

enum combine { ADD, MUL, MIN, MAX, AND, OR, XOR };

struct scan {
    enum combine combine;
    enum spv_kind kind;
    bool is_signed, wide;
    struct cc_src lane, below, last; /* own lane; the next one to count in or -1; the last of all */
};

static const struct operation {
    uint16_t op;
    enum combine combine;
    enum spv_kind kind;
    bool is_signed;
} operations[] = {
    {SpvOpGroupNonUniformIAdd, ADD, SPV_INT, false},
    {SpvOpGroupNonUniformFAdd, ADD, SPV_FLOAT, false},
    {SpvOpGroupNonUniformIMul, MUL, SPV_INT, false},
    {SpvOpGroupNonUniformFMul, MUL, SPV_FLOAT, false},
    {SpvOpGroupNonUniformSMin, MIN, SPV_INT, true},
    {SpvOpGroupNonUniformUMin, MIN, SPV_INT, false},
    {SpvOpGroupNonUniformFMin, MIN, SPV_FLOAT, false},
    {SpvOpGroupNonUniformSMax, MAX, SPV_INT, true},
    {SpvOpGroupNonUniformUMax, MAX, SPV_INT, false},
    {SpvOpGroupNonUniformFMax, MAX, SPV_FLOAT, false},
    {SpvOpGroupNonUniformBitwiseAnd, AND, SPV_INT, false},
    {SpvOpGroupNonUniformBitwiseOr, OR, SPV_INT, false},
    {SpvOpGroupNonUniformBitwiseXor, XOR, SPV_INT, false},
    {SpvOpGroupNonUniformLogicalAnd, AND, SPV_BOOL, false},
    {SpvOpGroupNonUniformLogicalOr, OR, SPV_BOOL, false},
    {SpvOpGroupNonUniformLogicalXor, XOR, SPV_BOOL, false},
};

static const struct operation *find(uint32_t op)
{
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        if (operations[i].op == op) {
            return &operations[i];
        }
    }
    return NULL;
}

static struct cc_pair bitwise(struct spv_lower *l, enum combine combine, struct cc_pair x,
                              struct cc_pair y)
{
    struct cc_src (*op)(struct cc_builder *, struct cc_src, struct cc_src) =
        combine == AND ? cc_b_and : combine == OR ? cc_b_or : cc_b_xor;
    return (struct cc_pair){op(&l->b, x.lo, y.lo), op(&l->b, x.hi, y.hi)};
}

static uint32_t minmax_flags(const struct scan *scan)
{
    return (scan->combine == MIN ? CC_F_MIN : 0) | (scan->is_signed ? CC_F_SIGNED : 0);
}

static struct cc_pair combine_wide(struct spv_lower *l, const struct scan *scan, struct cc_pair x,
                                   struct cc_pair y)
{
    switch (scan->combine) {
    case ADD:
        return cc_b_add64(&l->b, x, y);
    case MUL:
        return cc_b_mul64(&l->b, x, y);
    case MIN:
    case MAX:
        return cc_b_minmax64(&l->b, x, y, minmax_flags(scan));
    default:
        return bitwise(l, scan->combine, x, y);
    }
}

static struct cc_src combine_float(struct spv_lower *l, enum combine combine, struct cc_src x,
                                   struct cc_src y)
{
    switch (combine) {
    case ADD:
        return cc_b_fadd(&l->b, x, y, CC_F_EXACT);
    case MUL:
        return cc_b_fmul(&l->b, x, y, CC_F_EXACT);
    default:
        return cc_b_fminmax(&l->b, x, y, combine == MIN ? CC_F_MIN : 0);
    }
}

static struct cc_src combine_int(struct spv_lower *l, const struct scan *scan, struct cc_src x,
                                 struct cc_src y)
{
    switch (scan->combine) {
    case ADD:
        return cc_b_iadd(&l->b, x, y);
    case MUL:
        return cc_b_imul(&l->b, x, y);
    case MIN:
    case MAX:
        return cc_b_minmax(&l->b, x, y, minmax_flags(scan));
    default:
        return bitwise(l, scan->combine, (struct cc_pair){x, x}, (struct cc_pair){y, y}).lo;
    }
}

static struct cc_pair combine(struct spv_lower *l, const struct scan *scan, struct cc_pair x,
                              struct cc_pair y)
{
    if (scan->wide) {
        return combine_wide(l, scan, x, y);
    }
    struct cc_src r = scan->kind == SPV_FLOAT ? combine_float(l, scan->combine, x.lo, y.lo)
                                              : combine_int(l, scan, x.lo, y.lo);
    return (struct cc_pair){r, cc_imm(0)};
}

/* What changes nothing, for the lane below which there is none. */
static struct cc_pair identity(const struct scan *scan)
{
    const struct cc_pair zero = {cc_imm(0), cc_imm(0)};
    const struct cc_pair ones = {cc_imm(UINT32_MAX), cc_imm(UINT32_MAX)};
    const struct cc_pair least = {cc_imm(0), cc_imm(UINT32_C(1) << 31)};
    const struct cc_pair most = {cc_imm(UINT32_MAX), cc_imm(INT32_MAX)};
    if (scan->kind == SPV_FLOAT) {
        float value = scan->combine == MUL   ? 1.0f
                      : scan->combine == MIN ? INFINITY
                      : scan->combine == MAX ? -INFINITY
                                             : 0.0f;
        return (struct cc_pair){cc_b_float(value), cc_imm(0)};
    }
    switch (scan->combine) {
    case MUL:
        return (struct cc_pair){cc_imm(1), cc_imm(0)};
    case AND:
        return ones;
    case MIN: /* of a word alone, the high one counts */
        return !scan->is_signed ? ones : scan->wide ? most : (struct cc_pair){most.hi, zero.hi};
    case MAX:
        return !scan->is_signed ? zero : scan->wide ? least : (struct cc_pair){least.hi, zero.hi};
    default:
        return zero;
    }
}

static struct cc_pair shuffle_pair(struct spv_lower *l, const struct scan *scan, struct cc_pair x,
                                   struct cc_src lane)
{
    return (struct cc_pair){spv_shuffle(l, x.lo, lane),
                            scan->wide ? spv_shuffle(l, x.hi, lane) : cc_imm(0)};
}

/* Whether there is a lane below, and that lane or the own one: never an inactive one. */
static struct cc_src lane_below(struct spv_lower *l, const struct scan *scan, struct cc_src below,
                                struct cc_src *there)
{
    *there = cc_b_icmp(&l->b, CC_CMP_GE, below, cc_imm(0), true);
    return cc_b_sel(&l->b, *there, below, scan->lane);
}

static struct cc_pair inclusive(struct spv_lower *l, const struct scan *scan, struct cc_pair x)
{
    struct cc_src below = scan->below;
    for (int i = 0; i < ROUNDS; i++) {
        struct cc_src there, from = lane_below(l, scan, below, &there);
        struct cc_pair before = shuffle_pair(l, scan, x, from);
        struct cc_src further = spv_shuffle(l, below, from);
        x = cc_b_sel64(&l->b, there, combine(l, scan, before, x), x);
        below = cc_b_sel(&l->b, there, further, below);
    }
    return x;
}

static struct cc_pair exclusive(struct spv_lower *l, const struct scan *scan, struct cc_pair x)
{
    struct cc_src there, from = lane_below(l, scan, scan->below, &there);
    struct cc_pair before = shuffle_pair(l, scan, inclusive(l, scan, x), from);
    return cc_b_sel64(&l->b, there, before, identity(scan));
}

/* The lanes of the own cluster: from a multiple of its size on. */
static struct cc_src cluster_lanes(struct spv_lower *l, struct cc_src lane)
{
    uint32_t size = spv_constant(l, spv_word(&l->inst, 6));
    if (size == 0 || (size & (size - 1)) != 0) {
        spv_malformed(&l->inst, "the size of a cluster is no power of two");
    }
    if (size >= NV_COMPUTE_WARP_LANES) {
        return cc_imm(UINT32_MAX);
    }
    struct cc_src first = cc_b_and(&l->b, lane, cc_imm(~(size - 1)));
    return cc_b_shl(&l->b, cc_imm((UINT32_C(1) << size) - 1), first);
}

static struct scan prepare(struct spv_lower *l, const struct operation *o, uint32_t group)
{
    struct scan scan = {.combine = o->combine, .kind = o->kind, .is_signed = o->is_signed};
    scan.lane = spv_builtin_word(l, SpvBuiltInSubgroupLocalInvocationId);
    struct cc_src lanes = spv_active_lanes(l);
    if (group == SpvGroupOperationClusteredReduce) {
        lanes = cc_b_and(&l->b, lanes, cluster_lanes(l, scan.lane));
    }
    struct cc_src lower = spv_builtin_word(l, SpvBuiltInSubgroupLtMask);
    scan.below = spv_lane_of(l, cc_b_and(&l->b, lanes, lower), false);
    scan.last = spv_lane_of(l, lanes, false);
    return scan;
}

static struct cc_pair scan_one(struct spv_lower *l, const struct scan *scan, uint32_t group,
                               struct cc_pair x)
{
    switch (group) {
    case SpvGroupOperationInclusiveScan:
        return inclusive(l, scan, x);
    case SpvGroupOperationExclusiveScan:
        return exclusive(l, scan, x);
    case SpvGroupOperationReduce:
    case SpvGroupOperationClusteredReduce:
        return shuffle_pair(l, scan, inclusive(l, scan, x), scan->last);
    default:
        spv_unsupported(&l->inst, "a group operation other than reduce and scan");
    }
}

bool spv_scan_lower(struct spv_lower *l)
{
    const struct operation *o = find(l->inst.op);
    if (!o) {
        return false;
    }
    uint32_t group = spv_word(&l->inst, 4);
    struct spv_value *x = spv_operand(l, 5, 0), *to = spv_result(l);
    if (to->type != x->type || !spv_type_is(x->type, o->kind)) {
        spv_malformed(&l->inst, "an operand has the wrong type");
    }
    struct scan scan = prepare(l, o, group);
    size_t step = spv_scalar_slots(x->type);
    scan.wide = step == 2;
    for (size_t i = 0; i < x->type->slots; i += step) {
        bool logical = o->kind == SPV_BOOL;
        struct cc_pair one = {logical ? cc_b_from_bool(&l->b, x->slots[i]) : x->slots[i],
                              scan.wide ? x->slots[i + 1] : cc_imm(0)};
        struct cc_pair got = scan_one(l, &scan, group, one);
        to->slots[i] = logical ? cc_b_to_bool(&l->b, got.lo) : got.lo;
        if (scan.wide) {
            to->slots[i + 1] = got.hi;
        }
    }
    return true;
}
