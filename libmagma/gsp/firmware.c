/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The .bin containers: a common outer header, behind it one header of the file's kind, then the
 * image. Offsets in the headers count from the start of the file, offsets in the load header from
 * the start of the image.
 */
#include "libmagma/gsp/firmware.h"

#include <nvhw/firmware.h>

#include "libmagma/core/status.h"

static enum magma_code bad(struct magma_error *err, const char *what)
{
    return mg_fail(err, MAGMA_BAD_FIRMWARE, "%s is outside the file or of a wrong size", what);
}

static enum magma_code open_bin(struct mg_bytes file, struct nvhw_fw_bin_header *header,
                                struct mg_bytes *image, struct magma_error *err)
{
    if (!mg_bytes_get(file, 0, header, sizeof *header))
        return bad(err, "the header");
    if (header->magic != NV_FW_BIN_MAGIC || header->version != NV_FW_BIN_VERSION)
        return mg_fail(err, MAGMA_BAD_FIRMWARE, "begins with 0x%08x, version %u (want 0x%08x, 1)",
                       header->magic, header->version, NV_FW_BIN_MAGIC);
    if (!header->data_size || !mg_bytes_part(file, header->data_offset, header->data_size, image))
        return bad(err, "the image");
    return MAGMA_OK;
}

static enum magma_code read_signatures(struct mg_bytes file, const struct nvhw_fw_hs_header *hs,
                                       struct mg_fw_hs *out, struct magma_error *err)
{
    uint32_t patch_sig;

    if (!mg_bytes_get(file, hs->patch_loc, &out->signature_offset, sizeof out->signature_offset) ||
        !mg_bytes_get(file, hs->patch_sig, &patch_sig, sizeof patch_sig) ||
        !mg_bytes_get(file, hs->num_sig, &out->signature_count, sizeof out->signature_count))
        return bad(err, "a word of the signature header");
    if (!out->signature_count || hs->sig_prod_size % out->signature_count ||
        patch_sig > hs->sig_prod_size)
        return mg_fail(err, MAGMA_BAD_FIRMWARE, "%u signatures in 0x%x bytes, first at 0x%x",
                       out->signature_count, hs->sig_prod_size, patch_sig);
    out->signature_size_bytes = hs->sig_prod_size / out->signature_count;
    if (!out->signature_size_bytes ||
        !mg_bytes_part(file, (uint64_t)hs->sig_prod_offset + patch_sig,
                       hs->sig_prod_size - patch_sig, &out->signatures))
        return bad(err, "the signatures");
    if (!mg_bytes_has(out->image, out->signature_offset, out->signature_size_bytes))
        return bad(err, "the signature's place in the image");
    return MAGMA_OK;
}

static enum magma_code read_load_header(struct mg_bytes file, const struct nvhw_fw_hs_header *hs,
                                        struct mg_fw_hs *out, struct magma_error *err)
{
    struct nvhw_fw_hs_load_header load;
    struct nvhw_fw_hs_app app;

    if (hs->header_size < sizeof load + sizeof app ||
        !mg_bytes_get(file, hs->header_offset, &load, sizeof load) ||
        !mg_bytes_get(file, (uint64_t)hs->header_offset + sizeof load, &app, sizeof app))
        return bad(err, "the load header");
    if (load.num_apps != 1)
        return mg_fail(err, MAGMA_BAD_FIRMWARE, "has %u applications, not 1", load.num_apps);
    if (!mg_bytes_has(out->image, load.os_code_offset, load.os_code_size) ||
        !mg_bytes_has(out->image, load.os_data_offset, load.os_data_size) ||
        !mg_bytes_has(out->image, app.code_offset, app.code_size))
        return bad(err, "a code or data part");
    out->os_code_offset = load.os_code_offset;
    out->os_code_size_bytes = load.os_code_size;
    out->data_offset = load.os_data_offset;
    out->data_size_bytes = load.os_data_size;
    out->app_code_offset = app.code_offset;
    out->app_code_size_bytes = app.code_size;
    if (out->signature_offset < load.os_data_offset ||
        out->signature_offset - load.os_data_offset > load.os_data_size ||
        out->signature_size_bytes >
            load.os_data_size - (out->signature_offset - load.os_data_offset))
        return bad(err, "the signature's place in the data");
    return MAGMA_OK;
}

