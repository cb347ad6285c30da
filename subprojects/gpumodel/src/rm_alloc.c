/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Allocation: one table row per class, saying where it may hang and what its parameters are. */
#include <nvhw/host.h>
#include <nvhw/rm.h>
#include <string.h>

#include "chip.h"
#include "gsp_state.h"

enum parent { UNDER_ITSELF, UNDER_CLIENT, UNDER_DEVICE, UNDER_SUBDEVICE, UNDER_GROUP };

struct request {
    const struct nvhw_rpc_rm_alloc *head;
    uint8_t *params;
    struct gpum_rm_object *parent; /* NULL for a client */
};

static uint32_t add(struct gpum *m, const struct request *r, struct gpum_rm_object **object)
{
    const struct nvhw_rpc_rm_alloc *h = r->head;
    *object =
        gpum_rm_add(m, h->h_client, h->h_object, r->parent ? h->h_parent : h->h_object, h->h_class);
    return *object ? NV_RM_STATUS_OK : NV_RM_STATUS_NO_MEMORY;
}

static uint32_t plain(struct gpum *m, const struct request *r)
{
    struct gpum_rm_object *o;
    return add(m, r, &o);
}

static uint32_t alloc_client(struct gpum *m, const struct request *r)
{
    const struct nvhw_rpc_rm_alloc *h = r->head;
    struct nvhw_r570_nv0000_alloc_params p;
    memcpy(&p, r->params, sizeof(p));
    if (h->h_client != h->h_object || (h->h_parent && h->h_parent != h->h_client))
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_CLIENT,
                              "client: hClient 0x%x, hObject 0x%x, hParent 0x%x", h->h_client,
                              h->h_object, h->h_parent);
    if (p.h_client && p.h_client != h->h_client)
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_CLIENT,
                              "client 0x%x: its parameters name 0x%x", h->h_client, p.h_client);
    return plain(m, r);
}

static uint32_t alloc_device(struct gpum *m, const struct request *r)
{
    struct nvhw_nv0080_alloc_params p;
    memcpy(&p, r->params, sizeof(p));
    if (p.device_id != 0)
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_DEVICE, "device: deviceId is %u",
                              p.device_id);
    if (p.h_client_share && !gpum_rm_find_class(m, p.h_client_share, p.h_client_share, NV01_ROOT))
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_CLIENT, "device: hClientShare 0x%x",
                              p.h_client_share);
    return plain(m, r);
}

static uint32_t alloc_subdevice(struct gpum *m, const struct request *r)
{
    struct nvhw_nv2080_alloc_params p;
    memcpy(&p, r->params, sizeof(p));
    if (p.sub_device_id != 0)
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_DEVICE, "subdevice: subDeviceId is %u",
                              p.sub_device_id);
    return plain(m, r);
}

static uint32_t alloc_vaspace(struct gpum *m, const struct request *r)
{
    struct nvhw_vaspace_alloc_params p;
    struct gpum_rm_object *o;
    memcpy(&p, r->params, sizeof(p));
    if (p.index != NV_RM_VASPACE_INDEX_NEW)
        return gpum_rm_refuse(m, NV_RM_STATUS_NOT_SUPPORTED, "vaspace: index %u", p.index);
    uint32_t status = add(m, r, &o);
    if (status == NV_RM_STATUS_OK)
        o->u.vaspace.external = NVHW_GET(NV_RM_VASPACE_FLAGS, IS_EXTERNALLY_OWNED, p.flags);
    return status;
}

static uint32_t alloc_group(struct gpum *m, const struct request *r)
{
    struct nvhw_channel_group_alloc_params p;
    struct gpum_rm_object *o;
    memcpy(&p, r->params, sizeof(p));
    if (!gpum_chip_engine_find(m->chip, p.engine_type))
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_ARGUMENT, "channel group: engine type 0x%x",
                              p.engine_type);
    if (p.h_vaspace && !gpum_rm_find_class(m, r->head->h_client, p.h_vaspace, FERMI_VASPACE_A))
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_OBJECT_HANDLE,
                              "channel group: 0x%x is no address space", p.h_vaspace);
    uint32_t status = add(m, r, &o);
    if (status == NV_RM_STATUS_OK)
        o->u.group = (struct gpum_rm_group){p.engine_type, p.h_vaspace, 0};
    return status;
}

static uint32_t alloc_share(struct gpum *m, const struct request *r)
{
    struct nvhw_ctxshare_alloc_params p;
    struct gpum_rm_object *o;
    memcpy(&p, r->params, sizeof(p));
    if (!gpum_rm_find_class(m, r->head->h_client, p.h_vaspace, FERMI_VASPACE_A))
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_OBJECT_HANDLE,
                              "context share: 0x%x is no address space", p.h_vaspace);
    uint32_t status = add(m, r, &o);
    if (status != NV_RM_STATUS_OK)
        return status;
    o->u.share_vaspace = p.h_vaspace;
    p.subctx_id = r->parent->u.group.next_subcontext++;
    memcpy(r->params, &p, sizeof(p));
    return status;
}

