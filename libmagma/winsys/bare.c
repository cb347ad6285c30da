/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Opening and closing a bare GPU: the order of things. Closing undoes what opening did, in
 * reverse, and is also how a failed opening cleans up.
 */
#include "libmagma/winsys/bare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <nvhw/boot.h>
#include <nvhw/compute.h>
#include <nvhw/fifo.h>

#include <mvfio.h>

#include "libmagma/core/status.h"
#include "libmagma/winsys/bare_private.h"

#define NS_PER_SECOND UINT64_C(1000000000)

static void report(struct mg_bare *bare, const char *name, const char *detail, uint64_t duration_ns)
{
    mg_debug(&bare->ws.log, MG_DEBUG(boot), "%-20s %9llu us  %s", name,
             (unsigned long long)(duration_ns / 1000), detail);
    if (bare->options.step)
        bare->options.step(bare->options.step_ctx, name, detail, duration_ns);
}

static void on_gsp_step(void *ctx, const struct mg_gsp_step *step)
{
    report(ctx, step->name, step->what, step->duration_ns);
}

/* ---- Steps of opening ------------------------------------------------------------------------ */

static enum magma_code open_hal(struct mg_bare *bare, struct magma_error *err)
{
    struct mg_hal_options options = {.log = &bare->ws.log, .clock = bare->ws.clock};
    struct mg_pci_id id = {0};
    enum magma_code code;
    uint32_t boot_42;

    code = mg_hal_create(bare->device, &options, &bare->hal, err);
    if (code == MAGMA_OK)
        code = mg_config_id(bare->hal, &id, err);
    if (code == MAGMA_OK)
        code = mg_mmio_read(bare->hal, NV_PMC_BOOT_42, &boot_42, err);
    if (code != MAGMA_OK)
        return code;
    bare->gen = mg_gen_find(boot_42, &bare->chip);
    if (!bare->gen)
        return mg_fail(err, MAGMA_NOT_SUPPORTED,
                       "%s: chip 0x%x (PMC_BOOT_42 0x%08x) is not one that magma knows",
                       bare->ws.log.subject, NVHW_GET(NV_PMC_BOOT_42, CHIP_ID, boot_42), boot_42);
    bare->ws.info.chipset = NVHW_GET(NV_PMC_BOOT_42, CHIP_ID, boot_42);
    bare->ws.info.vendor_id = id.vendor_id;
    bare->ws.info.device_id = id.device_id;
    bare->ws.info.subsystem_vendor_id = id.subsystem_vendor_id;
    bare->ws.info.subsystem_id = id.subsystem_id;
    return MAGMA_OK;
}

static enum magma_code boot_gsp(struct mg_bare *bare, struct magma_error *err)
{
    struct mg_gsp_options options = {
        .firmware_path = bare->options.firmware_path,
        .step = on_gsp_step,
        .step_ctx = bare,
    };

    return mg_gsp_boot(bare->hal, bare->gen, &options, &bare->gsp, err);
}

static uint64_t system_limit(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);

    /* Half of what the machine has: pinned memory cannot be swapped. */
    return pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page / 2 : 0;
}

static void fill_info(struct mg_bare *bare)
{
    const struct mg_gsp_info *gsp = mg_gsp_info(bare->gsp);
    struct magma_gpu_info *info = &bare->ws.info;

    snprintf(info->name, sizeof info->name, "%.*s", (int)sizeof info->name - 1,
             gsp->name[0] ? gsp->name : bare->chip->name);
    snprintf(info->address, sizeof info->address, "%s", bare->address);
    snprintf(info->chip, sizeof info->chip, "%s", bare->chip->name);
    snprintf(info->firmware, sizeof info->firmware, "%s", gsp->firmware_version);
    memcpy(info->uuid, gsp->gid, sizeof info->uuid);
    info->is_model = bare->options.is_model;
    info->vram_bytes = gsp->vram_bytes;
    info->system_usable_bytes = system_limit();
    info->sm_version = bare->gen->sm_version;
    info->threads_max = NV_COMPUTE_THREADS_MAX;
    info->host_class = bare->gen->classes.channel;
    info->copy_class = bare->gen->classes.copy;
    info->compute_class = bare->gen->classes.compute;
    info->timestamp_hz = NS_PER_SECOND;
}

static enum magma_code open_rm(struct mg_bare *bare, struct magma_error *err)
{
    enum magma_code code =
        mg_rm_create(mg_gsp_rpc(bare->gsp), mg_gsp_info(bare->gsp), bare->gen, &bare->rm, err);

    if (code == MAGMA_OK)
        bare->ws.info.sm_count = mg_rm_tpc_count(bare->rm) * NV_COMPUTE_SMS_PER_TPC;
    return code;
}

struct open_step {
    const char *name, *detail;
    enum magma_code (*run)(struct mg_bare *bare, struct magma_error *err);
};

