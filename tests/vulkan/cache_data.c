/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Units below the objects: hashing, cache data, kernel images. */
#include "cache_data.h"
#include "kernel_image.h"
#include "sha256.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static void hex_digest(const char *text, size_t repeat, size_t step, char out[65])
{
    struct mvk_sha256 hash;
    uint8_t digest[MVK_SHA256_BYTES];
    mvk_sha256_init(&hash);
    for (size_t r = 0; r < repeat; r++) {
        for (size_t i = 0; i < strlen(text); i += step)
            mvk_sha256_update(&hash, text + i, strlen(text) - i < step ? strlen(text) - i : step);
    }
    mvk_sha256_finish(&hash, digest);
    for (int i = 0; i < MVK_SHA256_BYTES; i++)
        snprintf(out + (size_t)i * 2, 3, "%02x", digest[i]);
}

START_TEST(sha256_gives_the_standards_digests)
{
    static const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    char out[65];
    hex_digest("", 1, 1, out);
    ck_assert_str_eq(out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    hex_digest("abc", 1, 3, out);
    ck_assert_str_eq(out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    for (size_t step = 1; step <= sizeof(two_blocks); step++) {
        hex_digest(two_blocks, 1, step, out);
        ck_assert_str_eq(out, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    }
    hex_digest("aaaaaaaaaaaaaaaaaaaa", 50000, 7, out); /* a million times a */
    ck_assert_str_eq(out, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}
END_TEST

static const struct mvk_cache_identity identity = {0x10de, 0x2204, {1, 2, 3}};

static bool count_entry(void *ctx, const uint8_t *key, const uint8_t *image, uint32_t image_bytes)
{
    uint32_t *sum = ctx;
    *sum += 1000u * key[0] + image_bytes + (image_bytes ? image[0] : 0u);
    return true;
}

/* Data with two entries of 5 and 0 bytes. */
static size_t make_data(uint8_t *data)
{
    uint8_t key[MVK_CACHE_KEY_BYTES] = {1};
    size_t used = mvk_cache_data_header_bytes();
    mvk_cache_data_write_entry(data + used, key, (const uint8_t *)"\7xxxx", 5);
    used += mvk_cache_data_entry_bytes(5);
    key[0] = 2;
    mvk_cache_data_write_entry(data + used, key, key, 0);
    used += mvk_cache_data_entry_bytes(0);
    mvk_cache_data_seal(data, used, &identity);
    return used;
}

START_TEST(sealed_data_give_their_entries_back)
{
    uint8_t data[512];
    size_t size = make_data(data);
    uint32_t sum = 0;
    ck_assert(mvk_cache_data_read(data, size, &identity, count_entry, &sum));
    ck_assert_uint_eq(sum, 3000 + 5 + 7);
}
END_TEST

START_TEST(any_changed_bit_or_length_is_noticed)
{
    uint8_t data[512];
    size_t size = make_data(data);
    uint32_t sum = 0;
    for (size_t bit = 0; bit < size * 8; bit++) {
        data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        ck_assert(!mvk_cache_data_read(data, size, &identity, count_entry, &sum));
        data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t cut = 0; cut < size; cut++)
        ck_assert(!mvk_cache_data_read(data, cut, &identity, count_entry, &sum));
    struct mvk_cache_identity other = identity;
    other.uuid[15] = 1; /* another build of the driver */
    ck_assert(!mvk_cache_data_read(data, size, &other, count_entry, &sum));
    ck_assert_uint_eq(sum, 0);
}
END_TEST

START_TEST(a_length_beyond_the_end_is_noticed_under_a_right_seal)
{
    uint8_t data[512];
    size_t size = make_data(data);
    uint32_t sum = 0;
    static const uint32_t lengths[] = {6, 0x7fffffff, 0xffffffff, 0xffffffdc};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        size_t last = size - sizeof(uint32_t);
        memcpy(data + last, &lengths[i], sizeof(uint32_t));
        mvk_cache_data_seal(data, size, &identity);
        ck_assert(!mvk_cache_data_read(data, size, &identity, count_entry, &sum));
    }
    ck_assert_uint_eq(sum, 0);
}
END_TEST

START_TEST(a_kernel_image_keeps_every_figure)
{
    uint8_t code[32] = {1, 2, 3};
    struct magma_cc_shader shader = {.code = code,
                                     .code_size_bytes = sizeof(code),
                                     .register_count = 40,
                                     .barrier_count = 1,
                                     .shared_size_bytes = 4096,
                                     .local_size_bytes = 64,
                                     .workgroup_size = {8, 4, 2}};
    uint8_t image[256];
    size_t size = mvk_kernel_image_bytes(&shader);
    mvk_kernel_image_write(&shader, image);
    struct magma_kernel_desc desc;
    ck_assert(mvk_kernel_image_read(image, size, &desc));
    ck_assert_uint_eq(desc.code_size_bytes, sizeof(code));
    ck_assert_mem_eq(desc.code, code, sizeof(code));
    ck_assert_uint_eq(desc.register_count, 40);
    ck_assert_uint_eq(desc.barrier_count, 1);
    ck_assert_uint_eq(desc.shared_size_bytes, 4096);
    ck_assert_uint_eq(desc.local_size_bytes, 64);
    for (int i = 0; i < 3; i++)
        ck_assert_uint_eq(desc.workgroup_size[i], shader.workgroup_size[i]);
}
END_TEST

START_TEST(figures_the_compiler_never_gives_are_refused)
{
    uint8_t code[32] = {0};
    const struct magma_cc_shader good = {.code = code,
                                         .code_size_bytes = sizeof(code),
                                         .register_count = 16,
                                         .workgroup_size = {1, 1, 1}};
    struct magma_cc_shader bad[] = {good, good, good, good, good, good};
    bad[0].register_count = 0;
    bad[1].register_count = 256;
    bad[2].workgroup_size[1] = 0;
    bad[3].workgroup_size[0] = bad[3].workgroup_size[1] = 64;
    bad[4].local_size_bytes = 8;
    bad[5].code_size_bytes = 24;
    struct magma_kernel_desc desc;
    uint8_t image[256];
    mvk_kernel_image_write(&good, image);
    ck_assert(mvk_kernel_image_read(image, mvk_kernel_image_bytes(&good), &desc));
    ck_assert(!mvk_kernel_image_read(image, mvk_kernel_image_bytes(&good) - 1, &desc));
    ck_assert(!mvk_kernel_image_read(image, 3, &desc));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        mvk_kernel_image_write(&bad[i], image);
        ck_assert(!mvk_kernel_image_read(image, mvk_kernel_image_bytes(&bad[i]), &desc));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cache_data");
    TCase *tc = tcase_create("cache_data");
    tcase_add_test(tc, sha256_gives_the_standards_digests);
    tcase_add_test(tc, sealed_data_give_their_entries_back);
    tcase_add_test(tc, any_changed_bit_or_length_is_noticed);
    tcase_add_test(tc, a_length_beyond_the_end_is_noticed_under_a_right_seal);
    tcase_add_test(tc, a_kernel_image_keeps_every_figure);
    tcase_add_test(tc, figures_the_compiler_never_gives_are_refused);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
