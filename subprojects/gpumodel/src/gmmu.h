/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Memory of the model, for its own units: who accesses, both TLBs, BAR1/BAR2 and the cache of
 * system memory mappings. The calls that every unit uses stand in model.h.
 */
#ifndef GPUM_GMMU_H
#define GPUM_GMMU_H

#include "model.h"

/* Who makes an access: decides which TLB is looked up and whether privileged pages open. */
struct gpum_client {
    const char *name; /* "HOST0", "CE0", "GPC0", "BAR1": into the fault */
    bool hub;         /* hub TLB; false: the TLBs of the graphics clusters */
    bool privileged;
};

extern const struct gpum_client gpum_client_host;
extern const struct gpum_client gpum_client_copy;
extern const struct gpum_client gpum_client_front; /* compute front end: QMD, semaphores */

/* gpum_virt() and its copies for a named client; gpum_virt() itself speaks for GPC0. */
uint8_t *gpum_virt_as(struct gpum *m, const struct gpum_client *client, const struct gpum_vas *vas,
                      uint64_t va, enum gpum_access access, uint64_t *run_bytes,
                      struct gpum_mmu_fault *fault);
bool gpum_virt_read_as(struct gpum *m, const struct gpum_client *client, const struct gpum_vas *vas,
                       uint64_t va, void *data, size_t size_bytes, struct gpum_mmu_fault *fault);
bool gpum_virt_write_as(struct gpum *m, const struct gpum_client *client,
                        const struct gpum_vas *vas, uint64_t va, const void *data,
                        size_t size_bytes, struct gpum_mmu_fault *fault);

/* ---- The page walk (gmmu_walk.c), without TLB ------------------------------------------------ */

enum gpum_page_state { GPUM_PAGE_MAPPED, GPUM_PAGE_SPARSE };

/* One translation: the page that holds va, and what its entry allows. */
struct gpum_page {
    enum gpum_page_state state;
    enum gpum_aperture aperture;
    uint64_t address; /* physical, of the page's first byte */
    uint64_t va;      /* of the page's first byte */
    uint64_t size_bytes;
    uint32_t kind;
    bool privileged, read_only, atomic_disable;
};

/* Walks the tables: true and *page on success, else false and the fault type in *type
 * (NV_PFAULT_FAULT_TYPE_*). Malformed entries are reported as GPUM_FAULT on the way. */
bool gpum_walk(struct gpum *m, const struct gpum_vas *vas, uint64_t va, struct gpum_page *page,
               uint32_t *type);

/* ---- TLB ------------------------------------------------------------------------------------- */

struct gpum_tlb_entry {
    bool valid;
    enum gpum_aperture root_aperture;
    uint64_t root;
    struct gpum_page page;
    /* Memory behind the 4 KiB piece at piece_va, valid while generation is current. */
    uint64_t piece_va;
    uint64_t generation;
    uint8_t *pointer[2]; /* for reads, for writes */
};

enum { GPUM_TLB_ENTRIES = 4096, GPUM_IOVA_ENTRIES = 256, GPUM_PIECE_BYTES = 0x1000 };

/* What system memory translates to, per 4 KiB of bus address. */
struct gpum_iova_entry {
    bool valid, writable;
    uint64_t iova; /* page base */
    uint8_t *pointer;
};

/* A BAR window's mode: physical, or virtual through vas. */
struct gpum_bar_window {
    bool is_virtual;
    enum gpum_aperture target; /* physical mode */
    struct gpum_vas vas;
    uint32_t block, block_hi; /* the register as written */
};

struct gpum_mmu {
    struct gpum_tlb_entry tlb[2][GPUM_TLB_ENTRIES]; /* 0 graphics clusters, 1 hub */
    struct gpum_iova_entry iova[GPUM_IOVA_ENTRIES];
    struct gpum_bar_window bar[2]; /* BAR1, BAR2 (PCI BAR3) */
    uint32_t pramin_window;
    uint32_t invalidate_pdb, invalidate_upper_pdb;
    uint32_t fault_registers[64];        /* 0xb83000.. as storage */
    uint8_t zero_page[GPUM_PIECE_BYTES]; /* what sparse pages read */
    uint8_t sink_page[GPUM_PIECE_BYTES]; /* where writes to them go */
};

/* Puts the fault into the last-fault registers. */
void gpum_mmu_record_fault(struct gpum *m, const struct gpum_mmu_fault *fault);

/* Drops translations: all, or those of one page directory base. */
void gpum_tlb_invalidate(struct gpum *m, bool all_pdb, uint64_t root, enum gpum_aperture aperture,
                         bool hub_only);

/* GSP-RM's side of BAR1 (GPUM_BAR1) and BAR2 (GPUM_BAR3): vas NULL makes the window physical. */
void gpum_bar_bind(struct gpum *m, unsigned region, const struct gpum_vas *vas);

/* ---- bar1.c: register handlers of the mmu unit's windows ------------------------------------- */

uint32_t gpum_bar_block_read(struct gpum *m, uint32_t offset);
void gpum_bar_block_write(struct gpum *m, uint32_t offset, uint32_t value);
uint32_t gpum_pramin_read(struct gpum *m, uint32_t offset);
void gpum_pramin_write(struct gpum *m, uint32_t offset, uint32_t value);

#endif
