/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Firmware files opened and checked, and the memory a boot hands to the GPU: image table,
 * bootloader, signature, the description of the protected region (WprMeta), boot arguments, RPC
 * queues with the first two messages in them.
 */
#include "libmagma/gsp/priv.h"

#include <stdlib.h>

#include <nvhw/firmware.h>
#include <nvhw/wpr.h>

#include "libmagma/core/status.h"
#include "libmagma/rpc/early.h"

/* ---- Files ---- */

static enum magma_code open_file(struct mg_gsp *gsp, const char *name, struct mg_fw_file *file,
                                 struct magma_error *err)
{
    struct mg_fw_where where = {gsp->options.firmware_path, gsp->chip->name,
                                gsp->gen->boot.firmware_dir};

    return mg_fw_open(&where, name, file, err);
}

/* A parser's complaint gets the file's path before it. */
static enum magma_code in_file(enum magma_code code, const struct mg_fw_file *file,
                               struct magma_error *err)
{
    return code == MAGMA_OK ? code : mg_prefix(err, code, "%s", file->path);
}

static enum magma_code open_gsp(struct mg_gsp *gsp, struct magma_error *err)
{
    struct mg_fw_file *file = &gsp->files.gsp;
    enum magma_code code = open_file(gsp, "gsp", file, err);

    if (code != MAGMA_OK)
        return code;
    code = mg_fw_gsp(file->bytes, gsp->gen->boot.signature_section, &gsp->fw_gsp, err);
    if (code == MAGMA_OK && strcmp(gsp->fw_gsp.version, MG_FIRMWARE_VERSION) != 0)
        code = mg_fail(err, MAGMA_BAD_FIRMWARE, "holds version %s, not " MG_FIRMWARE_VERSION,
                       gsp->fw_gsp.version);
    return in_file(code, file, err);
}

static enum magma_code open_riscv(struct mg_gsp *gsp, struct magma_error *err)
{
    struct mg_fw_file *file = &gsp->files.bootloader;
    enum magma_code code = open_file(gsp, "bootloader", file, err);

    if (code != MAGMA_OK)
        return code;
    return in_file(mg_fw_riscv(file->bytes, &gsp->fw_bootloader, err), file, err);
}

static enum magma_code open_hs(struct mg_gsp *gsp, const char *name, struct mg_fw_file *file,
                               struct mg_fw_hs *out, struct magma_error *err)
{
    enum magma_code code = open_file(gsp, name, file, err);

    return code == MAGMA_OK ? in_file(mg_fw_hs(file->bytes, out, err), file, err) : code;
}

static enum magma_code open_loader(struct mg_gsp *gsp, struct magma_error *err)
{
    struct mg_fw_file *file = &gsp->files.loader;
    enum magma_code code = open_file(gsp, "gen_bootloader", file, err);

    if (code != MAGMA_OK)
        return code;
    return in_file(mg_fw_loader(file->bytes, &gsp->fw_loader, err), file, err);
}

static enum magma_code open_fmc(struct mg_gsp *gsp, struct magma_error *err)
{
    struct mg_fw_file *file = &gsp->files.fmc;
    enum magma_code code = open_file(gsp, "fmc", file, err);

    return code == MAGMA_OK ? in_file(mg_fw_fmc(file->bytes, &gsp->fw_fmc, err), file, err) : code;
}

enum magma_code mg_gsp_open_files(struct mg_gsp *gsp, struct magma_error *err)
{
    const struct mg_gen_boot *boot = &gsp->gen->boot;
    struct mg_gsp_files *files = &gsp->files;
    enum magma_code code = open_gsp(gsp, err);

    if (code == MAGMA_OK)
        code = open_riscv(gsp, err);
    if (code == MAGMA_OK && boot->chain == MG_BOOT_FSP)
        return open_fmc(gsp, err);
    if (code == MAGMA_OK)
        code = open_hs(gsp, "booter_load", &files->booter_load, &gsp->fw_booter_load, err);
    if (code == MAGMA_OK)
        code = open_hs(gsp, "booter_unload", &files->booter_unload, &gsp->fw_booter_unload, err);
    if (code == MAGMA_OK && boot->load == MG_LOAD_PIO && boot->frts_size_bytes)
        code = open_loader(gsp, err);
    if (code == MAGMA_OK && boot->has_scrubber)
        code = open_hs(gsp, "scrubber", &files->scrubber, &gsp->fw_scrubber, err);
    return code;
}

/* ---- Memory ---- */

static enum magma_code copy_to_dma(struct mg_gsp *gsp, struct mg_bytes bytes, struct mg_dma *out,
                                   struct magma_error *err)
{
    enum magma_code code = mg_dma_init(gsp->hal, bytes.size, NV_RADIX3_PAGE_SIZE, out, err);

    if (code == MAGMA_OK)
        memcpy(out->cpu, bytes.data, bytes.size);
    return code;
}

