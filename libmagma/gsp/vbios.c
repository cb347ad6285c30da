/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The ROM's image chain: where image 0 is (behind an IFR header on some boards), how long each
 * image is, which is the base image and which the first of NVIDIA's own; and reading it. The
 * window allows 32-bit reads only and each is slow, so no more is read than the chain needs.
 */
#include "libmagma/gsp/vbios.h"

#include <stdlib.h>

#include <nvhw/boot.h>
#include <nvhw/vbios.h>

#include "libmagma/core/status.h"
#include "libmagma/hal/hal.h"

/* A chain has a handful of images; more is a loop in disguise. */
#define IMAGE_COUNT_MAX  64

#define READ_CHUNK_BYTES 4096u

/* A look at the ROM that notes how much of it would have to be there. */
struct view {
    struct mg_bytes rom;
    uint64_t need_bytes;
};

static bool get(struct view *v, uint64_t offset, void *out, size_t size)
{
    if (mg_bytes_get(v->rom, offset, out, size))
        return true;
    if (offset + size > v->need_bytes)
        v->need_bytes = offset + size;
    return false;
}

/* The third form of the IFR header: a directory behind the flash status area says where. */
static bool ifr_directory(struct view *v, uint32_t total, uint32_t *image, enum magma_code *code,
                          struct magma_error *err)
{
    uint32_t status, signature;
    uint64_t directory;

    if (!get(v, total, &status, sizeof status))
        return false;
    directory = (uint64_t)status + NV_ROM_DIRECTORY_OFFSET;
    if (!get(v, directory, &signature, sizeof signature) ||
        !get(v, directory + NV_ROM_DIRECTORY_IMAGE_OFFSET, image, sizeof *image))
        return false;
    if (signature != NV_ROM_DIRECTORY_SIGNATURE)
        *code = mg_fail(err, MAGMA_BAD_VBIOS, "ROM directory at 0x%llx has signature 0x%08x",
                        (unsigned long long)directory, signature);
    return true;
}

/* Offset of image 0. false: more bytes are needed, or *code says what is wrong. */
static bool find_image0(struct view *v, uint32_t *image, enum magma_code *code,
                        struct magma_error *err)
{
    uint32_t fixed[3], version, fixed_size;
    uint16_t signature;

    if (!get(v, 0, fixed, sizeof fixed))
        return false;
    signature = (uint16_t)fixed[0];
    *image = 0;
    if (signature == NV_PCI_ROM_SIGNATURE || signature == NV_PCI_ROM_SIGNATURE_NV)
        return true;
    if (!NVHW_TEST(NV_PBUS_IFR_FMT_FIXED0, SIGNATURE, VALUE, fixed[0])) {
        *code = mg_fail(err, MAGMA_BAD_VBIOS,
                        "the ROM begins with 0x%08x, neither an image nor an "
                        "IFR header",
                        fixed[0]);
        return false;
    }
    version = NVHW_GET(NV_PBUS_IFR_FMT_FIXED1, VERSIONSW, fixed[1]);
    fixed_size = NVHW_GET(NV_PBUS_IFR_FMT_FIXED1, FIXED_DATA_SIZE, fixed[1]);
    if (version == 1 || version == 2)
        return get(v, fixed_size + NV_VBIOS_IFR_IMAGE_OFFSET, image, sizeof *image);
    if (version == 3)
        return ifr_directory(v, NVHW_GET(NV_PBUS_IFR_FMT_FIXED2, TOTAL_DATA_SIZE, fixed[2]), image,
                             code, err) &&
               *code == MAGMA_OK;
    *code = mg_fail(err, MAGMA_BAD_VBIOS, "IFR header of unknown version %u", version);
    return false;
}

struct image {
    uint32_t size_bytes;
    uint8_t code_type;
    bool last;
};

/* The extension behind PCIR, when there is one, has the better length. */
static bool read_npde(struct view *v, uint64_t at, struct image *image)
{
    struct nvhw_npde npde;

    if (!get(v, at, &npde, sizeof npde))
        return false;
    if (npde.signature != NV_NPDE_SIGNATURE ||
        (npde.revision != NV_NPDE_REVISION_0 && npde.revision != NV_NPDE_REVISION_1))
        return true;
    image->size_bytes = npde.subimage_length * NV_PCI_ROM_BLOCK_SIZE_BYTES;
    if (npde.length >= sizeof npde)
        image->last = (npde.last & NV_NPDE_LAST) != 0;
    return true;
}

/* One image at an offset of the ROM. */
static bool read_image(struct view *v, uint64_t at, struct image *image, enum magma_code *code,
                       struct magma_error *err)
{
    struct nvhw_pcir pcir;
    uint16_t signature, pointer;
    uint64_t npde;

