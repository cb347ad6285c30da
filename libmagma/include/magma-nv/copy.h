/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Copies and fills, recorded into a push; they work on every channel. Copies that follow each other
 * may overlap in time: put magma_push_barrier() between dependent ones.
 */
#ifndef MAGMA_NV_COPY_H
#define MAGMA_NV_COPY_H

#include <magma-nv/push.h>

#ifdef __cplusplus
extern "C" {
#endif

/* size_bytes bytes from src to dst, any alignment. Overlapping ranges are undefined. */
void magma_copy_buffer(struct magma_push *push, magma_gpu_va dst, magma_gpu_va src,
                       uint64_t size_bytes);

/* line_count lines of line_bytes, pitches apart. */
struct magma_copy_rect {
    magma_gpu_va dst, src;
    uint32_t dst_pitch_bytes, src_pitch_bytes;
    uint32_t line_bytes, line_count;
};
void magma_copy_rect(struct magma_push *push, const struct magma_copy_rect *rect);

/* Fills size_bytes at dst with a 32-bit value; both multiples of 4. */
void magma_fill_buffer(struct magma_push *push, magma_gpu_va dst, uint64_t size_bytes,
                       uint32_t value);

#ifdef __cplusplus
}
#endif
#endif
