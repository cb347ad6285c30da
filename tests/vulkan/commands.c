/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Transfers, queries, secondary command buffers and resubmission. */
#include "rig.h"

#include <string.h>

enum { WORDS = 1024, BYTES = WORDS * 4 };

static void fill_ramp(struct rig_buffer *b, uint32_t start)
{
    for (uint32_t i = 0; i < WORDS; i++)
        b->words[i] = start + i;
}

START_TEST(a_copy_through_video_memory_returns_the_bytes)
{
    struct rig_buffer from = rig_buffer_create(BYTES, RIG_HOST);
    struct rig_buffer vram = rig_buffer_create(BYTES, RIG_DEVICE);
    struct rig_buffer to = rig_buffer_create(BYTES, RIG_HOST);
    fill_ramp(&from, 7);
    memset(to.words, 0, BYTES);
    VkCommandBuffer c = rig_begin();
    const VkBufferCopy all = {0, 0, BYTES};
    vkCmdCopyBuffer(c, from.buffer, vram.buffer, 1, &all);
    rig_barrier(c);
    vkCmdCopyBuffer(c, vram.buffer, to.buffer, 1, &all);
    rig_barrier(c);
    rig_run(c);
    ck_assert_mem_eq(from.words, to.words, BYTES);
    rig_buffer_destroy(&from);
    rig_buffer_destroy(&vram);
    rig_buffer_destroy(&to);
}
END_TEST

START_TEST(copy_regions_of_any_alignment_touch_only_their_bytes)
{
    struct rig_buffer from = rig_buffer_create(BYTES, RIG_HOST);
    struct rig_buffer to = rig_buffer_create(BYTES, RIG_HOST);
    fill_ramp(&from, 0x01020304);
    memset(to.words, 0xee, BYTES);
    RIG_PROC(vkCmdCopyBuffer2KHR);
    const VkBufferCopy2 regions[] = {
        {.sType = VK_STRUCTURE_TYPE_BUFFER_COPY_2, .srcOffset = 3, .dstOffset = 101, .size = 1},
        {.sType = VK_STRUCTURE_TYPE_BUFFER_COPY_2, .srcOffset = 17, .dstOffset = 202, .size = 333},
    };
    const VkCopyBufferInfo2 info = {
        .sType = VK_STRUCTURE_TYPE_COPY_BUFFER_INFO_2,
        .srcBuffer = from.buffer,
        .dstBuffer = to.buffer,
        .regionCount = 2,
        .pRegions = regions,
    };
    VkCommandBuffer c = rig_begin();
    vkCmdCopyBuffer2KHR(c, &info);
    rig_barrier(c);
    rig_run(c);
    uint8_t want[BYTES];
    memset(want, 0xee, sizeof(want));
    for (int i = 0; i < 2; i++)
        memcpy(want + regions[i].dstOffset, (uint8_t *)from.words + regions[i].srcOffset,
               regions[i].size);
    ck_assert_mem_eq(to.words, want, BYTES);
    rig_buffer_destroy(&from);
    rig_buffer_destroy(&to);
}
END_TEST

START_TEST(fill_covers_its_range_and_whole_size_rounds_down)
{
    struct rig_buffer b = rig_buffer_create(BYTES + 2, RIG_HOST);
    memset(b.words, 0, BYTES + 2);
    VkCommandBuffer c = rig_begin();
    vkCmdFillBuffer(c, b.buffer, 16, 32, 0xdeadbeef);
    vkCmdFillBuffer(c, b.buffer, 2048, VK_WHOLE_SIZE, 0x12345678);
    rig_barrier(c);
    rig_run(c);
    for (uint32_t i = 0; i < WORDS; i++)
        ck_assert_uint_eq(b.words[i], i >= 512 ? 0x12345678 : i >= 4 && i < 12 ? 0xdeadbeef : 0);
    ck_assert_int_eq(((uint8_t *)b.words)[BYTES], 0);
    rig_buffer_destroy(&b);
}
END_TEST

START_TEST(update_takes_the_data_when_it_is_recorded)
{
    struct rig_buffer b = rig_buffer_create(BYTES, RIG_HOST);
    memset(b.words, 0, BYTES);
    uint32_t data[] = {1, 2, 3};
    VkCommandBuffer c = rig_begin();
    vkCmdUpdateBuffer(c, b.buffer, 8, sizeof(data), data);
    memset(data, 0xff, sizeof(data));
    rig_barrier(c);
    rig_run(c);
    ck_assert_uint_eq(b.words[1], 0);
    for (uint32_t i = 0; i < 3; i++)
        ck_assert_uint_eq(b.words[2 + i], i + 1);
    ck_assert_uint_eq(b.words[5], 0);
    rig_buffer_destroy(&b);
}
END_TEST

