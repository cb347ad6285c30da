/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Layouts by the copy engine: a pitch surface goes to a block-linear one, whose raw bytes must lie
 * where the driver's layout says; then back again. Elements of 1 to 16 bytes, with remap (units of
 * elements) and without (units of bytes).
 */
#include "tests/silicon/image/image.h"

#include <nvhw/copy.h>
#include <nvhw/fifo.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 1 << 19, OVERSIZED = 1 << 17, GUARD = 0xa5 };

struct shape {
    uint32_t width, height, depth;
    uint32_t block_height_log2, block_depth_log2;
    bool oversized; /* blocks larger than the surface: not what the driver's layout would say */
};

struct copies {
    struct images *im;
    struct magma_bo *pitch, *raw; /* system memory */
};

static void push(struct images *im, uint32_t method, const uint32_t *values, uint32_t count)
{
    magma_push_methods(im->push, NV_PBDMA_SUBCHANNEL_COPY, method, values, count);
}

static void push_one(struct images *im, uint32_t method, uint32_t value)
{
    push(im, method, &value, 1);
}

static void push_surface(struct images *im, bool source, const struct shape *s, uint32_t unit_bytes,
                         uint32_t slice)
{
    uint32_t words[5] = {NVHW_NUM(NVC5B5_SET_DST_BLOCK_SIZE, HEIGHT, s->block_height_log2) |
                             NVHW_NUM(NVC5B5_SET_DST_BLOCK_SIZE, DEPTH, s->block_depth_log2) |
                             NVHW_DEF(NVC5B5_SET_DST_BLOCK_SIZE, GOB_HEIGHT, GOB_HEIGHT_FERMI_8),
                         s->width * unit_bytes, s->height, s->depth, slice};
    uint32_t origin[2] = {0, 0};

    push(im, source ? NVC5B5_SET_SRC_BLOCK_SIZE : NVC5B5_SET_DST_BLOCK_SIZE, words, 5);
    push(im, source ? NVC5B5_SRC_ORIGIN_X : NVC5B5_DST_ORIGIN_X, origin, 2);
}

/* Elements of 1, 2, 4, 8 and 16 bytes as components of at most four. */
static uint32_t remap_word(uint32_t element_bytes)
{
    uint32_t size = element_bytes < 4 ? element_bytes : 4, count = element_bytes / size;

    return NVHW_DEF(NVC5B5_SET_REMAP_COMPONENTS, DST_X, SRC_X) |
           NVHW_DEF(NVC5B5_SET_REMAP_COMPONENTS, DST_Y, SRC_Y) |
           NVHW_DEF(NVC5B5_SET_REMAP_COMPONENTS, DST_Z, SRC_Z) |
           NVHW_DEF(NVC5B5_SET_REMAP_COMPONENTS, DST_W, SRC_W) |
           NVHW_NUM(NVC5B5_SET_REMAP_COMPONENTS, COMPONENT_SIZE, size - 1) |
           NVHW_NUM(NVC5B5_SET_REMAP_COMPONENTS, NUM_SRC_COMPONENTS, count - 1) |
           NVHW_NUM(NVC5B5_SET_REMAP_COMPONENTS, NUM_DST_COMPONENTS, count - 1);
}

static void push_slice(struct copies *c, const struct shape *s, uint32_t element_bytes, bool remap,
                       bool to_blocks, uint32_t slice)
{
    struct images *im = c->im;
    uint32_t unit = remap ? 1 : element_bytes, line = s->width * element_bytes;
    uint64_t at = (uint64_t)slice * s->height * line;
    uint64_t pitch = magma_bo_address(c->pitch).raw + at, blocks = magma_bo_address(im->texels).raw;
    uint64_t from = to_blocks ? pitch : blocks, to = to_blocks ? blocks : pitch;
    uint32_t words[8] = {(uint32_t)(from >> 32), (uint32_t)from, (uint32_t)(to >> 32),
                         (uint32_t)to,           line,           line,
                         s->width * unit,        s->height};

    push_surface(im, !to_blocks, s, unit, slice);
    push(im, NVC5B5_OFFSET_IN_UPPER, words, 8);
    if (remap)
        push_one(im, NVC5B5_SET_REMAP_COMPONENTS, remap_word(element_bytes));
    push_one(im, NVC5B5_LAUNCH_DMA,
             NVHW_DEF(NVC5B5_LAUNCH_DMA, DATA_TRANSFER_TYPE, NON_PIPELINED) |
                 NVHW_DEF(NVC5B5_LAUNCH_DMA, FLUSH_ENABLE, TRUE) |
                 NVHW_NUM(NVC5B5_LAUNCH_DMA, SRC_MEMORY_LAYOUT, to_blocks) |
                 NVHW_NUM(NVC5B5_LAUNCH_DMA, DST_MEMORY_LAYOUT, !to_blocks) |
                 NVHW_DEF(NVC5B5_LAUNCH_DMA, MULTI_LINE_ENABLE, TRUE) |
                 NVHW_NUM(NVC5B5_LAUNCH_DMA, REMAP_ENABLE, remap));
}

