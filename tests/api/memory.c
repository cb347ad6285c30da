/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Copies, fills, buffers and information, on the software GPU in this process. */
#include <stdlib.h>
#include <string.h>

#include "tests/api/kit.h"
#include "tests/mem/random.h"

START_TEST(an_open_gpu_says_what_it_is)
{
    const struct magma_gpu_info *info;
    uint64_t a = 0, b = 0;
    struct kit k;

    kit_open(&k, NULL);
    info = magma_gpu_get_info(k.gpu);
    ck_assert_str_eq(info->address, "model:ga102");
    ck_assert_str_eq(info->chip, "ga102");
    ck_assert_str_eq(info->firmware, "570.144");
    ck_assert(info->is_model);
    ck_assert_uint_eq(info->vendor_id, 0x10de);
    ck_assert_uint_eq(info->chipset, 0x172);
    ck_assert_uint_eq(info->vram_bytes, UINT64_C(512) << 20);
    ck_assert_uint_gt(info->vram_usable_bytes, UINT64_C(128) << 20);
    ck_assert_uint_lt(info->vram_usable_bytes, info->vram_bytes);
    ck_assert_uint_eq(info->sm_version, 86);
    ck_assert_uint_gt(info->sm_count, 0);
    ck_assert_uint_eq(info->compute_class, 0xc7c0);
    ck_assert_uint_gt(info->shared_bytes_max, 48 << 10);
    ck_assert_int_eq(magma_gpu_timestamp_ns(k.gpu, &a), MAGMA_OK);
    model_device_run(&k.model, 5000);
    ck_assert_int_eq(magma_gpu_timestamp_ns(k.gpu, &b), MAGMA_OK);
    ck_assert_uint_ge(b, a + 4000);
    ck_assert(!magma_gpu_is_lost(k.gpu));
    ck_assert_str_eq(magma_gpu_lost_reason(k.gpu), "");
    kit_close(&k);
}
END_TEST

START_TEST(copies_of_any_alignment_equal_memcpy)
{
    enum { SIZE = 70000 };
    uint64_t state = test_seed();
    struct magma_bo *src, *dst, *vram;
    uint8_t *want = malloc(SIZE);
    struct kit k;

    kit_open(&k, NULL);
    src = kit_bo(&k, SIZE, MAGMA_DOMAIN_SYSTEM);
    dst = kit_bo(&k, SIZE, MAGMA_DOMAIN_SYSTEM);
    vram = kit_bo(&k, SIZE, MAGMA_DOMAIN_VRAM);
    for (int i = 0; i < SIZE; i++)
        ((uint8_t *)magma_bo_map(src))[i] = (uint8_t)test_random(&state);
    memset(magma_bo_map(dst), 0, SIZE);
    memset(want, 0, SIZE);
    for (int i = 0; i < 40; i++) {
        uint64_t n = 1 + test_random(&state) % (SIZE >> test_random(&state) % 12);
        uint64_t from = test_random(&state) % (SIZE - n + 1),
                 to = test_random(&state) % (SIZE - n + 1);
        uint64_t via = test_random(&state) % (SIZE - n + 1);

        magma_copy_buffer(k.push, magma_gpu_va_add(magma_bo_address(vram), via),
                          magma_gpu_va_add(magma_bo_address(src), from), n);
        magma_push_barrier(k.push);
        magma_copy_buffer(k.push, magma_gpu_va_add(magma_bo_address(dst), to),
                          magma_gpu_va_add(magma_bo_address(vram), via), n);
        magma_push_barrier(k.push);
        memcpy(want + to, (uint8_t *)magma_bo_map(src) + from, n);
    }
    kit_run(&k);
    ck_assert_mem_eq(magma_bo_map(dst), want, SIZE);
    magma_bo_destroy(src);
    magma_bo_destroy(dst);
    magma_bo_destroy(vram);
    kit_close(&k);
    free(want);
}
END_TEST

