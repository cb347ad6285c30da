/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Conversions between integers and floats, and packing of two floats into halves. All go through an
 * exact double (or a 64-bit integer) and are rounded once.
 */
#include "fp.h"

#define LANES for (unsigned l = 0; l < SM_LANES; l++)

/* NV_SASS_SRC_* and NV_SASS_DST_* with "nothing said" resolved. */
static unsigned type_or(unsigned type, unsigned otherwise)
{
    return type ? type : otherwise;
}

static double half_source(uint32_t bits, bool ftz)
{
    return sm_half_to_double(ftz && !(bits & 0x7c00) ? bits & 0x8000 : bits);
}

static double bf16_source(uint32_t bits, bool ftz)
{
    return sm_bf16_to_double(ftz ? sm_flush32(bits << 16) >> 16 : bits);
}

/* Sign modifiers do not touch NaN. .FTZ takes denormals of every type for zero. */
static void float_source(struct sm_ctx *x, unsigned type, double v[SM_LANES])
{
    const struct nvhw_sass_operand *o = &x->s->o[NV_SASS_B];
    bool ftz = sm_mod(x, NV_SASS_MOD_FTZ);
    unsigned shift = sm_mod(x, NV_SASS_MOD_H1) ? 16 : 0;
    struct nvhw_sass plain = *x->s;
    const struct nvhw_sass *given = x->s;
    plain.o[NV_SASS_B].neg = plain.o[NV_SASS_B].abs = false;
    x->s = &plain;
    if (type == NV_SASS_SRC_F64) {
        sm_fsrc64(x, NV_SASS_B, v);
        if (ftz)
            LANES v[l] = fabs(v[l]) < SM_LEAST64 ? copysign(0, v[l]) : v[l];
    } else {
        const uint32_t *b = sm_src(x, NV_SASS_B);
        LANES v[l] = type == NV_SASS_SRC_F32    ? (double)sm_f32(ftz ? sm_flush32(b[l]) : b[l])
                     : type == NV_SASS_SRC_BF16 ? bf16_source(b[l] >> shift & 0xffff, ftz)
                                                : half_source(b[l] >> shift & 0xffff, ftz);
    }
    x->s = given;
    LANES if (!isnan(v[l]))
    {
        v[l] = o->abs ? fabs(v[l]) : v[l];
        v[l] = o->neg ? -v[l] : v[l];
    }
}

static double round_to_integer(double v, unsigned rnd)
{
    switch (rnd) {
    case NV_SASS_RND_RM:
        return floor(v);
    case NV_SASS_RND_RP:
        return ceil(v);
    case NV_SASS_RND_RZ:
        return trunc(v);
    default:
        return nearbyint(v);
    }
}

static uint64_t clamp_to(double v, unsigned type)
{
    static const double least[] = {0, -128, 0, -32768, 0, -2147483648.0, 0, -9223372036854775808.0};
    static const double beyond[] = {256,
                                    128,
                                    65536,
                                    32768,
                                    4294967296.0,
                                    2147483648.0,
                                    18446744073709551616.0,
                                    9223372036854775808.0};
    static const uint64_t most[] = {0xff,       0x7f,       0xffff,     0x7fff,
                                    0xffffffff, 0x7fffffff, UINT64_MAX, INT64_MAX};
    unsigned n = (type - NV_SASS_DST_U8) & 7;
    if (v >= beyond[n])
        return most[n];
    if (v <= least[n])
        v = least[n];
    return n == 6 ? (uint64_t)v : (uint64_t)(int64_t)v;
}

/* What NaN becomes: zero with .NTZ, else the highest bit of the type alone. */
static uint64_t nan_as(unsigned type, bool ntz)
{
    if (ntz)
        return 0;
    switch (type) {
    case NV_SASS_DST_U8:
    case NV_SASS_DST_S8:
        return 0x80;
    case NV_SASS_DST_U16:
    case NV_SASS_DST_S16:
        return 0x8000;
    case NV_SASS_DST_U64:
    case NV_SASS_DST_S64:
        return UINT64_C(1) << 63;
    case NV_SASS_DST_U32:
    case NV_SASS_DST_S32:
        return 0x80000000;
    default:
        return 0;
    }
}

static bool exec_f2i(struct sm_ctx *x)
{
    unsigned type = type_or(sm_mod(x, NV_SASS_MOD_DST), NV_SASS_DST_S32),
             rnd = sm_mod(x, NV_SASS_MOD_RND);
    bool wide = type == NV_SASS_DST_U64 || type == NV_SASS_DST_S64;
    double v[SM_LANES];
    uint64_t out[SM_LANES];
    uint32_t low[SM_LANES];
    float_source(x, type_or(sm_mod(x, NV_SASS_MOD_SRC), NV_SASS_SRC_F32), v);
    LANES out[l] = isnan(v[l]) ? nan_as(type, sm_mod(x, NV_SASS_MOD_NTZ))
                               : clamp_to(round_to_integer(v[l], rnd), type);
    if (wide) {
        sm_dst64(x, out);
        return true;
    }
    LANES low[l] = (uint32_t)out[l];
    sm_dst(x, low);
    return true;
}

