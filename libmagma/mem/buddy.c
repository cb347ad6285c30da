/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The buddy allocator. Units are numbered from `first` = base / unit_bytes on, so that alignment
 * of numbers is alignment of addresses. Free blocks of each order are in a doubly linked list
 * whose links are arrays indexed by unit: nothing is stored in the managed memory. The arrays are
 * large but mostly never touched.
 */
#include "libmagma/mem/buddy.h"

#include <stdlib.h>

#include "libmagma/core/status.h"

#define NONE        UINT32_MAX
#define ORDER_COUNT 32

struct mg_buddy {
    uint64_t first; /* number of unit 0 */
    uint32_t unit_count;
    unsigned unit_shift;
    uint64_t free_units;
    uint32_t head[ORDER_COUNT];
    uint32_t *next, *prev;
    uint8_t *state; /* order + 1 of the free block that begins here; 0: none does */
};

enum magma_code mg_buddy_create(uint64_t base, uint64_t size_bytes, uint64_t unit_bytes,
                                struct mg_buddy **out, struct magma_error *err)
{
    uint64_t first, count;
    struct mg_buddy *b;
    unsigned shift;

    *out = NULL;
    if (!unit_bytes || (unit_bytes & (unit_bytes - 1)) || base + size_bytes < base)
        return mg_fail(err, MAGMA_INVALID_ARGUMENT, "buddy: bad range or unit");
    shift = (unsigned)__builtin_ctzll(unit_bytes);
    first = (base >> shift) + ((base & (unit_bytes - 1)) ? 1 : 0);
    count = (base + size_bytes) >> shift;
    if (count <= first || count - first > (UINT32_C(1) << 31))
        return mg_fail(err, MAGMA_INVALID_ARGUMENT, "buddy: %llu units cannot be managed",
                       (unsigned long long)(count - first));
    count -= first;
    b = calloc(1, sizeof *b);
    if (!b)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "buddy: no memory");
    *b = (struct mg_buddy){.first = first, .unit_count = (uint32_t)count, .unit_shift = shift};
    b->next = calloc(count, sizeof *b->next);
    b->prev = calloc(count, sizeof *b->prev);
    b->state = calloc(count, 1);
    for (unsigned i = 0; i < ORDER_COUNT; i++)
        b->head[i] = NONE;
    if (!b->next || !b->prev || !b->state) {
        mg_buddy_destroy(b);
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "buddy: no memory for %llu units",
                       (unsigned long long)count);
    }
    mg_buddy_free(b, first << shift, count << shift);
    *out = b;
    return MAGMA_OK;
}

void mg_buddy_destroy(struct mg_buddy *b)
{
    if (!b)
        return;
    free(b->next);
    free(b->prev);
    free(b->state);
    free(b);
}

static void push_block(struct mg_buddy *b, uint32_t unit, unsigned order)
{
    b->state[unit] = (uint8_t)(order + 1);
    b->next[unit] = b->head[order];
    b->prev[unit] = NONE;
    if (b->head[order] != NONE)
        b->prev[b->head[order]] = unit;
    b->head[order] = unit;
    b->free_units += UINT64_C(1) << order;
}

static void take_block(struct mg_buddy *b, uint32_t unit, unsigned order)
{
    if (b->prev[unit] != NONE)
        b->next[b->prev[unit]] = b->next[unit];
    else
        b->head[order] = b->next[unit];
    if (b->next[unit] != NONE)
        b->prev[b->next[unit]] = b->prev[unit];
    b->state[unit] = 0;
    b->free_units -= UINT64_C(1) << order;
}

/* Puts one aligned block back, merging it with its buddy as long as that is free. */
static void merge_block(struct mg_buddy *b, uint32_t unit, unsigned order)
{
    while (order + 1 < ORDER_COUNT) {
        uint64_t number = b->first + unit;
        uint64_t other = number ^ (UINT64_C(1) << order);
        uint64_t low = number < other ? number : other;

        if (other < b->first || other - b->first + (UINT64_C(1) << order) > b->unit_count)
            break;
        if (b->state[other - b->first] != order + 1)
            break;
        take_block(b, (uint32_t)(other - b->first), order);
        unit = (uint32_t)(low - b->first);
        order++;
    }
    push_block(b, unit, order);
}

