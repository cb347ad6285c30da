/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The optimiser's basic round: names of names, folding, copies among phis, equal computations
 * (within what dominates), branches on constants; repeated while something changes. Then what
 * nobody needs is removed.
 */
#include "ir.h"

#include <string.h>

enum { ROUNDS_MAX = 16 };

struct entry {
    struct entry *next;
    struct cc_inst *inst;
};

struct opt {
    struct cc_shader *s;
    struct entry **table;
    size_t mask;
    bool changed, graph_changed;
};

/* ---- equal computations ---- */

static bool shareable(const struct cc_inst *inst)
{
    return (cc_op_flags(inst->op) & CC_OPF_PURE) ||
           (inst->op == CC_LDG && (inst->flags & CC_F_CONSTANT));
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
    return hash ^ (hash >> 29);
}

static uint64_t src_bits(struct cc_src src)
{
    return (uint64_t)src.v << 16 | (uint64_t)src.kind << 8 | (uint64_t)src.file << 4 |
           (uint64_t)(src.neg | src.abs << 1 | src.inv << 2 | src.join << 3);
}

static uint64_t hash_inst(const struct cc_inst *inst)
{
    uint64_t hash = mix(inst->op, inst->flags);
    hash = mix(hash, (uint64_t)inst->sub << 32 | (uint64_t)inst->cmp << 24 |
                         (uint64_t)inst->lut << 16 | (uint64_t)inst->type << 8 | inst->type2);
    hash = mix(hash, (uint64_t)inst->rnd << 32 | (uint32_t)inst->offset);
    hash = mix(hash, src_bits(inst->guard));
    for (uint32_t i = 0; i < inst->src_count; i++) {
        hash = mix(hash, src_bits(inst->src[i]));
    }
    return hash;
}

static bool same_inst(const struct cc_inst *a, const struct cc_inst *b)
{
    if (a->op != b->op || a->flags != b->flags || a->sub != b->sub || a->cmp != b->cmp ||
        a->lut != b->lut || a->type != b->type || a->type2 != b->type2 || a->rnd != b->rnd ||
        a->offset != b->offset || a->src_count != b->src_count || a->def_count < b->def_count ||
        src_bits(a->guard) != src_bits(b->guard)) {
        return false;
    }
    for (uint32_t i = 0; i < a->src_count; i++) {
        if (src_bits(a->src[i]) != src_bits(b->src[i])) {
            return false;
        }
    }
    return true;
}

static void replace_defs(struct opt *o, struct cc_inst *inst, const struct cc_src *by)
{
    for (unsigned i = 0; i < inst->def_count; i++) {
        o->s->vals[inst->def[i]].alias = by[i];
    }
    cc_inst_remove(inst);
    o->changed = true;
}

static bool share(struct opt *o, struct cc_inst *inst)
{
    struct entry **at = &o->table[hash_inst(inst) & o->mask];
    for (struct entry *e = *at; e; e = e->next) {
        if (e->inst->block && same_inst(e->inst, inst) &&
            cc_dominates(e->inst->block, inst->block)) {
            struct cc_src by[CC_DEF_MAX];
            for (unsigned i = 0; i < inst->def_count; i++) {
                by[i] = cc_val_src(o->s, e->inst->def[i]);
            }
            replace_defs(o, inst, by);
            return true;
        }
    }
    struct entry *fresh = cc_alloc(o->s->arena, 1, sizeof(*fresh));
    *fresh = (struct entry){*at, inst};
    *at = fresh;
    return false;
}

/* ---- phis, guards, branches ---- */

/* A phi all of whose sources are one value, or the phi itself, is that value. */
static bool simplify_phi(struct opt *o, struct cc_inst *phi)
{
    struct cc_src only = {0};
    for (uint32_t i = 0; i < phi->src_count; i++) {
        struct cc_src src = phi->src[i];
        if (src.kind == CC_VAL && src.v == phi->def[0] && !src.inv) {
            continue;
        }
        if (only.kind != CC_NONE && src_bits(only) != src_bits(src)) {
            return false;
        }
        only = src;
    }
    if (only.kind == CC_NONE) { /* never entered from outside: any value */
        only = o->s->vals[phi->def[0]].file == CC_PRED ? cc_bool(false) : cc_imm(0);
    }
    replace_defs(o, phi, &only);
    return true;
}

