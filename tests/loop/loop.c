/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the event loop promises: callbacks one at a time, waits that end, nothing that blocks
 * inside, and time that follows the clock it was given. */
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "libmagma/hal/hal.h"
#include "libmagma/loop/loop.h"
#include "tests/hal/fake_gpu.h"

#define MS UINT64_C(1000000)

static struct mg_loop *loop;
static struct magma_error err;

static void setup(void)
{
    memset(&err, 0, sizeof err);
    ck_assert_int_eq(mg_loop_create(NULL, NULL, &loop, &err), MAGMA_OK);
}

static void teardown(void)
{
    mg_loop_destroy(loop);
}

/* An eventfd with a counting callback. */
struct counter {
    int fd;
    atomic_uint calls;
    struct mg_watch *watch;
};

static void signal_fd(int fd)
{
    uint64_t one = 1;

    ck_assert_int_eq(write(fd, &one, sizeof one), sizeof one);
}

static void on_event(void *ctx)
{
    struct counter *counter = ctx;
    uint64_t value;

    if (read(counter->fd, &value, sizeof value) == sizeof value)
        atomic_fetch_add(&counter->calls, 1);
}

static void watch(struct counter *counter)
{
    counter->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    atomic_init(&counter->calls, 0);
    ck_assert_int_eq(mg_loop_watch_fd(loop, counter->fd, on_event, counter, &counter->watch, &err),
                     MAGMA_OK);
}

static void unwatch(struct counter *counter)
{
    mg_loop_unwatch(loop, counter->watch);
    close(counter->fd);
}

static bool called(void *ctx)
{
    return atomic_load(&((struct counter *)ctx)->calls) > 0;
}

static bool never(void *ctx)
{
    (void)ctx;
    return false;
}

static void count(void *ctx)
{
    atomic_fetch_add((atomic_uint *)ctx, 1);
}

START_TEST(a_readable_descriptor_calls_its_callback)
{
    struct counter a, b;

    watch(&a);
    watch(&b);
    ck_assert_int_eq(mg_loop_step(loop, 0, &err), MAGMA_OK);
    ck_assert_uint_eq(a.calls, 0);
    signal_fd(b.fd);
    ck_assert_int_eq(mg_loop_wait(loop, called, &b, 0, 5000 * MS, "b", &err), MAGMA_OK);
    ck_assert_uint_eq(a.calls, 0);
    ck_assert_uint_eq(b.calls, 1);
    unwatch(&b);
    unwatch(&a);
}
END_TEST

START_TEST(an_unwatched_descriptor_is_silent)
{
    struct counter a;

    watch(&a);
    signal_fd(a.fd);
    mg_loop_unwatch(loop, a.watch);
    ck_assert_int_eq(mg_loop_step(loop, 10 * MS, &err), MAGMA_OK);
    ck_assert_uint_eq(a.calls, 0);
    close(a.fd);
}
END_TEST

START_TEST(a_wait_that_times_out_names_what_it_waited_for)
{
    uint64_t start = mg_now_ns(&mg_clock_system);

    ck_assert_int_eq(mg_loop_wait(loop, never, NULL, 0, 30 * MS, "the second coming", &err),
                     MAGMA_TIMEOUT);
    ck_assert_ptr_nonnull(strstr(err.text, "the second coming"));
    ck_assert_uint_ge(mg_now_ns(&mg_clock_system) - start, 30 * MS);
}
END_TEST

static bool at_the_third_look(void *ctx)
{
    return ++*(unsigned *)ctx == 3;
}

START_TEST(a_wait_with_a_poll_interval_looks_without_events)
{
    unsigned looks = 0;

    ck_assert_int_eq(
        mg_loop_wait(loop, at_the_third_look, &looks, 1 * MS, 10000 * MS, "looks", &err), MAGMA_OK);
}
END_TEST

static void try_to_block(void *ctx)
{
    struct counter *counter = ctx;
    struct magma_error inner = {0};

    ck_assert(mg_loop_inside(loop));
    ck_assert_int_eq(mg_loop_wait(loop, never, NULL, 0, MS, "x", &inner), MAGMA_INTERNAL);
    ck_assert_ptr_nonnull(strstr(inner.text, "callback"));
    ck_assert_int_eq(mg_loop_step(loop, MS, &inner), MAGMA_INTERNAL);
    atomic_fetch_add(&counter->calls, 1);
}

START_TEST(a_callback_cannot_wait)
{
    struct counter a = {0};
    struct mg_timer timer = {0};

    mg_loop_timer_start(loop, &timer, 0, 0, try_to_block, &a);
    ck_assert(!mg_loop_inside(loop));
    ck_assert_int_eq(mg_loop_wait(loop, called, &a, 0, 5000 * MS, "a", &err), MAGMA_OK);
}
END_TEST

/* Timers write down their order. */
static int order[8];
static int order_count;

