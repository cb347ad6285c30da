/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Dependency control codes, held to the rules: hardware has no interlocks, so a result read before
 * the stall counts or scoreboard waits guarantee it is a wrong value on silicon and a fault here.
 * Checked are reads after writes of all register kinds, overwriting a result that is still under
 * way, and overwriting a source that a variable-latency operation may not have read yet. Who waits
 * for a scoreboard that a fence set would hang on silicon, and ends here.
 *
 * Only what the code guarantees counts; how long an operation takes here plays no part. With
 * diverged lanes the state is kept per register with the lanes it concerns.
 */
#include "sm.h"

#include <stdio.h>
#include <stdlib.h>

enum { SCOREBOARDS = 6, KINDS = 4, REGISTERS = 256, LATENCY_MAX = 32 };

/* A result under way. */
struct pending {
    uint32_t lanes;
    uint16_t op;
    uint8_t pipe, scoreboard;
    bool variable, high, guarded;
    uint64_t cycle, ticket, pc;
};

/* A source that a variable-latency operation holds. */
struct held {
    uint32_t lanes;
    uint16_t op;
    uint8_t read_sb, write_sb;
    uint64_t read_ticket, write_ticket, pc;
};

struct sm_check {
    struct pending pending[KINDS][REGISTERS];
    struct held held[REGISTERS];
    uint64_t set[8];       /* tickets given out per scoreboard */
    uint64_t done[8];      /* tickets known to be complete */
    uint64_t set_cycle[8]; /* when the last one was given out */
    uint64_t fence_pc[8];  /* of the fence that set it since; 0: none */
    uint16_t fence_op[8];
};

struct sm_check *sm_check_create(void)
{
    return calloc(1, sizeof(struct sm_check));
}

void sm_check_destroy(struct sm_check *check)
{
    free(check);
}

static unsigned kind_index(uint8_t kind)
{
    return kind == NV_SASS_REG ? 0 : kind == NV_SASS_UREG ? 1 : kind == NV_SASS_PRED ? 2 : 3;
}

static const char *prefix(uint8_t kind)
{
    static const char *const names[] = {"R", "UR", "P", "UP"};
    return names[kind_index(kind)];
}

/* A wait covers what was set at least two cycles before it. */
static bool wait_for(struct sm_ctx *x, unsigned sb, uint64_t leave)
{
    struct sm_warp *w = x->w;
    struct sm_check *c = w->check;
    uint64_t covered = c->set[sb];
    if (c->fence_pc[sb])
        return sm_fault(
            x, -1,
            "control codes: waits for scoreboard %u, which %s at program + 0x%llx set and "
            "may never release",
            sb, nvhw_sass_op_name(c->fence_op[sb]),
            (unsigned long long)(c->fence_pc[sb] - x->grid->desc.program_va));
    if (covered && w->cycle < c->set_cycle[sb] + 2)
        covered--;
    covered = covered > leave ? covered - leave : 0;
    if (covered > c->done[sb])
        c->done[sb] = covered;
    return true;
}

static bool apply_waits(struct sm_ctx *x)
{
    const struct nvhw_sass *s = x->s;
    for (unsigned sb = 0; sb < SCOREBOARDS; sb++)
        if ((s->control.wait_mask >> sb & 1) && !wait_for(x, sb, 0))
            return false;
    if (s->op != NV_SASS_DEPBAR)
        return true;
    if (s->mod[NV_SASS_MOD_LE] && s->mod[NV_SASS_MOD_SB] < SCOREBOARDS &&
        !wait_for(x, s->mod[NV_SASS_MOD_SB], (uint64_t)s->o[NV_SASS_LUT].imm))
        return false;
    for (unsigned sb = 0; sb < SCOREBOARDS; sb++)
        if ((s->mod[NV_SASS_MOD_LMASK] >> sb & 1) && !wait_for(x, sb, 0))
            return false;
    return true;
}

