/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Register access: a load or store where BAR0 is mapped, else a message to the device's owner. */
#include "libmagma/hal/hal_priv.h"

#include <endian.h>
#include <nvhw/boot.h>
#include <stdio.h>
#include <stdlib.h>

#define ALL_ONES         UINT32_MAX
#define POLL_FIRST_NS    UINT64_C(1000)
#define POLL_LONGEST_NS  UINT64_C(100000)
#define NS_PER_US        UINT64_C(1000)
#define BAR0_BYTES_LEAST UINT64_C(4096)

static enum magma_code map_areas(struct mg_hal *hal, const struct mvfio_region_info *info,
                                 struct magma_error *err)
{
    for (uint32_t i = 0; i < info->area_count; i++) {
        struct mmio_area *area = &hal->areas[hal->area_count];
        void *cpu;
        enum magma_code code =
            mvfio_region_map(hal->device, MVFIO_REGION_BAR0, info->areas[i].offset,
                             info->areas[i].size_bytes, &cpu, err);

        if (code)
            return code;
        *area = (struct mmio_area){cpu, info->areas[i].offset, info->areas[i].size_bytes};
        hal->area_count++;
    }
    return MAGMA_OK;
}

enum magma_code hal_mmio_init(struct mg_hal *hal, uint32_t trace_entries, struct magma_error *err)
{
    struct mvfio_region_info info;
    enum magma_code code = mvfio_region_info(hal->device, MVFIO_REGION_BAR0, &info, err);

    if (code)
        return code;
    if (info.size_bytes < BAR0_BYTES_LEAST)
        return mg_fail(err, MAGMA_NO_DEVICE, "%s: BAR0 has %llu bytes; this is no GPU",
                       mvfio_device_name(hal->device), (unsigned long long)info.size_bytes);
    hal->bar0_bytes = info.size_bytes;
    hal->trace.size = trace_entries;
    hal->trace.entries = calloc(trace_entries, sizeof *hal->trace.entries);
    if (!hal->trace.entries)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "%s: no memory for %u trace entries",
                       mvfio_device_name(hal->device), trace_entries);
    return map_areas(hal, &info, err);
}

void hal_mmio_finish(struct mg_hal *hal)
{
    for (uint32_t i = 0; i < hal->area_count; i++)
        mvfio_region_unmap(hal->device, (void *)hal->areas[i].cpu, hal->areas[i].size_bytes);
    free(hal->trace.entries);
}

uint64_t mg_mmio_size_bytes(const struct mg_hal *hal)
{
    return hal->bar0_bytes;
}

volatile uint32_t *mg_mmio_pointer(struct mg_hal *hal, uint32_t offset, uint32_t size_bytes)
{
    for (uint32_t i = 0; i < hal->area_count; i++) {
        const struct mmio_area *area = &hal->areas[i];

        if (offset >= area->offset && offset - area->offset <= area->size_bytes &&
            size_bytes <= area->size_bytes - (offset - area->offset))
            return (volatile uint32_t *)(area->cpu + (offset - area->offset));
    }
    return NULL;
}

/* A register access has no way to report; whatever breaks the transport makes the device gone. */
static void transport_failed(struct mg_hal *hal, const struct magma_error *err)
{
    hal_mark_gone(hal, err->text);
}

static uint32_t raw_read(struct mg_hal *hal, uint32_t offset)
{
    volatile uint32_t *mapped = mg_mmio_pointer(hal, offset, sizeof *mapped);
    struct magma_error err = {0};
    uint32_t raw = ALL_ONES;

    if (mapped)
        return le32toh(*mapped);
    if (mvfio_region_read(hal->device, MVFIO_REGION_BAR0, offset, &raw, sizeof raw, &err)) {
        transport_failed(hal, &err);
        return ALL_ONES;
    }
    return le32toh(raw);
}

static bool valid_offset(const struct mg_hal *hal, uint32_t offset)
{
    return offset % sizeof(uint32_t) == 0 && hal->bar0_bytes >= sizeof(uint32_t) &&
           offset <= hal->bar0_bytes - sizeof(uint32_t);
}

/* All ones is what the bus gives for nobody. Some registers may read so; the identity may not. */
static void suspect(struct mg_hal *hal, uint32_t offset)
{
    char name[96], cause[200];

    if (mg_hal_gone(hal) || (offset != NV_PMC_BOOT_0 && raw_read(hal, NV_PMC_BOOT_0) != ALL_ONES))
        return;
    mg_mmio_name(offset, name, sizeof name);
    snprintf(cause, sizeof cause, "%s and the chip's identity read as all ones", name);
    hal_mark_gone(hal, offset == NV_PMC_BOOT_0 ? "the chip's identity reads as all ones" : cause);
}

uint32_t mg_mmio_rd32(struct mg_hal *hal, uint32_t offset)
{
    uint32_t value;

    if (mg_hal_gone(hal))
        return ALL_ONES;
    if (!valid_offset(hal, offset)) {
        mg_log(hal->log, MG_LOG_ERROR, "read of 0x%08x, which is no register of BAR0 (0x%llx)",
               offset, (unsigned long long)hal->bar0_bytes);
        return ALL_ONES;
    }
    value = raw_read(hal, offset);
    hal_trace_record(hal, offset, value, false);
    if (value == ALL_ONES)
        suspect(hal, offset);
    return value;
}

