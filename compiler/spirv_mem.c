/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Loads and stores of any type, cut into accesses of one, two or four words as alignment allows,
 * and the instructions around memory: copies, array lengths, pointers as numbers.
 */
#include "spirv.h"

#include <string.h>

static bool in_root(const struct spv_ptr *ptr)
{
    return ptr->kind == SPV_PTR_ROOT;
}

/* How many words the next access may take. */
static uint32_t chunk_words(const struct spv_ptr *ptr, uint32_t offset_bytes, uint32_t words)
{
    uint32_t at = ptr->offset_bytes + offset_bytes;
    uint32_t align = ptr->align_bytes;
    /* align covers the fixed and the running part of the offset; the step inside is known. */
    while (align > 4 && (offset_bytes & (align - 1))) {
        align >>= 1;
    }
    while (align > 4 && spv_ptr_is_fixed(ptr) && (at & (align - 1))) {
        align >>= 1;
    }
    if (words >= 4 && align >= 16) {
        return 4;
    }
    return words >= 2 && align >= 8 ? 2 : 1;
}

static enum cc_type words_type(uint32_t words)
{
    return words == 4 ? CC_B128 : words == 2 ? CC_B64 : CC_B32;
}

static bool is_global(const struct spv_ptr *ptr)
{
    return ptr->kind == SPV_PTR_BUFFER || ptr->kind == SPV_PTR_RAW;
}

static struct cc_inst *memory_inst(struct spv_lower *l, const struct spv_ptr *ptr, bool store,
                                   const struct spv_access *access, uint32_t words)
{
    bool global = is_global(ptr), shared = ptr->kind == SPV_PTR_SHARED;
    enum cc_op op = store ? (global ? CC_STG : shared ? CC_STS : CC_STL)
                          : (global ? CC_LDG : shared ? CC_LDS : CC_LDL);
    uint32_t address_count = global ? 2 : 1;
    struct cc_src src[6] = {access->address.lo, access->address.hi};
    src[1].join = global;
    struct cc_inst *inst =
        cc_b_inst(&l->b, op, address_count + (store ? words : 0), src);
    inst->type = (uint8_t)words_type(words);
    inst->offset = access->offset;
    inst->guard = access->guard;
    if (global && ptr->coherent) {
        inst->flags |= CC_F_STRONG;
    } else if (global && ptr->uniform && !store) {
        inst->flags |= CC_F_CONSTANT;
    }
    return inst;
}

static void load_chunk(struct spv_lower *l, const struct spv_ptr *ptr, uint32_t offset_bytes,
                       uint32_t words, struct cc_src *out)
{
    struct spv_access access = spv_access_make(l, ptr, offset_bytes, words * 4);
    if (cc_is_imm(access.guard, 0) && access.guard.file == CC_PRED) {
        for (uint32_t i = 0; i < words; i++) {
            out[i] = cc_imm(0);
        }
        return;
    }
    struct cc_inst *inst = memory_inst(l, ptr, false, &access, words);
    for (uint32_t i = 0; i < words; i++) {
        out[i] = cc_def_add(l->s, inst, CC_GPR);
    }
    cc_b_append(&l->b, inst);
    for (uint32_t i = 0; access.guard.kind != CC_NONE && i < words; i++) {
        out[i] = cc_b_sel(&l->b, access.guard, out[i], cc_imm(0));
    }
}

static void store_chunk(struct spv_lower *l, const struct spv_ptr *ptr, uint32_t offset_bytes,
                        uint32_t words, const struct cc_src *in)
{
    struct spv_access access = spv_access_make(l, ptr, offset_bytes, words * 4);
    if (cc_is_imm(access.guard, 0) && access.guard.file == CC_PRED) {
        return;
    }
    struct cc_inst *inst = memory_inst(l, ptr, true, &access, words);
    for (uint32_t i = 0; i < words; i++) {
        struct cc_src *src = &inst->src[inst->src_count - words + i];
        *src = cc_resolve(l->s, in[i]);
        src->join = i > 0;
    }
    cc_b_append(&l->b, inst);
}

