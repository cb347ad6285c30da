/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Finds FWSEC in the ROM: BIT table of the base image -> falcon ucode table -> descriptor ->
 * program and signatures, and in the program's data the DMEM mapper through which it takes its
 * command. Every pointer is checked against the ROM or the part it points into.
 */
#include "libmagma/gsp/vbios.h"

#include <stdio.h>

#include <nvhw/boot.h>
#include <nvhw/vbios.h>

#include "libmagma/core/status.h"

/* The images, from image 0 to the end of the last. */
static struct mg_bytes images(struct mg_bytes rom, const struct mg_vbios_map *map)
{
    struct mg_bytes all = {0};

    mg_bytes_part(rom, map->image_offset, map->end_offset, &all);
    return all;
}

/* A pointer of the BIT data as an offset from image 0. */
static uint64_t expand(const struct mg_vbios_map *map, uint32_t pointer)
{
    if (pointer < map->base_size_bytes)
        return pointer;
    return (uint64_t)pointer - map->base_size_bytes + map->extension_offset;
}

static bool bit_at(struct mg_bytes base, size_t at, struct nvhw_bit_header *bit)
{
    uint8_t sum = 0;

    if (!mg_bytes_get(base, at, bit, sizeof *bit) || bit->id != NV_BIT_HEADER_ID ||
        bit->signature != NV_BIT_HEADER_SIGNATURE || bit->header_size < sizeof *bit ||
        !mg_bytes_has(base, at, bit->header_size))
        return false;
    for (size_t i = 0; i < bit->header_size; i++)
        sum = (uint8_t)(sum + base.data[at + i]);
    return sum == 0;
}

/* The data of a BIT token; false when there is no such token with a table that makes sense. */
static bool find_token(struct mg_bytes base, uint8_t id, struct nvhw_bit_token_v2 *token,
                       uint64_t *pointer)
{
    struct nvhw_bit_token_v2_long wide;
    struct nvhw_bit_header bit;
    size_t at = 0;

    while (at < base.size && !bit_at(base, at, &bit))
        at++;
    if (at >= base.size || bit.token_size < sizeof *token)
        return false;
    for (unsigned i = 0; i < bit.token_count; i++) {
        uint64_t where = at + bit.header_size + (uint64_t)i * bit.token_size;

        if (!mg_bytes_get(base, where, token, sizeof *token))
            return false;
        *pointer = token->data_pointer;
        if (bit.token_size >= sizeof wide) {
            if (!mg_bytes_get(base, where, &wide, sizeof wide))
                return false;
            *pointer = wide.data_pointer;
        }
        if (token->id == id)
            return true;
    }
    return false;
}

static enum magma_code find_table(struct mg_bytes all, const struct mg_vbios_map *map,
                                  uint64_t *table, struct magma_error *err)
{
    struct mg_bytes base = {0};
    struct nvhw_bit_token_v2 token;
    struct nvhw_bit_falcon_data falcon;
    uint64_t pointer;

    mg_bytes_part(all, 0, map->base_size_bytes, &base);
    if (!find_token(base, NV_BIT_TOKEN_FALCON_DATA, &token, &pointer))
        return mg_fail(err, MAGMA_BAD_VBIOS, "no BIT table with a falcon data token (0x70)");
    if (token.version != NV_BIT_TOKEN_FALCON_DATA_VERSION || token.data_size < sizeof falcon)
        return mg_fail(err, MAGMA_BAD_VBIOS, "falcon data token of version %u, size %u",
                       token.version, token.data_size);
    if (!mg_bytes_get(all, pointer, &falcon, sizeof falcon))
        return mg_fail(err, MAGMA_BAD_VBIOS, "falcon data at 0x%llx is outside the ROM",
                       (unsigned long long)pointer);
    *table = expand(map, falcon.falcon_ucode_table_pointer);
    return MAGMA_OK;
}

