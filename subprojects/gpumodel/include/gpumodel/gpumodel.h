/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A software GPU at register level, as a library that is stepped: one thread, its own clock, a
 * seed and a fault plan. Whoever owns it delivers bus accesses and lends it system memory; it
 * answers as the chip would, and reports in words whatever real hardware would refuse.
 *
 * All functions of one model must be called from one thread at a time. Nothing here blocks.
 */
#ifndef GPUMODEL_H
#define GPUMODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gpum;

/* Where a complaint of the model comes from; part of each report. */
enum gpum_severity {
    GPUM_NOTE,  /* worth knowing: an unusual but legal access */
    GPUM_FAULT, /* hardware would refuse, hang or corrupt: a defect of the driver under test */
};

struct gpum_callbacks {
    void *ctx;
    /* Message-signalled interrupt: raise MSI-X vector (or MSI 0). */
    void (*interrupt)(void *ctx, unsigned vector);
    /*
     * Translates a bus address into memory of this process: *ptr is valid for *run_bytes from
     * there. false: not mapped. Called for every access to system memory that misses the model's
     * own cache; gpum_dma_changed() empties that cache.
     */
    bool (*dma_translate)(void *ctx, uint64_t iova, bool write, uint8_t **ptr, uint64_t *run_bytes);
    /* A report, one line, decoded. May be NULL. */
    void (*report)(void *ctx, enum gpum_severity severity, const char *text);
    /* A trace line per notable step when config.trace is set. May be NULL. */
    void (*trace)(void *ctx, uint64_t time_ns, const char *text);
};

struct gpum_config {
    const char *chip;    /* "ga102"; gpum_chip_name() lists them */
    uint64_t vram_bytes; /* 0: the chip table's default; a multiple of 1 MiB */
    uint64_t seed;       /* for everything that may vary */
    const char *plan;    /* fault plan (see gpumodel/plan.h), NULL: none */
    bool trace;
    struct gpum_callbacks cb;
};

enum { GPUM_BAR0 = 0, GPUM_BAR1 = 1, GPUM_BAR3 = 3, GPUM_ROM = 6, GPUM_CONFIG = 7 };

/* Creates a model in its power-on state. On failure returns NULL and writes a sentence to error. */
struct gpum *gpum_create(const struct gpum_config *config, char *error, size_t error_size_bytes);
void gpum_destroy(struct gpum *m);

/* Names of the chips known, one per index; NULL past the end. */
const char *gpum_chip_name(unsigned index);

/* Size of a region in bytes (GPUM_BAR0.., GPUM_CONFIG); 0 if there is none. */
uint64_t gpum_region_size(const struct gpum *m, unsigned region);

/*
 * Bus accesses. size_bytes is 1, 2, 4 or 8. A read beyond the region or from a dead device gives
 * all ones. Config space takes any aligned size; its write masks are those of a real function.
 */
uint64_t gpum_read(struct gpum *m, unsigned region, uint64_t offset, unsigned size_bytes);
void gpum_write(struct gpum *m, unsigned region, uint64_t offset, unsigned size_bytes,
                uint64_t value);

/* Video memory as a memfd and as this process sees it, for a server that lets BAR1 be mapped. */
int gpum_vram_fd(const struct gpum *m);
uint64_t gpum_vram_size(const struct gpum *m); /* bytes */
uint8_t *gpum_vram(struct gpum *m);

/*
 * What the owner of a PCI function does when somebody wants its interrupts by vector: programs and
 * unmasks entries first .. first+count-1 of the MSI-X table and turns MSI-X on, or (on false)
 * masks them, and turns MSI-X off when first is 0. Config space and BAR0 show the result.
 */
void gpum_msix_connect(struct gpum *m, unsigned first, unsigned count, bool on);
/* The same for a single MSI. */
void gpum_msi_connect(struct gpum *m, bool on);
/* How many MSI-X entries the function has. */
unsigned gpum_msix_count(const struct gpum *m);

/* Tells the model that mappings of system memory changed. */
void gpum_dma_changed(struct gpum *m);

/*
 * Does up to budget units of internal work (a unit is about one instruction or one method) and
 * advances the clock. Returns true while work is left. Reads and writes do no lengthy work by
 * themselves.
 */
bool gpum_step(struct gpum *m, unsigned budget);

/* The model's time, and moving it forward when idle (the owner's wall clock, or a test's). */
uint64_t gpum_time_ns(const struct gpum *m);
void gpum_advance_ns(struct gpum *m, uint64_t duration_ns);

/* Function-level reset (also reached by config space): everything back to power-on. */
void gpum_reset(struct gpum *m);

/* The reset of the bus, or of the whole machine: the same by another wire. */
void gpum_bus_reset(struct gpum *m);

/* How many GPUM_FAULT reports there were since creation. */
unsigned gpum_fault_count(const struct gpum *m);

/* Counters for benchmarks. */
struct gpum_stats {
    uint64_t lane_instructions;
    uint64_t warp_instructions;
    uint64_t methods;
    uint64_t copied_bytes;
    uint64_t register_accesses;
    uint64_t rpc_messages;
};
void gpum_get_stats(const struct gpum *m, struct gpum_stats *stats);

#endif
