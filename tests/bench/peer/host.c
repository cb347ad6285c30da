/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What calls cost the CPU: devices, submissions, memory, descriptors, recording, pipelines. */
#include "peer.h"

#include <stdio.h>

enum { SAMPLES_MAX = 1024 };

static double samples[SAMPLES_MAX];

static double since_us(uint64_t start_ns)
{
    return (double)(vkb_now_ns() - start_ns) / 1e3;
}

void peer_devices(struct vkb *b)
{
    enum { ROUNDS = 5 };
    double down[ROUNDS];

    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t start = vkb_now_ns();
        VkDevice device = vkb_create_device(b);

        samples[i] = since_us(start) / 1e3;
        start = vkb_now_ns();
        vkDestroyDevice(device, NULL);
        down[i] = since_us(start) / 1e3;
    }
    peer_note("device_create", "vkCreateDevice", vkb_median(samples, ROUNDS), "ms");
    peer_note("device_destroy", "vkDestroyDevice", vkb_median(down, ROUNDS), "ms");
}

/* ---- Submissions ----------------------------------------------------------------------------- */

static void submit(struct vkb *b, VkCommandBuffer commands, VkFence fence)
{
    const VkSubmitInfo info = {.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                               .commandBufferCount = 1,
                               .pCommandBuffers = &commands};

    VKB_CHECK(vkQueueSubmit(b->queue, 1, &info, fence));
}

static void one_submit(struct vkb *b, VkCommandBuffer commands, unsigned rounds)
{
    enum { BATCH = 16 };

    for (unsigned i = 0; i < rounds; i++) {
        uint64_t start = vkb_now_ns();

        submit(b, commands, VK_NULL_HANDLE);
        samples[i] = since_us(start);
        if (i % BATCH == BATCH - 1)
            VKB_CHECK(vkQueueWaitIdle(b->queue));
    }
    VKB_CHECK(vkQueueWaitIdle(b->queue));
    peer_note("submit", "vkQueueSubmit of one dispatch", vkb_median(samples, rounds), "us");
}

static void one_submit_with_fence(struct vkb *b, VkCommandBuffer commands, unsigned rounds)
{
    double *done = samples + SAMPLES_MAX / 2;

    for (unsigned i = 0; i < rounds; i++) {
        uint64_t start = vkb_now_ns();

        submit(b, commands, b->fence);
        samples[i] = since_us(start);
        VKB_CHECK(vkWaitForFences(b->device, 1, &b->fence, VK_TRUE, UINT64_MAX));
        done[i] = since_us(start);
        VKB_CHECK(vkResetFences(b->device, 1, &b->fence));
    }
    peer_note("submit_fence", "vkQueueSubmit with a fence", vkb_median(samples, rounds), "us");
    peer_note("round_trip", "one dispatch, submit to fence seen", vkb_median(done, rounds), "us");
}

static void empty_round_trip(struct vkb *b, unsigned rounds)
{
    VkCommandBuffer commands = vkb_begin(b);

    vkb_end(commands);
    for (unsigned i = 0; i < rounds; i++)
        samples[i] = vkb_run(b, commands) * 1e6;
    peer_note("round_trip_empty", "no commands, submit to fence seen", vkb_median(samples, rounds),
              "us");
    vkb_free(b, commands);
}

void peer_submissions(struct vkb *b)
{
    const unsigned rounds = b->small ? 16 : SAMPLES_MAX / 2;
    struct vkb_buffer words = vkb_buffer_create(b, 256, true);
    const struct vkb_buffer *buffers[VKB_BUFFERS] = {&words, &words, &words};
    VkShaderModule module = vkb_module(b, "mark");
    VkPipeline pipeline = vkb_pipeline(b, module, 0);
    VkDescriptorSet set = vkb_set(b, buffers);
    VkCommandBuffer commands = vkb_begin(b);
    struct vkb_params params = {0, 0};
    uint32_t *count = words.cpu;

    vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline);
    vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, b->layout, 0, 1, &set, 0,
                            NULL);
    vkCmdPushConstants(commands, b->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof params, &params);
    vkCmdDispatch(commands, 1, 1, 1);
    vkb_barrier(commands);
    vkb_end(commands);
    *count = 0;
    one_submit(b, commands, rounds);
    one_submit_with_fence(b, commands, rounds);
    if (*count != 2 * rounds)
        peer_wrong("dispatches done", 0, *count, 2 * rounds);
    empty_round_trip(b, rounds);
    vkb_free(b, commands);
    vkDestroyPipeline(b->device, pipeline, NULL);
    vkDestroyShaderModule(b->device, module, NULL);
    vkb_buffer_destroy(b, &words);
}

