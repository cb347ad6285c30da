/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Builds the ROM: base image with BIT, an EFI image (so that pointers past the base image need
 * their correction), a first extension image with the ucode table, a second with FWSEC.
 *
 * Addresses in the tables count from the base image as if the extension images followed it at
 * once; `place` below keeps both counts.
 */
#include "vbios.h"

#include <nvhw/pci.h>
#include <nvhw/vbios.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "chip.h"
#include "ucode.h"

#define BASE_BYTES         0x8000u
#define EFI_BYTES          0x2000u
#define EXTENSION_BYTES    0x1000u
#define FWSEC_IMAGE_BYTES  0x8000u
#define IFR_FIXED_BYTES    0x14u
#define IFR_BYTES          0x400u
#define PCIR_OFFSET        0x40u
#define BIT_OFFSET         0x1b0u
#define FALCON_DATA_OFFSET 0x300u
#define BIOS_DATA_OFFSET   0x310u
#define TABLE_OFFSET       0x100u /* in the first extension image */
#define DESCRIPTOR_OFFSET  0x100u /* in the second */
#define BIOS_VERSION       0x94020000u

/* FWSEC's segments. */
#define CODE_BYTES         0x2000u
#define DATA_BYTES         0x1000u
#define CODE_VIRTUAL       0x0u
#define INTERFACE_OFFSET   0x200u
#define MAPPER_OFFSET      0x240u
#define COMMAND_OFFSET     0x300u
#define COMMAND_BYTES      0x100u
#define RESULT_OFFSET      0x400u
#define SIGNATURE_OFFSET   0x600u
/* Fuse versions that there is a signature for, as a mask. */
#define SIGNATURE_VERSIONS 0xbu
#define SIGNATURE_COUNT    3u

struct rom {
    uint8_t *bytes;
    const struct gpum_chip *chip;
    uint32_t start; /* of the base image */
};

/* An image: header, PCIR, NPDE. Real images carry both lengths; NPDE wins. */
static void put_image(struct rom *rom, uint32_t at, uint32_t size_bytes, uint8_t code_type,
                      bool last)
{
    uint8_t *image = rom->bytes + at;
    uint16_t signature = NV_PCI_ROM_SIGNATURE, pointer = PCIR_OFFSET;
    memcpy(image, &signature, sizeof(signature));
    memcpy(image + NV_PCI_ROM_PCIR_POINTER_OFFSET, &pointer, sizeof(pointer));
    struct nvhw_pcir pcir = {
        .signature = NV_PCIR_SIGNATURE,
        .vendor_id = NV_PCI_VENDOR_ID_NVIDIA,
        .device_id = rom->chip->device_id,
        .length = sizeof(pcir),
        .revision = 3,
        .class_code = {0, 0, 3},
        .image_length = (uint16_t)(size_bytes / NV_PCI_ROM_BLOCK_SIZE_BYTES),
        .code_type = code_type,
        .indicator = last ? NV_PCIR_INDICATOR_LAST : 0,
    };
    memcpy(image + PCIR_OFFSET, &pcir, sizeof(pcir));
    struct nvhw_npde npde = {
        .signature = NV_NPDE_SIGNATURE,
        .revision = NV_NPDE_REVISION_1,
        .length = sizeof(npde),
        .subimage_length = (uint16_t)(size_bytes / NV_PCI_ROM_BLOCK_SIZE_BYTES),
        .last = last ? NV_NPDE_LAST : 0,
    };
    uint32_t npde_at = PCIR_OFFSET + (uint32_t)sizeof(pcir);
    npde_at = (npde_at + NV_NPDE_ALIGN_BYTES - 1) / NV_NPDE_ALIGN_BYTES * NV_NPDE_ALIGN_BYTES;
    memcpy(image + npde_at, &npde, sizeof(npde));
}

static uint8_t byte_sum(const void *data, size_t size_bytes)
{
    const uint8_t *bytes = data;
    uint8_t sum = 0;
    for (size_t i = 0; i < size_bytes; i++)
        sum = (uint8_t)(sum + bytes[i]);
    return sum;
}

