/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The resource manager's verbs: allocate an object, control it, free it; and names for people. */
#include "libmagma/rpc/priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nvhw/rm.h>

#include "libmagma/core/status.h"

const char *mg_rpc_name(uint32_t function, char *buf, size_t size_bytes)
{
    const char *name = function >= NV_RPC_FIRST_EVENT ? nvhw_rpc_event_name(function)
                                                      : nvhw_rpc_function_name(function);

    if (name)
        snprintf(buf, size_bytes, "%s", name);
    else
        snprintf(buf, size_bytes, "function 0x%x", function);
    return buf;
}

const char *mg_rpc_result_text(uint32_t result, char *buf, size_t size_bytes)
{
    const char *name =
        result <= UINT16_MAX ? nvhw_rm_status_name(result) : nvhw_rpc_result_name(result);

    if (name)
        snprintf(buf, size_bytes, "%s (0x%x)", name, result);
    else
        snprintf(buf, size_bytes, "result 0x%x", result);
    return buf;
}

static enum magma_code code_of_status(uint32_t status)
{
    switch (status) {
    case NV_RM_STATUS_NOT_SUPPORTED:
        return MAGMA_NOT_SUPPORTED;
    case NV_RM_STATUS_NO_MEMORY:
    case NV_RM_STATUS_INSUFFICIENT_RESOURCES:
    case NV_RM_STATUS_NO_FREE_FIFOS:
        return MAGMA_OUT_OF_DEVICE_MEMORY;
    default:
        return MAGMA_FIRMWARE_REFUSED;
    }
}

/*
 * Sends head and params as one message and copies what comes back over both. A reply may be
 * shorter than the request when RM refused it.
 */
static enum magma_code exchange(struct mg_rpc *rpc, uint32_t function, void *head,
                                uint32_t head_bytes, void *params, uint32_t params_bytes,
                                uint32_t *result, struct magma_error *err)
{
    uint32_t size = head_bytes + params_bytes, reply = size;
    uint8_t *message = malloc(size);
    enum magma_code code;

    if (!message)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "no memory for a request of 0x%x bytes",
                       size);
    memcpy(message, head, head_bytes);
    if (params_bytes)
        memcpy(message + head_bytes, params, params_bytes);
    code = mg_rpc_exchange(rpc, function, message, size, message, &reply, result, err);
    if (code == MAGMA_OK && reply < head_bytes)
        code = *result ? MAGMA_OK
                       : mg_fail(err, MAGMA_PROTOCOL, "a reply of 0x%x bytes, 0x%x wanted", reply,
                                 size);
    else if (code == MAGMA_OK) {
        memcpy(head, message, head_bytes);
        if (params_bytes)
            memcpy(params, message + head_bytes, params_bytes);
    }
    free(message);
    return code;
}

#define PARAMS_BYTES_MAX (1u << 20)

enum magma_code mg_rpc_alloc(struct mg_rpc *rpc, uint32_t client, uint32_t parent, uint32_t object,
                             uint32_t class_id, void *params, uint32_t size_bytes,
                             struct magma_error *err)
{
    struct nvhw_rpc_rm_alloc head = {.h_client = client,
                                     .h_parent = parent,
                                     .h_object = object,
                                     .h_class = class_id,
                                     .params_size = size_bytes};
    const char *name = nvhw_rm_class_name(class_id);
    uint32_t result = 0;
    enum magma_code code;
    char text[64];

    if (size_bytes > PARAMS_BYTES_MAX)
        return mg_fail(err, MAGMA_INVALID_ARGUMENT, "0x%x bytes of parameters", size_bytes);
    code = exchange(rpc, NV_RPC_FUNCTION_GSP_RM_ALLOC, &head, sizeof head, params, size_bytes,
                    &result, err);
    if (code != MAGMA_OK)
        return mg_prefix(err, code, "allocating %s (class 0x%04x)", name ? name : "an object",
                         class_id);
    if (!result)
        result = head.status;
    if (!result)
        return MAGMA_OK;
    return mg_fail(err, code_of_status(result),
                   "GSP-RM refused to allocate %s (class 0x%04x) 0x%08x under 0x%08x: %s",
                   name ? name : "an object", class_id, object, parent,
                   mg_rpc_result_text(result, text, sizeof text));
}

enum magma_code mg_rpc_control(struct mg_rpc *rpc, uint32_t client, uint32_t object, uint32_t cmd,
                               void *params, uint32_t size_bytes, struct magma_error *err)
{
    struct nvhw_rpc_rm_control head = {
        .h_client = client, .h_object = object, .cmd = cmd, .params_size = size_bytes};
    const char *name = nvhw_rm_control_name(cmd);
    uint32_t result = 0;
    enum magma_code code;
    char text[64];

    if (size_bytes > PARAMS_BYTES_MAX)
        return mg_fail(err, MAGMA_INVALID_ARGUMENT, "0x%x bytes of parameters", size_bytes);
    code = exchange(rpc, NV_RPC_FUNCTION_GSP_RM_CONTROL, &head, sizeof head, params, size_bytes,
                    &result, err);
    if (code != MAGMA_OK)
        return mg_prefix(err, code, "control %s (0x%08x)", name ? name : "", cmd);
    if (!result)
        result = head.status;
    if (!result)
        return MAGMA_OK;
    return mg_fail(err, code_of_status(result),
                   "GSP-RM refused control %s (0x%08x) of object 0x%08x: %s", name ? name : "", cmd,
                   object, mg_rpc_result_text(result, text, sizeof text));
}

enum magma_code mg_rpc_free(struct mg_rpc *rpc, uint32_t client, uint32_t parent, uint32_t object,
                            struct magma_error *err)
{
    struct nvhw_rpc_free head = {
        .h_root = client, .h_object_parent = parent, .h_object_old = object};
    uint32_t result = 0;
    enum magma_code code;
    char text[64];

    code = exchange(rpc, NV_RPC_FUNCTION_FREE, &head, sizeof head, NULL, 0, &result, err);
    if (code != MAGMA_OK)
        return mg_prefix(err, code, "freeing object 0x%08x", object);
    if (!result)
        result = head.status;
    if (!result)
        return MAGMA_OK;
    return mg_fail(err, code_of_status(result), "GSP-RM refused to free 0x%08x of 0x%08x: %s",
                   object, parent, mg_rpc_result_text(result, text, sizeof text));
}
