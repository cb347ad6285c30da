/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Bit operations: logic tables, shifts, byte permutes, bit counts, predicate logic.
 */
#include "exec.h"

#define LANES for (unsigned l = 0; l < SM_LANES; l++)

/* Bit i of the table answers for i = a * 4 + b * 2 + c. */
static uint32_t lut3(unsigned table, uint32_t a, uint32_t b, uint32_t c)
{
    uint32_t out = 0;
    if (table & 0x01)
        out |= ~a & ~b & ~c;
    if (table & 0x02)
        out |= ~a & ~b & c;
    if (table & 0x04)
        out |= ~a & b & ~c;
    if (table & 0x08)
        out |= ~a & b & c;
    if (table & 0x10)
        out |= a & ~b & ~c;
    if (table & 0x20)
        out |= a & ~b & c;
    if (table & 0x40)
        out |= a & b & ~c;
    if (table & 0x80)
        out |= a & b & c;
    return out;
}

static bool exec_lop3(struct sm_ctx *x)
{
    const uint32_t *a = sm_src(x, NV_SASS_A), *b = sm_src(x, NV_SASS_B), *c = sm_src(x, NV_SASS_C);
    unsigned table = (unsigned)x->s->o[NV_SASS_LUT].imm;
    uint32_t out[SM_LANES], nonzero = 0, in = sm_psrc(x, NV_SASS_PA);
    switch (table) {
    case 0xc0:
        LANES out[l] = a[l] & b[l];
        break;
    case 0xfc:
        LANES out[l] = a[l] | b[l];
        break;
    case 0x3c:
        LANES out[l] = a[l] ^ b[l];
        break;
    default:
        LANES out[l] = lut3(table, a[l], b[l], c[l]);
        break;
    }
    LANES nonzero |= (uint32_t)(out[l] != 0) << l;
    sm_dst(x, out);
    sm_pdst(x, NV_SASS_PD, sm_mod(x, NV_SASS_MOD_PAND) ? nonzero & in : nonzero | in);
    return true;
}

static bool exec_plop3(struct sm_ctx *x)
{
    uint32_t a = sm_psrc(x, NV_SASS_PA), b = sm_psrc(x, NV_SASS_PB), c = sm_psrc(x, NV_SASS_PC);
    uint32_t first = lut3((unsigned)x->s->o[NV_SASS_LUT].imm, a, b, c);
    uint32_t second = lut3((unsigned)x->s->o[NV_SASS_LUT2].imm, a, b, c);
    sm_pdst(x, NV_SASS_PQ, second);
    sm_pdst(x, NV_SASS_PD, first);
    return true;
}

/* Funnel shift of high:low. 64-bit types shift the pair, 32-bit ones too but with a count of at
 * most 32. */
static uint32_t funnel(uint32_t low, uint32_t high, uint32_t count, unsigned type, bool right,
                       bool hi, bool wrap)
{
    bool wide = type == NV_SASS_SHIFT_S64 || type == NV_SASS_SHIFT_U64;
    bool fill = right && (type == NV_SASS_SHIFT_S64 || type == NV_SASS_SHIFT_S32);
    uint32_t width = wide ? 64 : 32;
    uint64_t pair = (uint64_t)high << 32 | low, out;
    count = wrap ? count % width : count > width ? width : count;
    if (right)
        out = count >= 64 ? (fill && high >> 31 ? UINT64_MAX : 0)
              : fill      ? (uint64_t)((int64_t)pair >> count)
                          : pair >> count;
    else
        out = count >= 64 ? 0 : pair << count;
    return hi ? (uint32_t)(out >> 32) : (uint32_t)out;
}

static bool exec_shf(struct sm_ctx *x)
{
    const uint32_t *a = sm_src(x, NV_SASS_A), *b = sm_src(x, NV_SASS_B), *c = sm_src(x, NV_SASS_C);
    unsigned type = sm_mod(x, NV_SASS_MOD_SHIFT);
    bool right = sm_mod(x, NV_SASS_MOD_DIR) == NV_SASS_DIR_R, hi = sm_mod(x, NV_SASS_MOD_HI),
         wrap = sm_mod(x, NV_SASS_MOD_W);
    uint32_t out[SM_LANES];
    LANES out[l] = funnel(a[l], c[l], b[l], type, right, hi, wrap);
    sm_dst(x, out);
    return true;
}

static uint32_t permute(uint32_t a, uint32_t b, uint32_t c, unsigned mode)
{
    uint64_t bytes = (uint64_t)c << 32 | a;
    uint32_t out = 0, n = b & 3;
    for (unsigned k = 0; k < 4; k++) {
        uint32_t pick = b >> (k * 4) & 15;
        switch (mode) {
        case NV_SASS_PMODE_F4E:
            pick = n + k;
            break;
        case NV_SASS_PMODE_B4E:
            pick = (n + 8 - k) & 7;
            break;
        case NV_SASS_PMODE_RC8:
            pick = n;
            break;
        case NV_SASS_PMODE_ECL:
            pick = k > n ? k : n;
            break;
        case NV_SASS_PMODE_ECR:
            pick = k < n ? k : n;
            break;
        case NV_SASS_PMODE_RC16:
            pick = (n & 1) * 2 + (k & 1);
            break;
        default:
            break;
        }
        uint32_t byte = (uint32_t)(bytes >> ((pick & 7) * 8)) & 255;
        if (mode == NV_SASS_PMODE_INDEX && (pick & 8))
            byte = byte & 0x80 ? 255 : 0;
        out |= byte << (k * 8);
    }
    return out;
}

