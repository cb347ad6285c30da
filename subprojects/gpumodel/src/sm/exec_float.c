/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Single precision arithmetic. A NaN result is always 0x7fffffff; .FTZ flushes inputs, and results
 * that are below the normal numbers after rounding to 24 bits; .SAT clamps to 0 .. 1 with NaN as 0.
 */
#include "fp.h"

#define LANES for (unsigned l = 0; l < SM_LANES; l++)

struct style {
    unsigned ftz, rnd, sat;
};

static struct style style_of(const struct sm_ctx *x)
{
    return (struct style){sm_mod(x, NV_SASS_MOD_FTZ), sm_mod(x, NV_SASS_MOD_RND),
                          sm_mod(x, NV_SASS_MOD_SAT)};
}

static const uint32_t *source(struct sm_ctx *x, unsigned slot, bool flush)
{
    const uint32_t *in = sm_fsrc(x, slot);
    if (!flush)
        return in;
    LANES x->t[slot][l] = sm_flush32(in[l]);
    return x->t[slot];
}

static void finish(struct sm_ctx *x, uint32_t out[SM_LANES], struct style s)
{
    if (s.ftz)
        LANES out[l] = sm_flush32(out[l]);
    LANES out[l] = sm_is_nan32(out[l]) ? SM_NAN32 : out[l];
    if (s.sat == NV_SASS_SAT_ON)
        LANES
        {
            if (sm_is_nan32(out[l]) || out[l] >> 31)
                out[l] = 0;
            else if (out[l] > 0x3f800000)
                out[l] = 0x3f800000;
        }
    sm_dst(x, out);
}

static __attribute__((noinline)) void add(const uint32_t *a, const uint32_t *b, uint32_t *out)
{
    LANES out[l] = sm_u32(sm_f32(a[l]) + sm_f32(b[l]));
}

static bool exec_fadd(struct sm_ctx *x)
{
    struct style s = style_of(x);
    const uint32_t *a = source(x, NV_SASS_A, s.ftz), *b = source(x, NV_SASS_B, s.ftz);
    uint32_t out[SM_LANES];
    sm_round_enter(s.rnd);
    add(a, b, out);
    sm_round_leave(s.rnd);
    finish(x, out, s);
    return true;
}

/* The product of two floats is exact in double, and so is its scaling. */
static __attribute__((noinline)) void multiply(const uint32_t *a, const uint32_t *b, double scale,
                                               uint32_t *out)
{
    LANES out[l] = sm_u32((float)((double)sm_f32(a[l]) * (double)sm_f32(b[l]) * scale));
}

static void zero_wins(const uint32_t *a, const uint32_t *b, uint32_t *out)
{
    LANES if (!(a[l] << 1) || !(b[l] << 1)) out[l] = 0;
}

/* Whether v, rounded as if exponents had no end, is below the normal numbers. The host's mode
 * counts. */
static __attribute__((noinline)) bool is_tiny(double v)
{
    volatile double raised = v * 0x1p100;
    volatile float rounded = (float)raised;
    return fabsf(rounded) < (float)(SM_LEAST32 * 0x1p100);
}

static bool is_least(uint32_t bits)
{
    return (bits & 0x7fffffff) == 0x00800000;
}

/* What rounding to a denormal's precision lifted to the smallest normal number is still flushed. */
static void flush_products(const uint32_t *a, const uint32_t *b, double scale, uint32_t *out)
{
    LANES if (is_least(out[l]) && is_tiny((double)sm_f32(a[l]) * (double)sm_f32(b[l]) * scale))
        out[l] &= 0x80000000;
}

static bool exec_fmul(struct sm_ctx *x)
{
    static const double scales[] = {1, 0.125, 0.25, 0.5, 2, 4, 8};
    struct style s = style_of(x);
    const uint32_t *a = source(x, NV_SASS_A, s.ftz), *b = source(x, NV_SASS_B, s.ftz);
    double scale = scales[sm_mod(x, NV_SASS_MOD_SCALE) % 7];
    uint32_t out[SM_LANES];
    sm_round_enter(s.rnd);
    multiply(a, b, scale, out);
    if (s.ftz)
        flush_products(a, b, scale, out);
    sm_round_leave(s.rnd);
    if (s.ftz == NV_SASS_FTZ_FMZ)
        zero_wins(a, b, out);
    finish(x, out, s);
    return true;
}

static __attribute__((noinline)) void fused_any(const uint32_t *a, const uint32_t *b,
                                                const uint32_t *c, uint32_t *out)
{
    LANES out[l] = sm_u32(fmaf(sm_f32(a[l]), sm_f32(b[l]), sm_f32(c[l])));
}

