/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Spilling: brings the number of values alive at once under what there are registers for, so that
 * allocation can colour. A spilled general register goes to scratch memory after its definition and
 * comes back before each use; a spilled predicate goes to a general register as 0 or 1. Values
 * whose uses are far apart and few, outside of loops, go first.
 */
#include "ir.h"

#include <string.h>

enum { SLOT_BYTES = 4, ROUNDS_MAX = 64, BATCH_MAX = 64 };

struct spill {
    struct cc_shader *s;
    enum cc_file file;
    unsigned limit;
    float *cost;       /* uses, weighted by loop depth, over the length of the life; per value */
    uint32_t *start, *end; /* instruction numbers */
    uint32_t *pick;    /* values to spill in this round */
    size_t pick_count;
    bool *picked;
    uint32_t *slot; /* per value: scratch offset, or the general register value of a predicate */
};

static void count_spans(struct spill *sp, size_t words)
{
    struct cc_shader *s = sp->s;
    uint32_t at = 0;
    for (size_t b = 0; b < s->rpo_count; b++) {
        for (struct cc_inst *inst = s->rpo[b]->first; inst; inst = inst->next, at++) {
            for (unsigned i = 0; i < inst->def_count; i++) {
                sp->start[inst->def[i]] = sp->end[inst->def[i]] = at;
            }
            for (uint32_t i = 0; i < inst->src_count; i++) {
                if (inst->src[i].kind == CC_VAL && inst->op != CC_PHI) {
                    sp->end[inst->src[i].v] = at;
                }
            }
        }
        for (size_t w = 0; w < words; w++) {
            for (uint32_t bits = s->rpo[b]->live_out[w]; bits; bits &= bits - 1) {
                sp->end[w * 32 + (size_t)__builtin_ctz(bits)] = at;
            }
        }
    }
    for (size_t v = 0; v < words * 32 && v < s->val_count; v++) {
        uint32_t span = sp->end[v] > sp->start[v] ? sp->end[v] - sp->start[v] : 0;
        sp->cost[v] /= (float)(span + 1);
    }
}

static void count_costs(struct spill *sp)
{
    struct cc_shader *s = sp->s;
    for (size_t b = 0; b < s->rpo_count; b++) {
        float weight = 1.0f;
        for (uint32_t d = 0; d < s->rpo[b]->loop_depth && d < 6; d++) {
            weight *= 8.0f;
        }
        for (struct cc_inst *inst = s->rpo[b]->first; inst; inst = inst->next) {
            for (uint32_t i = 0; i < inst->src_count; i++) {
                if (inst->src[i].kind == CC_VAL) {
                    sp->cost[inst->src[i].v] += weight;
                }
            }
            for (unsigned i = 0; i < inst->def_count; i++) {
                sp->cost[inst->def[i]] += weight;
            }
        }
    }
}

/* Registers that groups of this instruction may need beyond what is alive. */
static unsigned extra_registers(const struct cc_inst *inst, enum cc_file file)
{
    unsigned extra = 0, run = 1;
    if (file == CC_PRED || inst->op == CC_PHI) {
        return 0;
    }
    for (uint32_t i = 1; i <= inst->src_count; i++) {
        if (i < inst->src_count && inst->src[i].join) {
            run++;
        } else {
            extra += run > 1 ? (run > 2 ? 4 : run) : 0;
            run = 1;
        }
    }
    return extra;
}

static bool can_spill(const struct spill *sp, uint32_t v)
{
    const struct cc_val *val = &sp->s->vals[v];
    return val->file == sp->file && !val->no_spill && !sp->picked[v];
}

static void pick_cheapest(struct spill *sp, const uint32_t *live, size_t words)
{
    uint32_t best = UINT32_MAX;
    for (size_t w = 0; w < words; w++) {
        for (uint32_t bits = live[w]; bits; bits &= bits - 1) {
            uint32_t v = (uint32_t)(w * 32) + (uint32_t)__builtin_ctz(bits);
            if (can_spill(sp, v) && (best == UINT32_MAX || sp->cost[v] < sp->cost[best])) {
                best = v;
            }
        }
    }
    if (best != UINT32_MAX && sp->pick_count < BATCH_MAX) {
        sp->picked[best] = true;
        sp->pick[sp->pick_count++] = best;
    }
}