struct named_timer {
    struct mg_timer timer;
    int name;
};

static void note(void *ctx)
{
    order[order_count++] = ((struct named_timer *)ctx)->name;
}

static bool three_noted(void *ctx)
{
    (void)ctx;
    return order_count >= 3;
}

START_TEST(timers_fire_in_the_order_of_their_deadlines)
{
    struct named_timer t[4] = {{.name = 0}, {.name = 1}, {.name = 2}, {.name = 3}};
    const uint64_t delays[4] = {9, 3, 6, 4};

    order_count = 0;
    for (int i = 0; i < 4; i++)
        mg_loop_timer_start(loop, &t[i].timer, delays[i] * MS, 0, note, &t[i]);
    mg_loop_timer_cancel(loop, &t[3].timer);
    mg_loop_timer_cancel(loop, &t[3].timer);
    ck_assert_int_eq(mg_loop_wait(loop, three_noted, NULL, 0, 5000 * MS, "t", &err), MAGMA_OK);
    ck_assert_int_eq(order[0], 1);
    ck_assert_int_eq(order[1], 2);
    ck_assert_int_eq(order[2], 0);
    ck_assert_int_eq(order_count, 3);
}
END_TEST

static bool five(void *ctx)
{
    return atomic_load((atomic_uint *)ctx) >= 5;
}

START_TEST(a_periodic_timer_repeats_until_cancelled)
{
    struct mg_timer timer = {0};
    atomic_uint calls = 0;
    unsigned seen;

    mg_loop_timer_start(loop, &timer, MS, MS, count, &calls);
    ck_assert_int_eq(mg_loop_wait(loop, five, &calls, 0, 5000 * MS, "five", &err), MAGMA_OK);
    mg_loop_timer_cancel(loop, &timer);
    seen = calls;
    ck_assert_int_eq(mg_loop_step(loop, 5 * MS, &err), MAGMA_OK);
    ck_assert_uint_eq(calls, seen);
}
END_TEST

START_TEST(a_thread_serves_what_others_wait_for)
{
    struct counter a;
    atomic_uint calls = 0;
    struct mg_timer timer = {0};

    ck_assert_int_eq(mg_loop_start(loop, &err), MAGMA_OK);
    ck_assert_int_eq(mg_loop_start(loop, &err), MAGMA_BUSY);
    watch(&a); /* while the thread sleeps in the kernel */
    mg_loop_timer_start(loop, &timer, MS, MS, count, &calls);
    signal_fd(a.fd);
    ck_assert_int_eq(mg_loop_wait(loop, called, &a, 0, 5000 * MS, "a", &err), MAGMA_OK);
    ck_assert_int_eq(mg_loop_wait(loop, five, &calls, 0, 5000 * MS, "five", &err), MAGMA_OK);
    mg_loop_timer_cancel(loop, &timer);
    unwatch(&a);
    mg_loop_stop(loop);
    mg_loop_stop(loop);
}
END_TEST

/* Several threads wait at once for events of their own; whoever drives serves all. */
struct waiter {
    pthread_t thread;
    struct counter counter;
    enum magma_code code;
};

static void *wait_for_own(void *arg)
{
    struct waiter *waiter = arg;

    for (unsigned i = 0; i < 50 && !waiter->code; i++) {
        atomic_store(&waiter->counter.calls, 0);
        signal_fd(waiter->counter.fd);
        waiter->code =
            mg_loop_wait(loop, called, &waiter->counter, 0, 10000 * MS, "own event", NULL);
    }
    return NULL;
}

static void wait_together(void)
{
    struct waiter waiters[4];

    memset(waiters, 0, sizeof waiters);
    for (int i = 0; i < 4; i++)
        watch(&waiters[i].counter);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&waiters[i].thread, NULL, wait_for_own, &waiters[i]), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(waiters[i].thread, NULL);
        ck_assert_int_eq(waiters[i].code, MAGMA_OK);
        unwatch(&waiters[i].counter);
    }
}

START_TEST(many_threads_wait_without_losing_an_event)
{
    wait_together();
}
END_TEST

START_TEST(many_threads_wait_beside_the_loops_own)
{
    ck_assert_int_eq(mg_loop_start(loop, &err), MAGMA_OK);
    wait_together();
}
END_TEST

static void *wake_later(void *arg)
{
    usleep(20000);
    atomic_store((atomic_uint *)arg, 5);
    mg_loop_wake(loop);
    return NULL;
}

START_TEST(a_wake_makes_waiters_look_again)
{
    atomic_uint value = 0;
    pthread_t thread;
    uint64_t start = mg_now_ns(&mg_clock_system);

    pthread_create(&thread, NULL, wake_later, &value);
    ck_assert_int_eq(mg_loop_wait(loop, five, &value, 0, 20000 * MS, "wake", &err), MAGMA_OK);
    ck_assert_uint_le(mg_now_ns(&mg_clock_system) - start, 15000 * MS);
    pthread_join(thread, NULL);
}
END_TEST

