/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Blocks of 4 x 4 texels, BC1 to BC5: two colours or values and steps between them. Values come out
 * as 16 bits, as the texture unit holds them.
 */
#include "tex.h"

#include <math.h>

static uint32_t word_at(const uint8_t *from, unsigned bytes)
{
    uint32_t word = 0;

    memcpy(&word, from, bytes);
    return word;
}

/* 5 or 6 bits become 8, those 16. */
static uint32_t widen(uint32_t value, unsigned bits)
{
    return value << (8 - bits) | value >> (2 * bits - 8);
}

static void end_point(uint32_t color, uint32_t out[3])
{
    out[0] = widen(color >> 11, 5);
    out[1] = widen(color >> 5 & 63, 6);
    out[2] = widen(color & 31, 5);
}

/* The colour half of BC1 to BC3. punch: the form with three colours and a hole exists. */
static void color(const uint8_t *block, bool punch, unsigned at, uint16_t out[4])
{
    uint32_t c0 = word_at(block, 2), c1 = word_at(block + 2, 2), e0[3], e1[3];
    uint32_t step = word_at(block + 4, 4) >> 2 * at & 3;

    end_point(c0, e0);
    end_point(c1, e1);
    out[3] = 0xffff;
    for (unsigned i = 0; i < 3; i++) {
        uint32_t a = e0[i] * 257, b = e1[i] * 257;

        if (step < 2)
            out[i] = (uint16_t)(step ? b : a);
        else if (!punch || c0 > c1)
            out[i] = (uint16_t)(step == 2 ? (2 * a + b + 1) / 3 : (a + 2 * b + 1) / 3);
        else
            out[i] = (uint16_t)(step == 2 ? (a + b) / 2 : 0);
    }
    if (punch && c0 <= c1 && step == 3)
        out[3] = 0;
}

/* BC4's block, unsigned: eight values, or six and the two ends of the range. */
static uint16_t ramp_unsigned(const uint8_t *block, unsigned at)
{
    uint64_t steps = 0;
    uint32_t a = block[0] * 257u, b = block[1] * 257u, step;

    memcpy(&steps, block + 2, 6);
    step = (uint32_t)(steps >> 3 * at & 7);
    if (step < 2)
        return (uint16_t)(step ? b : a);
    if (block[0] > block[1])
        return (uint16_t)(((8 - step) * a + (step - 1) * b + 3) / 7);
    if (step >= 6)
        return step == 6 ? 0 : 0xffff;
    return (uint16_t)(((6 - step) * a + (step - 1) * b + 2) / 5);
}

static int16_t snorm(uint8_t byte)
{
    int value = (int8_t)byte < -127 ? -127 : (int8_t)byte;

    return (int16_t)floor(value * 32767.0 / 127 + 0.5);
}

static uint16_t ramp_signed(const uint8_t *block, unsigned at)
{
    int32_t a = snorm(block[0]), b = snorm(block[1]), step, n;
    double value;
    uint64_t steps = 0;

    memcpy(&steps, block + 2, 6);
    step = (int32_t)(steps >> 3 * at & 7);
    if (step < 2)
        return (uint16_t)(step ? b : a);
    n = (int8_t)block[0] > (int8_t)block[1] ? 7 : 5;
    if (n == 5 && step >= 6)
        return (uint16_t)(step == 6 ? -32767 : 32767);
    value = ((n + 1 - step) * (double)a + (step - 1) * (double)b) / n;
    return (uint16_t)(int16_t)floor(value + 0.5);
}

static uint16_t ramp(const uint8_t *block, bool is_signed, unsigned at)
{
    return is_signed ? ramp_signed(block, at) : ramp_unsigned(block, at);
}

void tex_block(const struct nvhw_texel_format *format, const uint8_t *block, bool is_signed,
               unsigned x, unsigned y, struct tex_block_texel *out)
{
    unsigned at = y * format->width + x;

    switch (format->packing) {
    case NV_TEXEL_BC1:
        color(block, true, at, out->part);
        break;
    case NV_TEXEL_BC2:
        color(block + 8, false, at, out->part);
        out->part[3] = (uint16_t)((block[at / 2] >> 4 * (at & 1) & 15) * 0x1111);
        break;
    case NV_TEXEL_BC3:
        color(block + 8, false, at, out->part);
        out->part[3] = ramp_unsigned(block, at);
        break;
    case NV_TEXEL_BC4:
        out->part[0] = ramp(block, is_signed, at);
        out->is_signed = is_signed;
        break;
    case NV_TEXEL_BC5:
        out->part[0] = ramp(block, is_signed, at);
        out->part[1] = ramp(block + 8, is_signed, at);
        out->is_signed = is_signed;
        break;
    case NV_TEXEL_BC6_SIGNED:
    case NV_TEXEL_BC6_UNSIGNED:
        tex_block_bc6(block, format->packing == NV_TEXEL_BC6_SIGNED, at, out->part);
        out->halves = true;
        break;
    case NV_TEXEL_BC7:
        tex_block_bc7(block, at, out->part);
        for (unsigned i = 0; i < 4; i++)
            out->part[i] = (uint16_t)(out->part[i] * 257);
        break;
    default:
        break;
    }
}
