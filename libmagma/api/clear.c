/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Clearing video memory that the CPU cannot reach, or not fast: a fill on a copy channel of its
 * own, made when first needed. Only system memory is allocated on the way, so this cannot need
 * itself.
 */
#include <stdlib.h>

#include <magma-nv/copy.h>

#include "libmagma/api/gpu.h"
#include "libmagma/cmd/channel.h"
#include "libmagma/core/status.h"

/* For the slowest clear: all memory of the largest card at a hundredth of its speed. */
#define CLEAR_TIMEOUT_NS UINT64_C(30000000000)

static enum magma_code prepare(struct magma_gpu *gpu, struct magma_error *err)
{
    enum magma_code code = MAGMA_OK;

    if (!gpu->clear_channel)
        code = mg_channel_create(&gpu->dev, MAGMA_ENGINE_COPY, &gpu->clear_channel, err);
    if (code == MAGMA_OK && !gpu->clear_push)
        code = magma_push_create(gpu, &gpu->clear_push, err);
    return code;
}

static enum magma_code clear(struct magma_gpu *gpu, magma_gpu_va va, uint64_t size_bytes,
                             struct magma_error *err)
{
    struct magma_submit submit = {.pushes = &gpu->clear_push, .push_count = 1};
    enum magma_code code = prepare(gpu, err);

    if (code != MAGMA_OK)
        return code;
    magma_push_reset(gpu->clear_push);
    magma_fill_buffer(gpu->clear_push, va, (size_bytes + 3) & ~UINT64_C(3), 0);
    code = magma_channel_submit(gpu->clear_channel, &submit);
    if (code == MAGMA_OK)
        code = magma_channel_wait_idle(gpu->clear_channel, CLEAR_TIMEOUT_NS);
    if (code == MAGMA_DEVICE_LOST)
        return mg_winsys_check(gpu->dev.ws, err);
    return code == MAGMA_OK ? code : mg_fail(err, code, "clearing video memory");
}

enum magma_code mg_gpu_clear(void *ctx, magma_gpu_va va, uint64_t size_bytes,
                             struct magma_error *err)
{
    struct magma_gpu *gpu = ctx;
    enum magma_code code;

    pthread_mutex_lock(&gpu->clear_lock);
    code = clear(gpu, va, size_bytes, err);
    pthread_mutex_unlock(&gpu->clear_lock);
    return code;
}

void mg_gpu_clear_finish(struct magma_gpu *gpu)
{
    magma_push_destroy(gpu->clear_push);
    magma_channel_destroy(gpu->clear_channel);
    gpu->clear_push = NULL;
    gpu->clear_channel = NULL;
}
