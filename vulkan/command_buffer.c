/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* VkCommandBuffer: begin, end, reset, and playing secondary ones. */
#include "command_buffer.h"

#include "device.h"

void mvk_command_buffer_reset(struct mvk_command_buffer *commands)
{
    magma_push_reset(commands->push);
    commands->state = (struct mvk_compute_state){0};
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_BeginCommandBuffer(VkCommandBuffer commandBuffer,
                                                      const VkCommandBufferBeginInfo *pBeginInfo)
{
    (void)pBeginInfo; /* a push may be submitted often and at once: the usage flags promise less */
    mvk_command_buffer_reset(mvk_command_buffer_from(commandBuffer));
    return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_EndCommandBuffer(VkCommandBuffer commandBuffer)
{
    struct mvk_command_buffer *commands = mvk_command_buffer_from(commandBuffer);
    return mvk_device_result(commands->device, magma_push_status(commands->push));
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_ResetCommandBuffer(VkCommandBuffer commandBuffer,
                                                      VkCommandBufferResetFlags flags)
{
    (void)flags;
    mvk_command_buffer_reset(mvk_command_buffer_from(commandBuffer));
    return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL mvk_CmdExecuteCommands(VkCommandBuffer commandBuffer,
                                                  uint32_t commandBufferCount,
                                                  const VkCommandBuffer *pCommandBuffers)
{
    struct mvk_command_buffer *commands = mvk_command_buffer_from(commandBuffer);
    for (uint32_t i = 0; i < commandBufferCount; i++)
        magma_push_call(commands->push, mvk_command_buffer_from(pCommandBuffers[i])->push);
}

/* A device group has one device. */
VKAPI_ATTR void VKAPI_CALL mvk_CmdSetDeviceMask(VkCommandBuffer commandBuffer, uint32_t deviceMask)
{
    (void)commandBuffer;
    (void)deviceMask;
}
