/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* VkSemaphore: binary and timeline. */
#include "semaphore.h"

#include "device.h"

enum { WAIT_POINTS = 64 };

struct magma_timeline_point mvk_semaphore_wait_point(const struct mvk_semaphore *semaphore,
                                                     uint64_t value)
{
    uint64_t v = semaphore->binary ? semaphore->signal_count : value;
    return (struct magma_timeline_point){semaphore->timeline, v};
}

struct magma_timeline_point mvk_semaphore_signal_point(struct mvk_semaphore *semaphore,
                                                       uint64_t value)
{
    uint64_t v = semaphore->binary ? ++semaphore->signal_count : value;
    return (struct magma_timeline_point){semaphore->timeline, v};
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_CreateSemaphore(VkDevice handle,
                                                   const VkSemaphoreCreateInfo *pCreateInfo,
                                                   const VkAllocationCallbacks *pAllocator,
                                                   VkSemaphore *pSemaphore)
{
    struct mvk_device *device = mvk_device_from(handle);
    const VkSemaphoreTypeCreateInfo *type =
        mvk_chain_find(pCreateInfo->pNext, VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO);
    bool binary = !type || type->semaphoreType == VK_SEMAPHORE_TYPE_BINARY;
    struct mvk_semaphore *semaphore = mvk_object_zalloc(device, pAllocator, sizeof(*semaphore));
    if (!semaphore)
        return VK_ERROR_OUT_OF_HOST_MEMORY;
    semaphore->binary = binary;
    enum magma_code code = magma_timeline_create(device->gpu, binary ? 0 : type->initialValue,
                                                 &semaphore->timeline, NULL);
    if (code != MAGMA_OK) {
        mvk_object_free(device, pAllocator, semaphore);
        return mvk_device_result(device, code);
    }
    *pSemaphore = mvk_semaphore_to(semaphore);
    return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL mvk_DestroySemaphore(VkDevice device, VkSemaphore handle,
                                                const VkAllocationCallbacks *pAllocator)
{
    struct mvk_semaphore *semaphore = mvk_semaphore_from(handle);
    if (!semaphore)
        return;
    magma_timeline_destroy(semaphore->timeline);
    mvk_object_free(mvk_device_from(device), pAllocator, semaphore);
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_GetSemaphoreCounterValue(VkDevice device, VkSemaphore handle,
                                                            uint64_t *pValue)
{
    *pValue = magma_timeline_value(mvk_semaphore_from(handle)->timeline);
    return mvk_device_status(mvk_device_from(device));
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_SignalSemaphore(VkDevice device,
                                                   const VkSemaphoreSignalInfo *pSignalInfo)
{
    (void)device;
    magma_timeline_signal(mvk_semaphore_from(pSignalInfo->semaphore)->timeline, pSignalInfo->value);
    return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_WaitSemaphores(VkDevice handle,
                                                  const VkSemaphoreWaitInfo *pWaitInfo,
                                                  uint64_t timeout)
{
    struct mvk_device *device = mvk_device_from(handle);
    struct magma_timeline_point fixed[WAIT_POINTS] = {0}, *points = fixed;
    uint32_t count = pWaitInfo->semaphoreCount;
    if (count > WAIT_POINTS) {
        points = mvk_zalloc(&device->alloc, NULL, count * sizeof(*points),
                            VK_SYSTEM_ALLOCATION_SCOPE_COMMAND);
        if (!points)
            return VK_ERROR_OUT_OF_HOST_MEMORY;
    }
    for (uint32_t i = 0; i < count; i++)
        points[i] = mvk_semaphore_wait_point(mvk_semaphore_from(pWaitInfo->pSemaphores[i]),
                                             pWaitInfo->pValues[i]);
    bool all = !(pWaitInfo->flags & VK_SEMAPHORE_WAIT_ANY_BIT);
    enum magma_code code = magma_timeline_wait(device->gpu, points, count, all, timeout);
    if (points != fixed)
        mvk_free(&device->alloc, NULL, points);
    return code == MAGMA_TIMEOUT ? VK_TIMEOUT : mvk_device_result(device, code);
}
