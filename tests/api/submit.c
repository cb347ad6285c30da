/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Channels, timelines, pushes and launches on the software GPU in this process. */
#include <stdlib.h>
#include <string.h>

#include "tests/api/kit.h"

static struct magma_timeline *timeline(struct kit *k, uint64_t initial)
{
    struct magma_timeline *t;

    ck_assert_int_eq(magma_timeline_create(k->gpu, initial, &t, NULL), MAGMA_OK);
    ck_assert_uint_eq(magma_timeline_value(t), initial);
    return t;
}

START_TEST(an_empty_submission_signals)
{
    struct kit k;

    kit_open(&k, NULL);
    struct magma_timeline *t = timeline(&k, 5);
    struct magma_timeline_point point = {t, 7};
    struct magma_submit submit = {.signals = &point, .signal_count = 1};

    ck_assert_int_eq(magma_timeline_wait(k.gpu, &point, 1, true, 0), MAGMA_TIMEOUT);
    ck_assert_int_eq(magma_channel_submit(k.channel, &submit), MAGMA_OK);
    ck_assert_int_eq(magma_timeline_wait(k.gpu, &point, 1, true, SECOND), MAGMA_OK);
    ck_assert_uint_eq(magma_timeline_value(t), 7);
    magma_timeline_destroy(t);
    kit_close(&k);
}
END_TEST

START_TEST(a_channel_waits_for_a_signal_that_comes_later)
{
    struct magma_channel *other;
    struct magma_bo *bo;
    struct kit k;
    uint32_t *p;

    kit_open(&k, NULL);
    ck_assert_int_eq(magma_channel_create(k.gpu, MAGMA_ENGINE_COPY, &other, NULL), MAGMA_OK);
    bo = kit_bo(&k, 4096, MAGMA_DOMAIN_SYSTEM);
    p = magma_bo_map(bo);
    memset(p, 0, 4096);
    struct magma_timeline *t = timeline(&k, 0);
    struct magma_timeline_point one = {t, 1}, two = {t, 2}, three = {t, 3};
    struct magma_submit first = {.waits = &one,
                                 .wait_count = 1,
                                 .pushes = &k.push,
                                 .push_count = 1,
                                 .signals = &two,
                                 .signal_count = 1};
    struct magma_submit second = {
        .waits = &two, .wait_count = 1, .signals = &three, .signal_count = 1};

    magma_fill_buffer(k.push, magma_bo_address(bo), 4096, 9);
    ck_assert_int_eq(magma_channel_submit(k.channel, &first), MAGMA_OK);
    ck_assert_int_eq(magma_channel_submit(other, &second), MAGMA_OK);
    ck_assert_int_eq(magma_timeline_wait(k.gpu, &three, 1, true, SECOND / 1000), MAGMA_TIMEOUT);
    ck_assert_uint_eq(p[0], 0);
    magma_timeline_signal(t, 1);
    ck_assert_int_eq(magma_timeline_wait(k.gpu, &three, 1, true, SECOND), MAGMA_OK);
    ck_assert_uint_eq(p[1023], 9);
    magma_timeline_signal(t, 2); /* lower values are ignored */
    ck_assert_uint_eq(magma_timeline_value(t), 3);
    ck_assert_int_eq(magma_channel_wait_idle(other, SECOND), MAGMA_OK);
    magma_channel_destroy(other);
    magma_timeline_destroy(t);
    magma_bo_destroy(bo);
    kit_close(&k);
}
END_TEST

