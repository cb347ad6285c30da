/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Functions as written: their parameters and blocks, where each block's code lies, its successors
 * and merge, and an order in which to lower them: every block after those that dominate it, and
 * what a construct merges to after the construct.
 */
#include "spirv.h"

enum { BLOCK_COUNT_MAX = 32768 };

struct scan {
    struct spv_module *m;
    struct spv_function *f;
    struct spv_block *block; /* open block, NULL between blocks */
    uint32_t index;          /* of the function */
};

static void begin_function(struct scan *scan, const struct spv_inst *inst)
{
    struct spv_module *m = scan->m;
    if (scan->f) {
        spv_malformed(inst, "function inside a function");
    }
    m->functions = cc_grow(m->arena, m->functions, &m->function_capacity, m->function_count + 1,
                           sizeof(*m->functions));
    scan->index = (uint32_t)m->function_count;
    scan->f = &m->functions[m->function_count++];
    scan->f->id = spv_word(inst, 2);
    scan->f->first = inst->at;
    spv_id(m, scan->f->id)->function = scan->index + 1;
}

static void add_parameter(struct scan *scan, const struct spv_inst *inst)
{
    struct spv_function *f = scan->f;
    if (!f || f->block_count > 0) {
        spv_malformed(inst, "outside a function's head");
    }
    f->params = cc_grow(scan->m->arena, f->params, &f->param_capacity, f->param_count + 1,
                        sizeof(*f->params));
    struct spv_id *id = spv_id(scan->m, spv_word(inst, 2));
    id->function = scan->index + 1;
    id->local = (uint32_t)f->param_count;
    f->params[f->param_count++] = spv_word(inst, 2);
}

static void begin_block(struct scan *scan, const struct spv_inst *inst)
{
    struct spv_function *f = scan->f;
    if (!f || scan->block) {
        spv_malformed(inst, "label where no block may begin");
    }
    if (f->block_count >= BLOCK_COUNT_MAX) {
        cc_fail(scan->m->arena, "function of more than %d blocks: not supported", BLOCK_COUNT_MAX);
    }
    f->blocks = cc_grow(scan->m->arena, f->blocks, &f->block_capacity, f->block_count + 1,
                        sizeof(*f->blocks));
    scan->block = &f->blocks[f->block_count];
    scan->block->label = spv_word(inst, 1);
    scan->block->first = inst->at + inst->count;
    scan->block->order = UINT32_MAX;
    struct spv_id *id = spv_id(scan->m, scan->block->label);
    id->function = scan->index + 1;
    id->local = (uint32_t)f->block_count++;
}

static bool is_terminator(uint32_t op)
{
    switch (op) {
    case SpvOpBranch:
    case SpvOpBranchConditional:
    case SpvOpSwitch:
    case SpvOpReturn:
    case SpvOpReturnValue:
    case SpvOpUnreachable:
    case SpvOpKill:
    case SpvOpTerminateInvocation:
        return true;
    default:
        return false;
    }
}

static void scan_instruction(struct scan *scan, const struct spv_inst *inst)
{
    switch (inst->op) {
    case SpvOpFunction:
        begin_function(scan, inst);
        return;
    case SpvOpFunctionParameter:
        add_parameter(scan, inst);
        return;
    case SpvOpLabel:
        begin_block(scan, inst);
        return;
    case SpvOpFunctionEnd:
        if (!scan->f || scan->block) {
            spv_malformed(inst, "function end inside a block");
        }
        scan->f->end = inst->at + inst->count;
        scan->f = NULL;
        return;
    case SpvOpLine:
    case SpvOpNoLine:
        return;
    default:
        break;
    }
    if (!scan->block) {
        spv_malformed(inst, "instruction outside a block");
    }
    if (is_terminator(inst->op)) {
        scan->block->term = inst->at;
        scan->block = NULL;
    }
}

static uint32_t label_index(const struct spv_inst *inst, const struct spv_function *f, uint32_t id)
{
    const struct spv_module *m = inst->m;
    const struct spv_id *label = spv_id(m, id);
    if (label->op != SpvOpLabel || &m->functions[label->function - 1] != f) {
        spv_malformed(inst, "branch target is no label of this function");
    }
    return label->local;
}

static void add_successor(struct spv_module *m, struct spv_function *f, struct spv_block *block,
                          const struct spv_inst *inst, uint32_t word)
{
    uint32_t target = label_index(inst, f, spv_word(inst, word));
    size_t capacity = block->succ_count; /* exact is enough: these lists are short */
    uint32_t *grown = cc_alloc(m->arena, capacity + 1, sizeof(*grown));
    for (size_t i = 0; i < block->succ_count; i++) {
        grown[i] = block->succ[i];
    }
    grown[block->succ_count++] = target;
    block->succ = grown;
}

/* Words of one switch literal: 64-bit selectors take two. */
static uint32_t switch_literal_words(const struct spv_module *m, const struct spv_inst *inst)
{
    const struct spv_id *selector = spv_id(m, spv_word(inst, 1));
    if (selector->def == 0) {
        spv_malformed(inst, "selector is not defined");
    }
    struct spv_inst def = spv_inst_at(m, selector->def);
    struct spv_id *type = spv_id(m, spv_word(&def, 1));
    if (type->op != SpvOpTypeInt) {
        spv_malformed(inst, "selector is no integer");
    }
    struct spv_inst type_inst = spv_inst_at(m, type->def);
    return spv_word(&type_inst, 2) > 32 ? 2 : 1;
}

