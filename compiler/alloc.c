/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Register allocation. Blocks are visited so that dominators come first; each value gets one
 * register for its whole life, which in SSA form succeeds whenever few enough values are alive at
 * once. Groups of consecutive registers are where it can fail: a result group needs a free aligned
 * range, a source group that does not lie right is copied into one for that instruction. When none
 * is free the caller spills more and tries again.
 *
 * Hints keep copies few: values that meet in a phi, or stand in one source group, try to be where
 * that is no work.
 */
#include "ir.h"

#include <string.h>

enum { FILE_SIZE_MAX = 256, GROUP_MAX = 4, NO_GROUP = 0,
       FREE_REGISTERS = 28 };

struct group { /* a source group seen ahead: where it is going to be */
    uint8_t size, base; /* base CC_REG_NONE: not decided */
};

struct alloc {
    struct cc_shader *s;
    unsigned limit[CC_FILE_COUNT];
    bool busy[CC_FILE_COUNT][FILE_SIZE_MAX];
    uint32_t *hint_group; /* per value, NO_GROUP: none */
    uint8_t *hint_pos;
    uint32_t *hint_phi; /* per value: another value whose register to take, or itself */
    struct group *groups;
    size_t group_count, group_capacity;
    uint32_t val_count; /* when liveness was computed */
    unsigned highest, cursor;
};

static unsigned align_of(unsigned size)
{
    return size > 2 ? 4 : size;
}

static unsigned group_size(const struct cc_inst *inst, uint32_t i)
{
    unsigned n = 1;
    while (i + n < inst->src_count && inst->src[i + n].join) {
        n++;
    }
    return n;
}

/* ---- hints ---- */

static void note_group(struct alloc *a, const struct cc_inst *inst, uint32_t first, unsigned n)
{
    struct cc_shader *s = a->s;
    a->groups = cc_grow(s->arena, a->groups, &a->group_capacity, a->group_count + 1,
                        sizeof(*a->groups));
    uint32_t group = (uint32_t)a->group_count++;
    a->groups[group] = (struct group){(uint8_t)n, CC_REG_NONE};
    for (unsigned k = 0; k < n; k++) {
        struct cc_src src = inst->src[first + k];
        if (src.kind == CC_VAL && a->hint_group[src.v] == NO_GROUP) {
            a->hint_group[src.v] = group;
            a->hint_pos[src.v] = (uint8_t)k;
        }
    }
}

static void note_hints(struct alloc *a)
{
    struct cc_shader *s = a->s;
    a->group_count = 1; /* 0 is no group */
    a->groups = cc_grow(s->arena, NULL, &a->group_capacity, 1, sizeof(*a->groups));
    for (size_t b = 0; b < s->rpo_count; b++) {
        for (struct cc_inst *inst = s->rpo[b]->first; inst; inst = inst->next) {
            for (uint32_t i = 0; inst->op == CC_PHI && i < inst->src_count; i++) {
                if (inst->src[i].kind == CC_VAL) {
                    a->hint_phi[inst->src[i].v] = inst->def[0];
                    a->hint_phi[inst->def[0]] = inst->src[i].v;
                }
            }
            for (uint32_t i = 0; i < inst->src_count; i++) {
                unsigned n = group_size(inst, i);
                if (n > 1) {
                    note_group(a, inst, i, n);
                    i += n - 1;
                }
            }
        }
    }
}

/* ---- choosing registers ---- */

static bool range_free(const struct alloc *a, unsigned file, unsigned base, unsigned n)
{
    if (base + n > a->limit[file]) {
        return false;
    }
    for (unsigned k = 0; k < n; k++) {
        if (a->busy[file][base + k]) {
            return false;
        }
    }
    return true;
}

/*
 * In turn through the first registers, which cost no occupancy: a register just read or written by
 * something slow is then left alone for a while. Beyond them the lowest free one.
 */
static int find_range(struct alloc *a, unsigned file, unsigned n)
{
    unsigned align = align_of(n), slots = FREE_REGISTERS / align;
    for (unsigned i = 0; file == CC_GPR && i < slots; i++) {
        unsigned base = (a->cursor / align + i) % slots * align;
        if (range_free(a, file, base, n)) {
            a->cursor = base + n;
            return (int)base;
        }
    }
    for (unsigned base = 0; base + n <= a->limit[file]; base += align) {
        if (range_free(a, file, base, n)) {
            return (int)base;
        }
    }
    return -1;
}

