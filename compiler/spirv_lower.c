/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Functions to the control-flow graph, calls in place; and which file lowers which instruction.
 */
#include "spirv_flow.h"

enum { CALL_DEPTH_MAX = 64 };

static void instructions_lower(struct spv_instance *in, uint32_t at, const struct spv_block *block)
{
    struct spv_lower *l = in->l;
    while (at < block->term) {
        l->inst = spv_inst_at(l->m, at);
        if (l->inst.op == SpvOpPhi) {
            spv_phi_begin(in);
        } else {
            spv_inst_lower(l);
        }
        at += spv_inst_at(l->m, at).count;
    }
    struct spv_inst term = spv_inst_at(l->m, block->term);
    spv_terminator_lower(in, &term);
}

void spv_block_lower(struct spv_instance *in, uint32_t index)
{
    struct spv_lower *l = in->l;
    const struct spv_block *block = &in->f->blocks[index];
    uint32_t at = block->first;
    in->current = index;
    l->b.block = in->entry[index];
    if (spv_unrolls(in, index)) {
        at = spv_phis_take(in, at, l->b.block);
    } else if (block->loop) {
        spv_owner_set(l, l->b.block, 0);
        spv_jump(l, in->head[index]);
        l->b.block = in->head[index];
    }
    instructions_lower(in, at, block);
}

/* In a trip of an unrolled loop conditions are known, and blocks left out that nothing leads to. */
void spv_range_lower(struct spv_instance *in, size_t first, size_t end)
{
    for (size_t i = first; i < end;) {
        uint32_t index = in->f->order[i];
        bool left_out = in->unrolled > 0 && in->entry[index]->pred_count == 0;
        if (spv_unrolls(in, index)) {
            if (!left_out) {
                spv_unroll(in, i);
            }
            i = spv_loop_end(in->f, index);
            continue;
        }
        if (!left_out) {
            spv_block_lower(in, index);
        }
        i++;
    }
}

static void join_returns(struct spv_instance *in, struct spv_value *result)
{
    struct spv_lower *l = in->l;
    l->b.block = in->cont;
    for (uint32_t i = 0; result && i < result->type->slots; i++) {
        struct cc_inst *phi = cc_inst_create(l->s, CC_PHI, (uint32_t)in->return_count);
        for (size_t p = 0; p < in->return_count; p++) {
            if (!in->returns[p]) {
                spv_malformed(&l->inst, "a return without a value");
            }
            phi->src[p] = cc_resolve(l->s, in->returns[p][i]);
        }
        enum cc_file file = in->return_count ? (enum cc_file)phi->src[0].file : CC_GPR;
        if (in->return_count == 1) {
            result->slots[i] = phi->src[0];
            continue;
        }
        result->slots[i] = in->return_count ? cc_def_add(l->s, phi, file) : cc_imm(0);
        if (in->return_count) {
            cc_b_append(&l->b, phi);
        }
    }
}

void spv_function_lower(struct spv_lower *l, struct spv_function *f, struct spv_value **args,
                        struct spv_value *result)
{
    struct spv_inst head = spv_inst_at(l->m, f->first);
    if (f->block_count == 0) {
        spv_unsupported(&head, "a function without a body");
    }
    if (f->active || l->depth >= CALL_DEPTH_MAX) {
        spv_unsupported(&head, "recursion");
    }
    struct spv_instance in = {.l = l, .f = f};
    struct spv_inst call = l->inst;
    f->active = true;
    f->result = spv_type(&head, spv_word(&head, 1));
    for (size_t i = 0; i < f->param_count; i++) {
        spv_id(l->m, f->params[i])->value = args[i];
    }
    l->inst = head;
    spv_blocks_scan(&in);
    spv_blocks_create(&in, 0, f->order_count);
    if (l->depth > 0) {
        in.cont = cc_block_create(l->s);
        in.cont->join = true;
        spv_region_add(l->s, in.entry[f->order[0]], in.cont)->call = true;
    }
    spv_regions_create(&in, 0, f->order_count);
    l->depth++;
    spv_jump(l, in.entry[f->order[0]]);
    spv_range_lower(&in, 0, f->order_count);
    spv_phis_finish(&in, 0);
    l->depth--;
    f->active = false;
    l->inst = call;
    if (in.cont) {
        join_returns(&in, result);
    }
}

