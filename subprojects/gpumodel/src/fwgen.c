/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Makes the model's firmware files. Containers, header sizes and the places of signatures are
 * those of the real files; the images hold an identity and a pattern.
 */
#include <gpumodel/firmware.h>
#include <nvhw/firmware.h>
#include <nvhw/falcon.h>
#include <stdlib.h>
#include <string.h>

#include "chip.h"
#include "fwfmc.h"
#include "fwimage.h"
#include "ucode.h"

#define OS_CODE_BYTES           0x100u
#define APP_CODE_BYTES          0x1f00u
#define BOOTER_DATA_BYTES       0x1000u
#define SIGNATURES              2u
#define BROM_SIGNATURE_OFFSET   NV_BOOTER_SIGNATURE_DMEM_OFFSET
#define LOADER_SIGNATURE_OFFSET 0x200u
#define LOADER_SIGNATURE_BYTES  0x10u
#define HS_SIGNATURES_OFFSET    (sizeof(struct nvhw_fw_bin_header) + sizeof(struct nvhw_fw_hs_header))
#define BOOTLOADER_BYTES_V5     0x6000u
#define BOOTLOADER_BYTES_V4     0x1000u
#define BOOTLOADER_DATA         0x800u
#define BOOTLOADER_CODE         0x1800u
#define FWIMAGE_BYTES           0x40000u
#define FWIMAGE_OFFSET          0x40u
#define GENERIC_CODE_BYTES      0x200u
#define GENERIC_DATA_BYTES      0x100u
#define GENERIC_TAG             0xfdu
#define IMAGE_ALIGN             0x100u
/* The files' own size field is a little above the file's size. */
#define SIZE_SLACK              0x88u

static uint32_t align(uint32_t value, uint32_t to)
{
    return (value + to - 1) / to * to;
}

static void put(uint8_t *file, uint32_t at, const void *data, size_t size_bytes)
{
    memcpy(file + at, data, size_bytes);
}

static uint8_t *with_header(uint32_t data_offset, uint32_t data_bytes, size_t *size_bytes)
{
    *size_bytes = data_offset + data_bytes;
    uint8_t *file = calloc(1, *size_bytes);
    struct nvhw_fw_bin_header h = {
        .magic = NV_FW_BIN_MAGIC,
        .version = NV_FW_BIN_VERSION,
        .size = (uint32_t)*size_bytes + SIZE_SLACK,
        .header_offset = sizeof(h),
        .data_offset = data_offset,
        .data_size = data_bytes,
    };
    if (file)
        put(file, 0, &h, sizeof(h));
    return file;
}

/* ---- booter_load, booter_unload, scrubber ------------------------------------------------------
 */

/* What the header's file offsets point to, behind the signatures. */
struct hs_tail {
    uint32_t patch_location, patch_signature, signature_count;
    struct nvhw_fw_hs_meta meta;
    struct nvhw_fw_hs_load_header load;
    struct nvhw_fw_hs_app app;
};

static void hs_identity(const struct gpum_chip *chip, enum gpum_ucode_kind kind,
                        struct gpum_ucode_identity *id)
{
    bool brom = chip->boot_class == GPUM_BOOT_BROM;
    *id = (struct gpum_ucode_identity){
        .magic = GPUM_UCODE_MAGIC,
        .kind = kind,
        .code_bytes = APP_CODE_BYTES,
        .data_bytes = BOOTER_DATA_BYTES,
        .signature_offset = !brom                         ? LOADER_SIGNATURE_OFFSET
                            : kind == GPUM_UCODE_SCRUBBER ? 0
                                                          : BROM_SIGNATURE_OFFSET,
        .signature_bytes = brom ? NV_RSA3K_SIGNATURE_SIZE : LOADER_SIGNATURE_BYTES,
    };
    strncpy(id->chip, chip->firmware_chip, sizeof(id->chip) - 1);
}

/* One signature per fuse version, the newest first. */
static void sign_all(const struct gpum_ucode_identity *id, const uint8_t *image, uint32_t count,
                     const struct nvhw_fw_hs_meta *meta, uint8_t *signatures)
{
    const uint8_t *code = image + OS_CODE_BYTES, *data = code + APP_CODE_BYTES;
    for (uint32_t i = 0; i < count; i++) {
        struct gpum_sign_key key = {count - 1 - i, meta->engine_id_mask, meta->ucode_id};
        if (count == 1)
            key = (struct gpum_sign_key){0, 0, 0};
        gpum_ucode_sign(id, code, data, &key, signatures + (size_t)i * id->signature_bytes,
                        id->signature_bytes);
    }
}

