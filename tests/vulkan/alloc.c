/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Allocation callbacks: what is allocated through them is freed through them, and when the n'th
 * allocation fails, for every n, the call says so and nothing leaks.
 */
#include "kit.h"

#include "mark_one.spv.h"

#include <stdatomic.h>
#include <stdlib.h>

static atomic_int live;      /* allocations not freed yet */
static atomic_int countdown; /* allocations until one fails; negative: none does */

static void *VKAPI_PTR count_alloc(void *user, size_t size, size_t align,
                                   VkSystemAllocationScope scope)
{
    (void)user;
    (void)scope;
    void *memory = NULL;
    if (atomic_load(&countdown) >= 0 && atomic_fetch_sub(&countdown, 1) == 0)
        return NULL;
    if (posix_memalign(&memory, align < sizeof(void *) ? sizeof(void *) : align, size))
        return NULL;
    atomic_fetch_add(&live, 1);
    return memory;
}

static void VKAPI_PTR count_free(void *user, void *memory)
{
    (void)user;
    if (memory)
        atomic_fetch_sub(&live, 1);
    free(memory);
}

/* The driver grows nothing, so that nobody may come here. */
static void *VKAPI_PTR no_realloc(void *user, void *original, size_t size, size_t align,
                                  VkSystemAllocationScope scope)
{
    (void)user;
    (void)original;
    (void)size;
    (void)align;
    (void)scope;
    abort();
}

static const VkAllocationCallbacks callbacks = {
    .pfnAllocation = count_alloc,
    .pfnReallocation = no_realloc,
    .pfnFree = count_free,
};

/* One of everything that a device makes. Handles stay VK_NULL_HANDLE from the first failure on. */
struct zoo {
    VkDevice device;
    VkDescriptorSetLayout set_layout;
    VkPipelineLayout layout;
    VkShaderModule module;
    VkPipelineCache cache;
    VkPipeline pipeline;
    VkBuffer buffer;
    VkDeviceMemory memory;
    VkDescriptorPool descriptors;
    VkDescriptorUpdateTemplate update;
    VkCommandPool pool;
    VkCommandBuffer commands;
    VkFence fence;
    VkSemaphore semaphore;
    VkEvent event;
    VkQueryPool queries;
};

static VkResult make_device(struct zoo *z)
{
    const float priority = 1.0f;
    const VkDeviceQueueCreateInfo queue = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
        .queueCount = 1,
        .pQueuePriorities = &priority,
    };
    const VkDeviceCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
        .queueCreateInfoCount = 1,
        .pQueueCreateInfos = &queue,
    };
    return vkCreateDevice(rig.physical_device, &info, &callbacks, &z->device);
}

static VkResult make_layouts(struct zoo *z)
{
    const VkDescriptorSetLayoutBinding binding = {0, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1,
                                                  VK_SHADER_STAGE_COMPUTE_BIT, NULL};
    const VkDescriptorSetLayoutCreateInfo set = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
        .bindingCount = 1,
        .pBindings = &binding};
    VkResult result = vkCreateDescriptorSetLayout(z->device, &set, &callbacks, &z->set_layout);
    if (result != VK_SUCCESS)
        return result;
    const VkPushConstantRange push = {VK_SHADER_STAGE_COMPUTE_BIT, 0, 128};
    const VkPipelineLayoutCreateInfo layout = {.sType =
                                                   VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
                                               .setLayoutCount = 1,
                                               .pSetLayouts = &z->set_layout,
                                               .pushConstantRangeCount = 1,
                                               .pPushConstantRanges = &push};
    result = vkCreatePipelineLayout(z->device, &layout, &callbacks, &z->layout);
    if (result != VK_SUCCESS)
        return result;
    const VkDescriptorUpdateTemplateEntry entry = {
        .descriptorCount = 1, .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER};
    const VkDescriptorUpdateTemplateCreateInfo update = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_UPDATE_TEMPLATE_CREATE_INFO,
        .descriptorUpdateEntryCount = 1,
        .pDescriptorUpdateEntries = &entry,
        .descriptorSetLayout = z->set_layout};
    return vkCreateDescriptorUpdateTemplate(z->device, &update, &callbacks, &z->update);
}

static VkResult make_pipeline(struct zoo *z)
{
    const VkShaderModuleCreateInfo code = {.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
                                           .codeSize = sizeof(mark_one),
                                           .pCode = mark_one};
    VkResult result = vkCreateShaderModule(z->device, &code, &callbacks, &z->module);
    if (result != VK_SUCCESS)
        return result;
    const VkPipelineCacheCreateInfo cache = {.sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO};
    result = vkCreatePipelineCache(z->device, &cache, &callbacks, &z->cache);
    if (result != VK_SUCCESS)
        return result;
    const VkComputePipelineCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
        .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                  .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                  .module = z->module,
                  .pName = "main"},
        .layout = z->layout};
    return vkCreateComputePipelines(z->device, z->cache, 1, &info, &callbacks, &z->pipeline);
}

