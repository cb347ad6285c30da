/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The containers of NVIDIA's firmware files, opened: pure functions over the bytes of a file, with
 * every offset and length checked. What they give out points into those bytes. Errors are
 * MAGMA_BAD_FIRMWARE with a sentence; the caller puts the file's name before it.
 */
#ifndef MG_GSP_FIRMWARE_H
#define MG_GSP_FIRMWARE_H

#include <stdint.h>

#include <magma-nv/status.h>

#include "libmagma/gsp/bytes.h"

/* booter_load, booter_unload, scrubber: signed code for a falcon. */
struct mg_fw_hs {
    struct mg_bytes image;
    struct mg_bytes signatures; /* signature_count of signature_size_bytes */
    uint32_t signature_count, signature_size_bytes;
    uint32_t signature_offset; /* in image, where the chosen one goes; all of it lies inside */
    uint32_t engine_id_mask, ucode_id, fuse_version;
    /* Parts of image: code without signature check, checked code, data. */
    uint32_t os_code_offset, os_code_size_bytes;
    uint32_t app_code_offset, app_code_size_bytes;
    uint32_t data_offset, data_size_bytes;
};
enum magma_code mg_fw_hs(struct mg_bytes file, struct mg_fw_hs *out, struct magma_error *err);

/* The signature for a device whose fuse register has this version. */
enum magma_code mg_fw_hs_signature(const struct mg_fw_hs *hs, uint32_t fuse_version,
                                   struct mg_bytes *out, struct magma_error *err);

/* bootloader: what runs first on the GSP's RISC-V core. */
struct mg_fw_riscv {
    struct mg_bytes image;
    uint32_t app_version;
    uint32_t monitor_code_offset, monitor_data_offset, manifest_offset; /* in image */
};
enum magma_code mg_fw_riscv(struct mg_bytes file, struct mg_fw_riscv *out, struct magma_error *err);

/* gen_bootloader: the loader that starts FWSEC on Turing and GA100. */
struct mg_fw_loader {
    struct mg_bytes code, data;
    uint32_t start_tag, dmem_load_offset;
};
enum magma_code mg_fw_loader(struct mg_bytes file, struct mg_fw_loader *out,
                             struct magma_error *err);

/* gsp: GSP-RM itself, of which `section` is the signature for this chip family. */
struct mg_fw_gsp {
    struct mg_bytes image;     /* .fwimage */
    struct mg_bytes signature; /* the section asked for, NV_GSP_SIGNATURE_SIZE bytes */
    char version[32];          /* .fwversion */
};
enum magma_code mg_fw_gsp(struct mg_bytes file, const char *section, struct mg_fw_gsp *out,
                          struct magma_error *err);

/* fmc: what FSP verifies and starts on Hopper and Blackwell. Checksums were compared. */
struct mg_fw_fmc {
    struct mg_bytes image, hash, public_key, signature;
};
enum magma_code mg_fw_fmc(struct mg_bytes file, struct mg_fw_fmc *out, struct magma_error *err);

#endif