    if (!get(v, at, &signature, sizeof signature) ||
        !get(v, at + NV_PCI_ROM_PCIR_POINTER_OFFSET, &pointer, sizeof pointer))
        return false;
    if (signature != NV_PCI_ROM_SIGNATURE && signature != NV_PCI_ROM_SIGNATURE_NV) {
        *code = mg_fail(err, MAGMA_BAD_VBIOS, "image at 0x%llx begins with 0x%04x",
                        (unsigned long long)at, signature);
        return false;
    }
    if (!get(v, at + pointer, &pcir, sizeof pcir))
        return false;
    if (pcir.signature != NV_PCIR_SIGNATURE && pcir.signature != NV_PCIR_SIGNATURE_NPDS &&
        pcir.signature != NV_PCIR_SIGNATURE_RGIS) {
        *code = mg_fail(err, MAGMA_BAD_VBIOS, "image at 0x%llx: PCIR signature is 0x%08x",
                        (unsigned long long)at, pcir.signature);
        return false;
    }
    *image = (struct image){pcir.image_length * NV_PCI_ROM_BLOCK_SIZE_BYTES, pcir.code_type,
                            (pcir.indicator & NV_PCIR_INDICATOR_LAST) != 0};
    npde = (uint64_t)pointer + pcir.length + NV_NPDE_ALIGN_BYTES - 1;
    npde -= npde % NV_NPDE_ALIGN_BYTES;
    if (!read_npde(v, at + npde, image))
        return false;
    if (!image->size_bytes)
        *code =
            mg_fail(err, MAGMA_BAD_VBIOS, "image at 0x%llx has no length", (unsigned long long)at);
    return *code == MAGMA_OK;
}

static void note_image(struct mg_vbios_map *map, const struct image *image, uint32_t offset,
                       bool *have_base, bool *have_extension)
{
    if (image->code_type == NV_VBIOS_CODE_TYPE_PC_AT && !*have_base) {
        map->base_size_bytes = image->size_bytes;
        *have_base = true;
    }
    if (image->code_type == NV_VBIOS_CODE_TYPE_EXTENSION && !*have_extension) {
        map->extension_offset = offset;
        *have_extension = true;
    }
}

/* false: more bytes are needed, or *code says what is wrong. */
static bool follow(struct view *v, struct mg_vbios_map *map, enum magma_code *code,
                   struct magma_error *err)
{
    bool have_base = false, have_extension = false;
    struct image image = {0};
    uint64_t offset = 0;

    if (!find_image0(v, &map->image_offset, code, err))
        return false;
    for (unsigned i = 0; !image.last; i++) {
        if (i == IMAGE_COUNT_MAX) {
            *code = mg_fail(err, MAGMA_BAD_VBIOS, "the image chain does not end");
            return false;
        }
        if (!read_image(v, map->image_offset + offset, &image, code, err))
            return false;
        if (map->image_offset + offset + image.size_bytes > NV_PROM_SIZE_BYTES) {
            *code = mg_fail(err, MAGMA_BAD_VBIOS, "image %u ends beyond the ROM", i);
            return false;
        }
        note_image(map, &image, (uint32_t)offset, &have_base, &have_extension);
        offset += image.size_bytes;
    }
    if (!have_base || !have_extension) {
        *code = mg_fail(err, MAGMA_BAD_VBIOS, "the ROM has no %s image",
                        have_base ? "NVIDIA extension (0xe0)" : "PC-AT");
        return false;
    }
    map->end_offset = (uint32_t)offset;
    v->need_bytes = map->image_offset + offset;
    return true;
}

enum magma_code mg_vbios_map(struct mg_bytes rom, struct mg_vbios_map *map, uint64_t *need_bytes,
                             struct magma_error *err)
{
    struct view v = {.rom = rom};
    enum magma_code code = MAGMA_OK;

    memset(map, 0, sizeof *map);
    follow(&v, map, &code, err);
    if (code == MAGMA_OK && v.need_bytes > NV_PROM_SIZE_BYTES)
        code = mg_fail(err, MAGMA_BAD_VBIOS, "a header at 0x%llx lies beyond the ROM",
                       (unsigned long long)v.need_bytes);
    *need_bytes = code == MAGMA_OK ? v.need_bytes : 0;
    return code;
}

/* Reads [from, to) of the window. Where BAR0 is not mapped, one transfer per chunk saves a round
 * trip per word; a device that refuses such transfers gets single reads. */
static enum magma_code read_rom(struct mg_hal *hal, uint8_t *data, uint64_t from, uint64_t to,
                                struct magma_error *err)
{
    bool mapped = mg_mmio_pointer(hal, NV_PROM_BASE, NV_PROM_SIZE_BYTES) != NULL;

    if (!mapped && mg_bar_read(hal, 0, NV_PROM_BASE + from, data + from, (size_t)(to - from),
                               NULL) == MAGMA_OK)
        return mg_hal_check(hal, err);
    for (uint64_t at = from; at < to; at += sizeof(uint32_t)) {
        uint32_t word;
        enum magma_code code = mg_mmio_read(hal, NV_PROM_BASE + (uint32_t)at, &word, err);

        if (code != MAGMA_OK)
            return code;
        memcpy(data + at, &word, sizeof word);
    }
    return MAGMA_OK;
}

enum magma_code mg_vbios_read(struct mg_hal *hal, uint8_t **data, struct mg_bytes *rom,
                              struct mg_vbios_map *map, struct magma_error *err)
{
    uint64_t loaded = 0, need = 1;
    enum magma_code code = MAGMA_OK;

    *data = malloc(NV_PROM_SIZE_BYTES);
    if (!*data)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "no memory for a copy of the ROM");
    while (need > loaded) {
        uint64_t to = (need + READ_CHUNK_BYTES - 1) / READ_CHUNK_BYTES * READ_CHUNK_BYTES;

        code = read_rom(hal, *data, loaded, to, err);
        if (code != MAGMA_OK)
            goto fail;
        loaded = to;
        code = mg_vbios_map((struct mg_bytes){*data, (size_t)loaded}, map, &need, err);
        if (code != MAGMA_OK)
            goto fail;
    }
    *rom = (struct mg_bytes){*data, (size_t)loaded};
    return MAGMA_OK;

fail:
    free(*data);
    *data = NULL;
    return mg_prefix(err, code, "VBIOS");
}
