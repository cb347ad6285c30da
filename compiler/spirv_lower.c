/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Functions to the control-flow graph. Calls are lowered in place. SPIR-V says where threads that
 * part meet again; that is kept as regions, from which the convergence barriers are made later.
 *
 * A loop's head has two IR blocks: `pre`, where one enters, and `head`, where iterations begin.
 */
#include "spirv.h"

#include <string.h>

enum { CALL_DEPTH_MAX = 64 };

/* One function being lowered: IR blocks of its blocks, what returns, phis to complete. */
struct instance {
    struct spv_lower *l;
    struct spv_function *f;
    struct cc_block **entry, **head; /* differ for loop heads only */
    struct spv_pending_phi *phis;
    size_t phi_count, phi_capacity;
    struct cc_block *cont; /* where returns go; NULL in the entry point: they exit */
    struct cc_src **returns; /* per predecessor of cont: the value's slots */
    size_t return_count, return_capacity;
    uint32_t current; /* block index */
};

static void set_owner(struct spv_lower *l, const struct cc_block *block, uint32_t label)
{
    l->owner = cc_grow(l->m->arena, l->owner, &l->owner_capacity, l->s->block_count,
                       sizeof(*l->owner));
    l->owner[block->id] = label;
}

static uint32_t owner(const struct spv_lower *l, const struct cc_block *block)
{
    return block->id < l->owner_capacity ? l->owner[block->id] : 0;
}

/* Outer regions are added before inner ones. */
static struct cc_region *add_region(struct cc_shader *s, struct cc_block *head,
                                    struct cc_block *merge)
{
    s->regions = cc_grow(s->arena, s->regions, &s->region_capacity, s->region_count + 1,
                         sizeof(*s->regions));
    s->regions[s->region_count] = (struct cc_region){.head = head, .merge = merge};
    return &s->regions[s->region_count++];
}

static void count_preds(const struct spv_function *f, uint32_t *preds)
{
    for (size_t i = 0; i < f->order_count; i++) {
        const struct spv_block *block = &f->blocks[f->order[i]];
        for (size_t k = 0; k < block->succ_count; k++) {
            preds[block->succ[k]]++;
        }
    }
}

static void check_back_edges(struct instance *in)
{
    const struct spv_function *f = in->f;
    for (size_t i = 0; i < f->order_count; i++) {
        const struct spv_block *block = &f->blocks[f->order[i]];
        for (size_t k = 0; k < block->succ_count; k++) {
            const struct spv_block *to = &f->blocks[block->succ[k]];
            if (to->order <= block->order && !to->loop) {
                spv_malformed(&in->l->inst, "a back edge to a block without OpLoopMerge");
            }
        }
    }
}

static void create_blocks(struct instance *in)
{
    struct spv_function *f = in->f;
    struct cc_shader *s = in->l->s;
    uint32_t *preds = cc_alloc(s->arena, f->block_count, sizeof(*preds));
    count_preds(f, preds);
    in->entry = cc_alloc(s->arena, f->block_count, sizeof(*in->entry));
    in->head = cc_alloc(s->arena, f->block_count, sizeof(*in->head));
    for (size_t i = 0; i < f->order_count; i++) {
        uint32_t index = f->order[i];
        in->entry[index] = in->head[index] = cc_block_create(s);
        if (f->blocks[index].loop) {
            in->head[index] = cc_block_create(s);
            in->entry[index]->join = preds[index] > 1;
            in->head[index]->join = true;
        } else {
            in->head[index]->join = preds[index] > 1;
        }
    }
    check_back_edges(in);
    if (preds[f->order[0]] > 0) {
        cc_fail(s->arena, "malformed: a branch to a function's first block");
    }
}

/* True when another block than the switch itself goes to the case: it falls through. */
static bool is_fallen_into(const struct spv_function *f, const struct spv_block *from,
                           uint32_t target)
{
    for (size_t i = 0; i < f->order_count; i++) {
        const struct spv_block *block = &f->blocks[f->order[i]];
        for (size_t k = 0; block != from && k < block->succ_count; k++) {
            if (block->succ[k] == target) {
                return true;
            }
        }
    }
    return false;
}

/*
 * Where one case falls into the next, those who come from above meet those who were sent there:
 * regions from the switch to each such case, the last case outermost.
 */
