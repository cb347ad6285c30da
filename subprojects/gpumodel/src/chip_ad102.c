/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* AD102 as the model has it: a small board of the chip. Numbers of firmware and PCI are the chip's.
 */
#include <nvhw/boot.h>
#include <nvhw/irq.h>
#include <nvhw/pci.h>
#include <nvhw/rm.h>
#include <nvhw/wpr.h>

#include "chip.h"

const struct gpum_chip gpum_chip_ad102 = {
    .name = "ad102",
    .chip_id = NV_CHIP_ID_AD102,
    .revision = 0xa1,
    .device_id = 0x2684,
    .subsystem_id = 0x16f3,
    .class_code = NV_PCI_CLASS_VGA,
    .pm_offset = NV_PCI_TU102_PM_CAPABILITY,
    .express_offset = NV_PCI_TU102_EXPRESS_CAPABILITY,
    .msi_offset = NV_PCI_TU102_MSI_CAPABILITY,
    .msix_offset = NV_PCI_TU102_MSIX_CAPABILITY,
    .msix_entries = NV_MSIX_ENTRY_COUNT_TU102,
    .mirror_base = NV_PCI_CONFIG_TU102_BASE,
    .msi_rearm = true,
    .vram_default_bytes = UINT64_C(4) << 30,
    .gmmu_version = 2,
    .pd1_pages = true,
    .dma_bits = 47,
    .boot_class = GPUM_BOOT_BROM,
    .gsp_fuse_version = 1,
    .sec2_fuse_version = 1,
    .fwsec_ucode_id = 9,
    .fwsec_engine_mask = 0x400,
    .libos_version = 3,
    .non_wpr_heap_bytes = NV_WPR_NON_WPR_HEAP_SIZE_TU102,
    .frts_bytes = NV_WPR_FRTS_SIZE,
    .flush_low_register = NV_PFB_NISO_FLUSH_SYSMEM_ADDR,
    .flush_high_register = NV_PFB_NISO_FLUSH_SYSMEM_ADDR_HI,
    .signature_section = ".fwsignature_ad10x",
    .firmware_chip = "ad102",
    .needs_scrubber = true,
    .intr_leaf_count = NV_CPU_INTR_LEAF_COUNT_TU102,
    .gsp_vector = 155,
    .sm_version = 89,
    .gpc_count = 2,
    .tpc_per_gpc = 2,
    .sm_per_tpc = 2,
    .warps_per_sm = 48,
    .shared_cta_bytes = 99 * 1024,
    .channel_class = NV_RM_CLASS_CHANNEL_GA,
    .usermode_class = NV_RM_CLASS_USERMODE_GA,
    .copy_class = NV_RM_CLASS_COPY_GA10X,
    .compute_class = NV_RM_CLASS_COMPUTE_AD,
    .graphics_class = NV_RM_CLASS_GRAPHICS_AD,
    .channel_count = NV_RM_CHANNEL_ID_COUNT,
    .engines = gpum_engines_ada,
};
