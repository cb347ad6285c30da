/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Building and changing the IR: values, blocks, edges, instruction lists. */
#include "ir.h"

#include <string.h>

/* A shader of this many instructions is a mistake or an attack. */
static const size_t inst_max = 4u << 20;

uint32_t cc_val_create(struct cc_shader *s, enum cc_file file)
{
    s->vals = cc_grow(s->arena, s->vals, &s->val_capacity, s->val_count + 1, sizeof(*s->vals));
    struct cc_val *val = &s->vals[s->val_count];
    val->file = (uint8_t)file;
    val->reg = CC_REG_NONE;
    return (uint32_t)s->val_count++;
}

struct cc_src cc_val_src(const struct cc_shader *s, uint32_t val)
{
    return (struct cc_src){.kind = CC_VAL, .file = s->vals[val].file, .v = val};
}

struct cc_block *cc_block_create(struct cc_shader *s)
{
    struct cc_block *block = cc_alloc(s->arena, 1, sizeof(*block));
    s->blocks =
        cc_grow(s->arena, s->blocks, &s->block_capacity, s->block_count + 1, sizeof(*s->blocks));
    block->id = (uint32_t)s->block_count;
    block->order = UINT32_MAX;
    s->blocks[s->block_count++] = block;
    return block;
}

void cc_edge_add(struct cc_shader *s, struct cc_block *from, unsigned which, struct cc_block *to)
{
    from->succ[which] = to;
    to->preds = cc_grow(s->arena, to->preds, &to->pred_capacity, to->pred_count + 1,
                        sizeof(struct cc_block *));
    to->preds[to->pred_count++] = from;
}

struct cc_inst *cc_inst_create(struct cc_shader *s, enum cc_op op, uint32_t src_count)
{
    if (++s->inst_count > inst_max) {
        cc_fail(s->arena, "shader too large: more than %zu instructions: not supported", inst_max);
    }
    struct cc_inst *inst = cc_alloc(s->arena, 1, sizeof(*inst));
    inst->op = (uint16_t)op;
    inst->src_count = src_count;
    inst->src = src_count ? cc_alloc(s->arena, src_count, sizeof(struct cc_src)) : NULL;
    inst->stall = 1;
    return inst;
}

struct cc_src cc_def_add(struct cc_shader *s, struct cc_inst *inst, enum cc_file file)
{
    uint32_t val = cc_val_create(s, file);
    s->vals[val].def = inst;
    inst->def[inst->def_count++] = val;
    return cc_val_src(s, val);
}

void cc_inst_append(struct cc_shader *s, struct cc_block *block, struct cc_inst *inst)
{
    (void)s;
    inst->block = block;
    inst->prev = block->last;
    inst->next = NULL;
    if (block->last) {
        block->last->next = inst;
    } else {
        block->first = inst;
    }
    block->last = inst;
}

void cc_inst_insert_before(struct cc_shader *s, struct cc_inst *at, struct cc_inst *inst)
{
    (void)s;
    inst->block = at->block;
    inst->next = at;
    inst->prev = at->prev;
    if (at->prev) {
        at->prev->next = inst;
    } else {
        at->block->first = inst;
    }
    at->prev = inst;
}

void cc_inst_insert_after(struct cc_shader *s, struct cc_inst *at, struct cc_inst *inst)
{
    if (at->next) {
        cc_inst_insert_before(s, at->next, inst);
    } else {
        cc_inst_append(s, at->block, inst);
    }
}

void cc_inst_remove(struct cc_inst *inst)
{
    struct cc_block *block = inst->block;
    if (inst->prev) {
        inst->prev->next = inst->next;
    } else {
        block->first = inst->next;
    }
    if (inst->next) {
        inst->next->prev = inst->prev;
    } else {
        block->last = inst->prev;
    }
    inst->prev = inst->next = NULL;
}

struct cc_inst *cc_block_terminator(struct cc_block *block)
{
    return block->last && (cc_op_flags(block->last->op) & CC_OPF_TERM) ? block->last : NULL;
}

void cc_inst_insert_at_end(struct cc_shader *s, struct cc_block *block, struct cc_inst *inst)
{
    struct cc_inst *term = cc_block_terminator(block);
    if (term) {
        cc_inst_insert_before(s, term, inst);
    } else {
        cc_inst_append(s, block, inst);
    }
}

struct cc_inst *cc_block_after_phis(struct cc_block *block)
{
    struct cc_inst *inst = block->first;
    while (inst && inst->op == CC_PHI) {
        inst = inst->next;
    }
    return inst;
}

struct cc_block *cc_edge_split(struct cc_shader *s, struct cc_block *from, unsigned which)
{
    struct cc_block *to = from->succ[which];
    struct cc_block *middle = cc_block_create(s);
    cc_inst_append(s, middle, cc_inst_create(s, CC_JMP, 0));
    from->succ[which] = middle;
    middle->preds = cc_grow(s->arena, NULL, &middle->pred_capacity, 1, sizeof(struct cc_block *));
    middle->preds[middle->pred_count++] = from;
    middle->succ[0] = to;
    /* A conditional branch with both ways to `to` has two entries: replace one. */
    for (size_t i = 0; i < to->pred_count; i++) {
        if (to->preds[i] == from) {
            to->preds[i] = middle;
            break;
        }
    }
    return middle;
}

struct cc_src cc_resolve(const struct cc_shader *s, struct cc_src src)
{
    while (src.kind == CC_VAL && s->vals[src.v].alias.kind != CC_NONE) {
        struct cc_src alias = s->vals[src.v].alias;
        alias.neg = src.neg;
        alias.abs = src.abs;
        alias.join = src.join;
        alias.inv = src.inv != alias.inv;
        if (alias.file == CC_PRED && alias.kind == CC_IMM && alias.inv) {
            alias.v ^= 1u;
            alias.inv = false;
        }
        src = alias;
    }
    return src;
}

void cc_edge_remove(struct cc_block *from, unsigned which)
{
    struct cc_block *to = from->succ[which];
    size_t at = 0;
    while (at < to->pred_count && to->preds[at] != from) {
        at++;
    }
    if (at < to->pred_count) {
        to->pred_count--;
        for (size_t i = at; i < to->pred_count; i++) {
            to->preds[i] = to->preds[i + 1];
        }
        for (struct cc_inst *phi = to->first; phi && phi->op == CC_PHI; phi = phi->next) {
            phi->src_count--;
            for (size_t i = at; i < phi->src_count; i++) {
                phi->src[i] = phi->src[i + 1];
            }
        }
    }
    from->succ[which] = NULL;
}

struct cc_inst *cc_copy_create(struct cc_shader *s, enum cc_file file, struct cc_src src,
                               unsigned reg)
{
    const unsigned first_without_constant_operands = 100;
    bool load = src.kind == CC_CBUF && s->sm >= first_without_constant_operands;
    enum cc_op op = file == CC_PRED ? CC_PMOV : load ? CC_LDC : CC_MOV;
    struct cc_inst *inst = cc_inst_create(s, op, 1);
    src.join = false;
    inst->src[0] = load ? cc_imm(0) : src;
    inst->offset = load ? (int32_t)src.v : 0;
    struct cc_src def = cc_def_add(s, inst, file);
    s->vals[def.v].reg = (uint8_t)reg;
    return inst;
}