static void integer_source(struct sm_ctx *x, unsigned type, uint64_t v[SM_LANES], bool *s)
{
    *s = type == NV_SASS_SRC_S8 || type == NV_SASS_SRC_S16 || type == NV_SASS_SRC_S32 ||
         type == NV_SASS_SRC_S64;
    if (type == NV_SASS_SRC_U64 || type == NV_SASS_SRC_S64) {
        sm_src64(x, NV_SASS_B, v);
        if (x->s->o[NV_SASS_B].kind == NV_SASS_IMM) /* gives the high word */
            LANES v[l] <<= 32;
        return;
    }
    const uint32_t *b = sm_src(x, NV_SASS_B);
    unsigned bits = type <= NV_SASS_SRC_S8 ? 8 : type <= NV_SASS_SRC_S16 ? 16 : 32;
    LANES
    {
        uint64_t top = UINT64_C(1) << (bits - 1), raw = b[l] & (top * 2 - 1);
        v[l] = *s ? (raw ^ top) - top : raw;
    }
}

static __attribute__((noinline)) void to_float(const uint64_t *v, bool s, uint32_t *out)
{
    LANES out[l] = sm_u32(s ? (float)(int64_t)v[l] : (float)v[l]);
}

static __attribute__((noinline)) void to_double(const uint64_t *v, bool s, uint64_t *out)
{
    LANES out[l] = sm_u64(s ? (double)(int64_t)v[l] : (double)v[l]);
}

/* 64-bit integers do not fit a double exactly: keep the lowest bit sticky. */
static double sticky(uint64_t v, bool s)
{
    bool negative = s && v >> 63;
    uint64_t magnitude = negative ? 0 - v : v;
    if (magnitude >> 53)
        magnitude = (magnitude >> 11 | ((magnitude & 0x7ff) != 0)) << 11;
    double d = (double)magnitude;
    return negative ? -d : d;
}

static bool exec_i2f(struct sm_ctx *x)
{
    unsigned dst = type_or(sm_mod(x, NV_SASS_MOD_DST), NV_SASS_DST_F32),
             rnd = sm_mod(x, NV_SASS_MOD_RND);
    uint64_t v[SM_LANES], wide[SM_LANES];
    uint32_t out[SM_LANES];
    bool s;
    if (x->s->op == NV_SASS_I2FP)
        dst = NV_SASS_DST_F32;
    integer_source(x, type_or(sm_mod(x, NV_SASS_MOD_SRC), NV_SASS_SRC_S32), v, &s);
    if (dst == NV_SASS_DST_F16 || dst == NV_SASS_DST_BF16) {
        LANES out[l] = dst == NV_SASS_DST_F16 ? sm_double_to_half(sticky(v[l], s), rnd)
                                              : sm_double_to_bf16(sticky(v[l], s), rnd);
        sm_dst(x, out);
        return true;
    }
    sm_round_enter(rnd);
    if (dst == NV_SASS_DST_F64)
        to_double(v, s, wide);
    else
        to_float(v, s, out);
    sm_round_leave(rnd);
    if (dst == NV_SASS_DST_F64)
        sm_dst64(x, wide);
    else
        sm_dst(x, out);
    return true;
}

/* NaN of F64 keeps its sign and the upper part of its payload, also on the way to F16. */
static uint32_t half_nan(double v)
{
    uint64_t bits = sm_u64(v);
    return (uint32_t)(bits >> 63) << 15 | 0x7e00 | (uint32_t)(bits >> 42 & 0x3ff);
}

static uint32_t narrow_nan(double v)
{
    uint64_t bits = sm_u64(v);
    return (uint32_t)(bits >> 63) << 31 | 0x7fc00000 | (uint32_t)(bits >> 29 & 0x3fffff);
}

static __attribute__((noinline)) void narrow_to_float(const double *v, uint32_t *out)
{
    LANES out[l] = sm_u32((float)v[l]);
}

/* NaNs of F32 keep their payload on the way to F64. */
static uint64_t widen(double v)
{
    return isnan(v) ? sm_u64(v) | UINT64_C(0x8000000000000) : sm_u64(v);
}

/* NaN of a half becomes one of F64 with the payload on top. */
static void half_payloads(struct sm_ctx *x, const double v[SM_LANES], uint64_t wide[SM_LANES])
{
    unsigned shift = sm_mod(x, NV_SASS_MOD_H1) ? 16 : 0;
    const struct nvhw_sass *given = x->s;
    struct nvhw_sass plain = *x->s;
    plain.o[NV_SASS_B].neg = plain.o[NV_SASS_B].abs = false;
    x->s = &plain;
    const uint32_t *b = sm_src(x, NV_SASS_B);
    LANES if (isnan(v[l])) wide[l] = (uint64_t)(b[l] >> (shift + 15) & 1) << 63 |
                                     UINT64_C(0x7ff8000000000000) |
                                     (uint64_t)(b[l] >> shift & 0x3ff) << 42;
    x->s = given;
}

