/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Surfaces: loads and stores of storage images, formatted (.P) or as raw bits (.D). A coordinate
 * outside is ignored (zeros, nothing stored), moved to the nearest texel, or ends the grid.
 */
#include "tex.h"

#include "memory.h"

#include <nvhw/tic.h>

#include <math.h>

#define TYPE(name) NV_TIC_V1_BLOCKLINEAR_R_DATA_TYPE_##name
#define KIND(name) NV_TIC_V1_BLOCKLINEAR_TEXTURE_TYPE_##name

/* Two bits of alpha are full from here on; an H100 rounds 2.2 down and 2.46 up. */
#define FULL_ALPHA 2.4375f

struct surface {
    struct tex_image image;
    uint32_t handle;
    bool have;
};

struct place {
    uint32_t at[3], layer;
};

static unsigned dimensions(unsigned shape)
{
    return shape == NV_SASS_SSHAPE_3D                                       ? 3
           : shape == NV_SASS_SSHAPE_2D || shape == NV_SASS_SSHAPE_2D_ARRAY ? 2
                                                                            : 1;
}

static bool get_handle(struct sm_ctx *x, uint32_t l, uint32_t *handle)
{
    const struct nvhw_sass_operand *c = &x->s->o[NV_SASS_C];

    if (x->s->o[NV_SASS_UR].kind == NV_SASS_UREG) {
        *handle = sm_usrc(x, NV_SASS_UR);
        return true;
    }
    if (c->kind == NV_SASS_REG) {
        *handle = c->reg == NV_SASS_RZ ? 0 : x->w->r[c->reg][l];
        return true;
    }
    return sm_constant(x, (unsigned)x->s->o[NV_SASS_LUT2].imm,
                       (uint32_t)x->s->o[NV_SASS_OFFSET].imm * 4, handle);
}

static bool get_surface(struct sm_ctx *x, uint32_t l, struct surface *s)
{
    uint32_t handle;

    if (!get_handle(x, l, &handle))
        return false;
    if (s->have && s->handle == handle)
        return true;
    s->have = tex_image_get(x, (int)l, handle, &s->image);
    s->handle = handle;
    return s->have;
}

/* *inside: whether there is a texel to touch. False: the grid has ended. */
static bool locate(struct sm_ctx *x, uint32_t l, const struct tex_image *t, unsigned unit,
                   struct place *p, bool *inside)
{
    unsigned shape = sm_mod(x, NV_SASS_MOD_SSHAPE), d = dimensions(shape),
             reg = x->s->o[NV_SASS_A].reg;
    bool array = shape == NV_SASS_SSHAPE_1D_ARRAY || shape == NV_SASS_SSHAPE_2D_ARRAY;
    uint32_t size[4] = {t->width * unit, t->height, t->depth, t->depth}, at[4] = {0};
    unsigned clamp = sm_mod(x, NV_SASS_MOD_CLAMP);

    *inside = t->present;
    for (unsigned i = 0; i < d + array; i++)
        at[i < d ? i : 3] = reg == NV_SASS_RZ ? 0 : x->w->r[reg + i][l];
    for (unsigned i = 0; i < 4 && *inside; i++) {
        if (at[i] < size[i] || (i == 3 && !array))
            continue;
        if (clamp == NV_SASS_CLAMP_TRAP)
            return sm_fault(x, (int)l, "surface coordinate %u is 0x%x of %u (OOR_ADDR)", i, at[i],
                            size[i]);
        if (clamp == NV_SASS_CLAMP_IGN)
            *inside = false;
        else
            at[i] = i < 3 && (int32_t)at[i] < 0 ? 0 : size[i] - (i ? 1 : unit);
    }
    *p = (struct place){{at[0] / unit, at[1], at[2]}, at[3]};
    if (unit > 1 && *inside && at[0] % unit)
        return sm_fault(x, (int)l, "surface byte offset 0x%x within a texel: not supported", at[0]);
    return true;
}

static uint32_t level_of(const struct tex_image *t)
{
    return t->buffer ? 0 : t->view_first;
}

/* ---- Formatted ------------------------------------------------------------------------------- */

static unsigned components(const struct sm_ctx *x)
{
    switch (sm_mod(x, NV_SASS_MOD_SCOMP)) {
    case NV_SASS_SCOMP_R:
        return 1;
    case NV_SASS_SCOMP_RG:
        return 2;
    default:
        return 4;
    }
}

