/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Sampling: coordinates become texels with weights, texels a result. Coordinates are cut to 21 bits
 * of fraction, weights and levels have 8; the weights of a footprint always sum to 256, so each
 * split rounds one side and gives the rest to the other.
 */
#include "tex.h"

#include <nvhw/image.h>
#include <nvhw/sampler.h>
#include <nvhw/tic.h>

#include <math.h>

enum {
    COORD_BITS = NV_TEXTURE_COORDINATE_FRACTION_BITS,
    GUARD_BITS = NV_TEXTURE_FLOAT_GUARD_BITS,
    HALF_BITS = 10,
    BORDER = -1
};

/* Half a NaN, widened. */
#define HALF_NAN  0x7fffe000u

/* Farther away is as far as that: in images, and in texels. */
#define COORD_MAX 4096.0
#define TEXEL_MAX 262144.0

struct tap {
    struct tex_texel texel;
    int weight;
};

struct footprint {
    struct tap tap[2 * TEX_TAPS_MAX];
    unsigned count;
};

/* An axis: one texel, or two with the second one's share. */
struct axis {
    int32_t index[2]; /* BORDER: outside */
    int32_t share;
};

/* ---- Coordinates ----------------------------------------------------------------------------- */

static int32_t mirror(int32_t i, int32_t size)
{
    int32_t period = i % (2 * size);

    if (period < 0)
        period += 2 * size;
    return period < size ? period : 2 * size - 1 - period;
}

static int32_t wrap(uint8_t mode, int32_t i, int32_t size)
{
    int32_t once = i < 0 ? -1 - i : i;

    switch (mode) {
    case NV_TSC_V1_ADDRESS_U_WRAP:
        return (i % size + size) % size;
    case NV_TSC_V1_ADDRESS_U_MIRROR:
        return mirror(i, size);
    case NV_TSC_V1_ADDRESS_U_CLAMP_TO_EDGE:
        return i < 0 ? 0 : i < size ? i : size - 1;
    case NV_TSC_V1_ADDRESS_U_BORDER:
    case NV_TSC_V1_ADDRESS_U_CLAMP_OGL:
        return i < 0 || i >= size ? BORDER : i;
    case NV_TSC_V1_ADDRESS_U_MIRROR_ONCE_CLAMP_TO_EDGE:
        return once < size ? once : size - 1;
    default:
        return once < size ? once : BORDER;
    }
}

/* A coordinate in units of 2^-21 of the image (or of a texel). */
static int64_t fixed(float value, bool normalized)
{
    double v = (double)value, most = normalized ? COORD_MAX : TEXEL_MAX;

    if (!(v > -most))
        v = v < 0 ? -most : 0;
    return (int64_t)floor((v < most ? v : most) * (1 << COORD_BITS));
}

/* Clamping like old OpenGL keeps the coordinate itself within the image. */
static int64_t clamp_ogl(uint8_t mode, int64_t at, int64_t end)
{
    if (mode == NV_TSC_V1_ADDRESS_U_MIRROR_ONCE_CLAMP_OGL && at < 0)
        at = -at;
    if (mode == NV_TSC_V1_ADDRESS_U_CLAMP_OGL || mode == NV_TSC_V1_ADDRESS_U_MIRROR_ONCE_CLAMP_OGL)
        return at < 0 ? 0 : at > end ? end : at;
    return at;
}

static struct axis axis_of(const struct tex_sampler *s, uint8_t mode, float coordinate,
                           uint32_t size, bool normalized, bool linear, int32_t offset)
{
    int64_t end = normalized ? INT64_C(1) << COORD_BITS : (int64_t)size << COORD_BITS;
    int64_t at =
        clamp_ogl(mode, fixed(coordinate, normalized), end) * (normalized ? (int64_t)size : 1);
    int64_t eighth; /* in 1/256 texels */
    int32_t first;

    (void)s;
    if (!linear) {
        first = (int32_t)(fixed(coordinate, normalized) * (normalized ? (int64_t)size : 1) >>
                          COORD_BITS) +
                offset;
        if (mode == NV_TSC_V1_ADDRESS_U_CLAMP_OGL)
            mode = NV_TSC_V1_ADDRESS_U_CLAMP_TO_EDGE;
        if (mode == NV_TSC_V1_ADDRESS_U_MIRROR_ONCE_CLAMP_OGL)
            mode = NV_TSC_V1_ADDRESS_U_MIRROR_ONCE_CLAMP_TO_EDGE;
        return (struct axis){{wrap(mode, first, (int32_t)size), 0}, 0};
    }
    eighth =
        ((at * TEX_FRACTION + (INT64_C(1) << (COORD_BITS - 1))) >> COORD_BITS) - TEX_FRACTION / 2;
    first = (int32_t)(eighth >> 8) + offset;
    return (struct axis){{wrap(mode, first, (int32_t)size), wrap(mode, first + 1, (int32_t)size)},
                         (int32_t)(eighth & (TEX_FRACTION - 1))};
}

