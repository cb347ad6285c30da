/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Emitting float instructions and conversions. See build.h. */
#include "build.h"

#include <string.h>

enum { SIGN_BIT_SHIFT = 31 };

static struct cc_src emit(struct cc_builder *b, enum cc_op op, uint32_t count,
                          const struct cc_src *src, uint32_t flags)
{
    struct cc_inst *inst = cc_b_inst(b, op, count, src);
    inst->flags = flags;
    return cc_b_emit(b, inst, CC_GPR);
}

struct cc_src cc_b_float(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return cc_imm(bits);
}

struct cc_src cc_b_fadd(struct cc_builder *b, struct cc_src x, struct cc_src y, uint32_t flags)
{
    return emit(b, CC_FADD, 2, (struct cc_src[]){x, y}, flags);
}

struct cc_src cc_b_fsub(struct cc_builder *b, struct cc_src x, struct cc_src y, uint32_t flags)
{
    if (y.kind == CC_IMM) {
        y.v ^= 1u << SIGN_BIT_SHIFT;
    } else {
        y.neg = !y.neg;
    }
    return emit(b, CC_FADD, 2, (struct cc_src[]){x, y}, flags);
}

struct cc_src cc_b_fmul(struct cc_builder *b, struct cc_src x, struct cc_src y, uint32_t flags)
{
    return emit(b, CC_FMUL, 2, (struct cc_src[]){x, y}, flags);
}

struct cc_src cc_b_ffma(struct cc_builder *b, struct cc_src x, struct cc_src y, struct cc_src z,
                        uint32_t flags)
{
    return emit(b, CC_FFMA, 3, (struct cc_src[]){x, y, z}, flags);
}

struct cc_src cc_b_fminmax(struct cc_builder *b, struct cc_src x, struct cc_src y, uint32_t flags)
{
    return emit(b, CC_FMNMX, 2, (struct cc_src[]){x, y}, flags);
}

struct cc_src cc_b_fcmp(struct cc_builder *b, enum cc_cmp cmp, struct cc_src x, struct cc_src y)
{
    struct cc_inst *inst = cc_b_inst(b, CC_FSETP, 3, (struct cc_src[]){x, y, cc_bool(true)});
    inst->cmp = (uint8_t)cmp;
    return cc_b_emit(b, inst, CC_PRED);
}

struct cc_src cc_b_mufu(struct cc_builder *b, enum cc_mufu function, struct cc_src x)
{
    struct cc_inst *inst = cc_b_inst(b, CC_MUFU, 1, &x);
    inst->sub = (uint8_t)function;
    return cc_b_emit(b, inst, CC_GPR);
}

struct cc_src cc_b_fneg(struct cc_builder *b, struct cc_src x)
{
    return cc_b_xor(b, x, cc_imm(1u << SIGN_BIT_SHIFT));
}

struct cc_src cc_b_fabs(struct cc_builder *b, struct cc_src x)
{
    return cc_b_and(b, x, cc_imm(~(1u << SIGN_BIT_SHIFT)));
}

struct cc_src cc_b_frnd(struct cc_builder *b, struct cc_src x, enum cc_rnd rnd)
{
    struct cc_inst *inst = cc_b_inst(b, CC_FRND, 1, &x);
    inst->rnd = (uint8_t)rnd;
    return cc_b_emit(b, inst, CC_GPR);
}

struct cc_src cc_b_f2i(struct cc_builder *b, struct cc_src x, bool is_signed, enum cc_rnd rnd)
{
    struct cc_inst *inst = cc_b_inst(b, CC_F2I, 1, &x);
    inst->flags = CC_F_NTZ | (is_signed ? CC_F_SIGNED : 0);
    inst->rnd = (uint8_t)rnd;
    return cc_b_emit(b, inst, CC_GPR);
}

struct cc_src cc_b_i2f(struct cc_builder *b, struct cc_src x, bool is_signed, enum cc_rnd rnd)
{
    struct cc_inst *inst = cc_b_inst(b, CC_I2F, 1, &x);
    inst->flags = is_signed ? CC_F_SIGNED : 0;
    inst->rnd = (uint8_t)rnd;
    return cc_b_emit(b, inst, CC_GPR);
}
