/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What the kind of a page does to the order of bytes: the same memory mapped with several kinds,
 * written through one and read through another. Raw bytes go to files. Only through nvidia.ko,
 * whose mappings may override the kind.
 */
#include "tests/silicon/image/image.h"

#include <nvhw/copy.h>
#include <nvhw/fifo.h>
#include <nvhw/gmmu.h>
#include <nvhw/image.h>
#include <nvhw/rmioctl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libmagma/cmd/device.h"
#include "libmagma/winsys/nvidia_private.h"

/* Where nothing else is mapped, below 2^40. */
#define ALIAS_VA   UINT64_C(0x6000000000)
#define ALIAS_STEP UINT64_C(0x1000000)

enum { ROOM = 1 << 18, SHOWN = 1 << 15, WIDTH = 64, HEIGHT = 64 };

struct kinds {
    struct images *im;
    const char *folder;
    struct mg_memory memory;
    struct magma_bo *data, *raw;
};

static bool map(struct kinds *k, uint32_t kind, uint64_t va, bool unmap)
{
    struct mg_nvidia *nv = mg_nvidia_of(mg_gpu_device(k->im->gpu)->ws);
    const struct mg_nvidia_memory *impl = k->memory.impl;
    struct magma_error err = {0};
    struct nvhw_r580_rmi_map_dma block = {
        .h_client = nv->rmi.client,
        .h_device = nv->device,
        .h_dma = nv->virtual_memory,
        .h_memory = impl->handle,
        .length = k->memory.size_bytes,
        .flags = NVHW_NUM(NV_RMI_MAP_DMA_FLAGS, PAGE_SIZE, impl->page_size) |
                 NVHW_NUM(NV_RMI_MAP_DMA_FLAGS, DMA_OFFSET_FIXED, 1) |
                 NVHW_NUM(NV_RMI_MAP_DMA_KIND_FLAGS, OVERRIDE, 1),
        .kind_override = kind,
        .dma_offset = va,
    };

    if (unmap)
        return mg_rmi_unmap_dma(&nv->rmi, nv->device, nv->virtual_memory, impl->handle, va, &err) ==
               MAGMA_OK;
    if (mg_rmi_escape(&nv->rmi, nv->rmi.control_fd, NV_ESC_RM_MAP_MEMORY_DMA, &block, sizeof block,
                      &err) != MAGMA_OK ||
        block.status) {
        images_report(k->im, "kind", false, "mapping with kind %u: status 0x%x %s", kind,
                      block.status, err.text);
        return false;
    }
    return true;
}

static void push(struct images *im, uint32_t method, const uint32_t *values, uint32_t count)
{
    magma_push_methods(im->push, NV_PBDMA_SUBCHANNEL_COPY, method, values, count);
}

/* A pitch surface to a block-linear one, or back. */
static void push_blocks(struct images *im, uint64_t from, uint64_t to, bool to_blocks,
                        uint32_t bytes)
{
    uint32_t surface[5] = {NVHW_NUM(NVC5B5_SET_DST_BLOCK_SIZE, HEIGHT, 1) |
                               NVHW_DEF(NVC5B5_SET_DST_BLOCK_SIZE, GOB_HEIGHT, GOB_HEIGHT_FERMI_8),
                           WIDTH * bytes, HEIGHT, 1, 0};
    uint32_t origin[2] = {0, 0};
    uint32_t words[8] = {(uint32_t)(from >> 32), (uint32_t)from, (uint32_t)(to >> 32), (uint32_t)to,
                         WIDTH * bytes,          WIDTH * bytes,  WIDTH * bytes,        HEIGHT};
    uint32_t launch = NVHW_DEF(NVC5B5_LAUNCH_DMA, DATA_TRANSFER_TYPE, NON_PIPELINED) |
                      NVHW_DEF(NVC5B5_LAUNCH_DMA, FLUSH_ENABLE, TRUE) |
                      NVHW_NUM(NVC5B5_LAUNCH_DMA, SRC_MEMORY_LAYOUT, to_blocks) |
                      NVHW_NUM(NVC5B5_LAUNCH_DMA, DST_MEMORY_LAYOUT, !to_blocks) |
                      NVHW_DEF(NVC5B5_LAUNCH_DMA, MULTI_LINE_ENABLE, TRUE);

    push(im, to_blocks ? NVC5B5_SET_DST_BLOCK_SIZE : NVC5B5_SET_SRC_BLOCK_SIZE, surface, 5);
    push(im, to_blocks ? NVC5B5_DST_ORIGIN_X : NVC5B5_SRC_ORIGIN_X, origin, 2);
    push(im, NVC5B5_OFFSET_IN_UPPER, words, 8);
    push(im, NVC5B5_LAUNCH_DMA, &launch, 1);
}

