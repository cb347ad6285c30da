/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Timestamps on the GPU. Queries are copied to buffers as they lie in the pool: one that was never
 * written gives 0 and, where asked for, availability 0 (Vulkan would rather leave its place alone).
 */
#include "buffer.h"
#include "command_buffer.h"
#include "query_pool.h"

#include <magma-nv/copy.h>

VKAPI_ATTR void VKAPI_CALL mvk_CmdResetQueryPool(VkCommandBuffer commandBuffer, VkQueryPool handle,
                                                 uint32_t firstQuery, uint32_t queryCount)
{
    struct magma_push *push = mvk_command_buffer_from(commandBuffer)->push;
    magma_push_barrier(push);
    magma_fill_buffer(push, mvk_query_pool_slot(mvk_query_pool_from(handle), firstQuery),
                      (uint64_t)queryCount * sizeof(struct mvk_query_slot), 0);
    magma_push_barrier(push);
}

VKAPI_ATTR void VKAPI_CALL mvk_CmdWriteTimestamp(VkCommandBuffer commandBuffer,
                                                 VkPipelineStageFlagBits pipelineStage,
                                                 VkQueryPool queryPool, uint32_t query)
{
    (void)pipelineStage; /* a timestamp of a later moment is right for every stage */
    magma_push_timestamp(mvk_command_buffer_from(commandBuffer)->push,
                         mvk_query_pool_slot(mvk_query_pool_from(queryPool), query),
                         MVK_QUERY_AVAILABLE);
}

VKAPI_ATTR void VKAPI_CALL mvk_CmdWriteTimestamp2(VkCommandBuffer commandBuffer,
                                                  VkPipelineStageFlags2 stage,
                                                  VkQueryPool queryPool, uint32_t query)
{
    (void)stage;
    mvk_CmdWriteTimestamp(commandBuffer, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, queryPool, query);
}

VKAPI_ATTR void VKAPI_CALL mvk_CmdCopyQueryPoolResults(VkCommandBuffer commandBuffer,
                                                       VkQueryPool handle, uint32_t firstQuery,
                                                       uint32_t queryCount, VkBuffer dstBuffer,
                                                       VkDeviceSize dstOffset, VkDeviceSize stride,
                                                       VkQueryResultFlags flags)
{
    struct magma_push *push = mvk_command_buffer_from(commandBuffer)->push;
    const struct mvk_query_pool *pool = mvk_query_pool_from(handle);
    const uint64_t word = flags & VK_QUERY_RESULT_64_BIT ? sizeof(uint64_t) : sizeof(uint32_t);
    for (uint32_t i = 0; i < queryCount && (flags & VK_QUERY_RESULT_WAIT_BIT); i++)
        magma_push_wait(push, mvk_query_pool_slot(pool, firstQuery + i), MVK_QUERY_AVAILABLE,
                        sizeof(uint64_t));
    magma_push_barrier(push);
    for (uint32_t i = 0; i < queryCount; i++) {
        magma_gpu_va out =
            magma_gpu_va_add(mvk_buffer_from(dstBuffer)->address, dstOffset + i * stride);
        magma_copy_buffer(push, out, mvk_query_pool_time(pool, firstQuery + i), word);
        if (flags & VK_QUERY_RESULT_WITH_AVAILABILITY_BIT)
            magma_copy_buffer(push, magma_gpu_va_add(out, word),
                              mvk_query_pool_slot(pool, firstQuery + i), word);
    }
}
