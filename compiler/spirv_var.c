/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Variables and pointers. A pointer is known while compiling, up to a byte offset (or a descriptor
 * index) that may be computed by the shader; what would need a pointer chosen at run time, other
 * than a 64-bit address, is not supported.
 */
#include "spirv.h"

#include <inttypes.h>

enum { SSA_SLOTS_MAX = 256, DESCRIPTOR_ALIGN_BYTES = 16, LOCAL_ALIGN_BYTES = 16,
       CHAIN_DEPTH_MAX = 256 };

/* ---- which variables are indexed with values that only the running shader knows ---- */

static bool is_constant_op(uint32_t op)
{
    return op >= SpvOpConstantTrue && op <= SpvOpSpecConstantOp;
}

uint32_t spv_root_of(const struct spv_module *m, uint32_t id)
{
    for (int depth = 0; depth < CHAIN_DEPTH_MAX; depth++) {
        const struct spv_id *entry = spv_id(m, id);
        if (entry->op == SpvOpVariable || entry->op == SpvOpFunctionParameter) {
            return id;
        }
        if (entry->op != SpvOpAccessChain && entry->op != SpvOpInBoundsAccessChain &&
            entry->op != SpvOpCopyObject) {
            return 0;
        }
        struct spv_inst inst = spv_inst_at(m, entry->def);
        id = spv_word(&inst, 3);
    }
    return 0;
}

static bool mark_root(const struct spv_module *m, uint32_t id)
{
    uint32_t root = spv_root_of(m, id);
    if (root == 0 || m->ids[root].dynamic_index) {
        return false;
    }
    m->ids[root].dynamic_index = true;
    return true;
}

static bool scan_chain(const struct spv_module *m, const struct spv_inst *inst)
{
    for (uint32_t i = 4; i < inst->count; i++) {
        if (!is_constant_op(spv_id(m, inst->words[i])->op)) {
            return mark_root(m, spv_word(inst, 3));
        }
    }
    return false;
}

static bool scan_call(const struct spv_module *m, const struct spv_inst *inst)
{
    bool changed = false;
    const struct spv_function *f = spv_function_of(m, spv_word(inst, 3));
    for (uint32_t i = 4; i < inst->count && i - 4 < f->param_count; i++) {
        if (spv_id(m, f->params[i - 4])->dynamic_index) {
            changed |= mark_root(m, inst->words[i]);
        }
    }
    return changed;
}

void spv_variables_scan(struct spv_module *m)
{
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t at = m->globals_end; at < m->word_count;) {
            struct spv_inst inst = spv_inst_at(m, at);
            if (inst.op == SpvOpAccessChain || inst.op == SpvOpInBoundsAccessChain) {
                changed |= scan_chain(m, &inst);
            } else if (inst.op == SpvOpFunctionCall) {
                changed |= scan_call(m, &inst);
            }
            at += inst.count;
        }
    }
}

/* ---- making pointers ---- */

struct spv_type *spv_pointee(struct spv_lower *l, const struct spv_type *pointer)
{
    if (pointer->kind != SPV_POINTER) {
        spv_malformed(&l->inst, "an operand is no pointer");
    }
    struct spv_type *type = spv_id(l->m, pointer->count)->type;
    if (!type) {
        spv_malformed(&l->inst, "what a pointer points to is not defined");
    }
    return type;
}

struct spv_ptr *spv_ptr_raw(struct spv_lower *l, struct spv_type *type, struct cc_pair address)
{
    struct spv_ptr *ptr = cc_alloc(l->m->arena, 1, sizeof(*ptr));
    ptr->kind = SPV_PTR_RAW;
    ptr->type = type;
    ptr->base = address;
    ptr->dynamic = cc_imm(0);
    ptr->align_bytes = 4;
    return ptr;
}

struct spv_ptr *spv_pointer(struct spv_lower *l, uint32_t id)
{
    struct spv_value *value = spv_value(l, id);
    if (value->ptr) {
        return value->ptr;
    }
    if (value->type->kind == SPV_POINTER && value->type->slots == 2) {
        return spv_ptr_raw(l, spv_pointee(l, value->type),
                           (struct cc_pair){value->slots[0], value->slots[1]});
    }
    spv_malformed(&l->inst, "an operand is no pointer");
}

