/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What is known of a value without running the shader: how large it can be, and how many of its low
 * bits are zero. Looks a few instructions back; what it cannot see it takes for anything.
 */
#include "build.h"

#include <nvhw/sass.h>

enum { DEPTH_MAX = 8, WORD_BITS = 32 };

static unsigned zeros(const struct cc_shader *s, struct cc_src src, unsigned depth);
static uint32_t most(const struct cc_shader *s, struct cc_src src, unsigned depth);

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* The instruction whose first result the source plainly is. */
static const struct cc_inst *definition(const struct cc_shader *s, struct cc_src src)
{
    const struct cc_inst *def = src.kind == CC_VAL ? s->vals[src.v].def : NULL;
    bool plain = def && def->guard.kind == CC_NONE && def->def_count > 0 && def->def[0] == src.v;
    return plain ? def : NULL;
}

static bool shift_by_constant(const struct cc_inst *inst)
{
    return inst->src[1].kind == CC_IMM && inst->src[1].v < WORD_BITS &&
           !(inst->flags & CC_F_SHF64);
}

static unsigned zeros_of_result(const struct cc_shader *s, const struct cc_inst *inst,
                                unsigned depth)
{
    const struct cc_src *src = inst->src;
    switch (inst->op) {
    case CC_IMAD:
        return least(zeros(s, src[0], depth) + zeros(s, src[1], depth), zeros(s, src[2], depth));
    case CC_IADD3:
        if (inst->flags & CC_F_X) {
            return 0;
        }
        return least(least(zeros(s, src[0], depth), zeros(s, src[1], depth)),
                     zeros(s, src[2], depth));
    case CC_LEA:
        return least(zeros(s, src[0], depth) + (unsigned)inst->offset, zeros(s, src[1], depth));
    case CC_SHF:
        if ((inst->flags & (CC_F_RIGHT | CC_F_HI)) || !shift_by_constant(inst)) {
            return 0;
        }
        return zeros(s, src[0], depth) + src[1].v;
    default:
        return 0;
    }
}

/* A negation keeps low zeros; an absolute value or a complement is not looked into. */
static unsigned zeros(const struct cc_shader *s, struct cc_src src, unsigned depth)
{
    if (src.abs || src.inv || depth == 0) {
        return 0;
    }
    if (src.kind == CC_IMM) {
        return src.v ? (unsigned)__builtin_ctz(src.v) : WORD_BITS;
    }
    const struct cc_inst *def = definition(s, src);
    return def ? least(zeros_of_result(s, def, depth - 1), WORD_BITS) : 0;
}

unsigned cc_known_zeros(const struct cc_shader *s, struct cc_src src)
{
    return zeros(s, src, DEPTH_MAX);
}

static uint32_t bounded(uint64_t value)
{
    return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

static uint32_t most_of_result(const struct cc_shader *s, const struct cc_inst *inst,
                               unsigned depth)
{
    const struct cc_src *src = inst->src;
    switch (inst->op) {
    case CC_S2R:
        if (inst->sub >= NV_SASS_SR_TID_X && inst->sub < NV_SASS_SR_TID_X + 3) {
            return s->workgroup_size[inst->sub - NV_SASS_SR_TID_X] - 1;
        }
        return UINT32_MAX;
    case CC_IMAD: {
        uint64_t product = (uint64_t)most(s, src[0], depth) * most(s, src[1], depth);
        return bounded(bounded(product) + (uint64_t)most(s, src[2], depth));
    }
    case CC_IADD3:
        if (inst->flags & CC_F_X) {
            return UINT32_MAX;
        }
        return bounded((uint64_t)most(s, src[0], depth) + most(s, src[1], depth) +
                       most(s, src[2], depth));
    case CC_SHF: /* x >> n stands as the high word of 0:x */
        if (inst->flags == (CC_F_RIGHT | CC_F_HI) && shift_by_constant(inst) &&
            cc_is_imm(src[0], 0)) {
            return most(s, src[2], depth) >> src[1].v;
        }
        return UINT32_MAX;
    case CC_LOP3:
        if (inst->lut == (CC_LUT_A & CC_LUT_B) && cc_is_imm(src[2], 0)) {
            uint32_t a = most(s, src[0], depth), b = most(s, src[1], depth);
            return a < b ? a : b;
        }
        return UINT32_MAX;
    default:
        return UINT32_MAX;
    }
}

static uint32_t most(const struct cc_shader *s, struct cc_src src, unsigned depth)
{
    if (src.neg || src.abs || src.inv || depth == 0) {
        return UINT32_MAX;
    }
    if (src.kind == CC_IMM) {
        return src.v;
    }
    const struct cc_inst *def = definition(s, src);
    return def ? most_of_result(s, def, depth - 1) : UINT32_MAX;
}

uint32_t cc_known_most(const struct cc_shader *s, struct cc_src src)
{
    return most(s, src, DEPTH_MAX);
}

bool cc_known_sum(const struct cc_shader *s, struct cc_src src, struct cc_src *rest,
                  uint32_t *constant)
{
    const struct cc_inst *def = src.neg || src.abs || src.inv ? NULL : definition(s, src);
    if (!def || def->op != CC_IADD3 || def->def_count != 1 || (def->flags & CC_F_X)) {
        return false;
    }
    *constant = 0;
    rest->kind = CC_NONE;
    for (uint32_t i = 0; i < 3; i++) {
        if (def->src[i].kind == CC_IMM && !def->src[i].neg) {
            *constant += def->src[i].v;
        } else if (rest->kind == CC_NONE && def->src[i].kind == CC_VAL && !def->src[i].neg) {
            *rest = def->src[i];
        } else {
            return false;
        }
    }
    return rest->kind != CC_NONE;
}
