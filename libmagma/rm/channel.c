/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Channels as RM objects. The client picks the channel id (and says it as a place among USERD
 * pages), owns instance block, USERD and method buffer; GSP-RM writes RAMFC and runlists.
 */
#include <nvhw/fifo.h>

#include "libmagma/core/status.h"
#include "libmagma/rm/rm_private.h"

enum magma_code mg_rm_method_buffer_size(struct mg_rm *rm, uint32_t *size_bytes,
                                         struct magma_error *err)
{
    struct nvhw_ctrl_fault_method_buffer_size params = {0};
    enum magma_code code = mg_rm_internal(rm, NV2080_CTRL_CMD_CE_GET_FAULT_METHOD_BUFFER_SIZE,
                                          &params, sizeof params, err);

    *size_bytes = params.size;
    return code;
}

static bool take_chid(struct mg_rm *rm, uint32_t *chid)
{
    bool found = false;

    pthread_mutex_lock(&rm->chid_lock);
    for (uint32_t i = 0; i < NV_RM_CHANNEL_ID_COUNT && !found; i++)
        if (!rm->chid_used[i]) {
            rm->chid_used[i] = 1;
            *chid = i;
            found = true;
        }
    pthread_mutex_unlock(&rm->chid_lock);
    return found;
}

static void give_chid(struct mg_rm *rm, uint32_t chid)
{
    pthread_mutex_lock(&rm->chid_lock);
    rm->chid_used[chid] = 0;
    pthread_mutex_unlock(&rm->chid_lock);
}

static struct nvhw_memory_desc_params memory_desc(const struct mg_rm_memory *m, uint64_t size_bytes)
{
    bool vram = m->aperture == MG_APERTURE_VRAM;

    return (struct nvhw_memory_desc_params){
        .base = m->address,
        .size = size_bytes,
        .address_space =
            vram ? NV_RM_MEMORY_DESC_ADDRESS_SPACE_VIDMEM : NV_RM_MEMORY_DESC_ADDRESS_SPACE_SYSMEM,
        .cache_attrib = vram ? NV_RM_MEMORY_DESC_UNCACHED : NV_RM_MEMORY_DESC_CACHED,
    };
}

static uint32_t channel_flags(uint32_t chid, bool privileged)
{
    return NVHW_NUM(NV_RM_CHANNEL_FLAGS, USERD_INDEX_VALUE, chid % NV_RM_CHANNEL_USERD_PER_PAGE) |
           NVHW_NUM(NV_RM_CHANNEL_FLAGS, USERD_PAGE_VALUE, chid / NV_RM_CHANNEL_USERD_PER_PAGE) |
           NVHW_NUM(NV_RM_CHANNEL_FLAGS, USERD_PAGE_FIXED, 1) |
           NVHW_NUM(NV_RM_CHANNEL_FLAGS, PRIVILEGED, privileged);
}

static uint32_t internal_flags(bool privileged)
{
    return NVHW_NUM(NV_RM_CHANNEL_INTERNAL_FLAGS, PRIVILEGE,
                    privileged ? NV_RM_CHANNEL_INTERNAL_FLAGS_PRIVILEGE_ADMIN
                               : NV_RM_CHANNEL_INTERNAL_FLAGS_PRIVILEGE_USER) |
           NVHW_DEF(NV_RM_CHANNEL_INTERNAL_FLAGS, ERROR_NOTIFIER_TYPE, NONE) |
           NVHW_DEF(NV_RM_CHANNEL_INTERNAL_FLAGS, ECC_ERROR_NOTIFIER_TYPE, NONE);
}

static uint32_t token_of(const struct mg_rm *rm, const struct mg_rm_engine *engine, uint32_t chid)
{
    return NVHW_NUM(NV_VIRTUAL_FUNCTION_DOORBELL, CHANNEL_ID, chid) |
           NVHW_NUM(NV_VIRTUAL_FUNCTION_DOORBELL, RUNLIST_ID, engine->runlist) |
           NVHW_NUM(NV_VIRTUAL_FUNCTION_DOORBELL, RUNLIST_DOORBELL, rm->gen->token_runlist_enable);
}