enum magma_code mg_fw_hs(struct mg_bytes file, struct mg_fw_hs *out, struct magma_error *err)
{
    struct nvhw_fw_bin_header header = {0};
    struct nvhw_fw_hs_header hs;
    struct nvhw_fw_hs_meta meta;
    enum magma_code code;

    memset(out, 0, sizeof *out);
    code = open_bin(file, &header, &out->image, err);
    if (code != MAGMA_OK)
        return code;
    if (!mg_bytes_get(file, header.header_offset, &hs, sizeof hs))
        return bad(err, "the signature header");
    if (hs.meta_data_size < sizeof meta ||
        !mg_bytes_get(file, hs.meta_data_offset, &meta, sizeof meta))
        return bad(err, "the meta data");
    out->fuse_version = meta.fuse_version;
    out->engine_id_mask = meta.engine_id_mask;
    out->ucode_id = meta.ucode_id;
    code = read_signatures(file, &hs, out, err);
    return code == MAGMA_OK ? read_load_header(file, &hs, out, err) : code;
}

enum magma_code mg_fw_hs_signature(const struct mg_fw_hs *hs, uint32_t fuse_version,
                                   struct mg_bytes *out, struct magma_error *err)
{
    uint64_t index;

    if (fuse_version >= hs->signature_count)
        return mg_fail(err, MAGMA_BAD_FIRMWARE,
                       "has %u signatures, but the GPU's fuse version is "
                       "%u: a newer firmware file is needed",
                       hs->signature_count, fuse_version);
    index = hs->signature_count - 1 - fuse_version;
    if (!mg_bytes_part(hs->signatures, index * hs->signature_size_bytes, hs->signature_size_bytes,
                       out))
        return bad(err, "the signature for this GPU");
    return MAGMA_OK;
}

enum magma_code mg_fw_riscv(struct mg_bytes file, struct mg_fw_riscv *out, struct magma_error *err)
{
    struct nvhw_fw_bin_header header = {0};
    struct nvhw_fw_riscv_desc desc = {0};
    enum magma_code code;

    memset(out, 0, sizeof *out);
    code = open_bin(file, &header, &out->image, err);
    if (code != MAGMA_OK)
        return code;
    if (!mg_bytes_get(file, header.header_offset, &desc, NV_FW_RISCV_DESC_V4_SIZE))
        return bad(err, "the RISC-V descriptor");
    if (desc.version != NV_FW_RISCV_DESC_VERSION_4 && desc.version != NV_FW_RISCV_DESC_VERSION_5)
        return mg_fail(err, MAGMA_BAD_FIRMWARE, "RISC-V descriptor of version %u (know 4 and 5)",
                       desc.version);
    if (!mg_bytes_has(out->image, desc.monitor_code_offset, desc.monitor_code_size) ||
        !mg_bytes_has(out->image, desc.monitor_data_offset, desc.monitor_data_size) ||
        !mg_bytes_has(out->image, desc.manifest_offset, desc.manifest_size))
        return bad(err, "a part of the RISC-V image");
    out->app_version = desc.app_version;
    out->monitor_code_offset = desc.monitor_code_offset;
    out->monitor_data_offset = desc.monitor_data_offset;
    out->manifest_offset = desc.manifest_offset;
    return MAGMA_OK;
}

enum magma_code mg_fw_loader(struct mg_bytes file, struct mg_fw_loader *out,
                             struct magma_error *err)
{
    struct nvhw_fw_bin_header header = {0};
    struct nvhw_fw_generic_loader desc;
    struct mg_bytes image = {0};
    enum magma_code code;

    memset(out, 0, sizeof *out);
    code = open_bin(file, &header, &image, err);
    if (code != MAGMA_OK)
        return code;
    if (!mg_bytes_get(file, header.header_offset, &desc, sizeof desc))
        return bad(err, "the loader descriptor");
    if (!mg_bytes_part(image, desc.code_offset, desc.code_size, &out->code) ||
        !mg_bytes_part(image, desc.data_offset, desc.data_size, &out->data) || !desc.code_size)
        return bad(err, "the loader's code or data");
    out->start_tag = desc.start_tag;
    out->dmem_load_offset = desc.dmem_load_offset;
    return MAGMA_OK;
}
