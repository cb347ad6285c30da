/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* GSP-RM as the boot side sees it. Its inside is in gsp_state.h. */
#ifndef GPUM_GSP_H
#define GPUM_GSP_H

#include <stdbool.h>
#include <stdint.h>

struct gpum;

/* Booter or FMC made the RISC-V core active; arguments is the bus address of the libos page. WPR2
 * begins with the layout. */
void gpum_gsp_start(struct gpum *m, uint64_t arguments);
/* Reset, halt: GSP-RM is gone, with all its objects and channels. */
void gpum_gsp_stop(struct gpum *m);
/* The host wrote QUEUE_HEAD(0). */
void gpum_gsp_doorbell(struct gpum *m);

#endif