static void case_regions(struct instance *in, uint32_t index)
{
    struct spv_function *f = in->f;
    const struct spv_block *block = &f->blocks[index];
    bool *seen = cc_alloc(in->l->m->arena, f->order_count, sizeof(bool));
    for (size_t k = 0; k < block->succ_count; k++) {
        if (block->succ[k] + 1 != block->merge && is_fallen_into(f, block, block->succ[k])) {
            seen[f->blocks[block->succ[k]].order] = true;
        }
    }
    for (size_t order = f->order_count; order-- > block->order + 1;) {
        if (seen[order]) {
            add_region(in->l->s, in->head[index], in->entry[f->order[order]]);
        }
    }
}

static void create_regions(struct instance *in)
{
    struct spv_function *f = in->f;
    for (size_t i = 0; i < f->order_count; i++) {
        uint32_t index = f->order[i];
        const struct spv_block *block = &f->blocks[index];
        if (block->merge == 0) {
            continue;
        }
        struct cc_block *merge = in->entry[block->merge - 1]; /* NULL: unreachable */
        struct cc_region *region = add_region(in->l->s, in->head[index], merge);
        region->loop = block->loop;
        region->pre = in->entry[index];
        if (block->loop && block->cont != index + 1) {
            region = add_region(in->l->s, in->head[index], in->entry[block->cont - 1]);
            region->each_iteration = true;
        }
        if (spv_inst_at(in->l->m, block->term).op == SpvOpSwitch) {
            case_regions(in, index);
        }
    }
}

/* ---- edges ---- */

static struct cc_block *target_block(struct instance *in, const struct spv_inst *inst, uint32_t word)
{
    uint32_t index = spv_id(inst->m, spv_word(inst, word))->local;
    bool back = in->f->blocks[index].order <= in->f->blocks[in->current].order;
    return back ? in->head[index] : in->entry[index];
}

static void jump(struct spv_lower *l, struct cc_block *to)
{
    cc_b_append(&l->b, cc_inst_create(l->s, CC_JMP, 0));
    cc_edge_add(l->s, l->b.block, 0, to);
}

static void branch(struct spv_lower *l, struct cc_src p, struct cc_block *yes, struct cc_block *no)
{
    p = cc_resolve(l->s, p);
    if (yes == no || p.kind == CC_IMM) {
        jump(l, p.kind == CC_IMM && !p.v ? no : yes);
        return;
    }
    cc_b_append(&l->b, cc_b_inst(&l->b, CC_BR, 1, &p));
    cc_edge_add(l->s, l->b.block, 0, yes);
    cc_edge_add(l->s, l->b.block, 1, no);
}

static struct cc_src case_hit(struct spv_lower *l, const struct spv_inst *inst,
                              const struct spv_value *selector, uint32_t at)
{
    struct cc_src hit = cc_bool(true);
    for (uint32_t i = 0; i < selector->type->slots; i++) {
        struct cc_src eq = cc_b_icmp(&l->b, CC_CMP_EQ, selector->slots[i],
                                     cc_imm(inst->words[at + i]), false);
        hit = cc_b_pand(&l->b, hit, eq);
    }
    return hit;
}

/* The cases from `first` on that go where that one does. */
static struct cc_src target_hit(struct spv_lower *l, const struct spv_inst *inst,
                                const struct spv_value *selector, uint32_t first)
{
    uint32_t words = selector->type->slots;
    struct cc_src hit = case_hit(l, inst, selector, first);
    for (uint32_t at = first + words + 1; at + words < inst->count; at += words + 1) {
        if (inst->words[at + words] == inst->words[first + words]) {
            hit = cc_b_por(&l->b, hit, case_hit(l, inst, selector, at));
        }
    }
    return hit;
}

static bool target_seen(const struct spv_inst *inst, uint32_t words, uint32_t at)
{
    for (uint32_t before = 3; before < at; before += words + 1) {
        if (inst->words[before + words] == inst->words[at + words]) {
            return true;
        }
    }
    return inst->words[at + words] == inst->words[2]; /* the default needs no test */
}

/*
 * A chain of compares with one branch to each target, so that all threads that go there go at once.
 * Blocks of the chain count as ends of the same source block.
 */
