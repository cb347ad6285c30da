/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Texture headers, samplers, coordinates and texels from outside: whatever they say, the software
 * GPU's texture unit answers or ends the grid. Input: a byte of choices, a header, a sampler, eight
 * words of coordinates, then texels.
 */
#include "tests/gpumodel/sm/flat.h"

#include <sm/tex.h>

#include <stddef.h>
#include <string.h>

enum { HEADERS_AT = 0x1000, SAMPLERS_AT = 0x2000, TEXELS_AT = 0x10000, WORDS = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fetch(struct sm_ctx *x, const struct tex_image *image, const uint32_t words[WORDS])
{
    uint32_t level = words[4] % TEX_LEVELS_MAX;
    uint32_t at[3] = {words[0] % tex_size(image->width, level),
                      words[1] % tex_size(image->height, level),
                      words[2] % tex_size(image->depth, level)};
    struct tex_texel texel;
    uint32_t out[4];

    if (tex_fetch(x, 0, image, level, words[3] % image->depth, at, &texel))
        tex_swizzle(image, &texel, out);
}

static void sample(struct sm_ctx *x, const struct tex_image *image, uint8_t choices,
                   const uint32_t words[WORDS])
{
    struct tex_query query = {.dimensions = 1u + choices % 3,
                              .gather = choices >> 2 & 1,
                              .compare = choices >> 3 & 1,
                              .layer = words[3] % image->depth,
                              .lod = (int32_t)(words[4] % 0x2000) - 0x800,
                              .part = choices >> 4 & 3};
    struct tex_sampler sampler;
    uint32_t out[4];

    if (!tex_sampler_get(x, 0, 0, &sampler))
        return;
    memcpy(query.at, words, sizeof query.at);
    memcpy(&query.reference, &words[5], sizeof query.reference);
    for (unsigned i = 0; i < 3; i++)
        query.offset[i] = (int32_t)(words[6] >> 4 * i & 15) - 8;
    (void)tex_sample(x, 0, image, &sampler, &query, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct flat flat;
    uint32_t words[WORDS];
    struct tex_image image;

    if (size < 1 + 32 + 32 + sizeof words || (!flat.memory && !flat_init(&flat)))
        return 0;
    struct gpum_grid grid = {.m = &flat.gpum,
                             .desc = {.sm_version = 90,
                                      .header_pool = FLAT_VA + HEADERS_AT,
                                      .sampler_pool = FLAT_VA + SAMPLERS_AT,
                                      .header_version = data[0] >> 7}};
    struct sm_cta cta = {.grid = &grid};
    struct sm_warp warp = {.cta = &cta};
    struct sm_ctx x = {.grid = &grid, .w = &warp};

    memcpy(flat.memory + HEADERS_AT, data + 1, 32);
    memcpy(flat.memory + SAMPLERS_AT, data + 33, 32);
    memcpy(words, data + 65, sizeof words);
    size = size - 97 < 0x10000 ? size - 97 : 0x10000;
    memcpy(flat.memory + TEXELS_AT, data + 97, size);
    if (!tex_image_get(&x, 0, 0, &image) || !image.present)
        return 0;
    if (data[0] & 0x40)
        fetch(&x, &image, words);
    else
        sample(&x, &image, data[0], words);
    return 0;
}