static void ssa_variable(struct spv_lower *l, struct spv_ptr *ptr, uint32_t id)
{
    if (ptr->type->slots == 0) {
        spv_unsupported(&l->inst, "a variable of this type");
    }
    bool hopeful = l->m->has_counted_loops && !l->choices->plain &&
                   !(l->choices->of_id[id] & SPV_KEEP_MEMORY);
    if ((!spv_id(l->m, id)->dynamic_index || hopeful) && ptr->type->slots <= SSA_SLOTS_MAX) {
        ptr->kind = SPV_PTR_SSA;
        ptr->root = id;
        ptr->var = spv_var_create(l, ptr->type, id);
        return;
    }
    ptr->kind = SPV_PTR_LOCAL;
    ptr->align_bytes = LOCAL_ALIGN_BYTES;
    ptr->offset_bytes = l->s->local_size_bytes;
    l->s->local_size_bytes +=
        (ptr->type->natural_size_bytes + LOCAL_ALIGN_BYTES - 1) & ~(LOCAL_ALIGN_BYTES - 1u);
}

static void shared_variable(struct spv_lower *l, struct spv_ptr *ptr)
{
    const uint32_t shared_max_bytes = 232448; /* of any SM; the launcher knows its own limit */
    if (ptr->type->slots == 0) {
        spv_unsupported(&l->inst, "a shared variable of this type");
    }
    ptr->kind = SPV_PTR_SHARED;
    ptr->align_bytes = LOCAL_ALIGN_BYTES;
    ptr->offset_bytes = l->s->shared_size_bytes;
    l->s->shared_size_bytes +=
        (ptr->type->natural_size_bytes + LOCAL_ALIGN_BYTES - 1) & ~(LOCAL_ALIGN_BYTES - 1u);
    if (l->s->shared_size_bytes > shared_max_bytes) {
        cc_fail(l->m->arena, "more than %" PRIu32 " bytes of shared memory: not supported",
                shared_max_bytes);
    }
}

static void buffer_variable(struct spv_lower *l, struct spv_ptr *ptr, uint32_t id, bool uniform)
{
    const struct spv_module *m = l->m;
    const struct spv_decor *set = spv_decor_find(m, id, UINT32_MAX, SpvDecorationDescriptorSet);
    const struct spv_decor *binding = spv_decor_find(m, id, UINT32_MAX, SpvDecorationBinding);
    struct spv_type *type = ptr->type;
    ptr->kind = SPV_PTR_BUFFER;
    ptr->align_bytes = DESCRIPTOR_ALIGN_BYTES;
    ptr->set = set ? set->operand : 0;
    ptr->binding = binding ? binding->operand : 0;
    ptr->descriptor_index = cc_imm(0);
    if (ptr->set >= MAGMA_CC_ROOT_SET_COUNT) {
        cc_fail(m->arena, "descriptor set %" PRIu32 ": not supported", ptr->set);
    }
    if (type->kind == SPV_ARRAY || type->kind == SPV_RUNTIME_ARRAY) {
        ptr->descriptor_array = true;
        ptr->descriptor_count = type->kind == SPV_ARRAY ? type->count : UINT32_MAX;
        type = type->elem;
    }
    if (type->kind != SPV_STRUCT) {
        spv_unsupported(&l->inst, "a buffer that is no block");
    }
    ptr->uniform = uniform && !type->buffer_block;
    ptr->coherent = spv_decor_find(m, id, UINT32_MAX, SpvDecorationCoherent) ||
                    spv_decor_find(m, id, UINT32_MAX, SpvDecorationVolatile);
}

static void input_variable(struct spv_lower *l, struct spv_ptr *ptr, uint32_t id)
{
    const struct spv_decor *decor = spv_decor_find(l->m, id, UINT32_MAX, SpvDecorationBuiltIn);
    if (!decor) {
        spv_unsupported(&l->inst, "an input that is no built-in");
    }
    ptr->kind = SPV_PTR_BUILTIN;
    ptr->var = decor->operand;
}

