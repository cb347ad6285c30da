/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Loops with a small constant number of trips, lowered trip by trip: what counts them is constant
 * in each, conditions fold away, and arrays that only such counters index need no memory.
 *
 * Which loops these are shows while they are lowered. What was taken for one and is not, or grows
 * too large, is noted, and lowering begins again (struct spv_choices).
 */
#include "spirv_flow.h"

#include <spirv/unified1/GLSL.std.450.h>

/* Growth: in instructions and blocks. Bound: of the constant that is counted against. */
enum { TRIPS_MAX = 32, GROWTH_MAX = 8192, BOUND_MAX = 512, BLOCKS_MAX = 256,
       WORK_MAX = 64 << 20 };

void spv_choose(struct spv_lower *l, uint32_t id, uint8_t keep)
{
    l->choices->of_id[id] |= keep;
    longjmp(l->choices->again, 1);
}

size_t spv_loop_end(const struct spv_function *f, uint32_t index)
{
    return f->blocks[f->blocks[index].merge - 1].order;
}

bool spv_unrolls(const struct spv_instance *in, uint32_t index)
{
    const struct spv_block *block = &in->f->blocks[index];
    const struct spv_choices *choices = in->l->choices;
    return block->counted && !choices->plain && !(choices->of_id[block->label] & SPV_KEEP_LOOP);
}

/* ---- what looks like one ---- */

static bool is_compare(uint32_t op)
{
    return op >= SpvOpIEqual && op <= SpvOpSLessThanEqual;
}

/* A constant that a small loop could be counted against. */
static bool small_constant(const struct spv_module *m, uint32_t id)
{
    const struct spv_id *entry = spv_id(m, id);
    if (entry->op == SpvOpSpecConstant || entry->op == SpvOpSpecConstantOp) {
        return true;
    }
    if (entry->op != SpvOpConstant) {
        return false;
    }
    struct spv_inst inst = spv_inst_at(m, entry->def);
    uint32_t value = spv_word(&inst, 3);
    return inst.count == 4 && (value <= BOUND_MAX || 0u - value <= BOUND_MAX);
}

static bool counts(const struct spv_module *m, const struct spv_block *block)
{
    struct spv_inst term = spv_inst_at(m, block->term);
    if (term.op != SpvOpBranchConditional) {
        return false;
    }
    const struct spv_id *condition = spv_id(m, spv_word(&term, 1));
    if (!is_compare(condition->op)) {
        return false;
    }
    struct spv_inst compare = spv_inst_at(m, condition->def);
    return small_constant(m, spv_word(&compare, 3)) || small_constant(m, spv_word(&compare, 4));
}

/* Its blocks follow each other in the order, and are left from one place alone, to the merge. */
static bool is_counted(const struct spv_module *m, const struct spv_function *f, uint32_t index)
{
    const struct spv_block *head = &f->blocks[index];
    if (!head->loop || f->blocks[head->merge - 1].order == UINT32_MAX ||
        f->blocks[head->cont - 1].order == UINT32_MAX) {
        return false;
    }
    size_t end = spv_loop_end(f, index), exits = 0;
    if (end > head->order + BLOCKS_MAX) {
        return false;
    }
    for (size_t i = head->order; i < end; i++) {
        const struct spv_block *block = &f->blocks[f->order[i]];
        if (block->succ_count == 0) {
            return false;
        }
        for (size_t k = 0; k < block->succ_count; k++) {
            size_t to = f->blocks[block->succ[k]].order;
            if (to < head->order || to > end || (to == end && !counts(m, block))) {
                return false;
            }
            exits += to == end;
        }
    }
    return exits == 1;
}

/* ---- what a loop writes ---- */

