/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The GPU at work in the virtual machine, for suites that disturb it:
 *
 *     vm_gpu work     fills and copies without end; prints "working" after the first round
 *     vm_gpu guard    copies into memory that the IOMMU maps, then after it maps it no more
 *     vm_gpu fault    copies to a GPU address at which nothing is
 *     vm_gpu guard-gsp   takes the memory of its queues from the GPU's own processor
 *
 * MAGMA_DEVICE names the GPU. The guards reach below the public API: there no caller can leave a
 * GPU mapping behind whose memory is gone.
 */
#include <magma-nv/bo.h>
#include <magma-nv/channel.h>
#include <magma-nv/copy.h>
#include <magma-nv/gpu.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libmagma/api/gpu.h"
#include "libmagma/rpc/priv.h"
#include "libmagma/winsys/bare_private.h"
#include "vfio/device.h"

#define SIZE_BYTES  UINT64_C(65536)
#define PATTERN     0x5a5a1234u
#define TIMEOUT_NS  UINT64_C(60000000000)
/* Far above what the allocator hands out in a short run. */
#define UNUSED_SPAN (UINT64_C(1) << 30)

struct work {
    struct magma_gpu *gpu;
    struct magma_channel *channel;
    struct magma_push *push;
    struct magma_bo *vram, *system;
};

static struct magma_error err;

static bool set_up(struct work *w)
{
    return magma_gpu_open(NULL, NULL, &w->gpu, &err) == MAGMA_OK &&
           magma_channel_create(w->gpu, MAGMA_ENGINE_COPY, &w->channel, &err) == MAGMA_OK &&
           magma_push_create(w->gpu, &w->push, &err) == MAGMA_OK &&
           magma_bo_create(w->gpu, SIZE_BYTES, 0, MAGMA_DOMAIN_VRAM, 0, &w->vram, &err) ==
               MAGMA_OK &&
           magma_bo_create(w->gpu, SIZE_BYTES, 0, MAGMA_DOMAIN_SYSTEM, 0, &w->system, &err) ==
               MAGMA_OK;
}

static void tear_down(struct work *w)
{
    magma_bo_destroy(w->system);
    magma_bo_destroy(w->vram);
    magma_push_destroy(w->push);
    magma_channel_destroy(w->channel);
    magma_gpu_close(w->gpu);
}

/* Fills video memory and copies it to `to`. */
static enum magma_code fill_and_copy(struct work *w, magma_gpu_va to, uint32_t value)
{
    struct magma_submit submit = {.pushes = &w->push, .push_count = 1};
    enum magma_code code;

    magma_fill_buffer(w->push, magma_bo_address(w->vram), SIZE_BYTES, value);
    magma_push_barrier(w->push);
    magma_copy_buffer(w->push, to, magma_bo_address(w->vram), SIZE_BYTES);
    code = magma_channel_submit(w->channel, &submit);
    if (code == MAGMA_OK)
        code = magma_channel_wait_idle(w->channel, TIMEOUT_NS);
    magma_push_reset(w->push);
    return code;
}

static bool holds(const uint32_t *words, uint32_t value)
{
    for (size_t i = 0; i < SIZE_BYTES / sizeof *words; i++)
        if (words[i] != value)
            return false;
    return true;
}

static int work_forever(struct work *w)
{
    for (uint32_t round = 0;; round++) {
        if (fill_and_copy(w, magma_bo_address(w->system), round) != MAGMA_OK) {
            printf("round %u: %s\n", round, magma_gpu_lost_reason(w->gpu));
            return 1;
        }
        if (!holds(magma_bo_map(w->system), round)) {
            printf("round %u: wrong result\n", round);
            return 1;
        }
        if (round == 0)
            printf("working\n");
    }
}

static int fault(struct work *w)
{
    const struct mg_winsys *ws = mg_gpu_device(w->gpu)->ws;
    enum magma_code code = fill_and_copy(w, (magma_gpu_va){ws->va_end - UNUSED_SPAN}, PATTERN);

    if (code != MAGMA_DEVICE_LOST) {
        printf("a copy to nowhere: %s\n", magma_code_name(code));
        return 1;
    }
    printf("the driver says: %s\n", magma_gpu_lost_reason(w->gpu));
    return 0;
}

/* The same copy through the same GPU mapping twice; in between the memory is given back. */
static int guard(struct work *w)
{
    struct mg_winsys *ws = mg_gpu_device(w->gpu)->ws;
    const magma_gpu_va va = {ws->va_end - UNUSED_SPAN};
    unsigned long long iova;
    struct mg_memory memory;
    enum magma_code code;

    if (ws->ops->memory_create(ws, MAGMA_DOMAIN_SYSTEM, SIZE_BYTES, SIZE_BYTES, 0, &memory, &err) !=
            MAGMA_OK ||
        ws->ops->map(ws, &memory, va, 0, &err) != MAGMA_OK) {
        printf("memory: %s\n", err.text);
        return 1;
    }
    iova = memory.dma.iova.raw;
    code = fill_and_copy(w, va, PATTERN);
    if (code != MAGMA_OK || !holds(memory.dma.cpu, PATTERN)) {
        printf("a copy to mapped memory: %s %s\n", magma_code_name(code),
               magma_gpu_lost_reason(w->gpu));
        return 1;
    }
    printf("0x%llx is mapped: the copy arrives\n", iova);
    mg_dma_finish(&memory.dma);
    code = fill_and_copy(w, va, ~PATTERN);
    if (code != MAGMA_DEVICE_LOST) {
        printf("a copy to 0x%llx, which is mapped no more: %s\n", iova, magma_code_name(code));
        return 1;
    }
    printf("0x%llx is mapped no more: the driver says: %s\n", iova, magma_gpu_lost_reason(w->gpu));
    return 0;
}

/* The queues between driver and GSP leave the IOMMU; then the driver asks for something. */
static int guard_gsp(struct work *w)
{
    struct mg_bare *bare = mg_bare_of(mg_gpu_device(w->gpu)->ws);
    const struct mvfio_dma *queues = mg_gsp_rpc(bare->gsp)->shared.memory;
    const struct mvfio_device *device = bare->device;
    struct magma_channel *channel = NULL;
    enum magma_code code;

    if (device->ops->dma_unmap(device->impl, queues->iova.raw, queues->size_bytes, &err) !=
        MAGMA_OK) {
        printf("unmapping: %s\n", err.text);
        return 1;
    }
    printf("the queues at 0x%llx are mapped no more\n", (unsigned long long)queues->iova.raw);
    code = magma_channel_create(w->gpu, MAGMA_ENGINE_COPY, &channel, &err);
    if (code == MAGMA_OK) {
        printf("a channel although the GSP cannot be reached\n");
        magma_channel_destroy(channel);
        return 1;
    }
    printf("the driver says: %s: %s\n", magma_code_name(code), err.text);
    return 0;
}

static const struct deed {
    const char *name;
    int (*run)(struct work *w);
} deeds[] = {{"work", work_forever}, {"fault", fault}, {"guard", guard}, {"guard-gsp", guard_gsp}};

int main(int argc, char **argv)
{
    const struct deed *deed = NULL;
    struct work w = {0};
    int status = 1;

    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; argc == 2 && i < sizeof deeds / sizeof *deeds; i++)
        if (strcmp(argv[1], deeds[i].name) == 0)
            deed = &deeds[i];
    if (!deed) {
        fprintf(stderr, "usage: vm_gpu work|fault|guard|guard-gsp\n");
        return 2;
    }
    if (!set_up(&w))
        printf("set-up: %s\n", err.text);
    else
        status = deed->run(&w);
    tear_down(&w);
    return status;
}
