/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What is allocated now and was at most, per domain: counters without locks. Any thread. */
#ifndef MG_MEM_TRACKER_H
#define MG_MEM_TRACKER_H

#include <stdatomic.h>
#include <stdint.h>

#include <magma-nv/bo.h>

#include "libmagma/core/log.h"

#define MG_TRACKER_DOMAINS 2

struct mg_tracker {
    struct {
        _Atomic uint64_t bytes, peak_bytes, count;
    } domain[MG_TRACKER_DOMAINS];
};

void mg_tracker_add(struct mg_tracker *tracker, enum magma_domain domain, uint64_t size_bytes);
void mg_tracker_remove(struct mg_tracker *tracker, enum magma_domain domain, uint64_t size_bytes);
uint64_t mg_tracker_bytes(const struct mg_tracker *tracker, enum magma_domain domain);

/* Logs a warning per domain that still holds something. Returns how many objects are left. */
uint64_t mg_tracker_report(const struct mg_tracker *tracker, const struct mg_log *log);

#endif