static VkCommandBuffer record_secondary(struct rig_buffer *b, VkDeviceSize offset, uint32_t value)
{
    VkCommandBuffer c = rig_commands(VK_COMMAND_BUFFER_LEVEL_SECONDARY);
    const VkCommandBufferInheritanceInfo inherit = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_INHERITANCE_INFO};
    const VkCommandBufferBeginInfo begin = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
        .flags = VK_COMMAND_BUFFER_USAGE_SIMULTANEOUS_USE_BIT,
        .pInheritanceInfo = &inherit,
    };
    OK(vkBeginCommandBuffer(c, &begin));
    vkCmdFillBuffer(c, b->buffer, offset, 4, value);
    OK(vkEndCommandBuffer(c));
    return c;
}

START_TEST(secondary_buffers_play_in_order)
{
    struct rig_buffer b = rig_buffer_create(BYTES, RIG_HOST);
    memset(b.words, 0, BYTES);
    VkCommandBuffer second[] = {record_secondary(&b, 0, 11), record_secondary(&b, 4, 22)};
    VkCommandBuffer c = rig_begin();
    vkCmdExecuteCommands(c, 2, second);
    rig_barrier(c);
    vkCmdFillBuffer(c, b.buffer, 0, 4, 33);
    rig_barrier(c);
    vkCmdExecuteCommands(c, 1, &second[1]);
    rig_barrier(c);
    rig_run(c);
    ck_assert_uint_eq(b.words[0], 33);
    ck_assert_uint_eq(b.words[1], 22);
    vkFreeCommandBuffers(rig.device, rig.pool, 2, second);
    rig_buffer_destroy(&b);
}
END_TEST

START_TEST(one_recording_runs_many_times_at_once)
{
    enum { TIMES = 50 };
    struct rig_buffer b = rig_buffer_create(BYTES, RIG_HOST);
    VkCommandBuffer c = rig_commands(VK_COMMAND_BUFFER_LEVEL_PRIMARY);
    const VkCommandBufferBeginInfo begin = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
        .flags = VK_COMMAND_BUFFER_USAGE_SIMULTANEOUS_USE_BIT,
    };
    OK(vkBeginCommandBuffer(c, &begin));
    const VkBufferCopy step = {0, 4, 4}; /* each run moves word 0 on to word 1 */
    vkCmdCopyBuffer(c, b.buffer, b.buffer, 1, &step);
    rig_barrier(c);
    OK(vkEndCommandBuffer(c));
    b.words[0] = 99;
    b.words[1] = 0;
    for (int i = 0; i < TIMES; i++)
        rig_submit(rig.queue, c, VK_NULL_HANDLE);
    OK(vkQueueWaitIdle(rig.queue));
    ck_assert_uint_eq(b.words[1], 99);
    vkFreeCommandBuffers(rig.device, rig.pool, 1, &c);
    rig_buffer_destroy(&b);
}
END_TEST

START_TEST(a_reset_recording_forgets_its_commands)
{
    struct rig_buffer b = rig_buffer_create(BYTES, RIG_HOST);
    memset(b.words, 0, BYTES);
    VkCommandBuffer c = rig_begin();
    vkCmdFillBuffer(c, b.buffer, 0, 4, 1);
    OK(vkEndCommandBuffer(c));
    OK(vkResetCommandBuffer(c, 0));
    const VkCommandBufferBeginInfo begin = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
    OK(vkBeginCommandBuffer(c, &begin));
    vkCmdFillBuffer(c, b.buffer, 4, 4, 2);
    rig_barrier(c);
    rig_run(c);
    ck_assert_uint_eq(b.words[0], 0);
    ck_assert_uint_eq(b.words[1], 2);
    rig_buffer_destroy(&b);
}
END_TEST

static VkCommandBuffer copy_queue_begin(VkCommandPool *pool)
{
    const VkCommandPoolCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
        .queueFamilyIndex = 1,
    };
    OK(vkCreateCommandPool(rig.device, &info, NULL, pool));
    const VkCommandBufferAllocateInfo allocation = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
        .commandPool = *pool,
        .commandBufferCount = 1,
    };
    VkCommandBuffer c;
    OK(vkAllocateCommandBuffers(rig.device, &allocation, &c));
    const VkCommandBufferBeginInfo begin = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
    OK(vkBeginCommandBuffer(c, &begin));
    return c;
}

