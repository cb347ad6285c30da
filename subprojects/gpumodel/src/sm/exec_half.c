/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Packed half precision: two results per lane, each source picks halves. Sums and products are
 * formed so that only one rounding happens.
 */
#include "fp.h"

#define LANES for (unsigned l = 0; l < SM_LANES; l++)

/* Half `n` (0 low, 1 high) of a source after its selector. */
static uint32_t half_of(const struct sm_ctx *x, unsigned slot, uint32_t word, unsigned n)
{
    const struct nvhw_sass_operand *o = &x->s->o[slot];
    unsigned half = o->half == NV_SASS_H0_H0 ? 0 : o->half == NV_SASS_H1_H1 ? 1 : n;
    return o->kind == NV_SASS_IMM ? word >> (n * 16) & 0xffff : word >> (half * 16) & 0xffff;
}

/* The same after absolute value and negation. */
static uint32_t pick(const struct sm_ctx *x, unsigned slot, uint32_t word, unsigned n)
{
    const struct nvhw_sass_operand *o = &x->s->o[slot];
    uint32_t bits = half_of(x, slot, word, n);
    if (o->abs)
        bits &= 0x7fff;
    return o->neg ? bits ^ 0x8000 : bits;
}

static bool is_bf16(const struct sm_ctx *x)
{
    return sm_mod(x, NV_SASS_MOD_BF16V2);
}

static uint32_t flush(const struct sm_ctx *x, uint32_t bits)
{
    uint32_t exponent = is_bf16(x) ? 0x7f80 : 0x7c00;
    return sm_mod(x, NV_SASS_MOD_FTZ) && !(bits & exponent) ? bits & 0x8000 : bits;
}

static double value_of(const struct sm_ctx *x, unsigned slot, uint32_t word, unsigned n)
{
    uint32_t bits = flush(x, pick(x, slot, word, n));
    return is_bf16(x) ? sm_bf16_to_double(bits) : sm_half_to_double(bits);
}

static uint32_t round_half(const struct sm_ctx *x, double value, bool relu)
{
    unsigned sat = sm_mod(x, NV_SASS_MOD_SAT);
    uint32_t bits;
    if (sat == NV_SASS_SAT_ON)
        value = isnan(value) || value < 0 || (value == 0 && signbit(value)) ? 0
                : value > 1                                                 ? 1
                                                                            : value;
    bits = is_bf16(x) ? sm_double_to_bf16(value, NV_SASS_RND_RN)
                      : sm_double_to_half(value, NV_SASS_RND_RN);
    if (relu && (bits & 0x8000))
        bits = 0;
    if (sm_mod(x, NV_SASS_MOD_FTZ) && fabs(value) < SM_TINY16)
        bits &= 0x8000;
    return bits;
}

/* Sources as raw words: signs are per half and applied by value_of. */
static void raw_words(struct sm_ctx *x, uint32_t words[3][SM_LANES])
{
    const struct nvhw_sass *given = x->s;
    struct nvhw_sass plain = *x->s;
    for (unsigned slot = NV_SASS_A; slot <= NV_SASS_C; slot++)
        plain.o[slot].neg = plain.o[slot].abs = false;
    x->s = &plain;
    for (unsigned n = 0; n < 3; n++)
        memcpy(words[n], sm_src(x, NV_SASS_A + n), sizeof(words[n]));
    x->s = given;
}

enum half_op { HALF_ADD, HALF_MUL, HALF_FMA };

static double combine(const struct sm_ctx *x, enum half_op op, uint32_t words[3][SM_LANES],
                      unsigned l, unsigned n)
{
    double a = value_of(x, NV_SASS_A, words[0][l], n), b = value_of(x, NV_SASS_B, words[1][l], n),
           c;
    bool zero = sm_mod(x, NV_SASS_MOD_FTZ) == NV_SASS_FTZ_FMZ && (a == 0 || b == 0);
    if (op == HALF_ADD)
        return a + b;
    if (op == HALF_MUL)
        return zero ? 0 : a * b;
    c = value_of(x, NV_SASS_C, words[2][l], n);
    return zero ? c + 0.0 : sm_fma_odd(a, b, c);
}

static bool arithmetic(struct sm_ctx *x, enum half_op op)
{
    uint32_t words[3][SM_LANES], out[SM_LANES];
    /* .RELU: negative results become zero in lanes whose predicate holds. */
    uint32_t relu = sm_mod(x, NV_SASS_MOD_SAT) == NV_SASS_SAT_RELU ? sm_psrc(x, NV_SASS_PA) : 0;
    raw_words(x, words);
    LANES
    {
        out[l] = round_half(x, combine(x, op, words, l, 0), relu >> l & 1);
        out[l] |= round_half(x, combine(x, op, words, l, 1), relu >> l & 1) << 16;
    }
    sm_dst(x, out);
    return true;
}

/* .F32: the sum of one half of each source in single precision. */
static bool add_to_f32(struct sm_ctx *x)
{
    uint32_t words[3][SM_LANES], out[SM_LANES];
    raw_words(x, words);
    LANES
    {
        float sum = (float)combine(x, HALF_ADD, words, l, 0);
        if (sm_mod(x, NV_SASS_MOD_SAT) == NV_SASS_SAT_ON)
            sum = !(sum > 0) ? 0 : sum > 1 ? 1 : sum;
        out[l] = isnan(sum) ? SM_NAN32 : sm_u32(sum);
    }
    sm_dst(x, out);
    return true;
}

