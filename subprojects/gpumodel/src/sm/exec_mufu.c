/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The multi-function unit. Hardware approximates with table lookup; here the exact value is rounded
 * to nearest, so results differ from silicon in the last bits
 * (tests/gpumodel/sm/data/sm90-exec-expect.tsv says by how much). Denormals count as zero for all
 * functions but TANH, as measured on sm_90.
 */
#include "fp.h"

#define LANES for (unsigned l = 0; l < SM_LANES; l++)

/* sin of v turns, with the quarter turns exact. */
static double sine(double v)
{
    if (!isfinite(v))
        return (double)NAN;
    double f = (v - floor(v)) * 4, r = (f - floor(f)) * 1.5707963267948966192313216916398;
    switch ((int)f & 3) {
    case 0:
        return sin(r);
    case 1:
        return cos(r);
    case 2:
        return -sin(r);
    default:
        return -cos(r);
    }
}

static double function(unsigned op, double v)
{
    switch (op) {
    case NV_SASS_MUFU_COS:
        return sine(fabs(v) - floor(fabs(v)) + 0.25);
    case NV_SASS_MUFU_SIN:
        return signbit(v) ? -sine(-v) : sine(v);
    case NV_SASS_MUFU_EX2:
        return exp2(v);
    case NV_SASS_MUFU_LG2:
        return log2(v);
    case NV_SASS_MUFU_RCP:
        return 1 / v;
    case NV_SASS_MUFU_RSQ:
        return 1 / sqrt(v);
    case NV_SASS_MUFU_SQRT:
        return sqrt(v);
    default:
        return tanh(v);
    }
}

static bool half_precision(struct sm_ctx *x, unsigned op)
{
    const struct nvhw_sass_operand *o = &x->s->o[NV_SASS_B];
    const struct nvhw_sass *given = x->s;
    struct nvhw_sass plain = *x->s;
    bool bf16 = sm_mod(x, NV_SASS_MOD_F16) == NV_SASS_F16_BF16;
    unsigned shift = sm_mod(x, NV_SASS_MOD_H1) ? 16 : 0;
    uint32_t out[SM_LANES];
    plain.o[NV_SASS_B].neg = plain.o[NV_SASS_B].abs = false;
    x->s = &plain;
    const uint32_t *b = sm_src(x, NV_SASS_B);
    x->s = given;
    LANES
    {
        uint32_t bits = (b[l] >> shift & (o->abs ? 0x7fffu : 0xffffu)) ^ (o->neg ? 0x8000u : 0);
        if (bf16 && op != NV_SASS_MUFU_TANH)
            bits = sm_flush32(bits << 16) >> 16;
        double v = function(op, bf16 ? sm_bf16_to_double(bits) : sm_half_to_double(bits));
        out[l] = bf16 ? sm_double_to_bf16(v, NV_SASS_RND_RN) : sm_double_to_half(v, NV_SASS_RND_RN);
        if (bf16 && op != NV_SASS_MUFU_TANH)
            out[l] = sm_flush32(out[l] << 16) >> 16;
    }
    sm_dst(x, out);
    return true;
}

/* The high word of a double in, the high word of 1/x or 1/sqrt(x) out: a start for Newton's method.
 */
static uint32_t high_word(unsigned op, uint32_t bits)
{
    double v = sm_f64((uint64_t)(bits & 0x7ff00000 ? bits : bits & 0x80000000) << 32);
    double r = op == NV_SASS_MUFU_RCP64H ? 1 / v : 1 / sqrt(v);
    if (isnan(r))
        return 0x7fffffff;
    return (uint32_t)(sm_u64(r) >> 32);
}

static bool exec_mufu(struct sm_ctx *x)
{
    unsigned op = sm_mod(x, NV_SASS_MOD_MUFU);
    if (sm_mod(x, NV_SASS_MOD_F16))
        return half_precision(x, op);
    const uint32_t *b = sm_fsrc(x, NV_SASS_B);
    uint32_t out[SM_LANES];
    LANES
    {
        if (op == NV_SASS_MUFU_RCP64H || op == NV_SASS_MUFU_RSQ64H) {
            out[l] = high_word(op, b[l]);
            continue;
        }
        bool flush = op != NV_SASS_MUFU_TANH;
        double r = function(op, (double)sm_f32(flush ? sm_flush32(b[l]) : b[l]));
        uint32_t bits = sm_u32((float)r);
        out[l] = isnan(r) ? SM_NAN32 : flush ? sm_flush32(bits) : bits;
    }
    sm_dst(x, out);
    return true;
}

const struct sm_exec_entry sm_exec_mufu[] = {{NV_SASS_MUFU, exec_mufu}, {0, NULL}};
