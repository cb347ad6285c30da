/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Composites: construct, extract, insert, shuffle, transpose, select, any and all. */
#include "spirv.h"

#include <string.h>

/* Follows literal indices from word `at` on; returns the part's type and its first slot. */
static const struct spv_type *find_part(struct spv_lower *l, const struct spv_type *type,
                                        uint32_t at, uint32_t *slot)
{
    *slot = 0;
    for (; at < l->inst.count; at++) {
        uint32_t index = l->inst.words[at];
        bool has_parts = type->kind == SPV_STRUCT || type->kind == SPV_ARRAY ||
                         type->kind == SPV_MATRIX || type->kind == SPV_VECTOR;
        if (!has_parts || index >= type->count) {
            spv_malformed(&l->inst, "index of a part that is not there");
        }
        if (type->kind == SPV_STRUCT) {
            for (uint32_t i = 0; i < index; i++) {
                *slot += type->members[i].type->slots;
            }
            type = type->members[index].type;
        } else {
            *slot += index * type->elem->slots;
            type = type->elem;
        }
    }
    return type;
}

static void extract(struct spv_lower *l)
{
    uint32_t slot;
    struct spv_value *from = spv_operand(l, 3, 0);
    const struct spv_type *part = find_part(l, from->type, 4, &slot);
    struct spv_value *to = spv_result(l);
    if (to->type != part) {
        spv_malformed(&l->inst, "the result's type is not the part's");
    }
    memcpy(to->slots, from->slots + slot, part->slots * sizeof(*to->slots));
}

static void insert(struct spv_lower *l)
{
    uint32_t slot;
    struct spv_value *object = spv_operand(l, 3, 0);
    struct spv_value *from = spv_operand(l, 4, 0);
    const struct spv_type *part = find_part(l, from->type, 5, &slot);
    struct spv_value *to = spv_result(l);
    if (to->type != from->type || part != object->type) {
        spv_malformed(&l->inst, "the object's type is not the part's");
    }
    memcpy(to->slots, from->slots, from->type->slots * sizeof(*to->slots));
    memcpy(to->slots + slot, object->slots, part->slots * sizeof(*to->slots));
}

static void construct(struct spv_lower *l)
{
    struct spv_value *to = spv_result(l);
    uint32_t done = 0;
    for (uint32_t i = 3; i < l->inst.count; i++) {
        struct spv_value *part = spv_operand(l, i, 0);
        if (part->type->slots > to->type->slots - done) {
            spv_malformed(&l->inst, "more parts than the type has");
        }
        memcpy(to->slots + done, part->slots, part->type->slots * sizeof(*to->slots));
        done += part->type->slots;
    }
    if (done != to->type->slots) {
        spv_malformed(&l->inst, "fewer parts than the type has");
    }
}

static void shuffle(struct spv_lower *l)
{
    struct spv_value *x = spv_operand(l, 3, 0), *y = spv_operand(l, 4, 0);
    struct spv_value *to = spv_result(l);
    size_t step = spv_scalar_slots(x->type), n = l->inst.count - 5;
    if (x->type->kind != SPV_VECTOR || y->type->kind != SPV_VECTOR ||
        x->type->elem != y->type->elem || to->type->kind != SPV_VECTOR ||
        to->type->elem != x->type->elem || to->type->count != n) {
        spv_malformed(&l->inst, "an operand has the wrong type");
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t pick = l->inst.words[5 + i];
        pick = pick == UINT32_MAX ? 0 : pick; /* undefined: any will do */
        if (pick >= x->type->count + y->type->count) {
            spv_malformed(&l->inst, "index of a component that is not there");
        }
        const struct cc_src *from = pick < x->type->count
                                        ? x->slots + pick * step
                                        : y->slots + (pick - x->type->count) * step;
        memcpy(to->slots + i * step, from, step * sizeof(*from));
    }
}

static struct cc_src pick_component(struct spv_lower *l, const struct spv_value *v, uint32_t word,
                                    struct cc_src index)
{
    uint32_t step = spv_scalar_slots(v->type);
    struct cc_src result = v->slots[word];
    for (uint32_t i = 1; i < v->type->count; i++) {
        struct cc_src hit = cc_b_icmp(&l->b, CC_CMP_EQ, index, cc_imm(i), false);
        result = cc_b_sel(&l->b, hit, v->slots[i * step + word], result);
    }
    return result;
}

static void extract_dynamic(struct spv_lower *l)
{
    struct spv_value *v = spv_operand(l, 3, 0), *index = spv_operand(l, 4, 1);
    struct spv_value *to = spv_result(l);
    if (v->type->kind != SPV_VECTOR || to->type != v->type->elem ||
        index->type->kind != SPV_INT) {
        spv_malformed(&l->inst, "an operand has the wrong type");
    }
    for (uint32_t i = 0; i < to->type->slots; i++) {
        to->slots[i] = pick_component(l, v, i, index->slots[0]);
    }
}