enum magma_code mg_rm_channel_create(struct mg_rm *rm, const struct mg_rm_channel_desc *desc,
                                     struct mg_rm_channel *out, struct magma_error *err)
{
    struct nvhw_r570_channel_alloc_params params = {
        .gpfifo_offset = desc->ring.raw,
        .gpfifo_entries = desc->ring_entries,
        .h_vaspace = desc->vaspace,
        .engine_type = desc->engine->type,
        .instance_mem = memory_desc(&desc->instance, NV_RM_CHANNEL_INSTANCE_SIZE),
        .userd_mem = memory_desc(&desc->userd, NV_RM_CHANNEL_USERD_SIZE),
        .ramfc_mem = memory_desc(&desc->instance, NV_RM_CHANNEL_RAMFC_SIZE),
        .mthdbuf_mem = memory_desc(&desc->method_buffer, desc->method_buffer.size_bytes),
        .internal_flags = internal_flags(desc->privileged),
    };
    enum magma_code code;
    uint32_t chid;

    if (desc->engine->runlist >> (NV_VIRTUAL_FUNCTION_DOORBELL_RUNLIST_ID__HI -
                                  NV_VIRTUAL_FUNCTION_DOORBELL_RUNLIST_ID__LO + 1))
        return mg_fail(err, MAGMA_PROTOCOL, "runlist %u does not fit a doorbell",
                       desc->engine->runlist);
    if (!take_chid(rm, &chid))
        return mg_fail(err, MAGMA_OUT_OF_DEVICE_MEMORY, "all %u channel ids are in use",
                       NV_RM_CHANNEL_ID_COUNT);
    params.flags = channel_flags(chid, desc->privileged);
    *out = (struct mg_rm_channel){
        .handle = mg_rm_new_handle(rm),
        .chid = chid,
        .token = token_of(rm, desc->engine, chid),
        .engine = desc->engine,
    };
    code = mg_rpc_alloc(rm->rpc, rm->client, rm->device, out->handle, rm->gen->classes.channel,
                        &params, sizeof params, err);
    if (code != MAGMA_OK)
        give_chid(rm, chid);
    return code;
}

enum magma_code mg_rm_channel_object(struct mg_rm *rm, const struct mg_rm_channel *channel,
                                     uint32_t class_id, uint32_t engine_type, uint32_t *handle,
                                     struct magma_error *err)
{
    struct nvhw_copy_alloc_params copy = {
        .version = NV_RM_COPY_ALLOC_VERSION,
        .engine_type = engine_type,
    };
    uint32_t h = mg_rm_new_handle(rm);

    if (handle)
        *handle = h;
    return mg_rpc_alloc(rm->rpc, rm->client, channel->handle, h, class_id,
                        engine_type ? &copy : NULL, engine_type ? (uint32_t)sizeof copy : 0, err);
}

enum magma_code mg_rm_channel_start(struct mg_rm *rm, const struct mg_rm_channel *channel,
                                    struct magma_error *err)
{
    struct nvhw_ctrl_bind bind = {.engine_type = channel->engine->type};
    struct nvhw_ctrl_gpfifo_schedule schedule = {.enable = 1};
    enum magma_code code;

    code = mg_rpc_control(rm->rpc, rm->client, channel->handle, NVA06F_CTRL_CMD_BIND, &bind,
                          sizeof bind, err);
    if (code != MAGMA_OK)
        return code;
    return mg_rpc_control(rm->rpc, rm->client, channel->handle, NVA06F_CTRL_CMD_GPFIFO_SCHEDULE,
                          &schedule, sizeof schedule, err);
}

void mg_rm_channel_destroy(struct mg_rm *rm, struct mg_rm_channel *channel)
{
    if (!channel->handle)
        return;
    mg_rm_object_destroy(rm, rm->device, channel->handle);
    give_chid(rm, channel->chid);
    channel->handle = 0;
}
