/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Descriptor sets in all the ways they get their contents, seen through shaders/mark.comp. */
#include "kit.h"

#include "mark_array.spv.h"
#include "mark_dynamic.spv.h"
#include "mark_one.spv.h"

#include <string.h>

enum { BYTES = 4096, PUSH = 5000 };

/* What mark.comp writes in a dispatch of one group. */
static const uint32_t marked = PUSH + 1;

static VkDescriptorSetLayout layout_of(VkDescriptorSetLayoutCreateFlags flags, uint32_t binding,
                                       VkDescriptorType type, uint32_t count)
{
    return kit_set_layout(
        flags, 1,
        &(VkDescriptorSetLayoutBinding){binding, type, count, VK_SHADER_STAGE_COMPUTE_BIT, NULL});
}

static void dispatch_marked(VkCommandBuffer c, struct kit_program *p)
{
    const uint32_t push = PUSH;
    vkCmdBindPipeline(c, VK_PIPELINE_BIND_POINT_COMPUTE, p->pipeline);
    vkCmdPushConstants(c, p->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof(push), &push);
    vkCmdDispatch(c, 1, 1, 1);
    rig_barrier(c);
}

START_TEST(a_storage_buffer_is_reached_at_its_offset)
{
    struct rig_buffer b = rig_buffer_create(BYTES, RIG_HOST);
    memset(b.words, 0, BYTES);
    VkDescriptorSetLayout sets[] = {layout_of(0, 0, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1)};
    struct kit_program p = kit_program_create(KIT_SPIRV(mark_one), 1, sets);
    VkDescriptorPool pool = kit_pool(0, 1, 1);
    VkDescriptorSet set = kit_set(pool, sets[0]);
    kit_write(set, 0, 0, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, b.buffer, 256, 64);
    VkCommandBuffer c = rig_begin();
    vkCmdBindDescriptorSets(c, VK_PIPELINE_BIND_POINT_COMPUTE, p.layout, 0, 1, &set, 0, NULL);
    dispatch_marked(c, &p);
    rig_run(c);
    ck_assert_uint_eq(b.words[64], marked);
    ck_assert_uint_eq(b.words[0], 0);
    vkDestroyDescriptorPool(rig.device, pool, NULL);
    kit_program_destroy(&p);
    vkDestroyDescriptorSetLayout(rig.device, sets[0], NULL);
    rig_buffer_destroy(&b);
}
END_TEST

START_TEST(dynamic_offsets_go_to_their_own_buffers)
{
    struct rig_buffer b = rig_buffer_create(BYTES, RIG_HOST);
    memset(b.words, 0, BYTES);
    const VkDescriptorType type = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER_DYNAMIC;
    const VkDescriptorSetLayoutBinding two[] = {
        {1, type, 1, VK_SHADER_STAGE_COMPUTE_BIT, NULL},
        {0, type, 1, VK_SHADER_STAGE_COMPUTE_BIT, NULL},
    };
    VkDescriptorSetLayout sets[] = {kit_set_layout(0, 2, two), layout_of(0, 0, type, 1)};
    struct kit_program p = kit_program_create(KIT_SPIRV(mark_dynamic), 2, sets);
    VkDescriptorPool pool = kit_pool(0, 2, 3);
    VkDescriptorSet s[] = {kit_set(pool, sets[0]), kit_set(pool, sets[1])};
    kit_write(s[0], 0, 0, type, b.buffer, 0, 16);
    kit_write(s[0], 1, 0, type, b.buffer, 1024, 16);
    kit_write(s[1], 0, 0, type, b.buffer, 2048, 16);
    VkCommandBuffer c = rig_begin();
    const uint32_t offsets[] = {64, 128, 256}; /* in the order of binding numbers */
    vkCmdBindDescriptorSets(c, VK_PIPELINE_BIND_POINT_COMPUTE, p.layout, 0, 2, s, 3, offsets);
    dispatch_marked(c, &p);
    const uint32_t other = 512; /* only set 1 is bound anew */
    vkCmdBindDescriptorSets(c, VK_PIPELINE_BIND_POINT_COMPUTE, p.layout, 1, 1, &s[1], 1, &other);
    dispatch_marked(c, &p);
    rig_run(c);
    const uint32_t places[] = {64, 1024 + 128, 2048 + 256, 2048 + 512};
    for (uint32_t i = 0, next = 0; i < BYTES / 4; i++) {
        bool here = next < 4 && i == places[next] / 4;
        ck_assert_uint_eq(b.words[i], here ? marked : 0);
        next += here;
    }
    vkDestroyDescriptorPool(rig.device, pool, NULL);
    kit_program_destroy(&p);
    vkDestroyDescriptorSetLayout(rig.device, sets[0], NULL);
    vkDestroyDescriptorSetLayout(rig.device, sets[1], NULL);
    rig_buffer_destroy(&b);
}
END_TEST

