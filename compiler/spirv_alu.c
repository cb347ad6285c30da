/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Arithmetic, logic, comparison: one operation on each component. 64-bit integers take two slots a
 * component and go through the pair operations.
 */
#include "spirv.h"

/* One component: sources x and y, as pairs (hi unused when 32 bits wide). */
struct operands {
    struct cc_pair x, y;
    bool wide;       /* 64 bits */
    uint32_t exact;  /* CC_F_EXACT or 0 */
};

static struct cc_pair narrow(struct cc_src lo)
{
    return (struct cc_pair){lo, cc_imm(0)};
}

static struct cc_src signed_divide(struct cc_builder *b, struct cc_src x, struct cc_src y,
                                   uint32_t op)
{
    struct cc_src quotient, remainder;
    struct cc_src nx = cc_b_icmp(b, CC_CMP_LT, x, cc_imm(0), true);
    struct cc_src ny = cc_b_icmp(b, CC_CMP_LT, y, cc_imm(0), true);
    struct cc_src ax = cc_b_unary(b, CC_IABS, x, 0), ay = cc_b_unary(b, CC_IABS, y, 0);
    cc_b_udivrem(b, ax, ay, &quotient, &remainder);
    if (op == SpvOpSDiv) {
        struct cc_src negative = cc_b_pxor(b, nx, ny);
        return cc_b_sel(b, negative, cc_b_isub(b, cc_imm(0), quotient), quotient);
    }
    remainder = cc_b_sel(b, nx, cc_b_isub(b, cc_imm(0), remainder), remainder);
    if (op == SpvOpSRem) {
        return remainder;
    }
    /* SMod takes the divisor's sign. */
    struct cc_src nonzero = cc_b_icmp(b, CC_CMP_NE, remainder, cc_imm(0), false);
    struct cc_src fix = cc_b_pand(b, nonzero, cc_b_pxor(b, nx, ny));
    return cc_b_sel(b, fix, cc_b_iadd(b, remainder, y), remainder);
}

/* SMod takes the divisor's sign. */
static struct cc_pair divide64(struct spv_lower *l, const struct operands *o)
{
    struct cc_builder *b = &l->b;
    struct cc_pair quotient, remainder;
    uint32_t op = l->inst.op;
    if (op == SpvOpUDiv || op == SpvOpUMod) {
        cc_b_udivrem64(b, o->x, o->y, &quotient, &remainder);
    } else {
        cc_b_sdivrem64(b, o->x, o->y, &quotient, &remainder);
    }
    if (op == SpvOpSMod) {
        struct cc_src any = cc_b_or(b, remainder.lo, remainder.hi);
        struct cc_src nonzero = cc_b_icmp(b, CC_CMP_NE, any, cc_imm(0), false);
        struct cc_src signs = cc_b_xor(b, remainder.hi, o->y.hi);
        struct cc_src differ = cc_b_icmp(b, CC_CMP_LT, signs, cc_imm(0), true);
        return cc_b_sel64(b, cc_b_pand(b, nonzero, differ), cc_b_add64(b, remainder, o->y),
                          remainder);
    }
    return op == SpvOpUDiv || op == SpvOpSDiv ? quotient : remainder;
}

static struct cc_src divide(struct spv_lower *l, const struct operands *o)
{
    struct cc_builder *b = &l->b;
    struct cc_src quotient, remainder;
    if (l->inst.op != SpvOpUDiv && l->inst.op != SpvOpUMod) {
        return signed_divide(b, o->x.lo, o->y.lo, l->inst.op);
    }
    cc_b_udivrem(b, o->x.lo, o->y.lo, &quotient, &remainder);
    return l->inst.op == SpvOpUDiv ? quotient : remainder;
}

