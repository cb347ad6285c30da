/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Dispatches. */
#include "buffer.h"
#include "command_buffer.h"
#include "pipeline.h"

#include <magma-nv/compute.h>

#include <string.h>

/* Gives changed push descriptors memory that lives as long as the recording. */
static void upload_push_set(struct mvk_command_buffer *commands)
{
    struct mvk_push_set *set = &commands->state.push_set;
    if (!set->active || !set->changed)
        return;
    size_t size_bytes = set->descriptor_count * sizeof(set->descriptors[0]);
    magma_gpu_va address = {0};
    void *memory = magma_push_data(commands->push, size_bytes ? size_bytes : 1,
                                   sizeof(set->descriptors[0]), &address);
    if (!memory)
        return; /* the push keeps the error */
    memcpy(memory, set->descriptors, size_bytes);
    memcpy(commands->state.root + MAGMA_CC_ROOT_SET_ADDRESS + set->set * sizeof(uint64_t),
           &address.raw, sizeof(uint64_t));
    set->changed = false;
}

static void dispatch(struct mvk_command_buffer *commands, const uint32_t base[3],
                     const uint32_t groups[3], magma_gpu_va indirect)
{
    struct mvk_compute_state *state = &commands->state;
    if (!state->pipeline)
        return;
    upload_push_set(commands);
    memcpy(state->root + MAGMA_CC_ROOT_GROUP_COUNT, groups, 3 * sizeof(uint32_t));
    memcpy(state->root + MAGMA_CC_ROOT_BASE_GROUP, base, 3 * sizeof(uint32_t));
    struct magma_dispatch d = {
        .kernel = state->pipeline->kernel,
        .groups = {groups[0], groups[1], groups[2]},
        .root = state->root,
        .root_size_bytes = state->pipeline->root_bytes,
        .indirect = indirect,
    };
    magma_dispatch(commands->push, &d);
}

VKAPI_ATTR void VKAPI_CALL mvk_CmdDispatchBase(VkCommandBuffer commandBuffer, uint32_t baseGroupX,
                                               uint32_t baseGroupY, uint32_t baseGroupZ,
                                               uint32_t groupCountX, uint32_t groupCountY,
                                               uint32_t groupCountZ)
{
    const uint32_t base[3] = {baseGroupX, baseGroupY, baseGroupZ};
    const uint32_t groups[3] = {groupCountX, groupCountY, groupCountZ};
    dispatch(mvk_command_buffer_from(commandBuffer), base, groups, (magma_gpu_va){0});
}

VKAPI_ATTR void VKAPI_CALL mvk_CmdDispatch(VkCommandBuffer commandBuffer, uint32_t groupCountX,
                                           uint32_t groupCountY, uint32_t groupCountZ)
{
    mvk_CmdDispatchBase(commandBuffer, 0, 0, 0, groupCountX, groupCountY, groupCountZ);
}

VKAPI_ATTR void VKAPI_CALL mvk_CmdDispatchIndirect(VkCommandBuffer commandBuffer, VkBuffer buffer,
                                                   VkDeviceSize offset)
{
    static const uint32_t zero[3];
    dispatch(mvk_command_buffer_from(commandBuffer), zero, zero,
             magma_gpu_va_add(mvk_buffer_from(buffer)->address, offset));
}
