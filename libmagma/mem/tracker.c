/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Counting allocations. */
#include "libmagma/mem/tracker.h"

#include <inttypes.h>

void mg_tracker_add(struct mg_tracker *t, enum magma_domain domain, uint64_t size_bytes)
{
    uint64_t now =
        atomic_fetch_add_explicit(&t->domain[domain].bytes, size_bytes, memory_order_relaxed) +
        size_bytes;
    uint64_t peak = atomic_load_explicit(&t->domain[domain].peak_bytes, memory_order_relaxed);

    atomic_fetch_add_explicit(&t->domain[domain].count, 1, memory_order_relaxed);
    while (now > peak &&
           !atomic_compare_exchange_weak_explicit(&t->domain[domain].peak_bytes, &peak, now,
                                                  memory_order_relaxed, memory_order_relaxed))
        ;
}

void mg_tracker_remove(struct mg_tracker *t, enum magma_domain domain, uint64_t size_bytes)
{
    atomic_fetch_sub_explicit(&t->domain[domain].bytes, size_bytes, memory_order_relaxed);
    atomic_fetch_sub_explicit(&t->domain[domain].count, 1, memory_order_relaxed);
}

uint64_t mg_tracker_bytes(const struct mg_tracker *t, enum magma_domain domain)
{
    return atomic_load_explicit(&t->domain[domain].bytes, memory_order_relaxed);
}

uint64_t mg_tracker_report(const struct mg_tracker *t, const struct mg_log *log)
{
    static const char *const names[] = {"video", "system"};
    uint64_t left = 0;

    for (unsigned i = 0; i < MG_TRACKER_DOMAINS; i++) {
        uint64_t count = atomic_load(&t->domain[i].count);

        left += count;
        if (count)
            mg_log(log, MG_LOG_WARN,
                   "%" PRIu64 " objects with %" PRIu64 " bytes of %s memory were not destroyed",
                   count, atomic_load(&t->domain[i].bytes), names[i]);
        mg_debug(log, MG_DEBUG(mem), "%s memory: at most %" PRIu64 " bytes were in use", names[i],
                 atomic_load(&t->domain[i].peak_bytes));
    }
    return left;
}
