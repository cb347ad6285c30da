/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the interrupt tree promises: every vector reaches its handler, none is lost, none calls
 * a handler it does not belong to. */
#include <check.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "libmagma/hal/hal.h"
#include "tests/hal/fake_gpu.h"

static struct fake_gpu gpu;
static struct mg_hal *hal;
static struct mg_irq *irq;
static struct magma_error err;
static unsigned calls[512];

static void open_all(const struct mg_irq_options *options)
{
    struct mg_hal_options hal_options = {.clock = &gpu.clock};

    memset(&err, 0, sizeof err);
    memset(calls, 0, sizeof calls);
    fake_gpu_open(&gpu);
    ck_assert_int_eq(mg_hal_create(gpu.device, &hal_options, &hal, &err), MAGMA_OK);
    ck_assert_msg(mg_irq_create(hal, options, &irq, &err) == MAGMA_OK, "%s", err.text);
}

static void setup(void)
{
    struct mg_irq_options options = {.leaf_count = 16};

    fake_gpu_init(&gpu);
    open_all(&options);
}

static void teardown(void)
{
    mg_irq_destroy(irq);
    mg_hal_destroy(hal);
    fake_gpu_finish(&gpu);
}

static void count(void *ctx, uint32_t vector)
{
    ck_assert_ptr_eq(ctx, &gpu);
    calls[vector]++;
}