void mg_mmio_wr32(struct mg_hal *hal, uint32_t offset, uint32_t value)
{
    volatile uint32_t *mapped;
    struct magma_error err = {0};
    uint32_t raw = htole32(value);

    if (mg_hal_gone(hal))
        return;
    if (!valid_offset(hal, offset)) {
        mg_log(hal->log, MG_LOG_ERROR, "write of 0x%08x, which is no register of BAR0 (0x%llx)",
               offset, (unsigned long long)hal->bar0_bytes);
        return;
    }
    hal_trace_record(hal, offset, value, true);
    mapped = mg_mmio_pointer(hal, offset, sizeof *mapped);
    if (mapped) {
        /* What was written to memory before is there when the register takes effect. */
        atomic_thread_fence(memory_order_seq_cst);
        *mapped = raw;
        return;
    }
    if (mvfio_region_write(hal->device, MVFIO_REGION_BAR0, offset, &raw, sizeof raw, &err))
        transport_failed(hal, &err);
}

uint32_t mg_mmio_mask32(struct mg_hal *hal, uint32_t offset, uint32_t mask, uint32_t value)
{
    uint32_t old = mg_mmio_rd32(hal, offset);

    mg_mmio_wr32(hal, offset, (old & ~mask) | (value & mask));
    return old;
}

enum magma_code mg_mmio_read(struct mg_hal *hal, uint32_t offset, uint32_t *out,
                             struct magma_error *err)
{
    *out = mg_mmio_rd32(hal, offset);
    if (!valid_offset(hal, offset))
        return mg_fail(err, MAGMA_INVALID_ARGUMENT, "%s: 0x%08x is no register of BAR0",
                       mvfio_device_name(hal->device), offset);
    return hal_fail_if_gone(hal, err);
}

/* ---- Waiting ---- */

struct poll_result {
    uint32_t value;
    uint64_t elapsed_ns;
};

/* MAGMA_OK, MAGMA_TIMEOUT without a text, or MAGMA_DEVICE_GONE with one. */
static enum magma_code poll_register(struct mg_hal *hal, uint32_t offset,
                                     bool (*done)(void *ctx, uint32_t value), void *ctx,
                                     uint64_t timeout_ns, struct poll_result *result,
                                     struct magma_error *err)
{
    uint64_t start_ns = mg_now_ns(hal->clock);
    uint64_t deadline_ns = mg_deadline_ns(hal->clock, timeout_ns);
    uint64_t pause_ns = POLL_FIRST_NS;

    for (;;) {
        /* The clock first: the last look comes after the deadline. */
        uint64_t now_ns = mg_now_ns(hal->clock);
        enum magma_code code = mg_mmio_read(hal, offset, &result->value, err);

        result->elapsed_ns = now_ns - start_ns;
        if (code)
            return code;
        if (done(ctx, result->value))
            return MAGMA_OK;
        if (now_ns >= deadline_ns)
            return MAGMA_TIMEOUT;
        mg_sleep_ns(hal->clock, pause_ns < deadline_ns - now_ns ? pause_ns : deadline_ns - now_ns);
        pause_ns = pause_ns * 2 < POLL_LONGEST_NS ? pause_ns * 2 : POLL_LONGEST_NS;
    }
}

struct masked {
    uint32_t mask;
    uint32_t want;
};

static bool masked_equal(void *ctx, uint32_t value)
{
    const struct masked *masked = ctx;

    return (value & masked->mask) == masked->want;
}

enum magma_code mg_mmio_poll(struct mg_hal *hal, uint32_t offset, uint32_t mask, uint32_t want,
                             uint64_t timeout_ns, struct magma_error *err)
{
    struct masked masked = {mask, want};
    struct poll_result result;
    char name[96];
    enum magma_code code;

    code = poll_register(hal, offset, masked_equal, &masked, timeout_ns, &result, err);
    if (code != MAGMA_TIMEOUT)
        return code;
    mg_mmio_name(offset, name, sizeof name);
    return mg_fail(err, MAGMA_TIMEOUT,
                   "%s: %s (0x%08x) is 0x%08x, mask 0x%08x, wanted 0x%08x, after %llu us",
                   mvfio_device_name(hal->device), name, offset, result.value, mask, want,
                   (unsigned long long)(result.elapsed_ns / NS_PER_US));
}

enum magma_code mg_mmio_poll_until(struct mg_hal *hal, uint32_t offset,
                                   bool (*done)(void *ctx, uint32_t value), void *ctx,
                                   const char *what, uint64_t timeout_ns, struct magma_error *err)
{
    struct poll_result result;
    char name[96];
    enum magma_code code = poll_register(hal, offset, done, ctx, timeout_ns, &result, err);

    if (code != MAGMA_TIMEOUT)
        return code;
    mg_mmio_name(offset, name, sizeof name);
    return mg_fail(err, MAGMA_TIMEOUT, "%s: %s (0x%08x) is 0x%08x, wanted %s, after %llu us",
                   mvfio_device_name(hal->device), name, offset, result.value, what,
                   (unsigned long long)(result.elapsed_ns / NS_PER_US));
}
