/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Opening and closing: a winsys, the memory manager on it, and what every channel shares. */
#include "libmagma/api/gpu.h"

#include <stdlib.h>
#include <string.h>

#include <mvfio.h>

#include "libmagma/api/child.h"
#include "libmagma/cmd/channel.h"
#include "libmagma/core/status.h"
#include "libmagma/engine/classes.h"
#include "libmagma/engine/sm.h"
#include "libmagma/winsys/bare.h"
#include "libmagma/winsys/nvidia.h"

#define SCRATCH_BYTES 256u

struct mg_device *mg_gpu_device(struct magma_gpu *gpu)
{
    return &gpu->dev;
}

/* ---- Options --------------------------------------------------------------------------------- */

static void write_log(void *ctx, enum mg_log_level level, const char *line)
{
    const struct magma_gpu_options *options = ctx;
    static const enum magma_log_level levels[] = {
        [MG_LOG_ERROR] = MAGMA_LOG_ERROR, [MG_LOG_WARN] = MAGMA_LOG_WARN,
        [MG_LOG_INFO] = MAGMA_LOG_INFO,   [MG_LOG_DEBUG] = MAGMA_LOG_DEBUG,
        [MG_LOG_TRACE] = MAGMA_LOG_DEBUG,
    };

    options->log(options->ctx, levels[level], line);
}

void mg_gpu_log(const struct magma_gpu_options *options, struct mg_log *out)
{
    mg_log_init(out, options->debug ? options->debug : getenv("MAGMA_DEBUG"));
    if (!options->log)
        return;
    out->write = write_log;
    out->ctx = (void *)(uintptr_t)options;
    out->level = MG_LOG_DEBUG;
}

/* ---- Opening --------------------------------------------------------------------------------- */

static enum magma_code init_device(struct magma_gpu *gpu, struct magma_error *err)
{
    struct mg_device *dev = &gpu->dev;
    struct magma_gpu_info *info = &dev->ws->info;
    enum magma_code code;

    dev->classes = mg_engine_classes(info->compute_class);
    dev->sm = mg_sm_facts(info->sm_version);
    if (!dev->classes || !dev->sm)
        return mg_fail(err, MAGMA_NOT_SUPPORTED, "compute class 0x%x with SM %u: not supported",
                       info->compute_class, info->sm_version);
    info->shared_bytes_max = dev->sm->shared_cta_bytes;
    code = mg_mem_create(dev->ws, &dev->mem, err);
    if (code != MAGMA_OK)
        return code;
    mg_mem_set_clear(dev->mem, mg_gpu_clear, gpu);
    return mg_bo_create(dev->mem, SCRATCH_BYTES, 0, MAGMA_DOMAIN_SYSTEM, MAGMA_BO_ZERO,
                        &dev->scratch, err);
}

static enum magma_code open_nvidia(struct magma_gpu *gpu, const struct mg_gpu_setup *setup,
                                   struct magma_error *err)
{
    struct mg_nvidia_options options = {
        .clock = setup->clock,
        .step = gpu->options.step,
        .step_ctx = gpu->options.ctx,
    };

    mg_gpu_log(&gpu->options, &options.log);
    return mg_nvidia_open(setup->address, &options, &gpu->dev.ws, err);
}

static enum magma_code open_winsys(struct magma_gpu *gpu, struct mvfio_device *device,
                                   const struct mg_gpu_setup *setup, struct magma_error *err)
{
    struct mg_bare_options bare = {
        .clock = setup->clock,
        .firmware_path = setup->firmware_path ? setup->firmware_path : gpu->options.firmware_path,
        .address = setup->address,
        .is_model = setup->is_model,
        .step = gpu->options.step,
        .step_ctx = gpu->options.ctx,
    };

    if (setup->is_nvidia)
        return open_nvidia(gpu, setup, err);
    mg_gpu_log(&gpu->options, &bare.log);
    return mg_bare_open(device, &bare, &gpu->dev.ws, err);
}

enum magma_code mg_gpu_open_device(struct mvfio_device *device, const struct mg_gpu_setup *setup,
                                   struct magma_gpu **out, struct magma_error *err)
{
    struct magma_gpu *gpu = calloc(1, sizeof *gpu);
    enum magma_code code;

    *out = NULL;
    if (!gpu) {
        mvfio_device_close(device);
        mg_child_destroy(setup->child);
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "GPU: no memory");
    }
    if (setup->options)
        gpu->options = *setup->options;
    gpu->child = setup->child;
    pthread_mutex_init(&gpu->clear_lock, NULL);
    pthread_mutex_init(&gpu->dev.channels_lock, NULL);
    code = open_winsys(gpu, device, setup, err);
    if (code == MAGMA_OK)
        code = init_device(gpu, err);
    /* The strings were for opening only. */
    gpu->options.firmware_path = gpu->options.debug = NULL;
    if (code != MAGMA_OK) {
        magma_gpu_close(gpu);
        return code;
    }
    *out = gpu;
    return MAGMA_OK;
}

void magma_gpu_close(struct magma_gpu *gpu)
{
    if (!gpu)
        return;
    mg_gpu_clear_finish(gpu);
    /* Memory may go only when nothing works on it any more. */
    while (gpu->dev.channels) {
        mg_log(&gpu->dev.ws->log, MG_LOG_WARN, "a channel was not destroyed");
        magma_channel_destroy(gpu->dev.channels);
    }
    if (gpu->dev.mem) {
        magma_bo_destroy(gpu->dev.scratch);
        mg_mem_destroy(gpu->dev.mem);
    }
    if (gpu->dev.ws)
        gpu->dev.ws->ops->close(gpu->dev.ws);
    mg_child_destroy(gpu->child);
    pthread_mutex_destroy(&gpu->clear_lock);
    pthread_mutex_destroy(&gpu->dev.channels_lock);
    free(gpu);
}

/* ---- Asking ---------------------------------------------------------------------------------- */

const struct magma_gpu_info *magma_gpu_get_info(const struct magma_gpu *gpu)
{
    return &gpu->dev.ws->info;
}

bool magma_gpu_is_lost(struct magma_gpu *gpu)
{
    gpu->dev.ws->ops->poll(gpu->dev.ws);
    return mg_winsys_is_lost(gpu->dev.ws);
}

const char *magma_gpu_lost_reason(struct magma_gpu *gpu)
{
    return mg_winsys_is_lost(gpu->dev.ws) ? gpu->dev.ws->reason : "";
}

void magma_gpu_memory_used(struct magma_gpu *gpu, uint64_t *vram_bytes, uint64_t *system_bytes)
{
    mg_mem_used(gpu->dev.mem, vram_bytes, system_bytes);
}

enum magma_code magma_gpu_timestamp_ns(struct magma_gpu *gpu, uint64_t *time_ns)
{
    enum magma_code code = mg_winsys_check(gpu->dev.ws, NULL);

    return code == MAGMA_OK ? gpu->dev.ws->ops->timestamp(gpu->dev.ws, time_ns) : code;
}

enum magma_code magma_bo_create(struct magma_gpu *gpu, uint64_t size_bytes, uint64_t align_bytes,
                                enum magma_domain domain, uint32_t flags, struct magma_bo **out,
                                struct magma_error *err)
{
    *out = NULL;
    if (mg_winsys_is_lost(gpu->dev.ws))
        return mg_winsys_check(gpu->dev.ws, err);
    return mg_bo_create(gpu->dev.mem, size_bytes, align_bytes, domain, flags, out, err);
}
