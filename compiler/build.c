/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Emitting integer and predicate instructions; floats are in build_float.c. See build.h. */
#include "build.h"

struct cc_inst *cc_b_inst(struct cc_builder *b, enum cc_op op, uint32_t count,
                          const struct cc_src *src)
{
    struct cc_inst *inst = cc_inst_create(b->s, op, count);
    for (uint32_t i = 0; i < count; i++) {
        bool join = src[i].join;
        inst->src[i] = cc_resolve(b->s, src[i]);
        inst->src[i].join = join;
    }
    return inst;
}

void cc_b_append(struct cc_builder *b, struct cc_inst *inst)
{
    cc_inst_append(b->s, b->block, inst);
}

struct cc_src cc_b_emit(struct cc_builder *b, struct cc_inst *inst, enum cc_file file)
{
    struct cc_src folded[CC_DEF_MAX];
    if (cc_fold(b->s, inst, folded)) {
        b->s->inst_count--;
        return folded[0];
    }
    struct cc_src result = cc_def_add(b->s, inst, file);
    cc_b_append(b, inst);
    return result;
}

static struct cc_src emit3(struct cc_builder *b, enum cc_op op, struct cc_src x, struct cc_src y,
                           struct cc_src z)
{
    return cc_b_emit(b, cc_b_inst(b, op, 3, (struct cc_src[]){x, y, z}), CC_GPR);
}

struct cc_src cc_b_iadd(struct cc_builder *b, struct cc_src x, struct cc_src y)
{
    return emit3(b, CC_IADD3, x, y, cc_imm(0));
}

struct cc_src cc_b_isub(struct cc_builder *b, struct cc_src x, struct cc_src y)
{
    if (y.kind == CC_IMM) {
        return cc_b_iadd(b, x, cc_imm(0u - y.v));
    }
    y.neg = true;
    return emit3(b, CC_IADD3, x, y, cc_imm(0));
}

struct cc_src cc_b_imad(struct cc_builder *b, struct cc_src x, struct cc_src y, struct cc_src z)
{
    return emit3(b, CC_IMAD, x, y, z);
}

struct cc_src cc_b_imul(struct cc_builder *b, struct cc_src x, struct cc_src y)
{
    return emit3(b, CC_IMAD, x, y, cc_imm(0));
}

struct cc_src cc_b_mulhi(struct cc_builder *b, struct cc_src x, struct cc_src y, bool is_signed)
{
    struct cc_src src[4] = {x, y, cc_imm(0), cc_imm(0)};
    src[3].join = true;
    struct cc_inst *inst = cc_b_inst(b, CC_IMAD_HI, 4, src);
    inst->flags = is_signed ? CC_F_SIGNED : 0;
    return cc_b_emit(b, inst, CC_GPR);
}

struct cc_pair cc_b_wide(struct cc_builder *b, struct cc_src x, struct cc_src y, struct cc_pair add,
                         bool is_signed)
{
    struct cc_src src[4] = {x, y, add.lo, add.hi};
    src[3].join = true;
    struct cc_inst *inst = cc_b_inst(b, CC_IMAD_WIDE, 4, src);
    inst->flags = is_signed ? CC_F_SIGNED : 0;
    struct cc_src folded[CC_DEF_MAX];
    if (cc_fold(b->s, inst, folded)) {
        b->s->inst_count--;
        return (struct cc_pair){folded[0], folded[1]};
    }
    struct cc_src lo = cc_def_add(b->s, inst, CC_GPR);
    struct cc_src hi = cc_def_add(b->s, inst, CC_GPR);
    cc_b_append(b, inst);
    return (struct cc_pair){lo, hi};
}

struct cc_src cc_b_lop3(struct cc_builder *b, struct cc_src x, struct cc_src y, struct cc_src z,
                        unsigned lut)
{
    struct cc_inst *inst = cc_b_inst(b, CC_LOP3, 3, (struct cc_src[]){x, y, z});
    inst->lut = (uint8_t)lut;
    return cc_b_emit(b, inst, CC_GPR);
}

/* Bits below the highest of `mask`, and that one. */
static uint32_t up_to_highest(uint32_t mask)
{
    return mask ? UINT32_MAX >> __builtin_clz(mask) : 0;
}

struct cc_src cc_b_and(struct cc_builder *b, struct cc_src x, struct cc_src y)
{
    struct cc_src rest;
    uint32_t constant;
    if (y.kind == CC_IMM && !y.inv && cc_known_sum(b->s, cc_resolve(b->s, x), &rest, &constant) &&
        (constant & up_to_highest(y.v)) == 0) {
        x = rest; /* what is added does not reach the bits that stay */
    }
    return cc_b_lop3(b, x, y, cc_imm(0), CC_LUT_A & CC_LUT_B);
}

struct cc_src cc_b_or(struct cc_builder *b, struct cc_src x, struct cc_src y)
{
    return cc_b_lop3(b, x, y, cc_imm(0), CC_LUT_A | CC_LUT_B);
}

