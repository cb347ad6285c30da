/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Grids: launch, CTAs in launch order, a few resident at a time, their warps round robin, each for
 * a slice of instructions. Everything is deterministic.
 */
#include "sm.h"

#include <stdio.h>
#include <stdlib.h>

enum { SM_REG_ROWS = 260 }; /* all registers, so that no width can lead beyond */

bool gpum_sm_create(struct gpum *m)
{
    m->sm = calloc(1, sizeof(*m->sm));
    if (!m->sm)
        return false;
    m->sm->check_control = true;
    return true;
}

void gpum_sm_power_on(struct gpum *m)
{
    sm_code_drop(m->sm);
}

void gpum_sm_destroy(struct gpum *m)
{
    if (!m->sm)
        return;
    sm_code_drop(m->sm);
    free(m->sm);
    m->sm = NULL;
}

void gpum_sm_invalidate(struct gpum *m)
{
    sm_code_drop(m->sm);
}

void gpum_sm_check_control(struct gpum *m, bool on)
{
    m->sm->check_control = on;
}

static const char *refuse(const struct gpum_grid_desc *d)
{
    uint64_t threads = (uint64_t)d->cta[0] * d->cta[1] * d->cta[2];
    if (!threads || threads > 1024 || d->cta[2] > 64)
        return "a CTA must have 1 to 1024 threads and a depth of at most 64";
    if (!d->grid[0] || !d->grid[1] || !d->grid[2] || d->grid[0] > 0x7fffffff ||
        d->grid[1] > 65535 || d->grid[2] > 65535)
        return "grid dimensions out of range";
    if (!d->register_count || d->register_count > 255)
        return "register count out of range";
    if (d->barrier_count > SM_BARRIERS)
        return "more than 16 barriers";
    if (d->shared_bytes > 228 * 1024)
        return "more shared memory than any SM has";
    if (d->local_bytes > 512 * 1024)
        return "more than 512 KiB of local memory per thread";
    if (d->program_va % 128)
        return "program address not aligned to 128 bytes";
    if (threads * d->register_count > 65536)
        return "more registers than an SM has";
    return NULL;
}

struct gpum_grid *gpum_sm_launch(struct gpum *m, const struct gpum_grid_desc *desc, char *reason,
                                 size_t reason_size_bytes)
{
    const char *no = refuse(desc);
    struct gpum_grid *grid = no ? NULL : calloc(1, sizeof(*grid));
    if (!grid) {
        snprintf(reason, reason_size_bytes, "%s", no ? no : "out of memory");
        return NULL;
    }
    grid->m = m;
    grid->desc = *desc;
    grid->drops = m->sm->drops;
    grid->cta_total = (uint64_t)desc->grid[0] * desc->grid[1] * desc->grid[2];
    m->sm->launches++;
    return grid;
}

static void cta_destroy(struct sm_cta *cta)
{
    if (!cta)
        return;
    for (unsigned n = 0; cta->warps && n < cta->warp_count; n++) {
        free(cta->warps[n].r);
        free(cta->warps[n].local);
        sm_check_destroy(cta->warps[n].check);
    }
    free(cta->warps);
    free(cta->shared);
    free(cta);
}

static bool warp_init(struct sm_warp *w, struct sm_cta *cta, unsigned index)
{
    const struct gpum_grid_desc *d = &cta->grid->desc;
    unsigned left = cta->threads - index * SM_LANES;
    w->cta = cta;
    w->index = index;
    w->r = calloc(SM_REG_ROWS, sizeof(*w->r));
    w->check = sm_check_create();
    if (d->local_bytes)
        w->local = calloc(SM_LANES, d->local_bytes);
    if (!w->r || !w->check || (d->local_bytes && !w->local))
        return false;
    /* Registers start with junk, the same on every run, so that reading one too early shows. */
    for (unsigned n = 0; n < SM_REG_ROWS; n++)
        for (unsigned l = 0; l < SM_LANES; l++)
            w->r[n][l] = 0xdead0000u | n << 8 | l;
    w->p[7] = SM_ALL;
    w->up = 0x80;
    w->exists = left >= SM_LANES ? SM_ALL : (1u << left) - 1;
    w->pc = d->program_va;
    w->active = w->exists;
    w->slice = SM_SLICE;
    return true;
}

