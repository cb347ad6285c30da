/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Timelines: a 64-bit value in memory that only grows, which the GPU and the CPU can raise and
 * wait for. Fences, binary and timeline semaphores are built from it. Any thread.
 */
#ifndef MAGMA_NV_TIMELINE_H
#define MAGMA_NV_TIMELINE_H

#include <magma-nv/gpu.h>

#ifdef __cplusplus
extern "C" {
#endif

struct magma_timeline;

/* A value of a timeline: something to wait for or to signal. */
struct magma_timeline_point {
    struct magma_timeline *timeline;
    uint64_t value;
};

/* Creates a timeline that starts at initial. Errors: OUT_OF_HOST_MEMORY, OUT_OF_DEVICE_MEMORY. */
enum magma_code magma_timeline_create(struct magma_gpu *gpu, uint64_t initial,
                                      struct magma_timeline **out, struct magma_error *err);

/* NULL is fine. No submission that names it may be pending. */
void magma_timeline_destroy(struct magma_timeline *timeline);

/* The value reached now: one load with acquire order. */
uint64_t magma_timeline_value(const struct magma_timeline *timeline);

/* Raises the value from the CPU; lower values are ignored. Wakes waiters. */
void magma_timeline_signal(struct magma_timeline *timeline, uint64_t value);

/* Sets the value back, for reset of a fence; nothing may wait for or signal it meanwhile. */
void magma_timeline_reset(struct magma_timeline *timeline, uint64_t value);

/*
 * Waits until all (or any) of count points are reached. timeout_ns 0 only looks; UINT64_MAX waits
 * without end, but still returns when the GPU is lost. Spins for a few microseconds on memory,
 * then sleeps until an interrupt. Returns OK, TIMEOUT or DEVICE_LOST.
 */
enum magma_code magma_timeline_wait(struct magma_gpu *gpu, const struct magma_timeline_point *points,
                                    size_t count, bool all, uint64_t timeout_ns);

/* GPU address of the 64-bit value. */
magma_gpu_va magma_timeline_address(const struct magma_timeline *timeline);

#ifdef __cplusplus
}
#endif
#endif
