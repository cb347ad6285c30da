/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Before allocation: orders the instructions of a block so that long latencies overlap, loads
 * early and their users late, by list scheduling with the longest path to the end as priority.
 * While many values are alive the order of the source is kept, which tends to need few.
 *
 * What orders threads or memory (barriers, fences, convergence) is never crossed; stores and
 * atomics keep their order towards everything in the same memory.
 */
#include "ir.h"

enum { REGION_MAX = 512, PRESSURE_HIGH = 52, FAR_CYCLES = 300, NEAR_CYCLES = 28, UNIT_CYCLES = 18,
       ALU_CYCLES = 5 };

struct edge {
    struct edge *next;
    uint32_t to;
};

struct node {
    struct cc_inst *inst;
    struct edge *succs;
    uint32_t pred_count;
    uint32_t height, ready; /* cycles to the end; earliest start */
    bool done;
};

struct sched {
    struct cc_shader *s;
    struct node *nodes;
    uint32_t count;
    uint32_t *node_of; /* per value: number of its node + 1 in this region */
    uint32_t *uses;    /* per value: uses left in this block */
    const uint32_t *live_out;
    int pressure;
};

static bool is_fixed(unsigned op)
{
    switch (op) {
    case CC_BSSY: case CC_BSYNC: case CC_BREAK: case CC_BAR: case CC_MEMBAR: case CC_CCTL_IVALL:
    case CC_WARPSYNC: case CC_PHI:
        return true;
    default:
        return (cc_op_flags(op) & CC_OPF_TERM) != 0;
    }
}

static uint32_t latency_of(const struct cc_inst *inst)
{
    switch (inst->op) {
    case CC_LDG: case CC_ATOMG: case CC_ATOMG_CAS:
        return FAR_CYCLES;
    case CC_LDS: case CC_LDL: case CC_LDC: case CC_ATOMS: case CC_ATOMS_CAS: case CC_S2R:
    case CC_SHFL:
        return NEAR_CYCLES;
    case CC_MUFU: case CC_F2I: case CC_I2F: case CC_F2F: case CC_FRND: case CC_POPC: case CC_FLO:
    case CC_BREV:
        return UNIT_CYCLES;
    default:
        return ALU_CYCLES;
    }
}

/* ---- what must come before what ---- */

enum space { NOWHERE, GLOBAL, SHARED, SCRATCH, LANES, SPACE_COUNT };

static enum space space_of(const struct cc_inst *inst)
{
    switch (inst->op) {
    case CC_LDG:
        return inst->flags & CC_F_CONSTANT ? NOWHERE : GLOBAL;
    case CC_STG: case CC_ATOMG: case CC_ATOMG_CAS: case CC_RED:
        return GLOBAL;
    case CC_LDS: case CC_STS: case CC_ATOMS: case CC_ATOMS_CAS:
        return SHARED;
    case CC_LDL: case CC_STL:
        return SCRATCH;
    case CC_VOTE: case CC_SHFL:
        return LANES;
    default:
        return NOWHERE;
    }
}

static void add_edge(struct sched *d, uint32_t from, uint32_t to)
{
    struct edge *edge = cc_alloc(d->s->arena, 1, sizeof(*edge));
    *edge = (struct edge){d->nodes[from].succs, to};
    d->nodes[from].succs = edge;
    d->nodes[to].pred_count++;
}

static void add_value_edges(struct sched *d, uint32_t n)
{
    const struct cc_inst *inst = d->nodes[n].inst;
    for (uint32_t i = 0; i <= inst->src_count; i++) {
        struct cc_src src = i < inst->src_count ? inst->src[i] : inst->guard;
        if (src.kind != CC_VAL) {
            continue;
        }
        if (d->node_of[src.v]) {
            add_edge(d, d->node_of[src.v] - 1, n);
        }
    }
    for (unsigned i = 0; i < inst->def_count; i++) {
        d->node_of[inst->def[i]] = n + 1;
    }
}

/* Reads follow the last write; a write follows it and all reads since. */
static void add_memory_edges(struct sched *d)
{
    for (int space = NOWHERE + 1; space < SPACE_COUNT; space++) {
        int64_t write = -1;
        for (uint32_t n = 0; n < d->count; n++) {
            const struct cc_inst *inst = d->nodes[n].inst;
            if ((int)space_of(inst) != space) {
                continue;
            }
            if (write >= 0) {
                add_edge(d, (uint32_t)write, n);
            }
            if (!(cc_op_flags(inst->op) & CC_OPF_SIDE)) {
                continue;
            }
            for (uint32_t read = (uint32_t)(write + 1); read < n; read++) {
                if ((int)space_of(d->nodes[read].inst) == space) {
                    add_edge(d, read, n);
                }
            }
            write = n;
        }
    }
}

static void find_heights(struct sched *d)
{
    for (uint32_t n = d->count; n-- > 0;) {
        uint32_t below = 0;
        for (const struct edge *e = d->nodes[n].succs; e; e = e->next) {
            below = d->nodes[e->to].height > below ? d->nodes[e->to].height : below;
        }
        d->nodes[n].height = below + latency_of(d->nodes[n].inst);
    }
}

/* ---- choosing ---- */

