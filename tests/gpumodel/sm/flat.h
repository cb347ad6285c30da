/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The SM without the rest of the model: one flat piece of memory at a fixed virtual address takes
 * the MMU's place. For tests of the SM and of code generators.
 */
#ifndef TESTS_GPUMODEL_SM_FLAT_H
#define TESTS_GPUMODEL_SM_FLAT_H

#include <model.h>

enum { FLAT_BYTES = 16 << 20 };
#define FLAT_VA UINT64_C(0x100000000)

struct flat {
    struct gpum gpum;
    uint8_t *memory; /* FLAT_BYTES at FLAT_VA */
};

/* False when memory is out. */
bool flat_init(struct flat *flat);
void flat_finish(struct flat *flat);

/* Bytes behind an address; NULL outside. */
uint8_t *flat_at(struct flat *flat, uint64_t va);

/* Runs a grid to its end; true when it ended well, else *text (256 bytes) says why not. */
bool flat_run(struct flat *flat, const struct gpum_grid_desc *desc, char *text);

#endif
