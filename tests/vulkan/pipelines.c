/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Pipelines: the cache, refusals, and what creation tells. */
#include "kit.h"

#include "mark_one.spv.h"

#include <stdlib.h>
#include <string.h>

/* A module, its layout, and what makes a pipeline of them. */
struct recipe {
    VkDescriptorSetLayout set;
    VkShaderModule module;
    VkPipelineLayout layout;
    VkComputePipelineCreateInfo info;
};

static struct recipe recipe_create(struct kit_spirv code)
{
    struct recipe r = {.set = kit_storage_layout(1), .module = kit_module(code)};
    r.layout = kit_pipeline_layout(1, &r.set);
    r.info = (VkComputePipelineCreateInfo){
        .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
        .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                  .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                  .module = r.module,
                  .pName = "main"},
        .layout = r.layout,
    };
    return r;
}

static void recipe_destroy(struct recipe *r)
{
    vkDestroyPipelineLayout(rig.device, r->layout, NULL);
    vkDestroyShaderModule(rig.device, r->module, NULL);
    vkDestroyDescriptorSetLayout(rig.device, r->set, NULL);
}

static VkPipelineCache cache_create(const void *data, size_t size_bytes)
{
    const VkPipelineCacheCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO,
        .initialDataSize = size_bytes,
        .pInitialData = data,
    };
    VkPipelineCache cache;
    OK(vkCreatePipelineCache(rig.device, &info, NULL, &cache));
    return cache;
}

/* Creates a pipeline only if the cache has it. */
static VkResult create_cached(const struct recipe *r, VkPipelineCache cache)
{
    VkComputePipelineCreateInfo info = r->info;
    info.flags |= VK_PIPELINE_CREATE_FAIL_ON_PIPELINE_COMPILE_REQUIRED_BIT;
    VkPipeline pipeline;
    VkResult result = vkCreateComputePipelines(rig.device, cache, 1, &info, NULL, &pipeline);
    if (result == VK_SUCCESS)
        vkDestroyPipeline(rig.device, pipeline, NULL);
    else
        ck_assert(pipeline == VK_NULL_HANDLE);
    return result;
}

static void create_compiled(const struct recipe *r, VkPipelineCache cache)
{
    VkPipeline pipeline;
    OK(vkCreateComputePipelines(rig.device, cache, 1, &r->info, NULL, &pipeline));
    vkDestroyPipeline(rig.device, pipeline, NULL);
}

static void *cache_data(VkPipelineCache cache, size_t *size_bytes)
{
    OK(vkGetPipelineCacheData(rig.device, cache, size_bytes, NULL));
    void *data = malloc(*size_bytes);
    ck_assert_ptr_nonnull(data);
    OK(vkGetPipelineCacheData(rig.device, cache, size_bytes, data));
    return data;
}

START_TEST(a_cache_outlives_its_device_as_data)
{
    struct recipe r = recipe_create(KIT_SPIRV(mark_one));
    VkPipelineCache cache = cache_create(NULL, 0);
    ck_assert_int_eq(create_cached(&r, cache), VK_PIPELINE_COMPILE_REQUIRED);
    create_compiled(&r, cache);
    OK(create_cached(&r, cache));
    size_t size;
    void *data = cache_data(cache, &size);
    VkPipelineCache again = cache_create(data, size);
    OK(create_cached(&r, again));
    VkPipelineCache merged = cache_create(NULL, 0);
    OK(vkMergePipelineCaches(rig.device, merged, 1, &again));
    OK(create_cached(&r, merged));
    VkPipelineCache caches[] = {cache, again, merged};
    for (int i = 0; i < 3; i++)
        vkDestroyPipelineCache(rig.device, caches[i], NULL);
    free(data);
    recipe_destroy(&r);
}
END_TEST

START_TEST(damaged_cache_data_make_an_empty_cache)
{
    struct recipe r = recipe_create(KIT_SPIRV(mark_one));
    VkPipelineCache cache = cache_create(NULL, 0);
    create_compiled(&r, cache);
    size_t size;
    uint8_t *data = cache_data(cache, &size);
    for (size_t i = 0; i < size; i += 1 + size / 61) {
        data[i] ^= 0x40;
        VkPipelineCache damaged = cache_create(data, size);
        ck_assert_int_eq(create_cached(&r, damaged), VK_PIPELINE_COMPILE_REQUIRED);
        vkDestroyPipelineCache(rig.device, damaged, NULL);
        data[i] ^= 0x40;
        VkPipelineCache cut = cache_create(data, i);
        ck_assert_int_eq(create_cached(&r, cut), VK_PIPELINE_COMPILE_REQUIRED);
        vkDestroyPipelineCache(rig.device, cut, NULL);
    }
    VkPipelineCache sound = cache_create(data, size);
    OK(create_cached(&r, sound));
    vkDestroyPipelineCache(rig.device, sound, NULL);
    vkDestroyPipelineCache(rig.device, cache, NULL);
    free(data);
    recipe_destroy(&r);
}
END_TEST

START_TEST(cache_data_that_do_not_fit_are_incomplete)
{
    struct recipe r = recipe_create(KIT_SPIRV(mark_one));
    VkPipelineCache cache = cache_create(NULL, 0);
    create_compiled(&r, cache);
    size_t size;
    uint8_t *data = cache_data(cache, &size);
    size_t less = size - 1;
    ck_assert_int_eq(vkGetPipelineCacheData(rig.device, cache, &less, data), VK_INCOMPLETE);
    ck_assert_uint_ge(less, sizeof(VkPipelineCacheHeaderVersionOne));
    VkPipelineCache empty = cache_create(data, less);
    ck_assert_int_eq(create_cached(&r, empty), VK_PIPELINE_COMPILE_REQUIRED);
    less = 10;
    ck_assert_int_eq(vkGetPipelineCacheData(rig.device, cache, &less, data), VK_INCOMPLETE);
    ck_assert_uint_eq(less, 0);
    vkDestroyPipelineCache(rig.device, empty, NULL);
    vkDestroyPipelineCache(rig.device, cache, NULL);
    free(data);
    recipe_destroy(&r);
}
END_TEST

