/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Conversions, bit fields and counts, carries, vector products, classification: operations whose
 * result is not simply one operation per component of the same width.
 */
#include "spirv.h"

#include <string.h>

static struct spv_value *float_operand(struct spv_lower *l, uint32_t index)
{
    struct spv_value *value = spv_operand(l, index, 0);
    if (spv_scalar_slots(value->type) != 1) {
        spv_malformed(&l->inst, "an operand is no number");
    }
    return value;
}

/* Integer width changes: extend with zeros or sign, or drop the high word. */
static void resize(struct spv_lower *l, bool is_signed)
{
    struct spv_value *from = spv_operand(l, 3, 0);
    struct spv_value *to = spv_result(l);
    if (!spv_type_is(from->type, SPV_INT) || !spv_type_is(to->type, SPV_INT)) {
        spv_malformed(&l->inst, "an operand is no integer");
    }
    size_t from_step = spv_scalar_slots(from->type), to_step = spv_scalar_slots(to->type);
    size_t count = to->type->slots / to_step;
    if (from->type->slots / from_step != count) {
        spv_malformed(&l->inst, "operands differ in size");
    }
    for (size_t i = 0; i < count; i++) {
        struct cc_src lo = from->slots[i * from_step];
        to->slots[i * to_step] = lo;
        if (to_step == 2) {
            to->slots[i * 2 + 1] = from_step == 2 ? from->slots[i * 2 + 1]
                                   : is_signed    ? cc_b_shr(&l->b, lo, cc_imm(31), true)
                                                  : cc_imm(0);
        }
    }
}

static void bitcast(struct spv_lower *l)
{
    struct spv_value *from = spv_operand(l, 3, 0);
    struct spv_value *to = spv_result(l);
    if (from->type->slots != to->type->slots || from->type->slots == 0 ||
        spv_type_is(from->type, SPV_BOOL) || spv_type_is(to->type, SPV_BOOL) ||
        from->type->kind == SPV_STRUCT || to->type->kind == SPV_STRUCT) {
        spv_malformed(&l->inst, "operands differ in size");
    }
    memcpy(to->slots, from->slots, from->type->slots * sizeof(*to->slots));
}

static struct cc_src convert_one(struct spv_lower *l, struct cc_src x)
{
    struct cc_builder *b = &l->b;
    switch (l->inst.op) {
    case SpvOpConvertFToU:
        return cc_b_f2i(b, x, false, CC_RZ);
    case SpvOpConvertFToS:
        return cc_b_f2i(b, x, true, CC_RZ);
    case SpvOpConvertSToF:
        return cc_b_i2f(b, x, true, CC_RN);
    case SpvOpConvertUToF:
        return cc_b_i2f(b, x, false, CC_RN);
    case SpvOpBitReverse:
        return cc_b_unary(b, CC_BREV, x, 0);
    case SpvOpBitCount:
        return cc_b_unary(b, CC_POPC, x, 0);
    case SpvOpIsNan:
        return cc_b_fcmp(b, CC_CMP_NAN, x, x);
    case SpvOpIsInf:
        return cc_b_icmp(b, CC_CMP_EQ, cc_b_fabs(b, x), cc_imm(0x7f800000), false);
    case SpvOpQuantizeToF16: {
        struct cc_src pair[2] = {cc_imm(0), x};
        struct cc_src half = cc_b_emit(b, cc_b_inst(b, CC_F2FP, 2, pair), CC_GPR);
        return cc_b_emit(b, cc_b_inst(b, CC_HADD2_F32, 1, &half), CC_GPR);
    }
    default: /* OpFConvert between equal widths */
        return x;
    }
}

/* Between 64-bit integers and floats. */
static void convert_wide(struct spv_lower *l, const struct spv_value *from, struct spv_value *to)
{
    bool to_float = l->inst.op == SpvOpConvertSToF || l->inst.op == SpvOpConvertUToF;
    bool is_signed = l->inst.op == SpvOpConvertSToF || l->inst.op == SpvOpConvertFToS;
    const struct spv_type *wide = to_float ? from->type : to->type;
    const struct spv_type *narrow = to_float ? to->type : from->type;
    if (!spv_type_is(wide, SPV_INT) || spv_scalar_slots(wide) != 2 ||
        !spv_type_is(narrow, SPV_FLOAT) || wide->slots != 2 * narrow->slots) {
        spv_malformed(&l->inst, "an operand has the wrong type");
    }
    for (size_t i = 0; i < narrow->slots; i++) {
        if (to_float) {
            struct cc_pair x = {from->slots[2 * i], from->slots[2 * i + 1]};
            to->slots[i] = cc_b_i2f64(&l->b, x, is_signed);
        } else {
            struct cc_pair x = is_signed ? cc_b_f2i64_signed(&l->b, from->slots[i])
                                         : cc_b_f2i64(&l->b, from->slots[i]);
            to->slots[2 * i] = x.lo;
            to->slots[2 * i + 1] = x.hi;
        }
    }
}

