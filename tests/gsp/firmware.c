/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The firmware containers on files made here: what is found in them, and that no damaged offset,
 * count or length is followed. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nvhw/firmware.h>

#include "libmagma/gsp/firmware.h"
#include "libmagma/gsp/fwfind.h"

static struct magma_error err;

/* A file being built; tests damage words of it. */
static uint8_t file[0x4000];
static size_t file_size;

static void put32(size_t at, uint32_t value)
{
    memcpy(file + at, &value, sizeof value);
}

/* Parsing an own copy of exact size lets the address sanitizer see a read past the end. */
#define PARSE(parse, out)                                                                          \
    ({                                                                                             \
        uint8_t *copy_ = malloc(file_size ? file_size : 1);                                        \
        enum magma_code code_;                                                                     \
        memcpy(copy_, file, file_size);                                                            \
        code_ = parse((struct mg_bytes){copy_, file_size}, out, &err);                             \
        free(copy_);                                                                               \
        code_;                                                                                     \
    })

/* ---- HS ---- */

enum {
    HS_IMAGE = 0x378,
    HS_IMAGE_SIZE = 0x1000,
    HS_SIGNATURES = 0x3c,
    HS_PATCH_LOC = 0x33c,
    HS_PATCH_SIG = 0x340,
    HS_META = 0x344,
    HS_NUM_SIG = 0x350,
    HS_LOAD = 0x354
};

static void build_hs(void)
{
    struct nvhw_fw_bin_header bin = {NV_FW_BIN_MAGIC, 1, 0x1400, 0x18, HS_IMAGE, HS_IMAGE_SIZE};
    struct nvhw_fw_hs_header hs = {HS_SIGNATURES, 0x300,      HS_PATCH_LOC, HS_PATCH_SIG, HS_META,
                                   0xc,           HS_NUM_SIG, HS_LOAD,      0x24};
    struct nvhw_fw_hs_meta meta = {1, 1, 3};
    struct nvhw_fw_hs_load_header load = {0, 0x100, 0x800, 0x800, 1};
    struct nvhw_fw_hs_app app = {0x100, 0x700, 0x100, 0};

    memset(file, 0, sizeof file);
    memcpy(file, &bin, sizeof bin);
    memcpy(file + 0x18, &hs, sizeof hs);
    memset(file + HS_SIGNATURES, 0x11, 0x180);
    memset(file + HS_SIGNATURES + 0x180, 0x22, 0x180);
    put32(HS_PATCH_LOC, 0x810);
    put32(HS_PATCH_SIG, 0);
    memcpy(file + HS_META, &meta, sizeof meta);
    put32(HS_NUM_SIG, 2);
    memcpy(file + HS_LOAD, &load, sizeof load);
    memcpy(file + HS_LOAD + sizeof load, &app, sizeof app);
    file_size = HS_IMAGE + HS_IMAGE_SIZE;
}

START_TEST(a_signed_program_is_taken_apart)
{
    struct mg_bytes signature = {0};
    struct mg_fw_hs hs;

    build_hs();
    ck_assert_msg(mg_fw_hs((struct mg_bytes){file, file_size}, &hs, &err) == MAGMA_OK, "%s",
                  err.text);
    ck_assert_ptr_eq(hs.image.data, file + HS_IMAGE);
    ck_assert_uint_eq(hs.image.size, HS_IMAGE_SIZE);
    ck_assert_uint_eq(hs.signature_count, 2);
    ck_assert_uint_eq(hs.signature_size_bytes, 0x180);
    ck_assert_uint_eq(hs.signature_offset, 0x810);
    ck_assert_uint_eq(hs.engine_id_mask, 1);
    ck_assert_uint_eq(hs.ucode_id, 3);
    ck_assert_uint_eq(hs.os_code_size_bytes, 0x100);
    ck_assert_uint_eq(hs.app_code_offset, 0x100);
    ck_assert_uint_eq(hs.app_code_size_bytes, 0x700);
    ck_assert_uint_eq(hs.data_offset, 0x800);
    ck_assert_uint_eq(hs.data_size_bytes, 0x800);
    /* The newest fuse version takes the first signature. */
    ck_assert_int_eq(mg_fw_hs_signature(&hs, 1, &signature, &err), MAGMA_OK);
    ck_assert_uint_eq(signature.data[0], 0x11);
    ck_assert_int_eq(mg_fw_hs_signature(&hs, 0, &signature, &err), MAGMA_OK);
    ck_assert_uint_eq(signature.data[0], 0x22);
    ck_assert_int_eq(mg_fw_hs_signature(&hs, 2, &signature, &err), MAGMA_BAD_FIRMWARE);
}
END_TEST

