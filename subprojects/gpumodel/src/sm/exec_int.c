/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Integer arithmetic, comparison, selection and moves on 32 lanes.
 */
#include "exec.h"

#define LANES for (unsigned l = 0; l < SM_LANES; l++)

static bool is_signed(const struct sm_ctx *x)
{
    return sm_mod(x, NV_SASS_MOD_SIGN) == NV_SASS_SIGN_S32;
}

static bool exec_iadd3(struct sm_ctx *x)
{
    const uint32_t *a = sm_src(x, NV_SASS_A), *b = sm_src(x, NV_SASS_B), *c = sm_src(x, NV_SASS_C);
    uint32_t out[SM_LANES], first = 0, second = 0;
    if (x->s->o[NV_SASS_PD].reg == NV_SASS_PT && x->s->o[NV_SASS_PQ].reg == NV_SASS_PT &&
        !sm_mod(x, NV_SASS_MOD_X)) {
        LANES out[l] = a[l] + b[l] + c[l];
        sm_dst(x, out);
        return true;
    }
    uint32_t in_a = sm_mod(x, NV_SASS_MOD_X) ? sm_psrc(x, NV_SASS_PA) : 0;
    uint32_t in_b = sm_mod(x, NV_SASS_MOD_X) ? sm_psrc(x, NV_SASS_PB) : 0;
    bool neg[3] = {x->s->o[NV_SASS_A].neg, x->s->o[NV_SASS_B].neg, x->s->o[NV_SASS_C].neg};
    bool extended = sm_mod(x, NV_SASS_MOD_X);
    LANES
    {
        /* -v is ~v + 1: the plus one counts for the carry, which matters when v is zero. */
        uint64_t sum = (uint64_t)a[l] + b[l] + c[l] + (in_a >> l & 1) + (in_b >> l & 1);
        if (!extended)
            sum += ((uint64_t)(neg[0] && !a[l]) + (neg[1] && !b[l]) + (neg[2] && !c[l])) << 32;
        out[l] = (uint32_t)sum;
        first |= (uint32_t)(sum >> 32 >= 1) << l;
        second |= (uint32_t)(sum >> 32 >= 2) << l;
    }
    sm_dst(x, out);
    sm_pdst(x, NV_SASS_PD, first);
    sm_pdst(x, NV_SASS_PQ, second);
    return true;
}

static bool exec_imad(struct sm_ctx *x)
{
    const uint32_t *a = sm_src(x, NV_SASS_A), *b = sm_src(x, NV_SASS_B), *c = sm_src(x, NV_SASS_C);
    uint32_t out[SM_LANES], carry = sm_mod(x, NV_SASS_MOD_X) ? sm_psrc(x, NV_SASS_PA) : 0;
    if (x->s->o[NV_SASS_PD].kind == NV_SASS_PRED && x->s->o[NV_SASS_PD].reg != NV_SASS_PT)
        return sm_fault_warp(x, -1, NV_SM_WARP_ERROR_ILLEGAL_INSTR_ENCODING,
                             "IMAD with a predicate result");
    LANES out[l] = a[l] * b[l] + c[l] + (carry >> l & 1);
    sm_dst(x, out);
    return true;
}

/* 64-bit sum of the product and C, with the carry out of bit 63. A negated C is its complement plus
 * one, so that minus zero carries. */
static void wide(struct sm_ctx *x, uint64_t out[SM_LANES], uint32_t *carry_out)
{
    const uint32_t *a = sm_src(x, NV_SASS_A), *b = sm_src(x, NV_SASS_B);
    uint64_t c[SM_LANES];
    bool minus = x->s->o[NV_SASS_C].neg;
    uint32_t carry = sm_mod(x, NV_SASS_MOD_X) ? sm_psrc(x, NV_SASS_PA) : minus ? SM_ALL : 0;
    bool s = is_signed(x);
    sm_src64(x, NV_SASS_C, c);
    if (minus && !sm_mod(x, NV_SASS_MOD_X))
        LANES c[l]--; /* minus c is not c, plus one: the carry in adds it */
    *carry_out = 0;
    LANES
    {
        uint64_t product =
            s ? (uint64_t)((int64_t)(int32_t)a[l] * (int32_t)b[l]) : (uint64_t)a[l] * b[l];
        unsigned __int128 sum = (unsigned __int128)product + c[l] + (carry >> l & 1);
        out[l] = (uint64_t)sum;
        *carry_out |= (uint32_t)(sum >> 64 != 0) << l;
    }
}

