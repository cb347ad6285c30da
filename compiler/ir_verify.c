/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Checks the IR's rules: lists linked both ways, one terminator at the end, phis first with one
 * source per predecessor, files of sources, every use dominated by its definition.
 *
 * It runs after lowering in every build, because a malformed module can use an id where its
 * definition does not reach; and after each pass in debug builds, where it finds our own mistakes.
 */
#include "ir.h"

#include <inttypes.h>

struct check {
    struct cc_shader *s;
    const char *after;
};

static void broken(struct check *c, const struct cc_inst *inst, const char *what)
    __attribute__((noreturn));
static void broken(struct check *c, const struct cc_inst *inst, const char *what)
{
    cc_fail(c->s->arena, "malformed: %s (%s, block %" PRIu32 ", after %s)", what,
            inst ? cc_op_name(inst->op) : "block", inst && inst->block ? inst->block->id : 0,
            c->after);
}

static void check_use(struct check *c, const struct cc_inst *inst, struct cc_src src,
                      const struct cc_block *at_end_of)
{
    if (src.kind != CC_VAL) {
        return;
    }
    if (src.v >= c->s->val_count) {
        broken(c, inst, "a source is no value");
    }
    const struct cc_val *val = &c->s->vals[src.v];
    if (val->file != src.file) {
        broken(c, inst, "a source changes its register file");
    }
    const struct cc_inst *def = val->def;
    if (!def || !def->block || def->block->order == UINT32_MAX) {
        broken(c, inst, "an id is used where its definition does not reach");
    }
    if (at_end_of) {
        if (!cc_dominates(def->block, at_end_of)) {
            broken(c, inst, "a phi's source does not reach its predecessor");
        }
    } else if (def->block == inst->block ? def->index >= inst->index
                                         : !cc_dominates(def->block, inst->block)) {
        broken(c, inst, "an id is used where its definition does not reach");
    }
}

/* Which register file an operand must come from. */
static enum cc_file want_file(const struct cc_shader *s, const struct cc_inst *inst, uint32_t i)
{
    switch (inst->op) {
    case CC_PHI:
        return (enum cc_file)s->vals[inst->def[0]].file;
    case CC_BR:
    case CC_PMOV:
    case CC_PLOP3:
    case CC_VOTE:
        return CC_PRED;
    case CC_ISETP:
    case CC_FSETP:
    case CC_SEL:
        return i >= 2 ? CC_PRED : CC_GPR;
    case CC_IADD3:
        return i == 3 ? CC_PRED : CC_GPR;
    default:
        return CC_GPR;
    }
}

static void check_files(struct check *c, const struct cc_inst *inst)
{
    for (uint32_t i = 0; i < inst->src_count; i++) {
        if (inst->src[i].kind == CC_NONE || inst->src[i].file != want_file(c->s, inst, i)) {
            broken(c, inst, "an operand has the wrong type");
        }
    }
    if (inst->guard.kind != CC_NONE && inst->guard.file != CC_PRED) {
        broken(c, inst, "an operand has the wrong type");
    }
}

static void check_inst(struct check *c, const struct cc_inst *inst)
{
    check_files(c, inst);
    if (inst->op == CC_PHI) {
        if (inst->src_count != inst->block->pred_count) {
            broken(c, inst, "a phi lacks sources");
        }
        for (uint32_t i = 0; i < inst->src_count; i++) {
            check_use(c, inst, inst->src[i], inst->block->preds[i]);
        }
        return;
    }
    for (uint32_t i = 0; i < inst->src_count; i++) {
        check_use(c, inst, inst->src[i], NULL);
    }
    check_use(c, inst, inst->guard, NULL);
}

static void check_block(struct check *c, const struct cc_block *block)
{
    const struct cc_inst *prev = NULL;
    for (const struct cc_inst *inst = block->first; inst; inst = inst->next) {
        if (inst->prev != prev || inst->block != block) {
            broken(c, inst, "instruction list is not linked");
        }
        if ((cc_op_flags(inst->op) & CC_OPF_TERM) && inst->next) {
            broken(c, inst, "terminator inside a block");
        }
        if (inst->op == CC_PHI && prev && prev->op != CC_PHI) {
            broken(c, inst, "phi inside a block");
        }
        check_inst(c, inst);
        prev = inst;
    }
    if (block->last != prev || !prev || !(cc_op_flags(prev->op) & CC_OPF_TERM)) {
        broken(c, prev, "block without a terminator");
    }
    unsigned want = prev->op == CC_BR ? 2 : prev->op == CC_JMP ? 1 : 0;
    for (unsigned k = 0; k < 2; k++) {
        if ((k < want) != (block->succ[k] != NULL)) {
            broken(c, prev, "successors do not fit the terminator");
        }
    }
}

void cc_ir_verify(struct cc_shader *s, const char *after)
{
    struct check c = {s, after};
    for (size_t i = 0; i < s->rpo_count; i++) {
        uint32_t index = 0;
        for (struct cc_inst *inst = s->rpo[i]->first; inst; inst = inst->next) {
            inst->index = index++;
        }
    }
    for (size_t i = 0; i < s->rpo_count; i++) {
        check_block(&c, s->rpo[i]);
    }
}