static enum magma_code find_descriptor(struct mg_bytes all, const struct mg_vbios_map *map,
                                       uint64_t table, uint8_t application, uint64_t *descriptor,
                                       struct magma_error *err)
{
    struct nvhw_falcon_ucode_table_header header;
    struct nvhw_falcon_ucode_table_entry entry;

    if (!mg_bytes_get(all, table, &header, sizeof header))
        return mg_fail(err, MAGMA_BAD_VBIOS, "falcon ucode table at 0x%llx is outside the ROM",
                       (unsigned long long)table);
    if (header.version != NV_FALCON_UCODE_TABLE_VERSION || header.header_size < sizeof header ||
        header.entry_size < sizeof entry)
        return mg_fail(err, MAGMA_BAD_VBIOS, "falcon ucode table of version %u, entry size %u",
                       header.version, header.entry_size);
    for (unsigned i = 0; i < header.entry_count; i++) {
        uint64_t at = table + header.header_size + (uint64_t)i * header.entry_size;

        if (!mg_bytes_get(all, at, &entry, sizeof entry))
            return mg_fail(err, MAGMA_BAD_VBIOS, "falcon ucode table ends outside the ROM");
        if (entry.application_id == application) {
            *descriptor = expand(map, entry.descriptor_pointer);
            return MAGMA_OK;
        }
    }
    return mg_fail(err, MAGMA_BAD_VBIOS, "falcon ucode table has no FWSEC (0x%02x)", application);
}

static enum magma_code outside(struct magma_error *err, const char *what)
{
    return mg_fail(err, MAGMA_BAD_VBIOS, "FWSEC: %s is outside the program", what);
}

static enum magma_code read_v2(struct mg_bytes all, uint64_t at, uint64_t image, struct mg_fwsec *f,
                               uint32_t *interface, struct magma_error *err)
{
    struct nvhw_falcon_ucode_desc_v2 d;

    if (!mg_bytes_get(all, at, &d, sizeof d))
        return outside(err, "descriptor V2");
    if (!mg_bytes_part(all, image, d.imem_load_size, &f->code) ||
        !mg_bytes_part(all, image + d.dmem_offset, d.dmem_load_size, &f->data))
        return mg_fail(err, MAGMA_BAD_VBIOS,
                       "FWSEC: code (0x%x) or data (0x%x at 0x%x) is outside "
                       "the ROM",
                       d.imem_load_size, d.dmem_load_size, d.dmem_offset);
    if (d.imem_sec_size > d.imem_load_size || d.imem_sec_base < d.imem_virt_base)
        return outside(err, "secure code");
    f->imem_phys_base = d.imem_phys_base;
    f->imem_virt_base = d.imem_virt_base;
    f->imem_sec_base = d.imem_sec_base;
    f->imem_sec_size_bytes = d.imem_sec_size;
    f->dmem_phys_base = d.dmem_phys_base;
    f->entry = d.virtual_entry;
    *interface = d.interface_offset;
    return MAGMA_OK;
}

static enum magma_code read_v3(struct mg_bytes all, uint64_t at, uint64_t image, struct mg_fwsec *f,
                               uint32_t *interface, struct magma_error *err)
{
    struct nvhw_falcon_ucode_desc_v3 d;

    if (!mg_bytes_get(all, at, &d, sizeof d))
        return outside(err, "descriptor V3");
    if (!mg_bytes_part(all, image, d.imem_load_size, &f->code) ||
        !mg_bytes_part(all, image + d.imem_load_size, d.dmem_load_size, &f->data))
        return mg_fail(err, MAGMA_BAD_VBIOS, "FWSEC: code (0x%x) or data (0x%x) is outside the ROM",
                       d.imem_load_size, d.dmem_load_size);
    f->signature_count = d.signature_count;
    if (at + sizeof d + (uint64_t)d.signature_count * NV_FWSEC_SIGNATURE_SIZE_BYTES > image ||
        !mg_bytes_part(all, at + sizeof d,
                       (uint64_t)d.signature_count * NV_FWSEC_SIGNATURE_SIZE_BYTES, &f->signatures))
        return outside(err, "a signature");
    if (!mg_bytes_has(f->data, d.pkc_data_offset, NV_FWSEC_SIGNATURE_SIZE_BYTES))
        return outside(err, "the signature's place");
    f->signature_offset = d.pkc_data_offset;
    f->signature_versions = d.signature_versions;
    f->engine_id_mask = d.engine_id_mask;
    f->ucode_id = d.ucode_id;
    f->imem_phys_base = d.imem_phys_base;
    f->imem_virt_base = d.imem_virt_base;
    f->dmem_phys_base = d.dmem_phys_base;
    f->entry = d.imem_virt_base;
    *interface = d.interface_offset;
    return MAGMA_OK;
}

