/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A falcon with its DMA engine, boot ROM and (on the GSP) the RISC-V core beside it. It runs
 * nothing: when the host starts it, the loaded image is recognised and checked, and after a while
 * what that image does on silicon happens (fwsec.c, booter.c).
 */
#ifndef GPUM_FALCON_H
#define GPUM_FALCON_H

#include <nvhw/falcon.h>
#include <stdbool.h>
#include <stdint.h>

#include "ucode.h"

struct gpum;

#define GPUM_FALCON_BLOCKS    (NV_FALCON_GSP_IMEM_SIZE_BYTES / NV_FALCON_BLOCK_SIZE_BYTES)
#define GPUM_FALCON_DMA_DEPTH 8

enum gpum_falcon_state {
    GPUM_FALCON_HALTED, /* out of reset, not started, or done */
    GPUM_FALCON_RESET,
    GPUM_FALCON_RUNNING,
    GPUM_FALCON_HUNG, /* started on something that does not run */
};

struct gpum_imem_block {
    bool valid, secure;
    uint32_t tag; /* virtual address >> 8 */
};

struct gpum_falcon_dma {
    uint32_t command, memory_offset, source_offset;
    uint64_t base;
};

struct gpum_falcon {
    const char *name;
    uint32_t base, base2; /* register block and its RISC-V page */
    bool is_gsp;
    enum gpum_falcon_state state;
    uint64_t reset_since_ns, scrub_until_ns, run_until_ns;
    unsigned scrub_reads, run_reads;

    uint8_t imem[NV_FALCON_GSP_IMEM_SIZE_BYTES];
    uint8_t dmem[NV_FALCON_GSP_DMEM_SIZE_BYTES];
    struct gpum_imem_block block[GPUM_FALCON_BLOCKS];
    uint32_t code_bytes, data_bytes; /* extent of what the host loaded */
    uint32_t imemc[4], imemt[4], dmemc[8];

    uint32_t irqstat, irqmask;
    uint32_t mailbox[2], os, rm, bootvec, dmactl;
    uint32_t transcfg[8], fbif_ctl;
    uint32_t dma_base, dma_base1, dma_moffs, dma_fboffs;
    struct gpum_falcon_dma dma[GPUM_FALCON_DMA_DEPTH];
    unsigned dma_count;
    uint32_t mod_sel, ucode_id, engidmask, paraaddr, bcr_ctrl;
    bool alias;     /* CPUCTL_ALIAS must be used */
    bool was_reset; /* since power-on */
    enum gpum_ucode_kind running;

    bool riscv_active, riscv_halted;
};

void gpum_falcon_power_on(struct gpum *m, struct gpum_falcon *f);
/* Registers; offset counts from the block's base. */
uint32_t gpum_falcon_read(struct gpum *m, struct gpum_falcon *f, uint32_t offset);
void gpum_falcon_write(struct gpum *m, struct gpum_falcon *f, uint32_t offset, uint32_t value);
/* Finishes DMA and runs that are due; true while something goes on. */
bool gpum_falcon_step(struct gpum *m, struct gpum_falcon *f);

/* falcon_dma.c: ports into IMEM and DMEM, DMA. */
void gpum_falcon_imem_write(struct gpum *m, struct gpum_falcon *f, unsigned port, uint32_t value);
uint32_t gpum_falcon_imem_read(struct gpum *m, struct gpum_falcon *f, unsigned port);
void gpum_falcon_dmem_write(struct gpum *m, struct gpum_falcon *f, unsigned port, uint32_t value);
uint32_t gpum_falcon_dmem_read(struct gpum *m, struct gpum_falcon *f, unsigned port);
void gpum_falcon_dma_command(struct gpum *m, struct gpum_falcon *f, uint32_t command);
uint32_t gpum_falcon_dma_status(struct gpum *m, struct gpum_falcon *f);
void gpum_falcon_dma_drain(struct gpum *m, struct gpum_falcon *f);

/* falcon_start.c: recognises and checks what is loaded; GPUM_UCODE_NONE when it would not run. */
enum gpum_ucode_kind gpum_falcon_recognise(struct gpum *m, struct gpum_falcon *f);
/* Raises an interrupt source; the host gets it when the RISC-V side routes it. */
void gpum_falcon_raise(struct gpum *m, struct gpum_falcon *f, uint32_t bits);

/* What images do. Each leaves mailboxes and scratch as the image does. */
void gpum_run_fwsec(struct gpum *m, struct gpum_falcon *f);
void gpum_run_booter_load(struct gpum *m, struct gpum_falcon *f);
void gpum_run_booter_unload(struct gpum *m, struct gpum_falcon *f);

#endif