#ifdef __x86_64__
/* The same with the host's own instruction where it has one. */
static __attribute__((noinline, target("fma"))) void
fused_fast(const uint32_t *a, const uint32_t *b, const uint32_t *c, uint32_t *out)
{
    for (unsigned l = 0; l < SM_LANES; l++) {
        float fa, fb, fc, r;
        memcpy(&fa, &a[l], 4);
        memcpy(&fb, &b[l], 4);
        memcpy(&fc, &c[l], 4);
        r = __builtin_fmaf(fa, fb, fc);
        memcpy(&out[l], &r, 4);
    }
}
#endif

static void fused(const uint32_t *a, const uint32_t *b, const uint32_t *c, uint32_t *out)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("fma")) {
        fused_fast(a, b, c, out);
        return;
    }
#endif
    fused_any(a, b, c, out);
}

/* As flush_products. The sum is rounded to odd, so that the second rounding does no harm. */
static void flush_sums(const uint32_t *a, const uint32_t *b, const uint32_t *c, unsigned rnd,
                       uint32_t *out)
{
    LANES if (is_least(out[l]))
    {
        double sum = sm_fma_odd((double)sm_f32(a[l]), (double)sm_f32(b[l]), (double)sm_f32(c[l]));
        sm_round_enter(rnd);
        if (is_tiny(sum))
            out[l] &= 0x80000000;
        sm_round_leave(rnd);
    }
}

static bool exec_ffma(struct sm_ctx *x)
{
    struct style s = style_of(x);
    const uint32_t *a = source(x, NV_SASS_A, s.ftz), *b = source(x, NV_SASS_B, s.ftz),
                   *c = source(x, NV_SASS_C, s.ftz);
    uint32_t out[SM_LANES];
    sm_round_enter(s.rnd);
    fused(a, b, c, out);
    if (s.ftz == NV_SASS_FTZ_FMZ)
        LANES if (!(a[l] << 1) || !(b[l] << 1)) out[l] = sm_u32(0.0f + sm_f32(c[l]));
    sm_round_leave(s.rnd);
    if (s.ftz)
        flush_sums(a, b, c, s.rnd, out);
    finish(x, out, s);
    return true;
}

/* Order of floats as integers: -0 < +0. */
static int32_t order(uint32_t bits)
{
    return bits >> 31 ? (int32_t)(0x80000000u - bits) - 1 : (int32_t)bits;
}

/* .XORSIGN takes the signs before the operands' modifiers. */
static void register_signs(struct sm_ctx *x, uint32_t signs[SM_LANES])
{
    const struct nvhw_sass *given = x->s;
    struct nvhw_sass plain = *x->s;
    uint32_t keep[2][SM_LANES];
    memset(signs, 0, sizeof(uint32_t) * SM_LANES);
    if (!sm_mod(x, NV_SASS_MOD_XORSIGN))
        return;
    memcpy(keep[0], x->t[NV_SASS_A], sizeof(keep[0]));
    memcpy(keep[1], x->t[NV_SASS_B], sizeof(keep[1]));
    plain.o[NV_SASS_A].neg = plain.o[NV_SASS_A].abs = plain.o[NV_SASS_B].neg =
        plain.o[NV_SASS_B].abs = false;
    x->s = &plain;
    const uint32_t *a = sm_fsrc(x, NV_SASS_A), *b = sm_fsrc(x, NV_SASS_B);
    LANES signs[l] = (a[l] ^ b[l]) & 0x80000000;
    x->s = given;
    memcpy(x->t[NV_SASS_A], keep[0], sizeof(keep[0]));
    memcpy(x->t[NV_SASS_B], keep[1], sizeof(keep[1]));
}

static bool exec_fmnmx(struct sm_ctx *x)
{
    struct style s = style_of(x);
    const uint32_t *a = source(x, NV_SASS_A, s.ftz), *b = source(x, NV_SASS_B, s.ftz);
    uint32_t out[SM_LANES], signs[SM_LANES], min = sm_psrc(x, NV_SASS_PA);
    bool keep_nan = sm_mod(x, NV_SASS_MOD_NAN);
    register_signs(x, signs);
    LANES
    {
        bool na = sm_is_nan32(a[l]), nb = sm_is_nan32(b[l]), pick_a;
        if (na || nb)
            out[l] = (na && nb) || keep_nan ? SM_NAN32 : na ? b[l] : a[l];
        else {
            pick_a = (bool)(min >> l & 1) == (order(a[l]) < order(b[l]));
            out[l] = pick_a ? a[l] : b[l];
        }
        if (sm_mod(x, NV_SASS_MOD_XORSIGN) && !sm_is_nan32(out[l]))
            out[l] = (out[l] & 0x7fffffff) | signs[l];
    }
    sm_dst(x, out);
    return true;
}

