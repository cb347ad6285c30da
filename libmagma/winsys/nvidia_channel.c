/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Channels under the device, each in a group that the resource manager makes for it: USERD in
 * video memory, an error notifier in system memory, then engine objects, binding and scheduling.
 */
#include <stdlib.h>
#include <string.h>

#include <nvhw/fifo.h>
#include <nvhw/rm.h>
#include <nvhw/rmioctl.h>

#include "libmagma/core/status.h"
#include "libmagma/winsys/nvidia_private.h"

#define BRANCH_LONG_SCHEDULE 580u

static uint32_t handle_of(const struct mg_memory *memory)
{
    return ((const struct mg_nvidia_memory *)memory->impl)->handle;
}

/* ---- Errors ---------------------------------------------------------------------------------- */

void mg_nvidia_channels_check(struct mg_nvidia *nv)
{
    pthread_mutex_lock(&nv->channels_lock);
    for (struct mg_nvidia_channel *c = nv->channels; c; c = c->next) {
        const volatile struct nvhw_rmi_notification *n = c->notifier.cpu;

        if (n[NV_RMI_NOTIFIER_ERROR].status && !atomic_load(&c->dead))
            mg_nvidia_report_error(nv, c, &n[NV_RMI_NOTIFIER_ERROR]);
    }
    pthread_mutex_unlock(&nv->channels_lock);
}

/* ---- Creating -------------------------------------------------------------------------------- */

/* The first copy engine that does not stand beside a graphics engine; 0: none. */
static uint32_t choose_copy(struct mg_nvidia *nv)
{
    for (uint32_t type = NV2080_ENGINE_TYPE_COPY0; type <= NV2080_ENGINE_TYPE_COPY9; type++) {
        struct nvhw_rmi_ce_caps caps = {.engine_type = type};

        if (mg_rmi_control(&nv->rmi, nv->subdevice, NV2080_CTRL_CMD_CE_GET_CAPS_V2, &caps,
                           sizeof caps, NULL) == MAGMA_OK &&
            !(caps.caps[0] & NV_RMI_CE_CAPS_0_GRCE))
            return type;
    }
    return 0;
}

static enum magma_code create_memory(struct mg_nvidia *nv, struct mg_nvidia_channel *channel,
                                     struct magma_error *err)
{
    enum magma_code code = mg_nvidia_memory_create(&nv->ws, MAGMA_DOMAIN_VRAM, NV_USERD_BYTES, 0,
                                                   MG_MEMORY_CPU, &channel->userd, err);

    if (code == MAGMA_OK)
        memset(channel->userd.cpu, 0, NV_USERD_BYTES);
    if (code == MAGMA_OK)
        code = mg_nvidia_memory_create(&nv->ws, MAGMA_DOMAIN_SYSTEM,
                                       sizeof(struct nvhw_rmi_notification), 0, 0,
                                       &channel->notifier, err);
    return code;
}

/* Without parameters a copy object is one of the graphics engine's. */
static enum magma_code create_objects(struct mg_nvidia *nv, struct mg_nvidia_channel *channel,
                                      uint32_t engine_type, struct magma_error *err)
{
    struct nvhw_copy_alloc_params copy = {.version = NV_RM_COPY_ALLOC_VERSION,
                                          .engine_type = engine_type};
    uint32_t object;
    enum magma_code code;

    if (engine_type != NV2080_ENGINE_TYPE_GR0)
        return mg_rmi_alloc(&nv->rmi, channel->handle, nv->gen->classes.copy, &copy, sizeof copy,
                            &object, err);
    code = mg_rmi_alloc(&nv->rmi, channel->handle, nv->gen->classes.compute, NULL, 0,
                        &channel->compute, err);
    if (code == MAGMA_OK)
        code =
            mg_rmi_alloc(&nv->rmi, channel->handle, nv->gen->classes.copy, NULL, 0, &object, err);
    return code;
}

static enum magma_code start(struct mg_nvidia *nv, const struct mg_nvidia_channel *channel,
                             uint32_t *token, struct magma_error *err)
{
    struct nvhw_r580_rmi_schedule schedule = {.enable = 1};
    struct nvhw_ctrl_work_submit_token answer = {0};
    size_t size = nv->rmi.branch >= BRANCH_LONG_SCHEDULE ? sizeof schedule
                                                         : sizeof(struct nvhw_ctrl_gpfifo_schedule);
    enum magma_code code = mg_rmi_control(&nv->rmi, channel->handle,
                                          NVA06F_CTRL_CMD_GPFIFO_SCHEDULE, &schedule, size, err);

    if (code == MAGMA_OK)
        code =
            mg_rmi_control(&nv->rmi, channel->handle, NVC36F_CTRL_CMD_GPFIFO_GET_WORK_SUBMIT_TOKEN,
                           &answer, sizeof answer, err);
    *token = answer.token;
    return code;
}

