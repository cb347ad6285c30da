/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* VkQueryPool: timestamps. The GPU writes a slot as a whole: availability, then the time. */
#ifndef MVK_QUERY_POOL_H
#define MVK_QUERY_POOL_H

#include "object.h"

#include <magma-nv/bo.h>

#include <stdatomic.h>

/* What magma_push_timestamp() writes. */
struct mvk_query_slot {
    _Atomic uint64_t available; /* 0 or MVK_QUERY_AVAILABLE */
    _Atomic uint64_t time_ns;
};

enum { MVK_QUERY_AVAILABLE = 1 };

struct mvk_query_pool {
    struct magma_bo *bo;
    struct mvk_query_slot *slots; /* as the CPU sees the bo */
    uint32_t query_count;
};

MVK_HANDLE(mvk_query_pool, VkQueryPool)

/* Address of a slot, or of its time. */
magma_gpu_va mvk_query_pool_slot(const struct mvk_query_pool *pool, uint32_t query);
magma_gpu_va mvk_query_pool_time(const struct mvk_query_pool *pool, uint32_t query);

#endif
