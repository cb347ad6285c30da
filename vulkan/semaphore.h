/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * VkSemaphore: a timeline. A binary one counts its signals: each signal operation is one point
 * more, and a wait is for the latest, which Vulkan requires to have been submitted before the wait
 * is.
 */
#ifndef MVK_SEMAPHORE_H
#define MVK_SEMAPHORE_H

#include "object.h"

#include <magma-nv/timeline.h>

#include <stdbool.h>

struct mvk_semaphore {
    struct magma_timeline *timeline;
    bool binary;
    uint64_t signal_count; /* of a binary one, submitted so far */
};

MVK_HANDLE(mvk_semaphore, VkSemaphore)

/* What a submission waits for; value counts for timeline semaphores alone. */
struct magma_timeline_point mvk_semaphore_wait_point(const struct mvk_semaphore *semaphore,
                                                     uint64_t value);

/* What a submission signals; counts one more signal of a binary semaphore. */
struct magma_timeline_point mvk_semaphore_signal_point(struct mvk_semaphore *semaphore,
                                                       uint64_t value);

#endif
