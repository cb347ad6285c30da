/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Context buffers: who allocates what, and the golden context. Before any channel can compute,
 * RM must once record the state of a fresh context: a privileged channel in an address space of
 * RM's own kind gets all buffers and a 3D object; then it goes. The global buffers stay for all
 * later channels.
 */
#include <string.h>

#include <nvhw/gmmu.h>
#include <nvhw/rm.h>

#include "libmagma/core/status.h"
#include "libmagma/winsys/bare_private.h"

/* Entries of the golden channel's ring, in which nothing is ever submitted. */
#define GOLDEN_RING_ENTRIES 32u

static void give_va(struct mg_bare *bare, const struct mg_bare_buffer *b)
{
    pthread_mutex_lock(&bare->private_lock);
    mg_buddy_free(bare->private_va, b->va, b->size_bytes);
    pthread_mutex_unlock(&bare->private_lock);
}

static enum magma_code buffer_alloc(struct mg_bare *bare, const struct mg_gr_buffer *want,
                                    struct mg_bare_buffer *out, struct magma_error *err)
{
    uint64_t align = want->size_bytes >= NV_GMMU_PAGE_2M    ? NV_GMMU_PAGE_2M
                     : want->size_bytes >= NV_GMMU_PAGE_64K ? NV_GMMU_PAGE_64K
                                                            : NV_GMMU_PAGE_4K;
    uint64_t va_align = want->align_bytes > align ? want->align_bytes : align;
    magma_vram_addr vram;
    enum magma_code code;
    bool found;

    *out = (struct mg_bare_buffer){0};
    /* What RM initializes must be zero before, so the CPU has to reach it. */
    code = mg_heap_alloc(bare->heap, want->size_bytes, align,
                         want->initialize ? MG_HEAP_VISIBLE : MG_HEAP_ANY, &vram, err);
    if (code != MAGMA_OK)
        return code;
    if (want->initialize)
        mg_bare_vram_write(bare, vram.raw, NULL, want->size_bytes);
    pthread_mutex_lock(&bare->private_lock);
    found = mg_buddy_alloc(bare->private_va, want->size_bytes, va_align, &out->va);
    pthread_mutex_unlock(&bare->private_lock);
    if (!found) {
        mg_heap_free(bare->heap, vram, want->size_bytes);
        return mg_fail(err, MAGMA_OUT_OF_DEVICE_MEMORY, "no GPU addresses for context buffers");
    }
    out->vram = vram.raw;
    out->size_bytes = want->size_bytes;
    return MAGMA_OK;
}

static void buffer_free(struct mg_bare *bare, struct mg_bare_buffer *b)
{
    if (!b->size_bytes)
        return;
    give_va(bare, b);
    mg_heap_free(bare->heap, (magma_vram_addr){b->vram}, b->size_bytes);
    *b = (struct mg_bare_buffer){0};
}

static enum magma_code buffer_map(struct mg_vas *vas, const struct mg_bare_buffer *b,
                                  bool read_only, struct magma_error *err)
{
    return mg_vas_map(vas, (magma_gpu_va){b->va}, MG_APERTURE_VRAM, b->vram, b->size_bytes,
                      MG_MAP_PRIVILEGED | (read_only ? MG_MAP_READ_ONLY : 0), err);
}

/* ---- The golden context ---------------------------------------------------------------------- */

struct golden {
    struct mg_vas *vas;
    uint32_t vaspace;
    struct mg_bare_channel channel;
    bool have_channel;
    struct mg_bare_buffer own[MG_GR_BUFFERS_MAX];
};

static enum magma_code golden_buffers(struct mg_bare *bare, struct golden *g,
                                      struct magma_error *err)
{
    struct mg_gr_place places[MG_GR_BUFFERS_MAX];
    enum magma_code code = MAGMA_OK;

    for (uint32_t i = 0; i < bare->gr.count && code == MAGMA_OK; i++) {
        const struct mg_gr_buffer *want = &bare->gr.buffer[i];
        struct mg_bare_buffer *b = want->global ? &bare->gr_global[i] : &g->own[i];

        code = buffer_alloc(bare, want, b, err);
        if (code == MAGMA_OK && want->golden_mapped)
            code = buffer_map(g->vas, b, false, err);
        places[i] = (struct mg_gr_place){
            .id = want->id,
            .vram = want->initialize ? b->vram : 0,
            .va = want->golden_mapped ? b->va : 0,
            .size_bytes = b->size_bytes,
            .initialize = want->initialize,
        };
    }
    if (code == MAGMA_OK)
        code = mg_rm_promote(bare->rm, &g->channel.rm, places, bare->gr.count, err);
    return code;
}

