/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * VkQueue: submission. A batch of Vulkan becomes one submission of the channel: semaphores and the
 * fence are points of timelines, command buffers are pushes. Waits stall the channel and never the
 * caller, so that waiting for a value which nobody has signalled yet needs no thread.
 */
#include "queue.h"

#include "command_buffer.h"
#include "device.h"
#include "fence.h"
#include "semaphore.h"

#include <magma-nv/channel.h>

/* Batches that fit are put together on the stack. */
enum { BATCH_POINTS = 32, BATCH_PUSHES = 64 };

struct batch {
    struct mvk_device *device;
    struct magma_submit submit;
    struct magma_timeline_point *waits, *signals;
    struct magma_push **pushes;
    void *heap; /* the three arrays, when the fixed ones are too small */
    struct magma_timeline_point fixed_waits[BATCH_POINTS], fixed_signals[BATCH_POINTS];
    struct magma_push *fixed_pushes[BATCH_PUSHES];
};

VkResult mvk_queue_create(struct mvk_device *device, uint32_t family, uint32_t index,
                          struct mvk_queue **out)
{
    struct mvk_queue *queue =
        mvk_zalloc(&device->alloc, NULL, sizeof(*queue), VK_SYSTEM_ALLOCATION_SCOPE_DEVICE);
    if (!queue)
        return VK_ERROR_OUT_OF_HOST_MEMORY;
    set_loader_magic_value(&queue->loader);
    queue->device = device;
    queue->family = family;
    queue->index = index;
    struct magma_error err = {0};
    enum magma_code code =
        magma_channel_create(device->gpu, mvk_queue_families[family].engine, &queue->channel, &err);
    if (code != MAGMA_OK) {
        mvk_free(&device->alloc, NULL, queue);
        err.code = code;
        return mvk_device_fail(device, VK_OBJECT_TYPE_DEVICE, (uint64_t)(uintptr_t)device, &err);
    }
    *out = queue;
    return VK_SUCCESS;
}

void mvk_queue_destroy(struct mvk_queue *queue)
{
    if (!queue)
        return;
    magma_channel_destroy(queue->channel);
    mvk_free(&queue->device->alloc, NULL, queue);
}

/* Makes room; counts in the submit stay 0 until the arrays are filled. */
static VkResult batch_init(struct batch *batch, struct mvk_device *device, uint32_t waits,
                           uint32_t pushes, uint32_t signals)
{
    batch->device = device;
    batch->submit = (struct magma_submit){0};
    batch->heap = NULL;
    batch->waits = batch->fixed_waits;
    batch->signals = batch->fixed_signals;
    batch->pushes = batch->fixed_pushes;
    if (waits > BATCH_POINTS || signals > BATCH_POINTS || pushes > BATCH_PUSHES) {
        size_t points = (size_t)waits + signals;
        size_t size = points * sizeof(*batch->waits) + pushes * sizeof(struct magma_push *);
        batch->heap = mvk_zalloc(&device->alloc, NULL, size, VK_SYSTEM_ALLOCATION_SCOPE_COMMAND);
        if (!batch->heap)
            return VK_ERROR_OUT_OF_HOST_MEMORY;
        batch->waits = batch->heap;
        batch->signals = batch->waits + waits;
        batch->pushes = (struct magma_push **)(batch->signals + signals);
    }
    batch->submit.waits = batch->waits;
    batch->submit.signals = batch->signals;
    batch->submit.pushes = batch->pushes;
    return VK_SUCCESS;
}

static void add_wait(struct batch *batch, VkSemaphore semaphore, uint64_t value)
{
    batch->waits[batch->submit.wait_count++] =
        mvk_semaphore_wait_point(mvk_semaphore_from(semaphore), value);
}

static void add_signal(struct batch *batch, VkSemaphore semaphore, uint64_t value)
{
    batch->signals[batch->submit.signal_count++] =
        mvk_semaphore_signal_point(mvk_semaphore_from(semaphore), value);
}

static void add_commands(struct batch *batch, VkCommandBuffer commands)
{
    batch->pushes[batch->submit.push_count++] = mvk_command_buffer_from(commands)->push;
}

