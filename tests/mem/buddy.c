/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The buddy allocator against a byte-per-unit map of what is taken, with random requests. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libmagma/mem/buddy.h"
#include "tests/mem/random.h"

#define UNIT     UINT64_C(0x1000)
#define UNITS    3000u /* not a power of two */
#define BASE     (UINT64_C(0x12345) * UNIT)
#define LIVE_MAX 200u

struct piece {
    uint64_t address, size;
};

struct world {
    struct mg_buddy *buddy;
    uint8_t taken[UNITS];
    struct piece live[LIVE_MAX];
    unsigned count;
    uint64_t taken_units;
};

static void mark(struct world *w, const struct piece *p, uint8_t value)
{
    uint64_t first = (p->address - BASE) / UNIT, n = (p->size + UNIT - 1) / UNIT;

    for (uint64_t i = first; i < first + n; i++) {
        if (w->taken[i] == value)
            ck_abort_msg("unit %llu is taken or given twice", (unsigned long long)i);
        w->taken[i] = value;
    }
    w->taken_units = value ? w->taken_units + n : w->taken_units - n;
}

static void take(struct world *w, uint64_t *state)
{
    struct piece p = {.size = 1 + test_random(state) % (UNIT << test_random(state) % 9)};
    uint64_t align = UNIT << test_random(state) % 6;

    if (!mg_buddy_alloc(w->buddy, p.size, align, &p.address))
        return;
    ck_assert_uint_eq(p.address % align, 0);
    ck_assert_uint_ge(p.address, BASE);
    ck_assert_uint_le(p.address + p.size, BASE + UNITS * UNIT);
    mark(w, &p, 1);
    w->live[w->count++] = p;
}

static void give(struct world *w, uint64_t *state)
{
    unsigned i = (unsigned)(test_random(state) % w->count);

    mark(w, &w->live[i], 0);
    ck_assert(mg_buddy_free(w->buddy, w->live[i].address, w->live[i].size));
    w->live[i] = w->live[--w->count];
}

START_TEST(no_two_allocations_overlap_and_nothing_gets_lost)
{
    uint64_t seed = test_seed(), state = seed + (uint64_t)_i;
    static struct world w;
    uint64_t all;

    memset(&w, 0, sizeof w);
    ck_assert_int_eq(mg_buddy_create(BASE, UNITS * UNIT, UNIT, &w.buddy, NULL), MAGMA_OK);
    for (int step = 0; step < 4000; step++) {
        if (w.count < LIVE_MAX && (!w.count || test_random(&state) % 2))
            take(&w, &state);
        else
            give(&w, &state);
        ck_assert_uint_eq(mg_buddy_free_bytes(w.buddy), (UNITS - w.taken_units) * UNIT);
    }
    while (w.count)
        give(&w, &state);
    /* Everything merged again: the largest power of two that fits can be had. */
    ck_assert(mg_buddy_alloc(w.buddy, UNIT * 1024, UNIT, &all));
    ck_assert(mg_buddy_free(w.buddy, all, UNIT * 1024));
    mg_buddy_destroy(w.buddy);
}
END_TEST

START_TEST(what_was_not_allocated_cannot_be_freed)
{
    struct mg_buddy *b;
    uint64_t a;

    ck_assert_int_eq(mg_buddy_create(BASE, UNITS * UNIT, UNIT, &b, NULL), MAGMA_OK);
    ck_assert(mg_buddy_alloc(b, 5 * UNIT, UNIT, &a));
    ck_assert(!mg_buddy_free(b, a, 6 * UNIT)); /* its sixth unit is free */
    ck_assert(!mg_buddy_free(b, a + 1, UNIT));
    ck_assert(!mg_buddy_free(b, BASE - UNIT, UNIT));
    ck_assert(!mg_buddy_free(b, BASE + UNITS * UNIT, UNIT));
    ck_assert(!mg_buddy_free(b, a, 0));
    ck_assert(!mg_buddy_free(b, a, UINT64_MAX));
    ck_assert(mg_buddy_free(b, a, 5 * UNIT));
    ck_assert(!mg_buddy_free(b, a, 5 * UNIT)); /* twice */
    mg_buddy_destroy(b);
}
END_TEST

START_TEST(an_allocation_takes_only_what_it_needs)
{
    struct mg_buddy *b;
    uint64_t a, c;

    ck_assert_int_eq(mg_buddy_create(0, 8 * UNIT, UNIT, &b, NULL), MAGMA_OK);
    ck_assert(mg_buddy_alloc(b, 5 * UNIT, UNIT, &a));
    ck_assert_uint_eq(mg_buddy_free_bytes(b), 3 * UNIT);
    ck_assert(mg_buddy_alloc(b, 2 * UNIT, UNIT, &c));
    ck_assert(!mg_buddy_alloc(b, 2 * UNIT, UNIT, &c));
    mg_buddy_destroy(b);
}
END_TEST

START_TEST(impossible_ranges_are_refused)
{
    struct mg_buddy *b;

    ck_assert_int_eq(mg_buddy_create(0, UNIT - 1, UNIT, &b, NULL), MAGMA_INVALID_ARGUMENT);
    ck_assert_int_eq(mg_buddy_create(0, UNIT, 3, &b, NULL), MAGMA_INVALID_ARGUMENT);
    ck_assert_int_eq(mg_buddy_create(UINT64_MAX - UNIT, 2 * UNIT, UNIT, &b, NULL),
                     MAGMA_INVALID_ARGUMENT);
    ck_assert_int_eq(mg_buddy_create(0, UINT64_MAX, 1, &b, NULL), MAGMA_INVALID_ARGUMENT);
    ck_assert_int_eq(mg_buddy_create(1, 2 * UNIT, UNIT, &b, NULL), MAGMA_OK);
    ck_assert_uint_eq(mg_buddy_total_bytes(b), UNIT); /* cut to whole units */
    mg_buddy_destroy(b);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("buddy");
    TCase *c = tcase_create("buddy");
    SRunner *r;
    int failed;

    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, no_two_allocations_overlap_and_nothing_gets_lost, 0, 5);
    tcase_add_test(c, what_was_not_allocated_cannot_be_freed);
    tcase_add_test(c, an_allocation_takes_only_what_it_needs);
    tcase_add_test(c, impossible_ranges_are_refused);
    suite_add_tcase(s, c);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
