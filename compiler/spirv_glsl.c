/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * OpExtInst: GLSL.std.450 instructions on whole vectors, matrices, pointers and packed words; the
 * component-wise ones go to glsl_math.c.
 */
#include "glsl.h"

#include <inttypes.h>

enum { FIRST_OPERAND = 5, NUMBER_WORD = 4, MATRIX_MAX = 4 };

static struct spv_value *operand(struct spv_lower *l, uint32_t index, uint32_t slots)
{
    struct spv_value *value = spv_operand(l, FIRST_OPERAND + index, slots);
    if (spv_scalar_slots(value->type) != 1 || spv_type_is(value->type, SPV_BOOL) ||
        value->type->kind == SPV_STRUCT || value->type->kind == SPV_ARRAY) {
        spv_malformed(&l->inst, "an operand is no 32-bit number");
    }
    return value;
}

static struct spv_value *number_result(struct spv_lower *l, uint32_t slots)
{
    struct spv_value *result = spv_result(l);
    if (result->type->slots != slots || spv_scalar_slots(result->type) != 1 ||
        spv_type_is(result->type, SPV_BOOL)) {
        spv_malformed(&l->inst, "the result has the wrong type");
    }
    return result;
}

static void component_wise_wide(struct spv_lower *l, uint32_t number, unsigned count)
{
    struct spv_value *x[3] = {NULL}, *result = spv_result(l);
    for (unsigned i = 0; i < count; i++) {
        x[i] = spv_operand(l, FIRST_OPERAND + i, result->type->slots);
        if (!spv_type_is(x[i]->type, SPV_INT) || spv_scalar_slots(x[i]->type) != 2 ||
            !spv_type_is(result->type, SPV_INT)) {
            spv_malformed(&l->inst, "an operand has the wrong type");
        }
    }
    for (size_t at = 0; at < result->type->slots; at += 2) {
        struct cc_pair parts[3], out;
        for (unsigned k = 0; k < count; k++) {
            parts[k] = (struct cc_pair){x[k]->slots[at], x[k]->slots[at + 1]};
        }
        if (!glsl_wide_component(&l->b, number, parts, &out)) {
            spv_malformed(&l->inst, "an operand is no 32-bit number");
        }
        result->slots[at] = out.lo;
        result->slots[at + 1] = out.hi;
    }
}

static void component_wise(struct spv_lower *l, uint32_t number, unsigned count)
{
    struct spv_value *x[3] = {NULL};
    if (glsl_takes_integers(number) &&
        spv_scalar_slots(spv_operand(l, FIRST_OPERAND, 0)->type) == 2) {
        component_wise_wide(l, number, count);
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        x[i] = operand(l, i, i ? x[0]->type->slots : 0);
        bool integer = glsl_takes_integers(number) || (number == GLSLstd450Ldexp && i == 1);
        if (!spv_type_is(x[i]->type, integer ? SPV_INT : SPV_FLOAT)) {
            spv_malformed(&l->inst, "an operand has the wrong type");
        }
    }
    struct spv_value *result = number_result(l, x[0]->type->slots);
    for (uint32_t i = 0; i < x[0]->type->slots; i++) {
        struct cc_src parts[3];
        for (unsigned k = 0; k < count; k++) {
            parts[k] = cc_resolve(l->s, x[k]->slots[i]);
        }
        glsl_component(&l->b, number, parts, &result->slots[i]);
    }
}

static struct cc_src dot(struct spv_lower *l, const struct cc_src *x, const struct cc_src *y,
                         uint32_t n)
{
    struct cc_src sum = cc_b_fmul(&l->b, x[0], y[0], 0);
    for (uint32_t i = 1; i < n; i++) {
        sum = cc_b_ffma(&l->b, x[i], y[i], sum, 0);
    }
    return sum;
}

