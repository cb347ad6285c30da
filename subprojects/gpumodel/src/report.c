/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the model has to say: faults of the driver, notes, and the trace. */
#include <stdio.h>

#include "model.h"

#define LINE_MAX_BYTES 512

static void report(struct gpum *m, enum gpum_severity severity, const char *fmt, va_list args)
{
    char line[LINE_MAX_BYTES];
    vsnprintf(line, sizeof(line), fmt, args);
    if (m->config.cb.report)
        m->config.cb.report(m->config.cb.ctx, severity, line);
    if (m->config.trace && m->config.cb.trace)
        m->config.cb.trace(m->config.cb.ctx, m->time_ns, line);
}

void gpum_fault(struct gpum *m, const char *fmt, ...)
{
    va_list args;
    m->fault_count++;
    va_start(args, fmt);
    report(m, GPUM_FAULT, fmt, args);
    va_end(args);
}

void gpum_note(struct gpum *m, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    report(m, GPUM_NOTE, fmt, args);
    va_end(args);
}

void gpum_trace(struct gpum *m, const char *fmt, ...)
{
    if (!m->config.trace || !m->config.cb.trace)
        return;
    char line[LINE_MAX_BYTES];
    va_list args;
    va_start(args, fmt);
    vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);
    m->config.cb.trace(m->config.cb.ctx, m->time_ns, line);
}
