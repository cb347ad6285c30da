/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Control flow: branches, calls, convergence barriers, CTA barriers, exit. A taken branch of a part
 * of the active lanes splits the group; the lanes that go on come first.
 */
#include "exec.h"

static uint64_t target_of(const struct sm_ctx *x)
{
    return x->pc + NV_SASS_BYTES + (uint64_t)x->s->o[NV_SASS_OFFSET].imm;
}

/* `taken` of the active lanes go to pc, the others stay. */
static void go(struct sm_ctx *x, uint32_t taken, uint64_t pc)
{
    struct sm_warp *w = x->w;
    if (taken == w->active) {
        x->next_pc = pc;
        return;
    }
    SM_FOR_LANES(l, taken)
    w->lane_pc[l] = pc;
    w->active &= ~taken;
}

static bool exec_bra(struct sm_ctx *x)
{
    uint32_t taken = x->mask & sm_psrc(x, NV_SASS_PA);
    if (x->s->o[NV_SASS_PB].kind == NV_SASS_UPRED && !sm_upsrc(x, NV_SASS_PB))
        taken = 0;
    if (taken)
        go(x, taken, target_of(x));
    return true;
}

/* Each lane goes to its own address: one group per distinct target. */
static bool go_per_lane(struct sm_ctx *x, uint32_t lanes, const uint64_t target[SM_LANES])
{
    uint64_t first;
    if (!lanes)
        return true;
    first = target[__builtin_ctz(lanes)];
    SM_FOR_LANES(l, lanes)
    {
        x->w->lane_pc[l] = target[l];
        if (target[l] != first) {
            x->w->active &= ~(1u << l);
            lanes &= ~(1u << l);
        }
    }
    go(x, lanes, first);
    return true;
}

static bool indirect(struct sm_ctx *x, bool relative)
{
    uint64_t target[SM_LANES];
    uint64_t base = relative ? target_of(x) : (uint64_t)x->s->o[NV_SASS_OFFSET].imm;
    sm_src64(x, NV_SASS_A, target);
    for (unsigned l = 0; l < SM_LANES; l++)
        target[l] += base;
    return go_per_lane(x, x->mask & sm_psrc(x, NV_SASS_PA), target);
}

static bool exec_brx(struct sm_ctx *x)
{
    return indirect(x, true);
}

static bool exec_jmp(struct sm_ctx *x)
{
    uint32_t taken = x->mask & sm_psrc(x, NV_SASS_PA);
    if (taken)
        go(x, taken, (uint64_t)x->s->o[NV_SASS_OFFSET].imm);
    return true;
}

static bool exec_call_abs(struct sm_ctx *x)
{
    return indirect(x, false);
}

static bool exec_call_rel(struct sm_ctx *x)
{
    if (x->s->o[NV_SASS_A].kind == NV_SASS_REG)
        return indirect(x, true);
    return exec_bra(x);
}

static bool exec_ret(struct sm_ctx *x)
{
    return indirect(x, sm_mod(x, NV_SASS_MOD_RET) == NV_SASS_RET_REL);
}

static bool exec_exit(struct sm_ctx *x)
{
    struct sm_warp *w = x->w;
    uint32_t lanes = x->mask & sm_psrc(x, NV_SASS_PA);
    if (!lanes)
        return true;
    for (unsigned b = 0; b < 16; b++)
        w->cbar[b] &= ~lanes;
    sm_warp_block(x, lanes, SM_LANE_EXITED, x->next_pc);
    sm_barrier_release_all(w->cta);
    return true;
}

static bool exec_bssy(struct sm_ctx *x)
{
    unsigned b = x->s->o[NV_SASS_CB].reg;
    uint32_t lanes = x->mask & sm_psrc(x, NV_SASS_PA);
    if (!lanes)
        return true;
    if ((x->w->cbar_valid >> b & 1) && (x->w->cbar[b] & lanes))
        return sm_fault(x, -1, "BSSY of B%u, which lanes 0x%08x still hold", b, x->w->cbar[b]);
    if (x->w->cbar_valid >> b & 1)
        return sm_fault(x, -1, "BSSY of B%u while other lanes use it", b);
    x->w->cbar[b] = lanes;
    x->w->cbar_target[b] = target_of(x);
    x->w->cbar_valid |= (uint16_t)(1u << b);
    return true;
}