struct cc_src cc_b_xor(struct cc_builder *b, struct cc_src x, struct cc_src y)
{
    return cc_b_lop3(b, x, y, cc_imm(0), CC_LUT_A ^ CC_LUT_B);
}

struct cc_src cc_b_not(struct cc_builder *b, struct cc_src x)
{
    return cc_b_lop3(b, x, cc_imm(0), cc_imm(0), 0xff & ~CC_LUT_A);
}

struct cc_src cc_b_shf(struct cc_builder *b, struct cc_src lo, struct cc_src count,
                       struct cc_src hi, uint32_t flags)
{
    struct cc_inst *inst = cc_b_inst(b, CC_SHF, 3, (struct cc_src[]){lo, count, hi});
    inst->flags = flags;
    return cc_b_emit(b, inst, CC_GPR);
}

struct cc_src cc_b_shl(struct cc_builder *b, struct cc_src x, struct cc_src count)
{
    return cc_b_shf(b, x, count, cc_imm(0), 0);
}

struct cc_src cc_b_shr(struct cc_builder *b, struct cc_src x, struct cc_src count, bool is_signed)
{
    const uint32_t word_bits = 32;
    struct cc_src rest;
    uint32_t constant;
    if (!is_signed && count.kind == CC_IMM && count.v > 0 && count.v < word_bits &&
        cc_known_sum(b->s, cc_resolve(b->s, x), &rest, &constant) &&
        constant % (1u << count.v) == 0 && cc_known_most(b->s, rest) <= UINT32_MAX - constant) {
        return cc_b_iadd(b, cc_b_shr(b, rest, count, false), cc_imm(constant >> count.v));
    }
    return cc_b_shf(b, cc_imm(0), count, x,
                    CC_F_RIGHT | CC_F_HI | (is_signed ? CC_F_SIGNED : 0));
}

struct cc_src cc_b_icmp(struct cc_builder *b, enum cc_cmp cmp, struct cc_src x, struct cc_src y,
                        bool is_signed)
{
    struct cc_inst *inst = cc_b_inst(b, CC_ISETP, 3, (struct cc_src[]){x, y, cc_bool(true)});
    inst->cmp = (uint8_t)cmp;
    inst->flags = is_signed ? CC_F_SIGNED : 0;
    return cc_b_emit(b, inst, CC_PRED);
}

struct cc_src cc_b_minmax(struct cc_builder *b, struct cc_src x, struct cc_src y, uint32_t flags)
{
    struct cc_inst *inst = cc_b_inst(b, CC_IMNMX, 2, (struct cc_src[]){x, y});
    inst->flags = flags;
    return cc_b_emit(b, inst, CC_GPR);
}

struct cc_src cc_b_unary(struct cc_builder *b, enum cc_op op, struct cc_src x, uint32_t flags)
{
    struct cc_inst *inst = cc_b_inst(b, op, 1, &x);
    inst->flags = flags;
    return cc_b_emit(b, inst, CC_GPR);
}

struct cc_src cc_b_sel(struct cc_builder *b, struct cc_src p, struct cc_src x, struct cc_src y)
{
    if (x.file == CC_PRED) { /* p ? x : y, with inputs p, x, y */
        return cc_b_plop3(b, p, x, y, (CC_LUT_A & CC_LUT_B) | (0xff & ~CC_LUT_A & CC_LUT_C));
    }
    return emit3(b, CC_SEL, x, y, p);
}

/*
 * A float reciprocal gives about 24 bits of 2^32 / d, slightly too small; one Newton step in
 * integers and two corrections make the quotient exact for every d but zero.
 */
void cc_b_udivrem(struct cc_builder *b, struct cc_src n, struct cc_src d, struct cc_src *quotient,
                  struct cc_src *remainder)
{
    const uint32_t scale_2_32_less_2_ulp = 0x0ffffffe;
    if (d.kind == CC_IMM && d.v != 0 && n.kind == CC_IMM) {
        *quotient = cc_imm(n.v / d.v);
        *remainder = cc_imm(n.v % d.v);
        return;
    }
    if (d.kind == CC_IMM && d.v != 0 && (d.v & (d.v - 1)) == 0) {
        *quotient = cc_b_shr(b, n, cc_imm((uint32_t)__builtin_ctz(d.v)), false);
        *remainder = cc_b_and(b, n, cc_imm(d.v - 1));
        return;
    }
    struct cc_src rcp = cc_b_mufu(b, CC_RCP, cc_b_i2f(b, d, false, CC_RP));
    struct cc_src guess =
        cc_b_f2i(b, cc_b_iadd(b, rcp, cc_imm(scale_2_32_less_2_ulp)), false, CC_RZ);
    struct cc_src error = cc_b_isub(b, cc_imm(0), cc_b_imul(b, guess, d));
    guess = cc_b_iadd(b, guess, cc_b_mulhi(b, guess, error, false));
    struct cc_src q = cc_b_mulhi(b, guess, n, false);
    struct cc_src r = cc_b_isub(b, n, cc_b_imul(b, q, d));
    for (int i = 0; i < 2; i++) {
        struct cc_src more = cc_b_icmp(b, CC_CMP_GE, r, d, false);
        q = cc_b_sel(b, more, cc_b_iadd(b, q, cc_imm(1)), q);
        r = cc_b_sel(b, more, cc_b_isub(b, r, d), r);
    }
    *quotient = q;
    *remainder = r;
}

