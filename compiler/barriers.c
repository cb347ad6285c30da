/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Convergence barriers. A region inside which threads can part gets a barrier register: BSSY where
 * it begins notes the threads, BSYNC at its merge waits for them, and threads that leave another
 * way (break, continue or return out of a nested region) take themselves off with BREAK.
 *
 * A region's blocks are those reached from its head without passing its merge, or a merge or loop
 * head of a region around it: dominance would not do, since a continue out of an `if` makes the
 * head of that `if` dominate the rest of the iteration.
 *
 * Two regions share a register only when no two threads can be in both at a time: when one begins
 * behind the merge of the other, or of a region around the other. Arms of one branch run side by
 * side and need different ones. The threads of a loop also meet at the end of each iteration, so
 * none runs ahead into a region that others still are in. Where registers run out, a region keeps
 * its own barrier and gives up those inside: its threads just stay apart longer.
 */
#include "ir.h"

#include <string.h>

/* Beyond this (only made-up modules) threads stay apart. */
static const uint64_t work_max = 64u << 20;
static const size_t kept_max = 512;
static const size_t none = SIZE_MAX;

struct nest {
    struct cc_shader *s;
    uint32_t **members; /* per region: bit set over block ids; NULL: unreachable */
    bool *kept;
    unsigned *number;   /* per kept region: its register */
    size_t *parent;     /* per kept region: the innermost kept one around it, or none */
    size_t words;
};

static bool member(const struct nest *n, size_t region, const struct cc_block *block)
{
    return n->members[region] && cc_bit_get(n->members[region], block->id);
}

static bool reachable(const struct cc_block *block)
{
    return block && block->order != UINT32_MAX;
}

/* Marks where the flood from the region's head must stop. */
static void mark_stops(const struct nest *n, size_t index, uint32_t *stops)
{
    const struct cc_region *r = &n->s->regions[index];
    memset(stops, 0, n->words * sizeof(*stops));
    if (reachable(r->merge)) {
        cc_bit_set(stops, r->merge->id);
    }
    for (size_t i = 0; i < index; i++) {
        const struct cc_region *outer = &n->s->regions[i];
        if (!member(n, i, r->head)) {
            continue;
        }
        if (reachable(outer->merge)) {
            cc_bit_set(stops, outer->merge->id);
        }
        if (outer->loop) {
            cc_bit_set(stops, outer->head->id);
        }
    }
}

static void flood(struct nest *n, size_t index, uint32_t *stops, struct cc_block **stack)
{
    struct cc_block *head = n->s->regions[index].head;
    uint32_t *set = cc_alloc(n->s->arena, n->words, sizeof(*set));
    size_t depth = 0;
    mark_stops(n, index, stops);
    cc_bit_set(set, head->id);
    stack[depth++] = head;
    while (depth > 0) {
        struct cc_block *block = stack[--depth];
        for (unsigned k = 0; k < 2; k++) {
            struct cc_block *to = block->succ[k];
            if (to && !cc_bit_get(stops, to->id) && !cc_bit_get(set, to->id)) {
                cc_bit_set(set, to->id);
                stack[depth++] = to;
            }
        }
    }
    n->members[index] = set;
}

static void find_members(struct nest *n)
{
    struct cc_shader *s = n->s;
    uint32_t *stops = cc_alloc(s->arena, n->words, sizeof(*stops));
    struct cc_block **stack = cc_alloc(s->arena, s->block_count, sizeof(struct cc_block *));
    for (size_t i = 0; i < s->region_count; i++) {
        if (reachable(s->regions[i].head)) {
            flood(n, i, stops, stack);
        }
    }
}

static bool parts_threads(const struct nest *n, size_t index)
{
    for (size_t i = 0; i < n->s->rpo_count; i++) {
        if (n->s->rpo[i]->divergent_branch && member(n, index, n->s->rpo[i])) {
            return true;
        }
    }
    return false;
}

