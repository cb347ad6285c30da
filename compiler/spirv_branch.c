/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Branches, switches, returns: the edges of the graph. */
#include "spirv_flow.h"

void spv_owner_set(struct spv_lower *l, const struct cc_block *block, uint32_t label)
{
    l->owner = cc_grow(l->m->arena, l->owner, &l->owner_capacity, l->s->block_count,
                       sizeof(*l->owner));
    l->owner[block->id] = label;
}

uint32_t spv_owner(const struct spv_lower *l, const struct cc_block *block)
{
    return block->id < l->owner_capacity ? l->owner[block->id] : 0;
}

static struct cc_block *target_block(struct spv_instance *in, const struct spv_inst *inst, uint32_t word)
{
    uint32_t index = spv_id(inst->m, spv_word(inst, word))->local;
    bool back = in->f->blocks[index].order <= in->f->blocks[in->current].order;
    return back ? in->head[index] : in->entry[index];
}

void spv_jump(struct spv_lower *l, struct cc_block *to)
{
    cc_b_append(&l->b, cc_inst_create(l->s, CC_JMP, 0));
    cc_edge_add(l->s, l->b.block, 0, to);
}

static void branch(struct spv_lower *l, struct cc_src p, struct cc_block *yes, struct cc_block *no)
{
    p = cc_resolve(l->s, p);
    if (yes == no || p.kind == CC_IMM) {
        spv_jump(l, p.kind == CC_IMM && !p.v ? no : yes);
        return;
    }
    cc_b_append(&l->b, cc_b_inst(&l->b, CC_BR, 1, &p));
    cc_edge_add(l->s, l->b.block, 0, yes);
    cc_edge_add(l->s, l->b.block, 1, no);
}

static struct cc_src case_hit(struct spv_lower *l, const struct spv_inst *inst,
                              const struct spv_value *selector, uint32_t at)
{
    struct cc_src hit = cc_bool(true);
    for (uint32_t i = 0; i < selector->type->slots; i++) {
        struct cc_src eq = cc_b_icmp(&l->b, CC_CMP_EQ, selector->slots[i],
                                     cc_imm(inst->words[at + i]), false);
        hit = cc_b_pand(&l->b, hit, eq);
    }
    return hit;
}

/* The cases from `first` on that go where that one does. */
static struct cc_src target_hit(struct spv_lower *l, const struct spv_inst *inst,
                                const struct spv_value *selector, uint32_t first)
{
    uint32_t words = selector->type->slots;
    struct cc_src hit = case_hit(l, inst, selector, first);
    for (uint32_t at = first + words + 1; at + words < inst->count; at += words + 1) {
        if (inst->words[at + words] == inst->words[first + words]) {
            hit = cc_b_por(&l->b, hit, case_hit(l, inst, selector, at));
        }
    }
    return hit;
}

static bool target_seen(const struct spv_inst *inst, uint32_t words, uint32_t at)
{
    for (uint32_t before = 3; before < at; before += words + 1) {
        if (inst->words[before + words] == inst->words[at + words]) {
            return true;
        }
    }
    return inst->words[at + words] == inst->words[2]; /* the default needs no test */
}

/*
 * A chain of compares with one branch to each target, so that all threads that go there go at once.
 * Blocks of the chain count as ends of the same source block.
 */
static void switch_lower(struct spv_instance *in, const struct spv_inst *inst)
{
    struct spv_lower *l = in->l;
    struct spv_value *selector = spv_value(l, spv_word(inst, 1));
    uint32_t words = selector->type->slots;
    if (selector->type->kind != SPV_INT) {
        spv_malformed(inst, "selector is no integer");
    }
    for (uint32_t at = 3; at + words < inst->count; at += words + 1) {
        if (target_seen(inst, words, at)) {
            continue;
        }
        struct cc_block *next = cc_block_create(l->s);
        branch(l, target_hit(l, inst, selector, at), target_block(in, inst, at + words), next);
        if (next->pred_count == 0) {
            return; /* the selector is constant and this case is it */
        }
        l->b.block = next;
        spv_owner_set(l, next, in->f->blocks[in->current].label);
    }
    spv_jump(l, target_block(in, inst, 2));
}

static void return_lower(struct spv_instance *in, struct cc_src *slots)
{
    struct spv_lower *l = in->l;
    if (!in->cont) {
        cc_b_append(&l->b, cc_inst_create(l->s, CC_EXIT, 0));
        return;
    }
    in->returns = cc_grow(l->m->arena, in->returns, &in->return_capacity, in->return_count + 1,
                          sizeof(*in->returns));
    in->returns[in->return_count++] = slots;
    spv_jump(l, in->cont);
}

void spv_terminator_lower(struct spv_instance *in, const struct spv_inst *inst)
{
    struct spv_lower *l = in->l;
    l->inst = *inst;
    spv_owner_set(l, l->b.block, in->f->blocks[in->current].label);
    switch (inst->op) {
    case SpvOpBranch:
        spv_jump(l, target_block(in, inst, 1));
        break;
    case SpvOpBranchConditional: {
        struct spv_value *p = spv_operand(l, 1, 1);
        if (p->type->kind != SPV_BOOL) {
            spv_malformed(inst, "the condition is no boolean");
        }
        branch(l, p->slots[0], target_block(in, inst, 2), target_block(in, inst, 3));
        break;
    }
    case SpvOpSwitch:
        switch_lower(in, inst);
        break;
    case SpvOpReturn:
        return_lower(in, NULL);
        break;
    case SpvOpReturnValue:
        return_lower(in, spv_operand(l, 1, in->f->result->slots)->slots);
        break;
    case SpvOpUnreachable:
        cc_b_append(&l->b, cc_inst_create(l->s, CC_EXIT, 0));
        break;
    default:
        spv_unsupported(inst, NULL);
    }
}