static unsigned count_live(const struct spill *sp, const uint32_t *live, size_t words)
{
    unsigned count = 0;
    for (size_t w = 0; w < words; w++) {
        for (uint32_t bits = live[w]; bits; bits &= bits - 1) {
            uint32_t v = (uint32_t)(w * 32) + (uint32_t)__builtin_ctz(bits);
            count += sp->s->vals[v].file == sp->file && !sp->picked[v];
        }
    }
    return count;
}

static void relieve(struct spill *sp, const uint32_t *live, size_t words, unsigned extra)
{
    size_t before;
    do {
        before = sp->pick_count;
        if (count_live(sp, live, words) + extra > sp->limit) {
            pick_cheapest(sp, live, words);
        }
    } while (sp->pick_count > before);
}

static void track(const struct spill *sp, uint32_t v, uint32_t *live, unsigned *count, bool alive)
{
    if (cc_bit_get(live, v) == alive) {
        return;
    }
    if (sp->s->vals[v].file == sp->file && !sp->picked[v]) {
        *count += alive ? 1u : -1u;
    }
    (alive ? cc_bit_set : cc_bit_clear)(live, v);
}

/* Backwards through the block; where too much is alive, picks what to spill. */
static void scan_block(struct spill *sp, struct cc_block *block, uint32_t *live, size_t words)
{
    memcpy(live, block->live_out, words * sizeof(*live));
    unsigned count = count_live(sp, live, words);
    for (struct cc_inst *inst = block->last; inst; inst = inst->prev) {
        for (unsigned i = 0; i < inst->def_count; i++) {
            track(sp, inst->def[i], live, &count, true);
        }
        unsigned extra = extra_registers(inst, sp->file);
        if (count + extra > sp->limit) {
            relieve(sp, live, words, extra);
            count = count_live(sp, live, words);
        }
        if (inst->op == CC_PHI) {
            continue; /* phis are alive together: leave their results in */
        }
        for (unsigned i = 0; i < inst->def_count; i++) {
            track(sp, inst->def[i], live, &count, false);
        }
        for (uint32_t i = 0; i < inst->src_count; i++) {
            if (inst->src[i].kind == CC_VAL) {
                track(sp, inst->src[i].v, live, &count, true);
            }
        }
        if (inst->guard.kind == CC_VAL) {
            track(sp, inst->guard.v, live, &count, true);
        }
        if (count + extra > sp->limit) {
            relieve(sp, live, words, extra);
            count = count_live(sp, live, words);
        }
    }
}

/* ---- rewriting ---- */

static struct cc_inst *scratch_inst(struct cc_shader *s, enum cc_op op, uint32_t slot)
{
    struct cc_inst *inst = cc_inst_create(s, op, op == CC_STL ? 2 : 1);
    inst->src[0] = cc_imm(0);
    inst->type = CC_B32;
    inst->flags = CC_F_SPILL;
    inst->offset = (int32_t)slot;
    return inst;
}

static struct cc_inst *save(struct spill *sp, uint32_t v)
{
    struct cc_shader *s = sp->s;
    if (sp->file == CC_GPR) {
        struct cc_inst *inst = scratch_inst(s, CC_STL, sp->slot[v]);
        inst->src[1] = cc_val_src(s, v);
        return inst;
    }
    struct cc_inst *inst = cc_inst_create(s, CC_SEL, 3); /* p ? 1 : 0 */
    inst->src[0] = cc_imm(0);
    inst->src[1] = cc_imm(1);
    inst->src[2] = cc_val_src(s, v);
    inst->src[2].inv = true;
    inst->def[inst->def_count++] = sp->slot[v];
    s->vals[sp->slot[v]].def = inst;
    return inst;
}

static struct cc_inst *restore(struct spill *sp, uint32_t v)
{
    struct cc_shader *s = sp->s;
    struct cc_inst *inst;
    if (sp->file == CC_GPR) {
        inst = scratch_inst(s, CC_LDL, sp->slot[v]);
    } else {
        inst = cc_inst_create(s, CC_ISETP, 3);
        inst->cmp = CC_CMP_NE;
        inst->src[0] = cc_val_src(s, sp->slot[v]);
        inst->src[1] = cc_imm(0);
        inst->src[2] = cc_bool(true);
    }
    struct cc_src def = cc_def_add(s, inst, sp->file);
    s->vals[def.v].no_spill = true;
    return inst;
}

