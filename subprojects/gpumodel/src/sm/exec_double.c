/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Double precision arithmetic on register pairs.
 */
#include "fp.h"

#define LANES for (unsigned l = 0; l < SM_LANES; l++)

/* Operands as they stand in the registers: a NaN comes through without the instruction's sign
 * modifiers. */
static void plain_source(struct sm_ctx *x, unsigned slot, double v[SM_LANES])
{
    const struct nvhw_sass *given = x->s;
    struct nvhw_sass plain = *x->s;
    plain.o[slot].neg = plain.o[slot].abs = false;
    x->s = &plain;
    sm_fsrc64(x, slot, v);
    x->s = given;
}

/* Which NaN wins, as measured on sm_90: the second operand's, then the third's, then the first's.
 */
static uint64_t nan_of(double first, double second, double third)
{
    if (isnan(second))
        return sm_u64(second) | UINT64_C(0x8000000000000);
    if (isnan(third))
        return sm_u64(third) | UINT64_C(0x8000000000000);
    if (isnan(first))
        return sm_u64(first) | UINT64_C(0x8000000000000);
    return UINT64_C(0xfff8000000000000);
}

static void finish(struct sm_ctx *x, const double *r, unsigned second, unsigned third)
{
    double a[SM_LANES], b[SM_LANES], c[SM_LANES] = {0};
    uint64_t out[SM_LANES];
    plain_source(x, NV_SASS_A, a);
    plain_source(x, second, b);
    if (third)
        plain_source(x, third, c);
    LANES out[l] = isnan(r[l]) ? nan_of(a[l], b[l], c[l]) : sm_u64(r[l]);
    sm_dst64(x, out);
}

static __attribute__((noinline)) void add(const double *a, const double *b, double *r)
{
    LANES r[l] = a[l] + b[l];
}

static __attribute__((noinline)) void multiply(const double *a, const double *b, double *r)
{
    LANES r[l] = a[l] * b[l];
}

static __attribute__((noinline)) void fused(const double *a, const double *b, const double *c,
                                            double *r)
{
    LANES r[l] = fma(a[l], b[l], c[l]);
}

static bool exec_dadd(struct sm_ctx *x)
{
    unsigned rnd = sm_mod(x, NV_SASS_MOD_RND);
    unsigned second = x->s->o[NV_SASS_C].kind != NV_SASS_NONE ? NV_SASS_C : NV_SASS_B;
    double a[SM_LANES], b[SM_LANES], r[SM_LANES];
    sm_fsrc64(x, NV_SASS_A, a);
    sm_fsrc64(x, second, b);
    sm_round_enter(rnd);
    add(a, b, r);
    sm_round_leave(rnd);
    finish(x, r, second, 0);
    return true;
}

static bool exec_dmul(struct sm_ctx *x)
{
    unsigned rnd = sm_mod(x, NV_SASS_MOD_RND);
    double a[SM_LANES], b[SM_LANES], r[SM_LANES];
    sm_fsrc64(x, NV_SASS_A, a);
    sm_fsrc64(x, NV_SASS_B, b);
    sm_round_enter(rnd);
    multiply(a, b, r);
    sm_round_leave(rnd);
    finish(x, r, NV_SASS_B, 0);
    return true;
}

static bool exec_dfma(struct sm_ctx *x)
{
    unsigned rnd = sm_mod(x, NV_SASS_MOD_RND);
    double a[SM_LANES], b[SM_LANES], c[SM_LANES], r[SM_LANES];
    sm_fsrc64(x, NV_SASS_A, a);
    sm_fsrc64(x, NV_SASS_B, b);
    sm_fsrc64(x, NV_SASS_C, c);
    sm_round_enter(rnd);
    fused(a, b, c, r);
    sm_round_leave(rnd);
    finish(x, r, NV_SASS_B, NV_SASS_C);
    return true;
}

static bool exec_dsetp(struct sm_ctx *x)
{
    unsigned cmp = sm_mod(x, NV_SASS_MOD_CMP), bop = sm_mod(x, NV_SASS_MOD_BOP);
    double a[SM_LANES], b[SM_LANES];
    uint32_t held = 0, in = sm_psrc(x, NV_SASS_PA);
    sm_fsrc64(x, NV_SASS_A, a);
    sm_fsrc64(x, NV_SASS_B, b);
    if (cmp == NV_SASS_CMP_F || cmp == NV_SASS_CMP_T)
        return sm_fault(x, -1, "DSETP.MIN and .MAX: not supported");
    LANES
    {
        bool unordered = isnan(a[l]) || isnan(b[l]);
        unsigned rel = unordered ? 8 : a[l] < b[l] ? 1 : a[l] == b[l] ? 2 : 4;
        held |= (uint32_t)((cmp & rel) != 0) << l;
    }
    sm_pdst(x, NV_SASS_PQ, sm_bop(bop, ~held, in));
    sm_pdst(x, NV_SASS_PD, sm_bop(bop, held, in));
    return true;
}

const struct sm_exec_entry sm_exec_double[] = {{NV_SASS_DADD, exec_dadd},
                                               {NV_SASS_DMUL, exec_dmul},
                                               {NV_SASS_DFMA, exec_dfma},
                                               {NV_SASS_DSETP, exec_dsetp},
                                               {0, NULL}};
