/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Block-linear layouts; see image.h. tests/silicon/image holds them against a GPU. */
#include "libmagma/engine/image.h"

#include <nvhw/copy.h>
#include <nvhw/image.h>

#define SIZE_MAX_BYTES (UINT64_C(1) << 48)

static uint32_t ceil_log2(uint32_t n)
{
    uint32_t log2 = 0;

    while (log2 < 31 && (UINT32_C(1) << log2) < n)
        log2++;
    return log2;
}

static uint32_t div_up(uint32_t n, uint32_t by)
{
    return n / by + (n % by != 0);
}

static uint32_t at_most(uint32_t n, uint32_t limit)
{
    return n < limit ? n : limit;
}

static uint32_t minify(uint32_t n, uint32_t level)
{
    return n >> level ? n >> level : 1;
}

static bool check(const struct mg_image_shape *s)
{
    bool element = s->element_bytes && s->element_bytes <= NV_IMAGE_ELEMENT_BYTES_MAX &&
                   !(s->element_bytes & (s->element_bytes - 1));

    return element && s->width && s->height && s->depth && s->levels && s->layers &&
           s->width <= NV_IMAGE_SIZE_MAX && s->height <= NV_IMAGE_SIZE_MAX &&
           s->depth <= NV_IMAGE_SIZE_MAX && s->layers <= NV_IMAGE_SIZE_MAX &&
           s->levels <= MG_IMAGE_LEVELS_MAX && s->block_height_log2 <= NV_BLOCK_HEIGHT_LOG2_MAX &&
           s->block_depth_log2 <= NV_BLOCK_DEPTH_LOG2_MAX;
}

/* Blocks of a small level shrink to what it needs. */
static void lay_level(const struct mg_image_shape *s, uint32_t i, struct mg_image_level *l)
{
    l->width = div_up(minify(s->width, i), s->element_width);
    l->height = div_up(minify(s->height, i), s->element_height);
    l->depth = minify(s->depth, i);
    l->block_height_log2 =
        at_most(s->block_height_log2, ceil_log2(div_up(l->height, NV_GOB_HEIGHT)));
    l->block_depth_log2 = at_most(s->block_depth_log2, ceil_log2(l->depth));
    l->blocks_across = div_up(l->width * s->element_bytes, NV_GOB_WIDTH_BYTES);
    l->blocks_down = div_up(l->height, NV_GOB_HEIGHT << l->block_height_log2);
    l->size_bytes = (uint64_t)l->blocks_across * l->blocks_down *
                    div_up(l->depth, UINT32_C(1) << l->block_depth_log2) *
                    ((uint64_t)NV_GOB_BYTES << (l->block_height_log2 + l->block_depth_log2));
}

bool mg_image_layout(const struct mg_image_shape *shape, struct mg_image_layout *out)
{
    uint64_t block, sum = 0;

    *out = (struct mg_image_layout){.shape = *shape};
    if (!out->shape.element_width)
        out->shape.element_width = 1;
    if (!out->shape.element_height)
        out->shape.element_height = 1;
    if (!check(shape))
        return false;
    for (uint32_t i = 0; i < shape->levels; i++) {
        lay_level(&out->shape, i, &out->level[i]);
        out->level[i].offset_bytes = sum;
        sum += out->level[i].size_bytes;
    }
    block = (uint64_t)NV_GOB_BYTES
            << (out->level[0].block_height_log2 + out->level[0].block_depth_log2);
    out->layer_bytes = (sum + block - 1) / block * block;
    out->align_bytes = block > NV_IMAGE_ALIGN_BYTES ? block : NV_IMAGE_ALIGN_BYTES;
    if (out->layer_bytes > SIZE_MAX_BYTES / shape->layers)
        return false;
    out->size_bytes = out->layer_bytes * shape->layers;
    return true;
}

/* The order of bytes in a GOB: 16 in a row, then as the bits below say. */
static uint32_t gob_offset(uint32_t x, uint32_t y)
{
    return (uint32_t)(NVHW_NUM(NV_GOB_TURING_OFFSET, X_3_0, x & 15) |
                      NVHW_NUM(NV_GOB_TURING_OFFSET, Y_0, y & 1) |
                      NVHW_NUM(NV_GOB_TURING_OFFSET, Y_1, y >> 1 & 1) |
                      NVHW_NUM(NV_GOB_TURING_OFFSET, X_4, x >> 4 & 1) |
                      NVHW_NUM(NV_GOB_TURING_OFFSET, Y_2, y >> 2 & 1) |
                      NVHW_NUM(NV_GOB_TURING_OFFSET, X_5, x >> 5 & 1));
}

uint64_t mg_image_offset(const struct mg_image_layout *layout, uint32_t level, uint32_t layer,
                         uint32_t x, uint32_t y, uint32_t z)
{
    const struct mg_image_level *l = &layout->level[level];
    uint32_t column = x * layout->shape.element_bytes, gob_row = y / NV_GOB_HEIGHT;
    uint32_t block_y = gob_row >> l->block_height_log2, block_z = z >> l->block_depth_log2;
    uint32_t in_y = gob_row - (block_y << l->block_height_log2);
    uint32_t in_z = z - (block_z << l->block_depth_log2);
    uint64_t block = ((uint64_t)block_z * l->blocks_down + block_y) * l->blocks_across +
                     column / NV_GOB_WIDTH_BYTES;
    uint64_t gob = (block << (l->block_height_log2 + l->block_depth_log2)) +
                   ((uint64_t)in_z << l->block_height_log2) + in_y;

    return layer * layout->layer_bytes + l->offset_bytes + gob * NV_GOB_BYTES +
           gob_offset(column % NV_GOB_WIDTH_BYTES, y % NV_GOB_HEIGHT);
}

/* The smallest block of which three quarters hold what there is. */
static uint32_t usual_log2(uint32_t count, uint32_t unit, uint32_t limit)
{
    uint32_t log2 = 0;

    while (log2 < limit && (uint64_t)count * 3 > (uint64_t)(unit * 4) << log2)
        log2++;
    return log2;
}

uint32_t mg_image_block_height_log2(uint32_t rows)
{
    return usual_log2(rows, NV_GOB_HEIGHT, NV_IMAGE_USUAL_BLOCK_HEIGHT_LOG2_MAX);
}

uint32_t mg_image_block_depth_log2(uint32_t slices)
{
    return usual_log2(slices, 1, NV_IMAGE_USUAL_BLOCK_DEPTH_LOG2_MAX);
}