/* The layout of mark.comp's ARRAY: set 1, binding 2, three buffers. */
struct array_case {
    struct rig_buffer buffer;
    VkDescriptorSetLayout sets[2];
    struct kit_program program;
    VkDescriptorPool pool;
    VkDescriptorSet set;
};

static struct array_case array_begin(VkDescriptorSetLayoutCreateFlags flags)
{
    struct array_case a = {.buffer = rig_buffer_create(BYTES, RIG_HOST)};
    memset(a.buffer.words, 0, BYTES);
    a.sets[0] = kit_set_layout(0, 0, NULL);
    a.sets[1] = layout_of(flags, 2, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 3);
    a.program = kit_program_create(KIT_SPIRV(mark_array), 2, a.sets);
    if (!flags) {
        a.pool = kit_pool(0, 2, 6);
        a.set = kit_set(a.pool, a.sets[1]);
    }
    return a;
}

static void array_end(struct array_case *a)
{
    for (uint32_t i = 0; i < BYTES / 4; i++)
        ck_assert_uint_eq(a->buffer.words[i], i == 64 || i == 128 || i == 192 ? marked : 0);
    vkDestroyDescriptorPool(rig.device, a->pool, NULL);
    kit_program_destroy(&a->program);
    vkDestroyDescriptorSetLayout(rig.device, a->sets[0], NULL);
    vkDestroyDescriptorSetLayout(rig.device, a->sets[1], NULL);
    rig_buffer_destroy(&a->buffer);
}

static void array_run(struct array_case *a)
{
    VkCommandBuffer c = rig_begin();
    vkCmdBindDescriptorSets(c, VK_PIPELINE_BIND_POINT_COMPUTE, a->program.layout, 1, 1, &a->set, 0,
                            NULL);
    dispatch_marked(c, &a->program);
    rig_run(c);
}

START_TEST(an_array_of_buffers_is_written_element_by_element)
{
    struct array_case a = array_begin(0);
    for (uint32_t i = 0; i < 3; i++)
        kit_write(a.set, 2, i, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, a.buffer.buffer, 256 * (i + 1),
                  16);
    array_run(&a);
    array_end(&a);
}
END_TEST

START_TEST(copied_descriptors_are_as_good_as_written_ones)
{
    struct array_case a = array_begin(0);
    VkDescriptorSet from = kit_set(a.pool, a.sets[1]);
    for (uint32_t i = 0; i < 3; i++)
        kit_write(from, 2, i, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, a.buffer.buffer, 256 * (i + 1),
                  16);
    const VkCopyDescriptorSet copies[] = {
        {.sType = VK_STRUCTURE_TYPE_COPY_DESCRIPTOR_SET,
         .srcSet = from,
         .srcBinding = 2,
         .srcArrayElement = 1,
         .dstSet = a.set,
         .dstBinding = 2,
         .dstArrayElement = 0,
         .descriptorCount = 2},
        {.sType = VK_STRUCTURE_TYPE_COPY_DESCRIPTOR_SET,
         .srcSet = from,
         .srcBinding = 2,
         .srcArrayElement = 0,
         .dstSet = a.set,
         .dstBinding = 2,
         .dstArrayElement = 2,
         .descriptorCount = 1},
    };
    vkUpdateDescriptorSets(rig.device, 0, NULL, 2, copies);
    array_run(&a);
    array_end(&a);
}
END_TEST

struct template_data {
    uint32_t unrelated[3];
    struct {
        VkDescriptorBufferInfo info;
        uint64_t gap;
    } buffers[3];
};

static VkDescriptorUpdateTemplate template_create(const struct array_case *a, bool push)
{
    const VkDescriptorUpdateTemplateEntry entry = {
        .dstBinding = 2,
        .descriptorCount = 3,
        .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
        .offset = offsetof(struct template_data, buffers),
        .stride = sizeof(((struct template_data *)0)->buffers[0]),
    };
    const VkDescriptorUpdateTemplateCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_UPDATE_TEMPLATE_CREATE_INFO,
        .descriptorUpdateEntryCount = 1,
        .pDescriptorUpdateEntries = &entry,
        .templateType = push ? VK_DESCRIPTOR_UPDATE_TEMPLATE_TYPE_PUSH_DESCRIPTORS_KHR
                             : VK_DESCRIPTOR_UPDATE_TEMPLATE_TYPE_DESCRIPTOR_SET,
        .descriptorSetLayout = a->sets[1],
        .pipelineBindPoint = VK_PIPELINE_BIND_POINT_COMPUTE,
        .pipelineLayout = a->program.layout,
        .set = 1,
    };
    VkDescriptorUpdateTemplate update;
    OK(vkCreateDescriptorUpdateTemplate(rig.device, &info, NULL, &update));
    return update;
}