/* ---- Weights --------------------------------------------------------------------------------- */

/* The second side's part of a weight; ties go to the second side or to the first. */
static int share_of(int weight, int share, bool to_second)
{
    if (to_second)
        return (weight * share + TEX_FRACTION / 2) >> 8;
    return weight - ((weight * (TEX_FRACTION - share) + TEX_FRACTION / 2) >> 8);
}

static bool add_tap(struct sm_ctx *x, int lane, const struct tex_image *t,
                    const struct tex_sampler *s, uint32_t level, uint32_t layer,
                    const int32_t index[3], int weight, struct footprint *out)
{
    struct tap *tap = &out->tap[out->count];
    uint32_t at[3];

    tap->weight = weight;
    out->count++;
    if (index[0] == BORDER || index[1] == BORDER || index[2] == BORDER) {
        tex_border(t, s, &tap->texel);
        return true;
    }
    for (unsigned i = 0; i < 3; i++)
        at[i] = (uint32_t)index[i];
    return tex_fetch(x, lane, t, level, layer, at, &tap->texel);
}

/* ---- Blending -------------------------------------------------------------------------------- */

static uint32_t bits_of(float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

/* Rounded, ties away from zero, to a float with that many bits below the leading one. */
static float to_precision(double value, int mantissa, int least)
{
    int exponent = 0;
    double unit;

    if (value == 0)
        return 0;
    (void)frexp(value, &exponent);
    unit = ldexp(1, (exponent - 1 < least ? least : exponent - 1) - mantissa);
    return (float)(copysign(floor(fabs(value) / unit + 0.5), value) * unit);
}

/* All are aligned to the largest, what falls off is lost, then they are weighed. */
static uint32_t blend_float(const struct footprint *f, unsigned part)
{
    int largest = INT16_MIN, mantissa = f->tap[0].texel.part[part].mantissa;
    double sum = 0, infinite = 0, unit;

    for (unsigned i = 0; i < f->count; i++) {
        const struct tex_value *v = &f->tap[i].texel.part[part];

        if (f->tap[i].weight && isnan(v->value))
            return mantissa > HALF_BITS ? 0x7fffffff : HALF_NAN;
        if (f->tap[i].weight && isinf(v->value))
            infinite = v->value;
        if (f->tap[i].weight && v->exponent > largest)
            largest = v->exponent;
    }
    if (infinite != 0)
        return bits_of((float)infinite);
    if (largest == INT16_MIN)
        return 0;
    unit = ldexp(1, largest - mantissa - GUARD_BITS);
    for (unsigned i = 0; i < f->count; i++)
        sum += trunc(f->tap[i].texel.part[part].value / unit) * f->tap[i].weight;
    sum = sum * unit / TEX_FRACTION;
    return bits_of(mantissa > HALF_BITS ? to_precision(sum, mantissa, -126)
                                        : to_precision(sum, HALF_BITS, -14));
}

static uint32_t blend_fixed(const struct footprint *f, unsigned part, bool is_signed)
{
    int64_t sum = 0, scale = is_signed ? 8 : 1, most = is_signed ? 32767 : 65535;

    for (unsigned i = 0; i < f->count; i++)
        sum += (int64_t)f->tap[i].texel.part[part].fixed * f->tap[i].weight;
    sum = (sum + TEX_FRACTION / 2 * scale) >> (is_signed ? 11 : 8);
    if (sum < -most)
        sum = -most;
    return bits_of((float)((double)sum / (double)most));
}

static uint32_t blend_integer(const struct footprint *f, unsigned part, bool rounds)
{
    double sum = 0;

    for (unsigned i = 0; i < f->count; i++)
        sum += f->tap[i].texel.part[part].value * f->tap[i].weight;
    return (uint32_t)(int64_t)floor(sum / TEX_FRACTION + (rounds ? 0.5 : 0));
}

static float number_of(const struct tex_value *v)
{
    float value;

    memcpy(&value, &v->bits, sizeof(value));
    return value;
}

static void reduce(const struct footprint *f, unsigned part, bool maximum, struct tex_value *out)
{
    bool first = true;

    for (unsigned i = 0; i < f->count; i++) {
        const struct tex_value *v = &f->tap[i].texel.part[part];

        if (!f->tap[i].weight)
            continue;
        if (first || (number_of(v) > number_of(out)) == maximum)
            *out = *v;
        first = false;
    }
}

static void blend(const struct footprint *f, uint8_t reduction, struct tex_texel *out)
{
    for (unsigned part = 0; part < 4; part++) {
        struct tex_value *v = &out->part[part];

        *v = f->tap[0].texel.part[part];
        if (reduction)
            reduce(f, part, reduction == NV_TSC_V1_REDUCTION_FILTER_MAXIMUM, v);
        else if (f->count > 1 && v->class == TEX_FLOAT)
            v->bits = blend_float(f, part);
        else if (f->count > 1 && (v->class == TEX_INTEGER || v->class == TEX_INTEGER_ROUND))
            v->bits = blend_integer(f, part, v->class == TEX_INTEGER_ROUND);
        else if (f->count > 1 && v->class != TEX_BITS)
            v->bits = blend_fixed(f, part, v->class == TEX_SNORM);
    }
}

/* ---- Comparison ------------------------------------------------------------------------------ */

static bool holds(uint8_t func, float reference, float value)
{
    switch (func) {
    case NV_TSC_V1_DEPTH_COMPARE_FUNC_NEVER:
        return false;
    case NV_TSC_V1_DEPTH_COMPARE_FUNC_LESS:
        return reference < value;
    case NV_TSC_V1_DEPTH_COMPARE_FUNC_EQUAL:
        return reference == value;
    case NV_TSC_V1_DEPTH_COMPARE_FUNC_LEQUAL:
        return reference <= value;
    case NV_TSC_V1_DEPTH_COMPARE_FUNC_GREATER:
        return reference > value;
    case NV_TSC_V1_DEPTH_COMPARE_FUNC_NOTEQUAL:
        return reference != value;
    case NV_TSC_V1_DEPTH_COMPARE_FUNC_GEQUAL:
        return reference >= value;
    default:
        return true;
    }
}

/* Each texel becomes what the comparison says of it. */
static void compare_taps(const struct tex_image *t, const struct tex_sampler *s, float reference,
                         struct footprint *f)
{
    struct tex_value mine;

    tex_value_of(t, 0, reference, &mine);
    for (unsigned i = 0; i < f->count; i++) {
        struct tex_value *v = &f->tap[i].texel.part[0];
        bool yes = holds(s->compare_func, number_of(&mine), number_of(v));

        memset(f->tap[i].texel.part, 0, sizeof(f->tap[i].texel.part));
        *v = (struct tex_value){.bits = bits_of(yes),
                                .class = TEX_FLOAT,
                                .mantissa = HALF_BITS,
                                .exponent = yes ? 0 : INT16_MIN,
                                .value = yes};
    }
}

/* ---- A level --------------------------------------------------------------------------------- */

struct place {
    uint32_t layer;
    float at[3];
    unsigned dimensions;
    bool normalized, linear;
};

static bool sample_level(struct sm_ctx *x, int lane, const struct tex_image *t,
                         const struct tex_sampler *s, const struct tex_query *q,
                         const struct place *p, uint32_t level, int weight, struct footprint *out)
{
    uint32_t size[3] = {tex_size(t->width, level), tex_size(t->height, level),
                        tex_size(t->depth, level)};
    struct axis axis[3] = {{{0, 0}, 0}, {{0, 0}, 0}, {{0, 0}, 0}};
    unsigned d = p->dimensions;

    for (unsigned i = 0; i < d && i < 3; i++)
        axis[i] = axis_of(s, s->wrap[i], p->at[i], size[i], p->normalized, p->linear, q->offset[i]);
    for (unsigned z = 0; z < (p->linear && d > 2 ? 2u : 1u); z++) {
        int second = share_of(weight, axis[2].share, true), wz = z ? second : weight - second;

        for (unsigned i = 0; i < (p->linear ? 2u : 1u); i++) {
            int sx = share_of(wz, axis[0].share, true), wx = i ? sx : wz - sx;

            for (unsigned k = 0; k < (p->linear && d > 1 ? 2u : 1u); k++) {
                int sy = share_of(wx, axis[1].share, i == 1), wy = k ? sy : wx - sy;
                int32_t at[3] = {axis[0].index[i], axis[1].index[k], axis[2].index[z]};

                if (!add_tap(x, lane, t, s, level, p->layer, at, wy, out))
                    return false;
            }
        }
    }
    return true;
}

/* ---- Levels ---------------------------------------------------------------------------------- */

int32_t tex_clamp_lod(const struct tex_image *t, const struct tex_sampler *s, int32_t lod)
{
    int32_t last = (int32_t)(t->view_last - t->view_first) << 8;

    if (lod < (int32_t)s->min_lod)
        lod = (int32_t)s->min_lod;
    if (lod > (int32_t)s->max_lod)
        lod = (int32_t)s->max_lod;
    if (lod < (int32_t)t->min_lod)
        lod = (int32_t)t->min_lod;
    return lod < 0 ? 0 : lod > last ? last : lod;
}

static bool gather(struct sm_ctx *x, int lane, const struct tex_image *t,
                   const struct tex_sampler *s, const struct tex_query *q, struct place *p,
                   uint32_t out[4])
{
    /* The footprint's taps are column by column; gathering goes around from lower left. */
    static const uint8_t order[] = {1, 3, 2, 0};
    struct footprint f = {.count = 0};
    uint32_t words[4];

    p->linear = true;
    if (!sample_level(x, lane, t, s, q, p, t->view_first, TEX_FRACTION, &f))
        return false;
    for (unsigned i = 0; i < 4; i++) {
        struct footprint one = {.count = 0};
        struct tex_query moved = *q;

        if (q->offsets) {
            const uint8_t *offset = q->offsets + (size_t)2 * i;

            moved.offset[0] = (int8_t)(offset[0] << 2) >> 2;
            moved.offset[1] = (int8_t)(offset[1] << 2) >> 2;
            if (!sample_level(x, lane, t, s, &moved, p, t->view_first, TEX_FRACTION, &one))
                return false;
            f.tap[order[i]] = one.tap[0];
        }
        if (q->compare) {
            one.tap[0] = f.tap[order[i]];
            one.count = 1;
            compare_taps(t, s, q->reference, &one);
            f.tap[order[i]] = one.tap[0];
        }
        tex_swizzle(t, &f.tap[order[i]].texel, words);
        out[i] = words[q->part];
    }
    return true;
}

bool tex_sample(struct sm_ctx *x, int lane, const struct tex_image *t, const struct tex_sampler *s,
                const struct tex_query *q, uint32_t out[4])
{
    struct place p = {.layer = q->layer,
                      .at = {q->at[0], q->at[1], q->at[2]},
                      .dimensions = q->dimensions,
                      .normalized = t->normalized && !s->unnormalized};
    int32_t lod = tex_clamp_lod(t, s, q->lod);
    struct footprint f = {.count = 0};
    struct tex_texel texel;
    uint32_t level;
    int share;

    memset(out, 0, 4 * sizeof(*out));
    if (t->buffer)
        return true; /* is fetched from only */
    if (q->gather)
        return gather(x, lane, t, s, q, &p, out);
    p.linear = (lod > 0 ? s->min : s->mag) == NV_TSC_V1_MAG_FILTER_LINEAR;
    if (s->mip == NV_TSC_V1_MIP_FILTER_POINT)
        lod = (lod + TEX_FRACTION / 2) & ~(TEX_FRACTION - 1);
    else if (s->mip != NV_TSC_V1_MIP_FILTER_LINEAR)
        lod = 0;
    level = t->view_first + ((uint32_t)lod >> 8);
    share = lod & (TEX_FRACTION - 1);
    if (!sample_level(x, lane, t, s, q, &p, level, TEX_FRACTION - share, &f) ||
        (share && !sample_level(x, lane, t, s, q, &p, level + 1, share, &f)))
        return false;
    if (q->compare)
        compare_taps(t, s, q->reference, &f);
    blend(&f, s->reduction, &texel);
    tex_swizzle(t, &texel, out);
    return true;
}
