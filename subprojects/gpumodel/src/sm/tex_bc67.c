/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * BC6H and BC7: blocks of 4 x 4 texels in one of many modes, with up to three sets of end points
 * and a table of shapes that says which texel belongs to which. Tables and bit orders are those of
 * the formats' public definitions; an H100 agrees on random blocks of every mode
 * (tests/silicon/image).
 */
#include "tex.h"

enum { SHAPES = 64, ENDS_MAX = 6 };

/* Two bits a texel: its set. */
static const uint32_t shapes2[SHAPES] = {
    0x50505050, 0x40404040, 0x54545454, 0x54505040, 0x50404000, 0x55545450, 0x55545040, 0x54504000,
    0x50400000, 0x55555450, 0x55544000, 0x54400000, 0x55555440, 0x55550000, 0x55555500, 0x55000000,
    0x55150100, 0x00004054, 0x15010000, 0x00405054, 0x00004050, 0x15050100, 0x05010000, 0x40505054,
    0x00404050, 0x05010100, 0x14141414, 0x05141450, 0x01155440, 0x00555500, 0x15014054, 0x05414150,
    0x44444444, 0x55005500, 0x11441144, 0x05055050, 0x05500550, 0x11114444, 0x41144114, 0x44111144,
    0x15055054, 0x01055040, 0x05041050, 0x05455150, 0x14414114, 0x50050550, 0x41411414, 0x00141400,
    0x00041504, 0x00105410, 0x10541000, 0x04150400, 0x50410514, 0x41051450, 0x05415014, 0x14054150,
    0x41050514, 0x41505014, 0x40011554, 0x54150140, 0x50505500, 0x00555050, 0x15151010, 0x54540404};
static const uint32_t shapes3[SHAPES] = {
    0xaa685050, 0x6a5a5040, 0x5a5a4200, 0x5450a0a8, 0xa5a50000, 0xa0a05050, 0x5555a0a0, 0x5a5a5050,
    0xaa550000, 0xaa555500, 0xaaaa5500, 0x90909090, 0x94949494, 0xa4a4a4a4, 0xa9a59450, 0x2a0a4250,
    0xa5945040, 0x0a425054, 0xa5a5a500, 0x55a0a0a0, 0xa8a85454, 0x6a6a4040, 0xa4a45000, 0x1a1a0500,
    0x0050a4a4, 0xaaa59090, 0x14696914, 0x69691400, 0xa08585a0, 0xaa821414, 0x50a4a450, 0x6a5a0200,
    0xa9a58000, 0x5090a0a8, 0xa8a09050, 0x24242424, 0x00aa5500, 0x24924924, 0x24499224, 0x50a50a50,
    0x500aa550, 0xaaaa4444, 0x66660000, 0xa5a0a5a0, 0x50a050a0, 0x69286928, 0x44aaaa44, 0x66666600,
    0xaa444444, 0x54a854a8, 0x95809580, 0x96969600, 0xa85454a8, 0x80959580, 0xaa141414, 0x96960000,
    0xaaaa1414, 0xa05050a0, 0xa0a5a5a0, 0x96000000, 0x40804080, 0xa9a8a9a8, 0xaaaaaa44, 0x2a4a5254};
/* Texels whose step has one bit less, besides texel 0: of set 1 of two, of sets 1 and 2 of three.
 */
static const uint8_t short2[SHAPES] = {
    15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 2,  8, 2, 2, 8,
    8,  15, 2,  8,  2,  2,  8,  8,  2,  2,  15, 15, 6,  8,  2,  8,  15, 15, 2, 8, 2, 2,
    2,  15, 15, 6,  6,  2,  6,  8,  15, 15, 2,  2,  15, 15, 15, 15, 15, 2,  2, 15};
static const uint8_t short3[2][SHAPES] = {
    {3,  3,  15, 15, 8, 3,  15, 15, 8,  8,  6, 6,  6, 5,  3, 3,  3,  3,  8,  15, 3,  3,
     6,  10, 5,  8,  8, 6,  8,  5,  15, 15, 8, 15, 3, 5,  6, 10, 8,  15, 15, 3,  15, 5,
     15, 15, 15, 15, 3, 15, 5,  5,  5,  8,  5, 10, 5, 10, 8, 13, 15, 12, 3,  3},
    {15, 8, 8, 3,  15, 15, 3,  8,  15, 15, 15, 15, 15, 15, 15, 8,  15, 8,  15, 3,  15, 8,
     15, 8, 3, 15, 6,  10, 15, 15, 10, 8,  15, 3,  15, 10, 10, 8,  9,  10, 6,  15, 8,  15,
     3,  6, 6, 8,  15, 3,  15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 3,  15, 15, 8}};

