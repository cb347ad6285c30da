/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The allocator of I/O addresses: a sorted array of free ranges. It starts from the ranges that
 * the device's owner declares valid (an IOMMU has a hole where the MSI window is) and hands out
 * the lowest fit, so that addresses stay small for engines with narrow address fields. Not
 * thread-safe; the device's lock guards it.
 */
#ifndef MVFIO_IOVA_H
#define MVFIO_IOVA_H

#include <mvfio.h>

struct mvfio_iova {
    struct mvfio_range *free_ranges; /* ascending, disjoint, never touching */
    uint32_t count;
    uint32_t capacity;
};

/* Takes a copy of the ranges (ascending, disjoint). False: no memory, or they are malformed. */
bool mvfio_iova_init(struct mvfio_iova *iova, const struct mvfio_range *ranges, uint32_t count);
void mvfio_iova_finish(struct mvfio_iova *iova);

/* Takes size bytes at a multiple of align (a power of two). False: nothing fits, size is 0, or no
 * memory for the bookkeeping. */
bool mvfio_iova_take(struct mvfio_iova *iova, uint64_t size_bytes, uint64_t align_bytes,
                     uint64_t *out);

/* Gives a range back. False: part of it was free already (nothing changes then). */
bool mvfio_iova_give(struct mvfio_iova *iova, uint64_t first, uint64_t size_bytes);

/* Sum of the free ranges in bytes, saturating. */
uint64_t mvfio_iova_free_bytes(const struct mvfio_iova *iova);

#endif