static bool exec_prmt(struct sm_ctx *x)
{
    const uint32_t *a = sm_src(x, NV_SASS_A), *b = sm_src(x, NV_SASS_B), *c = sm_src(x, NV_SASS_C);
    unsigned mode = sm_mod(x, NV_SASS_MOD_PMODE);
    uint32_t out[SM_LANES];
    LANES out[l] = permute(a[l], b[l], c[l], mode);
    sm_dst(x, out);
    return true;
}

static bool exec_sgxt(struct sm_ctx *x)
{
    const uint32_t *a = sm_src(x, NV_SASS_A), *b = sm_src(x, NV_SASS_B);
    bool s = sm_mod(x, NV_SASS_MOD_SIGN) == NV_SASS_SIGN_S32, wrap = sm_mod(x, NV_SASS_MOD_W);
    uint32_t out[SM_LANES];
    LANES
    {
        uint32_t bits = wrap ? b[l] & 31 : b[l] > 32 ? 32 : b[l];
        if (!bits)
            out[l] = 0;
        else if (s)
            out[l] = (uint32_t)((int32_t)(a[l] << (32 - bits)) >> (32 - bits));
        else
            out[l] = a[l] << (32 - bits) >> (32 - bits);
    }
    sm_dst(x, out);
    return true;
}

static bool exec_bmsk(struct sm_ctx *x)
{
    const uint32_t *a = sm_src(x, NV_SASS_A), *b = sm_src(x, NV_SASS_B);
    bool wrap = sm_mod(x, NV_SASS_MOD_W);
    uint32_t out[SM_LANES];
    LANES
    {
        uint32_t at = wrap        ? a[l] & 31
                      : a[l] > 32 ? 32
                                  : a[l],
                 bits = wrap        ? b[l] & 31
                        : b[l] > 32 ? 32
                                    : b[l];
        out[l] = (uint32_t)(((UINT64_C(1) << bits) - 1) << at);
    }
    sm_dst(x, out);
    return true;
}

static bool exec_flo(struct sm_ctx *x)
{
    const uint32_t *b = sm_src(x, NV_SASS_B);
    bool s = sm_mod(x, NV_SASS_MOD_SIGN) == NV_SASS_SIGN_S32, sh = sm_mod(x, NV_SASS_MOD_SH);
    uint32_t out[SM_LANES], found = 0;
    LANES
    {
        uint32_t v = s && b[l] >> 31 ? ~b[l] : b[l];
        uint32_t at = v ? 31u - (uint32_t)__builtin_clz(v) : SM_ALL;
        found |= (uint32_t)(v != 0) << l;
        out[l] = v && sh ? 31 - at : at;
    }
    sm_dst(x, out);
    sm_pdst(x, NV_SASS_PD, found);
    return true;
}

static uint32_t reverse(uint32_t v)
{
    v = (v >> 1 & 0x55555555) | (v & 0x55555555) << 1;
    v = (v >> 2 & 0x33333333) | (v & 0x33333333) << 2;
    v = (v >> 4 & 0x0f0f0f0f) | (v & 0x0f0f0f0f) << 4;
    return __builtin_bswap32(v);
}

static bool exec_brev(struct sm_ctx *x)
{
    const uint32_t *b = sm_src(x, NV_SASS_B);
    uint32_t out[SM_LANES];
    LANES out[l] = reverse(b[l]);
    sm_dst(x, out);
    return true;
}

static bool exec_popc(struct sm_ctx *x)
{
    const uint32_t *b = sm_src(x, NV_SASS_B);
    uint32_t out[SM_LANES];
    LANES out[l] = (uint32_t)__builtin_popcount(b[l]);
    sm_dst(x, out);
    return true;
}

static bool exec_p2r(struct sm_ctx *x)
{
    const uint32_t *a = sm_src(x, NV_SASS_A), *b = sm_src(x, NV_SASS_B);
    unsigned at = sm_mod(x, NV_SASS_MOD_BYTE) * 8;
    uint32_t out[SM_LANES];
    LANES
    {
        uint32_t preds = 0, mask = (b[l] & 255) << at;
        for (unsigned n = 0; n < 8; n++)
            preds |= (x->w->p[n] >> l & 1) << n;
        preds &= 0x7f;
        out[l] = (a[l] & ~mask) | (preds << at & mask);
    }
    sm_dst(x, out);
    return true;
}

static bool exec_r2p(struct sm_ctx *x)
{
    const uint32_t *a = sm_src(x, NV_SASS_A), *b = sm_src(x, NV_SASS_B);
    unsigned at = sm_mod(x, NV_SASS_MOD_BYTE) * 8;
    SM_FOR_LANES(l, x->mask)
    {
        for (unsigned n = 0; n < 7; n++)
            if (b[l] >> n & 1)
                x->w->p[n] = (x->w->p[n] & ~(1u << l)) | (a[l] >> (at + n) & 1) << l;
    }
    return true;
}

const struct sm_exec_entry sm_exec_bits[] = {
    {NV_SASS_LOP3, exec_lop3}, {NV_SASS_PLOP3, exec_plop3}, {NV_SASS_SHF, exec_shf},
    {NV_SASS_PRMT, exec_prmt}, {NV_SASS_SGXT, exec_sgxt},   {NV_SASS_BMSK, exec_bmsk},
    {NV_SASS_FLO, exec_flo},   {NV_SASS_BREV, exec_brev},   {NV_SASS_POPC, exec_popc},
    {NV_SASS_P2R, exec_p2r},   {NV_SASS_R2P, exec_r2p},     {0, NULL}};
