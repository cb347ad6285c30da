/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Real firmware of 570.144, known by length and hash: enough to tell that a driver loaded every
 * byte of the right image to the right place with the right signature, without the bytes.
 */
#ifndef GPUM_REAL_IMAGES_H
#define GPUM_REAL_IMAGES_H

#include <stddef.h>
#include <stdint.h>

#include "ucode.h"

#define GPUM_REAL_SIGNATURES_MAX 2

struct gpum_real_booter {
    const char *chip; /* NULL ends the list */
    enum gpum_ucode_kind kind;
    uint32_t code_bytes, data_bytes, signature_offset, signature_bytes, signature_count;
    uint64_t code_hash, data_hash; /* data with the signature as zero */
    uint64_t signature_hash[GPUM_REAL_SIGNATURES_MAX];
};
extern const struct gpum_real_booter gpum_real_booters[];

struct gpum_real_bootloader {
    const char *chip;
    uint32_t size_bytes;
    uint64_t hash;
    uint32_t manifest_offset, data_offset, code_offset;
};
extern const struct gpum_real_bootloader gpum_real_bootloaders[];

/* .fwimage and the signature sections of the two GSP files. */
struct gpum_real_section {
    const char *name;
    uint32_t size_bytes;
    uint64_t hash;
};
extern const struct gpum_real_section gpum_real_sections[];

/* FNV-1a over words of 8 bytes and the rest. */
uint64_t gpum_hash_words(const void *data, size_t size_bytes);
/* A section by its bytes; NULL when it is not one of the real ones. */
const struct gpum_real_section *gpum_real_section_find(const void *data, size_t size_bytes);

#endif