START_TEST(thousands_of_waits_and_signals_fit_in_one_submission)
{
    enum { COUNT = 3000 };
    static struct magma_timeline_point waits[COUNT], signals[COUNT];
    struct kit k;

    kit_open(&k, NULL);
    struct magma_timeline *a = timeline(&k, 0), *b = timeline(&k, 0);

    for (int round = 0; round < 5; round++) {
        struct magma_submit submit = {
            .waits = waits, .wait_count = COUNT, .signals = signals, .signal_count = COUNT};

        for (unsigned i = 0; i < COUNT; i++) {
            waits[i] = (struct magma_timeline_point){a, (uint64_t)round * COUNT + i};
            signals[i] = (struct magma_timeline_point){b, (uint64_t)round * COUNT + i + 1};
        }
        magma_timeline_signal(a, (uint64_t)(round + 1) * COUNT);
        ck_assert_int_eq(magma_channel_submit(k.channel, &submit), MAGMA_OK);
        ck_assert_int_eq(magma_channel_wait_idle(k.channel, 10 * SECOND), MAGMA_OK);
        ck_assert_uint_eq(magma_timeline_value(b), (uint64_t)(round + 1) * COUNT);
    }
    magma_timeline_destroy(a);
    magma_timeline_destroy(b);
    kit_close(&k);
}
END_TEST

START_TEST(any_and_all_differ)
{
    struct kit k;

    kit_open(&k, NULL);
    struct magma_timeline *a = timeline(&k, 0), *b = timeline(&k, 0);
    struct magma_timeline_point points[] = {{a, 1}, {b, 1}};

    magma_timeline_signal(b, 1);
    ck_assert_int_eq(magma_timeline_wait(k.gpu, points, 2, false, 0), MAGMA_OK);
    ck_assert_int_eq(magma_timeline_wait(k.gpu, points, 2, true, 1000), MAGMA_TIMEOUT);
    magma_timeline_signal(a, 1);
    ck_assert_int_eq(magma_timeline_wait(k.gpu, points, 2, true, 1000), MAGMA_OK);
    ck_assert_int_eq(magma_timeline_wait(k.gpu, NULL, 0, true, 0), MAGMA_OK);
    magma_timeline_reset(a, 0);
    ck_assert_int_eq(magma_timeline_wait(k.gpu, points, 1, true, 0), MAGMA_TIMEOUT);
    magma_timeline_destroy(a);
    magma_timeline_destroy(b);
    kit_close(&k);
}
END_TEST

/* The ring has 2048 entries and the channel's own words 16384: both wrap many times. */
START_TEST(submissions_wrap_around_the_ring)
{
    struct magma_bo *bo;
    struct kit k;

    kit_open(&k, NULL);
    bo = kit_bo(&k, 64, MAGMA_DOMAIN_SYSTEM);
    struct magma_timeline *t = timeline(&k, 0);

    for (uint64_t i = 1; i <= 6000; i++) {
        struct magma_timeline_point before = {t, i - 1}, after = {t, i};
        struct magma_submit submit = {.waits = &before,
                                      .wait_count = 1,
                                      .pushes = &k.push,
                                      .push_count = 1,
                                      .signals = &after,
                                      .signal_count = 1};

        if (i == 1)
            magma_push_write(k.push, magma_bo_address(bo), 77, 8);
        ck_assert_int_eq(magma_channel_submit(k.channel, &submit), MAGMA_OK);
    }
    ck_assert_int_eq(magma_channel_wait_idle(k.channel, 20 * SECOND), MAGMA_OK);
    ck_assert_uint_eq(magma_timeline_value(t), 6000);
    ck_assert_uint_eq(*(uint64_t *)magma_bo_map(bo), 77);
    magma_timeline_destroy(t);
    magma_bo_destroy(bo);
    kit_close(&k);
}
END_TEST

START_TEST(one_submission_may_be_longer_than_the_ring)
{
    struct magma_push *inner;
    struct magma_bo *bo;
    struct kit k;

    kit_open(&k, NULL);
    bo = kit_bo(&k, 64, MAGMA_DOMAIN_SYSTEM);
    ck_assert_int_eq(magma_push_create(k.gpu, &inner, NULL), MAGMA_OK);
    magma_push_write(inner, magma_bo_address(bo), 1, 4);
    for (uint32_t i = 0; i < 3000; i++) {
        magma_push_call(k.push, inner);
        magma_push_write(k.push, magma_gpu_va_add(magma_bo_address(bo), 8), i, 8);
    }
    kit_run(&k);
    ck_assert_uint_eq(((uint32_t *)magma_bo_map(bo))[0], 1);
    ck_assert_uint_eq(((uint64_t *)magma_bo_map(bo))[1], 2999);
    magma_push_destroy(inner);
    magma_bo_destroy(bo);
    kit_close(&k);
}
END_TEST

