/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Values by id, and the module's globals: types, constants, specialization constants, variables,
 * in the order in which they are written.
 */
#include "spirv.h"

#include <inttypes.h>
#include <string.h>

struct spv_value *spv_value_create(struct spv_lower *l, struct spv_type *type)
{
    struct spv_value *value = cc_alloc(l->m->arena, 1, sizeof(*value));
    value->type = type;
    value->slots = cc_alloc(l->m->arena, type->slots ? type->slots : 1, sizeof(struct cc_src));
    return value;
}

struct spv_value *spv_value(struct spv_lower *l, uint32_t id)
{
    struct spv_value *value = spv_id(l->m, id)->value;
    if (!value) {
        spv_malformed(&l->inst, "an operand is no value that was defined before");
    }
    return value;
}

struct spv_value *spv_operand(struct spv_lower *l, uint32_t index, uint32_t slots)
{
    struct spv_value *value = spv_value(l, spv_word(&l->inst, index));
    if (value->ptr && value->type->slots == 0) {
        spv_unsupported(&l->inst, "a pointer as a value");
    }
    if (slots != 0 && value->type->slots != slots) {
        spv_malformed(&l->inst, "an operand has the wrong type");
    }
    return value;
}

uint32_t spv_constant(struct spv_lower *l, uint32_t id)
{
    struct spv_value *value = spv_value(l, id);
    if (value->ptr || value->type->slots == 0 || value->slots[0].kind != CC_IMM) {
        spv_malformed(&l->inst, "an operand is no constant");
    }
    return value->slots[0].v;
}

struct spv_value *spv_result(struct spv_lower *l)
{
    struct spv_type *type = spv_type(&l->inst, spv_word(&l->inst, 1));
    if (type->slots == 0 && type->kind != SPV_VOID && type->kind != SPV_POINTER &&
        type->kind != SPV_STRUCT) {
        if (type->kind == SPV_OPAQUE) {
            spv_unsupported(&l->inst, spv_op_name(type->op));
        }
        spv_malformed(&l->inst, "a result of this type cannot be");
    }
    struct spv_value *value = spv_value_create(l, type);
    spv_id(l->m, spv_word(&l->inst, 2))->value = value;
    return value;
}

static enum cc_file slot_file(const struct spv_type *type)
{
    return spv_type_is(type, SPV_BOOL) ? CC_PRED : CC_GPR;
}

/* Recursion ends: types nest finitely. */
uint32_t spv_fill_zero(const struct spv_type *type, struct cc_src *slots)
{
    uint32_t done = 0;
    if (type->kind == SPV_STRUCT) {
        for (uint32_t i = 0; i < type->count; i++) {
            done += spv_fill_zero(type->members[i].type, slots + done);
        }
        return done;
    }
    if (type->kind == SPV_ARRAY || type->kind == SPV_MATRIX) {
        for (uint32_t i = 0; i < type->count; i++) {
            done += spv_fill_zero(type->elem, slots + done);
        }
        return done;
    }
    for (uint32_t i = 0; i < type->slots; i++) {
        slots[i] = slot_file(type) == CC_PRED ? cc_bool(false) : cc_imm(0);
    }
    return type->slots;
}

/* The application's value of a specialization constant, or the module's default. */
static bool specialized(struct spv_lower *l, uint32_t id, uint64_t *out)
{
    const struct spv_decor *decor = spv_decor_find(l->m, id, UINT32_MAX, SpvDecorationSpecId);
    const struct magma_cc_options *options = l->m->options;
    for (size_t i = 0; decor && i < options->spec_count; i++) {
        if (options->specs[i].id == decor->operand) {
            *out = options->specs[i].value;
            return true;
        }
    }
    return false;
}

static void scalar_constant(struct spv_lower *l, struct spv_value *value)
{
    uint64_t bits = spv_word(&l->inst, 3);
    uint32_t slots = value->type->slots;
    if (value->type->kind != SPV_INT && value->type->kind != SPV_FLOAT) {
        spv_malformed(&l->inst, "a number needs a number type");
    }
    if (slots == 2) {
        bits |= (uint64_t)spv_word(&l->inst, 4) << 32;
    }
    if (l->inst.op == SpvOpSpecConstant) {
        value->spec = true;
        specialized(l, spv_word(&l->inst, 2), &bits);
    }
    for (uint32_t i = 0; i < slots; i++) {
        value->slots[i] = cc_imm((uint32_t)(bits >> (32 * i)));
    }
}

