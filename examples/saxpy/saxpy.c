/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * saxpy [COUNT]: y = a * x + y through Vulkan, checked against the CPU. The whole path that a
 * compute program takes: instance, device, buffers, a pipeline from SPIR-V, descriptors, one
 * command buffer, a fence, and two timestamps. Nothing in it is special to magma.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <vulkan/vulkan.h>

#include "saxpy.spv.h" /* saxpy_spv: saxpy.comp, compiled by glslangValidator */

enum { GROUP_SIZE = 128, COUNT_DEFAULT = 1 << 16, COUNT_MAX = 1 << 26 };

static const float a = 2.5f;

struct parameters {
    float a;
    uint32_t count;
};

struct buffer {
    VkBuffer buffer;
    VkDeviceMemory memory;
    float *values;
};

struct saxpy {
    VkInstance instance;
    VkPhysicalDevice physical_device;
    VkDevice device;
    VkQueue queue;
    uint32_t family;
    uint32_t count;
    struct buffer x, y;
    VkDescriptorSetLayout set_layout;
    VkPipelineLayout layout;
    VkPipeline pipeline;
    VkDescriptorPool descriptor_pool;
    VkDescriptorSet set;
    VkCommandPool command_pool;
    VkCommandBuffer commands;
    VkQueryPool timestamps;
};

static void die(const char *what, VkResult result)
{
    fprintf(stderr, "saxpy: %s failed (VkResult %d)%s\n", what, (int)result,
            result == VK_ERROR_DEVICE_LOST ? ": the GPU was lost" : "");
    exit(1);
}

#define CHECK(call)                                                                                \
    do {                                                                                           \
        VkResult check_result = (call);                                                            \
        if (check_result != VK_SUCCESS)                                                            \
            die(#call, check_result);                                                              \
    } while (0)

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void open_device(struct saxpy *s)
{
    const VkApplicationInfo app = {
        .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
        .pApplicationName = "saxpy",
        .apiVersion = VK_API_VERSION_1_1,
    };
    const VkInstanceCreateInfo instance = {
        .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
        .pApplicationInfo = &app,
    };
    VkResult result = vkCreateInstance(&instance, NULL, &s->instance);
    if (result == VK_ERROR_INCOMPATIBLE_DRIVER) {
        fprintf(stderr,
                "saxpy: the Vulkan loader found no driver (run `examples/run saxpy`, or set "
                "VK_DRIVER_FILES to a driver's manifest)\n");
        exit(1);
    }
    CHECK(result);
    uint32_t count = 1;
    result = vkEnumeratePhysicalDevices(s->instance, &count, &s->physical_device);
    if (result < 0 || count == 0) {
        fprintf(stderr, "saxpy: no Vulkan device (MAGMA_DEVICE names one: pci:0000:01:00.0, or "
                        "model:ga102 for the software GPU)\n");
        exit(1);
    }
    VkQueueFamilyProperties families[16];
    uint32_t family_count = 16;
    vkGetPhysicalDeviceQueueFamilyProperties(s->physical_device, &family_count, families);
    while (s->family < family_count && !(families[s->family].queueFlags & VK_QUEUE_COMPUTE_BIT))
        s->family++;
    const float priority = 1.0f;
    const VkDeviceQueueCreateInfo queue = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
        .queueFamilyIndex = s->family,
        .queueCount = 1,
        .pQueuePriorities = &priority,
    };
    const VkDeviceCreateInfo device = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
        .queueCreateInfoCount = 1,
        .pQueueCreateInfos = &queue,
    };
    CHECK(vkCreateDevice(s->physical_device, &device, NULL, &s->device));
    vkGetDeviceQueue(s->device, s->family, 0, &s->queue);
}

static uint32_t visible_type(struct saxpy *s, uint32_t allowed)
{
    const VkMemoryPropertyFlags want =
        VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
    VkPhysicalDeviceMemoryProperties memory;
    vkGetPhysicalDeviceMemoryProperties(s->physical_device, &memory);
    for (uint32_t i = 0; i < memory.memoryTypeCount; i++) {
        if ((allowed & 1u << i) && (memory.memoryTypes[i].propertyFlags & want) == want)
            return i;
    }
    die("looking for memory the CPU can see", VK_ERROR_FEATURE_NOT_PRESENT);
    return 0;
}

static void create_buffer(struct saxpy *s, struct buffer *b)
{
    const VkBufferCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
        .size = s->count * sizeof(float),
        .usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT,
    };
    CHECK(vkCreateBuffer(s->device, &info, NULL, &b->buffer));
    VkMemoryRequirements need;
    vkGetBufferMemoryRequirements(s->device, b->buffer, &need);
    const VkMemoryAllocateInfo allocation = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
        .allocationSize = need.size,
        .memoryTypeIndex = visible_type(s, need.memoryTypeBits),
    };
    CHECK(vkAllocateMemory(s->device, &allocation, NULL, &b->memory));
    CHECK(vkBindBufferMemory(s->device, b->buffer, b->memory, 0));
    void *map;
    CHECK(vkMapMemory(s->device, b->memory, 0, VK_WHOLE_SIZE, 0, &map));
    b->values = map;
}

