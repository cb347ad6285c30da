/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* VkDevice: creation with its queues, entry points, and what happens when the GPU is lost. */
#include "device.h"

#include "icd.h"
#include "instance.h"

#include <magma-nv/gpu.h>

#include <string.h>

static VkResult enable_extensions(struct mvk_device *device, const VkDeviceCreateInfo *info)
{
    for (uint32_t i = 0; i < info->enabledExtensionCount; i++) {
        int e = 0;
        while (e < MVK_DEVICE_EXTENSION_COUNT && strcmp(mvk_device_extensions[e].extensionName,
                                                        info->ppEnabledExtensionNames[i]) != 0)
            e++;
        if (e == MVK_DEVICE_EXTENSION_COUNT)
            return VK_ERROR_EXTENSION_NOT_PRESENT;
        device->extensions[e] = true;
    }
    return VK_SUCCESS;
}

static VkResult create_queues(struct mvk_device *device, const VkDeviceCreateInfo *info)
{
    for (uint32_t i = 0; i < info->queueCreateInfoCount; i++) {
        const VkDeviceQueueCreateInfo *q = &info->pQueueCreateInfos[i];
        for (uint32_t index = 0; index < q->queueCount; index++) {
            struct mvk_queue **slot = &device->queues[device->queue_count];
            VkResult result = mvk_queue_create(device, q->queueFamilyIndex, index, slot);
            if (result != VK_SUCCESS)
                return result;
            device->queue_count++;
        }
    }
    return VK_SUCCESS;
}

static void destroy(struct mvk_device *device)
{
    for (uint32_t i = device->queue_count; i > 0; i--)
        mvk_queue_destroy(device->queues[i - 1]);
    mvk_transfer_finish(&device->transfer);
    pthread_mutex_destroy(&device->private_lock);
    VkAllocationCallbacks alloc = device->alloc;
    mvk_free(&alloc, NULL, device);
}

