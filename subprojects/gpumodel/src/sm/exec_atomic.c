/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Atomics on global, generic and shared memory. Lanes go in order, which is one of the orders
 * hardware may take.
 */
#include "fp.h"
#include "memory.h"

#define LANES for (unsigned l = 0; l < SM_LANES; l++)

static unsigned type_bytes(unsigned type)
{
    switch (type) {
    case NV_SASS_ATYPE_U64:
    case NV_SASS_ATYPE_S64:
    case NV_SASS_ATYPE_F64:
        return 8;
    case NV_SASS_ATYPE_U32:
    case NV_SASS_ATYPE_S32:
    case NV_SASS_ATYPE_F32:
    case NV_SASS_ATYPE_F32_RN:
    case NV_SASS_ATYPE_F16X2:
    case NV_SASS_ATYPE_BF16X2:
        return 4;
    default:
        return 0;
    }
}

static uint64_t float_op(unsigned type, uint64_t old, uint64_t operand)
{
    if (type == NV_SASS_ATYPE_F64)
        return sm_u64(sm_f64(old) + sm_f64(operand));
    if (type == NV_SASS_ATYPE_F16X2 || type == NV_SASS_ATYPE_BF16X2) {
        uint64_t out = 0;
        for (unsigned at = 0; at < 32; at += 16) {
            uint32_t p = (uint32_t)(old >> at) & 0xffff, q = (uint32_t)(operand >> at) & 0xffff;
            uint32_t r = type == NV_SASS_ATYPE_F16X2
                             ? sm_double_to_half(sm_half_to_double(p) + sm_half_to_double(q), 0)
                             : sm_double_to_bf16(sm_bf16_to_double(p) + sm_bf16_to_double(q), 0);
            out |= (uint64_t)r << at;
        }
        return out;
    }
    uint32_t p = (uint32_t)old, q = (uint32_t)operand;
    if (type == NV_SASS_ATYPE_F32) {
        p = sm_flush32(p);
        q = sm_flush32(q);
    }
    uint32_t sum = sm_u32(sm_f32(p) + sm_f32(q));
    if (sm_is_nan32(sum))
        return SM_NAN32;
    return type == NV_SASS_ATYPE_F32 ? sm_flush32(sum) : sum;
}

static bool is_float(unsigned type)
{
    return type == NV_SASS_ATYPE_F32 || type == NV_SASS_ATYPE_F32_RN || type == NV_SASS_ATYPE_F64 ||
           type == NV_SASS_ATYPE_F16X2 || type == NV_SASS_ATYPE_BF16X2;
}

static bool less(unsigned type, uint64_t p, uint64_t q)
{
    switch (type) {
    case NV_SASS_ATYPE_S32:
        return (int32_t)p < (int32_t)q;
    case NV_SASS_ATYPE_S64:
        return (int64_t)p < (int64_t)q;
    default:
        return p < q;
    }
}

static bool apply(struct sm_ctx *x, unsigned op, unsigned type, uint64_t old, uint64_t operand,
                  uint64_t *out)
{
    switch (op) {
    case NV_SASS_ATOM_ADD:
        *out = is_float(type) ? float_op(type, old, operand) : old + operand;
        return true;
    case NV_SASS_ATOM_MIN:
        *out = less(type, operand, old) ? operand : old;
        break;
    case NV_SASS_ATOM_MAX:
        *out = less(type, old, operand) ? operand : old;
        break;
    case NV_SASS_ATOM_INC:
        *out = old >= operand ? 0 : old + 1;
        break;
    case NV_SASS_ATOM_DEC:
        *out = old == 0 || old > operand ? operand : old - 1;
        break;
    case NV_SASS_ATOM_AND:
        *out = old & operand;
        break;
    case NV_SASS_ATOM_OR:
        *out = old | operand;
        break;
    case NV_SASS_ATOM_XOR:
        *out = old ^ operand;
        break;
    case NV_SASS_ATOM_EXCH:
        *out = operand;
        return true;
    default:
        return sm_fault(x, -1, "atomic operation %u: not supported", op);
    }
    return !is_float(type) ||
           sm_fault(x, -1, "atomic float operation other than ADD: not supported");
}

