/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* VkPhysicalDevice: opening, queue families, memory types, extensions, and the honest "no" about
 * images and sharing with other processes. */
#include "physical_device.h"

#include "alloc.h"
#include "build_id.h"
#include "gpu_share.h"
#include "instance.h"
#include "result.h"
#include "sha256.h"

#include <string.h>

const struct mvk_queue_family mvk_queue_families[MVK_QUEUE_FAMILY_COUNT] = {
    {VK_QUEUE_COMPUTE_BIT | VK_QUEUE_TRANSFER_BIT, 4, MAGMA_ENGINE_COMPUTE},
    {VK_QUEUE_TRANSFER_BIT, 2, MAGMA_ENGINE_COPY},
};

enum { HEAP_VRAM, HEAP_SYSTEM, HEAP_COUNT };

static void add_type(struct mvk_physical_device *pd, uint32_t heap, enum magma_domain domain,
                     VkMemoryPropertyFlags flags)
{
    uint32_t index = pd->memory.memoryTypeCount++;
    pd->memory.memoryTypes[index] = (VkMemoryType){.propertyFlags = flags, .heapIndex = heap};
    pd->domains[index] = domain;
}

/* A type whose flags are a subset of another's comes before it, as Vulkan wants. */
static void init_memory(struct mvk_physical_device *pd)
{
    const struct magma_gpu_info *info = pd->info;
    const VkMemoryPropertyFlags host =
        VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
    pd->memory.memoryHeapCount = HEAP_COUNT;
    pd->memory.memoryHeaps[HEAP_VRAM] =
        (VkMemoryHeap){info->vram_usable_bytes, VK_MEMORY_HEAP_DEVICE_LOCAL_BIT};
    pd->memory.memoryHeaps[HEAP_SYSTEM] = (VkMemoryHeap){info->system_usable_bytes, 0};
    add_type(pd, HEAP_VRAM, MAGMA_DOMAIN_VRAM, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT);
    add_type(pd, HEAP_SYSTEM, MAGMA_DOMAIN_SYSTEM, host | VK_MEMORY_PROPERTY_HOST_CACHED_BIT);
    if (info->vram_cpu_access)
        add_type(pd, HEAP_VRAM, MAGMA_DOMAIN_VRAM, host | VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT);
}

/* Cached pipelines hold machine code: what the compiler's build or the SM version changes. */
static void init_uuids(struct mvk_physical_device *pd)
{
    struct mvk_sha256 hash;
    uint8_t digest[MVK_SHA256_BYTES];
    mvk_sha256_init(&hash);
    mvk_build_id_hash(&hash);
    struct mvk_sha256 driver = hash;
    mvk_sha256_finish(&driver, digest);
    memcpy(pd->driver_uuid, digest, VK_UUID_SIZE);
    mvk_sha256_update(&hash, &pd->info->sm_version, sizeof(pd->info->sm_version));
    mvk_sha256_finish(&hash, digest);
    memcpy(pd->cache_uuid, digest, VK_UUID_SIZE);
}

VkResult mvk_physical_device_create(struct mvk_instance *instance, const char *name,
                                    struct mvk_physical_device **out, struct magma_error *err)
{
    struct mvk_physical_device *pd =
        mvk_zalloc(&instance->alloc, NULL, sizeof(*pd), VK_SYSTEM_ALLOCATION_SCOPE_INSTANCE);
    if (!pd)
        return VK_ERROR_OUT_OF_HOST_MEMORY;
    enum magma_code code = mvk_gpu_acquire(name, &pd->gpu, err);
    if (code != MAGMA_OK) {
        mvk_free(&instance->alloc, NULL, pd);
        return mvk_result(code);
    }
    set_loader_magic_value(&pd->loader);
    pd->instance = instance;
    pd->info = magma_gpu_get_info(pd->gpu);
    init_memory(pd);
    init_uuids(pd);
    *out = pd;
    return VK_SUCCESS;
}

void mvk_physical_device_destroy(struct mvk_physical_device *pd)
{
    if (!pd)
        return;
    mvk_gpu_release(pd->gpu);
    mvk_free(&pd->instance->alloc, NULL, pd);
}

