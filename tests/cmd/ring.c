/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The ring's bookkeeping against a consumer that runs as far behind as it likes. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "libmagma/cmd/ring.h"
#include "tests/mem/random.h"

enum { ENTRIES = 16, WORDS = 64 };
#define WORDS_VA UINT64_C(0x1234567000)

static uint64_t entries[ENTRIES];
static uint32_t words[WORDS];
static struct mg_ring ring;

static void setup(void)
{
    memset(entries, 0, sizeof entries);
    ck_assert(mg_ring_init(&ring, entries, ENTRIES, words, WORDS_VA, WORDS));
}

static void teardown(void)
{
    mg_ring_finish(&ring);
}

/* What the consumer still has to read: the words of unfinished fences must stay as written. */
struct job {
    uint64_t fence;
    uint32_t *words;
    uint32_t count;
};

START_TEST(nothing_is_overwritten_before_its_fence)
{
    uint64_t state = test_seed(), fence = 0, completed = 0;
    struct job jobs[ENTRIES];
    unsigned first = 0, count = 0;

    for (int step = 0; step < 20000; step++) {
        uint32_t want = 1 + (uint32_t)(test_random(&state) % (WORDS / 2)), *at;
        uint64_t va;

        mg_ring_reclaim(&ring, completed);
        ck_assert_uint_le(mg_ring_free_entries(&ring), ENTRIES - 1);
        at = mg_ring_free_entries(&ring) ? mg_ring_take_words(&ring, want, &va) : NULL;
        if (at) {
            ck_assert_uint_eq(va, WORDS_VA + (uint64_t)(at - words) * 4);
            ck_assert(at >= words && at + want <= words + WORDS);
            for (uint32_t i = 0; i < want; i++)
                at[i] = (uint32_t)(fence + 1);
            mg_ring_put(&ring, va, want);
            mg_ring_fence(&ring, ++fence);
            jobs[(first + count++) % ENTRIES] = (struct job){fence, at, want};
        }
        ck_assert_uint_lt(mg_ring_gp_put(&ring), ENTRIES);
        for (unsigned i = 0; i < count; i++) {
            const struct job *j = &jobs[(first + i) % ENTRIES];

            for (uint32_t w = 0; w < j->count; w++)
                if (j->words[w] != (uint32_t)j->fence)
                    ck_abort_msg("words of fence %llu were overwritten",
                                 (unsigned long long)j->fence);
        }
        /* The consumer finishes some of them; it must when there is no room. */
        while (count && (!at || test_random(&state) % 3 == 0)) {
            completed = jobs[first % ENTRIES].fence;
            first++;
            count--;
            at = words;
        }
    }
    ck_assert_uint_gt(fence, 2000);
}
END_TEST

START_TEST(an_entry_says_where_and_how_long)
{
    mg_ring_put(&ring, UINT64_C(0xab12345674), 0x1ffff0);
    ck_assert_uint_eq(entries[0],
                      UINT64_C(0x12345674) | UINT64_C(0xab) << 32 | UINT64_C(0x1ffff0) << 42);
    ck_assert_uint_eq(mg_ring_gp_put(&ring), 1);
    ck_assert_uint_eq(mg_ring_since_fence(&ring), 1);
    mg_ring_fence(&ring, 1);
    ck_assert_uint_eq(mg_ring_since_fence(&ring), 0);
}
END_TEST

START_TEST(one_entry_always_stays_free)
{
    for (uint32_t i = 0; i < ENTRIES - 1; i++) {
        ck_assert_uint_eq(mg_ring_free_entries(&ring), ENTRIES - 1 - i);
        mg_ring_put(&ring, 0x1000, 1);
    }
    ck_assert_uint_eq(mg_ring_free_entries(&ring), 0);
    mg_ring_fence(&ring, 1);
    mg_ring_reclaim(&ring, 0);
    ck_assert_uint_eq(mg_ring_free_entries(&ring), 0);
    mg_ring_reclaim(&ring, 1);
    ck_assert_uint_eq(mg_ring_free_entries(&ring), ENTRIES - 1);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("ring");
    TCase *c = tcase_create("ring");
    SRunner *r;
    int failed;

    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, nothing_is_overwritten_before_its_fence);
    tcase_add_test(c, an_entry_says_where_and_how_long);
    tcase_add_test(c, one_entry_always_stays_free);
    suite_add_tcase(s, c);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
