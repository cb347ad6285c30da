/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Loads and stores of all spaces: global, generic (with the shared and local windows), shared,
 * local, constant.
 */
#include "memory.h"

#define LANES for (unsigned l = 0; l < SM_LANES; l++)

void sm_addresses(struct sm_ctx *x, uint64_t va[SM_LANES])
{
    const struct nvhw_sass *s = x->s;
    unsigned mode = s->mod[NV_SASS_MOD_ADDR];
    bool base = s->o[NV_SASS_UR].kind == NV_SASS_UREG && mode != NV_SASS_ADDR_DESC;
    uint64_t add = (uint64_t)s->o[NV_SASS_OFFSET].imm;
    if (s->mod[NV_SASS_MOD_E] && nvhw_sass_width(s, NV_SASS_A) == 2) {
        sm_src64(x, NV_SASS_A, va);
    } else {
        const uint32_t *a = sm_src(x, NV_SASS_A);
        static const unsigned scale[] = {0, 2, 3, 4};
        LANES va[l] = (uint64_t)a[l] << scale[s->mod[NV_SASS_MOD_XS] & 3];
    }
    if (base)
        add += s->mod[NV_SASS_MOD_E] ? sm_usrc64(x, NV_SASS_UR) : sm_usrc(x, NV_SASS_UR);
    LANES va[l] += add;
}

static uint8_t *in_shared(struct sm_ctx *x, int lane, uint64_t offset, unsigned size_bytes)
{
    if (offset % size_bytes) {
        sm_fault_warp(x, lane, NV_SM_WARP_ERROR_MISALIGNED_ADDR,
                      "misaligned shared address 0x%llx for %u bytes", (unsigned long long)offset,
                      size_bytes);
        return NULL;
    }
    if (offset + size_bytes > x->grid->desc.shared_bytes || offset + size_bytes < offset) {
        sm_fault_warp(x, lane, NV_SM_WARP_ERROR_OOR_ADDR,
                      "shared address 0x%llx out of range (%u bytes)", (unsigned long long)offset,
                      x->grid->desc.shared_bytes);
        return NULL;
    }
    return x->w->cta->shared + offset;
}

static uint8_t *in_local(struct sm_ctx *x, int lane, uint64_t offset, unsigned size_bytes)
{
    uint32_t size = x->grid->desc.local_bytes;
    if (offset % size_bytes) {
        sm_fault_warp(x, lane, NV_SM_WARP_ERROR_MISALIGNED_ADDR,
                      "misaligned local address 0x%llx for %u bytes", (unsigned long long)offset,
                      size_bytes);
        return NULL;
    }
    if (offset + size_bytes > size || offset + size_bytes < offset) {
        sm_fault_warp(x, lane, NV_SM_WARP_ERROR_OOR_ADDR,
                      "local address 0x%llx out of range (%u bytes)", (unsigned long long)offset,
                      size);
        return NULL;
    }
    return x->w->local + (size_t)lane * size + offset;
}

static bool in_window(uint64_t window, uint64_t va)
{
    return window && va >= window && va - window < SM_WINDOW_BYTES;
}

uint8_t *sm_space(struct sm_ctx *x, enum sm_space space, int lane, uint64_t va, unsigned size_bytes,
                  enum gpum_access access)
{
    switch (space) {
    case SM_SPACE_SHARED:
        return in_shared(x, lane, (uint32_t)va, size_bytes);
    case SM_SPACE_LOCAL:
        return in_local(x, lane, va & (SM_WINDOW_BYTES - 1), size_bytes);
    case SM_SPACE_GENERIC:
        if (in_window(x->grid->desc.shared_window, va))
            return in_shared(x, lane, va - x->grid->desc.shared_window, size_bytes);
        if (in_window(x->grid->desc.local_window, va))
            return in_local(x, lane, va - x->grid->desc.local_window, size_bytes);
        return sm_global(x, lane, va, size_bytes, access);
    default:
        return sm_global(x, lane, va, size_bytes, access);
    }
}

static uint32_t extend(unsigned size, uint32_t word)
{
    switch (size) {
    case NV_SASS_SIZE_S8:
        return (uint32_t)(int8_t)word;
    case NV_SASS_SIZE_S16:
        return (uint32_t)(int16_t)word;
    default:
        return word;
    }
}

