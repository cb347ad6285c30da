/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Out of SSA: phis become copies at the end of their predecessors. All copies of an edge happen at
 * once, so they are put in an order in which no register is overwritten before it was read; cycles
 * are turned by exchanging registers with three exclusive ors.
 */
#include "ir.h"

struct copy {
    uint8_t file, to, from;
    bool inv;  /* predicates: to = !from */
    bool done;
    struct cc_src src; /* not a register: an immediate or constant */
};

struct edge {
    struct cc_shader *s;
    struct cc_block *block;
    struct copy *copies;
    size_t count;
};

void cc_critical_edges_split(struct cc_shader *s)
{
    size_t count = s->rpo_count;
    bool split = false;
    for (size_t i = 0; i < count; i++) {
        struct cc_block *block = s->rpo[i];
        for (unsigned k = 0; k < 2 && block->succ[1]; k++) {
            struct cc_block *to = block->succ[k];
            if (to->pred_count > 1 && to->first && to->first->op == CC_PHI) {
                cc_edge_split(s, block, k);
                split = true;
            }
        }
    }
    if (split) {
        cc_cfg_update(s);
    }
}

static struct cc_src fixed(struct cc_shader *s, enum cc_file file, unsigned reg)
{
    uint32_t v = cc_val_create(s, file);
    s->vals[v].reg = (uint8_t)reg;
    return cc_val_src(s, v);
}

static void emit_copy(struct edge *e, unsigned file, unsigned to, struct cc_src src)
{
    cc_inst_insert_at_end(e->s, e->block, cc_copy_create(e->s, (enum cc_file)file, src, to));
}

/* to ^= from */
static void emit_xor(struct edge *e, unsigned file, unsigned to, unsigned from)
{
    const unsigned a_xor_b = 0x3c;
    struct cc_inst *inst =
        cc_inst_create(e->s, file == CC_PRED ? CC_PLOP3 : CC_LOP3, 3);
    inst->lut = a_xor_b;
    inst->src[0] = fixed(e->s, (enum cc_file)file, to);
    inst->src[1] = fixed(e->s, (enum cc_file)file, from);
    inst->src[2] = file == CC_PRED ? cc_bool(true) : cc_imm(0);
    struct cc_src def = cc_def_add(e->s, inst, (enum cc_file)file);
    e->s->vals[def.v].reg = (uint8_t)to;
    cc_inst_insert_at_end(e->s, e->block, inst);
}

static bool still_read(const struct edge *e, const struct copy *c)
{
    for (size_t i = 0; i < e->count; i++) {
        const struct copy *other = &e->copies[i];
        if (!other->done && other != c && other->file == c->file && other->src.kind == CC_VAL &&
            other->from == c->to) {
            return true;
        }
    }
    return false;
}

/* Copies whose target nobody reads any more; true when one was made. */
static bool emit_free_copies(struct edge *e)
{
    bool progress = false;
    for (size_t i = 0; i < e->count; i++) {
        struct copy *c = &e->copies[i];
        if (c->done || c->src.kind != CC_VAL || still_read(e, c)) {
            continue;
        }
        if (c->from != c->to) {
            emit_copy(e, c->file, c->to, fixed(e->s, (enum cc_file)c->file, c->from));
        }
        c->done = progress = true;
    }
    return progress;
}

/* Only cycles are left: exchange, after which one copy of the cycle is done. */
static bool turn_cycle(struct edge *e)
{
    for (size_t i = 0; i < e->count; i++) {
        struct copy *c = &e->copies[i];
        if (c->done || c->src.kind != CC_VAL) {
            continue;
        }
        if (c->from == c->to) {
            c->done = true;
            return true;
        }
        emit_xor(e, c->file, c->to, c->from);
        emit_xor(e, c->file, c->from, c->to);
        emit_xor(e, c->file, c->to, c->from);
        for (size_t k = 0; k < e->count; k++) {
            struct copy *other = &e->copies[k];
            if (!other->done && other != c && other->file == c->file &&
                other->src.kind == CC_VAL) {
                other->from = other->from == c->to     ? c->from
                              : other->from == c->from ? c->to
                                                       : other->from;
            }
        }
        c->done = true;
        return true;
    }
    return false;
}

/* Constants and negations come last: they read nothing that others need. */
static void emit_rest(struct edge *e)
{
    for (size_t i = 0; i < e->count; i++) {
        struct copy *c = &e->copies[i];
        if (c->src.kind != CC_VAL) {
            emit_copy(e, c->file, c->to, c->src);
        } else if (c->inv) {
            struct cc_src own = fixed(e->s, CC_PRED, c->to);
            own.inv = true;
            emit_copy(e, CC_PRED, c->to, own);
        }
    }
}

static void emit_edge(struct cc_shader *s, struct cc_block *block, size_t pred_index)
{
    struct edge e = {.s = s, .block = block->preds[pred_index]};
    size_t capacity = 0;
    for (struct cc_inst *phi = block->first; phi && phi->op == CC_PHI; phi = phi->next) {
        struct cc_src src = phi->src[pred_index];
        const struct cc_val *to = &s->vals[phi->def[0]];
        e.copies = cc_grow(s->arena, e.copies, &capacity, e.count + 1, sizeof(*e.copies));
        e.copies[e.count++] = (struct copy){
            .file = to->file, .to = to->reg, .inv = src.inv, .src = src,
            .from = src.kind == CC_VAL ? s->vals[src.v].reg : CC_REG_NONE};
    }
    while (emit_free_copies(&e) || turn_cycle(&e)) {
    }
    emit_rest(&e);
}

void cc_pcopy_run(struct cc_shader *s)
{
    for (size_t i = 0; i < s->rpo_count; i++) {
        struct cc_block *block = s->rpo[i];
        if (!block->first || block->first->op != CC_PHI) {
            continue;
        }
        for (size_t p = 0; p < block->pred_count; p++) {
            emit_edge(s, block, p);
        }
        while (block->first && block->first->op == CC_PHI) {
            cc_inst_remove(block->first);
        }
    }
}