static bool exec_suld_p(struct sm_ctx *x)
{
    uint32_t out[4][SM_LANES] = {{0}};
    struct surface s = {.have = false};
    unsigned reg = x->s->o[NV_SASS_D].reg;

    SM_FOR_LANES(l, x->mask)
    {
        struct tex_texel texel;
        uint32_t words[4] = {0};
        struct place p = {0};
        bool inside;

        if (!get_surface(x, l, &s) || !locate(x, l, &s.image, 1, &p, &inside))
            return false;
        if (!inside)
            continue;
        if (!tex_fetch(x, (int)l, &s.image, level_of(&s.image), p.layer, p.at, &texel))
            return false;
        tex_swizzle(&s.image, &texel, words);
        for (unsigned i = 0; i < 4; i++)
            out[i][l] = words[i];
    }
    if (reg != NV_SASS_RZ)
        for (unsigned i = 0; i < components(x); i++)
            sm_dst_at(x, reg + i, out[i], x->mask);
    sm_pdst(x, NV_SASS_PD, 0);
    return true;
}

static double to_range(double value, double low, double high)
{
    return value >= high ? high : value >= low ? value : value < low ? low : 0;
}

/* A float with that many bits below the leading one and a half float's exponents, towards zero. */
static uint32_t small_float(float value, unsigned mantissa, bool is_signed)
{
    double size = fabs((double)value), unit, most = (2 - ldexp(1, -(int)mantissa)) * 32768;
    uint32_t sign = is_signed && signbit(value) ? 1u << (mantissa + 5) : 0;
    int exponent = 0;

    if (isnan(value))
        return sign | ((1u << (mantissa + 5)) - 1);
    if (!is_signed && value < 0)
        return 0;
    if (isinf(value))
        return sign | 31u << mantissa;
    (void)frexp(size, &exponent);
    exponent = exponent - 1 < -14 ? -14 : exponent - 1;
    unit = ldexp(1, exponent - (int)mantissa);
    size = trunc(size / unit) * unit;
    if (size > most)
        return sign | ((31u << mantissa) - 1);
    if (size < ldexp(1, -14))
        return sign | (uint32_t)(size / unit);
    return sign | (((uint32_t)(exponent + 15) << mantissa) +
                   (uint32_t)(size / unit - (double)(1u << mantissa)));
}

static uint32_t pack(uint32_t word, unsigned bits, uint32_t type)
{
    uint32_t mask = bits < 32 ? (1u << bits) - 1 : ~0u;
    float most = (float)(type == TYPE(SNORM) ? mask >> 1 : mask), value;

    memcpy(&value, &word, sizeof(value));
    switch (type) {
    case TYPE(UINT):
        return word < mask ? word : mask;
    case TYPE(SINT):
        if ((int32_t)word > (int32_t)(mask >> 1))
            return mask >> 1;
        return (int32_t)word < -(int32_t)(mask >> 1) - 1 ? (mask >> 1) + 1 : word & mask;
    case TYPE(FLOAT):
        return bits == 32 ? word : small_float(value, 10, true);
    case TYPE(SNORM):
        return tex_round((double)((float)to_range((double)value, -1, 1) * most)) & mask;
    default:
        if (bits == 2 && value * most >= FULL_ALPHA)
            return mask;
        return tex_round((double)((float)to_range((double)value, 0, 1) * most));
    }
}

static bool encode(struct sm_ctx *x, int lane, const struct tex_image *t, const uint32_t words[4],
                   uint8_t element[16])
{
    const struct nvhw_texel_format *f = t->format;

    memset(element, 0, 16);
    if (f->packing != NV_TEXEL_PLAIN && f->packing != NV_TEXEL_PACKED_FLOAT)
        return sm_fault(x, lane, "stores to texels of code 0x%x: not supported", f->code);
    for (unsigned i = 0; i < f->count; i++) {
        unsigned lo = f->part[i].lo, bits = f->part[i].bits;
        uint64_t value, had = 0;
        float number;

        memcpy(&number, &words[i], sizeof(number));
        value = f->packing == NV_TEXEL_PACKED_FLOAT ? small_float(number, bits - 5, false)
                                                    : pack(words[i], bits, t->type[i]);
        size_t at = (size_t)lo / 32 * 4;

        memcpy(&had, element + at, at + 8 <= 16 ? 8 : 4);
        had |= value << lo % 32;
        memcpy(element + at, &had, at + 8 <= 16 ? 8 : 4);
    }
    return true;
}

