/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What came after Vulkan 1.0: subgroups, buffer addresses, 64-bit integers, tables of descriptors.
 */
#include "kit.h"

#include "address.spv.h"
#include "subgroup.spv.h"
#include "table.spv.h"
#include "zeroed.spv.h"

#include <string.h>

/* Runs a program with one set and a push constant of 8 bytes. */
static void dispatch(struct kit_program *p, VkDescriptorSet set, uint64_t push, uint32_t groups)
{
    VkCommandBuffer c = rig_begin();
    vkCmdBindPipeline(c, VK_PIPELINE_BIND_POINT_COMPUTE, p->pipeline);
    vkCmdBindDescriptorSets(c, VK_PIPELINE_BIND_POINT_COMPUTE, p->layout, 0, 1, &set, 0, NULL);
    vkCmdPushConstants(c, p->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof(push), &push);
    vkCmdDispatch(c, groups, 1, 1);
    rig_barrier(c);
    rig_run(c);
}

/* A program with one storage buffer, run once; subgroup_size 0: whatever the driver takes. */
static void run_sized(struct kit_spirv code, uint32_t subgroup_size, struct rig_buffer *b,
                      uint64_t push, uint32_t groups)
{
    VkDescriptorSetLayout layout = kit_storage_layout(1);
    struct kit_program p = subgroup_size ? kit_program_create_sized(code, 1, &layout, subgroup_size)
                                         : kit_program_create(code, 1, &layout);
    VkDescriptorPool pool = kit_pool(0, 1, 1);
    VkDescriptorSet set = kit_set(pool, layout);
    kit_write(set, 0, 0, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, b->buffer, 0, VK_WHOLE_SIZE);
    dispatch(&p, set, push, groups);
    vkDestroyDescriptorPool(rig.device, pool, NULL);
    kit_program_destroy(&p);
    vkDestroyDescriptorSetLayout(rig.device, layout, NULL);
}

static void run_on(struct kit_spirv code, struct rig_buffer *b, uint64_t push, uint32_t groups)
{
    run_sized(code, 0, b, push, groups);
}

enum {
    SUBGROUP_CELLS = 22,
    SUBGROUP_FEATURES = VK_SUBGROUP_FEATURE_BASIC_BIT | VK_SUBGROUP_FEATURE_VOTE_BIT |
                        VK_SUBGROUP_FEATURE_ARITHMETIC_BIT | VK_SUBGROUP_FEATURE_BALLOT_BIT |
                        VK_SUBGROUP_FEATURE_SHUFFLE_BIT | VK_SUBGROUP_FEATURE_SHUFFLE_RELATIVE_BIT |
                        VK_SUBGROUP_FEATURE_CLUSTERED_BIT | VK_SUBGROUP_FEATURE_QUAD_BIT,
};

static void vote_and_exchange(uint32_t subgroup_size)
{
    VkPhysicalDeviceSubgroupProperties warp = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES};
    VkPhysicalDeviceProperties2 properties = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &warp};
    vkGetPhysicalDeviceProperties2(rig.physical_device, &properties);
    ck_assert_uint_eq(warp.subgroupSize, 32);
    ck_assert_uint_eq(warp.supportedOperations & SUBGROUP_FEATURES, SUBGROUP_FEATURES);
    struct rig_buffer b = rig_buffer_create(64 * SUBGROUP_CELLS * 4, RIG_HOST);
    memset(b.words, 0xff, b.size_bytes);
    run_sized(KIT_SPIRV(subgroup), subgroup_size, &b, 0, 1);
    for (uint32_t i = 0; i < 64; i++) {
        const uint32_t lane = i % 32, group = i - lane,
                       before = lane * group + lane * (lane - 1) / 2;
        const uint32_t want[SUBGROUP_CELLS] = {32,
                                               2,
                                               i,
                                               lane == 0,
                                               i < 32,
                                               i >= 32,
                                               group + (lane ^ 3),
                                               2 * (group + (lane ^ 16)),
                                               lane < 31 ? i + 1 : 0,
                                               1,
                                               0xaaaaaaaa,
                                               group + 5,
                                               22,
                                               group,
                                               (uint32_t)((UINT64_C(1) << lane) - 1),
                                               19,
                                               32 * group + 31 * 16,
                                               before,
                                               i | 7,
                                               i ^ 3,
                                               group + 2,
                                               before + i};
        for (uint32_t k = 0; k < SUBGROUP_CELLS; k++)
            ck_assert_msg(b.words[i * SUBGROUP_CELLS + k] == want[k],
                          "thread %u, cell %u: %u, want %u", i, k, b.words[i * SUBGROUP_CELLS + k],
                          want[k]);
    }
    rig_buffer_destroy(&b);
}

START_TEST(subgroups_vote_and_exchange)
{
    vote_and_exchange(0);
}
END_TEST

