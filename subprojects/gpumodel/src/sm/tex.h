/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The texture unit, between its own files: headers and samplers decoded, texels as values, filters.
 * Rules were found by asking an H100 (tests/silicon/image holds questions and answers).
 */
#ifndef GPUM_SM_TEX_H
#define GPUM_SM_TEX_H

#include "exec.h"

#include <nvhw/texels.h>

enum { TEX_LEVELS_MAX = 16, TEX_FRACTION = 256, TEX_TAPS_MAX = 8 };

/* ---- tex_header.c ---- */

struct tex_image {
    const struct nvhw_texel_format *format;
    bool present; /* false: every access gives zeros */
    bool buffer, pitch, srgb, normalized;
    uint8_t type[4];   /* of R, G, B, A, as version 1 numbers them */
    uint8_t source[4]; /* of X, Y, Z, W */
    uint8_t kind;      /* TEXTURE_TYPE */
    uint64_t address;
    uint32_t pitch_bytes, width, height, depth; /* depth: slices, layers or cubes */
    uint32_t levels, view_first, view_last;
    uint32_t block_height_log2, block_depth_log2;
    uint32_t min_lod;     /* 4.8 */
    uint32_t multisample; /* MULTI_SAMPLE_COUNT */
};

struct tex_sampler {
    uint8_t wrap[3];
    bool compare, unnormalized;
    uint8_t compare_func, mag, min, mip, seam, reduction, aniso;
    int32_t bias;              /* in 1/256 */
    uint32_t min_lod, max_lod; /* likewise */
    float border[4];
    uint32_t border_bits[4];
    uint8_t srgb_border[3];
};

/* By the handle. False: the grid was ended with a reason. */
bool tex_image_get(struct sm_ctx *x, int lane, uint32_t handle, struct tex_image *out);
bool tex_sampler_get(struct sm_ctx *x, int lane, uint32_t handle, struct tex_sampler *out);

/* Texels of a level: never less than one. */
static inline uint32_t tex_size(uint32_t texels, uint32_t level)
{
    return texels >> level ? texels >> level : 1;
}

/* ---- tex_texel.c: one texel ---- */

/* How a component takes part in a filter. */
enum tex_class {
    TEX_BITS, /* not at all */
    TEX_INTEGER,
    TEX_INTEGER_ROUND,
    TEX_UNORM, /* as 16 bits */
    TEX_SNORM, /* as 15 bits, a sign and 3 more bits */
    TEX_FLOAT  /* aligned to the largest */
};

struct tex_value {
    uint32_t bits; /* what a fetch gives */
    uint8_t class;
    uint8_t mantissa; /* TEX_FLOAT: bits below the leading one */
    int16_t exponent; /* TEX_FLOAT: of the leading one, INT16_MIN for zero */
    int32_t fixed;    /* TEX_UNORM, TEX_SNORM */
    double value;     /* TEX_FLOAT, TEX_INTEGER */
};

struct tex_texel {
    struct tex_value part[4]; /* R, G, B, A */
};

/* Coordinates lie within the level. face_layer: layer, or cube * 6 + face. */
bool tex_fetch(struct sm_ctx *x, int lane, const struct tex_image *image, uint32_t level,
               uint32_t layer, const uint32_t at[3], struct tex_texel *out);
/* The address of the element that holds a texel. */
uint64_t tex_address(const struct tex_image *image, uint32_t level, uint32_t layer,
                     const uint32_t at[3]);
void tex_border(const struct tex_image *image, const struct tex_sampler *sampler,
                struct tex_texel *out);
/* The class and value that a float has as a component of that image. */
void tex_value_of(const struct tex_image *image, unsigned part, float value, struct tex_value *out);
/* X, Y, Z, W through the header's sources. */
void tex_swizzle(const struct tex_image *image, const struct tex_texel *texel, uint32_t out[4]);
float tex_half_to_float(uint32_t half);
/* To a whole number, as stores do: cut to 1/32, then ties go towards zero (an
 * H100 goes either way between 0.5 and 0.55). */
uint32_t tex_round(double value);

/* ---- tex_blocks.c, tex_bc67.c: compressed formats; texel x, y of a block as bytes or halves ----
 */
struct tex_block_texel {
    uint16_t part[4]; /* unorm 8, or snorm 8, or half floats */
    bool halves, is_signed;
};
void tex_block(const struct nvhw_texel_format *format, const uint8_t *block, bool is_signed,
               unsigned x, unsigned y, struct tex_block_texel *out);
void tex_block_bc6(const uint8_t *block, bool is_signed, unsigned at, uint16_t out[3]);
void tex_block_bc7(const uint8_t *block, unsigned at, uint16_t out[4]);

/* ---- tex_filter.c: many texels ---- */

struct tex_query {
    unsigned dimensions; /* of the coordinate */
    bool cube, array, gather;
    uint32_t layer;
    float at[3];
    int32_t offset[3]; /* texels */
    int32_t lod;       /* in 1/256, before clamps */
    bool compare;
    float reference;
    unsigned part;          /* gather: which component */
    const uint8_t *offsets; /* gather with an offset a texel: 4 times x, y; else NULL */
};

/* A level of detail within the sampler's and the view's bounds, in 1/256. */
int32_t tex_clamp_lod(const struct tex_image *image, const struct tex_sampler *sampler,
                      int32_t lod);
bool tex_sample(struct sm_ctx *x, int lane, const struct tex_image *image,
                const struct tex_sampler *sampler, const struct tex_query *query, uint32_t out[4]);

#endif
