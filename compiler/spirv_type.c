/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Types: how many slots a value has, and where its parts lie in memory, by decorations (buffers,
 * push constants) or by our own rules (shared memory, scratch: packed, vectors of 2 and 4 aligned
 * to their size so that they move in one access).
 */
#include "spirv.h"

#include <inttypes.h>

/* Larger types lie in buffers only: they cannot be loaded whole. */
enum { SLOTS_MAX = 65536, BOOL_BYTES = 4, WORD_BYTES = 4 };

struct spv_type *spv_type(const struct spv_inst *inst, uint32_t id)
{
    struct spv_type *type = spv_id(inst->m, id)->type;
    if (!type) {
        spv_malformed(inst, "an operand is no type that was defined before");
    }
    return type;
}

bool spv_type_is(const struct spv_type *type, enum spv_kind scalar_kind)
{
    return type->kind == scalar_kind ||
           (type->kind == SPV_VECTOR && type->elem->kind == scalar_kind);
}

uint32_t spv_scalar_slots(const struct spv_type *type)
{
    while (type->kind == SPV_VECTOR || type->kind == SPV_MATRIX) {
        type = type->elem;
    }
    return type->slots;
}

static uint32_t round_up(uint32_t value, uint32_t align)
{
    return (value + align - 1) / align * align;
}

/* Only types that can be values have one, so the sizes stay far from overflow. */
static void natural_layout(struct spv_type *t)
{
    uint32_t offset = 0, align = WORD_BYTES;
    t->natural_align_bytes = WORD_BYTES;
    if (t->slots == 0) {
        return;
    }
    switch (t->kind) {
    case SPV_BOOL:
    case SPV_INT:
    case SPV_FLOAT:
        t->natural_size_bytes = t->kind == SPV_BOOL ? BOOL_BYTES : t->slots * WORD_BYTES;
        t->natural_align_bytes = t->natural_size_bytes;
        break;
    case SPV_POINTER:
        t->natural_size_bytes = t->natural_align_bytes = t->slots * WORD_BYTES;
        break;
    case SPV_VECTOR:
        t->natural_size_bytes = t->slots * WORD_BYTES;
        t->natural_align_bytes = t->slots == 2 || t->slots == 4 ? t->natural_size_bytes
                                 : t->slots % 4 == 0            ? 16
                                                                : t->elem->natural_align_bytes;
        break;
    case SPV_MATRIX:
    case SPV_ARRAY:
        t->natural_align_bytes = t->elem->natural_align_bytes;
        t->natural_size_bytes =
            t->count * round_up(t->elem->natural_size_bytes, t->natural_align_bytes);
        break;
    case SPV_STRUCT:
        for (uint32_t i = 0; i < t->count; i++) {
            const struct spv_type *member = t->members[i].type;
            offset = round_up(offset, member->natural_align_bytes);
            t->members[i].natural_offset_bytes = offset;
            offset += member->natural_size_bytes;
            align = align > member->natural_align_bytes ? align : member->natural_align_bytes;
        }
        t->natural_align_bytes = align;
        t->natural_size_bytes = round_up(offset, align);
        break;
    default:
        break;
    }
}

static void scalar_type(const struct spv_inst *inst, struct spv_type *t)
{
    t->width = spv_word(inst, 2);
    t->kind = inst->op == SpvOpTypeInt ? SPV_INT : SPV_FLOAT;
    t->is_signed = t->kind == SPV_INT && spv_word(inst, 3) != 0;
    if (t->width != 32 && !(t->kind == SPV_INT && t->width == 64)) {
        cc_fail(inst->m->arena, "%s of %" PRIu32 " bits: not supported", spv_op_name(inst->op),
                t->width);
    }
    t->slots = t->width / 32;
}

static void composite_type(const struct spv_inst *inst, struct spv_type *t, enum spv_kind kind,
                           uint32_t count, uint32_t count_max)
{
    t->kind = kind;
    t->elem = spv_type(inst, spv_word(inst, 2));
    t->count = count;
    if (count == 0 || count > count_max) {
        cc_fail(inst->m->arena, "%s of %" PRIu32 " elements: not supported", spv_op_name(inst->op),
                count);
    }
    bool fits = kind == SPV_VECTOR   ? t->elem->kind <= SPV_FLOAT && t->elem->kind >= SPV_BOOL
                : kind == SPV_MATRIX ? spv_type_is(t->elem, SPV_FLOAT) && t->elem->kind == SPV_VECTOR
                                     : t->elem->kind != SPV_VOID;
    if (!fits) {
        spv_malformed(inst, "elements of this type cannot be");
    }
    uint64_t slots = (uint64_t)t->elem->slots * count;
    t->slots = slots > SLOTS_MAX ? 0 : (uint32_t)slots;
}

