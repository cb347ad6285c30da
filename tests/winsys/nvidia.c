/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* winsys/nvidia: sizes per branch, order, teardown, failures at every call, channel errors. */
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <nvhw/fifo.h>
#include <nvhw/rm.h>
#include <nvhw/rmioctl.h>

#include "libmagma/winsys/nvidia.h"
#include "tests/winsys/fake_rm.h"

static const unsigned branches[] = {535, 570, 580, 595};
enum { BRANCHES = 4, CALLS = 200 };

#define VA UINT64_C(0x1000000000)

static enum magma_code open_fake(struct fake_rm *rm, struct mg_winsys **ws, struct magma_error *err)
{
    struct mg_nvidia_options options = {.os = &rm->os};

    options.log.level = MG_LOG_ERROR;
    options.log.write = NULL;
    return mg_nvidia_open("nvidia:0", &options, ws, err);
}

static void nothing_is_left(const struct fake_rm *rm)
{
    ck_assert_int_eq(rm->fds, 0);
    ck_assert_int_eq(rm->views, 0);
    ck_assert_int_eq(rm->mappings, 0);
    ck_assert_uint_eq(rm->wrong_sizes, 0);
}

/* A channel with memory for its ring; false when anything failed. Undoes all that it did. */
static bool use(struct mg_winsys *ws, enum magma_engine engine)
{
    struct mg_memory memory = {0};
    struct mg_channel_port port = {0};
    bool good =
        ws->ops->memory_create(ws, MAGMA_DOMAIN_SYSTEM, 4096, 0, 0, &memory, NULL) == MAGMA_OK;

    if (good) {
        bool mapped = ws->ops->map(ws, &memory, (magma_gpu_va){VA}, 0, NULL) == MAGMA_OK;

        good = mapped && ws->ops->channel_create(ws, engine, (magma_gpu_va){VA}, 512, &port,
                                                 NULL) == MAGMA_OK;
        if (good)
            ws->ops->channel_destroy(ws, &port);
        if (mapped)
            ws->ops->unmap(ws, &memory);
        ws->ops->memory_destroy(ws, &memory);
    }
    return good;
}

START_TEST(every_branch_gets_its_own_sizes_and_nothing_is_left)
{
    struct fake_rm rm;
    struct mg_winsys *ws;
    struct magma_error err = {0};

    fake_rm_init(&rm, branches[_i]);
    ck_assert_msg(open_fake(&rm, &ws, &err) == MAGMA_OK, "%s", err.text);
    ck_assert_uint_eq(ws->info.sm_count, 20);
    ck_assert_uint_eq(ws->info.compute_class, 0xcbc0);
    ck_assert(use(ws, MAGMA_ENGINE_COMPUTE));
    ck_assert(use(ws, MAGMA_ENGINE_COPY));
    ws->ops->close(ws);
    /* Engine objects go with their channels: two of compute, one of copy. */
    ck_assert_int_eq(rm.objects, 3);
    nothing_is_left(&rm);
}
END_TEST

static int at(const struct fake_rm *rm, uint32_t what)
{
    for (unsigned i = rm->order_count; i-- > 0;)
        if (rm->order[i] == what)
            return (int)i;
    return -1;
}

START_TEST(a_channel_is_bound_before_its_objects_and_scheduled_after)
{
    struct fake_rm rm;
    struct mg_winsys *ws;

    fake_rm_init(&rm, 580);
    ck_assert(open_fake(&rm, &ws, NULL) == MAGMA_OK);
    ck_assert(use(ws, MAGMA_ENGINE_COMPUTE));
    ck_assert_int_ge(at(&rm, 0xc86f), 0);
    ck_assert_int_lt(at(&rm, 0xc86f), at(&rm, NVA06F_CTRL_CMD_BIND));
    ck_assert_int_lt(at(&rm, NVA06F_CTRL_CMD_BIND), at(&rm, 0xcbc0));
    ck_assert_int_lt(at(&rm, 0xc8b5), at(&rm, NVA06F_CTRL_CMD_GPFIFO_SCHEDULE));
    ck_assert_int_lt(at(&rm, NVA06F_CTRL_CMD_GPFIFO_SCHEDULE),
                     at(&rm, NVC36F_CTRL_CMD_GPFIFO_GET_WORK_SUBMIT_TOKEN));
    ws->ops->close(ws);
}
END_TEST

