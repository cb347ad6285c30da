/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Channels: a queue of work into one engine. Submitting writes ring entries, GP_PUT and the
 * doorbell: no system call, no lock shared with other channels. One thread at a time per channel.
 */
#ifndef MAGMA_NV_CHANNEL_H
#define MAGMA_NV_CHANNEL_H

#include <magma-nv/push.h>
#include <magma-nv/timeline.h>

#ifdef __cplusplus
extern "C" {
#endif

struct magma_channel;

enum magma_engine {
    MAGMA_ENGINE_COMPUTE, /* compute and copies (and, where the GPU has it, graphics) */
    MAGMA_ENGINE_COPY,    /* copies only, beside compute */
};

/* Errors: OUT_OF_DEVICE_MEMORY, FIRMWARE_REFUSED, NOT_SUPPORTED, DEVICE_LOST. */
enum magma_code magma_channel_create(struct magma_gpu *gpu, enum magma_engine engine,
                                     struct magma_channel **out, struct magma_error *err);

/* Waits for the channel to be idle (at most 10 seconds), then frees it. Work that has not ended by
 * then is stopped, and the GPU is lost. NULL is fine. */
void magma_channel_destroy(struct magma_channel *channel);

/* One submission: waits, then pushes in order, then signals. Counts may be 0. */
struct magma_submit {
    const struct magma_timeline_point *waits;
    size_t wait_count;
    struct magma_push *const *pushes;
    size_t push_count;
    const struct magma_timeline_point *signals;
    size_t signal_count;
};

/*
 * Queues a submission. Returns OK, the sticky error of a push, or DEVICE_LOST. When the ring is full
 * waits for room (bounded by the channel's deadline: TIMEOUT). Waits on points that nothing has
 * signalled yet are fine: the channel stalls, not the caller.
 */
enum magma_code magma_channel_submit(struct magma_channel *channel, const struct magma_submit *submit);

/* Waits until everything submitted so far has completed. OK, TIMEOUT or DEVICE_LOST. */
enum magma_code magma_channel_wait_idle(struct magma_channel *channel, uint64_t timeout_ns);

#ifdef __cplusplus
}
#endif
#endif
