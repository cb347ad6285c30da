/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The instructions of GLSL.std.450 that take 64-bit integers. */
#include "glsl.h"

static struct cc_pair smaller(struct cc_builder *b, struct cc_pair x, struct cc_pair y,
                              bool is_signed)
{
    return cc_b_sel64(b, cc_b_icmp64(b, CC_CMP_LT, x, y, is_signed), x, y);
}

static struct cc_pair larger(struct cc_builder *b, struct cc_pair x, struct cc_pair y,
                             bool is_signed)
{
    return cc_b_sel64(b, cc_b_icmp64(b, CC_CMP_GT, x, y, is_signed), x, y);
}

/* 1, 0 or -1 */
static struct cc_pair sign(struct cc_builder *b, struct cc_pair x)
{
    struct cc_src high = cc_b_shr(b, x.hi, cc_imm(31), true);
    struct cc_src any = cc_b_icmp(b, CC_CMP_NE, cc_b_or(b, x.lo, x.hi), cc_imm(0), false);
    return (struct cc_pair){cc_b_or(b, high, cc_b_from_bool(b, any)), high};
}

bool glsl_wide_component(struct cc_builder *b, uint32_t number, const struct cc_pair *x,
                         struct cc_pair *out)
{
    switch (number) {
    case GLSLstd450SAbs:
        *out = cc_b_abs64(b, x[0]);
        return true;
    case GLSLstd450SSign:
        *out = sign(b, x[0]);
        return true;
    case GLSLstd450UMin:
    case GLSLstd450SMin:
        *out = smaller(b, x[0], x[1], number == GLSLstd450SMin);
        return true;
    case GLSLstd450UMax:
    case GLSLstd450SMax:
        *out = larger(b, x[0], x[1], number == GLSLstd450SMax);
        return true;
    case GLSLstd450UClamp:
        *out = smaller(b, larger(b, x[0], x[1], false), x[2], false);
        return true;
    case GLSLstd450SClamp:
        *out = smaller(b, larger(b, x[0], x[1], true), x[2], true);
        return true;
    default:
        return false;
    }
}