/* ---- Memory ---------------------------------------------------------------------------------- */

static void allocate(struct vkb *b, VkDeviceSize size_bytes, const char *name)
{
    enum { AT_ONCE = 8, ROUNDS_MAX = 24 };
    const unsigned rounds = b->small ? 2 : ROUNDS_MAX;
    const VkMemoryAllocateInfo info = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
        .allocationSize = size_bytes,
        .memoryTypeIndex = vkb_memory_type(b, UINT32_MAX, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT,
                                           VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT),
    };
    VkDeviceMemory memory[AT_ONCE];
    double *freed = samples + SAMPLES_MAX / 2;
    char key[32], what[64];
    unsigned n = 0;

    for (unsigned round = 0; round < rounds; round++) {
        for (unsigned i = 0; i < AT_ONCE; i++) {
            uint64_t start = vkb_now_ns();

            VKB_CHECK(vkAllocateMemory(b->device, &info, NULL, &memory[i]));
            samples[n + i] = since_us(start);
        }
        for (unsigned i = 0; i < AT_ONCE; i++) {
            uint64_t start = vkb_now_ns();

            vkFreeMemory(b->device, memory[i], NULL);
            freed[n + i] = since_us(start);
        }
        n += AT_ONCE;
    }
    snprintf(key, sizeof key, "alloc_%s", name);
    snprintf(what, sizeof what, "vkAllocateMemory, %s, eight at once", name);
    peer_note(key, what, vkb_median(samples, n), "us");
    snprintf(key, sizeof key, "free_%s", name);
    snprintf(what, sizeof what, "vkFreeMemory, %s", name);
    peer_note(key, what, vkb_median(freed, n), "us");
}

void peer_allocations(struct vkb *b)
{
    allocate(b, 4 << 10, "4KiB");
    allocate(b, 64 << 10, "64KiB");
    allocate(b, 1 << 20, "1MiB");
    if (!b->small)
        allocate(b, 64 << 20, "64MiB");
}

/* ---- Descriptors and recording --------------------------------------------------------------- */

enum { CALLS = 1000, CALL_ROUNDS = 31 };

static void update_descriptors(struct vkb *b, VkDescriptorSet set, const struct vkb_buffer *words)
{
    const VkDescriptorBufferInfo info[2] = {{words->buffer, 0, 256}, {words->buffer, 256, 256}};
    const VkWriteDescriptorSet write = {
        .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
        .dstSet = set,
        .descriptorCount = 1,
        .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
    };
    VkWriteDescriptorSet writes[2] = {write, write};

    writes[0].pBufferInfo = &info[0];
    writes[1].pBufferInfo = &info[1];
    writes[1].dstBinding = 1;
    for (unsigned i = 0; i < CALL_ROUNDS; i++) {
        uint64_t start = vkb_now_ns();

        for (unsigned k = 0; k < CALLS; k++)
            vkUpdateDescriptorSets(b->device, 2, writes, 0, NULL);
        samples[i] = since_us(start) * 1e3 / CALLS;
    }
    peer_note("descriptor_update", "vkUpdateDescriptorSets, two buffers",
              vkb_median(samples, CALL_ROUNDS), "ns");
}

enum call { DISPATCH, PUSH_CONSTANTS, BIND_SETS, BARRIER, COPY, CALL_KINDS };