/* Some calls are best effort: the run may succeed, but must never leak. */
START_TEST(a_failure_at_any_call_is_undone)
{
    unsigned failed = 0, total = 0;

    for (unsigned n = 1; n <= CALLS; n++) {
        struct fake_rm rm;
        struct mg_winsys *ws;
        bool good;

        fake_rm_init(&rm, 580);
        rm.fail_at = n;
        rm.fail_by_status = _i;
        good = open_fake(&rm, &ws, NULL) == MAGMA_OK;
        if (good) {
            good = use(ws, MAGMA_ENGINE_COMPUTE);
            ws->ops->close(ws);
        }
        failed += !good;
        total = rm.ioctls > total ? rm.ioctls : total;
        nothing_is_left(&rm);
    }
    ck_assert_uint_lt(total, CALLS);
    ck_assert_uint_gt(failed, 15);
}
END_TEST

START_TEST(a_mapping_elsewhere_is_refused)
{
    struct fake_rm rm;
    struct mg_winsys *ws;

    fake_rm_init(&rm, 580);
    ck_assert(open_fake(&rm, &ws, NULL) == MAGMA_OK);
    rm.moves_mappings = true;
    ck_assert(!use(ws, MAGMA_ENGINE_COPY));
    ws->ops->close(ws);
    nothing_is_left(&rm);
}
END_TEST

START_TEST(a_channel_error_makes_the_gpu_lost_with_its_address)
{
    struct fake_rm rm;
    struct mg_winsys *ws;
    struct mg_channel_port port;
    struct nvhw_rmi_notification *n;

    fake_rm_init(&rm, 580);
    ck_assert(open_fake(&rm, &ws, NULL) == MAGMA_OK);
    ck_assert(ws->ops->channel_create(ws, MAGMA_ENGINE_COPY, (magma_gpu_va){VA}, 512, &port,
                                      NULL) == MAGMA_OK);
    ws->ops->poll(ws);
    ck_assert(!mg_winsys_is_lost(ws));
    n = rm.last_system_view; /* the notifier is mapped last */
    n->info32 = NV_RM_ERROR_MMU_FAULT;
    n->status = 0xffff;
    ws->ops->poll(ws);
    ck_assert(mg_winsys_is_lost(ws));
    ck_assert(atomic_load(port.dead));
    ck_assert_msg(strstr(ws->reason, "FAULT_PDE") && strstr(ws->reason, "0xabc000"), "%s",
                  ws->reason);
    ws->ops->channel_destroy(ws, &port);
    ws->ops->close(ws);
    nothing_is_left(&rm);
}
END_TEST

/* What an H100 said of errors made on purpose (580.159.04, 25 November 2026). */
static const struct {
    uint32_t error;
    bool sm_fails;
    const char *expect;
} exceptions[] = {
    {NV_RM_ERROR_GR_EXCEPTION, true,
     "channel error 13 GR_EXCEPTION on engine 1: SM 13: MISALIGNED_ADDR at pc 0x4000800090, "
     "address "
     "0x4000600102"},
    {NV_RM_ERROR_GR_EXCEPTION, false, "no SM reports an error"},
    {NV_RM_ERROR_MMU_FAULT, false, "MMU fault (FAULT_PDE) at 0xabc000, a write"},
    {NV_RM_ERROR_PBDMA_ERROR, false, "channel error 32 PBDMA_ERROR on engine 1"},
};
enum { EXCEPTIONS = sizeof exceptions / sizeof exceptions[0] };

START_TEST(an_error_of_compute_says_which_sm_and_how)
{
    struct fake_rm rm;
    struct mg_winsys *ws;
    struct mg_channel_port port;
    struct nvhw_rmi_notification *n;

    fake_rm_init(&rm, 580);
    ck_assert(open_fake(&rm, &ws, NULL) == MAGMA_OK);
    ck_assert(ws->ops->channel_create(ws, MAGMA_ENGINE_COMPUTE, (magma_gpu_va){VA}, 512, &port,
                                      NULL) == MAGMA_OK);
    rm.sm_fails = exceptions[_i].sm_fails;
    n = rm.last_system_view;
    n->info32 = exceptions[_i].error;
    n->info16 = 1;
    n->status = 0xffff;
    ws->ops->poll(ws);
    ck_assert(mg_winsys_is_lost(ws));
    ck_assert_msg(strstr(ws->reason, exceptions[_i].expect), "%s", ws->reason);
    ws->ops->channel_destroy(ws, &port);
    ws->ops->close(ws);
    nothing_is_left(&rm);
}
END_TEST

/* ---- Waiting --------------------------------------------------------------------------------- */

struct asked {
    struct fake_rm *rm;
    atomic_uint times;
    atomic_bool done;
};

static bool ask(void *ctx)
{
    struct asked *asked = ctx;

    atomic_fetch_add(&asked->times, 1);
    return atomic_load(&asked->done);
}

static void *event_later(void *arg)
{
    struct asked *asked = arg;
    const struct timespec pause = {0, 2000000};
    uint64_t one = 1;

    nanosleep(&pause, NULL);
    atomic_store(&asked->done, true);
    return write(asked->rm->event_fd, &one, sizeof one) == sizeof one ? NULL : asked;
}

