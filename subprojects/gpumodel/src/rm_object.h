/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * GSP-RM's object tree: clients with devices, subdevices, address spaces, channels and what lies
 * under them. Handles are the host's choice and unique per client.
 */
#ifndef GPUM_RM_OBJECT_H
#define GPUM_RM_OBJECT_H

#include <nvhw/rm.h>
#include <nvhw/rpc.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model.h"

/* Handles of the ready-made privileged objects that static info announces. */
#define GPUM_RM_INTERNAL_CLIENT    0xc2000003u
#define GPUM_RM_INTERNAL_DEVICE    0xcaf20000u
#define GPUM_RM_INTERNAL_SUBDEVICE 0xcaf20001u

struct gpum_rm_vaspace {
    bool external;
    struct gpum_vas vas; /* valid once a page directory is set */
};

struct gpum_rm_channel {
    uint32_t chid, runlist, engine_type, vaspace;
    bool bound, scheduled, privileged;
    /* Context buffers: promoted with physical address, and mapped (bit per buffer id). */
    uint32_t promoted, mapped;
    uint64_t physical[NV_PROMOTE_ID_GLOBAL_PRIV_ACCESS_MAP + 1];
    struct gpum_vas vas;
};

struct gpum_rm_group {
    uint32_t engine_type, vaspace;
    uint32_t next_subcontext;
};

struct gpum_rm_object {
    struct gpum_rm_object *next;
    uint32_t client, handle, parent, class_id;
    bool is_channel;
    union {
        struct gpum_rm_vaspace vaspace;
        struct gpum_rm_channel channel;
        struct gpum_rm_group group;
        uint32_t share_vaspace; /* of a context share */
    } u;
};

struct gpum_rm {
    struct gpum_rm_object *objects;
    uint64_t bar1_root, bar2_root; /* page directories of the two apertures */
    bool golden;                   /* the golden context image was recorded */
    /* Context buffers of the whole device, by physical address (bit per buffer id). */
    uint32_t promoted;
    uint64_t physical[NV_PROMOTE_ID_GLOBAL_PRIV_ACCESS_MAP + 1];
};

/* rm.c */
void gpum_rm_start(struct gpum *m);
void gpum_rm_stop(struct gpum *m);
/* One message from the host; sends the reply. */
void gpum_rm_message(struct gpum *m, uint32_t function, uint32_t sequence, uint8_t *payload,
                     uint32_t size_bytes);
struct gpum_rm_object *gpum_rm_find(struct gpum *m, uint32_t client, uint32_t handle);
struct gpum_rm_object *gpum_rm_find_class(struct gpum *m, uint32_t client, uint32_t handle,
                                          uint32_t class_id);
/* Adds an object to the tree; NULL when memory is out. */
struct gpum_rm_object *gpum_rm_add(struct gpum *m, uint32_t client, uint32_t handle,
                                   uint32_t parent, uint32_t class_id);
/* Removes an object with everything under it. */
void gpum_rm_remove(struct gpum *m, struct gpum_rm_object *object);
/* Reports what is wrong about a request and gives the status back. */
uint32_t gpum_rm_refuse(struct gpum *m, uint32_t status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Each of the following returns NV_RM_STATUS_*; params is read and written in place. */
uint32_t gpum_rm_alloc(struct gpum *m, const struct nvhw_rpc_rm_alloc *head, uint8_t *params);
uint32_t gpum_rm_control(struct gpum *m, const struct nvhw_rpc_rm_control *head, uint8_t *params);
uint32_t gpum_rm_free(struct gpum *m, const struct nvhw_rpc_free *head);
/* rm_vaspace.c */
uint32_t gpum_rm_set_page_directory(struct gpum *m, uint32_t client, uint32_t device,
                                    const struct nvhw_ctrl_set_page_directory *p);
uint32_t gpum_rm_unset_page_directory(struct gpum *m, uint32_t client, uint32_t vaspace);
uint32_t gpum_rm_copy_pdes(struct gpum *m, struct gpum_rm_object *vaspace,
                           const struct nvhw_ctrl_copy_server_reserved_pdes *p);
uint32_t gpum_rm_update_bar_pde(struct gpum *m, const struct nvhw_rpc_update_bar_pde *p);
/* True when memory is the host's to give: mapped system memory, or VRAM below the reserved part. */
bool gpum_rm_memory_ok(struct gpum *m, enum gpum_aperture aperture, uint64_t address,
                       uint64_t size_bytes);
/* rm_channel.c */
uint32_t gpum_rm_channel_alloc(struct gpum *m, struct gpum_rm_object *parent, uint32_t client,
                               uint32_t handle, uint32_t class_id,
                               const struct nvhw_r570_channel_alloc_params *p);
uint32_t gpum_rm_channel_bind(struct gpum *m, struct gpum_rm_object *channel, uint32_t engine_type);
uint32_t gpum_rm_channel_schedule(struct gpum *m, struct gpum_rm_object *channel, bool enable);
uint32_t gpum_rm_object_on_channel(struct gpum *m, struct gpum_rm_object *channel,
                                   uint32_t class_id, const uint8_t *params, uint32_t params_bytes);
uint32_t gpum_rm_promote_ctx(struct gpum *m, const struct nvhw_ctrl_promote_ctx *p);
/* rm_tables.c: answers that only depend on the chip. True when cmd is one of them. */
bool gpum_rm_table(struct gpum *m, uint32_t cmd, uint8_t *params, uint32_t size_bytes,
                   uint32_t *status);
/* Size and alignment of a context buffer by NV_CTX_BUFFER_*; false when the chip has none. */
bool gpum_rm_ctx_buffer(const struct gpum *m, uint32_t index, uint32_t *size_bytes,
                        uint32_t *align_bytes);
#define GPUM_FAULT_METHOD_BUFFER_BYTES 0x5000u

/* Sets of context buffers, a bit per NV_PROMOTE_ID_*. A channel's own two; those whose memory RM
 * has to be told, as it writes them before the engine does; those that the device has once; those
 * that graphics works in, told by virtual address alone. */
#define GPUM_RM_CTX_OWN                (1u << NV_PROMOTE_ID_MAIN | 1u << NV_PROMOTE_ID_PATCH)
#define GPUM_RM_CTX_GLOBAL                                                                         \
    (1u << NV_PROMOTE_ID_FECS_EVENT | 1u << NV_PROMOTE_ID_PRIV_ACCESS_MAP |                        \
     1u << NV_PROMOTE_ID_UNRESTRICTED_PRIV_ACCESS_MAP)
#define GPUM_RM_CTX_INITIALIZED (GPUM_RM_CTX_OWN | GPUM_RM_CTX_GLOBAL)
#define GPUM_RM_CTX_GRAPHICS                                                                       \
    (1u << NV_PROMOTE_ID_BUNDLE_CB | 1u << NV_PROMOTE_ID_PAGEPOOL |                                \
     1u << NV_PROMOTE_ID_ATTRIBUTE_CB | 1u << NV_PROMOTE_ID_RTV_CB_GLOBAL)

#endif
