/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Checks of the structure that describes the protected region. */
#ifndef GPUM_WPRMETA_H
#define GPUM_WPRMETA_H

#include <nvhw/wpr.h>
#include <stdbool.h>
#include <stdint.h>

struct gpum;

/* Every rule of the layout (classes A, A', B). False after reporting the first one broken. */
bool gpum_wpr_meta_ok(struct gpum *m, const struct nvhw_wpr_meta *meta);

/* Copies bootloader and GSP-RM into place and checks them against their signature (booter.c). */
bool gpum_wpr_images_ok(struct gpum *m, const struct nvhw_wpr_meta *meta);

/*
 * Walks the three levels of the image table at iova and copies size_bytes to the video memory at
 * destination. False after reporting which entry or page cannot be read.
 */
bool gpum_radix3_copy(struct gpum *m, uint64_t iova, uint64_t size_bytes, uint8_t *destination);

#endif
