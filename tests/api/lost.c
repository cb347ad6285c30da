/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Losing the GPU in every way the software GPU knows: faults of channels, a firmware that halts or
 * garbles, a device that leaves the bus at any access. Each must end in a sticky DEVICE_LOST with
 * a cause, never in a hang, and closing must free everything.
 */
#include <stdio.h>
#include <string.h>

#include "tests/api/kit.h"

/* Everything that needs the GPU says so from now on. */
static void check_lost(struct kit *k)
{
    struct magma_submit submit = {0};
    struct magma_error err = {0};
    struct magma_channel *channel;
    struct magma_bo *bo;
    uint64_t time;

    ck_assert(magma_gpu_is_lost(k->gpu));
    ck_assert_str_ne(magma_gpu_lost_reason(k->gpu), "");
    ck_assert_int_eq(magma_channel_submit(k->channel, &submit), MAGMA_DEVICE_LOST);
    ck_assert_int_eq(magma_bo_create(k->gpu, 4096, 0, MAGMA_DOMAIN_VRAM, 0, &bo, &err),
                     MAGMA_DEVICE_LOST);
    ck_assert_ptr_null(bo);
    ck_assert_str_ne(err.text, "");
    ck_assert_int_ne(magma_channel_create(k->gpu, MAGMA_ENGINE_COPY, &channel, &err), MAGMA_OK);
    ck_assert_int_eq(magma_gpu_timestamp_ns(k->gpu, &time), MAGMA_DEVICE_LOST);
}

static enum magma_code run(struct kit *k)
{
    struct magma_submit submit = {.pushes = &k->push, .push_count = 1};
    enum magma_code code = magma_channel_submit(k->channel, &submit);

    return code == MAGMA_OK ? magma_channel_wait_idle(k->channel, 60 * SECOND) : code;
}

static const struct model_device_options quiet = {.vram_bytes = UINT64_C(512) << 20, .quiet = true};

START_TEST(a_copy_from_nowhere_names_the_address)
{
    struct kit k;

    kit_open(&k, &quiet);
    k.model.quiet = true;
    struct magma_bo *bo = kit_bo(&k, 4096, MAGMA_DOMAIN_SYSTEM);

    magma_copy_buffer(k.push, magma_bo_address(bo), (magma_gpu_va){0x3012345000}, 4096);
    ck_assert_int_eq(run(&k), MAGMA_DEVICE_LOST);
    ck_assert_msg(strstr(magma_gpu_lost_reason(k.gpu), "3012345000") != NULL, "%s",
                  magma_gpu_lost_reason(k.gpu));
    ck_assert_msg(strstr(magma_gpu_lost_reason(k.gpu), "31") != NULL, "%s",
                  magma_gpu_lost_reason(k.gpu));
    check_lost(&k);
    magma_bo_destroy(bo);
    kit_close_faulty(&k);
}
END_TEST

START_TEST(a_shader_that_writes_nowhere_names_the_address)
{
    struct kit k;

    kit_open(&k, &quiet);
    k.model.quiet = true;
    struct magma_kernel *kernel = kit_kernel(&k, "add");
    /* More than what is kept for later. */
    struct magma_bo *bo = kit_bo(&k, quiet.vram_bytes / 16, MAGMA_DOMAIN_VRAM);

    kit_dispatch(&k, kernel, 1, &bo, 1, (magma_gpu_va){0});
    magma_bo_destroy(bo); /* unmapped before it runs */
    ck_assert_int_eq(run(&k), MAGMA_DEVICE_LOST);
    ck_assert_msg(strstr(magma_gpu_lost_reason(k.gpu), "0x") != NULL, "%s",
                  magma_gpu_lost_reason(k.gpu));
    check_lost(&k);
    magma_kernel_destroy(kernel);
    kit_close_faulty(&k);
}
END_TEST

START_TEST(methods_that_no_engine_knows_are_an_error_of_the_channel)
{
    struct kit k;

    kit_open(&k, &quiet);
    k.model.quiet = true;
    magma_push_methods(k.push, 4, 0x3ff0, (uint32_t[]){1, 2}, 2);
    ck_assert_int_eq(run(&k), MAGMA_DEVICE_LOST);
    check_lost(&k);
    kit_close_faulty(&k);
}
END_TEST

