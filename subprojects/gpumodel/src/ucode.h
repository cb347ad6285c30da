/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The model's own microcode images. A falcon image made here begins with an identity block and is
 * signed with a function of its bytes and of what the boot ROM is told (fuse version, engine mask,
 * ucode id), so that any wrong byte, offset, signature or register shows. Nobody executes these
 * bytes: what a recognised image does is written in fwsec.c and booter.c.
 */
#ifndef GPUM_UCODE_H
#define GPUM_UCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum gpum_ucode_kind {
    GPUM_UCODE_NONE,
    GPUM_UCODE_FWSEC,
    GPUM_UCODE_BOOTER_LOAD,
    GPUM_UCODE_BOOTER_UNLOAD,
    GPUM_UCODE_SCRUBBER,
    GPUM_UCODE_GENERIC_LOADER,
};

const char *gpum_ucode_name(enum gpum_ucode_kind kind);

#define GPUM_UCODE_MAGIC       UINT64_C(0x444f43554d555047) /* "GPUMUCOD" */
#define GPUM_UCODE_MUTABLE_MAX 4

/* A part of the data segment that the host may change; not covered by the signature. */
struct gpum_ucode_range {
    uint32_t offset, size_bytes;
};

/* At the start of the code. */
struct gpum_ucode_identity {
    uint64_t magic;
    uint32_t kind;
    uint32_t code_bytes, data_bytes;
    uint32_t signature_offset, signature_bytes; /* in the data */
    struct gpum_ucode_range mutable_range[GPUM_UCODE_MUTABLE_MAX];
    uint32_t reserved;
    char chip[16]; /* firmware folder: images of another chip do not run */
};

/* What the boot ROM mixes into the check. */
struct gpum_sign_key {
    uint32_t fuse_version, engine_mask, ucode_id;
};

/* FNV-1a, 64 bits; start with gpum_hash_start(). */
uint64_t gpum_hash_start(void);
uint64_t gpum_hash(uint64_t hash, const void *data, size_t size_bytes);
/* Fills out with a stream that depends on seed only. */
void gpum_pattern(uint64_t seed, void *out, size_t size_bytes);

/* The signature of an image: code as it stands, data with signature and mutable parts as zero. */
void gpum_ucode_sign(const struct gpum_ucode_identity *id, const uint8_t *code, const uint8_t *data,
                     const struct gpum_sign_key *key, uint8_t *out, size_t size_bytes);

/* Fills code and data (all but signature and mutable parts) of an image. */
void gpum_ucode_fill(const struct gpum_ucode_identity *id, uint8_t *code, uint8_t *data);

/* True when the identity's sizes and ranges lie within its own segments. */
bool gpum_ucode_identity_ok(const struct gpum_ucode_identity *id);

#endif
