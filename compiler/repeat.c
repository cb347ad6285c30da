/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Loops of one block. Where the number of trips is a known multiple of a few, the block does the
 * work of that many trips, and the condition is looked at once for all of them. Where it shows only
 * while the shader runs and the block loads from memory, a loop of four trips at a time goes before
 * it, whose loads are under way together, and the loop as it was does the rest.
 *
 * Expects merged blocks: the head holds phis, pure computations and the branch, the body the rest.
 */
#include "ir.h"

enum { GROWN_MAX = 96, TRIPS_TOGETHER_MAX = 8, TRIPS_AHEAD = 4 };

struct loop {
    struct cc_shader *s;
    struct cc_block *head, *body;
    unsigned latch;       /* the body's place among the head's predecessors */
    struct cc_inst *phi;  /* what counts the trips ... */
    uint32_t step;        /* ... by this */
    uint32_t first_val;   /* values from here on are copies */
    struct cc_src *now;   /* per older value: what it is in the trip being copied */
};

/* ---- recognising ---- */

static bool find_body(struct loop *l)
{
    struct cc_block *head = l->head;
    const struct cc_inst *term = cc_block_terminator(head);
    if (!term || term->op != CC_BR || head->pred_count != 2 || head->succ[0] == head->succ[1]) {
        return false;
    }
    for (unsigned k = 0; k < 2; k++) {
        struct cc_block *body = head->succ[k];
        if (body != head && body->pred_count == 1 && body->succ[0] == head && !body->succ[1]) {
            l->body = body;
            l->latch = head->preds[1] == body;
            return true;
        }
    }
    return false;
}

/* Everything may be done several times in a row; what holds threads together may not. */
static bool copyable(const struct loop *l, unsigned *size)
{
    *size = 0;
    for (const struct cc_inst *inst = l->head->first; inst; inst = inst->next) {
        bool own = inst->op == CC_PHI || inst->op == CC_BR;
        if (!own && !(cc_op_flags(inst->op) & CC_OPF_PURE)) {
            return false;
        }
        *size += !own;
    }
    for (const struct cc_inst *inst = l->body->first; inst; inst = inst->next) {
        switch (inst->op) {
        case CC_BSSY: case CC_BSYNC: case CC_BREAK: case CC_WARPSYNC: case CC_PHI: case CC_EXIT:
            return false;
        default:
            *size += 1;
        }
    }
    return true;
}

static struct cc_inst *definition(const struct loop *l, struct cc_src src)
{
    return src.kind == CC_VAL ? l->s->vals[src.v].def : NULL;
}

static bool constant(struct cc_src src)
{
    return src.kind == CC_IMM && !src.neg && !src.abs && !src.inv;
}

/* The phi's next value is itself plus a constant. */
static bool find_step(struct loop *l, struct cc_inst *phi)
{
    struct cc_src rest;
    l->phi = phi;
    return constant(phi->src[!l->latch]) &&
           cc_known_sum(l->s, phi->src[l->latch], &rest, &l->step) && rest.v == phi->def[0];
}

/* How often the body runs, counted out; 0: not known, or too often to count. */
static unsigned count_trips(struct loop *l)
{
    const unsigned counted_max = 1u << 16;
    const struct cc_inst *term = cc_block_terminator(l->head);
    struct cc_src p = term->src[0];
    const struct cc_inst *compare = definition(l, p);
    if (!compare || compare->op != CC_ISETP || compare->block != l->head ||
        compare->cmp < CC_CMP_LT || compare->cmp > CC_CMP_GE || (compare->flags & CC_F_EX) ||
        compare->src[2].kind != CC_IMM || (compare->src[2].v == 0) != compare->src[2].inv) {
        return 0;
    }
    unsigned counter = compare->src[0].kind == CC_VAL ? 0 : 1;
    struct cc_src bound = compare->src[!counter], counting = compare->src[counter];
    struct cc_inst *phi = definition(l, counting);
    if (!constant(bound) || counting.neg || !phi || phi->op != CC_PHI || phi->block != l->head ||
        !find_step(l, phi)) {
        return 0;
    }
    bool stays = (l->head->succ[0] == l->body) != p.inv;
    uint32_t at = phi->src[!l->latch].v;
    for (unsigned trips = 0; trips < counted_max; trips++, at += l->step) {
        if (cc_compare(compare, counter ? bound.v : at, counter ? at : bound.v) != stays) {
            return trips;
        }
    }
    return 0;
}

