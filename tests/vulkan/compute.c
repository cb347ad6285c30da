/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Shaders from GLSL to results, each against the same thing computed here. */
#include "kit.h"

#include "atomics.spv.h"
#include "escape.spv.h"
#include "grid.spv.h"
#include "layouts.spv.h"
#include "reduce.spv.h"
#include "robust.spv.h"
#include "special.spv.h"
#include "uniforms.spv.h"

#include <stdlib.h>
#include <string.h>

enum { BUFFERS_MAX = 2 };

/* A shader with its buffers at set 0, bindings 0 and 1. */
struct run {
    uint32_t count;
    VkDescriptorType types[BUFFERS_MAX];
    struct rig_buffer buffers[BUFFERS_MAX];
    VkDeviceSize ranges[BUFFERS_MAX];
    uint32_t push;
    uint32_t groups[3];
};

static struct run run_of(uint32_t count, VkDeviceSize size0, VkDeviceSize size1)
{
    struct run r = {.count = count, .groups = {1, 1, 1}};
    for (uint32_t i = 0; i < count; i++) {
        VkDeviceSize size = i ? size1 : size0;
        r.types[i] = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
        r.buffers[i] = rig_buffer_create(size, RIG_HOST);
        r.ranges[i] = VK_WHOLE_SIZE;
        memset(r.buffers[i].words, 0, size);
    }
    return r;
}

static VkPipeline make_pipeline(VkShaderModule module, VkPipelineLayout layout,
                                const VkSpecializationInfo *spec)
{
    const VkComputePipelineCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
        .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                  .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                  .module = module,
                  .pName = "main",
                  .pSpecializationInfo = spec},
        .layout = layout,
    };
    VkPipeline pipeline;
    VkResult result =
        vkCreateComputePipelines(rig.device, VK_NULL_HANDLE, 1, &info, NULL, &pipeline);
    ck_assert_msg(result == VK_SUCCESS, "pipeline: VkResult %d, %s", (int)result,
                  rig_last_driver_message());
    return pipeline;
}

static void run(struct run *r, struct kit_spirv code, const VkSpecializationInfo *spec)
{
    VkDescriptorSetLayoutBinding bindings[BUFFERS_MAX];
    for (uint32_t i = 0; i < r->count; i++)
        bindings[i] =
            (VkDescriptorSetLayoutBinding){i, r->types[i], 1, VK_SHADER_STAGE_COMPUTE_BIT, NULL};
    VkDescriptorSetLayout set_layout = kit_set_layout(0, r->count, bindings);
    VkShaderModule module = kit_module(code);
    VkPipelineLayout layout = kit_pipeline_layout(1, &set_layout);
    VkPipeline pipeline = make_pipeline(module, layout, spec);
    VkDescriptorPool pool = kit_pool(0, 1, BUFFERS_MAX);
    VkDescriptorSet set = kit_set(pool, set_layout);
    for (uint32_t i = 0; i < r->count; i++)
        kit_write(set, i, 0, r->types[i], r->buffers[i].buffer, 0, r->ranges[i]);
    VkCommandBuffer c = rig_begin();
    vkCmdBindPipeline(c, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline);
    vkCmdBindDescriptorSets(c, VK_PIPELINE_BIND_POINT_COMPUTE, layout, 0, 1, &set, 0, NULL);
    vkCmdPushConstants(c, layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof(r->push), &r->push);
    vkCmdDispatch(c, r->groups[0], r->groups[1], r->groups[2]);
    rig_barrier(c);
    rig_run(c);
    vkDestroyDescriptorPool(rig.device, pool, NULL);
    vkDestroyPipeline(rig.device, pipeline, NULL);
    vkDestroyPipelineLayout(rig.device, layout, NULL);
    vkDestroyShaderModule(rig.device, module, NULL);
    vkDestroyDescriptorSetLayout(rig.device, set_layout, NULL);
}

static void run_end(struct run *r)
{
    for (uint32_t i = 0; i < r->count; i++)
        rig_buffer_destroy(&r->buffers[i]);
}

