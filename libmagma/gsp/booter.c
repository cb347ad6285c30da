/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Runs NVIDIA's signed programs on SEC2: booter_load (copies GSP-RM into the protected region and
 * starts the GSP's RISC-V core), booter_unload (takes the region down), scrubber (clears VRAM).
 */
#include "libmagma/gsp/priv.h"

#include <stdlib.h>

#include <nvhw/boot.h>
#include <nvhw/falcon.h>
#include <nvhw/wpr.h>

#include "libmagma/core/status.h"
#include "libmagma/gsp/deadlines.h"

#define BLOCK NV_FALCON_BLOCK_SIZE_BYTES

/* The signature that fits this GPU. Parts without a boot ROM have one alone. */
static enum magma_code choose_signature(struct mg_gsp *gsp, const struct mg_fw_hs *hs,
                                        struct mg_bytes *out, struct magma_error *err)
{
    uint32_t fuse = 0;
    enum magma_code code = MAGMA_OK;

    if (gsp->gen->boot.load == MG_LOAD_DMA) {
        if (!hs->ucode_id || hs->ucode_id > NV_FUSE_OPT_FPF_SEC2_UCODE_VERSION__COUNT)
            return mg_fail(err, MAGMA_BAD_FIRMWARE, "ucode id %u", hs->ucode_id);
        code = mg_mmio_read(gsp->hal, NV_FUSE_OPT_FPF_SEC2_UCODE_VERSION(hs->ucode_id - 1), &fuse,
                            err);
    }
    return code == MAGMA_OK ? mg_fw_hs_signature(hs, mg_fuse_version(fuse), out, err) : code;
}

static enum magma_code load_dma(struct mg_gsp *gsp, const struct mg_fw_hs *hs, magma_iova iova,
                                struct magma_error *err)
{
    struct mg_falcon_dma_image image = {
        .iova = iova,
        .code_offset = hs->app_code_offset,
        .code_size_bytes = hs->app_code_size_bytes,
        .imem_phys = 0,
        .imem_virt = hs->app_code_offset,
        .data_offset = hs->data_offset,
        .data_size_bytes = hs->data_size_bytes,
        .dmem_phys = 0,
        .entry = hs->app_code_offset,
        .signature_dmem_offset = hs->signature_offset - hs->data_offset,
        .engine_id_mask = hs->engine_id_mask,
        .ucode_id = hs->ucode_id,
    };

    mg_dma_publish();
    return mg_falcon_load_dma(&gsp->sec2, &image, err);
}

/* Blocks without signature check first, then the checked ones with the tags that follow. */
static enum magma_code load_pio(struct mg_gsp *gsp, const struct mg_fw_hs *hs,
                                struct mg_bytes image, struct magma_error *err)
{
    struct mg_bytes os = {0}, app = {0}, data = {0};
    uint32_t os_blocks = (hs->os_code_size_bytes + BLOCK - 1) / BLOCK;
    uint32_t app_blocks = (hs->app_code_size_bytes + BLOCK - 1) / BLOCK;

    mg_bytes_part(image, hs->os_code_offset, hs->os_code_size_bytes, &os);
    mg_bytes_part(image, hs->app_code_offset, hs->app_code_size_bytes, &app);
    mg_bytes_part(image, hs->data_offset, hs->data_size_bytes, &data);
    if ((os_blocks + app_blocks) * BLOCK > mg_falcon_imem_bytes(&gsp->sec2) ||
        data.size > mg_falcon_dmem_bytes(&gsp->sec2))
        return mg_fail(err, MAGMA_BAD_FIRMWARE,
                       "code (0x%zx) or data (0x%zx) does not fit into SEC2", os.size + app.size,
                       data.size);
    mg_falcon_write_imem(&gsp->sec2, 0, os, 0, false);
    mg_falcon_write_imem(&gsp->sec2, os_blocks * BLOCK, app, os_blocks, true);
    mg_falcon_write_dmem(&gsp->sec2, 0, data);
    mg_falcon_set_entry(&gsp->sec2, 0);
    return MAGMA_OK;
}

