/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The resource manager: its object list, and which message goes where. */
#include <nvhw/rpc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chip.h"
#include "gmmu.h"
#include "gsp_state.h"

#define LINE_MAX_BYTES          256
#define RESULT_UNKNOWN_FUNCTION 0xff100001u
#define RESULT_BAD_FORMAT       0xff100002u
/* Where GSP-RM keeps page directories of its own, in the heap outside the protected region. */
#define BAR1_ROOT_OFFSET        0x10000u
#define BAR2_ROOT_OFFSET        0x20000u
#define ROOT_BYTES              0x1000u

uint32_t gpum_rm_refuse(struct gpum *m, uint32_t status, const char *fmt, ...)
{
    char line[LINE_MAX_BYTES];
    va_list args;
    va_start(args, fmt);
    vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);
    const char *name = nvhw_rm_status_name(status);
    gpum_fault(m, "RM: %s (%s)", line, name ? name : "unknown status");
    return status;
}

struct gpum_rm_object *gpum_rm_find(struct gpum *m, uint32_t client, uint32_t handle)
{
    for (struct gpum_rm_object *o = m->gsp->rm.objects; o; o = o->next)
        if (o->client == client && o->handle == handle)
            return o;
    return NULL;
}

struct gpum_rm_object *gpum_rm_find_class(struct gpum *m, uint32_t client, uint32_t handle,
                                          uint32_t class_id)
{
    struct gpum_rm_object *o = gpum_rm_find(m, client, handle);
    return o && o->class_id == class_id ? o : NULL;
}

struct gpum_rm_object *gpum_rm_add(struct gpum *m, uint32_t client, uint32_t handle,
                                   uint32_t parent, uint32_t class_id)
{
    struct gpum_rm_object *o = calloc(1, sizeof(*o));
    if (!o)
        return NULL;
    o->client = client;
    o->handle = handle;
    o->parent = parent;
    o->class_id = class_id;
    o->next = m->gsp->rm.objects;
    m->gsp->rm.objects = o;
    return o;
}

static void unlink_object(struct gpum *m, struct gpum_rm_object *object)
{
    struct gpum_rm_object **at = &m->gsp->rm.objects;
    while (*at != object)
        at = &(*at)->next;
    *at = object->next;
    if (object->is_channel)
        gpum_channel_destroy(m, object->u.channel.runlist, object->u.channel.chid);
    free(object);
}

static struct gpum_rm_object *first_child(struct gpum *m, const struct gpum_rm_object *parent)
{
    for (struct gpum_rm_object *o = m->gsp->rm.objects; o; o = o->next)
        if (o != parent && o->client == parent->client && o->parent == parent->handle)
            return o;
    return NULL;
}

void gpum_rm_remove(struct gpum *m, struct gpum_rm_object *object)
{
    /* Depth first without recursion: handles come from the host, so may the depth. */
    while (true) {
        struct gpum_rm_object *leaf = object, *child;
        while ((child = first_child(m, leaf)))
            leaf = child;
        bool done = leaf == object;
        unlink_object(m, leaf);
        if (done)
            return;
    }
}

void gpum_rm_start(struct gpum *m)
{
    struct gpum_rm *rm = &m->gsp->rm;
    uint64_t heap = m->gsp->meta.non_wpr_heap_offset;
    gpum_rm_add(m, GPUM_RM_INTERNAL_CLIENT, GPUM_RM_INTERNAL_CLIENT, GPUM_RM_INTERNAL_CLIENT,
                NV01_ROOT);
    gpum_rm_add(m, GPUM_RM_INTERNAL_CLIENT, GPUM_RM_INTERNAL_DEVICE, GPUM_RM_INTERNAL_CLIENT,
                NV01_DEVICE_0);
    gpum_rm_add(m, GPUM_RM_INTERNAL_CLIENT, GPUM_RM_INTERNAL_SUBDEVICE, GPUM_RM_INTERNAL_DEVICE,
                NV20_SUBDEVICE_0);
    rm->bar1_root = heap + BAR1_ROOT_OFFSET;
    rm->bar2_root = heap + BAR2_ROOT_OFFSET;
    memset(m->vram + rm->bar1_root, 0, ROOT_BYTES);
    memset(m->vram + rm->bar2_root, 0, ROOT_BYTES);
    struct gpum_vas vas = {GPUM_VRAM, rm->bar1_root, true};
    gpum_bar_bind(m, GPUM_BAR1, &vas);
    vas.root = rm->bar2_root;
    gpum_bar_bind(m, GPUM_BAR3, &vas);
}

