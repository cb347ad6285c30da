/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A thread that loses the CPU at the worst moment: one look at the clock, each in its turn, takes
 * five milliseconds, so that a wait's alarm is due before the wait begins.
 */
#include <check.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "libmagma/loop/loop.h"

static atomic_int looks = -1; /* until the slow one; below 0: there is none */

/* In place of the C library's, for libuv too. */
int clock_gettime(clockid_t clock, struct timespec *ts)
{
    const struct timespec pause = {0, 5000000};

    if (atomic_load(&looks) >= 0 && atomic_fetch_sub(&looks, 1) == 0)
        nanosleep(&pause, NULL);
    return (int)syscall(SYS_clock_gettime, clock, ts);
}

static bool never(void *ctx)
{
    (void)ctx;
    return false;
}

/* Whichever look it is. */
START_TEST(a_wait_ends_in_time_although_its_alarm_came_early)
{
    struct mg_loop *loop;

    ck_assert_int_eq(mg_loop_create(NULL, NULL, &loop, NULL), MAGMA_OK);
    for (int n = 0; n < 24; n++) {
        atomic_store(&looks, n);
        ck_assert_int_eq(mg_loop_wait(loop, never, NULL, 1000000, 10000000, "nothing", NULL),
                         MAGMA_TIMEOUT);
    }
    atomic_store(&looks, -1);
    mg_loop_destroy(loop);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("slow");
    TCase *tc = tcase_create("slow");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tc, 20);
    tcase_add_test(tc, a_wait_ends_in_time_although_its_alarm_came_early);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
