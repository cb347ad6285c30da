/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The silicon suite: checks that run on a real GPU, each a line of the table and an entry of the
 * JSON. They run on the software GPU too (fewer rounds). */
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

/* Opens the GPU with its two channels and a push; a failure is reported under that name. close_all
 * takes what there is. */
bool open_all(struct silicon *s, const char *name);
void close_all(struct silicon *s);
bool is_model(const struct silicon *s);

/* Events that the kernel driver has sent; 0 where the owner of the GPU does not count them. */
unsigned events_of(struct silicon *s);

/* Submits what s->push holds, waits, forgets it. On failure *why says what happened. */
bool run_push(struct silicon *s, struct magma_channel *channel, const char **why);

/* A buffer; NULL only after a report of the failure. */
struct magma_bo *new_bo(struct silicon *s, uint64_t size_bytes, enum magma_domain domain,
                        uint32_t flags);

/* ---- The parts: those without an argument open GPUs of their own ---- */

void check_host(struct silicon *s);
void check_copies(struct silicon *s);
void check_events(struct silicon *s);
/* The order of writes, doorbell and the GPU's reads; needs nvidia.ko. */
void check_order(struct silicon *s);
/* Controls of the resource manager that an unprivileged client may try; needs nvidia.ko. */
void check_controls(struct silicon *s);
/* A run of the compiler's execution tests, dumped with what the software SM gave. */
void check_job(struct silicon *s, const char *path);
/* Launches: windows, versions and fields of the launch descriptor, ways to start it. */
void check_launches(void);
/* Channel errors. */
void check_faults(void);
void check_endless(void);
/* Opening, closing, processes beside each other, processes killed. */
void check_life(void);

#endif
