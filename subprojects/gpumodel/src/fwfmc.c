/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Makes an FMC file: ELF32 with the section table right behind the header, names in section 1,
 * and sections hash, signature, publickey, image, each with its CRC-32 in sh_info.
 */
#include "fwfmc.h"

#include <nvhw/firmware.h>
#include <stdlib.h>
#include <string.h>

#include "chip.h"
#include "fsp.h"
#include "sha384.h"
#include "ucode.h"

#define IMAGE_BYTES    0x8000u
#define SECTION_COUNT  6
#define SECTION_FLAGS  0xfff00102u
#define CRC_POLYNOMIAL 0xedb88320u
#define NAMES_AT                                                                                   \
    (sizeof(struct nvhw_elf32_header) + SECTION_COUNT * sizeof(struct nvhw_elf32_section))
#define NAMES_BYTES 0x40u
#define ALIGN_BYTES 4u
enum { SECTION_PROGBITS = 1, SECTION_STRTAB = 3 };

static uint32_t crc32(const uint8_t *bytes, uint32_t size_bytes)
{
    uint32_t crc = UINT32_MAX;
    for (uint32_t i = 0; i < size_bytes; i++) {
        crc ^= bytes[i];
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? CRC_POLYNOMIAL : 0);
    }
    return ~crc;
}

struct file {
    uint8_t *bytes;
    uint32_t at, names_used;
    unsigned count;
};

static struct nvhw_elf32_section *section(struct file *f, unsigned index)
{
    return (struct nvhw_elf32_section *)(f->bytes + sizeof(struct nvhw_elf32_header)) + index;
}

static void add_name(struct file *f, struct nvhw_elf32_section *s, const char *name)
{
    s->name = f->names_used;
    memcpy(f->bytes + NAMES_AT + f->names_used, name, strlen(name) + 1);
    f->names_used += (uint32_t)strlen(name) + 1;
}

static void add(struct file *f, const char *name, const uint8_t *data, uint32_t size_bytes)
{
    struct nvhw_elf32_section *s = section(f, f->count++);
    add_name(f, s, name);
    s->type = SECTION_PROGBITS;
    s->flags = SECTION_FLAGS;
    s->offset = f->at;
    s->size = size_bytes;
    s->info = crc32(data, size_bytes);
    memcpy(f->bytes + f->at, data, size_bytes);
    f->at += (size_bytes + ALIGN_BYTES - 1) / ALIGN_BYTES * ALIGN_BYTES;
}

static void begin(struct file *f)
{
    struct nvhw_elf32_header h = {
        .magic = NV_ELF_MAGIC,
        .elf_class = NV_ELF_CLASS_32,
        .elf_data = NV_ELF_DATA_LITTLE_ENDIAN,
        .ident_version = 1,
        .version = 1,
        .section_offset = sizeof(h),
        .header_size = sizeof(h),
        .section_entry_size = sizeof(struct nvhw_elf32_section),
        .section_count = SECTION_COUNT,
        .string_section = 1,
    };
    memcpy(f->bytes, &h, sizeof(h));
    f->names_used = 1;
    f->count = 2;
    f->at = NAMES_AT + NAMES_BYTES;
    struct nvhw_elf32_section *names = section(f, 1);
    add_name(f, names, ".shstrtab");
    names->type = SECTION_STRTAB;
    names->offset = NAMES_AT;
    names->size = NAMES_BYTES;
}

uint8_t *gpum_fmc_file(const struct gpum_chip *chip, size_t *size_bytes)
{
    static const uint32_t room = NAMES_AT + NAMES_BYTES + 0x800 + IMAGE_BYTES;
    struct gpum_fmc_header header = {.magic = GPUM_FMC_MAGIC, .size_bytes = IMAGE_BYTES};
    uint8_t hash[GPUM_SHA384_BYTES], block[NV_RSA3K_SIGNATURE_SIZE];
    struct file f = {.bytes = calloc(1, room)};
    uint8_t *image = malloc(IMAGE_BYTES);
    if (!f.bytes || !image) {
        free(f.bytes);
        free(image);
        return NULL;
    }
    strncpy(header.chip, chip->firmware_chip, sizeof(header.chip) - 1);
    gpum_pattern(IMAGE_BYTES, image, IMAGE_BYTES);
    memcpy(image, &header, sizeof(header));
    gpum_sha384(image, IMAGE_BYTES, hash);
    begin(&f);
    add(&f, "hash", hash, sizeof(hash));
    gpum_fmc_sign(hash, chip->firmware_chip, block, chip->fmc_signature_bytes);
    add(&f, "signature", block, chip->fmc_signature_bytes);
    gpum_fmc_key(chip->firmware_chip, block, chip->fmc_key_bytes);
    add(&f, "publickey", block, chip->fmc_key_bytes);
    add(&f, "image", image, IMAGE_BYTES);
    free(image);
    *size_bytes = f.at;
    return f.bytes;
}
