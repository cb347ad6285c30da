/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Finding FWSEC in a ROM: where it is found, and that no damaged offset or length is followed. */
#include <check.h>
#include <stdlib.h>

#include <nvhw/boot.h>
#include <nvhw/vbios.h>

#include "libmagma/gsp/vbios.h"
#include "libmagma/hal/hal.h"
#include "tests/gsp/rom.h"
#include "tests/hal/fake_gpu.h"

static struct rom rom;
static struct mg_vbios_map map;
static struct mg_fwsec fwsec;
static struct magma_error err;

/* The whole way; the error is in err. */
static enum magma_code find(void)
{
    struct mg_bytes bytes = rom_bytes(&rom);
    /* An own copy without slack, so that a read past the end is seen by the address sanitizer. */
    uint8_t *copy = malloc(bytes.size);
    enum magma_code code;
    uint64_t need;

    memcpy(copy, bytes.data, bytes.size);
    bytes.data = copy;
    code = mg_vbios_map(bytes, &map, &need, &err);
    if (code == MAGMA_OK && need > bytes.size)
        code = MAGMA_BAD_VBIOS;
    if (code == MAGMA_OK)
        code = mg_vbios_fwsec(bytes, &map, false, &fwsec, &err);
    free(copy);
    return code;
}

static void build(struct rom_options options)
{
    rom_build(&rom, &options);
}

START_TEST(fwsec_is_found_in_every_shape_of_rom)
{
    static const struct rom_options shapes[] = {
        {0},
        {.v2 = true},
        {.ifr = 1},
        {.ifr = 2},
        {.ifr = 3},
        {.npde = true},
        {.wide_tokens = true},
        {.v2 = true, .ifr = 3, .npde = true},
    };

    build(shapes[_i]);
    ck_assert_msg(find() == MAGMA_OK, "%s", err.text);
    ck_assert_uint_eq(map.image_offset, rom.image0);
    ck_assert_uint_eq(map.base_size_bytes, rom.base_size);
    ck_assert_uint_eq(map.extension_offset, rom.extension);
    ck_assert_uint_eq(map.image_offset + map.end_offset, rom.size);
    ck_assert_uint_eq(fwsec.version, shapes[_i].v2 ? 2 : 3);
    ck_assert_uint_eq(fwsec.code.size, 0x300);
    ck_assert_uint_eq(fwsec.data.size, 0x400);
    ck_assert_uint_eq(fwsec.mapper_offset, rom.mapper - rom.data);
    ck_assert_uint_eq(fwsec.command_offset, 0x300);
}
END_TEST

START_TEST(program_and_signatures_are_the_right_bytes)
{
    struct mg_bytes signature;
    uint64_t need;

    build((struct rom_options){0});
    ck_assert_int_eq(mg_vbios_map(rom_bytes(&rom), &map, &need, &err), MAGMA_OK);
    ck_assert_int_eq(mg_vbios_fwsec(rom_bytes(&rom), &map, false, &fwsec, &err), MAGMA_OK);
    ck_assert_ptr_eq(fwsec.code.data, rom.bytes + rom.code);
    ck_assert_ptr_eq(fwsec.data.data, rom.bytes + rom.data);
    ck_assert_uint_eq(fwsec.ucode_id, 9);
    /* Versions 1 and 3 have one: in this order. */
    ck_assert_int_eq(mg_fwsec_signature(&fwsec, 1, &signature, &err), MAGMA_OK);
    ck_assert_uint_eq(signature.data[0], 0x51);
    ck_assert_int_eq(mg_fwsec_signature(&fwsec, 3, &signature, &err), MAGMA_OK);
    ck_assert_uint_eq(signature.data[383], 0x52);
    ck_assert_int_eq(mg_fwsec_signature(&fwsec, 0, &signature, &err), MAGMA_BAD_VBIOS);
    ck_assert_int_eq(mg_fwsec_signature(&fwsec, 2, &signature, &err), MAGMA_BAD_VBIOS);
    ck_assert_int_eq(mg_fwsec_signature(&fwsec, 40, &signature, &err), MAGMA_BAD_VBIOS);
    fwsec.signature_count = 1;
    ck_assert_int_eq(mg_fwsec_signature(&fwsec, 3, &signature, &err), MAGMA_BAD_VBIOS);
}
END_TEST