static struct sm_cta *cta_create(struct gpum_grid *grid, uint64_t linear)
{
    const struct gpum_grid_desc *d = &grid->desc;
    struct sm_cta *cta = calloc(1, sizeof(*cta));
    if (!cta)
        return NULL;
    cta->grid = grid;
    cta->id[0] = (uint32_t)(linear % d->grid[0]);
    cta->id[1] = (uint32_t)(linear / d->grid[0] % d->grid[1]);
    cta->id[2] = (uint32_t)(linear / d->grid[0] / d->grid[1]);
    cta->threads = d->cta[0] * d->cta[1] * d->cta[2];
    cta->warp_count = (cta->threads + SM_LANES - 1) / SM_LANES;
    cta->warps = calloc(cta->warp_count, sizeof(*cta->warps));
    cta->shared = calloc(1, d->shared_bytes + 16u);
    bool ok = cta->warps && cta->shared;
    for (unsigned n = 0; ok && n < cta->warp_count; n++)
        ok = warp_init(&cta->warps[n], cta, n);
    if (!ok) {
        cta_destroy(cta);
        return NULL;
    }
    return cta;
}

/* Keeps SM_RESIDENT_CTAS places filled. */
static void refill(struct gpum_grid *grid)
{
    for (unsigned n = 0; n < SM_RESIDENT_CTAS && grid->next_cta < grid->cta_total; n++) {
        if (grid->cta[n])
            continue;
        grid->cta[n] = cta_create(grid, grid->next_cta);
        if (!grid->cta[n]) {
            snprintf(grid->fault.text, sizeof(grid->fault.text), "out of memory for a CTA");
            grid->state = GPUM_GRID_FAULTED;
            return;
        }
        grid->next_cta++;
        grid->resident++;
    }
}

static bool ready_to_issue(struct sm_ctx *x)
{
    const struct sm_insn *i = x->i;
    const struct gpum_grid_desc *d = &x->grid->desc;
    if (!i->decoded)
        return sm_fault_warp(x, -1, NV_SM_WARP_ERROR_ILLEGAL_INSTR_ENCODING,
                             "no instruction has these bits");
    if (i->illegal)
        return sm_fault_warp(x, -1, NV_SM_WARP_ERROR_ILLEGAL_INSTR_ENCODING, "%s", i->illegal);
    if (!i->exec)
        return sm_fault(x, -1, "operation not supported by the model");
    if (i->reg_limit > d->register_count)
        return sm_fault_warp(x, -1, NV_SM_WARP_ERROR_OOR_REG,
                             "register R%u out of range (%u registers per thread)",
                             i->reg_limit - 1u, d->register_count);
    if (i->misaligned)
        return sm_fault_warp(x, -1, NV_SM_WARP_ERROR_MISALIGNED_REG,
                             "misaligned register of a wide operand");
    return true;
}

static uint32_t guard_mask(const struct sm_warp *w, const struct sm_insn *i)
{
    uint32_t bits = SM_ALL;
    if (i->s.guard != NV_SASS_PT) {
        bool uniform = i->read_count && i->read[0].slot == NV_SASS_SLOT_COUNT &&
                       i->read[0].kind == NV_SASS_UPRED;
        bits = uniform ? (w->up >> i->s.guard & 1 ? SM_ALL : 0) : w->p[i->s.guard];
    }
    return w->active & (i->s.guard_not ? ~bits : bits);
}

/* One instruction of the active lanes. False: the grid faulted. */
static bool issue(struct sm_ctx *x)
{
    struct sm_warp *w = x->w;
    x->pc = w->pc;
    x->next_pc = w->pc + NV_SASS_BYTES;
    x->switch_lanes = false;
    x->i = sm_fetch(x, w->pc);
    if (!x->i)
        return false;
    x->s = &x->i->s;
    if (!ready_to_issue(x))
        return false;
    x->mask = guard_mask(w, x->i);
    if (x->grid->m->sm->check_control && !sm_check_issue(x))
        return false;
    if (!x->i->exec(x) || x->grid->state == GPUM_GRID_FAULTED)
        return false;
    if (x->grid->m->sm->check_control)
        sm_check_retire(x);
    else
        w->cycle += x->s->control.stall ? x->s->control.stall : 1;
    w->instructions++;
    x->grid->m->stats.warp_instructions++;
    x->grid->m->stats.lane_instructions += (uint64_t)__builtin_popcount(x->mask);
    w->pc = x->next_pc;
    return true;
}

/* Up to `budget` instructions of one warp; *used counts them. */
static void run_warp(struct sm_ctx *x, unsigned budget, unsigned *used)
{
    struct sm_warp *w = x->w;
    unsigned turn = 0;
    while (turn < SM_SLICE && *used < budget) {
        if (!w->active || !w->slice) {
            if (!sm_warp_choose(w))
                return;
        }
        turn++;
        (*used)++;
        w->slice--;
        if (!issue(x))
            return;
        if (x->switch_lanes && !w->active && !sm_warp_choose(w))
            return;
    }
}