START_TEST(specialization_and_layout_are_part_of_the_key)
{
    struct recipe r = recipe_create(KIT_SPIRV(mark_one));
    VkPipelineCache cache = cache_create(NULL, 0);
    create_compiled(&r, cache);
    const uint32_t value = 3;
    const VkSpecializationMapEntry entry = {77, 0, sizeof(value)};
    const VkSpecializationInfo spec = {1, &entry, sizeof(value), &value};
    r.info.stage.pSpecializationInfo = &spec;
    ck_assert_int_eq(create_cached(&r, cache), VK_PIPELINE_COMPILE_REQUIRED);
    r.info.stage.pSpecializationInfo = NULL;
    OK(create_cached(&r, cache));
    VkDescriptorSetLayout wide = kit_storage_layout(2);
    VkPipelineLayout layout = kit_pipeline_layout(1, &wide);
    r.info.layout = layout;
    ck_assert_int_eq(create_cached(&r, cache), VK_PIPELINE_COMPILE_REQUIRED);
    vkDestroyPipelineLayout(rig.device, layout, NULL);
    vkDestroyDescriptorSetLayout(rig.device, wide, NULL);
    vkDestroyPipelineCache(rig.device, cache, NULL);
    recipe_destroy(&r);
}
END_TEST

START_TEST(creation_feedback_tells_a_hit)
{
    struct recipe r = recipe_create(KIT_SPIRV(mark_one));
    VkPipelineCache cache = cache_create(NULL, 0);
    for (int round = 0; round < 2; round++) {
        VkPipelineCreationFeedback whole = {0}, stage = {0};
        const VkPipelineCreationFeedbackCreateInfo feedback = {
            .sType = VK_STRUCTURE_TYPE_PIPELINE_CREATION_FEEDBACK_CREATE_INFO,
            .pPipelineCreationFeedback = &whole,
            .pipelineStageCreationFeedbackCount = 1,
            .pPipelineStageCreationFeedbacks = &stage,
        };
        r.info.pNext = &feedback;
        create_compiled(&r, cache);
        ck_assert_uint_ne(whole.flags & VK_PIPELINE_CREATION_FEEDBACK_VALID_BIT, 0);
        bool hit = whole.flags & VK_PIPELINE_CREATION_FEEDBACK_APPLICATION_PIPELINE_CACHE_HIT_BIT;
        ck_assert_int_eq(hit, round == 1);
        ck_assert_uint_eq(stage.flags, whole.flags);
    }
    vkDestroyPipelineCache(rig.device, cache, NULL);
    recipe_destroy(&r);
}
END_TEST

START_TEST(a_shader_that_does_not_compile_fails_alone_and_says_why)
{
    static const uint32_t empty[] = {0x07230203, 0x00010300, 0, 1, 0};
    struct recipe good = recipe_create(KIT_SPIRV(mark_one));
    VkComputePipelineCreateInfo infos[] = {good.info, good.info, good.info};
    const VkShaderModuleCreateInfo code = {.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
                                           .codeSize = sizeof(empty),
                                           .pCode = empty};
    VkShaderModule bad;
    OK(vkCreateShaderModule(rig.device, &code, NULL, &bad));
    infos[1].stage.module = bad;
    if (rig.fake)
        infos[1].stage.pName = "absent";
    VkPipeline pipelines[3];
    VkResult result =
        vkCreateComputePipelines(rig.device, VK_NULL_HANDLE, 3, infos, NULL, pipelines);
    ck_assert_int_lt(result, 0);
    ck_assert(pipelines[0] != VK_NULL_HANDLE);
    ck_assert(pipelines[1] == VK_NULL_HANDLE);
    ck_assert(pipelines[2] != VK_NULL_HANDLE);
    ck_assert_int_eq(rig_driver_messages(), 1);
    ck_assert_str_ne(rig_last_driver_message(), "");
    rig_forget_messages();
    vkDestroyPipeline(rig.device, pipelines[0], NULL);
    vkDestroyPipeline(rig.device, pipelines[2], NULL);
    vkDestroyShaderModule(rig.device, bad, NULL);
    recipe_destroy(&good);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pipelines");
    TCase *tc = tcase_create("pipelines");
    tcase_add_unchecked_fixture(tc, rig_open, rig_close);
    tcase_add_checked_fixture(tc, rig_test_begin, rig_test_end);
    tcase_add_test(tc, a_cache_outlives_its_device_as_data);
    tcase_add_test(tc, damaged_cache_data_make_an_empty_cache);
    tcase_add_test(tc, cache_data_that_do_not_fit_are_incomplete);
    tcase_add_test(tc, specialization_and_layout_are_part_of_the_key);
    tcase_add_test(tc, creation_feedback_tells_a_hit);
    suite_add_tcase(suite, tc);
    TCase *plain = tcase_create("pipelines without the layer");
    tcase_add_unchecked_fixture(plain, rig_open_plain, rig_close);
    tcase_add_checked_fixture(plain, rig_test_begin, rig_test_end);
    tcase_add_test(plain, a_shader_that_does_not_compile_fails_alone_and_says_why);
    suite_add_tcase(suite, plain);
    return rig_main(suite);
}