START_TEST(rectangles_leave_what_lies_between_their_lines)
{
    enum { PITCH = 100, LINES = 37, WIDTH = 61, DST_PITCH = 257 };
    struct magma_bo *src, *dst;
    struct kit k;
    uint8_t *s, *d;

    kit_open(&k, NULL);
    src = kit_bo(&k, PITCH * LINES, MAGMA_DOMAIN_SYSTEM);
    dst = kit_bo(&k, DST_PITCH * LINES, MAGMA_DOMAIN_SYSTEM);
    s = magma_bo_map(src);
    d = magma_bo_map(dst);
    for (int i = 0; i < PITCH * LINES; i++)
        s[i] = (uint8_t)(i * 7 + 1);
    memset(d, 0xee, DST_PITCH * LINES);
    magma_copy_rect(k.push,
                    &(struct magma_copy_rect){.dst = magma_gpu_va_add(magma_bo_address(dst), 5),
                                              .src = magma_gpu_va_add(magma_bo_address(src), 3),
                                              .dst_pitch_bytes = DST_PITCH,
                                              .src_pitch_bytes = PITCH,
                                              .line_bytes = WIDTH,
                                              .line_count = LINES});
    kit_run(&k);
    for (int y = 0; y < LINES; y++)
        for (int x = 0; x < DST_PITCH; x++) {
            uint8_t want = x >= 5 && x < 5 + WIDTH ? s[y * PITCH + 3 + x - 5] : 0xee;

            if (d[y * DST_PITCH + x] != want)
                ck_abort_msg("line %d, byte %d", y, x);
        }
    magma_bo_destroy(src);
    magma_bo_destroy(dst);
    kit_close(&k);
}
END_TEST

START_TEST(fills_write_exactly_their_range)
{
    static const uint64_t words[] = {1, 2, 31, 32767, 32768, 32769, 100000, 3 * 32768};
    struct magma_bo *bo;
    struct kit k;
    uint32_t *p;

    kit_open(&k, NULL);
    bo = kit_bo(&k, (100000 + 2) * 4, MAGMA_DOMAIN_SYSTEM);
    p = magma_bo_map(bo);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        memset(p, 0, (100000 + 2) * 4);
        magma_fill_buffer(k.push, magma_gpu_va_add(magma_bo_address(bo), 4), words[i] * 4,
                          0xabcd0000 + (uint32_t)i);
        kit_run(&k);
        ck_assert_uint_eq(p[0], 0);
        for (uint64_t j = 1; j <= words[i]; j++)
            if (p[j] != 0xabcd0000 + i)
                ck_abort_msg("word %llu of %llu", (unsigned long long)j,
                             (unsigned long long)words[i]);
        ck_assert_uint_eq(p[words[i] + 1], 0);
    }
    magma_bo_destroy(bo);
    kit_close(&k);
}
END_TEST

START_TEST(large_video_memory_arrives_cleared)
{
    enum { SIZE = 6 << 20 };
    struct magma_bo *vram, *back;
    const uint64_t *p;
    struct kit k;

    kit_open(&k, NULL);
    memset(gpum_vram(k.model.model) + (UINT64_C(64) << 20), 0xcd, 200u << 20);
    vram = kit_bo(&k, SIZE, MAGMA_DOMAIN_VRAM);
    back = kit_bo(&k, SIZE, MAGMA_DOMAIN_SYSTEM);
    magma_copy_buffer(k.push, magma_bo_address(back), magma_bo_address(vram), SIZE);
    kit_run(&k);
    p = magma_bo_map(back);
    for (int i = 0; i < SIZE / 8; i++)
        if (p[i])
            ck_abort_msg("byte %d is not clear", i * 8);
    magma_bo_destroy(vram);
    magma_bo_destroy(back);
    kit_close(&k);
}
END_TEST

START_TEST(memory_runs_out_with_words_and_comes_back)
{
    struct magma_error err = {0};
    struct magma_bo *bo[64];
    uint64_t vram;
    struct kit k;

    kit_open(&k, NULL);
    for (int round = 0; round < 2; round++) {
        enum magma_code code = MAGMA_OK;
        int n = 0;

        while (n < 64 && (code = magma_bo_create(k.gpu, 32 << 20, 0, MAGMA_DOMAIN_VRAM, 0, &bo[n],
                                                 &err)) == MAGMA_OK)
            n++;
        ck_assert_int_eq(code, MAGMA_OUT_OF_DEVICE_MEMORY);
        ck_assert_ptr_nonnull(strstr(err.text, "free"));
        ck_assert_int_gt(n, 5);
        magma_gpu_memory_used(k.gpu, &vram, NULL);
        ck_assert_uint_ge(vram, (uint64_t)n * (32 << 20));
        while (n)
            magma_bo_destroy(bo[--n]);
    }
    kit_close(&k);
}
END_TEST