START_TEST(pushes_wait_write_and_tell_the_time)
{
    struct magma_bo *bo;
    uint64_t *p, now;
    struct kit k;

    kit_open(&k, NULL);
    bo = kit_bo(&k, 256, MAGMA_DOMAIN_SYSTEM);
    p = magma_bo_map(bo);
    memset(p, 0, 256);
    magma_push_timestamp(k.push, magma_bo_address(bo), 11);
    magma_push_wait(k.push, magma_gpu_va_add(magma_bo_address(bo), 64), 5, 8);
    magma_push_wait(k.push, magma_gpu_va_add(magma_bo_address(bo), 72), 5, 4);
    magma_push_write(k.push, magma_gpu_va_add(magma_bo_address(bo), 128), 0x123456789abcdef0, 8);
    magma_push_write(k.push, magma_gpu_va_add(magma_bo_address(bo), 136), 0x42, 4);
    magma_push_timestamp(k.push, magma_gpu_va_add(magma_bo_address(bo), 16), 12);
    struct magma_submit submit = {.pushes = &k.push, .push_count = 1};

    ck_assert_int_eq(magma_channel_submit(k.channel, &submit), MAGMA_OK);
    ck_assert_int_eq(magma_channel_wait_idle(k.channel, SECOND / 1000), MAGMA_TIMEOUT);
    ck_assert_uint_eq(p[0], 11);
    ck_assert_uint_eq(p[16], 0);
    p[8] = 6;
    p[9] = 5;
    ck_assert_int_eq(magma_channel_wait_idle(k.channel, SECOND), MAGMA_OK);
    ck_assert_uint_eq(p[16], 0x123456789abcdef0);
    ck_assert_uint_eq((uint32_t)p[17], 0x42);
    ck_assert_uint_eq(p[2], 12);
    ck_assert_uint_ge(p[3], p[1] + SECOND / 1000);
    ck_assert_int_eq(magma_gpu_timestamp_ns(k.gpu, &now), MAGMA_OK);
    ck_assert_uint_ge(now, p[3]);
    magma_bo_destroy(bo);
    kit_close(&k);
}
END_TEST

START_TEST(the_first_error_of_a_recording_sticks)
{
    struct magma_submit submit;
    struct kit k;

    kit_open(&k, NULL);
    submit = (struct magma_submit){.pushes = &k.push, .push_count = 1};
    magma_push_write(k.push, (magma_gpu_va){0x1004}, 0, 8); /* misaligned */
    ck_assert_int_eq(magma_push_status(k.push), MAGMA_INVALID_ARGUMENT);
    magma_push_barrier(k.push);
    ck_assert_int_eq(magma_channel_submit(k.channel, &submit), MAGMA_INVALID_ARGUMENT);
    magma_push_reset(k.push);
    ck_assert_int_eq(magma_push_status(k.push), MAGMA_OK);
    ck_assert_ptr_null(magma_push_data(k.push, 16, 3, &(magma_gpu_va){0}));
    ck_assert_int_eq(magma_push_status(k.push), MAGMA_INVALID_ARGUMENT);
    magma_push_reset(k.push);
    magma_fill_buffer(k.push, (magma_gpu_va){0x1000}, 3, 0);
    ck_assert_int_eq(magma_push_status(k.push), MAGMA_INVALID_ARGUMENT);
    magma_push_reset(k.push);
    magma_push_methods(k.push, 9, 0x100, (uint32_t[]){0}, 1);
    ck_assert_int_eq(magma_push_status(k.push), MAGMA_INVALID_ARGUMENT);
    magma_push_reset(k.push);
    kit_run(&k);
    kit_close(&k);
}
END_TEST

