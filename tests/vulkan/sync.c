/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Fences, semaphores of both kinds, events. */
#include "rig.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

enum { BYTES = 4096 };

static VkCommandBuffer record_fill(struct rig_buffer *b, VkDeviceSize offset, uint32_t value)
{
    VkCommandBuffer c = rig_begin();
    vkCmdFillBuffer(c, b->buffer, offset, 4, value);
    rig_barrier(c);
    OK(vkEndCommandBuffer(c));
    return c;
}

static VkCommandBuffer record_copy_word(struct rig_buffer *b, VkDeviceSize from, VkDeviceSize to)
{
    VkCommandBuffer c = rig_begin();
    const VkBufferCopy word = {from, to, 4};
    vkCmdCopyBuffer(c, b->buffer, b->buffer, 1, &word);
    rig_barrier(c);
    OK(vkEndCommandBuffer(c));
    return c;
}

START_TEST(a_fence_is_signalled_waited_for_and_reset)
{
    VkFence ready = rig_fence(true);
    VkFence fence = rig_fence(false);
    OK(vkGetFenceStatus(rig.device, ready));
    ck_assert_int_eq(vkGetFenceStatus(rig.device, fence), VK_NOT_READY);
    ck_assert_int_eq(vkWaitForFences(rig.device, 1, &fence, VK_TRUE, 0), VK_TIMEOUT);
    ck_assert_int_eq(vkWaitForFences(rig.device, 1, &fence, VK_TRUE, 2000000), VK_TIMEOUT);
    for (int i = 0; i < 5; i++) {
        OK(vkQueueSubmit(rig.queue, 0, NULL, fence));
        OK(vkWaitForFences(rig.device, 1, &fence, VK_TRUE, RIG_TIMEOUT_NS));
        OK(vkGetFenceStatus(rig.device, fence));
        OK(vkResetFences(rig.device, 1, &fence));
        ck_assert_int_eq(vkGetFenceStatus(rig.device, fence), VK_NOT_READY);
    }
    OK(vkResetFences(rig.device, 1, &ready));
    ck_assert_int_eq(vkGetFenceStatus(rig.device, ready), VK_NOT_READY);
    vkDestroyFence(rig.device, ready, NULL);
    vkDestroyFence(rig.device, fence, NULL);
}
END_TEST

START_TEST(waiting_for_any_fence_returns_with_the_first)
{
    enum { COUNT = 100 };
    VkFence fences[COUNT];
    for (int i = 0; i < COUNT; i++)
        fences[i] = rig_fence(false);
    ck_assert_int_eq(vkWaitForFences(rig.device, COUNT, fences, VK_FALSE, 1000), VK_TIMEOUT);
    OK(vkQueueSubmit(rig.queue, 0, NULL, fences[COUNT / 2]));
    OK(vkWaitForFences(rig.device, COUNT, fences, VK_FALSE, RIG_TIMEOUT_NS));
    ck_assert_int_eq(vkWaitForFences(rig.device, COUNT, fences, VK_TRUE, 1000), VK_TIMEOUT);
    for (int i = 0; i < COUNT; i++) {
        if (i != COUNT / 2)
            OK(vkQueueSubmit(rig.queue, 0, NULL, fences[i]));
    }
    OK(vkWaitForFences(rig.device, COUNT, fences, VK_TRUE, RIG_TIMEOUT_NS));
    for (int i = 0; i < COUNT; i++)
        vkDestroyFence(rig.device, fences[i], NULL);
}
END_TEST

