/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Register programs of GSP-RM: each opcode does its work, and no malformed program is followed. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <nvhw/rpc.h>

#include "libmagma/core/status.h"
#include "libmagma/hal/hal.h"
#include "libmagma/rpc/sequencer.h"
#include "tests/hal/fake_gpu.h"

static struct fake_gpu gpu;
static struct mg_hal *hal;
static struct magma_error err;
static char calls[16];

static enum magma_code note(char what)
{
    size_t n = strlen(calls);

    if (n + 1 < sizeof calls)
        calls[n] = what;
    return MAGMA_OK;
}

static enum magma_code do_reset(void *ctx, struct magma_error *e)
{
    (void)ctx;
    (void)e;
    return note('r');
}

static enum magma_code do_start(void *ctx, struct magma_error *e)
{
    (void)ctx;
    (void)e;
    return note('s');
}

static enum magma_code do_wait(void *ctx, struct magma_error *e)
{
    (void)ctx;
    (void)e;
    return note('w');
}

static enum magma_code do_resume(void *ctx, struct magma_error *e)
{
    note('R');
    return ctx ? mg_fail(e, MAGMA_TIMEOUT, "the core sleeps") : MAGMA_OK;
}

static struct mg_sequencer_core core = {do_reset, do_start, do_wait, do_resume, NULL};

/* Runs words as a program; the payload is an exact copy. */
static enum magma_code run_counted(const uint32_t *words, uint32_t count, uint32_t said)
{
    struct nvhw_rpc_cpu_sequencer head = {.buffer_size_dwords = count, .cmd_index = said};
    uint32_t size = (uint32_t)sizeof head + count * 4;
    uint8_t *payload = malloc(size);
    enum magma_code code;

    memcpy(payload, &head, sizeof head);
    memcpy(payload + sizeof head, words, (size_t)count * 4);
    code = mg_sequencer_run(hal, &core, payload, size, &err);
    free(payload);
    return code;
}

#define RUN(...)                                                                                   \
    run_counted((const uint32_t[]){__VA_ARGS__}, sizeof((uint32_t[]){__VA_ARGS__}) / 4,            \
                sizeof((uint32_t[]){__VA_ARGS__}) / 4)

static void set_up(void)
{
    struct mg_hal_options options = {0};

    fake_gpu_init(&gpu);
    gpu.bar0_mapped = true;
    fake_gpu_open(&gpu);
    options.clock = &gpu.clock;
    ck_assert_int_eq(mg_hal_create(gpu.device, &options, &hal, &err), MAGMA_OK);
    memset(calls, 0, sizeof calls);
    core.ctx = NULL;
}

static void tear_down(void)
{
    mg_hal_destroy(hal);
    fake_gpu_finish(&gpu);
}

START_TEST(every_opcode_does_its_work)
{
    uint64_t start = gpu.now_ns;

    gpu.bar0[0x2000 / 4] = 0xff00ff00;
    ck_assert_msg(RUN(0, 0x1000, 0x11223344,                     /* write */
                      1, 0x2000, 0x0000ffff, 0x00001234,         /* modify: mask, then value */
                      2, 0x1000, 0xffff0000, 0x11220000, 100, 7, /* poll */
                      3, 50,                                     /* delay */
                      4, 0x1000, 7,                              /* store */
                      5, 6, 7, 8) == MAGMA_OK,
                  "%s", err.text);
    ck_assert_uint_eq(gpu.bar0[0x1000 / 4], 0x11223344);
    ck_assert_uint_eq(gpu.bar0[0x2000 / 4], 0xff001234);
    ck_assert_uint_ge(gpu.now_ns - start, 50000);
    ck_assert_str_eq(calls, "rswR");
    ck_assert_int_eq(run_counted((const uint32_t[]){9}, 0, 0), MAGMA_OK);
}
END_TEST

