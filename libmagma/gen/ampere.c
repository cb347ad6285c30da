/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Ampere: GA100 boots as Turing does, without FRTS; GA10x has the boot ROM. */
#include "libmagma/gen/gen.h"

#include <nvhw/boot.h>
#include <nvhw/falcon.h>
#include <nvhw/irq.h>
#include <nvhw/pci.h>
#include <nvhw/rm.h>
#include <nvhw/wpr.h>

static const struct mg_chip ga100_chips[] = {
    {NV_CHIP_ID_GA100, "ga100"},
};

const struct mg_gen mg_gen_ga100 = {
    .name = "ga100",
    .title = "Ampere",
    .chips = ga100_chips,
    .chip_count = sizeof ga100_chips / sizeof ga100_chips[0],
    .boot =
        {
            .chain = MG_BOOT_FWSEC,
            .load = MG_LOAD_PIO,
            .flush = MG_FLUSH_GA100,
            .vram_size = MG_VRAM_SIZE_RANGE,
            .display_fuse_reg = NV_FUSE_STATUS_OPT_DISPLAY,
            .riscv_active_reg = NV_PRISCV_RISCV_CORE_SWITCH_RISCV_STATUS,
            .riscv_active_mask = 1u << NV_PRISCV_RISCV_CORE_SWITCH_RISCV_STATUS_ACTIVE_STAT__LO,
            .riscv_irqmask_reg = NV_PRISCV_RISCV_IRQMASK_TU102,
            .riscv_irqdest_reg = NV_PRISCV_RISCV_IRQDEST_TU102,
            .irq_retrigger = true,
            .has_mmu_lock = true,
            .full_page_args = true,
            .log_mnoc = true,
            .heap_base_bytes = NV_GSP_HEAP_BASE_TU102,
            .non_wpr_heap_bytes = NV_WPR_NON_WPR_HEAP_SIZE_TU102,
            .config_mirror_base = NV_PCI_CONFIG_TU102_BASE,
            .dma_address_bits = 47,
            .firmware_dir = "ga100",
            .signature_section = ".fwsignature_ga100",
        },
    .classes =
        {
            .channel = NV_RM_CLASS_CHANNEL_GA,
            .usermode = NV_RM_CLASS_USERMODE_GA,
            .copy = NV_RM_CLASS_COPY_GA100,
            .compute = NV_RM_CLASS_COMPUTE_GA100,
            .graphics = NV_RM_CLASS_GRAPHICS_GA100,
            .twod = NV_RM_CLASS_TWOD,
            .inline_to_memory = NV_RM_CLASS_INLINE_TO_MEMORY,
        },
    .mmu = MG_MMU_V2,
    .sm_version = 80,
    .irq_leaf_count = NV_CPU_INTR_LEAF_COUNT_TU102,
};

static const struct mg_chip ga102_chips[] = {
    {NV_CHIP_ID_GA102, "ga102"}, {NV_CHIP_ID_GA103, "ga103"}, {NV_CHIP_ID_GA104, "ga104"},
    {NV_CHIP_ID_GA106, "ga106"}, {NV_CHIP_ID_GA107, "ga107"},
};

const struct mg_gen mg_gen_ga102 = {
    .name = "ga102",
    .title = "Ampere",
    .chips = ga102_chips,
    .chip_count = sizeof ga102_chips / sizeof ga102_chips[0],
    .boot =
        {
            .chain = MG_BOOT_FWSEC,
            .load = MG_LOAD_DMA,
            .flush = MG_FLUSH_GA100,
            .vram_size = MG_VRAM_SIZE_MIB,
            .display_fuse_reg = NV_FUSE_STATUS_OPT_DISPLAY,
            .riscv_active_reg = NV_PRISCV_RISCV_CPUCTL,
            .riscv_active_mask = 1u << NV_PRISCV_RISCV_CPUCTL_ACTIVE_STAT__LO,
            .riscv_irqmask_reg = NV_PRISCV_RISCV_IRQMASK,
            .riscv_irqdest_reg = NV_PRISCV_RISCV_IRQDEST,
            .irq_retrigger = true,
            .libos3 = true,
            .log_mnoc = true,
            .log_kernel = true,
            .frts_size_bytes = NV_WPR_FRTS_SIZE,
            .heap_base_bytes = NV_GSP_HEAP_BASE_TU102,
            .non_wpr_heap_bytes = NV_WPR_NON_WPR_HEAP_SIZE_TU102,
            .config_mirror_base = NV_PCI_CONFIG_TU102_BASE,
            .dma_address_bits = 47,
            .firmware_dir = "ga102",
            .signature_section = ".fwsignature_ga10x",
        },
    .classes =
        {
            .channel = NV_RM_CLASS_CHANNEL_GA,
            .usermode = NV_RM_CLASS_USERMODE_GA,
            .copy = NV_RM_CLASS_COPY_GA10X,
            .compute = NV_RM_CLASS_COMPUTE_GA10X,
            .graphics = NV_RM_CLASS_GRAPHICS_GA10X,
            .twod = NV_RM_CLASS_TWOD,
            .inline_to_memory = NV_RM_CLASS_INLINE_TO_MEMORY,
        },
    .mmu = MG_MMU_V2,
    .sm_version = 86,
    .irq_leaf_count = NV_CPU_INTR_LEAF_COUNT_TU102,
};