START_TEST(workgroups_sum_in_shared_memory)
{
    enum { GROUPS = 16, SIZE = 256 };
    struct run r = run_of(2, GROUPS * SIZE * 4, GROUPS * 4);
    r.groups[0] = GROUPS;
    for (uint32_t i = 0; i < GROUPS * SIZE; i++)
        r.buffers[0].words[i] = i * i + 1;
    run(&r, KIT_SPIRV(reduce), NULL);
    for (uint32_t g = 0; g < GROUPS; g++) {
        uint32_t sum = 0;
        for (uint32_t i = g * SIZE; i < (g + 1) * SIZE; i++)
            sum += i * i + 1;
        ck_assert_uint_eq(r.buffers[1].words[g], sum);
    }
    run_end(&r);
}
END_TEST

START_TEST(specialization_constants_take_their_values)
{
    const struct {
        uint32_t size;
        int32_t factor;
        VkBool32 negate;
        float scale;
    } values = {48, 7, VK_TRUE, 2.5f};
    const VkSpecializationMapEntry entries[] = {{0, 0, 4}, {1, 4, 4}, {2, 8, 4}, {3, 12, 4}};
    const VkSpecializationInfo spec = {4, entries, sizeof(values), &values};
    struct run r = run_of(1, 4096, 0);
    r.groups[0] = 2;
    run(&r, KIT_SPIRV(special), &spec);
    const int32_t *out = (const int32_t *)r.buffers[0].words;
    for (int32_t i = 0; i < 96; i++)
        ck_assert_int_eq(out[i], -(i * 14 + 10));
    ck_assert_int_eq(out[96], 0);
    ck_assert_int_eq(out[1000], 48);
    run_end(&r);
}
END_TEST

START_TEST(accesses_beyond_a_buffer_read_zero_and_write_nothing)
{
    enum { INSIDE = 50 };
    struct run r = run_of(2, 4096, 256);
    memset(r.buffers[0].words, 0x77, 4096);
    memset(r.buffers[1].words, 0xff, 256);
    r.ranges[0] = INSIDE * 4;
    r.push = 1 << 20;
    run(&r, KIT_SPIRV(robust), NULL);
    for (uint32_t i = 0; i < 63; i++)
        ck_assert_uint_eq(r.buffers[1].words[i], i < INSIDE ? 0x77777777 : 0);
    ck_assert_uint_eq(r.buffers[1].words[63], INSIDE);
    r.push = INSIDE; /* within the memory, beyond the descriptor's range */
    run(&r, KIT_SPIRV(robust), NULL);
    for (uint32_t i = 0; i < 1024; i++)
        ck_assert_uint_eq(r.buffers[0].words[i], 0x77777777);
    run_end(&r);
}
END_TEST

START_TEST(uniform_blocks_follow_std140)
{
    struct run r = run_of(2, 256, 256);
    r.types[0] = VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER;
    float *u = (float *)r.buffers[0].words;
    for (int i = 0; i < 4; i++)
        u[i] = (float)(i + 1);
    for (int i = 0; i < 16; i++)
        u[4 + i] = (float)(i * 2); /* columns */
    for (int i = 0; i < 3; i++)
        u[20 + 4 * i] = (float)(100 + i);
    for (int i = 0; i < 8; i++)
        u[32 + i] = (float)(i + 1);
    r.buffers[0].words[40] = 30;
    r.buffers[0].words[41] = 12;
    run(&r, KIT_SPIRV(uniforms), NULL);
    const float *out = (const float *)r.buffers[1].words;
    for (int row = 0; row < 4; row++) {
        float want = 0;
        for (int column = 0; column < 4; column++)
            want += (float)((column * 4 + row) * 2) * (float)(column + 1);
        ck_assert_float_eq(out[row], want);
    }
    for (int i = 0; i < 3; i++)
        ck_assert_float_eq(out[4 + i], (float)(100 + i));
    ck_assert_float_eq(out[7], 1 + 20 + 300 + 4000);
    ck_assert_float_eq(out[8], 5 + 60 + 700 + 8000);
    ck_assert_float_eq(out[9], 18);
    run_end(&r);
}
END_TEST