static VkResult batch_submit(struct batch *batch, struct mvk_queue *queue, VkFence fence)
{
    if (fence)
        batch->signals[batch->submit.signal_count++] =
            mvk_fence_signal_point(mvk_fence_from(fence));
    enum magma_code code = magma_channel_submit(queue->channel, &batch->submit);
    mvk_free(&batch->device->alloc, NULL, batch->heap);
    return mvk_device_result(queue->device, code);
}

/* vkQueueSubmit without batches still signals the fence, after everything before it. */
static VkResult submit_fence(struct mvk_queue *queue, VkFence fence)
{
    if (!fence)
        return VK_SUCCESS;
    struct batch batch;
    VkResult result = batch_init(&batch, queue->device, 0, 0, 1);
    return result == VK_SUCCESS ? batch_submit(&batch, queue, fence) : result;
}

static VkResult submit_one(struct mvk_queue *queue, const VkSubmitInfo *info, VkFence fence)
{
    const VkTimelineSemaphoreSubmitInfo *values =
        mvk_chain_find(info->pNext, VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO);
    uint32_t wait_values = values ? values->waitSemaphoreValueCount : 0;
    uint32_t signal_values = values ? values->signalSemaphoreValueCount : 0;
    struct batch batch;
    VkResult result = batch_init(&batch, queue->device, info->waitSemaphoreCount,
                                 info->commandBufferCount, info->signalSemaphoreCount + 1);
    if (result != VK_SUCCESS)
        return result;
    for (uint32_t i = 0; i < info->waitSemaphoreCount; i++)
        add_wait(&batch, info->pWaitSemaphores[i],
                 i < wait_values ? values->pWaitSemaphoreValues[i] : 0);
    for (uint32_t i = 0; i < info->commandBufferCount; i++)
        add_commands(&batch, info->pCommandBuffers[i]);
    for (uint32_t i = 0; i < info->signalSemaphoreCount; i++)
        add_signal(&batch, info->pSignalSemaphores[i],
                   i < signal_values ? values->pSignalSemaphoreValues[i] : 0);
    return batch_submit(&batch, queue, fence);
}

static VkResult submit_one2(struct mvk_queue *queue, const VkSubmitInfo2 *info, VkFence fence)
{
    struct batch batch;
    VkResult result = batch_init(&batch, queue->device, info->waitSemaphoreInfoCount,
                                 info->commandBufferInfoCount, info->signalSemaphoreInfoCount + 1);
    if (result != VK_SUCCESS)
        return result;
    for (uint32_t i = 0; i < info->waitSemaphoreInfoCount; i++)
        add_wait(&batch, info->pWaitSemaphoreInfos[i].semaphore,
                 info->pWaitSemaphoreInfos[i].value);
    for (uint32_t i = 0; i < info->commandBufferInfoCount; i++)
        add_commands(&batch, info->pCommandBufferInfos[i].commandBuffer);
    for (uint32_t i = 0; i < info->signalSemaphoreInfoCount; i++)
        add_signal(&batch, info->pSignalSemaphoreInfos[i].semaphore,
                   info->pSignalSemaphoreInfos[i].value);
    return batch_submit(&batch, queue, fence);
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_QueueSubmit(VkQueue handle, uint32_t submitCount,
                                               const VkSubmitInfo *pSubmits, VkFence fence)
{
    struct mvk_queue *queue = mvk_queue_from(handle);
    if (submitCount == 0)
        return submit_fence(queue, fence);
    for (uint32_t i = 0; i < submitCount; i++) {
        bool last = i + 1 == submitCount;
        VkResult result = submit_one(queue, &pSubmits[i], last ? fence : VK_NULL_HANDLE);
        if (result != VK_SUCCESS)
            return result;
    }
    return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_QueueSubmit2(VkQueue handle, uint32_t submitCount,
                                                const VkSubmitInfo2 *pSubmits, VkFence fence)
{
    struct mvk_queue *queue = mvk_queue_from(handle);
    if (submitCount == 0)
        return submit_fence(queue, fence);
    for (uint32_t i = 0; i < submitCount; i++) {
        bool last = i + 1 == submitCount;
        VkResult result = submit_one2(queue, &pSubmits[i], last ? fence : VK_NULL_HANDLE);
        if (result != VK_SUCCESS)
            return result;
    }
    return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_QueueWaitIdle(VkQueue handle)
{
    struct mvk_queue *queue = mvk_queue_from(handle);
    return mvk_device_result(queue->device, magma_channel_wait_idle(queue->channel, UINT64_MAX));
}