/* ---- With a device and a stepped clock ---- */

static struct fake_gpu gpu;

static void raise_at_two_ms(struct fake_gpu *g)
{
    if (g->now_ns >= 2 * MS && !g->resets) {
        g->resets = 1; /* only once */
        fake_gpu_raise(g, 155);
    }
}

static void on_vector(void *ctx, uint32_t vector)
{
    ck_assert_uint_eq(vector, 155);
    atomic_fetch_add((atomic_uint *)ctx, 1);
}

static bool one(void *ctx)
{
    return atomic_load((atomic_uint *)ctx) >= 1;
}

static void note_loss(void *ctx, const struct magma_error *why)
{
    ck_assert_int_eq(why->code, MAGMA_DEVICE_GONE);
    atomic_fetch_add((atomic_uint *)ctx, 1);
}

START_TEST(waiting_makes_a_stepped_model_go_on)
{
    struct mg_hal_options options = {.clock = &gpu.clock};
    struct mg_timer watchdog = {0};
    atomic_uint calls = 0, fired = 0, lost = 0;
    struct mg_loop *stepped;
    struct mg_watch *w;
    struct mg_irq *irq;
    struct mg_hal *hal;

    fake_gpu_init(&gpu);
    fake_gpu_open(&gpu);
    ck_assert_int_eq(mg_hal_create(gpu.device, &options, &hal, &err), MAGMA_OK);
    ck_assert_int_eq(mg_irq_create(hal, NULL, &irq, &err), MAGMA_OK);
    ck_assert_int_eq(mg_loop_create(&gpu.clock, NULL, &stepped, &err), MAGMA_OK);
    ck_assert_int_eq(mg_loop_watch_irq(stepped, irq, note_loss, &lost, &w, &err), MAGMA_OK);
    ck_assert_int_eq(mg_irq_attach(irq, 155, on_vector, &calls, &err), MAGMA_OK);
    gpu.on_sleep = raise_at_two_ms;

    /* An hour of the model's time may pass; the wall clock hardly moves. */
    mg_loop_timer_start(stepped, &watchdog, 1 * MS, 0, count, &fired);
    ck_assert_int_eq(
        mg_loop_wait(stepped, one, &calls, 0, UINT64_C(3600) * 1000 * MS, "vector 155", &err),
        MAGMA_OK);
    ck_assert_uint_ge(gpu.now_ns, 2 * MS);
    ck_assert_uint_le(gpu.now_ns, 3 * MS);
    ck_assert_uint_eq(fired, 1);

    ck_assert_int_eq(mg_loop_wait(stepped, never, NULL, 0, 5 * MS, "nothing", &err), MAGMA_TIMEOUT);
    gpu.gone = true;
    signal_fd(gpu.eventfds[0]);
    ck_assert_int_eq(mg_loop_wait(stepped, one, &lost, 0, 5 * MS, "the loss", &err), MAGMA_OK);
    signal_fd(gpu.eventfds[1]);
    mg_loop_step(stepped, MS, NULL);
    ck_assert_uint_eq(lost, 1);

    mg_loop_unwatch(stepped, w);
    mg_loop_destroy(stepped);
    mg_irq_destroy(irq);
    mg_hal_destroy(hal);
    fake_gpu_finish(&gpu);
}
END_TEST

START_TEST(destroy_with_watches_and_timers_left_calls_nothing)
{
    struct counter a;
    struct mg_timer timer = {0};
    atomic_uint calls = 0;

    watch(&a);
    signal_fd(a.fd);
    mg_loop_timer_start(loop, &timer, 0, 0, count, &calls);
    mg_loop_destroy(loop);
    loop = NULL;
    ck_assert_uint_eq(a.calls + calls, 0);
    close(a.fd);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("loop");
    TCase *tc = tcase_create("loop");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_readable_descriptor_calls_its_callback);
    tcase_add_test(tc, an_unwatched_descriptor_is_silent);
    tcase_add_test(tc, a_wait_that_times_out_names_what_it_waited_for);
    tcase_add_test(tc, a_wait_with_a_poll_interval_looks_without_events);
    tcase_add_test(tc, a_callback_cannot_wait);
    tcase_add_test(tc, timers_fire_in_the_order_of_their_deadlines);
    tcase_add_test(tc, a_periodic_timer_repeats_until_cancelled);
    tcase_add_test(tc, a_thread_serves_what_others_wait_for);
    tcase_add_test(tc, many_threads_wait_without_losing_an_event);
    tcase_add_test(tc, many_threads_wait_beside_the_loops_own);
    tcase_add_test(tc, a_wake_makes_waiters_look_again);
    tcase_add_test(tc, waiting_makes_a_stepped_model_go_on);
    tcase_add_test(tc, destroy_with_watches_and_timers_left_calls_nothing);
    tcase_set_timeout(tc, 60);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