static void length_lower(struct spv_lower *l, uint32_t number)
{
    struct cc_src v[MATRIX_MAX] = {{0}};
    struct spv_value *x = operand(l, 0, 0);
    struct spv_value *y = number == GLSLstd450Distance ? operand(l, 1, x->type->slots) : NULL;
    uint32_t n = x->type->slots;
    if (n > MATRIX_MAX) {
        spv_malformed(&l->inst, "an operand is no vector");
    }
    for (uint32_t i = 0; i < n; i++) {
        v[i] = y ? cc_b_fsub(&l->b, x->slots[i], y->slots[i], 0) : x->slots[i];
    }
    if (number == GLSLstd450Normalize) {
        struct spv_value *result = number_result(l, n);
        struct cc_src scale = cc_b_mufu(&l->b, CC_RSQ, dot(l, v, v, n));
        for (uint32_t i = 0; i < n; i++) {
            result->slots[i] = cc_b_fmul(&l->b, v[i], scale, 0);
        }
        return;
    }
    number_result(l, 1)->slots[0] = n == 1 ? cc_b_fabs(&l->b, v[0])
                                           : cc_b_mufu(&l->b, CC_SQRT, dot(l, v, v, n));
}

static void cross(struct spv_lower *l)
{
    struct spv_value *x = operand(l, 0, 3), *y = operand(l, 1, 3);
    struct spv_value *result = number_result(l, 3);
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t j = (i + 1) % 3, k = (i + 2) % 3;
        struct cc_src minus = cc_b_fmul(&l->b, x->slots[k], y->slots[j], 0);
        result->slots[i] =
            cc_b_ffma(&l->b, x->slots[j], y->slots[k], cc_b_fneg(&l->b, minus), 0);
    }
}

static void face_forward(struct spv_lower *l)
{
    struct spv_value *n = operand(l, 0, 0), *i = operand(l, 1, n->type->slots);
    struct spv_value *ref = operand(l, 2, n->type->slots);
    struct spv_value *result = number_result(l, n->type->slots);
    struct cc_src d = dot(l, ref->slots, i->slots, n->type->slots);
    struct cc_src keep = cc_b_fcmp(&l->b, CC_CMP_LT, d, cc_imm(0));
    for (uint32_t c = 0; c < n->type->slots; c++) {
        result->slots[c] =
            cc_b_sel(&l->b, keep, n->slots[c], cc_b_fneg(&l->b, n->slots[c]));
    }
}

static void reflect(struct spv_lower *l)
{
    struct spv_value *i = operand(l, 0, 0), *n = operand(l, 1, i->type->slots);
    struct spv_value *result = number_result(l, i->type->slots);
    struct cc_src d = dot(l, n->slots, i->slots, i->type->slots);
    struct cc_src twice = cc_b_fmul(&l->b, d, cc_b_float(-2.0f), 0);
    for (uint32_t c = 0; c < i->type->slots; c++) {
        result->slots[c] = cc_b_ffma(&l->b, twice, n->slots[c], i->slots[c], 0);
    }
}

/* k = 1 - eta^2 (1 - d^2); k < 0: 0; else eta I - (eta d + sqrt k) N */
static void refract(struct spv_lower *l)
{
    struct cc_builder *b = &l->b;
    struct spv_value *i = operand(l, 0, 0), *n = operand(l, 1, i->type->slots);
    struct cc_src eta = operand(l, 2, 1)->slots[0], one = cc_b_float(1.0f);
    struct spv_value *result = number_result(l, i->type->slots);
    struct cc_src d = dot(l, n->slots, i->slots, i->type->slots);
    struct cc_src rest = cc_b_ffma(b, cc_b_fneg(b, d), d, one, 0);
    struct cc_src k =
        cc_b_ffma(b, cc_b_fneg(b, cc_b_fmul(b, eta, eta, 0)), rest, one, 0);
    struct cc_src total = cc_b_fcmp(b, CC_CMP_LT, k, cc_imm(0));
    struct cc_src scale = cc_b_ffma(b, eta, d, cc_b_mufu(b, CC_SQRT, k), 0);
    for (uint32_t c = 0; c < i->type->slots; c++) {
        struct cc_src v = cc_b_ffma(b, cc_b_fneg(b, scale), n->slots[c],
                                    cc_b_fmul(b, eta, i->slots[c], 0), 0);
        result->slots[c] = cc_b_sel(b, total, cc_imm(0), v);
    }
}