/* ---- copying ---- */

static struct cc_src renamed(const struct loop *l, struct cc_src src)
{
    if (src.kind != CC_VAL || src.v >= l->first_val || l->now[src.v].kind == CC_NONE) {
        return src;
    }
    struct cc_src by = l->now[src.v];
    by.neg = src.neg;
    by.abs = src.abs;
    by.inv = src.inv != by.inv;
    by.join = src.join;
    if (by.file == CC_PRED && by.kind == CC_IMM && by.inv) {
        by.v ^= 1u;
        by.inv = false;
    }
    return by;
}

static struct cc_inst *copy_of(struct loop *l, const struct cc_inst *inst)
{
    struct cc_inst *copy = cc_inst_create(l->s, (enum cc_op)inst->op, inst->src_count);
    struct cc_src *src = copy->src;
    *copy = *inst;
    copy->src = src;
    copy->def_count = 0;
    for (uint32_t i = 0; i < inst->src_count; i++) {
        src[i] = renamed(l, inst->src[i]);
    }
    copy->guard = renamed(l, inst->guard);
    for (unsigned i = 0; i < inst->def_count; i++) {
        cc_def_add(l->s, copy, (enum cc_file)l->s->vals[inst->def[i]].file);
    }
    return copy;
}

static void copy_block(struct loop *l, const struct cc_block *block, struct cc_inst *before)
{
    for (const struct cc_inst *inst = block->first; inst && inst != before; inst = inst->next) {
        if (inst->op == CC_PHI || (cc_op_flags(inst->op) & CC_OPF_TERM) || inst->mark) {
            continue; /* control, or made here */
        }
        struct cc_inst *copy = copy_of(l, inst);
        copy->mark = true;
        cc_inst_insert_before(l->s, before, copy);
        for (unsigned i = 0; i < inst->def_count; i++) {
            l->now[inst->def[i]] = cc_val_src(l->s, copy->def[i]);
        }
    }
}

/* What the phis are in the next trip: all are read before any is set. */
static void next_phis(struct loop *l)
{
    size_t count = 0;
    for (struct cc_inst *phi = l->head->first; phi && phi->op == CC_PHI; phi = phi->next) {
        count++;
    }
    struct cc_src *next = cc_alloc(l->s->arena, count + 1, sizeof(*next));
    count = 0;
    for (struct cc_inst *phi = l->head->first; phi && phi->op == CC_PHI; phi = phi->next) {
        next[count++] = renamed(l, phi->src[l->latch]);
    }
    count = 0;
    for (struct cc_inst *phi = l->head->first; phi && phi->op == CC_PHI; phi = phi->next) {
        l->now[phi->def[0]] = next[count++];
    }
}

/* The counter comes straight from where it began, so that those in between are needed by nobody. */
static void advance(struct loop *l, struct cc_inst *before, unsigned trip)
{
    next_phis(l);
    struct cc_inst *add = cc_inst_create(l->s, CC_IADD3, 3);
    add->src[0] = cc_val_src(l->s, l->phi->def[0]);
    add->src[1] = cc_imm(trip * l->step);
    add->src[2] = cc_imm(0);
    l->now[l->phi->def[0]] = cc_def_add(l->s, add, CC_GPR);
    add->mark = true;
    cc_inst_insert_before(l->s, before, add);
}

static void begin_copying(struct loop *l)
{
    for (struct cc_inst *inst = l->body->first; inst; inst = inst->next) {
        inst->mark = false;
    }
    for (struct cc_inst *inst = l->head->first; inst; inst = inst->next) {
        inst->mark = false;
    }
    l->first_val = (uint32_t)l->s->val_count;
    l->now = cc_alloc(l->s->arena, l->s->val_count, sizeof(*l->now));
}

static void repeat(struct loop *l, unsigned times)
{
    struct cc_inst *jump = cc_block_terminator(l->body);
    begin_copying(l);
    for (unsigned trip = 1; trip < times; trip++) {
        advance(l, jump, trip);
        copy_block(l, l->head, jump);
        copy_block(l, l->body, jump);
    }
    advance(l, jump, times);
    for (struct cc_inst *phi = l->head->first; phi && phi->op == CC_PHI; phi = phi->next) {
        phi->src[l->latch] = l->now[phi->def[0]];
    }
}

