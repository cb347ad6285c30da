/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The uniform datapath: one value per warp. Executes when at least one lane is active.
 */
#include "exec.h"

static bool us(const struct sm_ctx *x)
{
    return sm_mod(x, NV_SASS_MOD_SIGN) == NV_SASS_SIGN_S32;
}

static bool exec_umov(struct sm_ctx *x)
{
    sm_udst(x, 0, sm_usrc(x, NV_SASS_B));
    return true;
}

static bool exec_uiadd3(struct sm_ctx *x)
{
    bool extended = sm_mod(x, NV_SASS_MOD_X);
    uint32_t v[3] = {sm_usrc(x, NV_SASS_A), sm_usrc(x, NV_SASS_B), sm_usrc(x, NV_SASS_C)};
    uint64_t sum = (uint64_t)v[0] + v[1] + v[2];
    for (unsigned n = 0; n < 3; n++)
        if (!extended && x->s->o[NV_SASS_A + n].neg && !v[n])
            sum += UINT64_C(1) << 32;
    if (extended)
        sum += (uint64_t)sm_upsrc(x, NV_SASS_PA) + sm_upsrc(x, NV_SASS_PB);
    sm_udst(x, 0, (uint32_t)sum);
    sm_updst(x, NV_SASS_PD, sum >> 32 >= 1);
    sm_updst(x, NV_SASS_PQ, sum >> 32 >= 2);
    return true;
}

static bool exec_uimad(struct sm_ctx *x)
{
    uint32_t carry = sm_mod(x, NV_SASS_MOD_X) && sm_upsrc(x, NV_SASS_PA);
    sm_udst(x, 0, sm_usrc(x, NV_SASS_A) * sm_usrc(x, NV_SASS_B) + sm_usrc(x, NV_SASS_C) + carry);
    return true;
}

static bool exec_uimad_wide(struct sm_ctx *x)
{
    uint32_t a = sm_usrc(x, NV_SASS_A), b = sm_usrc(x, NV_SASS_B);
    uint64_t product = us(x) ? (uint64_t)((int64_t)(int32_t)a * (int32_t)b) : (uint64_t)a * b;
    unsigned __int128 sum = (unsigned __int128)product + sm_usrc64(x, NV_SASS_C);
    sum += sm_mod(x, NV_SASS_MOD_X) && sm_upsrc(x, NV_SASS_PA);
    sm_udst(x, 0, (uint32_t)sum);
    sm_udst(x, 1, (uint32_t)(sum >> 32));
    sm_updst(x, NV_SASS_PD, sum >> 64 != 0);
    return true;
}

static bool exec_ulea(struct sm_ctx *x)
{
    bool hi = sm_mod(x, NV_SASS_MOD_HI), extended = sm_mod(x, NV_SASS_MOD_X);
    const struct nvhw_sass_operand *oa = &x->s->o[NV_SASS_A], *ob = &x->s->o[NV_SASS_B];
    uint32_t a = oa->kind == NV_SASS_UREG && oa->reg != NV_SASS_URZ ? x->w->ur[oa->reg] : 0;
    uint32_t b = sm_usrc(x, NV_SASS_B), c = sm_usrc(x, NV_SASS_C);
    unsigned shift = (unsigned)x->s->o[NV_SASS_LUT].imm & 31;
    uint32_t scaled = hi ? (uint32_t)(((uint64_t)c << 32 | a) << shift >> 32) : a << shift;
    uint32_t term = oa->neg ? (extended ? ~scaled : 0 - scaled) : scaled;
    uint64_t sum = (uint64_t)term + b + (extended && sm_upsrc(x, NV_SASS_PA));
    if (!extended)
        sum += ((uint64_t)(oa->neg && !scaled) + (ob->neg && !b)) << 32;
    sm_udst(x, 0, (uint32_t)sum);
    sm_updst(x, NV_SASS_PD, sum >> 32 != 0);
    return true;
}

static uint32_t ulut(unsigned table, uint32_t a, uint32_t b, uint32_t c)
{
    uint32_t out = 0;
    for (unsigned n = 0; n < 8; n++)
        if (table >> n & 1)
            out |= (n & 4 ? a : ~a) & (n & 2 ? b : ~b) & (n & 1 ? c : ~c);
    return out;
}

static bool exec_ulop3(struct sm_ctx *x)
{
    uint32_t out = ulut((unsigned)x->s->o[NV_SASS_LUT].imm, sm_usrc(x, NV_SASS_A),
                        sm_usrc(x, NV_SASS_B), sm_usrc(x, NV_SASS_C));
    bool in = sm_upsrc(x, NV_SASS_PA);
    sm_udst(x, 0, out);
    sm_updst(x, NV_SASS_PD, sm_mod(x, NV_SASS_MOD_PAND) ? out && in : out || in);
    return true;
}

