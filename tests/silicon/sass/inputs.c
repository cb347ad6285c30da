/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Input values of the sweeps. Sets take turns in what they stress: edge values of each type, random
 * words, floats close to each other and near the ends of the range, half-way cases of roundings,
 * shift counts. Nothing depends on anything but the set's number.
 */
#include "sweep.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static uint64_t next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static uint32_t pick(uint64_t *state, const uint32_t *list, unsigned count)
{
    return list[next(state) % count];
}

static const uint32_t floats[] = {
    0x00000000, 0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001,
    0xffc12345, 0x7fbfffff, 0x7f7fffff, 0xff7fffff, 0x00800000, 0x80800000, 0x007fffff, 0x807fffff,
    0x00000001, 0x80000001, 0x3f000000, 0x3f7fffff, 0x3f800001, 0x40000000, 0x40490fdb, 0xc0490fdb,
    0x3eaaaaab, 0x42fe0000, 0xc2fc0000, 0x43000000, 0xc3150000, 0x4b000000, 0x4b800000, 0x5f000000,
    0x1f000000, 0x34000000, 0x33800000, 0x0d000000, 0x00400000, 0x7e800000, 0x7e000000, 0x01000000};
static const uint32_t ints[] = {
    0,          1,          2,          0xffffffff, 0xfffffffe, 0x7fffffff, 0x80000000, 0x80000001,
    0x0000ffff, 0x00010000, 0xffff0000, 0x00007fff, 0x00008000, 0xffff8000, 0x000000ff, 0x00000080,
    0x0000007f, 0xffffff80, 0x55555555, 0xaaaaaaaa, 0x01010101, 0x80808080, 0x7f7f7f7f, 0x00ff00ff,
    0x12345678, 0x9abcdef0, 0x40000000, 0xc0000000, 0x3fffffff, 0x0000001f};
static const uint32_t shifts[] = {0,   1,   2,     7,          8,          15,         16,  17,
                                  30,  31,  32,    33,         63,         64,         65,  127,
                                  255, 256, 0x101, 0x8000001f, 0xffffffff, 0x80000000, 0x20};
/* Integers and their halves, and the ends of integer types, as floats. */
static const uint32_t halves[] = {
    0x3f000000, 0x3fc00000, 0x40200000, 0x40600000, 0xbf000000, 0xbfc00000, 0xc0200000, 0x3effffff,
    0x3f000001, 0x4affffff, 0x4b000001, 0x4b7fffff, 0x4f000000, 0x4effffff, 0xcf000000, 0xcf000001,
    0x4f7fffff, 0x4f800000, 0x5effffff, 0x5f000000, 0xdf000000, 0x5f7fffff, 0x5f800000, 0x437f0000,
    0x437f8000, 0x43800000, 0x42fe8000, 0x43000000, 0xc3000000, 0xc3008000, 0xc3010000, 0x47000000,
    0x46fffe00, 0x46ffff00, 0x477fff00, 0x477fff80, 0x47800000, 0x477fe000, 0x477ff000, 0x33000000,
    0x33000001, 0x33800000, 0x387fc000, 0x387fe000, 0x38800000, 0x3f801000, 0x3f803000, 0x3f808000};
static const uint32_t half_edges[] = {
    0x0000, 0x8000, 0x3c00, 0xbc00, 0x7c00, 0xfc00, 0x7e00, 0x7c01, 0xfe55, 0x7bff, 0xfbff,
    0x0400, 0x8400, 0x03ff, 0x83ff, 0x0001, 0x8001, 0x3800, 0x3bff, 0x3c01, 0x4000, 0x4248,
    0x3555, 0x6400, 0x7800, 0x1400, 0x3f80, 0xbf80, 0x7f80, 0x7fc0, 0x0080, 0x007f};
