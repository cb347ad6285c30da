/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Turing: TU10x and TU11x, which differ in signatures only. */
#include "libmagma/gen/gen.h"

#include <nvhw/boot.h>
#include <nvhw/falcon.h>
#include <nvhw/irq.h>
#include <nvhw/pci.h>
#include <nvhw/rm.h>
#include <nvhw/wpr.h>

static const struct mg_chip tu102_chips[] = {
    {NV_CHIP_ID_TU102, "tu102"},
    {NV_CHIP_ID_TU104, "tu104"},
    {NV_CHIP_ID_TU106, "tu106"},
};

const struct mg_gen mg_gen_tu102 = {
    .name = "tu102",
    .title = "Turing",
    .chips = tu102_chips,
    .chip_count = sizeof tu102_chips / sizeof tu102_chips[0],
    .boot =
        {
            .chain = MG_BOOT_FWSEC,
            .load = MG_LOAD_PIO,
            .flush = MG_FLUSH_TU102,
            .vram_size = MG_VRAM_SIZE_RANGE,
            .display_fuse_reg = NV_FUSE_STATUS_OPT_DISPLAY_TU102,
            .riscv_active_reg = NV_PRISCV_RISCV_CORE_SWITCH_RISCV_STATUS,
            .riscv_active_mask = 1u << NV_PRISCV_RISCV_CORE_SWITCH_RISCV_STATUS_ACTIVE_STAT__LO,
            .riscv_irqmask_reg = NV_PRISCV_RISCV_IRQMASK_TU102,
            .riscv_irqdest_reg = NV_PRISCV_RISCV_IRQDEST_TU102,
            .full_page_args = true,
            .log_mnoc = true,
            .frts_size_bytes = NV_WPR_FRTS_SIZE,
            .heap_base_bytes = NV_GSP_HEAP_BASE_TU102,
            .non_wpr_heap_bytes = NV_WPR_NON_WPR_HEAP_SIZE_TU102,
            .config_mirror_base = NV_PCI_CONFIG_TU102_BASE,
            .dma_address_bits = 47,
            .firmware_dir = "tu102",
            .signature_section = ".fwsignature_tu10x",
        },
    .classes =
        {
            .channel = NV_RM_CLASS_CHANNEL_TU,
            .usermode = NV_RM_CLASS_USERMODE_TU,
            .copy = NV_RM_CLASS_COPY_TU,
            .compute = NV_RM_CLASS_COMPUTE_TU,
            .graphics = NV_RM_CLASS_GRAPHICS_TU,
            .twod = NV_RM_CLASS_TWOD,
            .inline_to_memory = NV_RM_CLASS_INLINE_TO_MEMORY,
        },
    .mmu = MG_MMU_V2,
    .sm_version = 75,
    .irq_leaf_count = NV_CPU_INTR_LEAF_COUNT_TU102,
};

static const struct mg_chip tu116_chips[] = {
    {NV_CHIP_ID_TU116, "tu116"},
    {NV_CHIP_ID_TU117, "tu117"},
};

const struct mg_gen mg_gen_tu116 = {
    .name = "tu116",
    .title = "Turing",
    .chips = tu116_chips,
    .chip_count = sizeof tu116_chips / sizeof tu116_chips[0],
    .boot =
        {
            .chain = MG_BOOT_FWSEC,
            .load = MG_LOAD_PIO,
            .flush = MG_FLUSH_TU102,
            .vram_size = MG_VRAM_SIZE_RANGE,
            .display_fuse_reg = NV_FUSE_STATUS_OPT_DISPLAY_TU102,
            .riscv_active_reg = NV_PRISCV_RISCV_CORE_SWITCH_RISCV_STATUS,
            .riscv_active_mask = 1u << NV_PRISCV_RISCV_CORE_SWITCH_RISCV_STATUS_ACTIVE_STAT__LO,
            .riscv_irqmask_reg = NV_PRISCV_RISCV_IRQMASK_TU102,
            .riscv_irqdest_reg = NV_PRISCV_RISCV_IRQDEST_TU102,
            .full_page_args = true,
            .log_mnoc = true,
            .frts_size_bytes = NV_WPR_FRTS_SIZE,
            .heap_base_bytes = NV_GSP_HEAP_BASE_TU102,
            .non_wpr_heap_bytes = NV_WPR_NON_WPR_HEAP_SIZE_TU102,
            .config_mirror_base = NV_PCI_CONFIG_TU102_BASE,
            .dma_address_bits = 47,
            .firmware_dir = "tu116",
            .signature_section = ".fwsignature_tu11x",
        },
    .classes =
        {
            .channel = NV_RM_CLASS_CHANNEL_TU,
            .usermode = NV_RM_CLASS_USERMODE_TU,
            .copy = NV_RM_CLASS_COPY_TU,
            .compute = NV_RM_CLASS_COMPUTE_TU,
            .graphics = NV_RM_CLASS_GRAPHICS_TU,
            .twod = NV_RM_CLASS_TWOD,
            .inline_to_memory = NV_RM_CLASS_INLINE_TO_MEMORY,
        },
    .mmu = MG_MMU_V2,
    .sm_version = 75,
    .irq_leaf_count = NV_CPU_INTR_LEAF_COUNT_TU102,
};
