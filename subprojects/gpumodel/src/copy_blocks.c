/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Block linear surfaces: where a byte of a line lies. Bytes keep the hardware's order, so that a
 * surface looks the same to the copy engine, to shaders and to a CPU that maps it.
 */
#include "fifo.h"

#include <nvhw/copy.h>

/* Bytes of a row that lie together: the columns' low bits. */
enum { TOGETHER_BYTES = 1 << (NV_GOB_TURING_OFFSET_X_3_0__HI + 1) };

static uint64_t gob_offset(uint64_t x, uint64_t y)
{
    return NVHW_NUM(NV_GOB_TURING_OFFSET, X_3_0, x % TOGETHER_BYTES) |
           NVHW_NUM(NV_GOB_TURING_OFFSET, X_4, x >> 4 & 1) |
           NVHW_NUM(NV_GOB_TURING_OFFSET, X_5, x >> 5 & 1) |
           NVHW_NUM(NV_GOB_TURING_OFFSET, Y_0, y & 1) |
           NVHW_NUM(NV_GOB_TURING_OFFSET, Y_1, y >> 1 & 1) |
           NVHW_NUM(NV_GOB_TURING_OFFSET, Y_2, y >> 2 & 1);
}

uint64_t gpum_blocks_offset(const struct gpum_copy_side *side, uint64_t line, uint64_t byte,
                            uint64_t *run_bytes)
{
    uint64_t x = side->x_bytes + byte, y = side->y + line;
    uint64_t rows = (uint64_t)NV_GOB_HEIGHT << side->block_height_log2;
    uint64_t block_bytes = (uint64_t)NV_GOB_BYTES
                           << (side->block_height_log2 + side->block_depth_log2);
    uint64_t across = (side->width_bytes + NV_GOB_WIDTH_BYTES - 1) / NV_GOB_WIDTH_BYTES;
    uint64_t down = (side->height + rows - 1) / rows;
    uint64_t layer = side->z >> side->block_depth_log2;
    uint64_t slice = side->z & ((UINT64_C(1) << side->block_depth_log2) - 1);
    uint64_t block = (layer * down + y / rows) * across + x / NV_GOB_WIDTH_BYTES;
    uint64_t gob = (slice << side->block_height_log2) + y % rows / NV_GOB_HEIGHT;

    *run_bytes = TOGETHER_BYTES - x % TOGETHER_BYTES;
    return block * block_bytes + gob * NV_GOB_BYTES +
           gob_offset(x % NV_GOB_WIDTH_BYTES, y % NV_GOB_HEIGHT);
}

static const char *check_block(const struct gpum_object *obj, uint32_t block)
{
    if (NVHW_GET(NVC5B5_SET_SRC_BLOCK_SIZE, WIDTH, block))
        return "blocks wider than one GOB are not supported";
    if (NVHW_GET(NVC5B5_SET_SRC_BLOCK_SIZE, HEIGHT, block) > NV_BLOCK_HEIGHT_LOG2_MAX ||
        NVHW_GET(NVC5B5_SET_SRC_BLOCK_SIZE, DEPTH, block) > NV_BLOCK_DEPTH_LOG2_MAX)
        return "block height or depth is above 32";
    if (!NVHW_TEST(NVC5B5_SET_SRC_BLOCK_SIZE, GOB_HEIGHT, GOB_HEIGHT_FERMI_8, block))
        return "GOB height is not 8 rows";
    if (obj->cls->number == NVCAB5 && NVHW_GET(NVCAB5_SET_SRC_BLOCK_SIZE, KIND_BPP, block))
        return "GOBs of 8, 16 and 24 bit elements are not supported";
    return NULL;
}

const char *gpum_blocks_setup(const struct gpum_object *obj, bool source, uint32_t element_bytes,
                              struct gpum_copy_side *side)
{
    uint32_t block =
        gpum_state(obj, source ? NVC5B5_SET_SRC_BLOCK_SIZE : NVC5B5_SET_DST_BLOCK_SIZE);
    uint64_t x = gpum_state(obj, source ? NVC5B5_SRC_ORIGIN_X : NVC5B5_DST_ORIGIN_X);
    uint64_t width = gpum_state(obj, source ? NVC5B5_SET_SRC_WIDTH : NVC5B5_SET_DST_WIDTH);
    const char *wrong = check_block(obj, block);

    if (wrong)
        return wrong;
    side->block_linear = true;
    side->block_height_log2 = NVHW_GET(NVC5B5_SET_SRC_BLOCK_SIZE, HEIGHT, block);
    side->block_depth_log2 = NVHW_GET(NVC5B5_SET_SRC_BLOCK_SIZE, DEPTH, block);
    side->x_bytes = x * element_bytes;
    side->width_bytes = width * element_bytes;
    side->y = gpum_state(obj, source ? NVC5B5_SRC_ORIGIN_Y : NVC5B5_DST_ORIGIN_Y);
    side->height = gpum_state(obj, source ? NVC5B5_SET_SRC_HEIGHT : NVC5B5_SET_DST_HEIGHT);
    side->z = gpum_state(obj, source ? NVC5B5_SET_SRC_LAYER : NVC5B5_SET_DST_LAYER);
    side->depth = gpum_state(obj, source ? NVC5B5_SET_SRC_DEPTH : NVC5B5_SET_DST_DEPTH);
    if (side->z >= side->depth)
        return "layer lies beyond the depth of the block linear surface";
    if (side->base % NV_GOB_BYTES)
        return "block linear surface is not aligned to a GOB";
    return NULL;
}
