/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Copies between buffers, fills and updates. */
#include "buffer.h"
#include "command_buffer.h"

#include <magma-nv/copy.h>

#include <string.h>

static magma_gpu_va at(VkBuffer buffer, VkDeviceSize offset)
{
    return magma_gpu_va_add(mvk_buffer_from(buffer)->address, offset);
}

VKAPI_ATTR void VKAPI_CALL mvk_CmdCopyBuffer(VkCommandBuffer commandBuffer, VkBuffer srcBuffer,
                                             VkBuffer dstBuffer, uint32_t regionCount,
                                             const VkBufferCopy *pRegions)
{
    struct mvk_command_buffer *commands = mvk_command_buffer_from(commandBuffer);
    for (uint32_t i = 0; i < regionCount; i++)
        magma_copy_buffer(commands->push, at(dstBuffer, pRegions[i].dstOffset),
                          at(srcBuffer, pRegions[i].srcOffset), pRegions[i].size);
}

VKAPI_ATTR void VKAPI_CALL mvk_CmdCopyBuffer2(VkCommandBuffer commandBuffer,
                                              const VkCopyBufferInfo2 *pCopyBufferInfo)
{
    struct mvk_command_buffer *commands = mvk_command_buffer_from(commandBuffer);
    for (uint32_t i = 0; i < pCopyBufferInfo->regionCount; i++) {
        const VkBufferCopy2 *region = &pCopyBufferInfo->pRegions[i];
        magma_copy_buffer(commands->push, at(pCopyBufferInfo->dstBuffer, region->dstOffset),
                          at(pCopyBufferInfo->srcBuffer, region->srcOffset), region->size);
    }
}

VKAPI_ATTR void VKAPI_CALL mvk_CmdFillBuffer(VkCommandBuffer commandBuffer, VkBuffer dstBuffer,
                                             VkDeviceSize dstOffset, VkDeviceSize size,
                                             uint32_t data)
{
    const VkDeviceSize word_mask = sizeof(uint32_t) - 1;
    VkDeviceSize range = mvk_buffer_range(mvk_buffer_from(dstBuffer), dstOffset, size) & ~word_mask;
    if (range > 0)
        magma_fill_buffer(mvk_command_buffer_from(commandBuffer)->push, at(dstBuffer, dstOffset),
                          range, data);
}

VKAPI_ATTR void VKAPI_CALL mvk_CmdUpdateBuffer(VkCommandBuffer commandBuffer, VkBuffer dstBuffer,
                                               VkDeviceSize dstOffset, VkDeviceSize dataSize,
                                               const void *pData)
{
    struct magma_push *push = mvk_command_buffer_from(commandBuffer)->push;
    magma_gpu_va source = {0};
    void *memory = magma_push_data(push, dataSize, sizeof(uint32_t), &source);
    if (!memory)
        return; /* the push keeps the error */
    memcpy(memory, pData, dataSize);
    magma_copy_buffer(push, at(dstBuffer, dstOffset), source, dataSize);
}
