/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* GH100 as the model has it: a small board of the chip. Numbers of firmware and PCI are the chip's.
 */
#include <nvhw/boot.h>
#include <nvhw/irq.h>
#include <nvhw/pci.h>
#include <nvhw/rm.h>
#include <nvhw/wpr.h>

#include "chip.h"

const struct gpum_chip gpum_chip_gh100 = {
    .name = "gh100",
    .chip_id = NV_CHIP_ID_GH100,
    .revision = 0xa1,
    .device_id = 0x2330,
    .subsystem_id = 0x16c1,
    .class_code = NV_PCI_CLASS_3D,
    .pm_offset = NV_PCI_GH100_PM_CAPABILITY,
    .express_offset = NV_PCI_GH100_EXPRESS_CAPABILITY,
    .msi_offset = NV_PCI_GH100_MSI_CAPABILITY,
    .msix_offset = NV_PCI_GH100_MSIX_CAPABILITY,
    .msix_entries = NV_MSIX_ENTRY_COUNT_GH100,
    .mirror_base = NV_PCI_CONFIG_GH100_BASE,
    .msi_rearm = false,
    .vram_default_bytes = UINT64_C(4) << 30,
    .gmmu_version = 3,
    .pd1_pages = true,
    .dma_bits = 52,
    .boot_class = GPUM_BOOT_FSP,
    .libos_version = 3,
    .non_wpr_heap_bytes = NV_WPR_NON_WPR_HEAP_SIZE_GH100,
    .frts_bytes = NV_WPR_FRTS_SIZE,
    .cot_version = NV_FSP_COT_VERSION_GH100,
    .frts_from_end = NV_FSP_COT_FRTS_OFFSET_GH100,
    .pmu_reserved_bytes = 0,
    .fmc_key_bytes = NV_FMC_PUBLIC_KEY_SIZE_GH100,
    .fmc_signature_bytes = NV_FMC_SIGNATURE_SIZE_GH100,
    .real_fmc_bytes = NV_R570_FMC_IMAGE_SIZE_GH100,
    .fsp_done_register = NV_THERM_I2CS_SCRATCH,
    .flush_low_register = NV_PFB_FBHUB_PCIE_FLUSH_SYSMEM_ADDR_LO,
    .flush_high_register = NV_PFB_FBHUB_PCIE_FLUSH_SYSMEM_ADDR_HI,
    .flush_unshifted = true,
    .signature_section = ".fwsignature_gh100",
    .firmware_chip = "gh100",
    .intr_leaf_count = NV_CPU_INTR_LEAF_COUNT_GH100,
    .gsp_vector = 155,
    .sm_version = 90,
    .gpc_count = 2,
    .tpc_per_gpc = 2,
    .sm_per_tpc = 2,
    .warps_per_sm = 64,
    .shared_cta_bytes = 227 * 1024,
    .window_rules = true,
    .carveouts = true,
    .channel_class = NV_RM_CLASS_CHANNEL_GH,
    .usermode_class = NV_RM_CLASS_USERMODE_GH,
    .copy_class = NV_RM_CLASS_COPY_GH,
    .compute_class = NV_RM_CLASS_COMPUTE_GH,
    .graphics_class = NV_RM_CLASS_GRAPHICS_GH,
    .channel_count = NV_RM_CHANNEL_ID_COUNT,
    .engines = gpum_engines_hopper,
};