static void create_pipeline(struct saxpy *s)
{
    const VkShaderModuleCreateInfo code = {
        .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
        .codeSize = sizeof(saxpy_spv),
        .pCode = saxpy_spv,
    };
    VkShaderModule module;
    CHECK(vkCreateShaderModule(s->device, &code, NULL, &module));
    const VkDescriptorSetLayoutBinding bindings[] = {
        {0, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1, VK_SHADER_STAGE_COMPUTE_BIT, NULL},
        {1, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1, VK_SHADER_STAGE_COMPUTE_BIT, NULL},
    };
    const VkDescriptorSetLayoutCreateInfo set = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
        .bindingCount = 2,
        .pBindings = bindings,
    };
    CHECK(vkCreateDescriptorSetLayout(s->device, &set, NULL, &s->set_layout));
    const VkPushConstantRange push = {VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof(struct parameters)};
    const VkPipelineLayoutCreateInfo layout = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
        .setLayoutCount = 1,
        .pSetLayouts = &s->set_layout,
        .pushConstantRangeCount = 1,
        .pPushConstantRanges = &push,
    };
    CHECK(vkCreatePipelineLayout(s->device, &layout, NULL, &s->layout));
    const VkComputePipelineCreateInfo pipeline = {
        .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
        .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                  .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                  .module = module,
                  .pName = "main"},
        .layout = s->layout,
    };
    CHECK(vkCreateComputePipelines(s->device, VK_NULL_HANDLE, 1, &pipeline, NULL, &s->pipeline));
    vkDestroyShaderModule(s->device, module, NULL);
}

static void create_descriptors(struct saxpy *s)
{
    const VkDescriptorPoolSize size = {VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 2};
    const VkDescriptorPoolCreateInfo pool = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
        .maxSets = 1,
        .poolSizeCount = 1,
        .pPoolSizes = &size,
    };
    CHECK(vkCreateDescriptorPool(s->device, &pool, NULL, &s->descriptor_pool));
    const VkDescriptorSetAllocateInfo allocation = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
        .descriptorPool = s->descriptor_pool,
        .descriptorSetCount = 1,
        .pSetLayouts = &s->set_layout,
    };
    CHECK(vkAllocateDescriptorSets(s->device, &allocation, &s->set));
    const VkDescriptorBufferInfo buffers[] = {
        {s->x.buffer, 0, VK_WHOLE_SIZE},
        {s->y.buffer, 0, VK_WHOLE_SIZE},
    };
    const VkWriteDescriptorSet write = {
        .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
        .dstSet = s->set,
        .descriptorCount = 2, /* binding 0, and on to binding 1 */
        .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
        .pBufferInfo = buffers,
    };
    vkUpdateDescriptorSets(s->device, 1, &write, 0, NULL);
}

static void create_commands(struct saxpy *s)
{
    const VkCommandPoolCreateInfo pool = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
        .queueFamilyIndex = s->family,
    };
    CHECK(vkCreateCommandPool(s->device, &pool, NULL, &s->command_pool));
    const VkCommandBufferAllocateInfo allocation = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
        .commandPool = s->command_pool,
        .commandBufferCount = 1,
    };
    CHECK(vkAllocateCommandBuffers(s->device, &allocation, &s->commands));
    const VkQueryPoolCreateInfo queries = {
        .sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
        .queryType = VK_QUERY_TYPE_TIMESTAMP,
        .queryCount = 2,
    };
    CHECK(vkCreateQueryPool(s->device, &queries, NULL, &s->timestamps));
}

static void record(struct saxpy *s)
{
    const struct parameters parameters = {a, s->count};
    const VkCommandBufferBeginInfo begin = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
    const VkMemoryBarrier to_host = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
        .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT,
        .dstAccessMask = VK_ACCESS_HOST_READ_BIT,
    };
    VkCommandBuffer c = s->commands;
    CHECK(vkBeginCommandBuffer(c, &begin));
    vkCmdResetQueryPool(c, s->timestamps, 0, 2);
    vkCmdBindPipeline(c, VK_PIPELINE_BIND_POINT_COMPUTE, s->pipeline);
    vkCmdBindDescriptorSets(c, VK_PIPELINE_BIND_POINT_COMPUTE, s->layout, 0, 1, &s->set, 0, NULL);
    vkCmdPushConstants(c, s->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof(parameters),
                       &parameters);
    vkCmdWriteTimestamp(c, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT, s->timestamps, 0);
    vkCmdDispatch(c, (s->count + GROUP_SIZE - 1) / GROUP_SIZE, 1, 1);
    vkCmdPipelineBarrier(c, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0, 1,
                         &to_host, 0, NULL, 0, NULL);
    vkCmdWriteTimestamp(c, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, s->timestamps, 1);
    CHECK(vkEndCommandBuffer(c));
}