START_TEST(relaxed_and_standard_layouts_reach_their_members)
{
    struct run r = run_of(2, 256, 256);
    r.types[1] = VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER;
    float *data = (float *)r.buffers[0].words;
    float *list = (float *)r.buffers[1].words;
    for (int i = 0; i < 16; i++)
        data[i] = (float)(i + 1);
    for (int i = 0; i < 8; i++)
        list[i] = (float)(10 * i);
    run(&r, KIT_SPIRV(layouts), NULL);
    for (int i = 0; i < 3; i++)
        ck_assert_float_eq(data[16 + i], (float)(4 - i) + 1); /* a.zyx + head */
    ck_assert_float_eq(data[21], 7 * 2);
    ck_assert_float_eq(data[22], 6 * 2);
    for (int c = 0; c < 2; c++) {
        for (int row = 0; row < 3; row++) /* three rows of two, 8 bytes each, from offset 32 */
            ck_assert_float_eq(data[24 + c * 3 + row], (float)(9 + row * 2 + c));
    }
    float want = 0;
    for (int i = 0; i < 8; i++)
        want += (float)(10 * i * (i + 1));
    ck_assert_float_eq(data[30], want);
    run_end(&r);
}
END_TEST

START_TEST(atomics_lose_no_update)
{
    enum { GROUPS = 20, COUNT = GROUPS * 64 };
    struct run r = run_of(1, 64, 0);
    r.groups[0] = GROUPS;
    uint32_t *w = r.buffers[0].words;
    w[1] = UINT32_MAX;
    w[2] = (uint32_t)INT32_MIN;
    run(&r, KIT_SPIRV(atomics), NULL);
    ck_assert_uint_eq(w[0], COUNT * (COUNT - 1) / 2);
    ck_assert_uint_eq(w[1], 5);
    ck_assert_int_eq((int32_t)w[2], COUNT - 4);
    ck_assert_uint_eq(w[3], UINT32_MAX);
    ck_assert_uint_ge(w[4], 1); /* how far the chain of swaps gets depends on the order */
    ck_assert_uint_le(w[4], COUNT);
    ck_assert_uint_eq(w[5], GROUPS);
    run_end(&r);
}
END_TEST

START_TEST(a_grid_in_three_dimensions_covers_every_cell)
{
    enum { CELLS = 5 * 4 * 7 * 3 * 3 * 2 };
    struct run r = run_of(1, CELLS * 4, 0);
    r.groups[0] = 5;
    r.groups[1] = 7;
    r.groups[2] = 3;
    run(&r, KIT_SPIRV(grid), NULL);
    for (uint32_t i = 0; i < CELLS; i++)
        ck_assert_uint_eq(r.buffers[0].words[i], i + 1);
    run_end(&r);
}
END_TEST

static uint32_t escape_steps(uint32_t n)
{
    uint32_t count = 0;
    while (n != 1 && count < 1000) {
        n = n & 1 ? 3 * n + 1 : n >> 1;
        count += n % 5 == 0 || n % 5 == 3 ? 2 : 1;
    }
    return count;
}

START_TEST(diverging_loops_and_switches_end_as_on_the_cpu)
{
    enum { COUNT = 512 };
    struct run r = run_of(1, COUNT * 4, 0);
    r.groups[0] = COUNT / 32;
    run(&r, KIT_SPIRV(escape), NULL);
    for (uint32_t i = 0; i < COUNT; i++)
        ck_assert_uint_eq(r.buffers[0].words[i], escape_steps(i + 1));
    run_end(&r);
}
END_TEST

/* Words of the pattern that buffers of the next two tests begin with. */
static uint32_t pattern(uint32_t i)
{
    return i * 2654435761u + 12345u;
}

static void pass(VkBuffer from, VkBuffer to, VkDeviceSize from_offset, VkDeviceSize to_offset,
                 VkDeviceSize size)
{
    const VkBufferCopy region = {from_offset, to_offset, size};
    VkCommandBuffer c = rig_begin();
    vkCmdCopyBuffer(c, from, to, 1, &region);
    rig_barrier(c);
    rig_run(c);
}

