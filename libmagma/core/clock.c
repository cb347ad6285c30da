/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The system's monotonic clock behind struct mg_clock. */
#include "libmagma/core/clock.h"

#include <errno.h>
#include <time.h>

#define NS_PER_S UINT64_C(1000000000)

static uint64_t system_now_ns(void *ctx)
{
    struct timespec ts;

    (void)ctx;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

static void system_sleep_ns(void *ctx, uint64_t duration_ns)
{
    struct timespec ts = {.tv_sec = (time_t)(duration_ns / NS_PER_S),
                          .tv_nsec = (long)(duration_ns % NS_PER_S)};

    (void)ctx;
    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, &ts) == EINTR)
        ;
}

const struct mg_clock mg_clock_system = {.now_ns = system_now_ns, .sleep_ns = system_sleep_ns};
