/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The I/O address allocator against a model that marks pages in a bitmap: random takes and gives
 * from a seed that is printed. MAGMA_TEST_SEED repeats a run.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "vfio/iova.h"

#define PAGE UINT64_C(4096)

enum { PAGES = 4096, LIVE_MAX = 256, STEPS = 20000 };

static uint64_t rng_state;

static uint64_t random64(void)
{
    rng_state ^= rng_state << 13;
    rng_state ^= rng_state >> 7;
    rng_state ^= rng_state << 17;
    return rng_state;
}

static void seed(void)
{
    const char *text = getenv("MAGMA_TEST_SEED");

    rng_state = text ? strtoull(text, NULL, 0) : (uint64_t)time(NULL) * 2654435761u + 1;
    rng_state += rng_state == 0; /* the generator would stand still */
    printf("seed: MAGMA_TEST_SEED=0x%llx\n", (unsigned long long)rng_state);
}

/* Two ranges with a hole, as with the MSI window. */
static const struct mvfio_range valid[] = {{0x10 * PAGE, 0x800 * PAGE - 1},
                                           {0x900 * PAGE, PAGES *PAGE - 1}};

struct live {
    uint64_t first, pages;
};

static unsigned char used[PAGES];
static struct live live[LIVE_MAX];
static unsigned live_count;

static bool page_valid(uint64_t page)
{
    return (page >= 0x10 && page < 0x800) || (page >= 0x900 && page < PAGES);
}

static bool fits(uint64_t first, uint64_t pages)
{
    for (uint64_t p = first; p < first + pages; p++)
        if (!page_valid(p) || used[p])
            return false;
    return true;
}

/* The lowest aligned place the bitmap has; PAGES when there is none. */
static uint64_t expected(uint64_t pages, uint64_t align_pages)
{
    for (uint64_t first = 0; first + pages <= PAGES; first += align_pages)
        if (fits(first, pages))
            return first;
    return PAGES;
}

static void take(struct mvfio_iova *iova)
{
    uint64_t pages = 1 + random64() % (random64() % 8 ? 16 : 600);
    uint64_t align_pages = UINT64_C(1) << random64() % 7;
    uint64_t want = expected(pages, align_pages), got = 0;
    bool ok;

    if (live_count == LIVE_MAX)
        return;
    ok = mvfio_iova_take(iova, pages * PAGE, align_pages * PAGE, &got);
    ck_assert_int_eq(ok, want != PAGES);
    if (!ok)
        return;
    ck_assert_uint_eq(got, want * PAGE);
    memset(used + want, 1, pages);
    live[live_count++] = (struct live){want, pages};
}

static void give(struct mvfio_iova *iova)
{
    unsigned i;

    if (!live_count)
        return;
    i = (unsigned)(random64() % live_count);
    ck_assert(mvfio_iova_give(iova, live[i].first * PAGE, live[i].pages * PAGE));
    ck_assert(!mvfio_iova_give(iova, live[i].first * PAGE, live[i].pages * PAGE));
    memset(used + live[i].first, 0, live[i].pages);
    live[i] = live[--live_count];
}

static void check_sum(const struct mvfio_iova *iova)
{
    uint64_t free_pages = 0;

    for (uint64_t p = 0; p < PAGES; p++)
        free_pages += page_valid(p) && !used[p];
    ck_assert_uint_eq(mvfio_iova_free_bytes(iova), free_pages * PAGE);
    for (uint32_t i = 1; i < iova->count; i++)
        ck_assert_uint_gt(iova->free_ranges[i].first, iova->free_ranges[i - 1].last + 1);
}

START_TEST(random_takes_and_gives_agree_with_a_bitmap)
{
    struct mvfio_iova iova;

    seed();
    ck_assert(mvfio_iova_init(&iova, valid, 2));
    for (int step = 0; step < STEPS; step++) {
        if (random64() % 5 < 3)
            take(&iova);
        else
            give(&iova);
        if (step % 64 == 0)
            check_sum(&iova);
    }
    while (live_count)
        give(&iova);
    check_sum(&iova);
    ck_assert_uint_eq(iova.count, 2); /* all joined again */
    mvfio_iova_finish(&iova);
}
END_TEST

START_TEST(the_ends_of_the_address_space_do_not_overflow)
{
    const struct mvfio_range all = {0, UINT64_MAX};
    const struct mvfio_range last = {UINT64_MAX - 0xfff, UINT64_MAX};
    struct mvfio_iova iova;
    uint64_t at;

    ck_assert(mvfio_iova_init(&iova, &last, 1));
    ck_assert(!mvfio_iova_take(&iova, 0x2000, 1, &at));
    ck_assert(!mvfio_iova_take(&iova, 0x1000, UINT64_C(1) << 63, &at));
    ck_assert(mvfio_iova_take(&iova, 0x1000, 0x1000, &at));
    ck_assert_uint_eq(at, UINT64_MAX - 0xfff);
    ck_assert(!mvfio_iova_give(&iova, UINT64_MAX - 0xfff, 0x1001)); /* wraps */
    ck_assert(mvfio_iova_give(&iova, at, 0x1000));
    mvfio_iova_finish(&iova);

    ck_assert(mvfio_iova_init(&iova, &all, 1));
    ck_assert_uint_eq(mvfio_iova_free_bytes(&iova), UINT64_MAX);
    ck_assert(!mvfio_iova_take(&iova, 0, 1, &at));
    ck_assert(!mvfio_iova_take(&iova, 1, 3, &at));
    ck_assert(!mvfio_iova_take(&iova, 1, 0, &at));
    ck_assert(mvfio_iova_take(&iova, UINT64_MAX, 1, &at));
    ck_assert_uint_eq(at, 0);
    mvfio_iova_finish(&iova);
}
END_TEST

START_TEST(malformed_ranges_are_refused)
{
    const struct mvfio_range backwards[] = {{0x2000, 0x1fff}};
    const struct mvfio_range overlap[] = {{0, 0x1fff}, {0x1fff, 0x2fff}};
    const struct mvfio_range touching[] = {{0, 0x1fff}, {0x2000, 0x2fff}};
    struct mvfio_iova iova;
    uint64_t at;

    ck_assert(!mvfio_iova_init(&iova, backwards, 1));
    ck_assert(!mvfio_iova_init(&iova, overlap, 2));
    ck_assert(mvfio_iova_init(&iova, touching, 2));
    ck_assert(mvfio_iova_take(&iova, 0x3000, 0x1000, &at)); /* they are one */
    mvfio_iova_finish(&iova);
    ck_assert(mvfio_iova_init(&iova, NULL, 0));
    ck_assert(!mvfio_iova_take(&iova, 1, 1, &at));
    mvfio_iova_finish(&iova);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("IOVA allocator");
    TCase *tc = tcase_create("allocator");
    SRunner *runner;
    int failed;

    tcase_add_test(tc, random_takes_and_gives_agree_with_a_bitmap);
    tcase_add_test(tc, the_ends_of_the_address_space_do_not_overflow);
    tcase_add_test(tc, malformed_ranges_are_refused);
    tcase_set_timeout(tc, 60);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
