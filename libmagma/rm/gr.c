/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Context buffers of the graphics engine. GSP-RM says how large each must be; the client allocates
 * and maps them and tells RM where they are ("promotes" them), for every channel that uses
 * compute. The table below is who needs what.
 */
#include <stdlib.h>

#include "libmagma/core/status.h"
#include "libmagma/rm/rm_private.h"

struct rule {
    uint16_t id;
    uint16_t index; /* whose size it takes */
    bool global, initialize, golden_mapped, later_mapped, later_read_only;
};

static const struct rule rules[] = {
    {NV_PROMOTE_ID_MAIN, NV_CTX_BUFFER_GRAPHICS, false, true, true, true, false},
    {NV_PROMOTE_ID_PATCH, NV_CTX_BUFFER_PATCH, false, true, true, true, false},
    {NV_PROMOTE_ID_BUNDLE_CB, NV_CTX_BUFFER_BUNDLE_CB, true, false, true, true, false},
    {NV_PROMOTE_ID_PAGEPOOL, NV_CTX_BUFFER_PAGEPOOL_GLOBAL, true, false, true, true, false},
    {NV_PROMOTE_ID_ATTRIBUTE_CB, NV_CTX_BUFFER_ATTRIBUTE_CB, true, false, true, true, false},
    {NV_PROMOTE_ID_RTV_CB_GLOBAL, NV_CTX_BUFFER_RTV_CB_GLOBAL, true, false, true, true, false},
    {NV_PROMOTE_ID_FECS_EVENT, NV_CTX_BUFFER_FECS_EVENT, true, true, true, true, false},
    {NV_PROMOTE_ID_PRIV_ACCESS_MAP, NV_CTX_BUFFER_PRIV_ACCESS_MAP, true, true, false, true, true},
    {NV_PROMOTE_ID_UNRESTRICTED_PRIV_ACCESS_MAP, NV_CTX_BUFFER_PRIV_ACCESS_MAP, true, true, true,
     false, false},
};
_Static_assert(sizeof rules / sizeof rules[0] <= MG_GR_BUFFERS_MAX, "list too short");
_Static_assert(sizeof rules / sizeof rules[0] <= NV_RM_PROMOTE_ENTRY_COUNT_MAX, "one call");

/* A size no context buffer has: a wrong reply would otherwise eat all memory. */
#define BUFFER_BYTES_MAX (UINT64_C(1) << 30)
#define PAGE             UINT64_C(0x1000)

static enum magma_code take_buffer(const struct rule *rule, const struct nvhw_ctx_buffer_info *info,
                                   struct mg_gr_buffers *out, struct magma_error *err)
{
    struct mg_gr_buffer *b;
    uint64_t size = ((uint64_t)info->size + PAGE - 1) & ~(PAGE - 1);

    if (info->size == NV_RM_CTX_BUFFER_ABSENT || !info->size)
        return MAGMA_OK;
    if (rule->id == NV_PROMOTE_ID_MAIN)
        size += NV_RM_CTX_MAIN_SUBCONTEXT_SPACE;
    if (size > BUFFER_BYTES_MAX || (info->align & (info->align - 1)))
        return mg_fail(err, MAGMA_PROTOCOL, "context buffer %u: size 0x%x, alignment 0x%x",
                       rule->index, info->size, info->align);
    b = &out->buffer[out->count++];
    *b = (struct mg_gr_buffer){
        .id = rule->id,
        .global = rule->global,
        .initialize = rule->initialize,
        .golden_mapped = rule->golden_mapped,
        .later_mapped = rule->later_mapped,
        .later_read_only = rule->later_read_only,
        .size_bytes = size,
        .align_bytes = info->align > PAGE ? info->align : PAGE,
    };
    if (rule->id == NV_PROMOTE_ID_ATTRIBUTE_CB)
        while (b->align_bytes < size)
            b->align_bytes *= 2;
    return MAGMA_OK;
}

enum magma_code mg_rm_gr_buffers(struct mg_rm *rm, struct mg_gr_buffers *out,
                                 struct magma_error *err)
{
    struct nvhw_r570_ctrl_ctx_buffers_info *info = calloc(1, sizeof *info);
    enum magma_code code;

    *out = (struct mg_gr_buffers){0};
    if (!info)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "context buffers: no memory");
    code = mg_rm_internal(rm, NV2080_CTRL_CMD_INTERNAL_STATIC_KGR_GET_CONTEXT_BUFFERS_INFO, info,
                          sizeof *info, err);
    for (size_t i = 0; code == MAGMA_OK && i < sizeof rules / sizeof rules[0]; i++)
        code = take_buffer(&rules[i], &info->engine[0].buffer[rules[i].index], out, err);
    free(info);
    return code;
}

enum magma_code mg_rm_promote(struct mg_rm *rm, const struct mg_rm_channel *channel,
                              const struct mg_gr_place *places, uint32_t count,
                              struct magma_error *err)
{
    struct nvhw_ctrl_promote_ctx params = {
        .engine_type = channel->engine->type,
        .h_client = rm->client,
        .ch_id = channel->chid,
        .h_chan_client = rm->client,
        .h_object = channel->handle,
        .entry_count = count,
    };

    if (count > NV_RM_PROMOTE_ENTRY_COUNT_MAX)
        return mg_fail(err, MAGMA_INTERNAL, "%u context buffers in one promotion", count);
    for (uint32_t i = 0; i < count; i++)
        params.entry[i] = (struct nvhw_promote_entry){
            .gpu_phys_addr = places[i].vram,
            .gpu_virt_addr = places[i].va,
            .size = places[i].size_bytes,
            .phys_attr = NVHW_DEF(NV_RM_PROMOTE_PHYS_ATTR, APERTURE, VIDMEM) |
                         NVHW_DEF(NV_RM_PROMOTE_PHYS_ATTR, GPU_CACHEABLE, NO),
            .buffer_id = places[i].id,
            .initialize = places[i].initialize,
            .nonmapped = !places[i].va,
        };
    return mg_rm_subdevice(rm, NV2080_CTRL_CMD_GPU_PROMOTE_CTX, &params, sizeof params, err);
}
