/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Channels of a bare GPU: instance block in video memory, USERD and method buffer in system memory,
 * then RM's objects in the order that lets the channel run.
 */
#include <stdlib.h>
#include <string.h>

#include <nvhw/fifo.h>
#include <nvhw/gmmu.h>
#include <nvhw/rm.h>

#include "libmagma/core/status.h"
#include "libmagma/winsys/bare_private.h"

#define NO_INSTANCE UINT64_MAX

/* Writes where the page tables begin into a fresh instance block: for the whole channel and for
 * its first subcontext. */
static void write_instance(struct mg_bare *bare, uint64_t instance, const struct mg_vas *vas)
{
    const struct mg_gmmu_format *format = mg_gmmu_format(bare->gen->mmu);
    uint64_t root = mg_vas_root(vas);
    uint64_t limit = (UINT64_C(1) << format->va_bits) - 1;
    uint32_t pdb[2] = {
        NVHW_DEF(NV_RAMIN_PAGE_DIR_BASE_LO, TARGET, VID_MEM) |
            NVHW_NUM(NV_RAMIN_PAGE_DIR_BASE_LO, USE_VER2_PT_FORMAT, 1) |
            NVHW_DEF(NV_RAMIN_PAGE_DIR_BASE_LO, BIG_PAGE_SIZE, 64KB) |
            NVHW_NUM(NV_RAMIN_PAGE_DIR_BASE_LO, ADDRESS, (uint32_t)root / NV_GMMU_PAGE_4K),
        (uint32_t)(root >> 32),
    };
    uint64_t valid = 1;

    mg_bare_vram_write(bare, instance, NULL, NV_RAMIN_BYTES);
    mg_bare_vram_write(bare, instance + NV_RAMIN_PAGE_DIR_BASE_LO__OFFSET, pdb, sizeof pdb);
    mg_bare_vram_write(bare, instance + NV_RAMIN_ADR_LIMIT_LO__OFFSET, &limit, sizeof limit);
    mg_bare_vram_write(bare, instance + NV_RAMIN_SC_PDB_VALID_LO__OFFSET, &valid, sizeof valid);
    mg_bare_vram_write(bare, instance + NV_RAMIN_SC_PAGE_DIR_BASE_LO__OFFSET, pdb, sizeof pdb);
}

static struct mg_rm_memory system_memory(const struct mg_dma *dma)
{
    return (struct mg_rm_memory){MG_APERTURE_SYSTEM, dma->iova.raw, dma->size_bytes};
}

enum magma_code mg_bare_channel_init(struct mg_bare *bare, const struct mg_rm_engine *engine,
                                     struct mg_vas *vas, uint32_t vaspace, magma_gpu_va ring,
                                     uint32_t ring_entries, bool privileged,
                                     struct mg_bare_channel *out, struct magma_error *err)
{
    struct mg_rm_channel_desc desc = {
        .engine = engine,
        .vaspace = vaspace,
        .ring = ring,
        .ring_entries = ring_entries,
        .privileged = privileged,
    };
    uint32_t method_bytes = 0;
    enum magma_code code;

    memset(out, 0, sizeof *out);
    out->instance.raw = NO_INSTANCE;
    code = mg_rm_method_buffer_size(bare->rm, &method_bytes, err);
    if (code == MAGMA_OK)
        code = mg_heap_alloc(bare->heap, NV_RAMIN_BYTES, NV_RAMIN_BYTES, MG_HEAP_VISIBLE,
                             &out->instance, err);
    if (code == MAGMA_OK)
        code = mg_dma_init(bare->hal, NV_USERD_BYTES, 0, &out->userd, err);
    if (code == MAGMA_OK && method_bytes)
        code = mg_dma_init(bare->hal, method_bytes, 0, &out->method_buffer, err);
    if (code != MAGMA_OK)
        goto fail;
    write_instance(bare, out->instance.raw, vas);
    desc.instance =
        (struct mg_rm_memory){MG_APERTURE_VRAM, out->instance.raw, NV_RM_CHANNEL_INSTANCE_SIZE};
    desc.userd = system_memory(&out->userd);
    desc.method_buffer = system_memory(&out->method_buffer);
    code = mg_rm_channel_create(bare->rm, &desc, &out->rm, err);
    if (code == MAGMA_OK)
        return code;
    out->rm.handle = 0;
fail:
    mg_bare_channel_finish(bare, out);
    return code;
}

void mg_bare_channel_finish(struct mg_bare *bare, struct mg_bare_channel *channel)
{
    mg_rm_channel_destroy(bare->rm, &channel->rm);
    mg_dma_finish(&channel->method_buffer);
    mg_dma_finish(&channel->userd);
    if (channel->instance.raw != NO_INSTANCE)
        mg_heap_free(bare->heap, channel->instance, NV_RAMIN_BYTES);
    channel->instance.raw = NO_INSTANCE;
}