static bool exec_bsync(struct sm_ctx *x)
{
    unsigned b = x->s->o[NV_SASS_CB].reg;
    uint32_t lanes = x->mask & sm_psrc(x, NV_SASS_PA);
    if (!lanes)
        return true;
    if (!(x->w->cbar_valid >> b & 1) || (lanes & ~x->w->cbar[b]))
        return sm_fault(x, __builtin_ctz(lanes), "BSYNC of B%u without BSSY", b);
    if (lanes == x->w->cbar[b] && lanes == x->w->active) {
        /* Everybody is here: no need to go through the waiting states. */
        x->next_pc = x->w->cbar_target[b] ? x->w->cbar_target[b] : x->next_pc;
        x->w->cbar[b] = 0;
        x->w->cbar_valid &= (uint16_t) ~(1u << b);
        return true;
    }
    SM_FOR_LANES(l, lanes)
    x->w->lane_barrier[l] = (uint8_t)b;
    sm_warp_block(x, lanes, SM_LANE_CONVERGE, x->next_pc);
    return true;
}

static bool exec_break(struct sm_ctx *x)
{
    unsigned b = x->s->o[NV_SASS_CB].reg;
    uint32_t lanes = x->mask & sm_psrc(x, NV_SASS_PA);
    if (!(x->w->cbar_valid >> b & 1))
        return !lanes || sm_fault(x, -1, "BREAK of B%u without BSSY", b);
    x->w->cbar[b] &= ~lanes;
    if (!x->w->cbar[b])
        x->w->cbar_valid &= (uint16_t) ~(1u << b);
    sm_warp_release(x->w);
    return true;
}

static bool exec_bmov(struct sm_ctx *x)
{
    unsigned b = x->s->o[NV_SASS_CB].reg;
    if (x->s->o[NV_SASS_D].kind == NV_SASS_REG) {
        uint32_t value[SM_LANES];
        for (unsigned l = 0; l < SM_LANES; l++)
            value[l] = x->w->cbar[b];
        sm_dst(x, value);
        if (sm_mod(x, NV_SASS_MOD_CLEAR)) {
            x->w->cbar[b] = 0;
            x->w->cbar_valid &= (uint16_t) ~(1u << b);
        }
        return true;
    }
    if (!x->mask)
        return true;
    x->w->cbar[b] = sm_src(x, NV_SASS_B)[__builtin_ctz(x->mask)] & x->w->exists;
    x->w->cbar_target[b] = 0;
    x->w->cbar_valid = (uint16_t)((x->w->cbar_valid & ~(1u << b)) | (x->w->cbar[b] ? 1u << b : 0));
    return true;
}

static bool exec_warpsync(struct sm_ctx *x)
{
    uint32_t lanes = x->mask & sm_psrc(x, NV_SASS_PA);
    bool all = x->s->o[NV_SASS_B].kind == NV_SASS_NONE;
    const uint32_t *mask = all ? NULL : sm_src(x, NV_SASS_B);
    SM_FOR_LANES(l, lanes)
    {
        x->w->lane_mask[l] = all ? SM_ALL : mask[l];
        if (!(x->w->lane_mask[l] >> l & 1))
            return sm_fault_warp(x, (int)l, NV_SM_WARP_ERROR_ILLEGAL_INSTR_PARAM,
                                 "WARPSYNC mask 0x%08x lacks the lane itself", x->w->lane_mask[l]);
    }
    if (lanes)
        sm_warp_block(x, lanes, SM_LANE_WARPSYNC, x->next_pc);
    return true;
}

static bool barrier_index(struct sm_ctx *x, unsigned *index)
{
    if (x->s->o[NV_SASS_LUT].kind == NV_SASS_IMM)
        *index = (unsigned)x->s->o[NV_SASS_LUT].imm;
    else
        *index = sm_src(x, NV_SASS_B)[__builtin_ctz(x->mask)] &
                 15; /* row 31d and 51d: low bits of the register */
    if (*index >= SM_BARRIERS || *index >= x->grid->desc.barrier_count)
        return sm_fault_warp(x, -1, NV_SM_WARP_ERROR_ILLEGAL_INSTR_PARAM,
                             "BAR %u, but the grid was launched with %u barriers", *index,
                             x->grid->desc.barrier_count);
    return true;
}

/* How many threads the barrier waits for: an immediate, bits of the register; 0: all of the CTA. */
static uint32_t barrier_threads(struct sm_ctx *x)
{
    if (x->s->o[NV_SASS_LUT2].kind == NV_SASS_IMM)
        return (uint32_t)x->s->o[NV_SASS_LUT2].imm;
    if (x->s->o[NV_SASS_B].kind == NV_SASS_REG)
        return sm_src(x, NV_SASS_B)[__builtin_ctz(x->mask)] & 0xfff;
    return 0;
}