/* The order of the largest aligned block that begins at unit and has at most count units. */
static unsigned piece_order(const struct mg_buddy *b, uint64_t unit, uint64_t count)
{
    uint64_t number = b->first + unit;
    unsigned by_count = 63u - (unsigned)__builtin_clzll(count);
    unsigned by_align = number ? (unsigned)__builtin_ctzll(number) : 63;
    unsigned order = by_count < by_align ? by_count : by_align;

    return order < ORDER_COUNT - 1 ? order : ORDER_COUNT - 1;
}

static void free_units(struct mg_buddy *b, uint64_t unit, uint64_t count)
{
    while (count) {
        unsigned order = piece_order(b, unit, count);

        merge_block(b, (uint32_t)unit, order);
        unit += UINT64_C(1) << order;
        count -= UINT64_C(1) << order;
    }
}

/* Finds a free block that holds `unit`, if there is one. */
static bool unit_is_free(const struct mg_buddy *b, uint64_t unit)
{
    for (unsigned order = 0; order < ORDER_COUNT; order++) {
        uint64_t start = (b->first + unit) & ~((UINT64_C(1) << order) - 1);

        if (start < b->first)
            return false;
        if (b->state[start - b->first] == order + 1)
            return true;
    }
    return false;
}

/* True when a free block overlaps the range: one holds its first unit or begins inside it. */
static bool any_free(const struct mg_buddy *b, uint64_t unit, uint64_t count)
{
    if (unit_is_free(b, unit))
        return true;
    for (uint64_t i = 1; i < count; i++)
        if (b->state[unit + i])
            return true;
    return false;
}

static uint64_t units_of(const struct mg_buddy *b, uint64_t size_bytes)
{
    uint64_t unit_bytes = UINT64_C(1) << b->unit_shift;

    return (size_bytes >> b->unit_shift) + ((size_bytes & (unit_bytes - 1)) ? 1 : 0);
}

bool mg_buddy_alloc(struct mg_buddy *b, uint64_t size_bytes, uint64_t align_bytes,
                    uint64_t *address)
{
    uint64_t count = units_of(b, size_bytes);
    uint64_t need = count;
    unsigned order, want;
    uint32_t unit;

    if (!count || count > b->unit_count)
        return false;
    if (align_bytes >> b->unit_shift > need)
        need = align_bytes >> b->unit_shift;
    want = 63u - (unsigned)__builtin_clzll(need);
    if (need & (need - 1))
        want++;
    for (order = want; order < ORDER_COUNT && b->head[order] == NONE; order++)
        ;
    if (order >= ORDER_COUNT)
        return false;
    unit = b->head[order];
    take_block(b, unit, order);
    free_units(b, unit + count, (UINT64_C(1) << order) - count);
    *address = (b->first + unit) << b->unit_shift;
    return true;
}

bool mg_buddy_free(struct mg_buddy *b, uint64_t address, uint64_t size_bytes)
{
    uint64_t count = units_of(b, size_bytes);
    uint64_t number = address >> b->unit_shift;

    if (!count || number << b->unit_shift != address || number < b->first ||
        number - b->first > b->unit_count || count > b->unit_count - (number - b->first))
        return false;
    if (any_free(b, number - b->first, count))
        return false;
    free_units(b, number - b->first, count);
    return true;
}

uint64_t mg_buddy_free_bytes(const struct mg_buddy *b)
{
    return b->free_units << b->unit_shift;
}

uint64_t mg_buddy_total_bytes(const struct mg_buddy *b)
{
    return (uint64_t)b->unit_count << b->unit_shift;
}

bool mg_buddy_contains(const struct mg_buddy *b, uint64_t address)
{
    uint64_t number = address >> b->unit_shift;

    return number >= b->first && number - b->first < b->unit_count;
}