static VkResult make_memory(struct zoo *z)
{
    const VkBufferCreateInfo buffer = {.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
                                       .size = 1024,
                                       .usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT};
    VkResult result = vkCreateBuffer(z->device, &buffer, &callbacks, &z->buffer);
    if (result != VK_SUCCESS)
        return result;
    const VkMemoryAllocateInfo memory = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                                         .allocationSize = 4096};
    result = vkAllocateMemory(z->device, &memory, &callbacks, &z->memory);
    if (result != VK_SUCCESS)
        return result;
    const VkDescriptorPoolSize size = {VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 4};
    const VkDescriptorPoolCreateInfo pool = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
                                             .maxSets = 4,
                                             .poolSizeCount = 1,
                                             .pPoolSizes = &size};
    return vkCreateDescriptorPool(z->device, &pool, &callbacks, &z->descriptors);
}

static VkResult make_commands(struct zoo *z)
{
    const VkCommandPoolCreateInfo pool = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO};
    VkResult result = vkCreateCommandPool(z->device, &pool, &callbacks, &z->pool);
    if (result != VK_SUCCESS)
        return result;
    const VkCommandBufferAllocateInfo commands = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
        .commandPool = z->pool,
        .commandBufferCount = 1};
    return vkAllocateCommandBuffers(z->device, &commands, &z->commands);
}

static VkResult make_sync(struct zoo *z)
{
    const VkFenceCreateInfo fence = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
    VkResult result = vkCreateFence(z->device, &fence, &callbacks, &z->fence);
    if (result != VK_SUCCESS)
        return result;
    const VkSemaphoreCreateInfo semaphore = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO};
    result = vkCreateSemaphore(z->device, &semaphore, &callbacks, &z->semaphore);
    if (result != VK_SUCCESS)
        return result;
    const VkEventCreateInfo event = {.sType = VK_STRUCTURE_TYPE_EVENT_CREATE_INFO};
    result = vkCreateEvent(z->device, &event, &callbacks, &z->event);
    if (result != VK_SUCCESS)
        return result;
    const VkQueryPoolCreateInfo queries = {.sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
                                           .queryType = VK_QUERY_TYPE_TIMESTAMP,
                                           .queryCount = 2};
    return vkCreateQueryPool(z->device, &queries, &callbacks, &z->queries);
}

static VkResult make_zoo(struct zoo *z)
{
    VkResult (*const steps[])(struct zoo *) = {make_device, make_layouts,  make_pipeline,
                                               make_memory, make_commands, make_sync};
    VkResult result = VK_SUCCESS;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && result == VK_SUCCESS; i++)
        result = steps[i](z);
    return result;
}

static void destroy_zoo(struct zoo *z)
{
    if (!z->device)
        return;
    vkDestroyQueryPool(z->device, z->queries, &callbacks);
    vkDestroyEvent(z->device, z->event, &callbacks);
    vkDestroySemaphore(z->device, z->semaphore, &callbacks);
    vkDestroyFence(z->device, z->fence, &callbacks);
    vkDestroyCommandPool(z->device, z->pool, &callbacks);
    vkDestroyDescriptorPool(z->device, z->descriptors, &callbacks);
    vkFreeMemory(z->device, z->memory, &callbacks);
    vkDestroyBuffer(z->device, z->buffer, &callbacks);
    vkDestroyPipeline(z->device, z->pipeline, &callbacks);
    vkDestroyPipelineCache(z->device, z->cache, &callbacks);
    vkDestroyShaderModule(z->device, z->module, &callbacks);
    vkDestroyDescriptorUpdateTemplate(z->device, z->update, &callbacks);
    vkDestroyPipelineLayout(z->device, z->layout, &callbacks);
    vkDestroyDescriptorSetLayout(z->device, z->set_layout, &callbacks);
    vkDestroyDevice(z->device, &callbacks);
}

START_TEST(what_callbacks_allocate_they_free)
{
    struct zoo z = {0};
    atomic_store(&countdown, -1);
    OK(make_zoo(&z));
    ck_assert_int_gt(atomic_load(&live), 15);
    destroy_zoo(&z);
    ck_assert_int_eq(atomic_load(&live), 0);
}
END_TEST

START_TEST(every_failed_allocation_is_told_and_leaks_nothing)
{
    enum { ATTEMPTS_MAX = 1000 };
    VkResult result = VK_ERROR_OUT_OF_HOST_MEMORY;
    int n;
    for (n = 0; n < ATTEMPTS_MAX && result != VK_SUCCESS; n++) {
        struct zoo z = {0};
        atomic_store(&countdown, n);
        result = make_zoo(&z);
        bool failed = atomic_load(&countdown) < 0;
        atomic_store(&countdown, -1);
        if (result != VK_SUCCESS)
            ck_assert_int_eq(result, VK_ERROR_OUT_OF_HOST_MEMORY);
        if (result == VK_SUCCESS && failed)
            result = VK_INCOMPLETE; /* only a cache entry or a hint may be missing; go on */
        destroy_zoo(&z);
        ck_assert_int_eq(atomic_load(&live), 0);
    }
    ck_assert_int_eq(result, VK_SUCCESS);
    ck_assert_int_gt(n, 15);
    rig_forget_messages(); /* the loader tells of its own failed allocations */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("alloc");
    TCase *tc = tcase_create("alloc");
    tcase_set_timeout(tc, 120);
    tcase_add_unchecked_fixture(tc, rig_open_plain, rig_close);
    tcase_add_checked_fixture(tc, rig_test_begin, rig_test_end);
    tcase_add_test(tc, what_callbacks_allocate_they_free);
    tcase_add_test(tc, every_failed_allocation_is_told_and_leaks_nothing);
    suite_add_tcase(suite, tc);
    return rig_main(suite);
}