static void bool_constant(struct spv_lower *l, struct spv_value *value)
{
    uint32_t op = l->inst.op;
    uint64_t bits = op == SpvOpConstantTrue || op == SpvOpSpecConstantTrue;
    if (value->type->kind != SPV_BOOL) {
        spv_malformed(&l->inst, "a boolean constant needs the boolean type");
    }
    if (op == SpvOpSpecConstantTrue || op == SpvOpSpecConstantFalse) {
        value->spec = true;
        specialized(l, spv_word(&l->inst, 2), &bits);
    }
    value->slots[0] = cc_bool(bits != 0);
}

static void composite_constant(struct spv_lower *l, struct spv_value *value)
{
    uint32_t done = 0;
    for (uint32_t i = 3; i < l->inst.count; i++) {
        struct spv_value *part = spv_operand(l, i, 0);
        if (part->type->slots > value->type->slots - done) {
            spv_malformed(&l->inst, "more parts than the type has");
        }
        memcpy(value->slots + done, part->slots, part->type->slots * sizeof(*part->slots));
        done += part->type->slots;
        value->spec |= part->spec;
    }
    if (done != value->type->slots) {
        spv_malformed(&l->inst, "fewer parts than the type has");
    }
}

/* WorkgroupSize as a constant overrides the execution mode. */
static void note_workgroup_size(struct spv_lower *l, const struct spv_value *value)
{
    const struct spv_decor *decor =
        spv_decor_find(l->m, spv_word(&l->inst, 2), UINT32_MAX, SpvDecorationBuiltIn);
    if (!decor || decor->operand != SpvBuiltInWorkgroupSize) {
        return;
    }
    if (value->type->slots != 3) {
        spv_malformed(&l->inst, "WorkgroupSize has three components");
    }
    for (int i = 0; i < 3; i++) {
        l->m->local_size[i] = value->slots[i].v;
        l->m->local_size_id[i] = 0;
    }
}

/* OpSpecConstantOp: the same lowering as in a function; constant operands leave no instruction. */
static void constant_operation(struct spv_lower *l)
{
    struct spv_inst outer = l->inst;
    uint32_t *words = cc_alloc(l->m->arena, outer.count, sizeof(*words));
    memcpy(words, outer.words, 3 * sizeof(*words));
    memcpy(words + 3, outer.words + 4, (outer.count - 4) * sizeof(*words));
    l->inst.op = spv_word(&outer, 3);
    l->inst.words = words;
    l->inst.count = outer.count - 1;
    struct cc_inst *last = l->b.block->last;
    l->constants_only = true;
    spv_inst_lower(l);
    l->constants_only = false;
    l->inst = outer;
    struct spv_value *value = spv_value(l, spv_word(&outer, 2));
    if (l->b.block->last != last || value->ptr) {
        cc_fail(l->m->arena, "OpSpecConstantOp %s: not supported",
                spv_op_name(spv_word(&outer, 3)));
    }
    value->spec = true;
}

static void global_lower(struct spv_lower *l)
{
    switch (l->inst.op) {
    case SpvOpConstant:
    case SpvOpSpecConstant:
        scalar_constant(l, spv_result(l));
        break;
    case SpvOpConstantTrue:
    case SpvOpConstantFalse:
    case SpvOpSpecConstantTrue:
    case SpvOpSpecConstantFalse:
        bool_constant(l, spv_result(l));
        break;
    case SpvOpConstantComposite:
    case SpvOpSpecConstantComposite: {
        struct spv_value *value = spv_result(l);
        composite_constant(l, value);
        note_workgroup_size(l, value);
        break;
    }
    case SpvOpConstantNull:
    case SpvOpUndef: {
        struct spv_value *value = spv_result(l);
        spv_fill_zero(value->type, value->slots);
        break;
    }
    case SpvOpSpecConstantOp:
        constant_operation(l);
        break;
    case SpvOpVariable:
        spv_variable_lower(l);
        break;
    default:
        if (l->inst.op >= SpvOpTypeVoid && l->inst.op <= SpvOpTypeForwardPointer) {
            if (l->inst.op == SpvOpTypeForwardPointer) {
                spv_type_forward(l, &l->inst);
            } else {
                spv_type_lower(l, &l->inst);
            }
        }
        break;
    }
}

void spv_globals_lower(struct spv_lower *l)
{
    struct spv_module *m = l->m;
    for (uint32_t at = m->globals_first; at < m->globals_end; at += l->inst.count) {
        l->inst = spv_inst_at(m, at);
        global_lower(l);
    }
    for (int i = 0; i < 3; i++) {
        if (m->local_size_id[i]) {
            m->local_size[i] = spv_constant(l, m->local_size_id[i]);
        }
    }
}
