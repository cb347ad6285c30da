/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Dependency codes: the stall count covers results of fixed latency, six scoreboards those of
 * variable latency. Within a block the cycle of each instruction is the earliest that its sources
 * allow; at the end of a block all fixed results are waited for, and its successors' first
 * instruction waits for the scoreboards that may still be up.
 *
 * options.debug_serial makes every instruction wait for the one before: slow and right, to tell a
 * mistake here from one elsewhere.
 */
#include "sass.h"

#include <string.h>

enum { SB_COUNT = 6, STALL_MAX = 15, GPR_COUNT = 256, PRED_COUNT = 8, NEVER = -1000,
       SB_SERIAL_WRITE = 0, SB_SERIAL_READ = 1, SB_STALL_MIN = 2, SB_SPARE_MIN = 3 };

struct track { /* of one register, within the block */
    int write_cycle, read_cycle;
    uint8_t write_pipe, write_op_variable;
    uint8_t write_sb; /* scoreboard of a pending result; NV_SASS_SB_NONE: none */
    uint8_t read_sbs; /* mask: those whose fall means that the register was read */
};

struct deps {
    struct cc_shader *s;
    struct track gpr[GPR_COUNT], pred[PRED_COUNT];
    uint8_t *block_pending; /* per block id: scoreboards up at its end */
    bool *block_done;
    uint8_t pending, next_sb;
    int cycle;            /* of the instruction before */
    struct cc_inst *last; /* that instruction; NULL at the start of a block */
};

struct need { /* what an instruction must wait for */
    int cycle;
    uint8_t wait;
};

struct shape { /* the instruction as the machine sees it */
    struct nvhw_sass sass;
    enum nvhw_sass_pipe pipe;
    bool variable;
};

static struct shape shape_of(const struct cc_shader *s, const struct cc_inst *inst)
{
    struct shape shape;
    cc_sass_build(s, inst, &shape.sass);
    shape.pipe = nvhw_sass_pipe(s->sm, &shape.sass);
    shape.variable = nvhw_sass_is_variable(s->sm, &shape.sass);
    return shape;
}

static struct track *track_of(struct deps *d, uint32_t v)
{
    const struct cc_val *val = &d->s->vals[v];
    return val->file == CC_PRED ? &d->pred[val->reg & (PRED_COUNT - 1)] : &d->gpr[val->reg];
}

static void at_least(struct need *need, int cycle)
{
    need->cycle = cycle > need->cycle ? cycle : need->cycle;
}

/* guard: the predicate is read as early as one that guards an instruction; VOTE does so too. */
static void need_read(struct deps *d, const struct shape *shape, struct cc_src src, bool guard,
                      struct need *need)
{
    if (src.kind != CC_VAL) {
        return;
    }
    const struct track *t = track_of(d, src.v);
    if (t->write_sb != NV_SASS_SB_NONE) {
        need->wait |= (uint8_t)(1u << t->write_sb);
    }
    if (t->write_cycle != NEVER && !t->write_op_variable) {
        enum nvhw_sass_pipe writer = (enum nvhw_sass_pipe)t->write_pipe;
        unsigned latency = src.file == CC_PRED
                               ? cc_latency_pred(d->s->sm, writer, shape->pipe, guard)
                               : cc_latency_gpr(d->s->sm, writer, shape->pipe);
        at_least(need, t->write_cycle + (int)latency);
    }
}

static void need_write(struct deps *d, const struct shape *shape, uint32_t v, struct need *need)
{
    const struct track *t = track_of(d, v);
    enum cc_file file = (enum cc_file)d->s->vals[v].file;
    need->wait |= t->read_sbs;
    if (t->write_sb != NV_SASS_SB_NONE) {
        need->wait |= (uint8_t)(1u << t->write_sb);
    }
    if (t->write_cycle != NEVER && !t->write_op_variable) {
        at_least(need, t->write_cycle +
                           (int)cc_latency_waw(d->s->sm, file, (enum nvhw_sass_pipe)t->write_pipe,
                                               shape->pipe, shape->variable));
    }
    if (t->read_cycle != NEVER) {
        at_least(need, t->read_cycle + (shape->variable ? 2 : 1));
    }
}

