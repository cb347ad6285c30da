/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Builds the ROM of rom.h. */
#include "tests/gsp/rom.h"

#include <string.h>

#include <nvhw/vbios.h>

enum {
    BASE_BYTES = 0x800,
    EFI_BYTES = 0x400,
    EXT1_BYTES = 0x200,
    EXT2_BYTES = 0x2000,
    PCIR_AT = 0x40,
    BIT_AT = 0x1b0,
    CODE_BYTES = 0x300,
    DATA_BYTES = 0x400,
    INTERFACE_AT = 0x200, /* in the data */
    MAPPER_AT = 0x240,
    COMMAND_AT = 0x300,
    SIGNATURE_AT = 0x10,
    SIGNATURES = 2,
    SIGNATURE_BYTES = SIGNATURES * NV_FWSEC_SIGNATURE_SIZE_BYTES,
};

void rom_put8(struct rom *rom, uint32_t offset, uint8_t value)
{
    rom->bytes[offset] = value;
}

void rom_put16(struct rom *rom, uint32_t offset, uint16_t value)
{
    memcpy(rom->bytes + offset, &value, sizeof value);
}

void rom_put32(struct rom *rom, uint32_t offset, uint32_t value)
{
    memcpy(rom->bytes + offset, &value, sizeof value);
}

static void image(struct rom *rom, uint32_t at, uint8_t type, uint32_t size, bool last,
                  const struct rom_options *options)
{
    struct nvhw_pcir pcir = {.signature = NV_PCIR_SIGNATURE,
                             .vendor_id = 0x10de,
                             .length = sizeof pcir,
                             .image_length = (uint16_t)(size / NV_PCI_ROM_BLOCK_SIZE_BYTES),
                             .code_type = type,
                             .indicator = last ? NV_PCIR_INDICATOR_LAST : 0};
    struct nvhw_npde npde = {.signature = NV_NPDE_SIGNATURE,
                             .revision = NV_NPDE_REVISION_1,
                             .length = sizeof npde,
                             .subimage_length = pcir.image_length,
                             .last = last ? NV_NPDE_LAST : 0};

    rom_put16(rom, at, NV_PCI_ROM_SIGNATURE);
    rom_put16(rom, at + NV_PCI_ROM_PCIR_POINTER_OFFSET, PCIR_AT);
    if (options->npde) {
        pcir.image_length = 1;
        pcir.indicator = NV_PCIR_INDICATOR_LAST;
        memcpy(rom->bytes + at + PCIR_AT + 0x20, &npde, sizeof npde);
    }
    memcpy(rom->bytes + at + PCIR_AT, &pcir, sizeof pcir);
}

/* Pointer as the BIT data has it: the first extension image follows the base image. */
static uint32_t pointer_to(const struct rom *rom, uint32_t offset)
{
    return offset - rom->image0 - rom->extension + rom->base_size;
}

static void bit(struct rom *rom, const struct rom_options *options)
{
    uint8_t token_size = options->wide_tokens ? 8 : 6;
    struct nvhw_bit_header header = {.id = NV_BIT_HEADER_ID,
                                     .signature = NV_BIT_HEADER_SIGNATURE,
                                     .bcd_version = 0x100,
                                     .header_size = sizeof header,
                                     .token_size = token_size,
                                     .token_count = 2};
    uint32_t version_data = rom->image0 + 0x300;

    rom->bit = rom->image0 + BIT_AT;
    rom->falcon_data = rom->image0 + 0x320;
    memcpy(rom->bytes + rom->bit, &header, sizeof header);
    for (unsigned i = 0; i < 2; i++) {
        uint32_t at = rom->bit + (uint32_t)sizeof header + i * token_size;
        uint32_t data = (i ? rom->falcon_data : version_data) - rom->image0;

        rom_put8(rom, at, i ? NV_BIT_TOKEN_FALCON_DATA : NV_BIT_TOKEN_BIOSDATA);
        rom_put8(rom, at + 1, 2);
        rom_put16(rom, at + 2, i ? 4 : 5);
        if (options->wide_tokens)
            rom_put32(rom, at + 4, data);
        else
            rom_put16(rom, at + 4, (uint16_t)data);
        if (i)
            rom->token = at;
    }
    rom_put32(rom, version_data, 0x94024200);
    rom_put8(rom, version_data + 4, 0xa9);
    rom_put32(rom, rom->falcon_data, pointer_to(rom, rom->table));
    rom_fix_bit(rom);
}

void rom_fix_bit(struct rom *rom)
{
    uint8_t sum = 0;

    rom->bytes[rom->bit + 0xb] = 0;
    for (unsigned i = 0; i < rom->bytes[rom->bit + 8]; i++)
        sum = (uint8_t)(sum + rom->bytes[rom->bit + i]);
    rom->bytes[rom->bit + 0xb] = (uint8_t)-sum;
}

static void table(struct rom *rom)
{
    struct nvhw_falcon_ucode_table_header header = {.version = NV_FALCON_UCODE_TABLE_VERSION,
                                                    .header_size = sizeof header,
                                                    .entry_size = 6,
                                                    .entry_count = 3};
    static const uint8_t applications[] = {0x05, 0x45, 0x85};

    memcpy(rom->bytes + rom->table, &header, sizeof header);
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t at = rom->table + (uint32_t)sizeof header + i * header.entry_size;

        rom_put8(rom, at, applications[i]);
        rom_put32(rom, at + 2, i == 2 ? pointer_to(rom, rom->descriptor) : 0xffffff);
    }
}