static bool load(struct sm_ctx *x, enum sm_space space)
{
    unsigned bytes = nvhw_sass_access_bytes(x->s), words = bytes > 4 ? bytes / 4 : 1;
    uint32_t out[4][SM_LANES], lanes = x->mask;
    const struct nvhw_sass_operand *pa = &x->s->o[NV_SASS_PA];
    uint64_t va[SM_LANES];
    if (pa->kind == NV_SASS_PRED && (pa->inv || pa->reg != NV_SASS_PT))
        return sm_fault(x, -1, "load with a predicate source: not supported");
    sm_addresses(x, va);
    memset(out, 0, sizeof(out));
    SM_FOR_LANES(l, lanes)
    {
        uint32_t word[4] = {0};
        const uint8_t *ptr = sm_space(x, space, (int)l, va[l], bytes, GPUM_READ);
        if (!ptr)
            return false;
        memcpy(word, ptr, bytes);
        for (unsigned n = 0; n < words; n++)
            out[n][l] = n || bytes >= 4 ? word[n] : extend(sm_mod(x, NV_SASS_MOD_SIZE), word[0]);
    }
    if (x->s->o[NV_SASS_D].kind == NV_SASS_REG && x->s->o[NV_SASS_D].reg != NV_SASS_RZ)
        for (unsigned n = 0; n < words; n++)
            sm_dst_at(x, x->s->o[NV_SASS_D].reg + n, out[n], lanes);
    sm_pdst(x, NV_SASS_PD, SM_ALL);
    return true;
}

static bool store(struct sm_ctx *x, enum sm_space space)
{
    unsigned bytes = nvhw_sass_access_bytes(x->s), words = bytes > 4 ? bytes / 4 : 1,
             reg = x->s->o[NV_SASS_B].reg;
    bool zero = x->s->o[NV_SASS_B].kind != NV_SASS_REG || reg == NV_SASS_RZ;
    uint64_t va[SM_LANES];
    sm_addresses(x, va);
    SM_FOR_LANES(l, x->mask)
    {
        uint32_t word[4] = {0};
        uint8_t *ptr = sm_space(x, space, (int)l, va[l], bytes, GPUM_WRITE);
        if (!ptr)
            return false;
        for (unsigned n = 0; n < words && !zero; n++)
            word[n] = x->w->r[reg + n][l];
        memcpy(ptr, word, bytes);
    }
    return true;
}

static bool exec_ldg(struct sm_ctx *x)
{
    return load(x, SM_SPACE_GLOBAL);
}

static bool exec_ld(struct sm_ctx *x)
{
    return load(x, SM_SPACE_GENERIC);
}

static bool exec_lds(struct sm_ctx *x)
{
    return load(x, SM_SPACE_SHARED);
}

static bool exec_ldl(struct sm_ctx *x)
{
    return load(x, SM_SPACE_LOCAL);
}

static bool exec_stg(struct sm_ctx *x)
{
    return store(x, SM_SPACE_GLOBAL);
}

static bool exec_st(struct sm_ctx *x)
{
    return store(x, SM_SPACE_GENERIC);
}

static bool exec_sts(struct sm_ctx *x)
{
    return store(x, SM_SPACE_SHARED);
}

static bool exec_stl(struct sm_ctx *x)
{
    return store(x, SM_SPACE_LOCAL);
}

/* One scalar out of a constant bank, bytes and halves included; all of it must lie within the bank.
 */
static bool constant_word(struct sm_ctx *x, unsigned bank, uint32_t offset, unsigned bytes,
                          uint32_t *value)
{
    uint32_t word;
    if (offset % bytes)
        return sm_fault(x, -1, "misaligned constant offset 0x%x for %u bytes", offset, bytes);
    if (!sm_constant(x, bank, offset & ~3u, &word))
        return false;
    word >>= (offset & 3) * 8;
    *value = bytes == 1 ? word & 0xff : bytes == 2 ? word & 0xffff : word;
    return true;
}