VKAPI_ATTR VkResult VKAPI_CALL
mvk_EnumerateDeviceExtensionProperties(VkPhysicalDevice physicalDevice, const char *pLayerName,
                                       uint32_t *pPropertyCount, VkExtensionProperties *pProperties)
{
    (void)physicalDevice;
    if (pLayerName)
        return VK_ERROR_LAYER_NOT_PRESENT;
    if (!pProperties) {
        *pPropertyCount = MVK_DEVICE_EXTENSION_COUNT;
        return VK_SUCCESS;
    }
    VkResult result = mvk_clamp_count(MVK_DEVICE_EXTENSION_COUNT, pPropertyCount);
    memcpy(pProperties, mvk_device_extensions, *pPropertyCount * sizeof(*pProperties));
    return result;
}

static VkQueueFamilyProperties family_properties(uint32_t family)
{
    return (VkQueueFamilyProperties){
        .queueFlags = mvk_queue_families[family].flags,
        .queueCount = mvk_queue_families[family].queue_count,
        .timestampValidBits = 64,
        .minImageTransferGranularity = {1, 1, 1},
    };
}

VKAPI_ATTR void VKAPI_CALL mvk_GetPhysicalDeviceQueueFamilyProperties(
    VkPhysicalDevice physicalDevice, uint32_t *pCount, VkQueueFamilyProperties *pProperties)
{
    (void)physicalDevice;
    if (!pProperties) {
        *pCount = MVK_QUEUE_FAMILY_COUNT;
        return;
    }
    (void)mvk_clamp_count(MVK_QUEUE_FAMILY_COUNT, pCount);
    for (uint32_t i = 0; i < *pCount; i++)
        pProperties[i] = family_properties(i);
}

VKAPI_ATTR void VKAPI_CALL mvk_GetPhysicalDeviceQueueFamilyProperties2(
    VkPhysicalDevice physicalDevice, uint32_t *pCount, VkQueueFamilyProperties2 *pProperties)
{
    (void)physicalDevice;
    if (!pProperties) {
        *pCount = MVK_QUEUE_FAMILY_COUNT;
        return;
    }
    (void)mvk_clamp_count(MVK_QUEUE_FAMILY_COUNT, pCount);
    for (uint32_t i = 0; i < *pCount; i++)
        pProperties[i].queueFamilyProperties = family_properties(i);
}

VKAPI_ATTR void VKAPI_CALL mvk_GetPhysicalDeviceMemoryProperties(
    VkPhysicalDevice physicalDevice, VkPhysicalDeviceMemoryProperties *pMemoryProperties)
{
    *pMemoryProperties = mvk_physical_device_from(physicalDevice)->memory;
}

static void fill_budget(struct mvk_physical_device *pd,
                        VkPhysicalDeviceMemoryBudgetPropertiesEXT *budget)
{
    uint64_t used[HEAP_COUNT];
    magma_gpu_memory_used(pd->gpu, &used[HEAP_VRAM], &used[HEAP_SYSTEM]);
    memset(budget->heapBudget, 0, sizeof(budget->heapBudget));
    memset(budget->heapUsage, 0, sizeof(budget->heapUsage));
    for (int i = 0; i < HEAP_COUNT; i++) {
        budget->heapBudget[i] = pd->memory.memoryHeaps[i].size;
        budget->heapUsage[i] = used[i];
    }
}

VKAPI_ATTR void VKAPI_CALL mvk_GetPhysicalDeviceMemoryProperties2(
    VkPhysicalDevice physicalDevice, VkPhysicalDeviceMemoryProperties2 *pMemoryProperties)
{
    struct mvk_physical_device *pd = mvk_physical_device_from(physicalDevice);
    pMemoryProperties->memoryProperties = pd->memory;
    for (VkBaseOutStructure *s = pMemoryProperties->pNext; s; s = s->pNext) {
        if (s->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT)
            fill_budget(pd, (VkPhysicalDeviceMemoryBudgetPropertiesEXT *)s);
    }
}

VKAPI_ATTR void VKAPI_CALL mvk_GetPhysicalDeviceFormatProperties(VkPhysicalDevice physicalDevice,
                                                                 VkFormat format,
                                                                 VkFormatProperties *pProperties)
{
    (void)physicalDevice;
    (void)format;
    *pProperties = (VkFormatProperties){0};
}