/* The FSP chain leaves all places to the FMC. */
static void place_parts(struct nvhw_wpr_meta *meta, const struct mg_layout *layout)
{
    meta->gsp_fw_rsvd_start = layout->reserved_start;
    meta->non_wpr_heap_offset = layout->non_wpr_heap_offset;
    meta->gsp_fw_wpr_start = layout->wpr_start;
    meta->gsp_fw_heap_offset = layout->heap_offset;
    meta->gsp_fw_offset = layout->image_offset;
    meta->boot_bin_offset = layout->bootloader_offset;
    meta->frts_offset = layout->frts_offset;
    meta->gsp_fw_wpr_end = layout->wpr_end;
    meta->fb_size = layout->vram_bytes;
    meta->vga_workspace_offset = layout->vga_workspace_offset;
    meta->vga_workspace_size = layout->vga_workspace_bytes;
}

static enum magma_code fill_wpr_meta(struct mg_gsp *gsp, struct magma_error *err)
{
    const struct mg_gen_boot *boot = &gsp->gen->boot;
    struct nvhw_wpr_meta meta = {
        .magic = NV_WPR_META_MAGIC,
        .revision = NV_WPR_META_REVISION,
        .sysmem_addr_of_radix3_elf = gsp->image.table.iova.raw,
        .size_of_radix3_elf = gsp->image.image_bytes,
        .sysmem_addr_of_bootloader = gsp->bootloader.iova.raw,
        .size_of_bootloader = gsp->fw_bootloader.image.size,
        .bootloader_code_offset = gsp->fw_bootloader.monitor_code_offset,
        .bootloader_data_offset = gsp->fw_bootloader.monitor_data_offset,
        .bootloader_manifest_offset = gsp->fw_bootloader.manifest_offset,
        .sysmem_addr_of_signature = gsp->signature.iova.raw,
        .size_of_signature = gsp->fw_gsp.signature.size,
        .non_wpr_heap_size = boot->non_wpr_heap_bytes,
        .gsp_fw_heap_size = gsp->layout.heap_bytes,
        .frts_size = gsp->layout.frts_bytes,
        .pmu_reserved_size = boot->pmu_reserved_bytes,
    };
    enum magma_code code =
        mg_dma_init(gsp->hal, sizeof meta, NV_RADIX3_PAGE_SIZE, &gsp->wpr_meta, err);

    if (code != MAGMA_OK)
        return code;
    if (boot->chain == MG_BOOT_FSP)
        meta.vga_workspace_size = NV_WPR_VGA_WORKSPACE_SIZE_FSP;
    else
        place_parts(&meta, &gsp->layout);
    memcpy(gsp->wpr_meta.cpu, &meta, sizeof meta);
    return MAGMA_OK;
}

static enum magma_code check_alive(void *ctx, struct magma_error *err)
{
    return mg_gsp_check(ctx, err);
}

static void wait_option(void *ctx, uint64_t max_ns)
{
    struct mg_gsp *gsp = ctx;

    gsp->options.wait(gsp->options.wait_ctx, max_ns);
}

enum magma_code mg_gsp_fill_memory(struct mg_gsp *gsp, struct magma_error *err)
{
    struct mg_rpc_options rpc = {.timeout_ns = gsp->options.rpc_timeout_ns,
                                 .health = check_alive,
                                 .wait = gsp->options.wait ? wait_option : NULL,
                                 .ctx = gsp};
    enum magma_code code;

    code = mg_radix3_init(&gsp->image, gsp->hal, gsp->fw_gsp.image, err);
    if (code == MAGMA_OK)
        code = copy_to_dma(gsp, gsp->fw_bootloader.image, &gsp->bootloader, err);
    if (code == MAGMA_OK)
        code = copy_to_dma(gsp, gsp->fw_gsp.signature, &gsp->signature, err);
    if (code == MAGMA_OK)
        code = fill_wpr_meta(gsp, err);
    if (code == MAGMA_OK)
        code = mg_rpc_create(gsp->hal, &rpc, &gsp->rpc, err);
    if (code == MAGMA_OK)
        code = mg_libos_init(&gsp->libos, gsp->hal, &gsp->gen->boot, mg_rpc_shared_iova(gsp->rpc),
                             err);
    return code;
}

/* ---- Messages before there is anybody to read them ---- */

enum magma_code mg_gsp_queue_early(struct mg_gsp *gsp, struct magma_error *err)
{
    struct nvhw_r570_gsp_system_info info;
    uint8_t registry[1024];
    uint32_t size = mg_registry_default(registry, sizeof registry);
    enum magma_code code = mg_sysinfo_fill(gsp->hal, gsp->gen, &info, err);

    if (code != MAGMA_OK)
        return code;
    if (!size)
        return mg_fail(err, MAGMA_INTERNAL, "the registry does not fit");
    mg_rpc_hold_doorbell(gsp->rpc, true);
    code = mg_rpc_send(gsp->rpc, NV_RPC_FUNCTION_GSP_SET_SYSTEM_INFO, &info, sizeof info, err);
    if (code == MAGMA_OK)
        code = mg_rpc_send(gsp->rpc, NV_RPC_FUNCTION_SET_REGISTRY, registry, size, err);
    mg_rpc_hold_doorbell(gsp->rpc, false);
    return code;
}
