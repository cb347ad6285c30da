/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Ada: as GA10x, with a scrubber that may have to run before booter. */
#include "libmagma/gen/gen.h"

#include <nvhw/boot.h>
#include <nvhw/falcon.h>
#include <nvhw/irq.h>
#include <nvhw/pci.h>
#include <nvhw/rm.h>
#include <nvhw/wpr.h>

static const struct mg_chip ad102_chips[] = {
    {NV_CHIP_ID_AD102, "ad102"}, {NV_CHIP_ID_AD103, "ad103"}, {NV_CHIP_ID_AD104, "ad104"},
    {NV_CHIP_ID_AD106, "ad106"}, {NV_CHIP_ID_AD107, "ad107"},
};

const struct mg_gen mg_gen_ad102 = {
    .name = "ad102",
    .title = "Ada",
    .chips = ad102_chips,
    .chip_count = sizeof ad102_chips / sizeof ad102_chips[0],
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
            .has_scrubber = true,
            .libos3 = true,
            .log_mnoc = true,
            .log_kernel = true,
            .frts_size_bytes = NV_WPR_FRTS_SIZE,
            .heap_base_bytes = NV_GSP_HEAP_BASE_TU102,
            .non_wpr_heap_bytes = NV_WPR_NON_WPR_HEAP_SIZE_TU102,
            .config_mirror_base = NV_PCI_CONFIG_TU102_BASE,
            .dma_address_bits = 47,
            .firmware_dir = "ad102",
            .signature_section = ".fwsignature_ad10x",
        },
    .classes =
        {
            .channel = NV_RM_CLASS_CHANNEL_GA,
            .usermode = NV_RM_CLASS_USERMODE_GA,
            .copy = NV_RM_CLASS_COPY_GA10X,
            .compute = NV_RM_CLASS_COMPUTE_AD,
            .graphics = NV_RM_CLASS_GRAPHICS_AD,
            .twod = NV_RM_CLASS_TWOD,
            .inline_to_memory = NV_RM_CLASS_INLINE_TO_MEMORY,
        },
    .mmu = MG_MMU_V2,
    .sm_version = 89,
    .irq_leaf_count = NV_CPU_INTR_LEAF_COUNT_TU102,
};