static uint8_t *create_hs(const struct gpum_chip *chip, enum gpum_ucode_kind kind,
                          size_t *size_bytes)
{
    struct gpum_ucode_identity id;
    hs_identity(chip, kind, &id);
    bool brom = chip->boot_class == GPUM_BOOT_BROM;
    uint32_t count = brom ? SIGNATURES : 1;
    uint32_t tail_at = (uint32_t)HS_SIGNATURES_OFFSET + count * id.signature_bytes;
    uint32_t data_at = align(tail_at + (uint32_t)sizeof(struct hs_tail), IMAGE_ALIGN);
    uint32_t os_data = OS_CODE_BYTES + APP_CODE_BYTES;
    uint8_t *file = with_header(data_at, os_data + BOOTER_DATA_BYTES, size_bytes);
    if (!file)
        return NULL;
    struct hs_tail tail = {
        .patch_location = os_data + id.signature_offset,
        .signature_count = count,
        .meta = {.fuse_version = brom ? 1 : 0,
                 .engine_id_mask = NV_BOOTER_ENGINE_ID_MASK,
                 .ucode_id = !brom || kind == GPUM_UCODE_SCRUBBER ? NV_SCRUBBER_UCODE_ID
                                                                  : NV_BOOTER_UCODE_ID},
        .load = {.os_code_size = OS_CODE_BYTES,
                 .os_data_offset = os_data,
                 .os_data_size = BOOTER_DATA_BYTES,
                 .num_apps = 1},
        .app = {OS_CODE_BYTES, APP_CODE_BYTES, OS_CODE_BYTES, 0},
    };
    struct nvhw_fw_hs_header hs = {
        .sig_prod_offset = HS_SIGNATURES_OFFSET,
        .sig_prod_size = count * id.signature_bytes,
        .patch_loc = tail_at + (uint32_t)offsetof(struct hs_tail, patch_location),
        .patch_sig = tail_at + (uint32_t)offsetof(struct hs_tail, patch_signature),
        .meta_data_offset = tail_at + (uint32_t)offsetof(struct hs_tail, meta),
        .meta_data_size = sizeof(tail.meta),
        .num_sig = tail_at + (uint32_t)offsetof(struct hs_tail, signature_count),
        .header_offset = tail_at + (uint32_t)offsetof(struct hs_tail, load),
        .header_size = sizeof(tail.load) + sizeof(tail.app),
    };
    uint8_t *image = file + data_at;
    gpum_pattern(kind, image, OS_CODE_BYTES);
    gpum_ucode_fill(&id, image + OS_CODE_BYTES, image + os_data);
    sign_all(&id, image, count, &tail.meta, file + HS_SIGNATURES_OFFSET);
    put(file, tail_at, &tail, sizeof(tail));
    put(file, sizeof(struct nvhw_fw_bin_header), &hs, sizeof(hs));
    return file;
}

/* ---- bootloader --------------------------------------------------------------------------------
 */

static uint8_t *create_bootloader(const struct gpum_chip *chip, size_t *size_bytes)
{
    bool v5 = chip->boot_class != GPUM_BOOT_LOADER;
    uint32_t image_bytes = v5 ? BOOTLOADER_BYTES_V5 : BOOTLOADER_BYTES_V4;
    uint32_t desc_bytes = v5 ? NV_FW_RISCV_DESC_V5_SIZE : NV_FW_RISCV_DESC_V4_SIZE;
    uint32_t data_at = (uint32_t)sizeof(struct nvhw_fw_bin_header) + desc_bytes;
    uint8_t *file = with_header(data_at, image_bytes, size_bytes);
    if (!file)
        return NULL;
    struct nvhw_fw_riscv_desc desc = {
        .version = v5 ? NV_FW_RISCV_DESC_VERSION_5 : NV_FW_RISCV_DESC_VERSION_4,
        .bootloader_size = BOOTLOADER_DATA,
    };
    struct gpum_bootloader_mark mark = {GPUM_BOOTLOADER_MAGIC, GPUM_BL_MANIFEST, image_bytes};
    gpum_pattern(image_bytes, file + data_at, image_bytes);
    put(file, data_at, &mark, sizeof(mark));
    if (v5) {
        desc.manifest_size = BOOTLOADER_DATA;
        desc.monitor_data_offset = BOOTLOADER_DATA;
        desc.monitor_data_size = BOOTLOADER_CODE - BOOTLOADER_DATA;
        desc.monitor_code_offset = BOOTLOADER_CODE;
        desc.monitor_code_size = BOOTLOADER_DATA;
        desc.fb_reserved_size = image_bytes;
        mark.part = GPUM_BL_DATA;
        put(file, data_at + BOOTLOADER_DATA, &mark, sizeof(mark));
        mark.part = GPUM_BL_CODE;
        put(file, data_at + BOOTLOADER_CODE, &mark, sizeof(mark));
    }
    put(file, sizeof(struct nvhw_fw_bin_header), &desc, desc_bytes);
    return file;
}

