/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * One texel: where it lies and what its bits are worth, to whoever fetches it and to a filter.
 */
#include "tex.h"

#include <nvhw/copy.h>
#include <nvhw/tic.h>

#include <math.h>

#define TYPE(name) NV_TIC_V1_BLOCKLINEAR_R_DATA_TYPE_##name
#define KIND(name) NV_TIC_V1_BLOCKLINEAR_TEXTURE_TYPE_##name

enum { ROUND_PARTS = 32 };
enum {
    UNORM_MAX = 65535,
    SNORM_MAX = 32767,
    SNORM_MORE = 8,
    HALF_MANTISSA = 10,
    FLOAT_MANTISSA = 23
};

/* ---- Where ----------------------------------------------------------------------------------- */

static uint32_t log2_up(uint32_t n)
{
    uint32_t log2 = 0;

    while (((uint64_t)1 << log2) < n)
        log2++;
    return log2;
}

struct tex_level {
    uint32_t across, down; /* blocks */
    uint32_t height_log2, depth_log2;
    uint64_t bytes;
};

/* A level's blocks are no larger than it needs. */
static struct tex_level level_of(const struct tex_image *t, uint32_t level)
{
    const struct nvhw_texel_format *f = t->format;
    uint32_t rows = (tex_size(t->height, level) + f->height - 1) / f->height;
    uint32_t columns = (tex_size(t->width, level) + f->width - 1) / f->width;
    uint32_t slices = t->kind == KIND(THREE_D) ? tex_size(t->depth, level) : 1;
    uint32_t gobs = (rows + NV_GOB_HEIGHT - 1) / NV_GOB_HEIGHT;
    struct tex_level l = {.height_log2 = t->block_height_log2, .depth_log2 = t->block_depth_log2};

    if (l.height_log2 > log2_up(gobs))
        l.height_log2 = log2_up(gobs);
    if (l.depth_log2 > log2_up(slices))
        l.depth_log2 = log2_up(slices);
    l.across = (columns * f->bytes + NV_GOB_WIDTH_BYTES - 1) / NV_GOB_WIDTH_BYTES;
    l.down = (gobs + (1u << l.height_log2) - 1) >> l.height_log2;
    l.bytes = (uint64_t)l.across * l.down * ((slices + (1u << l.depth_log2) - 1) >> l.depth_log2) *
              ((uint64_t)NV_GOB_BYTES << (l.height_log2 + l.depth_log2));
    return l;
}

static uint64_t in_gob(uint64_t column, uint64_t row)
{
    return NVHW_NUM(NV_GOB_TURING_OFFSET, X_3_0, column & 15) |
           NVHW_NUM(NV_GOB_TURING_OFFSET, Y_0, row & 1) |
           NVHW_NUM(NV_GOB_TURING_OFFSET, Y_1, row >> 1 & 1) |
           NVHW_NUM(NV_GOB_TURING_OFFSET, X_4, column >> 4 & 1) |
           NVHW_NUM(NV_GOB_TURING_OFFSET, Y_2, row >> 2 & 1) |
           NVHW_NUM(NV_GOB_TURING_OFFSET, X_5, column >> 5 & 1);
}

uint64_t tex_address(const struct tex_image *t, uint32_t level, uint32_t layer,
                     const uint32_t at[3])
{
    uint32_t x = at[0] / t->format->width, y = at[1] / t->format->height, z = at[2];
    uint64_t column = (uint64_t)x * t->format->bytes, sum = 0, from = 0, block, gob;
    struct tex_level l, first = level_of(t, 0);

    if (t->buffer)
        return t->address + column;
    if (t->pitch)
        return t->address + (uint64_t)y * t->pitch_bytes + column;
    for (uint32_t i = 0; layer && i < t->levels; i++)
        sum += level_of(t, i).bytes;
    for (uint32_t i = 0; i < level; i++)
        from += level_of(t, i).bytes;
    block = (uint64_t)NV_GOB_BYTES << (first.height_log2 + first.depth_log2);
    sum = (sum + block - 1) / block * block;
    l = level_of(t, level);
    block =
        ((uint64_t)(z >> l.depth_log2) * l.down + (y / NV_GOB_HEIGHT >> l.height_log2)) * l.across +
        column / NV_GOB_WIDTH_BYTES;
    gob = ((uint64_t)(z & ((1u << l.depth_log2) - 1)) << l.height_log2) +
          (y / NV_GOB_HEIGHT & ((1u << l.height_log2) - 1));
    return t->address + layer * sum + from +
           ((block << (l.height_log2 + l.depth_log2)) + gob) * NV_GOB_BYTES +
           in_gob(column % NV_GOB_WIDTH_BYTES, y % NV_GOB_HEIGHT);
}

/* ---- What ------------------------------------------------------------------------------------ */

