/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * struct mg_gsp: the GPU's system processor running NVIDIA's resource manager, started by us from
 * nothing and stopped again. boot.c has the order of the steps; docs of the chain: README.md
 * beside this file.
 *
 * Threads: boot, unload and destroy from one thread; the getters from any.
 */
#ifndef MG_GSP_GSP_H
#define MG_GSP_GSP_H

#include <stdbool.h>
#include <stdint.h>

#include <magma-nv/address.h>
#include <magma-nv/status.h>

struct mg_gen;
struct mg_gsp;
struct mg_hal;
struct mg_irq;
struct mg_rpc;

/* One step of a boot or unload, reported when it ends. Strings are static. */
struct mg_gsp_step {
    const char *name;  /* "fwsec-frts" */
    const char *what;  /* "FWSEC sets up the protected region" */
    uint64_t start_ns; /* of the hal's clock */
    uint64_t duration_ns;
    enum magma_code code; /* MAGMA_OK, or why the boot ends here */
};

/* All zero is a usable value. */
struct mg_gsp_options {
    /* Root of a firmware tree (with nvidia/ga102/gsp/ in it), or a folder that holds the files
     * themselves. NULL: MAGMA_FIRMWARE_PATH, then /lib/firmware and /usr/lib/firmware. */
    const char *firmware_path;
    void (*step)(void *ctx, const struct mg_gsp_step *step);
    void *step_ctx;
    uint64_t rpc_timeout_ns; /* 0: the default of deadlines.h */
    /* As in struct mg_rpc_options: sleeps until GSP may have sent something. */
    void (*wait)(void *ctx, uint64_t max_ns);
    void *wait_ctx;
};

/*
 * Boots GSP-RM and asks it for its static info. A GPU found booted (a crash left it so) is reset
 * first. On failure everything is undone, the GPU reset if its processors had been started, *out
 * is NULL and err says which step failed and why:
 * MAGMA_NOT_SUPPORTED (no boot for this generation yet), MAGMA_FIRMWARE_MISSING,
 * MAGMA_BAD_FIRMWARE, MAGMA_BAD_VBIOS, MAGMA_TIMEOUT, MAGMA_FIRMWARE_REFUSED, MAGMA_PROTOCOL,
 * MAGMA_DEVICE_GONE, and what hal returns. hal and gen are borrowed until mg_gsp_destroy.
 */
enum magma_code mg_gsp_boot(struct mg_hal *hal, const struct mg_gen *gen,
                            const struct mg_gsp_options *options, struct mg_gsp **out,
                            struct magma_error *err);

/*
 * Asks GSP-RM to end and takes the protected region down, so that the GPU is as it was found.
 * Every object and channel is gone afterwards. On failure the GPU is reset instead, and the
 * error says why that was needed. Call it once, then mg_gsp_destroy.
 */
enum magma_code mg_gsp_unload(struct mg_gsp *gsp, struct magma_error *err);

/* Frees the memory; resets the GPU first if GSP-RM still runs. NULL is fine. */
void mg_gsp_destroy(struct mg_gsp *gsp);

/* All zero is a usable value. */
struct mg_gsp_reset_options {
    /* Each kind of reset that was tried, as in struct mg_hal_recover_options. */
    void (*report)(void *ctx, const char *method, enum magma_code code, const char *text);
    void *ctx;
};

/*
 * Resets a GPU that is not in use, in whatever state it is (also one that does not answer, with
 * the hal's option allow_gone), until it is as after power-on: with each kind of reset that the
 * kernel offers, as mg_hal_recover. A boot does this by itself for a GPU that it finds booted.
 */
enum magma_code mg_gsp_reset(struct mg_hal *hal, const struct mg_gsp_reset_options *options,
                             struct magma_error *err);

/* Owned by gsp. */
struct mg_rpc *mg_gsp_rpc(struct mg_gsp *gsp);
const struct mg_gen *mg_gsp_gen(const struct mg_gsp *gsp);

/* A piece of VRAM as GSP-RM sorts it. */
struct mg_gsp_region {
    magma_vram_addr base;
    uint64_t size_bytes;
    bool usable; /* neither reserved nor protected */
};

#define MG_GSP_REGION_MAX 16

/* What GSP-RM says about the GPU once it runs. */
struct mg_gsp_info {
    char name[65]; /* "NVIDIA GeForce RTX ..." */
    char firmware_version[32];
    uint64_t vram_bytes;
    /* VRAM at or above it belongs to GSP-RM. */
    magma_vram_addr vram_reserved;
    struct mg_gsp_region regions[MG_GSP_REGION_MAX];
    uint32_t region_count;
    uint64_t bar1_pde_base, bar2_pde_base;
    /* Privileged objects that GSP-RM made by itself, for internal controls. */
    uint32_t internal_client, internal_device, internal_subdevice;
    uint8_t gid[16]; /* UUID; zero when GSP-RM gave none */
    uint32_t l2_cache_bytes;
    uint64_t fbp_mask;
};

const struct mg_gsp_info *mg_gsp_info(const struct mg_gsp *gsp);

/* Serves GSP's interrupts: attaches to its stall vector (from RM's interrupt table), so that
 * events arrive without a request. Detach before mg_irq_destroy. */
enum magma_code mg_gsp_attach_irq(struct mg_gsp *gsp, struct mg_irq *irq, uint32_t vector,
                                  struct magma_error *err);
void mg_gsp_detach_irq(struct mg_gsp *gsp);

/* Looks whether GSP-RM still runs: MAGMA_OK, MAGMA_DEVICE_LOST (it halted; the text has the tail
 * of its log), MAGMA_DEVICE_GONE. Any thread. */
enum magma_code mg_gsp_check(struct mg_gsp *gsp, struct magma_error *err);

/* Copies the newest bytes of a log buffer ("LOGRM") as words of its records, raw: the firmware
 * files carry no text. Returns how many bytes; 0 when there is no such log. */
uint32_t mg_gsp_log_tail(struct mg_gsp *gsp, const char *log, void *out, uint32_t size_bytes);

#endif