static bool exec_imad_wide(struct sm_ctx *x)
{
    uint64_t out[SM_LANES];
    uint32_t carry;
    wide(x, out, &carry);
    sm_dst64(x, out);
    sm_pdst(x, NV_SASS_PD, carry);
    return true;
}

static bool exec_imad_hi(struct sm_ctx *x)
{
    uint64_t sum[SM_LANES];
    uint32_t carry, out[SM_LANES];
    wide(x, sum, &carry);
    LANES out[l] = (uint32_t)(sum[l] >> 32);
    sm_dst(x, out);
    sm_pdst(x, NV_SASS_PD, carry);
    return true;
}

static bool exec_lea(struct sm_ctx *x)
{
    bool sx = x->s->op == NV_SASS_LEA_HI_SX32, hi = sm_mod(x, NV_SASS_MOD_HI) || sx;
    bool extended = sm_mod(x, NV_SASS_MOD_X);
    const struct nvhw_sass_operand *oa = &x->s->o[NV_SASS_A], *ob = &x->s->o[NV_SASS_B];
    unsigned shift = (unsigned)x->s->o[NV_SASS_LUT].imm & 31;
    struct nvhw_sass plain = *x->s;
    const struct nvhw_sass *given = x->s;
    uint32_t out[SM_LANES], carry = 0, in = extended ? sm_psrc(x, NV_SASS_PA) : 0;
    if (oa->neg && ob->neg)
        return sm_fault_warp(x, -1, NV_SM_WARP_ERROR_ILLEGAL_INSTR_ENCODING,
                             "LEA with two negations");
    plain.o[NV_SASS_A].neg = false; /* the shifted value is negated, not A */
    x->s = &plain;
    const uint32_t *a = sm_src(x, NV_SASS_A), *c = sm_src(x, NV_SASS_C);
    x->s = given;
    const uint32_t *b = sm_src(x, NV_SASS_B);
    LANES
    {
        uint64_t wide_a =
            sx ? (uint64_t)(int64_t)(int32_t)a[l] : (uint64_t)(hi ? c[l] : 0) << 32 | a[l];
        uint32_t scaled = hi ? (uint32_t)(wide_a << shift >> 32) : a[l] << shift;
        uint32_t term = oa->neg ? (extended ? ~scaled : 0 - scaled) : scaled;
        uint64_t sum = (uint64_t)term + b[l] + (in >> l & 1);
        if (!extended)
            sum += ((uint64_t)(oa->neg && !scaled) + (ob->neg && !b[l])) << 32;
        out[l] = (uint32_t)sum;
        carry |= (uint32_t)(sum >> 32 != 0) << l;
    }
    sm_dst(x, out);
    sm_pdst(x, NV_SASS_PD, carry);
    return true;
}

static uint32_t compare_lanes(unsigned cmp, bool s, const uint32_t *a, const uint32_t *b)
{
    uint32_t less = 0, equal = 0;
    if (s)
        LANES less |= (uint32_t)((int32_t)a[l] < (int32_t)b[l]) << l;
    else
        LANES less |= (uint32_t)(a[l] < b[l]) << l;
    LANES equal |= (uint32_t)(a[l] == b[l]) << l;
    switch (cmp) {
    case NV_SASS_CMP_LT:
        return less;
    case NV_SASS_CMP_EQ:
        return equal;
    case NV_SASS_CMP_LE:
        return less | equal;
    case NV_SASS_CMP_GT:
        return ~(less | equal);
    case NV_SASS_CMP_NE:
        return ~equal;
    case NV_SASS_CMP_GE:
        return ~less;
    case NV_SASS_CMP_T:
        return SM_ALL;
    default:
        return 0;
    }
}

static bool exec_isetp(struct sm_ctx *x)
{
    const uint32_t *a = sm_src(x, NV_SASS_A), *b = sm_src(x, NV_SASS_B);
    unsigned cmp = sm_mod(x, NV_SASS_MOD_CMP), bop = sm_mod(x, NV_SASS_MOD_BOP);
    uint32_t held = compare_lanes(cmp, is_signed(x), a, b), in = sm_psrc(x, NV_SASS_PA);
    if (sm_mod(x, NV_SASS_MOD_EX)) {
        /* Equal high words: the low words' comparison decides. */
        uint32_t equal = compare_lanes(NV_SASS_CMP_EQ, false, a, b), low = sm_psrc(x, NV_SASS_PC);
        if (cmp != NV_SASS_CMP_F && cmp != NV_SASS_CMP_T)
            held = (held & ~equal) | (low & equal);
    }
    sm_pdst(x, NV_SASS_PQ, sm_bop(bop, ~held, in));
    sm_pdst(x, NV_SASS_PD, sm_bop(bop, held, in));
    return true;
}

