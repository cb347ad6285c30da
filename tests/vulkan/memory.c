/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Memory: every type, mapping, exhaustion, budgets. */
#include "rig.h"

#include <string.h>

enum { MIB = 1 << 20 };

static VkResult allocate(uint32_t type, VkDeviceSize size_bytes, VkDeviceMemory *memory)
{
    const VkMemoryAllocateInfo info = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
        .allocationSize = size_bytes,
        .memoryTypeIndex = type,
    };
    return vkAllocateMemory(rig.device, &info, NULL, memory);
}

START_TEST(there_is_memory_of_each_required_kind)
{
    ck_assert_uint_ne(rig_memory_type(VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT), UINT32_MAX);
    ck_assert_uint_ne(rig_memory_type(RIG_HOST), UINT32_MAX);
    VkPhysicalDeviceMemoryProperties m;
    vkGetPhysicalDeviceMemoryProperties(rig.physical_device, &m);
    for (uint32_t i = 0; i < m.memoryTypeCount; i++) {
        for (uint32_t k = 0; k < i; k++) {
            VkMemoryPropertyFlags a = m.memoryTypes[k].propertyFlags;
            VkMemoryPropertyFlags b = m.memoryTypes[i].propertyFlags;
            ck_assert_msg((a & b) != b || a == b, "type %u is a subset of %u and behind it", i, k);
        }
    }
}
END_TEST

START_TEST(the_gpu_reads_what_the_cpu_wrote_in_every_visible_type)
{
    VkPhysicalDeviceMemoryProperties m;
    vkGetPhysicalDeviceMemoryProperties(rig.physical_device, &m);
    int seen = 0;
    for (uint32_t i = 0; i < m.memoryTypeCount; i++) {
        VkMemoryPropertyFlags flags = m.memoryTypes[i].propertyFlags;
        if (!(flags & VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT) || rig_memory_type(flags) != i)
            continue;
        struct rig_buffer from = rig_buffer_create(4096, flags);
        struct rig_buffer to = rig_buffer_create(4096, RIG_HOST);
        for (uint32_t w = 0; w < 1024; w++)
            from.words[w] = w * 2654435761u;
        VkCommandBuffer c = rig_begin();
        const VkBufferCopy all = {0, 0, 4096};
        vkCmdCopyBuffer(c, from.buffer, to.buffer, 1, &all);
        rig_barrier(c);
        rig_run(c);
        for (uint32_t w = 0; w < 1024; w++)
            ck_assert_uint_eq(to.words[w], w * 2654435761u);
        rig_buffer_destroy(&from);
        rig_buffer_destroy(&to);
        seen++;
    }
    ck_assert_int_ge(seen, 1);
}
END_TEST

START_TEST(a_mapping_shows_its_offset_and_lasts_over_unmap)
{
    VkDeviceMemory memory;
    uint32_t type = rig_memory_type(RIG_HOST);
    OK(allocate(type, MIB, &memory));
    void *whole, *part;
    OK(vkMapMemory(rig.device, memory, 0, VK_WHOLE_SIZE, 0, &whole));
    ck_assert_uint_eq((uintptr_t)whole % 64, 0);
    ((uint8_t *)whole)[4096] = 77;
    vkUnmapMemory(rig.device, memory);
    OK(vkMapMemory(rig.device, memory, 4096, 4096, 0, &part));
    ck_assert_int_eq(*(uint8_t *)part, 77);
    const VkMappedMemoryRange range = {.sType = VK_STRUCTURE_TYPE_MAPPED_MEMORY_RANGE,
                                       .memory = memory,
                                       .offset = 4096,
                                       .size = 4096};
    OK(vkFlushMappedMemoryRanges(rig.device, 1, &range));
    OK(vkInvalidateMappedMemoryRanges(rig.device, 1, &range));
    vkFreeMemory(rig.device, memory, NULL);
}
END_TEST

START_TEST(more_than_there_is_gives_an_error_and_no_harm)
{
    VkPhysicalDeviceMemoryProperties m;
    vkGetPhysicalDeviceMemoryProperties(rig.physical_device, &m);
    for (uint32_t type = 0; type < m.memoryTypeCount; type++) {
        VkDeviceSize heap = m.memoryHeaps[m.memoryTypes[type].heapIndex].size;
        VkDeviceMemory memory;
        ck_assert_int_lt(allocate(type, heap + MIB, &memory), 0);
        OK(allocate(type, MIB, &memory));
        vkFreeMemory(rig.device, memory, NULL);
    }
    rig_forget_messages(); /* the layer warns of sizes beyond the heap */
}
END_TEST