static void descriptor(struct rom *rom, bool v2)
{
    uint32_t size = v2 ? sizeof(struct nvhw_falcon_ucode_desc_v2)
                       : sizeof(struct nvhw_falcon_ucode_desc_v3) + SIGNATURE_BYTES;
    uint32_t head = 1 | (v2 ? 2u : 3u) << 8 | size << 16;

    rom->code = rom->descriptor + size;
    rom->data = rom->code + CODE_BYTES;
    if (v2) {
        struct nvhw_falcon_ucode_desc_v2 d = {.desc = head,
                                              .stored_size = CODE_BYTES + DATA_BYTES,
                                              .virtual_entry = 0x200,
                                              .interface_offset = INTERFACE_AT,
                                              .imem_load_size = CODE_BYTES,
                                              .imem_sec_base = 0x200,
                                              .imem_sec_size = 0x100,
                                              .dmem_offset = CODE_BYTES,
                                              .dmem_load_size = DATA_BYTES};
        memcpy(rom->bytes + rom->descriptor, &d, sizeof d);
    } else {
        struct nvhw_falcon_ucode_desc_v3 d = {.desc = head,
                                              .stored_size = CODE_BYTES + DATA_BYTES,
                                              .pkc_data_offset = SIGNATURE_AT,
                                              .interface_offset = INTERFACE_AT,
                                              .imem_load_size = CODE_BYTES,
                                              .dmem_load_size = DATA_BYTES,
                                              .engine_id_mask = 0x400,
                                              .ucode_id = 9,
                                              .signature_count = SIGNATURES,
                                              .signature_versions = 0xa}; /* versions 1 and 3 */
        memcpy(rom->bytes + rom->descriptor, &d, sizeof d);
        for (uint32_t i = 0; i < SIGNATURES; i++)
            memset(rom->bytes + rom->descriptor + sizeof d +
                       (size_t)i * NV_FWSEC_SIGNATURE_SIZE_BYTES,
                   0x51 + (int)i, NV_FWSEC_SIGNATURE_SIZE_BYTES);
    }
    memset(rom->bytes + rom->code, 0xc0, CODE_BYTES);
    memset(rom->bytes + rom->data, 0xda, DATA_BYTES);
}

static void program_data(struct rom *rom)
{
    struct nvhw_falcon_appif_header header = {NV_FALCON_APPIF_VERSION, sizeof header, 8, 2};
    struct nvhw_falcon_appif_entry entries[2] = {{1, 0x280},
                                                 {NV_FALCON_APPIF_ID_DMEMMAPPER, MAPPER_AT}};
    struct nvhw_dmem_mapper mapper = {.signature = NV_DMEM_MAPPER_SIGNATURE,
                                      .version = NV_DMEM_MAPPER_VERSION,
                                      .size = sizeof mapper,
                                      .cmd_in_buffer_offset = COMMAND_AT,
                                      .cmd_in_buffer_size = 0x40};

    rom->interface = rom->data + INTERFACE_AT;
    rom->mapper = rom->data + MAPPER_AT;
    memcpy(rom->bytes + rom->interface, &header, sizeof header);
    memcpy(rom->bytes + rom->interface + sizeof header, entries, sizeof entries);
    memcpy(rom->bytes + rom->mapper, &mapper, sizeof mapper);
}

static void ifr_header(struct rom *rom, unsigned version)
{
    rom_put32(rom, 0, NV_PBUS_IFR_FMT_FIXED0_SIGNATURE_VALUE);
    rom_put32(rom, 4, version << 8 | 0x40u << 16);
    rom_put32(rom, 8, 0x100);
    if (version < 3) {
        rom_put32(rom, 0x40 + NV_VBIOS_IFR_IMAGE_OFFSET, rom->image0);
        return;
    }
    rom_put32(rom, 0x100, 0x200);
    rom_put32(rom, 0x200 + NV_ROM_DIRECTORY_OFFSET, NV_ROM_DIRECTORY_SIGNATURE);
    rom_put32(rom, 0x200 + NV_ROM_DIRECTORY_OFFSET + NV_ROM_DIRECTORY_IMAGE_OFFSET, rom->image0);
}

void rom_build(struct rom *rom, const struct rom_options *options)
{
    memset(rom, 0, sizeof *rom);
    rom->image0 = options->ifr ? 0x1400 : 0;
    rom->base_size = BASE_BYTES;
    rom->extension = BASE_BYTES + EFI_BYTES;
    rom->pcir0 = rom->image0 + PCIR_AT;
    rom->last_image = rom->image0 + rom->extension + EXT1_BYTES;
    rom->table = rom->last_image + 0x100;
    rom->descriptor = rom->last_image + 0x200;
    rom->size = rom->last_image + EXT2_BYTES;
    image(rom, rom->image0, NV_VBIOS_CODE_TYPE_PC_AT, BASE_BYTES, false, options);
    image(rom, rom->image0 + BASE_BYTES, NV_VBIOS_CODE_TYPE_EFI, EFI_BYTES, false, options);
    image(rom, rom->image0 + rom->extension, NV_VBIOS_CODE_TYPE_EXTENSION, EXT1_BYTES, false,
          options);
    image(rom, rom->last_image, NV_VBIOS_CODE_TYPE_EXTENSION, EXT2_BYTES, true, options);
    table(rom);
    descriptor(rom, options->v2);
    program_data(rom);
    bit(rom, options);
    if (options->ifr)
        ifr_header(rom, options->ifr);
}

struct mg_bytes rom_bytes(const struct rom *rom)
{
    return (struct mg_bytes){rom->bytes, rom->size};
}