static const struct {
    const char *what;
    uint32_t at, value;
} hs_damages[] = {
    {"magic", 0, 0x10df},
    {"version", 4, 2},
    {"header outside", 0xc, 0xfffffff0},
    {"image outside", 0x10, 0x2000},
    {"image overflows", 0x14, 0xffffffff},
    {"image empty", 0x14, 0},
    {"signatures outside", 0x18, 0xffffff00},
    {"signature bytes not a multiple", 0x1c, 0x2ff},
    {"no signature bytes", 0x1c, 0},
    {"patch location outside", 0x20, 0xfffffffe},
    {"patch signature outside", 0x24, 0xfffffffe},
    {"first signature beyond all", HS_PATCH_SIG, 0x301},
    {"meta data outside", 0x28, 0xffffffff},
    {"meta data too small", 0x2c, 8},
    {"signature count outside", 0x30, 0xffffffff},
    {"no signature", HS_NUM_SIG, 0},
    {"load header outside", 0x34, 0xfffffff0},
    {"load header too small", 0x38, 0x1c},
    {"signature's place outside the image", HS_PATCH_LOC, 0xf00},
    {"signature's place before the data", HS_PATCH_LOC, 0x7ff},
    {"boot code outside", HS_LOAD + 4, 0x1001},
    {"data outside", HS_LOAD + 8, 0xfffffff0},
    {"data too large", HS_LOAD + 0xc, 0x801},
    {"data without room for the signature", HS_LOAD + 0xc, 0x18f},
    {"two applications", HS_LOAD + 0x10, 2},
    {"application code outside", HS_LOAD + 0x14, 0x1000},
    {"application code overflows", HS_LOAD + 0x18, 0xffffffff},
};

START_TEST(a_damaged_signed_program_is_refused)
{
    struct mg_fw_hs hs;

    build_hs();
    put32(hs_damages[_i].at, hs_damages[_i].value);
    ck_assert_msg(PARSE(mg_fw_hs, &hs) == MAGMA_BAD_FIRMWARE, "%s was accepted",
                  hs_damages[_i].what);
}
END_TEST

START_TEST(a_signed_program_cut_off_anywhere_is_refused)
{
    struct mg_fw_hs hs;

    build_hs();
    for (file_size = 0; file_size < HS_IMAGE + HS_IMAGE_SIZE; file_size += 3)
        ck_assert_int_eq(PARSE(mg_fw_hs, &hs), MAGMA_BAD_FIRMWARE);
}
END_TEST

/* ---- RISC-V bootloader, generic loader ---- */

static void build_riscv(uint32_t version)
{
    uint32_t size = version == 4 ? NV_FW_RISCV_DESC_V4_SIZE : NV_FW_RISCV_DESC_V5_SIZE;
    struct nvhw_fw_bin_header bin = {NV_FW_BIN_MAGIC, 1, 0x1100, 0x18, 0x18 + size, 0x1000};
    struct nvhw_fw_riscv_desc desc = {.version = version,
                                      .app_version = 7,
                                      .manifest_size = 0x800,
                                      .monitor_data_offset = 0x800,
                                      .monitor_data_size = 0x400,
                                      .monitor_code_offset = 0xc00,
                                      .monitor_code_size = 0x400};

    memset(file, 0, sizeof file);
    memcpy(file, &bin, sizeof bin);
    memcpy(file + 0x18, &desc, size);
    file_size = 0x18 + size + 0x1000;
}