START_TEST(a_wait_without_end_returns_when_the_gpu_is_lost)
{
    struct magma_timeline *t;
    struct kit k;

    kit_open(&k, &quiet);
    k.model.quiet = true;
    ck_assert_int_eq(magma_timeline_create(k.gpu, 0, &t, NULL), MAGMA_OK);
    struct magma_timeline_point point = {t, 1};
    struct magma_submit submit = {
        .pushes = &k.push, .push_count = 1, .signals = &point, .signal_count = 1};

    magma_fill_buffer(k.push, (magma_gpu_va){0x3000000000}, 64, 0);
    ck_assert_int_eq(magma_channel_submit(k.channel, &submit), MAGMA_OK);
    ck_assert_int_eq(magma_timeline_wait(k.gpu, &point, 1, true, UINT64_MAX), MAGMA_DEVICE_LOST);
    magma_timeline_destroy(t);
    kit_close_faulty(&k);
}
END_TEST

static const char *const deadly[] = {
    "mmu fault at %u",
    "gsp halt at %u",
    "rpc corrupt %u",
};

/* Opens and works until the plan strikes; wherever it does, there must be a cause. */
static bool live_under(const struct model_device_options *options, struct kit *k)
{
    struct magma_error err = {0};
    struct magma_bo *bo = NULL;
    bool ok;

    if (kit_try_open(k, options, &err) != MAGMA_OK) {
        ck_assert_str_ne(err.text, "");
        model_device_close(&k->model);
        return false;
    }
    ok = magma_channel_create(k->gpu, MAGMA_ENGINE_COMPUTE, &k->channel, &err) == MAGMA_OK &&
         magma_push_create(k->gpu, &k->push, &err) == MAGMA_OK &&
         magma_bo_create(k->gpu, 3 << 20, 0, MAGMA_DOMAIN_VRAM, 0, &bo, &err) == MAGMA_OK;
    for (int i = 0; i < 20 && ok; i++) {
        magma_fill_buffer(k->push, magma_bo_address(bo), 3 << 20, 1);
        ok = run(k) == MAGMA_OK;
        magma_push_reset(k->push);
    }
    if (!ok && !err.text[0])
        ck_assert_str_ne(magma_gpu_lost_reason(k->gpu), "");
    magma_bo_destroy(bo);
    kit_close_faulty(k);
    return ok;
}

START_TEST(a_fault_plan_ends_in_a_cause)
{
    struct model_device_options options = quiet;
    unsigned struck = 0;
    char plan[64];
    struct kit k;

    options.plan = plan;
    for (unsigned n = 1; n <= 40; n += 3) {
        snprintf(plan, sizeof plan, deadly[_i], n);
        struck += !live_under(&options, &k);
        ck_assert_uint_eq(k.model.map_count, 0);
    }
    ck_assert_uint_ge(struck, 5);
}
END_TEST

static const char *const harmless[] = {
    "irq drop 3; irq drop 4; irq drop 5; irq drop 6; irq drop 7; irq drop 8",
    "irq double 2; irq double 3; irq double 5; irq double 9",
    "rpc delay 3 ms",
};

START_TEST(what_hardware_may_do_is_survived)
{
    struct model_device_options options = quiet;
    struct kit k;

    options.plan = harmless[_i];
    ck_assert(live_under(&options, &k));
}
END_TEST

/* The device leaves the bus at access n, for n spread over a whole life. */
START_TEST(a_device_that_leaves_is_noticed_wherever_it_is)
{
    struct model_device_options options = quiet;
    char plan[64];
    struct kit k;
    uint64_t total;

    ck_assert(live_under(&options, &k));
    total = k.model.accesses;
    for (uint64_t i = 0; i < 60; i++) {
        snprintf(plan, sizeof plan, "ones from access %llu",
                 (unsigned long long)(1 + i * total / 60 + i * 7 % 11));
        options.plan = plan;
        live_under(&options, &k);
        ck_assert_uint_eq(k.model.map_count, 0);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("lost");
    TCase *c = tcase_create("lost");
    SRunner *r;
    int failed;

    tcase_set_timeout(c, 240);
    tcase_add_test(c, a_copy_from_nowhere_names_the_address);
    tcase_add_test(c, a_shader_that_writes_nowhere_names_the_address);
    tcase_add_test(c, methods_that_no_engine_knows_are_an_error_of_the_channel);
    tcase_add_test(c, a_wait_without_end_returns_when_the_gpu_is_lost);
    tcase_add_loop_test(c, a_fault_plan_ends_in_a_cause, 0, 3);
    tcase_add_loop_test(c, what_hardware_may_do_is_survived, 0, 3);
    tcase_add_test(c, a_device_that_leaves_is_noticed_wherever_it_is);
    suite_add_tcase(s, c);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
