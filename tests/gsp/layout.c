/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The layout of the top of VRAM, the image table, the chip tables: pure functions. */
#include <check.h>
#include <stdlib.h>

#include <nvhw/boot.h>
#include <nvhw/wpr.h>

#include "libmagma/gen/gen.h"
#include "libmagma/gsp/layout.h"
#include "libmagma/gsp/radix3.h"

#define MIB UINT64_C(0x100000)
#define GIB UINT64_C(0x40000000)

static struct magma_error err;

/* Real sizes of 570.144 for GA102. */
static const struct mg_layout_input ga102_24g = {
    .vram_bytes = 24 * GIB,
    .vga_workspace_offset = 24 * GIB - MIB,
    .image_bytes = 0x3c99000,
    .bootloader_bytes = 0x6000,
};

START_TEST(heap_sizes_are_the_known_ones)
{
    /* Constants that another driver boots with. */
    ck_assert_uint_eq(mg_layout_heap_bytes(&mg_gen_ga102.boot, 24 * GIB), 0x8100000);
    ck_assert_uint_eq(mg_layout_heap_bytes(&mg_gen_gb202.boot, 32 * GIB), 0x8700000);
    /* libos 2 has no part for the system: 8 + up(96 KiB * 11) + 96. */
    ck_assert_uint_eq(mg_layout_heap_bytes(&mg_gen_tu102.boot, 11 * GIB), 106 * MIB);
    /* Clamped from above. */
    ck_assert_uint_eq(mg_layout_heap_bytes(&mg_gen_tu102.boot, 16384 * GIB), 256 * MIB);
    ck_assert_uint_eq(mg_layout_heap_bytes(&mg_gen_ga102.boot, 16384 * GIB), 280 * MIB);
}
END_TEST

START_TEST(worked_example_of_a_24_gib_ga102)
{
    struct mg_layout l;

    ck_assert_int_eq(mg_layout(&mg_gen_ga102.boot, &ga102_24g, &l, &err), MAGMA_OK);
    ck_assert_uint_eq(l.wpr_end, 0x5fff00000);
    ck_assert_uint_eq(l.frts_offset, 0x5ffe00000);
    ck_assert_uint_eq(l.bootloader_offset, 0x5ffdfa000);
    ck_assert_uint_eq(l.image_offset, 0x5fc160000);
    ck_assert_uint_eq(l.heap_offset, 0x5f4000000);
    ck_assert_uint_eq(l.heap_bytes, 0x8100000);
    ck_assert_uint_eq(l.wpr_start, 0x5f3f00000);
    ck_assert_uint_eq(l.non_wpr_heap_offset, 0x5f3e00000);
    ck_assert_uint_eq(l.reserved_start, 0x5f3e00000);
    ck_assert_uint_eq(l.vga_workspace_bytes, MIB);
}
END_TEST

START_TEST(parts_never_overlap_whatever_the_sizes)
{
    uint32_t seed = 12345;

    for (int i = 0; i < 2000; i++) {
        const struct mg_gen *gen = mg_gen_at((size_t)i % 5);
        struct mg_layout_input in;
        struct mg_layout l;

        seed = seed * 1664525 + 1013904223;
        in.vram_bytes = (256 + seed % 65536) * MIB;
        in.vga_workspace_offset = in.vram_bytes - (seed >> 8) % (2 * MIB);
        seed = seed * 1664525 + 1013904223;
        in.image_bytes = 1 + seed % (80 * MIB);
        in.bootloader_bytes = 1 + (seed >> 4) % 0x40000;
        if (mg_layout(&gen->boot, &in, &l, &err) != MAGMA_OK)
            continue;
        ck_assert_uint_le(l.wpr_end, in.vga_workspace_offset);
        ck_assert_uint_eq(l.wpr_end % NV_WPR_END_ALIGN, 0);
        ck_assert_uint_eq(l.frts_offset + l.frts_bytes, l.wpr_end);
        ck_assert_uint_le(l.bootloader_offset + in.bootloader_bytes, l.frts_offset);
        ck_assert_uint_le(l.image_offset + in.image_bytes, l.bootloader_offset);
        ck_assert_uint_le(l.heap_offset + l.heap_bytes, l.image_offset);
        ck_assert_uint_ge(l.heap_bytes, mg_layout_heap_bytes(&gen->boot, in.vram_bytes));
        ck_assert_uint_lt(l.wpr_start, l.heap_offset);
        ck_assert_uint_eq(l.wpr_start % MIB, 0);
        ck_assert_uint_eq(l.non_wpr_heap_offset + l.non_wpr_heap_bytes, l.wpr_start);
        ck_assert_uint_lt(l.reserved_start, in.vram_bytes);
    }
}
END_TEST

START_TEST(too_little_vram_is_refused)
{
    struct mg_layout_input in = ga102_24g;
    struct mg_layout l;

    in.vram_bytes = 128 * MIB;
    in.vga_workspace_offset = 127 * MIB;
    ck_assert_int_eq(mg_layout(&mg_gen_ga102.boot, &in, &l, &err), MAGMA_NOT_SUPPORTED);
    in.vram_bytes = 0;
    in.vga_workspace_offset = 0;
    ck_assert_int_eq(mg_layout(&mg_gen_ga102.boot, &in, &l, &err), MAGMA_NOT_SUPPORTED);
    in = ga102_24g;
    in.vga_workspace_offset = in.vram_bytes + 1;
    ck_assert_int_eq(mg_layout(&mg_gen_ga102.boot, &in, &l, &err), MAGMA_NOT_SUPPORTED);
    in = ga102_24g;
    in.image_bytes = UINT64_MAX - 5;
    ck_assert_int_eq(mg_layout(&mg_gen_ga102.boot, &in, &l, &err), MAGMA_NOT_SUPPORTED);
    in = ga102_24g;
    in.bootloader_bytes = UINT64_MAX - 5;
    ck_assert_int_eq(mg_layout(&mg_gen_ga102.boot, &in, &l, &err), MAGMA_NOT_SUPPORTED);
}
END_TEST