START_TEST(bios_version_is_told)
{
    char text[32];
    uint64_t need;

    build((struct rom_options){0});
    mg_vbios_map(rom_bytes(&rom), &map, &need, &err);
    mg_vbios_version(rom_bytes(&rom), &map, text, sizeof text);
    ck_assert_str_eq(text, "94.02.42.00.a9");
    rom_put8(&rom, rom.token - 6, 0x43); /* no such token any more */
    mg_vbios_version(rom_bytes(&rom), &map, text, sizeof text);
    ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(command_goes_into_mapper_and_buffer)
{
    struct nvhw_fwsec_frts_command command;
    uint8_t data[0x400];
    uint32_t init;
    uint64_t need;

    build((struct rom_options){0});
    mg_vbios_map(rom_bytes(&rom), &map, &need, &err);
    mg_vbios_fwsec(rom_bytes(&rom), &map, false, &fwsec, &err);
    memcpy(data, fwsec.data.data, sizeof data);
    mg_fwsec_set_command(&fwsec, data, NV_FWSEC_COMMAND_FRTS, 0xffe00000, 0x100000);
    memcpy(&init, data + 0x240 + 0x2c, sizeof init);
    memcpy(&command, data + 0x300, sizeof command);
    ck_assert_uint_eq(init, 0x15);
    ck_assert_uint_eq(command.read_vbios.version, 1);
    ck_assert_uint_eq(command.read_vbios.size, 0x18);
    ck_assert_uint_eq(command.read_vbios.flags, 2);
    ck_assert_uint_eq(command.frts_region.version, 1);
    ck_assert_uint_eq(command.frts_region.size, 0x14);
    ck_assert_uint_eq(command.frts_region.offset_4k, 0xffe00);
    ck_assert_uint_eq(command.frts_region.size_4k, 0x100);
    ck_assert_uint_eq(command.frts_region.media_type, 2);
    mg_fwsec_set_command(&fwsec, data, NV_FWSEC_COMMAND_SB, 0, 0);
    memcpy(&init, data + 0x240 + 0x2c, sizeof init);
    memcpy(&command, data + 0x300, sizeof command);
    ck_assert_uint_eq(init, 0x19);
    ck_assert_uint_eq(command.frts_region.version, 0);
}
END_TEST

/* ---- Damage: one thing at a time ---- */

struct damage {
    const char *what;
    size_t where; /* offset in struct rom of the part's offset */
    uint32_t offset;
    uint32_t value;
    unsigned width;
    bool v2, fix_bit;
};

#define DAMAGE(what_, part_, offset_, value_, bits_, ...)                                          \
    {                                                                                              \
        .what = what_, .where = offsetof(struct rom, part_), .offset = offset_, .value = value_,   \
        .width = bits_ / 8, __VA_ARGS__                                                            \
    }
#define V3(what, part, offset, value, bits) DAMAGE(what, part, offset, value, bits, .v2 = false)
#define V2(what, part, offset, value, bits) DAMAGE(what, part, offset, value, bits, .v2 = true)
#define BIT(what, part, offset, value, bits)                                                       \
    DAMAGE(what, part, offset, value, bits, .fix_bit = true)

static const struct damage damages[] = {
    V3("image signature", image0, 0, 0x1234, 16),
    V3("PCIR pointer beyond the end", image0, 0x18, 0xfff0, 16),
    V3("PCIR signature", pcir0, 0, 0x12345678, 32),
    V3("image of no length", pcir0, 0x10, 0, 16),
    V3("image longer than the ROM", pcir0, 0x10, 0xffff, 16),
    V3("last image does not say so", last_image, 0x40 + 0x15, 0, 8),
    V3("no base image", pcir0, 0x14, 3, 8),
    V3("BIT signature", bit, 2, 0x11111111, 32),
    V3("BIT checksum", bit, 0xb, 0x77, 8),
    BIT("BIT header too long", bit, 8, 0xff, 8),
    BIT("BIT header too short", bit, 8, 4, 8),
    BIT("BIT token too small", bit, 9, 3, 8),
    BIT("no BIT token", bit, 0xa, 0, 8),
    V3("token version", token, 1, 1, 8),
    V3("token data too small", token, 2, 3, 16),
    V3("token data outside", token, 4, 0xfffe, 16),
    V3("table pointer outside", falcon_data, 0, 0xfffffff0, 32),
    V3("table version", table, 0, 2, 8),
    V3("table header size", table, 1, 2, 8),
    V3("table entry size", table, 2, 5, 8),
    V3("table without FWSEC", table, 3, 2, 8),
    V3("descriptor pointer outside", table, 6 + 2 * 6 + 2, 0xffffff00, 32),
    V3("descriptor without version", descriptor, 0, 0x32c0300, 32),
    V3("descriptor of version 4", descriptor, 1, 4, 8),
    V3("descriptor size too small", descriptor, 2, 0x10, 16),
    V3("fewer bytes of signatures than counted", descriptor, 0x27, 3, 8),
    V3("signature's place outside the data", descriptor, 8, 0x3ff, 32),
    V3("signature's place overflows", descriptor, 8, 0xffffffff, 32),
    V3("V3 code outside", descriptor, 0x14, 0xffffffff, 32),
    V3("V3 data outside", descriptor, 0x20, 0x10000, 32),
    V2("V2 code outside", descriptor, 0x18, 0x10000, 32),
    V2("V2 data outside", descriptor, 0x28, 0xfffffff0, 32),
    V2("V2 secure part larger than the code", descriptor, 0x24, 0x301, 32),
    V2("V2 secure part below the code", descriptor, 0x1c, 0x300, 32),
    V3("code address too high", descriptor, 0x18, 0x200000, 32),
    V3("interface outside the data", descriptor, 0xc, 0x400, 32),
    V3("interface version", interface, 0, 9, 8),
    V3("interface entries outside the data", interface, 1, 0xff, 8),
    V3("no DMEM mapper", interface, 4 + 8, 7, 32),
    V3("mapper outside the data", interface, 4 + 8 + 4, 0x3c4, 32),
    V3("command buffer outside the data", mapper, 8, 0x3f0, 32),
    V3("command buffer too small", mapper, 0xc, 0x10, 32),
};

START_TEST(damage_is_refused_with_a_reason)
{
    const struct damage *d = &damages[_i];
    uint32_t at;

    build((struct rom_options){.v2 = d->v2});
    memcpy(&at, (uint8_t *)&rom + d->where, sizeof at);
    memcpy(rom.bytes + at + d->offset, &d->value, d->width);
    if (d->fix_bit)
        rom_fix_bit(&rom);
    err.text[0] = 0;
    ck_assert_msg(find() == MAGMA_BAD_VBIOS, "%s was accepted", d->what);
}
END_TEST

START_TEST(a_rom_cut_off_anywhere_asks_for_more_or_fails)
{
    build((struct rom_options){.ifr = 3, .npde = true});
    for (uint32_t size = 0; size < rom.size; size++) {
        struct mg_bytes bytes = {rom.bytes, size};
        enum magma_code code;
        uint64_t need;

        code = mg_vbios_map(bytes, &map, &need, &err);
        ck_assert_int_eq(code, MAGMA_OK);
        ck_assert_msg(need > size, "%u bytes are not the whole ROM", size);
    }
}
END_TEST

START_TEST(an_unknown_ifr_version_is_refused)
{
    build((struct rom_options){.ifr = 4});
    ck_assert_int_eq(find(), MAGMA_BAD_VBIOS);
    ck_assert_ptr_nonnull(strstr(err.text, "version 4"));
}
END_TEST

START_TEST(a_loop_of_images_ends)
{
    /* 64 images of 512 bytes, none the last. */
    build((struct rom_options){0});
    for (uint32_t at = 0; at < ROM_SIZE; at += 512) {
        struct nvhw_pcir pcir = {
            .signature = NV_PCIR_SIGNATURE, .length = sizeof pcir, .image_length = 1};

        memset(rom.bytes + at, 0, 512);
        rom_put16(&rom, at, NV_PCI_ROM_SIGNATURE);
        rom_put16(&rom, at + NV_PCI_ROM_PCIR_POINTER_OFFSET, 0x20);
        memcpy(rom.bytes + at + 0x20, &pcir, sizeof pcir);
    }
    rom.size = ROM_SIZE;
    ck_assert_int_eq(find(), MAGMA_BAD_VBIOS);
    ck_assert_ptr_nonnull(strstr(err.text, "does not end"));
}
END_TEST

/* ---- Through registers ---- */

START_TEST(the_rom_is_read_through_bar0_as_far_as_needed)
{
    struct mg_hal_options options = {0};
    struct fake_gpu gpu;
    struct mg_bytes bytes;
    struct mg_hal *hal;
    uint8_t *data;

    fake_gpu_init(&gpu);
    gpu.bar0_mapped = true;
    fake_gpu_open(&gpu);
    options.clock = &gpu.clock;
    ck_assert_int_eq(mg_hal_create(gpu.device, &options, &hal, &err), MAGMA_OK);
    build((struct rom_options){.ifr = 3});
    memcpy((uint8_t *)gpu.bar0 + NV_PROM_BASE, rom.bytes, rom.size);
    ck_assert_msg(mg_vbios_read(hal, &data, &bytes, &map, &err) == MAGMA_OK, "%s", err.text);
    ck_assert_uint_ge(bytes.size, rom.size);
    ck_assert_uint_lt(bytes.size, rom.size + 4096);
    ck_assert_mem_eq(bytes.data, rom.bytes, rom.size);
    free(data);

    memset((uint8_t *)gpu.bar0 + NV_PROM_BASE, 0, rom.size);
    ck_assert_int_eq(mg_vbios_read(hal, &data, &bytes, &map, &err), MAGMA_BAD_VBIOS);
    mg_hal_destroy(hal);
    fake_gpu_finish(&gpu);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vbios");
    TCase *tc = tcase_create("vbios");
    SRunner *runner;
    int failed;

    tcase_add_loop_test(tc, fwsec_is_found_in_every_shape_of_rom, 0, 8);
    tcase_add_test(tc, program_and_signatures_are_the_right_bytes);
    tcase_add_test(tc, bios_version_is_told);
    tcase_add_test(tc, command_goes_into_mapper_and_buffer);
    tcase_add_loop_test(tc, damage_is_refused_with_a_reason, 0, sizeof damages / sizeof damages[0]);
    tcase_add_test(tc, a_rom_cut_off_anywhere_asks_for_more_or_fails);
    tcase_add_test(tc, an_unknown_ifr_version_is_refused);
    tcase_add_test(tc, a_loop_of_images_ends);
    tcase_add_test(tc, the_rom_is_read_through_bar0_as_far_as_needed);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