/* What the driver's layout makes of the pitch surface. */
static bool expect(const struct shape *s, uint32_t element_bytes, const uint8_t *pitch,
                   uint8_t *out, uint64_t *size_bytes)
{
    struct mg_image_shape shape = {.width = s->width,
                                   .height = s->height,
                                   .depth = s->depth,
                                   .levels = 1,
                                   .layers = 1,
                                   .element_bytes = element_bytes,
                                   .block_height_log2 = s->block_height_log2,
                                   .block_depth_log2 = s->block_depth_log2};
    struct mg_image_layout layout;

    if (!mg_image_layout(&shape, &layout) || layout.size_bytes > ROOM)
        return false;
    memset(out, GUARD, layout.size_bytes);
    for (uint32_t z = 0; z < s->depth; z++)
        for (uint32_t y = 0; y < s->height; y++)
            for (uint32_t x = 0; x < s->width; x++)
                memcpy(out + mg_image_offset(&layout, 0, 0, x, y, z),
                       pitch + (((size_t)z * s->height + y) * s->width + x) * element_bytes,
                       element_bytes);
    *size_bytes = layout.size_bytes;
    return true;
}

static bool there_and_back(struct copies *c, const struct shape *s, uint32_t element_bytes,
                           bool remap, uint64_t size_bytes, const char **why)
{
    struct images *im = c->im;

    magma_fill_buffer(im->push, magma_bo_address(im->texels), size_bytes, GUARD * 0x01010101u);
    magma_push_barrier(im->push);
    for (uint32_t z = 0; z < s->depth; z++)
        push_slice(c, s, element_bytes, remap, true, z);
    magma_push_barrier(im->push);
    magma_copy_buffer(im->push, magma_bo_address(c->raw), magma_bo_address(im->texels), size_bytes);
    magma_fill_buffer(im->push, magma_bo_address(c->pitch), ROOM, 0);
    magma_push_barrier(im->push);
    for (uint32_t z = 0; z < s->depth; z++)
        push_slice(c, s, element_bytes, remap, false, z);
    return images_submit(im, im->copy, why);
}

static void one(struct copies *c, const struct shape *s, uint32_t element_bytes, bool remap)
{
    static uint8_t pitch[ROOM], want[ROOM];
    size_t total = (size_t)s->width * s->height * s->depth * element_bytes;
    uint32_t state = 7, first = 0, answer[2];
    uint64_t size = 0, hash;
    const char *why;
    char name[64];

    snprintf(name, sizeof name, "copy-%ux%ux%u-%uB-h%u-d%u%s", s->width, s->height, s->depth,
             element_bytes, s->block_height_log2, s->block_depth_log2, remap ? "-remap" : "");
    if (!images_wanted(c->im, name))
        return;
    for (size_t i = 0; i < total; i++)
        pitch[i] = (uint8_t)(image_random(&state) >> 8);
    memcpy(magma_bo_map(c->pitch), pitch, total);
    if (!expect(s, element_bytes, pitch, want, &size) || (s->oversized && !(size = OVERSIZED)) ||
        !there_and_back(c, s, element_bytes, remap, size, &why)) {
        images_report(c->im, name, false, "%s", size ? why : "no layout");
        return;
    }
    if (s->oversized)
        first = (uint32_t)size;
    while (first < size && ((uint8_t *)magma_bo_map(c->raw))[first] == want[first])
        first++;
    if (first < size)
        images_report(c->im, name, false, "the driver's layout differs at byte 0x%x of 0x%llx",
                      first, (unsigned long long)size);
    if (memcmp(magma_bo_map(c->pitch), pitch, total) != 0)
        images_report(c->im, name, false, "does not come back");
    hash = image_hash(0, magma_bo_map(c->raw), size);
    answer[0] = (uint32_t)hash;
    answer[1] = (uint32_t)(hash >> 32);
    image_answer(c->im, name, total, answer, 2, 1, (struct image_tolerance){0});
}

void images_copies(struct images *im)
{
    static const struct shape shapes[] = {
        {64, 8, 1, 0, 0, false},  {100, 50, 1, 3, 0, false}, {37, 23, 1, 0, 0, false},
        {37, 23, 1, 1, 0, false}, {37, 23, 1, 2, 0, false},  {37, 41, 1, 3, 0, false},
        {5, 300, 1, 5, 0, false}, {1, 1, 1, 0, 0, false},    {33, 20, 7, 0, 3, false},
        {33, 20, 7, 2, 3, false}, {17, 9, 5, 1, 2, false},   {17, 9, 5, 0, 1, false},
        {17, 9, 5, 1, 0, false},  {4, 16, 33, 1, 5, false},  {200, 3, 2, 0, 0, false},
        {37, 41, 1, 4, 0, true},  {9, 3, 3, 2, 3, true},
    };
    struct magma_error err = {0};
    struct copies c = {.im = im};

    if (!images_wanted(im, "copy") && strncmp(im->only, "copy", 4) != 0)
        return;
    if (magma_bo_create(im->gpu, ROOM, 4096, MAGMA_DOMAIN_SYSTEM, 0, &c.pitch, &err) == MAGMA_OK &&
        magma_bo_create(im->gpu, ROOM, 4096, MAGMA_DOMAIN_SYSTEM, 0, &c.raw, &err) == MAGMA_OK)
        for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
            for (uint32_t bytes = 1; bytes <= 16; bytes *= 2) {
                one(&c, &shapes[i], bytes, false);
                one(&c, &shapes[i], bytes, true);
            }
    else
        images_report(im, "copy", false, "%s", err.text);
    magma_bo_destroy(c.raw);
    magma_bo_destroy(c.pitch);
}
