/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Combinations that decode and that silicon refuses. Source: an H100 (driver 580.159.04,
 * 2026-11-25), each instance of the instruction sweeps run alone; what it answers is "illegal
 * instruction" (warp error 9). Taken to hold for all SMs: nothing that the vendor's tools emit is
 * among them.
 */
#include "sass_table.h"

static bool is_wide(unsigned type)
{
    return type == NV_SASS_DST_U64 || type == NV_SASS_DST_S64;
}

/* Bits 0..8 of the opcode. */
static bool has_64bit_opcode(const struct nvhw_sass *in)
{
    const struct sass_row *row = sass_row_of(in);
    unsigned code = row ? row->code & 0x1ffu : 0;

    return code >= 0x110 && code <= 0x113;
}

static unsigned resolved(unsigned type, unsigned otherwise)
{
    return type ? type : otherwise;
}

/* Conversions have two opcodes: one for types of up to 32 bits, one for when a 64-bit type takes
 * part. */
static const char *conversion(const struct nvhw_sass *in)
{
    unsigned dst = resolved(in->mod[NV_SASS_MOD_DST],
                            in->op == NV_SASS_F2I ? NV_SASS_DST_S32 : NV_SASS_DST_F32),
             src = resolved(in->mod[NV_SASS_MOD_SRC],
                            in->op == NV_SASS_I2F ? NV_SASS_SRC_S32 : NV_SASS_SRC_F32);
    bool opcode64 = has_64bit_opcode(in);

    if (in->op == NV_SASS_I2F && in->o[NV_SASS_B].kind == NV_SASS_IMM && src <= NV_SASS_SRC_S16)
        return "I2F of an immediate of 8 or 16 bits";
    if (in->op == NV_SASS_F2F && dst == src)
        return "F2F between equal types";
    if (in->op == NV_SASS_FRND)
        return dst != src && dst != NV_SASS_DST_F64 ? "FRND between different types" : NULL;
    if (opcode64 && !is_wide(dst) && !is_wide(src) && dst != NV_SASS_DST_F64 &&
        src != NV_SASS_SRC_F64)
        return "the 64-bit opcode of a conversion for narrower types";
    return NULL;
}

static bool is_zero(const struct nvhw_sass_operand *o)
{
    return o->kind == NV_SASS_NONE || (o->kind == NV_SASS_REG && o->reg == NV_SASS_RZ);
}

static const char *half(const struct nvhw_sass *in)
{
    const struct nvhw_sass_operand *a = &in->o[NV_SASS_A];
    unsigned ftz = in->mod[NV_SASS_MOD_FTZ];

    if (in->mod[NV_SASS_MOD_BF16V2] &&
        (in->mod[NV_SASS_MOD_F32] || ftz == NV_SASS_FTZ_FTZ || ftz == NV_SASS_FTZ_FMZ ||
         in->mod[NV_SASS_MOD_SAT] == NV_SASS_SAT_ON))
        return "BF16_V2 with a modifier of F16";
    return in->op == NV_SASS_HADD2 && in->mod[NV_SASS_MOD_F32] && !(is_zero(a) && a->neg)
               ? "HADD2.F32 with another first source than minus zero"
               : NULL;
}

static bool is_odd_constant(unsigned order)
{
    return order == NV_SASS_ORDER_CONSTANT_PRIVATE || order == NV_SASS_ORDER_CONSTANT_CTA ||
           order == NV_SASS_ORDER_CONSTANT_CTA_PRIVATE || order == NV_SASS_ORDER_CONSTANT_SM ||
           order == NV_SASS_ORDER_CONSTANT_SM_PRIVATE || order == NV_SASS_ORDER_CONSTANT_VC ||
           order == NV_SASS_ORDER_CONSTANT_VC_PRIVATE || order == NV_SASS_ORDER_CONSTANT_GPU;
}

const char *nvhw_sass_illegal(unsigned sm, const struct nvhw_sass *in)
{
    switch (in->op) {
    case NV_SASS_F2F:
    case NV_SASS_F2I:
    case NV_SASS_I2F:
    case NV_SASS_FRND:
        return conversion(in);
    case NV_SASS_F2FP:
        return is_zero(&in->o[NV_SASS_C]) ? NULL : "F2FP with a third source";
    case NV_SASS_MUFU:
        return in->mod[NV_SASS_MOD_F16] && (in->mod[NV_SASS_MOD_MUFU] == NV_SASS_MUFU_RCP64H ||
                                            in->mod[NV_SASS_MOD_MUFU] == NV_SASS_MUFU_RSQ64H)
                   ? "MUFU of high words in half precision"
                   : NULL;
    case NV_SASS_VIMNMX:
        return in->mod[NV_SASS_MOD_RELU] && (in->mod[NV_SASS_MOD_ISIZE] == NV_SASS_ISIZE_U32 ||
                                             in->mod[NV_SASS_MOD_ISIZE] == NV_SASS_ISIZE_U16X2)
                   ? "VIMNMX.RELU of unsigned numbers"
                   : NULL;
    case NV_SASS_HADD2:
    case NV_SASS_HMUL2:
    case NV_SASS_HFMA2:
    case NV_SASS_HFMA2_MMA:
    case NV_SASS_HMNMX2:
    case NV_SASS_HSET2:
    case NV_SASS_HSETP2:
        return half(in);
    case NV_SASS_MATCH:
        return in->mod[NV_SASS_MOD_MATCH] == NV_SASS_MATCH_ANY &&
                       in->o[NV_SASS_PD].kind == NV_SASS_PRED && in->o[NV_SASS_PD].reg != NV_SASS_PT
                   ? "MATCH.ANY with a predicate result"
                   : NULL;
    case NV_SASS_LDG:
        return sm >= 80 && is_odd_constant(in->mod[NV_SASS_MOD_ORDER]) ? "LDG.CONSTANT with a scope"
                                                                       : NULL;
    default:
        return NULL;
    }
}