/* Bit l of the result: the comparison held. Codes below 8 are false on NaN, those from 8 on true.
 */
static uint32_t compare(unsigned cmp, const uint32_t *a, const uint32_t *b)
{
    uint32_t out = 0;
    LANES
    {
        float p = sm_f32(a[l]), q = sm_f32(b[l]);
        bool unordered = isnan(p) || isnan(q);
        unsigned rel = unordered ? 8 : p < q ? 1 : p == q ? 2 : 4;
        out |= (uint32_t)((cmp & rel) != 0) << l;
    }
    return out;
}

static bool exec_fsetp(struct sm_ctx *x)
{
    struct style s = style_of(x);
    const uint32_t *a = source(x, NV_SASS_A, s.ftz), *b = source(x, NV_SASS_B, s.ftz);
    unsigned bop = sm_mod(x, NV_SASS_MOD_BOP);
    uint32_t held = compare(sm_mod(x, NV_SASS_MOD_CMP), a, b), in = sm_psrc(x, NV_SASS_PA);
    sm_pdst(x, NV_SASS_PQ, sm_bop(bop, ~held, in));
    sm_pdst(x, NV_SASS_PD, sm_bop(bop, held, in));
    return true;
}

static bool exec_fset(struct sm_ctx *x)
{
    struct style s = style_of(x);
    const uint32_t *a = source(x, NV_SASS_A, s.ftz), *b = source(x, NV_SASS_B, s.ftz);
    uint32_t out[SM_LANES], in = sm_psrc(x, NV_SASS_PA);
    uint32_t held =
        sm_bop(sm_mod(x, NV_SASS_MOD_BOP), compare(sm_mod(x, NV_SASS_MOD_CMP), a, b), in);
    LANES out[l] = held >> l & 1 ? 0x3f800000 : 0;
    sm_dst(x, out);
    return true;
}

static bool exec_fsel(struct sm_ctx *x)
{
    struct style s = style_of(x);
    const uint32_t *a = source(x, NV_SASS_A, s.ftz), *b = source(x, NV_SASS_B, s.ftz);
    uint32_t out[SM_LANES], pick = sm_psrc(x, NV_SASS_PA);
    LANES out[l] = pick >> l & 1 ? a[l] : b[l];
    sm_dst(x, out);
    return true;
}

/* Codes per lane of a quad: 0 A + C, 1 A - C, 2 C - A, 3 C. Lane 0 has the highest two bits. */
static bool exec_fswzadd(struct sm_ctx *x)
{
    struct style s = style_of(x);
    const uint32_t *a = source(x, NV_SASS_A, s.ftz), *c = source(x, NV_SASS_C, s.ftz);
    uint32_t pa[SM_LANES], pc[SM_LANES], out[SM_LANES];
    unsigned codes = (unsigned)x->s->o[NV_SASS_LUT].imm;
    LANES
    {
        unsigned code = codes >> ((3 - (l & 3)) * 2) & 3;
        pa[l] = code == 3 ? 0x80000000 : a[l] ^ (code == 2 ? 0x80000000 : 0);
        pc[l] = c[l] ^ (code == 1 ? 0x80000000 : 0);
        if (code == 3 && !(c[l] << 1))
            pa[l] = 0;
    }
    sm_round_enter(s.rnd);
    add(pa, pc, out);
    sm_round_leave(s.rnd);
    finish(x, out, s);
    return true;
}

/* True when a division needs the slow path: an operand or the quotient near the ends of the range.
 */
static bool exec_fchk(struct sm_ctx *x)
{
    const uint32_t *a = sm_fsrc(x, NV_SASS_A), *b = sm_fsrc(x, NV_SASS_B);
    uint32_t out = 0;
    LANES
    {
        int ea = (int)(a[l] >> 23 & 255), eb = (int)(b[l] >> 23 & 255);
        bool slow = ea == 255 || ea < 24 || eb < 2 || eb > 251 || ea - eb > 126 || ea - eb < -124;
        out |= (uint32_t)slow << l;
    }
    sm_pdst(x, NV_SASS_PD, out);
    return true;
}

const struct sm_exec_entry sm_exec_float[] = {
    {NV_SASS_FADD, exec_fadd},   {NV_SASS_FMUL, exec_fmul},
    {NV_SASS_FFMA, exec_ffma},   {NV_SASS_FMNMX, exec_fmnmx},
    {NV_SASS_FSETP, exec_fsetp}, {NV_SASS_FSET, exec_fset},
    {NV_SASS_FSEL, exec_fsel},   {NV_SASS_FSWZADD, exec_fswzadd},
    {NV_SASS_FCHK, exec_fchk},   {0, NULL}};