START_TEST(a_poll_that_fails_ends_the_program)
{
    uint64_t start = gpu.now_ns;

    ck_assert_int_eq(RUN(2, 0x1000, 1, 1, 300, 0x77, 5), MAGMA_TIMEOUT);
    ck_assert_ptr_nonnull(strstr(err.text, "0x77"));
    ck_assert_ptr_nonnull(strstr(err.text, "REG_POLL at word 0"));
    ck_assert_uint_ge(gpu.now_ns - start, 300000);
    ck_assert_uint_lt(gpu.now_ns - start, 2000000);
    ck_assert_str_eq(calls, "");
    /* No time of its own: the default. */
    start = gpu.now_ns;
    ck_assert_int_eq(RUN(2, 0x1000, 1, 1, 0, 0), MAGMA_TIMEOUT);
    ck_assert_uint_ge(gpu.now_ns - start, UINT64_C(4000000000));
}
END_TEST

START_TEST(a_core_that_fails_ends_the_program)
{
    core.ctx = &core;
    ck_assert_int_eq(RUN(8, 5), MAGMA_TIMEOUT);
    ck_assert_ptr_nonnull(strstr(err.text, "CORE_RESUME"));
    ck_assert_ptr_nonnull(strstr(err.text, "the core sleeps"));
    ck_assert_str_eq(calls, "R");
}
END_TEST

START_TEST(a_device_that_leaves_ends_the_program)
{
    gpu.bar0[0] = UINT32_MAX;
    gpu.bar0[0x1000 / 4] = UINT32_MAX;
    ck_assert_int_eq(RUN(1, 0x1000, 1, 1, 5), MAGMA_DEVICE_GONE);
    ck_assert_str_eq(calls, "");
}
END_TEST

START_TEST(malformed_programs_are_refused)
{
    uint8_t payload[sizeof(struct nvhw_rpc_cpu_sequencer)] = {0};

    for (uint32_t size = 0; size < sizeof payload; size++)
        ck_assert_int_eq(mg_sequencer_run(hal, &core, payload, size, &err), MAGMA_PROTOCOL);
    ck_assert_int_eq(RUN(9), MAGMA_PROTOCOL);
    ck_assert_int_eq(RUN(UINT32_MAX), MAGMA_PROTOCOL);
    ck_assert_int_eq(RUN(0, 0x1000), MAGMA_PROTOCOL);
    ck_assert_int_eq(RUN(1, 0x1000, 1), MAGMA_PROTOCOL);
    ck_assert_int_eq(RUN(2, 0x1000, 1, 1, 1), MAGMA_PROTOCOL);
    ck_assert_int_eq(RUN(3), MAGMA_PROTOCOL);
    ck_assert_int_eq(RUN(4, 0x1000), MAGMA_PROTOCOL);
    ck_assert_int_eq(RUN(4, 0x1000, 8), MAGMA_PROTOCOL);
    ck_assert_int_eq(RUN(0, 0x1001, 0), MAGMA_PROTOCOL);
    ck_assert_int_eq(RUN(0, FAKE_BAR0_BYTES, 0), MAGMA_PROTOCOL);
    ck_assert_int_eq(RUN(1, 0xfffffffc, 0, 0), MAGMA_PROTOCOL);
    ck_assert_int_eq(RUN(3, UINT32_MAX), MAGMA_PROTOCOL);
    ck_assert_int_eq(run_counted((const uint32_t[]){5}, 1, 2), MAGMA_PROTOCOL);
    ck_assert_int_eq(run_counted((const uint32_t[]){5}, 1, UINT32_MAX), MAGMA_PROTOCOL);
    ck_assert_str_eq(calls, "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sequencer");
    TCase *tc = tcase_create("sequencer");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, every_opcode_does_its_work);
    tcase_add_test(tc, a_poll_that_fails_ends_the_program);
    tcase_add_test(tc, a_core_that_fails_ends_the_program);
    tcase_add_test(tc, a_device_that_leaves_ends_the_program);
    tcase_add_test(tc, malformed_programs_are_refused);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
