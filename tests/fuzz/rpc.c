/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What GSP may write: the first byte chooses between the status queue's memory (messages taken
 * until one is refused), a register program, and the static info.
 */
#include <mvfio.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libmagma/gsp/gsp.h"
#include "libmagma/hal/hal.h"
#include "libmagma/rpc/early.h"
#include "libmagma/rpc/queue.h"
#include "libmagma/rpc/sequencer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- Queue ---- */

static void queue(const uint8_t *data, size_t size)
{
    static uint8_t shared[NV_GSP_QUEUE_SHARED_SIZE] __attribute__((aligned(4096)));
    static struct mg_rpc_message message;
    uint8_t *status = shared + NV_GSP_QUEUE_STAT_OFFSET;
    struct mg_rpc_queue q;
    bool got = true;

    memset(shared, 0, sizeof shared);
    mg_rpc_queue_init(&q, shared, (magma_iova){0});
    if (size > NV_GSP_QUEUE_SIZE)
        size = NV_GSP_QUEUE_SIZE;
    /* The head is short, elements lie a page apart: spread the bytes over them. */
    for (size_t at = 0, to = 0; at < size; to += 0x1000) {
        size_t part = size - at < 0x90 ? size - at : 0x90;

        if (to + part > NV_GSP_QUEUE_SIZE)
            break;
        memcpy(status + to, data + at, part);
        at += part;
    }
    mg_rpc_queue_link(&q, NULL);
    for (int i = 0; i < 70 && got; i++)
        if (mg_rpc_queue_take(&q, &message, &got, NULL) != MAGMA_OK)
            break;
    mg_rpc_queue_put(&q, 1, 0, "x", 1, NULL);
}

/* ---- Register program, on a device whose registers count up ---- */

static uint64_t now;
static uint32_t next;

static uint64_t clock_now(void *ctx)
{
    (void)ctx;
    return now;
}

static void clock_sleep(void *ctx, uint64_t ns)
{
    (void)ctx;
    now += ns + 1000000000; /* polls end soon */
}

static enum magma_code op_info(void *impl, struct mvfio_device_info *out, struct magma_error *err)
{
    (void)impl;
    (void)err;
    *out = (struct mvfio_device_info){.region_count = MVFIO_REGION_CONFIG + 1};
    return MAGMA_OK;
}

static enum magma_code op_region_info(void *impl, uint32_t region, struct mvfio_region_info *out,
                                      struct magma_error *err)
{
    (void)impl;
    (void)err;
    memset(out, 0, sizeof *out);
    if (region == MVFIO_REGION_BAR0)
        out->size_bytes = 16u << 20;
    if (region == MVFIO_REGION_CONFIG)
        out->size_bytes = 4096;
    out->flags = MVFIO_REGION_FLAG_READ | MVFIO_REGION_FLAG_WRITE;
    return MAGMA_OK;
}

static enum magma_code op_read(void *impl, uint32_t region, uint64_t offset, void *data,
                               size_t size_bytes, struct magma_error *err)
{
    uint32_t value = offset ? next++ & 0xffff : 0x172000a1;

    (void)impl;
    (void)region;
    (void)err;
    memset(data, 0, size_bytes);
    memcpy(data, &value, size_bytes < sizeof value ? size_bytes : sizeof value);
    return MAGMA_OK;
}

static enum magma_code op_write(void *impl, uint32_t region, uint64_t offset, const void *data,
                                size_t size_bytes, struct magma_error *err)
{
    (void)impl;
    (void)data;
    (void)err;
    if (region == MVFIO_REGION_BAR0 && (offset >= 16u << 20 || size_bytes != 4))
        abort();
    return MAGMA_OK;
}

static enum magma_code op_irq_info(void *impl, uint32_t irq, struct mvfio_irq_info *out,
                                   struct magma_error *err)
{
    (void)impl;
    (void)irq;
    (void)err;
    memset(out, 0, sizeof *out);
    return MAGMA_OK;
}

static enum magma_code op_irq_set(void *impl, uint32_t irq, uint32_t first, const int *fds,
                                  uint32_t count, struct magma_error *err)
{
    (void)impl;
    (void)irq;
    (void)first;
    (void)fds;
    (void)count;
    (void)err;
    return MAGMA_NOT_SUPPORTED;
}

static enum magma_code op_dma_map(void *impl, uint64_t iova, void *cpu, uint64_t size_bytes, int fd,
                                  uint64_t fd_offset, uint32_t flags, struct magma_error *err)
{
    (void)impl;
    (void)iova;
    (void)cpu;
    (void)size_bytes;
    (void)fd;
    (void)fd_offset;
    (void)flags;
    (void)err;
    return MAGMA_NOT_SUPPORTED;
}

static enum magma_code op_dma_unmap(void *impl, uint64_t iova, uint64_t size_bytes,
                                    struct magma_error *err)
{
    (void)impl;
    (void)iova;
    (void)size_bytes;
    (void)err;
    return MAGMA_OK;
}

static const struct mvfio_ops ops = {.kind = "fuzz",
                                     .info = op_info,
                                     .region_info = op_region_info,
                                     .region_read = op_read,
                                     .region_write = op_write,
                                     .irq_info = op_irq_info,
                                     .irq_set = op_irq_set,
                                     .dma_map = op_dma_map,
                                     .dma_unmap = op_dma_unmap};

static enum magma_code core_op(void *ctx, struct magma_error *err)
{
    (void)ctx;
    (void)err;
    return MAGMA_OK;
}

static void program(const uint8_t *data, size_t size)
{
    static struct mg_clock clock = {clock_now, clock_sleep, NULL};
    static struct mg_sequencer_core core = {core_op, core_op, core_op, core_op, NULL};
    static struct mvfio_device *device;
    static struct mg_hal *hal;
    struct mg_hal_options options = {.clock = &clock, .trace_entries = 16};
    struct magma_error err = {0};

    if (!hal && (mvfio_device_wrap(&ops, NULL, "fuzz", NULL, &device, &err) != MAGMA_OK ||
                 mg_hal_create(device, &options, &hal, &err) != MAGMA_OK)) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    mg_sequencer_run(hal, &core, data, (uint32_t)size, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mg_gsp_info info;

    if (!size)
        return 0;
    switch (data[0] % 3) {
    case 0:
        queue(data + 1, size - 1);
        break;
    case 1:
        program(data + 1, size - 1);
        break;
    default:
        memset(&info, 0, sizeof info);
        mg_staticinfo_read(data + 1, (uint32_t)size - 1, &info, NULL);
        break;
    }
    return 0;
}