/* cx[UR][...]: through the handle instead of a bank. */
static bool bindless_word(struct sm_ctx *x, uint32_t offset, unsigned bytes, uint32_t *value)
{
    unsigned ur = x->s->o[NV_SASS_B].reg;
    uint64_t handle =
        ur == NV_SASS_URZ ? 0 : x->w->ur[ur] | (uint64_t)x->w->ur[(ur + 1) & 255] << 32;
    uint64_t va = (handle & ((UINT64_C(1) << 45) - 1)) << 4, size = handle >> 45 << 4;
    const uint8_t *ptr;
    *value = 0;
    if ((uint64_t)offset + bytes > size)
        return true;
    ptr = sm_global(x, -1, va + offset, bytes, GPUM_READ);
    if (!ptr)
        return false;
    memcpy(value, ptr, bytes);
    return true;
}

static bool any_constant(struct sm_ctx *x, uint32_t offset, unsigned bytes, uint32_t *value)
{
    if (x->s->o[NV_SASS_B].kind == NV_SASS_CONST_UR)
        return bindless_word(x, offset, bytes, value);
    return constant_word(x, x->s->o[NV_SASS_B].bank, offset, bytes, value);
}

static bool exec_ldc(struct sm_ctx *x)
{
    unsigned bytes = nvhw_sass_access_bytes(x->s), part = bytes > 4 ? 4 : bytes,
             words = bytes > 4 ? bytes / 4 : 1;
    const uint32_t *a = sm_src(x, NV_SASS_A);
    uint32_t out[4][SM_LANES], displacement = (uint32_t)x->s->o[NV_SASS_B].imm & 0xffff;
    displacement |= displacement & 0x8000 ? 0xffff0000 : 0;
    if (sm_mod(x, NV_SASS_MOD_MODE) != NV_SASS_MODE_NORMAL)
        return sm_fault(x, -1, "LDC with an indexing mode: not supported");
    memset(out, 0, sizeof(out));
    SM_FOR_LANES(l, x->mask)
    {
        uint32_t offset = a[l] + displacement;
        if (x->s->o[NV_SASS_A].reg == NV_SASS_RZ)
            offset &= 0xffff;
        for (unsigned n = 0; n < words; n++) {
            if (!any_constant(x, offset + n * 4, part, &out[n][l]))
                return false;
            out[n][l] = extend(sm_mod(x, NV_SASS_MOD_SIZE), out[n][l]);
        }
    }
    if (x->s->o[NV_SASS_D].kind == NV_SASS_REG && x->s->o[NV_SASS_D].reg != NV_SASS_RZ)
        for (unsigned n = 0; n < words; n++)
            sm_dst_at(x, x->s->o[NV_SASS_D].reg + n, out[n], x->mask);
    return true;
}

/* ULDC and LDCU: as LDC, once per warp. */
static bool exec_uldc(struct sm_ctx *x)
{
    unsigned bytes = nvhw_sass_access_bytes(x->s), part = bytes > 4 ? 4 : bytes,
             words = bytes > 4 ? bytes / 4 : 1;
    uint32_t offset = (uint32_t)x->s->o[NV_SASS_B].imm & 0xffff, value = 0;
    if (x->s->o[NV_SASS_A].kind == NV_SASS_UREG)
        offset += sm_usrc(x, NV_SASS_A);
    for (unsigned n = 0; x->mask && n < words; n++) {
        if (!any_constant(x, offset + n * 4, part, &value))
            return false;
        sm_udst(x, n, extend(sm_mod(x, NV_SASS_MOD_SIZE), value));
    }
    return true;
}

const struct sm_exec_entry sm_exec_memory[] = {
    {NV_SASS_LDG, exec_ldg},   {NV_SASS_LD, exec_ld},     {NV_SASS_LDS, exec_lds},
    {NV_SASS_LDL, exec_ldl},   {NV_SASS_STG, exec_stg},   {NV_SASS_ST, exec_st},
    {NV_SASS_STS, exec_sts},   {NV_SASS_STL, exec_stl},   {NV_SASS_LDC, exec_ldc},
    {NV_SASS_ULDC, exec_uldc}, {NV_SASS_LDCU, exec_uldc}, {0, NULL}};
