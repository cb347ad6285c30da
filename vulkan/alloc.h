/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Host memory, through the application's allocation callbacks where it gave some. An object is
 * allocated with the callbacks of its create call, else with those of its device or instance.
 * What libmagma and the compiler allocate for themselves does not go through the callbacks.
 */
#ifndef MVK_ALLOC_H
#define MVK_ALLOC_H

#include <vulkan/vulkan.h>

#include <stddef.h>

/* Callbacks over the C library; what an instance uses when the application gives none. */
VkAllocationCallbacks mvk_alloc_default(void);

/* Zeroed memory, aligned for any type; NULL when there is none. own may be NULL, parent not. */
void *mvk_zalloc(const VkAllocationCallbacks *parent, const VkAllocationCallbacks *own,
                 size_t size_bytes, VkSystemAllocationScope scope);

/* Grows to size_bytes, keeping the contents; the new part is not zeroed. */
void *mvk_realloc(const VkAllocationCallbacks *parent, void *memory, size_t size_bytes,
                  VkSystemAllocationScope scope);

/* Frees what mvk_zalloc() gave for the same callbacks. NULL is fine. */
void mvk_free(const VkAllocationCallbacks *parent, const VkAllocationCallbacks *own, void *memory);

#endif
