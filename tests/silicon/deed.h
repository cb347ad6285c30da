/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The shader of fault.comp on one GPU: one deed at a time, right or wrong, and what it said. */
#ifndef TESTS_SILICON_DEED_H
#define TESTS_SILICON_DEED_H

#include "tests/silicon/silicon.h"

#include "libmagma/engine/qmd.h"

enum deed_what { DEED_READ, DEED_WRITE, DEED_ATOMIC, DEED_ENDLESS, DEED_SHARED, DEED_LOCAL };

/* What fault.comp's Said holds. */
struct deed_said {
    uint32_t begun, result, done, unused;
};

struct deed {
    struct silicon *s;
    struct magma_kernel_desc desc; /* its code is owned */
    struct magma_bo *bo;           /* said, and at DEED_WORD_AT a word to access */
};
#define DEED_WORD_AT 3072u

/* Compiles for the GPU of s. false only after a report. */
bool deed_create(struct deed *deed, struct silicon *s, const char *name);
void deed_destroy(struct deed *deed);

/* A word that may be accessed. */
uint64_t deed_word(const struct deed *deed);
volatile struct deed_said *deed_said(const struct deed *deed);

/* Constant bank 0 for a deed at an address or with an index. */
void deed_root(const struct deed *deed, enum deed_what what, uint64_t at, uint32_t index,
               uint8_t *root);

/* Records a launch of one thread. */
void deed_push(const struct deed *deed, const struct magma_kernel *kernel, enum deed_what what,
               uint64_t at, uint32_t index);

/* Records a DEED_SHARED that says what it does in said[slot], not in said[0]. */
void deed_push_at(const struct deed *deed, const struct magma_kernel *kernel, unsigned slot);

/* What DEED_LOCAL gives for an index in range. */
uint32_t deed_local_result(uint32_t index);

#endif
