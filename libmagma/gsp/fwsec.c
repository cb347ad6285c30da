/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Runs FWSEC, the board's own signed program, on the GSP's falcon. FRTS makes it copy its data to
 * the top of VRAM and raise the protected region WPR2 around it, SB prepares the teardown. Chips
 * with a boot ROM load it by DMA with one of its signatures put in place; Turing needs a small
 * loader in between.
 */
#include "libmagma/gsp/priv.h"

#include <stdlib.h>

#include <nvhw/boot.h>
#include <nvhw/falcon.h>
#include <nvhw/firmware.h>
#include <nvhw/vbios.h>

#include "libmagma/core/status.h"
#include "libmagma/gsp/deadlines.h"

#define BLOCK NV_FALCON_BLOCK_SIZE_BYTES

static uint64_t up(uint64_t value, uint64_t align)
{
    return (value + align - 1) / align * align;
}

uint32_t mg_fuse_version(uint32_t fuse)
{
    uint32_t version = 0;

    while (fuse) {
        fuse >>= 1;
        version++;
    }
    return version;
}

/* The program's image in memory: room of imem_virt_base bytes, so that an address below it never
 * is needed, code, data. */
struct placed {
    struct mg_dma memory;
    uint8_t *data; /* in memory */
    uint32_t code_offset, data_offset;
};

static enum magma_code place(struct mg_gsp *gsp, uint32_t command, struct placed *out,
                             struct magma_error *err)
{
    const struct mg_fwsec *f = &gsp->fwsec;
    uint64_t code_at = up(f->imem_virt_base, BLOCK);
    uint64_t data_at = code_at + up(f->code.size, BLOCK);
    enum magma_code code;
    uint8_t *bytes;

    code = mg_dma_init(gsp->hal, data_at + up(f->data.size, BLOCK), 0, &out->memory, err);
    if (code != MAGMA_OK)
        return code;
    out->code_offset = (uint32_t)code_at;
    out->data_offset = (uint32_t)data_at;
    bytes = out->memory.cpu;
    out->data = bytes + data_at;
    mg_bytes_copy(f->code, bytes + code_at);
    mg_bytes_copy(f->data, out->data);
    mg_fwsec_set_command(f, out->data, command, gsp->layout.frts_offset, gsp->layout.frts_bytes);
    return MAGMA_OK;
}

/* ---- Through the boot ROM ---- */

static enum magma_code sign(struct mg_gsp *gsp, const struct placed *p, struct magma_error *err)
{
    const struct mg_fwsec *f = &gsp->fwsec;
    struct mg_bytes signature = {0};
    enum magma_code code;
    uint32_t fuse;

    if (!f->ucode_id || f->ucode_id > NV_FUSE_OPT_FPF_GSP_UCODE_VERSION__COUNT)
        return mg_fail(err, MAGMA_BAD_VBIOS, "FWSEC has ucode id %u", f->ucode_id);
    code = mg_mmio_read(gsp->hal, NV_FUSE_OPT_FPF_GSP_UCODE_VERSION(f->ucode_id - 1), &fuse, err);
    if (code == MAGMA_OK)
        code = mg_fwsec_signature(f, mg_fuse_version(fuse), &signature, err);
    if (code != MAGMA_OK)
        return code;
    mg_bytes_copy(signature, p->data + f->signature_offset);
    return MAGMA_OK;
}

static enum magma_code load_v3(struct mg_gsp *gsp, const struct placed *p, struct magma_error *err)
{
    const struct mg_fwsec *f = &gsp->fwsec;
    struct mg_falcon_dma_image image = {
        .iova = p->memory.iova,
        .code_offset = p->code_offset,
        .code_size_bytes = (uint32_t)f->code.size,
        .imem_phys = f->imem_phys_base,
        .imem_virt = f->imem_virt_base,
        .data_offset = p->data_offset,
        .data_size_bytes = (uint32_t)f->data.size,
        .dmem_phys = f->dmem_phys_base,
        .entry = f->entry,
        .signature_dmem_offset = f->signature_offset,
        .engine_id_mask = f->engine_id_mask,
        .ucode_id = f->ucode_id,
    };
    enum magma_code code = sign(gsp, p, err);

    if (code != MAGMA_OK)
        return code;
    mg_dma_publish();
    return mg_falcon_load_dma(&gsp->falcon, &image, err);
}

/* ---- Through the generic loader ---- */

static struct nvhw_generic_loader_desc describe(const struct mg_fwsec *f, const struct placed *p)
{
    uint64_t code = p->memory.iova.raw + p->code_offset;
    uint64_t data = p->memory.iova.raw + p->data_offset;

    return (struct nvhw_generic_loader_desc){
        .ctx_dma = NV_FALCON_BL_CTX_DMA,
        .code_dma_base = (uint32_t)code,
        .code_dma_base1 = (uint32_t)(code >> 32),
        .non_secure_code_offset = f->imem_phys_base,
        .non_secure_code_size = (uint32_t)f->code.size - f->imem_sec_size_bytes,
        .secure_code_offset = f->imem_sec_base - f->imem_virt_base + f->imem_phys_base,
        .secure_code_size = (uint32_t)up(f->imem_sec_size_bytes, BLOCK),
        .code_entry_point = f->entry,
        .data_dma_base = (uint32_t)data,
        .data_dma_base1 = (uint32_t)(data >> 32),
        .data_size = (uint32_t)f->data.size,
    };
}

