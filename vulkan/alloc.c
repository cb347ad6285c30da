/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Host memory through VkAllocationCallbacks, or through the C library. */
#include "alloc.h"

#include <stdlib.h>
#include <string.h>

static const size_t object_align = _Alignof(max_align_t);

static void *VKAPI_PTR default_alloc(void *user, size_t size, size_t align,
                                     VkSystemAllocationScope scope)
{
    (void)user;
    (void)scope;
    void *memory = NULL;
    if (align < sizeof(void *))
        align = sizeof(void *);
    return posix_memalign(&memory, align, size) == 0 ? memory : NULL;
}

/* Only mvk_realloc() comes here, and it asks for no more than malloc's own alignment. */
static void *VKAPI_PTR default_realloc(void *user, void *original, size_t size, size_t align,
                                       VkSystemAllocationScope scope)
{
    (void)user;
    (void)align;
    (void)scope;
    return realloc(original, size);
}

static void VKAPI_PTR default_free(void *user, void *memory)
{
    (void)user;
    free(memory);
}

VkAllocationCallbacks mvk_alloc_default(void)
{
    return (VkAllocationCallbacks){
        .pfnAllocation = default_alloc,
        .pfnReallocation = default_realloc,
        .pfnFree = default_free,
    };
}

void *mvk_zalloc(const VkAllocationCallbacks *parent, const VkAllocationCallbacks *own,
                 size_t size_bytes, VkSystemAllocationScope scope)
{
    const VkAllocationCallbacks *a = own ? own : parent;
    void *memory = a->pfnAllocation(a->pUserData, size_bytes, object_align, scope);
    if (memory)
        memset(memory, 0, size_bytes);
    return memory;
}

void *mvk_realloc(const VkAllocationCallbacks *parent, void *memory, size_t size_bytes,
                  VkSystemAllocationScope scope)
{
    if (!memory)
        return parent->pfnAllocation(parent->pUserData, size_bytes, object_align, scope);
    return parent->pfnReallocation(parent->pUserData, memory, size_bytes, object_align, scope);
}

void mvk_free(const VkAllocationCallbacks *parent, const VkAllocationCallbacks *own, void *memory)
{
    const VkAllocationCallbacks *a = own ? own : parent;
    if (memory)
        a->pfnFree(a->pUserData, memory);
}