static bool exec_ushf(struct sm_ctx *x)
{
    unsigned type = sm_mod(x, NV_SASS_MOD_SHIFT);
    bool wide = type == NV_SASS_SHIFT_S64 || type == NV_SASS_SHIFT_U64;
    bool right = sm_mod(x, NV_SASS_MOD_DIR) == NV_SASS_DIR_R;
    bool fill = type == NV_SASS_SHIFT_S64 || type == NV_SASS_SHIFT_S32;
    uint32_t width = wide ? 64 : 32, count = sm_usrc(x, NV_SASS_B);
    uint64_t pair = (uint64_t)sm_usrc(x, NV_SASS_C) << 32 | sm_usrc(x, NV_SASS_A), out;
    count = sm_mod(x, NV_SASS_MOD_W) ? count % width : count > width ? width : count;
    if (!right)
        out = count >= 64 ? 0 : pair << count;
    else if (count >= 64)
        out = fill && pair >> 63 ? UINT64_MAX : 0;
    else
        out = fill ? (uint64_t)((int64_t)pair >> count) : pair >> count;
    sm_udst(x, 0, sm_mod(x, NV_SASS_MOD_HI) ? (uint32_t)(out >> 32) : (uint32_t)out);
    return true;
}

static bool exec_uprmt(struct sm_ctx *x)
{
    uint64_t bytes = (uint64_t)sm_usrc(x, NV_SASS_C) << 32 | sm_usrc(x, NV_SASS_A);
    uint32_t pick = sm_usrc(x, NV_SASS_B), out = 0;
    for (unsigned k = 0; k < 4; k++) {
        uint32_t byte = (uint32_t)(bytes >> ((pick >> (k * 4) & 7) * 8)) & 255;
        if (pick >> (k * 4) & 8)
            byte = byte & 0x80 ? 255 : 0;
        out |= byte << (k * 8);
    }
    sm_udst(x, 0, out);
    return true;
}

static bool exec_usel(struct sm_ctx *x)
{
    sm_udst(x, 0, sm_usrc(x, sm_upsrc(x, NV_SASS_PA) ? NV_SASS_A : NV_SASS_B));
    return true;
}

static bool ucompare(unsigned cmp, bool s, uint32_t a, uint32_t b)
{
    bool less = s ? (int32_t)a < (int32_t)b : a < b;
    switch (cmp) {
    case NV_SASS_CMP_LT:
        return less;
    case NV_SASS_CMP_EQ:
        return a == b;
    case NV_SASS_CMP_LE:
        return less || a == b;
    case NV_SASS_CMP_GT:
        return !less && a != b;
    case NV_SASS_CMP_NE:
        return a != b;
    case NV_SASS_CMP_GE:
        return !less;
    default:
        return cmp == NV_SASS_CMP_T;
    }
}

static bool exec_uisetp(struct sm_ctx *x)
{
    uint32_t a = sm_usrc(x, NV_SASS_A), b = sm_usrc(x, NV_SASS_B);
    unsigned cmp = sm_mod(x, NV_SASS_MOD_CMP), bop = sm_mod(x, NV_SASS_MOD_BOP);
    bool held = ucompare(cmp, us(x), a, b), in = sm_upsrc(x, NV_SASS_PA);
    if (sm_mod(x, NV_SASS_MOD_EX) && a == b && cmp != NV_SASS_CMP_F && cmp != NV_SASS_CMP_T)
        held = sm_upsrc(x, NV_SASS_PC);
    sm_updst(x, NV_SASS_PQ, sm_bop(bop, !held, in) & 1);
    sm_updst(x, NV_SASS_PD, sm_bop(bop, held, in) & 1);
    return true;
}

static bool exec_uplop3(struct sm_ctx *x)
{
    uint32_t a = sm_upsrc(x, NV_SASS_PA) ? SM_ALL : 0, b = sm_upsrc(x, NV_SASS_PB) ? SM_ALL : 0,
             c = sm_upsrc(x, NV_SASS_PC) ? SM_ALL : 0;
    bool second = ulut((unsigned)x->s->o[NV_SASS_LUT2].imm, a, b, c) & 1;
    sm_updst(x, NV_SASS_PD, ulut((unsigned)x->s->o[NV_SASS_LUT].imm, a, b, c) & 1);
    sm_updst(x, NV_SASS_PQ, second);
    return true;
}