static uint32_t lanes_left(const struct sm_warp *w)
{
    uint32_t lanes = 0;
    for (unsigned l = 0; l < SM_LANES; l++)
        lanes |= (uint32_t)(w->lane_state[l] != SM_LANE_EXITED) << l;
    return lanes & w->exists;
}

/* After each turn: ended warps, ended CTAs. */
static void settle(struct gpum_grid *grid, unsigned place)
{
    struct sm_cta *cta = grid->cta[place];
    unsigned done = 0;
    for (unsigned n = 0; n < cta->warp_count; n++) {
        struct sm_warp *w = &cta->warps[n];
        if (!w->done && !w->active && !lanes_left(w))
            w->done = true;
        done += w->done;
    }
    if (done < cta->warp_count)
        return;
    cta_destroy(cta);
    grid->cta[place] = NULL;
    grid->resident--;
}

/* Nothing in the whole grid can run: a deadlock that hardware would hang in. */
static void deadlock(struct gpum_grid *grid)
{
    for (unsigned n = 0; n < SM_RESIDENT_CTAS; n++) {
        for (unsigned k = 0; grid->cta[n] && k < grid->cta[n]->warp_count; k++) {
            struct sm_warp *w = &grid->cta[n]->warps[k];
            uint32_t left = lanes_left(w);
            if (!left)
                continue;
            int lane = __builtin_ctz(left);
            static const char *const waits[] = {"", "", "a convergence barrier", "WARPSYNC", "BAR"};
            struct sm_ctx x = {.grid = grid, .w = w, .pc = w->lane_pc[lane] - NV_SASS_BYTES};
            x.i = sm_fetch(&x, x.pc);
            x.s = x.i ? &x.i->s : NULL;
            sm_fault(&x, lane, "deadlock: lanes 0x%08x wait, the first for %s", left,
                     waits[w->lane_state[lane] % 5]);
            return;
        }
    }
}

static bool run_place(struct gpum_grid *grid, unsigned place, unsigned budget, unsigned *used)
{
    struct sm_cta *cta = grid->cta[place];
    struct sm_ctx x = {.grid = grid};
    unsigned before = *used;
    for (unsigned n = 0; n < cta->warp_count && *used < budget; n++) {
        x.w = &cta->warps[(n + grid->turn_warp) % cta->warp_count];
        if (x.w->done)
            continue;
        run_warp(&x, budget, used);
        if (grid->state == GPUM_GRID_FAULTED)
            return true;
    }
    grid->turn_warp++;
    settle(grid, place);
    return *used > before || !grid->cta[place];
}

/* Decoded code was thrown away since the last step. */
static void forget_blocks(struct gpum_grid *grid)
{
    for (unsigned n = 0; n < SM_RESIDENT_CTAS; n++)
        for (unsigned k = 0; grid->cta[n] && k < grid->cta[n]->warp_count; k++)
            grid->cta[n]->warps[k].block = NULL;
    grid->drops = grid->m->sm->drops;
}

enum gpum_grid_state gpum_sm_step(struct gpum_grid *grid, unsigned budget, unsigned *used)
{
    unsigned idle = 0;
    *used = 0;
    if (grid->drops != grid->m->sm->drops)
        forget_blocks(grid);
    while (grid->state == GPUM_GRID_RUNNING && *used < budget) {
        refill(grid);
        if (grid->state != GPUM_GRID_RUNNING)
            break;
        if (!grid->resident) {
            grid->state = GPUM_GRID_DONE;
            break;
        }
        unsigned place = grid->turn_cta++ % SM_RESIDENT_CTAS;
        bool moved = grid->cta[place] && run_place(grid, place, budget, used);
        idle = moved ? 0 : idle + 1;
        if (idle > SM_RESIDENT_CTAS)
            deadlock(grid);
    }
    grid->clock += *used;
    return grid->state;
}

const struct gpum_grid_fault *gpum_sm_fault(const struct gpum_grid *grid)
{
    return grid->state == GPUM_GRID_FAULTED ? &grid->fault : NULL;
}

void gpum_sm_release(struct gpum_grid *grid)
{
    if (!grid)
        return;
    for (unsigned n = 0; n < SM_RESIDENT_CTAS; n++)
        cta_destroy(grid->cta[n]);
    for (unsigned n = 0; n < SM_BANKS; n++)
        free(grid->bank[n]);
    free(grid);
}