START_TEST(push_data_keeps_its_place_until_reset)
{
    struct magma_bo *bo;
    magma_gpu_va va[50];
    struct kit k;

    kit_open(&k, NULL);
    bo = kit_bo(&k, 50 * 5000, MAGMA_DOMAIN_SYSTEM);
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < 50; i++) {
            uint64_t align = UINT64_C(1) << i % 13;
            void *p = magma_push_data(k.push, 5000, align, &va[i]);

            ck_assert_ptr_nonnull(p);
            ck_assert_uint_eq(va[i].raw % align, 0);
            memset(p, (int)(i + 1), 5000);
            magma_copy_buffer(k.push, magma_gpu_va_add(magma_bo_address(bo), i * 5000), va[i],
                              5000);
        }
        kit_run(&k);
        for (uint32_t i = 0; i < 50 * 5000; i++)
            if (((uint8_t *)magma_bo_map(bo))[i] != i / 5000 + 1)
                ck_abort_msg("byte %u", i);
    }
    magma_bo_destroy(bo);
    kit_close(&k);
}
END_TEST

START_TEST(dependent_launches_see_each_other)
{
    struct magma_kernel *kernel;
    struct magma_bo *bo;
    struct kit k;
    uint32_t *p;

    kit_open(&k, NULL);
    kernel = kit_kernel(&k, "add");
    bo = kit_bo(&k, 32 * 4 * 4, MAGMA_DOMAIN_SYSTEM);
    p = magma_bo_map(bo);
    for (uint32_t i = 0; i < 128; i++)
        p[i] = i;
    for (int i = 0; i < 10; i++) {
        kit_dispatch(&k, kernel, 4, &bo, 1, (magma_gpu_va){0});
        magma_push_barrier(k.push);
    }
    kit_run(&k);
    for (uint32_t i = 0; i < 128; i++)
        ck_assert_uint_eq(p[i], i + 40);
    /* Nothing runs for no groups. */
    kit_dispatch(&k, kernel, 0, &bo, 1, (magma_gpu_va){0});
    kit_run(&k);
    ck_assert_uint_eq(p[5], 45);
    magma_kernel_destroy(kernel);
    magma_bo_destroy(bo);
    kit_close(&k);
}
END_TEST

START_TEST(indirect_launches_read_their_size_when_they_run)
{
    struct magma_kernel *kernel;
    struct magma_bo *bo, *args;
    struct kit k;
    uint32_t *p;

    kit_open(&k, NULL);
    kernel = kit_kernel(&k, "add");
    bo = kit_bo(&k, 32 * 4 * 4, MAGMA_DOMAIN_SYSTEM);
    args = kit_bo(&k, 64, MAGMA_DOMAIN_SYSTEM);
    p = magma_bo_map(bo);
    memset(p, 0, 32 * 4 * 4);
    memcpy((char *)magma_bo_map(args) + 4, (uint32_t[]){1, 1, 1}, 12);
    magma_fill_buffer(k.push, magma_gpu_va_add(magma_bo_address(args), 4), 4, 3);
    magma_push_barrier(k.push);
    kit_dispatch(&k, kernel, 77, &bo, 1, magma_gpu_va_add(magma_bo_address(args), 4));
    kit_run(&k);
    for (uint32_t i = 0; i < 128; i++)
        ck_assert_uint_eq(p[i], i < 96 ? 3 : 0);
    memset(magma_bo_map(args), 0, 64);
    kit_dispatch(&k, kernel, 77, &bo, 1, magma_bo_address(args));
    kit_run(&k);
    ck_assert_uint_eq(p[0], 3);
    magma_kernel_destroy(kernel);
    magma_bo_destroy(bo);
    magma_bo_destroy(args);
    kit_close(&k);
}
END_TEST

