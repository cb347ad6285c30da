/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* exec/scan.comp in C: each thread looks at those of its warp that took the same branch. */
#include "reference.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { LANES = 32, WORDS_PER_THREAD = 32 };

struct warp {
    uint32_t v[LANES]; /* what each lane gives */
    bool active[LANES];
};

static uint32_t bits(float f)
{
    uint32_t u;
    memcpy(&u, &f, sizeof(u));
    return u;
}

static int32_t lower(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static int32_t higher(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

static void integers(const struct warp *w, uint32_t lane, uint32_t *want)
{
    uint32_t all_above = 1, any_nine = 0, many_above = 0;
    want[1] = 1;
    want[3] = INT32_MAX;
    want[5] = (uint32_t)INT32_MIN;
    want[6] = want[7] = UINT32_MAX;
    for (uint32_t k = 0; k < LANES; k++) {
        uint32_t v = w->v[k];
        if (!w->active[k])
            continue;
        want[0] += v;
        want[3] = (uint32_t)lower((int32_t)want[3], (int32_t)v);
        want[7] &= v;
        want[10] += k / 4 == lane / 4 ? v : 0;
        want[11] ^= k / 16 == lane / 16 ? v : 0;
        all_above &= v > 9;
        any_nine |= v == 9;
        many_above ^= v > 99;
        if (k <= lane) {
            want[1] *= v;
            want[4] = want[4] > v ? want[4] : v;
            want[8] |= v;
        }
        if (k < lane) {
            want[2] += v;
            want[5] = (uint32_t)higher((int32_t)want[5], (int32_t)v);
            want[6] = want[6] < v ? want[6] : v;
            want[9] ^= v;
        }
    }
    want[12] = all_above + 2 * any_nine + 4 * many_above;
}

static void others(const struct warp *w, uint32_t lane, uint32_t *want)
{
    float least = INFINITY, most = -INFINITY, product = 1;
    uint64_t sum = 0, low = UINT64_MAX;
    int64_t high = INT64_MIN;
    for (uint32_t k = 0; k < LANES; k++) {
        float f = (float)(w->v[k] & 255);
        uint64_t wide = w->v[k] * UINT64_C(0x100000001);
        if (!w->active[k])
            continue;
        want[13] += w->v[k] & 255;
        want[14] += k <= lane ? w->v[k] & 255 : 0;
        least = k < lane ? fminf(least, f) : least;
        most = k / 8 == lane / 8 ? fmaxf(most, f) : most;
        product *= k >= lane ? 1.0f : w->v[k] & 1 ? 2.0f : 0.5f;
        sum += wide;
        low = low < wide ? low : wide;
        high = k <= lane && high < (int64_t)wide ? (int64_t)wide : high;
    }
    want[15] = bits(least);
    want[16] = bits(most);
    want[17] = bits(product);
    want[18] = (uint32_t)sum;
    want[19] = (uint32_t)(sum >> 32);
    want[20] = (uint32_t)(low >> 32);
    want[21] = (uint32_t)((uint64_t)high >> 32);
}

static void ballots(const struct warp *w, uint32_t lane, uint32_t *want)
{
    uint32_t odd = 0;
    for (uint32_t k = 0; k < LANES; k++)
        odd |= (w->active[k] && w->v[k] & 1 ? 1u : 0u) << k;
    uint32_t below = (1u << lane) - 1;
    want[22] = (uint32_t)__builtin_popcount(odd);
    want[23] = (uint32_t)__builtin_popcount(odd & (below | 1u << lane));
    want[24] = (uint32_t)__builtin_popcount(odd & below);
    want[25] = (uint32_t)__builtin_ctz(odd | 0x80000000u);
    want[26] = 31 - (uint32_t)__builtin_clz(odd | 1);
    want[27] = (odd >> lane & 1) + 2 * (odd >> (w->v[lane] & 31) & 1);
}

static bool takes(uint32_t v)
{
    return v % 3 != 1;
}

void ref_scan(const uint32_t *a, uint32_t n, uint32_t *want)
{
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t *v = a + i / LANES * LANES;
        uint32_t lane = i % LANES, *out = want + (size_t)i * WORDS_PER_THREAD;
        struct warp warp;
        for (uint32_t k = 0; k < LANES; k++) {
            warp.active[k] = takes(v[k]) == takes(v[lane]);
            warp.v[k] = takes(v[k]) ? v[k] : v[k] + 1;
        }
        integers(&warp, lane, out);
        others(&warp, lane, out);
        ballots(&warp, lane, out);
        out[28] = v[(lane & ~3u) + 2];
        out[29] = v[lane ^ 1];
        out[30] = v[lane ^ 2];
        out[31] = v[lane ^ 3];
    }
}
