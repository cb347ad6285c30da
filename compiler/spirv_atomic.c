/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Atomic operations on 32-bit words of buffers and shared memory. */
#include "spirv.h"

struct atomic {
    uint16_t op;
    uint8_t atom; /* enum cc_atom */
    bool is_signed;
};

static const struct atomic atomics[] = {
    {SpvOpAtomicExchange, CC_ATOM_EXCH, false},  {SpvOpAtomicIIncrement, CC_ATOM_ADD, false},
    {SpvOpAtomicIDecrement, CC_ATOM_ADD, false}, {SpvOpAtomicIAdd, CC_ATOM_ADD, false},
    {SpvOpAtomicISub, CC_ATOM_ADD, false},       {SpvOpAtomicSMin, CC_ATOM_MIN, true},
    {SpvOpAtomicUMin, CC_ATOM_MIN, false},       {SpvOpAtomicSMax, CC_ATOM_MAX, true},
    {SpvOpAtomicUMax, CC_ATOM_MAX, false},       {SpvOpAtomicAnd, CC_ATOM_AND, false},
    {SpvOpAtomicOr, CC_ATOM_OR, false},          {SpvOpAtomicXor, CC_ATOM_XOR, false},
};

static struct spv_ptr atomic_pointer(struct spv_lower *l, uint32_t index)
{
    struct spv_ptr ptr = *spv_pointer(l, spv_word(&l->inst, index));
    if (ptr.kind != SPV_PTR_BUFFER && ptr.kind != SPV_PTR_SHARED && ptr.kind != SPV_PTR_RAW) {
        spv_unsupported(&l->inst, "atomics outside of buffers and shared memory");
    }
    if (ptr.type->slots != 1 || ptr.type->kind == SPV_BOOL) {
        spv_unsupported(&l->inst, "atomics on anything but 32-bit words");
    }
    ptr.coherent = true;
    return ptr;
}

/* `count` data words: one, or compare and new value. */
static struct cc_src emit_atomic(struct spv_lower *l, const struct spv_ptr *ptr,
                                 const struct atomic *atomic, const struct cc_src *data,
                                 uint32_t count)
{
    bool shared = ptr->kind == SPV_PTR_SHARED;
    struct spv_access access = spv_access_make(l, ptr, 0, 4);
    struct cc_src src[4] = {access.address.lo, access.address.hi};
    uint32_t used = shared ? 1 : 2;
    src[1].join = !shared;
    for (uint32_t i = 0; i < count; i++) {
        src[used] = data[i];
        src[used++].join = false;
    }
    enum cc_op op = count == 2 ? (shared ? CC_ATOMS_CAS : CC_ATOMG_CAS)
                               : (shared ? CC_ATOMS : CC_ATOMG);
    struct cc_inst *inst = cc_b_inst(&l->b, op, used, src);
    inst->sub = atomic ? atomic->atom : 0;
    inst->flags = atomic && atomic->is_signed ? CC_F_SIGNED : 0;
    inst->offset = access.offset;
    inst->guard = access.guard;
    struct cc_src result = cc_def_add(l->s, inst, CC_GPR);
    cc_b_append(&l->b, inst);
    if (access.guard.kind != CC_NONE) {
        result = cc_b_sel(&l->b, access.guard, result, cc_imm(0));
    }
    return result;
}

static struct cc_src atomic_value(struct spv_lower *l)
{
    switch (l->inst.op) {
    case SpvOpAtomicIIncrement:
        return cc_imm(1);
    case SpvOpAtomicIDecrement:
        return cc_imm(UINT32_MAX);
    case SpvOpAtomicISub:
        return cc_b_isub(&l->b, cc_imm(0), spv_operand(l, 6, 1)->slots[0]);
    default:
        return spv_operand(l, 6, 1)->slots[0];
    }
}

static struct spv_value *word_result(struct spv_lower *l)
{
    struct spv_value *result = spv_result(l);
    if (result->type->slots != 1 || result->type->kind == SPV_BOOL) {
        spv_malformed(&l->inst, "the result is no 32-bit word");
    }
    return result;
}

/* Orders the atomic against other memory: released before it, acquired behind it. */
static void fence(struct spv_lower *l, uint32_t first, uint32_t mask)
{
    uint32_t scope = spv_constant(l, spv_word(&l->inst, first));
    uint32_t semantics = spv_constant(l, spv_word(&l->inst, first + 1));
    const uint32_t both = SpvMemorySemanticsAcquireReleaseMask |
                          SpvMemorySemanticsSequentiallyConsistentMask;
    if (semantics & (mask | both)) {
        spv_memory_barrier(l, scope, semantics);
    }
}

static bool atomic_lower(struct spv_lower *l)
{
    if (l->inst.op == SpvOpAtomicLoad) {
        struct spv_ptr ptr = atomic_pointer(l, 3);
        spv_load(l, &ptr, word_result(l)->slots);
        return true;
    }
    if (l->inst.op == SpvOpAtomicStore) {
        struct spv_ptr ptr = atomic_pointer(l, 1);
        spv_store(l, &ptr, spv_operand(l, 4, 1)->slots);
        return true;
    }
    if (l->inst.op == SpvOpAtomicCompareExchange) {
        struct spv_ptr ptr = atomic_pointer(l, 3);
        struct cc_src data[2] = {spv_operand(l, 8, 1)->slots[0], spv_operand(l, 7, 1)->slots[0]};
        struct cc_src old = emit_atomic(l, &ptr, NULL, data, 2);
        word_result(l)->slots[0] = old;
        return true;
    }
    for (size_t i = 0; i < sizeof(atomics) / sizeof(atomics[0]); i++) {
        if (atomics[i].op == l->inst.op) {
            struct spv_ptr ptr = atomic_pointer(l, 3);
            struct cc_src data = atomic_value(l);
            struct cc_src old = emit_atomic(l, &ptr, &atomics[i], &data, 1);
            word_result(l)->slots[0] = old;
            return true;
        }
    }
    return false;
}

bool spv_atomic_lower(struct spv_lower *l)
{
    bool atomic = l->inst.op >= SpvOpAtomicLoad && l->inst.op <= SpvOpAtomicXor;
    bool store = l->inst.op == SpvOpAtomicStore;
    uint32_t scope_at = store ? 2 : 4;
    if (!atomic) {
        return false;
    }
    fence(l, scope_at, SpvMemorySemanticsReleaseMask);
    if (!atomic_lower(l)) {
        return false;
    }
    if (!store) {
        fence(l, scope_at, SpvMemorySemanticsAcquireMask);
    }
    return true;
}