static void insert_dynamic(struct spv_lower *l)
{
    struct spv_value *v = spv_operand(l, 3, 0), *part = spv_operand(l, 4, 0);
    struct spv_value *index = spv_operand(l, 5, 1), *to = spv_result(l);
    if (v->type->kind != SPV_VECTOR || part->type != v->type->elem || to->type != v->type ||
        index->type->kind != SPV_INT) {
        spv_malformed(&l->inst, "an operand has the wrong type");
    }
    uint32_t step = part->type->slots;
    for (uint32_t i = 0; i < v->type->slots; i++) {
        struct cc_src hit =
            cc_b_icmp(&l->b, CC_CMP_EQ, index->slots[0], cc_imm(i / step), false);
        to->slots[i] = cc_b_sel(&l->b, hit, part->slots[i % step], v->slots[i]);
    }
}

static void transpose(struct spv_lower *l)
{
    struct spv_value *from = spv_operand(l, 3, 0), *to = spv_result(l);
    if (from->type->kind != SPV_MATRIX || to->type->kind != SPV_MATRIX ||
        to->type->slots != from->type->slots || to->type->count != from->type->elem->slots) {
        spv_malformed(&l->inst, "an operand is no matrix");
    }
    uint32_t columns = from->type->count, rows = from->type->elem->slots;
    for (uint32_t c = 0; c < columns; c++) {
        for (uint32_t r = 0; r < rows; r++) {
            to->slots[r * columns + c] = from->slots[c * rows + r];
        }
    }
}

static void select_lower(struct spv_lower *l)
{
    struct spv_value *p = spv_operand(l, 3, 0);
    struct spv_value *x = spv_operand(l, 4, 0), *y = spv_operand(l, 5, x->type->slots);
    struct spv_value *to = spv_result(l);
    if (!spv_type_is(p->type, SPV_BOOL) || x->type != y->type || to->type != x->type ||
        (p->type->kind == SPV_VECTOR &&
         (x->type->kind != SPV_VECTOR || x->type->count != p->type->count))) {
        spv_malformed(&l->inst, "an operand has the wrong type");
    }
    uint32_t step = p->type->kind == SPV_VECTOR ? spv_scalar_slots(x->type) : x->type->slots;
    for (uint32_t i = 0; i < x->type->slots; i++) {
        to->slots[i] = cc_b_sel(&l->b, p->slots[i / step], x->slots[i], y->slots[i]);
    }
}

static void any_all(struct spv_lower *l)
{
    struct spv_value *from = spv_operand(l, 3, 0), *to = spv_result(l);
    if (!spv_type_is(from->type, SPV_BOOL) || to->type->kind != SPV_BOOL) {
        spv_malformed(&l->inst, "an operand is no boolean");
    }
    struct cc_src result = from->slots[0];
    for (uint32_t i = 1; i < from->type->slots; i++) {
        result = l->inst.op == SpvOpAny ? cc_b_por(&l->b, result, from->slots[i])
                                        : cc_b_pand(&l->b, result, from->slots[i]);
    }
    to->slots[0] = result;
}

static void copy_object(struct spv_lower *l)
{
    struct spv_value *from = spv_value(l, spv_word(&l->inst, 3));
    struct spv_value *to = spv_result(l);
    if (to->type != from->type &&
        (l->inst.op != SpvOpCopyLogical || to->type->slots != from->type->slots)) {
        spv_malformed(&l->inst, "the result's type is not the operand's");
    }
    to->ptr = from->ptr;
    memcpy(to->slots, from->slots, from->type->slots * sizeof(*to->slots));
}

bool spv_composite_lower(struct spv_lower *l)
{
    switch (l->inst.op) {
    case SpvOpCompositeExtract:
        extract(l);
        return true;
    case SpvOpCompositeInsert:
        insert(l);
        return true;
    case SpvOpCompositeConstruct:
        construct(l);
        return true;
    case SpvOpVectorShuffle:
        shuffle(l);
        return true;
    case SpvOpVectorExtractDynamic:
        extract_dynamic(l);
        return true;
    case SpvOpVectorInsertDynamic:
        insert_dynamic(l);
        return true;
    case SpvOpTranspose:
        transpose(l);
        return true;
    case SpvOpSelect:
        select_lower(l);
        return true;
    case SpvOpAny:
    case SpvOpAll:
        any_all(l);
        return true;
    case SpvOpCopyObject:
    case SpvOpCopyLogical:
        copy_object(l);
        return true;
    default:
        return false;
    }
}
