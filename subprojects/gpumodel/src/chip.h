/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What differs from chip to chip: one constant table each (chip_ga102.c, ...). No other file asks
 * for a chip by name.
 */
#ifndef GPUM_CHIP_H
#define GPUM_CHIP_H

#include <stdbool.h>
#include <stdint.h>

/* How the GSP is brought up. */
enum gpum_boot_class {
    GPUM_BOOT_LOADER, /* Turing, GA100: FWSEC by the generic loader, booter by port writes */
    GPUM_BOOT_BROM,   /* GA10x, AD10x: boot ROM checks FWSEC and booter, loaded by DMA */
    GPUM_BOOT_FSP,    /* Hopper and later: chain of trust through FSP */
};

#define GPUM_NO_VECTOR UINT32_MAX

/* An engine that channels can be made for, as GSP-RM's tables describe it. */
struct gpum_chip_engine {
    const char *name;        /* "GR0", "CE2"; NULL ends the list */
    uint32_t engine_type;    /* NV2080_ENGINE_TYPE_* */
    uint32_t rm_engine_type; /* RM_ENGINE_TYPE_* */
    uint32_t runlist;
    uint32_t runlist_engine; /* index among the runlist's engines */
    uint32_t mmu_fault_id;
    uint32_t mc_engine; /* index in the interrupt table */
    uint32_t stall_vector, nonstall_vector;
    uint32_t device_type, instance; /* as in the device info table */
    uint32_t class_id;              /* class of its objects */
};

struct gpum_chip {
    const char *name;
    uint32_t chip_id;  /* NV_CHIP_ID_* */
    uint32_t revision; /* major << 4 | minor */

    /* PCI */
    uint16_t device_id, subsystem_id;
    uint32_t class_code;
    uint32_t pm_offset, express_offset, msi_offset, msix_offset; /* capabilities */
    uint32_t msix_entries;
    uint32_t mirror_base; /* config space in BAR0 */
    bool msi_rearm;       /* a write of config 0x704 is needed after each MSI */

    /* Memory */
    uint64_t vram_default_bytes;
    unsigned gmmu_version; /* page table format: 2 or 3 */
    bool pd1_pages;        /* 512 MiB pages */
    bool pd2_pages;        /* 256 GiB pages */
    unsigned dma_bits;

    /* Boot */
    enum gpum_boot_class boot_class;
    uint32_t gsp_fuse_version, sec2_fuse_version; /* what the fuses burnt say */
    uint32_t fwsec_ucode_id, fwsec_engine_mask;
    unsigned libos_version; /* 2 or 3: decides which log buffers are asked for */
    uint64_t non_wpr_heap_bytes;
    uint64_t frts_bytes;
    /* FSP: version of the message, FRTS counted from the end of VRAM, PMU's part; the FMC. */
    uint32_t cot_version;
    uint64_t frts_from_end, pmu_reserved_bytes;
    uint32_t fmc_key_bytes, fmc_signature_bytes, real_fmc_bytes;
    uint32_t fsp_done_register; /* where FSP says that it has booted */
    uint32_t flush_low_register, flush_high_register;
    bool flush_unshifted;          /* the two hold the address itself, not address >> 8 and >> 40 */
    const char *signature_section; /* of the GSP ELF */
    const char *firmware_chip;     /* folder of the firmware files */
    bool needs_scrubber;           /* much memory above the reserved part: SEC2 scrubs first */

    /* Interrupts */
    unsigned intr_leaf_count;
    uint32_t gsp_vector;

    /* Engines */
    uint32_t sm_version; /* 86 for compute capability 8.6 */
    uint32_t gpc_count, tpc_per_gpc, sm_per_tpc;
    uint32_t warps_per_sm;
    uint32_t shared_cta_bytes; /* most shared memory that one CTA may use */
    bool window_rules;         /* where the windows of shared and local memory may lie is checked */
    bool carveouts;            /* shared memory configurations must be of nvhw's list for sm_90 */
    uint32_t channel_class, usermode_class, copy_class, compute_class, graphics_class;
    bool runlist_doorbell; /* the token has bit 30 (GB20x) */
    uint32_t channel_count;
    const struct gpum_chip_engine *engines;
};

/* The tables, one file each. */
extern const struct gpum_chip gpum_chip_ga102;
extern const struct gpum_chip gpum_chip_ad102;
extern const struct gpum_chip gpum_chip_tu102;
extern const struct gpum_chip gpum_chip_gh100;
extern const struct gpum_chip gpum_chip_gb202;
/* Engines of Turing to Ada as the model has them: GR0, two copy engines beside it, two alone. */
extern const struct gpum_chip_engine gpum_engines_ampere[];
extern const struct gpum_chip_engine gpum_engines_ada[];
extern const struct gpum_chip_engine gpum_engines_turing[];
extern const struct gpum_chip_engine gpum_engines_hopper[];
extern const struct gpum_chip_engine gpum_engines_blackwell[];

/* NULL when no chip has this name. */
const struct gpum_chip *gpum_chip_find(const char *name);
/* By NV2080_ENGINE_TYPE_*; NULL when the chip lacks it. */
const struct gpum_chip_engine *gpum_chip_engine_find(const struct gpum_chip *chip,
                                                     uint32_t engine_type);

#endif
