/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What every owner of a GPU shares: the sticky lost state. */
#include "libmagma/winsys/winsys.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "libmagma/core/status.h"

/* Appends a line. Readers may look at `reason` meanwhile: the terminator before the new text goes
 * last. Only one writer is let in at a time; a line that comes at the same moment is dropped. */
static void append_reason(struct mg_winsys *ws, const char *line)
{
    size_t used = strlen(ws->reason), room = sizeof ws->reason - used;
    size_t n = strlen(line);

    if (strstr(ws->reason, line) || room < 3)
        return;
    if (!used) {
        snprintf(ws->reason, sizeof ws->reason, "%s", line);
        return;
    }
    if (n > room - 2)
        n = room - 2;
    memcpy(ws->reason + used + 1, line, n);
    ws->reason[used + 1 + n] = 0;
    ws->reason[used] = '\n';
}

void mg_winsys_set_lost(struct mg_winsys *ws, const char *fmt, ...)
{
    char line[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    if (atomic_fetch_add(&ws->lost_writers, 1) == 0)
        append_reason(ws, line);
    atomic_fetch_sub(&ws->lost_writers, 1);
    mg_log(&ws->log, MG_LOG_ERROR, "%s: %s",
           mg_winsys_is_lost(ws) ? "the GPU is lost, further" : "the GPU is lost", line);
    atomic_store_explicit(&ws->lost, true, memory_order_release);
    if (ws->ops->wake)
        ws->ops->wake(ws);
}

enum magma_code mg_winsys_check(struct mg_winsys *ws, struct magma_error *err)
{
    if (!mg_winsys_is_lost(ws))
        return MAGMA_OK;
    return mg_fail(err, MAGMA_DEVICE_LOST, "%s", ws->reason);
}