static bool exec_f2f(struct sm_ctx *x)
{
    unsigned dst = type_or(sm_mod(x, NV_SASS_MOD_DST), NV_SASS_DST_F32),
             rnd = sm_mod(x, NV_SASS_MOD_RND);
    double v[SM_LANES];
    uint64_t wide[SM_LANES];
    uint32_t out[SM_LANES];
    float_source(x, type_or(sm_mod(x, NV_SASS_MOD_SRC), NV_SASS_SRC_F32), v);
    if (dst == NV_SASS_DST_F64) {
        LANES wide[l] = widen(v[l]);
        if (sm_mod(x, NV_SASS_MOD_SRC) == NV_SASS_SRC_F16)
            half_payloads(x, v, wide);
        sm_dst64(x, wide);
        return true;
    }
    if (dst == NV_SASS_DST_F32) {
        sm_round_enter(rnd);
        narrow_to_float(v, out);
        sm_round_leave(rnd);
        LANES if (isnan(v[l])) out[l] =
            sm_mod(x, NV_SASS_MOD_SRC) == NV_SASS_SRC_F64 ? narrow_nan(v[l]) : SM_NAN32;
        if (sm_mod(x, NV_SASS_MOD_FTZ))
            LANES out[l] = sm_flush32(out[l]);
    } else {
        uint32_t exponent = dst == NV_SASS_DST_F16 ? 0x7c00 : 0x7f80;
        LANES
        {
            out[l] = dst == NV_SASS_DST_F16 ? sm_double_to_half(v[l], rnd)
                                            : sm_double_to_bf16(v[l], rnd);
            if (isnan(v[l]) && sm_mod(x, NV_SASS_MOD_SRC) == NV_SASS_SRC_F64)
                out[l] = half_nan(v[l]);
            if (sm_mod(x, NV_SASS_MOD_FTZ) && !(out[l] & exponent))
                out[l] &= 0x8000;
        }
    }
    sm_dst(x, out);
    return true;
}

static bool exec_frnd(struct sm_ctx *x)
{
    unsigned rnd = sm_mod(x, NV_SASS_MOD_RND);
    double v[SM_LANES];
    uint64_t wide[SM_LANES];
    uint32_t out[SM_LANES];
    if (sm_mod(x, NV_SASS_MOD_DST) == NV_SASS_DST_F64) {
        float_source(x, NV_SASS_SRC_F64, v);
        LANES wide[l] = isnan(v[l]) ? widen(v[l]) : sm_u64(round_to_integer(v[l], rnd));
        sm_dst64(x, wide);
        return true;
    }
    unsigned type = type_or(sm_mod(x, NV_SASS_MOD_SRC), NV_SASS_SRC_F32);
    float_source(x, type, v);
    LANES
    {
        double r = round_to_integer(v[l], rnd);
        out[l] = type == NV_SASS_SRC_F16 ? sm_double_to_half(r, 0)
                 : isnan(r)              ? SM_NAN32
                                         : sm_u32((float)r);
    }
    sm_dst(x, out);
    return true;
}

/* D = half(A) << 16 | half(B). */
static bool exec_f2fp(struct sm_ctx *x)
{
    const uint32_t *a = sm_fsrc(x, NV_SASS_A), *b = sm_fsrc(x, NV_SASS_B);
    bool bf16 = sm_mod(x, NV_SASS_MOD_F16) == NV_SASS_F16_BF16 ||
                sm_mod(x, NV_SASS_MOD_DST) == NV_SASS_DST_BF16;
    unsigned rnd = sm_mod(x, NV_SASS_MOD_RND);
    uint32_t out[SM_LANES];
    if (sm_mod(x, NV_SASS_MOD_PACK) == NV_SASS_PACK_MERGE_C)
        return sm_fault(x, -1, "F2FP.MERGE_C: not supported");
    LANES
    {
        double va = (double)sm_f32(a[l]), vb = (double)sm_f32(b[l]);
        if (sm_mod(x, NV_SASS_MOD_SAT) == NV_SASS_SAT_RELU) {
            va = va <= 0 ? 0 : va;
            vb = vb <= 0 ? 0 : vb;
        }
        uint32_t high = bf16 ? sm_double_to_bf16(va, rnd) : sm_double_to_half(va, rnd);
        uint32_t low = bf16 ? sm_double_to_bf16(vb, rnd) : sm_double_to_half(vb, rnd);
        out[l] = high << 16 | low;
    }
    sm_dst(x, out);
    return true;
}

const struct sm_exec_entry sm_exec_convert[] = {{NV_SASS_F2I, exec_f2i},
                                                {NV_SASS_I2F, exec_i2f},
                                                {NV_SASS_I2FP, exec_i2f},
                                                {NV_SASS_F2F, exec_f2f},
                                                {NV_SASS_FRND, exec_frnd},
                                                {NV_SASS_F2FP, exec_f2fp},
                                                {0, NULL}};