/* Sizes on both sides of where kernels take over, with ends that do not fill their last unit. */
START_TEST(copies_in_video_memory_touch_only_their_bytes)
{
    enum { WORDS = 40000, BYTES = WORDS * 4 };
    static const struct {
        uint32_t from, to, size;
    } regions[] = {{0, 0, 16384},      {16, 4096, 16400},  {0, 16, 16383},    {32, 64, 65536 + 13},
                   {4, 8, 50000},      {0, 0, 131072 + 8}, {256, 0, 16384 + 1}};
    struct rig_buffer host = rig_buffer_create(BYTES, RIG_HOST);
    struct rig_buffer a = rig_buffer_create(BYTES, RIG_DEVICE);
    struct rig_buffer b = rig_buffer_create(BYTES, RIG_DEVICE);
    uint8_t *bytes = (uint8_t *)host.words, *want = malloc(BYTES);
    for (size_t r = 0; r < sizeof(regions) / sizeof(regions[0]); r++) {
        for (uint32_t i = 0; i < WORDS; i++)
            host.words[i] = pattern(i);
        pass(host.buffer, a.buffer, 0, 0, BYTES);
        memset(want, 0x5a, BYTES);
        memcpy(want + regions[r].to, bytes + regions[r].from, regions[r].size);
        memset(bytes, 0x5a, BYTES);
        pass(host.buffer, b.buffer, 0, 0, BYTES);
        pass(a.buffer, b.buffer, regions[r].from, regions[r].to, regions[r].size);
        pass(b.buffer, host.buffer, 0, 0, BYTES);
        ck_assert_int_eq(memcmp(bytes, want, BYTES), 0);
    }
    free(want);
    rig_buffer_destroy(&b);
    rig_buffer_destroy(&a);
    rig_buffer_destroy(&host);
}
END_TEST

START_TEST(fills_of_video_memory_touch_only_their_words)
{
    enum { WORDS = 40000, BYTES = WORDS * 4 };
    static const struct {
        uint32_t offset, size;
    } ranges[] = {{0, 16384}, {16, 16404}, {64, 65536 + 12}, {4, 20000}, {0, BYTES}};
    struct rig_buffer host = rig_buffer_create(BYTES, RIG_HOST);
    struct rig_buffer a = rig_buffer_create(BYTES, RIG_DEVICE);
    for (uint32_t r = 0; r < sizeof(ranges) / sizeof(ranges[0]); r++) {
        for (uint32_t i = 0; i < WORDS; i++)
            host.words[i] = pattern(i);
        pass(host.buffer, a.buffer, 0, 0, BYTES);
        VkCommandBuffer c = rig_begin();
        vkCmdFillBuffer(c, a.buffer, ranges[r].offset, ranges[r].size, 0xc0ffee00 + r);
        rig_barrier(c);
        rig_run(c);
        pass(a.buffer, host.buffer, 0, 0, BYTES);
        for (uint32_t i = 0; i < WORDS; i++) {
            bool inside = i * 4 >= ranges[r].offset && i * 4 < ranges[r].offset + ranges[r].size;
            if (host.words[i] != (inside ? 0xc0ffee00 + r : pattern(i)))
                ck_abort_msg("range %u word %u is 0x%08x", r, i, host.words[i]);
        }
    }
    rig_buffer_destroy(&a);
    rig_buffer_destroy(&host);
}
END_TEST

START_TEST(an_empty_grid_runs_nothing)
{
    struct run r = run_of(1, 4096, 0);
    r.groups[1] = 0;
    run(&r, KIT_SPIRV(grid), NULL);
    for (uint32_t i = 0; i < 1024; i++)
        ck_assert_uint_eq(r.buffers[0].words[i], 0);
    run_end(&r);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("compute");
    TCase *tc = tcase_create("compute");
    tcase_set_timeout(tc, 60);
    tcase_add_unchecked_fixture(tc, rig_open, rig_close);
    tcase_add_checked_fixture(tc, rig_test_begin, rig_test_end);
    tcase_add_test(tc, workgroups_sum_in_shared_memory);
    tcase_add_test(tc, specialization_constants_take_their_values);
    tcase_add_test(tc, accesses_beyond_a_buffer_read_zero_and_write_nothing);
    tcase_add_test(tc, uniform_blocks_follow_std140);
    tcase_add_test(tc, relaxed_and_standard_layouts_reach_their_members);
    tcase_add_test(tc, atomics_lose_no_update);
    tcase_add_test(tc, a_grid_in_three_dimensions_covers_every_cell);
    tcase_add_test(tc, diverging_loops_and_switches_end_as_on_the_cpu);
    tcase_add_test(tc, copies_in_video_memory_touch_only_their_bytes);
    tcase_add_test(tc, fills_of_video_memory_touch_only_their_words);
    tcase_add_test(tc, an_empty_grid_runs_nothing);
    suite_add_tcase(suite, tc);
    return rig_main(suite);
}