static void switch_lower(struct instance *in, const struct spv_inst *inst)
{
    struct spv_lower *l = in->l;
    struct spv_value *selector = spv_value(l, spv_word(inst, 1));
    uint32_t words = selector->type->slots;
    if (selector->type->kind != SPV_INT) {
        spv_malformed(inst, "selector is no integer");
    }
    for (uint32_t at = 3; at + words < inst->count; at += words + 1) {
        if (target_seen(inst, words, at)) {
            continue;
        }
        struct cc_block *next = cc_block_create(l->s);
        branch(l, target_hit(l, inst, selector, at), target_block(in, inst, at + words), next);
        if (next->pred_count == 0) {
            return; /* the selector is constant and this case is it */
        }
        l->b.block = next;
        set_owner(l, next, in->f->blocks[in->current].label);
    }
    jump(l, target_block(in, inst, 2));
}

static void return_lower(struct instance *in, struct cc_src *slots)
{
    struct spv_lower *l = in->l;
    if (!in->cont) {
        cc_b_append(&l->b, cc_inst_create(l->s, CC_EXIT, 0));
        return;
    }
    in->returns = cc_grow(l->m->arena, in->returns, &in->return_capacity, in->return_count + 1,
                          sizeof(*in->returns));
    in->returns[in->return_count++] = slots;
    jump(l, in->cont);
}

static void terminator_lower(struct instance *in, const struct spv_inst *inst)
{
    struct spv_lower *l = in->l;
    l->inst = *inst;
    set_owner(l, l->b.block, in->f->blocks[in->current].label);
    switch (inst->op) {
    case SpvOpBranch:
        jump(l, target_block(in, inst, 1));
        break;
    case SpvOpBranchConditional: {
        struct spv_value *p = spv_operand(l, 1, 1);
        if (p->type->kind != SPV_BOOL) {
            spv_malformed(inst, "the condition is no boolean");
        }
        branch(l, p->slots[0], target_block(in, inst, 2), target_block(in, inst, 3));
        break;
    }
    case SpvOpSwitch:
        switch_lower(in, inst);
        break;
    case SpvOpReturn:
        return_lower(in, NULL);
        break;
    case SpvOpReturnValue:
        return_lower(in, spv_operand(l, 1, in->f->result->slots)->slots);
        break;
    case SpvOpUnreachable:
        cc_b_append(&l->b, cc_inst_create(l->s, CC_EXIT, 0));
        break;
    default:
        spv_unsupported(inst, NULL);
    }
}

/* ---- phis ---- */

static void phi_begin(struct instance *in)
{
    struct spv_lower *l = in->l;
    struct spv_value *value = spv_result(l);
    uint32_t slots = value->type->slots;
    if (slots == 0) {
        spv_unsupported(&l->inst, "a choice between pointers");
    }
    in->phis = cc_grow(l->m->arena, in->phis, &in->phi_capacity, in->phi_count + 1,
                       sizeof(*in->phis));
    struct spv_pending_phi *pending = &in->phis[in->phi_count++];
    *pending = (struct spv_pending_phi){.inst = l->inst, .slots = slots, .block = in->current};
    pending->phis = cc_alloc(l->m->arena, slots, sizeof(struct cc_inst *));
    struct cc_block *head = in->head[in->current];
    /* A value of this type tells each slot's file; phis may use values that come later. */
    uint32_t first = spv_var_create(l, value->type);
    for (uint32_t i = 0; i < slots; i++) {
        struct cc_inst *phi = cc_inst_create(l->s, CC_PHI, 0);
        value->slots[i] = cc_def_add(l->s, phi, (enum cc_file)l->var_file[first + i]);
        if (head->first) {
            cc_inst_insert_before(l->s, head->first, phi);
        } else {
            cc_inst_append(l->s, head, phi);
        }
        pending->phis[i] = phi;
    }
}

/* The value that the phi takes when coming from the source block `label`. */
static struct cc_src phi_source(struct spv_lower *l, const struct spv_pending_phi *pending,
                                uint32_t label, uint32_t slot)
{
    for (uint32_t at = 3; at + 1 < pending->inst.count; at += 2) {
        if (pending->inst.words[at + 1] == label) {
            struct spv_value *value = spv_value(l, pending->inst.words[at]);
            if (value->ptr || value->type->slots != pending->slots) {
                spv_malformed(&pending->inst, "a source has the wrong type");
            }
            return cc_resolve(l->s, value->slots[slot]);
        }
    }
    spv_malformed(&pending->inst, "no source for a predecessor");
}

