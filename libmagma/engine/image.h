/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Where the elements of a block-linear image lie in memory. An element is a texel, or a block of
 * texels of a compressed format. Pure functions; any thread.
 *
 * Levels of a layer follow each other, layers follow each other. A level is cut into blocks, one
 * GOB wide, 2^block_height_log2 GOBs high and 2^block_depth_log2 slices deep; levels that are
 * smaller get smaller blocks. Colour images of Turing to Hopper; other orders within a GOB are not
 * known here.
 *
 * The driver has no images yet: so far only tests call this, tests/silicon/image to hold it against
 * what a GPU does.
 */
#ifndef MG_ENGINE_IMAGE_H
#define MG_ENGINE_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

enum { MG_IMAGE_LEVELS_MAX = 16 };

struct mg_image_shape {
    uint32_t width, height,
        depth;               /* texels of level 0, each at least 1; depth: slices of a 3D image */
    uint32_t levels, layers; /* each at least 1 */
    uint32_t element_bytes;  /* 1, 2, 4, 8, 16 */
    uint32_t element_width, element_height;       /* texels per element, 0 means 1 */
    uint32_t block_height_log2, block_depth_log2; /* of level 0 as the header says them */
};

struct mg_image_level {
    uint64_t offset_bytes; /* from the start of its layer */
    uint64_t size_bytes;
    uint32_t width, height, depth; /* elements */
    uint32_t blocks_across, blocks_down;
    uint32_t block_height_log2, block_depth_log2;
};

struct mg_image_layout {
    struct mg_image_shape shape;
    struct mg_image_level level[MG_IMAGE_LEVELS_MAX];
    uint64_t layer_bytes; /* from a layer to the next */
    uint64_t size_bytes;
    uint64_t align_bytes; /* of the image's address */
};

/* False when the shape is out of range or more than 2^48 bytes. */
bool mg_image_layout(const struct mg_image_shape *shape, struct mg_image_layout *out);

/* The byte offset of an element from the image's start. level, layer and the coordinates (elements)
 * must lie within the image. */
uint64_t mg_image_offset(const struct mg_image_layout *layout, uint32_t level, uint32_t layer,
                         uint32_t x, uint32_t y, uint32_t z);

/* The usual block height and depth for a level 0 of that many rows and slices of elements. */
uint32_t mg_image_block_height_log2(uint32_t rows);
uint32_t mg_image_block_depth_log2(uint32_t slices);

#endif