START_TEST(a_binary_semaphore_orders_two_queues_again_and_again)
{
    struct rig_buffer b = rig_buffer_create(BYTES, RIG_HOST);
    VkSemaphore s = rig_semaphore(false, 0);
    const VkPipelineStageFlags stage = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
    for (uint32_t i = 1; i <= 5; i++) {
        memset(b.words, 0, BYTES);
        VkCommandBuffer c[] = {record_fill(&b, 0, i), record_copy_word(&b, 0, 64)};
        const VkSubmitInfo first = {
            .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
            .commandBufferCount = 1,
            .pCommandBuffers = &c[0],
            .signalSemaphoreCount = 1,
            .pSignalSemaphores = &s,
        };
        const VkSubmitInfo second = {
            .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
            .waitSemaphoreCount = 1,
            .pWaitSemaphores = &s,
            .pWaitDstStageMask = &stage,
            .commandBufferCount = 1,
            .pCommandBuffers = &c[1],
        };
        OK(vkQueueSubmit(rig.queue, 1, &first, VK_NULL_HANDLE));
        OK(vkQueueSubmit(rig.queue2, 1, &second, VK_NULL_HANDLE));
        OK(vkDeviceWaitIdle(rig.device));
        ck_assert_uint_eq(b.words[16], i);
        vkFreeCommandBuffers(rig.device, rig.pool, 2, c);
    }
    vkDestroySemaphore(rig.device, s, NULL);
    rig_buffer_destroy(&b);
}
END_TEST

START_TEST(a_timeline_waits_for_a_signal_that_comes_later)
{
    struct rig_buffer b = rig_buffer_create(BYTES, RIG_HOST);
    memset(b.words, 0, BYTES);
    VkSemaphore s = rig_semaphore(true, 10);
    VkCommandBuffer c[] = {record_fill(&b, 0, 5), record_copy_word(&b, 0, 64)};
    const VkPipelineStageFlags stage = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
    const uint64_t v20 = 20, v30 = 30;
    const VkTimelineSemaphoreSubmitInfo waits = {
        .sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
        .waitSemaphoreValueCount = 1,
        .pWaitSemaphoreValues = &v20,
        .signalSemaphoreValueCount = 1,
        .pSignalSemaphoreValues = &v30,
    };
    const VkSubmitInfo late = {
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
        .pNext = &waits,
        .waitSemaphoreCount = 1,
        .pWaitSemaphores = &s,
        .pWaitDstStageMask = &stage,
        .commandBufferCount = 1,
        .pCommandBuffers = &c[1],
        .signalSemaphoreCount = 1,
        .pSignalSemaphores = &s,
    };
    const VkTimelineSemaphoreSubmitInfo signals = {
        .sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
        .signalSemaphoreValueCount = 1,
        .pSignalSemaphoreValues = &v20,
    };
    const VkSubmitInfo early = {
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
        .pNext = &signals,
        .commandBufferCount = 1,
        .pCommandBuffers = &c[0],
        .signalSemaphoreCount = 1,
        .pSignalSemaphores = &s,
    };
    OK(vkQueueSubmit(rig.queue2, 1, &late, VK_NULL_HANDLE));
    uint64_t value = 0;
    OK(vkGetSemaphoreCounterValue(rig.device, s, &value));
    ck_assert_uint_eq(value, 10);
    OK(vkQueueSubmit(rig.queue, 1, &early, VK_NULL_HANDLE));
    const VkSemaphoreWaitInfo wait = {
        .sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
        .semaphoreCount = 1,
        .pSemaphores = &s,
        .pValues = &v30,
    };
    OK(vkWaitSemaphores(rig.device, &wait, RIG_TIMEOUT_NS));
    ck_assert_uint_eq(b.words[16], 5);
    OK(vkDeviceWaitIdle(rig.device));
    vkFreeCommandBuffers(rig.device, rig.pool, 2, c);
    vkDestroySemaphore(rig.device, s, NULL);
    rig_buffer_destroy(&b);
}
END_TEST

