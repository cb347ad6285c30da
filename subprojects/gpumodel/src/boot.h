/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Boot state: straps, scratch, the protected region, the falcons. */
#ifndef GPUM_BOOT_H
#define GPUM_BOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "falcon.h"
#include "fsp.h"

struct gpum;

#define GPUM_SCRATCH_COUNT 64

struct gpum_boot {
    struct gpum_falcon gsp, sec2;
    struct gpum_fsp fsp;
    uint8_t *rom;
    size_t rom_bytes;
    uint32_t scratch[GPUM_SCRATCH_COUNT];
    uint64_t wpr2_start, wpr2_end; /* end 0: none */
    uint64_t frts_start;           /* as FWSEC set it; 0: not run */
    uint32_t flush_low, flush_high;
    uint32_t stage3, scrubber; /* hand-over scratch registers */
    uint64_t devinit_done_ns;
    unsigned devinit_reads;
    uint32_t pmc_enable[2];
    uint64_t unknown_reads; /* noted only a few times */
};

/* The protected region, end exclusive; false when there is none. Clients (BAR1, PRAMIN, engines)
 * may not touch it. */
bool gpum_boot_wpr2(const struct gpum *m, uint64_t *start, uint64_t *end);

/* True when the board's own firmware is done; else a fault is reported for `what`. */
bool gpum_boot_devinit_done(struct gpum *m, const char *what);
/* True when the flush page is set and can be reached; else a fault is reported. */
bool gpum_boot_flush_page_ok(struct gpum *m);

/* The first byte of memory that firmware reserves at the top of VRAM (VGA workspace). */
uint64_t gpum_boot_vga_workspace(const struct gpum *m);

#endif