static int hinted_by_group(struct alloc *a, uint32_t val)
{
    struct group *group = &a->groups[a->hint_group[val]];
    if (a->hint_group[val] == NO_GROUP) {
        return -1;
    }
    if (group->base == CC_REG_NONE) {
        int base = find_range(a, CC_GPR, group->size);
        if (base < 0) {
            return -1;
        }
        group->base = (uint8_t)base;
    }
    unsigned reg = (unsigned)group->base + a->hint_pos[val];
    return range_free(a, CC_GPR, reg, 1) ? (int)reg : -1;
}

static int hinted_by_phi(const struct alloc *a, uint32_t val)
{
    uint32_t other = a->hint_phi[val];
    unsigned file = a->s->vals[val].file, reg = a->s->vals[other].reg;
    return other != val && reg != CC_REG_NONE && range_free(a, file, reg, 1) ? (int)reg : -1;
}

static int choose(struct alloc *a, uint32_t val)
{
    unsigned file = a->s->vals[val].file;
    int reg = hinted_by_phi(a, val);
    if (reg < 0 && file == CC_GPR) {
        reg = hinted_by_group(a, val);
    }
    return reg >= 0 ? reg : find_range(a, file, 1);
}

static bool take(struct alloc *a, uint32_t val, int reg)
{
    if (reg < 0) {
        return false;
    }
    struct cc_val *v = &a->s->vals[val];
    v->reg = (uint8_t)reg;
    a->busy[v->file][reg] = true;
    if (v->file == CC_GPR && (unsigned)reg + 1 > a->highest) {
        a->highest = (unsigned)reg + 1;
    }
    return true;
}

static void release(struct alloc *a, uint32_t val)
{
    const struct cc_val *v = &a->s->vals[val];
    a->busy[v->file][v->reg] = false;
}

/* ---- source groups ---- */

static bool group_in_place(const struct alloc *a, const struct cc_inst *inst, uint32_t first,
                           unsigned n)
{
    unsigned base = a->s->vals[inst->src[first].v].reg;
    if (base % align_of(n) != 0) {
        return false;
    }
    for (unsigned k = 1; k < n; k++) {
        if (a->s->vals[inst->src[first + k].v].reg != base + k) {
            return false;
        }
    }
    return true;
}

/* The aligned range that needs the fewest copies: each register free, or already right. */
static int cheapest_range(const struct alloc *a, const struct cc_inst *inst, uint32_t first,
                          unsigned n)
{
    int best = -1;
    unsigned best_cost = GROUP_MAX + 1;
    for (unsigned base = 0; base + n <= a->limit[CC_GPR]; base += align_of(n)) {
        unsigned cost = 0, k = 0;
        for (; k < n; k++) {
            bool right = a->s->vals[inst->src[first + k].v].reg == base + k;
            if (!right && a->busy[CC_GPR][base + k]) {
                break;
            }
            cost += !right;
        }
        if (k == n && cost < best_cost) {
            best_cost = cost;
            best = (int)base;
        }
    }
    return best;
}

struct temps {
    unsigned count;
    uint8_t reg[2 * GROUP_MAX];
};

static bool arrange_group(struct alloc *a, struct cc_inst *inst, uint32_t first, unsigned n,
                          struct temps *temps)
{
    struct cc_shader *s = a->s;
    if (inst->src[first].kind != CC_VAL || group_in_place(a, inst, first, n)) {
        return true; /* RZ, or nothing to do */
    }
    int base = cheapest_range(a, inst, first, n);
    if (base < 0) {
        return false;
    }
    for (unsigned k = 0; k < n; k++) {
        struct cc_src *src = &inst->src[first + k];
        unsigned reg = (unsigned)base + k;
        if (s->vals[src->v].reg == reg) {
            continue;
        }
        struct cc_src plain = *src;
        plain.last = false;
        struct cc_inst *copy = cc_copy_create(s, CC_GPR, plain, reg);
        cc_inst_insert_before(s, inst, copy);
        src->v = copy->def[0];
        a->busy[CC_GPR][reg] = true;
        temps->reg[temps->count++] = (uint8_t)reg;
        a->highest = reg + 1 > a->highest ? reg + 1 : a->highest;
    }
    return true;
}

/* ---- instructions ---- */

