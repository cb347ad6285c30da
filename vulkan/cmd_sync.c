/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Barriers and events. The GPU has one barrier between everything before and everything after, so
 * that stage and access masks, and the kinds of memory barriers, all come to the same.
 */
#include "command_buffer.h"
#include "event.h"

static struct magma_push *push_of(VkCommandBuffer commandBuffer)
{
    return mvk_command_buffer_from(commandBuffer)->push;
}

VKAPI_ATTR void VKAPI_CALL mvk_CmdPipelineBarrier(
    VkCommandBuffer commandBuffer, VkPipelineStageFlags srcStageMask,
    VkPipelineStageFlags dstStageMask, VkDependencyFlags dependencyFlags,
    uint32_t memoryBarrierCount, const VkMemoryBarrier *pMemoryBarriers,
    uint32_t bufferMemoryBarrierCount, const VkBufferMemoryBarrier *pBufferMemoryBarriers,
    uint32_t imageMemoryBarrierCount, const VkImageMemoryBarrier *pImageMemoryBarriers)
{
    (void)srcStageMask;
    (void)dstStageMask;
    (void)dependencyFlags;
    (void)memoryBarrierCount;
    (void)pMemoryBarriers;
    (void)bufferMemoryBarrierCount;
    (void)pBufferMemoryBarriers;
    (void)imageMemoryBarrierCount;
    (void)pImageMemoryBarriers;
    magma_push_barrier(push_of(commandBuffer));
}

VKAPI_ATTR void VKAPI_CALL mvk_CmdPipelineBarrier2(VkCommandBuffer commandBuffer,
                                                   const VkDependencyInfo *pDependencyInfo)
{
    (void)pDependencyInfo;
    magma_push_barrier(push_of(commandBuffer));
}

static void write_event(VkCommandBuffer commandBuffer, VkEvent event, enum mvk_event_value value)
{
    magma_push_write(push_of(commandBuffer), mvk_event_from(event)->address, value,
                     MVK_EVENT_SIZE_BYTES);
}

VKAPI_ATTR void VKAPI_CALL mvk_CmdSetEvent(VkCommandBuffer commandBuffer, VkEvent event,
                                           VkPipelineStageFlags stageMask)
{
    (void)stageMask;
    write_event(commandBuffer, event, MVK_EVENT_SET);
}

VKAPI_ATTR void VKAPI_CALL mvk_CmdSetEvent2(VkCommandBuffer commandBuffer, VkEvent event,
                                            const VkDependencyInfo *pDependencyInfo)
{
    (void)pDependencyInfo;
    write_event(commandBuffer, event, MVK_EVENT_SET);
}

VKAPI_ATTR void VKAPI_CALL mvk_CmdResetEvent(VkCommandBuffer commandBuffer, VkEvent event,
                                             VkPipelineStageFlags stageMask)
{
    (void)stageMask;
    write_event(commandBuffer, event, MVK_EVENT_CLEAR);
}

VKAPI_ATTR void VKAPI_CALL mvk_CmdResetEvent2(VkCommandBuffer commandBuffer, VkEvent event,
                                              VkPipelineStageFlags2 stageMask)
{
    (void)stageMask;
    write_event(commandBuffer, event, MVK_EVENT_CLEAR);
}

static void wait_events(VkCommandBuffer commandBuffer, uint32_t count, const VkEvent *events)
{
    struct magma_push *push = push_of(commandBuffer);
    for (uint32_t i = 0; i < count; i++)
        magma_push_wait(push, mvk_event_from(events[i])->address, MVK_EVENT_SET,
                        MVK_EVENT_SIZE_BYTES);
    magma_push_barrier(push);
}

VKAPI_ATTR void VKAPI_CALL mvk_CmdWaitEvents(
    VkCommandBuffer commandBuffer, uint32_t eventCount, const VkEvent *pEvents,
    VkPipelineStageFlags srcStageMask, VkPipelineStageFlags dstStageMask,
    uint32_t memoryBarrierCount, const VkMemoryBarrier *pMemoryBarriers,
    uint32_t bufferMemoryBarrierCount, const VkBufferMemoryBarrier *pBufferMemoryBarriers,
    uint32_t imageMemoryBarrierCount, const VkImageMemoryBarrier *pImageMemoryBarriers)
{
    (void)srcStageMask;
    (void)dstStageMask;
    (void)memoryBarrierCount;
    (void)pMemoryBarriers;
    (void)bufferMemoryBarrierCount;
    (void)pBufferMemoryBarriers;
    (void)imageMemoryBarrierCount;
    (void)pImageMemoryBarriers;
    wait_events(commandBuffer, eventCount, pEvents);
}

VKAPI_ATTR void VKAPI_CALL mvk_CmdWaitEvents2(VkCommandBuffer commandBuffer, uint32_t eventCount,
                                              const VkEvent *pEvents,
                                              const VkDependencyInfo *pDependencyInfos)
{
    (void)pDependencyInfos;
    wait_events(commandBuffer, eventCount, pEvents);
}
