/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Large blocks that were freed: taken again where they suit, bounded, given up before memory ends. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "libmagma/mem/mem.h"
#include "tests/mem/fake_winsys.h"

#define MIB UINT64_C(1048576)

static struct fake_winsys fake;
static struct mg_mem *mem;

static void setup(void)
{
    fake_winsys_init(&fake);
    fake.ws.info.vram_usable_bytes = 1024 * MIB; /* of which 32 MiB may be kept */
    ck_assert_int_eq(mg_mem_create(&fake.ws, &mem, NULL), MAGMA_OK);
}

static void teardown(void)
{
    mg_mem_destroy(mem);
    ck_assert_uint_eq(fake.memories, 0);
    ck_assert_uint_eq(fake.maps, 0);
}

static struct magma_bo *create(uint64_t size_bytes, enum magma_domain domain, uint32_t flags)
{
    struct magma_bo *bo;

    ck_assert_int_eq(mg_bo_create(mem, size_bytes, 0, domain, flags, &bo, NULL), MAGMA_OK);
    return bo;
}

START_TEST(a_freed_block_is_taken_again)
{
    struct magma_bo *bo = create(8 * MIB, MAGMA_DOMAIN_VRAM, MAGMA_BO_CPU_ACCESS);
    magma_gpu_va va = magma_bo_address(bo);
    unsigned created = fake.created;

    magma_bo_destroy(bo);
    bo = create(8 * MIB - 4096, MAGMA_DOMAIN_VRAM, MAGMA_BO_CPU_ACCESS);
    ck_assert_uint_eq(fake.created, created);
    ck_assert_uint_eq(magma_bo_address(bo).raw, va.raw);
    ck_assert_uint_eq(magma_bo_size(bo), 8 * MIB - 4096);
    magma_bo_destroy(bo);
}
END_TEST

START_TEST(one_that_does_not_suit_stays)
{
    unsigned created;

    magma_bo_destroy(create(8 * MIB, MAGMA_DOMAIN_VRAM, MAGMA_BO_CPU_ACCESS));
    created = fake.created;
    magma_bo_destroy(create(9 * MIB, MAGMA_DOMAIN_VRAM, MAGMA_BO_CPU_ACCESS)); /* larger */
    magma_bo_destroy(create(4 * MIB, MAGMA_DOMAIN_VRAM, MAGMA_BO_CPU_ACCESS)); /* too small */
    magma_bo_destroy(create(8 * MIB, MAGMA_DOMAIN_VRAM, 0));
    magma_bo_destroy(create(8 * MIB, MAGMA_DOMAIN_SYSTEM, 0));
    ck_assert_uint_eq(fake.created, created + 4);
}
END_TEST

START_TEST(zeros_are_zeros)
{
    struct magma_bo *bo = create(4 * MIB, MAGMA_DOMAIN_SYSTEM, 0);
    const uint8_t *p;
    size_t nonzero = 0;

    memset(magma_bo_map(bo), 0xaa, 4 * MIB);
    magma_bo_destroy(bo);
    bo = create(4 * MIB, MAGMA_DOMAIN_SYSTEM, MAGMA_BO_ZERO);
    p = magma_bo_map(bo);
    for (size_t i = 0; i < 4 * MIB; i++)
        nonzero += p[i] != 0;
    ck_assert_uint_eq(nonzero, 0);
    magma_bo_destroy(bo);
}
END_TEST

START_TEST(what_is_kept_is_bounded)
{
    struct magma_bo *bo[6];

    for (int i = 0; i < 6; i++)
        bo[i] = create(8 * MIB, MAGMA_DOMAIN_VRAM, 0);
    for (int i = 0; i < 6; i++)
        magma_bo_destroy(bo[i]);
    ck_assert_uint_eq(fake.memories, 4);
    magma_bo_destroy(create(64 * MIB, MAGMA_DOMAIN_VRAM, 0)); /* more than all that is kept */
    ck_assert_uint_eq(fake.memories, 4);
}
END_TEST

START_TEST(kept_blocks_go_before_memory_is_said_to_be_gone)
{
    struct magma_bo *bo = NULL;

    magma_bo_destroy(create(8 * MIB, MAGMA_DOMAIN_VRAM, 0));
    ck_assert_uint_eq(fake.memories, 1);
    fake.fail_memory_at = 1;
    bo = create(16 * MIB, MAGMA_DOMAIN_VRAM, 0);
    ck_assert_uint_eq(fake.memories, 1);
    magma_bo_destroy(bo);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("keep");
    TCase *t = tcase_create("large blocks");
    SRunner *runner = srunner_create(s);
    int failed;

    suite_add_tcase(s, t);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_freed_block_is_taken_again);
    tcase_add_test(t, one_that_does_not_suit_stays);
    tcase_add_test(t, zeros_are_zeros);
    tcase_add_test(t, what_is_kept_is_bounded);
    tcase_add_test(t, kept_blocks_go_before_memory_is_said_to_be_gone);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
