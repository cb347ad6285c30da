/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Scenes: small programs about what the sweeps cannot show: branches, convergence, lanes of a warp,
 * barriers, atomics of many threads, special registers. Each thread leaves up to SCENE_WORDS words,
 * and all of them share SCENE_MEMORY bytes that start as zero.
 */
#ifndef TESTS_SILICON_SASS_SCENES_H
#define TESTS_SILICON_SASS_SCENES_H

#include "code.h"

#include <stdint.h>

enum {
    SCENE_WORDS = 16,
    SCENE_THREADS_MAX = 2048,
    SCENE_MEMORY = 4096,
    SCENE_ROOT = 1024,
    SCENE_CODE = CODE_MAX * 16,
    SCENE_REGISTERS = 48
};

struct scene {
    const char *name;
    void (*write)(struct code *code);
    uint32_t cta[3], groups[3], shared_bytes, local_bytes, barriers;
};

/* Ends with an entry without a name. */
extern const struct scene scenes[];
extern const struct scene scenes_of_threads[];

uint32_t scene_threads(const struct scene *scene);
/* The whole program; false: it does not encode. */
bool scene_encode(const struct scene *scene, uint8_t bytes[SCENE_CODE]);
void scene_root(const struct scene *scene, uint64_t output_va, uint64_t memory_va,
                uint8_t root[SCENE_ROOT]);

/* For writers of scenes: what the program before theirs left in registers. */
enum {
    S_TID = 0,    /* thread in its CTA */
    S_CTA = 1,    /* CTA, linear */
    S_OUT = 2,    /* R2:R3 own words */
    S_MEMORY = 4, /* R4:R5 shared bytes */
    S_LANE = 6,
    S_OFFSET = 7, /* S_TID * 4 */
    S_FREE = 8    /* from here on free */
};

/* Stores R[reg] as word `word` of the thread. */
void scene_save(struct code *code, unsigned word, unsigned reg);
/* R[d] = mask of the lanes that run. */
void scene_ballot(struct code *code, unsigned d);

#endif