enum magma_code mg_gsp_run_hs(struct mg_gsp *gsp, const struct mg_fw_hs *hs, const char *name,
                              uint32_t mailbox0, uint32_t mailbox1, struct magma_error *err)
{
    struct mg_bytes signature = {0};
    struct mg_dma memory = {0};
    enum magma_code code;
    uint32_t result;

    code = choose_signature(gsp, hs, &signature, err);
    if (code == MAGMA_OK)
        code = mg_dma_init(gsp->hal, hs->image.size + BLOCK, 0, &memory, err);
    if (code != MAGMA_OK)
        goto out;
    mg_bytes_copy(hs->image, memory.cpu);
    mg_bytes_copy(signature, (uint8_t *)memory.cpu + hs->signature_offset);
    code = mg_falcon_reset(&gsp->sec2, err);
    if (code != MAGMA_OK)
        goto out;
    code = gsp->gen->boot.load == MG_LOAD_DMA
               ? load_dma(gsp, hs, memory.iova, err)
               : load_pio(gsp, hs, (struct mg_bytes){memory.cpu, hs->image.size}, err);
    if (code != MAGMA_OK)
        goto out;
    mg_falcon_set_mailbox(&gsp->sec2, mailbox0, mailbox1);
    gsp->touched = true;
    mg_falcon_start(&gsp->sec2);
    code = mg_falcon_wait_halted(&gsp->sec2, MG_DEADLINE_FALCON_HALT_NS, err);
    if (code != MAGMA_OK)
        goto out;
    code = mg_mmio_read(gsp->hal, gsp->sec2.base + NV_PFALCON_FALCON_MAILBOX0, &result, err);
    if (code == MAGMA_OK && result)
        code = mg_fail(err, MAGMA_FIRMWARE_REFUSED, "SEC2 ended with 0x%x in mailbox 0", result);

out:
    mg_dma_finish(&memory);
    return code == MAGMA_OK ? code : mg_prefix(err, code, "%s", name);
}

enum magma_code mg_gsp_run_booter(struct mg_gsp *gsp, struct magma_error *err)
{
    uint64_t meta = gsp->wpr_meta.iova.raw;
    enum magma_code code = mg_gsp_run_hs(gsp, &gsp->fw_booter_load, "booter_load", (uint32_t)meta,
                                         (uint32_t)(meta >> 32), err);

    if (code == MAGMA_OK)
        mg_mmio_wr32(gsp->hal, gsp->falcon.base + NV_PFALCON_FALCON_OS,
                     gsp->fw_bootloader.app_version);
    return code;
}

static enum magma_code is_scrubbed(struct mg_gsp *gsp, bool *done, struct magma_error *err)
{
    uint32_t scratch;
    enum magma_code code = mg_mmio_read(gsp->hal, NV_PGC6_BSI_SECURE_SCRATCH_15, &scratch, err);

    if (code == MAGMA_OK)
        *done = NVHW_GET(NV_PGC6_BSI_SECURE_SCRATCH_15, SCRUBBER_HANDOFF, scratch) >=
                NV_PGC6_BSI_SECURE_SCRATCH_15_SCRUBBER_HANDOFF_DONE;
    return code;
}

enum magma_code mg_gsp_run_scrubber(struct mg_gsp *gsp, struct magma_error *err)
{
    bool done = false;
    enum magma_code code = is_scrubbed(gsp, &done, err);

    if (code != MAGMA_OK || done)
        return code;
    code = mg_gsp_run_hs(gsp, &gsp->fw_scrubber, "scrubber", 0, 0, err);
    if (code == MAGMA_OK)
        code = is_scrubbed(gsp, &done, err);
    if (code == MAGMA_OK && !done)
        code = mg_fail(err, MAGMA_FIRMWARE_REFUSED, "the scrubber ended without saying so");
    return code;
}

enum magma_code mg_gsp_reset_to_riscv(struct mg_gsp *gsp, struct magma_error *err)
{
    uint64_t args = gsp->libos.page.iova.raw;
    enum magma_code code = mg_falcon_reset_riscv(&gsp->falcon, err);

    if (code == MAGMA_OK)
        mg_falcon_set_mailbox(&gsp->falcon, (uint32_t)args, (uint32_t)(args >> 32));
    return code;
}

enum magma_code mg_gsp_check_active(struct mg_gsp *gsp, struct magma_error *err)
{
    uint32_t mask = gsp->gen->boot.riscv_active_mask;
    enum magma_code code =
        mg_mmio_poll(gsp->hal, gsp->falcon.riscv_base + gsp->gen->boot.riscv_active_reg, mask, mask,
                     MG_DEADLINE_RISCV_ACTIVE_NS, err);

    return code == MAGMA_OK ? code : mg_prefix(err, code, "GSP's RISC-V core did not start");
}
