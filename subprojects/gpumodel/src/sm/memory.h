/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Addresses and spaces, shared by loads, stores and atomics.
 */
#ifndef GPUM_SM_MEMORY_H
#define GPUM_SM_MEMORY_H

#include "exec.h"

enum sm_space { SM_SPACE_GLOBAL, SM_SPACE_GENERIC, SM_SPACE_SHARED, SM_SPACE_LOCAL };

/* Per lane: register (32 or 64 bit, scaled) + uniform base + offset. */
void sm_addresses(struct sm_ctx *x, uint64_t va[SM_LANES]);
/* Where an access of one lane goes; NULL after a fault. */
uint8_t *sm_space(struct sm_ctx *x, enum sm_space space, int lane, uint64_t va, unsigned size_bytes,
                  enum gpum_access access);

#endif
