/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Binding: pipelines, descriptor sets and push constants become the state of the next dispatch. */
#include "buffer.h"
#include "command_buffer.h"
#include "descriptor_pool.h"
#include "descriptor_write.h"
#include "pipeline.h"
#include "pipeline_layout.h"

#include <string.h>

VKAPI_ATTR void VKAPI_CALL mvk_CmdBindPipeline(VkCommandBuffer commandBuffer,
                                               VkPipelineBindPoint pipelineBindPoint,
                                               VkPipeline pipeline)
{
    if (pipelineBindPoint == VK_PIPELINE_BIND_POINT_COMPUTE)
        mvk_command_buffer_from(commandBuffer)->state.pipeline = mvk_pipeline_from(pipeline);
}

static void root_set_address(struct mvk_compute_state *state, uint32_t set, magma_gpu_va address)
{
    memcpy(state->root + MAGMA_CC_ROOT_SET_ADDRESS + set * sizeof(uint64_t), &address.raw,
           sizeof(uint64_t));
}

/* Carries a set's dynamic buffers into the root table; returns how many offsets that took. */
static uint32_t bind_dynamic(struct mvk_compute_state *state, const struct mvk_descriptor_set *set,
                             uint32_t first, const uint32_t *offsets, uint32_t offset_count)
{
    uint32_t i;
    for (i = 0; i < set->dynamic_count && i < offset_count; i++) {
        struct magma_cc_buffer_descriptor d = set->descriptors[i];
        if (d.address)
            d.address += offsets[i];
        if (first + i < MAGMA_CC_ROOT_DYNAMIC_COUNT)
            memcpy(state->root + MAGMA_CC_ROOT_DYNAMIC + (first + i) * sizeof(d), &d, sizeof(d));
    }
    return i;
}

VKAPI_ATTR void VKAPI_CALL mvk_CmdBindDescriptorSets(
    VkCommandBuffer commandBuffer, VkPipelineBindPoint pipelineBindPoint, VkPipelineLayout handle,
    uint32_t firstSet, uint32_t descriptorSetCount, const VkDescriptorSet *pDescriptorSets,
    uint32_t dynamicOffsetCount, const uint32_t *pDynamicOffsets)
{
    struct mvk_compute_state *state = &mvk_command_buffer_from(commandBuffer)->state;
    const struct mvk_pipeline_layout *layout = mvk_pipeline_layout_from(handle);
    if (pipelineBindPoint != VK_PIPELINE_BIND_POINT_COMPUTE)
        return;
    uint32_t used = 0;
    for (uint32_t i = 0; i < descriptorSetCount; i++) {
        const struct mvk_descriptor_set *set = mvk_descriptor_set_from(pDescriptorSets[i]);
        uint32_t index = firstSet + i;
        if (!set || index >= layout->set_count)
            continue;
        if (state->push_set.set == index)
            state->push_set.active = false;
        root_set_address(state, index, set->address);
        used += bind_dynamic(state, set, layout->dynamic_first[index], pDynamicOffsets + used,
                             dynamicOffsetCount - used);
    }
}

VKAPI_ATTR void VKAPI_CALL mvk_CmdPushConstants(VkCommandBuffer commandBuffer,
                                                VkPipelineLayout layout,
                                                VkShaderStageFlags stageFlags, uint32_t offset,
                                                uint32_t size, const void *pValues)
{
    (void)layout;
    (void)stageFlags;
    struct mvk_compute_state *state = &mvk_command_buffer_from(commandBuffer)->state;
    if (offset <= MAGMA_CC_ROOT_PUSH_SIZE && size <= MAGMA_CC_ROOT_PUSH_SIZE - offset)
        memcpy(state->root + MAGMA_CC_ROOT_PUSH_CONSTANTS + offset, pValues, size);
}

/* The push set's descriptors for writing, or NULL when the layout's set is none. */
static struct magma_cc_buffer_descriptor *open_push_set(struct mvk_compute_state *state,
                                                        const struct mvk_pipeline_layout *layout,
                                                        uint32_t set)
{
    struct mvk_push_set *push = &state->push_set;
    if (set >= layout->set_count || !layout->sets[set] || !layout->sets[set]->push ||
        layout->sets[set]->descriptor_count > MVK_PUSH_DESCRIPTOR_MAX)
        return NULL;
    if (!push->active || push->set != set)
        memset(push->descriptors, 0, sizeof(push->descriptors));
    push->active = true;
    push->changed = true;
    push->set = set;
    push->descriptor_count = layout->sets[set]->descriptor_count;
    return push->descriptors;
}

VKAPI_ATTR void VKAPI_CALL mvk_CmdPushDescriptorSetKHR(
    VkCommandBuffer commandBuffer, VkPipelineBindPoint pipelineBindPoint, VkPipelineLayout handle,
    uint32_t set, uint32_t descriptorWriteCount, const VkWriteDescriptorSet *pDescriptorWrites)
{
    (void)pipelineBindPoint;
    const struct mvk_pipeline_layout *layout = mvk_pipeline_layout_from(handle);
    struct magma_cc_buffer_descriptor *descriptors =
        open_push_set(&mvk_command_buffer_from(commandBuffer)->state, layout, set);
    for (uint32_t i = 0; descriptors && i < descriptorWriteCount; i++)
        mvk_descriptors_write(layout->sets[set], descriptors, layout->sets[set]->descriptor_count,
                              &pDescriptorWrites[i]);
}

VKAPI_ATTR void VKAPI_CALL mvk_CmdPushDescriptorSetWithTemplateKHR(
    VkCommandBuffer commandBuffer, VkDescriptorUpdateTemplate descriptorUpdateTemplate,
    VkPipelineLayout handle, uint32_t set, const void *pData)
{
    const struct mvk_pipeline_layout *layout = mvk_pipeline_layout_from(handle);
    struct magma_cc_buffer_descriptor *descriptors =
        open_push_set(&mvk_command_buffer_from(commandBuffer)->state, layout, set);
    if (descriptors)
        mvk_descriptors_write_template(layout->sets[set], descriptors,
                                       layout->sets[set]->descriptor_count,
                                       mvk_update_template_from(descriptorUpdateTemplate), pData);
}