static const uint8_t weights2[] = {0, 21, 43, 64};
static const uint8_t weights3[] = {0, 9, 18, 27, 37, 46, 55, 64};
static const uint8_t weights4[] = {0, 4, 9, 13, 17, 21, 26, 30, 34, 38, 43, 47, 51, 55, 60, 64};

struct reader {
    const uint8_t *block;
    unsigned at; /* bits */
};

static uint32_t take(struct reader *r, unsigned bits)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < bits; i++, r->at++)
        value |= ((uint32_t)r->block[r->at / 8] >> r->at % 8 & 1u) << i;
    return value;
}

static unsigned set_of(unsigned sets, uint32_t shape, unsigned texel)
{
    return sets == 1 ? 0 : (sets == 2 ? shapes2 : shapes3)[shape] >> 2 * texel & 3;
}

static bool is_short(unsigned sets, uint32_t shape, unsigned texel)
{
    if (!texel)
        return true;
    if (sets == 2)
        return texel == short2[shape];
    return sets == 3 && (texel == short3[0][shape] || texel == short3[1][shape]);
}

/* The step of texel `at`, of steps that begin at r. */
static uint32_t step_of(struct reader r, unsigned sets, uint32_t shape, unsigned bits, unsigned at)
{
    for (unsigned i = 0; i < at; i++)
        r.at += bits - is_short(sets, shape, i);
    return take(&r, bits - is_short(sets, shape, at));
}

static int32_t between(int32_t a, int32_t b, unsigned bits, uint32_t step)
{
    int32_t w = (bits == 2 ? weights2 : bits == 3 ? weights3 : weights4)[step];

    return (a * (64 - w) + b * w + 32) >> 6;
}

/* ---- BC7 ------------------------------------------------------------------------------------- */

static const struct bc7_mode {
    uint8_t sets, shape_bits, rotation_bits, select_bits, color_bits, alpha_bits, own_low,
        shared_low, step_bits, step2_bits;
} bc7_modes[] = {{3, 4, 0, 0, 4, 0, 1, 0, 3, 0}, {2, 6, 0, 0, 6, 0, 0, 1, 3, 0},
                 {3, 6, 0, 0, 5, 0, 0, 0, 2, 0}, {2, 6, 0, 0, 7, 0, 1, 0, 2, 0},
                 {1, 0, 2, 1, 5, 6, 0, 0, 2, 3}, {1, 0, 2, 0, 7, 8, 0, 0, 2, 2},
                 {1, 0, 0, 0, 7, 7, 1, 0, 4, 0}, {2, 6, 0, 0, 5, 5, 1, 0, 2, 0}};

static void bc7_ends(struct reader *r, const struct bc7_mode *m, uint32_t ends[ENDS_MAX][4])
{
    unsigned count = m->sets * 2u, low = m->own_low || m->shared_low;

    for (unsigned c = 0; c < 4; c++)
        for (unsigned e = 0; e < count; e++)
            ends[e][c] = take(r, c < 3 ? m->color_bits : m->alpha_bits);
    for (unsigned e = 0, bit = 0; low && e < count; e++) {
        if (m->own_low || e % 2 == 0)
            bit = take(r, 1);
        for (unsigned c = 0; c < 4; c++)
            ends[e][c] = ends[e][c] << 1 | bit;
    }
    for (unsigned e = 0; e < count; e++)
        for (unsigned c = 0; c < 4; c++) {
            unsigned bits = (c < 3 ? m->color_bits : m->alpha_bits) + low;

            if (c == 3 && !m->alpha_bits)
                ends[e][c] = 255;
            else
                ends[e][c] = ends[e][c] << (8 - bits) | ends[e][c] >> (2 * bits - 8);
        }
}

