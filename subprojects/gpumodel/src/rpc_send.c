/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * GSP-RM's end of the queues, sending side. Messages wait in a list until they are due (the fault
 * plan may delay them) and until the host has made room in the status queue; each one that goes
 * out raises SWGEN0.
 */
#include <nvhw/falcon.h>
#include <stdlib.h>
#include <string.h>

#include "boot.h"
#include "gsp_state.h"
#include "plan.h"

#define ELEMENT NV_GSP_QUEUE_MSG_SIZE
#define COUNT   NV_GSP_QUEUE_MSG_COUNT
#define HEADERS (sizeof(struct nvhw_gsp_element) + sizeof(struct nvhw_rpc_header))

static void append(struct gpum *m, const struct nvhw_rpc_header *rpc, const void *payload)
{
    struct gpum_gsp *g = m->gsp;
    size_t payload_bytes = rpc->length - sizeof(*rpc);
    uint32_t elements = (uint32_t)((HEADERS + payload_bytes + ELEMENT - 1) / ELEMENT);
    struct gpum_outgoing *out = calloc(1, sizeof(*out) + (size_t)elements * ELEMENT);
    if (!out)
        return;
    struct nvhw_gsp_element element = {.elem_count = elements};
    out->elements = elements;
    out->due_ns = m->time_ns + gpum_plan_rpc_delay_ns(m);
    memcpy(out->bytes, &element, sizeof(element));
    memcpy(out->bytes + sizeof(element), rpc, sizeof(*rpc));
    if (payload_bytes)
        memcpy(out->bytes + HEADERS, payload, payload_bytes);
    *g->last = out;
    g->last = &out->next;
}

void gpum_rpc_send(struct gpum *m, uint32_t function, uint32_t sequence, uint32_t result,
                   const void *payload, size_t size_bytes)
{
    const uint8_t *bytes = payload;
    struct nvhw_rpc_header rpc = {
        .header_version = NV_RPC_HEADER_VERSION,
        .signature = NV_RPC_SIGNATURE,
        .function = function,
        .rpc_result = result,
        .rpc_result_private = result,
        .sequence = sequence,
    };
    if (!m->gsp->pages[0])
        return;
    gpum_trace(m, "GSP sends %u (%zu bytes, result 0x%x)", function, size_bytes, result);
    do {
        size_t part =
            size_bytes < NV_RPC_PAYLOAD_SIZE_MAX ? size_bytes : (size_t)NV_RPC_PAYLOAD_SIZE_MAX;
        rpc.length = (uint32_t)(sizeof(rpc) + part);
        append(m, &rpc, bytes);
        size_bytes -= part;
        if (size_bytes)
            bytes += part;
        rpc.function = NV_RPC_FUNCTION_CONTINUATION_RECORD;
    } while (size_bytes);
}

void gpum_rpc_event(struct gpum *m, uint32_t event, const void *payload, size_t size_bytes)
{
    gpum_rpc_send(m, event, 0, 0, payload, size_bytes);
}

/* Elements that can be written before the host's read index. */
static uint32_t room(struct gpum *m)
{
    uint32_t read = 0;
    static const uint32_t read_at =
        NV_GSP_QUEUE_CMD_OFFSET + offsetof(struct nvhw_gsp_queue_header, read_ptr);
    if (!gpum_shared_read(m, read_at, &read, sizeof(read)))
        return 0;
    if (read >= COUNT) {
        gpum_gsp_hang(m, "status queue: the host's read index %u is beyond its %u elements", read,
                      COUNT);
        return 0;
    }
    return (read + COUNT - m->gsp->status_write - 1) % COUNT;
}

static void seal(struct gpum *m, struct gpum_outgoing *out)
{
    struct nvhw_gsp_element element;
    struct nvhw_rpc_header rpc;
    memcpy(&element, out->bytes, sizeof(element));
    memcpy(&rpc, out->bytes + sizeof(element), sizeof(rpc));
    element.seq_num = m->gsp->sequence_out++;
    element.checksum = 0;
    memcpy(out->bytes, &element, sizeof(element));
    element.checksum = gpum_rpc_checksum(out->bytes, sizeof(element) + rpc.length);
    if (gpum_plan_rpc_corrupt(m))
        element.checksum ^= 1;
    memcpy(out->bytes, &element, sizeof(element));
}

static bool put(struct gpum *m, struct gpum_outgoing *out)
{
    struct gpum_gsp *g = m->gsp;
    seal(m, out);
    for (uint32_t i = 0; i < out->elements; i++) {
        uint32_t at = NV_GSP_QUEUE_STAT_OFFSET + NV_GSP_QUEUE_ENTRY_OFFSET +
                      (g->status_write + i) % COUNT * ELEMENT;
        if (!gpum_shared_write(m, at, out->bytes + (size_t)i * ELEMENT, ELEMENT))
            return false;
    }
    g->status_write = (g->status_write + out->elements) % COUNT;
    return gpum_shared_write(
        m, NV_GSP_QUEUE_STAT_OFFSET + (uint32_t)offsetof(struct nvhw_gsp_queue_header, write_ptr),
        &g->status_write, sizeof(g->status_write));
}

bool gpum_rpc_flush(struct gpum *m)
{
    struct gpum_gsp *g = m->gsp;
    while (!m->dead && g->first && g->first->due_ns <= m->time_ns) {
        struct gpum_outgoing *out = g->first;
        if (out->elements > room(m))
            break;
        g->first = out->next;
        if (!g->first)
            g->last = &g->first;
        bool sent = put(m, out);
        free(out);
        if (!sent) {
            gpum_gsp_hang(m, "status queue: its memory is not mapped any more");
            break;
        }
        m->stats.rpc_messages++;
        gpum_falcon_raise(m, &m->boot->gsp, NVHW_NUM(NV_PFALCON_FALCON_IRQSTAT, SWGEN0, 1));
    }
    return g->first != NULL;
}

void gpum_rpc_drop_all(struct gpum *m)
{
    struct gpum_gsp *g = m->gsp;
    while (g->first) {
        struct gpum_outgoing *out = g->first;
        g->first = out->next;
        free(out);
    }
    g->last = &g->first;
    free(g->message);
    g->message = NULL;
    g->message_bytes = g->message_wanted = 0;
}