static bool complain(struct sm_ctx *x, const char *what, uint8_t kind, unsigned reg, unsigned op,
                     uint64_t pc, const char *why)
{
    return sm_fault(x, -1, "control codes: %s %s%u %s (set by %s at program + 0x%llx)", what,
                    prefix(kind), reg, why, nvhw_sass_op_name(op),
                    (unsigned long long)(pc - x->grid->desc.program_va));
}

static bool scoreboard_ok(struct sm_ctx *x, const struct pending *p, const char *what, uint8_t kind,
                          unsigned reg)
{
    const struct sm_check *c = x->w->check;
    char why[64];
    if (p->scoreboard == NV_SASS_SB_NONE)
        return complain(x, what, kind, reg, p->op, p->pc, "whose writer sets no write scoreboard");
    if (p->ticket <= c->done[p->scoreboard])
        return true;
    snprintf(why, sizeof(why), "before waiting for scoreboard %u", p->scoreboard);
    return complain(x, what, kind, reg, p->op, p->pc, why);
}

static bool check_read(struct sm_ctx *x, const struct sm_access *a, unsigned part, uint32_t lanes)
{
    unsigned reg = (a->reg + part) & (REGISTERS - 1), sm = x->grid->desc.sm_version;
    struct pending *p = &x->w->check->pending[kind_index(a->kind)][reg];
    char why[96];
    if (!(p->lanes & lanes))
        return true;
    if (p->variable) {
        if (!scoreboard_ok(x, p, "reads", a->kind, reg))
            return false;
        p->lanes = 0;
        return true;
    }
    enum nvhw_sass_reader reader = (enum nvhw_sass_reader)a->reader[part != 0];
    unsigned need = nvhw_sass_latency(sm, (enum nvhw_sass_pipe)p->pipe, p->high, reader);
    uint64_t passed = x->w->cycle - p->cycle;
    if (passed >= LATENCY_MAX)
        p->lanes = 0; /* nobody needs to look again */
    if (passed >= need)
        return true;
    snprintf(why, sizeof(why), "after %u cycles, %u needed", (unsigned)passed, need);
    return complain(x, "reads", a->kind, reg, p->op, p->pc, why);
}

/* A faster result must not be there before the slower one that it follows. */
static bool check_order(struct sm_ctx *x, const struct pending *p, uint8_t kind, unsigned reg)
{
    unsigned need = nvhw_sass_overwrite(x->grid->desc.sm_version, kind,
                                        (enum nvhw_sass_pipe)p->pipe, p->guarded, x->s);
    uint64_t passed = x->w->cycle - p->cycle;
    char why[96];
    if (passed >= need)
        return true;
    snprintf(why, sizeof(why), "after %u cycles, %u needed", (unsigned)passed, need);
    return complain(x, "overwrites", kind, reg, p->op, p->pc, why);
}

static bool check_write(struct sm_ctx *x, const struct sm_access *a, unsigned part, uint32_t lanes)
{
    unsigned reg = (a->reg + part) & (REGISTERS - 1);
    const struct sm_check *c = x->w->check;
    const struct pending *p = &c->pending[kind_index(a->kind)][reg];
    const struct held *h = &c->held[reg];
    if ((p->lanes & lanes) && p->variable && p->scoreboard != NV_SASS_SB_NONE &&
        !scoreboard_ok(x, p, "overwrites", a->kind, reg))
        return false;
    if ((p->lanes & lanes) && !p->variable && !check_order(x, p, a->kind, reg))
        return false;
    if (a->kind != NV_SASS_REG || !(h->lanes & lanes))
        return true;
    if ((h->read_sb != NV_SASS_SB_NONE && h->read_ticket <= c->done[h->read_sb]) ||
        (h->write_sb != NV_SASS_SB_NONE && h->write_ticket <= c->done[h->write_sb]))
        return true;
    return complain(x, "overwrites", a->kind, reg, h->op, h->pc,
                    h->read_sb == NV_SASS_SB_NONE && h->write_sb == NV_SASS_SB_NONE
                        ? "a source of an operation without scoreboards"
                        : "before its reader released it");
}

