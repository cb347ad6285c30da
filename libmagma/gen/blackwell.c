/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Blackwell: GB10x (data centre) and GB20x, booted through FSP. */
#include "libmagma/gen/gen.h"

#include <nvhw/boot.h>
#include <nvhw/falcon.h>
#include <nvhw/irq.h>
#include <nvhw/pci.h>
#include <nvhw/rm.h>
#include <nvhw/wpr.h>

static const struct mg_chip gb100_chips[] = {
    {NV_CHIP_ID_GB100, "gb100"},
    {NV_CHIP_ID_GB102, "gb102"},
};

const struct mg_gen mg_gen_gb100 = {
    .name = "gb100",
    .title = "Blackwell",
    .chips = gb100_chips,
    .chip_count = sizeof gb100_chips / sizeof gb100_chips[0],
    .boot =
        {
            .chain = MG_BOOT_FSP,
            .load = MG_LOAD_DMA,
            .flush = MG_FLUSH_GB100,
            .vram_size = MG_VRAM_SIZE_MIB,
            .display_fuse_reg = NV_FUSE_STATUS_OPT_DISPLAY,
            .fsp_boot_reg = NV_THERM_I2CS_SCRATCH,
            .fsp_fuse_check_reg = NV_PFSP_FUSE_ERROR_CHECK_GB100,
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
            .pmu_reserved_bytes = NV_WPR_PMU_RESERVED_SIZE_GB100,
            .config_mirror_base = NV_PCI_CONFIG_GH100_BASE,
            .dma_address_bits = 52,
            .cot_version = NV_FSP_COT_VERSION_GB100,
            .cot_frts_offset = NV_FSP_COT_FRTS_OFFSET_GB100,
            .firmware_dir = "gb100",
            .signature_section = ".fwsignature_gb10x",
        },
    .classes =
        {
            .channel = NV_RM_CLASS_CHANNEL_GB10X,
            .usermode = NV_RM_CLASS_USERMODE_GH,
            .copy = NV_RM_CLASS_COPY_GB10X,
            .compute = NV_RM_CLASS_COMPUTE_GB10X,
            .graphics = NV_RM_CLASS_GRAPHICS_GB10X,
            .twod = NV_RM_CLASS_TWOD,
            .inline_to_memory = NV_RM_CLASS_INLINE_TO_MEMORY_GB,
        },
    .mmu = MG_MMU_V3,
    .sm_version = 100,
    .irq_leaf_count = NV_CPU_INTR_LEAF_COUNT_GH100,
    .msi_no_rearm = true,
};

static const struct mg_chip gb202_chips[] = {
    {NV_CHIP_ID_GB202, "gb202"}, {NV_CHIP_ID_GB203, "gb203"}, {NV_CHIP_ID_GB205, "gb205"},
    {NV_CHIP_ID_GB206, "gb206"}, {NV_CHIP_ID_GB207, "gb207"},
};

const struct mg_gen mg_gen_gb202 = {
    .name = "gb202",
    .title = "Blackwell",
    .chips = gb202_chips,
    .chip_count = sizeof gb202_chips / sizeof gb202_chips[0],
    .boot =
        {
            .chain = MG_BOOT_FSP,
            .load = MG_LOAD_DMA,
            .flush = MG_FLUSH_GB202,
            .vram_size = MG_VRAM_SIZE_MIB,
            .display_fuse_reg = NV_FUSE_STATUS_OPT_DISPLAY,
            .fsp_boot_reg = NV_THERM_I2CS_SCRATCH_GB202,
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
            .non_wpr_heap_bytes = NV_WPR_NON_WPR_HEAP_SIZE_GB202,
            .pmu_reserved_bytes = NV_WPR_PMU_RESERVED_SIZE_GB100,
            .config_mirror_base = NV_PCI_CONFIG_GH100_BASE,
            .dma_address_bits = 52,
            .cot_version = NV_FSP_COT_VERSION_GB100,
            .cot_frts_offset = NV_FSP_COT_FRTS_OFFSET_GB100,
            .firmware_dir = "gb202",
            .signature_section = ".fwsignature_gb20x",
        },
    .classes =
        {
            .channel = NV_RM_CLASS_CHANNEL_GB20X,
            .usermode = NV_RM_CLASS_USERMODE_GB20X,
            .copy = NV_RM_CLASS_COPY_GB20X,
            .compute = NV_RM_CLASS_COMPUTE_GB20X,
            .graphics = NV_RM_CLASS_GRAPHICS_GB20X,
            .twod = NV_RM_CLASS_TWOD,
            .inline_to_memory = NV_RM_CLASS_INLINE_TO_MEMORY_GB,
        },
    .mmu = MG_MMU_V3,
    .sm_version = 120,
    .irq_leaf_count = NV_CPU_INTR_LEAF_COUNT_GH100,
    .msi_no_rearm = true,
    .token_runlist_enable = true,
};