/* ---- packed words ---- */

static void pack_norm(struct spv_lower *l, uint32_t parts, bool is_signed)
{
    struct cc_builder *b = &l->b;
    struct spv_value *x = operand(l, 0, parts);
    struct spv_value *result = number_result(l, 1);
    uint32_t bits = 32 / parts, max = (1u << (is_signed ? bits - 1 : bits)) - 1;
    struct cc_src word = cc_imm(0);
    for (uint32_t i = 0; i < parts; i++) {
        struct cc_src v = cc_b_fminmax(b, x->slots[i], cc_b_float(is_signed ? -1.0f : 0.0f), 0);
        v = cc_b_fminmax(b, v, cc_b_float(1.0f), CC_F_MIN);
        v = cc_b_f2i(b, cc_b_fmul(b, v, cc_b_float((float)max), 0), is_signed, CC_RN);
        v = cc_b_and(b, v, cc_imm(UINT32_MAX >> (32 - bits)));
        word = cc_b_or(b, word, cc_b_shl(b, v, cc_imm(i * bits)));
    }
    result->slots[0] = word;
}

static struct cc_src extract_bits(struct spv_lower *l, struct cc_src word, uint32_t at,
                                  uint32_t bits, bool is_signed)
{
    struct cc_src shifted = cc_b_shr(&l->b, word, cc_imm(at), false);
    struct cc_inst *inst =
        cc_b_inst(&l->b, CC_SGXT, 2, (struct cc_src[]){shifted, cc_imm(bits)});
    inst->flags = is_signed ? CC_F_SIGNED : 0;
    return cc_b_emit(&l->b, inst, CC_GPR);
}

static void unpack_norm(struct spv_lower *l, uint32_t parts, bool is_signed)
{
    struct cc_builder *b = &l->b;
    struct cc_src word = operand(l, 0, 1)->slots[0];
    struct spv_value *result = number_result(l, parts);
    uint32_t bits = 32 / parts, max = (1u << (is_signed ? bits - 1 : bits)) - 1;
    for (uint32_t i = 0; i < parts; i++) {
        struct cc_src v = extract_bits(l, word, i * bits, bits, is_signed);
        v = cc_b_fmul(b, cc_b_i2f(b, v, is_signed, CC_RN), cc_b_float(1.0f / (float)max), 0);
        result->slots[i] = is_signed ? cc_b_fminmax(b, v, cc_b_float(-1.0f), 0) : v;
    }
}

static void pack_half(struct spv_lower *l)
{
    struct spv_value *x = operand(l, 0, 2);
    struct cc_src pair[2] = {x->slots[1], x->slots[0]};
    struct spv_value *result = number_result(l, 1);
    result->slots[0] = cc_b_emit(&l->b, cc_b_inst(&l->b, CC_F2FP, 2, pair), CC_GPR);
}

static void unpack_half(struct spv_lower *l)
{
    struct cc_src word = operand(l, 0, 1)->slots[0];
    struct spv_value *result = number_result(l, 2);
    for (uint8_t i = 0; i < 2; i++) {
        struct cc_inst *inst = cc_b_inst(&l->b, CC_HADD2_F32, 1, &word);
        inst->sub = i;
        result->slots[i] = cc_b_emit(&l->b, inst, CC_GPR);
    }
}

/* ---- two results ---- */

/* The second result goes to memory or into the second member of a struct. */
static void modf_lower(struct spv_lower *l, bool to_struct)
{
    struct spv_value *x = operand(l, 0, 0);
    uint32_t n = x->type->slots;
    struct spv_value *result = spv_result(l);
    struct cc_src whole[MATRIX_MAX];
    if (n > MATRIX_MAX || result->type->slots != (to_struct ? 2 * n : n)) {
        spv_malformed(&l->inst, "the result has the wrong type");
    }
    for (uint32_t i = 0; i < n; i++) {
        whole[i] = cc_b_frnd(&l->b, x->slots[i], CC_RZ);
        result->slots[i] = cc_b_fsub(&l->b, x->slots[i], whole[i], CC_F_EXACT);
        if (to_struct) {
            result->slots[n + i] = whole[i];
        }
    }
    if (!to_struct) {
        struct spv_ptr *ptr = spv_pointer(l, spv_word(&l->inst, FIRST_OPERAND + 1));
        if (ptr->type != x->type) {
            spv_malformed(&l->inst, "the pointer has the wrong type");
        }
        spv_store(l, ptr, whole);
    }
}

