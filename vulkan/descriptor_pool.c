/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* VkDescriptorPool and the life of VkDescriptorSet. */
#include "descriptor_pool.h"

#include "device.h"

#include <string.h>

/* Everything becomes spare. */
static void pool_reset(struct mvk_descriptor_pool *pool)
{
    pool->descriptors_used = 0;
    pool->live = NULL;
    pool->last = NULL;
    pool->spare = NULL;
    for (uint32_t i = pool->set_count; i > 0; i--) {
        pool->sets[i - 1].next = pool->spare;
        pool->spare = &pool->sets[i - 1];
    }
}

static uint64_t count_descriptors(const VkDescriptorPoolCreateInfo *info)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < info->poolSizeCount; i++) {
        switch ((int)info->pPoolSizes[i].type) {
        case VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER:
        case VK_DESCRIPTOR_TYPE_STORAGE_BUFFER:
        case VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER_DYNAMIC:
        case VK_DESCRIPTOR_TYPE_STORAGE_BUFFER_DYNAMIC:
            count += info->pPoolSizes[i].descriptorCount;
            break;
        default:
            break; /* no layout can ask for them */
        }
    }
    return count;
}

VKAPI_ATTR VkResult VKAPI_CALL
mvk_CreateDescriptorPool(VkDevice handle, const VkDescriptorPoolCreateInfo *pCreateInfo,
                         const VkAllocationCallbacks *pAllocator, VkDescriptorPool *pDescriptorPool)
{
    struct mvk_device *device = mvk_device_from(handle);
    uint64_t count = count_descriptors(pCreateInfo);
    if (count > UINT32_MAX)
        return VK_ERROR_OUT_OF_DEVICE_MEMORY;
    struct mvk_descriptor_pool *pool =
        mvk_object_zalloc(device, pAllocator,
                          sizeof(*pool) + pCreateInfo->maxSets * sizeof(struct mvk_descriptor_set));
    if (!pool)
        return VK_ERROR_OUT_OF_HOST_MEMORY;
    pool->set_count = pCreateInfo->maxSets;
    pool->descriptor_count = (uint32_t)count;
    uint64_t size_bytes = (count ? count : 1) * MVK_DESCRIPTOR_BYTES;
    enum magma_code code = magma_bo_create(device->gpu, size_bytes, 0, MAGMA_DOMAIN_SYSTEM,
                                           MAGMA_BO_CPU_ACCESS, &pool->bo, NULL);
    if (code != MAGMA_OK) {
        mvk_object_free(device, pAllocator, pool);
        return mvk_device_result(device, code);
    }
    pool_reset(pool);
    *pDescriptorPool = mvk_descriptor_pool_to(pool);
    return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL mvk_DestroyDescriptorPool(VkDevice device, VkDescriptorPool handle,
                                                     const VkAllocationCallbacks *pAllocator)
{
    struct mvk_descriptor_pool *pool = mvk_descriptor_pool_from(handle);
    if (!pool)
        return;
    magma_bo_destroy(pool->bo);
    mvk_object_free(mvk_device_from(device), pAllocator, pool);
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_ResetDescriptorPool(VkDevice device, VkDescriptorPool handle,
                                                       VkDescriptorPoolResetFlags flags)
{
    (void)device;
    (void)flags;
    pool_reset(mvk_descriptor_pool_from(handle));
    return VK_SUCCESS;
}

/*
 * Finds room: behind the last set, else the first gap that is large enough. Returns the live set
 * before it (NULL: at the front) and the position, or false.
 */
static bool find_room(const struct mvk_descriptor_pool *pool, uint32_t count,
                      struct mvk_descriptor_set **before, uint32_t *first)
{
    *before = pool->last;
    *first = pool->last ? pool->last->first + pool->last->count : 0;
    if (pool->descriptor_count - *first >= count)
        return true;
    *before = NULL;
    *first = 0;
    for (struct mvk_descriptor_set *set = pool->live; set; set = set->next) {
        if (set->first - *first >= count)
            return true;
        *before = set;
        *first = set->first + set->count;
    }
    return false;
}

/* Descriptors of the index'th set of an allocation, whose last binding may be shorter than its
 * most. */
static uint32_t set_size(const struct mvk_descriptor_set_layout *layout,
                         const VkDescriptorSetAllocateInfo *info, uint32_t index)
{
    const VkDescriptorSetVariableDescriptorCountAllocateInfo *variable = mvk_chain_find(
        info->pNext, VK_STRUCTURE_TYPE_DESCRIPTOR_SET_VARIABLE_DESCRIPTOR_COUNT_ALLOCATE_INFO);
    if (!layout->variable)
        return layout->descriptor_count;
    uint32_t most = layout->bindings[layout->binding_count - 1].count;
    uint32_t given =
        variable && index < variable->descriptorSetCount ? variable->pDescriptorCounts[index] : 0;
    return layout->descriptor_count - most + (given < most ? given : most);
}

static VkResult allocate(struct mvk_descriptor_pool *pool,
                         const struct mvk_descriptor_set_layout *layout, uint32_t count,
                         struct mvk_descriptor_set **out)
{
    struct mvk_descriptor_set *set = pool->spare;
    struct mvk_descriptor_set *before;
    uint32_t first;
    if (!set || pool->descriptor_count - pool->descriptors_used < count)
        return VK_ERROR_OUT_OF_POOL_MEMORY;
    if (!find_room(pool, count, &before, &first))
        return VK_ERROR_FRAGMENTED_POOL;
    pool->spare = set->next;
    pool->descriptors_used += count;
    *set = (struct mvk_descriptor_set){
        .layout = layout,
        .descriptors = (struct magma_cc_buffer_descriptor *)magma_bo_map(pool->bo) + first,
        .address =
            magma_gpu_va_add(magma_bo_address(pool->bo), (uint64_t)first * MVK_DESCRIPTOR_BYTES),
        .first = first,
        .count = count,
        .dynamic_count = layout->dynamic_count,
        .next = before ? before->next : pool->live,
    };
    memset(set->descriptors, 0, (size_t)count * MVK_DESCRIPTOR_BYTES);
    if (before)
        before->next = set;
    else
        pool->live = set;
    if (before == pool->last)
        pool->last = set;
    *out = set;
    return VK_SUCCESS;
}

static void release(struct mvk_descriptor_pool *pool, struct mvk_descriptor_set *set)
{
    struct mvk_descriptor_set *before = NULL;
    for (struct mvk_descriptor_set *s = pool->live; s && s != set; s = s->next)
        before = s;
    if (before)
        before->next = set->next;
    else
        pool->live = set->next;
    if (pool->last == set)
        pool->last = before;
    pool->descriptors_used -= set->count;
    set->next = pool->spare;
    pool->spare = set;
}

VKAPI_ATTR VkResult VKAPI_CALL
mvk_AllocateDescriptorSets(VkDevice device, const VkDescriptorSetAllocateInfo *pAllocateInfo,
                           VkDescriptorSet *pDescriptorSets)
{
    struct mvk_descriptor_pool *pool = mvk_descriptor_pool_from(pAllocateInfo->descriptorPool);
    for (uint32_t i = 0; i < pAllocateInfo->descriptorSetCount; i++) {
        const struct mvk_descriptor_set_layout *layout =
            mvk_descriptor_set_layout_from(pAllocateInfo->pSetLayouts[i]);
        struct mvk_descriptor_set *set = NULL;
        VkResult result = allocate(pool, layout, set_size(layout, pAllocateInfo, i), &set);
        if (result != VK_SUCCESS) {
            while (i > 0)
                release(pool, mvk_descriptor_set_from(pDescriptorSets[--i]));
            for (i = 0; i < pAllocateInfo->descriptorSetCount; i++)
                pDescriptorSets[i] = VK_NULL_HANDLE;
            return result;
        }
        mvk_object_born(mvk_device_from(device), set);
        pDescriptorSets[i] = mvk_descriptor_set_to(set);
    }
    return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_FreeDescriptorSets(VkDevice device, VkDescriptorPool handle,
                                                      uint32_t descriptorSetCount,
                                                      const VkDescriptorSet *pDescriptorSets)
{
    (void)device;
    for (uint32_t i = 0; i < descriptorSetCount; i++) {
        if (pDescriptorSets[i])
            release(mvk_descriptor_pool_from(handle), mvk_descriptor_set_from(pDescriptorSets[i]));
    }
    return VK_SUCCESS;
}
