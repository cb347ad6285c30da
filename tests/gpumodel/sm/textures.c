/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What the texture unit refuses, and what it answers with zeros as silicon does. Values and filters
 * are held against an H100's in tests/silicon/image.
 */
#include "flat.h"

#include <sm/tex.h>

#include <check.h>
#include <string.h>

#include <nvhw/sampler.h>
#include <nvhw/tic.h>

enum { HEADERS_AT = 0x1000, SAMPLERS_AT = 0x2000, TEXELS_AT = 0x10000, LAST = 3 };

static struct flat flat;
static struct gpum_grid grid;
static struct sm_cta cta;
static struct sm_warp warp;
static struct sm_ctx ctx;
static uint32_t *headers, *samplers;

static void set(enum nvhw_tic_field field, uint64_t value)
{
    ck_assert(nvhw_tic_set(NV_TIC_V2_BLOCKLINEAR, headers + 8, field, 0, value));
}

static void setup(void)
{
    ck_assert(flat_init(&flat));
    headers = (uint32_t *)(flat.memory + HEADERS_AT);
    samplers = (uint32_t *)(flat.memory + SAMPLERS_AT);
    grid = (struct gpum_grid){.m = &flat.gpum,
                              .desc = {.sm_version = 90,
                                       .header_pool = FLAT_VA + HEADERS_AT,
                                       .sampler_pool = FLAT_VA + SAMPLERS_AT,
                                       .header_last = LAST,
                                       .sampler_last = LAST,
                                       .header_version = 1}};
    cta = (struct sm_cta){.grid = &grid};
    warp = (struct sm_warp){.cta = &cta};
    ctx = (struct sm_ctx){.grid = &grid, .w = &warp};
    set(NV_TIC_FIELD_HEADER_VERSION, NV_TIC_V2_BLOCKLINEAR_HEADER_VERSION_BLOCKLINEAR);
    set(NV_TIC_FIELD_COMPONENTS, NV_TIC_V2_BLOCKLINEAR_COMPONENTS_R32);
    set(NV_TIC_FIELD_DATA_TYPE, NV_TIC_V2_BLOCKLINEAR_DATA_TYPE_UINT);
    set(NV_TIC_FIELD_X_SOURCE, NV_TIC_V2_BLOCKLINEAR_X_SOURCE_R);
    set(NV_TIC_FIELD_TEXTURE_TYPE, NV_TIC_V2_BLOCKLINEAR_TEXTURE_TYPE_TWO_D);
    set(NV_TIC_FIELD_ADDRESS, FLAT_VA + TEXELS_AT);
    set(NV_TIC_FIELD_WIDTH_MINUS_ONE, 15);
    set(NV_TIC_FIELD_HEIGHT_MINUS_ONE, 15);
}

static void teardown(void)
{
    flat_finish(&flat);
}

static void refused(const char *part)
{
    struct tex_image image;

    ck_assert(!tex_image_get(&ctx, 0, 1, &image));
    ck_assert_msg(strstr(grid.fault.text, part) != NULL, "want '%s' in: %s", part, grid.fault.text);
}

START_TEST(a_header_is_read_as_it_is_written)
{
    const uint32_t at[3] = {5, 9, 0};
    struct tex_texel texel;
    struct tex_image image;
    uint32_t words[4], want = 0xcafe;

    ck_assert(tex_image_get(&ctx, 0, 1, &image));
    ck_assert(image.present);
    ck_assert_uint_eq(image.width, 16);
    memcpy(flat.memory + (tex_address(&image, 0, 0, at) - FLAT_VA), &want, sizeof want);
    ck_assert(tex_fetch(&ctx, 0, &image, 0, 0, at, &texel));
    tex_swizzle(&image, &texel, words);
    ck_assert_uint_eq(words[0], 0xcafe);
    ck_assert_uint_eq(words[1], 0);
}
END_TEST

START_TEST(no_header_is_an_image_of_nothing)
{
    struct tex_image image;

    ck_assert(tex_image_get(&ctx, 0, 0, &image)); /* all zero */
    ck_assert(!image.present);
    ck_assert(tex_image_get(&ctx, 0, LAST + 1, &image)); /* beyond the pool */
    ck_assert(!image.present);
    grid.desc.header_version = 0; /* of the other version */
    ck_assert(tex_image_get(&ctx, 0, 1, &image));
    ck_assert(!image.present);
}
END_TEST

START_TEST(pools_must_be_there)
{
    grid.desc.header_pool = 0;
    refused("without pools");
}
END_TEST

START_TEST(texels_outside_of_memory_end_the_grid)
{
    const uint32_t at[3] = {0, 0, 0};
    struct tex_texel texel;
    struct tex_image image;

    set(NV_TIC_FIELD_ADDRESS, FLAT_VA + FLAT_BYTES);
    ck_assert(tex_image_get(&ctx, 0, 1, &image));
    ck_assert(!tex_fetch(&ctx, 0, &image, 0, 0, at, &texel));
    ck_assert(grid.fault.is_mmu);
}
END_TEST

START_TEST(depths_want_their_own_pages)
{
    set(NV_TIC_FIELD_COMPONENTS, NV_TIC_V2_BLOCKLINEAR_COMPONENTS_X8Z24);
    refused("depths on pages of another kind");
}
END_TEST

START_TEST(what_is_missing_has_a_name)
{
    set(NV_TIC_FIELD_MULTI_SAMPLE_COUNT, 2);
    refused("multisampled textures are not supported");
}
END_TEST

START_TEST(sparse_tiles_are_refused)
{
    set(NV_TIC_FIELD_TILE_WIDTH_IN_GOBS, 1);
    refused("sparse tiles are not supported");
}
END_TEST

START_TEST(anisotropic_samplers_are_refused)
{
    struct tex_sampler sampler;

    ck_assert(
        nvhw_tsc_set(NV_TSC_V1, samplers, NV_TSC_FIELD_MIN_FILTER, 0, NV_TSC_V1_MIN_FILTER_ANISO));
    ck_assert(!tex_sampler_get(&ctx, 0, 0, &sampler));
    ck_assert_msg(strstr(grid.fault.text, "anisotropic") != NULL, "%s", grid.fault.text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("textures");
    TCase *tc = tcase_create("textures");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_header_is_read_as_it_is_written);
    tcase_add_test(tc, no_header_is_an_image_of_nothing);
    tcase_add_test(tc, pools_must_be_there);
    tcase_add_test(tc, texels_outside_of_memory_end_the_grid);
    tcase_add_test(tc, depths_want_their_own_pages);
    tcase_add_test(tc, what_is_missing_has_a_name);
    tcase_add_test(tc, sparse_tiles_are_refused);
    tcase_add_test(tc, anisotropic_samplers_are_refused);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
