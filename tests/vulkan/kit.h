/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Pipelines and descriptors for the Vulkan tests, on top of rig.h. */
#ifndef TESTS_VULKAN_KIT_H
#define TESTS_VULKAN_KIT_H

#include "rig.h"

#include <stddef.h>

struct kit_spirv {
    const uint32_t *words;
    size_t size_bytes;
};

/* A shader compiled at build time from shaders/; the test includes its .spv.h. */
#define KIT_SPIRV(name) ((struct kit_spirv){name, sizeof(name)})

struct kit_program {
    VkShaderModule module;
    VkPipelineLayout layout; /* with a push constant range of 128 bytes */
    VkPipeline pipeline;
};

VkShaderModule kit_module(struct kit_spirv code);
VkPipelineLayout kit_pipeline_layout(uint32_t set_count, const VkDescriptorSetLayout *sets);

/* A compute pipeline of entry point main without specialization. */
struct kit_program kit_program_create(struct kit_spirv code, uint32_t set_count,
                                      const VkDescriptorSetLayout *sets);

/* The same, with a required subgroup size and full subgroups. */
struct kit_program kit_program_create_sized(struct kit_spirv code, uint32_t set_count,
                                            const VkDescriptorSetLayout *sets,
                                            uint32_t subgroup_size);
void kit_program_destroy(struct kit_program *program);

VkDescriptorSetLayout kit_set_layout(VkDescriptorSetLayoutCreateFlags flags, uint32_t count,
                                     const VkDescriptorSetLayoutBinding *bindings);

/* A layout of count storage buffers, bindings 0, 1, ... */
VkDescriptorSetLayout kit_storage_layout(uint32_t count);

/* A pool with room for so many sets, and so many descriptors of each kind of buffer. */
VkDescriptorPool kit_pool(VkDescriptorPoolCreateFlags flags, uint32_t sets, uint32_t descriptors);
VkDescriptorSet kit_set(VkDescriptorPool pool, VkDescriptorSetLayout layout);
void kit_write(VkDescriptorSet set, uint32_t binding, uint32_t element, VkDescriptorType type,
               VkBuffer buffer, VkDeviceSize offset, VkDeviceSize range);

#endif