/* x - y * trunc(x / y), or with floor; at the precision of the division. */
static struct cc_src float_modulo(struct spv_lower *l, const struct operands *o)
{
    struct cc_builder *b = &l->b;
    struct cc_src q = cc_b_fmul(b, o->x.lo, cc_b_mufu(b, CC_RCP, o->y.lo), CC_F_EXACT);
    q = cc_b_frnd(b, q, l->inst.op == SpvOpFMod ? CC_RM : CC_RZ);
    return cc_b_ffma(b, cc_b_fneg(b, q), o->y.lo, o->x.lo, 0);
}

static struct cc_pair shift64(struct spv_lower *l, const struct operands *o)
{
    struct cc_builder *b = &l->b;
    struct cc_src lo = o->x.lo, hi = o->x.hi, n = o->y.lo;
    if (l->inst.op == SpvOpShiftLeftLogical) {
        return (struct cc_pair){cc_b_shl(b, lo, n),
                                cc_b_shf(b, lo, n, hi, CC_F_SHF64 | CC_F_HI)};
    }
    bool is_signed = l->inst.op == SpvOpShiftRightArithmetic;
    uint32_t sign = is_signed ? CC_F_SIGNED : 0;
    return (struct cc_pair){cc_b_shf(b, lo, n, hi, CC_F_SHF64 | CC_F_RIGHT | sign),
                            cc_b_shr(b, hi, n, is_signed)};
}

static struct cc_pair each(struct cc_builder *b, const struct operands *o,
                           struct cc_src (*f)(struct cc_builder *, struct cc_src, struct cc_src))
{
    struct cc_pair result = narrow(f(b, o->x.lo, o->y.lo));
    if (o->wide) {
        result.hi = f(b, o->x.hi, o->y.hi);
    }
    return result;
}

static struct cc_pair integer(struct spv_lower *l, const struct operands *o)
{
    struct cc_builder *b = &l->b;
    struct operands negate = *o;
    switch (l->inst.op) {
    case SpvOpIAdd:
        return o->wide ? cc_b_add64(b, o->x, o->y) : narrow(cc_b_iadd(b, o->x.lo, o->y.lo));
    case SpvOpISub:
        return o->wide ? cc_b_sub64(b, o->x, o->y) : narrow(cc_b_isub(b, o->x.lo, o->y.lo));
    case SpvOpIMul:
        return o->wide ? cc_b_mul64(b, o->x, o->y) : narrow(cc_b_imul(b, o->x.lo, o->y.lo));
    case SpvOpSNegate:
        negate.x = narrow(cc_imm(0));
        return o->wide ? cc_b_sub64(b, negate.x, o->x)
                       : narrow(cc_b_isub(b, cc_imm(0), o->x.lo));
    case SpvOpBitwiseAnd:
        return each(b, o, cc_b_and);
    case SpvOpBitwiseOr:
        return each(b, o, cc_b_or);
    case SpvOpBitwiseXor:
        return each(b, o, cc_b_xor);
    case SpvOpNot:
        return (struct cc_pair){cc_b_not(b, o->x.lo),
                                o->wide ? cc_b_not(b, o->x.hi) : cc_imm(0)};
    case SpvOpShiftLeftLogical:
        return o->wide ? shift64(l, o) : narrow(cc_b_shl(b, o->x.lo, o->y.lo));
    case SpvOpShiftRightLogical:
    case SpvOpShiftRightArithmetic:
        return o->wide ? shift64(l, o)
                       : narrow(cc_b_shr(b, o->x.lo, o->y.lo,
                                         l->inst.op == SpvOpShiftRightArithmetic));
    default:
        return o->wide ? divide64(l, o) : narrow(divide(l, o));
    }
}

