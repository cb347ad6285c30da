/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a boot looks at before it starts anything: whether the board's own firmware is done, how
 * much VRAM there is and where its top is taken, whether an earlier driver left the protected
 * region up.
 */
#include "libmagma/gsp/priv.h"

#include <stdlib.h>

#include <nvhw/boot.h>
#include <nvhw/falcon.h>

#include "libmagma/core/status.h"
#include "libmagma/gsp/deadlines.h"

#define MIB UINT64_C(0x100000)

/* ---- Power-on ---- */

static enum magma_code wait_gfw(struct mg_gsp *gsp, struct magma_error *err)
{
    uint32_t readable = NVHW_DEF(NV_PGC6_AON_SECURE_SCRATCH_GROUP_05_PRIV_LEVEL_MASK,
                                 READ_PROTECTION_LEVEL0, ENABLE);
    enum magma_code code;

    code = mg_mmio_poll(gsp->hal, NV_PGC6_AON_SECURE_SCRATCH_GROUP_05_PRIV_LEVEL_MASK, readable,
                        readable, MG_DEADLINE_DEVINIT_NS, err);
    if (code == MAGMA_OK)
        code = mg_mmio_poll(
            gsp->hal, NV_PGC6_AON_SECURE_SCRATCH_GROUP_05,
            NVHW_MASK(NV_PGC6_AON_SECURE_SCRATCH_GROUP_05, GFW_BOOT_PROGRESS),
            NVHW_DEF(NV_PGC6_AON_SECURE_SCRATCH_GROUP_05, GFW_BOOT_PROGRESS, COMPLETED),
            MG_DEADLINE_DEVINIT_NS, err);
    return code;
}

static enum magma_code wait_fsp(struct mg_gsp *gsp, struct magma_error *err)
{
    uint32_t check = gsp->gen->boot.fsp_fuse_check_reg, value = 0;
    enum magma_code code;

    code = mg_mmio_poll(
        gsp->hal, gsp->gen->boot.fsp_boot_reg, NVHW_MASK(NV_THERM_I2CS_SCRATCH, FSP_BOOT_COMPLETE),
        NVHW_DEF(NV_THERM_I2CS_SCRATCH, FSP_BOOT_COMPLETE, SUCCESS), MG_DEADLINE_FSP_BOOT_NS, err);
    if (code == MAGMA_OK && check)
        code = mg_mmio_read(gsp->hal, check, &value, err);
    if (code == MAGMA_OK && value)
        code = mg_fail(err, MAGMA_FIRMWARE_REFUSED, "FSP's fuse check failed: 0x%x", value);
    return code;
}

enum magma_code mg_gsp_wait_devinit(struct mg_gsp *gsp, struct magma_error *err)
{
    enum magma_code code = mg_config_bus_master(gsp->hal, true, err);

    if (code != MAGMA_OK)
        return code;
    code = gsp->gen->boot.chain == MG_BOOT_FSP ? wait_fsp(gsp, err) : wait_gfw(gsp, err);
    return code == MAGMA_OK ? code
                            : mg_prefix(err, code, "the board's firmware did not finish its start");
}

/* ---- Protected region ---- */

enum magma_code mg_gsp_wpr2(struct mg_gsp *gsp, uint64_t *start, uint64_t *end,
                            struct magma_error *err)
{
    uint32_t low, high;
    enum magma_code code = mg_mmio_read(gsp->hal, NV_PFB_PRI_MMU_WPR2_ADDR_LO, &low, err);

    if (code == MAGMA_OK)
        code = mg_mmio_read(gsp->hal, NV_PFB_PRI_MMU_WPR2_ADDR_HI, &high, err);
    if (code != MAGMA_OK)
        return code;
    *start = (uint64_t)NVHW_GET(NV_PFB_PRI_MMU_WPR2_ADDR_LO, VAL, low)
             << NV_PFB_PRI_MMU_WPR2_ALIGN_BITS;
    *end = (uint64_t)NVHW_GET(NV_PFB_PRI_MMU_WPR2_ADDR_HI, VAL, high)
           << NV_PFB_PRI_MMU_WPR2_ALIGN_BITS;
    return MAGMA_OK;
}

/* ---- Sizes ---- */

static enum magma_code read_vram_size(struct mg_gsp *gsp, uint64_t *bytes, struct magma_error *err)
{
    bool range = gsp->gen->boot.vram_size == MG_VRAM_SIZE_RANGE;
    uint32_t value;
    enum magma_code code;