static uint32_t bits_of(float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

float tex_half_to_float(uint32_t half)
{
    uint32_t exponent = half >> 10 & 31, fraction = half & 1023, bits = (half & 0x8000) << 16;
    float value;

    if (exponent == 0)
        value = (float)ldexp((half & 0x8000) ? -(double)fraction : (double)fraction, -24);
    else {
        bits |= (exponent == 31 ? 255u : exponent + 112) << 23 | fraction << 13;
        memcpy(&value, &bits, sizeof(value));
        return value;
    }
    return (half & 0x8000) && !fraction ? -0.0f : value;
}

static void set_bits(struct tex_value *v, uint32_t bits)
{
    *v = (struct tex_value){.bits = bits, .class = TEX_BITS};
}

/* Filters round what is short and cut what is long. */
static void set_integer(struct tex_value *v, uint32_t bits, bool is_signed, bool rounds)
{
    *v = (struct tex_value){.bits = bits,
                            .class = rounds ? TEX_INTEGER_ROUND : TEX_INTEGER,
                            .value = is_signed ? (double)(int32_t)bits : (double)bits};
}

static void set_unorm(struct tex_value *v, uint32_t fixed)
{
    *v = (struct tex_value){.bits = bits_of((float)(fixed / (double)UNORM_MAX)),
                            .class = TEX_UNORM,
                            .fixed = (int32_t)fixed};
}

static void set_snorm(struct tex_value *v, double value, int32_t fixed)
{
    *v = (struct tex_value){
        .bits = bits_of((float)(value < -1 ? -1 : value)), .class = TEX_SNORM, .fixed = fixed};
}

static void set_float(struct tex_value *v, float value, uint8_t mantissa, int least)
{
    int exponent = 0;

    (void)frexp((double)value, &exponent);
    *v = (struct tex_value){.bits = bits_of(value),
                            .class = TEX_FLOAT,
                            .mantissa = mantissa,
                            .exponent = (int16_t)(exponent - 1 < least ? least : exponent - 1),
                            .value = (double)value};
    if (value == 0 || !isfinite(value))
        v->exponent = INT16_MIN;
}

/* An unsigned number of `bits` bits as 16 bits, its pattern repeated; short ones become bytes
 * first. */
static uint32_t repeat(uint32_t value, unsigned bits)
{
    uint32_t out = 0;

    if (bits < 8) {
        for (int at = 8 - (int)bits; at > -(int)bits; at -= (int)bits)
            out |= at >= 0 ? value << at : value >> -at;
        return out * 257;
    }
    for (int at = 16 - (int)bits; at > -(int)bits; at -= (int)bits)
        out |= at >= 0 ? value << at : value >> -at;
    return out;
}

static void set_signed(struct tex_value *v, uint32_t raw, unsigned bits)
{
    int32_t value = (int32_t)(raw << (32 - bits)) >> (32 - bits);
    int32_t most = (int32_t)((1u << (bits - 1)) - 1);

    if (bits == 16)
        set_snorm(v, value / (double)most, (value < -most ? -most : value) * SNORM_MORE);
    else
        set_snorm(v, value / (double)most,
                  (int32_t)floor(value * (double)SNORM_MAX * SNORM_MORE / most));
}

/* sRGB: a float of 8 bits, whose exponent counts as one more just below a power of two. */
static void set_srgb(struct tex_value *v, uint32_t byte)
{
    float value = (float)nvhw_srgb[byte] / (float)(1 << NV_SRGB_UNIT_LOG2);

    set_float(v, value, 3, -30);
    if (byte && (double)value >= ldexp(0.95, v->exponent + 1))
        v->exponent++;
}

static void set_number(struct tex_value *v, uint32_t raw, unsigned bits, uint32_t type)
{
    float single;

    if (type == TYPE(SNORM) && bits < 8)
        type = TYPE(UNORM); /* as A2B10G10R10 has it on silicon; others assumed */
    switch (type) {
    case TYPE(UINT):
        set_integer(v, raw, false, bits <= 16);
        return;
    case TYPE(SINT):
        set_integer(v, (uint32_t)((int32_t)(raw << (32 - bits)) >> (32 - bits)), true, bits <= 16);
        return;
    case TYPE(SNORM):
        set_signed(v, raw, bits);
        return;
    case TYPE(FLOAT):
        if (bits == 16) {
            set_float(v, tex_half_to_float(raw), HALF_MANTISSA, -14);
            return;
        }
        memcpy(&single, &raw, sizeof(single));
        set_float(v, single, FLOAT_MANTISSA, -126);
        v->bits = raw;
        return;
    default:
        if (bits <= 16) {
            set_unorm(v, repeat(raw, bits));
            if (bits >= 8)
                v->bits = bits_of((float)(raw / (double)((1u << bits) - 1)));
        }
        if (bits > 16)
            set_float(v, (float)(raw / (double)((UINT64_C(1) << bits) - 1)), FLOAT_MANTISSA, -126);
    }
}

static uint32_t take(const uint8_t *element, unsigned lo, unsigned bits)
{
    uint64_t words = 0;

    memcpy(&words, element + lo / 8, lo / 8 + 8 <= 16 ? 8 : 16 - lo / 8);
    return (uint32_t)(words >> (lo % 8) & ((UINT64_C(1) << bits) - 1));
}

/* 10 and 2 bits go together: all unsigned unless they are numbers. */
static uint32_t type_of(const struct tex_image *t, unsigned part)
{
    uint32_t type = t->type[part];

    switch (t->format->code) {
    case NV_TIC_V2_BLOCKLINEAR_COMPONENTS_A2B10G10R10:
        return type == TYPE(UINT) ? type : TYPE(UNORM);
    case NV_TIC_V2_BLOCKLINEAR_COMPONENTS_G8R24:
        return part ? TYPE(UINT) : TYPE(UNORM);
    case NV_TIC_V2_BLOCKLINEAR_COMPONENTS_G24R8:
        return part ? TYPE(UNORM) : TYPE(UINT);
    case NV_TIC_V2_BLOCKLINEAR_COMPONENTS_R32_B24G8:
        return TYPE(UINT);
    default:
        return type;
    }
}

static void set_small_float(struct tex_value *v, uint32_t raw, unsigned bits)
{
    set_float(v, tex_half_to_float(raw << (15 - bits)), HALF_MANTISSA, -14);
}

static void decode_shared(const struct tex_image *t, const uint8_t *element, struct tex_texel *out)
{
    int exponent = (int)take(element, t->format->part[3].lo, t->format->part[3].bits) - 24;

    for (unsigned i = 0; i < 3; i++) {
        uint32_t raw = take(element, t->format->part[i].lo, t->format->part[i].bits);

        set_float(&out->part[i], (float)ldexp(raw, exponent), 9, -126);
        out->part[i].exponent = (int16_t)(exponent + 8);
    }
}

/* Two texels next to each other: the first holds red, the second blue, each a green. */
static void decode_pair(const struct tex_image *t, const uint8_t *pair, unsigned odd,
                        struct tex_texel *out)
{
    unsigned color = t->format->part[0].lo / 8, green = t->format->part[1].lo / 8;

    set_number(&out->part[0], pair[color], 8, t->type[0]);
    set_number(&out->part[1], pair[green + 2 * odd], 8, t->type[1]);
    set_number(&out->part[2], pair[color + 2], 8, t->type[2]);
}

static void decode_block(const struct tex_image *t, const uint8_t *block, unsigned x, unsigned y,
                         struct tex_texel *out)
{
    struct tex_block_texel texel = {.part = {0}};

    tex_block(t->format, block, t->type[0] == TYPE(SNORM), x, y, &texel);
    for (unsigned i = 0; i < t->format->count; i++) {
        if (texel.halves)
            set_float(&out->part[i], tex_half_to_float(texel.part[i]), HALF_MANTISSA, -14);
        else if (texel.is_signed)
            set_signed(&out->part[i], texel.part[i], 16);
        else if (t->srgb && i < 3)
            set_srgb(&out->part[i], texel.part[i] >> 8);
        else
            set_unorm(&out->part[i], texel.part[i]);
    }
}

static void decode(const struct tex_image *t, const uint8_t *element, const uint32_t at[3],
                   struct tex_texel *out)
{
    const struct nvhw_texel_format *f = t->format;

    for (unsigned i = 0; i < 4; i++)
        set_bits(&out->part[i], 0);
    switch (f->packing) {
    case NV_TEXEL_PLAIN:
        for (unsigned i = 0; i < f->count; i++) {
            uint32_t raw = take(element, f->part[i].lo, f->part[i].bits);

            if (t->srgb && i < 3 && f->part[i].bits == 8)
                set_srgb(&out->part[i], raw);
            else
                set_number(&out->part[i], raw, f->part[i].bits, type_of(t, i));
        }
        return;
    case NV_TEXEL_SHARED_EXP:
        decode_shared(t, element, out);
        return;
    case NV_TEXEL_PACKED_FLOAT:
        for (unsigned i = 0; i < f->count; i++)
            set_small_float(&out->part[i], take(element, f->part[i].lo, f->part[i].bits),
                            f->part[i].bits);
        return;
    case NV_TEXEL_PAIR:
        decode_pair(t, element, at[0] & 1, out);
        return;
    default:
        decode_block(t, element, at[0] % f->width, at[1] % f->height, out);
    }
}

bool tex_fetch(struct sm_ctx *x, int lane, const struct tex_image *t, uint32_t level,
               uint32_t layer, const uint32_t at[3], struct tex_texel *out)
{
    uint32_t from[3] = {at[0], at[1], at[2]};
    uint8_t element[16] = {0};
    unsigned bytes = t->format->bytes, unit;
    uint64_t va;

    if (t->format->packing == NV_TEXEL_PAIR) {
        from[0] &= ~1u;
        bytes *= 2;
    }
    va = tex_address(t, level, layer, from);
    unit = bytes == 12 ? 4 : bytes;
    for (unsigned done = 0; done < bytes; done += unit) {
        const uint8_t *memory = sm_global(x, lane, va + done, unit, GPUM_READ);

        if (!memory)
            return false;
        memcpy(element + done, memory, unit);
    }
    decode(t, element, at, out);
    return true;
}

/* A half float, towards zero. */
static double to_half(float value)
{
    int exponent = 0;
    double unit;

    (void)frexp((double)value, &exponent);
    unit = ldexp(1, (exponent - 1 < -14 ? -14 : exponent - 1) - HALF_MANTISSA);
    return isfinite(value) ? trunc((double)value / unit) * unit : (double)value;
}

/* ---- Borders and results --------------------------------------------------------------------- */

static double clamp(double value, double low, double high)
{
    return value >= high ? high : value >= low ? value : low;
}

uint32_t tex_round(double value)
{
    return (uint32_t)(int64_t)copysign(ceil(floor(fabs(value) * ROUND_PARTS) / ROUND_PARTS - 0.5),
                                       value);
}

/* As many bits as a texel's component has; ties go towards zero. */
static uint32_t quantize(double value, unsigned bits, bool is_signed)
{
    double most = (double)(((uint64_t)1 << (bits - is_signed)) - 1);

    return tex_round((double)((float)clamp(value, is_signed ? -1 : 0, 1) * (float)most)) &
           (uint32_t)(((uint64_t)1 << bits) - 1);
}

/* Alpha of 2 bits and the values of BC4 and BC5 have borders of 16. */
static unsigned border_bits(const struct nvhw_texel_format *f, unsigned part)
{
    if (f->packing == NV_TEXEL_BC4 || f->packing == NV_TEXEL_BC5)
        return 16;
    if (f->part[part].bits == 2)
        return 16;
    return f->part[part].bits ? f->part[part].bits : 8;
}

void tex_value_of(const struct tex_image *t, unsigned part, float value, struct tex_value *out)
{
    uint32_t type = type_of(t, part);
    unsigned bits = border_bits(t->format, part);

    if (t->format->packing == NV_TEXEL_SHARED_EXP || t->format->packing == NV_TEXEL_PACKED_FLOAT ||
        t->format->packing == NV_TEXEL_BC6_SIGNED || t->format->packing == NV_TEXEL_BC6_UNSIGNED ||
        (type == TYPE(FLOAT) && bits <= 16))
        set_float(out, (float)to_half(value), HALF_MANTISSA, -14);
    else if (type == TYPE(FLOAT) || (type == TYPE(UNORM) && bits > 16))
        set_float(out, value, FLOAT_MANTISSA, -126);
    else if (type == TYPE(SNORM) || type == TYPE(UNORM))
        set_number(out, quantize((double)value, bits, type == TYPE(SNORM)), bits, type);
    else
        set_number(out, bits < 32 ? bits_of(value) & ((1u << bits) - 1) : bits_of(value), bits,
                   type);
    if (bits == 10 && type == TYPE(UNORM)) /* filters see 16 bits of it */
        out->fixed = (int32_t)(clamp((double)value, 0, 1) * UNORM_MAX + 0.5);
}

void tex_border(const struct tex_image *t, const struct tex_sampler *s, struct tex_texel *out)
{
    for (unsigned i = 0; i < 4; i++) {
        if (t->srgb && i < 3)
            set_srgb(&out->part[i], s->srgb_border[i]);
        else if (i < t->format->count)
            tex_value_of(t, i, s->border[i], &out->part[i]);
        else
            set_bits(&out->part[i], 0);
    }
}

void tex_swizzle(const struct tex_image *t, const struct tex_texel *texel, uint32_t out[4])
{
    for (unsigned i = 0; i < 4; i++) {
        uint8_t source = t->source[i];

        if (source >= NV_TIC_V1_BLOCKLINEAR_X_SOURCE_R &&
            source <= NV_TIC_V1_BLOCKLINEAR_X_SOURCE_A)
            out[i] = texel->part[source - NV_TIC_V1_BLOCKLINEAR_X_SOURCE_R].bits;
        else
            out[i] = source == NV_TIC_V1_BLOCKLINEAR_X_SOURCE_ONE_INT     ? 1
                     : source == NV_TIC_V1_BLOCKLINEAR_X_SOURCE_ONE_FLOAT ? bits_of(1)
                                                                          : 0;
    }
}
