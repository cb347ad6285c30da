/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Liveness: which values are needed at the borders of each block, which source is a value's last
 * use, which results nobody reads. A phi's sources live at the end of the predecessors, its result
 * from the start of its block.
 */
#include "ir.h"

#include <string.h>

static size_t words_of(const struct cc_shader *s)
{
    return (s->val_count + 31) / 32;
}

static void use(uint32_t *live, struct cc_src *src)
{
    src->last = false;
    if (src->kind == CC_VAL && !cc_bit_get(live, src->v)) {
        cc_bit_set(live, src->v);
        src->last = true;
    }
}

/* Backwards through the block, starting from what lives at its end. */
static void walk(struct cc_block *block, uint32_t *live)
{
    for (struct cc_inst *inst = block->last; inst; inst = inst->prev) {
        inst->dead_defs = 0;
        for (unsigned i = 0; i < inst->def_count; i++) {
            if (!cc_bit_get(live, inst->def[i])) {
                inst->dead_defs |= (uint8_t)(1u << i);
            }
        }
        for (unsigned i = 0; i < inst->def_count; i++) {
            cc_bit_clear(live, inst->def[i]);
        }
        if (inst->op == CC_PHI) {
            continue;
        }
        use(live, &inst->guard);
        for (uint32_t i = 0; i < inst->src_count; i++) {
            use(live, &inst->src[i]);
        }
    }
}

static void add_successor(struct cc_block *block, const struct cc_block *succ, size_t words)
{
    for (size_t i = 0; i < words; i++) {
        block->live_out[i] |= succ->live_in[i];
    }
    for (const struct cc_inst *phi = succ->first; phi && phi->op == CC_PHI; phi = phi->next) {
        for (uint32_t p = 0; p < phi->src_count; p++) {
            if (succ->preds[p] == block && phi->src[p].kind == CC_VAL) {
                cc_bit_set(block->live_out, phi->src[p].v);
            }
        }
    }
}

void cc_live_run(struct cc_shader *s)
{
    size_t words = words_of(s);
    uint32_t *live = cc_alloc(s->arena, words, sizeof(*live));
    for (size_t i = 0; i < s->rpo_count; i++) {
        s->rpo[i]->live_in = cc_alloc(s->arena, words, sizeof(*live));
        s->rpo[i]->live_out = cc_alloc(s->arena, words, sizeof(*live));
    }
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = s->rpo_count; i-- > 0;) {
            struct cc_block *block = s->rpo[i];
            for (unsigned k = 0; k < 2; k++) {
                if (block->succ[k]) {
                    add_successor(block, block->succ[k], words);
                }
            }
            memcpy(live, block->live_out, words * sizeof(*live));
            walk(block, live);
            if (memcmp(live, block->live_in, words * sizeof(*live)) != 0) {
                memcpy(block->live_in, live, words * sizeof(*live));
                changed = true;
            }
        }
    }
}