static void put_bit(struct rom *rom, uint32_t table_pointer)
{
    uint8_t *base = rom->bytes + rom->start;
    struct nvhw_bit_header header = {
        .id = NV_BIT_HEADER_ID,
        .signature = NV_BIT_HEADER_SIGNATURE,
        .bcd_version = 0x100,
        .header_size = sizeof(header),
        .token_size = sizeof(struct nvhw_bit_token_v2),
        .token_count = 3,
    };
    struct nvhw_bit_token_v2 tokens[] = {
        {NV_BIT_TOKEN_BIOSDATA, 2, sizeof(struct nvhw_bit_biosdata), BIOS_DATA_OFFSET},
        {NV_BIT_TOKEN_FALCON_DATA, NV_BIT_TOKEN_FALCON_DATA_VERSION,
         sizeof(struct nvhw_bit_falcon_data), FALCON_DATA_OFFSET},
        {0, 0, 0, 0},
    };
    struct nvhw_bit_biosdata bios = {.bios_version = BIOS_VERSION, .oem_version = 1};
    struct nvhw_bit_falcon_data falcon = {.falcon_ucode_table_pointer = table_pointer};
    memcpy(base + BIT_OFFSET, &header, sizeof(header));
    base[BIT_OFFSET + offsetof(struct nvhw_bit_header, checksum)] =
        (uint8_t)-byte_sum(base + BIT_OFFSET, sizeof(header));
    memcpy(base + BIT_OFFSET + sizeof(header), tokens, sizeof(tokens));
    memcpy(base + BIOS_DATA_OFFSET, &bios, sizeof(bios));
    memcpy(base + FALCON_DATA_OFFSET, &falcon, sizeof(falcon));
}

static void put_table(uint8_t *at, uint32_t descriptor_pointer, bool v3)
{
    uint8_t descriptor_bytes =
        v3 ? sizeof(struct nvhw_falcon_ucode_desc_v3) : sizeof(struct nvhw_falcon_ucode_desc_v2);
    struct nvhw_falcon_ucode_table_header header = {
        .version = NV_FALCON_UCODE_TABLE_VERSION,
        .header_size = sizeof(header),
        .entry_size = sizeof(struct nvhw_falcon_ucode_table_entry),
        .entry_count = 3,
        .descriptor_version = v3 ? 3 : 2,
        .descriptor_size = descriptor_bytes,
    };
    /* The debug ucode's descriptor is no descriptor: a production part must not take it. */
    struct nvhw_falcon_ucode_table_entry entries[] = {
        {NV_FALCON_APPLICATION_FIRMWARE_SEC_LIC, 7, descriptor_pointer + FWSEC_IMAGE_BYTES / 2},
        {NV_FALCON_APPLICATION_FWSEC_DBG, 7, descriptor_pointer + FWSEC_IMAGE_BYTES / 2},
        {NV_FALCON_APPLICATION_FWSEC_PROD, 7, descriptor_pointer},
    };
    memcpy(at, &header, sizeof(header));
    memcpy(at + sizeof(header), entries, sizeof(entries));
}

static void fwsec_identity(const struct gpum_chip *chip, bool v3, struct gpum_ucode_identity *id)
{
    *id = (struct gpum_ucode_identity){
        .magic = GPUM_UCODE_MAGIC,
        .kind = GPUM_UCODE_FWSEC,
        .code_bytes = CODE_BYTES,
        .data_bytes = DATA_BYTES,
        .signature_offset = SIGNATURE_OFFSET,
        .signature_bytes = v3 ? NV_FWSEC_SIGNATURE_SIZE_BYTES : 0,
        .mutable_range = {{COMMAND_OFFSET, COMMAND_BYTES},
                          {MAPPER_OFFSET + offsetof(struct nvhw_dmem_mapper, init_cmd), 4}},
    };
    strncpy(id->chip, chip->firmware_chip, sizeof(id->chip) - 1);
}

