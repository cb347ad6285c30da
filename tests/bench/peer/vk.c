/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See vk.h. */
#include "vk.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define TIMEOUT_NS UINT64_C(60000000000)

enum { ROUNDS_MAX = 15, SETS_MAX = 64, CODE_BYTES_MAX = 1 << 16 };

uint64_t vkb_now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double vkb_median(double *samples, unsigned count)
{
    qsort(samples, count, sizeof *samples, compare);
    return samples[count / 2];
}

_Noreturn void vkb_die(const char *what, int result)
{
    fprintf(stderr, "peer: %s: %d\n", what, result);
    exit(1);
}

/* ---- Device ---------------------------------------------------------------------------------- */

void vkb_open(struct vkb *b)
{
    const VkApplicationInfo app = {
        .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
        .pApplicationName = "peer",
        .apiVersion = VK_API_VERSION_1_1,
    };
    const VkInstanceCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
        .pApplicationInfo = &app,
    };
    VkQueueFamilyProperties families[16];
    uint32_t count = 1, family_count = 16;
    VkResult result;

    VKB_CHECK(vkCreateInstance(&info, NULL, &b->instance));
    result = vkEnumeratePhysicalDevices(b->instance, &count, &b->physical);
    if (result < 0 || !count)
        vkb_die("no Vulkan device", (int)result);
    vkGetPhysicalDeviceProperties(b->physical, &b->properties);
    vkGetPhysicalDeviceMemoryProperties(b->physical, &b->memory);
    vkGetPhysicalDeviceQueueFamilyProperties(b->physical, &family_count, families);
    while (b->family < family_count && !(families[b->family].queueFlags & VK_QUEUE_COMPUTE_BIT))
        b->family++;
}

VkDevice vkb_create_device(struct vkb *b)
{
    const float priority = 1.0f;
    const VkDeviceQueueCreateInfo queue = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
        .queueFamilyIndex = b->family,
        .queueCount = 1,
        .pQueuePriorities = &priority,
    };
    const VkDeviceCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
        .queueCreateInfoCount = 1,
        .pQueueCreateInfos = &queue,
    };
    VkDevice device;

    VKB_CHECK(vkCreateDevice(b->physical, &info, NULL, &device));
    return device;
}

static void create_layouts(struct vkb *b)
{
    VkDescriptorSetLayoutBinding bindings[VKB_BUFFERS];
    const VkDescriptorSetLayoutCreateInfo set = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
        .bindingCount = VKB_BUFFERS,
        .pBindings = bindings,
    };
    const VkPushConstantRange range = {VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof(struct vkb_params)};
    const VkPipelineLayoutCreateInfo layout = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
        .setLayoutCount = 1,
        .pSetLayouts = &b->set_layout,
        .pushConstantRangeCount = 1,
        .pPushConstantRanges = &range,
    };
    const VkDescriptorPoolSize size = {VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, SETS_MAX * VKB_BUFFERS};
    const VkDescriptorPoolCreateInfo pool = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
        .maxSets = SETS_MAX,
        .poolSizeCount = 1,
        .pPoolSizes = &size,
    };

    for (uint32_t i = 0; i < VKB_BUFFERS; i++)
        bindings[i] = (VkDescriptorSetLayoutBinding){i, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1,
                                                     VK_SHADER_STAGE_COMPUTE_BIT, NULL};
    VKB_CHECK(vkCreateDescriptorSetLayout(b->device, &set, NULL, &b->set_layout));
    VKB_CHECK(vkCreatePipelineLayout(b->device, &layout, NULL, &b->layout));
    VKB_CHECK(vkCreateDescriptorPool(b->device, &pool, NULL, &b->descriptors));
}

void vkb_use_device(struct vkb *b, VkDevice device)
{
    const VkFenceCreateInfo fence = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
    const VkCommandPoolCreateInfo pool = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
        .flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
        .queueFamilyIndex = b->family,
    };

    b->device = device;
    vkGetDeviceQueue(device, b->family, 0, &b->queue);
    VKB_CHECK(vkCreateFence(device, &fence, NULL, &b->fence));
    VKB_CHECK(vkCreateCommandPool(device, &pool, NULL, &b->pool));
    create_layouts(b);
}

