/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The software GPU as a device in this process, for tests of the driver: register accesses go to
 * the model directly, sleeping on its clock makes it work, so one thread holds both and every run
 * is the same.
 */
#ifndef TESTS_BOOT_MODEL_DEVICE_H
#define TESTS_BOOT_MODEL_DEVICE_H

#include <gpumodel/gpumodel.h>
#include <mvfio.h>
#include <stdbool.h>
#include <stdint.h>

#include "libmagma/core/clock.h"

struct model_device_options {
    const char *chip; /* NULL: "ga102" */
    const char *plan; /* fault plan; NULL: none */
    uint64_t vram_bytes;
    uint64_t seed;
    bool trace;    /* the model's story on standard output */
    bool quiet;    /* its complaints are expected: counted, not printed */
    bool map_bar1; /* BAR1 can be mapped: it shows VRAM (BAR1 in physical mode) */
};

struct model_device_map {
    uint64_t iova, size_bytes;
    uint8_t *cpu;
    uint32_t flags;
};

#define MODEL_DEVICE_MAPS    256
#define MODEL_DEVICE_VECTORS 64

struct model_device {
    struct gpum *model;
    struct mg_clock clock;
    struct mvfio_device *device;
    struct model_device_map maps[MODEL_DEVICE_MAPS];
    unsigned map_count;
    int eventfds[MODEL_DEVICE_VECTORS];
    unsigned resets, bus_resets;
    bool quiet;
    bool map_bar1;
    uint64_t accesses;                         /* of BARs */
    uint64_t rom_begin_access, rom_end_access; /* the first and last of the ROM window */
    char last_fault[256];
};

/* Creates the model and a device over it; false with a message when that fails. */
bool model_device_open(struct model_device *d, const struct model_device_options *options);

/* Closes the device and destroys the model. */
void model_device_close(struct model_device *d);

/* Lets the model work for so much of its time. */
void model_device_run(struct model_device *d, uint64_t duration_ns);

#endif