static void save(struct kinds *k, const char *name)
{
    char path[256];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s.bin", k->folder, name);
    f = fopen(path, "wb");
    if (f) {
        fwrite(magma_bo_map(k->raw), 1, SHOWN, f);
        fclose(f);
    }
}

/* Words are their own numbers: tells where each has gone. */
static void fill(struct kinds *k)
{
    uint32_t *words = magma_bo_map(k->data);

    for (uint32_t i = 0; i < ROOM / 4; i++)
        words[i] = i;
}

static void finish(struct kinds *k, const char *name, bool good, const char *why)
{
    const uint32_t *raw = magma_bo_map(k->raw);
    unsigned moved = 0, lost = 0;

    if (!good) {
        image_answer_fault(k->im, name, why);
        return;
    }
    for (unsigned i = 0; i < SHOWN / 4; i++) {
        moved += raw[i] != i;
        lost += raw[i] >= ROOM / 4;
    }
    images_report(k->im, name, true, "of %u words %u elsewhere, %u unknown; hash %016llx",
                  SHOWN / 4, moved, lost, (unsigned long long)image_hash(0, raw, SHOWN));
    save(k, name);
}

/* Written through `from`, read through `to`, as lines or as blocks. */
static bool round_trip(struct kinds *k, const char *name, uint64_t to, bool to_blocks,
                       uint64_t from, bool from_blocks, uint32_t bytes)
{
    struct images *im = k->im;
    magma_gpu_va data = magma_bo_address(k->data), raw = magma_bo_address(k->raw);
    const char *why;
    bool good;

    fill(k);
    magma_fill_buffer(im->push, (magma_gpu_va){ALIAS_VA}, ROOM, 0xa5a5a5a5u);
    magma_fill_buffer(im->push, raw, SHOWN, 0xe7e7e7e7u);
    magma_push_barrier(im->push);
    if (to_blocks)
        push_blocks(im, data.raw, to, true, bytes);
    else
        magma_copy_buffer(im->push, (magma_gpu_va){to}, data, SHOWN);
    magma_push_barrier(im->push);
    if (from_blocks)
        push_blocks(im, from, raw.raw, false, bytes);
    else
        magma_copy_buffer(im->push, raw, (magma_gpu_va){from}, SHOWN);
    good = images_submit(im, im->copy, &why);
    finish(k, name, good, why);
    return good;
}

/* Depth formats fetched where they belong: what raw words look like through them. */
static bool fetches(struct kinds *k, uint32_t kind, uint64_t va)
{
    static const struct {
        uint32_t kind, components, type;
    } list[] = {
        {1, NV_TIC_V1_BLOCKLINEAR_COMPONENTS_Z16, NV_TIC_V1_BLOCKLINEAR_R_DATA_TYPE_UNORM},
        {2, NV_TIC_V1_BLOCKLINEAR_COMPONENTS_R8, NV_TIC_V1_BLOCKLINEAR_R_DATA_TYPE_UINT},
        {3, NV_TIC_V1_BLOCKLINEAR_COMPONENTS_X8Z24, NV_TIC_V1_BLOCKLINEAR_R_DATA_TYPE_UNORM},
        {3, NV_TIC_V1_BLOCKLINEAR_COMPONENTS_S8Z24, NV_TIC_V1_BLOCKLINEAR_R_DATA_TYPE_UNORM},
        {4, NV_TIC_V1_BLOCKLINEAR_COMPONENTS_ZF32_X24S8, NV_TIC_V1_BLOCKLINEAR_R_DATA_TYPE_FLOAT},
        {5, NV_TIC_V1_BLOCKLINEAR_COMPONENTS_Z24S8, NV_TIC_V1_BLOCKLINEAR_R_DATA_TYPE_UNORM},
        {6, NV_TIC_V1_BLOCKLINEAR_COMPONENTS_R32, NV_TIC_V1_BLOCKLINEAR_R_DATA_TYPE_UINT},
        {1, NV_TIC_V1_BLOCKLINEAR_COMPONENTS_R32, NV_TIC_V1_BLOCKLINEAR_R_DATA_TYPE_UINT},
        {0, NV_TIC_V1_BLOCKLINEAR_COMPONENTS_R32, NV_TIC_V1_BLOCKLINEAR_R_DATA_TYPE_UINT},
    };
    static struct image_lane lanes[256];
    uint32_t *words = magma_bo_map(k->data), state = 5;
    const char *why;

    for (uint32_t i = 0; i < ROOM / 4; i++)
        words[i] = kind == 4 ? image_float((float)i) : image_random(&state);
    magma_copy_buffer(k->im->push, (magma_gpu_va){va}, magma_bo_address(k->data), ROOM);
    if (!images_submit(k->im, k->im->copy, &why))
        return false;
    for (unsigned i = 0; i < 256; i++)
        lanes[i] = (struct image_lane){{i % 16, i / 16}, {image_handle()}};
    for (size_t i = 0; i < sizeof list / sizeof list[0] && !magma_gpu_is_lost(k->im->gpu); i++) {
        struct image_scene s = {
            .view = {.components = list[i].components,
                     .type = list[i].type,
                     .kind = NV_TIC_V1_BLOCKLINEAR_TEXTURE_TYPE_TWO_D,
                     .width = 16,
                     .height = 16},
            .version2 = true,
            .method = 2,
            .address = va,
            .op = image_op(NV_SASS_TLD, NV_SASS_MOD_TB, 1, NV_SASS_MOD_SHAPE, NV_SASS_SHAPE_2D,
                           NV_SASS_MOD_LOD, NV_SASS_LOD_LZ, -1),
            .lanes = lanes,
            .lane_count = 256,
            .words = 2,
        };
        char name[64];

        if (list[i].kind != kind)
            continue;
        snprintf(name, sizeof name, "kind%u-fetch-%x", kind, list[i].components);
        if (!image_try(k->im, name, &s))
            return false;
    }
    return true;
}