static bool exec_hadd2(struct sm_ctx *x)
{
    return sm_mod(x, NV_SASS_MOD_F32) ? add_to_f32(x) : arithmetic(x, HALF_ADD);
}

static bool exec_hmul2(struct sm_ctx *x)
{
    return arithmetic(x, HALF_MUL);
}

static bool exec_hfma2(struct sm_ctx *x)
{
    if (sm_mod(x, NV_SASS_MOD_FTZ) == NV_SASS_FTZ_OOB)
        return sm_fault(x, -1, "HFMA2.OOB: not supported");
    return arithmetic(x, HALF_FMA);
}

static bool held(unsigned cmp, double a, double b)
{
    unsigned rel = isnan(a) || isnan(b) ? 8 : a < b ? 1 : a == b ? 2 : 4;
    return cmp & rel;
}

/* Bit l of *low and *high: the comparison of that half held. */
static void compare(struct sm_ctx *x, uint32_t *low, uint32_t *high)
{
    uint32_t words[3][SM_LANES];
    unsigned cmp = sm_mod(x, NV_SASS_MOD_CMP);
    raw_words(x, words);
    *low = *high = 0;
    LANES
    {
        *low |= (uint32_t)held(cmp, value_of(x, NV_SASS_A, words[0][l], 0),
                               value_of(x, NV_SASS_B, words[1][l], 0))
                << l;
        *high |= (uint32_t)held(cmp, value_of(x, NV_SASS_A, words[0][l], 1),
                                value_of(x, NV_SASS_B, words[1][l], 1))
                 << l;
    }
}

static bool exec_hsetp2(struct sm_ctx *x)
{
    unsigned bop = sm_mod(x, NV_SASS_MOD_BOP);
    uint32_t low, high, in = sm_psrc(x, NV_SASS_PA);
    compare(x, &low, &high);
    if (sm_mod(x, NV_SASS_MOD_HAND)) {
        uint32_t both = low & high;
        sm_pdst(x, NV_SASS_PQ, sm_bop(bop, ~both, in));
        sm_pdst(x, NV_SASS_PD, sm_bop(bop, both, in));
    } else {
        sm_pdst(x, NV_SASS_PQ, sm_bop(bop, high, in));
        sm_pdst(x, NV_SASS_PD, sm_bop(bop, low, in));
    }
    return true;
}

static bool exec_hset2(struct sm_ctx *x)
{
    unsigned bop = sm_mod(x, NV_SASS_MOD_BOP);
    uint32_t low, high, in = sm_psrc(x, NV_SASS_PA), out[SM_LANES];
    uint32_t one = !sm_mod(x, NV_SASS_MOD_BF) ? 0xffff : is_bf16(x) ? 0x3f80 : 0x3c00;
    compare(x, &low, &high);
    low = sm_bop(bop, low, in);
    high = sm_bop(bop, high, in);
    LANES out[l] = (low >> l & 1 ? one : 0) | (high >> l & 1 ? one << 16 : 0);
    sm_dst(x, out);
    return true;
}

/* signs: what .XORSIGN gives any number, from the operands without their modifiers. */
static uint32_t minmax(const struct sm_ctx *x, uint32_t a, uint32_t b, bool min, uint32_t signs)
{
    uint32_t inf = is_bf16(x) ? 0x7f80 : 0x7c00;
    bool na = (a & 0x7fff) > inf, nb = (b & 0x7fff) > inf;
    if ((na && nb) || ((na || nb) && sm_mod(x, NV_SASS_MOD_NAN)))
        return SM_NAN16;
    int oa = a & 0x8000 ? -1 - (int)(a & 0x7fff) : (int)a,
        ob = b & 0x8000 ? -1 - (int)(b & 0x7fff) : (int)b;
    uint32_t out = na ? b : nb ? a : min == (oa < ob) ? a : b;
    return sm_mod(x, NV_SASS_MOD_XORSIGN) ? (out & 0x7fff) | signs : out;
}

static bool exec_hmnmx2(struct sm_ctx *x)
{
    uint32_t words[3][SM_LANES], out[SM_LANES], min = sm_psrc(x, NV_SASS_PA);
    raw_words(x, words);
    LANES
    {
        out[l] = 0;
        for (unsigned n = 0; n < 2; n++)
            out[l] |= minmax(x, flush(x, pick(x, NV_SASS_A, words[0][l], n)),
                             flush(x, pick(x, NV_SASS_B, words[1][l], n)), min >> l & 1,
                             (half_of(x, NV_SASS_A, words[0][l], n) ^
                              half_of(x, NV_SASS_B, words[1][l], n)) &
                                 0x8000)
                      << (n * 16);
    }
    sm_dst(x, out);
    return true;
}

const struct sm_exec_entry sm_exec_half[] = {
    {NV_SASS_HADD2, exec_hadd2},   {NV_SASS_HMUL2, exec_hmul2},
    {NV_SASS_HFMA2, exec_hfma2},   {NV_SASS_HFMA2_MMA, exec_hfma2},
    {NV_SASS_HSETP2, exec_hsetp2}, {NV_SASS_HSET2, exec_hset2},
    {NV_SASS_HMNMX2, exec_hmnmx2}, {0, NULL}};
