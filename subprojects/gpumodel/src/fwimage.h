/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The model's own GSP image, bootloader and signature section, as the firmware generator writes
 * them and the booter recognises them. Real files have none of these magics and are known by
 * hash (real_images.h).
 */
#ifndef GPUM_FWIMAGE_H
#define GPUM_FWIMAGE_H

#include <stdint.h>

#define GPUM_FWIMAGE_MAGIC    UINT64_C(0x474d4950534d5047) /* at the start of .fwimage */
#define GPUM_BOOTLOADER_MAGIC UINT64_C(0x4c424d5550474c42) /* at manifest, data and code */
#define GPUM_SIGNATURE_MAGIC  UINT64_C(0x4749534d5550475f) /* in .fwsignature_* */

enum gpum_bootloader_part { GPUM_BL_MANIFEST = 1, GPUM_BL_DATA, GPUM_BL_CODE };

struct gpum_fwimage_header {
    uint64_t magic;
    uint64_t size_bytes;
};

struct gpum_bootloader_mark {
    uint64_t magic;
    uint32_t part;
    uint32_t size_bytes; /* of the whole image */
};

/* What real signature sections begin with, then the model's own part. */
struct gpum_fwsignature {
    uint16_t head16[2];
    uint32_t head32[4];
    uint32_t reserved;
    uint64_t magic;
    uint64_t image_hash;
    char section[24]; /* ".fwsignature_ga10x" */
};

#define GPUM_FWSIGNATURE_HEAD16                                                                    \
    {                                                                                              \
        1, 2                                                                                       \
    }
#define GPUM_FWSIGNATURE_HEAD32                                                                    \
    {                                                                                              \
        0x8c8, 0xc, 0x101, 0x200                                                                   \
    }

#endif
