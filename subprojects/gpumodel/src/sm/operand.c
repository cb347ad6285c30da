/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Reading sources and writing results. A plain register is handed out as its row in the register
 * file; all else is put together in the context's scratch vectors.
 */
#include "sm.h"

#include <stdlib.h>

static const uint32_t zeros[SM_LANES];

bool sm_constant(struct sm_ctx *x, unsigned bank, uint32_t offset, uint32_t *value)
{
    struct gpum_grid *grid = x->grid;
    const struct gpum_constant_bank *b = &grid->desc.bank[bank % SM_BANKS];
    *value = 0;
    if (bank >= SM_BANKS || !b->valid)
        return sm_fault(x, -1, "constant bank %u is not bound", bank);
    if (!grid->bank[bank]) {
        struct gpum_mmu_fault fault = {0};
        grid->bank[bank] = calloc(1, (size_t)b->size_bytes + 4);
        if (!grid->bank[bank])
            return sm_fault(x, -1, "out of memory for a constant bank");
        if (!gpum_virt_read(grid->m, &grid->desc.vas, b->va, grid->bank[bank], b->size_bytes,
                            &fault))
            return sm_fault_mmu(x, -1, &fault);
    }
    if ((uint64_t)offset + 4 <= b->size_bytes)
        memcpy(value, grid->bank[bank] + offset, 4);
    return true;
}

/* cx[UR][offset]: the handle is address >> 4 in 45 bits and size >> 4 in 19 bits. */
static uint32_t bindless(struct sm_ctx *x, unsigned ur, uint32_t offset)
{
    uint64_t handle = x->w->ur[ur] | (uint64_t)(ur == NV_SASS_URZ ? 0 : x->w->ur[(ur + 1) & 255])
                                         << 32;
    uint64_t va = (handle & ((UINT64_C(1) << 45) - 1)) << 4, size = handle >> 45 << 4;
    uint32_t value = 0;
    uint8_t *ptr;
    if ((uint64_t)offset + 4 > size)
        return 0;
    ptr = sm_global(x, -1, va + offset, 4, GPUM_READ);
    if (ptr)
        memcpy(&value, ptr, 4);
    return value;
}

static uint32_t scalar(struct sm_ctx *x, const struct nvhw_sass_operand *o, unsigned part)
{
    uint32_t value = 0;
    switch (o->kind) {
    case NV_SASS_IMM:
        return part ? 0 : (uint32_t)o->imm;
    case NV_SASS_UREG:
        return o->reg == NV_SASS_URZ ? 0 : x->w->ur[(o->reg + part) & 255];
    case NV_SASS_CONST:
        sm_constant(x, o->bank, ((uint32_t)o->imm & 0xffff) + part * 4, &value);
        return value;
    case NV_SASS_CONST_UR:
        return bindless(x, o->reg, ((uint32_t)o->imm & 0xffff) + part * 4);
    default:
        return 0;
    }
}

/* Word `part` of an operand without modifiers. */
static const uint32_t *raw(struct sm_ctx *x, unsigned slot, unsigned part)
{
    const struct nvhw_sass_operand *o = &x->s->o[slot];
    uint32_t value;
    if (o->kind == NV_SASS_REG)
        return o->reg == NV_SASS_RZ ? zeros : x->w->r[o->reg + part];
    value = scalar(x, o, part);
    for (unsigned l = 0; l < SM_LANES; l++)
        x->t[slot][l] = value;
    return x->t[slot];
}

const uint32_t *sm_src(struct sm_ctx *x, unsigned slot)
{
    const struct nvhw_sass_operand *o = &x->s->o[slot];
    const uint32_t *in = raw(x, slot, 0);
    uint32_t *t = x->t[slot];
    if (!o->neg && !o->inv)
        return in;
    uint32_t plus = o->neg && !sm_mod(x, NV_SASS_MOD_X);
    for (unsigned l = 0; l < SM_LANES; l++)
        t[l] = ~in[l] + plus;
    return t;
}

const uint32_t *sm_fsrc(struct sm_ctx *x, unsigned slot)
{
    const struct nvhw_sass_operand *o = &x->s->o[slot];
    const uint32_t *in = raw(x, slot, 0);
    uint32_t *t = x->t[slot];
    uint32_t keep = o->abs ? 0x7fffffff : SM_ALL, flip = o->neg ? 0x80000000 : 0;
    if (!o->neg && !o->abs)
        return in;
    for (unsigned l = 0; l < SM_LANES; l++)
        t[l] = (in[l] & keep) ^ flip;
    return t;
}

void sm_src64(struct sm_ctx *x, unsigned slot, uint64_t out[SM_LANES])
{
    const struct nvhw_sass_operand *o = &x->s->o[slot];
    const uint32_t *low = raw(x, slot, 0);
    uint64_t sum = o->neg ? !sm_mod(x, NV_SASS_MOD_X) : 0, flip = o->neg ? UINT64_MAX : 0;
    for (unsigned l = 0; l < SM_LANES; l++)
        out[l] = low[l];
    if (o->kind != NV_SASS_IMM) {
        const uint32_t *high = raw(x, slot, 1);
        for (unsigned l = 0; l < SM_LANES; l++)
            out[l] |= (uint64_t)high[l] << 32;
    }
    for (unsigned l = 0; l < SM_LANES; l++)
        out[l] = (out[l] ^ flip) + sum;
}

