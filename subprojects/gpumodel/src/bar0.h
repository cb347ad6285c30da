/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* BAR0: which unit answers a register. */
#ifndef GPUM_BAR0_H
#define GPUM_BAR0_H

#include <stdint.h>

struct gpum;

/* One aligned word. Also used by firmware models that touch registers themselves. */
uint32_t gpum_bar0_read(struct gpum *m, uint32_t offset);
void gpum_bar0_write(struct gpum *m, uint32_t offset, uint32_t value);

#endif
