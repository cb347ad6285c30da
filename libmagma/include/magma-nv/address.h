/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Addresses with types, so that the spaces a GPU program deals with cannot be mixed up. */
#ifndef MAGMA_NV_ADDRESS_H
#define MAGMA_NV_ADDRESS_H

#include <stdint.h>

/* A virtual address in a GPU address space (GMMU page tables translate it). 0 is never mapped. */
typedef struct {
    uint64_t raw;
} magma_gpu_va;

/* A byte offset into video memory. */
typedef struct {
    uint64_t raw;
} magma_vram_addr;

/* An I/O virtual address: what the device puts on the bus to reach system memory. */
typedef struct {
    uint64_t raw;
} magma_iova;

static inline magma_gpu_va magma_gpu_va_add(magma_gpu_va va, uint64_t offset_bytes)
{
    va.raw += offset_bytes;
    return va;
}

#endif
