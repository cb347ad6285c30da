/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Lane groups of a warp. Lanes with the same program counter that can run form a group; a group
 * runs until it blocks, ends, splits or has used its slice, then the next one (in lane order, round
 * robin) gets its turn. Blocked lanes become runnable when the barrier they wait for has all its
 * lanes.
 */
#include "sm.h"

static uint32_t lanes_in(const struct sm_warp *w, enum sm_lane_state state)
{
    uint32_t lanes = 0;
    for (unsigned l = 0; l < SM_LANES; l++)
        lanes |= (uint32_t)(w->lane_state[l] == state) << l;
    return lanes & w->exists;
}

static void make_runnable(struct sm_warp *w, uint32_t lanes, uint64_t pc)
{
    SM_FOR_LANES(l, lanes)
    {
        w->lane_state[l] = SM_LANE_RUN;
        w->lane_pc[l] = pc;
    }
}

/* Convergence barriers whose remaining lanes have all arrived. Lanes that ended were taken out by
 * EXIT. */
static void release_convergence(struct sm_warp *w, uint32_t waiting)
{
    for (unsigned b = 0; b < 16 && waiting; b++) {
        uint32_t here = 0;
        SM_FOR_LANES(l, waiting)
        here |= (uint32_t)(w->lane_barrier[l] == b) << l;
        if (!here || (w->cbar[b] & ~here))
            continue;
        uint64_t target = w->cbar_target[b];
        SM_FOR_LANES(l, here)
        make_runnable(w, 1u << l, target ? target : w->lane_pc[l]);
        w->cbar[b] = 0;
        w->cbar_valid &= (uint16_t) ~(1u << b);
        waiting &= ~here;
    }
}

static void release_warpsync(struct sm_warp *w, uint32_t waiting, uint32_t ended)
{
    SM_FOR_LANES(l, waiting)
    {
        uint32_t need = w->lane_mask[l] & w->exists & ~ended, here = 0;
        SM_FOR_LANES(k, waiting)
        here |= (uint32_t)(w->lane_pc[k] == w->lane_pc[l] && w->lane_mask[k] == w->lane_mask[l])
                << k;
        if (!(need & ~here)) {
            make_runnable(w, here, w->lane_pc[l]);
            return;
        }
    }
}

void sm_warp_release(struct sm_warp *w)
{
    uint32_t converge = lanes_in(w, SM_LANE_CONVERGE), sync = lanes_in(w, SM_LANE_WARPSYNC);
    if (converge)
        release_convergence(w, converge);
    if (sync)
        release_warpsync(w, sync, lanes_in(w, SM_LANE_EXITED));
}

bool sm_warp_choose(struct sm_warp *w)
{
    uint32_t ready;
    SM_FOR_LANES(l, w->active)
    w->lane_pc[l] = w->pc;
    w->active = 0;
    sm_warp_release(w);
    ready = lanes_in(w, SM_LANE_RUN);
    if (!ready)
        return false;
    unsigned first = w->rotate % SM_LANES;
    uint32_t turned = first ? ready >> first | ready << (SM_LANES - first) : ready;
    first = (first + (unsigned)__builtin_ctz(turned)) % SM_LANES;
    w->pc = w->lane_pc[first];
    SM_FOR_LANES(l, ready)
    w->active |= (uint32_t)(w->lane_pc[l] == w->pc) << l;
    w->rotate = first + 1;
    w->slice = SM_SLICE;
    return true;
}

void sm_warp_block(struct sm_ctx *x, uint32_t lanes, enum sm_lane_state state, uint64_t resume_pc)
{
    SM_FOR_LANES(l, lanes)
    {
        x->w->lane_state[l] = (uint8_t)state;
        x->w->lane_pc[l] = resume_pc;
    }
    x->w->active &= ~lanes;
    x->switch_lanes = true;
}

static uint32_t ended_threads(const struct sm_cta *cta)
{
    uint32_t count = 0;
    for (unsigned n = 0; n < cta->warp_count; n++)
        count += (uint32_t)__builtin_popcount(lanes_in(&cta->warps[n], SM_LANE_EXITED));
    return count;
}

/* What BAR.RED gives: a count, or all or no bits. */
static uint32_t barrier_result(const struct sm_barrier *bar)
{
    switch (bar->mode) {
    case NV_SASS_BAR_RED_POPC:
        return bar->votes;
    case NV_SASS_BAR_RED_AND:
        return bar->votes == bar->arrived ? SM_ALL : 0;
    default:
        return bar->votes ? SM_ALL : 0;
    }
}

/* BAR: all lanes of the CTA that wait for this barrier go on when enough threads arrived. */
void sm_barrier_release(struct sm_cta *cta, unsigned index)
{
    struct sm_barrier *bar = &cta->bar[index];
    uint32_t result;
    if (!bar->expected || bar->arrived + (bar->whole ? ended_threads(cta) : 0) < bar->expected)
        return;
    result = barrier_result(bar);
    for (unsigned n = 0; n < cta->warp_count; n++) {
        struct sm_warp *w = &cta->warps[n];
        for (unsigned l = 0; l < SM_LANES; l++) {
            if (w->lane_state[l] != SM_LANE_BAR || w->lane_barrier[l] != index)
                continue;
            w->lane_state[l] = SM_LANE_RUN;
            if (bar->mode != NV_SASS_BAR_SYNC)
                w->bar_result = result;
        }
    }
    *bar = (struct sm_barrier){0};
}

void sm_barrier_release_all(struct sm_cta *cta)
{
    for (unsigned index = 0; index < SM_BARRIERS; index++)
        if (cta->bar[index].whole)
            sm_barrier_release(cta, index);
}
