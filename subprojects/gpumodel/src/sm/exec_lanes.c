/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Operations across lanes (votes, shuffles, matches, reductions) and special registers.
 */
#include "exec.h"

#define LANES for (unsigned l = 0; l < SM_LANES; l++)

static bool exec_vote(struct sm_ctx *x)
{
    uint32_t votes = sm_psrc(x, NV_SASS_PA) & x->mask, out[SM_LANES];
    unsigned mode = sm_mod(x, NV_SASS_MOD_VOTE);
    bool held = mode == NV_SASS_VOTE_ANY   ? votes != 0
                : mode == NV_SASS_VOTE_ALL ? votes == x->mask
                                           : votes == 0 || votes == x->mask;
    LANES out[l] = votes;
    sm_dst(x, out);
    sm_pdst(x, NV_SASS_PD, held ? SM_ALL : 0);
    return true;
}

/* c: bits 0..4 clamp, 8..12 segment mask. A lane that does not take part gives zero. */
static bool exec_shfl(struct sm_ctx *x)
{
    const uint32_t *a = sm_src(x, NV_SASS_A), *b = sm_src(x, NV_SASS_B), *c = sm_src(x, NV_SASS_C);
    unsigned mode = sm_mod(x, NV_SASS_MOD_SHFL);
    uint32_t out[SM_LANES], in_range = 0;
    LANES
    {
        uint32_t lane = b[l] & 31, clamp = c[l] & 31, segment = c[l] >> 8 & 31;
        int32_t least = (int32_t)(l & segment),
                most = (int32_t)((l & segment) | (clamp & ~segment)), from;
        bool ok;
        switch (mode) {
        case NV_SASS_SHFL_UP:
            from = (int32_t)l - (int32_t)lane;
            ok = from >= most;
            break;
        case NV_SASS_SHFL_DOWN:
            from = (int32_t)(l + lane);
            ok = from <= most;
            break;
        case NV_SASS_SHFL_BFLY:
            from = (int32_t)(l ^ lane);
            ok = from <= most;
            break;
        default:
            from = least | (int32_t)(lane & ~segment);
            ok = from <= most;
            break;
        }
        out[l] = !ok ? a[l] : x->mask >> (from & 31) & 1 ? a[from & 31] : 0;
        in_range |= (uint32_t)ok << l;
    }
    sm_dst(x, out);
    sm_pdst(x, NV_SASS_PD, in_range);
    return true;
}

static bool exec_match(struct sm_ctx *x)
{
    uint64_t value[SM_LANES];
    uint32_t out[SM_LANES] = {0}, same = x->mask;
    if (sm_mod(x, NV_SASS_MOD_U64)) {
        sm_src64(x, NV_SASS_A, value);
    } else {
        const uint32_t *a = sm_src(x, NV_SASS_A);
        LANES value[l] = a[l];
    }
    SM_FOR_LANES(l, x->mask)
    {
        SM_FOR_LANES(k, x->mask)
        out[l] |= (uint32_t)(value[k] == value[l]) << k;
        if (out[l] != x->mask)
            same = 0;
    }
    if (sm_mod(x, NV_SASS_MOD_MATCH) == NV_SASS_MATCH_ALL) {
        LANES out[l] = same;
        sm_pdst(x, NV_SASS_PD, same ? SM_ALL : 0);
    }
    sm_dst(x, out);
    return true;
}

static uint32_t combine(unsigned op, bool s, uint32_t p, uint32_t q)
{
    switch (op) {
    case NV_SASS_REDUX_OR:
        return p | q;
    case NV_SASS_REDUX_XOR:
        return p ^ q;
    case NV_SASS_REDUX_SUM:
        return p + q;
    case NV_SASS_REDUX_MIN:
        return (s ? (int32_t)p < (int32_t)q : p < q) ? p : q;
    case NV_SASS_REDUX_MAX:
        return (s ? (int32_t)p < (int32_t)q : p < q) ? q : p;
    default:
        return p & q;
    }
}

static bool exec_redux(struct sm_ctx *x)
{
    const uint32_t *a = sm_src(x, NV_SASS_A);
    unsigned op = sm_mod(x, NV_SASS_MOD_REDUX);
    bool s = sm_mod(x, NV_SASS_MOD_SIGN) == NV_SASS_SIGN_S32;
    uint32_t out;
    if (!x->mask)
        return true;
    out = a[__builtin_ctz(x->mask)];
    SM_FOR_LANES(l, x->mask & (x->mask - 1))
    out = combine(op, s, out, a[l]);
    sm_udst(x, 0, out);
    return true;
}

