/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Hopper: booted through FSP. */
#include "libmagma/gen/gen.h"

#include <nvhw/boot.h>
#include <nvhw/falcon.h>
#include <nvhw/irq.h>
#include <nvhw/pci.h>
#include <nvhw/rm.h>
#include <nvhw/wpr.h>

static const struct mg_chip gh100_chips[] = {
    {NV_CHIP_ID_GH100, "gh100"},
};

const struct mg_gen mg_gen_gh100 = {
    .name = "gh100",
    .title = "Hopper",
    .chips = gh100_chips,
    .chip_count = sizeof gh100_chips / sizeof gh100_chips[0],
    .boot =
        {
            .chain = MG_BOOT_FSP,
            .load = MG_LOAD_DMA,
            .flush = MG_FLUSH_GH100,
            .vram_size = MG_VRAM_SIZE_MIB,
            .display_fuse_reg = NV_FUSE_STATUS_OPT_DISPLAY,
            .fsp_boot_reg = NV_THERM_I2CS_SCRATCH,
            .riscv_active_reg = NV_PRISCV_RISCV_CPUCTL,
            .riscv_active_mask = 1u << NV_PRISCV_RISCV_CPUCTL_ACTIVE_STAT__LO,
            .riscv_irqmask_reg = NV_PRISCV_RISCV_IRQMASK,
            .riscv_irqdest_reg = NV_PRISCV_RISCV_IRQDEST,
            .irq_retrigger = true,
            .libos3 = true,
            .log_mnoc = true,
            .log_kernel = true,
            .frts_size_bytes = NV_WPR_FRTS_SIZE,
            .heap_base_bytes = NV_GSP_HEAP_BASE_GH100,
            .non_wpr_heap_bytes = NV_WPR_NON_WPR_HEAP_SIZE_GH100,
            .config_mirror_base = NV_PCI_CONFIG_GH100_BASE,
            .dma_address_bits = 52,
            .cot_version = NV_FSP_COT_VERSION_GH100,
            .cot_frts_offset = NV_FSP_COT_FRTS_OFFSET_GH100,
            .firmware_dir = "gh100",
            .signature_section = ".fwsignature_gh100",
        },
    .classes =
        {
            .channel = NV_RM_CLASS_CHANNEL_GH,
            .usermode = NV_RM_CLASS_USERMODE_GH,
            .copy = NV_RM_CLASS_COPY_GH,
            .compute = NV_RM_CLASS_COMPUTE_GH,
            .graphics = NV_RM_CLASS_GRAPHICS_GH,
            .twod = NV_RM_CLASS_TWOD,
            .inline_to_memory = NV_RM_CLASS_INLINE_TO_MEMORY,
        },
    .mmu = MG_MMU_V3,
    .sm_version = 90,
    .irq_leaf_count = NV_CPU_INTR_LEAF_COUNT_GH100,
    .msi_no_rearm = true,
};