START_TEST(the_cpu_and_the_gpu_see_the_same_video_memory)
{
    const struct model_device_options options = {.vram_bytes = UINT64_C(512) << 20,
                                                 .map_bar1 = true};
    static const uint64_t sizes[] = {300, 70000, 5 << 20};
    struct magma_bo *vram, *back;
    struct kit k;

    kit_open(&k, &options);
    ck_assert(magma_gpu_get_info(k.gpu)->vram_cpu_access);
    for (size_t i = 0; i < 3; i++) {
        uint8_t *p;

        ck_assert_int_eq(magma_bo_create(k.gpu, sizes[i], 0, MAGMA_DOMAIN_VRAM, MAGMA_BO_CPU_ACCESS,
                                         &vram, NULL),
                         MAGMA_OK);
        back = kit_bo(&k, sizes[i], MAGMA_DOMAIN_SYSTEM);
        p = magma_bo_map(vram);
        ck_assert_ptr_nonnull(p);
        for (uint64_t j = 0; j < sizes[i]; j++)
            p[j] = (uint8_t)(j * 13 + i);
        magma_copy_buffer(k.push, magma_bo_address(back), magma_bo_address(vram), sizes[i]);
        magma_push_barrier(k.push);
        magma_fill_buffer(k.push, magma_bo_address(vram), sizes[i] / 4 * 4, 0x5a5a5a5a);
        kit_run(&k);
        for (uint64_t j = 0; j < sizes[i]; j++)
            if (((uint8_t *)magma_bo_map(back))[j] != (uint8_t)(j * 13 + i))
                ck_abort_msg("byte %llu", (unsigned long long)j);
        ck_assert_uint_eq(p[0], 0x5a);
        ck_assert_uint_eq(p[sizes[i] / 4 * 4 - 1], 0x5a);
        magma_bo_destroy(vram);
        magma_bo_destroy(back);
    }
    kit_close(&k);
}
END_TEST

START_TEST(what_was_not_destroyed_is_reported_and_freed)
{
    struct kit k;

    kit_open(&k, NULL);
    kit_bo(&k, 12345, MAGMA_DOMAIN_VRAM);
    kit_bo(&k, 3 << 20, MAGMA_DOMAIN_SYSTEM);
    ck_assert_int_eq(
        magma_channel_create(k.gpu, MAGMA_ENGINE_COPY, &(struct magma_channel *){NULL}, NULL),
        MAGMA_OK);
    k.warnings = 0;
    kit_close(&k);
    ck_assert_uint_ge(k.warnings, 3);
    ck_assert_ptr_nonnull(strstr(k.last_line, "not destroyed"));
}
END_TEST

START_TEST(ten_times_up_and_down_leaves_nothing)
{
    for (int i = 0; i < 10; i++) {
        struct magma_bo *bo;
        struct kit k;

        kit_open(&k, NULL);
        bo = kit_bo(&k, 4096, MAGMA_DOMAIN_SYSTEM);
        magma_fill_buffer(k.push, magma_bo_address(bo), 4096, (uint32_t)i);
        kit_run(&k);
        ck_assert_uint_eq(((uint32_t *)magma_bo_map(bo))[1023], (uint32_t)i);
        magma_bo_destroy(bo);
        kit_close(&k);
        ck_assert_uint_eq(k.model.map_count, 0);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("memory");
    TCase *c = tcase_create("memory");
    SRunner *r;
    int failed;

    tcase_set_timeout(c, 240);
    tcase_add_test(c, an_open_gpu_says_what_it_is);
    tcase_add_test(c, copies_of_any_alignment_equal_memcpy);
    tcase_add_test(c, rectangles_leave_what_lies_between_their_lines);
    tcase_add_test(c, fills_write_exactly_their_range);
    tcase_add_test(c, large_video_memory_arrives_cleared);
    tcase_add_test(c, memory_runs_out_with_words_and_comes_back);
    tcase_add_test(c, the_cpu_and_the_gpu_see_the_same_video_memory);
    tcase_add_test(c, what_was_not_destroyed_is_reported_and_freed);
    tcase_add_test(c, ten_times_up_and_down_leaves_nothing);
    suite_add_tcase(s, c);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