static const struct open_step open_steps[] = {
    {"hal", "map registers, find the chip's table", open_hal},
    {"gsp", "boot GSP-RM (all of the steps above)", boot_gsp},
    {"rm", "client, device, subdevice, tables", open_rm},
    {"events", "interrupt tree, loop, event handlers", mg_bare_events_init},
    {"memory", "BAR1, heap, page tables, address space", mg_bare_memory_init},
    {"golden", "context buffers and the golden context", mg_bare_gr_init},
};

/* ---- Closing --------------------------------------------------------------------------------- */

static void unload(struct mg_bare *bare)
{
    struct magma_error err = {0};
    uint64_t start_ns = mg_now_ns(bare->ws.clock);
    enum magma_code code = mg_gsp_unload(bare->gsp, &err);

    if (code != MAGMA_OK)
        mg_log(&bare->ws.log, mg_winsys_is_lost(&bare->ws) ? MG_LOG_INFO : MG_LOG_WARN,
               "GSP-RM did not unload: %s", err.text);
    report(bare, "unload", code == MAGMA_OK ? "GSP-RM ended" : "GSP-RM did not end: GPU reset",
           mg_now_ns(bare->ws.clock) - start_ns);
    mg_gsp_destroy(bare->gsp);
}

static void bare_close(struct mg_winsys *ws)
{
    struct mg_bare *bare = mg_bare_of(ws);

    if (bare->rm) {
        mg_bare_gr_finish(bare);
        mg_bare_memory_finish(bare);
        mg_bare_events_finish(bare);
        mg_rm_destroy(bare->rm);
    }
    if (bare->gsp)
        unload(bare);
    mg_hal_destroy(bare->hal);
    mvfio_device_close(bare->device);
    pthread_mutex_destroy(&bare->invalidate_lock);
    pthread_mutex_destroy(&bare->private_lock);
    pthread_mutex_destroy(&bare->channels_lock);
    free(bare);
}

static enum magma_code bare_timestamp(struct mg_winsys *ws, uint64_t *time_ns)
{
    struct mg_bare *bare = mg_bare_of(ws);
    uint32_t high, low, again;

    high = mg_mmio_rd32(bare->hal, NV_VIRTUAL_FUNCTION_TIME_1);
    for (;;) {
        low = mg_mmio_rd32(bare->hal, NV_VIRTUAL_FUNCTION_TIME_0);
        again = mg_mmio_rd32(bare->hal, NV_VIRTUAL_FUNCTION_TIME_1);
        if (again == high)
            break;
        high = again;
    }
    if (mg_hal_gone(bare->hal))
        return MAGMA_DEVICE_LOST;
    *time_ns = (uint64_t)high << 32 | low;
    return MAGMA_OK;
}

static const struct mg_winsys_ops bare_ops = {
    .kind = "bare",
    .close = bare_close,
    .poll = mg_bare_poll,
    .wait = mg_bare_wait,
    .wake = mg_bare_wake,
    .timestamp = bare_timestamp,
    .memory_create = mg_bare_memory_create,
    .memory_destroy = mg_bare_memory_destroy,
    .map = mg_bare_map,
    .unmap = mg_bare_unmap,
    .channel_create = mg_bare_channel_create,
    .channel_destroy = mg_bare_channel_destroy,
    .ring = mg_bare_ring,
};

static struct mg_bare *bare_new(struct mvfio_device *device, const struct mg_bare_options *options)
{
    struct mg_bare *bare = calloc(1, sizeof *bare);

    if (!bare)
        return NULL;
    bare->device = device;
    bare->options = *options;
    bare->ws.ops = &bare_ops;
    bare->ws.log = options->log;
    bare->ws.clock = options->clock ? options->clock : &mg_clock_system;
    snprintf(bare->ws.log.subject, sizeof bare->ws.log.subject, "%s",
             options->address ? options->address : mvfio_device_name(device));
    snprintf(bare->address, sizeof bare->address, "%s", bare->ws.log.subject);
    pthread_mutex_init(&bare->invalidate_lock, NULL);
    pthread_mutex_init(&bare->private_lock, NULL);
    pthread_mutex_init(&bare->channels_lock, NULL);
    return bare;
}

enum magma_code mg_bare_open(struct mvfio_device *device, const struct mg_bare_options *options,
                             struct mg_winsys **out, struct magma_error *err)
{
    struct mg_bare *bare = bare_new(device, options);

    *out = NULL;
    if (!bare) {
        mvfio_device_close(device);
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "GPU: no memory");
    }
    for (size_t i = 0; i < sizeof open_steps / sizeof open_steps[0]; i++) {
        uint64_t start_ns = mg_now_ns(bare->ws.clock);
        enum magma_code code = open_steps[i].run(bare, err);

        if (code != MAGMA_OK) {
            bare_close(&bare->ws);
            return code;
        }
        if (open_steps[i].run == boot_gsp)
            fill_info(bare); /* its own steps have been reported */
        else
            report(bare, open_steps[i].name, open_steps[i].detail,
                   mg_now_ns(bare->ws.clock) - start_ns);
    }
    *out = &bare->ws;
    return MAGMA_OK;
}