/* ---- trips ahead ---- */

static bool invariant(const struct loop *l, struct cc_src src)
{
    const struct cc_inst *def = definition(l, src);
    return !src.neg && !src.abs && !src.inv &&
           (!def || (def->block != l->head && def->block != l->body));
}

/* What the counter grows by in a trip: a source, or the product of two; false: something else. */
static bool running_step(const struct loop *l, const struct cc_inst *phi, struct cc_src step[2])
{
    const struct cc_inst *add = definition(l, phi->src[l->latch]);
    if (!add || add->def_count != 1 || (add->flags & CC_F_X) || add->guard.kind != CC_NONE) {
        return false;
    }
    if (add->op == CC_IMAD) {
        step[0] = add->src[0];
        step[1] = add->src[1];
        return add->src[2].kind == CC_VAL && add->src[2].v == phi->def[0] && !add->src[2].neg &&
               invariant(l, step[0]) && invariant(l, step[1]);
    }
    unsigned self = add->src[0].kind == CC_VAL && add->src[0].v == phi->def[0] ? 0 : 1;
    step[0] = add->src[!self];
    step[1] = cc_imm(1);
    return add->op == CC_IADD3 && add->src[self].kind == CC_VAL &&
           add->src[self].v == phi->def[0] && !add->src[self].neg && cc_is_imm(add->src[2], 0) &&
           invariant(l, step[0]);
}

/* Stays while the counter, unsigned, is below something that does not change. */
static bool find_bound(const struct loop *l, struct cc_inst **phi, struct cc_src *bound)
{
    struct cc_src p = cc_block_terminator(l->head)->src[0];
    const struct cc_inst *compare = definition(l, p);
    if (!compare || compare->op != CC_ISETP || compare->block != l->head ||
        (compare->flags & (CC_F_SIGNED | CC_F_EX)) || compare->src[2].kind != CC_IMM ||
        (compare->src[2].v == 0) != compare->src[2].inv ||
        (l->head->succ[0] == l->body) == p.inv ||
        (compare->cmp != CC_CMP_LT && compare->cmp != CC_CMP_GT)) {
        return false;
    }
    struct cc_src counter = compare->src[compare->cmp == CC_CMP_GT];
    *bound = compare->src[compare->cmp == CC_CMP_LT];
    *phi = definition(l, counter);
    return *phi && (*phi)->op == CC_PHI && (*phi)->block == l->head && !counter.neg &&
           invariant(l, *bound);
}

static bool waits_for_memory(const struct loop *l)
{
    bool loads = false;
    for (const struct cc_inst *inst = l->body->first; inst; inst = inst->next) {
        bool read = cc_op_flags(inst->op) & CC_OPF_READ;
        bool harmless = read || (cc_op_flags(inst->op) & (CC_OPF_PURE | CC_OPF_TERM));
        if (!harmless) {
            return false;
        }
        loads |= read;
    }
    return loads;
}

static struct cc_src put(struct loop *l, struct cc_block *block, enum cc_op op, struct cc_src a,
                         struct cc_src b, struct cc_src c, enum cc_file file, uint8_t cmp)
{
    struct cc_inst *inst = cc_inst_create(l->s, op, 3);
    inst->src[0] = a;
    inst->src[1] = b;
    inst->src[2] = c;
    inst->cmp = cmp;
    struct cc_src result = cc_def_add(l->s, inst, file);
    cc_inst_insert_at_end(l->s, block, inst);
    return result;
}

/*
 * Below this, trips are left for four steps: the bound less three steps. Zero, for none, where that
 * would wrap, or the steps are so large that their sum might.
 */
static struct cc_src bound_ahead(struct loop *l, struct cc_block *pre, struct cc_src bound,
                                 const struct cc_src factor[2])
{
    const uint32_t step_max = UINT32_MAX / TRIPS_AHEAD;
    const struct cc_src none = cc_imm(0), always = cc_bool(true);
    struct cc_src step = put(l, pre, CC_IMAD, factor[0], factor[1], none, CC_GPR, 0);
    struct cc_src steps =
        put(l, pre, CC_IMAD, step, cc_imm(TRIPS_AHEAD - 1), none, CC_GPR, 0);
    struct cc_src small =
        put(l, pre, CC_ISETP, step, cc_imm(step_max), always, CC_PRED, CC_CMP_LT);
    struct cc_src fits = put(l, pre, CC_ISETP, steps, bound, small, CC_PRED, CC_CMP_LE);
    struct cc_src less = steps;
    less.neg = true;
    struct cc_src room = put(l, pre, CC_IADD3, bound, less, none, CC_GPR, 0);
    return put(l, pre, CC_SEL, room, none, fits, CC_GPR, 0);
}