static void put_interface(uint8_t *data)
{
    struct nvhw_falcon_appif_header header = {
        .version = NV_FALCON_APPIF_VERSION,
        .header_size = sizeof(header),
        .entry_size = sizeof(struct nvhw_falcon_appif_entry),
        .entry_count = 2,
    };
    struct nvhw_falcon_appif_entry entries[] = {
        {1, RESULT_OFFSET},
        {NV_FALCON_APPIF_ID_DMEMMAPPER, MAPPER_OFFSET},
    };
    struct nvhw_dmem_mapper mapper = {
        .signature = NV_DMEM_MAPPER_SIGNATURE,
        .version = NV_DMEM_MAPPER_VERSION,
        .size = sizeof(mapper),
        .cmd_in_buffer_offset = COMMAND_OFFSET,
        .cmd_in_buffer_size = COMMAND_BYTES,
        .cmd_out_buffer_offset = RESULT_OFFSET,
        .cmd_out_buffer_size = COMMAND_BYTES,
        .ucode_cmd_mask0 = 1u << NV_FWSEC_COMMAND_FRTS | 1u << NV_FWSEC_COMMAND_SB,
    };
    memcpy(data + INTERFACE_OFFSET, &header, sizeof(header));
    memcpy(data + INTERFACE_OFFSET + sizeof(header), entries, sizeof(entries));
    memcpy(data + MAPPER_OFFSET, &mapper, sizeof(mapper));
}

static uint32_t descriptor_word(uint32_t version, uint32_t size_bytes)
{
    return NVHW_NUM(NV_FALCON_UCODE_DESC_HEADER, VERSION_AVAILABLE, 1) |
           NVHW_NUM(NV_FALCON_UCODE_DESC_HEADER, VERSION, version) |
           NVHW_NUM(NV_FALCON_UCODE_DESC_HEADER, SIZE, size_bytes);
}

/* Descriptor V3, one signature per fuse version, code, data. */
static void put_fwsec_v3(struct rom *rom, uint8_t *at)
{
    struct gpum_ucode_identity id;
    uint32_t signatures_bytes = SIGNATURE_COUNT * NV_FWSEC_SIGNATURE_SIZE_BYTES;
    struct nvhw_falcon_ucode_desc_v3 desc = {
        .desc = descriptor_word(NV_FALCON_UCODE_DESC_HEADER_VERSION_V3,
                                (uint32_t)sizeof(desc) + signatures_bytes),
        .stored_size = CODE_BYTES + DATA_BYTES,
        .pkc_data_offset = SIGNATURE_OFFSET,
        .interface_offset = INTERFACE_OFFSET,
        .imem_load_size = CODE_BYTES,
        .imem_virt_base = CODE_VIRTUAL,
        .dmem_load_size = DATA_BYTES,
        .engine_id_mask = (uint16_t)rom->chip->fwsec_engine_mask,
        .ucode_id = (uint8_t)rom->chip->fwsec_ucode_id,
        .signature_count = SIGNATURE_COUNT,
        .signature_versions = SIGNATURE_VERSIONS,
    };
    fwsec_identity(rom->chip, true, &id);
    uint8_t *code = at + sizeof(desc) + signatures_bytes, *data = code + CODE_BYTES;
    gpum_ucode_fill(&id, code, data);
    put_interface(data);
    memcpy(at, &desc, sizeof(desc));
    uint8_t *signature = at + sizeof(desc);
    for (uint32_t version = 0; version < 16; version++) {
        if (!(SIGNATURE_VERSIONS & (1u << version)))
            continue;
        struct gpum_sign_key key = {version, desc.engine_id_mask, desc.ucode_id};
        gpum_ucode_sign(&id, code, data, &key, signature, NV_FWSEC_SIGNATURE_SIZE_BYTES);
        signature += NV_FWSEC_SIGNATURE_SIZE_BYTES;
    }
}

/* Descriptor V2: no signature on the host's side. */
static void put_fwsec_v2(struct rom *rom, uint8_t *at)
{
    struct gpum_ucode_identity id;
    struct nvhw_falcon_ucode_desc_v2 desc = {
        .desc = descriptor_word(NV_FALCON_UCODE_DESC_HEADER_VERSION_V2, sizeof(desc)),
        .stored_size = CODE_BYTES + DATA_BYTES,
        .uncompressed_size = CODE_BYTES + DATA_BYTES,
        .virtual_entry = CODE_VIRTUAL,
        .interface_offset = INTERFACE_OFFSET,
        .imem_load_size = CODE_BYTES,
        .imem_virt_base = CODE_VIRTUAL,
        .imem_sec_base = CODE_VIRTUAL + CODE_BYTES / 2,
        .imem_sec_size = CODE_BYTES / 2,
        .dmem_offset = CODE_BYTES,
        .dmem_load_size = DATA_BYTES,
    };
    fwsec_identity(rom->chip, false, &id);
    uint8_t *code = at + sizeof(desc), *data = code + CODE_BYTES;
    gpum_ucode_fill(&id, code, data);
    put_interface(data);
    memcpy(at, &desc, sizeof(desc));
}