static bool possible(const struct nest *n, size_t index)
{
    const struct cc_region *r = &n->s->regions[index];
    return reachable(r->head) && reachable(r->merge) && r->merge != r->head &&
           cc_dominates(r->head, r->merge) && parts_threads(n, index);
}

/* Marks the region's blocks from which its merge can be reached without leaving it. */
static void flood_back(const struct nest *n, size_t index, uint32_t *set, struct cc_block **stack)
{
    struct cc_block *merge = n->s->regions[index].merge;
    size_t depth = 0;
    memset(set, 0, n->words * sizeof(*set));
    stack[depth++] = merge;
    while (depth > 0) {
        struct cc_block *block = stack[--depth];
        for (size_t p = 0; p < block->pred_count; p++) {
            struct cc_block *pred = block->preds[p];
            if (member(n, index, pred) && !cc_bit_get(set, pred->id)) {
                cc_bit_set(set, pred->id);
                stack[depth++] = pred;
            }
        }
    }
}

/*
 * On the way out of a loop, threads may pass regions while the others go on to the next iteration
 * and into regions that could have the same register: then these must wait until those are out.
 */
static bool has_regions_aside(const struct nest *n, size_t index)
{
    struct cc_shader *s = n->s;
    uint32_t *set = cc_alloc(s->arena, n->words, sizeof(*set));
    struct cc_block **stack = cc_alloc(s->arena, s->block_count, sizeof(struct cc_block *));
    flood_back(n, index, set, stack);
    for (size_t i = index + 1; i < s->region_count; i++) {
        const struct cc_block *head = s->regions[i].head;
        if (reachable(head) && member(n, index, head) && !cc_bit_get(set, head->id) &&
            possible(n, i)) {
            return true;
        }
    }
    return false;
}

static bool wanted(const struct nest *n, size_t index)
{
    const struct cc_region *r = &n->s->regions[index];
    if (!possible(n, index)) {
        return false;
    }
    /* One way into the merge: who comes there comes together. */
    if (!r->loop && r->merge->pred_count < 2) {
        return r->each_iteration && has_regions_aside(n, index);
    }
    return true;
}

static void find_parents(struct nest *n)
{
    for (size_t i = 0; i < n->s->region_count; i++) {
        n->parent[i] = none;
        for (size_t outer = 0; outer < i && n->kept[i]; outer++) {
            if (n->kept[outer] && member(n, outer, n->s->regions[i].head)) {
                n->parent[i] = outer;
            }
        }
    }
}

static unsigned depth_of(const struct nest *n, size_t i)
{
    unsigned depth = 0;
    for (; i != none; i = n->parent[i]) {
        depth++;
    }
    return depth;
}

static bool follows(const struct nest *n, size_t first, size_t second)
{
    return cc_dominates(n->s->regions[first].merge, n->s->regions[second].head);
}

/* Can threads be in both at a time? Compared where the two nests part. */
static bool overlap(const struct nest *n, size_t a, size_t b)
{
    unsigned depth_a = depth_of(n, a), depth_b = depth_of(n, b);
    for (; depth_a > depth_b; depth_a--) {
        a = n->parent[a];
    }
    for (; depth_b > depth_a; depth_b--) {
        b = n->parent[b];
    }
    if (a == b) {
        return true; /* one lies in the other */
    }
    while (n->parent[a] != n->parent[b]) {
        a = n->parent[a];
        b = n->parent[b];
    }
    return !follows(n, a, b) && !follows(n, b, a);
}

/* Gives up everything inside `outer` (none: the whole shader). */
static void give_up(struct nest *n, size_t outer)
{
    for (size_t i = 0; i < n->s->region_count; i++) {
        size_t up = n->kept[i] ? n->parent[i] : none;
        while (up != none && up != outer) {
            up = n->parent[up];
        }
        if (n->kept[i] && up == outer) {
            n->kept[i] = false;
        }
    }
}

