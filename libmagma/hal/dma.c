/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* System memory for the GPU: mvfio's DMA memory, always readable and writable for the device. */
#include "libmagma/hal/hal_priv.h"

enum magma_code mg_dma_init(struct mg_hal *hal, uint64_t size_bytes, uint64_t align_bytes,
                            struct mg_dma *out, struct magma_error *err)
{
    enum magma_code code = hal_fail_if_gone(hal, err);
    struct mvfio_dma *memory;

    *out = (struct mg_dma){0};
    if (!code)
        code = hal_note(
            hal, mvfio_dma_create(hal->device, size_bytes, align_bytes, MVFIO_DMA_RW, &memory, err),
            err);
    if (!code)
        *out = (struct mg_dma){memory->cpu, memory->iova, memory->size_bytes, memory};
    return code;
}

void mg_dma_finish(struct mg_dma *dma)
{
    mvfio_dma_destroy(dma->memory);
    *dma = (struct mg_dma){0};
}
