/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The board's ROM: a synthetic image chain with the structures that a boot reads. */
#ifndef GPUM_VBIOS_H
#define GPUM_VBIOS_H

#include <stddef.h>
#include <stdint.h>

struct gpum_chip;

/*
 * Builds the ROM of a chip's board into a new buffer (*size_bytes long, the caller frees it); NULL
 * when memory is out. The seed varies what boards vary: with or without an IFR header, and its
 * version.
 */
uint8_t *gpum_vbios_create(const struct gpum_chip *chip, uint64_t seed, size_t *size_bytes);

#endif