/* The DMEM mapper and the command buffer it names. */
static enum magma_code find_mapper(struct mg_fwsec *f, uint32_t interface, struct magma_error *err)
{
    struct nvhw_falcon_appif_header header;
    struct nvhw_falcon_appif_entry entry = {0};
    struct nvhw_dmem_mapper mapper;
    bool found = false;

    if (!mg_bytes_get(f->data, interface, &header, sizeof header) ||
        header.version != NV_FALCON_APPIF_VERSION || header.header_size < sizeof header ||
        header.entry_size < sizeof entry)
        return outside(err, "the application interface");
    for (unsigned i = 0; i < header.entry_count && !found; i++) {
        uint64_t at = (uint64_t)interface + header.header_size + (uint64_t)i * header.entry_size;

        if (!mg_bytes_get(f->data, at, &entry, sizeof entry))
            return outside(err, "an interface entry");
        found = entry.id == NV_FALCON_APPIF_ID_DMEMMAPPER;
    }
    if (!found)
        return mg_fail(err, MAGMA_BAD_VBIOS, "FWSEC: no DMEM mapper (interface 4)");
    if (!mg_bytes_get(f->data, entry.dmem_base, &mapper, sizeof mapper))
        return outside(err, "the DMEM mapper");
    f->mapper_offset = entry.dmem_base;
    f->command_offset = mapper.cmd_in_buffer_offset;
    f->command_size_bytes = mapper.cmd_in_buffer_size;
    if (!mg_bytes_has(f->data, mapper.cmd_in_buffer_offset,
                      sizeof(struct nvhw_fwsec_frts_command)) ||
        mapper.cmd_in_buffer_size < sizeof(struct nvhw_fwsec_frts_command))
        return outside(err, "the command buffer");
    return MAGMA_OK;
}

enum magma_code mg_vbios_fwsec(struct mg_bytes rom, const struct mg_vbios_map *map, bool debug,
                               struct mg_fwsec *out, struct magma_error *err)
{
    struct mg_bytes all = images(rom, map);
    uint64_t table = 0, at = 0, image;
    uint32_t word, size, interface = 0;
    enum magma_code code;

    memset(out, 0, sizeof *out);
    code = find_table(all, map, &table, err);
    if (code == MAGMA_OK)
        code = find_descriptor(
            all, map, table,
            debug ? NV_FALCON_APPLICATION_FWSEC_DBG : NV_FALCON_APPLICATION_FWSEC_PROD, &at, err);
    if (code != MAGMA_OK)
        return code;
    if (!mg_bytes_get(all, at, &word, sizeof word))
        return outside(err, "descriptor");
    out->version = NVHW_GET(NV_FALCON_UCODE_DESC_HEADER, VERSION, word);
    size = NVHW_GET(NV_FALCON_UCODE_DESC_HEADER, SIZE, word);
    image = at + size;
    if (!NVHW_GET(NV_FALCON_UCODE_DESC_HEADER, VERSION_AVAILABLE, word))
        return mg_fail(err, MAGMA_BAD_VBIOS, "FWSEC descriptor without a version");
    if (out->version == NV_FALCON_UCODE_DESC_HEADER_VERSION_V2 &&
        size >= sizeof(struct nvhw_falcon_ucode_desc_v2))
        code = read_v2(all, at, image, out, &interface, err);
    else if (out->version == NV_FALCON_UCODE_DESC_HEADER_VERSION_V3 &&
             size >= sizeof(struct nvhw_falcon_ucode_desc_v3))
        code = read_v3(all, at, image, out, &interface, err);
    else
        return mg_fail(err, MAGMA_BAD_VBIOS, "FWSEC descriptor of version %u, size 0x%x",
                       out->version, size);
    if (code == MAGMA_OK && out->imem_virt_base > NV_PROM_SIZE_BYTES)
        code = mg_fail(err, MAGMA_BAD_VBIOS, "FWSEC wants to run at 0x%x", out->imem_virt_base);
    return code == MAGMA_OK ? find_mapper(out, interface, err) : code;
}