void sm_fsrc64(struct sm_ctx *x, unsigned slot, double out[SM_LANES])
{
    const struct nvhw_sass_operand *o = &x->s->o[slot];
    uint64_t bits[SM_LANES];
    uint64_t keep = o->abs ? ~(UINT64_C(1) << 63) : UINT64_MAX,
             flip = o->neg ? UINT64_C(1) << 63 : 0;
    const uint32_t *low = raw(x, slot, 0);
    for (unsigned l = 0; l < SM_LANES; l++)
        bits[l] = o->kind == NV_SASS_IMM ? (uint64_t)low[l] << 32 : low[l];
    if (o->kind != NV_SASS_IMM) {
        const uint32_t *high = raw(x, slot, 1);
        for (unsigned l = 0; l < SM_LANES; l++)
            bits[l] |= (uint64_t)high[l] << 32;
    }
    for (unsigned l = 0; l < SM_LANES; l++) {
        bits[l] = (bits[l] & keep) ^ flip;
        memcpy(&out[l], &bits[l], 8);
    }
}

uint32_t sm_psrc(struct sm_ctx *x, unsigned slot)
{
    const struct nvhw_sass_operand *o = &x->s->o[slot];
    uint32_t bits = SM_ALL;
    if (o->kind == NV_SASS_UPRED)
        bits = x->w->up >> o->reg & 1 ? SM_ALL : 0;
    else if (o->kind == NV_SASS_PRED)
        bits = x->w->p[o->reg];
    return o->inv ? ~bits : bits;
}

void sm_dst_at(struct sm_ctx *x, unsigned reg, const uint32_t value[SM_LANES], uint32_t mask)
{
    uint32_t *row;
    if (reg >= NV_SASS_RZ)
        return;
    row = x->w->r[reg];
    if (mask == SM_ALL) {
        memcpy(row, value, sizeof(uint32_t) * SM_LANES);
        return;
    }
    for (unsigned l = 0; l < SM_LANES; l++)
        row[l] = mask >> l & 1 ? value[l] : row[l];
}

void sm_dst(struct sm_ctx *x, const uint32_t value[SM_LANES])
{
    const struct nvhw_sass_operand *o = &x->s->o[NV_SASS_D];
    if (o->kind == NV_SASS_REG)
        sm_dst_at(x, o->reg, value, x->mask);
}

void sm_dst64(struct sm_ctx *x, const uint64_t value[SM_LANES])
{
    const struct nvhw_sass_operand *o = &x->s->o[NV_SASS_D];
    uint32_t low[SM_LANES], high[SM_LANES];
    if (o->kind != NV_SASS_REG || o->reg == NV_SASS_RZ)
        return;
    for (unsigned l = 0; l < SM_LANES; l++) {
        low[l] = (uint32_t)value[l];
        high[l] = (uint32_t)(value[l] >> 32);
    }
    sm_dst_at(x, o->reg, low, x->mask);
    sm_dst_at(x, o->reg + 1u, high, x->mask);
}

void sm_pdst(struct sm_ctx *x, unsigned slot, uint32_t bits)
{
    const struct nvhw_sass_operand *o = &x->s->o[slot];
    if (o->kind == NV_SASS_PRED && o->reg != NV_SASS_PT)
        x->w->p[o->reg] = (x->w->p[o->reg] & ~x->mask) | (bits & x->mask);
}

uint32_t sm_usrc(struct sm_ctx *x, unsigned slot)
{
    const struct nvhw_sass_operand *o = &x->s->o[slot];
    uint32_t value = scalar(x, o, 0);
    if (o->inv || (o->neg && sm_mod(x, NV_SASS_MOD_X)))
        return ~value;
    return o->neg ? 0 - value : value;
}

uint64_t sm_usrc64(struct sm_ctx *x, unsigned slot)
{
    const struct nvhw_sass_operand *o = &x->s->o[slot];
    uint64_t value = scalar(x, o, 0) | (uint64_t)scalar(x, o, 1) << 32;
    if (o->neg && sm_mod(x, NV_SASS_MOD_X))
        return ~value;
    return o->neg ? 0 - value : value;
}

bool sm_upsrc(struct sm_ctx *x, unsigned slot)
{
    const struct nvhw_sass_operand *o = &x->s->o[slot];
    bool value = o->kind == NV_SASS_NONE || (x->w->up >> (o->reg & 7) & 1);
    return value != o->inv;
}

void sm_udst(struct sm_ctx *x, unsigned part, uint32_t value)
{
    const struct nvhw_sass_operand *o = &x->s->o[NV_SASS_D];
    if (x->mask && o->kind == NV_SASS_UREG && o->reg != NV_SASS_URZ)
        x->w->ur[(o->reg + part) & 255] = value;
    x->w->ur[NV_SASS_URZ] = 0;
}

void sm_updst(struct sm_ctx *x, unsigned slot, bool value)
{
    const struct nvhw_sass_operand *o = &x->s->o[slot];
    if (x->mask && o->kind == NV_SASS_UPRED && o->reg != NV_SASS_PT)
        x->w->up = (uint8_t)((x->w->up & ~(1u << o->reg)) | (unsigned)value << o->reg);
}