static void copy_queue_run(VkCommandBuffer c, VkCommandPool pool)
{
    OK(vkEndCommandBuffer(c));
    rig_submit(rig.copy_queue, c, VK_NULL_HANDLE);
    OK(vkQueueWaitIdle(rig.copy_queue));
    vkDestroyCommandPool(rig.device, pool, NULL);
}

START_TEST(the_copy_queue_copies)
{
    struct rig_buffer from = rig_buffer_create(BYTES, RIG_HOST);
    struct rig_buffer to = rig_buffer_create(BYTES, RIG_HOST);
    fill_ramp(&from, 1000);
    memset(to.words, 0, BYTES);
    VkCommandPool pool;
    VkCommandBuffer c = copy_queue_begin(&pool);
    const VkBufferCopy all = {0, 0, BYTES};
    vkCmdCopyBuffer(c, from.buffer, to.buffer, 1, &all);
    copy_queue_run(c, pool);
    ck_assert_mem_eq(from.words, to.words, BYTES);
    rig_buffer_destroy(&from);
    rig_buffer_destroy(&to);
}
END_TEST

/* Where another queue would have a kernel do it. */
START_TEST(the_copy_queue_does_large_copies_and_fills_itself)
{
    enum { LARGE = 256 << 10 };
    struct rig_buffer host = rig_buffer_create(LARGE, RIG_HOST);
    struct rig_buffer back = rig_buffer_create(LARGE, RIG_HOST);
    struct rig_buffer a = rig_buffer_create(LARGE, RIG_DEVICE);
    struct rig_buffer b = rig_buffer_create(LARGE, RIG_DEVICE);
    for (uint32_t i = 0; i < LARGE / 4; i++)
        host.words[i] = 7 + i;
    VkCommandPool pool;
    VkCommandBuffer c = copy_queue_begin(&pool);
    const VkBufferCopy all = {0, 0, LARGE};
    vkCmdCopyBuffer(c, host.buffer, a.buffer, 1, &all);
    rig_barrier(c);
    vkCmdCopyBuffer(c, a.buffer, b.buffer, 1, &all);
    rig_barrier(c);
    vkCmdFillBuffer(c, a.buffer, 0, VK_WHOLE_SIZE, 0xf111f111);
    vkCmdCopyBuffer(c, b.buffer, back.buffer, 1, &all);
    rig_barrier(c);
    copy_queue_run(c, pool);
    ck_assert_mem_eq(host.words, back.words, LARGE);
    c = copy_queue_begin(&pool);
    vkCmdCopyBuffer(c, a.buffer, back.buffer, 1, &all);
    copy_queue_run(c, pool);
    for (uint32_t i = 0; i < LARGE / 4; i++)
        ck_assert_uint_eq(back.words[i], 0xf111f111);
    rig_buffer_destroy(&b);
    rig_buffer_destroy(&a);
    rig_buffer_destroy(&back);
    rig_buffer_destroy(&host);
}
END_TEST

static VkQueryPool timestamps(uint32_t count)
{
    const VkQueryPoolCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
        .queryType = VK_QUERY_TYPE_TIMESTAMP,
        .queryCount = count,
    };
    VkQueryPool pool;
    OK(vkCreateQueryPool(rig.device, &info, NULL, &pool));
    return pool;
}

START_TEST(timestamps_grow_and_reset_makes_them_unavailable)
{
    VkQueryPool pool = timestamps(3);
    struct rig_buffer b = rig_buffer_create(BYTES, RIG_HOST);
    vkResetQueryPool(rig.device, pool, 0, 3);
    VkCommandBuffer c = rig_begin();
    vkCmdResetQueryPool(c, pool, 0, 3);
    vkCmdWriteTimestamp(c, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT, pool, 0);
    vkCmdFillBuffer(c, b.buffer, 0, VK_WHOLE_SIZE, 1);
    rig_barrier(c);
    vkCmdWriteTimestamp(c, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, pool, 1);
    rig_run(c);
    uint64_t t[2];
    OK(vkGetQueryPoolResults(rig.device, pool, 0, 2, sizeof(t), t, sizeof(t[0]),
                             VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT));
    ck_assert_uint_gt(t[0], 0);
    ck_assert_uint_ge(t[1], t[0]);
    uint64_t with[2] = {77, 77};
    ck_assert_int_eq(
        vkGetQueryPoolResults(rig.device, pool, 2, 1, sizeof(with), with, sizeof(with),
                              VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WITH_AVAILABILITY_BIT),
        VK_NOT_READY);
    ck_assert_uint_eq(with[0], 77); /* untouched */
    ck_assert_uint_eq(with[1], 0);
    vkResetQueryPool(rig.device, pool, 0, 1);
    ck_assert_int_eq(vkGetQueryPoolResults(rig.device, pool, 0, 1, sizeof(t), t, sizeof(t[0]),
                                           VK_QUERY_RESULT_64_BIT),
                     VK_NOT_READY);
    vkDestroyQueryPool(rig.device, pool, NULL);
    rig_buffer_destroy(&b);
}
END_TEST