static uint64_t operand_of(const struct sm_ctx *x, unsigned slot, unsigned lane, unsigned bytes)
{
    const struct nvhw_sass_operand *o = &x->s->o[slot];
    if (o->kind != NV_SASS_REG || o->reg == NV_SASS_RZ)
        return 0;
    uint64_t value = x->w->r[o->reg][lane];
    return bytes == 8 ? value | (uint64_t)x->w->r[o->reg + 1][lane] << 32 : value;
}

static void write_old(struct sm_ctx *x, const uint64_t old[SM_LANES], unsigned bytes)
{
    uint32_t low[SM_LANES];
    if (bytes == 8) {
        sm_dst64(x, old);
    } else {
        LANES low[l] = (uint32_t)old[l];
        sm_dst(x, low);
    }
    sm_pdst(x, NV_SASS_PD, SM_ALL);
}

static bool atomic(struct sm_ctx *x, enum sm_space space, bool swap)
{
    unsigned type = sm_mod(x, NV_SASS_MOD_ATYPE), bytes = type_bytes(type);
    uint64_t va[SM_LANES], old[SM_LANES] = {0};
    if (!bytes)
        return sm_fault(x, -1, "atomic type: not supported");
    sm_addresses(x, va);
    SM_FOR_LANES(l, x->mask)
    {
        uint64_t now = 0, next = 0;
        uint8_t *ptr = sm_space(x, space, (int)l, va[l], bytes, GPUM_ATOMIC);
        if (!ptr)
            return false;
        memcpy(&now, ptr, bytes);
        old[l] = now;
        if (swap)
            next = now == operand_of(x, NV_SASS_B, l, bytes) ? operand_of(x, NV_SASS_C, l, bytes)
                                                             : now;
        else if (!apply(x, sm_mod(x, NV_SASS_MOD_ATOM), type, now,
                        operand_of(x, NV_SASS_B, l, bytes), &next))
            return false;
        memcpy(ptr, &next, bytes);
    }
    write_old(x, old, bytes);
    return true;
}

static bool exec_atomg(struct sm_ctx *x)
{
    return atomic(x, SM_SPACE_GLOBAL, false);
}

static bool exec_atomg_cas(struct sm_ctx *x)
{
    return atomic(x, SM_SPACE_GLOBAL, true);
}

static bool exec_atom(struct sm_ctx *x)
{
    return atomic(x, SM_SPACE_GENERIC, false);
}

static bool exec_atom_cas(struct sm_ctx *x)
{
    if (sm_mod(x, NV_SASS_MOD_CAST) != NV_SASS_CAST_CAS)
        return sm_fault(x, -1, "ATOM.CAST: not supported");
    return atomic(x, SM_SPACE_GENERIC, true);
}

static bool exec_atoms(struct sm_ctx *x)
{
    return atomic(x, SM_SPACE_SHARED, false);
}

static bool exec_atoms_cas(struct sm_ctx *x)
{
    if (sm_mod(x, NV_SASS_MOD_CAST) != NV_SASS_CAST_CAS)
        return sm_fault(x, -1, "ATOMS.CAST: not supported");
    return atomic(x, SM_SPACE_SHARED, true);
}

const struct sm_exec_entry sm_exec_atomic[] = {
    {NV_SASS_ATOMG, exec_atomg},         {NV_SASS_ATOMG_CAS, exec_atomg_cas},
    {NV_SASS_RED, exec_atomg},           {NV_SASS_ATOM, exec_atom},
    {NV_SASS_ATOM_CAS, exec_atom_cas},   {NV_SASS_ATOMS, exec_atoms},
    {NV_SASS_ATOMS_CAS, exec_atoms_cas}, {0, NULL}};