START_TEST(subgroups_are_full_and_of_a_size_the_device_names)
{
    VkPhysicalDeviceSubgroupSizeControlProperties sizes = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_PROPERTIES};
    VkPhysicalDeviceProperties2 properties = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &sizes};
    vkGetPhysicalDeviceProperties2(rig.physical_device, &properties);
    ck_assert_uint_eq(sizes.requiredSubgroupSizeStages, VK_SHADER_STAGE_COMPUTE_BIT);
    ck_assert_uint_gt(sizes.minSubgroupSize, 0);
    ck_assert_uint_le(sizes.minSubgroupSize, sizes.maxSubgroupSize);
    ck_assert_uint_ge(sizes.maxComputeWorkgroupSubgroups * sizes.minSubgroupSize,
                      properties.properties.limits.maxComputeWorkGroupInvocations);
    for (uint32_t size = sizes.minSubgroupSize; size <= sizes.maxSubgroupSize; size *= 2)
        vote_and_exchange(size);
}
END_TEST

START_TEST(shaders_follow_addresses_in_64_bits)
{
    enum { NODES = 9, STRIDE = 64 };
    struct rig_buffer out = rig_buffer_create(64, RIG_HOST);
    struct rig_buffer nodes = rig_buffer_create_addressed(NODES * STRIDE, RIG_HOST);
    const VkBufferDeviceAddressInfo info = {.sType = VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO,
                                            .buffer = nodes.buffer};
    uint64_t base = vkGetBufferDeviceAddress(rig.device, &info);
    ck_assert_uint_ne(base, 0);
    uint64_t sum = 0, product = 1, next = 0;
    for (uint32_t i = 0; i < NODES; i++) {
        uint64_t *node = (uint64_t *)(void *)((uint8_t *)nodes.words + i * STRIDE);
        node[0] = next; /* the list runs from the last to the first */
        node[1] = 0x123456789abcdef0u * (i + 1);
        next = base + i * STRIDE;
        sum += node[1];
        product *= node[1] | 1;
    }
    run_on(KIT_SPIRV(address), &out, next, 1);
    uint64_t got[2];
    memcpy(got, out.words, sizeof(got));
    ck_assert_uint_eq(got[0], sum);
    ck_assert_uint_eq(got[1], product);
    ck_assert_uint_eq(out.words[4], NODES);
    rig_buffer_destroy(&out);
    rig_buffer_destroy(&nodes);
}
END_TEST

enum { TABLE_MAX = 1000, TABLE_COUNT = 5 };

static VkDescriptorSetLayout table_layout(void)
{
    const VkDescriptorBindingFlags flags[] = {0,
                                              VK_DESCRIPTOR_BINDING_VARIABLE_DESCRIPTOR_COUNT_BIT |
                                                  VK_DESCRIPTOR_BINDING_PARTIALLY_BOUND_BIT |
                                                  VK_DESCRIPTOR_BINDING_UPDATE_AFTER_BIND_BIT};
    const VkDescriptorSetLayoutBindingFlagsCreateInfo binding_flags = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_BINDING_FLAGS_CREATE_INFO,
        .bindingCount = 2,
        .pBindingFlags = flags};
    const VkDescriptorSetLayoutBinding bindings[] = {
        {0, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1, VK_SHADER_STAGE_COMPUTE_BIT, NULL},
        {3, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, TABLE_MAX, VK_SHADER_STAGE_COMPUTE_BIT, NULL}};
    const VkDescriptorSetLayoutCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
        .pNext = &binding_flags,
        .flags = VK_DESCRIPTOR_SET_LAYOUT_CREATE_UPDATE_AFTER_BIND_POOL_BIT,
        .bindingCount = 2,
        .pBindings = bindings};
    VkDescriptorSetLayout layout;
    OK(vkCreateDescriptorSetLayout(rig.device, &info, NULL, &layout));
    return layout;
}

static VkDescriptorSet table_set(VkDescriptorPool pool, VkDescriptorSetLayout layout)
{
    const uint32_t count = TABLE_COUNT;
    const VkDescriptorSetVariableDescriptorCountAllocateInfo variable = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_VARIABLE_DESCRIPTOR_COUNT_ALLOCATE_INFO,
        .descriptorSetCount = 1,
        .pDescriptorCounts = &count};
    const VkDescriptorSetAllocateInfo info = {.sType =
                                                  VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
                                              .pNext = &variable,
                                              .descriptorPool = pool,
                                              .descriptorSetCount = 1,
                                              .pSetLayouts = &layout};
    VkDescriptorSet set;
    OK(vkAllocateDescriptorSets(rig.device, &info, &set));
    return set;
}