START_TEST(the_budget_shows_what_is_used)
{
    VkPhysicalDeviceMemoryBudgetPropertiesEXT before = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT};
    VkPhysicalDeviceMemoryBudgetPropertiesEXT after = before;
    VkPhysicalDeviceMemoryProperties2 m = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2, .pNext = &before};
    vkGetPhysicalDeviceMemoryProperties2(rig.physical_device, &m);
    uint32_t type = rig_memory_type(VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT);
    uint32_t heap = m.memoryProperties.memoryTypes[type].heapIndex;
    VkDeviceMemory memory;
    OK(allocate(type, 16 * MIB, &memory));
    m.pNext = &after;
    vkGetPhysicalDeviceMemoryProperties2(rig.physical_device, &m);
    ck_assert_uint_ge(after.heapUsage[heap], before.heapUsage[heap] + 16 * MIB);
    ck_assert_uint_le(after.heapBudget[heap], m.memoryProperties.memoryHeaps[heap].size);
    vkFreeMemory(rig.device, memory, NULL);
}
END_TEST

START_TEST(two_buffers_share_one_allocation)
{
    struct rig_buffer whole = rig_buffer_create(64 * 1024, RIG_HOST);
    memset(whole.words, 0, 64 * 1024);
    const VkBufferCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
        .size = 1000,
        .usage = VK_BUFFER_USAGE_TRANSFER_DST_BIT,
    };
    VkBuffer second;
    OK(vkCreateBuffer(rig.device, &info, NULL, &second));
    VkMemoryRequirements need;
    vkGetBufferMemoryRequirements(rig.device, second, &need);
    ck_assert_uint_ge(need.size, 1000);
    const VkBindBufferMemoryInfo bind = {.sType = VK_STRUCTURE_TYPE_BIND_BUFFER_MEMORY_INFO,
                                         .buffer = second,
                                         .memory = whole.memory,
                                         .memoryOffset = 4 * need.alignment};
    OK(vkBindBufferMemory2(rig.device, 1, &bind));
    VkCommandBuffer c = rig_begin();
    vkCmdFillBuffer(c, second, 0, VK_WHOLE_SIZE, 0x55555555);
    rig_barrier(c);
    rig_run(c);
    ck_assert_uint_eq(whole.words[need.alignment - 1], 0);
    ck_assert_uint_eq(whole.words[need.alignment], 0x55555555);
    ck_assert_uint_eq(whole.words[need.alignment + 249], 0x55555555);
    ck_assert_uint_eq(whole.words[need.alignment + 250], 0);
    vkDestroyBuffer(rig.device, second, NULL);
    rig_buffer_destroy(&whole);
}
END_TEST

START_TEST(requirements_are_known_before_the_buffer)
{
    RIG_PROC(vkGetDeviceBufferMemoryRequirementsKHR);
    const VkBufferCreateInfo create = {
        .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
        .size = 12345,
        .usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT,
    };
    const VkDeviceBufferMemoryRequirements info = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_BUFFER_MEMORY_REQUIREMENTS, .pCreateInfo = &create};
    VkMemoryDedicatedRequirements dedicated = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS, .prefersDedicatedAllocation = 9};
    VkMemoryRequirements2 early = {.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2,
                                   .pNext = &dedicated};
    vkGetDeviceBufferMemoryRequirementsKHR(rig.device, &info, &early);
    ck_assert_uint_eq(dedicated.prefersDedicatedAllocation, VK_FALSE);
    VkBuffer buffer;
    OK(vkCreateBuffer(rig.device, &create, NULL, &buffer));
    VkMemoryRequirements late;
    vkGetBufferMemoryRequirements(rig.device, buffer, &late);
    ck_assert_uint_eq(early.memoryRequirements.size, late.size);
    ck_assert_uint_eq(early.memoryRequirements.alignment, late.alignment);
    ck_assert_uint_eq(early.memoryRequirements.memoryTypeBits, late.memoryTypeBits);
    vkDestroyBuffer(rig.device, buffer, NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("memory");
    TCase *tc = tcase_create("memory");
    tcase_set_timeout(tc, 60);
    tcase_add_unchecked_fixture(tc, rig_open, rig_close);
    tcase_add_checked_fixture(tc, rig_test_begin, rig_test_end);
    tcase_add_test(tc, there_is_memory_of_each_required_kind);
    tcase_add_test(tc, the_gpu_reads_what_the_cpu_wrote_in_every_visible_type);
    tcase_add_test(tc, a_mapping_shows_its_offset_and_lasts_over_unmap);
    tcase_add_test(tc, more_than_there_is_gives_an_error_and_no_harm);
    tcase_add_test(tc, the_budget_shows_what_is_used);
    tcase_add_test(tc, two_buffers_share_one_allocation);
    tcase_add_test(tc, requirements_are_known_before_the_buffer);
    suite_add_tcase(suite, tc);
    return rig_main(suite);
}