/* ---- gen_bootloader ----------------------------------------------------------------------------
 */

static uint8_t *create_generic_loader(size_t *size_bytes)
{
    struct nvhw_fw_generic_loader desc = {
        .start_tag = GENERIC_TAG,
        .code_size = GENERIC_CODE_BYTES,
        .data_offset = GENERIC_CODE_BYTES,
        .data_size = GENERIC_DATA_BYTES,
    };
    uint32_t data_at = (uint32_t)(sizeof(struct nvhw_fw_bin_header) + sizeof(desc));
    uint8_t *file = with_header(data_at, GENERIC_CODE_BYTES + GENERIC_DATA_BYTES, size_bytes);
    if (!file)
        return NULL;
    put(file, sizeof(struct nvhw_fw_bin_header), &desc, sizeof(desc));
    gpum_pattern(GENERIC_TAG, file + data_at, GENERIC_CODE_BYTES);
    return file;
}

/* ---- gsp: ELF64 with named sections ------------------------------------------------------------
 */

#define SECTIONS_MAX 16
#define VERSION_TEXT "570.144"

static const char *const sections_ga102[] = {
    ".fwsignature_gb20x", ".fwsignature_cc_gb10x", ".fwsignature_gb10x", ".fwsignature_cc_gh100",
    ".fwsignature_gh100", ".fwsignature_ad10x",    ".fwsignature_ga10x", NULL};
static const char *const sections_tu102[] = {".fwsignature_ga100", ".fwsignature_tu11x",
                                             ".fwsignature_tu10x", NULL};

struct elf {
    uint8_t *bytes;
    uint32_t at, names_bytes, count;
    char names[512];
    struct nvhw_elf64_section section[SECTIONS_MAX];
};

static void add_section(struct elf *elf, const char *name, const void *data, uint32_t size_bytes)
{
    struct nvhw_elf64_section *s = &elf->section[elf->count++];
    s->name = elf->names_bytes;
    s->type = 1;
    s->offset = elf->at;
    s->size = size_bytes;
    s->align = 1;
    memcpy(elf->names + elf->names_bytes, name, strlen(name) + 1);
    elf->names_bytes += (uint32_t)strlen(name) + 1;
    memcpy(elf->bytes + elf->at, data, size_bytes);
    elf->at = align(elf->at + size_bytes, 8);
}

static void add_signature(struct elf *elf, const char *name, uint64_t image_hash)
{
    uint8_t page[NV_GSP_SIGNATURE_SIZE] = {0};
    struct gpum_fwsignature s = {
        .head16 = GPUM_FWSIGNATURE_HEAD16,
        .head32 = GPUM_FWSIGNATURE_HEAD32,
        .magic = GPUM_SIGNATURE_MAGIC,
        .image_hash = image_hash,
    };
    strncpy(s.section, name, sizeof(s.section) - 1);
    memcpy(page, &s, sizeof(s));
    add_section(elf, name, page, sizeof(page));
}

static void add_image(struct elf *elf, uint64_t *hash)
{
    uint8_t *image = elf->bytes + elf->at;
    struct gpum_fwimage_header header = {GPUM_FWIMAGE_MAGIC, FWIMAGE_BYTES};
    gpum_pattern(FWIMAGE_BYTES, image, FWIMAGE_BYTES);
    memcpy(image, &header, sizeof(header));
    *hash = gpum_hash(gpum_hash_start(), image, FWIMAGE_BYTES);
    struct nvhw_elf64_section *s = &elf->section[elf->count];
    add_section(elf, ".fwimage", image, FWIMAGE_BYTES);
    s->align = IMAGE_ALIGN;
}

