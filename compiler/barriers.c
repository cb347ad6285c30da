/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Convergence barriers. A region inside which threads can part gets a barrier register: BSSY where
 * it begins notes the threads, BSYNC at its merge waits for them, and threads that leave another
 * way (break, continue or return out of a nested region) take themselves off with BREAK.
 *
 * A register is chosen by nesting depth. That is sound because the threads of a loop also meet at
 * the end of each iteration, so none runs ahead into a register that others still wait on. Regions
 * nested deeper than there are registers are left alone: their threads just stay apart longer.
 */
#include "ir.h"

static bool inside(const struct cc_region *r, const struct cc_block *block)
{
    return cc_dominates(r->head, block) && !cc_dominates(r->merge, block);
}

static bool parts_threads(const struct cc_shader *s, const struct cc_region *r)
{
    for (size_t i = 0; i < s->rpo_count; i++) {
        if (s->rpo[i]->divergent_branch && inside(r, s->rpo[i])) {
            return true;
        }
    }
    return false;
}

static bool wanted(const struct cc_shader *s, const struct cc_region *r)
{
    if (r->head->order == UINT32_MAX || !r->merge || r->merge->order == UINT32_MAX ||
        r->merge == r->head || !cc_dominates(r->head, r->merge)) {
        return false;
    }
    if (!r->loop && r->merge->pred_count < 2) {
        return false;
    }
    return parts_threads(s, r);
}

static struct cc_inst *barrier_inst(struct cc_shader *s, enum cc_op op, unsigned number)
{
    struct cc_inst *inst = cc_inst_create(s, op, 0);
    inst->sub = (uint8_t)number;
    return inst;
}

static void insert_at_start(struct cc_shader *s, struct cc_block *block, struct cc_inst *inst)
{
    struct cc_inst *at = cc_block_after_phis(block);
    if (at) {
        cc_inst_insert_before(s, at, inst);
    } else {
        cc_inst_append(s, block, inst);
    }
}

/* Behind barrier instructions that are there already: outer regions come first. */
static void insert_set(struct cc_shader *s, const struct cc_region *r, struct cc_inst *set)
{
    if (r->loop) {
        cc_inst_insert_at_end(s, r->pre, set);
    } else if (r->each_iteration) {
        insert_at_start(s, r->head, set);
    } else {
        cc_inst_insert_at_end(s, r->head, set);
    }
}

struct exit_edge {
    struct cc_block *from;
    unsigned which;
};

/* Edges that leave the region otherwise than to its merge. */
static size_t find_exits(struct cc_shader *s, const struct cc_region *r, struct exit_edge *exits)
{
    size_t count = 0;
    for (size_t i = 0; i < s->rpo_count; i++) {
        struct cc_block *block = s->rpo[i];
        for (unsigned k = 0; k < 2 && inside(r, block); k++) {
            struct cc_block *to = block->succ[k];
            if (to && to != r->merge && !inside(r, to)) {
                exits[count++] = (struct exit_edge){block, k};
            }
        }
    }
    return count;
}

static void insert_break(struct cc_shader *s, struct exit_edge edge, unsigned number)
{
    struct cc_block *block = edge.from;
    if (block->succ[1]) {
        block = cc_edge_split(s, block, edge.which);
    }
    cc_inst_insert_at_end(s, block, barrier_inst(s, CC_BREAK, number));
}

static unsigned depth_of(const struct cc_shader *s, const bool *kept, size_t index)
{
    unsigned depth = 0;
    for (size_t i = 0; i < s->region_count; i++) {
        const struct cc_region *outer = &s->regions[i], *r = &s->regions[index];
        if (i == index || !kept[i] || !inside(outer, r->head)) {
            continue;
        }
        depth += outer->head != r->head || i < index;
    }
    return depth;
}

static void insert_barrier(struct cc_shader *s, const struct cc_region *r, unsigned number,
                           struct exit_edge *exits)
{
    struct cc_inst *set = barrier_inst(s, CC_BSSY, number);
    size_t count = find_exits(s, r, exits);
    insert_set(s, r, set);
    set->pair = barrier_inst(s, CC_BSYNC, number);
    insert_at_start(s, r->merge, set->pair);
    for (size_t i = 0; i < count; i++) {
        insert_break(s, exits[i], number);
    }
    if (count > 0) {
        cc_cfg_update(s);
    }
}

void cc_barriers_run(struct cc_shader *s)
{
    bool *kept = cc_alloc(s->arena, s->region_count + 1, sizeof(bool));
    for (size_t i = 0; i < s->region_count; i++) {
        kept[i] = wanted(s, &s->regions[i]);
    }
    for (size_t i = 0; i < s->region_count; i++) {
        struct exit_edge *exits =
            kept[i] ? cc_alloc(s->arena, s->block_count * 2, sizeof(*exits)) : NULL;
        unsigned depth = kept[i] ? depth_of(s, kept, i) : 0;
        if (kept[i] && depth < CC_CBAR_MAX) {
            insert_barrier(s, &s->regions[i], depth, exits);
        }
    }
}