static void clear_waited(struct deps *d, uint8_t wait)
{
    for (int i = 0; i < GPR_COUNT + PRED_COUNT; i++) {
        struct track *t = i < GPR_COUNT ? &d->gpr[i] : &d->pred[i - GPR_COUNT];
        t->read_sbs &= (uint8_t)~wait;
        if (t->write_sb != NV_SASS_SB_NONE && (wait & 1u << t->write_sb)) {
            t->write_sb = NV_SASS_SB_NONE;
        }
    }
    d->pending &= (uint8_t)~wait;
}

/* A free scoreboard, else the next in turn: sharing one only makes waits longer. */
static uint8_t take_scoreboard(struct deps *d)
{
    for (unsigned i = 0; i < SB_COUNT; i++) {
        uint8_t sb = (uint8_t)((d->next_sb + i) % SB_COUNT);
        if (!(d->pending & 1u << sb)) {
            d->next_sb = (uint8_t)((sb + 1) % SB_COUNT);
            return sb;
        }
    }
    uint8_t sb = d->next_sb;
    d->next_sb = (uint8_t)((sb + 1) % SB_COUNT);
    return sb;
}

static bool reads_registers(const struct cc_inst *inst)
{
    for (uint32_t i = 0; i < inst->src_count; i++) {
        if (inst->src[i].kind == CC_VAL) {
            return true;
        }
    }
    return false;
}

/* A fence waits for everything before it and holds back what follows by itself. It gets no scoreboard:
 * on an H100 those of MEMBAR.ALL.CTA and CCTL.IVALL never fall, and whoever waits for one hangs. */
static bool is_fence(const struct cc_inst *inst)
{
    return inst->op == CC_MEMBAR || inst->op == CC_CCTL_IVALL;
}

static unsigned free_scoreboards(const struct deps *d)
{
    return SB_COUNT - (unsigned)__builtin_popcount(d->pending);
}

/*
 * Waiting for a result also means that the sources were read, so one scoreboard can do for both;
 * with some to spare, sources get one of their own, which falls much sooner.
 */
static void set_scoreboards(struct deps *d, struct cc_inst *inst, const struct shape *shape)
{
    inst->write_sb = inst->read_sb = NV_SASS_SB_NONE;
    if (!shape->variable) {
        return;
    }
    if (inst->def_count > 0) {
        inst->write_sb = take_scoreboard(d);
        d->pending |= (uint8_t)(1u << inst->write_sb);
    }
    bool spare = inst->write_sb == NV_SASS_SB_NONE || free_scoreboards(d) >= SB_SPARE_MIN;
    if (reads_registers(inst) && spare) {
        inst->read_sb = take_scoreboard(d);
        d->pending |= (uint8_t)(1u << inst->read_sb);
    }
}

static void note_accesses(struct deps *d, const struct cc_inst *inst, const struct shape *shape)
{
    uint8_t sb = inst->read_sb != NV_SASS_SB_NONE ? inst->read_sb : inst->write_sb;
    for (uint32_t i = 0; i < inst->src_count; i++) {
        if (inst->src[i].kind != CC_VAL) {
            continue;
        }
        struct track *t = track_of(d, inst->src[i].v);
        t->read_cycle = d->cycle;
        if (sb != NV_SASS_SB_NONE) {
            t->read_sbs |= (uint8_t)(1u << sb);
        }
    }
    if (inst->guard.kind == CC_VAL) {
        track_of(d, inst->guard.v)->read_cycle = d->cycle;
    }
    for (unsigned i = 0; i < inst->def_count; i++) {
        *track_of(d, inst->def[i]) = (struct track){
            .write_cycle = d->cycle, .read_cycle = NEVER, .write_pipe = (uint8_t)shape->pipe,
            .write_op_variable = shape->variable,
            .write_sb = shape->variable ? inst->write_sb : NV_SASS_SB_NONE};
    }
}

static void set_stall(struct deps *d, struct cc_inst *inst, unsigned stall)
{
    while (stall > STALL_MAX) {
        struct cc_inst *nop = cc_inst_create(d->s, CC_NOP, 0);
        nop->write_sb = nop->read_sb = NV_SASS_SB_NONE;
        nop->stall = (uint8_t)(stall - STALL_MAX > STALL_MAX ? STALL_MAX : stall - STALL_MAX);
        cc_inst_insert_after(d->s, inst, nop);
        stall -= nop->stall;
    }
    inst->stall = (uint8_t)stall;
}

static unsigned stall_min(const struct deps *d, const struct cc_inst *inst)
{
    unsigned after = cc_latency_after(d->s->sm, inst->op);
    bool sets = inst->write_sb != NV_SASS_SB_NONE || inst->read_sb != NV_SASS_SB_NONE;
    return sets && after < SB_STALL_MIN ? SB_STALL_MIN : after;
}

