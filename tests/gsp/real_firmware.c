/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The parsers on NVIDIA's real files, where those are installed (the usual folders, or
 * MAGMA_FIRMWARE_PATH); skipped with a line otherwise. The numbers come from reading the files
 * with other tools.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include <nvhw/firmware.h>

#include "libmagma/gen/gen.h"
#include "libmagma/gsp/firmware.h"
#include "libmagma/gsp/fwfind.h"

static struct magma_error err;

/* false: not installed. */
static bool open_file(const struct mg_gen *gen, const char *name, struct mg_fw_file *file)
{
    struct mg_fw_where where = {NULL, gen->chips[0].name, gen->boot.firmware_dir};
    enum magma_code code = mg_fw_open(&where, name, file, &err);

    if (code == MAGMA_FIRMWARE_MISSING) {
        printf("skipped: %s\n", err.text);
        return false;
    }
    ck_assert_msg(code == MAGMA_OK, "%s", err.text);
    return true;
}

START_TEST(every_family_has_a_gsp_image_with_its_signature)
{
    const struct mg_gen *gen = mg_gen_at((size_t)_i);
    struct mg_fw_file file;
    struct mg_fw_gsp gsp;

    if (!open_file(gen, "gsp", &file))
        return;
    ck_assert_msg(mg_fw_gsp(file.bytes, gen->boot.signature_section, &gsp, &err) == MAGMA_OK,
                  "%s: %s", file.path, err.text);
    ck_assert_str_eq(gsp.version, MG_FIRMWARE_VERSION);
    ck_assert_uint_eq(gsp.signature.size, NV_GSP_SIGNATURE_SIZE);
    ck_assert_uint_eq(gsp.image.size, gen->boot.libos3 ? 0x3c99000 : 0x1b34ea0);
    ck_assert_int_eq(mg_fw_gsp(file.bytes, ".fwsignature_none", &gsp, &err), MAGMA_BAD_FIRMWARE);
    mg_fw_close(&file);
}
END_TEST

START_TEST(every_family_has_a_bootloader)
{
    const struct mg_gen *gen = mg_gen_at((size_t)_i);
    struct mg_fw_riscv riscv;
    struct mg_fw_file file;

    if (!open_file(gen, "bootloader", &file))
        return;
    ck_assert_msg(mg_fw_riscv(file.bytes, &riscv, &err) == MAGMA_OK, "%s: %s", file.path, err.text);
    ck_assert_uint_eq(riscv.app_version, 0);
    ck_assert_uint_ge(riscv.image.size, 0x1000);
    mg_fw_close(&file);
}
END_TEST

START_TEST(signed_programs_of_the_booter_chain_open)
{
    static const char *const names[] = {"booter_load", "booter_unload", "scrubber"};
    const struct mg_gen *gen = mg_gen_at((size_t)_i);
    struct mg_bytes signature;
    struct mg_fw_file file;
    struct mg_fw_hs hs;

    for (size_t i = 0; i < 3; i++) {
        if (gen->boot.chain != MG_BOOT_FWSEC || (i == 2 && !gen->boot.has_scrubber))
            continue;
        if (!open_file(gen, names[i], &file))
            return;
        ck_assert_msg(mg_fw_hs(file.bytes, &hs, &err) == MAGMA_OK, "%s: %s", file.path, err.text);
        ck_assert_uint_eq(hs.engine_id_mask, 1);
        ck_assert_uint_eq(hs.os_code_size_bytes, 0x100);
        ck_assert_uint_eq(hs.app_code_offset, 0x100);
        ck_assert_uint_eq(hs.signature_count, gen->boot.load == MG_LOAD_DMA ? 2 : 1);
        if (gen->boot.load == MG_LOAD_DMA)
            ck_assert_uint_eq(hs.signature_offset - hs.data_offset, i == 2 ? 0 : 0x10);
        ck_assert_int_eq(mg_fw_hs_signature(&hs, 0, &signature, &err), MAGMA_OK);
        ck_assert_int_eq(mg_fw_hs_signature(&hs, hs.signature_count, &signature, &err),
                         MAGMA_BAD_FIRMWARE);
        mg_fw_close(&file);
    }
}
END_TEST

START_TEST(generic_loader_opens)
{
    struct mg_fw_loader loader;
    struct mg_fw_file file;

    if (!open_file(&mg_gen_tu102, "gen_bootloader", &file))
        return;
    ck_assert_msg(mg_fw_loader(file.bytes, &loader, &err) == MAGMA_OK, "%s", err.text);
    ck_assert_uint_eq(loader.start_tag, 0xfd);
    ck_assert_uint_eq(loader.code.size, 0x200);
    ck_assert_uint_eq(loader.data.size, 0x100);
    mg_fw_close(&file);
}
END_TEST

START_TEST(fmc_files_open_and_their_checksums_hold)
{
    const struct mg_gen *gen = mg_gen_at((size_t)_i);
    struct mg_fw_file file;
    struct mg_fw_fmc fmc;

    if (gen->boot.chain != MG_BOOT_FSP || !open_file(gen, "fmc", &file))
        return;
    ck_assert_msg(mg_fw_fmc(file.bytes, &fmc, &err) == MAGMA_OK, "%s: %s", file.path, err.text);
    ck_assert_uint_eq(fmc.hash.size, 48);
    ck_assert_uint_le(fmc.signature.size, 384);
    ck_assert_uint_le(fmc.public_key.size, 384);
    mg_fw_close(&file);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("real firmware");
    TCase *tc = tcase_create("files");
    int families = 0, failed;
    SRunner *runner;

    while (mg_gen_at((size_t)families))
        families++;
    tcase_add_loop_test(tc, every_family_has_a_gsp_image_with_its_signature, 0, families);
    tcase_add_loop_test(tc, every_family_has_a_bootloader, 0, families);
    tcase_add_loop_test(tc, signed_programs_of_the_booter_chain_open, 0, families);
    tcase_add_test(tc, generic_loader_opens);
    tcase_add_loop_test(tc, fmc_files_open_and_their_checksums_hold, 0, families);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