static void array_type(struct spv_lower *l, const struct spv_inst *inst, struct spv_type *t,
                       uint32_t id)
{
    const struct spv_decor *stride =
        spv_decor_find(l->m, id, UINT32_MAX, SpvDecorationArrayStride);
    t->array_stride_bytes = stride ? stride->operand : 0;
    if (inst->op == SpvOpTypeRuntimeArray) {
        t->kind = SPV_RUNTIME_ARRAY;
        t->elem = spv_type(inst, spv_word(inst, 2));
        return;
    }
    uint32_t count = spv_constant(l, spv_word(inst, 3));
    composite_type(inst, t, SPV_ARRAY, count, UINT32_MAX);
}

static void member_decorations(const struct spv_module *m, uint32_t id, uint32_t index,
                               struct spv_member *member)
{
    const struct spv_decor *offset = spv_decor_find(m, id, index, SpvDecorationOffset);
    const struct spv_decor *stride = spv_decor_find(m, id, index, SpvDecorationMatrixStride);
    member->has_offset = offset != NULL;
    member->offset_bytes = offset ? offset->operand : 0;
    member->matrix_stride_bytes = stride ? stride->operand : 0;
    member->row_major = spv_decor_find(m, id, index, SpvDecorationRowMajor) != NULL;
    member->coherent = spv_decor_find(m, id, index, SpvDecorationCoherent) != NULL ||
                       spv_decor_find(m, id, index, SpvDecorationVolatile) != NULL;
}

static void struct_type(const struct spv_inst *inst, struct spv_type *t, uint32_t id)
{
    uint64_t slots = 0;
    bool is_value = true;
    t->kind = SPV_STRUCT;
    t->count = inst->count - 2;
    t->members = cc_alloc(inst->m->arena, t->count, sizeof(*t->members));
    t->block = spv_decor_find(inst->m, id, UINT32_MAX, SpvDecorationBlock) != NULL;
    t->buffer_block = spv_decor_find(inst->m, id, UINT32_MAX, SpvDecorationBufferBlock) != NULL;
    for (uint32_t i = 0; i < t->count; i++) {
        struct spv_member *member = &t->members[i];
        member->type = spv_type(inst, spv_word(inst, 2 + i));
        member_decorations(inst->m, id, i, member);
        slots += member->type->slots;
        is_value &= member->type->slots != 0;
    }
    t->slots = is_value && slots <= SLOTS_MAX ? (uint32_t)slots : 0;
}

static void pointer_type(const struct spv_inst *inst, struct spv_type *t)
{
    t->kind = SPV_POINTER;
    t->storage = spv_word(inst, 2);
    t->count = spv_word(inst, 3); /* the pointee's id: it may be defined later */
    t->elem = spv_id(inst->m, t->count)->type;
    if (t->storage == SpvStorageClassPhysicalStorageBuffer) {
        t->slots = 2;
    }
}

/* OpTypeForwardPointer: enough of the type to be a member of what it points to. */
void spv_type_forward(struct spv_lower *l, const struct spv_inst *inst)
{
    struct spv_id *id = spv_id(l->m, spv_word(inst, 1));
    if (id->type || id->op != SpvOpTypePointer ||
        spv_word(inst, 2) != SpvStorageClassPhysicalStorageBuffer) {
        spv_malformed(inst, "announces no pointer to physical storage that comes later");
    }
    struct spv_inst def = spv_inst_at(l->m, id->def);
    id->type = cc_alloc(l->m->arena, 1, sizeof(*id->type));
    id->type->id = spv_word(inst, 1);
    pointer_type(&def, id->type);
    natural_layout(id->type);
}

void spv_type_lower(struct spv_lower *l, const struct spv_inst *inst)
{
    uint32_t id = spv_word(inst, 1);
    struct spv_type *t = spv_id(l->m, id)->type;
    if (!t) { /* a pointer may have been announced */
        t = cc_alloc(l->m->arena, 1, sizeof(*t));
    }
    t->id = id;
    switch (inst->op) {
    case SpvOpTypeVoid:
        t->kind = SPV_VOID;
        break;
    case SpvOpTypeBool:
        t->kind = SPV_BOOL;
        t->slots = 1;
        break;
    case SpvOpTypeInt:
    case SpvOpTypeFloat:
        scalar_type(inst, t);
        break;
    case SpvOpTypeVector:
        composite_type(inst, t, SPV_VECTOR, spv_word(inst, 3), 4);
        break;
    case SpvOpTypeMatrix:
        composite_type(inst, t, SPV_MATRIX, spv_word(inst, 3), 4);
        break;
    case SpvOpTypeArray:
    case SpvOpTypeRuntimeArray:
        array_type(l, inst, t, id);
        break;
    case SpvOpTypeStruct:
        struct_type(inst, t, id);
        break;
    case SpvOpTypePointer:
        pointer_type(inst, t);
        break;
    case SpvOpTypeFunction:
        t->kind = SPV_FUNCTION;
        t->elem = spv_type(inst, spv_word(inst, 2));
        break;
    default:
        t->kind = SPV_OPAQUE;
        t->op = inst->op;
        break;
    }
    natural_layout(t);
    spv_id(l->m, id)->type = t;
}
