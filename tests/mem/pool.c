/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Buffer objects over a winsys of plain memory: slabs, clearing, limits, every failing call. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "libmagma/mem/mem.h"
#include "tests/mem/fake_winsys.h"
#include "tests/mem/random.h"

static struct fake_winsys fake;
static struct mg_mem *mem;

static void setup(void)
{
    fake_winsys_init(&fake);
    ck_assert_int_eq(mg_mem_create(&fake.ws, &mem, NULL), MAGMA_OK);
}

static void teardown(void)
{
    mg_mem_destroy(mem);
    ck_assert_uint_eq(fake.memories, 0);
    ck_assert_uint_eq(fake.maps, 0);
}

#define LIVE 300

START_TEST(buffers_do_not_overlap_and_keep_their_contents)
{
    uint64_t state = test_seed();
    struct magma_bo *live[LIVE] = {NULL};

    for (int step = 0; step < 6000; step++) {
        unsigned i = (unsigned)(test_random(&state) % LIVE);

        if (live[i]) {
            const uint8_t *p = magma_bo_map(live[i]);
            uint64_t n = magma_bo_size(live[i]);

            ck_assert_uint_eq(p[0], i & 0xff);
            ck_assert_uint_eq(p[n - 1], i & 0xff);
            magma_bo_destroy(live[i]);
            live[i] = NULL;
        } else {
            uint64_t size = 1 + test_random(&state) % (UINT64_C(64) << test_random(&state) % 16);
            uint64_t align = UINT64_C(1) << test_random(&state) % 14;
            enum magma_domain domain =
                test_random(&state) % 2 ? MAGMA_DOMAIN_SYSTEM : MAGMA_DOMAIN_VRAM;

            ck_assert_int_eq(
                mg_bo_create(mem, size, align, domain, MAGMA_BO_CPU_ACCESS, &live[i], NULL),
                MAGMA_OK);
            ck_assert_uint_eq(magma_bo_address(live[i]).raw % align, 0);
            ck_assert_uint_eq(magma_bo_address(live[i]).raw % 256, 0);
            ck_assert_uint_eq(magma_bo_size(live[i]), size);
            ck_assert_int_eq(magma_bo_domain(live[i]), domain);
            memset(magma_bo_map(live[i]), (int)i, size);
        }
    }
    for (unsigned i = 0; i < LIVE; i++)
        magma_bo_destroy(live[i]);
}
END_TEST

START_TEST(a_warm_slab_needs_no_memory_from_below)
{
    struct magma_bo *bo[3];

    ck_assert_int_eq(mg_bo_create(mem, 1000, 0, MAGMA_DOMAIN_SYSTEM, 0, &bo[0], NULL), MAGMA_OK);
    unsigned before = fake.created;
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(mg_bo_create(mem, 800, 0, MAGMA_DOMAIN_SYSTEM, 0, &bo[1], NULL), MAGMA_OK);
        ck_assert_int_eq(mg_bo_create(mem, 1024, 0, MAGMA_DOMAIN_SYSTEM, 0, &bo[2], NULL),
                         MAGMA_OK);
        magma_bo_destroy(bo[1]);
        magma_bo_destroy(bo[2]);
    }
    ck_assert_uint_eq(fake.created, before);
    magma_bo_destroy(bo[0]);
    /* Also when the slab was empty in between. */
    ck_assert_int_eq(mg_bo_create(mem, 1000, 0, MAGMA_DOMAIN_SYSTEM, 0, &bo[0], NULL), MAGMA_OK);
    ck_assert_uint_eq(fake.created, before);
    magma_bo_destroy(bo[0]);
}
END_TEST

START_TEST(empty_slabs_go_back_but_for_one)
{
    enum { COUNT = 8 * 5 };
    struct magma_bo *bo[COUNT];

    for (int i = 0; i < COUNT; i++)
        ck_assert_int_eq(mg_bo_create(mem, 1 << 20, 0, MAGMA_DOMAIN_SYSTEM, 0, &bo[i], NULL),
                         MAGMA_OK);
    ck_assert_uint_eq(fake.memories, 5);
    for (int i = 0; i < COUNT; i++)
        magma_bo_destroy(bo[i]);
    ck_assert_uint_eq(fake.memories, 1);
}
END_TEST

START_TEST(video_memory_is_cleared_before_its_first_use)
{
    struct magma_bo *bo;
    const uint8_t *p;

    ck_assert_int_eq(mg_bo_create(mem, 5000, 0, MAGMA_DOMAIN_VRAM, MAGMA_BO_CPU_ACCESS, &bo, NULL),
                     MAGMA_OK);
    p = magma_bo_map(bo);
    for (int i = 0; i < 5000; i++)
        ck_assert_uint_eq(p[i], 0);
    memset(magma_bo_map(bo), 0xaa, 5000);
    magma_bo_destroy(bo);
    /* The piece comes back: with ZERO it is clean again. */
    ck_assert_int_eq(mg_bo_create(mem, 5000, 0, MAGMA_DOMAIN_VRAM,
                                  MAGMA_BO_CPU_ACCESS | MAGMA_BO_ZERO, &bo, NULL),
                     MAGMA_OK);
    p = magma_bo_map(bo);
    for (int i = 0; i < 5000; i++)
        ck_assert_uint_eq(p[i], 0);
    magma_bo_destroy(bo);
}
END_TEST

