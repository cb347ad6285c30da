/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Pipelines and descriptors for the Vulkan tests. */
#include "kit.h"

enum { STORAGE_MAX = 8, PUSH_BYTES = 128 };

VkShaderModule kit_module(struct kit_spirv code)
{
    const VkShaderModuleCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
        .codeSize = code.size_bytes,
        .pCode = code.words,
    };
    VkShaderModule module;
    OK(vkCreateShaderModule(rig.device, &info, NULL, &module));
    return module;
}

VkPipelineLayout kit_pipeline_layout(uint32_t set_count, const VkDescriptorSetLayout *sets)
{
    const VkPushConstantRange push = {VK_SHADER_STAGE_COMPUTE_BIT, 0, PUSH_BYTES};
    const VkPipelineLayoutCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
        .setLayoutCount = set_count,
        .pSetLayouts = sets,
        .pushConstantRangeCount = 1,
        .pPushConstantRanges = &push,
    };
    VkPipelineLayout layout;
    OK(vkCreatePipelineLayout(rig.device, &info, NULL, &layout));
    return layout;
}

static struct kit_program create(struct kit_spirv code, uint32_t set_count,
                                 const VkDescriptorSetLayout *sets, const void *stage_next,
                                 VkPipelineShaderStageCreateFlags stage_flags)
{
    struct kit_program p = {
        .module = kit_module(code),
        .layout = kit_pipeline_layout(set_count, sets),
    };
    const VkComputePipelineCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
        .flags = VK_PIPELINE_CREATE_DISPATCH_BASE_BIT,
        .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                  .pNext = stage_next,
                  .flags = stage_flags,
                  .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                  .module = p.module,
                  .pName = "main"},
        .layout = p.layout,
    };
    VkResult result =
        vkCreateComputePipelines(rig.device, VK_NULL_HANDLE, 1, &info, NULL, &p.pipeline);
    ck_assert_msg(result == VK_SUCCESS, "pipeline: VkResult %d, %s", (int)result,
                  rig_last_driver_message());
    return p;
}

struct kit_program kit_program_create(struct kit_spirv code, uint32_t set_count,
                                      const VkDescriptorSetLayout *sets)
{
    return create(code, set_count, sets, NULL, 0);
}

struct kit_program kit_program_create_sized(struct kit_spirv code, uint32_t set_count,
                                            const VkDescriptorSetLayout *sets,
                                            uint32_t subgroup_size)
{
    const VkPipelineShaderStageRequiredSubgroupSizeCreateInfo required = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_REQUIRED_SUBGROUP_SIZE_CREATE_INFO,
        .requiredSubgroupSize = subgroup_size,
    };
    return create(code, set_count, sets, &required,
                  VK_PIPELINE_SHADER_STAGE_CREATE_REQUIRE_FULL_SUBGROUPS_BIT);
}

void kit_program_destroy(struct kit_program *p)
{
    vkDestroyPipeline(rig.device, p->pipeline, NULL);
    vkDestroyPipelineLayout(rig.device, p->layout, NULL);
    vkDestroyShaderModule(rig.device, p->module, NULL);
}

VkDescriptorSetLayout kit_set_layout(VkDescriptorSetLayoutCreateFlags flags, uint32_t count,
                                     const VkDescriptorSetLayoutBinding *bindings)
{
    const VkDescriptorSetLayoutCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
        .flags = flags,
        .bindingCount = count,
        .pBindings = bindings,
    };
    VkDescriptorSetLayout layout;
    OK(vkCreateDescriptorSetLayout(rig.device, &info, NULL, &layout));
    return layout;
}

VkDescriptorSetLayout kit_storage_layout(uint32_t count)
{
    VkDescriptorSetLayoutBinding bindings[STORAGE_MAX];
    ck_assert_uint_le(count, STORAGE_MAX);
    for (uint32_t i = 0; i < count; i++)
        bindings[i] = (VkDescriptorSetLayoutBinding){i, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1,
                                                     VK_SHADER_STAGE_COMPUTE_BIT, NULL};
    return kit_set_layout(0, count, bindings);
}

VkDescriptorPool kit_pool(VkDescriptorPoolCreateFlags flags, uint32_t sets, uint32_t descriptors)
{
    const VkDescriptorPoolSize sizes[] = {
        {VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, descriptors},
        {VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER, descriptors},
        {VK_DESCRIPTOR_TYPE_STORAGE_BUFFER_DYNAMIC, descriptors},
    };
    /* Pools for tests of exhaustion hold storage buffers alone. */
    const VkDescriptorPoolCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
        .flags = flags,
        .maxSets = sets,
        .poolSizeCount = flags ? 1 : 3,
        .pPoolSizes = sizes,
    };
    VkDescriptorPool pool;
    OK(vkCreateDescriptorPool(rig.device, &info, NULL, &pool));
    return pool;
}

VkDescriptorSet kit_set(VkDescriptorPool pool, VkDescriptorSetLayout layout)
{
    const VkDescriptorSetAllocateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
        .descriptorPool = pool,
        .descriptorSetCount = 1,
        .pSetLayouts = &layout,
    };
    VkDescriptorSet set;
    OK(vkAllocateDescriptorSets(rig.device, &info, &set));
    return set;
}

void kit_write(VkDescriptorSet set, uint32_t binding, uint32_t element, VkDescriptorType type,
               VkBuffer buffer, VkDeviceSize offset, VkDeviceSize range)
{
    const VkDescriptorBufferInfo info = {buffer, offset, range};
    const VkWriteDescriptorSet write = {
        .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
        .dstSet = set,
        .dstBinding = binding,
        .dstArrayElement = element,
        .descriptorCount = 1,
        .descriptorType = type,
        .pBufferInfo = &info,
    };
    vkUpdateDescriptorSets(rig.device, 1, &write, 0, NULL);
}
