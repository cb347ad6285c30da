/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Folding: what an operation gives for constant sources, and results that are simply one of the
 * sources. The meaning of each operation is the machine's, in C.
 */
#include "build.h"

#include <math.h>
#include <string.h>

static float as_float(uint32_t bits)
{
    float f;
    memcpy(&f, &bits, sizeof(f));
    return f;
}

/* The machine has one NaN. */
static uint32_t as_bits(float f)
{
    const uint32_t nan_bits = 0x7fffffff;
    uint32_t bits;
    memcpy(&bits, &f, sizeof(bits));
    return isnan(f) ? nan_bits : bits;
}

static float float_src(struct cc_src src)
{
    float f = as_float(src.v);
    f = src.abs ? fabsf(f) : f;
    return src.neg ? -f : f;
}

static uint32_t int_src(struct cc_src src)
{
    uint32_t v = src.abs && (int32_t)src.v < 0 ? 0u - src.v : src.v;
    return src.neg ? 0u - v : v;
}

static bool all_imm(const struct cc_inst *inst)
{
    for (uint32_t i = 0; i < inst->src_count; i++) {
        if (inst->src[i].kind != CC_IMM) {
            return false;
        }
    }
    return inst->src_count > 0;
}

static bool fold_iadd3(const struct cc_inst *inst, struct cc_src *out)
{
    uint64_t sum = 0;
    if (!all_imm(inst)) {
        return false;
    }
    for (int i = 0; i < 3; i++) {
        struct cc_src src = inst->src[i];
        if (inst->flags & CC_F_X) {
            sum += src.neg ? ~src.v : src.v;
        } else {
            /* A negated source is its complement plus one, and zero negated carries. */
            sum += src.neg ? (uint64_t)(uint32_t)~src.v + 1 : src.v;
        }
    }
    if (inst->flags & CC_F_X) {
        sum += inst->src[3].v;
    }
    out[0] = cc_imm((uint32_t)sum);
    out[1] = cc_bool((sum >> 32) != 0);
    return true;
}

static bool same_plain(struct cc_src a, struct cc_src *out)
{
    if (a.neg || a.abs) {
        return false;
    }
    a.join = false;
    *out = a;
    return true;
}

/* x + 0 + 0 in any order; no carry can come out of it. */
static bool simplify_iadd3(const struct cc_inst *inst, struct cc_src *out)
{
    int other = -1;
    if ((inst->flags & CC_F_X) && !cc_is_imm(inst->src[3], 0)) {
        return false;
    }
    for (int i = 0; i < 3; i++) {
        if (!cc_is_imm(inst->src[i], 0)) {
            if (other >= 0) {
                return false;
            }
            other = i;
        }
    }
    out[1] = cc_bool(false);
    return other >= 0 && same_plain(inst->src[other], &out[0]);
}

static bool fold_imad(const struct cc_inst *inst, struct cc_src *out)
{
    const struct cc_src *src = inst->src;
    if (all_imm(inst)) {
        out[0] = cc_imm(int_src(src[0]) * int_src(src[1]) + int_src(src[2]));
        return true;
    }
    for (int i = 0; i < 2; i++) {
        if (cc_is_imm(src[i], 0)) {
            return same_plain(src[2], out);
        }
        if (cc_is_imm(src[i], 1) && cc_is_imm(src[2], 0)) {
            return same_plain(src[1 - i], out);
        }
    }
    return false;
}

static bool fold_wide(const struct cc_inst *inst, struct cc_src *out)
{
    const struct cc_src *src = inst->src;
    if (cc_is_imm(src[0], 0) || cc_is_imm(src[1], 0)) {
        out[0] = src[2];
        out[1] = src[3];
        out[0].join = out[1].join = false;
    } else if (all_imm(inst)) {
        uint64_t product = inst->flags & CC_F_SIGNED
                               ? (uint64_t)((int64_t)(int32_t)src[0].v * (int32_t)src[1].v)
                               : (uint64_t)src[0].v * src[1].v;
        product += (uint64_t)src[3].v << 32 | src[2].v;
        out[0] = cc_imm((uint32_t)product);
        out[1] = cc_imm((uint32_t)(product >> 32));
    } else {
        return false;
    }
    if (inst->op == CC_IMAD_HI) {
        out[0] = out[1];
    }
    return true;
}

