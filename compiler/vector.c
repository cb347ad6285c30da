/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Loads of neighbouring words of shared memory become one of two or four, where the address is
 * known to be aligned for it and nothing in between may write there.
 */
#include "ir.h"

enum { GROUP_MAX = 64, WORD_BYTES = 4, ALIGN_MAX_BITS = 4 };

struct vector {
    struct cc_shader *s;
    struct cc_inst *load[GROUP_MAX]; /* single words, since memory may last have changed */
    unsigned count;
};

static uint32_t alignment(const struct cc_shader *s, const struct cc_inst *load)
{
    unsigned zeros = cc_known_zeros(s, load->src[0]);
    uint32_t base = zeros < ALIGN_MAX_BITS ? 1u << zeros : 1u << ALIGN_MAX_BITS;
    uint32_t offset = (uint32_t)load->offset & (0u - (uint32_t)load->offset);
    return offset != 0 && offset < base ? offset : base;
}

/* ---- neighbours ---- */

static bool same_base(const struct cc_inst *a, const struct cc_inst *b)
{
    return a->src[0].kind == b->src[0].kind && a->src[0].v == b->src[0].v &&
           a->flags == b->flags;
}

static struct cc_inst **find(struct vector *v, const struct cc_inst *first, int32_t offset)
{
    for (unsigned i = 0; i < v->count; i++) {
        if (v->load[i] && v->load[i]->offset == offset && same_base(v->load[i], first)) {
            return &v->load[i];
        }
    }
    return NULL;
}

/* The wide load stands where the first of its parts stood: its address is known there. */
static void join(struct cc_shader *s, struct cc_inst *const *part, unsigned words)
{
    struct cc_inst *at = part[0];
    for (unsigned k = 1; k < words; k++) {
        at = part[k]->index < at->index ? part[k] : at;
    }
    struct cc_inst *wide = cc_inst_create(s, CC_LDS, 1);
    wide->src[0] = at->src[0];
    wide->flags = at->flags;
    wide->offset = part[0]->offset;
    wide->type = words == 4 ? CC_B128 : CC_B64;
    cc_inst_insert_before(s, at, wide);
    wide->index = at->index;
    for (unsigned k = 0; k < words; k++) {
        wide->def[wide->def_count++] = part[k]->def[0];
        s->vals[part[k]->def[0]].def = wide;
        cc_inst_remove(part[k]);
    }
}

static void widen(struct vector *v, struct cc_inst *first, unsigned words)
{
    struct cc_inst **slot[4] = {NULL}, *part[4] = {first};
    if (alignment(v->s, first) < words * WORD_BYTES) {
        return;
    }
    for (unsigned k = 0; k < words; k++) {
        slot[k] = find(v, first, first->offset + (int32_t)k * WORD_BYTES);
        if (!slot[k]) {
            return;
        }
        part[k] = *slot[k];
    }
    join(v->s, part, words);
    for (unsigned k = 0; k < words; k++) {
        *slot[k] = NULL;
    }
}

static void flush(struct vector *v)
{
    for (unsigned words = 4; words >= 2; words /= 2) {
        for (unsigned i = 0; i < v->count; i++) {
            if (v->load[i]) {
                widen(v, v->load[i], words);
            }
        }
    }
    v->count = 0;
}

/* May it write shared memory, or order threads that do? */
static bool ends_group(const struct cc_inst *inst)
{
    return (cc_op_flags(inst->op) & CC_OPF_SIDE) && inst->op != CC_STG && inst->op != CC_STL &&
           inst->op != CC_RED;
}

void cc_vector_run(struct cc_shader *s)
{
    struct vector *v = cc_alloc(s->arena, 1, sizeof(*v));
    v->s = s;
    for (size_t i = 0; i < s->rpo_count; i++) {
        struct cc_inst *next;
        uint32_t index = 0;
        for (struct cc_inst *inst = s->rpo[i]->first; inst; inst = next) {
            next = inst->next;
            inst->index = index++;
            if (ends_group(inst) || v->count == GROUP_MAX) {
                flush(v);
            }
            if (inst->op == CC_LDS && inst->type == CC_B32 && inst->guard.kind == CC_NONE) {
                v->load[v->count++] = inst;
            }
        }
        flush(v);
    }
}