/* High words of doubles. */
static const uint32_t doubles[] = {
    0x00000000, 0x80000000, 0x3ff00000, 0xbff00000, 0x7ff00000, 0xfff00000, 0x7ff80000, 0x7ff00001,
    0x7fefffff, 0xffefffff, 0x00100000, 0x80100000, 0x000fffff, 0x800fffff, 0x3fe00000, 0x3fefffff,
    0x40000000, 0x400921fb, 0xc00921fb, 0x41e00000, 0x41dfffff, 0xc1e00000, 0x41efffff, 0x41f00000,
    0x43e00000, 0x43dfffff, 0xc3e00000, 0x43f00000, 0x47efffff, 0x47f00000, 0x380fffff, 0x38100000,
    0x36a00000, 0x369fffff, 0x36900000, 0x40f00000, 0x40efffff, 0x3e600000, 0x3f100000, 0x43300000};
static const uint32_t double_lows[] = {0,          0,          0,          0xffffffff,
                                       1,          0x80000000, 0x80000001, 0x7fffffff,
                                       0x10000000, 0x20000000, 0x30000000, 0xe0000000};

/* A float with an exponent around `around` (biased). */
static uint32_t float_near(uint64_t *state, int around, unsigned spread)
{
    uint64_t r = next(state);
    int exponent = around + (int)(r >> 32 & 0xff) % (int)(2 * spread + 1) - (int)spread;

    exponent = exponent < 0 ? 0 : exponent > 254 ? 254 : exponent;
    return (uint32_t)(r & 0x807fffff) | (uint32_t)exponent << 23;
}

static uint32_t half_pair(uint64_t *state)
{
    uint32_t low = pick(state, half_edges, COUNT(half_edges)),
             high = (uint32_t)next(state) & 0xffff;

    if (next(state) & 1)
        high = pick(state, half_edges, COUNT(half_edges));
    return next(state) & 1 ? low | high << 16 : high | low << 16;
}

/* Words 4n .. 4n + 3 of a lane: two doubles. */
static void fill_double(uint64_t *state, bool near, uint32_t *word)
{
    for (unsigned i = 0; i < 4; i += 2) {
        word[i] = pick(state, double_lows, COUNT(double_lows));
        word[i + 1] = pick(state, doubles, COUNT(doubles));
        if (near || next(state) % 4 == 0) {
            word[i] = (uint32_t)next(state);
            word[i + 1] = (word[i + 1] & 0xfff00000u) | (uint32_t)(next(state) & 0xfffff);
        }
        if (near)
            word[i + 1] = (word[i + 1] & 0x800fffffu) | (uint32_t)(1013 + next(state) % 24) << 20;
    }
}

/* Products and sums at one end of the range. */
static uint32_t at_the_end(uint64_t *state, bool upper, unsigned word)
{
    static const int exponents[2][3] = {{64, 63, 2}, {190, 191, 252}};

    return float_near(state, exponents[upper][word < 8 ? word / 4 : 2], 12);
}

enum { KINDS = 8, DOUBLE_TURN = 4 };

static uint32_t single(uint64_t *state, unsigned set, unsigned word)
{
    switch (set % KINDS) {
    case 0:
        return pick(state, floats, COUNT(floats));
    case 1:
        return pick(state, ints, COUNT(ints));
    case 2:
        return (uint32_t)next(state);
    case 3:
        return float_near(state, 127, 2);
    case 4:
        return at_the_end(state, set / KINDS % 2, word);
    case 5:
        return half_pair(state);
    case 6:
        return word >= 4 ? pick(state, shifts, COUNT(shifts)) : (uint32_t)next(state);
    default:
        return pick(state, halves, COUNT(halves));
    }
}

void sweep_inputs(unsigned set, uint32_t out[SWEEP_LANES][SWEEP_WORDS])
{
    uint64_t state = UINT64_C(0x6d61676d61) + set * UINT64_C(0x100000001);

    for (unsigned lane = 0; lane < SWEEP_LANES; lane++) {
        unsigned turn = set / KINDS % DOUBLE_TURN;

        for (unsigned word = 0; word < SWEEP_WORDS; word++)
            out[lane][word] = single(&state, set, word);
        /* Random words are also the turn of doubles. */
        if (set % KINDS == 2 && turn)
            for (unsigned word = 0; word < 12; word += 4)
                fill_double(&state, turn == DOUBLE_TURN - 1, &out[lane][word]);
        out[lane][12] = (uint32_t)next(&state) & 0x7f;
    }
}