static void finish_elf(struct elf *elf, size_t *size_bytes)
{
    uint32_t names_at = elf->at, names_section = elf->count;
    struct nvhw_elf64_section *s = &elf->section[elf->count++];
    static const char name[] = ".shstrtab";
    *s = (struct nvhw_elf64_section){
        .name = elf->names_bytes, .type = 3, .offset = names_at, .align = 1};
    memcpy(elf->names + elf->names_bytes, name, sizeof(name));
    elf->names_bytes += (uint32_t)sizeof(name);
    s->size = elf->names_bytes;
    memcpy(elf->bytes + names_at, elf->names, elf->names_bytes);
    uint32_t table_at = align(names_at + elf->names_bytes, 8);
    memcpy(elf->bytes + table_at, elf->section, elf->count * sizeof(*s));
    struct nvhw_elf64_header h = {
        .magic = NV_ELF_MAGIC,
        .elf_class = NV_ELF_CLASS_64,
        .elf_data = NV_ELF_DATA_LITTLE_ENDIAN,
        .ident_version = 1,
        .type = 1,
        .machine = NV_ELF_MACHINE_RISCV,
        .version = 1,
        .section_offset = table_at,
        .header_size = sizeof(h),
        .section_entry_size = sizeof(*s),
        .section_count = (uint16_t)elf->count,
        .string_section = (uint16_t)names_section,
    };
    memcpy(elf->bytes, &h, sizeof(h));
    *size_bytes = table_at + elf->count * sizeof(*s);
}

static uint8_t *create_gsp(const struct gpum_chip *chip, size_t *size_bytes)
{
    const char *const *names = chip->libos_version == 3 ? sections_ga102 : sections_tu102;
    struct elf *elf = calloc(1, sizeof(*elf));
    uint64_t hash;
    if (!elf)
        return NULL;
    elf->bytes = calloc(1, FWIMAGE_BYTES + SECTIONS_MAX * NV_GSP_SIGNATURE_SIZE);
    if (elf->bytes) {
        elf->at = FWIMAGE_OFFSET;
        elf->count = 1; /* the null section */
        elf->names_bytes = 1;
        add_image(elf, &hash);
        add_section(elf, ".fwversion", VERSION_TEXT, sizeof(VERSION_TEXT));
        for (; *names; names++)
            add_signature(elf, *names, hash);
        finish_elf(elf, size_bytes);
    }
    uint8_t *bytes = elf->bytes;
    free(elf);
    return bytes;
}

/* ---- Files -------------------------------------------------------------------------------------
 */

const char *gpum_firmware_name(enum gpum_firmware_file file)
{
    static const char *const names[GPUM_FIRMWARE_FILE_COUNT] = {
        "gsp", "bootloader", "booter_load", "booter_unload", "gen_bootloader", "scrubber", "fmc"};
    return (unsigned)file < GPUM_FIRMWARE_FILE_COUNT ? names[file] : NULL;
}

uint8_t *gpum_firmware_create(const char *chip_name, enum gpum_firmware_file file,
                              size_t *size_bytes)
{
    const struct gpum_chip *chip = gpum_chip_find(chip_name);
    if (!chip)
        return NULL;
    bool fsp = chip->boot_class == GPUM_BOOT_FSP;
    switch (file) {
    case GPUM_FIRMWARE_GSP:
        return create_gsp(chip, size_bytes);
    case GPUM_FIRMWARE_BOOTLOADER:
        return create_bootloader(chip, size_bytes);
    case GPUM_FIRMWARE_BOOTER_LOAD:
        return fsp ? NULL : create_hs(chip, GPUM_UCODE_BOOTER_LOAD, size_bytes);
    case GPUM_FIRMWARE_BOOTER_UNLOAD:
        return fsp ? NULL : create_hs(chip, GPUM_UCODE_BOOTER_UNLOAD, size_bytes);
    case GPUM_FIRMWARE_GENERIC_LOADER:
        return chip->boot_class == GPUM_BOOT_LOADER ? create_generic_loader(size_bytes) : NULL;
    case GPUM_FIRMWARE_SCRUBBER:
        return chip->needs_scrubber ? create_hs(chip, GPUM_UCODE_SCRUBBER, size_bytes) : NULL;
    case GPUM_FIRMWARE_FMC:
        return fsp ? gpum_fmc_file(chip, size_bytes) : NULL;
    default:
        return NULL;
    }
}