void vkb_close(struct vkb *b)
{
    vkDestroyDescriptorPool(b->device, b->descriptors, NULL);
    vkDestroyPipelineLayout(b->device, b->layout, NULL);
    vkDestroyDescriptorSetLayout(b->device, b->set_layout, NULL);
    vkDestroyCommandPool(b->device, b->pool, NULL);
    vkDestroyFence(b->device, b->fence, NULL);
    vkDestroyDevice(b->device, NULL);
    vkDestroyInstance(b->instance, NULL);
}

/* ---- Memory ---------------------------------------------------------------------------------- */

uint32_t vkb_memory_type(const struct vkb *b, uint32_t allowed, VkMemoryPropertyFlags want,
                         VkMemoryPropertyFlags avoid)
{
    for (int strict = 1; strict >= 0; strict--) {
        for (uint32_t i = 0; i < b->memory.memoryTypeCount; i++) {
            VkMemoryPropertyFlags has = b->memory.memoryTypes[i].propertyFlags;

            if ((allowed & 1u << i) && (has & want) == want && !(strict && (has & avoid)))
                return i;
        }
    }
    vkb_die("no such memory type", (int)want);
}

struct vkb_buffer vkb_buffer_create(struct vkb *b, VkDeviceSize size_bytes, bool host)
{
    const VkBufferCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
        .size = size_bytes,
        .usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT |
                 VK_BUFFER_USAGE_TRANSFER_DST_BIT,
    };
    VkMemoryAllocateInfo allocation = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO};
    struct vkb_buffer buffer = {.size_bytes = size_bytes};
    VkMemoryRequirements need;

    VKB_CHECK(vkCreateBuffer(b->device, &info, NULL, &buffer.buffer));
    vkGetBufferMemoryRequirements(b->device, buffer.buffer, &need);
    allocation.allocationSize = need.size;
    allocation.memoryTypeIndex =
        host ? vkb_memory_type(b, need.memoryTypeBits,
                               VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
                                   VK_MEMORY_PROPERTY_HOST_COHERENT_BIT |
                                   VK_MEMORY_PROPERTY_HOST_CACHED_BIT,
                               VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT)
             : vkb_memory_type(b, need.memoryTypeBits, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT,
                               VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT);
    VKB_CHECK(vkAllocateMemory(b->device, &allocation, NULL, &buffer.memory));
    VKB_CHECK(vkBindBufferMemory(b->device, buffer.buffer, buffer.memory, 0));
    if (host)
        VKB_CHECK(vkMapMemory(b->device, buffer.memory, 0, VK_WHOLE_SIZE, 0, &buffer.cpu));
    return buffer;
}

void vkb_buffer_destroy(struct vkb *b, struct vkb_buffer *buffer)
{
    vkDestroyBuffer(b->device, buffer->buffer, NULL);
    vkFreeMemory(b->device, buffer->memory, NULL);
}

/* ---- Shaders --------------------------------------------------------------------------------- */

VkShaderModule vkb_module(struct vkb *b, const char *name)
{
    static uint32_t code[CODE_BYTES_MAX / 4];
    VkShaderModuleCreateInfo info = {.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
                                     .pCode = code};
    VkShaderModule module;
    char path[512];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s.spv", b->shaders, name);
    f = fopen(path, "rb");
    if (!f)
        vkb_die(path, 0);
    info.codeSize = fread(code, 4, sizeof code / 4, f) * 4;
    fclose(f);
    VKB_CHECK(vkCreateShaderModule(b->device, &info, NULL, &module));
    return module;
}

VkPipeline vkb_pipeline(struct vkb *b, VkShaderModule module, uint32_t salt)
{
    const VkSpecializationMapEntry entry = {0, 0, sizeof salt};
    const VkSpecializationInfo special = {1, &entry, sizeof salt, &salt};
    const VkComputePipelineCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
        .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                  .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                  .module = module,
                  .pName = "main",
                  .pSpecializationInfo = &special},
        .layout = b->layout,
    };
    VkPipeline pipeline;

    VKB_CHECK(vkCreateComputePipelines(b->device, VK_NULL_HANDLE, 1, &info, NULL, &pipeline));
    return pipeline;
}

