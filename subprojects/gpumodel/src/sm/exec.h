/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The handlers of each file of operations, as lists that exec.c joins into one table.
 */
#ifndef GPUM_SM_EXEC_H
#define GPUM_SM_EXEC_H

#include "sm.h"

struct sm_exec_entry {
    unsigned op; /* 0 ends the list */
    sm_exec_fn exec;
};

extern const struct sm_exec_entry sm_exec_control[];
extern const struct sm_exec_entry sm_exec_int[];
extern const struct sm_exec_entry sm_exec_bits[];
extern const struct sm_exec_entry sm_exec_float[];
extern const struct sm_exec_entry sm_exec_half[];
extern const struct sm_exec_entry sm_exec_double[];
extern const struct sm_exec_entry sm_exec_convert[];
extern const struct sm_exec_entry sm_exec_mufu[];
extern const struct sm_exec_entry sm_exec_lanes[];
extern const struct sm_exec_entry sm_exec_uniform[];
extern const struct sm_exec_entry sm_exec_memory[];
extern const struct sm_exec_entry sm_exec_atomic[];
extern const struct sm_exec_entry sm_exec_texture[];
extern const struct sm_exec_entry sm_exec_surface[];

/* op(p, in) of compare instructions: AND, OR, XOR by NV_SASS_BOP_*. */
static inline uint32_t sm_bop(unsigned bop, uint32_t a, uint32_t b)
{
    return bop == NV_SASS_BOP_AND ? (a & b) : bop == NV_SASS_BOP_OR ? (a | b) : (a ^ b);
}

#endif