static bool simplify_guard(struct opt *o, struct cc_inst *inst)
{
    if (inst->guard.kind != CC_IMM) {
        return false;
    }
    if (inst->guard.v) {
        inst->guard = (struct cc_src){0};
        o->changed = true;
        return false;
    }
    struct cc_src zeros[CC_DEF_MAX];
    for (unsigned i = 0; i < inst->def_count; i++) {
        zeros[i] = o->s->vals[inst->def[i]].file == CC_PRED ? cc_bool(false) : cc_imm(0);
    }
    replace_defs(o, inst, zeros);
    return true;
}

static void simplify_branch(struct opt *o, struct cc_inst *inst)
{
    struct cc_block *block = inst->block;
    if (inst->src[0].kind != CC_IMM) {
        return;
    }
    unsigned gone = inst->src[0].v ? 1 : 0;
    cc_edge_remove(block, gone);
    if (gone == 0) {
        block->succ[0] = block->succ[1];
        block->succ[1] = NULL;
    }
    inst->op = CC_JMP;
    inst->src_count = 0;
    o->changed = o->graph_changed = true;
}

static void visit(struct opt *o, struct cc_inst *inst)
{
    struct cc_src folded[CC_DEF_MAX];
    for (uint32_t i = 0; i < inst->src_count; i++) {
        inst->src[i] = cc_resolve(o->s, inst->src[i]);
    }
    inst->guard = cc_resolve(o->s, inst->guard);
    if (inst->op == CC_PHI) {
        simplify_phi(o, inst);
    } else if (inst->op == CC_BR) {
        simplify_branch(o, inst);
    } else if (simplify_guard(o, inst)) {
        return;
    } else if ((cc_op_flags(inst->op) & CC_OPF_PURE) && cc_fold(o->s, inst, folded)) {
        replace_defs(o, inst, folded);
    } else if (shareable(inst)) {
        share(o, inst);
    }
}

static size_t table_size(const struct cc_shader *s)
{
    size_t size = 64;
    while (size < s->inst_count / 2 && size < (1u << 20)) {
        size *= 2;
    }
    return size;
}

static void run_round(struct opt *o)
{
    struct cc_shader *s = o->s;
    memset(o->table, 0, (o->mask + 1) * sizeof(*o->table));
    for (size_t i = 0; i < s->rpo_count; i++) {
        struct cc_inst *next;
        for (struct cc_inst *inst = s->rpo[i]->first; inst; inst = next) {
            next = inst->next;
            visit(o, inst);
        }
    }
}

/* After the last round every source must name what remains. */
static void resolve_all(struct cc_shader *s)
{
    for (size_t i = 0; i < s->rpo_count; i++) {
        for (struct cc_inst *inst = s->rpo[i]->first; inst; inst = inst->next) {
            for (uint32_t k = 0; k < inst->src_count; k++) {
                inst->src[k] = cc_resolve(s, inst->src[k]);
            }
            inst->guard = cc_resolve(s, inst->guard);
        }
    }
}

void cc_opt_run(struct cc_shader *s)
{
    size_t size = table_size(s);
    struct opt o = {.s = s, .mask = size - 1};
    o.table = cc_alloc(s->arena, size, sizeof(*o.table));
    o.changed = true;
    for (int i = 0; i < ROUNDS_MAX && o.changed; i++) {
        o.changed = o.graph_changed = false;
        run_round(&o);
        if (o.graph_changed) {
            resolve_all(s);
            cc_cfg_update(s);
        }
    }
    resolve_all(s);
    cc_dce_run(s);
}