static struct cc_pair add64(struct cc_builder *b, struct cc_pair x, struct cc_pair y, bool subtract)
{
    struct cc_src folded[CC_DEF_MAX];
    if (cc_is_imm(y.lo, 0)) { /* neither carry nor borrow */
        return (struct cc_pair){x.lo, subtract ? cc_b_isub(b, x.hi, y.hi)
                                               : cc_b_iadd(b, x.hi, y.hi)};
    }
    struct cc_src lo_src[3] = {x.lo, y.lo, cc_imm(0)};
    lo_src[1].neg = subtract;
    struct cc_inst *lo = cc_b_inst(b, CC_IADD3, 3, lo_src);
    lo->def_count = 2; /* asks the folder for the carry as well */
    bool done = cc_fold(b->s, lo, folded);
    lo->def_count = 0;
    if (!done) {
        folded[0] = cc_def_add(b->s, lo, CC_GPR);
        folded[1] = cc_def_add(b->s, lo, CC_PRED);
        cc_b_append(b, lo);
    }
    struct cc_src hi_src[4] = {x.hi, y.hi, cc_imm(0), folded[1]};
    hi_src[1].neg = subtract;
    struct cc_inst *hi = cc_b_inst(b, CC_IADD3, 4, hi_src);
    hi->flags = CC_F_X;
    return (struct cc_pair){folded[0], cc_b_emit(b, hi, CC_GPR)};
}

struct cc_pair cc_b_add64(struct cc_builder *b, struct cc_pair x, struct cc_pair y)
{
    return add64(b, x, y, false);
}

struct cc_pair cc_b_sub64(struct cc_builder *b, struct cc_pair x, struct cc_pair y)
{
    return add64(b, x, y, true);
}

struct cc_pair cc_b_mul64(struct cc_builder *b, struct cc_pair x, struct cc_pair y)
{
    struct cc_pair zero = {cc_imm(0), cc_imm(0)};
    struct cc_pair low = cc_b_wide(b, x.lo, y.lo, zero, false);
    struct cc_src hi = cc_b_imad(b, x.lo, y.hi, low.hi);
    return (struct cc_pair){low.lo, cc_b_imad(b, x.hi, y.lo, hi)};
}

/* High words decide; where they are equal the low words do, which the EX form takes as a source. */
struct cc_src cc_b_icmp64(struct cc_builder *b, enum cc_cmp cmp, struct cc_pair x, struct cc_pair y,
                          bool is_signed)
{
    struct cc_src low = cc_b_icmp(b, cmp, x.lo, y.lo, false);
    struct cc_inst *inst =
        cc_b_inst(b, CC_ISETP, 4, (struct cc_src[]){x.hi, y.hi, cc_bool(true), low});
    inst->cmp = (uint8_t)cmp;
    inst->flags = CC_F_EX | (is_signed ? CC_F_SIGNED : 0);
    return cc_b_emit(b, inst, CC_PRED);
}

struct cc_src cc_b_pnot(struct cc_src p)
{
    if (p.kind == CC_IMM) {
        p.v ^= 1u;
    } else {
        p.inv = !p.inv;
    }
    return p;
}

struct cc_src cc_b_plop3(struct cc_builder *b, struct cc_src p, struct cc_src q, struct cc_src r,
                         unsigned lut)
{
    struct cc_inst *inst = cc_b_inst(b, CC_PLOP3, 3, (struct cc_src[]){p, q, r});
    inst->lut = (uint8_t)lut;
    return cc_b_emit(b, inst, CC_PRED);
}

struct cc_src cc_b_pand(struct cc_builder *b, struct cc_src p, struct cc_src q)
{
    return cc_b_plop3(b, p, q, cc_bool(true), CC_LUT_A & CC_LUT_B);
}

struct cc_src cc_b_por(struct cc_builder *b, struct cc_src p, struct cc_src q)
{
    return cc_b_plop3(b, p, q, cc_bool(true), CC_LUT_A | CC_LUT_B);
}

struct cc_src cc_b_pxor(struct cc_builder *b, struct cc_src p, struct cc_src q)
{
    return cc_b_plop3(b, p, q, cc_bool(true), CC_LUT_A ^ CC_LUT_B);
}

struct cc_src cc_b_from_bool(struct cc_builder *b, struct cc_src p)
{
    return cc_b_sel(b, p, cc_imm(1), cc_imm(0));
}

struct cc_src cc_b_to_bool(struct cc_builder *b, struct cc_src x)
{
    return cc_b_icmp(b, CC_CMP_NE, x, cc_imm(0), false);
}