static const struct mg_rm_engine *choose_engine(struct mg_bare *bare, enum magma_engine engine)
{
    const struct mg_rm_engine *found;

    if (engine == MAGMA_ENGINE_COMPUTE)
        return mg_rm_graphics(bare->rm);
    found = mg_rm_copy(bare->rm, false);
    return found ? found : mg_rm_copy(bare->rm, true);
}

static enum magma_code add_objects(struct mg_bare *bare, enum magma_engine engine,
                                   struct mg_bare_channel *channel, struct magma_error *err)
{
    const struct mg_rm_engine *copy = channel->rm.engine;
    enum magma_code code;

    if (engine == MAGMA_ENGINE_COMPUTE) {
        copy = mg_rm_copy(bare->rm, true);
        if (!copy)
            return mg_fail(err, MAGMA_NOT_SUPPORTED,
                           "no copy engine stands beside the graphics engine of this GPU");
        code = mg_bare_gr_attach(bare, channel, err);
        if (code == MAGMA_OK)
            code = mg_rm_channel_object(bare->rm, &channel->rm, bare->gen->classes.compute, 0, NULL,
                                        err);
        if (code != MAGMA_OK)
            return code;
    }
    return mg_rm_channel_object(bare->rm, &channel->rm, bare->gen->classes.copy, copy->type, NULL,
                                err);
}

static void fill_port(struct mg_bare *bare, enum magma_engine engine,
                      struct mg_bare_channel *channel, struct mg_channel_port *out)
{
    struct nvhw_userd *userd = channel->userd.cpu;

    *out = (struct mg_channel_port){
        .gp_put = &userd->gp_put,
        .doorbell = mg_mmio_pointer(bare->hal, NV_VIRTUAL_FUNCTION_DOORBELL, sizeof(uint32_t)),
        .token = channel->rm.token,
        .host_class = bare->gen->classes.channel,
        .copy_class = bare->gen->classes.copy,
        .compute_class = engine == MAGMA_ENGINE_COMPUTE ? bare->gen->classes.compute : 0,
        .dead = &channel->dead,
        .impl = channel,
    };
}

enum magma_code mg_bare_channel_create(struct mg_winsys *ws, enum magma_engine engine,
                                       magma_gpu_va ring, uint32_t ring_entries,
                                       struct mg_channel_port *out, struct magma_error *err)
{
    struct mg_bare *bare = mg_bare_of(ws);
    const struct mg_rm_engine *on = choose_engine(bare, engine);
    struct mg_bare_channel *channel;
    enum magma_code code = mg_winsys_check(ws, err);

    if (code != MAGMA_OK)
        return code;
    if (!on)
        return mg_fail(err, MAGMA_NOT_SUPPORTED, "this GPU has no engine for %s",
                       engine == MAGMA_ENGINE_COMPUTE ? "compute" : "copies");
    channel = calloc(1, sizeof *channel);
    if (!channel)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "channel: no memory");
    code = mg_bare_channel_init(bare, on, bare->vas, bare->vaspace, ring, ring_entries, false,
                                channel, err);
    if (code != MAGMA_OK) {
        free(channel);
        return code;
    }
    code = add_objects(bare, engine, channel, err);
    if (code == MAGMA_OK)
        code = mg_rm_channel_start(bare->rm, &channel->rm, err);
    pthread_mutex_lock(&bare->channels_lock);
    channel->next = bare->channels;
    bare->channels = channel;
    pthread_mutex_unlock(&bare->channels_lock);
    fill_port(bare, engine, channel, out);
    if (code != MAGMA_OK) {
        mg_bare_channel_destroy(ws, out);
        return code;
    }
    mg_bare_engine_interrupt(bare, on);
    return MAGMA_OK;
}

void mg_bare_channel_destroy(struct mg_winsys *ws, struct mg_channel_port *port)
{
    struct mg_bare *bare = mg_bare_of(ws);
    struct mg_bare_channel *channel = port->impl;

    if (!channel)
        return;
    pthread_mutex_lock(&bare->channels_lock);
    for (struct mg_bare_channel **at = &bare->channels; *at; at = &(*at)->next)
        if (*at == channel) {
            *at = channel->next;
            break;
        }
    pthread_mutex_unlock(&bare->channels_lock);
    /* RM first: the buffers must stay until the channel is gone. */
    mg_rm_channel_destroy(bare->rm, &channel->rm);
    mg_bare_gr_detach(bare, channel);
    mg_bare_channel_finish(bare, channel);
    free(channel);
    *port = (struct mg_channel_port){0};
}

void mg_bare_ring(struct mg_winsys *ws, const struct mg_channel_port *port)
{
    mg_mmio_wr32(mg_bare_of(ws)->hal, NV_VIRTUAL_FUNCTION_DOORBELL, port->token);
}
