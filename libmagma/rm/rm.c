/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The top of the object tree: client, device, subdevice. */
#include <stdlib.h>

#include "libmagma/core/status.h"
#include "libmagma/rm/rm_private.h"

/* Handles that we count up from; any unique value is accepted. */
#define FIRST_HANDLE NV_RM_HANDLE_CHANNEL

enum magma_code mg_rm_internal(struct mg_rm *rm, uint32_t cmd, void *params, uint32_t size_bytes,
                               struct magma_error *err)
{
    return mg_rpc_control(rm->rpc, rm->internal_client, rm->internal_subdevice, cmd, params,
                          size_bytes, err);
}

enum magma_code mg_rm_subdevice(struct mg_rm *rm, uint32_t cmd, void *params, uint32_t size_bytes,
                                struct magma_error *err)
{
    return mg_rpc_control(rm->rpc, rm->client, rm->subdevice, cmd, params, size_bytes, err);
}

uint32_t mg_rm_new_handle(struct mg_rm *rm)
{
    return atomic_fetch_add(&rm->next_handle, 1);
}

static enum magma_code create_client(struct mg_rm *rm, struct magma_error *err)
{
    struct nvhw_r570_nv0000_alloc_params root = {
        .h_client = rm->client,
        .process_id = NV_RM_PROCESS_ID_KERNEL,
    };
    struct nvhw_nv0080_alloc_params device = {.h_client_share = rm->client};
    struct nvhw_nv2080_alloc_params subdevice = {0};
    enum magma_code code;

    code = mg_rpc_alloc(rm->rpc, rm->client, rm->client, rm->client, NV01_ROOT, &root, sizeof root,
                        err);
    if (code != MAGMA_OK)
        return code;
    rm->have_client = true;
    code = mg_rpc_alloc(rm->rpc, rm->client, rm->client, rm->device, NV01_DEVICE_0, &device,
                        sizeof device, err);
    if (code != MAGMA_OK)
        return code;
    rm->have_device = true;
    code = mg_rpc_alloc(rm->rpc, rm->client, rm->device, rm->subdevice, NV20_SUBDEVICE_0,
                        &subdevice, sizeof subdevice, err);
    rm->have_subdevice = code == MAGMA_OK;
    return code;
}

enum magma_code mg_rm_create(struct mg_rpc *rpc, const struct mg_gsp_info *info,
                             const struct mg_gen *gen, struct mg_rm **out, struct magma_error *err)
{
    struct mg_rm *rm = calloc(1, sizeof *rm);
    enum magma_code code;

    *out = NULL;
    if (!rm)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "resource manager: no memory");
    rm->rpc = rpc;
    rm->gen = gen;
    rm->client = NV_RM_HANDLE_CLIENT;
    rm->device = NV_RM_HANDLE_DEVICE;
    rm->subdevice = NV_RM_HANDLE_SUBDEVICE;
    rm->internal_client = info->internal_client;
    rm->internal_subdevice = info->internal_subdevice;
    rm->gsp_vector = NV_INTR_VECTOR_NONE;
    atomic_init(&rm->next_handle, FIRST_HANDLE);
    pthread_mutex_init(&rm->chid_lock, NULL);
    for (unsigned i = 0; i < NV_RM_CHANNEL_ID_RESERVED; i++)
        rm->chid_used[i] = 1;
    code = create_client(rm, err);
    if (code == MAGMA_OK)
        code = mg_rm_read_tables(rm, err);
    if (code != MAGMA_OK) {
        mg_rm_destroy(rm);
        return code;
    }
    *out = rm;
    return MAGMA_OK;
}

void mg_rm_destroy(struct mg_rm *rm)
{
    if (!rm)
        return;
    if (rm->have_subdevice)
        mg_rm_object_destroy(rm, rm->device, rm->subdevice);
    if (rm->have_device)
        mg_rm_object_destroy(rm, rm->client, rm->device);
    if (rm->have_client)
        mg_rm_object_destroy(rm, 0, rm->client);
    pthread_mutex_destroy(&rm->chid_lock);
    free(rm);
}

void mg_rm_object_destroy(struct mg_rm *rm, uint32_t parent, uint32_t handle)
{
    /* A client that cannot be freed goes with the firmware. */
    (void)mg_rpc_free(rm->rpc, rm->client, parent, handle, NULL);
}

const struct mg_rm_engine *mg_rm_engines(const struct mg_rm *rm, uint32_t *count)
{
    *count = rm->engine_count;
    return rm->engine;
}

const struct mg_rm_engine *mg_rm_graphics(const struct mg_rm *rm)
{
    for (uint32_t i = 0; i < rm->engine_count; i++)
        if (rm->engine[i].type == NV2080_ENGINE_TYPE_GR0)
            return &rm->engine[i];
    return NULL;
}

static bool is_copy(uint32_t type)
{
    return (type >= NV2080_ENGINE_TYPE_COPY0 && type <= NV2080_ENGINE_TYPE_COPY9) ||
           (type >= NV2080_ENGINE_TYPE_COPY10 && type <= NV2080_ENGINE_TYPE_COPY19);
}

const struct mg_rm_engine *mg_rm_copy(const struct mg_rm *rm, bool with_graphics)
{
    const struct mg_rm_engine *graphics = mg_rm_graphics(rm);

    for (uint32_t i = 0; i < rm->engine_count; i++) {
        const struct mg_rm_engine *e = &rm->engine[i];

        if (is_copy(e->type) && (graphics && e->runlist == graphics->runlist) == with_graphics)
            return e;
    }
    return NULL;
}

uint32_t mg_rm_gsp_vector(const struct mg_rm *rm)
{
    return rm->gsp_vector;
}

uint32_t mg_rm_tpc_count(const struct mg_rm *rm)
{
    return rm->tpc_count;
}
