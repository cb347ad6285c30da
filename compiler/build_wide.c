/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* 64-bit integers as pairs of words: choosing, dividing, and to floats and back. */
#include "build.h"

static const struct cc_pair zero = {
    .lo = {.kind = CC_IMM, .file = CC_GPR},
    .hi = {.kind = CC_IMM, .file = CC_GPR},
};

struct cc_pair cc_b_sel64(struct cc_builder *b, struct cc_src p, struct cc_pair x, struct cc_pair y)
{
    return (struct cc_pair){cc_b_sel(b, p, x.lo, y.lo), cc_b_sel(b, p, x.hi, y.hi)};
}

struct cc_pair cc_b_minmax64(struct cc_builder *b, struct cc_pair x, struct cc_pair y,
                             uint32_t flags)
{
    enum cc_cmp cmp = flags & CC_F_MIN ? CC_CMP_LT : CC_CMP_GT;
    return cc_b_sel64(b, cc_b_icmp64(b, cmp, x, y, flags & CC_F_SIGNED), x, y);
}

static struct cc_src is_negative(struct cc_builder *b, struct cc_pair x)
{
    return cc_b_icmp(b, CC_CMP_LT, x.hi, cc_imm(0), true);
}

static struct cc_pair negate_if(struct cc_builder *b, struct cc_src p, struct cc_pair x)
{
    return cc_b_sel64(b, p, cc_b_sub64(b, zero, x), x);
}

struct cc_pair cc_b_abs64(struct cc_builder *b, struct cc_pair x)
{
    return negate_if(b, is_negative(b, x), x);
}

/* No sum of a product of words and a word or two overflows 64 bits. */
static struct cc_pair mulhi64(struct cc_builder *b, struct cc_pair x, struct cc_pair y)
{
    struct cc_pair low = cc_b_wide(b, x.lo, y.lo, zero, false);
    struct cc_pair mid = cc_b_wide(b, x.hi, y.lo, (struct cc_pair){low.hi, cc_imm(0)}, false);
    struct cc_pair other = cc_b_wide(b, x.lo, y.hi, (struct cc_pair){mid.lo, cc_imm(0)}, false);
    struct cc_pair high = cc_b_wide(b, x.hi, y.hi, (struct cc_pair){mid.hi, cc_imm(0)}, false);
    return cc_b_add64(b, high, (struct cc_pair){other.hi, cc_imm(0)});
}

/* A float that is 1 / d, a few units in the last place less or exact. */
static struct cc_src reciprocal_below(struct cc_builder *b, struct cc_pair d)
{
    struct cc_src lo = cc_b_i2f(b, d.lo, false, CC_RP), hi = cc_b_i2f(b, d.hi, false, CC_RP);
    struct cc_src sum = cc_b_ffma(b, hi, cc_b_float(0x1p32f), lo, 0);
    return cc_b_mufu(b, CC_RCP, sum);
}

/*
 * As the 32-bit division in build.c: a guess at 2^64 / d that is too small by a relative error of
 * less than 2^-20; two Newton steps square it twice and round down once each, which leaves less than
 * 2 + 2^-16 of an absolute error; so the quotient is at most 3 too small.
 */
static struct cc_pair divide(struct cc_builder *b, struct cc_pair n, struct cc_pair d,
                             struct cc_pair *remainder)
{
    enum { SCALE_2_64_LESS_8_ULP = 0x1ffffff8, STEPS = 2, CORRECTIONS = 3 };
    struct cc_src rcp = cc_b_iadd(b, reciprocal_below(b, d), cc_imm(SCALE_2_64_LESS_8_ULP));
    struct cc_pair guess = cc_b_f2i64(b, rcp);
    for (int i = 0; i < STEPS; i++) {
        struct cc_pair error = cc_b_sub64(b, zero, cc_b_mul64(b, guess, d));
        guess = cc_b_add64(b, guess, mulhi64(b, guess, error));
    }
    struct cc_pair q = mulhi64(b, guess, n), one = {cc_imm(1), cc_imm(0)};
    struct cc_pair r = cc_b_sub64(b, n, cc_b_mul64(b, q, d));
    for (int i = 0; i < CORRECTIONS; i++) {
        struct cc_src more = cc_b_icmp64(b, CC_CMP_GE, r, d, false);
        q = cc_b_sel64(b, more, cc_b_add64(b, q, one), q);
        r = cc_b_sel64(b, more, cc_b_sub64(b, r, d), r);
    }
    *remainder = r;
    return q;
}

static bool is_constant(struct cc_pair x)
{
    return x.lo.kind == CC_IMM && x.hi.kind == CC_IMM;
}

static uint64_t constant(struct cc_pair x)
{
    return x.lo.v | (uint64_t)x.hi.v << 32;
}