static bool better(const struct node *a, const struct node *b, uint32_t cycle)
{
    bool a_now = a->ready <= cycle, b_now = b->ready <= cycle;
    if (a_now != b_now) {
        return a_now;
    }
    if (!a_now && a->ready != b->ready) {
        return a->ready < b->ready;
    }
    return a->height > b->height;
}

static uint32_t choose(const struct sched *d, uint32_t first, uint32_t cycle)
{
    uint32_t best = UINT32_MAX;
    for (uint32_t n = first; n < d->count; n++) {
        if (d->nodes[n].done || d->nodes[n].pred_count > 0) {
            continue;
        }
        if (d->pressure > PRESSURE_HIGH) {
            return n;
        }
        if (best == UINT32_MAX || better(&d->nodes[n], &d->nodes[best], cycle)) {
            best = n;
        }
    }
    return best;
}

static bool lives_on(const struct sched *d, uint32_t v)
{
    return cc_bit_get(d->live_out, v);
}

static void account(struct sched *d, const struct cc_inst *inst)
{
    for (uint32_t i = 0; i <= inst->src_count; i++) {
        struct cc_src src = i < inst->src_count ? inst->src[i] : inst->guard;
        if (src.kind == CC_VAL && --d->uses[src.v] == 0 && !lives_on(d, src.v) &&
            src.file == CC_GPR) {
            d->pressure--;
        }
    }
    for (unsigned i = 0; i < inst->def_count; i++) {
        uint32_t v = inst->def[i];
        d->pressure += d->s->vals[v].file == CC_GPR && (d->uses[v] > 0 || lives_on(d, v));
    }
}

static void release(struct sched *d, uint32_t n, uint32_t cycle)
{
    struct node *node = &d->nodes[n];
    node->done = true;
    for (const struct edge *e = node->succs; e; e = e->next) {
        struct node *succ = &d->nodes[e->to];
        uint32_t ready = cycle + latency_of(node->inst);
        succ->pred_count--;
        succ->ready = ready > succ->ready ? ready : succ->ready;
    }
}

/* Takes the region's instructions out and puts them back, in order, before `end`. */
static void emit(struct sched *d, struct cc_inst *end)
{
    uint32_t first = 0, cycle = 0;
    for (uint32_t i = 0; i < d->count; i++) {
        uint32_t n = choose(d, first, cycle);
        struct node *node = &d->nodes[n];
        cycle = node->ready > cycle ? node->ready : cycle;
        cc_inst_remove(node->inst);
        cc_inst_insert_before(d->s, end, node->inst);
        account(d, node->inst);
        release(d, n, cycle);
        cycle++;
        while (first < d->count && d->nodes[first].done) {
            first++;
        }
    }
}

static void forget(struct sched *d)
{
    for (uint32_t n = 0; n < d->count; n++) {
        const struct cc_inst *inst = d->nodes[n].inst;
        for (unsigned i = 0; i < inst->def_count; i++) {
            d->node_of[inst->def[i]] = 0;
        }
    }
}

/* Instructions from `first` on, up to one that may not move or as many as fit; returns the next. */
static struct cc_inst *schedule_region(struct sched *d, struct cc_inst *first)
{
    struct cc_inst *end = first;
    for (d->count = 0; end && !is_fixed(end->op) && d->count < REGION_MAX; end = end->next) {
        d->nodes[d->count] = (struct node){.inst = end};
        d->count++;
    }
    if (!end) {
        return NULL;
    }
    for (uint32_t n = 0; n < d->count; n++) {
        add_value_edges(d, n);
    }
    add_memory_edges(d);
    find_heights(d);
    emit(d, end);
    forget(d);
    return end;
}

static void count_uses(struct sched *d, const struct cc_block *block)
{
    for (const struct cc_inst *inst = block->first; inst; inst = inst->next) {
        for (uint32_t i = 0; i <= inst->src_count; i++) {
            struct cc_src src = i < inst->src_count ? inst->src[i] : inst->guard;
            if (src.kind == CC_VAL) {
                d->uses[src.v]++;
            }
        }
    }
}

static int count_live(const struct cc_shader *s, const uint32_t *live, size_t words)
{
    int count = 0;
    for (size_t w = 0; w < words; w++) {
        for (uint32_t bits = live[w]; bits; bits &= bits - 1) {
            count += s->vals[w * 32 + (size_t)__builtin_ctz(bits)].file == CC_GPR;
        }
    }
    return count;
}

void cc_sched_run(struct cc_shader *s)
{
    struct sched d = {.s = s};
    cc_live_run(s);
    d.nodes = cc_alloc(s->arena, REGION_MAX, sizeof(*d.nodes));
    d.node_of = cc_alloc(s->arena, s->val_count, sizeof(*d.node_of));
    d.uses = cc_alloc(s->arena, s->val_count, sizeof(*d.uses));
    for (size_t i = 0; i < s->rpo_count; i++) {
        struct cc_block *block = s->rpo[i];
        d.live_out = block->live_out;
        d.pressure = count_live(s, block->live_in, (s->val_count + 31) / 32);
        count_uses(&d, block);
        for (struct cc_inst *inst = block->first; inst;) {
            if (is_fixed(inst->op)) {
                account(&d, inst);
                inst = inst->next;
            } else {
                inst = schedule_region(&d, inst);
            }
        }
    }
}
