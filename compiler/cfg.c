/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The control-flow graph: reverse postorder, dominators, loop depth. Recomputed from scratch where
 * a pass needs it; nothing is kept up to date between passes.
 */
#include "ir.h"

#include <string.h>

struct frame {
    struct cc_block *block;
    unsigned next;
};

/*
 * What is visited first comes last in the order: the way out of a loop, else the second successor.
 * Loop depths are those of the last update, none at first.
 */
static unsigned visit_first(const struct cc_block *block)
{
    const struct cc_block *a = block->succ[0], *b = block->succ[1];
    return a && b && a->loop_depth < b->loop_depth ? 0 : 1;
}

/* Walks with a stack of its own: hostile modules may nest deeper than ours. */
static void postorder(struct cc_shader *s, struct cc_block **order, size_t *count)
{
    struct frame *stack = cc_alloc(s->arena, s->block_count + 1, sizeof(*stack));
    bool *seen = cc_alloc(s->arena, s->block_count, sizeof(bool));
    size_t depth = 0;
    stack[depth++] = (struct frame){s->blocks[0], 0};
    seen[0] = true;
    while (depth > 0) {
        struct frame *top = &stack[depth - 1];
        if (top->next >= 2) {
            order[(*count)++] = top->block;
            depth--;
            continue;
        }
        struct cc_block *succ = top->block->succ[visit_first(top->block) ^ top->next++];
        if (succ && !seen[succ->id]) {
            seen[succ->id] = true;
            stack[depth++] = (struct frame){succ, 0};
        }
    }
}

/* Removes edges out of unreachable blocks, and the phi sources that came along them. */
static void drop_dead_edges(struct cc_shader *s)
{
    for (size_t i = 0; i < s->rpo_count; i++) {
        struct cc_block *block = s->rpo[i];
        size_t kept = 0;
        for (size_t p = 0; p < block->pred_count; p++) {
            if (block->preds[p]->order == UINT32_MAX) {
                continue;
            }
            for (struct cc_inst *phi = block->first; phi && phi->op == CC_PHI; phi = phi->next) {
                if (p < phi->src_count) {
                    phi->src[kept] = phi->src[p];
                }
            }
            block->preds[kept++] = block->preds[p];
        }
        for (struct cc_inst *phi = block->first; phi && phi->op == CC_PHI; phi = phi->next) {
            if (phi->src_count > kept) {
                phi->src_count = (uint32_t)kept;
            }
        }
        block->pred_count = kept;
    }
}

static struct cc_block *intersect(struct cc_block *a, struct cc_block *b)
{
    while (a != b) {
        while (a->order > b->order) {
            a = a->idom;
        }
        while (b->order > a->order) {
            b = b->idom;
        }
    }
    return a;
}

static void find_dominators(struct cc_shader *s)
{
    for (size_t i = 0; i < s->rpo_count; i++) {
        s->rpo[i]->idom = NULL;
    }
    s->rpo[0]->idom = s->rpo[0];
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 1; i < s->rpo_count; i++) {
            struct cc_block *block = s->rpo[i], *idom = NULL;
            for (size_t p = 0; p < block->pred_count; p++) {
                struct cc_block *pred = block->preds[p];
                if (pred->idom) {
                    idom = idom ? intersect(pred, idom) : pred;
                }
            }
            if (idom != block->idom) {
                block->idom = idom;
                changed = true;
            }
        }
    }
    s->rpo[0]->idom = NULL;
}

/* Numbers the dominator tree so that a block's subtree is a range of numbers. */
static void number_dominators(struct cc_shader *s)
{
    uint32_t *next = cc_alloc(s->arena, s->rpo_count, sizeof(*next));
    for (size_t i = 0; i < s->rpo_count; i++) {
        s->rpo[i]->dom_size = 1;
    }
    for (size_t i = s->rpo_count; i-- > 1;) {
        s->rpo[i]->idom->dom_size += s->rpo[i]->dom_size;
    }
    for (size_t i = 0; i < s->rpo_count; i++) {
        struct cc_block *block = s->rpo[i], *idom = block->idom;
        block->dom_first = idom ? next[idom->order] : 0;
        if (idom) {
            next[idom->order] += block->dom_size;
        }
        next[i] = block->dom_first + 1;
    }
}

/* Blocks that reach the back edge without passing the head belong to the loop. */
static void mark_loop(struct cc_shader *s, struct cc_block *head, struct cc_block *tail,
                      bool *in_loop, struct cc_block **stack)
{
    size_t depth = 0;
    memset(in_loop, 0, s->block_count * sizeof(bool));
    in_loop[head->id] = true;
    if (!in_loop[tail->id]) {
        in_loop[tail->id] = true;
        stack[depth++] = tail;
    }
    while (depth > 0) {
        struct cc_block *block = stack[--depth];
        for (size_t p = 0; p < block->pred_count; p++) {
            struct cc_block *pred = block->preds[p];
            if (!in_loop[pred->id]) {
                in_loop[pred->id] = true;
                stack[depth++] = pred;
            }
        }
    }
    for (size_t i = 0; i < s->rpo_count; i++) {
        s->rpo[i]->loop_depth += in_loop[s->rpo[i]->id];
    }
}

static void find_loops(struct cc_shader *s)
{
    bool *in_loop = NULL;
    struct cc_block **stack = NULL;
    for (size_t i = 0; i < s->rpo_count; i++) {
        s->rpo[i]->loop_depth = 0;
    }
    for (size_t i = 0; i < s->rpo_count; i++) {
        struct cc_block *head = s->rpo[i];
        for (size_t p = 0; p < head->pred_count; p++) {
            if (!cc_dominates(head, head->preds[p])) {
                continue;
            }
            if (!in_loop) {
                in_loop = cc_alloc(s->arena, s->block_count, sizeof(bool));
                stack = cc_alloc(s->arena, s->block_count, sizeof(struct cc_block *));
            }
            mark_loop(s, head, head->preds[p], in_loop, stack);
        }
    }
}

void cc_cfg_update(struct cc_shader *s)
{
    struct cc_block **order = cc_alloc(s->arena, s->block_count, sizeof(struct cc_block *));
    size_t count = 0;
    postorder(s, order, &count);
    for (size_t i = 0; i < s->block_count; i++) {
        s->blocks[i]->order = UINT32_MAX;
    }
    s->rpo = cc_alloc(s->arena, count, sizeof(struct cc_block *));
    s->rpo_count = count;
    for (size_t i = 0; i < count; i++) {
        s->rpo[i] = order[count - 1 - i];
        s->rpo[i]->order = (uint32_t)i;
    }
    drop_dead_edges(s);
    find_dominators(s);
    number_dominators(s);
    find_loops(s);
}

bool cc_dominates(const struct cc_block *a, const struct cc_block *b)
{
    return b->dom_first - a->dom_first < a->dom_size;
}
