/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* GSP-RM as the boot side sees it. Its inside is in gsp_state.h. */
#ifndef GPUM_GSP_H
#define GPUM_GSP_H

#include <stdbool.h>
#include <stdint.h>

struct gpum;

/* Booter made the RISC-V core active; mailboxes 0/1 of the GSP hold the arguments' address. */
void gpum_gsp_start(struct gpum *m);
/* Reset, halt: GSP-RM is gone, with all its objects and channels. */
void gpum_gsp_stop(struct gpum *m);
/* The host wrote QUEUE_HEAD(0). */
void gpum_gsp_doorbell(struct gpum *m);

#endif
