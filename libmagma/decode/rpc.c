/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Messages of the GSP queues to text: element header, RPC header, and the payload by the structure
 * that belongs to its function or event.
 */
#include "libmagma/decode/decode.h"
#include "libmagma/decode/lines.h"

#include <inttypes.h>
#include <nvhw/describe.h>
#include <nvhw/rm.h>
#include <nvhw/rpc.h>
#include <string.h>

#define HEADERS_BYTES (sizeof(struct nvhw_gsp_element) + sizeof(struct nvhw_rpc_header))

static const struct {
    uint32_t function;
    const char *payload;
} payloads[] = {
    {NV_RPC_FUNCTION_GSP_RM_ALLOC, "nvhw_rpc_rm_alloc"},
    {NV_RPC_FUNCTION_GSP_RM_CONTROL, "nvhw_rpc_rm_control"},
    {NV_RPC_FUNCTION_FREE, "nvhw_rpc_free"},
    {NV_RPC_FUNCTION_SET_PAGE_DIRECTORY, "nvhw_rpc_set_page_directory"},
    {NV_RPC_FUNCTION_UNSET_PAGE_DIRECTORY, "nvhw_rpc_unset_page_directory"},
    {NV_RPC_FUNCTION_UPDATE_BAR_PDE, "nvhw_rpc_update_bar_pde"},
    {NV_RPC_FUNCTION_UNLOADING_GUEST_DRIVER, "nvhw_rpc_unloading_guest_driver"},
    {NV_RPC_FUNCTION_ALLOC_MEMORY, "nvhw_rpc_alloc_memory"},
    {NV_RPC_FUNCTION_GSP_SET_SYSTEM_INFO, "nvhw_r570_gsp_system_info"},
    {NV_RPC_FUNCTION_SET_REGISTRY, "nvhw_rpc_registry_table"},
    {NV_RPC_FUNCTION_GET_GSP_STATIC_INFO, "nvhw_r570_gsp_static_info"},
    {NV_RPC_EVENT_POST_EVENT, "nvhw_rpc_post_event"},
    {NV_RPC_EVENT_RC_TRIGGERED, "nvhw_r570_rpc_rc_triggered"},
    {NV_RPC_EVENT_OS_ERROR_LOG, "nvhw_r570_rpc_os_error_log"},
    {NV_RPC_EVENT_UCODE_LIBOS_PRINT, "nvhw_rpc_libos_print"},
    {NV_RPC_EVENT_GSP_RUN_CPU_SEQUENCER, "nvhw_rpc_cpu_sequencer"},
};

static const struct nvhw_struct_desc *payload_struct(uint32_t function)
{
    for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++)
        if (payloads[i].function == function)
            return nvhw_struct_find(payloads[i].payload);
    return NULL;
}

static const char *function_name(uint32_t function)
{
    const char *name = function >= NV_RPC_FIRST_EVENT ? nvhw_rpc_event_name(function)
                                                      : nvhw_rpc_function_name(function);
    return name ? name : "?";
}

static void put_payload(const struct mg_lines *to, uint32_t function, const uint8_t *payload,
                        size_t size_bytes)
{
    const struct nvhw_struct_desc *desc = payload_struct(function);
    char text[8192];

    if (function == NV_RPC_FUNCTION_GSP_RM_CONTROL && size_bytes >= sizeof(struct nvhw_rpc_rm_control)) {
        struct nvhw_rpc_rm_control control;
        const char *name;

        memcpy(&control, payload, sizeof control);
        name = nvhw_rm_control_name(control.cmd);
        mg_lines_put(to, "  control 0x%08" PRIx32 " %s", control.cmd, name ? name : "?");
    }
    if (desc) {
        nvhw_format_struct(text, sizeof text, desc, payload, size_bytes);
        mg_lines_put_text(to, 0, text);
    } else if (size_bytes) {
        mg_lines_put(to, "  payload of %zu bytes", size_bytes);
    }
}

size_t mg_decode_rpc(const uint8_t *data, size_t size_bytes, mg_decode_line line, void *ctx)
{
    const struct mg_lines to = {line, ctx};
    struct nvhw_gsp_element element;
    struct nvhw_rpc_header header;
    size_t taken, length;

    if (size_bytes < HEADERS_BYTES)
        return 0;
    memcpy(&element, data, sizeof element);
    memcpy(&header, data + sizeof element, sizeof header);
    if (header.signature != NV_RPC_SIGNATURE)
        return 0;
    length = header.length < sizeof header ? 0 : header.length - sizeof header;
    if (length > size_bytes - HEADERS_BYTES)
        length = size_bytes - HEADERS_BYTES;
    mg_lines_put(&to, "#%" PRIu32 " %s (%" PRIu32 "), length 0x%" PRIx32 ", result 0x%" PRIx32
                      ", %" PRIu32 " element%s",
                 element.seq_num, function_name(header.function), header.function, header.length,
                 header.rpc_result, element.elem_count, element.elem_count == 1 ? "" : "s");
    put_payload(&to, header.function, data + HEADERS_BYTES, length);
    taken = (size_t)element.elem_count * NV_GSP_QUEUE_MSG_SIZE;
    if (taken < HEADERS_BYTES || taken > size_bytes)
        taken = size_bytes;
    return taken;
}
