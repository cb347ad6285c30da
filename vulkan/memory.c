/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* VkDeviceMemory: allocation and mapping. Every type the CPU can see is coherent, and mapped for
 * good. */
#include "memory.h"

#include "device.h"

VKAPI_ATTR VkResult VKAPI_CALL mvk_AllocateMemory(VkDevice handle,
                                                  const VkMemoryAllocateInfo *pAllocateInfo,
                                                  const VkAllocationCallbacks *pAllocator,
                                                  VkDeviceMemory *pMemory)
{
    struct mvk_device *device = mvk_device_from(handle);
    const struct mvk_physical_device *pd = device->physical_device;
    uint32_t type = pAllocateInfo->memoryTypeIndex;
    VkMemoryPropertyFlags properties = pd->memory.memoryTypes[type].propertyFlags;
    bool visible = properties & VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT;
    const VkMemoryHeap *heap = &pd->memory.memoryHeaps[pd->memory.memoryTypes[type].heapIndex];
    if (pAllocateInfo->allocationSize > heap->size)
        return VK_ERROR_OUT_OF_DEVICE_MEMORY;
    struct mvk_memory *memory = mvk_object_zalloc(device, pAllocator, sizeof(*memory));
    if (!memory)
        return VK_ERROR_OUT_OF_HOST_MEMORY;
    memory->size_bytes = pAllocateInfo->allocationSize;
    enum magma_code code =
        magma_bo_create(device->gpu, memory->size_bytes, MVK_BUFFER_ALIGN_BYTES, pd->domains[type],
                        visible ? MAGMA_BO_CPU_ACCESS : 0, &memory->bo, NULL);
    if (code != MAGMA_OK) {
        mvk_object_free(device, pAllocator, memory);
        return mvk_device_result(device, code);
    }
    *pMemory = mvk_memory_to(memory);
    return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL mvk_FreeMemory(VkDevice device, VkDeviceMemory handle,
                                          const VkAllocationCallbacks *pAllocator)
{
    struct mvk_memory *memory = mvk_memory_from(handle);
    if (!memory)
        return;
    magma_bo_destroy(memory->bo);
    mvk_object_free(mvk_device_from(device), pAllocator, memory);
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_MapMemory(VkDevice device, VkDeviceMemory handle,
                                             VkDeviceSize offset, VkDeviceSize size,
                                             VkMemoryMapFlags flags, void **ppData)
{
    (void)device;
    (void)size;
    (void)flags;
    uint8_t *base = magma_bo_map(mvk_memory_from(handle)->bo);
    if (!base)
        return VK_ERROR_MEMORY_MAP_FAILED;
    *ppData = base + offset;
    return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL mvk_UnmapMemory(VkDevice device, VkDeviceMemory memory)
{
    (void)device;
    (void)memory;
}

/* Write-combined stores leave the CPU's buffers at the doorbell; coherent memory needs no more. */
VKAPI_ATTR VkResult VKAPI_CALL mvk_FlushMappedMemoryRanges(VkDevice device, uint32_t count,
                                                           const VkMappedMemoryRange *pRanges)
{
    (void)device;
    (void)count;
    (void)pRanges;
    return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_InvalidateMappedMemoryRanges(VkDevice device, uint32_t count,
                                                                const VkMappedMemoryRange *pRanges)
{
    (void)device;
    (void)count;
    (void)pRanges;
    return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL mvk_GetDeviceMemoryCommitment(VkDevice device, VkDeviceMemory handle,
                                                         VkDeviceSize *pCommittedMemoryInBytes)
{
    (void)device;
    *pCommittedMemoryInBytes = mvk_memory_from(handle)->size_bytes;
}

/* Addresses cannot be asked for again (bufferDeviceAddressCaptureReplay is off). */
VKAPI_ATTR uint64_t VKAPI_CALL mvk_GetDeviceMemoryOpaqueCaptureAddress(
    VkDevice device, const VkDeviceMemoryOpaqueCaptureAddressInfo *pInfo)
{
    (void)device;
    (void)pInfo;
    return 0;
}