START_TEST(the_host_signals_what_a_queue_waits_for)
{
    struct rig_buffer b = rig_buffer_create(BYTES, RIG_HOST);
    memset(b.words, 0, BYTES);
    VkSemaphore s = rig_semaphore(true, 0);
    VkCommandBuffer c = record_fill(&b, 0, 9);
    RIG_PROC(vkQueueSubmit2KHR);
    const VkSemaphoreSubmitInfo wait = {
        .sType = VK_STRUCTURE_TYPE_SEMAPHORE_SUBMIT_INFO,
        .semaphore = s,
        .value = 1,
        .stageMask = VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT,
    };
    const VkSemaphoreSubmitInfo signal = {
        .sType = VK_STRUCTURE_TYPE_SEMAPHORE_SUBMIT_INFO,
        .semaphore = s,
        .value = 2,
        .stageMask = VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT,
    };
    const VkCommandBufferSubmitInfo commands = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_SUBMIT_INFO, .commandBuffer = c};
    const VkSubmitInfo2 submit = {
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO_2,
        .waitSemaphoreInfoCount = 1,
        .pWaitSemaphoreInfos = &wait,
        .commandBufferInfoCount = 1,
        .pCommandBufferInfos = &commands,
        .signalSemaphoreInfoCount = 1,
        .pSignalSemaphoreInfos = &signal,
    };
    VkFence fence = rig_fence(false);
    OK(vkQueueSubmit2KHR(rig.queue, 1, &submit, fence));
    ck_assert_int_eq(vkWaitForFences(rig.device, 1, &fence, VK_TRUE, 5000000), VK_TIMEOUT);
    ck_assert_uint_eq(b.words[0], 0);
    const VkSemaphoreSignalInfo host = {
        .sType = VK_STRUCTURE_TYPE_SEMAPHORE_SIGNAL_INFO, .semaphore = s, .value = 1};
    OK(vkSignalSemaphore(rig.device, &host));
    OK(vkWaitForFences(rig.device, 1, &fence, VK_TRUE, RIG_TIMEOUT_NS));
    ck_assert_uint_eq(b.words[0], 9);
    uint64_t value = 0;
    OK(vkGetSemaphoreCounterValue(rig.device, s, &value));
    ck_assert_uint_eq(value, 2);
    vkDestroyFence(rig.device, fence, NULL);
    vkFreeCommandBuffers(rig.device, rig.pool, 1, &c);
    vkDestroySemaphore(rig.device, s, NULL);
    rig_buffer_destroy(&b);
}
END_TEST

static void *signal_later(void *arg)
{
    const struct timespec pause = {0, 20000000};
    nanosleep(&pause, NULL);
    const VkSemaphoreSignalInfo info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_SIGNAL_INFO,
                                        .semaphore = *(VkSemaphore *)arg,
                                        .value = 7};
    return vkSignalSemaphore(rig.device, &info) == VK_SUCCESS ? NULL : "the signal failed";
}

START_TEST(a_host_signal_wakes_a_host_wait_for_any)
{
    VkSemaphore s[] = {rig_semaphore(true, 0), rig_semaphore(true, 0)};
    const uint64_t values[] = {5, 5};
    const VkSemaphoreWaitInfo wait = {
        .sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
        .flags = VK_SEMAPHORE_WAIT_ANY_BIT,
        .semaphoreCount = 2,
        .pSemaphores = s,
        .pValues = values,
    };
    ck_assert_int_eq(vkWaitSemaphores(rig.device, &wait, 1000), VK_TIMEOUT);
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, signal_later, &s[1]), 0);
    OK(vkWaitSemaphores(rig.device, &wait, RIG_TIMEOUT_NS));
    void *result;
    pthread_join(thread, &result);
    ck_assert_ptr_null(result);
    vkDestroySemaphore(rig.device, s[0], NULL);
    vkDestroySemaphore(rig.device, s[1], NULL);
}
END_TEST

static VkEvent event_create(void)
{
    const VkEventCreateInfo info = {.sType = VK_STRUCTURE_TYPE_EVENT_CREATE_INFO};
    VkEvent event;
    OK(vkCreateEvent(rig.device, &info, NULL, &event));
    return event;
}