static bool write_element(struct sm_ctx *x, int lane, const struct tex_image *t,
                          const struct place *p, const uint8_t *element, unsigned bytes)
{
    uint64_t va = tex_address(t, level_of(t), p->layer, p->at);
    uint8_t *memory = sm_global(x, lane, va, bytes, GPUM_WRITE);

    if (memory)
        memcpy(memory, element, bytes);
    return memory != NULL;
}

static bool exec_sust_p(struct sm_ctx *x)
{
    struct surface s = {.have = false};
    unsigned reg = x->s->o[NV_SASS_B].reg, count = components(x);

    SM_FOR_LANES(l, x->mask)
    {
        uint32_t words[4] = {0};
        uint8_t element[16];
        struct place p = {0};
        bool inside;

        for (unsigned i = 0; i < count && reg != NV_SASS_RZ; i++)
            words[i] = x->w->r[reg + i][l];
        if (!get_surface(x, l, &s) || !locate(x, l, &s.image, 1, &p, &inside))
            return false;
        if (inside && (!encode(x, (int)l, &s.image, words, element) ||
                       !write_element(x, (int)l, &s.image, &p, element, s.image.format->bytes)))
            return false;
    }
    return true;
}

/* ---- Raw ------------------------------------------------------------------------------------- */

static unsigned raw_unit(const struct sm_ctx *x, const struct tex_image *t)
{
    return sm_mod(x, NV_SASS_MOD_BA) && t->format ? t->format->bytes : 1;
}

static bool exec_suld_d(struct sm_ctx *x)
{
    unsigned bytes = nvhw_sass_access_bytes(x->s), reg = x->s->o[NV_SASS_D].reg;
    unsigned size = sm_mod(x, NV_SASS_MOD_SIZE);
    uint32_t out[4][SM_LANES] = {{0}};
    struct surface s = {.have = false};

    SM_FOR_LANES(l, x->mask)
    {
        uint32_t words[4] = {0};
        const uint8_t *memory;
        struct place p = {0};
        bool inside;

        if (!get_surface(x, l, &s) || !locate(x, l, &s.image, raw_unit(x, &s.image), &p, &inside))
            return false;
        if (!inside)
            continue;
        memory = sm_global(x, (int)l, tex_address(&s.image, level_of(&s.image), p.layer, p.at),
                           bytes, GPUM_READ);
        if (!memory)
            return false;
        memcpy(words, memory, bytes);
        if (size == NV_SASS_SIZE_S8)
            words[0] = (uint32_t)(int8_t)words[0];
        if (size == NV_SASS_SIZE_S16)
            words[0] = (uint32_t)(int16_t)words[0];
        for (unsigned i = 0; i < 4; i++)
            out[i][l] = words[i];
    }
    if (reg != NV_SASS_RZ)
        for (unsigned i = 0; i < (bytes > 4 ? bytes / 4 : 1); i++)
            sm_dst_at(x, reg + i, out[i], x->mask);
    sm_pdst(x, NV_SASS_PD, 0);
    return true;
}

static bool exec_sust_d(struct sm_ctx *x)
{
    unsigned bytes = nvhw_sass_access_bytes(x->s), reg = x->s->o[NV_SASS_B].reg;
    struct surface s = {.have = false};

    SM_FOR_LANES(l, x->mask)
    {
        uint32_t words[4] = {0};
        struct place p = {0};
        bool inside;

        for (unsigned i = 0; i < (bytes > 4 ? bytes / 4 : 1) && reg != NV_SASS_RZ; i++)
            words[i] = x->w->r[reg + i][l];
        if (!get_surface(x, l, &s) || !locate(x, l, &s.image, raw_unit(x, &s.image), &p, &inside))
            return false;
        if (inside && !write_element(x, (int)l, &s.image, &p, (const uint8_t *)words, bytes))
            return false;
    }
    return true;
}

const struct sm_exec_entry sm_exec_surface[] = {{NV_SASS_SULD_P, exec_suld_p},
                                                {NV_SASS_SUST_P, exec_sust_p},
                                                {NV_SASS_SULD_D, exec_suld_d},
                                                {NV_SASS_SUST_D, exec_sust_d},
                                                {0, NULL}};
