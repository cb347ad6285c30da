/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* exec/trips.comp in C. */
#include "reference.h"

enum { LANES = 32, WORDS_EACH = 16 };

static uint32_t mix_up(uint32_t x)
{
    uint32_t sum = x;
    for (int i = 3; i >= 0; i--) {
        sum = sum * 31u + (uint32_t)i;
    }
    return sum;
}

static void simple_loops(uint32_t lane, uint32_t *r)
{
    uint32_t x = 1, y = 1, folded = 0, many = 0, first = 0, turns = 0;
    for (int i = 0; i < 10; i++) {
        uint32_t z = x + y;
        x = y;
        y = z;
    }
    for (uint32_t h = 16; h > 0; h /= 2) {
        folded = folded * 3 + h + lane;
    }
    for (uint32_t i = 0; i < 1000; i++) {
        many = many * 5 + i;
    }
    do {
        first += mix_up(first + lane);
    } while (first < 1u);
    for (uint32_t i = 0; i < 3; i++) {
        for (uint32_t j = i; j < 3; j++) {
            for (uint32_t k = 0; k < 40; k += 7) {
                turns += (i + 1) * (j + 2) * (k + lane);
            }
        }
    }
    r[1] = x + y * (lane + 1);
    r[2] = 5;
    r[3] = folded;
    r[4] = many;
    r[7] = first;
    r[9] = turns;
}

static uint32_t table(const uint32_t *a, uint32_t n, uint32_t id)
{
    uint32_t rows[4][4], sum = 0;
    for (uint32_t i = 0; i < 4; i++) {
        for (uint32_t j = 0; j < 4; j++) {
            rows[i][j] = a[(id + i * 4 + j) % n] ^ (i * j);
        }
    }
    for (uint32_t i = 0; i < 4; i++) {
        if (rows[i][0] & 1u) {
            continue;
        }
        for (uint32_t j = 0; j < 4; j++) {
            sum += rows[i][j] * (j + 1);
            if ((sum & 3u) == 2u) {
                sum ^= rows[j][i];
            }
        }
    }
    return sum;
}

static uint32_t tile_at(uint32_t row, uint32_t lane)
{
    return mix_up(lane * 8 + row);
}

static uint32_t neighbours(uint32_t lane)
{
    uint32_t column = (lane * 4) % LANES, odd = lane & 1, total = 0;
    for (uint32_t i = 0; i < 8; i++) {
        total += tile_at(i, column) * 3 + tile_at(i, column + 1) * 5 + tile_at(i, column + 2) * 7 +
                 tile_at(i, column + 3) * 11;
        total ^= tile_at(i, column + 1 + odd) + tile_at(i, column + 2 + odd);
    }
    return total;
}

static uint32_t choose(const uint32_t *few, uint32_t lane)
{
    uint32_t chosen = 0;
    for (uint32_t i = 0; i < 6; i++) {
        uint32_t which = (lane + i) % 4;
        if (which == 0) {
            chosen += few[i];
        } else if (which == 3) {
            chosen *= 3;
        } else {
            chosen = (which == 1 ? chosen ^ few[5 - i] : chosen) + 9;
        }
    }
    return chosen;
}

static uint32_t running_loops(const uint32_t *a, uint32_t n, uint32_t id, uint32_t kept)
{
    uint32_t lane = id % LANES;
    for (uint32_t i = lane; i < n; i += 3) {
        kept += a[i] * (i + 1u);
    }
    for (uint32_t i = lane * 4; i < n; i += id % 7u + 1u) {
        kept = kept * 3u + a[i];
    }
    for (uint32_t i = lane; i < n * 0x1800000u; i += n * 0xa00000u) {
        kept = kept * 5u + a[i & 63u];
    }
    for (uint32_t i = 0xffffff00u + lane; i < 0xfffffff0u; i += 16u) {
        kept = kept * 9u + a[i & 127u];
    }
    return kept;
}

static void long_loops(const uint32_t *a, uint32_t n, uint32_t id, uint32_t *r)
{
    uint32_t lane = id % LANES;
    uint32_t p = lane, q = 1, kept = 0;
    for (int i = 50; i != 0; i--) {
        uint32_t t = p * 3u + (uint32_t)i;
        p = q;
        q = t;
    }
    r[11] = p ^ q;
    for (int i = -32; i <= 31; i++) {
        kept = kept * 7u + a[(uint32_t)(i + 32) % n] + (uint32_t)i;
        r[12] = kept;
        r[13] = r[12] + (uint32_t)(i * i);
    }
    r[14] = running_loops(a, n, id, kept);
}

void ref_trips(const uint32_t *a, uint32_t n, uint32_t threads, uint32_t *want)
{
    for (uint32_t id = 0; id < threads; id++) {
        uint32_t *r = &want[id * WORDS_EACH], few[6], left = 0;
        simple_loops(id % LANES, r);
        long_loops(a, n, id, r);
        r[0] = table(a, n, id);
        for (uint32_t i = 0; i < 6; i++) {
            few[i] = a[(id * 7 + i) % n];
        }
        for (uint32_t i = 0; i < 8 && (a[(id + i) % n] & 7u) != 3u; i++) {
            left += mix_up(left + i);
        }
        r[5] = few[id % 6] + few[5];
        r[6] = left;
        r[8] = neighbours(id % LANES);
        r[10] = choose(few, id % LANES);
    }
}