START_TEST(a_bootloader_of_either_version_opens)
{
    struct mg_fw_riscv riscv;

    build_riscv((uint32_t)_i);
    ck_assert_int_eq(PARSE(mg_fw_riscv, &riscv), MAGMA_OK);
    ck_assert_uint_eq(riscv.app_version, 7);
    ck_assert_uint_eq(riscv.monitor_data_offset, 0x800);
    ck_assert_uint_eq(riscv.monitor_code_offset, 0xc00);
    ck_assert_uint_eq(riscv.image.size, 0x1000);
}
END_TEST

START_TEST(a_damaged_bootloader_is_refused)
{
    static const struct {
        uint32_t at, value;
    } damages[] = {{0x18, 3},
                   {0x18, 6},
                   {0xc, 0x2000},
                   {0x18 + 0x24, 0x1001},
                   {0x18 + 0x28, 0xfffff000},
                   {0x18 + 0x2c, 0x801},
                   {0x18 + 0x30, 0xc01},
                   {0x18 + 0x34, 0xffffffff}};
    struct mg_fw_riscv riscv;

    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        build_riscv(5);
        put32(damages[i].at, damages[i].value);
        ck_assert_msg(PARSE(mg_fw_riscv, &riscv) == MAGMA_BAD_FIRMWARE, "damage %zu", i);
    }
}
END_TEST

START_TEST(the_generic_loader_opens_and_its_damage_is_refused)
{
    struct nvhw_fw_bin_header bin = {NV_FW_BIN_MAGIC, 1, 0x330, 0x18, 0x30, 0x300};
    struct nvhw_fw_generic_loader desc = {0xfd, 0, 0, 0x200, 0x200, 0x100};
    static const struct {
        uint32_t at, value;
    } damages[] = {{0x20, 0x301}, {0x24, 0}, {0x24, 0x301}, {0x28, 0xfffffff0}, {0x2c, 0x101}};
    struct mg_fw_loader loader;

    memset(file, 0, sizeof file);
    memcpy(file, &bin, sizeof bin);
    memcpy(file + 0x18, &desc, sizeof desc);
    file_size = 0x330;
    ck_assert_int_eq(PARSE(mg_fw_loader, &loader), MAGMA_OK);
    ck_assert_uint_eq(loader.code.size, 0x200);
    ck_assert_uint_eq(loader.data.size, 0x100);
    ck_assert_uint_eq(loader.start_tag, 0xfd);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        uint32_t old;

        memcpy(&old, file + damages[i].at, sizeof old);
        put32(damages[i].at, damages[i].value);
        ck_assert_msg(PARSE(mg_fw_loader, &loader) == MAGMA_BAD_FIRMWARE, "damage %zu", i);
        put32(damages[i].at, old);
    }
}
END_TEST

/* ---- ELF ---- */

enum { ELF_SECTIONS = 0x2000, ELF_NAMES = 0x1e00 };

static const char elf_names[] = "\0.fwimage\0.fwversion\0.fwsignature_ga10x\0.shstrtab";

static void section(uint32_t index, uint32_t name, uint64_t offset, uint64_t size)
{
    struct nvhw_elf64_section s = {.name = name, .type = 1, .offset = offset, .size = size};

    memcpy(file + ELF_SECTIONS + index * sizeof s, &s, sizeof s);
}

static void build_elf(void)
{
    struct nvhw_elf64_header h = {.magic = NV_ELF_MAGIC,
                                  .elf_class = NV_ELF_CLASS_64,
                                  .elf_data = NV_ELF_DATA_LITTLE_ENDIAN,
                                  .machine = NV_ELF_MACHINE_RISCV,
                                  .section_offset = ELF_SECTIONS,
                                  .section_entry_size = sizeof(struct nvhw_elf64_section),
                                  .section_count = 5,
                                  .string_section = 4};

    memset(file, 0, sizeof file);
    memcpy(file, &h, sizeof h);
    section(1, 1, 0x40, 0x800);
    section(2, 10, 0x900, 8);
    section(3, 21, 0xa00, 0x1000);
    section(4, 40, ELF_NAMES, sizeof elf_names);
    memcpy(file + 0x900, "570.144", 8);
    memcpy(file + ELF_NAMES, elf_names, sizeof elf_names);
    file_size = ELF_SECTIONS + 5 * sizeof(struct nvhw_elf64_section);
}