static uint32_t minmax16(uint32_t a, uint32_t b, bool s, bool min)
{
    uint32_t out = 0;
    for (unsigned at = 0; at < 32; at += 16) {
        int32_t p = s ? (int16_t)(a >> at) : (int32_t)(a >> at & 0xffff);
        int32_t q = s ? (int16_t)(b >> at) : (int32_t)(b >> at & 0xffff);
        int32_t r = min == (p < q) ? p : q;
        out |= ((uint32_t)r & 0xffff) << at;
    }
    return out;
}

static uint32_t relu(uint32_t v, bool packed)
{
    if (!packed)
        return v >> 31 ? 0 : v;
    return (v & 0x8000 ? 0 : v & 0xffff) | (v >> 31 ? 0 : v & 0xffff0000);
}

/* The predicates say whether A is the result: of the low half, of the high half. */
static bool exec_vimnmx(struct sm_ctx *x)
{
    const uint32_t *a = sm_src(x, NV_SASS_A), *b = sm_src(x, NV_SASS_B);
    unsigned size = sm_mod(x, NV_SASS_MOD_ISIZE);
    uint32_t out[SM_LANES], min = sm_psrc(x, NV_SASS_PA), low = 0, high = 0;
    bool packed = size >= NV_SASS_ISIZE_U16X2;
    bool s = size == NV_SASS_ISIZE_S32 || size == NV_SASS_ISIZE_S16X2;
    if (x->s->op == NV_SASS_IMNMX)
        s = is_signed(x);
    LANES
    {
        bool m = min >> l & 1, less = s ? (int32_t)a[l] < (int32_t)b[l] : a[l] < b[l];
        out[l] = packed ? minmax16(a[l], b[l], s, m) : m == less ? a[l] : b[l];
        if (sm_mod(x, NV_SASS_MOD_RELU))
            out[l] = relu(out[l], packed);
        uint32_t other = out[l] ^ a[l];
        low |= (uint32_t)(packed ? !(other & 0xffff) : !other) << l;
        high |= (uint32_t)(packed ? !(other >> 16) : !other) << l;
    }
    sm_dst(x, out);
    sm_pdst(x, NV_SASS_PQ, high);
    sm_pdst(x, NV_SASS_PD, low);
    return true;
}

static bool exec_viadd(struct sm_ctx *x)
{
    const uint32_t *a = sm_src(x, NV_SASS_A), *b = sm_src(x, NV_SASS_B);
    uint32_t out[SM_LANES];
    LANES out[l] = a[l] + b[l];
    sm_dst(x, out);
    return true;
}

static bool exec_iabs(struct sm_ctx *x)
{
    const uint32_t *b = sm_src(x, NV_SASS_B);
    uint32_t out[SM_LANES];
    LANES out[l] = b[l] >> 31 ? 0 - b[l] : b[l];
    sm_dst(x, out);
    return true;
}

static bool exec_vabsdiff(struct sm_ctx *x)
{
    const uint32_t *a = sm_src(x, NV_SASS_A), *b = sm_src(x, NV_SASS_B), *c = sm_src(x, NV_SASS_C);
    bool s = is_signed(x);
    uint32_t out[SM_LANES];
    LANES
    {
        bool less = s ? (int32_t)a[l] < (int32_t)b[l] : a[l] < b[l];
        out[l] = (less ? b[l] - a[l] : a[l] - b[l]) + c[l];
    }
    sm_dst(x, out);
    return true;
}

static bool exec_vabsdiff4(struct sm_ctx *x)
{
    const uint32_t *a = sm_src(x, NV_SASS_A), *b = sm_src(x, NV_SASS_B), *c = sm_src(x, NV_SASS_C);
    bool s = sm_mod(x, NV_SASS_MOD_BSIGN) == NV_SASS_BSIGN_S8, acc = sm_mod(x, NV_SASS_MOD_ACC);
    uint32_t out[SM_LANES];
    LANES
    {
        uint32_t sum = acc ? c[l] : 0, bytes = 0;
        for (unsigned at = 0; at < 32; at += 8) {
            int p = s ? (int8_t)(a[l] >> at) : (int)(a[l] >> at & 255);
            int q = s ? (int8_t)(b[l] >> at) : (int)(b[l] >> at & 255);
            uint32_t d = (uint32_t)(p < q ? q - p : p - q);
            sum += d;
            bytes |= (d & 255) << at;
        }
        out[l] = acc ? sum : bytes;
    }
    sm_dst(x, out);
    return true;
}

