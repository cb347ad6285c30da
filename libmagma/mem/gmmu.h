/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Page table formats as data: the levels of the tree and how entries are made. Two exist in the
 * GPUs we drive: version 2 (Turing to Ada, 49 bits) and version 3 (Hopper, Blackwell, 57 bits).
 * Pure functions of their input.
 */
#ifndef MG_MEM_GMMU_H
#define MG_MEM_GMMU_H

#include <stdbool.h>
#include <stdint.h>

#include "libmagma/gen/gen.h"

enum mg_aperture { MG_APERTURE_VRAM, MG_APERTURE_SYSTEM };

enum {
    MG_MAP_READ_ONLY = 1u << 0,
    MG_MAP_PRIVILEGED = 1u << 1, /* for context buffers: not for shaders and copies */
};

#define MG_GMMU_LEVELS_MAX 5

struct mg_gmmu_level {
    uint8_t shift; /* address bits below one entry */
    uint16_t entry_count;
};

struct mg_gmmu_format {
    const char *name;
    unsigned va_bits;
    unsigned level_count; /* directories, root first; the last one has dual entries */
    struct mg_gmmu_level level[MG_GMMU_LEVELS_MAX];
    /* Entry of a directory above the last, leading to the table at `address`. */
    uint64_t (*pde)(enum mg_aperture aperture, uint64_t address);
    /* The two words of an entry of the last directory; an address of 0 means no such table. */
    void (*dual_pde)(enum mg_aperture aperture, uint64_t big, uint64_t small, uint64_t words[2]);
    /* A page's entry but for its address, and the address's part of it. */
    uint64_t (*pte)(enum mg_aperture aperture, uint32_t flags);
    uint64_t (*pte_address)(uint64_t address);
};

const struct mg_gmmu_format *mg_gmmu_format(enum mg_mmu_format format);

#endif
