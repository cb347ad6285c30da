/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * From an operation to its handler.
 */
#include "exec.h"

static const struct sm_exec_entry *const lists[] = {
    sm_exec_control, sm_exec_int,  sm_exec_bits,  sm_exec_float,   sm_exec_half,   sm_exec_double,
    sm_exec_convert, sm_exec_mufu, sm_exec_lanes, sm_exec_uniform, sm_exec_memory, sm_exec_atomic,
    sm_exec_texture, sm_exec_surface};

sm_exec_fn sm_exec_find(unsigned op)
{
    for (unsigned n = 0; n < sizeof(lists) / sizeof(lists[0]); n++)
        for (const struct sm_exec_entry *e = lists[n]; e->exec; e++)
            if (e->op == op)
                return e->exec;
    return NULL;
}
