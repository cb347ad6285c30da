/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The silicon suite: checks that run on a real GPU, each a line of the table and an entry of the
 * JSON. */
#ifndef TESTS_SILICON_SILICON_H
#define TESTS_SILICON_SILICON_H

#include <stdbool.h>
#include <stdint.h>

#include <magma-nv/bo.h>
#include <magma-nv/channel.h>
#include <magma-nv/compute.h>
#include <magma-nv/copy.h>
#include <magma-nv/gpu.h>

#define TIMEOUT_NS UINT64_C(10000000000)

struct silicon {
    struct magma_gpu *gpu;
    struct magma_channel *compute, *copy;
    struct magma_push *push;
};

/* One finished check: its name, whether it held, and figures or what differed. */
void report(const char *name, bool good, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

uint64_t now_ns(void);

/* Submits what s->push holds, waits, forgets it. On failure *why says what happened. */
bool run_push(struct silicon *s, struct magma_channel *channel, const char **why);

/* A buffer; NULL only after a report of the failure. */
struct magma_bo *new_bo(struct silicon *s, uint64_t size_bytes, enum magma_domain domain,
                        uint32_t flags);

void check_host(struct silicon *s);
void check_copies(struct silicon *s);
/* A run of the compiler's execution tests, dumped with what the software SM gave. */
void check_job(struct silicon *s, const char *path);
/* Channel errors on GPUs of their own. */
void check_faults(void);

#endif