static void submit_and_wait(struct saxpy *s)
{
    const VkSubmitInfo submit = {
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
        .commandBufferCount = 1,
        .pCommandBuffers = &s->commands,
    };
    const VkFenceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
    VkFence fence;
    CHECK(vkCreateFence(s->device, &info, NULL, &fence));
    CHECK(vkQueueSubmit(s->queue, 1, &submit, fence));
    CHECK(vkWaitForFences(s->device, 1, &fence, VK_TRUE, UINT64_MAX));
    vkDestroyFence(s->device, fence, NULL);
}

static float x_at(uint32_t i)
{
    return (float)(i % 1000) * 0.5f;
}

static float y_at(uint32_t i)
{
    return (float)(i % 7);
}

/* Vulkan lets a GPU fuse the multiplication and the addition, and these values are exact either
 * way. */
static uint32_t count_wrong(const struct saxpy *s)
{
    uint32_t wrong = 0;
    for (uint32_t i = 0; i < s->count; i++) {
        float want = a * x_at(i) + y_at(i);
        if (s->y.values[i] == want)
            continue;
        if (wrong++ < 3)
            fprintf(stderr, "saxpy: y[%u] is %g, should be %g\n", i, (double)s->y.values[i],
                    (double)want);
    }
    return wrong;
}

static double gpu_ms(struct saxpy *s)
{
    uint64_t t[2];
    VkPhysicalDeviceProperties properties;
    vkGetPhysicalDeviceProperties(s->physical_device, &properties);
    CHECK(vkGetQueryPoolResults(s->device, s->timestamps, 0, 2, sizeof(t), t, sizeof(t[0]),
                                VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT));
    return (double)(t[1] - t[0]) * (double)properties.limits.timestampPeriod / 1e6;
}

static void destroy(struct saxpy *s)
{
    vkDestroyQueryPool(s->device, s->timestamps, NULL);
    vkDestroyCommandPool(s->device, s->command_pool, NULL);
    vkDestroyDescriptorPool(s->device, s->descriptor_pool, NULL);
    vkDestroyPipeline(s->device, s->pipeline, NULL);
    vkDestroyPipelineLayout(s->device, s->layout, NULL);
    vkDestroyDescriptorSetLayout(s->device, s->set_layout, NULL);
    struct buffer *buffers[] = {&s->x, &s->y};
    for (int i = 0; i < 2; i++) {
        vkDestroyBuffer(s->device, buffers[i]->buffer, NULL);
        vkFreeMemory(s->device, buffers[i]->memory, NULL);
    }
    vkDestroyDevice(s->device, NULL);
    vkDestroyInstance(s->instance, NULL);
}

static uint32_t parse_count(int argc, char **argv)
{
    if (argc < 2)
        return COUNT_DEFAULT;
    char *end;
    errno = 0;
    unsigned long count = strtoul(argv[1], &end, 10);
    if (argc > 2 || errno || *end || end == argv[1] || count < 1 || count > COUNT_MAX) {
        fprintf(stderr, "usage: saxpy [COUNT]   (1 to %d elements, default %d)\n", COUNT_MAX,
                COUNT_DEFAULT);
        exit(2);
    }
    return (uint32_t)count;
}

int main(int argc, char **argv)
{
    struct saxpy s = {.count = parse_count(argc, argv)};
    double start = now_ms();
    open_device(&s);
    VkPhysicalDeviceProperties properties;
    vkGetPhysicalDeviceProperties(s.physical_device, &properties);
    printf("device      %s, open after %.0f ms\n", properties.deviceName, now_ms() - start);

    create_buffer(&s, &s.x);
    create_buffer(&s, &s.y);
    for (uint32_t i = 0; i < s.count; i++) {
        s.x.values[i] = x_at(i);
        s.y.values[i] = y_at(i);
    }
    start = now_ms();
    create_pipeline(&s);
    printf("pipeline    %.2f ms, SPIR-V to machine code\n", now_ms() - start);
    create_descriptors(&s);
    create_commands(&s);
    record(&s);

    start = now_ms();
    submit_and_wait(&s);
    double elapsed = now_ms() - start;
    printf("dispatch    %u elements: %.3f ms from submit to fence, %.3f ms on the GPU's clock\n",
           s.count, elapsed, gpu_ms(&s));
    uint32_t wrong = count_wrong(&s);
    printf("result      %s (%u of %u elements as on the CPU)\n", wrong ? "WRONG" : "correct",
           s.count - wrong, s.count);
    destroy(&s);
    return wrong ? 1 : 0;
}