START_TEST(events_go_from_queue_to_host_and_back)
{
    VkEvent event = event_create();
    ck_assert_int_eq(vkGetEventStatus(rig.device, event), VK_EVENT_RESET);
    OK(vkSetEvent(rig.device, event));
    ck_assert_int_eq(vkGetEventStatus(rig.device, event), VK_EVENT_SET);
    VkCommandBuffer c = rig_begin();
    vkCmdResetEvent(c, event, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT);
    rig_run(c);
    ck_assert_int_eq(vkGetEventStatus(rig.device, event), VK_EVENT_RESET);
    c = rig_begin();
    vkCmdSetEvent(c, event, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT);
    rig_run(c);
    ck_assert_int_eq(vkGetEventStatus(rig.device, event), VK_EVENT_SET);
    vkDestroyEvent(rig.device, event, NULL);
}
END_TEST

START_TEST(a_queue_waits_for_an_event_that_the_host_sets)
{
    struct rig_buffer b = rig_buffer_create(BYTES, RIG_HOST);
    memset(b.words, 0, BYTES);
    VkEvent event = event_create();
    VkCommandBuffer c = rig_begin();
    const VkMemoryBarrier barrier = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
        .srcAccessMask = VK_ACCESS_HOST_WRITE_BIT,
        .dstAccessMask = VK_ACCESS_TRANSFER_READ_BIT,
    };
    vkCmdWaitEvents(c, 1, &event, VK_PIPELINE_STAGE_HOST_BIT, VK_PIPELINE_STAGE_TRANSFER_BIT, 1,
                    &barrier, 0, NULL, 0, NULL);
    const VkBufferCopy word = {0, 64, 4};
    vkCmdCopyBuffer(c, b.buffer, b.buffer, 1, &word);
    rig_barrier(c);
    OK(vkEndCommandBuffer(c));
    VkFence fence = rig_fence(false);
    rig_submit(rig.queue, c, fence);
    ck_assert_int_eq(vkWaitForFences(rig.device, 1, &fence, VK_TRUE, 5000000), VK_TIMEOUT);
    b.words[0] = 123;
    OK(vkSetEvent(rig.device, event));
    OK(vkWaitForFences(rig.device, 1, &fence, VK_TRUE, RIG_TIMEOUT_NS));
    ck_assert_uint_eq(b.words[16], 123);
    vkDestroyFence(rig.device, fence, NULL);
    vkFreeCommandBuffers(rig.device, rig.pool, 1, &c);
    vkDestroyEvent(rig.device, event, NULL);
    rig_buffer_destroy(&b);
}
END_TEST

START_TEST(synchronization2_barriers_and_events_order_work)
{
    RIG_PROC(vkCmdSetEvent2KHR);
    RIG_PROC(vkCmdWaitEvents2KHR);
    RIG_PROC(vkCmdPipelineBarrier2KHR);
    struct rig_buffer b = rig_buffer_create(BYTES, RIG_HOST);
    memset(b.words, 0, BYTES);
    VkEvent event = event_create();
    const VkMemoryBarrier2 barrier = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER_2,
        .srcStageMask = VK_PIPELINE_STAGE_2_TRANSFER_BIT,
        .srcAccessMask = VK_ACCESS_2_TRANSFER_WRITE_BIT,
        .dstStageMask = VK_PIPELINE_STAGE_2_TRANSFER_BIT,
        .dstAccessMask = VK_ACCESS_2_TRANSFER_READ_BIT | VK_ACCESS_2_TRANSFER_WRITE_BIT,
    };
    const VkDependencyInfo dependency = {
        .sType = VK_STRUCTURE_TYPE_DEPENDENCY_INFO,
        .memoryBarrierCount = 1,
        .pMemoryBarriers = &barrier,
    };
    VkCommandBuffer c = rig_begin();
    vkCmdFillBuffer(c, b.buffer, 0, 4, 1);
    vkCmdSetEvent2KHR(c, event, &dependency);
    vkCmdWaitEvents2KHR(c, 1, &event, &dependency);
    const VkBufferCopy on = {0, 4, 4};
    vkCmdCopyBuffer(c, b.buffer, b.buffer, 1, &on);
    vkCmdPipelineBarrier2KHR(c, &dependency);
    vkCmdFillBuffer(c, b.buffer, 0, 4, 2);
    rig_barrier(c);
    rig_run(c);
    ck_assert_uint_eq(b.words[0], 2);
    ck_assert_uint_eq(b.words[1], 1);
    vkDestroyEvent(rig.device, event, NULL);
    rig_buffer_destroy(&b);
}
END_TEST

