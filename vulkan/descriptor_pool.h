/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* VkDescriptorPool: one bo in system memory, cut into sets, first fit. */
#ifndef MVK_DESCRIPTOR_POOL_H
#define MVK_DESCRIPTOR_POOL_H

#include "descriptor_layout.h"
#include "object.h"

#include <magma-nv/bo.h>

/* A set is a range of its pool's descriptors. */
struct mvk_descriptor_set {
    const struct mvk_descriptor_set_layout *layout; /* the application's: for updates alone */
    struct magma_cc_buffer_descriptor *descriptors; /* as the CPU sees them */
    magma_gpu_va address;                           /* as shaders do */
    uint32_t first, count;                          /* range in the pool */
    uint32_t dynamic_count;                         /* of the range's start */
    struct mvk_descriptor_set *next;                /* in the pool's live or spare list */
};

MVK_HANDLE(mvk_descriptor_set, VkDescriptorSet)

struct mvk_descriptor_pool {
    struct magma_bo *bo;
    uint32_t descriptor_count; /* room */
    uint32_t descriptors_used;
    struct mvk_descriptor_set *live; /* sorted by first */
    struct mvk_descriptor_set *last; /* of live; NULL when there is none */
    struct mvk_descriptor_set *spare;
    uint32_t set_count;
    struct mvk_descriptor_set sets[];
};

MVK_HANDLE(mvk_descriptor_pool, VkDescriptorPool)

#endif
