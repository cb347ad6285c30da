/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Random numbers for property tests: the seed is printed, and MAGMA_TEST_SEED repeats a run. */
#ifndef TESTS_MEM_RANDOM_H
#define TESTS_MEM_RANDOM_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline uint64_t test_seed(void)
{
    const char *given = getenv("MAGMA_TEST_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);

    printf("seed %" PRIu64 " (MAGMA_TEST_SEED=%" PRIu64 " repeats this)\n", seed, seed);
    return seed;
}

static inline uint64_t test_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

#endif
