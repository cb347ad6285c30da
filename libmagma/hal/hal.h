/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * struct mg_hal: one opened GPU as the code above sees it: its mapped registers, its other BARs,
 * config space, clock and log. The one place that touches registers and DMA addresses. Includes
 * the headers of the nouns it gives out: mmio.h, bar.h, config.h, dma.h, irq.h.
 *
 * "Gone": when a register reads as all ones and the chip's identity register does too (or the
 * transport reports it), the device has left the bus. hal then remembers it for good: reads give
 * all ones without touching the device, writes are dropped, and everything that can fail fails
 * with MAGMA_DEVICE_GONE.
 */
#ifndef MG_HAL_HAL_H
#define MG_HAL_HAL_H

#include <stdbool.h>
#include <stdint.h>

#include <magma-nv/address.h>
#include <magma-nv/status.h>

#include "libmagma/core/clock.h"
#include "libmagma/core/log.h"

struct mg_hal;
struct mvfio_device;

/* All zero is a usable value. */
struct mg_hal_options {
    const struct mg_log *log;     /* NULL: silent; must outlive the hal */
    const struct mg_clock *clock; /* NULL: the system's; must outlive the hal */
    uint32_t trace_entries;       /* register accesses remembered, a power of two; 0: 4096 */
    const char *sysfs_root;       /* NULL: "/sys"; must outlive the hal */
    bool allow_gone;              /* a chip that does not answer is no error: for mg_hal_recover */
};

/*
 * Makes a hal of an open device: maps BAR0 where it can be mapped (else every access is a read
 * or write of the region), turns memory decoding and bus mastering on. The device is borrowed:
 * the caller closes it after mg_hal_destroy.
 * MAGMA_NO_DEVICE: BAR0 is absent or too small. MAGMA_DEVICE_GONE: the chip reads as all ones.
 */
enum magma_code mg_hal_create(struct mvfio_device *device, const struct mg_hal_options *options,
                              struct mg_hal **out, struct magma_error *err);

/* Unmaps and turns bus mastering off. Destroy irq, dma and bar mappings first. NULL is fine. */
void mg_hal_destroy(struct mg_hal *hal);

struct mvfio_device *mg_hal_device(struct mg_hal *hal);
const struct mg_log *mg_hal_log(const struct mg_hal *hal);
const struct mg_clock *mg_hal_clock(const struct mg_hal *hal);

/* Whether the device was found gone so far. No access, any thread. */
bool mg_hal_gone(const struct mg_hal *hal);

/* Looks at the device now: MAGMA_OK, or MAGMA_DEVICE_GONE with the cause. Any thread. */
enum magma_code mg_hal_check(struct mg_hal *hal, struct magma_error *err);

/* Function level reset, then memory decoding and bus mastering on again. */
enum magma_code mg_hal_reset(struct mg_hal *hal, struct magma_error *err);

#include "libmagma/hal/mmio.h"
#include "libmagma/hal/bar.h"
#include "libmagma/hal/config.h"
#include "libmagma/hal/dma.h"
#include "libmagma/hal/irq.h"
#include "libmagma/hal/reset.h"

#endif
