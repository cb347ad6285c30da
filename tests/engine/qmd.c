/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* QMDs of every class: fields read back, bits at the positions the facts name, limits. */
#include <check.h>
#include <string.h>

#include <nvhw/compute.h>

#include "libmagma/engine/qmd.h"

static const uint32_t classes[] = {NVC5C0, NVC6C0, NVC7C0, NVC9C0, NVCBC0, NVCDC0, NVCEC0};
static const unsigned sms[] = {75, 80, 86, 89, 90, 100, 120};

static const struct magma_kernel_desc kernel = {
    .register_count = 40,
    .barrier_count = 2,
    .shared_size_bytes = 20000,
    .local_size_bytes = 144,
    .workgroup_size = {64, 3, 5},
};
#define PROGRAM UINT64_C(0x3212345600)
#define ROOT    UINT64_C(0x32aabbcc00)

static uint64_t get(enum nvhw_qmd_version v, const struct mg_qmd *q, enum nvhw_qmd_field f)
{
    uint64_t value = UINT64_MAX;

    ck_assert_msg(nvhw_qmd_get(v, q->dwords, f, 0, &value), "%s", nvhw_qmd_field_name(f));
    return value;
}

START_TEST(what_a_launch_says_stands_in_its_qmd)
{
    const struct mg_engine_classes *c = mg_engine_classes(classes[_i]);
    const struct mg_sm_facts *sm = mg_sm_facts(sms[_i]);
    const char *field = NULL;
    struct mg_qmd q;

    ck_assert_msg(mg_qmd_template(c, sm, &kernel, PROGRAM, &q, &field), "%s", field);
    ck_assert(mg_qmd_launch(c, &q, (uint32_t[]){0x7fffffff, 65535, 65534}, ROOT, 0x27d));
    ck_assert_uint_eq(get(c->qmd, &q, NV_QMD_FIELD_QMD_MAJOR_VERSION), c->qmd_major);
    ck_assert_uint_eq(get(c->qmd, &q, NV_QMD_FIELD_PROGRAM_ADDRESS), PROGRAM);
    ck_assert_uint_eq(get(c->qmd, &q, NV_QMD_FIELD_REGISTER_COUNT_V), 40);
    ck_assert_uint_eq(get(c->qmd, &q, NV_QMD_FIELD_BARRIER_COUNT), 2);
    ck_assert_uint_eq(get(c->qmd, &q, NV_QMD_FIELD_SHADER_LOCAL_MEMORY_LOW_SIZE), 144);
    ck_assert_uint_eq(get(c->qmd, &q, NV_QMD_FIELD_SHARED_MEMORY_SIZE), 20224);
    ck_assert_uint_eq(get(c->qmd, &q, NV_QMD_FIELD_MIN_SM_CONFIG_SHARED_MEM_SIZE), 32 / 4 + 1);
    ck_assert_uint_eq(get(c->qmd, &q, NV_QMD_FIELD_CTA_THREAD_DIMENSION0), 64);
    ck_assert_uint_eq(get(c->qmd, &q, NV_QMD_FIELD_CTA_THREAD_DIMENSION2), 5);
    ck_assert_uint_eq(get(c->qmd, &q, NV_QMD_FIELD_CTA_RASTER_WIDTH), 0x7fffffff);
    ck_assert_uint_eq(get(c->qmd, &q, NV_QMD_FIELD_CTA_RASTER_HEIGHT), 65535);
    ck_assert_uint_eq(get(c->qmd, &q, NV_QMD_FIELD_CTA_RASTER_DEPTH), 65534);
    ck_assert_uint_eq(get(c->qmd, &q, NV_QMD_FIELD_CONSTANT_BUFFER_ADDR), ROOT);
    ck_assert_uint_eq(get(c->qmd, &q, NV_QMD_FIELD_CONSTANT_BUFFER_SIZE), 0x280);
    ck_assert_uint_eq(get(c->qmd, &q, NV_QMD_FIELD_CONSTANT_BUFFER_VALID), 1);
}
END_TEST

/* Enough shared memory for all the workgroups that registers and warps allow: with too little of it an
 * SM runs them one by one. */
START_TEST(an_sm_gets_shared_memory_for_all_it_can_run)
{
    static const uint32_t code[4];
    const struct magma_kernel_desc tiled = {.code = code,
                                            .code_size_bytes = sizeof code,
                                            .register_count = 64,
                                            .shared_size_bytes = 8704,
                                            .workgroup_size = {16, 16, 1}};
    const struct magma_kernel_desc plain = {.code = code,
                                            .code_size_bytes = sizeof code,
                                            .register_count = 64,
                                            .workgroup_size = {16, 16, 1}};
    const struct mg_engine_classes *c = mg_engine_classes(0xcbc0);
    struct mg_qmd q;

    ck_assert(mg_qmd_template(c, mg_sm_facts(90), &tiled, PROGRAM, &q, NULL));
    ck_assert_uint_eq(get(c->qmd, &q, NV_QMD_FIELD_MIN_SM_CONFIG_SHARED_MEM_SIZE), 16 / 4 + 1);
    ck_assert_uint_eq(get(c->qmd, &q, NV_QMD_FIELD_TARGET_SM_CONFIG_SHARED_MEM_SIZE), 64 / 4 + 1);
    ck_assert(mg_qmd_template(c, mg_sm_facts(90), &plain, PROGRAM, &q, NULL));
    ck_assert_uint_eq(get(c->qmd, &q, NV_QMD_FIELD_TARGET_SM_CONFIG_SHARED_MEM_SIZE), 8 / 4 + 1);
}
END_TEST