/* The header in front of the images on boards that have one. */
static void put_ifr(struct rom *rom, unsigned version)
{
    uint32_t words[3] = {
        NV_PBUS_IFR_FMT_FIXED0_SIGNATURE_VALUE,
        NVHW_NUM(NV_PBUS_IFR_FMT_FIXED1, VERSIONSW, version) |
            NVHW_NUM(NV_PBUS_IFR_FMT_FIXED1, FIXED_DATA_SIZE, IFR_FIXED_BYTES),
        NVHW_NUM(NV_PBUS_IFR_FMT_FIXED2, TOTAL_DATA_SIZE, IFR_BYTES / 2),
    };
    memcpy(rom->bytes, words, sizeof(words));
    if (version < 3) {
        memcpy(rom->bytes + IFR_FIXED_BYTES + NV_VBIOS_IFR_IMAGE_OFFSET, &rom->start,
               sizeof(rom->start));
        return;
    }
    uint32_t status = IFR_BYTES, signature = NV_ROM_DIRECTORY_SIGNATURE;
    uint8_t *directory = rom->bytes + status + NV_ROM_DIRECTORY_OFFSET;
    memcpy(rom->bytes + IFR_BYTES / 2, &status, sizeof(status));
    memcpy(directory, &signature, sizeof(signature));
    memcpy(directory + NV_ROM_DIRECTORY_IMAGE_OFFSET, &rom->start, sizeof(rom->start));
}

static void finish_base_checksum(struct rom *rom)
{
    uint8_t *base = rom->bytes + rom->start;
    base[BASE_BYTES - 1] = (uint8_t)-byte_sum(base, BASE_BYTES - 1);
}

uint8_t *gpum_vbios_create(const struct gpum_chip *chip, uint64_t seed, size_t *size_bytes)
{
    static const unsigned ifr_versions[] = {0, 1, 3, 2};
    unsigned ifr = ifr_versions[seed % 4];
    struct rom rom = {.chip = chip, .start = ifr ? 0x2000 : 0};
    uint32_t efi = rom.start + BASE_BYTES, first = efi + EFI_BYTES;
    uint32_t second = first + EXTENSION_BYTES;
    bool v3 = chip->boot_class == GPUM_BOOT_BROM;
    *size_bytes = second + FWSEC_IMAGE_BYTES;
    rom.bytes = calloc(1, *size_bytes);
    if (!rom.bytes)
        return NULL;
    if (ifr)
        put_ifr(&rom, ifr);
    put_image(&rom, rom.start, BASE_BYTES, NV_VBIOS_CODE_TYPE_PC_AT, false);
    put_image(&rom, efi, EFI_BYTES, NV_VBIOS_CODE_TYPE_EFI, false);
    put_image(&rom, first, EXTENSION_BYTES, NV_VBIOS_CODE_TYPE_EXTENSION, false);
    put_image(&rom, second, FWSEC_IMAGE_BYTES, NV_VBIOS_CODE_TYPE_EXTENSION, true);
    /* The tables count as if the EFI image were not there. */
    put_bit(&rom, BASE_BYTES + TABLE_OFFSET);
    put_table(rom.bytes + first + TABLE_OFFSET, BASE_BYTES + EXTENSION_BYTES + DESCRIPTOR_OFFSET,
              v3);
    if (v3)
        put_fwsec_v3(&rom, rom.bytes + second + DESCRIPTOR_OFFSET);
    else
        put_fwsec_v2(&rom, rom.bytes + second + DESCRIPTOR_OFFSET);
    finish_base_checksum(&rom);
    return rom.bytes;
}