static enum magma_code create_channel(struct mg_nvidia *nv, struct mg_nvidia_channel *channel,
                                      enum magma_engine engine, magma_gpu_va ring,
                                      uint32_t ring_entries, uint32_t *token,
                                      struct magma_error *err)
{
    struct nvhw_r570_channel_alloc_params params = {
        .gpfifo_offset = ring.raw,
        .gpfifo_entries = ring_entries,
        .h_vaspace = nv->vaspace,
        .engine_type = engine == MAGMA_ENGINE_COMPUTE ? NV2080_ENGINE_TYPE_GR0 : choose_copy(nv),
    };
    struct nvhw_ctrl_bind bind = {.engine_type = params.engine_type};
    enum magma_code code;

    if (!params.engine_type)
        return mg_fail(err, MAGMA_NOT_SUPPORTED, "this GPU has no engine for copies");
    code = create_memory(nv, channel, err);
    if (code != MAGMA_OK)
        return code;
    params.h_object_error = handle_of(&channel->notifier);
    params.h_userd_memory[0] = handle_of(&channel->userd);
    code = mg_rmi_alloc(&nv->rmi, nv->device, nv->gen->classes.channel, &params, sizeof params,
                        &channel->handle, err);
    if (code == MAGMA_OK)
        code = mg_rmi_control(&nv->rmi, channel->handle, NVA06F_CTRL_CMD_BIND, &bind, sizeof bind,
                              err);
    if (code == MAGMA_OK)
        code = create_objects(nv, channel, params.engine_type, err);
    if (code == MAGMA_OK)
        code = start(nv, channel, token, err);
    return code;
}

/* The channel's objects go with it; its memory must stay until then. */
static void channel_free(struct mg_nvidia *nv, struct mg_nvidia_channel *channel)
{
    mg_rmi_free(&nv->rmi, nv->device, channel->handle);
    mg_nvidia_memory_destroy(&nv->ws, &channel->notifier);
    mg_nvidia_memory_destroy(&nv->ws, &channel->userd);
    channel->handle = 0;
}

static void fill_port(struct mg_nvidia *nv, enum magma_engine engine,
                      struct mg_nvidia_channel *channel, uint32_t token,
                      struct mg_channel_port *out)
{
    struct nvhw_userd *userd = channel->userd.cpu;
    volatile uint8_t *page = nv->usermode_view.cpu;

    *out = (struct mg_channel_port){
        .gp_put = &userd->gp_put,
        .doorbell = (volatile uint32_t *)(page + (NV_VIRTUAL_FUNCTION_DOORBELL -
                                                  NV_VIRTUAL_FUNCTION_USERMODE_BASE)),
        .token = token,
        .host_class = nv->gen->classes.channel,
        .copy_class = nv->gen->classes.copy,
        .compute_class = engine == MAGMA_ENGINE_COMPUTE ? nv->gen->classes.compute : 0,
        .dead = &channel->dead,
        .impl = channel,
    };
}

enum magma_code mg_nvidia_channel_create(struct mg_winsys *ws, enum magma_engine engine,
                                         magma_gpu_va ring, uint32_t ring_entries,
                                         struct mg_channel_port *out, struct magma_error *err)
{
    struct mg_nvidia *nv = mg_nvidia_of(ws);
    struct mg_nvidia_channel *channel;
    enum magma_code code = mg_winsys_check(ws, err);
    uint32_t token = 0;

    if (code != MAGMA_OK)
        return code;
    channel = calloc(1, sizeof *channel);
    if (!channel)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "channel: no memory");
    code = create_channel(nv, channel, engine, ring, ring_entries, &token, err);
    if (code != MAGMA_OK) {
        channel_free(nv, channel);
        free(channel);
        return code;
    }
    pthread_mutex_lock(&nv->channels_lock);
    channel->next = nv->channels;
    nv->channels = channel;
    pthread_mutex_unlock(&nv->channels_lock);
    fill_port(nv, engine, channel, token, out);
    return MAGMA_OK;
}

void mg_nvidia_channel_destroy(struct mg_winsys *ws, struct mg_channel_port *port)
{
    struct mg_nvidia *nv = mg_nvidia_of(ws);
    struct mg_nvidia_channel *channel = port->impl;

    if (!channel)
        return;
    pthread_mutex_lock(&nv->channels_lock);
    for (struct mg_nvidia_channel **at = &nv->channels; *at; at = &(*at)->next)
        if (*at == channel) {
            *at = channel->next;
            break;
        }
    pthread_mutex_unlock(&nv->channels_lock);
    channel_free(nv, channel);
    free(channel);
    *port = (struct mg_channel_port){0};
}