static void split_exponent(struct cc_builder *b, struct cc_src x, struct cc_src *fraction,
                           struct cc_src *exponent)
{
    const uint32_t mantissa_bits = 23, half_exponent = 126u << 23, keep = 0x807fffff;
    struct cc_src biased = cc_b_and(b, cc_b_shr(b, x, cc_imm(mantissa_bits), false), cc_imm(0xff));
    struct cc_src zero = cc_b_icmp(b, CC_CMP_EQ, biased, cc_imm(0), false);
    struct cc_src f = cc_b_or(b, cc_b_and(b, x, cc_imm(keep)), cc_imm(half_exponent));
    *fraction = cc_b_sel(b, zero, cc_b_and(b, x, cc_imm(0x80000000u)), f);
    *exponent = cc_b_sel(b, zero, cc_imm(0), cc_b_iadd(b, biased, cc_imm(0u - 126u)));
}

static void frexp_lower(struct spv_lower *l, bool to_struct)
{
    struct spv_value *x = operand(l, 0, 0);
    uint32_t n = x->type->slots;
    struct spv_value *result = spv_result(l);
    struct cc_src exponents[MATRIX_MAX];
    if (n > MATRIX_MAX || result->type->slots != (to_struct ? 2 * n : n)) {
        spv_malformed(&l->inst, "the result has the wrong type");
    }
    for (uint32_t i = 0; i < n; i++) {
        split_exponent(&l->b, x->slots[i], &result->slots[i], &exponents[i]);
        if (to_struct) {
            result->slots[n + i] = exponents[i];
        }
    }
    if (!to_struct) {
        struct spv_ptr *ptr = spv_pointer(l, spv_word(&l->inst, FIRST_OPERAND + 1));
        if (!spv_type_is(ptr->type, SPV_INT) || ptr->type->slots != n) {
            spv_malformed(&l->inst, "the pointer has the wrong type");
        }
        spv_store(l, ptr, exponents);
    }
}

/* ---- matrices ---- */

struct minor { /* which rows and columns are left, and how many */
    uint32_t n, row[MATRIX_MAX], column[MATRIX_MAX];
};

static struct minor without(const struct minor *m, uint32_t row, uint32_t column)
{
    struct minor less = {.n = m->n - 1};
    for (uint32_t i = 0, r = 0, c = 0; i < m->n; i++) {
        if (i != row) {
            less.row[r++] = m->row[i];
        }
        if (i != column) {
            less.column[c++] = m->column[i];
        }
    }
    return less;
}

/* Along the first column; recursion of depth 4 at most. */
static struct cc_src determinant(struct spv_lower *l, const struct spv_value *x,
                                 const struct minor *m)
{
    uint32_t rows = x->type->elem->slots;
    struct cc_src sum = cc_imm(0);
    if (m->n == 0) {
        return cc_b_float(1.0f);
    }
    for (uint32_t r = 0; r < m->n; r++) {
        struct cc_src a = x->slots[m->column[0] * rows + m->row[r]];
        struct minor less = without(m, r, 0);
        struct cc_src d = determinant(l, x, &less);
        a = r % 2 ? cc_b_fneg(&l->b, a) : a;
        sum = r == 0 ? cc_b_fmul(&l->b, a, d, 0) : cc_b_ffma(&l->b, a, d, sum, 0);
    }
    return sum;
}

