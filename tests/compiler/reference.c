/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See reference.h. Written from the shaders' meaning, with C's operators and libm. */
#include "reference.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static uint32_t lowest(uint32_t v)
{
    return v ? (uint32_t)__builtin_ctz(v) : UINT32_MAX;
}

static uint32_t highest(uint32_t v)
{
    return v ? 31u - (uint32_t)__builtin_clz(v) : UINT32_MAX;
}

static uint32_t reverse(uint32_t v)
{
    uint32_t r = 0;
    for (int i = 0; i < 32; i++) {
        r |= (v >> i & 1u) << (31 - i);
    }
    return r;
}

static uint32_t sign_extend(uint32_t v, unsigned bits)
{
    return (v ^ 1u << (bits - 1)) - (1u << (bits - 1));
}

static void integers_thread(uint32_t x, uint32_t y, uint32_t *w)
{
    int32_t sx = (int32_t)x, sy = (int32_t)y;
    bool overflow = sx == INT32_MIN && sy == -1;
    uint32_t quotient = y == 0 ? 7 : overflow ? x : (uint32_t)(sx / sy);
    w[0] = x + y, w[1] = x - y, w[2] = x * y;
    w[3] = y == 0 ? 7 : x / y, w[4] = y == 0 ? 7 : x % y;
    w[5] = quotient, w[6] = y == 0 ? 7 : x - y * quotient;
    w[7] = x << (y & 31), w[8] = x >> (y & 31), w[9] = (uint32_t)(sx >> (y & 31));
    w[10] = x & y, w[11] = x | y, w[12] = x ^ y, w[13] = ~x;
    w[14] = x < y ? x : y, w[15] = x > y ? x : y;
    w[16] = (uint32_t)(sx < sy ? sx : sy), w[17] = (uint32_t)(sx > sy ? sx : sy);
    w[18] = sx < 0 ? 0u - x : x, w[19] = (uint32_t)((sx > 0) - (sx < 0));
    w[20] = (uint32_t)__builtin_popcount(x), w[21] = reverse(x);
    w[22] = lowest(x), w[23] = highest(x), w[24] = highest(sx < 0 ? ~x : x);
    w[25] = x >> (y & 15) & 511, w[26] = sign_extend(w[25], 9);
    w[27] = (x & ~(2047u << 5)) | (y & 2047) << 5;
    uint64_t product = (uint64_t)x * y;
    w[28] = (uint32_t)(product >> 32) ^ (uint32_t)product;
    w[29] = (uint32_t)((uint64_t)((int64_t)sx * sy) >> 32);
    w[30] = x + y + (x + y < x);
    uint32_t c = x < 100 ? 100 : x > 0x80000000u ? 0x80000000u : x;
    w[31] = c / 10;
}

void ref_integers(const uint32_t *a, uint32_t n, uint32_t *want)
{
    for (uint32_t i = 0; i < n; i++) {
        integers_thread(a[2 * i], a[2 * i + 1], want + 32 * i);
    }
}

static uint64_t word64(const uint32_t *a)
{
    return (uint64_t)a[1] << 32 | a[0];
}

void ref_wide(const uint32_t *a, uint32_t n, uint32_t *want)
{
    for (uint32_t i = 0; i < n; i++, a += 4, want += 32) {
        uint64_t x = word64(a), y = word64(a + 2);
        int64_t sx = (int64_t)x, sy = (int64_t)y;
        unsigned s = (unsigned)(y & 63);
        uint64_t v[16] = {x + y, x - y, x * y, x << s, x >> s, (uint64_t)(sx >> s), x & y, x ^ y,
                          x < y ? 1 : 2, sx < sy ? 1 : 2, x == y ? x : y + 1,
                          (uint64_t)(int64_t)(int32_t)a[0], a[0], ~x, 0 - x, sx >= sy ? x : y};
        memcpy(want, v, sizeof(v));
    }
}