struct waiter {
    struct mg_winsys *ws;
    struct asked *asked;
    uint64_t took_ns;
    enum magma_code code;
};

static void *waiter_main(void *arg)
{
    struct waiter *w = arg;
    uint64_t start = mg_now_ns(w->ws->clock);

    w->code = w->ws->ops->wait(w->ws, ask, w->asked, UINT64_C(10000000000));
    w->took_ns = mg_now_ns(w->ws->clock) - start;
    return NULL;
}

enum { WAITERS = 4 };

/* How long the slowest of some waits takes that one event after 2 ms ends. */
static uint64_t wait_for_event(unsigned waiters)
{
    struct fake_rm rm;
    struct mg_winsys *ws;
    struct asked asked = {.rm = &rm};
    struct waiter w[WAITERS];
    pthread_t thread, threads[WAITERS];
    uint64_t worst = 0;
    void *problem;

    fake_rm_init(&rm, 580);
    ck_assert(open_fake(&rm, &ws, NULL) == MAGMA_OK);
    ck_assert_int_eq(fcntl(rm.event_fd, F_GETFL) & O_NONBLOCK, 0);
    for (unsigned i = 0; i < waiters; i++) {
        w[i] = (struct waiter){.ws = ws, .asked = &asked};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, waiter_main, &w[i]), 0);
    }
    ck_assert_int_eq(pthread_create(&thread, NULL, event_later, &asked), 0);
    for (unsigned i = 0; i < waiters; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_int_eq(w[i].code, MAGMA_OK);
        worst = w[i].took_ns > worst ? w[i].took_ns : worst;
    }
    pthread_join(thread, &problem);
    ck_assert_ptr_null(problem);
    ws->ops->close(ws);
    nothing_is_left(&rm);
    return worst;
}

/* By itself a waiter looks after 10 ms at the earliest. A busy machine may need more than one try.
 */
START_TEST(one_event_ends_every_wait_at_once)
{
    uint64_t best = UINT64_MAX;

    for (int i = 0; i < 40 && best >= 9500000; i++) {
        uint64_t took = wait_for_event(_i ? WAITERS : 1);

        best = took < best ? took : best;
    }
    ck_assert_uint_lt(best, 9500000);
}
END_TEST

START_TEST(a_wait_without_events_ends_in_time)
{
    struct fake_rm rm;
    struct mg_winsys *ws;
    struct asked asked = {.rm = &rm};
    uint64_t start;

    fake_rm_init(&rm, 580);
    ck_assert(open_fake(&rm, &ws, NULL) == MAGMA_OK);
    start = mg_now_ns(ws->clock);
    ck_assert(ws->ops->wait(ws, ask, &asked, 50000000) == MAGMA_TIMEOUT);
    ck_assert_uint_ge(mg_now_ns(ws->clock) - start, 50000000);
    ck_assert_uint_lt(atomic_load(&asked.times), 20);
    ws->ops->close(ws);
}
END_TEST

START_TEST(names_and_old_drivers_are_refused)
{
    static const char *const bad[] = {"nvidia:", "nvidia:x", "nvidia:0x", "nvidia:-1",
                                      "nvidia:300"};
    struct fake_rm rm;
    struct mg_winsys *ws;
    struct mg_nvidia_options options = {.os = &rm.os};

    fake_rm_init(&rm, 525);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert(mg_nvidia_open(bad[i], &options, &ws, NULL) == MAGMA_INVALID_ARGUMENT);
    ck_assert(open_fake(&rm, &ws, NULL) == MAGMA_NOT_SUPPORTED);
    ck_assert(mg_nvidia_open("nvidia:1", &options, &ws, NULL) != MAGMA_OK);
    nothing_is_left(&rm);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nvidia");
    TCase *tc = tcase_create("nvidia");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(tc, every_branch_gets_its_own_sizes_and_nothing_is_left, 0, BRANCHES);
    tcase_add_test(tc, a_channel_is_bound_before_its_objects_and_scheduled_after);
    tcase_add_loop_test(tc, a_failure_at_any_call_is_undone, 0, 2);
    tcase_add_test(tc, a_mapping_elsewhere_is_refused);
    tcase_add_test(tc, a_channel_error_makes_the_gpu_lost_with_its_address);
    tcase_add_loop_test(tc, an_error_of_compute_says_which_sm_and_how, 0, EXCEPTIONS);
    tcase_add_loop_test(tc, one_event_ends_every_wait_at_once, 0, 2);
    tcase_add_test(tc, a_wait_without_events_ends_in_time);
    tcase_add_test(tc, names_and_old_drivers_are_refused);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