static uint32_t scratch_result(uint32_t i, uint32_t data)
{
    uint32_t values[96], sum = 0;

    for (uint32_t n = 0; n < 96; n++)
        values[(n * 7 + i) % 96] = n + i;
    for (uint32_t n = 0; n < 96; n++)
        sum += values[(n * 5 + data) % 96] * (n + 1);
    return sum;
}

START_TEST(kernels_get_scratch_memory)
{
    struct magma_kernel *kernel;
    struct magma_bo *bo;
    struct kit k;
    uint32_t *p;

    kit_open(&k, NULL);
    kernel = kit_kernel(&k, "scratch");
    bo = kit_bo(&k, 64 * 20 * 4, MAGMA_DOMAIN_SYSTEM);
    p = magma_bo_map(bo);
    for (uint32_t i = 0; i < 64 * 20; i++)
        p[i] = i * 3;
    kit_dispatch(&k, kernel, 20, &bo, 1, (magma_gpu_va){0});
    kit_run(&k);
    for (uint32_t i = 0; i < 64 * 20; i++)
        ck_assert_uint_eq(p[i], scratch_result(i, i * 3));
    magma_kernel_destroy(kernel);
    magma_bo_destroy(bo);
    kit_close(&k);
}
END_TEST

START_TEST(kernels_out_of_range_are_refused)
{
    static const uint32_t code[8] = {0};
    const struct magma_kernel_desc good = {.code = code,
                                           .code_size_bytes = sizeof code,
                                           .register_count = 8,
                                           .workgroup_size = {32, 1, 1}};
    struct magma_kernel_desc bad[10];
    struct magma_kernel *kernel;
    struct magma_error err;
    struct kit k;

    for (int i = 0; i < 10; i++)
        bad[i] = good;
    bad[0].register_count = 0;
    bad[1].register_count = 256;
    bad[2].barrier_count = 17;
    bad[3].local_size_bytes = 8;
    bad[4].shared_size_bytes = 200 << 10;
    bad[5].workgroup_size[2] = 65;
    bad[6].workgroup_size[0] = 1025;
    bad[7].workgroup_size[1] = 0;
    bad[8].code_size_bytes = 0;
    bad[9].workgroup_size[0] = bad[9].workgroup_size[1] = 0x10000;
    kit_open(&k, NULL);
    for (int i = 0; i < 10; i++) {
        ck_assert_msg(magma_kernel_create(k.gpu, &bad[i], &kernel, &err) == MAGMA_INVALID_ARGUMENT,
                      "case %d", i);
        ck_assert_ptr_null(kernel);
    }
    ck_assert_int_eq(magma_kernel_create(k.gpu, &good, &kernel, &err), MAGMA_OK);
    magma_kernel_destroy(kernel);
    kit_close(&k);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("submit");
    TCase *c = tcase_create("submit");
    SRunner *r;
    int failed;

    tcase_set_timeout(c, 240);
    tcase_add_test(c, an_empty_submission_signals);
    tcase_add_test(c, a_channel_waits_for_a_signal_that_comes_later);
    tcase_add_test(c, thousands_of_waits_and_signals_fit_in_one_submission);
    tcase_add_test(c, any_and_all_differ);
    tcase_add_test(c, submissions_wrap_around_the_ring);
    tcase_add_test(c, one_submission_may_be_longer_than_the_ring);
    tcase_add_test(c, pushes_wait_write_and_tell_the_time);
    tcase_add_test(c, the_first_error_of_a_recording_sticks);
    tcase_add_test(c, push_data_keeps_its_place_until_reset);
    tcase_add_test(c, dependent_launches_see_each_other);
    tcase_add_test(c, indirect_launches_read_their_size_when_they_run);
    tcase_add_test(c, kernels_get_scratch_memory);
    tcase_add_test(c, kernels_out_of_range_are_refused);
    suite_add_tcase(s, c);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
