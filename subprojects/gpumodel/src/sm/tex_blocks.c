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

/* A third of the way (or half) from a to b, with the hardware's own rounding: red and blue from 5
 * bits, green by the difference. */
static uint32_t mix_other(uint32_t a, uint32_t b, bool third)
{
    return third ? (2 * (a >> 3) + (b >> 3)) * 22 / 8 : ((a >> 3) + (b >> 3)) * 33 / 8;
}

static uint32_t mix_green(uint32_t a, uint32_t b, bool third)
{
    int32_t difference = (int32_t)b - (int32_t)a;

    return (uint32_t)((256 * (int32_t)a + difference / 4 + 128 + difference * (third ? 80 : 128)) >>
                      8);
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
        bool third = !punch || c0 > c1;

        if (step < 2)
            out[i] = (uint16_t)((step ? e1 : e0)[i] * 257);
        else if (!third && step == 3)
            out[i] = 0;
        else if (i == 1)
            out[i] =
                (uint16_t)(mix_green(step == 3 ? e1[1] : e0[1], step == 3 ? e0[1] : e1[1], third) *
                           257);
        else
            out[i] =
                (uint16_t)(mix_other(step == 3 ? e1[i] : e0[i], step == 3 ? e0[i] : e1[i], third) *
                           257);
    }
    if (punch && c0 <= c1 && step == 3)
        out[3] = 0;
}

/* BC4's block: eight values, or six and the two ends of the range. Steps are taken from the nearer
 * end, in units of 1/257 (1/258 where signed) of the difference. */
static const uint8_t steps7[] = {0, 0, 36, 72, 144, 144, 72, 36};
static const uint8_t steps5[] = {0, 0, 48, 96, 96, 48};

struct ramp {
    int32_t from, to; /* from the end that steps are counted from */
    unsigned step;    /* how far; 0: at `from` */
    int end;          /* -1, 1: an end of the range */
};

static struct ramp read_ramp(const uint8_t *block, bool is_signed, unsigned at)
{
    int32_t a = is_signed ? (int8_t)block[0] : block[0];
    int32_t b = is_signed ? (int8_t)block[1] : block[1];
    bool seven = a > b, second;
    uint64_t steps = 0;
    unsigned code;

    memcpy(&steps, block + 2, 6);
    code = (unsigned)(steps >> 3 * at & 7);
    if (!seven && code >= 6)
        return (struct ramp){.end = code == 6 ? -1 : 1};
    a = is_signed && a < -127 ? -127 : a;
    b = is_signed && b < -127 ? -127 : b;
    second = code == 1 || code == 4 || (seven ? code >= 6 : code == 5);
    return (struct ramp){second ? b : a, second ? a : b, seven ? steps7[code] : steps5[code], 0};
}

static uint16_t ramp_unsigned(const uint8_t *block, unsigned at)
{
    struct ramp r = read_ramp(block, false, at);

    if (r.end)
        return r.end < 0 ? 0 : 0xffff;
    return (uint16_t)(r.from * 257 + (r.to - r.from) * (int32_t)r.step);
}

/* BC3's alpha has 8 bits; its steps are an eighth of 1/256 longer for each 36 or 48. */
static uint16_t ramp_alpha(const uint8_t *block, unsigned at)
{
    struct ramp r = read_ramp(block, false, at);
    int32_t weight = (int32_t)(r.step * 8 + r.step / (r.step % 36 ? 48 : 36));
    int32_t size = r.to > r.from ? r.to - r.from : r.from - r.to;
    int32_t moved = (size * weight + 1024) >> 11;

    if (r.end)
        return r.end < 0 ? 0 : 0xffff;
    return (uint16_t)((r.to > r.from ? r.from + moved : r.from - moved) * 257);
}

static uint16_t ramp_signed(const uint8_t *block, unsigned at)
{
    struct ramp r = read_ramp(block, true, at);
    int32_t value;

    if (r.end)
        return (uint16_t)(r.end < 0 ? -32767 : 32767);
    value = (int32_t)floor(r.from * 32767.0 / 127 + 0.5) + (r.to - r.from) * (int32_t)r.step;
    return (uint16_t)(value < -32767 ? -32767 : value);
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
        out->part[3] = ramp_alpha(block, at);
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
