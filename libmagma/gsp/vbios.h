/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The board's ROM: finding the image chain in it and, in an image of NVIDIA's own type, FWSEC,
 * the signed program that sets the protected region up. Pure functions over bytes, except for
 * mg_vbios_read. Pointers in what they give out point into the ROM's bytes.
 *
 *   [IFR header] image 0 (PC-AT: BIT table) ... image n (0xe0: ucode table, FWSEC)
 *
 * Pointers inside the BIT data count as if the first 0xe0 image followed the base image directly.
 */
#ifndef MG_GSP_VBIOS_H
#define MG_GSP_VBIOS_H

#include <stdint.h>

#include <magma-nv/status.h>

#include "libmagma/gsp/bytes.h"

struct mg_hal;

/* Where the parts of a ROM are. */
struct mg_vbios_map {
    uint32_t image_offset;     /* of image 0 in the ROM: what all pointers count from */
    uint32_t base_size_bytes;  /* of the PC-AT image */
    uint32_t extension_offset; /* of the first 0xe0 image, from image 0 */
    uint32_t end_offset;       /* of the last image's end, from image 0 */
};

/*
 * Follows the image chain in the part of the ROM that is there. MAGMA_OK with *need_bytes >
 * rom.size: the ROM has to be read up to there before this can go on. MAGMA_OK otherwise: *map is
 * complete. MAGMA_BAD_VBIOS: the text says what is wrong at which offset.
 */
enum magma_code mg_vbios_map(struct mg_bytes rom, struct mg_vbios_map *map, uint64_t *need_bytes,
                             struct magma_error *err);

/* FWSEC as the ROM describes it. All offsets and sizes were checked against code and data. */
struct mg_fwsec {
    uint32_t version; /* of the descriptor: 2 or 3 */
    struct mg_bytes code, data;
    uint32_t imem_phys_base, imem_virt_base;
    uint32_t imem_sec_base, imem_sec_size_bytes; /* V2 */
    uint32_t dmem_phys_base;
    uint32_t entry;              /* V2: start address; V3: IMEM virtual base */
    uint32_t mapper_offset;      /* of struct nvhw_dmem_mapper in data */
    uint32_t command_offset;     /* of the command buffer in data */
    uint32_t command_size_bytes; /* its room */
    /* V3 */
    uint32_t signature_offset;  /* in data, where the chosen one goes */
    struct mg_bytes signatures; /* signature_count of NV_FWSEC_SIGNATURE_SIZE_BYTES */
    uint32_t signature_count;
    uint32_t signature_versions; /* bit per fuse version that has one */
    uint32_t engine_id_mask, ucode_id;
};

/* Finds FWSEC: the program for production boards, or for debug boards. */
enum magma_code mg_vbios_fwsec(struct mg_bytes rom, const struct mg_vbios_map *map, bool debug,
                               struct mg_fwsec *out, struct magma_error *err);

/* BIOS version as the board's maker writes it ("94.02.42.00.a9") into buf, NUL ended; "" when the
 * ROM does not say. */
void mg_vbios_version(struct mg_bytes rom, const struct mg_vbios_map *map, char *buf,
                      size_t size_bytes);

/*
 * Which of the signatures fits a board with this fuse version. MAGMA_BAD_VBIOS: none does.
 */
enum magma_code mg_fwsec_signature(const struct mg_fwsec *fwsec, uint32_t fuse_version,
                                   struct mg_bytes *out, struct magma_error *err);

/*
 * Writes into data, a copy of fwsec->data, what the program shall do: command is
 * NV_FWSEC_COMMAND_FRTS (with the region, offset and size multiples of 4 KiB) or _SB.
 */
void mg_fwsec_set_command(const struct mg_fwsec *fwsec, uint8_t *data, uint32_t command,
                          uint64_t frts_offset, uint64_t frts_size_bytes);

/* Reads the ROM through BAR0, as much of it as the image chain says. The caller frees *data,
 * which *rom points to. MAGMA_BAD_VBIOS, MAGMA_OUT_OF_HOST_MEMORY, MAGMA_DEVICE_GONE. */
enum magma_code mg_vbios_read(struct mg_hal *hal, uint8_t **data, struct mg_bytes *rom,
                              struct mg_vbios_map *map, struct magma_error *err);

#endif
