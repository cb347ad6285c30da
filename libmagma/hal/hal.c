/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Making and ending a hal, and the knowledge that a device is gone. */
#include "libmagma/hal/hal_priv.h"

#include <nvhw/boot.h>
#include <stdio.h>
#include <stdlib.h>

enum { TRACE_ENTRIES = 4096 };

struct mvfio_device *mg_hal_device(struct mg_hal *hal)
{
    return hal->device;
}

const struct mg_log *mg_hal_log(const struct mg_hal *hal)
{
    return hal->log;
}

const struct mg_clock *mg_hal_clock(const struct mg_hal *hal)
{
    return hal->clock;
}

/* ---- Gone ---- */

bool mg_hal_gone(const struct mg_hal *hal)
{
    return atomic_load_explicit(&hal->gone, memory_order_acquire);
}

void hal_mark_gone(struct mg_hal *hal, const char *cause)
{
    pthread_mutex_lock(&hal->cause_lock);
    if (!atomic_load(&hal->gone)) {
        snprintf(hal->cause, sizeof hal->cause, "%s", cause);
        atomic_store_explicit(&hal->gone, true, memory_order_release);
        mg_log(hal->log, MG_LOG_ERROR, "the device is gone: %s", cause);
    }
    pthread_mutex_unlock(&hal->cause_lock);
}

enum magma_code hal_fail_if_gone(struct mg_hal *hal, struct magma_error *err)
{
    if (!mg_hal_gone(hal))
        return MAGMA_OK;
    /* The cause does not change once gone is set. */
    return mg_fail(err, MAGMA_DEVICE_GONE, "%s: the device is gone: %s",
                   mvfio_device_name(hal->device), hal->cause);
}

enum magma_code hal_note(struct mg_hal *hal, enum magma_code code, const struct magma_error *err)
{
    if (code == MAGMA_DEVICE_GONE)
        hal_mark_gone(hal, err ? err->text : magma_code_text(code));
    return code;
}

enum magma_code mg_hal_check(struct mg_hal *hal, struct magma_error *err)
{
    uint32_t ignored;

    return mg_mmio_read(hal, NV_PMC_BOOT_0, &ignored, err);
}

/* ---- Life ---- */

enum magma_code mg_hal_create(struct mvfio_device *device, const struct mg_hal_options *options,
                              struct mg_hal **out, struct magma_error *err)
{
    uint32_t entries = options && options->trace_entries ? options->trace_entries : TRACE_ENTRIES;
    struct mg_hal *hal;
    enum magma_code code;

    *out = NULL;
    if (entries & (entries - 1))
        return mg_fail(err, MAGMA_INVALID_ARGUMENT, "trace_entries %u is no power of two", entries);
    hal = calloc(1, sizeof *hal);
    if (!hal)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "%s: no memory for its registers' state",
                       mvfio_device_name(device));
    hal->device = device;
    hal->log = options ? options->log : NULL;
    hal->clock = options && options->clock ? options->clock : &mg_clock_system;
    hal->sysfs_root = options ? options->sysfs_root : NULL;
    pthread_mutex_init(&hal->cause_lock, NULL);
    pthread_mutex_init(&hal->trace.lock, NULL);
    code = hal_mmio_init(hal, entries, err);
    if (!code)
        code = mg_config_bus_master(hal, true, err);
    if (!code)
        code = mg_hal_check(hal, err);
    if (code == MAGMA_DEVICE_GONE && options && options->allow_gone)
        code = MAGMA_OK;
    if (code) {
        mg_hal_destroy(hal);
        return code;
    }
    *out = hal;
    return MAGMA_OK;
}

void mg_hal_destroy(struct mg_hal *hal)
{
    if (!hal)
        return;
    if (!mg_hal_gone(hal))
        (void)mg_config_bus_master(hal, false, NULL);
    hal_mmio_finish(hal);
    pthread_mutex_destroy(&hal->trace.lock);
    pthread_mutex_destroy(&hal->cause_lock);
    free(hal);
}

enum magma_code mg_hal_reset(struct mg_hal *hal, struct magma_error *err)
{
    struct magma_error local = {0};
    enum magma_code code = hal_fail_if_gone(hal, err);

    if (code)
        return code;
    if (!err)
        err = &local;
    code = hal_note(hal, mvfio_device_reset(hal->device, err), err);
    if (!code)
        code = mg_config_bus_master(hal, true, err);
    if (!code)
        code = mg_hal_check(hal, err);
    return code;
}