/* Marks what the instruction writes; false when that cannot be said. */
static bool note_stores(const struct spv_module *m, const struct spv_inst *inst, uint32_t *stored)
{
    if (inst->op == SpvOpFunctionCall || inst->op == SpvOpExtInst) {
        /* A callee writes what it likes; two extended instructions have an out operand. */
        return inst->op == SpvOpExtInst && inst->count > 4 && inst->words[4] != GLSLstd450Modf &&
               inst->words[4] != GLSLstd450Frexp;
    }
    if (inst->op != SpvOpStore && inst->op != SpvOpCopyMemory && inst->op != SpvOpCopyMemorySized) {
        return true;
    }
    uint32_t root = spv_root_of(m, spv_word(inst, 1));
    if (root == 0 || spv_id(m, root)->op != SpvOpVariable) {
        return false;
    }
    cc_bit_set(stored, root);
    return true;
}

/* All ways back to the head start between it and the merge, so what lies there is all there is. */
static bool is_closed(const struct spv_function *f, const struct spv_block *head, size_t end)
{
    for (size_t i = end; i < f->order_count; i++) {
        const struct spv_block *block = &f->blocks[f->order[i]];
        for (size_t k = 0; k < block->succ_count; k++) {
            if (&f->blocks[block->succ[k]] == head) {
                return false;
            }
        }
    }
    return true;
}

static void find_stores(const struct spv_module *m, const struct spv_function *f, uint32_t index)
{
    struct spv_block *head = &f->blocks[index];
    if (!head->loop || f->blocks[head->merge - 1].order == UINT32_MAX) {
        return;
    }
    size_t end = spv_loop_end(f, index);
    uint32_t *stored = cc_alloc(m->arena, m->bound / 32 + 1, sizeof(*stored));
    for (size_t i = head->order; i < end; i++) {
        const struct spv_block *block = &f->blocks[f->order[i]];
        for (uint32_t at = block->first; at < block->term;) {
            struct spv_inst inst = spv_inst_at(m, at);
            if (!note_stores(m, &inst, stored)) {
                return;
            }
            at += inst.count;
        }
    }
    head->stored = is_closed(f, head, end) ? stored : NULL;
}

void spv_loops_scan(struct spv_module *m)
{
    uint64_t work = 0;
    for (size_t i = 0; i < m->function_count; i++) {
        struct spv_function *f = &m->functions[i];
        for (size_t k = 0; k < f->order_count; k++) {
            struct spv_block *block = &f->blocks[f->order[k]];
            block->counted = is_counted(m, f, f->order[k]);
            m->has_counted_loops |= block->counted;
            work += block->loop ? m->bound + m->word_count : 0;
            if (work < WORK_MAX) {
                find_stores(m, f, f->order[k]);
            }
        }
    }
}

/* ---- lowering ---- */

static size_t size_of(const struct cc_shader *s)
{
    return s->inst_count + s->block_count;
}

static void trip_lower(struct spv_instance *in, size_t at, size_t end, struct cc_block *next)
{
    struct spv_lower *l = in->l;
    uint32_t index = in->f->order[at];
    const struct spv_block *head = &in->f->blocks[index];
    size_t phis = in->phi_count;
    in->head[index] = next;
    if (head->cont != index + 1) { /* threads meet at the end of every trip */
        spv_region_add(l->s, in->entry[index], in->entry[head->cont - 1])->each_iteration = true;
    }
    spv_regions_create(in, at + 1, end);
    spv_block_lower(in, index);
    spv_range_lower(in, at + 1, end);
    spv_phis_finish(in, phis);
}

void spv_unroll(struct spv_instance *in, size_t at)
{
    struct spv_lower *l = in->l;
    struct spv_function *f = in->f;
    uint32_t index = f->order[at];
    size_t end = spv_loop_end(f, index), before = size_of(l->s);
    struct cc_block *merge = in->entry[f->order[end]];
    size_t exits = merge->pred_count;
    in->unrolled++;
    for (unsigned trip = 1;; trip++) {
        struct cc_block *next = cc_block_create(l->s);
        trip_lower(in, at, end, next);
        if (next->pred_count == 0) {
            break;
        }
        if (merge->pred_count != exits || next->pred_count > 1 || trip > TRIPS_MAX ||
            size_of(l->s) - before > GROWTH_MAX) {
            spv_choose(l, f->blocks[index].label, SPV_KEEP_LOOP);
        }
        spv_blocks_create(in, at + 1, end);
        in->entry[index] = next;
    }
    in->unrolled--;
}