static uint32_t float_bits(float f)
{
    uint32_t bits;
    memcpy(&bits, &f, sizeof(bits));
    return bits;
}

static int64_t clamped(int64_t x, int64_t least, int64_t most)
{
    return x < least ? least : x > most ? most : x;
}

/* INT64_MIN / -1 is nothing that C or Vulkan define; both wrap here. */
static uint64_t signed_quotient(int64_t x, int64_t y)
{
    return y == -1 ? 0 - (uint64_t)x : (uint64_t)(x / y);
}

void ref_quotients(const uint32_t *a, uint32_t n, uint32_t *want)
{
    for (uint32_t i = 0; i < n; i++, a += 4, want += 40) {
        uint64_t x = word64(a), y = word64(a + 2) >> (a[0] & 63);
        y = y == 0 ? 1 : y;
        int64_t sx = (int64_t)x, sy = (int64_t)y;
        float big = (float)(x >> 1), small = (float)(int32_t)a[0];
        uint64_t v[20] = {x / y, x % y, signed_quotient(sx, sy), x / (a[1] | 1), x / 10, x % 1000000007,
                          x / 64, x % 4096, (uint64_t)(sx / 7), sx < 0 ? 0 - x : x,
                          (uint64_t)((sx > 0) - (sx < 0)), (uint64_t)(sx < sy ? sx : sy),
                          x > y ? x : y, (uint64_t)clamped(sx, -1000, 1000),
                          float_bits((float)x) | (uint64_t)float_bits((float)sx) << 32,
                          (uint64_t)big, (uint64_t)(int64_t)small, (uint64_t)(int64_t)(-big * 0.75f),
                          (uint64_t)(sy / 3), 1000 / 7 + 1000 % 7};
        memcpy(want, v, sizeof(v));
    }
}

static uint32_t early(uint32_t x)
{
    for (uint32_t i = 0; i < 20; i++) {
        if (x % 7 == 3) {
            return i + 100;
        }
        if (x % 5 == 1) {
            if (x > 1000) {
                return i + 200;
            }
            x = x * 3 + 1;
            continue;
        }
        x += 11;
    }
    return x;
}

static uint32_t collatz(uint32_t x)
{
    uint32_t steps = 0;
    while (x != 1 && steps < 300) {
        x = (x & 1) == 0 ? x / 2 : 3 * x + 1;
        steps++;
    }
    return steps;
}

static uint32_t choose(uint32_t x)
{
    uint32_t v = 0;
    switch (x % 9) {
    case 0:
        v = 10;
        break;
    case 1:
        v = 20;
        /* fall through */
    case 2:
        v += 30;
        break;
    case 5:
        return x;
    case 7:
        for (uint32_t i = 0; i < x % 4 && i != 2; i++) {
            v += i + 1;
        }
        break;
    default:
        v = x % 3;
        break;
    }
    return v + 1;
}

static uint32_t nested(uint32_t x)
{
    uint32_t s = 0;
    for (uint32_t i = 0; i < 8; i++) {
        for (uint32_t j = i; j < 12; j++) {
            if (((x >> j) & 1) != 0) {
                if (i + j == 9) {
                    break;
                }
                s += i * j;
            } else if (j == 7) {
                continue;
            } else {
                s ^= j;
            }
            s += 1;
        }
        if (s > 90) {
            break;
        }
    }
    do {
        s -= 3;
    } while (s > 40 && s < 1000);
    return s;
}

void ref_control(const uint32_t *a, uint32_t n, uint32_t *want)
{
    for (uint32_t i = 0; i < n; i++, want += 4) {
        want[0] = early(a[i] % 2000);
        want[1] = collatz(a[i] % 5000 + 1);
        want[2] = choose(a[i]) + choose(a[i] / 9);
        want[3] = nested(a[i]);
    }
}

static float clampf(float v, float lo, float hi)
{
    return fminf(fmaxf(v, lo), hi);
}

