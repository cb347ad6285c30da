/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Handles: a Vulkan handle is the address of our object. Dispatchable objects begin with the
 * loader's data. MVK_HANDLE(tag, VkType) defines tag_from(VkType) and tag_to(struct tag *).
 */
#ifndef MVK_OBJECT_H
#define MVK_OBJECT_H

#include "mvk_entrypoints.h"

#include <vulkan/vk_icd.h>

_Static_assert(sizeof(void *) == 8, "handles of all kinds are pointers on 64-bit systems");

#define MVK_HANDLE(tag, vk_type)                                                                   \
    static inline struct tag *tag##_from(vk_type handle)                                           \
    {                                                                                              \
        return (struct tag *)handle;                                                               \
    }                                                                                              \
    static inline vk_type tag##_to(struct tag *object)                                             \
    {                                                                                              \
        return (vk_type)object;                                                                    \
    }

#define MVK_COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* The first structure of that type in a pNext chain, or NULL. */
static inline const void *mvk_chain_find(const void *chain, VkStructureType type)
{
    const VkBaseInStructure *node = chain;
    while (node && node->sType != type)
        node = node->pNext;
    return node;
}

/* The usual "count, then fill" answer: how many of `available` fit, and VK_INCOMPLETE if not all.
 */
static inline VkResult mvk_clamp_count(uint32_t available, uint32_t *count)
{
    if (*count < available)
        return VK_INCOMPLETE;
    *count = available;
    return VK_SUCCESS;
}

#endif