void mg_vbios_version(struct mg_bytes rom, const struct mg_vbios_map *map, char *buf,
                      size_t size_bytes)
{
    struct mg_bytes all = images(rom, map), base = {0};
    struct nvhw_bit_token_v2 token;
    struct nvhw_bit_biosdata data;
    uint64_t pointer;

    if (size_bytes)
        buf[0] = 0;
    mg_bytes_part(all, 0, map->base_size_bytes, &base);
    if (!find_token(base, NV_BIT_TOKEN_BIOSDATA, &token, &pointer) ||
        token.data_size < sizeof data || !mg_bytes_get(all, pointer, &data, sizeof data))
        return;
    snprintf(buf, size_bytes, "%02x.%02x.%02x.%02x.%02x", data.bios_version >> 24,
             data.bios_version >> 16 & 0xff, data.bios_version >> 8 & 0xff,
             data.bios_version & 0xff, data.oem_version);
}

enum magma_code mg_fwsec_signature(const struct mg_fwsec *fwsec, uint32_t fuse_version,
                                   struct mg_bytes *out, struct magma_error *err)
{
    uint32_t index = 0;

    if (fuse_version > 15 || !(fwsec->signature_versions >> fuse_version & 1))
        return mg_fail(err, MAGMA_BAD_VBIOS,
                       "FWSEC has no signature for fuse version %u (has 0x%x)", fuse_version,
                       fwsec->signature_versions);
    for (uint32_t bit = 0; bit < fuse_version; bit++)
        index += fwsec->signature_versions >> bit & 1;
    if (index >= fwsec->signature_count ||
        !mg_bytes_part(fwsec->signatures, (uint64_t)index * NV_FWSEC_SIGNATURE_SIZE_BYTES,
                       NV_FWSEC_SIGNATURE_SIZE_BYTES, out))
        return mg_fail(err, MAGMA_BAD_VBIOS, "FWSEC has %u signatures, number %u is wanted",
                       fwsec->signature_count, index);
    return MAGMA_OK;
}

void mg_fwsec_set_command(const struct mg_fwsec *fwsec, uint8_t *data, uint32_t command,
                          uint64_t frts_offset, uint64_t frts_size_bytes)
{
    struct nvhw_fwsec_frts_command buffer = {
        .read_vbios = {.version = NV_FWSEC_READ_VBIOS_VERSION,
                       .size = sizeof buffer.read_vbios,
                       .flags = NV_FWSEC_READ_VBIOS_FLAGS},
    };
    size_t init_cmd = fwsec->mapper_offset + offsetof(struct nvhw_dmem_mapper, init_cmd);

    memcpy(data + init_cmd, &command, sizeof command);
    if (command == NV_FWSEC_COMMAND_FRTS)
        buffer.frts_region = (struct nvhw_fwsec_frts_region){
            .version = NV_FWSEC_FRTS_REGION_VERSION,
            .size = sizeof buffer.frts_region,
            .offset_4k = (uint32_t)(frts_offset >> 12),
            .size_4k = (uint32_t)(frts_size_bytes >> 12),
            .media_type = NV_FWSEC_MEDIA_FB,
        };
    memcpy(data + fwsec->command_offset, &buffer, sizeof buffer);
}
