/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The other BARs: sizes, mappings of a part (BAR1 is the window to video memory), and access by
 * copy where a BAR cannot be mapped. `bar` is a VFIO region index (MVFIO_REGION_BAR0 ...). 64-bit
 * BARs take two indices: NVIDIA's BAR1 is region 1, its BAR2 (BAR3 on the bus) is region 3.
 */
#ifndef MG_HAL_BAR_H
#define MG_HAL_BAR_H

#include <stddef.h>
#include <stdint.h>

#include <magma-nv/status.h>

struct mg_hal;

/* Size in bytes; 0: absent. */
uint64_t mg_bar_size_bytes(struct mg_hal *hal, unsigned bar);

/* A mapped part of a BAR. */
struct mg_bar_map {
    volatile void *cpu;
    uint64_t offset;
    uint64_t size_bytes;
};

/* Maps size_bytes at offset (multiples of 4096). MAGMA_NOT_SUPPORTED: it cannot be mapped; use
 * mg_bar_read and mg_bar_write. */
enum magma_code mg_bar_map(struct mg_hal *hal, unsigned bar, uint64_t offset, uint64_t size_bytes,
                           struct mg_bar_map *out, struct magma_error *err);
void mg_bar_unmap(struct mg_hal *hal, struct mg_bar_map *map);

/* Copies through the region interface: slow, always possible. */
enum magma_code mg_bar_read(struct mg_hal *hal, unsigned bar, uint64_t offset, void *data,
                            size_t size_bytes, struct magma_error *err);
enum magma_code mg_bar_write(struct mg_hal *hal, unsigned bar, uint64_t offset, const void *data,
                             size_t size_bytes, struct magma_error *err);

#endif