static struct cc_src floating(struct spv_lower *l, const struct operands *o)
{
    struct cc_builder *b = &l->b;
    switch (l->inst.op) {
    case SpvOpFAdd:
        return cc_b_fadd(b, o->x.lo, o->y.lo, o->exact);
    case SpvOpFSub:
        return cc_b_fsub(b, o->x.lo, o->y.lo, o->exact);
    case SpvOpFMul:
        return cc_b_fmul(b, o->x.lo, o->y.lo, o->exact);
    case SpvOpFDiv: /* within 2.5 ULP */
        return cc_b_fmul(b, o->x.lo, cc_b_mufu(b, CC_RCP, o->y.lo), CC_F_EXACT);
    case SpvOpFNegate:
        return cc_b_fneg(b, o->x.lo);
    default:
        return float_modulo(l, o);
    }
}

static struct cc_src logical(struct spv_lower *l, const struct operands *o)
{
    struct cc_builder *b = &l->b;
    switch (l->inst.op) {
    case SpvOpLogicalAnd:
        return cc_b_pand(b, o->x.lo, o->y.lo);
    case SpvOpLogicalOr:
        return cc_b_por(b, o->x.lo, o->y.lo);
    case SpvOpLogicalEqual:
        return cc_b_pnot(cc_b_pxor(b, o->x.lo, o->y.lo));
    case SpvOpLogicalNotEqual:
        return cc_b_pxor(b, o->x.lo, o->y.lo);
    default:
        return cc_b_pnot(o->x.lo);
    }
}

struct compare {
    uint16_t op;
    uint8_t cmp; /* enum cc_cmp */
    bool is_float, is_signed;
};

static const struct compare compares[] = {
    {SpvOpIEqual, CC_CMP_EQ, false, false},
    {SpvOpINotEqual, CC_CMP_NE, false, false},
    {SpvOpUGreaterThan, CC_CMP_GT, false, false},
    {SpvOpSGreaterThan, CC_CMP_GT, false, true},
    {SpvOpUGreaterThanEqual, CC_CMP_GE, false, false},
    {SpvOpSGreaterThanEqual, CC_CMP_GE, false, true},
    {SpvOpULessThan, CC_CMP_LT, false, false},
    {SpvOpSLessThan, CC_CMP_LT, false, true},
    {SpvOpULessThanEqual, CC_CMP_LE, false, false},
    {SpvOpSLessThanEqual, CC_CMP_LE, false, true},
    {SpvOpFOrdEqual, CC_CMP_EQ, true, false},
    {SpvOpFUnordEqual, CC_CMP_EQU, true, false},
    {SpvOpFOrdNotEqual, CC_CMP_NE, true, false},
    {SpvOpFUnordNotEqual, CC_CMP_NEU, true, false},
    {SpvOpFOrdLessThan, CC_CMP_LT, true, false},
    {SpvOpFUnordLessThan, CC_CMP_LTU, true, false},
    {SpvOpFOrdGreaterThan, CC_CMP_GT, true, false},
    {SpvOpFUnordGreaterThan, CC_CMP_GTU, true, false},
    {SpvOpFOrdLessThanEqual, CC_CMP_LE, true, false},
    {SpvOpFUnordLessThanEqual, CC_CMP_LEU, true, false},
    {SpvOpFOrdGreaterThanEqual, CC_CMP_GE, true, false},
    {SpvOpFUnordGreaterThanEqual, CC_CMP_GEU, true, false},
};

static const struct compare *find_compare(uint32_t op)
{
    for (size_t i = 0; i < sizeof(compares) / sizeof(compares[0]); i++) {
        if (compares[i].op == op) {
            return &compares[i];
        }
    }
    return NULL;
}

enum family { NONE, INTEGER, FLOATING, LOGICAL, COMPARE };

