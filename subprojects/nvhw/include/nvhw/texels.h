/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Texel formats as texture headers name them: how many bytes an element has, how many texels, and
 * where its components lie. What becomes of the bits is not said here. Pure functions.
 */
#ifndef NVHW_TEXELS_H
#define NVHW_TEXELS_H

#include <stdbool.h>
#include <stdint.h>

enum nvhw_texel_packing {
    NV_TEXEL_PLAIN,        /* parts as given */
    NV_TEXEL_SHARED_EXP,   /* three parts of 9 bits and an exponent of 5 (the fourth part) */
    NV_TEXEL_PACKED_FLOAT, /* floats without sign: 11, 11, 10 bits */
    NV_TEXEL_PAIR,         /* two texels share two of three components */
    NV_TEXEL_BC1,
    NV_TEXEL_BC2,
    NV_TEXEL_BC3,
    NV_TEXEL_BC4,
    NV_TEXEL_BC5,
    NV_TEXEL_BC6_SIGNED,
    NV_TEXEL_BC6_UNSIGNED,
    NV_TEXEL_BC7
};

struct nvhw_texel_format {
    uint8_t code;          /* NV_TIC_..._COMPONENTS_... */
    uint8_t packing;       /* enum nvhw_texel_packing */
    uint8_t bytes;         /* of an element */
    uint8_t width, height; /* texels of an element */
    uint8_t count;         /* components */
    struct {
        uint8_t lo, bits;
    } part[4]; /* R, G, B, A: lowest bit and how many; 0 bits: not there */
};

/* NULL for a code that is not known here. */
const struct nvhw_texel_format *nvhw_texel_format(uint32_t code);

/* What the texture unit makes of an 8-bit sRGB component, in units of 2^-14. */
enum { NV_SRGB_UNIT_LOG2 = 14 };
extern const uint16_t nvhw_srgb[256];

#endif
