/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The last register accesses, kept in a ring for the report on a lost device, and the same lines
 * as they happen with MAGMA_DEBUG=mmio. A register that is polled takes one entry per value. */
#include "libmagma/hal/hal_priv.h"

#include <nvhw/describe.h>
#include <stdio.h>

void mg_mmio_name(uint32_t offset, char *buf, uint32_t size_bytes)
{
    nvhw_format_register_name(buf, size_bytes, offset);
}

uint32_t mg_mmio_format(const struct mg_mmio_access *access, char *buf, uint32_t size_bytes)
{
    char name[96], fields[256] = "";
    struct nvhw_register_hit hit;
    int n;

    mg_mmio_name(access->offset, name, sizeof name);
    if (nvhw_register_find(access->offset, &hit) && hit.reg->field_count)
        nvhw_format_fields(fields, sizeof fields, hit.reg, access->value);
    n = snprintf(buf, size_bytes, "%s 0x%08x %s = 0x%08x%s%s", access->write ? "wr" : "rd",
                 access->offset, name, access->value, fields[0] ? " " : "", fields);
    if (n > 0 && (uint32_t)n < size_bytes && access->count > 1)
        n += snprintf(buf + n, size_bytes - (uint32_t)n, " (%u times)", access->count);
    if (n < 0)
        return 0;
    return (uint32_t)n < size_bytes ? (uint32_t)n : size_bytes ? size_bytes - 1 : 0;
}

/* Adds to the newest entry when it is the same read again. */
static bool repeats(struct mmio_trace *trace, const struct mg_mmio_access *access)
{
    struct mg_mmio_access *newest;

    if (!trace->used || access->write)
        return false;
    newest = &trace->entries[(trace->head - 1) & (trace->size - 1)];
    if (newest->write || newest->offset != access->offset || newest->value != access->value)
        return false;
    newest->count++;
    newest->time_ns = access->time_ns;
    return true;
}

void hal_trace_record(struct mg_hal *hal, uint32_t offset, uint32_t value, bool write)
{
    struct mg_mmio_access access = {mg_now_ns(hal->clock), offset, value, 1, write};
    struct mmio_trace *trace = &hal->trace;
    bool repeated;

    pthread_mutex_lock(&trace->lock);
    repeated = repeats(trace, &access);
    if (!repeated) {
        trace->entries[trace->head] = access;
        trace->head = (trace->head + 1) & (trace->size - 1);
        if (trace->used < trace->size)
            trace->used++;
    }
    pthread_mutex_unlock(&trace->lock);
    if (!repeated && mg_debug_on(hal->log, MG_DEBUG(mmio))) {
        char line[480];

        mg_mmio_format(&access, line, sizeof line);
        mg_debug(hal->log, MG_DEBUG(mmio), "%s", line);
    }
}

uint32_t mg_mmio_trace(struct mg_hal *hal, struct mg_mmio_access *out, uint32_t max)
{
    struct mmio_trace *trace = &hal->trace;
    uint32_t n;

    pthread_mutex_lock(&trace->lock);
    n = trace->used < max ? trace->used : max;
    for (uint32_t i = 0; i < n; i++)
        out[i] = trace->entries[(trace->head - n + i) & (trace->size - 1)];
    pthread_mutex_unlock(&trace->lock);
    return n;
}