static const struct rule {
    uint32_t class_id;
    enum parent parent;
    uint32_t params_bytes;
    uint32_t (*alloc)(struct gpum *m, const struct request *r);
} rules[] = {
    {NV01_ROOT, UNDER_ITSELF, sizeof(struct nvhw_r570_nv0000_alloc_params), alloc_client},
    {NV01_DEVICE_0, UNDER_CLIENT, sizeof(struct nvhw_nv0080_alloc_params), alloc_device},
    {NV20_SUBDEVICE_0, UNDER_DEVICE, sizeof(struct nvhw_nv2080_alloc_params), alloc_subdevice},
    {FERMI_VASPACE_A, UNDER_DEVICE, sizeof(struct nvhw_vaspace_alloc_params), alloc_vaspace},
    {KEPLER_CHANNEL_GROUP_A, UNDER_DEVICE, sizeof(struct nvhw_channel_group_alloc_params),
     alloc_group},
    {FERMI_CONTEXT_SHARE_A, UNDER_GROUP, sizeof(struct nvhw_ctxshare_alloc_params), alloc_share},
    {NV01_MEMORY_VIRTUAL, UNDER_DEVICE, sizeof(struct nvhw_memory_virtual_alloc_params), plain},
    {NV01_EVENT_KERNEL_CALLBACK_EX, UNDER_SUBDEVICE, sizeof(struct nvhw_event_alloc_params), plain},
    {GT200_DEBUGGER, UNDER_DEVICE, sizeof(struct nvhw_debugger_alloc_params), plain},
};

static bool parent_fits(enum parent want, const struct gpum_rm_object *parent)
{
    switch (want) {
    case UNDER_ITSELF:
        return false;
    case UNDER_CLIENT:
        return parent->class_id == NV01_ROOT;
    case UNDER_DEVICE:
        return parent->class_id == NV01_DEVICE_0;
    case UNDER_SUBDEVICE:
        return parent->class_id == NV20_SUBDEVICE_0;
    case UNDER_GROUP:
        return parent->class_id == KEPLER_CHANNEL_GROUP_A;
    }
    return false;
}

static uint32_t alloc_by_rule(struct gpum *m, const struct request *r, const struct rule *rule)
{
    if (r->head->params_size != rule->params_bytes)
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_PARAM_STRUCT,
                              "class 0x%x: parameters of 0x%x bytes, wanted 0x%x", r->head->h_class,
                              r->head->params_size, rule->params_bytes);
    if (rule->parent != UNDER_ITSELF && (!r->parent || !parent_fits(rule->parent, r->parent)))
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_OBJECT_PARENT,
                              "class 0x%x under an object of class 0x%x", r->head->h_class,
                              r->parent ? r->parent->class_id : 0);
    return rule->alloc(m, r);
}

/* GSP-RM of GB20x also takes the channel class of GB10x. */
static bool is_channel_class(const struct gpum *m, uint32_t class_id)
{
    return class_id == m->chip->channel_class ||
           (m->chip->channel_class == NV_RM_CLASS_CHANNEL_GB20X &&
            class_id == NV_RM_CLASS_CHANNEL_GB10X);
}

static uint32_t alloc_channel(struct gpum *m, const struct request *r)
{
    struct nvhw_r570_channel_alloc_params p;
    if (r->head->params_size != sizeof(p))
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_PARAM_STRUCT,
                              "channel: parameters of 0x%x bytes, 570.144 wants 0x%zx",
                              r->head->params_size, sizeof(p));
    memcpy(&p, r->params, sizeof(p));
    return gpum_rm_channel_alloc(m, r->parent, r->head->h_client, r->head->h_object,
                                 r->head->h_class, &p);
}

static uint32_t alloc_on_channel(struct gpum *m, const struct request *r)
{
    struct gpum_rm_object *o;
    uint32_t status =
        gpum_rm_object_on_channel(m, r->parent, r->head->h_class, r->params, r->head->params_size);
    return status == NV_RM_STATUS_OK ? add(m, r, &o) : status;
}

uint32_t gpum_rm_alloc(struct gpum *m, const struct nvhw_rpc_rm_alloc *head, uint8_t *params)
{
    struct request r = {head, params, NULL};
    if (head->h_class != NV01_ROOT) {
        if (!gpum_rm_find_class(m, head->h_client, head->h_client, NV01_ROOT))
            return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_CLIENT, "alloc: 0x%x is no client",
                                  head->h_client);
        r.parent = gpum_rm_find(m, head->h_client, head->h_parent);
        if (!r.parent)
            return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_OBJECT_PARENT,
                                  "alloc of class 0x%x: parent 0x%x does not exist", head->h_class,
                                  head->h_parent);
    }
    if (head->h_object == 0 || gpum_rm_find(m, head->h_client, head->h_object))
        return gpum_rm_refuse(m, NV_RM_STATUS_INSERT_DUPLICATE_NAME,
                              "alloc of class 0x%x: handle 0x%x is taken or 0", head->h_class,
                              head->h_object);
    for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
        if (rules[i].class_id == head->h_class)
            return alloc_by_rule(m, &r, &rules[i]);
    if (is_channel_class(m, head->h_class))
        return alloc_channel(m, &r);
    if (r.parent && r.parent->is_channel)
        return alloc_on_channel(m, &r);
    return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_CLASS, "class 0x%x is not one of %s",
                          head->h_class, m->chip->name);
}
