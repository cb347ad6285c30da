/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Controls: one table row per command, with the class it is sent to and its parameters' size. */
#include <nvhw/rm.h>
#include <string.h>

#include "chip.h"
#include "gsp_state.h"

/* A channel of any kind, instead of a class number. */
#define ANY_CHANNEL UINT32_MAX

struct call {
    const struct nvhw_rpc_rm_control *head;
    struct gpum_rm_object *object;
    uint8_t *params;
};

static uint32_t nothing(struct gpum *m, const struct call *c)
{
    (void)m;
    (void)c;
    return NV_RM_STATUS_OK;
}

static uint32_t set_page_directory(struct gpum *m, const struct call *c)
{
    struct nvhw_ctrl_set_page_directory p;
    memcpy(&p, c->params, sizeof(p));
    return gpum_rm_set_page_directory(m, c->head->h_client, c->head->h_object, &p);
}

static uint32_t unset_page_directory(struct gpum *m, const struct call *c)
{
    struct nvhw_ctrl_unset_page_directory p;
    memcpy(&p, c->params, sizeof(p));
    return gpum_rm_unset_page_directory(m, c->head->h_client, p.h_vaspace);
}

static uint32_t copy_pdes(struct gpum *m, const struct call *c)
{
    struct nvhw_ctrl_copy_server_reserved_pdes p;
    memcpy(&p, c->params, sizeof(p));
    return gpum_rm_copy_pdes(m, c->object, &p);
}

static uint32_t promote_ctx(struct gpum *m, const struct call *c)
{
    struct nvhw_ctrl_promote_ctx p;
    memcpy(&p, c->params, sizeof(p));
    return gpum_rm_promote_ctx(m, &p);
}

static uint32_t bind(struct gpum *m, const struct call *c)
{
    struct nvhw_ctrl_bind p;
    memcpy(&p, c->params, sizeof(p));
    return gpum_rm_channel_bind(m, c->object, p.engine_type);
}

static uint32_t schedule(struct gpum *m, const struct call *c)
{
    struct nvhw_ctrl_gpfifo_schedule p;
    memcpy(&p, c->params, sizeof(p));
    return gpum_rm_channel_schedule(m, c->object, p.enable != 0);
}

static uint32_t schedule_group(struct gpum *m, const struct call *c)
{
    struct nvhw_ctrl_gpfifo_schedule p;
    unsigned channels = 0;
    memcpy(&p, c->params, sizeof(p));
    for (struct gpum_rm_object *o = m->gsp->rm.objects; o; o = o->next) {
        if (!o->is_channel || o->client != c->object->client || o->parent != c->object->handle)
            continue;
        channels++;
        uint32_t status = gpum_rm_channel_schedule(m, o, p.enable != 0);
        if (status != NV_RM_STATUS_OK)
            return status;
    }
    return channels ? NV_RM_STATUS_OK
                    : gpum_rm_refuse(m, NV_RM_STATUS_INVALID_STATE,
                                     "schedule of a group without channels");
}

static uint32_t stop(struct gpum *m, const struct call *c)
{
    return gpum_rm_channel_schedule(m, c->object, false);
}

/* The firmware's side of the token is the channel id; the host adds the runlist. */
static uint32_t token(struct gpum *m, const struct call *c)
{
    (void)m;
    struct nvhw_ctrl_work_submit_token p = {.token = c->object->u.channel.chid};
    memcpy(c->params, &p, sizeof(p));
    return NV_RM_STATUS_OK;
}

static const struct rule {
    uint32_t cmd, class_id, params_bytes;
    uint32_t (*run)(struct gpum *m, const struct call *c);
} rules[] = {
    {NV0080_CTRL_CMD_DMA_SET_PAGE_DIRECTORY, NV01_DEVICE_0,
     sizeof(struct nvhw_ctrl_set_page_directory), set_page_directory},
    {NV0080_CTRL_CMD_DMA_UNSET_PAGE_DIRECTORY, NV01_DEVICE_0,
     sizeof(struct nvhw_ctrl_unset_page_directory), unset_page_directory},
    {NV90F1_CTRL_CMD_VASPACE_COPY_SERVER_RESERVED_PDES, FERMI_VASPACE_A,
     sizeof(struct nvhw_ctrl_copy_server_reserved_pdes), copy_pdes},
    {NV2080_CTRL_CMD_GPU_PROMOTE_CTX, NV20_SUBDEVICE_0, sizeof(struct nvhw_ctrl_promote_ctx),
     promote_ctx},
    {NV2080_CTRL_CMD_EVENT_SET_NOTIFICATION, NV20_SUBDEVICE_0,
     sizeof(struct nvhw_ctrl_event_set_notification), nothing},
    {NV2080_CTRL_CMD_INTERNAL_BUS_FLUSH_WITH_SYSMEMBAR, NV20_SUBDEVICE_0, 0, nothing},
    {NV2080_CTRL_CMD_INTERNAL_KGR_INIT_BUG4208224_WAR, NV20_SUBDEVICE_0, 1, nothing},
    {NVA06C_CTRL_CMD_GPFIFO_SCHEDULE, KEPLER_CHANNEL_GROUP_A,
     sizeof(struct nvhw_ctrl_gpfifo_schedule), schedule_group},
    {NVA06F_CTRL_CMD_GPFIFO_SCHEDULE, ANY_CHANNEL, sizeof(struct nvhw_ctrl_gpfifo_schedule),
     schedule},
    {NVA06F_CTRL_CMD_BIND, ANY_CHANNEL, sizeof(struct nvhw_ctrl_bind), bind},
    {NVC36F_CTRL_CMD_GPFIFO_GET_WORK_SUBMIT_TOKEN, ANY_CHANNEL,
     sizeof(struct nvhw_ctrl_work_submit_token), token},
};

static uint32_t run_rule(struct gpum *m, const struct call *c, const struct rule *rule)
{
    bool fits = rule->class_id == ANY_CHANNEL ? c->object->is_channel
                                              : c->object->class_id == rule->class_id;
    if (!fits)
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_OBJECT,
                              "control 0x%x sent to an object of class 0x%x", c->head->cmd,
                              c->object->class_id);
    if (c->head->params_size != rule->params_bytes)
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_PARAM_STRUCT,
                              "control 0x%x: parameters of 0x%x bytes, wanted 0x%x", c->head->cmd,
                              c->head->params_size, rule->params_bytes);
    return rule->run(m, c);
}

uint32_t gpum_rm_control(struct gpum *m, const struct nvhw_rpc_rm_control *head, uint8_t *params)
{
    struct call c = {head, gpum_rm_find(m, head->h_client, head->h_object), params};
    uint32_t status;
    if (!c.object)
        return gpum_rm_refuse(m, NV_RM_STATUS_OBJECT_NOT_FOUND,
                              "control 0x%x: client 0x%x has no object 0x%x", head->cmd,
                              head->h_client, head->h_object);
    if (head->cmd == NVA06F_CTRL_CMD_STOP_CHANNEL && c.object->is_channel)
        return stop(m, &c);
    for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
        if (rules[i].cmd == head->cmd)
            return run_rule(m, &c, &rules[i]);
    if (c.object->class_id == NV20_SUBDEVICE_0 &&
        gpum_rm_table(m, head->cmd, params, head->params_size, &status))
        return status;
    /* Asking for what is not there is no defect: a driver may probe. */
    gpum_note(m, "RM: control 0x%x is not supported by this model", head->cmd);
    return NV_RM_STATUS_NOT_SUPPORTED;
}