static uint32_t lanes_of(const struct sm_ctx *x, uint8_t kind)
{
    return kind == NV_SASS_REG || kind == NV_SASS_PRED ? x->mask : x->mask ? SM_ALL : 0;
}

bool sm_check_issue(struct sm_ctx *x)
{
    if (!apply_waits(x))
        return false;
    for (unsigned n = 0; n < x->i->read_count; n++) {
        const struct sm_access *a = &x->i->read[n];
        uint32_t lanes = a->slot == NV_SASS_GUARD ? x->w->active : lanes_of(x, a->kind);
        for (unsigned part = 0; part < a->count; part++)
            if (!check_read(x, a, part, lanes))
                return false;
    }
    for (unsigned n = 0; n < x->i->write_count; n++) {
        const struct sm_access *a = &x->i->write[n];
        for (unsigned part = 0; part < a->count; part++)
            if (!check_write(x, a, part, lanes_of(x, a->kind)))
                return false;
    }
    return true;
}

static uint64_t take_ticket(struct sm_ctx *x, unsigned sb)
{
    struct sm_check *c = x->w->check;
    if (sb >= SCOREBOARDS)
        return 0;
    c->set_cycle[sb] = x->w->cycle;
    if (nvhw_sass_is_fence(x->s)) {
        c->fence_pc[sb] = x->pc;
        c->fence_op[sb] = x->s->op;
    }
    return ++c->set[sb];
}

static void record_writes(struct sm_ctx *x, uint64_t ticket)
{
    struct sm_check *c = x->w->check;
    for (unsigned n = 0; n < x->i->write_count; n++) {
        const struct sm_access *a = &x->i->write[n];
        uint32_t lanes = lanes_of(x, a->kind);
        for (unsigned part = 0; lanes && part < a->count; part++) {
            struct pending *p = &c->pending[kind_index(a->kind)][(a->reg + part) & (REGISTERS - 1)];
            *p = (struct pending){.lanes = lanes,
                                  .op = x->s->op,
                                  .pipe = x->i->pipe,
                                  .scoreboard = x->s->control.write_sb,
                                  .variable = x->i->variable,
                                  .high = part == 1,
                                  .guarded = x->s->guard != NV_SASS_PT || x->s->guard_not,
                                  .cycle = x->w->cycle,
                                  .ticket = ticket,
                                  .pc = x->pc};
        }
    }
}

static void record_reads(struct sm_ctx *x, uint64_t write_ticket, uint64_t read_ticket)
{
    for (unsigned n = 0; n < x->i->read_count; n++) {
        const struct sm_access *a = &x->i->read[n];
        for (unsigned part = 0; a->kind == NV_SASS_REG && x->mask && part < a->count; part++)
            x->w->check->held[(a->reg + part) & (REGISTERS - 1)] =
                (struct held){.lanes = x->mask,
                              .op = x->s->op,
                              .read_sb = x->s->control.read_sb,
                              .write_sb = x->s->control.write_sb,
                              .read_ticket = read_ticket,
                              .write_ticket = write_ticket,
                              .pc = x->pc};
    }
}

/* Cycles until the next instruction: long stalls need the yield bit, without it they are short
 * (measured). */
static unsigned effective_stall(const struct nvhw_sass_control *control)
{
    unsigned stall = control->stall;
    if (control->yield)
        return stall == 0 ? 34 : stall == 1 ? 2 : stall;
    return stall == 0 ? 2 : stall >= 14 ? 2 : stall >= 12 ? 1 : stall;
}

void sm_check_retire(struct sm_ctx *x)
{
    uint64_t write_ticket = take_ticket(x, x->s->control.write_sb);
    uint64_t read_ticket = take_ticket(x, x->s->control.read_sb);
    record_writes(x, write_ticket);
    if (x->i->variable)
        record_reads(x, write_ticket, read_ticket);
    x->w->cycle += effective_stall(&x->s->control);
}
