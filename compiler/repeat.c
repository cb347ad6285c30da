/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Loops of one block whose number of trips is a known multiple of a few: the block does the work of
 * that many trips, and the condition is looked at once for all of them.
 *
 * Expects merged blocks: the head holds phis, pure computations and the branch, the body the rest.
 */
#include "ir.h"

enum { GROWN_MAX = 96, TRIPS_TOGETHER_MAX = 8 };

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
    const struct cc_inst *add = definition(l, phi->src[l->latch]);
    bool self = false;
    if (!add || add->op != CC_IADD3 || add->def_count != 1 || (add->flags & CC_F_X) ||
        add->guard.kind != CC_NONE || !constant(phi->src[!l->latch])) {
        return false;
    }
    l->step = 0;
    for (unsigned i = 0; i < 3; i++) {
        struct cc_src src = add->src[i];
        if (constant(src)) {
            l->step += src.v;
        } else if (!self && src.kind == CC_VAL && src.v == phi->def[0] && !src.neg) {
            self = true;
        } else {
            return false;
        }
    }
    l->phi = phi;
    return self;
}

static bool less(uint32_t a, uint32_t b, bool is_signed)
{
    return is_signed ? (int32_t)a < (int32_t)b : a < b;
}

static bool holds(const struct cc_inst *compare, uint32_t a, uint32_t b)
{
    bool is_signed = compare->flags & CC_F_SIGNED;
    switch (compare->cmp) {
    case CC_CMP_LT:
        return less(a, b, is_signed);
    case CC_CMP_LE:
        return !less(b, a, is_signed);
    case CC_CMP_GT:
        return less(b, a, is_signed);
    case CC_CMP_GE:
        return !less(a, b, is_signed);
    case CC_CMP_EQ:
        return a == b;
    default:
        return a != b;
    }
}

/* How often the body runs, counted out; 0: not known, or too often to count. */
static unsigned count_trips(struct loop *l)
{
    const unsigned counted_max = 1u << 16;
    const struct cc_inst *term = cc_block_terminator(l->head);
    struct cc_src p = term->src[0];
    const struct cc_inst *compare = definition(l, p);
    if (!compare || compare->op != CC_ISETP || compare->block != l->head || compare->cmp < CC_CMP_LT ||
        compare->cmp > CC_CMP_GE || compare->cmp == CC_CMP_NUM || (compare->flags & CC_F_EX) ||
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
        if (holds(compare, counter ? bound.v : at, counter ? at : bound.v) != stays) {
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

/* What the phis are in the next trip: all are read before any is set. The counter comes straight
 * from where it began, so that those in between are needed by nobody. */
static void advance(struct loop *l, struct cc_inst *before, unsigned trip)
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
    struct cc_inst *add = cc_inst_create(l->s, CC_IADD3, 3);
    add->src[0] = cc_val_src(l->s, l->phi->def[0]);
    add->src[1] = cc_imm(trip * l->step);
    add->src[2] = cc_imm(0);
    l->now[l->phi->def[0]] = cc_def_add(l->s, add, CC_GPR);
    add->mark = true;
    cc_inst_insert_before(l->s, before, add);
}

static void repeat(struct loop *l, unsigned times)
{
    struct cc_inst *jump = cc_block_terminator(l->body);
    for (struct cc_inst *inst = l->body->first; inst; inst = inst->next) {
        inst->mark = false;
    }
    for (struct cc_inst *inst = l->head->first; inst; inst = inst->next) {
        inst->mark = false;
    }
    l->first_val = (uint32_t)l->s->val_count;
    l->now = cc_alloc(l->s->arena, l->s->val_count, sizeof(*l->now));
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

void cc_repeat_run(struct cc_shader *s)
{
    bool changed = false;
    for (size_t i = 0; i < s->rpo_count; i++) {
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
        }
    }
    if (changed) {
        cc_dce_run(s);
    }
}