VkDescriptorSet vkb_set(struct vkb *b, const struct vkb_buffer *buffers[VKB_BUFFERS])
{
    const VkDescriptorSetAllocateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
        .descriptorPool = b->descriptors,
        .descriptorSetCount = 1,
        .pSetLayouts = &b->set_layout,
    };
    VkDescriptorSet set;

    VKB_CHECK(vkAllocateDescriptorSets(b->device, &info, &set));
    for (uint32_t i = 0; i < VKB_BUFFERS; i++) {
        const VkDescriptorBufferInfo buffer = {buffers[i]->buffer, 0, VK_WHOLE_SIZE};
        const VkWriteDescriptorSet write = {
            .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
            .dstSet = set,
            .dstBinding = i,
            .descriptorCount = 1,
            .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
            .pBufferInfo = &buffer,
        };

        vkUpdateDescriptorSets(b->device, 1, &write, 0, NULL);
    }
    return set;
}

/* ---- Commands -------------------------------------------------------------------------------- */

VkCommandBuffer vkb_begin(struct vkb *b)
{
    const VkCommandBufferAllocateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
        .commandPool = b->pool,
        .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
        .commandBufferCount = 1,
    };
    const VkCommandBufferBeginInfo begin = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
        .flags = VK_COMMAND_BUFFER_USAGE_SIMULTANEOUS_USE_BIT,
    };
    VkCommandBuffer commands;

    VKB_CHECK(vkAllocateCommandBuffers(b->device, &info, &commands));
    VKB_CHECK(vkBeginCommandBuffer(commands, &begin));
    return commands;
}

void vkb_end(VkCommandBuffer commands)
{
    VKB_CHECK(vkEndCommandBuffer(commands));
}

void vkb_barrier(VkCommandBuffer commands)
{
    const VkPipelineStageFlags stages = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT |
                                        VK_PIPELINE_STAGE_TRANSFER_BIT;
    const VkMemoryBarrier barrier = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
        .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
        .dstAccessMask = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT |
                         VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
    };

    vkCmdPipelineBarrier(commands, stages, stages, 0, 1, &barrier, 0, NULL, 0, NULL);
}

double vkb_run(struct vkb *b, VkCommandBuffer commands)
{
    const VkSubmitInfo submit = {.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                                 .commandBufferCount = 1,
                                 .pCommandBuffers = &commands};
    uint64_t start = vkb_now_ns();
    double seconds;

    VKB_CHECK(vkQueueSubmit(b->queue, 1, &submit, b->fence));
    VKB_CHECK(vkWaitForFences(b->device, 1, &b->fence, VK_TRUE, TIMEOUT_NS));
    seconds = (double)(vkb_now_ns() - start) / 1e9;
    VKB_CHECK(vkResetFences(b->device, 1, &b->fence));
    return seconds;
}

double vkb_time(struct vkb *b, VkCommandBuffer commands, unsigned rounds, unsigned *times)
{
    const double warm_s = b->small ? 0 : 0.15;
    double samples[ROUNDS_MAX] = {0};
    uint64_t start = vkb_now_ns();
    unsigned count = 0;

    do {
        vkb_run(b, commands);
        count++;
    } while ((double)(vkb_now_ns() - start) / 1e9 < warm_s);
    if (rounds > ROUNDS_MAX)
        rounds = ROUNDS_MAX;
    for (unsigned i = 0; i < rounds; i++)
        samples[i] = vkb_run(b, commands);
    if (times)
        *times += count + rounds;
    return vkb_median(samples, rounds);
}

void vkb_free(struct vkb *b, VkCommandBuffer commands)
{
    vkFreeCommandBuffers(b->device, b->pool, 1, &commands);
}

void vkb_copy(struct vkb *b, const struct vkb_buffer *to, const struct vkb_buffer *from,
              VkDeviceSize size_bytes)
{
    const VkBufferCopy region = {0, 0, size_bytes};
    const VkMemoryBarrier barrier = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
        .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
        .dstAccessMask = VK_ACCESS_HOST_READ_BIT,
    };
    VkCommandBuffer commands = vkb_begin(b);

    vkCmdCopyBuffer(commands, from->buffer, to->buffer, 1, &region);
    vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0, 1,
                         &barrier, 0, NULL, 0, NULL);
    vkb_end(commands);
    vkb_run(b, commands);
    vkb_free(b, commands);
}