void tex_block_bc7(const uint8_t *block, unsigned at, uint16_t out[4])
{
    struct reader r = {block, 0};
    uint32_t ends[ENDS_MAX][4], shape, rotation, select, step, step2;
    const struct bc7_mode *m;
    uint32_t(*pair)[4];
    unsigned mode = 0, bits2;

    memset(out, 0, 4 * sizeof(*out));
    while (mode < 8 && !take(&r, 1))
        mode++;
    if (mode == 8)
        return;
    m = &bc7_modes[mode];
    shape = take(&r, m->shape_bits);
    rotation = take(&r, m->rotation_bits);
    select = take(&r, m->select_bits);
    bc7_ends(&r, m, ends);
    pair = ends + (size_t)set_of(m->sets, shape, at) * 2;
    step = step_of(r, m->sets, shape, m->step_bits, at);
    step2 = step;
    bits2 = m->step_bits;
    if (m->step2_bits) {
        r.at += 16u * m->step_bits - 1;
        bits2 = m->step2_bits;
        step2 = step_of(r, m->sets, shape, bits2, at);
    }
    for (unsigned c = 0; c < 4; c++) {
        bool second = (c == 3) != (select != 0);

        out[c] = (uint16_t)between((int32_t)pair[0][c], (int32_t)pair[1][c],
                                   second ? bits2 : m->step_bits, second ? step2 : step);
    }
    if (rotation) {
        uint16_t swap = out[3];

        out[3] = out[rotation - 1];
        out[rotation - 1] = swap;
    }
}

/* ---- BC6H ------------------------------------------------------------------------------------ */

/* Where bits go: component r g b, end point w x y z, the bit (or first-last in reading order). */
static const struct bc6_mode {
    uint8_t code, bits, delta[3];
    bool two, absolute;
    const char *order;
} bc6_modes[] = {
    {0x00,
     10,
     {5, 5, 5},
     true,
     false,
     "gy4 by4 bz4 rw0-9 gw0-9 bw0-9 rx0-4 gz4 gy0-3 gx0-4 bz0 gz0-3 bx0-4 bz1 by0-3 ry0-4 bz2 "
     "rz0-4 "
     "bz3"},
    {0x01,
     7,
     {6, 6, 6},
     true,
     false,
     "gy5 gz4 gz5 rw0-6 bz0 bz1 by4 gw0-6 by5 bz2 gy4 bw0-6 bz3 bz5 bz4 rx0-5 gy0-3 gx0-5 gz0-3 "
     "bx0-5 by0-3 ry0-5 rz0-5"},
    {0x02,
     11,
     {5, 4, 4},
     true,
     false,
     "rw0-9 gw0-9 bw0-9 rx0-4 rw10 gy0-3 gx0-3 gw10 bz0 gz0-3 bx0-3 bw10 bz1 by0-3 ry0-4 bz2 rz0-4 "
     "bz3"},
    {0x06,
     11,
     {4, 5, 4},
     true,
     false,
     "rw0-9 gw0-9 bw0-9 rx0-3 rw10 gz4 gy0-3 gx0-4 gw10 gz0-3 bx0-3 bw10 bz1 by0-3 ry0-3 bz0 bz2 "
     "rz0-3 gy4 bz3"},
    {0x0a,
     11,
     {4, 4, 5},
     true,
     false,
     "rw0-9 gw0-9 bw0-9 rx0-3 rw10 by4 gy0-3 gx0-3 gw10 bz0 gz0-3 bx0-4 bw10 by0-3 ry0-3 bz1 bz2 "
     "rz0-3 bz4 bz3"},
    {0x0e,
     9,
     {5, 5, 5},
     true,
     false,
     "rw0-8 by4 gw0-8 gy4 bw0-8 bz4 rx0-4 gz4 gy0-3 gx0-4 bz0 gz0-3 bx0-4 bz1 by0-3 ry0-4 bz2 "
     "rz0-4 bz3"},
    {0x12,
     8,
     {6, 5, 5},
     true,
     false,
     "rw0-7 gz4 by4 gw0-7 bz2 gy4 bw0-7 bz3 bz4 rx0-5 gy0-3 gx0-4 bz0 gz0-3 bx0-4 bz1 by0-3 ry0-5 "
     "rz0-5"},
    {0x16,
     8,
     {5, 6, 5},
     true,
     false,
     "rw0-7 bz0 by4 gw0-7 gy5 gy4 bw0-7 gz5 bz4 rx0-4 gz4 gy0-3 gx0-5 gz0-3 bx0-4 bz1 by0-3 ry0-4 "
     "bz2 rz0-4 bz3"},
    {0x1a,
     8,
     {5, 5, 6},
     true,
     false,
     "rw0-7 bz1 by4 gw0-7 by5 gy4 bw0-7 bz5 bz4 rx0-4 gz4 gy0-3 gx0-4 bz0 gz0-3 bx0-5 by0-3 ry0-4 "
     "bz2 rz0-4 bz3"},
    {0x1e,
     6,
     {6, 6, 6},
     true,
     true,
     "rw0-5 gz4 bz0 bz1 by4 gw0-5 gy5 by5 bz2 gy4 bw0-5 gz5 bz3 bz5 bz4 rx0-5 gy0-3 gx0-5 gz0-3 "
     "bx0-5 by0-3 ry0-5 rz0-5"},
    {0x03, 10, {10, 10, 10}, false, true, "rw0-9 gw0-9 bw0-9 rx0-9 gx0-9 bx0-9"},
    {0x07, 11, {9, 9, 9}, false, false, "rw0-9 gw0-9 bw0-9 rx0-8 rw10 gx0-8 gw10 bx0-8 bw10"},
    {0x0b,
     12,
     {8, 8, 8},
     false,
     false,
     "rw0-9 gw0-9 bw0-9 rx0-7 rw11-10 gx0-7 gw11-10 bx0-7 bw11-10"},
    {0x0f,
     16,
     {4, 4, 4},
     false,
     false,
     "rw0-9 gw0-9 bw0-9 rx0-3 rw15-10 gx0-3 gw15-10 bx0-3 bw15-10"},
};

