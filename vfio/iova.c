/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The allocator of I/O addresses: first fit over a sorted array of free ranges. */
#include "iova.h"

#include <stdlib.h>
#include <string.h>

enum { CAPACITY_FIRST = 16 };

bool mvfio_iova_init(struct mvfio_iova *iova, const struct mvfio_range *ranges, uint32_t count)
{
    *iova = (struct mvfio_iova){0};
    for (uint32_t i = 0; i < count; i++)
        if (ranges[i].first > ranges[i].last || (i && ranges[i].first <= ranges[i - 1].last))
            return false;
    iova->capacity = count > CAPACITY_FIRST ? count : CAPACITY_FIRST;
    iova->free_ranges = calloc(iova->capacity, sizeof *iova->free_ranges);
    if (!iova->free_ranges)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        struct mvfio_range *last = iova->count ? &iova->free_ranges[iova->count - 1] : NULL;

        if (last && last->last + 1 == ranges[i].first)
            last->last = ranges[i].last;
        else
            iova->free_ranges[iova->count++] = ranges[i];
    }
    return true;
}

void mvfio_iova_finish(struct mvfio_iova *iova)
{
    free(iova->free_ranges);
    *iova = (struct mvfio_iova){0};
}

static bool insert_at(struct mvfio_iova *iova, uint32_t at, struct mvfio_range range)
{
    if (iova->count == iova->capacity) {
        uint32_t capacity = iova->capacity ? iova->capacity * 2 : CAPACITY_FIRST;
        struct mvfio_range *grown = realloc(iova->free_ranges, capacity * sizeof *grown);

        if (!grown)
            return false;
        iova->free_ranges = grown;
        iova->capacity = capacity;
    }
    memmove(&iova->free_ranges[at + 1], &iova->free_ranges[at], (iova->count - at) * sizeof range);
    iova->free_ranges[at] = range;
    iova->count++;
    return true;
}

static void remove_at(struct mvfio_iova *iova, uint32_t at)
{
    iova->count--;
    memmove(&iova->free_ranges[at], &iova->free_ranges[at + 1],
            (iova->count - at) * sizeof iova->free_ranges[0]);
}

/* The lowest aligned start within the range that leaves room for size bytes. */
static bool fit(const struct mvfio_range *range, uint64_t size_bytes, uint64_t align_bytes,
                uint64_t *out)
{
    uint64_t mask = align_bytes - 1;
    uint64_t start;

    if (range->first > UINT64_MAX - mask)
        return false;
    start = (range->first + mask) & ~mask;
    if (start > range->last || range->last - start < size_bytes - 1)
        return false;
    *out = start;
    return true;
}

bool mvfio_iova_take(struct mvfio_iova *iova, uint64_t size_bytes, uint64_t align_bytes,
                     uint64_t *out)
{
    if (!size_bytes || !align_bytes || (align_bytes & (align_bytes - 1)))
        return false;
    for (uint32_t i = 0; i < iova->count; i++) {
        struct mvfio_range *range = &iova->free_ranges[i];
        uint64_t start, last;

        if (!fit(range, size_bytes, align_bytes, &start))
            continue;
        last = start + (size_bytes - 1);
        if (start > range->first && last < range->last) {
            struct mvfio_range above = {last + 1, range->last};

            if (!insert_at(iova, i + 1, above))
                return false;
            iova->free_ranges[i].last = start - 1;
        } else if (start > range->first) {
            range->last = start - 1;
        } else if (last < range->last) {
            range->first = last + 1;
        } else {
            remove_at(iova, i);
        }
        *out = start;
        return true;
    }
    return false;
}

/* Index of the first free range that ends at or after address. */
static uint32_t lower_bound(const struct mvfio_iova *iova, uint64_t address)
{
    uint32_t lo = 0, hi = iova->count;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;

        if (iova->free_ranges[mid].last < address)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

bool mvfio_iova_give(struct mvfio_iova *iova, uint64_t first, uint64_t size_bytes)
{
    uint64_t last = first + (size_bytes - 1);
    uint32_t at = lower_bound(iova, first);
    bool joins_below, joins_above;

    if (!size_bytes || last < first)
        return false;
    if (at < iova->count && iova->free_ranges[at].first <= last)
        return false;
    joins_below = at > 0 && iova->free_ranges[at - 1].last + 1 == first;
    joins_above = at < iova->count && last + 1 == iova->free_ranges[at].first;
    if (joins_below && joins_above) {
        iova->free_ranges[at - 1].last = iova->free_ranges[at].last;
        remove_at(iova, at);
        return true;
    }
    if (joins_below) {
        iova->free_ranges[at - 1].last = last;
        return true;
    }
    if (joins_above) {
        iova->free_ranges[at].first = first;
        return true;
    }
    return insert_at(iova, at, (struct mvfio_range){first, last});
}

uint64_t mvfio_iova_free_bytes(const struct mvfio_iova *iova)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < iova->count; i++) {
        uint64_t span = iova->free_ranges[i].last - iova->free_ranges[i].first;

        if (span == UINT64_MAX || sum > UINT64_MAX - (span + 1))
            return UINT64_MAX;
        sum += span + 1;
    }
    return sum;
}