static bool exec_usgxt(struct sm_ctx *x)
{
    uint32_t a = sm_usrc(x, NV_SASS_A), bits = sm_usrc(x, NV_SASS_B);
    bits = sm_mod(x, NV_SASS_MOD_W) ? bits & 31 : bits > 32 ? 32 : bits;
    if (!bits)
        sm_udst(x, 0, 0);
    else if (us(x))
        sm_udst(x, 0, (uint32_t)((int32_t)(a << (32 - bits)) >> (32 - bits)));
    else
        sm_udst(x, 0, a << (32 - bits) >> (32 - bits));
    return true;
}

static bool exec_ubmsk(struct sm_ctx *x)
{
    uint32_t at = sm_usrc(x, NV_SASS_A), bits = sm_usrc(x, NV_SASS_B);
    bool wrap = sm_mod(x, NV_SASS_MOD_W);
    at = wrap ? at & 31 : at > 32 ? 32 : at;
    bits = wrap ? bits & 31 : bits > 32 ? 32 : bits;
    sm_udst(x, 0, (uint32_t)(((UINT64_C(1) << bits) - 1) << at));
    return true;
}

static bool exec_uflo(struct sm_ctx *x)
{
    uint32_t b = sm_usrc(x, NV_SASS_B);
    uint32_t v = us(x) && b >> 31 ? ~b : b, at = v ? 31u - (uint32_t)__builtin_clz(v) : SM_ALL;
    sm_udst(x, 0, v && sm_mod(x, NV_SASS_MOD_SH) ? 31 - at : at);
    sm_updst(x, NV_SASS_PD, v != 0);
    return true;
}

static bool exec_ubrev(struct sm_ctx *x)
{
    uint32_t b = sm_usrc(x, NV_SASS_B), out = 0;
    for (unsigned n = 0; n < 32; n++)
        out |= (b >> n & 1) << (31 - n);
    sm_udst(x, 0, out);
    return true;
}

static bool exec_upopc(struct sm_ctx *x)
{
    sm_udst(x, 0, (uint32_t)__builtin_popcount(sm_usrc(x, NV_SASS_B)));
    return true;
}

static bool exec_voteu(struct sm_ctx *x)
{
    uint32_t votes = sm_psrc(x, NV_SASS_PA) & x->mask;
    unsigned mode = sm_mod(x, NV_SASS_MOD_VOTE);
    sm_udst(x, 0, votes);
    sm_updst(x, NV_SASS_PD,
             mode == NV_SASS_VOTE_ANY   ? votes != 0
             : mode == NV_SASS_VOTE_ALL ? votes == x->mask
                                        : votes == 0 || votes == x->mask);
    return true;
}

/* The predicate says which lanes hold something else; .OR adds to it. */
static bool exec_r2ur(struct sm_ctx *x)
{
    const struct nvhw_sass_operand *pd = &x->s->o[NV_SASS_PD];
    const uint32_t *a = sm_src(x, NV_SASS_A);
    uint32_t value, others = 0;
    if (!x->mask)
        return true;
    value = a[__builtin_ctz(x->mask)];
    for (unsigned l = 0; l < SM_LANES; l++)
        others |= (uint32_t)(a[l] != value) << l;
    if (sm_mod(x, NV_SASS_MOD_OR) && pd->kind == NV_SASS_PRED)
        others |= x->w->p[pd->reg];
    sm_udst(x, 0, value);
    sm_pdst(x, NV_SASS_PD, others);
    return true;
}

const struct sm_exec_entry sm_exec_uniform[] = {{NV_SASS_UMOV, exec_umov},
                                                {NV_SASS_UIADD3, exec_uiadd3},
                                                {NV_SASS_UIMAD, exec_uimad},
                                                {NV_SASS_ULEA, exec_ulea},
                                                {NV_SASS_ULOP3, exec_ulop3},
                                                {NV_SASS_USHF, exec_ushf},
                                                {NV_SASS_UPRMT, exec_uprmt},
                                                {NV_SASS_USEL, exec_usel},
                                                {NV_SASS_UISETP, exec_uisetp},
                                                {NV_SASS_UPLOP3, exec_uplop3},
                                                {NV_SASS_USGXT, exec_usgxt},
                                                {NV_SASS_UBMSK, exec_ubmsk},
                                                {NV_SASS_UFLO, exec_uflo},
                                                {NV_SASS_UBREV, exec_ubrev},
                                                {NV_SASS_UPOPC, exec_upopc},
                                                {NV_SASS_VOTEU, exec_voteu},
                                                {NV_SASS_R2UR, exec_r2ur},
                                                {NV_SASS_UIMAD_WIDE, exec_uimad_wide},
                                                {0, NULL}};