static void record_calls(struct vkb *b, VkCommandBuffer commands, enum call call,
                         VkDescriptorSet set, VkBuffer buffer)
{
    const struct vkb_params params = {1, 1};
    const VkBufferCopy region = {0, 256, 64};

    for (unsigned i = 0; i < CALLS; i++) {
        if (call == DISPATCH)
            vkCmdDispatch(commands, 1, 1, 1);
        else if (call == PUSH_CONSTANTS)
            vkCmdPushConstants(commands, b->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof params,
                               &params);
        else if (call == BIND_SETS)
            vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, b->layout, 0, 1, &set,
                                    0, NULL);
        else if (call == BARRIER)
            vkb_barrier(commands);
        else
            vkCmdCopyBuffer(commands, buffer, buffer, 1, &region);
    }
}

static void record(struct vkb *b, VkPipeline pipeline, VkDescriptorSet set,
                   const struct vkb_buffer *words)
{
    static const char *const keys[CALL_KINDS][2] = {
        {"record_dispatch", "vkCmdDispatch"},
        {"record_push_constants", "vkCmdPushConstants, 8 bytes"},
        {"record_bind_sets", "vkCmdBindDescriptorSets"},
        {"record_barrier", "vkCmdPipelineBarrier"},
        {"record_copy", "vkCmdCopyBuffer"},
    };
    const VkCommandBufferBeginInfo begin = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};

    for (unsigned call = 0; call < CALL_KINDS; call++) {
        VkCommandBuffer commands = vkb_begin(b);

        for (unsigned i = 0; i < CALL_ROUNDS; i++) {
            uint64_t start;

            VKB_CHECK(vkBeginCommandBuffer(commands, &begin)); /* resets */
            vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline);
            vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, b->layout, 0, 1, &set,
                                    0, NULL);
            start = vkb_now_ns();
            record_calls(b, commands, (enum call)call, set, words->buffer);
            samples[i] = since_us(start) * 1e3 / CALLS;
            vkb_end(commands);
        }
        peer_note(keys[call][0], keys[call][1], vkb_median(samples, CALL_ROUNDS), "ns");
        vkb_free(b, commands);
    }
}

void peer_recording(struct vkb *b)
{
    struct vkb_buffer words = vkb_buffer_create(b, 4096, false);
    const struct vkb_buffer *buffers[VKB_BUFFERS] = {&words, &words, &words};
    VkShaderModule module = vkb_module(b, "mark");
    VkPipeline pipeline = vkb_pipeline(b, module, 0);
    VkDescriptorSet set = vkb_set(b, buffers);

    update_descriptors(b, set, &words);
    record(b, pipeline, set, &words);
    vkDestroyPipeline(b->device, pipeline, NULL);
    vkDestroyShaderModule(b->device, module, NULL);
    vkb_buffer_destroy(b, &words);
}

/* ---- Pipelines ------------------------------------------------------------------------------- */

void peer_compiling(struct vkb *b)
{
    static const char *const names[] = {"saxpy", "reduce", "sgemm", "special"};
    const unsigned rounds = b->small ? 1 : 9;
    uint32_t salt = (uint32_t)vkb_now_ns() | 1u; /* no cache knows it */

    for (unsigned n = 0; n < sizeof names / sizeof names[0]; n++) {
        VkShaderModule module = vkb_module(b, names[n]);
        char key[32], what[64];

        for (unsigned i = 0; i < rounds; i++) {
            uint64_t start = vkb_now_ns();
            VkPipeline pipeline = vkb_pipeline(b, module, salt += 2);

            samples[i] = since_us(start) / 1e3;
            vkDestroyPipeline(b->device, pipeline, NULL);
        }
        vkDestroyShaderModule(b->device, module, NULL);
        snprintf(key, sizeof key, "compile_%s", names[n]);
        snprintf(what, sizeof what, "vkCreateComputePipelines, %s, no cache", names[n]);
        peer_note(key, what, vkb_median(samples, rounds), "ms");
    }
}