static struct cc_pair immediate(uint64_t bits)
{
    return (struct cc_pair){cc_imm((uint32_t)bits), cc_imm((uint32_t)(bits >> 32))};
}

static struct cc_pair shift_right(struct cc_builder *b, struct cc_pair x, unsigned count)
{
    return (struct cc_pair){
        cc_b_shf(b, x.lo, cc_imm(count), x.hi, CC_F_SHF64 | CC_F_RIGHT),
        cc_b_shr(b, x.hi, cc_imm(count), false),
    };
}

void cc_b_udivrem64(struct cc_builder *b, struct cc_pair n, struct cc_pair d,
                    struct cc_pair *quotient, struct cc_pair *remainder)
{
    uint64_t by = is_constant(d) ? constant(d) : 0;
    if (by != 0 && is_constant(n)) {
        *quotient = immediate(constant(n) / by);
        *remainder = immediate(constant(n) % by);
    } else if (by != 0 && (by & (by - 1)) == 0) {
        struct cc_pair mask = immediate(by - 1);
        *quotient = shift_right(b, n, (unsigned)__builtin_ctzll(by));
        *remainder = (struct cc_pair){cc_b_and(b, n.lo, mask.lo), cc_b_and(b, n.hi, mask.hi)};
    } else {
        *quotient = divide(b, n, d, remainder);
    }
}

void cc_b_sdivrem64(struct cc_builder *b, struct cc_pair n, struct cc_pair d,
                    struct cc_pair *quotient, struct cc_pair *remainder)
{
    struct cc_src n_negative = is_negative(b, n), d_negative = is_negative(b, d);
    cc_b_udivrem64(b, cc_b_abs64(b, n), cc_b_abs64(b, d), quotient, remainder);
    *quotient = negate_if(b, cc_b_pxor(b, n_negative, d_negative), *quotient);
    *remainder = negate_if(b, n_negative, *remainder);
}

/*
 * The number is moved up until its highest bit is that of a word; whatever is below the word counts
 * for the rounding only as being there or not, and the word's last bit says that.
 */
static struct cc_src unsigned_to_float(struct cc_builder *b, struct cc_pair x)
{
    enum { EXPONENT_SHIFT = 23, EXPONENT_2_32 = 127 + 32 };
    struct cc_src zeros = cc_b_unary(b, CC_FLO, x.hi, CC_F_SH);
    struct cc_src word = cc_b_shf(b, x.lo, zeros, x.hi, CC_F_SHF64 | CC_F_HI);
    struct cc_src rest = cc_b_shl(b, x.lo, zeros);
    struct cc_src sticky = cc_b_from_bool(b, cc_b_icmp(b, CC_CMP_NE, rest, cc_imm(0), false));
    struct cc_src scaled = cc_b_i2f(b, cc_b_or(b, word, sticky), false, CC_RN);
    struct cc_src exponent = cc_b_isub(b, cc_imm(EXPONENT_2_32), zeros);
    struct cc_src power = cc_b_shl(b, exponent, cc_imm(EXPONENT_SHIFT));
    struct cc_src large = cc_b_fmul(b, scaled, power, CC_F_EXACT);
    struct cc_src small = cc_b_i2f(b, x.lo, false, CC_RN);
    return cc_b_sel(b, cc_b_icmp(b, CC_CMP_EQ, x.hi, cc_imm(0), false), small, large);
}

struct cc_src cc_b_i2f64(struct cc_builder *b, struct cc_pair x, bool is_signed)
{
    if (!is_signed) {
        return unsigned_to_float(b, x);
    }
    struct cc_src negative = is_negative(b, x);
    struct cc_src f = unsigned_to_float(b, cc_b_abs64(b, x));
    return cc_b_sel(b, negative, cc_b_fneg(b, f), f);
}

struct cc_pair cc_b_f2i64(struct cc_builder *b, struct cc_src x)
{
    struct cc_src hi = cc_b_f2i(b, cc_b_fmul(b, x, cc_b_float(0x1p-32f), CC_F_EXACT), false, CC_RZ);
    struct cc_src above = cc_b_fneg(b, cc_b_i2f(b, hi, false, CC_RZ));
    struct cc_src rest = cc_b_ffma(b, above, cc_b_float(0x1p32f), x, 0); /* all exact */
    return (struct cc_pair){cc_b_f2i(b, rest, false, CC_RZ), hi};
}

struct cc_pair cc_b_f2i64_signed(struct cc_builder *b, struct cc_src x)
{
    struct cc_src negative = cc_b_fcmp(b, CC_CMP_LT, x, cc_b_float(0));
    return negate_if(b, negative, cc_b_f2i64(b, cc_b_fabs(b, x)));
}
