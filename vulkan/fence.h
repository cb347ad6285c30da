/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* VkFence: a timeline, and the value at which the fence counts as signalled. */
#ifndef MVK_FENCE_H
#define MVK_FENCE_H

#include "object.h"

#include <magma-nv/timeline.h>

struct mvk_fence {
    struct magma_timeline *timeline;
    uint64_t target; /* a reset moves it one beyond what is reached */
};

MVK_HANDLE(mvk_fence, VkFence)

/* The point that a submission with this fence signals. */
static inline struct magma_timeline_point mvk_fence_signal_point(const struct mvk_fence *fence)
{
    return (struct magma_timeline_point){fence->timeline, fence->target};
}

#endif