void gpum_rm_stop(struct gpum *m)
{
    struct gpum_rm *rm = &m->gsp->rm;
    while (rm->objects)
        gpum_rm_remove(m, rm->objects);
    *rm = (struct gpum_rm){0};
}

uint32_t gpum_rm_free(struct gpum *m, const struct nvhw_rpc_free *head)
{
    struct gpum_rm_object *o = gpum_rm_find(m, head->h_root, head->h_object_old);
    if (!o)
        return gpum_rm_refuse(m, NV_RM_STATUS_OBJECT_NOT_FOUND, "free of 0x%x: no such object",
                              head->h_object_old);
    if (o->client == GPUM_RM_INTERNAL_CLIENT)
        return gpum_rm_refuse(m, NV_RM_STATUS_INSUFFICIENT_PERMISSIONS,
                              "free of an object that is GSP-RM's own");
    if (head->h_object_parent && head->h_object_parent != o->parent)
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_OBJECT_PARENT,
                              "free of 0x%x: its parent is 0x%x, not 0x%x", o->handle, o->parent,
                              head->h_object_parent);
    gpum_rm_remove(m, o);
    return NV_RM_STATUS_OK;
}

/* ---- Messages -----------------------------------------------------------------------------------
 */

struct message {
    uint32_t function, sequence;
    uint8_t *payload;
    uint32_t size_bytes;
};

/* Copies the fixed head of a message; replies with an error when it is too short. */
static bool take_head(struct gpum *m, const struct message *msg, void *head, size_t size_bytes)
{
    if (msg->size_bytes >= size_bytes) {
        memcpy(head, msg->payload, size_bytes);
        return true;
    }
    gpum_fault(m, "RPC %u: payload of %u bytes, at least %zu are needed", msg->function,
               msg->size_bytes, size_bytes);
    gpum_rpc_send(m, msg->function, msg->sequence, RESULT_BAD_FORMAT, msg->payload,
                  msg->size_bytes);
    return false;
}

static void reply(struct gpum *m, const struct message *msg, uint32_t result)
{
    gpum_rpc_send(m, msg->function, msg->sequence, result, msg->payload, msg->size_bytes);
}

static void on_alloc(struct gpum *m, const struct message *msg)
{
    struct nvhw_rpc_rm_alloc head;
    if (!take_head(m, msg, &head, sizeof(head)))
        return;
    if (head.params_size != msg->size_bytes - sizeof(head))
        head.status =
            gpum_rm_refuse(m, NV_RM_STATUS_INVALID_PARAM_STRUCT,
                           "alloc of class 0x%x: paramsSize %u, message carries %zu", head.h_class,
                           head.params_size, msg->size_bytes - sizeof(head));
    else
        head.status = gpum_rm_alloc(m, &head, msg->payload + sizeof(head));
    memcpy(msg->payload, &head, sizeof(head));
    reply(m, msg, head.status);
}

static void on_control(struct gpum *m, const struct message *msg)
{
    struct nvhw_rpc_rm_control head;
    if (!take_head(m, msg, &head, sizeof(head)))
        return;
    if (head.params_size != msg->size_bytes - sizeof(head))
        head.status = gpum_rm_refuse(m, NV_RM_STATUS_INVALID_PARAM_STRUCT,
                                     "control 0x%x: paramsSize %u, message carries %zu", head.cmd,
                                     head.params_size, msg->size_bytes - sizeof(head));
    else
        head.status = gpum_rm_control(m, &head, msg->payload + sizeof(head));
    memcpy(msg->payload, &head, sizeof(head));
    reply(m, msg, 0);
}