static bool define_group(struct alloc *a, const struct cc_inst *inst, unsigned n)
{
    uint32_t first = inst->def[0];
    struct group *group = &a->groups[a->hint_group[first]];
    int base = -1;
    if (a->hint_group[first] != NO_GROUP && group->base != CC_REG_NONE &&
        a->hint_pos[first] == 0 && group->size >= n && range_free(a, CC_GPR, group->base, n)) {
        base = group->base;
    }
    base = base >= 0 ? base : find_range(a, CC_GPR, n);
    if (base < 0) {
        return false;
    }
    for (unsigned k = 0; k < n; k++) {
        take(a, inst->def[k], base + (int)k);
    }
    if (a->hint_group[first] != NO_GROUP && group->base == CC_REG_NONE &&
        a->hint_pos[first] == 0 && (unsigned)base % align_of(group->size) == 0) {
        group->base = (uint8_t)base;
    }
    return true;
}

static bool define(struct alloc *a, const struct cc_inst *inst)
{
    unsigned n = 0;
    while (n < inst->def_count && a->s->vals[inst->def[n]].file == CC_GPR) {
        n++;
    }
    if (n > 1 && !define_group(a, inst, n)) {
        return false;
    }
    for (unsigned i = n > 1 ? n : 0; i < inst->def_count; i++) {
        if (!take(a, inst->def[i], choose(a, inst->def[i]))) {
            return false;
        }
    }
    for (unsigned i = 0; i < inst->def_count; i++) {
        if (inst->dead_defs & (1u << i)) {
            release(a, inst->def[i]);
        }
    }
    return true;
}

static bool visit(struct alloc *a, struct cc_inst *inst)
{
    uint32_t ended[16];
    unsigned ended_count = 0;
    struct temps temps = {0};
    /* Copies take the place of sources, so note first what ends here. */
    for (uint32_t i = 0; i < inst->src_count && ended_count < 15; i++) {
        if (inst->src[i].kind == CC_VAL && inst->src[i].last) {
            ended[ended_count++] = inst->src[i].v;
        }
    }
    if (inst->guard.kind == CC_VAL && inst->guard.last) {
        ended[ended_count++] = inst->guard.v;
    }
    for (uint32_t i = 0; i < inst->src_count; i++) {
        unsigned n = group_size(inst, i);
        if (n > 1 && !arrange_group(a, inst, i, n, &temps)) {
            return false;
        }
        i += n - 1;
    }
    for (unsigned i = 0; i < temps.count; i++) {
        a->busy[CC_GPR][temps.reg[i]] = false;
    }
    for (unsigned i = 0; i < ended_count; i++) {
        release(a, ended[i]);
    }
    return define(a, inst);
}

static void enter_block(struct alloc *a, const struct cc_block *block)
{
    memset(a->busy, 0, sizeof(a->busy));
    for (uint32_t word = 0; word < (a->val_count + 31) / 32; word++) {
        for (uint32_t bits = block->live_in[word]; bits; bits &= bits - 1) {
            const struct cc_val *v = &a->s->vals[word * 32 + (uint32_t)__builtin_ctz(bits)];
            a->busy[v->file][v->reg] = true;
        }
    }
}

static bool visit_block(struct alloc *a, struct cc_block *block)
{
    struct cc_inst *inst = block->first;
    /* All phis define at once, so none may take the register of one that is dead. */
    for (; inst && inst->op == CC_PHI; inst = inst->next) {
        if (!take(a, inst->def[0], choose(a, inst->def[0]))) {
            return false;
        }
    }
    for (struct cc_inst *phi = block->first; phi != inst; phi = phi->next) {
        if (phi->dead_defs) {
            release(a, phi->def[0]);
        }
    }
    for (; inst; inst = inst->next) {
        if (!visit(a, inst)) {
            return false;
        }
    }
    return true;
}

bool cc_alloc_run(struct cc_shader *s, unsigned gpr_max)
{
    struct alloc *a = cc_alloc(s->arena, 1, sizeof(*a));
    size_t vals = s->val_count;
    a->s = s;
    a->val_count = (uint32_t)vals;
    a->limit[CC_GPR] = gpr_max;
    a->limit[CC_PRED] = CC_PRED_MAX;
    a->hint_group = cc_alloc(s->arena, vals, sizeof(*a->hint_group));
    a->hint_pos = cc_alloc(s->arena, vals, sizeof(*a->hint_pos));
    a->hint_phi = cc_alloc(s->arena, vals, sizeof(*a->hint_phi));
    for (size_t v = 0; v < vals; v++) {
        s->vals[v].reg = CC_REG_NONE;
        a->hint_phi[v] = (uint32_t)v;
    }
    note_hints(a);
    for (size_t i = 0; i < s->rpo_count; i++) {
        enter_block(a, s->rpo[i]);
        if (!visit_block(a, s->rpo[i])) {
            return false;
        }
    }
    s->gpr_used = a->highest;
    return true;
}