static unsigned number(const char **text)
{
    unsigned n = 0;

    while (**text >= '0' && **text <= '9')
        n = n * 10 + (unsigned)(*(*text)++ - '0');
    return n;
}

static void bc6_take(struct reader *r, const char *order, int32_t ends[4][3])
{
    while (*order) {
        unsigned part = *order == 'r' ? 0 : *order == 'g' ? 1 : 2, end = (unsigned)(order[1] - 'w');
        unsigned from, to;

        order += 2;
        from = to = number(&order);
        if (*order == '-') {
            order++;
            to = number(&order);
        }
        for (;; from += from < to ? 1u : ~0u) {
            ends[end][part] |= (int32_t)(take(r, 1) << from);
            if (from == to)
                break;
        }
        while (*order == ' ')
            order++;
    }
}

static int32_t extend(int32_t value, unsigned bits)
{
    return (int32_t)((uint32_t)value << (32 - bits)) >> (32 - bits);
}

static int32_t unquantize(int32_t value, unsigned bits, bool is_signed)
{
    int32_t most = (1 << (bits - is_signed)) - 1, size = value < 0 ? -value : value;

    if (bits >= (is_signed ? 16u : 15u) || !value)
        return value;
    if (!is_signed)
        return value == most ? 0xffff : ((value << 16) + 0x8000) >> bits;
    size = size >= most ? 0x7fff : ((size << 15) + 0x4000) >> (bits - 1);
    return value < 0 ? -size : size;
}

static void bc6_ends(const struct bc6_mode *m, bool is_signed, int32_t ends[4][3])
{
    for (unsigned c = 0; c < 3; c++) {
        if (is_signed)
            ends[0][c] = extend(ends[0][c], m->bits);
        for (unsigned e = 1; e < (m->two ? 4u : 2u); e++) {
            if (!m->absolute) {
                ends[e][c] = extend(ends[e][c], m->delta[c]) + ends[0][c];
                ends[e][c] &= (1 << m->bits) - 1;
            }
            if (is_signed)
                ends[e][c] = extend(ends[e][c], m->bits);
        }
        for (unsigned e = 0; e < (m->two ? 4u : 2u); e++)
            ends[e][c] = unquantize(ends[e][c], m->bits, is_signed);
    }
}

void tex_block_bc6(const uint8_t *block, bool is_signed, unsigned at, uint16_t out[3])
{
    struct reader r = {block, 0};
    int32_t ends[4][3] = {{0}};
    const struct bc6_mode *m = NULL;
    uint32_t code = take(&r, 2), shape = 0, step;
    int32_t(*pair)[3];
    unsigned bits;

    memset(out, 0, 3 * sizeof(*out));
    if (code > 1)
        code |= take(&r, 3) << 2;
    for (size_t i = 0; i < sizeof(bc6_modes) / sizeof(bc6_modes[0]); i++)
        if (bc6_modes[i].code == code)
            m = &bc6_modes[i];
    if (!m)
        return;
    bc6_take(&r, m->order, ends);
    if (m->two)
        shape = take(&r, 5);
    bc6_ends(m, is_signed, ends);
    bits = m->two ? 3 : 4;
    pair = ends + (size_t)set_of(m->two ? 2 : 1, shape, at) * 2;
    step = step_of(r, m->two ? 2 : 1, shape, bits, at);
    for (unsigned c = 0; c < 3; c++) {
        int32_t value = between(pair[0][c], pair[1][c], bits, step);

        if (!is_signed)
            out[c] = (uint16_t)(value * 31 >> 6);
        else
            out[c] = (uint16_t)(value < 0 ? 0x8000 | (-value * 31 >> 5) : value * 31 >> 5);
    }
}