START_TEST(query_results_reach_buffers_in_both_widths)
{
    VkQueryPool pool = timestamps(2);
    struct rig_buffer b = rig_buffer_create(BYTES, RIG_HOST);
    memset(b.words, 0, BYTES);
    VkCommandBuffer c = rig_begin();
    vkCmdResetQueryPool(c, pool, 0, 2);
    vkCmdWriteTimestamp(c, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, pool, 0);
    vkCmdWriteTimestamp(c, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, pool, 1);
    vkCmdCopyQueryPoolResults(c, pool, 0, 2, b.buffer, 0, 16,
                              VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT |
                                  VK_QUERY_RESULT_WITH_AVAILABILITY_BIT);
    vkCmdCopyQueryPoolResults(c, pool, 0, 2, b.buffer, 64, 4, VK_QUERY_RESULT_WAIT_BIT);
    rig_barrier(c);
    rig_run(c);
    uint64_t t[2];
    OK(vkGetQueryPoolResults(rig.device, pool, 0, 2, sizeof(t), t, sizeof(t[0]),
                             VK_QUERY_RESULT_64_BIT));
    uint64_t wide[4];
    memcpy(wide, b.words, sizeof(wide));
    for (int i = 0; i < 2; i++) {
        ck_assert_uint_eq(wide[i * 2], t[i]);
        ck_assert_uint_eq(wide[2 * i + 1], 1);
        ck_assert_uint_eq(b.words[16 + i], (uint32_t)t[i]);
    }
    vkDestroyQueryPool(rig.device, pool, NULL);
    rig_buffer_destroy(&b);
}
END_TEST

START_TEST(calibrated_clocks_lie_around_a_timestamp)
{
    RIG_PROC(vkGetCalibratedTimestampsEXT);
    const VkCalibratedTimestampInfoEXT info = {
        .sType = VK_STRUCTURE_TYPE_CALIBRATED_TIMESTAMP_INFO_EXT,
        .timeDomain = VK_TIME_DOMAIN_DEVICE_EXT,
    };
    uint64_t before, after, deviation, t;
    VkQueryPool pool = timestamps(1);
    OK(vkGetCalibratedTimestampsEXT(rig.device, 1, &info, &before, &deviation));
    VkCommandBuffer c = rig_begin();
    vkCmdResetQueryPool(c, pool, 0, 1);
    vkCmdWriteTimestamp(c, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, pool, 0);
    rig_run(c);
    OK(vkGetCalibratedTimestampsEXT(rig.device, 1, &info, &after, &deviation));
    OK(vkGetQueryPoolResults(rig.device, pool, 0, 1, sizeof(t), &t, sizeof(t),
                             VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT));
    ck_assert_uint_le(before, t);
    ck_assert_uint_le(t, after);
    vkDestroyQueryPool(rig.device, pool, NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("commands");
    TCase *tc = tcase_create("commands");
    tcase_add_unchecked_fixture(tc, rig_open, rig_close);
    tcase_add_checked_fixture(tc, rig_test_begin, rig_test_end);
    tcase_add_test(tc, a_copy_through_video_memory_returns_the_bytes);
    tcase_add_test(tc, copy_regions_of_any_alignment_touch_only_their_bytes);
    tcase_add_test(tc, fill_covers_its_range_and_whole_size_rounds_down);
    tcase_add_test(tc, update_takes_the_data_when_it_is_recorded);
    tcase_add_test(tc, secondary_buffers_play_in_order);
    tcase_add_test(tc, one_recording_runs_many_times_at_once);
    tcase_add_test(tc, a_reset_recording_forgets_its_commands);
    tcase_add_test(tc, the_copy_queue_copies);
    tcase_add_test(tc, the_copy_queue_does_large_copies_and_fills_itself);
    tcase_add_test(tc, timestamps_grow_and_reset_makes_them_unavailable);
    tcase_add_test(tc, query_results_reach_buffers_in_both_widths);
    tcase_add_test(tc, calibrated_clocks_lie_around_a_timestamp);
    suite_add_tcase(suite, tc);
    return rig_main(suite);
}
