/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Conversions between double and the 16-bit formats with one rounding, worked out on integers.
 */
#include "fp.h"

double sm_half_to_double(uint32_t half)
{
    uint32_t exponent = half >> 10 & 31, fraction = half & 1023;
    double value;
    if (exponent == 31)
        value = fraction ? (double)NAN : (double)INFINITY;
    else if (exponent)
        value = ldexp(1024 + fraction, (int)exponent - 25);
    else
        value = ldexp(fraction, -24);
    return half & 0x8000 ? -value : value;
}

static bool round_up(unsigned rnd, bool negative, bool odd, bool half, bool rest)
{
    switch (rnd) {
    case NV_SASS_RND_RM:
        return negative && (half || rest);
    case NV_SASS_RND_RP:
        return !negative && (half || rest);
    case NV_SASS_RND_RZ:
        return false;
    default:
        return half && (rest || odd);
    }
}

/* To a format with `fraction` bits of fraction, bias and largest finite exponent as IEEE would have
 * them. */
static uint32_t narrow(double value, unsigned rnd, int fraction, int exponent_bits, uint32_t nan)
{
    uint64_t bits = sm_u64(value);
    bool negative = bits >> 63;
    int bias = (1 << (exponent_bits - 1)) - 1, top = (1 << exponent_bits) - 1;
    int exponent = (int)(bits >> 52 & 2047) - 1023;
    uint64_t mantissa = (bits & ((UINT64_C(1) << 52) - 1)) | UINT64_C(1) << 52;
    uint32_t sign = (uint32_t)negative << (fraction + exponent_bits);
    if (isnan(value))
        return nan;
    if (isinf(value))
        return sign | (uint32_t)top << fraction;
    if (value == 0)
        return sign;
    int drop = 52 - fraction, place = exponent + bias;
    if (place < 1) {
        drop += 1 - place;
        place = 0;
    }
    if (drop > 62)
        drop = 62;
    uint64_t kept = mantissa >> drop;
    bool half = mantissa >> (drop - 1) & 1,
         rest = (mantissa & ((UINT64_C(1) << (drop - 1)) - 1)) != 0;
    kept += round_up(rnd, negative, kept & 1, half, rest);
    uint64_t out = place ? ((uint64_t)(place - 1) << fraction) + kept : kept;
    if (out >= (uint64_t)top << fraction) {
        bool away = rnd == NV_SASS_RND_RN || (rnd == NV_SASS_RND_RP && !negative) ||
                    (rnd == NV_SASS_RND_RM && negative);
        out = ((uint64_t)top << fraction) - !away;
    }
    return sign | (uint32_t)out;
}

uint32_t sm_double_to_half(double value, unsigned rnd)
{
    return narrow(value, rnd, 10, 5, SM_NAN16);
}

double sm_bf16_to_double(uint32_t bits)
{
    return (double)sm_f32(bits << 16);
}

uint32_t sm_double_to_bf16(double value, unsigned rnd)
{
    return narrow(value, rnd, 7, 8, SM_NAN16);
}

double sm_fma_odd(double a, double b, double c)
{
    /* Else the compiler takes the four for one. */
    volatile double va = a, vb = b, vc = c;
    volatile double sum = fma(va, vb, vc);
    double s = sum;
    if (!isfinite(s) || s == 0)
        return s;
    fesetround(FE_TOWARDZERO);
    volatile double down = fma(va, vb, vc);
    fesetround(FE_UPWARD);
    volatile double up = fma(va, vb, vc);
    fesetround(FE_DOWNWARD);
    volatile double low = fma(va, vb, vc);
    fesetround(FE_TONEAREST);
    double truncated = down;
    if (up == low)
        return s; /* exact */
    uint64_t bits = sm_u64(truncated);
    return sm_f64(bits | 1);
}