static void restore_source(struct spill *sp, struct cc_inst *at, struct cc_src *src, size_t known)
{
    if (src->kind != CC_VAL || src->v >= known || !sp->picked[src->v]) {
        return;
    }
    struct cc_inst *inst = restore(sp, src->v);
    cc_inst_insert_before(sp->s, at, inst);
    src->v = inst->def[0];
}

/* Each phi source comes back at the end of its predecessor. */
static void restore_phi(struct spill *sp, struct cc_inst *phi, size_t known)
{
    for (uint32_t i = 0; i < phi->src_count; i++) {
        struct cc_src *src = &phi->src[i];
        if (src->kind == CC_VAL && src->v < known && sp->picked[src->v]) {
            struct cc_inst *inst = restore(sp, src->v);
            cc_inst_insert_at_end(sp->s, phi->block->preds[i], inst);
            src->v = inst->def[0];
        }
    }
}

/*
 * A phi that is spilled leaves the registers altogether: predecessors write a second slot, from
 * which the first is filled in the phi's block. Two slots, because on the way there other phis may
 * still read this one's old value.
 */
static void phi_to_memory(struct spill *sp, struct cc_inst *phi)
{
    struct cc_shader *s = sp->s;
    struct cc_inst *at = cc_block_after_phis(phi->block);
    uint32_t incoming = s->local_size_bytes;
    s->local_size_bytes += SLOT_BYTES;
    for (uint32_t i = 0; i < phi->src_count; i++) {
        struct cc_src src = phi->src[i];
        struct cc_block *pred = phi->block->preds[i];
        if (src.kind != CC_VAL && !cc_is_imm(src, 0)) {
            struct cc_inst *copy = cc_copy_create(s, CC_GPR, src, CC_REG_NONE);
            cc_inst_insert_at_end(s, pred, copy);
            s->vals[copy->def[0]].no_spill = true;
            src = cc_val_src(s, copy->def[0]);
        }
        struct cc_inst *store = scratch_inst(s, CC_STL, incoming);
        store->src[1] = src;
        cc_inst_insert_at_end(s, pred, store);
    }
    struct cc_inst *load = scratch_inst(s, CC_LDL, incoming);
    struct cc_src value = cc_def_add(s, load, CC_GPR);
    s->vals[value.v].no_spill = true;
    struct cc_inst *store = scratch_inst(s, CC_STL, sp->slot[phi->def[0]]);
    store->src[1] = value;
    cc_inst_insert_before(s, at, load);
    cc_inst_insert_before(s, at, store);
    cc_inst_remove(phi);
}

static void save_defs(struct spill *sp, struct cc_inst *inst, size_t known)
{
    for (unsigned i = 0; i < inst->def_count; i++) {
        if (inst->def[i] >= known || !sp->picked[inst->def[i]]) {
            continue;
        }
        struct cc_inst *store = save(sp, inst->def[i]);
        struct cc_inst *first = cc_block_after_phis(inst->block);
        if (inst->op == CC_PHI && first) {
            cc_inst_insert_before(sp->s, first, store);
        } else {
            cc_inst_insert_after(sp->s, inst, store);
        }
    }
}

static void rewrite(struct spill *sp, size_t known)
{
    struct cc_shader *s = sp->s;
    for (size_t b = 0; b < s->rpo_count; b++) {
        struct cc_inst *next;
        for (struct cc_inst *inst = s->rpo[b]->first; inst; inst = next) {
            next = inst->next;
            bool own = inst->def_count && inst->def[0] >= known;
            if (own || (inst->flags & CC_F_SPILL)) {
                continue;
            }
            if (inst->op == CC_PHI) {
                restore_phi(sp, inst, known);
                if (sp->file == CC_GPR && sp->picked[inst->def[0]]) {
                    phi_to_memory(sp, inst);
                    continue;
                }
            } else {
                for (uint32_t i = 0; i < inst->src_count; i++) {
                    restore_source(sp, inst, &inst->src[i], known);
                }
                restore_source(sp, inst, &inst->guard, known);
            }
            save_defs(sp, inst, known);
        }
    }
}

