/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Variables that nobody indexes with a running value become SSA values while they are lowered: a
 * write names the value at the end of the block, a read looks backwards. Where several edges meet a
 * phi is made whose sources are filled once all edges exist; phis that turn out to be copies fall
 * to the optimiser.
 */
#include "spirv.h"

#include <string.h>

/* How many joins behind one another a read looks through for a value that all edges share. */
enum { JOIN_DEPTH_MAX = 16, NOTE_EVERY = 16 };

static struct spv_def *def_slot(struct spv_def *defs, size_t capacity, uint32_t block, uint32_t var)
{
    uint64_t key = (uint64_t)block << 32 | var;
    size_t at = (size_t)((key * 0x9e3779b97f4a7c15u) >> 40) & (capacity - 1);
    while (defs[at].used && (defs[at].block != block || defs[at].var != var)) {
        at = (at + 1) & (capacity - 1);
    }
    return &defs[at];
}

static void grow_defs(struct spv_lower *l)
{
    size_t capacity = l->def_capacity ? l->def_capacity * 2 : 256;
    struct spv_def *defs = cc_alloc(l->m->arena, capacity, sizeof(*defs));
    for (size_t i = 0; i < l->def_capacity; i++) {
        if (l->defs[i].used) {
            *def_slot(defs, capacity, l->defs[i].block, l->defs[i].var) = l->defs[i];
        }
    }
    l->defs = defs;
    l->def_capacity = capacity;
}

static void write_at(struct spv_lower *l, uint32_t block, uint32_t var, struct cc_src src)
{
    if ((l->def_count + 1) * 2 > l->def_capacity) {
        grow_defs(l);
    }
    struct spv_def *def = def_slot(l->defs, l->def_capacity, block, var);
    l->def_count += !def->used;
    src.join = false;
    *def = (struct spv_def){block, var, true, src};
}

static uint32_t create_vars(struct spv_lower *l, const struct spv_type *type, uint32_t root)
{
    uint32_t first = l->var_count;
    if (type->kind == SPV_STRUCT) {
        for (uint32_t i = 0; i < type->count; i++) {
            create_vars(l, type->members[i].type, root);
        }
        return first;
    }
    if (type->kind == SPV_ARRAY || type->kind == SPV_MATRIX) {
        for (uint32_t i = 0; i < type->count; i++) {
            create_vars(l, type->elem, root);
        }
        return first;
    }
    l->var_file =
        cc_grow(l->m->arena, l->var_file, &l->var_capacity, l->var_count + type->slots, 1);
    l->var_root = cc_grow(l->m->arena, l->var_root, &l->root_capacity, l->var_count + type->slots,
                          sizeof(*l->var_root));
    for (uint32_t i = 0; i < type->slots; i++) {
        l->var_root[l->var_count] = root;
        l->var_file[l->var_count++] = spv_type_is(type, SPV_BOOL) ? CC_PRED : CC_GPR;
    }
    return first;
}

uint32_t spv_var_create(struct spv_lower *l, const struct spv_type *type, uint32_t root)
{
    const uint32_t var_max = 1u << 20;
    if (l->var_count > var_max) {
        cc_fail(l->m->arena, "more than %u variables: not supported", var_max);
    }
    return create_vars(l, type, root);
}

void spv_var_write(struct spv_lower *l, uint32_t var, struct cc_src src)
{
    if (src.file != l->var_file[var]) {
        spv_malformed(&l->inst, "the value's type is not the variable's");
    }
    write_at(l, l->b.block->id, var, src);
}

static struct cc_src make_phi(struct spv_lower *l, struct cc_block *block, uint32_t var)
{
    struct cc_inst *phi = cc_inst_create(l->s, CC_PHI, 0);
    struct cc_src result = cc_def_add(l->s, phi, (enum cc_file)l->var_file[var]);
    if (block->first) {
        cc_inst_insert_before(l->s, block->first, phi);
    } else {
        cc_inst_append(l->s, block, phi);
    }
    l->var_phis = cc_grow(l->m->arena, l->var_phis, &l->var_phi_capacity, l->var_phi_count + 1,
                          sizeof(*l->var_phis));
    l->var_phis[l->var_phi_count++] = (struct spv_var_phi){phi, var};
    return result;
}

static struct cc_src read_at(struct spv_lower *l, struct cc_block *block, uint32_t var,
                             unsigned depth);

/* A loop that does not write the variable has it as whoever entered the loop. */
static bool passes_through(const struct spv_lower *l, const struct cc_block *block, uint32_t var)
{
    uint32_t root = l->var_root[var];
    return block->open && block->stored && root != 0 && block->pred_count > 0 &&
           !cc_bit_get(block->stored, root);
}

static bool same(struct cc_src a, struct cc_src b)
{
    return a.kind == b.kind && a.v == b.v && a.file == b.file && a.neg == b.neg &&
           a.abs == b.abs && a.inv == b.inv;
}

/* Where all edges are known and bring the same there is nothing to choose. */
static bool agreed(struct spv_lower *l, const struct cc_block *block, uint32_t var, unsigned depth,
                   struct cc_src *out)
{
    if (block->open || block->pred_count == 0 || depth > JOIN_DEPTH_MAX) {
        return false;
    }
    *out = cc_resolve(l->s, read_at(l, block->preds[0], var, depth));
    for (size_t p = 1; p < block->pred_count; p++) {
        if (!same(*out, cc_resolve(l->s, read_at(l, block->preds[p], var, depth)))) {
            return false;
        }
    }
    return true;
}

/* The variable's value at the end of `block` as known now. */
static struct cc_src read_at(struct spv_lower *l, struct cc_block *block, uint32_t var,
                             unsigned depth)
{
    struct cc_block *at = block;
    struct cc_src src;
    for (;;) {
        if (l->def_capacity) {
            struct spv_def *def = def_slot(l->defs, l->def_capacity, at->id, var);
            if (def->used) {
                src = def->src;
                break;
            }
        }
        if (at->id == 0) { /* never written: any value will do */
            src = l->var_file[var] == CC_PRED ? cc_bool(false) : cc_imm(0);
            break;
        }
        if (at->join && !passes_through(l, at, var)) {
            if (!agreed(l, at, var, depth + 1, &src)) {
                src = make_phi(l, at, var);
            }
            write_at(l, at->id, var, src);
            break;
        }
        if (at->pred_count == 0) {
            src = l->var_file[var] == CC_PRED ? cc_bool(false) : cc_imm(0);
            break;
        }
        at = at->preds[0];
    }
    /* Noted where it was asked for, and here and there on the way, so that no walk is long twice. */
    for (unsigned step = 0; block != at; block = block->preds[0], step++) {
        if (step % NOTE_EVERY == 0) {
            write_at(l, block->id, var, src);
        }
    }
    return src;
}

struct cc_src spv_var_read(struct spv_lower *l, uint32_t var)
{
    return cc_resolve(l->s, read_at(l, l->b.block, var, 0));
}

void spv_var_phis_fill(struct spv_lower *l)
{
    /* Filling can make more phis, at the end of the list. */
    for (size_t i = 0; i < l->var_phi_count; i++) {
        struct spv_var_phi entry = l->var_phis[i];
        struct cc_block *block = entry.phi->block;
        struct cc_src *src = cc_alloc(l->m->arena, block->pred_count + 1, sizeof(*src));
        for (size_t p = 0; p < block->pred_count; p++) {
            src[p] = read_at(l, block->preds[p], entry.var, 0);
        }
        entry.phi->src = src;
        entry.phi->src_count = (uint32_t)block->pred_count;
    }
}
