/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* VkCommandPool, and the life of its command buffers. */
#include "command_pool.h"

#include "command_buffer.h"
#include "device.h"

VKAPI_ATTR VkResult VKAPI_CALL mvk_CreateCommandPool(VkDevice handle,
                                                     const VkCommandPoolCreateInfo *pCreateInfo,
                                                     const VkAllocationCallbacks *pAllocator,
                                                     VkCommandPool *pCommandPool)
{
    struct mvk_device *device = mvk_device_from(handle);
    struct mvk_command_pool *pool = mvk_object_zalloc(device, pAllocator, sizeof(*pool));
    if (!pool)
        return VK_ERROR_OUT_OF_HOST_MEMORY;
    pool->alloc = pAllocator ? *pAllocator : device->alloc;
    pool->family = pCreateInfo->queueFamilyIndex;
    *pCommandPool = mvk_command_pool_to(pool);
    return VK_SUCCESS;
}

static void buffer_destroy(struct mvk_command_buffer *commands)
{
    if (!commands)
        return;
    struct mvk_command_pool *pool = commands->pool;
    if (commands->previous)
        commands->previous->next = commands->next;
    else
        pool->buffers = commands->next;
    if (commands->next)
        commands->next->previous = commands->previous;
    magma_push_destroy(commands->push);
    mvk_free(&pool->alloc, NULL, commands);
}

VKAPI_ATTR void VKAPI_CALL mvk_DestroyCommandPool(VkDevice device, VkCommandPool handle,
                                                  const VkAllocationCallbacks *pAllocator)
{
    struct mvk_command_pool *pool = mvk_command_pool_from(handle);
    if (!pool)
        return;
    struct mvk_command_buffer *next;
    for (struct mvk_command_buffer *c = pool->buffers; c; c = next) {
        next = c->next;
        buffer_destroy(c);
    }
    mvk_object_free(mvk_device_from(device), pAllocator, pool);
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_ResetCommandPool(VkDevice device, VkCommandPool handle,
                                                    VkCommandPoolResetFlags flags)
{
    (void)device;
    (void)flags;
    struct mvk_command_buffer *c = mvk_command_pool_from(handle)->buffers;
    for (; c; c = c->next)
        mvk_command_buffer_reset(c);
    return VK_SUCCESS;
}

/* Pushes keep their memory for the next recording; there is none to give back meanwhile. */
VKAPI_ATTR void VKAPI_CALL mvk_TrimCommandPool(VkDevice device, VkCommandPool commandPool,
                                               VkCommandPoolTrimFlags flags)
{
    (void)device;
    (void)commandPool;
    (void)flags;
}

static VkResult buffer_create(struct mvk_device *device, struct mvk_command_pool *pool,
                              VkCommandBuffer *out)
{
    struct mvk_command_buffer *commands =
        mvk_zalloc(&pool->alloc, NULL, sizeof(*commands), VK_SYSTEM_ALLOCATION_SCOPE_OBJECT);
    if (!commands)
        return VK_ERROR_OUT_OF_HOST_MEMORY;
    enum magma_code code = magma_push_create(device->gpu, &commands->push, NULL);
    if (code != MAGMA_OK) {
        mvk_free(&pool->alloc, NULL, commands);
        return mvk_device_result(device, code);
    }
    mvk_object_born(device, commands);
    set_loader_magic_value(&commands->loader);
    commands->device = device;
    commands->pool = pool;
    commands->next = pool->buffers;
    if (pool->buffers)
        pool->buffers->previous = commands;
    pool->buffers = commands;
    *out = mvk_command_buffer_to(commands);
    return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL
mvk_AllocateCommandBuffers(VkDevice handle, const VkCommandBufferAllocateInfo *pAllocateInfo,
                           VkCommandBuffer *pCommandBuffers)
{
    struct mvk_command_pool *pool = mvk_command_pool_from(pAllocateInfo->commandPool);
    VkResult result = VK_SUCCESS;
    uint32_t done = 0;
    while (done < pAllocateInfo->commandBufferCount && result == VK_SUCCESS) {
        result = buffer_create(mvk_device_from(handle), pool, &pCommandBuffers[done]);
        done += result == VK_SUCCESS;
    }
    if (result == VK_SUCCESS)
        return VK_SUCCESS;
    while (done > 0)
        buffer_destroy(mvk_command_buffer_from(pCommandBuffers[--done]));
    for (uint32_t i = 0; i < pAllocateInfo->commandBufferCount; i++)
        pCommandBuffers[i] = VK_NULL_HANDLE;
    return result;
}

VKAPI_ATTR void VKAPI_CALL mvk_FreeCommandBuffers(VkDevice device, VkCommandPool pool,
                                                  uint32_t commandBufferCount,
                                                  const VkCommandBuffer *pCommandBuffers)
{
    (void)device;
    (void)pool;
    for (uint32_t i = 0; i < commandBufferCount; i++)
        buffer_destroy(mvk_command_buffer_from(pCommandBuffers[i]));
}
