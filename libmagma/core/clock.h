/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Time reaches the driver through this interface, so that one process can hold driver and model
 * and step both: there, waiting advances the model. Deadlines are absolute, in nanoseconds of
 * the clock.
 */
#ifndef MG_CORE_CLOCK_H
#define MG_CORE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct mg_clock {
    uint64_t (*now_ns)(void *ctx);
    void (*sleep_ns)(void *ctx, uint64_t duration_ns);
    void *ctx;
};

/* The monotonic clock of the system. */
extern const struct mg_clock mg_clock_system;

static inline uint64_t mg_now_ns(const struct mg_clock *clock)
{
    return clock->now_ns(clock->ctx);
}

static inline void mg_sleep_ns(const struct mg_clock *clock, uint64_t duration_ns)
{
    clock->sleep_ns(clock->ctx, duration_ns);
}

/* An absolute deadline `timeout_ns` from now; saturates, UINT64_MAX means never. */
static inline uint64_t mg_deadline_ns(const struct mg_clock *clock, uint64_t timeout_ns)
{
    uint64_t now = mg_now_ns(clock);
    return timeout_ns > UINT64_MAX - now ? UINT64_MAX : now + timeout_ns;
}

#endif
