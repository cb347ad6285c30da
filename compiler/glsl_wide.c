/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The instructions of GLSL.std.450 that take 64-bit integers. */
#include "glsl.h"

static struct cc_pair clamp(struct cc_builder *b, const struct cc_pair *x, uint32_t flags)
{
    return cc_b_minmax64(b, cc_b_minmax64(b, x[0], x[1], flags), x[2], flags | CC_F_MIN);
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
        *out = cc_b_minmax64(b, x[0], x[1], CC_F_MIN);
        return true;
    case GLSLstd450SMin:
        *out = cc_b_minmax64(b, x[0], x[1], CC_F_MIN | CC_F_SIGNED);
        return true;
    case GLSLstd450UMax:
        *out = cc_b_minmax64(b, x[0], x[1], 0);
        return true;
    case GLSLstd450SMax:
        *out = cc_b_minmax64(b, x[0], x[1], CC_F_SIGNED);
        return true;
    case GLSLstd450UClamp:
        *out = clamp(b, x, 0);
        return true;
    case GLSLstd450SClamp:
        *out = clamp(b, x, CC_F_SIGNED);
        return true;
    default:
        return false;
    }
}