void spv_variable_lower(struct spv_lower *l)
{
    uint32_t id = spv_word(&l->inst, 2), storage = spv_word(&l->inst, 3);
    struct spv_value *value = spv_result(l);
    struct spv_ptr *ptr = cc_alloc(l->m->arena, 1, sizeof(*ptr));
    ptr->type = spv_pointee(l, value->type);
    ptr->dynamic = cc_imm(0);
    value->ptr = ptr;
    switch (storage) {
    case SpvStorageClassFunction:
    case SpvStorageClassPrivate:
        ssa_variable(l, ptr, id);
        break;
    case SpvStorageClassWorkgroup:
        shared_variable(l, ptr);
        break;
    case SpvStorageClassStorageBuffer:
        buffer_variable(l, ptr, id, false);
        break;
    case SpvStorageClassUniform:
        buffer_variable(l, ptr, id, true);
        break;
    case SpvStorageClassPushConstant:
        ptr->kind = SPV_PTR_ROOT;
        ptr->align_bytes = DESCRIPTOR_ALIGN_BYTES;
        break;
    case SpvStorageClassInput:
        input_variable(l, ptr, id);
        break;
    default:
        cc_fail(l->m->arena, "OpVariable: storage class %s: not supported",
                spv_storage_name(storage));
    }
    if (l->inst.count > 4) {
        struct spv_value *init = spv_operand(l, 4, ptr->type->slots);
        spv_store(l, ptr, init->slots);
    }
}

/* ---- moving pointers ---- */

static uint32_t low_bit(uint32_t value)
{
    return value & (0u - value);
}

static void add_alignment(struct spv_ptr *ptr, uint32_t step)
{
    if (step != 0 && low_bit(step) < ptr->align_bytes) {
        ptr->align_bytes = low_bit(step);
    }
}

struct cc_src spv_ptr_dynamic(struct spv_lower *l, const struct spv_ptr *ptr)
{
    if (ptr->index.kind == CC_NONE) {
        return ptr->dynamic;
    }
    return cc_b_imad(&l->b, ptr->index, cc_imm(ptr->stride_bytes), ptr->dynamic);
}

bool spv_ptr_is_fixed(const struct spv_ptr *ptr)
{
    return ptr->dynamic.kind == CC_IMM && ptr->index.kind == CC_NONE;
}

/*
 * Takes a constant off a sum. Addresses of shared and scratch memory have 32 bits, in which the sum
 * wraps as the index does; in 64 bits it would not.
 */
static uint32_t split_constant(const struct spv_lower *l, const struct spv_ptr *ptr,
                               struct cc_src *index)
{
    struct cc_src rest;
    uint32_t constant;
    if ((ptr->kind != SPV_PTR_SHARED && ptr->kind != SPV_PTR_LOCAL) ||
        !cc_known_sum(l->s, *index, &rest, &constant)) {
        return 0;
    }
    *index = rest;
    return constant;
}

static void add_index(struct spv_lower *l, struct spv_ptr *ptr, struct cc_src index,
                      uint32_t stride_bytes)
{
    uint32_t constant = split_constant(l, ptr, &index);
    ptr->offset_bytes += constant * stride_bytes;
    add_alignment(ptr, constant * stride_bytes);
    if (index.kind == CC_IMM) {
        ptr->offset_bytes += index.v * stride_bytes;
        add_alignment(ptr, index.v * stride_bytes);
        return;
    }
    ptr->dynamic = spv_ptr_dynamic(l, ptr);
    ptr->index = index;
    ptr->stride_bytes = stride_bytes;
    add_alignment(ptr, stride_bytes);
}

static bool explicit_layout(const struct spv_ptr *ptr)
{
    return ptr->kind == SPV_PTR_BUFFER || ptr->kind == SPV_PTR_ROOT || ptr->kind == SPV_PTR_RAW;
}

static uint32_t constant_index(struct spv_lower *l, struct cc_src index)
{
    if (index.kind != CC_IMM) {
        spv_malformed(&l->inst, "an index must be constant here");
    }
    return index.v;
}

static void step_struct(struct spv_lower *l, struct spv_ptr *ptr, uint32_t index)
{
    struct spv_type *type = ptr->type;
    if (index >= type->count) {
        spv_malformed(&l->inst, "index of a member that is not there");
    }
    const struct spv_member *member = &type->members[index];
    if (ptr->kind == SPV_PTR_SSA) {
        for (uint32_t i = 0; i < index; i++) {
            ptr->var += type->members[i].type->slots;
        }
    } else if (explicit_layout(ptr)) {
        if (!member->has_offset) {
            spv_malformed(&l->inst, "a block's member without Offset");
        }
        add_index(l, ptr, cc_imm(1), member->offset_bytes);
        ptr->row_major = member->row_major;
        ptr->matrix_stride_bytes = member->matrix_stride_bytes;
    } else {
        add_index(l, ptr, cc_imm(1), member->natural_offset_bytes);
    }
    ptr->coherent |= member->coherent;
    ptr->type = member->type;
}