static void floats_thread(float x, float y, float *w)
{
    int e;
    float whole, t = clampf((x + 2.0f) / 5.0f, 0.0f, 1.0f), ax = fabsf(x);
    w[0] = x + y, w[1] = x - y, w[2] = x * y, w[3] = x / y, w[4] = -x, w[5] = ax;
    w[6] = (float)((x > 0) - (x < 0)), w[7] = floorf(x), w[8] = ceilf(x), w[9] = truncf(x);
    w[10] = rintf(x), w[11] = x - floorf(x), w[12] = fminf(x, y), w[13] = fmaxf(x, y);
    w[14] = clampf(x, -1, 2), w[15] = x * 0.75f + y * 0.25f, w[16] = y < x ? 0.0f : 1.0f;
    w[17] = t * t * (3 - 2 * t), w[18] = fmaf(x, y, 1.5f), w[19] = sqrtf(ax);
    w[20] = 1 / sqrtf(ax + 0.5f), w[21] = exp2f(x * 0.5f), w[22] = log2f(ax + 0.5f);
    w[23] = expf(x * 0.5f), w[24] = logf(ax + 2), w[25] = powf(ax + 0.5f, 1.75f);
    w[26] = sinf(x), w[27] = cosf(x), w[28] = tanf(x * 0.1f);
    w[29] = asinf(clampf(x * 0.1f, -1, 1)), w[30] = acosf(clampf(x * 0.1f, -1, 1));
    w[31] = atanf(x), w[32] = atan2f(y, x), w[33] = sinhf(x * 0.2f), w[34] = coshf(x * 0.2f);
    w[35] = tanhf(x), w[36] = x - 3 * floorf(x / 3), w[37] = x * 0.01745329252f;
    w[38] = ldexpf(x, 3), w[39] = frexpf(x, &e), w[40] = (float)e;
    w[41] = modff(x, &whole), w[42] = whole, w[43] = (float)(int32_t)x;
    w[44] = (float)(uint32_t)ax, w[45] = x < y, w[46] = sqrtf(x * x + y * y + 1);
    w[47] = x * y + y * 0.5f + x + 0.5f;
}

void ref_floats(const float *a, uint32_t n, float *want)
{
    for (uint32_t i = 0; i < n; i++) {
        floats_thread(a[2 * i], a[2 * i + 1], want + 48 * i);
    }
}

void ref_scratch(const uint32_t *a, uint32_t n, uint32_t threads, uint32_t *want)
{
    for (uint32_t i = 0; i < threads; i++, want += 16) {
        for (uint32_t j = 0; j < 16; j++) {
            uint32_t value = a[(i * 16 + j) % n], at = j;
            for (; at > 0 && want[at - 1] > value; at--) {
                want[at] = want[at - 1];
            }
            want[at] = value;
        }
        for (uint32_t j = 0; j < 16; j++) {
            want[j] += (j & 3) + 1 + ((j & 3) == (i & 3) ? 10 : 0);
        }
    }
}

void ref_pressure(const uint32_t *a, uint32_t n, uint32_t k, uint32_t threads, uint32_t *want)
{
    enum { COUNT = 300 };
    for (uint32_t i = 0; i < threads; i++) {
        uint32_t v[COUNT], x = 0;
        for (uint32_t j = 0; j < COUNT; j++) {
            v[j] = a[(i * 7 + j) % n] * (j * 2 + 1);
        }
        for (uint32_t q = 0; q < k; q++) {
            for (uint32_t j = 0; j < COUNT; j++) {
                v[j] = v[j] * 3 + v[(j * 5 + 1) % COUNT];
            }
        }
        for (uint32_t j = 0; j < COUNT; j++) {
            x = x * 31 + v[j];
        }
        for (uint32_t j = 0; j < 12; j++) {
            x += v[j] > v[j + 1] ? (1u << j) * (x & 3) : 0;
        }
        want[i] = x;
    }
}