static bool one_kind(struct kinds *k, uint32_t kind)
{
    uint64_t va = ALIAS_VA + (kind + 1) * ALIAS_STEP;
    char name[64];
    bool good = map(k, kind, va, false);

    for (uint32_t bytes = 1; good && bytes <= 8; bytes *= 2) {
        snprintf(name, sizeof name, "kind%u-blocks%u-raw", kind, bytes);
        good = round_trip(k, name, va, true, ALIAS_VA, false, bytes);
    }
    snprintf(name, sizeof name, "kind%u-blocks-blocks", kind);
    good = good && round_trip(k, name, va, true, va, true, 4);
    snprintf(name, sizeof name, "kind%u-lines-raw", kind);
    good = good && round_trip(k, name, va, false, ALIAS_VA, false, 4);
    snprintf(name, sizeof name, "kind%u-raw-blocks", kind);
    good = good && round_trip(k, name, ALIAS_VA, false, va, true, 4);
    good = good && fetches(k, kind, va);
    if (!magma_gpu_is_lost(k->im->gpu))
        (void)map(k, kind, va, true);
    return good;
}

static bool open_kinds(struct kinds *k)
{
    struct mg_winsys *ws = mg_gpu_device(k->im->gpu)->ws;
    struct magma_error err = {0};
    enum magma_code code =
        mg_nvidia_memory_create(ws, MAGMA_DOMAIN_VRAM, ROOM, 0, 0, &k->memory, &err);

    if (code == MAGMA_OK)
        code = magma_bo_create(k->im->gpu, ROOM, 4096, MAGMA_DOMAIN_SYSTEM, 0, &k->data, &err);
    if (code == MAGMA_OK)
        code = magma_bo_create(k->im->gpu, ROOM, 4096, MAGMA_DOMAIN_SYSTEM, 0, &k->raw, &err);
    if (code != MAGMA_OK)
        images_report(k->im, "kinds", false, "%s", err.text);
    return code == MAGMA_OK && map(k, NV_MMU_PTE_KIND_PITCH, ALIAS_VA, false);
}

static void close_kinds(struct kinds *k)
{
    struct mg_winsys *ws = mg_gpu_device(k->im->gpu)->ws;

    magma_bo_destroy(k->raw);
    magma_bo_destroy(k->data);
    if (k->memory.impl && !magma_gpu_is_lost(k->im->gpu))
        (void)map(k, 0, ALIAS_VA, true);
    mg_nvidia_memory_destroy(ws, &k->memory);
    k->raw = k->data = NULL;
}

void images_kinds(struct images *im, const char *folder)
{
    static const uint32_t list[] = {0, 6, 1, 2, 3, 4, 5, 8};

    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        struct kinds k = {.im = im, .folder = folder};
        bool good = open_kinds(&k) && one_kind(&k, list[i]);

        close_kinds(&k);
        if (good || !magma_gpu_is_lost(im->gpu))
            continue;
        images_close(im);
        if (!images_open(im))
            exit(3);
    }
}