static uint32_t thread_id(const struct sm_ctx *x, uint32_t lane, unsigned axis)
{
    const uint32_t *size = x->grid->desc.cta;
    uint32_t linear = x->w->index * SM_LANES + lane;
    return axis == 0   ? linear % size[0]
           : axis == 1 ? linear / size[0] % size[1]
                       : linear / size[0] / size[1];
}

static bool special_register(struct sm_ctx *x, unsigned number, uint32_t l, uint32_t *value)
{
    switch (number) {
    case NV_SASS_SR_LANEID:
        *value = l;
        return true;
    case NV_SASS_SR_TID_X:
    case NV_SASS_SR_TID_X + 1:
    case NV_SASS_SR_TID_Z:
        *value = thread_id(x, l, number - NV_SASS_SR_TID_X);
        return true;
    case NV_SASS_SR_CTAID_X:
    case NV_SASS_SR_CTAID_X + 1:
    case NV_SASS_SR_CTAID_Z:
        *value = x->w->cta->id[number - NV_SASS_SR_CTAID_X];
        return true;
    case NV_SASS_SR_SMEMSZ:
        *value = x->grid->desc.shared_bytes;
        return true;
    case NV_SASS_SR_SWINSZ:
    case NV_SASS_SR_LMEMHIOFF:
        *value = SM_WINDOW_BYTES;
        return true;
    case NV_SASS_SR_LMEMLOSZ:
        *value = x->grid->desc.local_bytes;
        return true;
    case NV_SASS_SR_NTID: /* of all dimensions */
        *value = x->grid->desc.cta[0] * x->grid->desc.cta[1] * x->grid->desc.cta[2];
        return true;
    case NV_SASS_SR_EQMASK:
        *value = 1u << l;
        return true;
    case NV_SASS_SR_LTMASK:
        *value = (1u << l) - 1;
        return true;
    case NV_SASS_SR_LEMASK:
        *value = (2u << l) - 1;
        return true;
    case NV_SASS_SR_GTMASK:
        *value = ~((2u << l) - 1);
        return true;
    case NV_SASS_SR_GEMASK:
        *value = ~((1u << l) - 1);
        return true;
    case NV_SASS_SR_VIRTCFG:
        *value = 1u << 20; /* one SM */
        return true;
    case NV_SASS_SR_VIRTID:
        *value = (x->w->index & 0x7f) << 8;
        return true;
    case NV_SASS_SR_VIRTUALSMID:
    case NV_SASS_SR_ZERO:
        *value = 0;
        return true;
    case NV_SASS_SR_CLOCKLO:
        *value = (uint32_t)x->w->cycle;
        return true;
    case NV_SASS_SR_CLOCKHI:
        *value = (uint32_t)(x->w->cycle >> 32);
        return true;
    case NV_SASS_SR_GLOBALTIMERLO:
        *value = (uint32_t)x->grid->m->time_ns;
        return true;
    case NV_SASS_SR_GLOBALTIMERHI:
        *value = (uint32_t)(x->grid->m->time_ns >> 32);
        return true;
    default:
        return sm_fault(x, (int)l, "special register 0x%02x: not supported", number);
    }
}

static bool exec_s2r(struct sm_ctx *x)
{
    uint32_t out[SM_LANES] = {0};
    SM_FOR_LANES(l, x->mask)
    if (!special_register(x, sm_mod(x, NV_SASS_MOD_SR), l, &out[l]))
        return false;
    sm_dst(x, out);
    return true;
}

static bool exec_s2ur(struct sm_ctx *x)
{
    uint32_t value = 0;
    if (!x->mask)
        return true;
    if (!special_register(x, sm_mod(x, NV_SASS_MOD_SR), (uint32_t)__builtin_ctz(x->mask), &value))
        return false;
    sm_udst(x, 0, value);
    return true;
}

static bool exec_cs2r(struct sm_ctx *x)
{
    uint64_t out[SM_LANES] = {0};
    unsigned number = sm_mod(x, NV_SASS_MOD_SR);
    if (!sm_mod(x, NV_SASS_MOD_B64))
        return exec_s2r(x);
    SM_FOR_LANES(l, x->mask)
    {
        uint32_t low = 0, high = 0;
        if (!special_register(x, number, l, &low) ||
            (number != NV_SASS_SR_ZERO && !special_register(x, number + 1, l, &high)))
            return false;
        out[l] = (uint64_t)high << 32 | low;
    }
    sm_dst64(x, out);
    return true;
}

const struct sm_exec_entry sm_exec_lanes[] = {
    {NV_SASS_VOTE, exec_vote},   {NV_SASS_SHFL, exec_shfl},
    {NV_SASS_MATCH, exec_match}, {NV_SASS_REDUX, exec_redux},
    {NV_SASS_S2R, exec_s2r},     {NV_SASS_S2UR, exec_s2ur},
    {NV_SASS_CS2R, exec_cs2r},   {0, NULL}};