/* How many queues the create info asks for; false when it asks for some that do not exist. */
static bool count_queues(const VkDeviceCreateInfo *info, uint32_t *count)
{
    *count = 0;
    for (uint32_t i = 0; i < info->queueCreateInfoCount; i++) {
        const VkDeviceQueueCreateInfo *q = &info->pQueueCreateInfos[i];
        if (q->queueFamilyIndex >= MVK_QUEUE_FAMILY_COUNT || q->flags ||
            q->queueCount > mvk_queue_families[q->queueFamilyIndex].queue_count)
            return false;
        *count += q->queueCount;
    }
    return true;
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_CreateDevice(VkPhysicalDevice physicalDevice,
                                                const VkDeviceCreateInfo *pCreateInfo,
                                                const VkAllocationCallbacks *pAllocator,
                                                VkDevice *pDevice)
{
    struct mvk_physical_device *pd = mvk_physical_device_from(physicalDevice);
    VkResult result = mvk_features_check(pd, pCreateInfo);
    uint32_t queue_count = 0;
    if (result == VK_SUCCESS && !count_queues(pCreateInfo, &queue_count))
        result = VK_ERROR_INITIALIZATION_FAILED;
    if (result != VK_SUCCESS)
        return result;
    size_t size = sizeof(struct mvk_device) + queue_count * sizeof(struct mvk_queue *);
    struct mvk_device *device =
        mvk_zalloc(&pd->instance->alloc, pAllocator, size, VK_SYSTEM_ALLOCATION_SCOPE_DEVICE);
    if (!device)
        return VK_ERROR_OUT_OF_HOST_MEMORY;
    set_loader_magic_value(&device->loader);
    device->alloc = pAllocator ? *pAllocator : pd->instance->alloc;
    device->physical_device = pd;
    device->gpu = pd->gpu;
    device->robust = mvk_features_robust(pCreateInfo);
    atomic_flag_clear(&device->lost_reported);
    pthread_mutex_init(&device->private_lock, NULL);
    mvk_transfer_init(&device->transfer);
    result = enable_extensions(device, pCreateInfo);
    if (result == VK_SUCCESS)
        result = mvk_device_status(device);
    if (result == VK_SUCCESS)
        result = create_queues(device, pCreateInfo);
    if (result != VK_SUCCESS) {
        destroy(device);
        return result;
    }
    *pDevice = mvk_device_to(device);
    return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL mvk_DestroyDevice(VkDevice handle,
                                             const VkAllocationCallbacks *pAllocator)
{
    (void)pAllocator; /* the callbacks of creation, which the device holds, are the same */
    if (handle)
        destroy(mvk_device_from(handle));
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL mvk_GetDeviceProcAddr(VkDevice handle, const char *pName)
{
    struct mvk_device *device = mvk_device_from(handle);
    const struct mvk_entrypoint *e = mvk_entrypoint_find(pName);
    if (!e || e->level != MVK_LEVEL_DEVICE)
        return NULL;
    bool core = e->core && e->core <= MVK_API_VERSION;
    bool instance_extension = !e->core && e->extensions[0] < 0;
    bool enabled = false;
    for (size_t i = 0; i < MVK_COUNT_OF(e->extensions); i++)
        enabled |= e->extensions[i] >= 0 && device->extensions[e->extensions[i]];
    return core || instance_extension || enabled ? e->function : NULL;
}

VKAPI_ATTR void VKAPI_CALL mvk_GetDeviceQueue2(VkDevice handle,
                                               const VkDeviceQueueInfo2 *pQueueInfo,
                                               VkQueue *pQueue)
{
    struct mvk_device *device = mvk_device_from(handle);
    *pQueue = VK_NULL_HANDLE;
    for (uint32_t i = 0; i < device->queue_count && !pQueueInfo->flags; i++) {
        struct mvk_queue *queue = device->queues[i];
        if (queue->family == pQueueInfo->queueFamilyIndex && queue->index == pQueueInfo->queueIndex)
            *pQueue = mvk_queue_to(queue);
    }
}

VKAPI_ATTR void VKAPI_CALL mvk_GetDeviceQueue(VkDevice device, uint32_t queueFamilyIndex,
                                              uint32_t queueIndex, VkQueue *pQueue)
{
    VkDeviceQueueInfo2 info = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_INFO_2,
        .queueFamilyIndex = queueFamilyIndex,
        .queueIndex = queueIndex,
    };
    mvk_GetDeviceQueue2(device, &info, pQueue);
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_DeviceWaitIdle(VkDevice handle)
{
    struct mvk_device *device = mvk_device_from(handle);
    for (uint32_t i = 0; i < device->queue_count; i++) {
        VkResult result = mvk_QueueWaitIdle(mvk_queue_to(device->queues[i]));
        if (result != VK_SUCCESS)
            return result;
    }
    return mvk_device_status(device);
}

VKAPI_ATTR void VKAPI_CALL mvk_GetDeviceGroupPeerMemoryFeatures(
    VkDevice device, uint32_t heapIndex, uint32_t localDeviceIndex, uint32_t remoteDeviceIndex,
    VkPeerMemoryFeatureFlags *pPeerMemoryFeatures)
{
    (void)device;
    (void)heapIndex;
    (void)localDeviceIndex;
    (void)remoteDeviceIndex;
    *pPeerMemoryFeatures = 0; /* a group has one device, which is no peer of itself */
}

static void report_lost(struct mvk_device *device)
{
    if (atomic_flag_test_and_set(&device->lost_reported))
        return;
    mvk_report(device->physical_device->instance, VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
               VK_OBJECT_TYPE_DEVICE, (uint64_t)(uintptr_t)device, "the device is lost: %s",
               magma_gpu_lost_reason(device->gpu));
}

VkResult mvk_device_result(struct mvk_device *device, enum magma_code code)
{
    VkResult result = mvk_result(code);
    if (result == VK_ERROR_DEVICE_LOST)
        report_lost(device);
    return result;
}

VkResult mvk_device_status(struct mvk_device *device)
{
    if (!magma_gpu_is_lost(device->gpu))
        return VK_SUCCESS;
    report_lost(device);
    return VK_ERROR_DEVICE_LOST;
}

VkResult mvk_device_fail(struct mvk_device *device, VkObjectType type, uint64_t handle,
                         const struct magma_error *err)
{
    VkResult result = mvk_device_result(device, err->code);
    if (result != VK_ERROR_DEVICE_LOST)
        mvk_report(device->physical_device->instance,
                   VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT, type, handle, "%s", err->text);
    return result;
}
