/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What differs between GPU generations, as data: one struct mg_gen per family of chips that boot
 * and behave alike, in {turing,ampere,ada,hopper,blackwell}.c. Found by the chip's id; the code
 * elsewhere asks these fields, never for a chip's name. All constant, any thread.
 */
#ifndef MG_GEN_GEN_H
#define MG_GEN_GEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Who verifies and starts GSP-RM. */
enum mg_boot_chain {
    MG_BOOT_FWSEC, /* FWSEC on the GSP's falcon, then booter on SEC2: Turing to Ada */
    MG_BOOT_FSP,   /* the FMC image through FSP: Hopper, Blackwell */
};

/* How signed code gets into a falcon. */
enum mg_ucode_load {
    MG_LOAD_PIO, /* through the ports, checked by tag: Turing, GA100 */
    MG_LOAD_DMA, /* fetched from system memory, checked by the boot ROM: GA10x, Ada */
};

/* Registers that take the address of the page used to order writes to system memory. */
enum mg_flush_kind {
    MG_FLUSH_TU102,
    MG_FLUSH_GA100,
    MG_FLUSH_GH100,
    MG_FLUSH_GB100,
    MG_FLUSH_GB202,
};

/* Where the size of VRAM stands. */
enum mg_vram_size_kind {
    MG_VRAM_SIZE_RANGE, /* magnitude and scale: Turing, GA100 */
    MG_VRAM_SIZE_MIB,   /* a number of MiB */
};

enum mg_mmu_format {
    MG_MMU_V2, /* 49 bits of address: Turing to Ada */
    MG_MMU_V3, /* 57 bits: Hopper, Blackwell */
};

/* The boot: what libmagma/gsp asks. Register offsets are nvhw's; 0 where the chip has none. */
struct mg_gen_boot {
    enum mg_boot_chain chain;
    enum mg_ucode_load load;
    enum mg_flush_kind flush;
    enum mg_vram_size_kind vram_size;
    uint32_t display_fuse_reg;   /* bit 0: display fused off */
    uint32_t fsp_boot_reg;       /* scratch where FSP says it has booted */
    uint32_t fsp_fuse_check_reg; /* must read 0 then */
    uint32_t riscv_active_reg;   /* in the GSP's RISC-V page */
    uint32_t riscv_active_mask;
    uint32_t riscv_irqmask_reg; /* in the GSP's RISC-V page */
    uint32_t riscv_irqdest_reg;
    bool irq_retrigger;        /* the falcon wants INTR_RETRIGGER after an interrupt */
    bool has_mmu_lock;         /* the lock register may lower the top of usable VRAM */
    bool has_scrubber;         /* SEC2 may have to scrub VRAM before booter */
    bool full_page_args;       /* GSP arguments fill a page */
    bool libos3;               /* else libos 2: sizes of the heap */
    bool log_mnoc, log_kernel; /* log buffers beyond the three that all have */
    uint64_t frts_size_bytes;  /* 0: FWSEC does not set WPR2 up (GA100) */
    uint64_t heap_base_bytes;
    uint64_t non_wpr_heap_bytes;
    uint32_t pmu_reserved_bytes;
    uint32_t config_mirror_base; /* of PCI config space in BAR0 */
    uint32_t dma_address_bits;
    uint32_t cot_version;          /* FSP chain */
    uint32_t cot_frts_offset;      /* from the end of VRAM */
    const char *firmware_dir;      /* "ga102": folder in the firmware tree */
    const char *signature_section; /* of the GSP ELF */
};

/* Class numbers of the resource manager's objects. */
struct mg_gen_classes {
    uint32_t channel, usermode, copy, compute, graphics, twod, inline_to_memory;
};

struct mg_chip {
    uint32_t chip_id; /* NV_CHIP_ID_* */
    const char *name; /* "ga104" */
};

struct mg_gen {
    const char *name;  /* "ga102": the family's first chip */
    const char *title; /* "Ampere" */
    const struct mg_chip *chips;
    size_t chip_count;
    struct mg_gen_boot boot;
    struct mg_gen_classes classes;
    enum mg_mmu_format mmu;
    uint32_t sm_version;     /* 86: of the family's first chip */
    uint32_t irq_leaf_count; /* of the interrupt tree */
    bool msi_no_rearm;
    bool token_runlist_enable; /* the work submit token carries the runlist doorbell bit */
};

extern const struct mg_gen mg_gen_tu102, mg_gen_tu116, mg_gen_ga100, mg_gen_ga102, mg_gen_ad102,
    mg_gen_gh100, mg_gen_gb100, mg_gen_gb202;

/* The family of a chip by the value of NV_PMC_BOOT_42, NULL when it is not one of ours; *chip
 * (may be NULL) gets the chip within it. */
const struct mg_gen *mg_gen_find(uint32_t boot_42, const struct mg_chip **chip);

/* All families in order; NULL past the end. */
const struct mg_gen *mg_gen_at(size_t index);

#endif
