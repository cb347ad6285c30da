/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Layouts of images: worked examples, and that no two elements share a place. That the hardware
 * agrees is the business of tests/silicon/image.
 */
#include "libmagma/engine/image.h"

#include <check.h>
#include <stdlib.h>

static struct mg_image_layout layout_of(struct mg_image_shape shape)
{
    struct mg_image_layout layout;

    ck_assert(mg_image_layout(&shape, &layout));
    return layout;
}

START_TEST(levels_follow_each_other_in_blocks_that_shrink)
{
    static const struct {
        uint64_t offset, size;
        uint32_t block_height_log2;
    } want[] = {{0, 28672, 3},   {28672, 8192, 2}, {36864, 2048, 1}, {38912, 512, 0},
                {39424, 512, 0}, {39936, 512, 0},  {40448, 512, 0}};
    struct mg_image_layout l = layout_of((struct mg_image_shape){.width = 100,
                                                                 .height = 50,
                                                                 .depth = 1,
                                                                 .levels = 7,
                                                                 .layers = 2,
                                                                 .element_bytes = 4,
                                                                 .block_height_log2 = 3});

    for (uint32_t i = 0; i < 7; i++) {
        ck_assert_uint_eq(l.level[i].offset_bytes, want[i].offset);
        ck_assert_uint_eq(l.level[i].size_bytes, want[i].size);
        ck_assert_uint_eq(l.level[i].block_height_log2, want[i].block_height_log2);
    }
    ck_assert_uint_eq(l.layer_bytes, 40960);
    ck_assert_uint_eq(l.size_bytes, 2 * 40960);
    ck_assert_uint_eq(mg_image_offset(&l, 0, 0, 37, 21, 0), 0x24d4);
    ck_assert_uint_eq(mg_image_offset(&l, 0, 1, 99, 49, 0), 40960 + 0x6c1c);
}
END_TEST

START_TEST(slices_stand_in_blocks)
{
    struct mg_image_shape shape = {.width = 33,
                                   .height = 20,
                                   .depth = 7,
                                   .levels = 1,
                                   .layers = 1,
                                   .element_bytes = 4,
                                   .block_depth_log2 = 3};
    struct mg_image_layout l = layout_of(shape);

    ck_assert_uint_eq(mg_image_offset(&l, 0, 0, 0, 0, 1), 0x200);
    ck_assert_uint_eq(mg_image_offset(&l, 0, 0, 16, 0, 0), 0x1000);
    ck_assert_uint_eq(mg_image_offset(&l, 0, 0, 32, 19, 6), 0x8c30);
    shape.block_height_log2 = 2;
    l = layout_of(shape);
    ck_assert_uint_eq(l.size_bytes, 49152);
    ck_assert_uint_eq(mg_image_offset(&l, 0, 0, 32, 19, 6), 0xb430);
}
END_TEST

START_TEST(blocks_of_compressed_formats_are_elements)
{
    struct mg_image_layout l = layout_of((struct mg_image_shape){.width = 37,
                                                                 .height = 21,
                                                                 .depth = 1,
                                                                 .levels = 6,
                                                                 .layers = 1,
                                                                 .element_bytes = 16,
                                                                 .element_width = 4,
                                                                 .element_height = 4});

    ck_assert_uint_eq(l.level[0].width, 10);
    ck_assert_uint_eq(l.level[0].height, 6);
    ck_assert_uint_eq(l.level[5].width, 1);
    ck_assert_uint_eq(l.level[1].offset_bytes, 3 * 512);
}
END_TEST

START_TEST(every_element_has_a_place_of_its_own)
{
    struct mg_image_layout l = layout_of((struct mg_image_shape){.width = 19,
                                                                 .height = 37,
                                                                 .depth = 5,
                                                                 .levels = 4,
                                                                 .layers = 1,
                                                                 .element_bytes = 2,
                                                                 .block_height_log2 = 1,
                                                                 .block_depth_log2 = 2});
    char *taken = calloc(1, l.size_bytes);

    ck_assert_ptr_nonnull(taken);
    for (uint32_t level = 0; level < 4; level++)
        for (uint32_t z = 0; z < l.level[level].depth; z++)
            for (uint32_t y = 0; y < l.level[level].height; y++)
                for (uint32_t x = 0; x < l.level[level].width; x++) {
                    uint64_t at = mg_image_offset(&l, level, 0, x, y, z);

                    ck_assert_uint_lt(at, l.size_bytes);
                    ck_assert(!taken[at]);
                    taken[at] = 1;
                }
    free(taken);
}
END_TEST

START_TEST(the_usual_block_holds_three_quarters)
{
    static const uint32_t rows[] = {1, 10, 11, 21, 22, 42, 43, 85, 86, 5000};
    static const uint32_t heights[] = {0, 0, 1, 1, 2, 2, 3, 3, 4, 4};
    static const uint32_t slices[] = {1, 2, 3, 5, 6, 10, 11, 500};
    static const uint32_t depths[] = {0, 1, 2, 2, 3, 3, 4, 4};

    for (unsigned i = 0; i < 10; i++)
        ck_assert_uint_eq(mg_image_block_height_log2(rows[i]), heights[i]);
    for (unsigned i = 0; i < 8; i++)
        ck_assert_uint_eq(mg_image_block_depth_log2(slices[i]), depths[i]);
}
END_TEST

START_TEST(shapes_out_of_range_are_refused)
{
    struct mg_image_shape good = {
        .width = 16, .height = 16, .depth = 1, .levels = 1, .layers = 1, .element_bytes = 4};
    struct mg_image_shape bad;
    struct mg_image_layout l;

    ck_assert(mg_image_layout(&good, &l));
    bad = good, bad.element_bytes = 12;
    ck_assert(!mg_image_layout(&bad, &l));
    bad = good, bad.width = 0;
    ck_assert(!mg_image_layout(&bad, &l));
    bad = good, bad.levels = MG_IMAGE_LEVELS_MAX + 1;
    ck_assert(!mg_image_layout(&bad, &l));
    bad = good, bad.block_height_log2 = 6;
    ck_assert(!mg_image_layout(&bad, &l));
    bad = good, bad.width = bad.height = bad.depth = 32768, bad.layers = 32768;
    ck_assert(!mg_image_layout(&bad, &l));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("image");
    TCase *tc = tcase_create("image");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tc, levels_follow_each_other_in_blocks_that_shrink);
    tcase_add_test(tc, slices_stand_in_blocks);
    tcase_add_test(tc, blocks_of_compressed_formats_are_elements);
    tcase_add_test(tc, every_element_has_a_place_of_its_own);
    tcase_add_test(tc, the_usual_block_holds_three_quarters);
    tcase_add_test(tc, shapes_out_of_range_are_refused);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