START_TEST(many_batches_in_one_submit_run_in_order)
{
    enum { COUNT = 40, WAITS = 40 };
    struct rig_buffer b = rig_buffer_create(BYTES, RIG_HOST);
    memset(b.words, 0, BYTES);
    VkSemaphore s[WAITS];
    VkPipelineStageFlags stages[WAITS];
    VkCommandBuffer c[COUNT];
    VkSubmitInfo submits[COUNT];
    for (uint32_t i = 0; i < COUNT; i++) {
        c[i] = i == 0 ? record_fill(&b, 0, 77) : record_copy_word(&b, 4 * (i - 1), 4 * i);
        s[i] = rig_semaphore(false, 0);
        stages[i] = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
        submits[i] = (VkSubmitInfo){
            .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
            .commandBufferCount = 1,
            .pCommandBuffers = &c[i],
            .signalSemaphoreCount = 1,
            .pSignalSemaphores = &s[i],
        };
    }
    OK(vkQueueSubmit(rig.queue, COUNT, submits, VK_NULL_HANDLE));
    const VkSubmitInfo last = {
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
        .waitSemaphoreCount = WAITS,
        .pWaitSemaphores = s,
        .pWaitDstStageMask = stages,
    };
    VkFence fence = rig_fence(false);
    OK(vkQueueSubmit(rig.queue2, 1, &last, fence));
    OK(vkWaitForFences(rig.device, 1, &fence, VK_TRUE, RIG_TIMEOUT_NS));
    for (uint32_t i = 0; i < COUNT; i++)
        ck_assert_uint_eq(b.words[i], 77);
    OK(vkDeviceWaitIdle(rig.device));
    for (uint32_t i = 0; i < COUNT; i++)
        vkDestroySemaphore(rig.device, s[i], NULL);
    vkDestroyFence(rig.device, fence, NULL);
    vkFreeCommandBuffers(rig.device, rig.pool, COUNT, c);
    rig_buffer_destroy(&b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sync");
    TCase *tc = tcase_create("sync");
    tcase_add_unchecked_fixture(tc, rig_open, rig_close);
    tcase_add_checked_fixture(tc, rig_test_begin, rig_test_end);
    tcase_add_test(tc, a_fence_is_signalled_waited_for_and_reset);
    tcase_add_test(tc, waiting_for_any_fence_returns_with_the_first);
    tcase_add_test(tc, a_binary_semaphore_orders_two_queues_again_and_again);
    tcase_add_test(tc, a_timeline_waits_for_a_signal_that_comes_later);
    tcase_add_test(tc, the_host_signals_what_a_queue_waits_for);
    tcase_add_test(tc, a_host_signal_wakes_a_host_wait_for_any);
    tcase_add_test(tc, events_go_from_queue_to_host_and_back);
    tcase_add_test(tc, a_queue_waits_for_an_event_that_the_host_sets);
    tcase_add_test(tc, synchronization2_barriers_and_events_order_work);
    tcase_add_test(tc, many_batches_in_one_submit_run_in_order);
    suite_add_tcase(suite, tc);
    return rig_main(suite);
}