/* Dot products of bytes: field bit 0 of the name table is the signedness of A. */
static bool exec_idp(struct sm_ctx *x)
{
    const uint32_t *a = sm_src(x, NV_SASS_A), *b = sm_src(x, NV_SASS_B), *c = sm_src(x, NV_SASS_C);
    unsigned mode = sm_mod(x, NV_SASS_MOD_IDP);
    bool sb = sm_mod(x, NV_SASS_MOD_BSIGN) == NV_SASS_BSIGN_S8;
    bool four = mode == NV_SASS_IDP_4A_U8 || mode == NV_SASS_IDP_4A_S8;
    bool sa =
        mode == NV_SASS_IDP_4A_S8 || mode == NV_SASS_IDP_2A_LO_S16 || mode == NV_SASS_IDP_2A_HI_S16;
    bool high = mode == NV_SASS_IDP_2A_HI_U16 || mode == NV_SASS_IDP_2A_HI_S16;
    uint32_t out[SM_LANES];
    LANES
    {
        uint32_t sum = c[l];
        for (unsigned n = 0; n < (four ? 4u : 2u); n++) {
            uint32_t pa = four ? a[l] >> (n * 8) & 0xff : a[l] >> (n * 16) & 0xffff;
            uint32_t pb = b[l] >> ((n + (high ? 2u : 0u)) * 8) & 0xff;
            int64_t va = !sa ? (int64_t)pa : four ? (int8_t)pa : (int16_t)pa;
            int64_t vb = sb ? (int8_t)pb : (int64_t)pb;
            sum += (uint32_t)(va * vb);
        }
        out[l] = sum;
    }
    sm_dst(x, out);
    return true;
}

static bool exec_sel(struct sm_ctx *x)
{
    const uint32_t *a = sm_src(x, NV_SASS_A), *b = sm_src(x, NV_SASS_B);
    uint32_t out[SM_LANES], pick = sm_psrc(x, NV_SASS_PA);
    LANES out[l] = pick >> l & 1 ? a[l] : b[l];
    sm_dst(x, out);
    return true;
}

static bool exec_mov(struct sm_ctx *x)
{
    uint32_t lanes = (uint32_t)x->s->o[NV_SASS_LUT].imm & 15, all = x->mask;
    const uint32_t *b = sm_src(x, NV_SASS_B);
    if (lanes != 15)
        x->mask &= lanes * 0x11111111u;
    sm_dst(x, b);
    x->mask = all;
    return true;
}

/* 8, 16 bits with saturation. */
static bool exec_i2i(struct sm_ctx *x)
{
    static const struct {
        int32_t least, most;
    } range[] = {{0, 255}, {-128, 127}, {0, 65535}, {-32768, 32767}};
    const uint32_t *b = sm_src(x, NV_SASS_B);
    unsigned type = (sm_mod(x, NV_SASS_MOD_DST) - NV_SASS_DST_U8) & 3;
    uint32_t out[SM_LANES];
    LANES
    {
        int32_t v = (int32_t)b[l];
        out[l] = (uint32_t)(v < range[type].least  ? range[type].least
                            : v > range[type].most ? range[type].most
                                                   : v);
    }
    sm_dst(x, out);
    return true;
}

const struct sm_exec_entry sm_exec_int[] = {{NV_SASS_IADD3, exec_iadd3},
                                            {NV_SASS_IMAD, exec_imad},
                                            {NV_SASS_IMAD_WIDE, exec_imad_wide},
                                            {NV_SASS_IMAD_HI, exec_imad_hi},
                                            {NV_SASS_LEA, exec_lea},
                                            {NV_SASS_LEA_HI_SX32, exec_lea},
                                            {NV_SASS_ISETP, exec_isetp},
                                            {NV_SASS_IMNMX, exec_vimnmx},
                                            {NV_SASS_VIMNMX, exec_vimnmx},
                                            {NV_SASS_VIADD, exec_viadd},
                                            {NV_SASS_IABS, exec_iabs},
                                            {NV_SASS_VABSDIFF, exec_vabsdiff},
                                            {NV_SASS_VABSDIFF4, exec_vabsdiff4},
                                            {NV_SASS_IDP, exec_idp},
                                            {NV_SASS_SEL, exec_sel},
                                            {NV_SASS_MOV, exec_mov},
                                            {NV_SASS_I2I, exec_i2i},
                                            {0, NULL}};
