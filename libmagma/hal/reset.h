/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Bringing back a GPU that was left in a state it cannot be used in: every kind of reset that the
 * kernel offers, in order, until one helps. The kernel itself stops at the first kind that it
 * could carry out, whether the GPU is better for it or not; only its driver can judge that.
 *
 * The order: the reset that the kernel takes first (function level reset as a rule), the other
 * kinds that sysfs lists (choosing one needs root), the reset of the whole bus.
 */
#ifndef MG_HAL_RESET_H
#define MG_HAL_RESET_H

#include <magma-nv/status.h>

struct mg_hal;

/* All zero is a usable value. */
struct mg_hal_recover_options {
    /* Looks whether the GPU can be used after a reset was carried out: MAGMA_OK, or what is still
     * wrong. It sleeps as long as the GPU needs. NULL: registers answer. */
    enum magma_code (*check)(void *ctx, struct mg_hal *hal, struct magma_error *err);
    /* Called for each reset that was tried, with what came of it: MAGMA_OK and "" or why not. */
    void (*report)(void *ctx, const char *method, enum magma_code code, const char *text);
    void *ctx;
};

/*
 * Tries the resets. Memory decoding and bus mastering are on afterwards; a device that hal had
 * found gone is taken as present again when its registers answer. Each attempt is logged.
 * MAGMA_BUSY: none helped; the text has each with its outcome, and what is left to do. From one
 * thread, with nothing else using the hal.
 */
enum magma_code mg_hal_recover(struct mg_hal *hal, const struct mg_hal_recover_options *options,
                               struct magma_error *err);

#endif
