/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* VkInstance: creation, extensions, and which physical devices there are. */
#include "instance.h"

#include "alloc.h"
#include "physical_device.h"

#include <magma-nv/gpu.h>

#include <stdlib.h>
#include <string.h>

enum { GPU_COUNT_MAX = 16 };

VKAPI_ATTR VkResult VKAPI_CALL mvk_EnumerateInstanceVersion(uint32_t *pApiVersion)
{
    *pApiVersion = MVK_API_VERSION;
    return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_EnumerateInstanceExtensionProperties(
    const char *pLayerName, uint32_t *pPropertyCount, VkExtensionProperties *pProperties)
{
    if (pLayerName)
        return VK_ERROR_LAYER_NOT_PRESENT;
    if (!pProperties) {
        *pPropertyCount = MVK_INSTANCE_EXTENSION_COUNT;
        return VK_SUCCESS;
    }
    VkResult result = mvk_clamp_count(MVK_INSTANCE_EXTENSION_COUNT, pPropertyCount);
    memcpy(pProperties, mvk_instance_extensions, *pPropertyCount * sizeof(*pProperties));
    return result;
}

static bool extension_known(const char *name)
{
    for (size_t i = 0; i < MVK_INSTANCE_EXTENSION_COUNT; i++) {
        if (strcmp(name, mvk_instance_extensions[i].extensionName) == 0)
            return true;
    }
    return false;
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_CreateInstance(const VkInstanceCreateInfo *pCreateInfo,
                                                  const VkAllocationCallbacks *pAllocator,
                                                  VkInstance *pInstance)
{
    for (uint32_t i = 0; i < pCreateInfo->enabledExtensionCount; i++) {
        if (!extension_known(pCreateInfo->ppEnabledExtensionNames[i]))
            return VK_ERROR_EXTENSION_NOT_PRESENT;
    }
    VkAllocationCallbacks alloc = pAllocator ? *pAllocator : mvk_alloc_default();
    struct mvk_instance *instance =
        mvk_zalloc(&alloc, NULL, sizeof(*instance), VK_SYSTEM_ALLOCATION_SCOPE_INSTANCE);
    if (!instance)
        return VK_ERROR_OUT_OF_HOST_MEMORY;
    set_loader_magic_value(&instance->loader);
    instance->alloc = alloc;
    pthread_mutex_init(&instance->lock, NULL);
    mvk_debug_utils_init(&instance->debug);
    *pInstance = mvk_instance_to(instance);
    return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL mvk_DestroyInstance(VkInstance handle,
                                               const VkAllocationCallbacks *pAllocator)
{
    (void)pAllocator; /* the callbacks of creation, which the instance holds, are the same */
    struct mvk_instance *instance = mvk_instance_from(handle);
    if (!instance)
        return;
    for (uint32_t i = 0; i < instance->physical_device_count; i++)
        mvk_physical_device_destroy(instance->physical_devices[i]);
    mvk_debug_utils_finish(&instance->debug);
    pthread_mutex_destroy(&instance->lock);
    VkAllocationCallbacks alloc = instance->alloc;
    mvk_free(&alloc, NULL, instance->physical_devices);
    mvk_free(&alloc, NULL, instance);
}

/* Opens one GPU. A failure is told, and leaves the instance with one device less. */
static VkResult open_one(struct mvk_instance *instance, const char *name)
{
    struct mvk_physical_device *pd = NULL;
    struct magma_error err = {0};
    VkResult result = mvk_physical_device_create(instance, name, &pd, &err);
    if (result == VK_ERROR_OUT_OF_HOST_MEMORY)
        return result;
    if (result != VK_SUCCESS) {
        mvk_report(instance, VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT, VK_OBJECT_TYPE_INSTANCE,
                   (uint64_t)(uintptr_t)instance, "the Vulkan driver offers no device for %s: %s",
                   name, err.text);
        return VK_SUCCESS;
    }
    instance->physical_devices[instance->physical_device_count++] = pd;
    return VK_SUCCESS;
}

/* Opens what MAGMA_DEVICE names, else every GPU that is bound to vfio-pci and ready. */
static VkResult open_all(struct mvk_instance *instance)
{
    struct magma_gpu_entry entries[GPU_COUNT_MAX];
    const char *named = secure_getenv("MAGMA_DEVICE");
    bool one = named && *named;
    size_t count = one ? 1 : magma_gpu_list(entries, GPU_COUNT_MAX);
    if (count > GPU_COUNT_MAX)
        count = GPU_COUNT_MAX;
    if (count == 0)
        return VK_SUCCESS;
    instance->physical_devices =
        mvk_zalloc(&instance->alloc, NULL, count * sizeof(struct mvk_physical_device *),
                   VK_SYSTEM_ALLOCATION_SCOPE_INSTANCE);
    if (!instance->physical_devices)
        return VK_ERROR_OUT_OF_HOST_MEMORY;
    VkResult result = VK_SUCCESS;
    for (size_t i = 0; i < count && result == VK_SUCCESS; i++) {
        if (one || entries[i].ready)
            result = open_one(instance, one ? named : entries[i].name);
    }
    return result;
}

static VkResult enumerate(struct mvk_instance *instance)
{
    VkResult result = VK_SUCCESS;
    pthread_mutex_lock(&instance->lock);
    if (!instance->enumerated) {
        result = open_all(instance);
        instance->enumerated = true;
    }
    pthread_mutex_unlock(&instance->lock);
    return result;
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_EnumeratePhysicalDevices(VkInstance handle,
                                                            uint32_t *pPhysicalDeviceCount,
                                                            VkPhysicalDevice *pPhysicalDevices)
{
    struct mvk_instance *instance = mvk_instance_from(handle);
    VkResult result = enumerate(instance);
    if (result != VK_SUCCESS)
        return result;
    if (!pPhysicalDevices) {
        *pPhysicalDeviceCount = instance->physical_device_count;
        return VK_SUCCESS;
    }
    result = mvk_clamp_count(instance->physical_device_count, pPhysicalDeviceCount);
    for (uint32_t i = 0; i < *pPhysicalDeviceCount; i++)
        pPhysicalDevices[i] = mvk_physical_device_to(instance->physical_devices[i]);
    return result;
}

/* Each device is a group of its own. */
VKAPI_ATTR VkResult VKAPI_CALL
mvk_EnumeratePhysicalDeviceGroups(VkInstance handle, uint32_t *pPhysicalDeviceGroupCount,
                                  VkPhysicalDeviceGroupProperties *pPhysicalDeviceGroupProperties)
{
    struct mvk_instance *instance = mvk_instance_from(handle);
    VkResult result = enumerate(instance);
    if (result != VK_SUCCESS)
        return result;
    if (!pPhysicalDeviceGroupProperties) {
        *pPhysicalDeviceGroupCount = instance->physical_device_count;
        return VK_SUCCESS;
    }
    result = mvk_clamp_count(instance->physical_device_count, pPhysicalDeviceGroupCount);
    for (uint32_t i = 0; i < *pPhysicalDeviceGroupCount; i++) {
        VkPhysicalDeviceGroupProperties *group = &pPhysicalDeviceGroupProperties[i];
        memset(group->physicalDevices, 0, sizeof(group->physicalDevices));
        group->physicalDeviceCount = 1;
        group->physicalDevices[0] = mvk_physical_device_to(instance->physical_devices[i]);
        group->subsetAllocation = VK_FALSE;
    }
    return result;
}