static void schedule(struct deps *d, struct cc_inst *inst, uint8_t first_wait)
{
    struct shape shape = shape_of(d->s, inst);
    struct need need = {.cycle = d->last ? d->cycle + (int)stall_min(d, d->last) : 0,
                        .wait = first_wait};
    for (uint32_t i = 0; i < inst->src_count; i++) {
        need_read(d, &shape, inst->src[i], inst->op == CC_VOTE, &need);
    }
    need_read(d, &shape, inst->guard, true, &need);
    for (unsigned i = 0; i < inst->def_count; i++) {
        need_write(d, &shape, inst->def[i], &need);
    }
    if (is_fence(inst)) {
        need.wait |= d->pending;
    }
    if (d->last) {
        set_stall(d, d->last, (unsigned)(need.cycle - d->cycle));
    }
    d->cycle = need.cycle;
    inst->wait_mask = need.wait;
    clear_waited(d, need.wait);
    set_scoreboards(d, inst, &shape);
    note_accesses(d, inst, &shape);
    d->last = inst;
}

/* Behind the block's last instruction every fixed result must be there. */
static void settle(struct deps *d)
{
    if (!d->last) {
        return;
    }
    int until = d->cycle + (int)stall_min(d, d->last);
    for (int i = 0; i < GPR_COUNT + PRED_COUNT; i++) {
        const struct track *t = i < GPR_COUNT ? &d->gpr[i] : &d->pred[i - GPR_COUNT];
        if (t->write_cycle != NEVER && !t->write_op_variable) {
            enum cc_file file = i < GPR_COUNT ? CC_GPR : CC_PRED;
            int ready = t->write_cycle + (int)cc_latency_worst(d->s->sm, file);
            until = ready > until ? ready : until;
        }
    }
    set_stall(d, d->last, (unsigned)(until - d->cycle));
}

static uint8_t pending_before(const struct deps *d, const struct cc_block *block)
{
    const uint8_t all = (1u << SB_COUNT) - 1;
    uint8_t pending = 0;
    for (size_t p = 0; p < block->pred_count; p++) {
        const struct cc_block *pred = block->preds[p];
        pending |= d->block_done[pred->id] ? d->block_pending[pred->id] : all;
    }
    return pending;
}

static void schedule_block(struct deps *d, struct cc_block *block)
{
    uint8_t wait = pending_before(d, block);
    for (int i = 0; i < GPR_COUNT + PRED_COUNT; i++) {
        struct track *t = i < GPR_COUNT ? &d->gpr[i] : &d->pred[i - GPR_COUNT];
        *t = (struct track){.write_cycle = NEVER, .read_cycle = NEVER,
                            .write_sb = NV_SASS_SB_NONE};
    }
    d->pending = block->first ? 0 : wait;
    d->cycle = 0;
    d->last = NULL;
    for (struct cc_inst *inst = block->first, *next; inst; inst = next) {
        next = inst->next;
        schedule(d, inst, wait);
        wait = 0;
    }
    settle(d);
    d->block_pending[block->id] = d->pending;
    d->block_done[block->id] = true;
}

static void serialise(struct cc_shader *s, struct cc_inst *inst)
{
    struct shape shape = shape_of(s, inst);
    bool writes = inst->def_count > 0;
    inst->stall = STALL_MAX;
    inst->wait_mask = 1u << SB_SERIAL_WRITE | 1u << SB_SERIAL_READ;
    inst->write_sb = shape.variable && writes ? SB_SERIAL_WRITE : NV_SASS_SB_NONE;
    inst->read_sb =
        shape.variable && reads_registers(inst) ? SB_SERIAL_READ : NV_SASS_SB_NONE;
}

void cc_deps_run(struct cc_shader *s)
{
    struct deps *d = cc_alloc(s->arena, 1, sizeof(*d));
    d->s = s;
    d->block_pending = cc_alloc(s->arena, s->block_count, 1);
    d->block_done = cc_alloc(s->arena, s->block_count, sizeof(bool));
    for (size_t i = 0; i < s->rpo_count; i++) {
        if (!s->options->debug_serial) {
            schedule_block(d, s->rpo[i]);
            continue;
        }
        for (struct cc_inst *inst = s->rpo[i]->first; inst; inst = inst->next) {
            serialise(s, inst);
        }
    }
}
