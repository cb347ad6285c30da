/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* VkEvent, from the CPU's side; cmd_sync.c has the GPU's. */
#include "event.h"

#include "device.h"

/* The GPU's semaphores want more than a word's alignment when they carry a time; be generous. */
enum { EVENT_BO_BYTES = 16 };

VKAPI_ATTR VkResult VKAPI_CALL mvk_CreateEvent(VkDevice handle,
                                               const VkEventCreateInfo *pCreateInfo,
                                               const VkAllocationCallbacks *pAllocator,
                                               VkEvent *pEvent)
{
    (void)pCreateInfo;
    struct mvk_device *device = mvk_device_from(handle);
    struct mvk_event *event = mvk_object_zalloc(device, pAllocator, sizeof(*event));
    if (!event)
        return VK_ERROR_OUT_OF_HOST_MEMORY;
    enum magma_code code =
        magma_bo_create(device->gpu, EVENT_BO_BYTES, EVENT_BO_BYTES, MAGMA_DOMAIN_SYSTEM,
                        MAGMA_BO_CPU_ACCESS | MAGMA_BO_ZERO, &event->bo, NULL);
    if (code != MAGMA_OK) {
        mvk_object_free(device, pAllocator, event);
        return mvk_device_result(device, code);
    }
    event->word = magma_bo_map(event->bo);
    event->address = magma_bo_address(event->bo);
    *pEvent = mvk_event_to(event);
    return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL mvk_DestroyEvent(VkDevice device, VkEvent handle,
                                            const VkAllocationCallbacks *pAllocator)
{
    struct mvk_event *event = mvk_event_from(handle);
    if (!event)
        return;
    magma_bo_destroy(event->bo);
    mvk_object_free(mvk_device_from(device), pAllocator, event);
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_GetEventStatus(VkDevice device, VkEvent handle)
{
    VkResult result = mvk_device_status(mvk_device_from(device));
    if (result != VK_SUCCESS)
        return result;
    uint32_t value = atomic_load_explicit(mvk_event_from(handle)->word, memory_order_acquire);
    return value == MVK_EVENT_SET ? VK_EVENT_SET : VK_EVENT_RESET;
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_SetEvent(VkDevice device, VkEvent handle)
{
    (void)device;
    atomic_store_explicit(mvk_event_from(handle)->word, MVK_EVENT_SET, memory_order_release);
    return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_ResetEvent(VkDevice device, VkEvent handle)
{
    (void)device;
    atomic_store_explicit(mvk_event_from(handle)->word, MVK_EVENT_CLEAR, memory_order_release);
    return VK_SUCCESS;
}
