/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The order of blocks in memory, and real branches: reverse postorder in which ways out of a loop
 * come last, so that loops lie together; a jump to the next block disappears.
 */
#include "ir.h"

/* A block that only its predecessor reaches, and which that one always goes to, joins it. */
void cc_blocks_merge(struct cc_shader *s)
{
    bool merged = false;
    for (size_t i = 0; i < s->rpo_count; i++) {
        struct cc_block *block = s->rpo[i];
        while (block->last && block->last->op == CC_JMP && block->succ[0]->pred_count == 1 &&
               block->succ[0] != block && block->succ[0]->first->op != CC_PHI) {
            struct cc_block *next = block->succ[0];
            cc_inst_remove(block->last);
            while (next->first) {
                struct cc_inst *inst = next->first;
                cc_inst_remove(inst);
                cc_inst_append(s, block, inst);
            }
            for (unsigned k = 0; k < 2; k++) {
                block->succ[k] = next->succ[k];
                for (size_t p = 0; block->succ[k] && p < block->succ[k]->pred_count; p++) {
                    if (block->succ[k]->preds[p] == next) {
                        block->succ[k]->preds[p] = block;
                    }
                }
                next->succ[k] = NULL;
            }
            next->pred_count = 0;
            /* An empty block needs a terminator as long as it is in the list. */
            cc_inst_append(s, next, cc_inst_create(s, CC_EXIT, 0));
            next->order = UINT32_MAX;
            merged = true;
        }
    }
    if (merged) {
        cc_cfg_update(s);
    }
}

static struct cc_inst *branch_inst(struct cc_shader *s, struct cc_block *to)
{
    struct cc_inst *inst = cc_inst_create(s, CC_BRA, 0);
    inst->target = to;
    return inst;
}

static void lower_branch(struct cc_shader *s, struct cc_block *block, struct cc_block *next)
{
    struct cc_inst *term = block->last;
    struct cc_src condition = term->src[0];
    struct cc_block *yes = block->succ[0], *no = block->succ[1];
    cc_inst_remove(term);
    if (yes == next) {
        condition.inv = !condition.inv;
        yes = no;
        no = next;
    }
    struct cc_inst *inst = branch_inst(s, yes);
    inst->guard = condition;
    cc_inst_append(s, block, inst);
    if (no != next) {
        cc_inst_append(s, block, branch_inst(s, no));
    }
}

void cc_layout_run(struct cc_shader *s)
{
    cc_cfg_update(s); /* once more: the order now knows the loops */
    for (size_t i = 0; i < s->rpo_count; i++) {
        struct cc_block *block = s->rpo[i];
        struct cc_block *next = i + 1 < s->rpo_count ? s->rpo[i + 1] : NULL;
        block->layout_next = next;
        if (block->last->op == CC_BR) {
            lower_branch(s, block, next);
        } else if (block->last->op == CC_JMP) {
            cc_inst_remove(block->last);
            if (block->succ[0] != next) {
                cc_inst_append(s, block, branch_inst(s, block->succ[0]));
            }
        }
    }
}