static bool is_int_float(uint32_t op)
{
    return op == SpvOpConvertFToU || op == SpvOpConvertFToS || op == SpvOpConvertSToF ||
           op == SpvOpConvertUToF;
}

static void convert(struct spv_lower *l)
{
    struct spv_value *from = spv_operand(l, 3, 0), *to = spv_result(l);
    if (is_int_float(l->inst.op) && from->type->slots != to->type->slots) {
        convert_wide(l, from, to);
        return;
    }
    bool to_bool = l->inst.op == SpvOpIsNan || l->inst.op == SpvOpIsInf;
    if (from->type->slots != to->type->slots || spv_scalar_slots(from->type) != 1 ||
        spv_type_is(from->type, SPV_BOOL) || spv_type_is(to->type, SPV_BOOL) != to_bool ||
        spv_scalar_slots(to->type) != 1 ||
        from->type->kind == SPV_STRUCT || to->type->kind == SPV_STRUCT) {
        spv_malformed(&l->inst, "an operand has the wrong type");
    }
    for (uint32_t i = 0; i < from->type->slots; i++) {
        to->slots[i] = convert_one(l, from->slots[i]);
    }
}

static struct cc_src bit_field(struct spv_lower *l, struct cc_src base, struct cc_src insert,
                               struct cc_src offset, struct cc_src count)
{
    struct cc_builder *b = &l->b;
    if (l->inst.op == SpvOpBitFieldInsert) {
        struct cc_src mask = cc_b_emit(
            b, cc_b_inst(b, CC_BMSK, 2, (struct cc_src[]){offset, count}), CC_GPR);
        struct cc_src shifted = cc_b_shl(b, insert, offset);
        /* mask ? shifted : base */
        return cc_b_lop3(b, mask, shifted, base,
                         (CC_LUT_A & CC_LUT_B) | (0xff & ~CC_LUT_A & CC_LUT_C));
    }
    struct cc_src shifted = cc_b_shr(b, base, offset, false);
    struct cc_inst *inst = cc_b_inst(b, CC_SGXT, 2, (struct cc_src[]){shifted, count});
    inst->flags = l->inst.op == SpvOpBitFieldSExtract ? CC_F_SIGNED : 0;
    return cc_b_emit(b, inst, CC_GPR);
}

static void bit_fields(struct spv_lower *l)
{
    bool insert = l->inst.op == SpvOpBitFieldInsert;
    struct spv_value *base = spv_operand(l, 3, 0);
    struct spv_value *from = insert ? spv_operand(l, 4, base->type->slots) : base;
    struct spv_value *offset = spv_operand(l, insert ? 5 : 4, 1);
    struct spv_value *count = spv_operand(l, insert ? 6 : 5, 1);
    struct spv_value *to = spv_result(l);
    if (!spv_type_is(base->type, SPV_INT) || spv_scalar_slots(base->type) != 1 ||
        to->type->slots != base->type->slots || !spv_type_is(to->type, SPV_INT) ||
        !spv_type_is(from->type, SPV_INT) || offset->type->kind != SPV_INT ||
        count->type->kind != SPV_INT) {
        spv_malformed(&l->inst, "an operand has the wrong type");
    }
    for (uint32_t i = 0; i < base->type->slots; i++) {
        to->slots[i] =
            bit_field(l, base->slots[i], from->slots[i], offset->slots[0], count->slots[0]);
    }
}

/* Results are structs of two: sum and carry, difference and borrow, low and high product. */
static void extended(struct spv_lower *l)
{
    struct cc_builder *b = &l->b;
    struct spv_value *x = spv_operand(l, 3, 0);
    struct spv_value *y = spv_operand(l, 4, x->type->slots);
    struct spv_value *to = spv_result(l);
    uint32_t n = x->type->slots;
    if (!spv_type_is(x->type, SPV_INT) || spv_scalar_slots(x->type) != 1 ||
        !spv_type_is(y->type, SPV_INT) || to->type->kind != SPV_STRUCT ||
        to->type->slots != 2 * n) {
        spv_malformed(&l->inst, "an operand has the wrong type");
    }
    struct cc_pair zero = {cc_imm(0), cc_imm(0)};
    for (uint32_t i = 0; i < n; i++) {
        struct cc_src a = x->slots[i], c = y->slots[i];
        if (l->inst.op == SpvOpIAddCarry) {
            to->slots[i] = cc_b_iadd(b, a, c);
            to->slots[n + i] =
                cc_b_from_bool(b, cc_b_icmp(b, CC_CMP_LT, to->slots[i], a, false));
        } else if (l->inst.op == SpvOpISubBorrow) {
            to->slots[i] = cc_b_isub(b, a, c);
            to->slots[n + i] = cc_b_from_bool(b, cc_b_icmp(b, CC_CMP_LT, a, c, false));
        } else {
            struct cc_pair p = cc_b_wide(b, a, c, zero, l->inst.op == SpvOpSMulExtended);
            to->slots[i] = p.lo;
            to->slots[n + i] = p.hi;
        }
    }
}

