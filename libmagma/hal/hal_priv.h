/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The state of a hal, for the files of this folder. */
#ifndef MG_HAL_HAL_PRIV_H
#define MG_HAL_HAL_PRIV_H

#include <pthread.h>
#include <stdatomic.h>

#include <mvfio.h>

#include "libmagma/core/status.h"
#include "libmagma/hal/hal.h"

/* A mapped part of BAR0. The kernel may leave out the page of the MSI-X table. */
struct mmio_area {
    volatile unsigned char *cpu;
    uint64_t offset;
    uint64_t size_bytes;
};

struct mmio_trace {
    pthread_mutex_t lock; /* guards entries, head, used */
    struct mg_mmio_access *entries;
    uint32_t size; /* a power of two */
    uint32_t head; /* where the next one goes */
    uint32_t used;
};

struct mg_hal {
    struct mvfio_device *device;
    const struct mg_log *log;
    const struct mg_clock *clock;
    const char *sysfs_root;

    uint64_t bar0_bytes;
    struct mmio_area areas[MVFIO_AREAS_MAX]; /* constant after create */
    uint32_t area_count;

    struct mmio_trace trace;

    atomic_bool gone;
    pthread_mutex_t cause_lock; /* guards cause */
    char cause[200];
};

/* Maps what can be mapped of BAR0. */
enum magma_code hal_mmio_init(struct mg_hal *hal, uint32_t trace_entries, struct magma_error *err);
void hal_mmio_finish(struct mg_hal *hal);

void hal_trace_record(struct mg_hal *hal, uint32_t offset, uint32_t value, bool write);

/* Remembers that the device is gone; the first cause stays. */
void hal_mark_gone(struct mg_hal *hal, const char *cause);

/* MAGMA_DEVICE_GONE with the remembered cause, or MAGMA_OK. No access. */
enum magma_code hal_fail_if_gone(struct mg_hal *hal, struct magma_error *err);

/* Remembers MAGMA_DEVICE_GONE of a lower layer, passes the code on. */
enum magma_code hal_note(struct mg_hal *hal, enum magma_code code, const struct magma_error *err);

#endif