    code = mg_mmio_read(
        gsp->hal, range ? NV_PFB_PRI_MMU_LOCAL_MEMORY_RANGE : NV_USABLE_FB_SIZE_IN_MB, &value, err);
    if (code != MAGMA_OK)
        return code;
    *bytes = value * MIB;
    if (range) {
        *bytes = ((uint64_t)NVHW_GET(NV_PFB_PRI_MMU_LOCAL_MEMORY_RANGE, LOWER_MAG, value)
                  << NVHW_GET(NV_PFB_PRI_MMU_LOCAL_MEMORY_RANGE, LOWER_SCALE, value)) *
                 MIB;
        if (NVHW_TEST(NV_PFB_PRI_MMU_LOCAL_MEMORY_RANGE, ECC_MODE, ENABLED, value))
            *bytes = *bytes / 16 * 15; /* the rest holds check bits */
    }
    if (!*bytes || value >> 24 == 0xba)
        return mg_fail(err, MAGMA_NOT_SUPPORTED, "the VRAM size register reads 0x%08x", value);
    return MAGMA_OK;
}

static enum magma_code read_vga_workspace(struct mg_gsp *gsp, uint64_t vram, uint64_t *offset,
                                          struct magma_error *err)
{
    uint32_t fuse, base = 0;
    bool display;
    enum magma_code code;

    code = mg_mmio_read(gsp->hal, gsp->gen->boot.display_fuse_reg, &fuse, err);
    if (code != MAGMA_OK)
        return code;
    display = NVHW_TEST(NV_FUSE_STATUS_OPT_DISPLAY, DATA, ENABLE, fuse);
    if (display)
        code = mg_mmio_read(gsp->hal, NV_PDISP_VGA_WORKSPACE_BASE, &base, err);
    *offset = mg_layout_vga_workspace(vram, display, base);
    return code;
}

/* GA100's memory may end lower: a lock range that the board's firmware set. */
static enum magma_code apply_mmu_lock(struct mg_gsp *gsp, uint64_t *offset, struct magma_error *err)
{
    uint32_t mask, low, high;
    uint64_t start;
    enum magma_code code;

    code = mg_mmio_read(gsp->hal, NV_PFB_PRI_MMU_LOCK_CFG_PRIV_LEVEL_MASK, &mask, err);
    if (code != MAGMA_OK ||
        !NVHW_GET(NV_PFB_PRI_MMU_LOCK_CFG_PRIV_LEVEL_MASK, READ_PROTECTION_LEVEL0, mask))
        return code;
    code = mg_mmio_read(gsp->hal, NV_PFB_PRI_MMU_LOCK_ADDR_LO, &low, err);
    if (code == MAGMA_OK)
        code = mg_mmio_read(gsp->hal, NV_PFB_PRI_MMU_LOCK_ADDR_HI, &high, err);
    if (code != MAGMA_OK)
        return code;
    start = (uint64_t)NVHW_GET(NV_PFB_PRI_MMU_LOCK_ADDR_LO, VAL, low)
            << NV_PFB_PRI_MMU_WPR2_ALIGN_BITS;
    if (low <= high && start && start < *offset)
        *offset = start;
    return MAGMA_OK;
}

enum magma_code mg_gsp_make_layout(struct mg_gsp *gsp, struct magma_error *err)
{
    struct mg_layout_input in = {.image_bytes = gsp->fw_gsp.image.size,
                                 .bootloader_bytes = gsp->fw_bootloader.image.size};
    enum magma_code code = read_vram_size(gsp, &in.vram_bytes, err);

    if (code == MAGMA_OK && gsp->gen->boot.chain == MG_BOOT_FSP) {
        /* The FMC places everything by itself. */
        gsp->layout.vram_bytes = in.vram_bytes;
        gsp->layout.frts_bytes = gsp->gen->boot.frts_size_bytes;
        gsp->layout.heap_bytes = mg_layout_heap_bytes(&gsp->gen->boot, in.vram_bytes);
        return MAGMA_OK;
    }
    if (code == MAGMA_OK)
        code = read_vga_workspace(gsp, in.vram_bytes, &in.vga_workspace_offset, err);
    if (code == MAGMA_OK && gsp->gen->boot.has_mmu_lock)
        code = apply_mmu_lock(gsp, &in.vga_workspace_offset, err);
    if (code != MAGMA_OK)
        return code;
    return mg_layout(&gsp->gen->boot, &in, &gsp->layout, err);
}

enum magma_code mg_gsp_read_vbios(struct mg_gsp *gsp, struct magma_error *err)
{
    char version[32];
    enum magma_code code = mg_vbios_read(gsp->hal, &gsp->rom_data, &gsp->rom, &gsp->rom_map, err);

    if (code != MAGMA_OK)
        return code;
    mg_vbios_version(gsp->rom, &gsp->rom_map, version, sizeof version);
    mg_log(mg_hal_log(gsp->hal), MG_LOG_INFO, "VBIOS %s", version[0] ? version : "of no version");
    code = mg_vbios_fwsec(gsp->rom, &gsp->rom_map, false, &gsp->fwsec, err);
    return code == MAGMA_OK ? code : mg_prefix(err, code, "VBIOS");
}