/* Puts constant inputs into the table; what remains may be constant or one of the inputs. */
static unsigned reduce_lut(const struct cc_inst *inst, uint32_t ones)
{
    static const unsigned input[3] = {CC_LUT_A, CC_LUT_B, CC_LUT_C};
    static const unsigned shift[3] = {4, 2, 1};
    unsigned lut = inst->lut;
    for (int i = 0; i < 3; i++) {
        struct cc_src src = inst->src[i];
        if (src.kind != CC_IMM || (src.v != 0 && src.v != ones)) {
            continue;
        }
        if (src.v == ones) {
            unsigned half = lut & input[i];
            lut = half | half >> shift[i];
        } else {
            unsigned half = lut & ~input[i] & 0xff;
            lut = half | half << shift[i];
        }
    }
    return lut;
}

static bool fold_lop3(const struct cc_inst *inst, struct cc_src *out)
{
    static const unsigned input[3] = {CC_LUT_A, CC_LUT_B, CC_LUT_C};
    if (all_imm(inst)) {
        uint32_t result = 0;
        for (unsigned bit = 0; bit < 32; bit++) {
            unsigned index = ((inst->src[0].v >> bit) & 1u) * 4 +
                             ((inst->src[1].v >> bit) & 1u) * 2 + ((inst->src[2].v >> bit) & 1u);
            result |= (uint32_t)((inst->lut >> index) & 1u) << bit;
        }
        out[0] = cc_imm(result);
        return true;
    }
    unsigned lut = reduce_lut(inst, UINT32_MAX);
    if (lut == 0 || lut == 0xff) {
        out[0] = cc_imm(lut ? UINT32_MAX : 0);
        return true;
    }
    for (int i = 0; i < 3; i++) {
        if (lut == input[i]) {
            return same_plain(inst->src[i], out);
        }
    }
    return false;
}

static bool fold_plop3(const struct cc_inst *inst, struct cc_src *out)
{
    static const unsigned input[3] = {CC_LUT_A, CC_LUT_B, CC_LUT_C};
    unsigned lut = reduce_lut(inst, 1);
    if (lut == 0 || lut == 0xff) {
        out[0] = cc_bool(lut != 0);
        return true;
    }
    for (int i = 0; i < 3; i++) {
        if (lut == input[i] || lut == (0xff & ~input[i])) {
            out[0] = lut == input[i] ? inst->src[i] : cc_b_pnot(inst->src[i]);
            return true;
        }
    }
    return false;
}

static bool fold_shf(const struct cc_inst *inst, struct cc_src *out)
{
    const struct cc_src *src = inst->src;
    unsigned width = inst->flags & CC_F_SHF64 ? 64 : 32;
    if (cc_is_imm(src[1], 0)) {
        return same_plain(inst->flags & CC_F_HI ? src[2] : src[0], out);
    }
    if (!all_imm(inst)) {
        return false;
    }
    uint64_t value = (uint64_t)src[2].v << 32 | src[0].v;
    unsigned count = src[1].v < width ? src[1].v : width;
    if (inst->flags & CC_F_WRAP) {
        count = src[1].v & (width - 1);
    }
    if (!(inst->flags & CC_F_RIGHT)) {
        value = count >= 64 ? 0 : value << count;
    } else if (inst->flags & CC_F_SIGNED) {
        uint64_t sign = value >> 63 ? UINT64_MAX : 0;
        value = count >= 64 ? sign : value >> count | sign << 1 << (63 - count);
    } else {
        value = count >= 64 ? 0 : value >> count;
    }
    out[0] = cc_imm((uint32_t)(inst->flags & CC_F_HI ? value >> 32 : value));
    return true;
}

static bool compare_order(unsigned cmp, int order)
{
    return (order < 0 && (cmp & 1)) || (order == 0 && (cmp & 2)) || (order > 0 && (cmp & 4));
}