static struct cc_src load_root_word(struct spv_lower *l, const struct spv_ptr *ptr,
                                    uint32_t offset_bytes)
{
    uint32_t at = ptr->offset_bytes + offset_bytes;
    if (at > MAGMA_CC_ROOT_PUSH_SIZE - 4) {
        cc_fail(l->m->arena, "push constants beyond byte %d: not supported",
                MAGMA_CC_ROOT_PUSH_SIZE);
    }
    if (spv_ptr_is_fixed(ptr)) {
        return cc_cbuf(MAGMA_CC_ROOT_PUSH_CONSTANTS + at);
    }
    struct cc_src dynamic = spv_ptr_dynamic(l, ptr);
    struct cc_inst *inst = cc_b_inst(&l->b, CC_LDC, 1, &dynamic);
    inst->offset = (int32_t)(MAGMA_CC_ROOT_PUSH_CONSTANTS + at);
    return cc_b_emit(&l->b, inst, CC_GPR);
}

/* A vector or scalar of numbers: `words` words, the components comp_bytes apart. */
static void move_words(struct spv_lower *l, const struct spv_ptr *ptr, struct cc_src *load_to,
                       const struct cc_src *store_from)
{
    uint32_t words = ptr->type->slots, done = 0;
    uint32_t scalar_words = spv_scalar_slots(ptr->type);
    bool dense = ptr->type->kind != SPV_VECTOR || ptr->comp_stride_bytes == 0 ||
                 ptr->comp_stride_bytes == scalar_words * 4;
    while (done < words) {
        uint32_t offset = dense ? done * 4
                                : done / scalar_words * ptr->comp_stride_bytes +
                                      done % scalar_words * 4;
        uint32_t count = in_root(ptr) ? 1
                         : dense      ? chunk_words(ptr, offset, words - done)
                                      : 1;
        if (in_root(ptr)) {
            if (!load_to) {
                spv_malformed(&l->inst, "push constants cannot be written");
            }
            load_to[done] = load_root_word(l, ptr, offset);
        } else if (load_to) {
            load_chunk(l, ptr, offset, count, load_to + done);
        } else {
            store_chunk(l, ptr, offset, count, store_from + done);
        }
        done += count;
    }
}

/* Booleans lie in memory as words. */
static void move_bools(struct spv_lower *l, const struct spv_ptr *ptr, struct cc_src *load_to,
                       const struct cc_src *store_from)
{
    struct cc_src words[4] = {{0}};
    for (uint32_t i = 0; store_from && i < ptr->type->slots; i++) {
        words[i] = cc_b_from_bool(&l->b, store_from[i]);
    }
    move_words(l, ptr, load_to ? words : NULL, words);
    for (uint32_t i = 0; load_to && i < ptr->type->slots; i++) {
        load_to[i] = cc_b_to_bool(&l->b, words[i]);
    }
}

static void move(struct spv_lower *l, const struct spv_ptr *ptr, struct cc_src *load_to,
                 const struct cc_src *store_from)
{
    const struct spv_type *type = ptr->type;
    if (type->kind != SPV_STRUCT && type->kind != SPV_ARRAY && type->kind != SPV_MATRIX) {
        (spv_type_is(type, SPV_BOOL) ? move_bools : move_words)(l, ptr, load_to, store_from);
        return;
    }
    uint32_t done = 0;
    for (uint32_t i = 0; i < type->count; i++) {
        struct spv_ptr part = *ptr;
        spv_ptr_step(l, &part, cc_imm(i));
        move(l, &part, load_to ? load_to + done : NULL, store_from ? store_from + done : NULL);
        done += part.type->slots;
    }
}

static void check_value_type(struct spv_lower *l, const struct spv_ptr *ptr)
{
    if (ptr->type->slots == 0 || ptr->descriptor_array) {
        spv_unsupported(&l->inst, "moving a value of this type");
    }
}

void spv_load(struct spv_lower *l, const struct spv_ptr *ptr, struct cc_src *out)
{
    check_value_type(l, ptr);
    if (ptr->kind == SPV_PTR_BUILTIN) {
        spv_builtin_load(l, ptr, out);
    } else if (ptr->kind == SPV_PTR_SSA) {
        for (uint32_t i = 0; i < ptr->type->slots; i++) {
            out[i] = spv_var_read(l, ptr->var + i);
        }
    } else {
        move(l, ptr, out, NULL);
    }
}

void spv_store(struct spv_lower *l, const struct spv_ptr *ptr, const struct cc_src *in)
{
    check_value_type(l, ptr);
    if (ptr->kind == SPV_PTR_BUILTIN || (ptr->kind == SPV_PTR_BUFFER && ptr->uniform)) {
        spv_malformed(&l->inst, "this memory cannot be written");
    } else if (ptr->kind == SPV_PTR_SSA) {
        for (uint32_t i = 0; i < ptr->type->slots; i++) {
            spv_var_write(l, ptr->var + i, cc_resolve(l->s, in[i]));
        }
    } else {
        move(l, ptr, NULL, in);
    }
}

