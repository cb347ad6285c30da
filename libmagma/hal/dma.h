/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* System memory that the GPU can reach: allocated, pinned, mapped at an I/O address. The CPU's
 * view is coherent; order between CPU writes and a doorbell is the caller's (mg_dma_publish). */
#ifndef MG_HAL_DMA_H
#define MG_HAL_DMA_H

#include <stdatomic.h>
#include <stdint.h>

#include <magma-nv/address.h>
#include <magma-nv/status.h>

struct mg_hal;
struct mvfio_dma;

/* A piece of it. A plain value; zero it before first use. */
struct mg_dma {
    void *cpu;
    magma_iova iova;
    uint64_t size_bytes;
    struct mvfio_dma *memory;
};

/* Allocates zeroed memory the GPU may read and write. size_bytes is rounded up to 4096;
 * align_bytes is a power of two (0: 4096) that holds for the I/O address. Errors as
 * mvfio_dma_create. *out is all zero on failure. Any thread. */
enum magma_code mg_dma_init(struct mg_hal *hal, uint64_t size_bytes, uint64_t align_bytes,
                            struct mg_dma *out, struct magma_error *err);

/* Unmaps and frees; the GPU must have stopped using it. An all zero piece is fine. */
void mg_dma_finish(struct mg_dma *dma);

/* Everything written to memory before is visible to the GPU before what is written after. */
static inline void mg_dma_publish(void)
{
    atomic_thread_fence(memory_order_seq_cst);
}

/* What is read after was written by the GPU no earlier than what was read before. */
static inline void mg_dma_observe(void)
{
    atomic_thread_fence(memory_order_acquire);
}

#endif