static struct cc_src dot(struct spv_lower *l, const struct cc_src *x, size_t x_step,
                         const struct cc_src *y, size_t y_step, size_t n)
{
    struct cc_src sum = cc_b_fmul(&l->b, x[0], y[0], 0);
    for (size_t i = 1; i < n; i++) {
        sum = cc_b_ffma(&l->b, x[i * x_step], y[i * y_step], sum, 0);
    }
    return sum;
}

/* rows x inner times inner x columns, all column-major; vectors are one column or one row. */
static void multiply(struct spv_lower *l, const struct spv_value *x, const struct spv_value *y,
                     struct spv_value *to, size_t rows, size_t inner, size_t columns)
{
    if (x->type->slots != rows * inner || y->type->slots != inner * columns ||
        to->type->slots != rows * columns || inner == 0) {
        spv_malformed(&l->inst, "operands differ in size");
    }
    for (size_t c = 0; c < columns; c++) {
        for (size_t r = 0; r < rows; r++) {
            to->slots[c * rows + r] = dot(l, x->slots + r, rows, y->slots + c * inner, 1, inner);
        }
    }
}

static void scale(struct spv_lower *l, const struct spv_value *x, const struct spv_value *factor,
                  struct spv_value *to)
{
    if (to->type->slots != x->type->slots || factor->type->slots != 1) {
        spv_malformed(&l->inst, "operands differ in size");
    }
    for (uint32_t i = 0; i < x->type->slots; i++) {
        to->slots[i] = cc_b_fmul(&l->b, x->slots[i], factor->slots[0], 0);
    }
}

static bool is_float_like(const struct spv_type *type)
{
    return spv_type_is(type, SPV_FLOAT) || type->kind == SPV_MATRIX;
}

static void products(struct spv_lower *l)
{
    struct spv_value *x = float_operand(l, 3), *y = float_operand(l, 4);
    struct spv_value *to = spv_result(l);
    if (!is_float_like(x->type) || !is_float_like(y->type) || !is_float_like(to->type)) {
        spv_malformed(&l->inst, "an operand is no float");
    }
    uint32_t nx = x->type->slots, ny = y->type->slots, nt = to->type->slots;
    switch (l->inst.op) {
    case SpvOpDot:
        multiply(l, x, y, to, 1, nx, 1);
        break;
    case SpvOpVectorTimesScalar:
    case SpvOpMatrixTimesScalar:
        scale(l, x, y, to);
        break;
    case SpvOpMatrixTimesVector:
        multiply(l, x, y, to, nt, ny, 1);
        break;
    case SpvOpVectorTimesMatrix:
        multiply(l, x, y, to, 1, nx, nt);
        break;
    case SpvOpOuterProduct:
        multiply(l, x, y, to, nx, 1, ny);
        break;
    default: /* OpMatrixTimesMatrix */
        if (x->type->kind != SPV_MATRIX || y->type->kind != SPV_MATRIX) {
            spv_malformed(&l->inst, "an operand is no matrix");
        }
        multiply(l, x, y, to, x->type->elem->slots, x->type->count, y->type->count);
        break;
    }
}

bool spv_convert_lower(struct spv_lower *l)
{
    switch (l->inst.op) {
    case SpvOpUConvert:
        resize(l, false);
        return true;
    case SpvOpSConvert:
        resize(l, true);
        return true;
    case SpvOpBitcast:
        bitcast(l);
        return true;
    case SpvOpConvertFToU: case SpvOpConvertFToS: case SpvOpConvertSToF: case SpvOpConvertUToF:
    case SpvOpBitReverse: case SpvOpBitCount: case SpvOpIsNan: case SpvOpIsInf:
    case SpvOpQuantizeToF16: case SpvOpFConvert:
        convert(l);
        return true;
    case SpvOpBitFieldInsert: case SpvOpBitFieldSExtract: case SpvOpBitFieldUExtract:
        bit_fields(l);
        return true;
    case SpvOpIAddCarry: case SpvOpISubBorrow: case SpvOpUMulExtended: case SpvOpSMulExtended:
        extended(l);
        return true;
    case SpvOpDot: case SpvOpVectorTimesScalar: case SpvOpMatrixTimesScalar:
    case SpvOpMatrixTimesVector: case SpvOpVectorTimesMatrix: case SpvOpMatrixTimesMatrix:
    case SpvOpOuterProduct:
        products(l);
        return true;
    default:
        return false;
    }
}
