/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A device in this process for tests of hal and loop: 16 MiB of registers that keep what is
 * written (BAR0 by calls, or mapped), config space with a capability list, the CPU interrupt tree
 * with MSI-X or MSI, a switch that takes it off the bus, and a clock that only sleeping moves.
 */
#ifndef TESTS_HAL_FAKE_GPU_H
#define TESTS_HAL_FAKE_GPU_H

#include <mvfio.h>
#include <stdbool.h>
#include <stdint.h>

#include "libmagma/core/clock.h"

enum { FAKE_BAR0_BYTES = 0x1000000, FAKE_VECTORS = 6, FAKE_LEAVES = 16 };

struct fake_gpu {
    /* Set before open. */
    bool bar0_mapped;
    bool msi_only;
    bool no_interrupts;

    /* Live. */
    bool gone;              /* everything reads as all ones */
    enum magma_code broken; /* register accesses fail with this */
    uint32_t *bar0;         /* FAKE_BAR0_BYTES */
    int bar0_fd;
    unsigned char config[4096];
    unsigned reads, writes, resets;
    uint32_t magic_offset; /* this register reads as magic_value from magic_ns on */
    uint32_t magic_value;
    uint64_t magic_ns;

    uint32_t leaf[FAKE_LEAVES], leaf_enable[FAKE_LEAVES], top_enable;
    int eventfds[MVFIO_VECTORS_MAX];
    bool irq_on;
    unsigned signals, rearms;
    unsigned maps;

    uint64_t now_ns;
    uint64_t sleeps;
    void (*on_sleep)(struct fake_gpu *gpu); /* runs inside sleep: the "model" goes on */
    struct mg_clock clock;

    struct mvfio_device *device;
};

/* Fills in the defaults: ids 10de:2204, PMC_BOOT_0 not all ones, capabilities. */
void fake_gpu_init(struct fake_gpu *gpu);
/* Opens the device over it; asserts that this works. */
void fake_gpu_open(struct fake_gpu *gpu);
void fake_gpu_finish(struct fake_gpu *gpu);

/* Makes a vector pending; signals if its leaf and the top let it. */
void fake_gpu_raise(struct fake_gpu *gpu, uint32_t vector);

#endif