/* The lowest register that no overlapping region has; false when there is none. */
static bool number_region(struct nest *n, size_t index)
{
    uint32_t taken = 0;
    for (size_t i = 0; i < index; i++) {
        if (n->kept[i] && overlap(n, i, index)) {
            taken |= 1u << n->number[i];
        }
    }
    for (unsigned number = 0; number < CC_CBAR_MAX; number++) {
        if (!(taken >> number & 1u)) {
            n->number[index] = number;
            return true;
        }
    }
    return false;
}

static void choose(struct nest *n)
{
    size_t count = 0;
    for (size_t i = 0; i < n->s->region_count; i++) {
        n->kept[i] = wanted(n, i);
        count += n->kept[i];
    }
    for (size_t i = 0; count > kept_max && i < n->s->region_count; i++) {
        n->kept[i] = false;
    }
    find_parents(n);
    for (size_t i = 0; i < n->s->region_count; i++) {
        if (n->kept[i] && !number_region(n, i)) {
            give_up(n, n->parent[i]);
            find_parents(n);
            i = (size_t)-1; /* once more, with fewer */
        }
    }
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

/* Regions come outer first; so do their instructions at the same place, and merges the reverse. */
static void insert_region(struct cc_shader *s, const struct cc_region *r, unsigned number)
{
    struct cc_inst *set = barrier_inst(s, CC_BSSY, number);
    if (r->each_iteration) {
        insert_at_start(s, r->head, set);
    } else {
        cc_inst_insert_at_end(s, r->loop ? r->pre : r->head, set);
    }
    set->pair = barrier_inst(s, CC_BSYNC, number);
    insert_at_start(s, r->merge, set->pair);
}

static bool leaves(const struct nest *n, size_t region, const struct cc_block *from,
                   const struct cc_block *to)
{
    return n->kept[region] && member(n, region, from) && !member(n, region, to) &&
           to != n->s->regions[region].merge;
}

/*
 * BREAK for every region that the edge leaves otherwise than to its merge, the innermost first: each
 * BREAK lets go those that wait, who must not get to where a register that is still held serves anew.
 */
static void insert_breaks(const struct nest *n, struct cc_block *from, unsigned which)
{
    struct cc_shader *s = n->s;
    struct cc_block *to = from->succ[which], *at = NULL;
    for (size_t i = s->region_count; i-- > 0;) {
        if (!leaves(n, i, from, to)) {
            continue;
        }
        if (!at) {
            at = from->succ[1] ? cc_edge_split(s, from, which) : from;
        }
        cc_inst_insert_at_end(s, at, barrier_inst(s, CC_BREAK, n->number[i]));
    }
}

void cc_barriers_run(struct cc_shader *s)
{
    struct nest n = {.s = s, .words = (s->block_count + 31) / 32};
    bool parts = false;
    for (size_t i = 0; i < s->rpo_count; i++) {
        parts |= s->rpo[i]->divergent_branch;
    }
    if (!parts || (uint64_t)s->region_count * s->block_count > work_max || s->region_count == 0) {
        return;
    }
    n.parent = cc_alloc(s->arena, s->region_count, sizeof(*n.parent));
    n.members = cc_alloc(s->arena, s->region_count, sizeof(*n.members));
    n.kept = cc_alloc(s->arena, s->region_count, sizeof(*n.kept));
    n.number = cc_alloc(s->arena, s->region_count, sizeof(*n.number));
    find_members(&n);
    choose(&n);
    for (size_t i = 0; i < s->rpo_count; i++) {
        struct cc_block *block = s->rpo[i];
        for (unsigned k = 0; k < 2; k++) {
            if (block->succ[k]) {
                insert_breaks(&n, block, k);
            }
        }
    }
    for (size_t i = 0; i < s->region_count; i++) {
        if (n.kept[i]) {
            insert_region(s, &s->regions[i], n.number[i]);
        }
    }
    cc_cfg_update(s);
}