static void call_lower(struct spv_lower *l)
{
    struct spv_function *f = spv_function_of(l->m, spv_word(&l->inst, 3));
    uint32_t count = l->inst.count - 4;
    if (count != f->param_count) {
        spv_malformed(&l->inst, "number of arguments");
    }
    struct spv_value **args = cc_alloc(l->m->arena, count + 1, sizeof(*args));
    for (uint32_t i = 0; i < count; i++) {
        struct spv_inst parameter = spv_inst_at(l->m, spv_id(l->m, f->params[i])->def);
        args[i] = spv_value(l, l->inst.words[4 + i]);
        if (args[i]->type != spv_type(&parameter, spv_word(&parameter, 1))) {
            spv_malformed(&l->inst, "an argument has the wrong type");
        }
    }
    struct spv_value *result = spv_result(l);
    struct spv_inst head = spv_inst_at(l->m, f->first);
    if (spv_type(&head, spv_word(&head, 1)) != result->type) {
        spv_malformed(&l->inst, "the result's type is not the function's");
    }
    spv_function_lower(l, f, args, result->type->slots ? result : NULL);
}

void spv_inst_lower(struct spv_lower *l)
{
    switch (l->inst.op) {
    case SpvOpNop:
    case SpvOpLine:
    case SpvOpNoLine:
    case SpvOpSelectionMerge:
    case SpvOpLoopMerge:
        return;
    case SpvOpUndef: {
        struct spv_value *value = spv_result(l);
        spv_fill_zero(value->type, value->slots);
        return;
    }
    case SpvOpFunctionCall:
        call_lower(l);
        return;
    case SpvOpExtInst:
        spv_glsl_lower(l);
        return;
    default:
        break;
    }
    if (!spv_alu_lower(l) && !spv_convert_lower(l) && !spv_composite_lower(l) &&
        !spv_memory_lower(l) && !spv_atomic_lower(l) && !spv_group_lower(l) && !spv_scan_lower(l)) {
        spv_unsupported(&l->inst, NULL);
    }
}

static void check_workgroup_size(struct spv_lower *l)
{
    const uint32_t threads_max = 1024;
    uint64_t threads = 1;
    for (int i = 0; i < 3; i++) {
        uint32_t size = l->m->local_size[i];
        if (size == 0 || size > threads_max || (threads *= size) > threads_max) {
            cc_fail(l->m->arena, "workgroup of %u x %u x %u threads: not supported",
                    l->m->local_size[0], l->m->local_size[1], l->m->local_size[2]);
        }
        l->s->workgroup_size[i] = size;
    }
}

static void lower_module(struct cc_shader *s, const uint32_t *words, size_t word_count,
                         struct spv_choices *choices)
{
    struct spv_module m = {.arena = s->arena, .options = s->options};
    struct spv_lower l = {.m = &m, .s = s, .b = {.s = s}, .choices = choices};
    spv_parse(&m, words, word_count);
    spv_variables_scan(&m);
    spv_loops_scan(&m);
    if (!choices->of_id) {
        choices->of_id = cc_alloc(s->arena, m.bound, 1);
    }
    l.b.block = cc_block_create(s);
    spv_globals_lower(&l);
    check_workgroup_size(&l);
    struct spv_function *entry = spv_function_of(&m, m.entry_function);
    if (entry->param_count != 0) {
        cc_fail(s->arena, "malformed: an entry point takes no parameters");
    }
    spv_function_lower(&l, entry, NULL, NULL);
    spv_var_phis_fill(&l);
}

/* False when an assumption was wrong. */
static bool attempt(struct cc_shader *s, const uint32_t *words, size_t word_count,
                    struct spv_choices *choices)
{
    if (setjmp(choices->again) != 0) {
        return false;
    }
    lower_module(s, words, word_count, choices);
    return true;
}

void spv_compile(struct cc_shader *s, const uint32_t *words, size_t word_count)
{
    const unsigned attempts_max = 24;
    const struct cc_shader fresh = *s;
    struct spv_choices choices = {0};
    for (unsigned n = 2; !attempt(s, words, word_count, &choices); n++) {
        *s = fresh;
        choices.plain = n == attempts_max;
    }
    cc_cfg_update(s);
    cc_ir_verify(s, "lowering");
}