static uint32_t element_stride(struct spv_lower *l, const struct spv_ptr *ptr)
{
    const struct spv_type *type = ptr->type;
    uint32_t scalar_bytes = spv_scalar_slots(type) * 4;
    if (type->kind == SPV_VECTOR) {
        return ptr->comp_stride_bytes ? ptr->comp_stride_bytes : scalar_bytes;
    }
    if (!explicit_layout(ptr)) {
        uint32_t align = type->elem->natural_align_bytes;
        return (type->elem->natural_size_bytes + align - 1) / align * align;
    }
    uint32_t stride = type->kind != SPV_MATRIX ? type->array_stride_bytes
                      : ptr->row_major         ? scalar_bytes
                                               : ptr->matrix_stride_bytes;
    if (stride == 0) {
        spv_malformed(&l->inst, "an array or matrix without a stride in a block");
    }
    return stride;
}

static void step_element(struct spv_lower *l, struct spv_ptr *ptr, struct cc_src index)
{
    struct spv_type *type = ptr->type;
    if (ptr->kind == SPV_PTR_SSA && index.kind != CC_IMM) {
        spv_choose(l, ptr->root, SPV_KEEP_MEMORY);
    }
    if (ptr->kind == SPV_PTR_SSA || ptr->kind == SPV_PTR_BUILTIN) {
        uint32_t number = constant_index(l, index);
        number = number < type->count ? number : type->count - 1; /* beyond: undefined anyway */
        ptr->var += ptr->kind == SPV_PTR_SSA ? number * type->elem->slots : 0;
        ptr->first_slot += number;
    } else {
        uint32_t stride = element_stride(l, ptr);
        if (type->kind == SPV_MATRIX && explicit_layout(ptr) && ptr->row_major) {
            ptr->comp_stride_bytes = ptr->matrix_stride_bytes;
        } else if (type->kind == SPV_MATRIX) {
            ptr->comp_stride_bytes = 0;
        }
        add_index(l, ptr, index, stride);
    }
    ptr->type = type->elem;
}

void spv_ptr_step(struct spv_lower *l, struct spv_ptr *ptr, struct cc_src index)
{
    if (index.file != CC_GPR) {
        spv_malformed(&l->inst, "an index is no integer");
    }
    if (ptr->descriptor_array) {
        ptr->descriptor_array = false;
        ptr->descriptor_index = index;
        ptr->type = ptr->type->elem;
        return;
    }
    switch (ptr->type->kind) {
    case SPV_STRUCT:
        step_struct(l, ptr, constant_index(l, index));
        break;
    case SPV_VECTOR:
    case SPV_MATRIX:
    case SPV_ARRAY:
    case SPV_RUNTIME_ARRAY:
        step_element(l, ptr, index);
        break;
    default:
        spv_malformed(&l->inst, "an index into something without parts");
    }
}

void spv_access_chain_lower(struct spv_lower *l)
{
    struct spv_ptr *ptr = cc_alloc(l->m->arena, 1, sizeof(*ptr));
    *ptr = *spv_pointer(l, spv_word(&l->inst, 3));
    for (uint32_t i = 4; i < l->inst.count; i++) {
        struct spv_value *index = spv_operand(l, i, 0);
        if (index->type->kind != SPV_INT) {
            spv_malformed(&l->inst, "an index is no integer");
        }
        spv_ptr_step(l, ptr, cc_resolve(l->s, index->slots[0]));
    }
    struct spv_value *result = spv_result(l);
    if (spv_pointee(l, result->type) != ptr->type) {
        spv_malformed(&l->inst, "the result's type is not that of the indexed part");
    }
    result->ptr = ptr;
    if (result->type->slots == 2) { /* an address may also be used as a value */
        struct cc_src dynamic = spv_ptr_dynamic(l, ptr);
        struct cc_pair step = {dynamic, cc_b_shr(&l->b, dynamic, cc_imm(31), true)};
        struct cc_pair sum = cc_b_add64(&l->b, ptr->base, step);
        step = (struct cc_pair){cc_imm(ptr->offset_bytes), cc_imm(0)};
        sum = cc_b_add64(&l->b, sum, step);
        result->slots[0] = sum.lo;
        result->slots[1] = sum.hi;
    }
}