static struct template_data template_fill(const struct array_case *a)
{
    struct template_data data = {0};
    for (uint32_t i = 0; i < 3; i++)
        data.buffers[i].info =
            (VkDescriptorBufferInfo){a->buffer.buffer, 256 * (i + 1), VK_WHOLE_SIZE};
    return data;
}

START_TEST(an_update_template_reads_the_applications_structure)
{
    struct array_case a = array_begin(0);
    VkDescriptorUpdateTemplate update = template_create(&a, false);
    struct template_data data = template_fill(&a);
    vkUpdateDescriptorSetWithTemplate(rig.device, a.set, update, &data);
    vkDestroyDescriptorUpdateTemplate(rig.device, update, NULL);
    array_run(&a);
    array_end(&a);
}
END_TEST

START_TEST(push_descriptors_keep_what_is_not_pushed_again)
{
    RIG_PROC(vkCmdPushDescriptorSetKHR);
    struct array_case a = array_begin(VK_DESCRIPTOR_SET_LAYOUT_CREATE_PUSH_DESCRIPTOR_BIT_KHR);
    VkDescriptorBufferInfo infos[3];
    for (uint32_t i = 0; i < 3; i++)
        infos[i] = (VkDescriptorBufferInfo){a.buffer.buffer, i < 2 ? 256 * (i + 1) : 0, 16};
    VkWriteDescriptorSet write = {
        .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
        .dstBinding = 2,
        .descriptorCount = 3,
        .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
        .pBufferInfo = infos,
    };
    VkCommandBuffer c = rig_begin();
    vkCmdPushDescriptorSetKHR(c, VK_PIPELINE_BIND_POINT_COMPUTE, a.program.layout, 1, 1, &write);
    infos[2].offset = 768;
    write.dstArrayElement = 2;
    write.descriptorCount = 1;
    write.pBufferInfo = &infos[2];
    vkCmdPushDescriptorSetKHR(c, VK_PIPELINE_BIND_POINT_COMPUTE, a.program.layout, 1, 1, &write);
    dispatch_marked(c, &a.program);
    rig_run(c);
    array_end(&a);
}
END_TEST

START_TEST(push_descriptors_take_templates)
{
    RIG_PROC(vkCmdPushDescriptorSetWithTemplateKHR);
    struct array_case a = array_begin(VK_DESCRIPTOR_SET_LAYOUT_CREATE_PUSH_DESCRIPTOR_BIT_KHR);
    VkDescriptorUpdateTemplate update = template_create(&a, true);
    struct template_data data = template_fill(&a);
    VkCommandBuffer c = rig_begin();
    vkCmdPushDescriptorSetWithTemplateKHR(c, update, a.program.layout, 1, &data);
    dispatch_marked(c, &a.program);
    rig_run(c);
    vkDestroyDescriptorUpdateTemplate(rig.device, update, NULL);
    array_end(&a);
}
END_TEST

START_TEST(a_pool_gives_room_back_and_says_when_there_is_none)
{
    enum { SETS = 8 };
    VkDescriptorSetLayout one = layout_of(0, 0, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1);
    VkDescriptorSetLayout two = layout_of(0, 0, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 2);
    VkDescriptorPool pool = kit_pool(VK_DESCRIPTOR_POOL_CREATE_FREE_DESCRIPTOR_SET_BIT, SETS, SETS);
    VkDescriptorSet sets[SETS];
    for (int i = 0; i < SETS; i++)
        sets[i] = kit_set(pool, one);
    OK(vkFreeDescriptorSets(rig.device, pool, 1, &sets[1]));
    OK(vkFreeDescriptorSets(rig.device, pool, 1, &sets[3]));
    const VkDescriptorSetAllocateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
        .descriptorPool = pool,
        .descriptorSetCount = 1,
        .pSetLayouts = &two,
    };
    VkDescriptorSet pair;
    ck_assert_int_eq(vkAllocateDescriptorSets(rig.device, &info, &pair), VK_ERROR_FRAGMENTED_POOL);
    OK(vkFreeDescriptorSets(rig.device, pool, 1, &sets[2]));
    OK(vkAllocateDescriptorSets(rig.device, &info, &pair));
    sets[1] = kit_set(pool, one);
    OK(vkResetDescriptorPool(rig.device, pool, 0));
    for (int i = 0; i < SETS; i++)
        sets[i] = kit_set(pool, one);
    vkDestroyDescriptorPool(rig.device, pool, NULL);
    vkDestroyDescriptorSetLayout(rig.device, one, NULL);
    vkDestroyDescriptorSetLayout(rig.device, two, NULL);
}
END_TEST

