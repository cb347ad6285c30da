/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The small processors that run signed code: the GSP's (which has a RISC-V core beside its
 * falcon) and SEC2's. Reset, loading, starting, waiting. What differs between generations comes
 * from gen. One thread at a time per falcon.
 */
#ifndef MG_GSP_FALCON_H
#define MG_GSP_FALCON_H

#include <stdint.h>

#include <magma-nv/address.h>
#include <magma-nv/status.h>

#include "libmagma/gsp/bytes.h"

struct mg_gen_boot;
struct mg_hal;

/* A plain value; hal and boot are borrowed. */
struct mg_falcon {
    struct mg_hal *hal;
    const struct mg_gen_boot *boot;
    const char *name;
    uint32_t base;       /* of its registers */
    uint32_t riscv_base; /* of the page with RISC-V and boot ROM registers */
};

void mg_falcon_init_gsp(struct mg_falcon *falcon, struct mg_hal *hal,
                        const struct mg_gen_boot *boot);
void mg_falcon_init_sec2(struct mg_falcon *falcon, struct mg_hal *hal,
                         const struct mg_gen_boot *boot);

/* Resets it and selects the falcon core; memories are clean afterwards. */
enum magma_code mg_falcon_reset(struct mg_falcon *falcon, struct magma_error *err);

/* Resets it and selects the RISC-V core, which does not run yet. */
enum magma_code mg_falcon_reset_riscv(struct mg_falcon *falcon, struct magma_error *err);

/* Code and data in system memory, loaded by the falcon's DMA and checked by its boot ROM. Sizes
 * are rounded up to blocks of 256 bytes; the memory has to be there up to that. */
struct mg_falcon_dma_image {
    magma_iova iova;      /* of the image, 256 byte aligned */
    uint32_t code_offset; /* in the image */
    uint32_t code_size_bytes;
    uint32_t imem_phys, imem_virt; /* code_offset >= imem_virt */
    uint32_t data_offset;
    uint32_t data_size_bytes;
    uint32_t dmem_phys;
    uint32_t entry;
    uint32_t signature_dmem_offset;
    uint32_t engine_id_mask, ucode_id;
};
enum magma_code mg_falcon_load_dma(struct mg_falcon *falcon,
                                   const struct mg_falcon_dma_image *image,
                                   struct magma_error *err);

/* Lets the falcon's DMA reach system memory by physical address through context ctx. */
void mg_falcon_allow_dma(struct mg_falcon *falcon, unsigned ctx);

/* Writes through the ports. code is padded with zeros to blocks of 256 bytes, each block tagged
 * from `tag` on; offset is a multiple of 256. data's size is rounded up to 4. */
void mg_falcon_write_imem(struct mg_falcon *falcon, uint32_t offset, struct mg_bytes code,
                          uint32_t tag, bool secure);
void mg_falcon_write_dmem(struct mg_falcon *falcon, uint32_t offset, struct mg_bytes data);

/* Sizes of its memories in bytes, as its configuration register has them. */
uint32_t mg_falcon_imem_bytes(struct mg_falcon *falcon);
uint32_t mg_falcon_dmem_bytes(struct mg_falcon *falcon);

void mg_falcon_set_mailbox(struct mg_falcon *falcon, uint32_t mailbox0, uint32_t mailbox1);
uint32_t mg_falcon_mailbox0(struct mg_falcon *falcon);

/* Sets where it starts (the boot vector), starts it. */
void mg_falcon_set_entry(struct mg_falcon *falcon, uint32_t entry);
void mg_falcon_start(struct mg_falcon *falcon);

/* Waits until it has halted. */
enum magma_code mg_falcon_wait_halted(struct mg_falcon *falcon, uint64_t timeout_ns,
                                      struct magma_error *err);

/* Whether the GSP's RISC-V core runs. */
bool mg_falcon_riscv_active(struct mg_falcon *falcon);

#endif
