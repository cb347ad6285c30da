/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Promotion of context buffers: the host's memory becomes the graphics engine's. */
#include <nvhw/rm.h>

#include "chip.h"
#include "gmmu.h"
#include "gsp_state.h"

/* The buffer whose size and alignment a promoted id has. */
static const uint32_t size_index[] = {
    [NV_PROMOTE_ID_MAIN] = NV_CTX_BUFFER_GRAPHICS,
    [NV_PROMOTE_ID_PM] = NV_CTX_BUFFER_PATCH,
    [NV_PROMOTE_ID_PATCH] = NV_CTX_BUFFER_PATCH,
    [NV_PROMOTE_ID_BUNDLE_CB] = NV_CTX_BUFFER_BUNDLE_CB,
    [NV_PROMOTE_ID_PAGEPOOL] = NV_CTX_BUFFER_PAGEPOOL_GLOBAL,
    [NV_PROMOTE_ID_ATTRIBUTE_CB] = NV_CTX_BUFFER_ATTRIBUTE_CB,
    [NV_PROMOTE_ID_RTV_CB_GLOBAL] = NV_CTX_BUFFER_RTV_CB_GLOBAL,
    [NV_PROMOTE_ID_GFXP_POOL] = NV_CTX_BUFFER_GFXP_POOL,
    [NV_PROMOTE_ID_GFXP_CTRL_BLK] = NV_CTX_BUFFER_GFXP_CTRL_BLK,
    [NV_PROMOTE_ID_FECS_EVENT] = NV_CTX_BUFFER_FECS_EVENT,
    [NV_PROMOTE_ID_PRIV_ACCESS_MAP] = NV_CTX_BUFFER_PRIV_ACCESS_MAP,
    [NV_PROMOTE_ID_UNRESTRICTED_PRIV_ACCESS_MAP] = NV_CTX_BUFFER_PRIV_ACCESS_MAP,
    [NV_PROMOTE_ID_GLOBAL_PRIV_ACCESS_MAP] = NV_CTX_BUFFER_PRIV_ACCESS_MAP,
};

static uint32_t check_physical(struct gpum *m, const struct nvhw_promote_entry *e, uint32_t size,
                               uint32_t align)
{
    uint32_t target = NVHW_GET(NV_RM_PROMOTE_PHYS_ATTR, APERTURE, e->phys_attr);
    enum gpum_aperture aperture =
        target == NV_RM_PROMOTE_PHYS_ATTR_APERTURE_VIDMEM ? GPUM_VRAM : GPUM_SYS_COHERENT;
    if (e->size < size || e->gpu_phys_addr % align ||
        !gpum_rm_memory_ok(m, aperture, e->gpu_phys_addr, e->size))
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_ADDRESS,
                              "context buffer %u at 0x%llx with 0x%llx bytes: needs 0x%x aligned "
                              "to 0x%x, in memory of the host",
                              e->buffer_id, (unsigned long long)e->gpu_phys_addr,
                              (unsigned long long)e->size, size, align);
    return NV_RM_STATUS_OK;
}

/* Every page of the buffer has to be mapped, and to lead to its memory where that is known. */
static uint32_t check_virtual(struct gpum *m, const struct gpum_rm_channel *c,
                              const struct nvhw_promote_entry *e, uint32_t size,
                              const uint64_t *physical)
{
    struct gpum_page page;
    uint32_t type = 0;
    for (uint64_t at = 0; at < size; at = page.va + page.size_bytes - e->gpu_virt_addr) {
        uint64_t va = e->gpu_virt_addr + at;
        if (!gpum_walk(m, &c->vas, va, &page, &type) || page.state != GPUM_PAGE_MAPPED)
            return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_ADDRESS,
                                  "context buffer %u: nothing is mapped at 0x%llx", e->buffer_id,
                                  (unsigned long long)va);
        uint64_t found = page.address + (va - page.va);
        uint64_t wanted = physical ? *physical + at : found;
        if (found != wanted)
            return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_ADDRESS,
                                  "context buffer %u: 0x%llx leads to 0x%llx, promoted was 0x%llx",
                                  e->buffer_id, (unsigned long long)va, (unsigned long long)found,
                                  (unsigned long long)wanted);
    }
    return NV_RM_STATUS_OK;
}

/* Memory of the buffer as it was told: the channel's own, or the device's. NULL: not yet. */
static const uint64_t *known_physical(const struct gpum *m, const struct gpum_rm_channel *c,
                                      uint32_t id)
{
    if (c->promoted & 1u << id)
        return &c->physical[id];
    return m->gsp->rm.promoted & 1u << id ? &m->gsp->rm.physical[id] : NULL;
}

static void remember(struct gpum *m, struct gpum_rm_channel *c, const struct nvhw_promote_entry *e)
{
    uint32_t bit = 1u << e->buffer_id;
    c->promoted |= bit;
    c->physical[e->buffer_id] = e->gpu_phys_addr;
    if (bit & GPUM_RM_CTX_GLOBAL) {
        m->gsp->rm.promoted |= bit;
        m->gsp->rm.physical[e->buffer_id] = e->gpu_phys_addr;
    }
}

static uint32_t promote(struct gpum *m, struct gpum_rm_channel *c,
                        const struct nvhw_promote_entry *e)
{
    uint32_t size = 0, align = 1, status;
    if (e->buffer_id >= sizeof(size_index) / sizeof(*size_index) ||
        !gpum_rm_ctx_buffer(m, size_index[e->buffer_id], &size, &align))
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_ARGUMENT, "context buffer id %u",
                              e->buffer_id);
    /* The headers of subcontexts come on top. */
    if (e->buffer_id == NV_PROMOTE_ID_MAIN)
        size += NV_RM_CTX_MAIN_SUBCONTEXT_SPACE;
    uint32_t bit = 1u << e->buffer_id;
    if (e->gpu_phys_addr || e->initialize) {
        status = check_physical(m, e, size, align);
        if (status != NV_RM_STATUS_OK)
            return status;
        remember(m, c, e);
    }
    if (e->nonmapped || !e->gpu_virt_addr)
        return NV_RM_STATUS_OK;
    const uint64_t *physical = known_physical(m, c, e->buffer_id);
    if (!physical && bit & GPUM_RM_CTX_INITIALIZED)
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_STATE,
                              "context buffer %u: mapped before its memory is known", e->buffer_id);
    status = check_virtual(m, c, e, size, physical);
    if (status == NV_RM_STATUS_OK)
        c->mapped |= bit;
    return status;
}

uint32_t gpum_rm_promote_ctx(struct gpum *m, const struct nvhw_ctrl_promote_ctx *p)
{
    struct gpum_rm_object *o = gpum_rm_find(m, p->h_chan_client, p->h_object);
    if (!o || !o->is_channel)
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_CHANNEL,
                              "PROMOTE_CTX: client 0x%x has no channel 0x%x", p->h_chan_client,
                              p->h_object);
    if (p->engine_type != o->u.channel.engine_type)
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_ARGUMENT,
                              "PROMOTE_CTX: engine type 0x%x, the channel's is 0x%x",
                              p->engine_type, o->u.channel.engine_type);
    if (p->entry_count > NV_RM_PROMOTE_ENTRY_COUNT_MAX)
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_ARGUMENT, "PROMOTE_CTX: %u entries",
                              p->entry_count);
    for (uint32_t i = 0; i < p->entry_count; i++) {
        struct nvhw_promote_entry e = p->entry[i];
        uint32_t status = promote(m, &o->u.channel, &e);
        if (status != NV_RM_STATUS_OK)
            return status;
    }
    return NV_RM_STATUS_OK;
}