static void assign_slots(struct spill *sp)
{
    struct cc_shader *s = sp->s;
    for (size_t i = 0; i < sp->pick_count; i++) {
        uint32_t v = sp->pick[i];
        s->vals[v].no_spill = true;
        s->spill_count++;
        if (sp->file == CC_GPR) {
            sp->slot[v] = s->local_size_bytes;
            s->local_size_bytes += SLOT_BYTES;
        } else {
            sp->slot[v] = cc_val_create(s, CC_GPR);
        }
    }
}

/* ---- phis of predicates ---- */

enum { PRED_PHIS_MAX = 3 };

static struct cc_src bool_to_word(struct cc_shader *s, struct cc_block *at_end_of, struct cc_src p)
{
    struct cc_inst *inst = cc_inst_create(s, CC_SEL, 3);
    inst->src[0] = cc_imm(0);
    inst->src[1] = cc_imm(1);
    inst->src[2] = p;
    if (p.kind == CC_IMM) {
        return cc_imm(p.v);
    }
    inst->src[2].inv = !p.inv;
    struct cc_src word = cc_def_add(s, inst, CC_GPR);
    cc_inst_insert_at_end(s, at_end_of, inst);
    return word;
}

static void demote_phi(struct cc_shader *s, struct cc_inst *phi)
{
    uint32_t p = phi->def[0];
    for (uint32_t i = 0; i < phi->src_count; i++) {
        phi->src[i] = bool_to_word(s, phi->block->preds[i], phi->src[i]);
    }
    phi->def[0] = cc_val_create(s, CC_GPR);
    s->vals[phi->def[0]].def = phi;
    struct cc_inst *test = cc_inst_create(s, CC_ISETP, 3);
    test->cmp = CC_CMP_NE;
    test->src[0] = cc_val_src(s, phi->def[0]);
    test->src[1] = cc_imm(0);
    test->src[2] = cc_bool(true);
    test->def[test->def_count++] = p;
    s->vals[p].def = test;
    cc_inst_insert_before(s, cc_block_after_phis(phi->block), test);
}

/* All phis of a block are alive together: with many of predicates, use words. */
static void demote_pred_phis(struct cc_shader *s)
{
    for (size_t b = 0; b < s->rpo_count; b++) {
        unsigned count = 0;
        struct cc_inst *first = s->rpo[b]->first;
        for (struct cc_inst *phi = first; phi && phi->op == CC_PHI; phi = phi->next) {
            count += s->vals[phi->def[0]].file == CC_PRED;
        }
        for (struct cc_inst *phi = first; count > PRED_PHIS_MAX && phi && phi->op == CC_PHI;
             phi = phi->next) {
            if (s->vals[phi->def[0]].file == CC_PRED) {
                demote_phi(s, phi);
            }
        }
    }
}

static bool spill_round(struct cc_shader *s, enum cc_file file, unsigned limit)
{
    size_t known = s->val_count, words = (known + 31) / 32;
    struct spill sp = {.s = s, .file = file, .limit = limit};
    sp.cost = cc_alloc(s->arena, known, sizeof(*sp.cost));
    sp.picked = cc_alloc(s->arena, known, sizeof(*sp.picked));
    sp.slot = cc_alloc(s->arena, known, sizeof(*sp.slot));
    sp.pick = cc_alloc(s->arena, BATCH_MAX, sizeof(*sp.pick));
    sp.start = cc_alloc(s->arena, known, sizeof(*sp.start));
    sp.end = cc_alloc(s->arena, known, sizeof(*sp.end));
    uint32_t *live = cc_alloc(s->arena, words, sizeof(*live));
    count_costs(&sp);
    count_spans(&sp, words);
    for (size_t b = 0; b < s->rpo_count; b++) {
        scan_block(&sp, s->rpo[b], live, words);
    }
    if (sp.pick_count == 0) {
        return false;
    }
    assign_slots(&sp);
    rewrite(&sp, known);
    return true;
}

void cc_spill_run(struct cc_shader *s, unsigned gpr_max)
{
    demote_pred_phis(s);
    for (int i = 0; i < ROUNDS_MAX; i++) {
        cc_live_run(s);
        if (!spill_round(s, CC_PRED, CC_PRED_MAX) && !spill_round(s, CC_GPR, gpr_max)) {
            return;
        }
    }
}