static bool signalled(void)
{
    struct pollfd pfds[MVFIO_VECTORS_MAX];
    uint32_t n;
    const int *fds = mg_irq_fds(irq, &n);

    for (uint32_t i = 0; i < n; i++)
        pfds[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
    return poll(pfds, n, 0) > 0;
}

static uint32_t service(void)
{
    uint32_t handled;

    ck_assert_int_eq(mg_irq_service(irq, &handled, &err), MAGMA_OK);
    return handled;
}

START_TEST(every_vector_reaches_its_own_handler)
{
    for (uint32_t vector = 0; vector < 512; vector += 37)
        ck_assert_int_eq(mg_irq_attach(irq, vector, count, &gpu, &err), MAGMA_OK);
    for (uint32_t vector = 0; vector < 512; vector += 37) {
        fake_gpu_raise(&gpu, vector);
        ck_assert(signalled());
        ck_assert_uint_eq(service(), 1);
        ck_assert(!signalled());
        ck_assert_uint_eq(calls[vector], 1);
    }
}
END_TEST

START_TEST(one_pass_serves_everything_that_is_pending)
{
    const uint32_t vectors[] = {0, 31, 32, 155, 192, 255, 511};
    uint64_t served, empty;

    for (size_t i = 0; i < 7; i++)
        ck_assert_int_eq(mg_irq_attach(irq, vectors[i], count, &gpu, &err), MAGMA_OK);
    for (size_t i = 0; i < 7; i++)
        fake_gpu_raise(&gpu, vectors[i]);
    ck_assert_uint_eq(service(), 7);
    for (size_t i = 0; i < 7; i++)
        ck_assert_uint_eq(calls[vectors[i]], 1);
    ck_assert_uint_eq(service(), 0);
    mg_irq_stats(irq, &served, &empty);
    ck_assert_uint_eq(served, 7);
    ck_assert_uint_eq(empty, 1);
}
END_TEST

START_TEST(a_vector_without_a_handler_stays_as_it_is)
{
    ck_assert_int_eq(mg_irq_attach(irq, 5, count, &gpu, &err), MAGMA_OK);
    fake_gpu_raise(&gpu, 6);
    ck_assert(!signalled());
    fake_gpu_raise(&gpu, 5);
    ck_assert_uint_eq(service(), 1);
    ck_assert_uint_eq(gpu.leaf[0], 1u << 6); /* not ours to clear */
    /* Attached later, it comes at once. */
    ck_assert_int_eq(mg_irq_attach(irq, 6, count, &gpu, &err), MAGMA_OK);
    ck_assert(signalled());
    ck_assert_uint_eq(service(), 1);
}
END_TEST

static void raise_again(void *ctx, uint32_t vector)
{
    (void)ctx;
    if (++calls[vector] < 3)
        fake_gpu_raise(&gpu, vector);
}

START_TEST(what_comes_during_a_handler_is_not_lost)
{
    ck_assert_int_eq(mg_irq_attach(irq, 77, raise_again, NULL, &err), MAGMA_OK);
    fake_gpu_raise(&gpu, 77);
    while (signalled())
        service();
    ck_assert_uint_eq(calls[77], 3);
}
END_TEST

static void raise_forever(void *ctx, uint32_t vector)
{
    (void)ctx;
    calls[vector]++;
    fake_gpu_raise(&gpu, vector);
}

START_TEST(a_storm_does_not_hold_the_pass_and_raises_the_next)
{
    ck_assert_int_eq(mg_irq_attach(irq, 3, raise_forever, NULL, &err), MAGMA_OK);
    fake_gpu_raise(&gpu, 3);
    ck_assert_uint_le(service(), 8);
    ck_assert(signalled()); /* armed again while pending */
    mg_irq_detach(irq, 3);
    service();
    ck_assert(!signalled());
}
END_TEST

static void detach_self(void *ctx, uint32_t vector)
{
    (void)ctx;
    calls[vector]++;
    mg_irq_detach(irq, vector);
    ck_assert_int_eq(mg_irq_attach(irq, vector + 1, count, &gpu, &err), MAGMA_OK);
}

START_TEST(a_handler_may_attach_and_detach)
{
    ck_assert_int_eq(mg_irq_attach(irq, 64, detach_self, NULL, &err), MAGMA_OK);
    fake_gpu_raise(&gpu, 64);
    fake_gpu_raise(&gpu, 65);
    while (signalled())
        service();
    ck_assert_uint_eq(calls[64], 1);
    ck_assert_uint_eq(calls[65], 1);
    fake_gpu_raise(&gpu, 64);
    ck_assert(!signalled());
}
END_TEST

START_TEST(a_vector_has_one_handler)
{
    ck_assert_int_eq(mg_irq_attach(irq, 9, count, &gpu, &err), MAGMA_OK);
    ck_assert_int_eq(mg_irq_attach(irq, 9, count, &gpu, &err), MAGMA_BUSY);
    mg_irq_detach(irq, 9);
    mg_irq_detach(irq, 9);
    ck_assert_int_eq(mg_irq_attach(irq, 9, count, &gpu, &err), MAGMA_OK);
    ck_assert_int_eq(mg_irq_attach(irq, 512, count, &gpu, &err), MAGMA_INVALID_ARGUMENT);
    ck_assert_int_eq(mg_irq_attach(irq, 1, NULL, NULL, &err), MAGMA_INVALID_ARGUMENT);
}
END_TEST

START_TEST(a_device_that_is_gone_serves_nothing)
{
    uint32_t handled = 9;

    ck_assert_int_eq(mg_irq_attach(irq, 5, count, &gpu, &err), MAGMA_OK);
    gpu.gone = true;
    ck_assert_int_eq(mg_irq_service(irq, &handled, &err), MAGMA_DEVICE_GONE);
    ck_assert_uint_eq(handled, 0);
    ck_assert_uint_eq(calls[5], 0);
}
END_TEST

START_TEST(destroy_leaves_the_tree_quiet)
{
    ck_assert_int_eq(mg_irq_attach(irq, 5, count, &gpu, &err), MAGMA_OK);
    mg_irq_destroy(irq);
    irq = NULL;
    ck_assert(!gpu.irq_on);
    ck_assert_uint_eq(gpu.top_enable, 0);
    for (int i = 0; i < FAKE_LEAVES; i++)
        ck_assert_uint_eq(gpu.leaf_enable[i], 0);
}
END_TEST

START_TEST(a_single_msi_is_rearmed_where_the_chip_wants_it)
{
    struct mg_irq_options no_rearm = {.msi_no_rearm = true};
    uint32_t n;

    fake_gpu_init(&gpu);
    gpu.msi_only = true;
    open_all(NULL);
    mg_irq_fds(irq, &n);
    ck_assert_uint_eq(n, 1);
    gpu.rearms = 0;
    ck_assert_int_eq(mg_irq_attach(irq, 200, count, &gpu, &err), MAGMA_OK);
    fake_gpu_raise(&gpu, 200);
    ck_assert(signalled());
    ck_assert_uint_eq(service(), 1);
    ck_assert_uint_eq(gpu.rearms, 1);
    mg_irq_destroy(irq);
    gpu.rearms = 0;
    ck_assert_int_eq(mg_irq_create(hal, &no_rearm, &irq, &err), MAGMA_OK);
    service();
    ck_assert_uint_eq(gpu.rearms, 0);
    teardown();
}
END_TEST

START_TEST(a_device_without_messages_is_refused)
{
    fake_gpu_init(&gpu);
    gpu.no_interrupts = true;
    fake_gpu_open(&gpu);
    ck_assert_int_eq(mg_hal_create(gpu.device, NULL, &hal, &err), MAGMA_OK);
    ck_assert_int_eq(mg_irq_create(hal, NULL, &irq, &err), MAGMA_NOT_SUPPORTED);
    ck_assert_ptr_nonnull(strstr(err.text, "INTx"));
    ck_assert_ptr_null(irq);
    teardown();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hal interrupts");
    TCase *tc = tcase_create("MSI-X"), *other = tcase_create("others");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, every_vector_reaches_its_own_handler);
    tcase_add_test(tc, one_pass_serves_everything_that_is_pending);
    tcase_add_test(tc, a_vector_without_a_handler_stays_as_it_is);
    tcase_add_test(tc, what_comes_during_a_handler_is_not_lost);
    tcase_add_test(tc, a_storm_does_not_hold_the_pass_and_raises_the_next);
    tcase_add_test(tc, a_handler_may_attach_and_detach);
    tcase_add_test(tc, a_vector_has_one_handler);
    tcase_add_test(tc, a_device_that_is_gone_serves_nothing);
    tcase_add_test(tc, destroy_leaves_the_tree_quiet);
    tcase_add_test(other, a_single_msi_is_rearmed_where_the_chip_wants_it);
    tcase_add_test(other, a_device_without_messages_is_refused);
    suite_add_tcase(suite, tc);
    suite_add_tcase(suite, other);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