static enum magma_code parse_gsp(struct mg_bytes bytes, struct mg_fw_gsp *out,
                                 struct magma_error *error)
{
    return mg_fw_gsp(bytes, ".fwsignature_ga10x", out, error);
}

START_TEST(a_gsp_image_is_taken_apart)
{
    struct mg_fw_gsp gsp;

    build_elf();
    ck_assert_msg(PARSE(parse_gsp, &gsp) == MAGMA_OK, "%s", err.text);
    ck_assert_uint_eq(gsp.image.size, 0x800);
    ck_assert_uint_eq(gsp.signature.size, 0x1000);
    ck_assert_str_eq(gsp.version, "570.144");
}
END_TEST

static const struct {
    const char *what;
    uint32_t at, value;
} elf_damages[] = {
    {"magic", 0, 0},
    {"32 bit", 4, 0x00010101},
    {"big endian", 4, 0x00010202},
    {"not RISC-V", 0x10, 0x003e0001},
    {"section table outside", 0x28, 0xffffff00},
    {"section table far outside", 0x2c, 0xffffffff},
    {"section entries too small", 0x38, 0x003f0000},
    {"more sections than there are", 0x3c, 0x00040006},
    {"no such name section", 0x3c, 0x00050005},
    {"names outside", ELF_SECTIONS + 4 * 0x40 + 0x18, 0xffffff},
    {"names overflow", ELF_SECTIONS + 4 * 0x40 + 0x24, 0xffffffff},
    {"image outside", ELF_SECTIONS + 1 * 0x40 + 0x18, 0xffffff},
    {"image overflows", ELF_SECTIONS + 1 * 0x40 + 0x24, 0xffffffff},
    {"image empty", ELF_SECTIONS + 1 * 0x40 + 0x20, 0},
    {"image without bytes in the file", ELF_SECTIONS + 1 * 0x40 + 4, 8},
    {"image without a name", ELF_SECTIONS + 1 * 0x40, 0xffffff},
    {"version without an end", ELF_SECTIONS + 2 * 0x40 + 0x20, 7},
    {"version empty", ELF_SECTIONS + 2 * 0x40 + 0x20, 0},
    {"version too long", ELF_SECTIONS + 2 * 0x40 + 0x20, 64},
    {"signature of another size", ELF_SECTIONS + 3 * 0x40 + 0x20, 0xfff},
    {"signature of another family", ELF_NAMES + 35, 0x78303264},
};

START_TEST(a_damaged_gsp_image_is_refused)
{
    struct mg_fw_gsp gsp;

    build_elf();
    put32(elf_damages[_i].at, elf_damages[_i].value);
    ck_assert_msg(PARSE(parse_gsp, &gsp) == MAGMA_BAD_FIRMWARE, "%s was accepted",
                  elf_damages[_i].what);
}
END_TEST

START_TEST(a_gsp_image_cut_off_anywhere_is_refused)
{
    struct mg_fw_gsp gsp;

    build_elf();
    for (size_t size = file_size; size--;) {
        file_size = size;
        ck_assert_int_eq(PARSE(parse_gsp, &gsp), MAGMA_BAD_FIRMWARE);
    }
}
END_TEST

/* ---- Where files are looked for ---- */

static char root[] = "/tmp/magma-fwfind-XXXXXX";

static void write_file(const char *folder, const char *name)
{
    char path[512], command[600];
    FILE *f;

    snprintf(command, sizeof command, "mkdir -p %s/%s", root, folder);
    ck_assert_int_eq(system(command), 0);
    snprintf(path, sizeof path, "%s/%s/%s", root, folder, name);
    f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs(path, f);
    fclose(f);
}