static void find_successors(struct spv_module *m, struct spv_function *f, struct spv_block *block)
{
    struct spv_inst inst = spv_inst_at(m, block->term);
    if (inst.op == SpvOpBranch) {
        add_successor(m, f, block, &inst, 1);
    } else if (inst.op == SpvOpBranchConditional) {
        add_successor(m, f, block, &inst, 2);
        add_successor(m, f, block, &inst, 3);
    } else if (inst.op == SpvOpSwitch) {
        uint32_t step = switch_literal_words(m, &inst) + 1;
        if ((inst.count - 3) % step != 0 || inst.count > 4096) {
            spv_malformed(&inst, "list of cases");
        }
        add_successor(m, f, block, &inst, 2);
        for (uint32_t at = 3; at < inst.count; at += step) {
            add_successor(m, f, block, &inst, at + step - 1);
        }
    }
}

static void find_merge(struct spv_module *m, struct spv_function *f, struct spv_block *block)
{
    uint32_t at = block->first;
    while (at < block->term) {
        struct spv_inst inst = spv_inst_at(m, at);
        if (inst.op == SpvOpSelectionMerge || inst.op == SpvOpLoopMerge) {
            block->merge = label_index(&inst, f, spv_word(&inst, 1)) + 1;
            block->loop = inst.op == SpvOpLoopMerge;
            block->cont = block->loop ? label_index(&inst, f, spv_word(&inst, 2)) + 1 : 0;
        }
        at += inst.count;
    }
}

struct visit {
    uint32_t block;
    size_t next;
};

/* The k-th block to visit below `block`: merge and continue first, so that they come last. */
static bool child(const struct spv_block *block, size_t k, uint32_t *out)
{
    if (block->merge && k-- == 0) {
        *out = block->merge - 1;
        return true;
    }
    if (block->cont && k-- == 0) {
        *out = block->cont - 1;
        return true;
    }
    if (k < block->succ_count) {
        *out = block->succ[block->succ_count - 1 - k];
        return true;
    }
    return false;
}

/* Blocks that only a merge instruction names are visited for their place, but are unreachable. */
static void mark_reachable(struct spv_module *m, const struct spv_function *f, bool *reachable)
{
    uint32_t *stack = cc_alloc(m->arena, f->block_count, sizeof(*stack));
    size_t depth = 0;
    stack[depth++] = 0;
    reachable[0] = true;
    while (depth > 0) {
        const struct spv_block *block = &f->blocks[stack[--depth]];
        for (size_t i = 0; i < block->succ_count; i++) {
            if (!reachable[block->succ[i]]) {
                reachable[block->succ[i]] = true;
                stack[depth++] = block->succ[i];
            }
        }
    }
}

static void find_order(struct spv_module *m, struct spv_function *f)
{
    bool *reachable = cc_alloc(m->arena, f->block_count, sizeof(bool));
    bool *seen = cc_alloc(m->arena, f->block_count, sizeof(bool));
    struct visit *stack = cc_alloc(m->arena, f->block_count + 1, sizeof(*stack));
    uint32_t *post = cc_alloc(m->arena, f->block_count, sizeof(*post));
    size_t depth = 0, count = 0;
    mark_reachable(m, f, reachable);
    stack[depth++] = (struct visit){0, 0};
    seen[0] = true;
    while (depth > 0) {
        struct visit *top = &stack[depth - 1];
        uint32_t next;
        if (!child(&f->blocks[top->block], top->next++, &next)) {
            if (reachable[top->block]) {
                post[count++] = top->block;
            }
            depth--;
        } else if (!seen[next]) {
            seen[next] = true;
            stack[depth++] = (struct visit){next, 0};
        }
    }
    f->order = cc_alloc(m->arena, count, sizeof(*f->order));
    f->order_count = count;
    for (size_t i = 0; i < count; i++) {
        f->order[i] = post[count - 1 - i];
        f->blocks[f->order[i]].order = (uint32_t)i;
    }
}

void spv_functions_scan(struct spv_module *m)
{
    struct scan scan = {.m = m};
    for (uint32_t at = m->globals_end; at < m->word_count;) {
        struct spv_inst inst = spv_inst_at(m, at);
        scan_instruction(&scan, &inst);
        at += inst.count;
    }
    if (scan.f) {
        cc_fail(m->arena, "malformed: the last function has no end");
    }
    for (size_t i = 0; i < m->function_count; i++) {
        struct spv_function *f = &m->functions[i];
        for (size_t k = 0; k < f->block_count; k++) {
            find_successors(m, f, &f->blocks[k]);
            find_merge(m, f, &f->blocks[k]);
        }
        if (f->block_count > 0) {
            find_order(m, f);
        }
    }
}

struct spv_function *spv_function_of(const struct spv_module *m, uint32_t id)
{
    const struct spv_id *entry = spv_id(m, id);
    if (entry->op != SpvOpFunction || entry->function == 0) {
        cc_fail(m->arena, "malformed: id %u is no function", id);
    }
    return &m->functions[entry->function - 1];
}