/* A whole warp arrives at a barrier, so partial warps count as 32 threads of the expected number.
 */
static uint32_t arriving(const struct sm_ctx *x)
{
    return (uint32_t)__builtin_popcount(x->mask);
}

static bool arrive(struct sm_ctx *x, struct sm_barrier *bar, unsigned index, unsigned mode)
{
    uint32_t given = barrier_threads(x), threads = given ? given : x->w->cta->threads;
    if (bar->expected && bar->expected != threads)
        return sm_fault(x, -1, "BAR %u awaits %u threads here and %u elsewhere", index, threads,
                        bar->expected);
    bar->expected = threads;
    bar->whole = !given;
    bar->arrived += arriving(x);
    if (mode != NV_SASS_BAR_ARV)
        bar->mode = (uint8_t)mode;
    bar->votes += (uint32_t)__builtin_popcount(x->mask & sm_psrc(x, NV_SASS_PA));
    return bar->arrived <= bar->expected ||
           sm_fault(x, -1, "BAR %u: %u threads arrived, %u expected", index, bar->arrived,
                    bar->expected);
}

static bool exec_bar(struct sm_ctx *x)
{
    unsigned index, mode = sm_mod(x, NV_SASS_MOD_BAR);
    struct sm_barrier *bar;
    if (!x->mask)
        return true;
    if (mode == NV_SASS_BAR_SCAN || mode == NV_SASS_BAR_SYNCALL)
        return sm_fault(x, -1, "BAR.SCAN and .SYNCALL: not supported");
    if (!barrier_index(x, &index))
        return false;
    bar = &x->w->cta->bar[index];
    if (!arrive(x, bar, index, mode))
        return false;
    if (mode != NV_SASS_BAR_ARV) {
        SM_FOR_LANES(l, x->mask)
        x->w->lane_barrier[l] = (uint8_t)index;
        sm_warp_block(x, x->mask, SM_LANE_BAR, x->next_pc);
    }
    sm_barrier_release(x->w->cta, index);
    return true;
}

/* The result of BAR.RED, and whether it is not zero. */
static bool exec_b2r(struct sm_ctx *x)
{
    uint32_t value[SM_LANES], result = x->w->bar_result;
    if (sm_mod(x, NV_SASS_MOD_B2R) != NV_SASS_B2R_RESULT)
        return sm_fault(x, -1, "B2R of barrier registers: not supported");
    for (unsigned l = 0; l < SM_LANES; l++)
        value[l] = result;
    sm_dst(x, value);
    sm_pdst(x, NV_SASS_PD, result ? SM_ALL : 0);
    return true;
}

static bool exec_yield(struct sm_ctx *x)
{
    x->w->slice = 1;
    return true;
}

static bool exec_nothing(struct sm_ctx *x)
{
    (void)x;
    return true;
}

static bool exec_bpt(struct sm_ctx *x)
{
    return !x->mask ||
           sm_fault_warp(x, -1, NV_SM_WARP_ERROR_ILLEGAL_INSTR_ENCODING, "breakpoint or trap");
}

static bool exec_lepc(struct sm_ctx *x)
{
    uint64_t value[SM_LANES];
    for (unsigned l = 0; l < SM_LANES; l++)
        value[l] = x->pc;
    sm_dst64(x, value);
    return true;
}

const struct sm_exec_entry sm_exec_control[] = {
    {NV_SASS_BRA, exec_bra},           {NV_SASS_BRX, exec_brx},
    {NV_SASS_JMP, exec_jmp},           {NV_SASS_CALL_ABS, exec_call_abs},
    {NV_SASS_CALL_REL, exec_call_rel}, {NV_SASS_RET, exec_ret},
    {NV_SASS_EXIT, exec_exit},         {NV_SASS_BSSY, exec_bssy},
    {NV_SASS_BSYNC, exec_bsync},       {NV_SASS_BREAK, exec_break},
    {NV_SASS_BMOV, exec_bmov},         {NV_SASS_WARPSYNC, exec_warpsync},
    {NV_SASS_BAR, exec_bar},           {NV_SASS_B2R, exec_b2r},
    {NV_SASS_YIELD, exec_yield},       {NV_SASS_NANOSLEEP, exec_yield},
    {NV_SASS_NOP, exec_nothing},       {NV_SASS_DEPBAR, exec_nothing},
    {NV_SASS_MEMBAR, exec_nothing},    {NV_SASS_CCTL, exec_nothing},
    {NV_SASS_ERRBAR, exec_nothing},    {NV_SASS_BPT, exec_bpt},
    {NV_SASS_LEPC, exec_lepc},         {0, NULL}};