START_TEST(vga_workspace_follows_fuse_and_register)
{
    uint64_t vram = 8 * GIB;
    uint32_t valid = NVHW_DEF(NV_PDISP_VGA_WORKSPACE_BASE, STATUS, VALID);
    uint64_t at = vram - 0x40000;

    ck_assert_uint_eq(mg_layout_vga_workspace(vram, false, UINT32_MAX), vram - MIB);
    ck_assert_uint_eq(mg_layout_vga_workspace(vram, true, 0), vram - MIB);
    ck_assert_uint_eq(mg_layout_vga_workspace(vram, true, (uint32_t)(at >> 8) | valid), at);
    ck_assert_uint_eq(mg_layout_vga_workspace(vram, true, valid), vram - 0x20000);
}
END_TEST

/* ---- Image table ---- */

START_TEST(table_leads_to_every_page_of_the_image)
{
    static const uint64_t sizes[] = {
        1, 4096, 4097, UINT64_C(512) * 4096, UINT64_C(513) * 4096, 0x3c99000};
    magma_iova table = {0x7000000}, image = {0x123450000};

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint64_t bytes = mg_radix3_table_bytes(sizes[i]), pages = (sizes[i] + 4095) / 4096;
        uint64_t *cpu = calloc(1, bytes);

        mg_radix3_fill(cpu, table, image, sizes[i]);
        for (uint64_t page = 0; page < pages; page++) {
            uint64_t *level1 = cpu + (cpu[0] - table.raw) / 8;
            uint64_t *level2 = cpu + (level1[page / 512] - table.raw) / 8;

            ck_assert_uint_eq(level2[page % 512], image.raw + page * 4096);
        }
        free(cpu);
    }
    /* As the documents count it: 31 pages of level 2, one each of levels 1 and 0. */
    ck_assert_uint_eq(mg_radix3_table_bytes(0x3c99000), UINT64_C(33) * 4096);
    ck_assert_uint_eq(mg_radix3_table_bytes(0), 0);
    ck_assert_uint_eq(mg_radix3_table_bytes(GIB + 1), 0);
    ck_assert_uint_eq(mg_radix3_table_bytes(UINT64_MAX), 0);
}
END_TEST

/* ---- Chip tables ---- */

START_TEST(every_chip_is_found_once_by_its_id)
{
    const struct mg_chip *chip;
    const struct mg_gen *gen;
    int chips = 0;

    for (uint32_t id = 0; id < 0x400; id++) {
        uint32_t boot_42 = NVHW_NUM(NV_PMC_BOOT_42, CHIP_ID, id) | 0x000a1000;

        gen = mg_gen_find(boot_42, &chip);
        if (!gen) {
            ck_assert_ptr_null(chip);
            continue;
        }
        chips++;
        ck_assert_uint_eq(chip->chip_id, id);
        ck_assert_str_eq(gen->name, gen->boot.firmware_dir);
    }
    ck_assert_int_eq(chips, 24);
    ck_assert_ptr_null(mg_gen_find(UINT32_MAX, &chip));
    ck_assert_ptr_null(mg_gen_find(0, NULL));
}
END_TEST

START_TEST(tables_are_filled_in)
{
    const struct mg_gen *gen;

    for (size_t i = 0; (gen = mg_gen_at(i)); i++) {
        ck_assert_uint_ne(gen->classes.channel, 0);
        ck_assert_uint_ne(gen->classes.copy, 0);
        ck_assert_uint_ne(gen->classes.compute, 0);
        ck_assert_uint_ne(gen->boot.riscv_active_reg, 0);
        ck_assert_uint_ne(gen->boot.heap_base_bytes, 0);
        ck_assert_uint_ne(gen->boot.config_mirror_base, 0);
        ck_assert((gen->boot.chain == MG_BOOT_FSP) == (gen->boot.fsp_boot_reg != 0));
        ck_assert((gen->boot.chain == MG_BOOT_FSP) == (gen->mmu == MG_MMU_V3));
        ck_assert((gen->boot.chain == MG_BOOT_FSP) == (gen->boot.cot_version != 0));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("layout");
    TCase *tc = tcase_create("layout");
    SRunner *runner;
    int failed;

    tcase_add_test(tc, heap_sizes_are_the_known_ones);
    tcase_add_test(tc, worked_example_of_a_24_gib_ga102);
    tcase_add_test(tc, parts_never_overlap_whatever_the_sizes);
    tcase_add_test(tc, too_little_vram_is_refused);
    tcase_add_test(tc, vga_workspace_follows_fuse_and_register);
    tcase_add_test(tc, table_leads_to_every_page_of_the_image);
    tcase_add_test(tc, every_chip_is_found_once_by_its_id);
    tcase_add_test(tc, tables_are_filled_in);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
