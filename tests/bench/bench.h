/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Between the two halves of the benchmark. */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <stdbool.h>
#include <stdint.h>

uint64_t bench_now_ns(void);

/* Sorts samples and returns their median. */
double bench_median(uint64_t *samples, unsigned count);

/* CPU nanoseconds of a submission and of recording a dispatch, over a winsys of plain memory whose
 * work is always done: what the driver itself costs. */
double bench_submit(bool with_fence);
double bench_dispatch(void);

#endif
