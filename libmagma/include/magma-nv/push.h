/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Pushbuffers: recorded commands for a channel. Methods are written straight into memory that
 * the GPU reads. A push may be submitted many times, also while it is executing. One thread at a
 * time; not while a submit of it is running in another thread.
 *
 * Recording never fails halfway: the first error (out of memory) sticks, later calls do nothing, and
 * magma_push_status() or the submit reports it.
 */
#ifndef MAGMA_NV_PUSH_H
#define MAGMA_NV_PUSH_H

#include <magma-nv/gpu.h>

#ifdef __cplusplus
extern "C" {
#endif

struct magma_push;

enum magma_code magma_push_create(struct magma_gpu *gpu, struct magma_push **out,
                                  struct magma_error *err);

/* NULL is fine. The GPU must be done with it. */
void magma_push_destroy(struct magma_push *push);

/* Forgets what was recorded, keeps the memory. The GPU must be done with it. */
void magma_push_reset(struct magma_push *push);

/* OK, or the first error that recording met. */
enum magma_code magma_push_status(const struct magma_push *push);

/* Methods, raw: `count` values to consecutive methods of an object on a subchannel (see copy.h and
 * compute.h for what people want instead). method is the byte offset. */
void magma_push_methods(struct magma_push *push, unsigned subchannel, uint32_t method,
                        const uint32_t *values, uint32_t count);

/*
 * Memory that lives as long as the recording: size_bytes, aligned to align_bytes (a power of two up
 * to 4096), CPU pointer returned, GPU address in *va. NULL on error (sticky). For writing: the memory
 * may be the GPU's, which the CPU reads slowly.
 */
void *magma_push_data(struct magma_push *push, uint64_t size_bytes, uint64_t align_bytes,
                      magma_gpu_va *va);

/* Everything before completes and is visible to everything after, copies and dispatches alike. */
void magma_push_barrier(struct magma_push *push);

/* After everything before has completed: writes value to memory (size 4 or 8 bytes, naturally
 * aligned). */
void magma_push_write(struct magma_push *push, magma_gpu_va va, uint64_t value, unsigned size_bytes);

/* Waits until the 64-bit (size 8) or 32-bit (size 4) memory value is >= value, before everything
 * after. */
void magma_push_wait(struct magma_push *push, magma_gpu_va va, uint64_t value, unsigned size_bytes);

/* After everything before has completed: writes 16 bytes, {value, time in ns}. va 16-byte aligned. */
void magma_push_timestamp(struct magma_push *push, magma_gpu_va va, uint64_t value);

/* Plays another push at this point (secondary command buffers); `inner` must live as long. */
void magma_push_call(struct magma_push *push, struct magma_push *inner);

#ifdef __cplusplus
}
#endif
#endif
