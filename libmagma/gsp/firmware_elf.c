/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The two ELF containers: GSP-RM (64 bit, relocatable, read by section name) and FMC (32 bit,
 * with a checksum of each section in its info field). Nothing is loaded or relocated here.
 */
#include "libmagma/gsp/firmware.h"

#include <nvhw/firmware.h>

#include "libmagma/core/status.h"

/* A section header of either width. */
struct section {
    uint64_t name, offset, size;
    uint32_t type, info;
};

struct elf {
    struct mg_bytes file;
    bool wide; /* 64 bit */
    uint64_t table_offset;
    uint32_t entry_size_bytes, count;
    struct mg_bytes names;
};

static bool read_section(const struct elf *elf, uint32_t index, struct section *out)
{
    uint64_t at = elf->table_offset + (uint64_t)index * elf->entry_size_bytes;
    struct nvhw_elf64_section s64;
    struct nvhw_elf32_section s32;

    if (elf->wide) {
        if (!mg_bytes_get(elf->file, at, &s64, sizeof s64))
            return false;
        *out = (struct section){s64.name, s64.offset, s64.size, s64.type, s64.info};
    } else {
        if (!mg_bytes_get(elf->file, at, &s32, sizeof s32))
            return false;
        *out = (struct section){s32.name, s32.offset, s32.size, s32.type, s32.info};
    }
    return true;
}

static enum magma_code bad_elf(struct magma_error *err, const char *what)
{
    return mg_fail(err, MAGMA_BAD_FIRMWARE, "ELF: %s", what);
}

static enum magma_code open_elf(struct mg_bytes file, bool wide, struct elf *elf,
                                struct magma_error *err)
{
    struct nvhw_elf64_header h64;
    struct nvhw_elf32_header h32;
    struct section names;
    uint16_t names_index;

    *elf = (struct elf){.file = file, .wide = wide};
    if (!mg_bytes_get(file, 0, &h32, sizeof h32) || h32.magic != NV_ELF_MAGIC)
        return bad_elf(err, "no ELF header");
    if (h32.elf_class != (wide ? NV_ELF_CLASS_64 : NV_ELF_CLASS_32) ||
        h32.elf_data != NV_ELF_DATA_LITTLE_ENDIAN)
        return bad_elf(err, "wrong width or byte order");
    if (wide) {
        if (!mg_bytes_get(file, 0, &h64, sizeof h64))
            return bad_elf(err, "the header is cut off");
        elf->table_offset = h64.section_offset;
        elf->entry_size_bytes = h64.section_entry_size;
        elf->count = h64.section_count;
        names_index = h64.string_section;
        if (h64.machine != NV_ELF_MACHINE_RISCV)
            return bad_elf(err, "not for RISC-V");
    } else {
        elf->table_offset = h32.section_offset;
        elf->entry_size_bytes = h32.section_entry_size;
        elf->count = h32.section_count;
        names_index = h32.string_section;
    }
    if (elf->entry_size_bytes <
            (wide ? sizeof(struct nvhw_elf64_section) : sizeof(struct nvhw_elf32_section)) ||
        !mg_bytes_has(file, elf->table_offset, (uint64_t)elf->count * elf->entry_size_bytes))
        return bad_elf(err, "the section table is outside the file");
    if (names_index >= elf->count || !read_section(elf, names_index, &names) ||
        !mg_bytes_part(file, names.offset, names.size, &elf->names))
        return bad_elf(err, "the section names are outside the file");
    return MAGMA_OK;
}

static bool named(const struct elf *elf, uint64_t name, const char *want)
{
    size_t length = strlen(want) + 1;

    return mg_bytes_has(elf->names, name, length) &&
           memcmp(elf->names.data + name, want, length) == 0;
}

/* A section's bytes by its name; *info (may be NULL) gets its info field. */
static enum magma_code find_section(const struct elf *elf, const char *name, struct mg_bytes *out,
                                    uint32_t *info, struct magma_error *err)
{
    struct section s;

    for (uint32_t i = 0; i < elf->count; i++) {
        if (!read_section(elf, i, &s) || !named(elf, s.name, name))
            continue;
        if (s.type == NV_ELF_SECTION_TYPE_NOBITS ||
            !mg_bytes_part(elf->file, s.offset, s.size, out))
            return mg_fail(err, MAGMA_BAD_FIRMWARE, "ELF: section %s is outside the file", name);
        if (info)
            *info = s.info;
        return MAGMA_OK;
    }
    return mg_fail(err, MAGMA_BAD_FIRMWARE, "ELF: no section %s", name);
}

enum magma_code mg_fw_gsp(struct mg_bytes file, const char *section, struct mg_fw_gsp *out,
                          struct magma_error *err)
{
    struct mg_bytes version = {0};
    struct elf elf;
    enum magma_code code;

    memset(out, 0, sizeof *out);
    code = open_elf(file, true, &elf, err);
    if (code == MAGMA_OK)
        code = find_section(&elf, ".fwimage", &out->image, NULL, err);
    if (code == MAGMA_OK)
        code = find_section(&elf, ".fwversion", &version, NULL, err);
    if (code == MAGMA_OK)
        code = find_section(&elf, section, &out->signature, NULL, err);
    if (code != MAGMA_OK)
        return code;
    if (!version.size || version.size > sizeof out->version || version.data[version.size - 1] != 0)
        return bad_elf(err, "the version is not a short string");
    memcpy(out->version, version.data, version.size);
    if (!out->image.size)
        return bad_elf(err, "the image is empty");
    if (out->signature.size != NV_GSP_SIGNATURE_SIZE)
        return mg_fail(err, MAGMA_BAD_FIRMWARE, "ELF: %s has 0x%zx bytes (want 0x%x)", section,
                       out->signature.size, NV_GSP_SIGNATURE_SIZE);
    return MAGMA_OK;
}

/* CRC-32 as zip has it. */
static uint32_t crc32_of(struct mg_bytes bytes)
{
    const uint32_t polynomial = 0xedb88320u;
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < bytes.size; i++) {
        crc ^= bytes.data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? polynomial : 0);
    }
    return ~crc;
}

enum magma_code mg_fw_fmc(struct mg_bytes file, struct mg_fw_fmc *out, struct magma_error *err)
{
    struct {
        const char *name;
        struct mg_bytes *bytes;
    } parts[] = {{"image", &out->image},
                 {"hash", &out->hash},
                 {"publickey", &out->public_key},
                 {"signature", &out->signature}};
    struct elf elf;
    enum magma_code code;

    memset(out, 0, sizeof *out);
    code = open_elf(file, false, &elf, err);
    for (size_t i = 0; code == MAGMA_OK && i < sizeof parts / sizeof parts[0]; i++) {
        uint32_t want = 0, found;

        code = find_section(&elf, parts[i].name, parts[i].bytes, &want, err);
        if (code != MAGMA_OK)
            break;
        found = crc32_of(*parts[i].bytes);
        if (found != want || !parts[i].bytes->size)
            code = mg_fail(err, MAGMA_BAD_FIRMWARE, "section %s: checksum 0x%08x, should be 0x%08x",
                           parts[i].name, found, want);
    }
    return code;
}