static enum magma_code load_v2(struct mg_gsp *gsp, const struct placed *p, struct magma_error *err)
{
    const struct mg_fw_loader *loader = &gsp->fw_loader;
    struct nvhw_generic_loader_desc desc = describe(&gsp->fwsec, p);
    struct mg_falcon *falcon = &gsp->falcon;
    uint32_t imem = mg_falcon_imem_bytes(falcon);
    uint32_t loader_bytes = (uint32_t)up(loader->code.size, BLOCK);

    if (loader_bytes > imem || sizeof desc > mg_falcon_dmem_bytes(falcon))
        return mg_fail(err, MAGMA_BAD_FIRMWARE,
                       "the generic loader (0x%x bytes) does not fit into "
                       "IMEM (0x%x)",
                       loader_bytes, imem);
    mg_falcon_allow_dma(falcon, NV_FALCON_BL_CTX_DMA);
    mg_falcon_write_imem(falcon, imem - loader_bytes, loader->code, loader->start_tag, false);
    mg_falcon_write_dmem(falcon, loader->dmem_load_offset,
                         (struct mg_bytes){(const uint8_t *)&desc, sizeof desc});
    mg_falcon_set_entry(falcon, loader->start_tag * BLOCK);
    mg_dma_publish();
    return MAGMA_OK;
}

/* ---- What it did ---- */

static enum magma_code check_frts(struct mg_gsp *gsp, struct magma_error *err)
{
    uint64_t start, end;
    uint32_t scratch;
    enum magma_code code = mg_mmio_read(gsp->hal, NV_PBUS_SW_SCRATCH_0E, &scratch, err);

    if (code == MAGMA_OK)
        code = mg_gsp_wpr2(gsp, &start, &end, err);
    if (code != MAGMA_OK)
        return code;
    if (!NVHW_TEST(NV_PBUS_SW_SCRATCH_0E, FRTS_ERR_CODE, NONE, scratch))
        return mg_fail(err, MAGMA_FIRMWARE_REFUSED, "FWSEC-FRTS ended with error 0x%x",
                       NVHW_GET(NV_PBUS_SW_SCRATCH_0E, FRTS_ERR_CODE, scratch));
    if (!end)
        return mg_fail(err, MAGMA_FIRMWARE_REFUSED, "FWSEC-FRTS set up no protected region");
    if (start != gsp->layout.frts_offset)
        return mg_fail(err, MAGMA_FIRMWARE_REFUSED,
                       "FWSEC-FRTS put the protected region at 0x%llx, "
                       "not at 0x%llx",
                       (unsigned long long)start, (unsigned long long)gsp->layout.frts_offset);
    return MAGMA_OK;
}

static enum magma_code check_sb(struct mg_gsp *gsp, struct magma_error *err)
{
    uint32_t scratch;
    enum magma_code code = mg_mmio_read(gsp->hal, NV_PBUS_SW_SCRATCH_15, &scratch, err);

    if (code == MAGMA_OK && !NVHW_TEST(NV_PBUS_SW_SCRATCH_15, SB_ERR_CODE, NONE, scratch))
        code = mg_fail(err, MAGMA_FIRMWARE_REFUSED, "FWSEC-SB ended with error 0x%x",
                       NVHW_GET(NV_PBUS_SW_SCRATCH_15, SB_ERR_CODE, scratch));
    return code;
}

enum magma_code mg_gsp_run_fwsec(struct mg_gsp *gsp, uint32_t command, struct magma_error *err)
{
    bool v3 = gsp->fwsec.version == NV_FALCON_UCODE_DESC_HEADER_VERSION_V3;
    struct placed p = {0};
    enum magma_code code;

    if (v3 != (gsp->gen->boot.load == MG_LOAD_DMA))
        return mg_fail(err, MAGMA_BAD_VBIOS, "FWSEC's descriptor V%u is not for a %s",
                       gsp->fwsec.version, gsp->gen->title);
    code = mg_falcon_reset(&gsp->falcon, err);
    if (code == MAGMA_OK)
        code = place(gsp, command, &p, err);
    if (code != MAGMA_OK)
        return code;
    code = v3 ? load_v3(gsp, &p, err) : load_v2(gsp, &p, err);
    if (code == MAGMA_OK) {
        gsp->touched = true;
        mg_falcon_start(&gsp->falcon);
        code = mg_falcon_wait_halted(&gsp->falcon, MG_DEADLINE_FALCON_HALT_NS, err);
    }
    if (code == MAGMA_OK)
        code = command == NV_FWSEC_COMMAND_FRTS ? check_frts(gsp, err) : check_sb(gsp, err);
    mg_dma_finish(&p.memory);
    return code;
}