/* The new head: the phis of the old, and its computations for the first of the trips. */
static struct cc_block *head_ahead(struct loop *l, struct cc_block *pre)
{
    struct cc_block *ahead = cc_block_create(l->s);
    begin_copying(l);
    pre->succ[0] = ahead;
    ahead->preds =
        cc_grow(l->s->arena, NULL, &ahead->pred_capacity, 2, sizeof(struct cc_block *));
    ahead->preds[ahead->pred_count++] = pre;
    for (struct cc_inst *phi = l->head->first; phi && phi->op == CC_PHI; phi = phi->next) {
        struct cc_inst *own = cc_inst_create(l->s, CC_PHI, 2);
        own->src[0] = phi->src[!l->latch];
        l->now[phi->def[0]] =
            cc_def_add(l->s, own, (enum cc_file)l->s->vals[phi->def[0]].file);
        cc_inst_append(l->s, ahead, own);
        phi->src[!l->latch] = l->now[phi->def[0]];
    }
    return ahead;
}

static void go_ahead(struct loop *l, struct cc_inst *counter, struct cc_src bound)
{
    struct cc_shader *s = l->s;
    struct cc_block *pre = l->head->preds[!l->latch], *ahead = head_ahead(l, pre);
    struct cc_block *body = cc_block_create(s);
    struct cc_inst *branch = cc_inst_create(s, CC_BR, 1), *jump = cc_inst_create(s, CC_JMP, 0);
    cc_inst_append(s, ahead, branch);
    branch->src[0] = put(l, ahead, CC_ISETP, l->now[counter->def[0]], bound, cc_bool(true), CC_PRED,
                         CC_CMP_LT);
    cc_edge_add(s, ahead, 0, body);
    ahead->succ[1] = l->head;
    l->head->preds[!l->latch] = ahead;
    cc_inst_append(s, body, jump);
    cc_edge_add(s, body, 0, ahead);
    for (unsigned trip = 0; trip < TRIPS_AHEAD; trip++) {
        copy_block(l, l->head, jump);
        copy_block(l, l->body, jump);
        next_phis(l);
    }
    struct cc_inst *own = ahead->first;
    for (struct cc_inst *phi = l->head->first; phi && phi->op == CC_PHI; phi = phi->next) {
        own->src[1] = l->now[phi->def[0]];
        own = own->next;
    }
}

static bool try_ahead(struct loop *l)
{
    struct cc_inst *counter;
    struct cc_src bound, step[2];
    struct cc_block *pre = l->head->preds[!l->latch];
    if (pre->succ[1] || !waits_for_memory(l) || !find_bound(l, &counter, &bound) ||
        !running_step(l, counter, step)) {
        return false;
    }
    go_ahead(l, counter, bound_ahead(l, pre, bound, step));
    return true;
}

void cc_repeat_run(struct cc_shader *s)
{
    bool changed = false, new_blocks = false;
    size_t count = s->rpo_count;
    for (size_t i = 0; i < count; i++) {
        struct loop l = {.s = s, .head = s->rpo[i]};
        unsigned size, times = TRIPS_TOGETHER_MAX;
        if (!find_body(&l) || !copyable(&l, &size)) {
            continue;
        }
        unsigned trips = count_trips(&l);
        while (times > 1 && (trips % times != 0 || size * times > GROWN_MAX)) {
            times /= 2;
        }
        if (trips > 0 && times > 1) {
            repeat(&l, times);
            changed = true;
        } else if (trips == 0 && size * TRIPS_AHEAD <= GROWN_MAX && try_ahead(&l)) {
            changed = new_blocks = true;
        }
    }
    if (new_blocks) {
        cc_cfg_update(s);
    }
    if (changed) { /* what only counts is dead, or becomes part of other sums */
        cc_dce_run(s);
        cc_combine_run(s);
    }
}