START_TEST(a_table_of_variable_size_changes_after_it_is_bound)
{
    struct rig_buffer out = rig_buffer_create(256, RIG_HOST);
    struct rig_buffer in = rig_buffer_create(TABLE_COUNT * 256, RIG_HOST);
    VkDescriptorSetLayout layout = table_layout();
    struct kit_program p = kit_program_create(KIT_SPIRV(table), 1, &layout);
    const VkDescriptorPoolSize size = {VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1 + TABLE_COUNT};
    const VkDescriptorPoolCreateInfo info = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
                                             .flags =
                                                 VK_DESCRIPTOR_POOL_CREATE_UPDATE_AFTER_BIND_BIT,
                                             .maxSets = 1,
                                             .poolSizeCount = 1,
                                             .pPoolSizes = &size};
    VkDescriptorPool pool;
    OK(vkCreateDescriptorPool(rig.device, &info, NULL, &pool));
    VkDescriptorSet set = table_set(pool, layout);
    const VkDescriptorType type = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
    kit_write(set, 0, 0, type, out.buffer, 0, VK_WHOLE_SIZE);
    VkCommandBuffer c = rig_begin();
    vkCmdBindPipeline(c, VK_PIPELINE_BIND_POINT_COMPUTE, p.pipeline);
    vkCmdBindDescriptorSets(c, VK_PIPELINE_BIND_POINT_COMPUTE, p.layout, 0, 1, &set, 0, NULL);
    vkCmdDispatch(c, 1, 1, 1);
    rig_barrier(c);
    for (uint32_t i = 0; i < TABLE_COUNT; i++) { /* recorded, and not submitted yet */
        in.words[i * 64] = 100 + i;
        kit_write(set, 3, i, type, in.buffer, i * 256, 16);
    }
    rig_run(c);
    for (uint32_t i = 0; i < 64; i++)
        ck_assert_uint_eq(out.words[i], 100 + i * 7 % TABLE_COUNT);
    vkDestroyDescriptorPool(rig.device, pool, NULL);
    kit_program_destroy(&p);
    vkDestroyDescriptorSetLayout(rig.device, layout, NULL);
    rig_buffer_destroy(&out);
    rig_buffer_destroy(&in);
}
END_TEST

START_TEST(shared_memory_starts_as_zero_where_asked)
{
    enum { GROUPS = 12 };
    struct rig_buffer b = rig_buffer_create(GROUPS * 64 * sizeof(uint32_t), RIG_HOST);
    memset(b.words, 0, b.size_bytes);
    run_on(KIT_SPIRV(zeroed), &b, 0, GROUPS);
    for (uint32_t i = 0; i < GROUPS * 64; i++)
        ck_assert_uint_eq(b.words[i], 1);
    rig_buffer_destroy(&b);
}
END_TEST

START_TEST(private_data_are_kept_per_slot_and_object)
{
    enum { OBJECTS = 200 };
    RIG_PROC(vkCreatePrivateDataSlotEXT);
    RIG_PROC(vkDestroyPrivateDataSlotEXT);
    RIG_PROC(vkSetPrivateDataEXT);
    RIG_PROC(vkGetPrivateDataEXT);
    const VkPrivateDataSlotCreateInfo info = {.sType =
                                                  VK_STRUCTURE_TYPE_PRIVATE_DATA_SLOT_CREATE_INFO};
    VkPrivateDataSlot slots[2];
    VkFence fences[OBJECTS];
    uint64_t value = 9;
    for (int i = 0; i < 2; i++)
        OK(vkCreatePrivateDataSlotEXT(rig.device, &info, NULL, &slots[i]));
    for (uint64_t i = 0; i < OBJECTS; i++) {
        fences[i] = rig_fence(false);
        OK(vkSetPrivateDataEXT(rig.device, VK_OBJECT_TYPE_FENCE, (uint64_t)fences[i], slots[0],
                               i + 1));
    }
    for (uint64_t i = 0; i < OBJECTS; i++) {
        vkGetPrivateDataEXT(rig.device, VK_OBJECT_TYPE_FENCE, (uint64_t)fences[i], slots[0],
                            &value);
        ck_assert_uint_eq(value, i + 1);
        vkGetPrivateDataEXT(rig.device, VK_OBJECT_TYPE_FENCE, (uint64_t)fences[i], slots[1],
                            &value);
        ck_assert_uint_eq(value, 0);
        vkDestroyFence(rig.device, fences[i], NULL);
    }
    for (int i = 0; i < OBJECTS; i++) { /* some of them where the old ones were */
        fences[i] = rig_fence(false);
        vkGetPrivateDataEXT(rig.device, VK_OBJECT_TYPE_FENCE, (uint64_t)fences[i], slots[0],
                            &value);
        ck_assert_uint_eq(value, 0);
    }
    for (int i = 0; i < OBJECTS; i++)
        vkDestroyFence(rig.device, fences[i], NULL);
    for (int i = 0; i < 2; i++)
        vkDestroyPrivateDataSlotEXT(rig.device, slots[i], NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("modern");
    TCase *tc = tcase_create("modern");
    tcase_set_timeout(tc, 60);
    tcase_add_unchecked_fixture(tc, rig_open, rig_close);
    tcase_add_checked_fixture(tc, rig_test_begin, rig_test_end);
    tcase_add_test(tc, subgroups_vote_and_exchange);
    tcase_add_test(tc, subgroups_are_full_and_of_a_size_the_device_names);
    tcase_add_test(tc, shaders_follow_addresses_in_64_bits);
    tcase_add_test(tc, a_table_of_variable_size_changes_after_it_is_bound);
    tcase_add_test(tc, shared_memory_starts_as_zero_where_asked);
    tcase_add_test(tc, private_data_are_kept_per_slot_and_object);
    suite_add_tcase(suite, tc);
    return rig_main(suite);
}
