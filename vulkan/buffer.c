/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* VkBuffer: creation, what memory it wants, binding. */
#include "buffer.h"

#include "device.h"
#include "memory.h"

VKAPI_ATTR VkResult VKAPI_CALL mvk_CreateBuffer(VkDevice handle,
                                                const VkBufferCreateInfo *pCreateInfo,
                                                const VkAllocationCallbacks *pAllocator,
                                                VkBuffer *pBuffer)
{
    struct mvk_device *device = mvk_device_from(handle);
    if (pCreateInfo->flags)
        return VK_ERROR_FEATURE_NOT_PRESENT; /* sparse, protected, capture and replay */
    if (pCreateInfo->size > device->physical_device->info->vram_usable_bytes &&
        pCreateInfo->size > device->physical_device->info->system_usable_bytes)
        return VK_ERROR_OUT_OF_DEVICE_MEMORY;
    struct mvk_buffer *buffer = mvk_object_zalloc(device, pAllocator, sizeof(*buffer));
    if (!buffer)
        return VK_ERROR_OUT_OF_HOST_MEMORY;
    buffer->size_bytes = pCreateInfo->size;
    *pBuffer = mvk_buffer_to(buffer);
    return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL mvk_DestroyBuffer(VkDevice device, VkBuffer buffer,
                                             const VkAllocationCallbacks *pAllocator)
{
    mvk_object_free(mvk_device_from(device), pAllocator, mvk_buffer_from(buffer));
}

static VkMemoryRequirements requirements(const struct mvk_device *device, VkDeviceSize size_bytes)
{
    const VkDeviceSize mask = MVK_BUFFER_ALIGN_BYTES - 1;
    return (VkMemoryRequirements){
        .size = (size_bytes + mask) & ~mask,
        .alignment = MVK_BUFFER_ALIGN_BYTES,
        .memoryTypeBits = (1u << device->physical_device->memory.memoryTypeCount) - 1,
    };
}

static void fill_requirements2(const struct mvk_device *device, VkDeviceSize size_bytes,
                               VkMemoryRequirements2 *out)
{
    out->memoryRequirements = requirements(device, size_bytes);
    for (VkBaseOutStructure *s = out->pNext; s; s = s->pNext) {
        if (s->sType == VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS) {
            VkMemoryDedicatedRequirements *dedicated = (VkMemoryDedicatedRequirements *)s;
            dedicated->prefersDedicatedAllocation = VK_FALSE;
            dedicated->requiresDedicatedAllocation = VK_FALSE;
        }
    }
}

VKAPI_ATTR void VKAPI_CALL mvk_GetBufferMemoryRequirements(VkDevice device, VkBuffer buffer,
                                                           VkMemoryRequirements *pRequirements)
{
    *pRequirements = requirements(mvk_device_from(device), mvk_buffer_from(buffer)->size_bytes);
}

VKAPI_ATTR void VKAPI_CALL
mvk_GetBufferMemoryRequirements2(VkDevice device, const VkBufferMemoryRequirementsInfo2 *pInfo,
                                 VkMemoryRequirements2 *pMemoryRequirements)
{
    fill_requirements2(mvk_device_from(device), mvk_buffer_from(pInfo->buffer)->size_bytes,
                       pMemoryRequirements);
}

VKAPI_ATTR void VKAPI_CALL mvk_GetDeviceBufferMemoryRequirements(
    VkDevice device, const VkDeviceBufferMemoryRequirements *pInfo,
    VkMemoryRequirements2 *pMemoryRequirements)
{
    fill_requirements2(mvk_device_from(device), pInfo->pCreateInfo->size, pMemoryRequirements);
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_BindBufferMemory(VkDevice device, VkBuffer buffer,
                                                    VkDeviceMemory memory,
                                                    VkDeviceSize memoryOffset)
{
    (void)device;
    const struct magma_bo *bo = mvk_memory_from(memory)->bo;
    struct mvk_buffer *b = mvk_buffer_from(buffer);
    b->address = magma_gpu_va_add(magma_bo_address(bo), memoryOffset);
    b->local = magma_bo_domain(bo) == MAGMA_DOMAIN_VRAM;
    return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_BindBufferMemory2(VkDevice device, uint32_t bindInfoCount,
                                                     const VkBindBufferMemoryInfo *pBindInfos)
{
    for (uint32_t i = 0; i < bindInfoCount; i++)
        (void)mvk_BindBufferMemory(device, pBindInfos[i].buffer, pBindInfos[i].memory,
                                   pBindInfos[i].memoryOffset);
    return VK_SUCCESS;
}

VKAPI_ATTR VkDeviceAddress VKAPI_CALL
mvk_GetBufferDeviceAddress(VkDevice device, const VkBufferDeviceAddressInfo *pInfo)
{
    (void)device;
    return mvk_buffer_from(pInfo->buffer)->address.raw;
}

/* Addresses cannot be asked for again (bufferDeviceAddressCaptureReplay is off). */
VKAPI_ATTR uint64_t VKAPI_CALL
mvk_GetBufferOpaqueCaptureAddress(VkDevice device, const VkBufferDeviceAddressInfo *pInfo)
{
    (void)device;
    (void)pInfo;
    return 0;
}