static enum magma_code golden_record(struct mg_bare *bare, struct golden *g,
                                     struct magma_error *err)
{
    struct mg_vas_backend backend;
    uint32_t object = 0;
    enum magma_code code;

    mg_bare_vas_backend(bare, &backend);
    code = mg_vas_create(mg_gmmu_format(bare->gen->mmu), &backend, &g->vas, err);
    if (code == MAGMA_OK)
        code = mg_rm_vaspace_create_shared(bare->rm, g->vas, &g->vaspace, err);
    if (code != MAGMA_OK)
        return code;
    /* Nothing is fetched from this ring: its address need not be mapped. */
    code = mg_bare_channel_init(bare, mg_rm_graphics(bare->rm), g->vas, g->vaspace,
                                (magma_gpu_va){bare->ws.va_start}, GOLDEN_RING_ENTRIES, true,
                                &g->channel, err);
    if (code != MAGMA_OK)
        return code;
    g->have_channel = true;
    code = golden_buffers(bare, g, err);
    if (code == MAGMA_OK)
        code = mg_rm_channel_object(bare->rm, &g->channel.rm, bare->gen->classes.graphics, 0,
                                    &object, err);
    if (code == MAGMA_OK)
        mg_rm_object_destroy(bare->rm, g->channel.rm.handle, object);
    return code;
}

static void golden_finish(struct mg_bare *bare, struct golden *g)
{
    if (g->have_channel)
        mg_bare_channel_finish(bare, &g->channel);
    if (g->vaspace)
        mg_rm_vaspace_destroy(bare->rm, g->vaspace);
    mg_vas_destroy(g->vas);
    for (uint32_t i = 0; i < bare->gr.count; i++)
        buffer_free(bare, &g->own[i]);
}

enum magma_code mg_bare_gr_init(struct mg_bare *bare, struct magma_error *err)
{
    struct golden g = {0};
    enum magma_code code;

    if (!mg_rm_graphics(bare->rm))
        return MAGMA_OK; /* copies only */
    code = mg_rm_gr_buffers(bare->rm, &bare->gr, err);
    if (code != MAGMA_OK)
        return code;
    code = golden_record(bare, &g, err);
    golden_finish(bare, &g);
    for (uint32_t i = 0; i < bare->gr.count && code == MAGMA_OK; i++)
        if (bare->gr_global[i].size_bytes && bare->gr.buffer[i].later_mapped)
            code =
                buffer_map(bare->vas, &bare->gr_global[i], bare->gr.buffer[i].later_read_only, err);
    return code == MAGMA_OK ? code : mg_prefix(err, code, "golden context");
}

void mg_bare_gr_finish(struct mg_bare *bare)
{
    for (uint32_t i = 0; i < bare->gr.count; i++)
        buffer_free(bare, &bare->gr_global[i]);
}

/* ---- Later channels -------------------------------------------------------------------------- */

enum magma_code mg_bare_gr_attach(struct mg_bare *bare, struct mg_bare_channel *channel,
                                  struct magma_error *err)
{
    struct mg_gr_place places[MG_GR_BUFFERS_MAX];
    enum magma_code code = MAGMA_OK;
    uint32_t count = 0;

    for (uint32_t i = 0; i < bare->gr.count && code == MAGMA_OK; i++) {
        const struct mg_gr_buffer *want = &bare->gr.buffer[i];

        if (!want->later_mapped)
            continue;
        if (want->global) {
            places[count++] = (struct mg_gr_place){
                .id = want->id, .va = bare->gr_global[i].va, .size_bytes = want->size_bytes};
            continue;
        }
        code = buffer_alloc(bare, want, &channel->gr[i], err);
        if (code == MAGMA_OK) {
            code = buffer_map(bare->vas, &channel->gr[i], false, err);
            if (code != MAGMA_OK)
                buffer_free(bare, &channel->gr[i]);
        }
        places[count++] = (struct mg_gr_place){.id = want->id,
                                               .vram = channel->gr[i].vram,
                                               .va = channel->gr[i].va,
                                               .size_bytes = want->size_bytes,
                                               .initialize = true};
    }
    if (code == MAGMA_OK)
        code = mg_rm_promote(bare->rm, &channel->rm, places, count, err);
    return code;
}

void mg_bare_gr_detach(struct mg_bare *bare, struct mg_bare_channel *channel)
{
    for (uint32_t i = 0; i < bare->gr.count; i++) {
        struct mg_bare_buffer *b = &channel->gr[i];

        if (b->size_bytes)
            (void)mg_vas_unmap(bare->vas, (magma_gpu_va){b->va}, b->size_bytes, NULL);
        buffer_free(bare, b);
    }
}