static const char *found(const char *name, enum magma_code want)
{
    struct mg_fw_where where = {root, "ga104", "ga102"};
    static char path[512];
    struct mg_fw_file f;
    enum magma_code code = mg_fw_open(&where, name, &f, &err);

    ck_assert_msg(code == want, "%s: %s", magma_code_name(code), err.text);
    if (code != MAGMA_OK)
        return "";
    snprintf(path, sizeof path, "%s", f.path + strlen(root) + 1);
    ck_assert_uint_gt(f.bytes.size, 0);
    mg_fw_close(&f);
    return path;
}

START_TEST(files_are_found_in_chip_then_family_then_flat)
{
    ck_assert_ptr_nonnull(mkdtemp(root));
    found("gsp", MAGMA_FIRMWARE_MISSING);
    ck_assert_ptr_nonnull(strstr(err.text, root));
    write_file("", "gsp-570.144.bin");
    ck_assert_str_eq(found("gsp", MAGMA_OK), "gsp-570.144.bin");
    write_file("nvidia/ga102/gsp", "gsp-570.144.bin");
    ck_assert_str_eq(found("gsp", MAGMA_OK), "nvidia/ga102/gsp/gsp-570.144.bin");
    write_file("nvidia/ga104/gsp", "gsp-570.144.bin");
    ck_assert_str_eq(found("gsp", MAGMA_OK), "nvidia/ga104/gsp/gsp-570.144.bin");
    write_file("nvidia/ga104/gsp", "gsp-535.113.01.bin"); /* another version: not ours */
    found("bootloader", MAGMA_FIRMWARE_MISSING);
}
END_TEST

START_TEST(an_empty_file_and_a_missing_tree_are_told_apart)
{
    struct mg_fw_where nowhere = {NULL, "ga102", "none-such"};
    char path[512];
    struct mg_fw_file f;

    ck_assert_ptr_nonnull(mkdtemp(root));
    snprintf(path, sizeof path, "%s/gsp-570.144.bin", root);
    fclose(fopen(path, "w"));
    found("gsp", MAGMA_BAD_FIRMWARE);
    setenv("MAGMA_FIRMWARE_PATH", "/no/such/folder", 1);
    ck_assert_int_eq(mg_fw_open(&nowhere, "none-such", &f, &err), MAGMA_FIRMWARE_MISSING);
    ck_assert_ptr_nonnull(strstr(err.text, "/no/such/folder"));
    ck_assert_ptr_nonnull(strstr(err.text, "firmware-nvidia-graphics"));
    ck_assert_ptr_nonnull(strstr(err.text, "MAGMA_FIRMWARE_PATH"));
}
END_TEST

static void remove_root(void)
{
    char command[600];

    snprintf(command, sizeof command, "rm -rf %s", root);
    if (!strstr(root, "XXXXXX") && system(command) != 0)
        fprintf(stderr, "%s is left\n", root);
}

#define COUNT(a) (int)(sizeof(a) / sizeof(a)[0])

int main(void)
{
    Suite *suite = suite_create("firmware");
    TCase *tc = tcase_create("firmware");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tc, NULL, remove_root);
    tcase_add_test(tc, a_signed_program_is_taken_apart);
    tcase_add_loop_test(tc, a_damaged_signed_program_is_refused, 0, COUNT(hs_damages));
    tcase_add_test(tc, a_signed_program_cut_off_anywhere_is_refused);
    tcase_add_loop_test(tc, a_bootloader_of_either_version_opens, 4, 6);
    tcase_add_test(tc, a_damaged_bootloader_is_refused);
    tcase_add_test(tc, the_generic_loader_opens_and_its_damage_is_refused);
    tcase_add_test(tc, a_gsp_image_is_taken_apart);
    tcase_add_loop_test(tc, a_damaged_gsp_image_is_refused, 0, COUNT(elf_damages));
    tcase_add_test(tc, a_gsp_image_cut_off_anywhere_is_refused);
    tcase_add_test(tc, files_are_found_in_chip_then_family_then_flat);
    tcase_add_test(tc, an_empty_file_and_a_missing_tree_are_told_apart);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