VKAPI_ATTR void VKAPI_CALL mvk_GetPhysicalDeviceFormatProperties2(VkPhysicalDevice physicalDevice,
                                                                  VkFormat format,
                                                                  VkFormatProperties2 *pProperties)
{
    mvk_GetPhysicalDeviceFormatProperties(physicalDevice, format, &pProperties->formatProperties);
    for (VkBaseOutStructure *s = pProperties->pNext; s; s = s->pNext) {
        if (s->sType == VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_3) {
            VkFormatProperties3 *three = (VkFormatProperties3 *)s;
            three->linearTilingFeatures = 0;
            three->optimalTilingFeatures = 0;
            three->bufferFeatures = 0;
        }
    }
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_GetPhysicalDeviceImageFormatProperties(
    VkPhysicalDevice physicalDevice, VkFormat format, VkImageType type, VkImageTiling tiling,
    VkImageUsageFlags usage, VkImageCreateFlags flags, VkImageFormatProperties *pProperties)
{
    (void)physicalDevice;
    (void)format;
    (void)type;
    (void)tiling;
    (void)usage;
    (void)flags;
    *pProperties = (VkImageFormatProperties){0};
    return VK_ERROR_FORMAT_NOT_SUPPORTED;
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_GetPhysicalDeviceImageFormatProperties2(
    VkPhysicalDevice physicalDevice, const VkPhysicalDeviceImageFormatInfo2 *pInfo,
    VkImageFormatProperties2 *pProperties)
{
    return mvk_GetPhysicalDeviceImageFormatProperties(physicalDevice, pInfo->format, pInfo->type,
                                                      pInfo->tiling, pInfo->usage, pInfo->flags,
                                                      &pProperties->imageFormatProperties);
}

VKAPI_ATTR void VKAPI_CALL mvk_GetPhysicalDeviceSparseImageFormatProperties(
    VkPhysicalDevice physicalDevice, VkFormat format, VkImageType type,
    VkSampleCountFlagBits samples, VkImageUsageFlags usage, VkImageTiling tiling,
    uint32_t *pPropertyCount, VkSparseImageFormatProperties *pProperties)
{
    (void)physicalDevice;
    (void)format;
    (void)type;
    (void)samples;
    (void)usage;
    (void)tiling;
    (void)pProperties;
    *pPropertyCount = 0;
}

VKAPI_ATTR void VKAPI_CALL mvk_GetPhysicalDeviceSparseImageFormatProperties2(
    VkPhysicalDevice physicalDevice, const VkPhysicalDeviceSparseImageFormatInfo2 *pFormatInfo,
    uint32_t *pPropertyCount, VkSparseImageFormatProperties2 *pProperties)
{
    (void)physicalDevice;
    (void)pFormatInfo;
    (void)pProperties;
    *pPropertyCount = 0;
}

VKAPI_ATTR void VKAPI_CALL mvk_GetPhysicalDeviceExternalBufferProperties(
    VkPhysicalDevice physicalDevice, const VkPhysicalDeviceExternalBufferInfo *pInfo,
    VkExternalBufferProperties *pProperties)
{
    (void)physicalDevice;
    pProperties->externalMemoryProperties =
        (VkExternalMemoryProperties){.compatibleHandleTypes = pInfo->handleType};
}

VKAPI_ATTR void VKAPI_CALL mvk_GetPhysicalDeviceExternalFenceProperties(
    VkPhysicalDevice physicalDevice, const VkPhysicalDeviceExternalFenceInfo *pInfo,
    VkExternalFenceProperties *pProperties)
{
    (void)physicalDevice;
    pProperties->compatibleHandleTypes = pInfo->handleType;
    pProperties->exportFromImportedHandleTypes = 0;
    pProperties->externalFenceFeatures = 0;
}

VKAPI_ATTR void VKAPI_CALL mvk_GetPhysicalDeviceExternalSemaphoreProperties(
    VkPhysicalDevice physicalDevice, const VkPhysicalDeviceExternalSemaphoreInfo *pInfo,
    VkExternalSemaphoreProperties *pProperties)
{
    (void)physicalDevice;
    pProperties->compatibleHandleTypes = pInfo->handleType;
    pProperties->exportFromImportedHandleTypes = 0;
    pProperties->externalSemaphoreFeatures = 0;
}
