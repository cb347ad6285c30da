/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Copies and fills as methods of the copy class. Every class from C5B5 on has these methods at the
 * same offsets; addresses lie below 2^40, so the width of the upper words does not matter.
 */
#include "libmagma/engine/copy.h"

#include <nvhw/copy.h>
#include <nvhw/fifo.h>

#include "libmagma/cmd/push.h"

#define SUBCHANNEL       NV_PBDMA_SUBCHANNEL_COPY
/* Bytes of one launch; longer copies are split. */
#define LAUNCH_BYTES_MAX (UINT64_C(1) << 30)
/* Elements of a line and lines of a fill. */
#define FILL_WIDTH_MAX   32768u
#define FILL_HEIGHT_MAX  32768u

void mg_copy_push_setup(struct magma_push *push, uint32_t copy_class)
{
    mg_push_one(push, SUBCHANNEL, NVC5B5_SET_OBJECT, copy_class);
}

struct shape {
    uint64_t dst, src;
    uint32_t dst_pitch, src_pitch;
    uint32_t length, count; /* of a line, lines */
    uint32_t launch;        /* LAUNCH_DMA bits beyond the common ones */
};

static void launch(struct magma_push *push, const struct shape *s)
{
    uint32_t *p = mg_push_begin(push, SUBCHANNEL, NVC5B5_OFFSET_IN_UPPER, 8);

    if (!p)
        return;
    p[0] = (uint32_t)(s->src >> 32);
    p[1] = (uint32_t)s->src;
    p[2] = (uint32_t)(s->dst >> 32);
    p[3] = (uint32_t)s->dst;
    p[4] = s->src_pitch;
    p[5] = s->dst_pitch;
    p[6] = s->length;
    p[7] = s->count;
    mg_push_one(push, SUBCHANNEL, NVC5B5_LAUNCH_DMA,
                NVHW_DEF(NVC5B5_LAUNCH_DMA, DATA_TRANSFER_TYPE, NON_PIPELINED) |
                    NVHW_DEF(NVC5B5_LAUNCH_DMA, FLUSH_ENABLE, TRUE) |
                    NVHW_DEF(NVC5B5_LAUNCH_DMA, SRC_MEMORY_LAYOUT, PITCH) |
                    NVHW_DEF(NVC5B5_LAUNCH_DMA, DST_MEMORY_LAYOUT, PITCH) | s->launch);
}

void magma_copy_buffer(struct magma_push *push, magma_gpu_va dst, magma_gpu_va src,
                       uint64_t size_bytes)
{
    for (uint64_t done = 0; done < size_bytes;) {
        uint64_t left = size_bytes - done;
        uint32_t n = (uint32_t)(left < LAUNCH_BYTES_MAX ? left : LAUNCH_BYTES_MAX);

        launch(push, &(struct shape){dst.raw + done, src.raw + done, n, n, n, 1, 0});
        done += n;
    }
}

void magma_copy_rect(struct magma_push *push, const struct magma_copy_rect *rect)
{
    if (!rect->line_bytes || !rect->line_count)
        return;
    if (rect->line_count > 1 &&
        (rect->dst_pitch_bytes < rect->line_bytes || rect->src_pitch_bytes < rect->line_bytes)) {
        mg_push_fail(push, MAGMA_INVALID_ARGUMENT);
        return;
    }
    launch(push, &(struct shape){rect->dst.raw, rect->src.raw, rect->dst_pitch_bytes,
                                 rect->src_pitch_bytes, rect->line_bytes, rect->line_count,
                                 NVHW_DEF(NVC5B5_LAUNCH_DMA, MULTI_LINE_ENABLE, TRUE)});
}

static void fill_block(struct magma_push *push, uint64_t dst, uint32_t width, uint32_t height)
{
    uint32_t pitch = width * (uint32_t)sizeof(uint32_t);

    launch(push, &(struct shape){
                     dst, dst, pitch, pitch, width, height,
                     NVHW_DEF(NVC5B5_LAUNCH_DMA, REMAP_ENABLE, TRUE) |
                         (height > 1 ? NVHW_DEF(NVC5B5_LAUNCH_DMA, MULTI_LINE_ENABLE, TRUE) : 0)});
}

void magma_fill_buffer(struct magma_push *push, magma_gpu_va dst, uint64_t size_bytes,
                       uint32_t value)
{
    uint64_t left = size_bytes / sizeof(uint32_t), at = dst.raw;
    uint32_t *p;

    if (size_bytes % sizeof(uint32_t) || dst.raw % sizeof(uint32_t)) {
        mg_push_fail(push, MAGMA_INVALID_ARGUMENT);
        return;
    }
    if (!left)
        return;
    mg_push_one(push, SUBCHANNEL, NVC5B5_SET_REMAP_CONST_A, value);
    p = mg_push_begin(push, SUBCHANNEL, NVC5B5_SET_REMAP_COMPONENTS, 1);
    if (!p)
        return;
    p[0] = NVHW_DEF(NVC5B5_SET_REMAP_COMPONENTS, DST_X, CONST_A) |
           NVHW_DEF(NVC5B5_SET_REMAP_COMPONENTS, DST_Y, NO_WRITE) |
           NVHW_DEF(NVC5B5_SET_REMAP_COMPONENTS, DST_Z, NO_WRITE) |
           NVHW_DEF(NVC5B5_SET_REMAP_COMPONENTS, DST_W, NO_WRITE) |
           NVHW_DEF(NVC5B5_SET_REMAP_COMPONENTS, COMPONENT_SIZE, FOUR) |
           NVHW_DEF(NVC5B5_SET_REMAP_COMPONENTS, NUM_SRC_COMPONENTS, ONE) |
           NVHW_DEF(NVC5B5_SET_REMAP_COMPONENTS, NUM_DST_COMPONENTS, ONE);
    while (left) {
        uint64_t lines = left / FILL_WIDTH_MAX;
        uint32_t width = left < FILL_WIDTH_MAX ? (uint32_t)left : FILL_WIDTH_MAX;
        uint32_t height = lines < 1                 ? 1
                          : lines < FILL_HEIGHT_MAX ? (uint32_t)lines
                                                    : FILL_HEIGHT_MAX;

        fill_block(push, at, width, height);
        at += (uint64_t)width * height * sizeof(uint32_t);
        left -= (uint64_t)width * height;
    }
}
