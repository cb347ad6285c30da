/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Texture instructions: operands out of two register vectors, results into two register pairs. The
 * second vector begins with the handle where that is not a uniform register's; TXD and TXQ have it
 * in the first.
 */
#include "tex.h"

#include <nvhw/image.h>
#include <nvhw/tic.h>

#include <math.h>

enum { VECTOR_REGISTERS = 4, OFFSET_BITS = 4 };

struct vectors {
    const struct sm_ctx *x;
    unsigned reg[2]; /* registers of the two vectors; RZ: zeros */
};

/* Walks along one vector of a lane. */
struct cursor {
    const struct vectors *v;
    unsigned which, at;
    int lane;
};

static uint32_t next(struct cursor *c)
{
    unsigned reg = c->v->reg[c->which];

    return reg == NV_SASS_RZ ? 0 : c->v->x->w->r[reg + c->at++][c->lane];
}

static float next_float(struct cursor *c)
{
    uint32_t bits = next(c);
    float value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

static unsigned reg_of(const struct sm_ctx *x, unsigned slot)
{
    const struct nvhw_sass_operand *o = &x->s->o[slot];

    return o->kind == NV_SASS_REG ? o->reg : NV_SASS_RZ;
}

static bool begin(struct sm_ctx *x, struct vectors *v)
{
    v->x = x;
    v->reg[0] = reg_of(x, NV_SASS_A);
    v->reg[1] = reg_of(x, NV_SASS_B);
    for (unsigned i = 0; i < 2; i++)
        if (v->reg[i] != NV_SASS_RZ && v->reg[i] + VECTOR_REGISTERS > x->grid->desc.register_count)
            return sm_fault(x, -1, "texture operands reach beyond the registers");
    return true;
}

/* ---- Shapes ---------------------------------------------------------------------------------- */

struct shape {
    unsigned dimensions;
    bool array, cube;
};

static struct shape shape_of(const struct sm_ctx *x)
{
    switch (sm_mod(x, NV_SASS_MOD_SHAPE)) {
    case NV_SASS_SHAPE_1D:
        return (struct shape){1, false, false};
    case NV_SASS_SHAPE_A1D:
        return (struct shape){1, true, false};
    case NV_SASS_SHAPE_3D:
        return (struct shape){3, false, false};
    case NV_SASS_SHAPE_CUBE:
        return (struct shape){3, false, true};
    case NV_SASS_SHAPE_ACUBE:
        return (struct shape){3, true, true};
    case NV_SASS_SHAPE_A2D:
        return (struct shape){2, true, false};
    default:
        return (struct shape){2, false, false};
    }
}

/* What an image's kind has: silicon gives zeros to an access of another number of dimensions. */
static bool fits(const struct tex_image *t, struct shape shape)
{
    switch (t->kind) {
    case NV_TIC_V1_BLOCKLINEAR_TEXTURE_TYPE_ONE_D:
    case NV_TIC_V1_BLOCKLINEAR_TEXTURE_TYPE_ONE_D_ARRAY:
    case NV_TIC_V1_BLOCKLINEAR_TEXTURE_TYPE_ONE_D_BUFFER:
        return shape.dimensions == 1;
    case NV_TIC_V1_BLOCKLINEAR_TEXTURE_TYPE_TWO_D:
    case NV_TIC_V1_BLOCKLINEAR_TEXTURE_TYPE_TWO_D_ARRAY:
    case NV_TIC_V1_BLOCKLINEAR_TEXTURE_TYPE_TWO_D_NO_MIPMAP:
        return shape.dimensions == 2;
    case NV_TIC_V1_BLOCKLINEAR_TEXTURE_TYPE_THREE_D:
        return shape.dimensions == 3 && !shape.cube;
    case NV_TIC_V1_BLOCKLINEAR_TEXTURE_TYPE_CUBEMAP:
    case NV_TIC_V1_BLOCKLINEAR_TEXTURE_TYPE_CUBEMAP_ARRAY:
        return shape.cube;
    default:
        return false;
    }
}

static void texel_offset(uint32_t word, unsigned bits, unsigned stride, int32_t out[3])
{
    for (unsigned i = 0; i < 3; i++)
        out[i] = (int32_t)(word << (32 - bits - stride * i)) >> (32 - bits);
}

/* ---- Results --------------------------------------------------------------------------------- */

static uint32_t half_of(uint32_t bits, bool to_zero)
{
    float value, back;
    uint32_t sign = bits >> 16 & 0x8000, half = 0;

    memcpy(&value, &bits, sizeof(value));
    value = fabsf(value);
    if (isnan(value))
        return sign | 0x7fff;
    for (uint32_t step = 0x4000; step; step >>= 1) {
        back = tex_half_to_float(half + step);
        if (half + step <= 0x7c00 && back <= value)
            half += step;
    }
    if (!to_zero && half < 0x7c00) {
        float low = value - tex_half_to_float(half), high = tex_half_to_float(half + 1) - value;

        half += high < low || (high <= low && (half & 1));
    }
    return sign | half;
}

/* The components of the mask, packed: two in D, two in D2; halves go two to a register. */
static void put_results(struct sm_ctx *x, uint32_t out[4][SM_LANES])
{
    unsigned d = reg_of(x, NV_SASS_D), d2 = reg_of(x, NV_SASS_D2), n = 0;
    uint32_t mask =
        x->s->o[NV_SASS_LUT].kind == NV_SASS_IMM ? (uint32_t)x->s->o[NV_SASS_LUT].imm : 15;
    unsigned format = sm_mod(x, NV_SASS_MOD_TFMT);
    uint32_t packed[4][SM_LANES] = {{0}};

    for (unsigned i = 0; i < 4; i++)
        if (mask >> i & 1) {
            for (unsigned l = 0; l < SM_LANES; l++) {
                uint32_t word = out[i][l];

                if (format == NV_SASS_TFMT_F32)
                    packed[n][l] = word;
                else
                    packed[n & ~1u][l] |= half_of(word, format == NV_SASS_TFMT_F16_RZ)
                                          << 16 * (n & 1);
            }
            n++;
        }
    for (unsigned i = 0; i < n; i += format == NV_SASS_TFMT_F32 ? 1 : 2) {
        unsigned reg = i < 2 ? d : d2;

        if (reg != NV_SASS_RZ)
            sm_dst_at(x, reg + i % 2, packed[i], x->mask);
    }
    sm_pdst(x, NV_SASS_PD, 0);
}

/* ---- Handles --------------------------------------------------------------------------------- */

static bool bound_handle(struct sm_ctx *x, uint32_t *handle, bool *bindless)
{
    const struct nvhw_sass_operand *bank = &x->s->o[NV_SASS_LUT2], *ur = &x->s->o[NV_SASS_UR];
    uint32_t offset =
        x->s->o[NV_SASS_OFFSET].kind == NV_SASS_IMM ? (uint32_t)x->s->o[NV_SASS_OFFSET].imm : 0;

    *bindless = false;
    if (ur->kind == NV_SASS_UREG) {
        if (offset)
            return sm_fault(x, -1, "an offset to a uniform handle: not supported");
        *handle = sm_usrc(x, NV_SASS_UR);
        return true;
    }
    if (bank->kind == NV_SASS_IMM && x->s->o[NV_SASS_OFFSET].kind == NV_SASS_IMM) {
        if (sm_mod(x, NV_SASS_MOD_TB))
            return sm_fault(x, -1, "a bound texture with .B: not supported");
        return sm_constant(x, (unsigned)bank->imm, offset * 4, handle);
    }
    *bindless = true;
    return true;
}

/* The last handle of a warp is mostly the next lane's. */
struct objects {
    bool have_image, have_sampler;
    uint32_t handle;
    struct tex_image image;
    struct tex_sampler sampler;
};

static bool get_objects(struct sm_ctx *x, int lane, uint32_t handle, bool with_sampler,
                        struct objects *o)
{
    if (!o->have_image || o->handle != handle) {
        o->have_image = o->have_sampler = false;
        if (!tex_image_get(x, lane, handle, &o->image))
            return false;
        o->handle = handle;
        o->have_image = true;
    }
    if (with_sampler && !o->have_sampler) {
        if (!tex_sampler_get(x, lane, handle, &o->sampler))
            return false;
        o->have_sampler = true;
    }
    return true;
}

/* ---- TLD ------------------------------------------------------------------------------------- */

static bool fetch_lane(struct sm_ctx *x, const struct vectors *v, int lane, uint32_t handle,
                       bool bindless, struct objects *o, uint32_t out[4])
{
    struct shape shape = shape_of(x);
    struct cursor a = {v, 0, 0, lane}, b = {v, 1, 0, lane};
    uint32_t layer, at[3] = {0}, level = 0;
    int32_t offset[3] = {0};
    struct tex_texel texel;
    bool inside;

    if (bindless)
        handle = next(&b);
    layer = shape.array ? next(&a) & 0xffff : 0;
    for (unsigned i = 0; i < shape.dimensions; i++)
        at[i] = next(&a);
    if (sm_mod(x, NV_SASS_MOD_LOD) == NV_SASS_LOD_LL)
        level = next(&b);
    if (sm_mod(x, NV_SASS_MOD_TOFF) == NV_SASS_TOFF_AOFFI)
        texel_offset(next(&b), OFFSET_BITS, OFFSET_BITS, offset);
    if (!get_objects(x, lane, handle, false, o))
        return false;
    if (!o->image.present || !fits(&o->image, shape))
        return true;
    if (o->image.buffer)
        level = 0;
    inside = level <= o->image.view_last - o->image.view_first;
    level += inside ? o->image.view_first : 0;
    inside = inside && level < o->image.levels;
    for (unsigned i = 0; i < shape.dimensions && inside; i++) {
        uint32_t size = i == 0 ? o->image.width : i == 1 ? o->image.height : o->image.depth;

        at[i] += (uint32_t)offset[i];
        inside = at[i] < tex_size(size, level);
    }
    if (!inside || (shape.array && layer >= o->image.depth))
        return true;
    if (!tex_fetch(x, lane, &o->image, level, layer, at, &texel))
        return false;
    tex_swizzle(&o->image, &texel, out);
    return true;
}

static bool exec_tld(struct sm_ctx *x)
{
    uint32_t out[4][SM_LANES] = {{0}}, handle = 0;
    struct objects o = {.have_image = false};
    struct vectors v;
    bool bindless;

    if (sm_mod(x, NV_SASS_MOD_MS))
        return sm_fault(x, -1, "multisampled fetches: not supported");
    if (!begin(x, &v) || !bound_handle(x, &handle, &bindless))
        return false;
    SM_FOR_LANES(l, x->mask)
    {
        uint32_t one[4] = {0};

        if (!fetch_lane(x, &v, (int)l, handle, bindless, &o, one))
            return false;
        for (unsigned i = 0; i < 4; i++)
            out[i][l] = one[i];
    }
    put_results(x, out);
    return true;
}

/* ---- TEX, TLD4, TXD -------------------------------------------------------------------------- */

/* Everything a lane says. */
struct sample {
    uint32_t handle;
    struct tex_query query;
    float lod;              /* given, or a bias */
    float derivative[2][3]; /* of x and y of the screen */
    uint8_t offsets[8];
};

static void read_sample(struct sm_ctx *x, const struct vectors *v, int lane, uint32_t handle,
                        bool bindless, struct sample *s)
{
    struct shape shape = shape_of(x);
    unsigned op = x->s->op, lod = sm_mod(x, NV_SASS_MOD_LOD), offset = sm_mod(x, NV_SASS_MOD_TOFF);
    struct cursor a = {v, 0, 0, lane}, b = {v, 1, 0, lane};
    struct tex_query *q = &s->query;

    *s = (struct sample){.handle = handle};
    if (bindless)
        s->handle = next(op == NV_SASS_TXD ? &a : &b);
    q->dimensions = shape.dimensions;
    q->array = shape.array;
    q->cube = shape.cube;
    if (shape.array && op != NV_SASS_TXD)
        q->layer = next(&a) & 0xffff;
    for (unsigned i = 0; i < shape.dimensions; i++)
        q->at[i] = next_float(&a);
    if (op == NV_SASS_TXD) {
        if (shape.array)
            q->layer = next(&a) & 0xffff;
        for (unsigned i = 0; i < shape.dimensions; i++)
            for (unsigned k = 0; k < 2; k++)
                s->derivative[k][i] = next_float(&b);
        return;
    }
    if (op == NV_SASS_TEX && (lod == NV_SASS_LOD_LL || lod == NV_SASS_LOD_LB))
        s->lod = next_float(&b);
    if (offset == NV_SASS_TOFF_AOFFI)
        texel_offset(next(&b), op == NV_SASS_TLD4 ? 6 : OFFSET_BITS,
                     op == NV_SASS_TLD4 ? 8 : OFFSET_BITS, q->offset);
    if (offset == NV_SASS_TOFF_PTP)
        for (unsigned i = 0; i < 2; i++) {
            uint32_t word = next(&b);

            memcpy(s->offsets + (size_t)4 * i, &word, 4);
        }
    q->compare = sm_mod(x, NV_SASS_MOD_DC);
    if (q->compare)
        q->reference = next_float(&b);
}

/* Major axis, then the other two as the face sees them. */
static void read_cube(struct tex_query *q, const float v[3])
{
    float size[3] = {fabsf(v[0]), fabsf(v[1]), fabsf(v[2])};
    unsigned axis = size[2] >= size[0] && size[2] >= size[1] ? 2 : size[1] >= size[0] ? 1 : 0;
    bool negative = signbit(v[axis]);
    float s = axis == 0 ? (negative ? v[2] : -v[2]) : axis == 1 ? v[0] : (negative ? -v[0] : v[0]);
    float t = axis == 1 ? (negative ? -v[2] : v[2]) : -v[1];

    q->layer = q->layer * 6 + axis * 2 + negative;
    q->at[0] = s * 0.5f + 0.5f;
    q->at[1] = t * 0.5f + 0.5f;
    q->at[2] = 0;
    q->dimensions = 2;
}

/* log2 of the longer derivative in texels, in 1/256. Silicon adds 11/32 of the shorter side to the
 * longer for a length, and takes a derivative's log2 within 1/256; where both derivatives are long
 * and not at right angles it comes to up to half a level more. */
#define SHORT_SIDE (NV_TEXTURE_SHORT_SIDE_32NDS / 32.0)

static int32_t lod_of(const struct tex_image *t, const struct tex_sampler *s,
                      const struct sample *sample)
{
    double most = 0;
    uint32_t size[3] = {tex_size(t->width, t->view_first), tex_size(t->height, t->view_first),
                        tex_size(t->depth, t->view_first)};

    for (unsigned k = 0; k < 2; k++) {
        double long_side = 0, others = 0;

        for (unsigned i = 0; i < sample->query.dimensions && i < 3; i++) {
            double d = fabs((double)sample->derivative[k][i]);

            if (t->normalized && !s->unnormalized)
                d *= size[i];
            others += d < long_side ? d : long_side;
            long_side = d < long_side ? long_side : d;
        }
        long_side += others * SHORT_SIDE;
        most = long_side > most ? long_side : most;
    }
    if (most == 0)
        return INT16_MIN;
    return (int32_t)floor(log2(most) * TEX_FRACTION + 0.5);
}

static int32_t lod_fixed(float lod)
{
    double value = trunc((double)lod * TEX_FRACTION);

    return value > INT16_MIN ? value < INT16_MAX ? (int32_t)value : INT16_MAX : INT16_MIN;
}

static bool sample_lane(struct sm_ctx *x, int lane, struct sample *s, struct objects *o,
                        uint32_t out[4])
{
    unsigned lod = x->s->op == NV_SASS_TEX ? sm_mod(x, NV_SASS_MOD_LOD) : NV_SASS_LOD_NONE;
    struct tex_query *q = &s->query;

    if (!get_objects(x, lane, s->handle, true, o))
        return false;
    if (!o->image.present || !fits(&o->image, shape_of(x)) || o->image.buffer || !o->sampler.mag)
        return true;
    if (q->array && q->layer >= o->image.depth)
        q->layer = o->image.depth - 1;
    if (x->s->op == NV_SASS_TLD4 || lod == NV_SASS_LOD_LZ)
        q->lod = o->sampler.bias;
    else if (lod == NV_SASS_LOD_LL)
        q->lod = lod_fixed(s->lod) + o->sampler.bias;
    else
        q->lod = lod_of(&o->image, &o->sampler, s) + o->sampler.bias +
                 (lod == NV_SASS_LOD_LB ? lod_fixed(s->lod) : 0);
    if (q->cube) {
        if (o->sampler.seam > 1 && o->sampler.mag != 1)
            return sm_fault(x, lane, "filtering across the seams of cubes: not supported");
        read_cube(q, (float[]){q->at[0], q->at[1], q->at[2]});
    }
    q->gather = x->s->op == NV_SASS_TLD4;
    q->part = sm_mod(x, NV_SASS_MOD_COMP);
    q->offsets = sm_mod(x, NV_SASS_MOD_TOFF) == NV_SASS_TOFF_PTP ? s->offsets : NULL;
    return tex_sample(x, lane, &o->image, &o->sampler, q, out);
}

/* Lanes 4n to 4n + 3 are a square: 1 to the right of 0, 2 below. */
static void derive(struct sample samples[SM_LANES], unsigned dimensions)
{
    for (unsigned l = 0; l < SM_LANES; l++)
        for (unsigned i = 0; i < dimensions; i++) {
            const struct sample *quad = &samples[l & ~3u];

            samples[l].derivative[0][i] = quad[(l & 2) + 1].query.at[i] - quad[l & 2].query.at[i];
            samples[l].derivative[1][i] = quad[(l & 1) + 2].query.at[i] - quad[l & 1].query.at[i];
        }
}

static bool exec_tex(struct sm_ctx *x)
{
    static const uint32_t given = 1u << NV_SASS_LOD_LZ | 1u << NV_SASS_LOD_LL;
    uint32_t out[4][SM_LANES] = {{0}}, handle = 0;
    unsigned lod = sm_mod(x, NV_SASS_MOD_LOD);
    struct sample samples[SM_LANES];
    struct objects o = {.have_image = false};
    struct vectors v;
    bool bindless;

    if (lod > NV_SASS_LOD_LL || sm_mod(x, NV_SASS_MOD_TDERIV))
        return sm_fault(x, -1, "this way to choose levels: not supported");
    if (!begin(x, &v) || !bound_handle(x, &handle, &bindless))
        return false;
    for (unsigned l = 0; l < SM_LANES; l++)
        read_sample(x, &v, (int)l, handle, bindless, &samples[l]);
    if (x->s->op == NV_SASS_TEX && !(given >> lod & 1))
        derive(samples, samples[0].query.dimensions);
    SM_FOR_LANES(l, x->mask)
    {
        uint32_t one[4] = {0};

        if (!sample_lane(x, (int)l, &samples[l], &o, one))
            return false;
        for (unsigned i = 0; i < 4; i++)
            out[i][l] = one[i];
    }
    put_results(x, out);
    return true;
}

/* ---- TXQ ------------------------------------------------------------------------------------- */

static void query_size(const struct tex_image *t, uint32_t level, uint32_t out[4])
{
    uint32_t levels = t->buffer ? 1 : t->view_last - t->view_first + 1;

    out[3] = levels;
    if (level >= levels)
        return;
    level += t->view_first;
    out[0] = tex_size(t->width, level);
    if (t->buffer)
        return;
    out[1] = tex_size(t->height, level);
    if (t->kind == NV_TIC_V1_BLOCKLINEAR_TEXTURE_TYPE_THREE_D)
        out[2] = tex_size(t->depth, level);
    else if (t->kind != NV_TIC_V1_BLOCKLINEAR_TEXTURE_TYPE_TWO_D)
        out[2] = t->depth;
}

static bool exec_txq(struct sm_ctx *x)
{
    uint32_t out[4][SM_LANES] = {{0}}, handle = 0;
    unsigned what = sm_mod(x, NV_SASS_MOD_TXQ);
    struct objects o = {.have_image = false};
    struct vectors v;
    bool bindless;

    if (!begin(x, &v) || !bound_handle(x, &handle, &bindless))
        return false;
    SM_FOR_LANES(l, x->mask)
    {
        struct cursor a = {&v, 0, 0, (int)l};
        uint32_t mine = bindless ? next(&a) : handle, level = next(&a), one[4] = {0};

        if (!get_objects(x, (int)l, mine, false, &o))
            return false;
        if (!o.image.present)
            continue;
        if (what == NV_SASS_TXQ_DIMENSION)
            query_size(&o.image, level, one);
        else if (what == NV_SASS_TXQ_TEXTURE_TYPE)
            one[2] = 1; /* samples */
        for (unsigned i = 0; i < 4; i++)
            out[i][l] = one[i];
    }
    put_results(x, out);
    return true;
}

/* ---- TMML: the level that TEX would use, before and after clamps, in 1/256 ------------------- */

static bool level_lane(struct sm_ctx *x, int lane, const struct sample *s, struct objects *o,
                       uint32_t out[4])
{
    int32_t lod;

    if (!get_objects(x, lane, s->handle, true, o))
        return false;
    if (!o->image.present)
        return true;
    lod = lod_of(&o->image, &o->sampler, s) + o->sampler.bias;
    out[0] = (uint32_t)lod & 0xffff;
    out[1] = (uint32_t)tex_clamp_lod(&o->image, &o->sampler, lod);
    return true;
}

static bool exec_tmml(struct sm_ctx *x)
{
    uint32_t out[4][SM_LANES] = {{0}}, handle = 0;
    struct sample samples[SM_LANES];
    struct objects o = {.have_image = false};
    struct vectors v;
    bool bindless;

    if (!begin(x, &v) || !bound_handle(x, &handle, &bindless))
        return false;
    for (unsigned l = 0; l < SM_LANES; l++)
        read_sample(x, &v, (int)l, handle, bindless, &samples[l]);
    derive(samples, samples[0].query.dimensions);
    SM_FOR_LANES(l, x->mask)
    {
        uint32_t one[4] = {0};

        if (!level_lane(x, (int)l, &samples[l], &o, one))
            return false;
        for (unsigned i = 0; i < 4; i++)
            out[i][l] = one[i];
    }
    put_results(x, out);
    return true;
}

const struct sm_exec_entry sm_exec_texture[] = {{NV_SASS_TLD, exec_tld},
                                                {NV_SASS_TEX, exec_tex},
                                                {NV_SASS_TLD4, exec_tex},
                                                {NV_SASS_TXD, exec_tex},
                                                {NV_SASS_TXQ, exec_txq},
                                                {NV_SASS_TMML, exec_tmml},
                                                {0, NULL}};