bool cc_compare(const struct cc_inst *inst, uint32_t a, uint32_t b)
{
    if (inst->flags & CC_F_SIGNED) {
        return compare_order(inst->cmp, (int32_t)a < (int32_t)b ? -1 : (int32_t)a > (int32_t)b);
    }
    return compare_order(inst->cmp, a < b ? -1 : a > b);
}

static bool fold_isetp(const struct cc_inst *inst, struct cc_src *out)
{
    const struct cc_src *src = inst->src;
    if (cc_is_imm(src[2], 0)) {
        out[0] = cc_bool(false);
        return true;
    }
    bool same = src[0].kind == CC_VAL && src[1].kind == CC_VAL && src[0].v == src[1].v &&
                src[0].neg == src[1].neg && src[0].abs == src[1].abs;
    if (!cc_is_imm(src[2], 1) || (inst->flags & CC_F_EX && src[3].kind != CC_IMM)) {
        return false;
    }
    if (!same && (src[0].kind != CC_IMM || src[1].kind != CC_IMM)) {
        return false;
    }
    uint32_t a = same ? 0 : int_src(src[0]), b = same ? 0 : int_src(src[1]);
    bool result = cc_compare(inst, a, b);
    if ((inst->flags & CC_F_EX) && a == b) {
        result = src[3].v != 0;
    }
    out[0] = cc_bool(result);
    return true;
}

static bool fold_fsetp(const struct cc_inst *inst, struct cc_src *out)
{
    if (!all_imm(inst)) {
        return false;
    }
    float a = float_src(inst->src[0]), b = float_src(inst->src[1]);
    bool result = isnan(a) || isnan(b) ? (inst->cmp & 8) != 0
                                       : compare_order(inst->cmp, a < b ? -1 : a > b);
    out[0] = cc_bool(result && inst->src[2].v);
    return true;
}

static bool fold_sel(const struct cc_inst *inst, struct cc_src *out)
{
    const struct cc_src *src = inst->src;
    if (src[2].kind == CC_IMM) {
        return same_plain(src[2].v ? src[0] : src[1], out);
    }
    if (src[0].kind == src[1].kind && src[0].v == src[1].v && src[0].neg == src[1].neg &&
        src[0].abs == src[1].abs) {
        return same_plain(src[0], out);
    }
    return false;
}

static bool fold_minmax(const struct cc_inst *inst, struct cc_src *out)
{
    if (!all_imm(inst)) {
        return false;
    }
    uint32_t a = int_src(inst->src[0]), b = int_src(inst->src[1]);
    bool less = inst->flags & CC_F_SIGNED ? (int32_t)a < (int32_t)b : a < b;
    out[0] = cc_imm(less == ((inst->flags & CC_F_MIN) != 0) ? a : b);
    return true;
}

static uint32_t highest_bit(uint32_t v, uint32_t flags)
{
    v = (flags & CC_F_SIGNED) && (int32_t)v < 0 ? ~v : v;
    if (v == 0) {
        return UINT32_MAX;
    }
    uint32_t index = 31u - (uint32_t)__builtin_clz(v);
    return flags & CC_F_SH ? 31 - index : index;
}

static uint32_t reverse_bits(uint32_t v)
{
    uint32_t result = 0;
    for (unsigned i = 0; i < 32; i++) {
        result |= ((v >> i) & 1u) << (31 - i);
    }
    return result;
}

static uint32_t extend_bits(uint32_t v, uint32_t bits, bool is_signed)
{
    if (bits == 0) {
        return 0;
    }
    if (bits >= 32) {
        return v;
    }
    v &= (1u << bits) - 1;
    return is_signed && (v >> (bits - 1)) ? v | ~((1u << bits) - 1) : v;
}

static uint32_t bit_mask(uint32_t position, uint32_t width)
{
    uint32_t mask = width >= 32 ? UINT32_MAX : (1u << width) - 1;
    return position >= 32 ? 0 : mask << position;
}

