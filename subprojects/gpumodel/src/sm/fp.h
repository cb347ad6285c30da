/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Floating point helpers: bit casts, flushing, rounding modes, half conversion.
 */
#ifndef GPUM_SM_FP_H
#define GPUM_SM_FP_H

/* Rounding modes change at run time. */
#ifdef __clang__
#pragma STDC FENV_ACCESS ON
#else
#pragma GCC optimize("rounding-math")
#endif

#include "exec.h"

#include <fenv.h>
#include <math.h>

#define SM_NAN32   0x7fffffffu
#define SM_NAN16   0x7fffu
/* The smallest normal numbers. */
#define SM_LEAST32 0x1p-126
#define SM_LEAST64 0x1p-1022
/* Below this a value rounds to less than the smallest normal half, as if exponents had no end. */
#define SM_TINY16  (0x1p-14 * (1 - 0x1p-12))

static inline float sm_f32(uint32_t bits)
{
    float f;
    memcpy(&f, &bits, 4);
    return f;
}

static inline uint32_t sm_u32(float f)
{
    uint32_t bits;
    memcpy(&bits, &f, 4);
    return bits;
}

static inline double sm_f64(uint64_t bits)
{
    double d;
    memcpy(&d, &bits, 8);
    return d;
}

static inline uint64_t sm_u64(double d)
{
    uint64_t bits;
    memcpy(&bits, &d, 8);
    return bits;
}

static inline bool sm_is_nan32(uint32_t bits)
{
    return (bits & 0x7fffffff) > 0x7f800000;
}

/* Denormals become zero with their sign. */
static inline uint32_t sm_flush32(uint32_t bits)
{
    return bits & 0x7f800000 ? bits : bits & 0x80000000;
}

/* NV_SASS_RND_* as the host's rounding mode; RN is what the host has anyway. */
static inline int sm_round_enter(unsigned rnd)
{
    static const int modes[] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};
    if (rnd != NV_SASS_RND_RN)
        fesetround(modes[rnd & 3]);
    return 0;
}

static inline void sm_round_leave(unsigned rnd)
{
    if (rnd != NV_SASS_RND_RN)
        fesetround(FE_TONEAREST);
}

double sm_half_to_double(uint32_t half);
/* Rounds once; NV_SASS_RND_*. NaN gives 0x7fff. */
uint32_t sm_double_to_half(double value, unsigned rnd);
double sm_bf16_to_double(uint32_t bits);
uint32_t sm_double_to_bf16(double value, unsigned rnd);
/* a * b + c rounded to odd in double: can then be rounded to a narrower format without a second
 * error. */
double sm_fma_odd(double a, double b, double c);

#endif