static enum family family_of(uint32_t op)
{
    if (find_compare(op)) {
        return COMPARE;
    }
    switch (op) {
    case SpvOpIAdd: case SpvOpISub: case SpvOpIMul: case SpvOpSNegate: case SpvOpUDiv:
    case SpvOpSDiv: case SpvOpUMod: case SpvOpSRem: case SpvOpSMod: case SpvOpBitwiseAnd:
    case SpvOpBitwiseOr: case SpvOpBitwiseXor: case SpvOpNot: case SpvOpShiftLeftLogical:
    case SpvOpShiftRightLogical: case SpvOpShiftRightArithmetic:
        return INTEGER;
    case SpvOpFAdd: case SpvOpFSub: case SpvOpFMul: case SpvOpFDiv: case SpvOpFNegate:
    case SpvOpFRem: case SpvOpFMod:
        return FLOATING;
    case SpvOpLogicalAnd: case SpvOpLogicalOr: case SpvOpLogicalEqual: case SpvOpLogicalNotEqual:
    case SpvOpLogicalNot:
        return LOGICAL;
    default:
        return NONE;
    }
}

static enum spv_kind operand_kind(enum family family, const struct compare *compare)
{
    switch (family) {
    case INTEGER:
        return SPV_INT;
    case FLOATING:
        return SPV_FLOAT;
    case LOGICAL:
        return SPV_BOOL;
    default:
        return compare->is_float ? SPV_FLOAT : SPV_INT;
    }
}

static struct cc_pair component(struct spv_lower *l, enum family family,
                                const struct compare *compare, const struct operands *o)
{
    struct cc_builder *b = &l->b;
    switch (family) {
    case INTEGER:
        return integer(l, o);
    case FLOATING:
        return narrow(floating(l, o));
    case LOGICAL:
        return narrow(logical(l, o));
    default:
        if (compare->is_float) {
            return narrow(cc_b_fcmp(b, compare->cmp, o->x.lo, o->y.lo));
        }
        return narrow(o->wide ? cc_b_icmp64(b, compare->cmp, o->x, o->y, compare->is_signed)
                              : cc_b_icmp(b, compare->cmp, o->x.lo, o->y.lo, compare->is_signed));
    }
}

static bool is_shift(uint32_t op)
{
    return op >= SpvOpShiftRightLogical && op <= SpvOpShiftLeftLogical;
}

bool spv_alu_lower(struct spv_lower *l)
{
    enum family family = family_of(l->inst.op);
    if (family == NONE) {
        return false;
    }
    const struct compare *compare = find_compare(l->inst.op);
    enum spv_kind kind = operand_kind(family, compare);
    struct spv_value *x = spv_operand(l, 3, 0);
    size_t step = spv_scalar_slots(x->type), count = step ? x->type->slots / step : 0;
    /* The count of a shift may have another width than its base. */
    bool shift = is_shift(l->inst.op);
    struct spv_value *y = l->inst.count > 4 ? spv_operand(l, 4, shift ? 0 : x->type->slots) : x;
    size_t y_step = spv_scalar_slots(y->type);
    struct spv_value *result = spv_result(l);
    size_t result_step = family == INTEGER ? step : 1;
    if (!spv_type_is(x->type, kind) || !spv_type_is(y->type, kind) ||
        y->type->slots != count * y_step || result->type->slots != count * result_step ||
        !spv_type_is(result->type, family == COMPARE ? SPV_BOOL : kind)) {
        spv_malformed(&l->inst, "an operand has the wrong type");
    }
    bool exact =
        spv_decor_find(l->m, spv_word(&l->inst, 2), UINT32_MAX, SpvDecorationNoContraction);
    for (size_t i = 0; i < count; i++) {
        struct operands o = {.wide = step == 2, .exact = exact ? CC_F_EXACT : 0};
        o.x = (struct cc_pair){x->slots[i * step], step == 2 ? x->slots[i * step + 1] : cc_imm(0)};
        o.y = (struct cc_pair){y->slots[i * y_step],
                               y_step == 2 ? y->slots[i * y_step + 1] : cc_imm(0)};
        struct cc_pair r = component(l, family, compare, &o);
        result->slots[i * result_step] = r.lo;
        if (result_step == 2) {
            result->slots[i * 2 + 1] = r.hi;
        }
    }
    return true;
}