static void matrix_lower(struct spv_lower *l, bool inverse)
{
    struct spv_value *x = operand(l, 0, 0);
    uint32_t n = x->type->kind == SPV_MATRIX ? x->type->count : 0;
    if (n == 0 || x->type->elem->slots != n) {
        spv_malformed(&l->inst, "an operand is no square matrix");
    }
    struct minor all = {.n = n, .row = {0, 1, 2, 3}, .column = {0, 1, 2, 3}};
    struct spv_value *result = number_result(l, inverse ? n * n : 1);
    struct cc_src d = determinant(l, x, &all);
    if (!inverse) {
        result->slots[0] = d;
        return;
    }
    struct cc_src scale = cc_b_mufu(&l->b, CC_RCP, d);
    for (uint32_t c = 0; c < n; c++) {
        for (uint32_t r = 0; r < n; r++) {
            struct minor less = without(&all, c, r); /* transposed */
            struct cc_src cofactor = cc_b_fmul(&l->b, determinant(l, x, &less), scale, 0);
            result->slots[c * n + r] =
                (r + c) % 2 ? cc_b_fneg(&l->b, cofactor) : cofactor;
        }
    }
}

static bool packed_lower(struct spv_lower *l, uint32_t number)
{
    switch (number) {
    case GLSLstd450PackSnorm4x8: case GLSLstd450PackUnorm4x8:
        pack_norm(l, 4, number == GLSLstd450PackSnorm4x8);
        return true;
    case GLSLstd450PackSnorm2x16: case GLSLstd450PackUnorm2x16:
        pack_norm(l, 2, number == GLSLstd450PackSnorm2x16);
        return true;
    case GLSLstd450UnpackSnorm4x8: case GLSLstd450UnpackUnorm4x8:
        unpack_norm(l, 4, number == GLSLstd450UnpackSnorm4x8);
        return true;
    case GLSLstd450UnpackSnorm2x16: case GLSLstd450UnpackUnorm2x16:
        unpack_norm(l, 2, number == GLSLstd450UnpackSnorm2x16);
        return true;
    case GLSLstd450PackHalf2x16:
        pack_half(l);
        return true;
    case GLSLstd450UnpackHalf2x16:
        unpack_half(l);
        return true;
    default:
        return false;
    }
}

static bool whole_lower(struct spv_lower *l, uint32_t number)
{
    switch (number) {
    case GLSLstd450Length: case GLSLstd450Distance: case GLSLstd450Normalize:
        length_lower(l, number);
        return true;
    case GLSLstd450Cross:
        cross(l);
        return true;
    case GLSLstd450FaceForward:
        face_forward(l);
        return true;
    case GLSLstd450Reflect:
        reflect(l);
        return true;
    case GLSLstd450Refract:
        refract(l);
        return true;
    case GLSLstd450Modf: case GLSLstd450ModfStruct:
        modf_lower(l, number == GLSLstd450ModfStruct);
        return true;
    case GLSLstd450Frexp: case GLSLstd450FrexpStruct:
        frexp_lower(l, number == GLSLstd450FrexpStruct);
        return true;
    case GLSLstd450Determinant: case GLSLstd450MatrixInverse:
        matrix_lower(l, number == GLSLstd450MatrixInverse);
        return true;
    default:
        return false;
    }
}

static bool is_nonsemantic(const struct spv_module *m, uint32_t set)
{
    for (uint32_t i = 0; i < m->nonsemantic_count; i++) {
        if (m->nonsemantic_import[i] == set) {
            return true;
        }
    }
    return false;
}

void spv_glsl_lower(struct spv_lower *l)
{
    uint32_t set = spv_word(&l->inst, 3), number = spv_word(&l->inst, NUMBER_WORD);
    if (is_nonsemantic(l->m, set)) {
        return;
    }
    if (set != l->m->glsl_import) {
        spv_malformed(&l->inst, "an instruction set that was not imported");
    }
    unsigned count = glsl_operand_count(number);
    if (count > 0) {
        component_wise(l, number, count);
    } else if (!whole_lower(l, number) && !packed_lower(l, number)) {
        cc_fail(l->m->arena, "GLSL.std.450 instruction %" PRIu32 ": not supported", number);
    }
}
