/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Which values can differ between the threads of a warp, and which branches can part them. Errs on
 * the side of divergent: a phi counts as divergent when any branch between its block and what
 * dominates it is.
 */
#include "ir.h"

#include <nvhw/sass.h>

enum { EXACT_BLOCKS_MAX = 2048 };

static bool source_divergent(const struct cc_shader *s, const struct cc_inst *inst)
{
    for (uint32_t i = 0; i < inst->src_count; i++) {
        if (inst->src[i].kind == CC_VAL && s->vals[inst->src[i].v].divergent) {
            return true;
        }
    }
    return inst->guard.kind == CC_VAL && s->vals[inst->guard.v].divergent;
}

static bool inst_divergent(const struct cc_shader *s, const struct cc_inst *inst,
                           bool join_divergent)
{
    switch (inst->op) {
    case CC_S2R:
        return inst->sub < NV_SASS_SR_CTAID_X || inst->sub > NV_SASS_SR_CTAID_Z;
    case CC_LDG:
        return !(inst->flags & CC_F_CONSTANT) || source_divergent(s, inst);
    case CC_PHI:
        return join_divergent || source_divergent(s, inst);
    default:
        return !(cc_op_flags(inst->op) & CC_OPF_PURE) || source_divergent(s, inst);
    }
}

/* Could a branch that parts threads lie between the block and its dominator? */
static bool join_divergent(const struct cc_shader *s, const struct cc_block *block)
{
    if (!block->idom) {
        return false;
    }
    for (size_t i = 0; i < s->rpo_count; i++) {
        if (s->rpo[i]->divergent_branch && cc_dominates(block->idom, s->rpo[i])) {
            return true;
        }
    }
    return false;
}

static bool visit_block(struct cc_shader *s, struct cc_block *block)
{
    bool changed = false, join_known = false, join = false;
    for (struct cc_inst *inst = block->first; inst; inst = inst->next) {
        if (inst->op == CC_PHI && !join_known) {
            join = join_divergent(s, block);
            join_known = true;
        }
        if (inst->op == CC_BR && !block->divergent_branch && source_divergent(s, inst)) {
            block->divergent_branch = changed = true;
        }
        if (inst->def_count == 0 || s->vals[inst->def[0]].divergent ||
            !inst_divergent(s, inst, join)) {
            continue;
        }
        for (unsigned i = 0; i < inst->def_count; i++) {
            s->vals[inst->def[i]].divergent = true;
        }
        changed = true;
    }
    return changed;
}

void cc_divergence_run(struct cc_shader *s)
{
    for (size_t i = 0; i < s->rpo_count; i++) {
        s->rpo[i]->divergent_branch = s->rpo_count > EXACT_BLOCKS_MAX && s->rpo[i]->succ[1];
    }
    if (s->rpo_count > EXACT_BLOCKS_MAX) {
        return;
    }
    for (size_t i = 0; i < s->val_count; i++) {
        s->vals[i].divergent = false;
    }
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < s->rpo_count; i++) {
            changed |= visit_block(s, s->rpo[i]);
        }
    }
}
