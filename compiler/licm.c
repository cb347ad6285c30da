/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Moves pure computations, and loads of descriptors, out of loops: up the dominator tree, no further
 * than where their sources are, to the nearest block that lies in the fewest loops.
 */
#include "ir.h"

static struct cc_block *earliest(const struct cc_shader *s, const struct cc_inst *inst)
{
    struct cc_block *deepest = s->rpo[0];
    for (uint32_t i = 0; i < inst->src_count; i++) {
        if (inst->src[i].kind != CC_VAL) {
            continue;
        }
        struct cc_block *block = s->vals[inst->src[i].v].def->block;
        if (cc_dominates(deepest, block)) {
            deepest = block;
        }
    }
    return deepest;
}

static struct cc_block *best_place(const struct cc_shader *s, const struct cc_inst *inst)
{
    struct cc_block *limit = earliest(s, inst), *best = inst->block;
    for (struct cc_block *at = inst->block; at; at = at->idom) {
        if (at->loop_depth < best->loop_depth) {
            best = at;
        }
        if (at == limit) {
            break;
        }
    }
    return best;
}

void cc_licm_run(struct cc_shader *s)
{
    for (size_t i = 0; i < s->rpo_count; i++) {
        struct cc_inst *next;
        for (struct cc_inst *inst = s->rpo[i]->first; inst; inst = next) {
            next = inst->next;
            bool safe = (cc_op_flags(inst->op) & CC_OPF_PURE) || (inst->flags & CC_F_SAFE);
            bool movable = safe && inst->guard.kind == CC_NONE;
            if (!movable || s->rpo[i]->loop_depth == 0) {
                continue;
            }
            struct cc_block *to = best_place(s, inst);
            if (to != inst->block) {
                cc_inst_remove(inst);
                cc_inst_insert_at_end(s, to, inst);
            }
        }
    }
}
