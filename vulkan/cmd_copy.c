/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Copies between buffers, fills and updates: kernels where they are faster, else the copy engine. */
#include "buffer.h"
#include "command_buffer.h"
#include "transfer.h"

#include <magma-nv/copy.h>

#include <string.h>

static magma_gpu_va at(VkBuffer buffer, VkDeviceSize offset)
{
    return magma_gpu_va_add(mvk_buffer_from(buffer)->address, offset);
}

static void copy(VkCommandBuffer commandBuffer, VkBuffer source, VkDeviceSize source_offset,
                 VkBuffer target, VkDeviceSize target_offset, VkDeviceSize size_bytes)
{
    struct mvk_command_buffer *commands = mvk_command_buffer_from(commandBuffer);
    magma_gpu_va from = at(source, source_offset), to = at(target, target_offset);
    VkDeviceSize done = 0;
    if (mvk_buffer_from(source)->local && mvk_buffer_from(target)->local)
        done = mvk_transfer_copy(commands, to, from, size_bytes);
    magma_copy_buffer(commands->push, magma_gpu_va_add(to, done), magma_gpu_va_add(from, done),
                      size_bytes - done);
}

VKAPI_ATTR void VKAPI_CALL mvk_CmdCopyBuffer(VkCommandBuffer commandBuffer, VkBuffer srcBuffer,
                                             VkBuffer dstBuffer, uint32_t regionCount,
                                             const VkBufferCopy *pRegions)
{
    for (uint32_t i = 0; i < regionCount; i++)
        copy(commandBuffer, srcBuffer, pRegions[i].srcOffset, dstBuffer, pRegions[i].dstOffset,
             pRegions[i].size);
}

VKAPI_ATTR void VKAPI_CALL mvk_CmdCopyBuffer2(VkCommandBuffer commandBuffer,
                                              const VkCopyBufferInfo2 *pCopyBufferInfo)
{
    for (uint32_t i = 0; i < pCopyBufferInfo->regionCount; i++) {
        const VkBufferCopy2 *region = &pCopyBufferInfo->pRegions[i];
        copy(commandBuffer, pCopyBufferInfo->srcBuffer, region->srcOffset,
             pCopyBufferInfo->dstBuffer, region->dstOffset, region->size);
    }
}

VKAPI_ATTR void VKAPI_CALL mvk_CmdFillBuffer(VkCommandBuffer commandBuffer, VkBuffer dstBuffer,
                                             VkDeviceSize dstOffset, VkDeviceSize size,
                                             uint32_t data)
{
    const VkDeviceSize word_mask = sizeof(uint32_t) - 1;
    VkDeviceSize range = mvk_buffer_range(mvk_buffer_from(dstBuffer), dstOffset, size) & ~word_mask;
    struct mvk_command_buffer *commands = mvk_command_buffer_from(commandBuffer);
    magma_gpu_va to = at(dstBuffer, dstOffset);
    VkDeviceSize done = 0;
    if (mvk_buffer_from(dstBuffer)->local)
        done = mvk_transfer_fill(commands, to, range, data);
    if (range > done)
        magma_fill_buffer(commands->push, magma_gpu_va_add(to, done), range - done, data);
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
