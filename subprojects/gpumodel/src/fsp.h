/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * FSP, the processor that roots the chain of trust on Hopper and Blackwell: its message channel in
 * EMEM (fsp.c), and what it and the FMC do with the one message that boots the GSP (fmc.c).
 */
#ifndef GPUM_FSP_H
#define GPUM_FSP_H

#include <nvhw/boot.h>
#include <nvhw/wpr.h>
#include <stdbool.h>
#include <stdint.h>

struct gpum;

enum gpum_fsp_phase {
    GPUM_FSP_IDLE,
    GPUM_FSP_WORKING, /* took a message; answers when it is due */
    GPUM_FSP_BOOTING, /* the FMC runs: the GSP's registers are closed, then its lockdown ends */
};

struct gpum_fsp {
    uint8_t emem[NV_PFSP_EMEM_CHANNEL_SIZE_BYTES];
    uint32_t ememc, queue_head, queue_tail, message_head, message_tail;
    enum gpum_fsp_phase phase;
    uint64_t due_ns;
    unsigned polls;      /* looks at the GSP while it is locked */
    uint64_t parameters; /* of the FMC */
    uint64_t arguments;  /* of GSP-RM */
};

/* What a file's FMC is made of here; at the start of the image. */
#define GPUM_FMC_MAGIC UINT64_C(0x434d464d55504700)
struct gpum_fmc_header {
    uint64_t magic;
    uint64_t size_bytes;
    char chip[16];
};
/* Key and signature of an image of the model's own make. */
void gpum_fmc_key(const char *chip, uint8_t *out, uint32_t size_bytes);
void gpum_fmc_sign(const uint8_t *hash, const char *chip, uint8_t *out, uint32_t size_bytes);

void gpum_fsp_power_on(struct gpum *m);
bool gpum_fsp_step(struct gpum *m);
uint32_t gpum_fsp_read(struct gpum *m, uint32_t offset);
void gpum_fsp_write(struct gpum *m, uint32_t offset, uint32_t value);
/* While true, registers of the GSP falcon read *value. */
bool gpum_fsp_locks_gsp(struct gpum *m, uint32_t *value);
/* Whether HWCFG2 shows the lockdown. */
bool gpum_fsp_lockdown(const struct gpum *m);

/* Checks the chain-of-trust message; 0, or the error code of the answer. */
uint32_t gpum_fmc_accept(struct gpum *m, const struct nvhw_fsp_cot_payload *p);
/* The FMC's work: WPR2, images, RISC-V. Leaves the result in the GSP's MAILBOX0. */
void gpum_fmc_run(struct gpum *m);

#endif