static uint32_t float_to_int(const struct cc_inst *inst, float f)
{
    if (isnan(f)) {
        return 0;
    }
    f = inst->rnd == CC_RZ ? truncf(f) : rintf(f);
    if (inst->flags & CC_F_SIGNED) {
        return f >= 2147483648.0f ? INT32_MAX : f < -2147483648.0f ? 0x80000000u
                                                                  : (uint32_t)(int32_t)f;
    }
    return f >= 4294967296.0f ? UINT32_MAX : f <= 0.0f ? 0 : (uint32_t)f;
}

/* Operations whose result is a 32-bit number of constant sources. */
static bool fold_unary(const struct cc_inst *inst, struct cc_src *out)
{
    if (!all_imm(inst)) {
        return false;
    }
    uint32_t a = inst->src[0].v, b = inst->src_count > 1 ? inst->src[1].v : 0, result;
    switch (inst->op) {
    case CC_IABS:
        result = (int32_t)a < 0 ? 0u - a : a;
        break;
    case CC_FLO:
        result = highest_bit(inst->src[0].inv ? ~a : a, inst->flags);
        break;
    case CC_BREV:
        result = reverse_bits(a);
        break;
    case CC_POPC:
        result = (uint32_t)__builtin_popcount(inst->src[0].inv ? ~a : a);
        break;
    case CC_SGXT:
        result = extend_bits(a, b, inst->flags & CC_F_SIGNED);
        break;
    case CC_BMSK:
        result = bit_mask(a, b);
        break;
    case CC_I2F:
        if (inst->rnd != CC_RN) {
            return false;
        }
        result = as_bits(inst->flags & CC_F_SIGNED ? (float)(int32_t)a : (float)a);
        break;
    case CC_F2I:
        if (inst->rnd != CC_RZ && inst->rnd != CC_RN) {
            return false;
        }
        result = float_to_int(inst, float_src(inst->src[0]));
        break;
    default:
        return false;
    }
    out[0] = cc_imm(result);
    return true;
}

static bool fold_float(const struct cc_inst *inst, struct cc_src *out)
{
    if (inst->op == CC_FMUL && !(inst->flags & CC_F_SAT)) {
        for (int i = 0; i < 2; i++) {
            if (inst->src[i].kind == CC_IMM && float_src(inst->src[i]) == 1.0f &&
                same_plain(inst->src[1 - i], out)) {
                return true;
            }
        }
    }
    if (!all_imm(inst) || inst->flags & (CC_F_SAT | CC_F_FTZ) || inst->rnd != CC_RN) {
        return false;
    }
    float a = float_src(inst->src[0]), b = float_src(inst->src[1]);
    switch (inst->op) {
    case CC_FADD:
        out[0] = cc_imm(as_bits(a + b));
        return true;
    case CC_FMUL:
        out[0] = cc_imm(as_bits(a * b));
        return true;
    case CC_FFMA:
        out[0] = cc_imm(as_bits(fmaf(a, b, float_src(inst->src[2]))));
        return true;
    default:
        return false;
    }
}

bool cc_fold(struct cc_shader *s, struct cc_inst *inst, struct cc_src *out)
{
    (void)s;
    if (inst->guard.kind != CC_NONE) {
        return false;
    }
    switch (inst->op) {
    case CC_MOV:
    case CC_PMOV:
        return same_plain(inst->src[0], out);
    case CC_IADD3:
        return fold_iadd3(inst, out) || simplify_iadd3(inst, out);
    case CC_IMAD:
        return fold_imad(inst, out);
    case CC_IMAD_WIDE:
    case CC_IMAD_HI:
        return fold_wide(inst, out);
    case CC_LOP3:
        return fold_lop3(inst, out);
    case CC_PLOP3:
        return fold_plop3(inst, out);
    case CC_SHF:
        return fold_shf(inst, out);
    case CC_ISETP:
        return fold_isetp(inst, out);
    case CC_FSETP:
        return fold_fsetp(inst, out);
    case CC_SEL:
        return fold_sel(inst, out);
    case CC_IMNMX:
        return fold_minmax(inst, out);
    case CC_FADD:
    case CC_FMUL:
    case CC_FFMA:
        return fold_float(inst, out);
    default:
        return fold_unary(inst, out);
    }
}
