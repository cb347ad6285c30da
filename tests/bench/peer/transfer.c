/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Copies and fills, and how many small dispatches a second pass through the GPU. */
#include "peer.h"

#include <string.h>

enum { ROUNDS = 7 };

static double time_rounds(struct vkb *b, VkCommandBuffer commands, unsigned *times)
{
    vkb_end(commands);
    return vkb_time(b, commands, b->small ? 1 : ROUNDS, times);
}

/* ---- Transfers ------------------------------------------------------------------------------- */

static void check_words(const struct vkb_buffer *host, uint64_t count, const char *what,
                        uint32_t first, uint32_t step)
{
    const uint32_t *words = host->cpu;

    for (uint64_t i = 0; i < count; i++)
        if (words[i] != first + (uint32_t)i * step)
            peer_wrong(what, i, words[i], first + (uint32_t)i * step);
}

static void copies(struct vkb *b, VkDeviceSize bytes, unsigned times, const char *key,
                   const char *what)
{
    struct vkb_buffer host = vkb_buffer_create(b, bytes, true);
    struct vkb_buffer from = vkb_buffer_create(b, bytes, false);
    struct vkb_buffer to = vkb_buffer_create(b, bytes, false);
    VkCommandBuffer commands = vkb_begin(b);
    const VkBufferCopy region = {0, 0, bytes};
    uint32_t *words = host.cpu;
    double seconds;

    for (uint64_t i = 0; i < bytes / 4; i++)
        words[i] = 7 + (uint32_t)i * 2654435761u;
    vkb_copy(b, &from, &host, bytes);
    memset(host.cpu, 0, bytes);
    vkb_copy(b, &to, &host, bytes);
    for (unsigned i = 0; i < times; i++) {
        vkCmdCopyBuffer(commands, from.buffer, to.buffer, 1, &region);
        vkb_barrier(commands);
    }
    seconds = time_rounds(b, commands, NULL);
    vkb_copy(b, &host, &to, bytes);
    check_words(&host, bytes / 4, what, 7, 2654435761u);
    peer_note(key, what, (double)bytes * times / seconds / 1e9, "GB/s");
    vkb_free(b, commands);
    vkb_buffer_destroy(b, &to);
    vkb_buffer_destroy(b, &from);
    vkb_buffer_destroy(b, &host);
}

static void host_copies(struct vkb *b, VkDeviceSize bytes, bool up)
{
    struct vkb_buffer host = vkb_buffer_create(b, bytes, true);
    struct vkb_buffer device = vkb_buffer_create(b, bytes, false);
    VkCommandBuffer commands = vkb_begin(b);
    const VkBufferCopy region = {0, 0, bytes};
    const char *what = up ? "vkCmdCopyBuffer, system to device, 64 MiB"
                          : "vkCmdCopyBuffer, device to system, 64 MiB";
    uint32_t *words = host.cpu;
    double seconds;

    for (uint64_t i = 0; i < bytes / 4; i++)
        words[i] = (uint32_t)i * 40503u;
    vkb_copy(b, &device, &host, bytes);
    if (!up)
        memset(host.cpu, 0, bytes);
    vkCmdCopyBuffer(commands, up ? host.buffer : device.buffer, up ? device.buffer : host.buffer, 1,
                    &region);
    vkb_barrier(commands);
    seconds = time_rounds(b, commands, NULL);
    if (up) {
        memset(host.cpu, 0, bytes);
        vkb_copy(b, &host, &device, bytes);
    }
    check_words(&host, bytes / 4, what, 0, 40503u);
    peer_note(up ? "copy_up" : "copy_down", what, (double)bytes / seconds / 1e9, "GB/s");
    vkb_free(b, commands);
    vkb_buffer_destroy(b, &device);
    vkb_buffer_destroy(b, &host);
}

static void fills(struct vkb *b, VkDeviceSize bytes, unsigned times)
{
    struct vkb_buffer host = vkb_buffer_create(b, bytes, true);
    struct vkb_buffer to = vkb_buffer_create(b, bytes, false);
    VkCommandBuffer commands = vkb_begin(b);
    double seconds;

    for (unsigned i = 0; i < times; i++) {
        vkCmdFillBuffer(commands, to.buffer, 0, bytes, 0x5ca1ab1e);
        vkb_barrier(commands);
    }
    seconds = time_rounds(b, commands, NULL);
    memset(host.cpu, 0, bytes);
    vkb_copy(b, &host, &to, bytes);
    check_words(&host, bytes / 4, "vkCmdFillBuffer", 0x5ca1ab1e, 0);
    peer_note("fill", "vkCmdFillBuffer, 256 MiB", (double)bytes * times / seconds / 1e9, "GB/s");
    vkb_free(b, commands);
    vkb_buffer_destroy(b, &to);
    vkb_buffer_destroy(b, &host);
}

void peer_transfers(struct vkb *b)
{
    const VkDeviceSize large = b->small ? 256 << 10 : 256 << 20, medium = large / 4;

    copies(b, 4096, b->small ? 4 : 256, "copy_4KiB", "vkCmdCopyBuffer, 4 KiB each");
    copies(b, medium / 64, b->small ? 2 : 64, "copy_1MiB", "vkCmdCopyBuffer, 1 MiB each");
    copies(b, large, b->small ? 1 : 4, "copy", "vkCmdCopyBuffer, 256 MiB, device to device");
    host_copies(b, medium, true);
    host_copies(b, medium, false);
    fills(b, large, b->small ? 1 : 4);
}

/* ---- Dispatches ------------------------------------------------------------------------------ */

static void dispatch_rate(struct vkb *b, VkPipeline pipeline, VkDescriptorSet set,
                          struct vkb_buffer *words, bool ordered)
{
    const uint32_t times = b->small ? 32 : 2048;
    VkCommandBuffer commands = vkb_begin(b);
    uint32_t *count = words->cpu;
    unsigned runs = 0;
    double seconds;

    memset(count, 0, times * 4);
    vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline);
    vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, b->layout, 0, 1, &set, 0,
                            NULL);
    for (uint32_t i = 0; i < times; i++) {
        struct vkb_params params = {ordered ? 0 : i, 0};

        vkCmdPushConstants(commands, b->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof params,
                           &params);
        vkCmdDispatch(commands, 1, 1, 1);
        if (ordered)
            vkb_barrier(commands);
    }
    vkb_barrier(commands);
    seconds = time_rounds(b, commands, &runs);
    for (uint32_t i = 0; i < times; i++) {
        uint32_t want = ordered ? (i ? 0 : times * runs) : runs;

        if (count[i] != want)
            peer_wrong("dispatches done", i, count[i], want);
    }
    peer_note(ordered ? "dispatch_ordered" : "dispatch_free",
              ordered ? "small dispatches with a barrier each"
                      : "small dispatches without barriers",
              times / seconds / 1e3, "thousand/s");
    vkb_free(b, commands);
}

void peer_dispatches(struct vkb *b)
{
    struct vkb_buffer words = vkb_buffer_create(b, 16384, true);
    const struct vkb_buffer *buffers[VKB_BUFFERS] = {&words, &words, &words};
    VkShaderModule module = vkb_module(b, "mark");
    VkPipeline pipeline = vkb_pipeline(b, module, 0);
    VkDescriptorSet set = vkb_set(b, buffers);

    dispatch_rate(b, pipeline, set, &words, false);
    dispatch_rate(b, pipeline, set, &words, true);
    vkDestroyPipeline(b->device, pipeline, NULL);
    vkDestroyShaderModule(b->device, module, NULL);
    vkb_buffer_destroy(b, &words);
}