static void fill_phi(struct spv_lower *l, const struct spv_pending_phi *pending, uint32_t slot,
                     struct cc_inst *phi, const struct cc_block *pre)
{
    struct cc_block *block = phi->block;
    phi->src = cc_alloc(l->m->arena, block->pred_count + 1, sizeof(*phi->src));
    phi->src_count = (uint32_t)block->pred_count;
    for (size_t p = 0; p < block->pred_count; p++) {
        struct cc_block *pred = block->preds[p];
        if (pred != pre) {
            phi->src[p] = phi_source(l, pending, owner(l, pred), slot);
        } else if (pred->pred_count == 1) {
            phi->src[p] = phi_source(l, pending, owner(l, pred->preds[0]), slot);
        } else {
            struct cc_inst *outer = cc_inst_create(l->s, CC_PHI, 0);
            phi->src[p] = cc_def_add(l->s, outer, (enum cc_file)l->s->vals[phi->def[0]].file);
            if (pred->first) {
                cc_inst_insert_before(l->s, pred->first, outer);
            } else {
                cc_inst_append(l->s, pred, outer);
            }
            fill_phi(l, pending, slot, outer, NULL);
        }
        if (phi->src[p].file != l->s->vals[phi->def[0]].file) {
            spv_malformed(&pending->inst, "a source has the wrong type");
        }
    }
}

static void phis_finish(struct instance *in)
{
    for (size_t i = 0; i < in->phi_count; i++) {
        const struct spv_pending_phi *pending = &in->phis[i];
        const struct cc_block *pre = in->f->blocks[pending->block].loop
                                         ? in->entry[pending->block]
                                         : NULL;
        in->l->inst = pending->inst;
        for (uint32_t slot = 0; slot < pending->slots; slot++) {
            fill_phi(in->l, pending, slot, pending->phis[slot], pre);
        }
    }
}

/* ---- blocks ---- */

static void block_lower(struct instance *in, uint32_t index)
{
    struct spv_lower *l = in->l;
    const struct spv_block *block = &in->f->blocks[index];
    in->current = index;
    if (block->loop) {
        l->b.block = in->entry[index];
        set_owner(l, l->b.block, 0);
        jump(l, in->head[index]);
    }
    l->b.block = in->head[index];
    for (uint32_t at = block->first; at < block->term;) {
        l->inst = spv_inst_at(l->m, at);
        if (l->inst.op == SpvOpPhi) {
            phi_begin(in);
        } else {
            spv_inst_lower(l);
        }
        at += spv_inst_at(l->m, at).count;
    }
    struct spv_inst term = spv_inst_at(l->m, block->term);
    terminator_lower(in, &term);
}

static void join_returns(struct instance *in, struct spv_value *result)
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
    struct instance in = {.l = l, .f = f};
    struct spv_inst call = l->inst;
    f->active = true;
    f->result = spv_type(&head, spv_word(&head, 1));
    for (size_t i = 0; i < f->param_count; i++) {
        spv_id(l->m, f->params[i])->value = args[i];
    }
    l->inst = head;
    create_blocks(&in);
    if (l->depth > 0) {
        in.cont = cc_block_create(l->s);
        in.cont->join = true;
        add_region(l->s, in.entry[f->order[0]], in.cont)->call = true;
    }
    create_regions(&in);
    l->depth++;
    jump(l, in.entry[f->order[0]]);
    for (size_t i = 0; i < f->order_count; i++) {
        block_lower(&in, f->order[i]);
    }
    phis_finish(&in);
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
        !spv_memory_lower(l) && !spv_atomic_lower(l) && !spv_group_lower(l)) {
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

void spv_compile(struct cc_shader *s, const uint32_t *words, size_t word_count)
{
    struct spv_module m = {.arena = s->arena, .options = s->options};
    struct spv_lower l = {.m = &m, .s = s, .b = {.s = s}};
    spv_parse(&m, words, word_count);
    spv_variables_scan(&m);
    l.b.block = cc_block_create(s);
    spv_globals_lower(&l);
    check_workgroup_size(&l);
    struct spv_function *entry = spv_function_of(&m, m.entry_function);
    if (entry->param_count != 0) {
        cc_fail(s->arena, "malformed: an entry point takes no parameters");
    }
    spv_function_lower(&l, entry, NULL, NULL);
    spv_var_phis_fill(&l);
    cc_cfg_update(s);
    cc_ir_verify(s, "lowering");
}