START_TEST(layouts_of_images_are_not_supported)
{
    const VkDescriptorSetLayoutBinding image = {0, VK_DESCRIPTOR_TYPE_STORAGE_IMAGE, 1,
                                                VK_SHADER_STAGE_COMPUTE_BIT, NULL};
    const VkDescriptorSetLayoutCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
        .bindingCount = 1,
        .pBindings = &image,
    };
    VkDescriptorSetLayoutSupport support = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_SUPPORT, .supported = VK_TRUE};
    vkGetDescriptorSetLayoutSupport(rig.device, &info, &support);
    ck_assert(!support.supported);
    VkDescriptorSetLayout layout;
    ck_assert_int_eq(vkCreateDescriptorSetLayout(rig.device, &info, NULL, &layout),
                     VK_ERROR_FEATURE_NOT_PRESENT);
}
END_TEST

static void run_base_and_indirect(struct rig_buffer *b, struct kit_program *p, VkDescriptorSet set)
{
    b->words[128] = 7; /* group counts of the indirect dispatch */
    b->words[129] = b->words[130] = 1;
    const uint32_t push = PUSH;
    VkCommandBuffer c = rig_begin();
    vkCmdBindPipeline(c, VK_PIPELINE_BIND_POINT_COMPUTE, p->pipeline);
    vkCmdPushConstants(c, p->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, 4, &push);
    vkCmdBindDescriptorSets(c, VK_PIPELINE_BIND_POINT_COMPUTE, p->layout, 0, 1, &set, 0, NULL);
    vkCmdDispatchBase(c, 3, 0, 0, 1, 1, 1);
    rig_barrier(c);
    const VkBufferCopy keep = {0, 64, 4};
    vkCmdCopyBuffer(c, b->buffer, b->buffer, 1, &keep);
    rig_barrier(c);
    vkCmdDispatchIndirect(c, b->buffer, 512);
    rig_barrier(c);
    rig_run(c);
}

START_TEST(dispatches_take_a_base_and_counts_from_memory)
{
    struct rig_buffer b = rig_buffer_create(BYTES, RIG_HOST);
    memset(b.words, 0, BYTES);
    VkDescriptorSetLayout sets[] = {layout_of(0, 0, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1)};
    struct kit_program p = kit_program_create(KIT_SPIRV(mark_one), 1, sets);
    VkDescriptorPool pool = kit_pool(0, 1, 1);
    VkDescriptorSet set = kit_set(pool, sets[0]);
    kit_write(set, 0, 0, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, b.buffer, 0, VK_WHOLE_SIZE);
    run_base_and_indirect(&b, &p, set);
    ck_assert_uint_eq(b.words[16], PUSH + 1 + 3000);
    ck_assert_uint_eq(b.words[0], PUSH + 7);
    vkDestroyDescriptorPool(rig.device, pool, NULL);
    kit_program_destroy(&p);
    vkDestroyDescriptorSetLayout(rig.device, sets[0], NULL);
    rig_buffer_destroy(&b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("descriptors");
    TCase *tc = tcase_create("descriptors");
    tcase_add_unchecked_fixture(tc, rig_open, rig_close);
    tcase_add_checked_fixture(tc, rig_test_begin, rig_test_end);
    tcase_add_test(tc, a_storage_buffer_is_reached_at_its_offset);
    tcase_add_test(tc, dynamic_offsets_go_to_their_own_buffers);
    tcase_add_test(tc, an_array_of_buffers_is_written_element_by_element);
    tcase_add_test(tc, copied_descriptors_are_as_good_as_written_ones);
    tcase_add_test(tc, an_update_template_reads_the_applications_structure);
    tcase_add_test(tc, push_descriptors_keep_what_is_not_pushed_again);
    tcase_add_test(tc, push_descriptors_take_templates);
    tcase_add_test(tc, a_pool_gives_room_back_and_says_when_there_is_none);
    tcase_add_test(tc, layouts_of_images_are_not_supported);
    tcase_add_test(tc, dispatches_take_a_base_and_counts_from_memory);
    suite_add_tcase(suite, tc);
    return rig_main(suite);
}
