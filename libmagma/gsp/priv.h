/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Between the files of this folder: struct mg_gsp and the pieces of a boot. */
#ifndef MG_GSP_PRIV_H
#define MG_GSP_PRIV_H

#include <stdatomic.h>

#include "libmagma/gen/gen.h"
#include "libmagma/gsp/falcon.h"
#include "libmagma/gsp/firmware.h"
#include "libmagma/gsp/fwfind.h"
#include "libmagma/gsp/gsp.h"
#include "libmagma/gsp/layout.h"
#include "libmagma/gsp/libos.h"
#include "libmagma/gsp/radix3.h"
#include "libmagma/gsp/vbios.h"
#include "libmagma/hal/hal.h"
#include "libmagma/rpc/rpc.h"

/* Files of one boot; those that the chain does not need stay empty. */
struct mg_gsp_files {
    struct mg_fw_file gsp, bootloader, booter_load, booter_unload, loader, scrubber, fmc;
};

struct mg_gsp {
    struct mg_hal *hal;
    const struct mg_gen *gen;
    const struct mg_chip *chip;
    struct mg_gsp_options options;
    struct mg_falcon falcon, sec2;

    /* What the boot is made of. */
    struct mg_gsp_files files;
    struct mg_fw_gsp fw_gsp;
    struct mg_fw_riscv fw_bootloader;
    struct mg_fw_hs fw_booter_load, fw_booter_unload, fw_scrubber;
    struct mg_fw_loader fw_loader;
    struct mg_fw_fmc fw_fmc;
    uint8_t *rom_data;
    struct mg_bytes rom;
    struct mg_vbios_map rom_map;
    struct mg_fwsec fwsec;
    struct mg_layout layout;

    /* Memory that the GPU reads. */
    struct mg_dma flush_page;
    struct mg_radix3 image;
    struct mg_dma bootloader, signature, wpr_meta;
    struct mg_dma fmc_image, fmc_params; /* FSP chain */
    struct mg_libos libos;

    struct mg_rpc *rpc;
    struct mg_irq *irq;
    uint32_t irq_vector;
    struct magma_error sequencer_error; /* code is not OK when a sequencer program failed */

    atomic_uint stopped_looks; /* of mg_gsp_check, in a row */
    bool touched;              /* processors were started: leaving needs an unload or a reset */
    bool running;              /* GSP-RM said that it is ready */
    bool ending;               /* it was asked to end: a core that stands still is no surprise */
    struct mg_gsp_info info;
};

/* ---- Steps of a boot, in the order of boot.c ---- */

/* Waits for the board's firmware; reads sizes, straps, the ROM. */
enum magma_code mg_gsp_wait_devinit(struct mg_gsp *gsp, struct magma_error *err);
enum magma_code mg_gsp_recover(struct mg_gsp *gsp, struct magma_error *err);
enum magma_code mg_gsp_set_flush_page(struct mg_gsp *gsp, struct magma_error *err);
enum magma_code mg_gsp_open_files(struct mg_gsp *gsp, struct magma_error *err);
enum magma_code mg_gsp_read_vbios(struct mg_gsp *gsp, struct magma_error *err);
enum magma_code mg_gsp_make_layout(struct mg_gsp *gsp, struct magma_error *err);
enum magma_code mg_gsp_fill_memory(struct mg_gsp *gsp, struct magma_error *err);
enum magma_code mg_gsp_queue_early(struct mg_gsp *gsp, struct magma_error *err);
enum magma_code mg_gsp_wait_ready(struct mg_gsp *gsp, struct magma_error *err);
enum magma_code mg_gsp_read_info(struct mg_gsp *gsp, struct magma_error *err);

/* ---- FWSEC and HS programs ---- */

/* Runs FWSEC on the GSP's falcon with NV_FWSEC_COMMAND_FRTS or _SB and checks what it did. */
enum magma_code mg_gsp_run_fwsec(struct mg_gsp *gsp, uint32_t command, struct magma_error *err);

/* Runs a signed program on SEC2 with these mailboxes. MAGMA_FIRMWARE_REFUSED: it left something
 * in mailbox 0. */
enum magma_code mg_gsp_run_hs(struct mg_gsp *gsp, const struct mg_fw_hs *hs, const char *name,
                              uint32_t mailbox0, uint32_t mailbox1, struct magma_error *err);

enum magma_code mg_gsp_reset_to_riscv(struct mg_gsp *gsp, struct magma_error *err);
enum magma_code mg_gsp_run_scrubber(struct mg_gsp *gsp, struct magma_error *err);
enum magma_code mg_gsp_run_booter(struct mg_gsp *gsp, struct magma_error *err);
enum magma_code mg_gsp_check_active(struct mg_gsp *gsp, struct magma_error *err);

/* Hopper, Blackwell: hands the FMC to FSP and waits for the GSP to be let go. */
enum magma_code mg_gsp_fill_fmc(struct mg_gsp *gsp, struct magma_error *err);
enum magma_code mg_gsp_send_cot(struct mg_gsp *gsp, struct magma_error *err);
enum magma_code mg_gsp_wait_lockdown(struct mg_gsp *gsp, struct magma_error *err);

/* The protected region's bounds in bytes; *end 0: there is none. */
enum magma_code mg_gsp_wpr2(struct mg_gsp *gsp, uint64_t *start, uint64_t *end,
                            struct magma_error *err);

/* Number of a fuse version register: position of its highest set bit from 1, 0 for none. */
uint32_t mg_fuse_version(uint32_t fuse);

/* ---- Running steps ---- */

struct mg_gsp_step_entry {
    const char *name, *what;
    enum magma_code (*run)(struct mg_gsp *gsp, struct magma_error *err);
    bool (*wanted)(const struct mg_gsp *gsp); /* NULL: always */
};

/* Runs a table of steps until one fails, reporting each. */
enum magma_code mg_gsp_run_steps(struct mg_gsp *gsp, const struct mg_gsp_step_entry *steps,
                                 size_t count, struct magma_error *err);

/* Tells a step's end to whoever watches. */
void mg_gsp_report(struct mg_gsp *gsp, const char *name, const char *what, uint64_t start_ns,
                   enum magma_code code);

#endif
