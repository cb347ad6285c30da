/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Lengths and hashes read from the files of Debian's firmware-nvidia-graphics 20260916-1. */
#include "real_images.h"

#include <string.h>

#define FNV_OFFSET UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME  UINT64_C(0x100000001b3)

const struct gpum_real_booter gpum_real_booters[] = {
    {"tu102",
     GPUM_UCODE_BOOTER_LOAD,
     0x8400,
     0x6200,
     0x200,
     0x10,
     1,
     0x8b2f402432ce299c,
     0x4914678ccdfff825,
     {0x3b6e3247a4101ae7}},
    {"tu102",
     GPUM_UCODE_BOOTER_UNLOAD,
     0x4b00,
     0x4d00,
     0x200,
     0x10,
     1,
     0xb2df046efaceda1e,
     0xbeecaa4b8122f3a5,
     {0xaaaf3bae64142740}},
    {"ga102",
     GPUM_UCODE_BOOTER_LOAD,
     0x8900,
     0x6200,
     0x10,
     0x180,
     2,
     0xad0b24d6da214530,
     0x4914678ccdfff825,
     {0x79c0268b1b2b85c8, 0xa09d945a1cd8d6e5}},
    {"ga102",
     GPUM_UCODE_BOOTER_UNLOAD,
     0x4f00,
     0x4d00,
     0x10,
     0x180,
     2,
     0x42464a5cb87448bf,
     0xbeecaa4b8122f3a5,
     {0x46a0551da3fc5c69, 0xa09d945a1cd8d6e5}},
    {"ad102",
     GPUM_UCODE_BOOTER_LOAD,
     0x7d00,
     0x6000,
     0x10,
     0x180,
     2,
     0x70fc2f622d741688,
     0xdb9b7cc0fe5d61d9,
     {0xf16e81190d2c6020, 0x67a8ee4763292977}},
    {"ad102",
     GPUM_UCODE_BOOTER_UNLOAD,
     0x4f00,
     0x4e00,
     0x10,
     0x180,
     2,
     0xb11884ada36a1eed,
     0x29d9d937b7cba5a1,
     {0x3b4bae81b5754998, 0x8f5fa10f5aaba2a6}},
    {"ad102",
     GPUM_UCODE_SCRUBBER,
     0x1900,
     0x300,
     0x0,
     0x180,
     2,
     0x2b39ef24780d5db5,
     0x0243cfa845185aa5,
     {0x1f49aeecc7c6ade7, 0x4a6b59ff4d978bbe}},
    {.chip = NULL},
};

const struct gpum_real_bootloader gpum_real_bootloaders[] = {
    {"tu102", 0x1000, 0xca1cc7a619aa9fdf, 0x0, 0x0, 0x0},
    {"ga102", 0x6000, 0x6c1cbbcc62b75e1b, 0x0, 0x800, 0x1800},
    {"ad102", 0x9000, 0x9dd9821af3e03ab6, 0x0, 0x800, 0x4800},
    {"gh100", 0x29000, 0x7dca5601c6745d9e, 0x0, 0xa00, 0xb100},
    {"gb202", 0x31000, 0x17798fb1fbc121b6, 0x0, 0xa00, 0xb200},
    {.chip = NULL},
};

const struct gpum_real_section gpum_real_sections[] = {
    {".fwimage", 0x1b34ea0, 0xf5e52fe151a45a00},
    {".fwsignature_ga100", 0x1000, 0x01c3d496cf809d11},
    {".fwsignature_tu11x", 0x1000, 0x33f64ac33fcd8a89},
    {".fwsignature_tu10x", 0x1000, 0x05123d12384604ab},
    {".fwimage", 0x3c99000, 0x400417edab7e2655},
    {".fwsignature_gb20x", 0x1000, 0x54893346f1a62f79},
    {".fwsignature_cc_gb10x", 0x1000, 0x42b9773fdf52c03c},
    {".fwsignature_gb10x", 0x1000, 0xfe2bcf8d5f744326},
    {".fwsignature_cc_gh100", 0x1000, 0xba456e61ae886260},
    {".fwsignature_gh100", 0x1000, 0x8f66341b5e970351},
    {".fwsignature_ad10x", 0x1000, 0x8ed47528b86cd4d8},
    {".fwsignature_ga10x", 0x1000, 0xfd7fb9d790b9a644},
    {.name = NULL},
};

uint64_t gpum_hash_words(const void *data, size_t size_bytes)
{
    const uint8_t *bytes = data;
    uint64_t hash = FNV_OFFSET;
    for (size_t i = 0; i < size_bytes; i += sizeof(uint64_t)) {
        uint64_t word = 0;
        size_t left = size_bytes - i;
        memcpy(&word, bytes + i, left < sizeof(word) ? left : sizeof(word));
        hash = (hash ^ word) * FNV_PRIME;
    }
    return hash;
}

const struct gpum_real_section *gpum_real_section_find(const void *data, size_t size_bytes)
{
    const struct gpum_real_section *s = gpum_real_sections;
    while (s->name && s->size_bytes != size_bytes)
        s++;
    if (!s->name)
        return NULL; /* no use to hash it */
    uint64_t hash = gpum_hash_words(data, size_bytes);
    for (s = gpum_real_sections; s->name; s++)
        if (s->size_bytes == size_bytes && s->hash == hash)
            return s;
    return NULL;
}