/* Memory operands: what they say about alignment and coherence. */
static struct spv_ptr with_operands(struct spv_lower *l, const struct spv_ptr *ptr, uint32_t at)
{
    struct spv_ptr result = *ptr;
    if (at >= l->inst.count) {
        return result;
    }
    uint32_t mask = l->inst.words[at];
    if ((mask & SpvMemoryAccessAlignedMask) && ptr->kind == SPV_PTR_RAW) {
        uint32_t align = spv_word(&l->inst, at + 1);
        bool power = align != 0 && (align & (align - 1)) == 0;
        result.align_bytes = power ? (align < 16 ? align : 16) : 4;
        if (align < 4) {
            spv_unsupported(&l->inst, "alignment below 4");
        }
    }
    result.coherent |= (mask & (SpvMemoryAccessVolatileMask |
                                SpvMemoryAccessNonPrivatePointerMask)) != 0;
    return result;
}

static void load_lower(struct spv_lower *l)
{
    struct spv_ptr ptr = with_operands(l, spv_pointer(l, spv_word(&l->inst, 3)), 4);
    struct spv_value *result = spv_result(l);
    if (result->type != ptr.type) {
        spv_malformed(&l->inst, "the result's type is not what the pointer points to");
    }
    spv_load(l, &ptr, result->slots);
}

static void store_lower(struct spv_lower *l)
{
    struct spv_ptr ptr = with_operands(l, spv_pointer(l, spv_word(&l->inst, 1)), 3);
    struct spv_value *value = spv_operand(l, 2, ptr.type->slots);
    if (value->type != ptr.type) {
        spv_malformed(&l->inst, "the value's type is not what the pointer points to");
    }
    spv_store(l, &ptr, value->slots);
}

static void copy_lower(struct spv_lower *l)
{
    struct spv_ptr to = *spv_pointer(l, spv_word(&l->inst, 1));
    struct spv_ptr from = *spv_pointer(l, spv_word(&l->inst, 2));
    if (to.type->slots != from.type->slots || to.type->slots == 0) {
        spv_malformed(&l->inst, "source and target differ in type");
    }
    struct cc_src *words = cc_alloc(l->m->arena, to.type->slots, sizeof(*words));
    spv_load(l, &from, words);
    spv_store(l, &to, words);
}

static void array_length_lower(struct spv_lower *l)
{
    struct spv_ptr ptr = *spv_pointer(l, spv_word(&l->inst, 3));
    uint32_t index = spv_word(&l->inst, 4);
    struct spv_value *result = spv_result(l);
    struct cc_src size = spv_buffer_size(l, &ptr);
    spv_ptr_step(l, &ptr, cc_imm(index));
    if (ptr.type->kind != SPV_RUNTIME_ARRAY || ptr.type->array_stride_bytes == 0 ||
        result->type->slots != 1) {
        spv_malformed(&l->inst, "length of something else than a runtime array");
    }
    /* A buffer that ends before the array begins has none of its elements. */
    struct cc_src start = cc_imm(ptr.offset_bytes), remainder;
    struct cc_src room = cc_b_isub(&l->b, cc_b_minmax(&l->b, size, start, 0), start);
    cc_b_udivrem(&l->b, room, cc_imm(ptr.type->array_stride_bytes), &result->slots[0],
                 &remainder);
}

/* Addresses as numbers, and numbers as addresses. */
static void address_lower(struct spv_lower *l)
{
    struct spv_value *from = spv_operand(l, 3, 2);
    struct spv_value *result = spv_result(l);
    if (result->type->slots != 2) {
        spv_malformed(&l->inst, "an address has 64 bits");
    }
    memcpy(result->slots, from->slots, 2 * sizeof(struct cc_src));
}

bool spv_memory_lower(struct spv_lower *l)
{
    switch (l->inst.op) {
    case SpvOpVariable:
        spv_variable_lower(l);
        return true;
    case SpvOpAccessChain:
    case SpvOpInBoundsAccessChain:
        spv_access_chain_lower(l);
        return true;
    case SpvOpLoad:
        load_lower(l);
        return true;
    case SpvOpStore:
        store_lower(l);
        return true;
    case SpvOpCopyMemory:
        copy_lower(l);
        return true;
    case SpvOpArrayLength:
        array_length_lower(l);
        return true;
    case SpvOpConvertPtrToU:
    case SpvOpConvertUToPtr:
        address_lower(l);
        return true;
    default:
        return false;
    }
}