static void on_free(struct gpum *m, const struct message *msg)
{
    struct nvhw_rpc_free head;
    if (!take_head(m, msg, &head, sizeof(head)))
        return;
    head.status = gpum_rm_free(m, &head);
    memcpy(msg->payload, &head, sizeof(head));
    reply(m, msg, head.status);
}

static void on_set_page_directory(struct gpum *m, const struct message *msg)
{
    struct nvhw_rpc_set_page_directory p;
    if (!take_head(m, msg, &p, sizeof(p)))
        return;
    const struct nvhw_ctrl_set_page_directory c = {
        .phys_address = p.phys_address,
        .num_entries = p.num_entries,
        .flags = p.flags,
        .h_vaspace = p.h_vaspace,
        .ch_id = p.ch_id,
        .sub_device_id = p.sub_device_id,
        .pasid = p.params_pasid,
    };
    reply(m, msg, gpum_rm_set_page_directory(m, p.h_client, p.h_device, &c));
}

static void on_unset_page_directory(struct gpum *m, const struct message *msg)
{
    struct nvhw_rpc_unset_page_directory p;
    if (take_head(m, msg, &p, sizeof(p)))
        reply(m, msg, gpum_rm_unset_page_directory(m, p.h_client, p.h_vaspace));
}

static void on_update_bar_pde(struct gpum *m, const struct message *msg)
{
    struct nvhw_rpc_update_bar_pde p;
    if (take_head(m, msg, &p, sizeof(p)))
        reply(m, msg, gpum_rm_update_bar_pde(m, &p));
}

static void on_static_info(struct gpum *m, const struct message *msg)
{
    struct nvhw_r570_gsp_static_info info;
    if (msg->size_bytes != sizeof(info)) {
        gpum_fault(m, "GET_GSP_STATIC_INFO: payload of 0x%x bytes, 570.144 wants 0x%zx",
                   msg->size_bytes, sizeof(info));
        reply(m, msg, RESULT_BAD_FORMAT);
        return;
    }
    gpum_static_info(m, &info);
    gpum_rpc_send(m, msg->function, msg->sequence, 0, &info, sizeof(info));
}

static void on_nothing(struct gpum *m, const struct message *msg)
{
    reply(m, msg, 0);
}

static const struct handler {
    uint32_t function;
    void (*handle)(struct gpum *m, const struct message *msg);
} handlers[] = {
    {NV_RPC_FUNCTION_GSP_RM_ALLOC, on_alloc},
    {NV_RPC_FUNCTION_GSP_RM_CONTROL, on_control},
    {NV_RPC_FUNCTION_FREE, on_free},
    {NV_RPC_FUNCTION_SET_PAGE_DIRECTORY, on_set_page_directory},
    {NV_RPC_FUNCTION_UNSET_PAGE_DIRECTORY, on_unset_page_directory},
    {NV_RPC_FUNCTION_UPDATE_BAR_PDE, on_update_bar_pde},
    {NV_RPC_FUNCTION_GET_GSP_STATIC_INFO, on_static_info},
    {NV_RPC_FUNCTION_SET_GUEST_SYSTEM_INFO, on_nothing},
};

void gpum_rm_message(struct gpum *m, uint32_t function, uint32_t sequence, uint8_t *payload,
                     uint32_t size_bytes)
{
    const struct message msg = {function, sequence, payload, size_bytes};
    for (size_t i = 0; i < sizeof(handlers) / sizeof(*handlers); i++) {
        if (handlers[i].function == function) {
            handlers[i].handle(m, &msg);
            return;
        }
    }
    const char *name = nvhw_rpc_function_name(function);
    gpum_fault(m, "RPC %u (%s) is not supported by this model", function, name ? name : "unknown");
    reply(m, &msg, RESULT_UNKNOWN_FUNCTION);
}
