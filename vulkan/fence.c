/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* VkFence, and waiting for several. */
#include "fence.h"

#include "device.h"

enum { WAIT_POINTS = 64 };

VKAPI_ATTR VkResult VKAPI_CALL mvk_CreateFence(VkDevice handle,
                                               const VkFenceCreateInfo *pCreateInfo,
                                               const VkAllocationCallbacks *pAllocator,
                                               VkFence *pFence)
{
    struct mvk_device *device = mvk_device_from(handle);
    struct mvk_fence *fence = mvk_object_zalloc(device, pAllocator, sizeof(*fence));
    if (!fence)
        return VK_ERROR_OUT_OF_HOST_MEMORY;
    enum magma_code code = magma_timeline_create(device->gpu, 0, &fence->timeline, NULL);
    if (code != MAGMA_OK) {
        mvk_object_free(device, pAllocator, fence);
        return mvk_device_result(device, code);
    }
    fence->target = pCreateInfo->flags & VK_FENCE_CREATE_SIGNALED_BIT ? 0 : 1;
    *pFence = mvk_fence_to(fence);
    return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL mvk_DestroyFence(VkDevice device, VkFence handle,
                                            const VkAllocationCallbacks *pAllocator)
{
    struct mvk_fence *fence = mvk_fence_from(handle);
    if (!fence)
        return;
    magma_timeline_destroy(fence->timeline);
    mvk_object_free(mvk_device_from(device), pAllocator, fence);
}

static bool reached(const struct mvk_fence *fence)
{
    return magma_timeline_value(fence->timeline) >= fence->target;
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_ResetFences(VkDevice device, uint32_t fenceCount,
                                               const VkFence *pFences)
{
    (void)device;
    for (uint32_t i = 0; i < fenceCount; i++) {
        struct mvk_fence *fence = mvk_fence_from(pFences[i]);
        if (reached(fence))
            fence->target++;
    }
    return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_GetFenceStatus(VkDevice handle, VkFence fence)
{
    struct mvk_device *device = mvk_device_from(handle);
    if (reached(mvk_fence_from(fence)))
        return VK_SUCCESS;
    VkResult result = mvk_device_status(device);
    return result == VK_SUCCESS ? VK_NOT_READY : result;
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_WaitForFences(VkDevice handle, uint32_t fenceCount,
                                                 const VkFence *pFences, VkBool32 waitAll,
                                                 uint64_t timeout)
{
    struct mvk_device *device = mvk_device_from(handle);
    struct magma_timeline_point fixed[WAIT_POINTS] = {0}, *points = fixed;
    if (fenceCount > WAIT_POINTS) {
        points = mvk_zalloc(&device->alloc, NULL, fenceCount * sizeof(*points),
                            VK_SYSTEM_ALLOCATION_SCOPE_COMMAND);
        if (!points)
            return VK_ERROR_OUT_OF_HOST_MEMORY;
    }
    for (uint32_t i = 0; i < fenceCount; i++)
        points[i] = mvk_fence_signal_point(mvk_fence_from(pFences[i]));
    enum magma_code code = magma_timeline_wait(device->gpu, points, fenceCount, waitAll, timeout);
    if (points != fixed)
        mvk_free(&device->alloc, NULL, points);
    return code == MAGMA_TIMEOUT ? VK_TIMEOUT : mvk_device_result(device, code);
}
