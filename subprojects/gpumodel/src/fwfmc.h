/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef GPUM_FWFMC_H
#define GPUM_FWFMC_H

#include <stddef.h>
#include <stdint.h>

struct gpum_chip;

/* The FMC file of a chip, allocated; NULL when memory is out. */
uint8_t *gpum_fmc_file(const struct gpum_chip *chip, size_t *size_bytes);

#endif