/* The GPU writes three words over the grid for an indirect launch: nothing else may be there. */
START_TEST(the_grid_has_three_words_of_its_own)
{
    const struct mg_engine_classes *c = mg_engine_classes(classes[_i]);
    const struct mg_sm_facts *sm = mg_sm_facts(sms[_i]);
    uint32_t at = mg_qmd_grid_offset(c) / 4;
    struct mg_qmd q;

    ck_assert(mg_qmd_template(c, sm, &kernel, PROGRAM, &q, NULL));
    ck_assert_uint_eq(q.dwords[at] | q.dwords[at + 1] | q.dwords[at + 2], 0);
    q.dwords[at] = 7;
    q.dwords[at + 1] = 8;
    q.dwords[at + 2] = 9;
    ck_assert_uint_eq(get(c->qmd, &q, NV_QMD_FIELD_CTA_RASTER_WIDTH), 7);
    ck_assert_uint_eq(get(c->qmd, &q, NV_QMD_FIELD_CTA_RASTER_HEIGHT), 8);
    ck_assert_uint_eq(get(c->qmd, &q, NV_QMD_FIELD_CTA_RASTER_DEPTH), 9);
}
END_TEST

/* Bits spelled out from shader-abi 1.2, for the version that GA10x takes. */
START_TEST(the_bits_of_version_3_stand_where_they_should)
{
    const struct mg_engine_classes *c = mg_engine_classes(NVC7C0);
    struct mg_qmd q;

    ck_assert(mg_qmd_template(c, mg_sm_facts(86), &kernel, PROGRAM, &q, NULL));
    ck_assert(mg_qmd_launch(c, &q, (uint32_t[]){3, 1, 1}, ROOT, 64));
    ck_assert_uint_eq(q.dwords[576 / 32] & 0xff, 0x30); /* 3.0 at 583:576 */
    ck_assert_uint_eq(q.dwords[1536 / 32], (uint32_t)PROGRAM);
    ck_assert_uint_eq(q.dwords[1568 / 32] & 0x1ffff, PROGRAM >> 32);
    ck_assert_uint_eq(q.dwords[648 / 32] >> 8 & 0x1ff, 40);
    ck_assert_uint_eq(q.dwords[763 / 32] >> 27, 2);
    ck_assert_uint_eq(q.dwords[1024 / 32], (uint32_t)ROOT);
    ck_assert_uint_eq(q.dwords[1056 / 32] & 0x1ffff, ROOT >> 32);
    ck_assert_uint_eq(q.dwords[1075 / 32] >> 19, 64 / 16);
    ck_assert_uint_eq(q.dwords[12], 3);
    ck_assert_uint_eq(q.dwords[378 / 32] >> 26 & 1, 1); /* no call limit check */
}
END_TEST

START_TEST(what_does_not_fit_is_named)
{
    const struct mg_engine_classes *c = mg_engine_classes(NVC7C0);
    struct magma_kernel_desc bad = kernel;
    const char *field = NULL;
    struct mg_qmd q;

    bad.register_count = 512;
    ck_assert(!mg_qmd_template(c, mg_sm_facts(86), &bad, PROGRAM, &q, &field));
    ck_assert_ptr_nonnull(field);
    ck_assert_ptr_nonnull(strstr(field, "REGISTER_COUNT"));
    ck_assert(!mg_qmd_template(c, mg_sm_facts(86), &kernel, UINT64_C(1) << 60, &q, NULL));
    ck_assert(mg_qmd_template(c, mg_sm_facts(86), &kernel, PROGRAM, &q, NULL));
    ck_assert(!mg_qmd_launch(c, &q, (uint32_t[]){1, 65536, 1}, ROOT, 16));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("qmd");
    TCase *c = tcase_create("qmd");
    SRunner *r;
    int failed;

    tcase_add_loop_test(c, what_a_launch_says_stands_in_its_qmd, 0, 7);
    tcase_add_loop_test(c, the_grid_has_three_words_of_its_own, 0, 7);
    tcase_add_test(c, an_sm_gets_shared_memory_for_all_it_can_run);
    tcase_add_test(c, the_bits_of_version_3_stand_where_they_should);
    tcase_add_test(c, what_does_not_fit_is_named);
    suite_add_tcase(s, c);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
