/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Firmware files for the model: the real containers around images that only the model
 * understands. A driver finds them as it finds the real ones, below a folder that stands for
 * /lib/firmware.
 */
#ifndef GPUMODEL_FIRMWARE_H
#define GPUMODEL_FIRMWARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Kinds of files, by the names that Debian gives them (NAME-570.144.bin). */
enum gpum_firmware_file {
    GPUM_FIRMWARE_GSP,
    GPUM_FIRMWARE_BOOTLOADER,
    GPUM_FIRMWARE_BOOTER_LOAD,
    GPUM_FIRMWARE_BOOTER_UNLOAD,
    GPUM_FIRMWARE_GENERIC_LOADER, /* Turing only */
    GPUM_FIRMWARE_SCRUBBER,       /* Ada only */
    GPUM_FIRMWARE_FMC,            /* Hopper, Blackwell: instead of both booters */
    GPUM_FIRMWARE_FILE_COUNT
};

/* "gsp", "bootloader", ... */
const char *gpum_firmware_name(enum gpum_firmware_file file);

/* The bytes of a file for a chip, allocated (the caller frees them); NULL when the chip has no
 * such file, is unknown, or memory is out. */
uint8_t *gpum_firmware_create(const char *chip, enum gpum_firmware_file file, size_t *size_bytes);

/* Writes the files of every chip to DIR/nvidia/CHIP/gsp/NAME-570.144.bin, making folders as
 * needed. False with a sentence in error. */
bool gpum_firmware_write(const char *dir, char *error, size_t error_size_bytes);

#endif