static enum magma_code count_clear(void *ctx, magma_gpu_va va, uint64_t size_bytes,
                                   struct magma_error *err)
{
    (void)err;
    ck_assert_uint_ne(va.raw, 0);
    *(uint64_t *)ctx += size_bytes;
    return MAGMA_OK;
}

START_TEST(memory_out_of_the_cpus_reach_is_cleared_by_the_gpu)
{
    struct magma_error err = {0};
    uint64_t cleared = 0;
    struct magma_bo *bo;

    fake.no_vram_cpu = true;
    ck_assert_int_eq(mg_bo_create(mem, 3 << 20, 0, MAGMA_DOMAIN_VRAM, 0, &bo, &err),
                     MAGMA_NOT_SUPPORTED); /* nobody who could */
    ck_assert_ptr_null(bo);
    mg_mem_set_clear(mem, count_clear, &cleared);
    ck_assert_int_eq(mg_bo_create(mem, 3 << 20, 0, MAGMA_DOMAIN_VRAM, 0, &bo, &err), MAGMA_OK);
    ck_assert_uint_eq(cleared, 3 << 20);
    ck_assert_ptr_null(magma_bo_map(bo));
    magma_bo_destroy(bo);
}
END_TEST

START_TEST(access_that_was_not_asked_for_is_not_given)
{
    struct magma_bo *bo;

    ck_assert_int_eq(mg_bo_create(mem, 4096, 0, MAGMA_DOMAIN_VRAM, 0, &bo, NULL), MAGMA_OK);
    ck_assert_ptr_null(magma_bo_map(bo));
    magma_bo_destroy(bo);
    ck_assert_int_eq(mg_bo_create(mem, 4096, 0, MAGMA_DOMAIN_SYSTEM, 0, &bo, NULL), MAGMA_OK);
    ck_assert_ptr_nonnull(magma_bo_map(bo));
    magma_bo_destroy(bo);
}
END_TEST

START_TEST(bad_sizes_are_refused)
{
    struct magma_bo *bo;
    static const uint64_t bad[][2] = {{0, 0}, {4096, 3}, {4096, 4 << 20}, {UINT64_MAX, 0}};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_int_eq(mg_bo_create(mem, bad[i][0], bad[i][1], MAGMA_DOMAIN_SYSTEM, 0, &bo, NULL),
                         MAGMA_INVALID_ARGUMENT);
        ck_assert_ptr_null(bo);
    }
    ck_assert_int_eq(mg_bo_create(mem, 4096, 0, (enum magma_domain)7, 0, &bo, NULL),
                     MAGMA_INVALID_ARGUMENT);
}
END_TEST

START_TEST(every_failing_call_below_is_undone)
{
    static const uint64_t sizes[] = {100, 3 << 20};
    struct magma_bo *bo;

    for (size_t i = 0; i < 2; i++) {
        fake.fail_memory_at = 1;
        ck_assert_int_eq(mg_bo_create(mem, sizes[i], 0, MAGMA_DOMAIN_VRAM, 0, &bo, NULL),
                         MAGMA_OUT_OF_DEVICE_MEMORY);
        fake.fail_map_at = 1;
        ck_assert_int_eq(mg_bo_create(mem, sizes[i], 0, MAGMA_DOMAIN_VRAM, 0, &bo, NULL),
                         MAGMA_OUT_OF_DEVICE_MEMORY);
        ck_assert_uint_eq(fake.memories, 0);
        ck_assert_uint_eq(fake.maps, 0);
    }
    /* No GPU addresses. */
    ck_assert_int_eq(mg_bo_create(mem, UINT64_C(2) << 30, 0, MAGMA_DOMAIN_VRAM, 0, &bo, NULL),
                     MAGMA_OUT_OF_DEVICE_MEMORY);
    ck_assert_uint_eq(fake.memories, 0);
}
END_TEST

START_TEST(what_is_in_use_is_counted)
{
    uint64_t vram, system;
    struct magma_bo *a, *b;

    ck_assert_int_eq(mg_bo_create(mem, 1000, 0, MAGMA_DOMAIN_VRAM, 0, &a, NULL), MAGMA_OK);
    ck_assert_int_eq(mg_bo_create(mem, 2 << 20, 0, MAGMA_DOMAIN_SYSTEM, 0, &b, NULL), MAGMA_OK);
    mg_mem_used(mem, &vram, &system);
    ck_assert_uint_eq(vram, 1000);
    ck_assert_uint_eq(system, 2 << 20);
    magma_bo_destroy(a);
    magma_bo_destroy(b);
    mg_mem_used(mem, &vram, NULL);
    mg_mem_used(mem, NULL, &system);
    ck_assert_uint_eq(vram + system, 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("pool");
    TCase *c = tcase_create("pool");
    SRunner *r;
    int failed;

    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, buffers_do_not_overlap_and_keep_their_contents);
    tcase_add_test(c, a_warm_slab_needs_no_memory_from_below);
    tcase_add_test(c, empty_slabs_go_back_but_for_one);
    tcase_add_test(c, video_memory_is_cleared_before_its_first_use);
    tcase_add_test(c, memory_out_of_the_cpus_reach_is_cleared_by_the_gpu);
    tcase_add_test(c, access_that_was_not_asked_for_is_not_given);
    tcase_add_test(c, bad_sizes_are_refused);
    tcase_add_test(c, every_failing_call_below_is_undone);
    tcase_add_test(c, what_is_in_use_is_counted);
    suite_add_tcase(s, c);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
