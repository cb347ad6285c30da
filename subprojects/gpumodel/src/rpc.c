/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * GSP-RM's end of the queues, receiving side. All of shared memory is the host's and is read
 * through the page table that the host wrote; every index and length is checked before use.
 */
#include <nvhw/rpc.h>
#include <nvhw/rm.h>
#include <stdlib.h>
#include <string.h>

#include "gsp_state.h"

#define PAGE          NV_GSP_QUEUE_PAGE_SIZE
#define ELEMENT       NV_GSP_QUEUE_MSG_SIZE
#define COUNT         NV_GSP_QUEUE_MSG_COUNT
#define HEADERS       (sizeof(struct nvhw_gsp_element) + sizeof(struct nvhw_rpc_header))
#define MESSAGE_LIMIT (1u << 20) /* longest message over several records */

/* Walks the pages; writes from `from` when it is given, else reads into `to`. */
static bool shared_access(struct gpum *m, uint32_t offset, uint8_t *to, const uint8_t *from,
                          size_t size_bytes)
{
    if (size_bytes > NV_GSP_QUEUE_SHARED_SIZE || offset > NV_GSP_QUEUE_SHARED_SIZE - size_bytes)
        return false;
    while (size_bytes) {
        uint64_t at = m->gsp->pages[offset / PAGE] + offset % PAGE;
        size_t run = PAGE - offset % PAGE;
        if (run > size_bytes)
            run = size_bytes;
        if (!(from ? gpum_phys_write(m, GPUM_SYS_COHERENT, at, from, run)
                   : gpum_phys_read(m, GPUM_SYS_COHERENT, at, to, run)))
            return false;
        if (from)
            from += run;
        else
            to += run;
        offset += (uint32_t)run;
        size_bytes -= run;
    }
    return true;
}

bool gpum_shared_read(struct gpum *m, uint32_t offset, void *data, size_t size_bytes)
{
    return shared_access(m, offset, data, NULL, size_bytes);
}

bool gpum_shared_write(struct gpum *m, uint32_t offset, const void *data, size_t size_bytes)
{
    return shared_access(m, offset, NULL, data, size_bytes);
}

uint32_t gpum_rpc_checksum(const void *data, size_t size_bytes)
{
    const uint8_t *bytes = data;
    uint64_t sum = 0;
    for (size_t i = 0; i < size_bytes; i += sizeof(sum)) {
        uint64_t word = 0;
        size_t left = size_bytes - i;
        memcpy(&word, bytes + i, left < sizeof(word) ? left : sizeof(word));
        sum ^= word;
    }
    return (uint32_t)(sum >> 32) ^ (uint32_t)sum;
}

/* Copies a message out of the ring, element by element. */
static bool copy_elements(struct gpum *m, uint32_t first, uint32_t count, uint8_t *out)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at =
            NV_GSP_QUEUE_CMD_OFFSET + NV_GSP_QUEUE_ENTRY_OFFSET + (first + i) % COUNT * ELEMENT;
        if (!gpum_shared_read(m, at, out + (size_t)i * ELEMENT, ELEMENT))
            return false;
    }
    return true;
}

static const char *headers_wrong(const struct gpum_gsp *g, const struct nvhw_gsp_element *element,
                                 const struct nvhw_rpc_header *rpc, const uint8_t *bytes)
{
    uint32_t room = element->elem_count * ELEMENT - (uint32_t)sizeof(*element);
    if (rpc->header_version != NV_RPC_HEADER_VERSION)
        return "header version";
    if (rpc->signature != NV_RPC_SIGNATURE)
        return "signature";
    if (rpc->length < sizeof(*rpc) || rpc->length > room)
        return "length";
    if (room - rpc->length >= ELEMENT)
        return "element count for its length";
    if (gpum_rpc_checksum(bytes, sizeof(*element) + rpc->length) != 0)
        return "checksum";
    if (element->seq_num != g->sequence_in)
        return "sequence number";
    if (rpc->rpc_result != NV_RPC_RESULT_PENDING)
        return "rpc_result (0xffffffff when sent)";
    return NULL;
}

/* How much payload a message announces in its own parameters. */
static uint32_t payload_wanted(uint32_t function, const uint8_t *payload, uint32_t size_bytes)
{
    if (function == NV_RPC_FUNCTION_GSP_RM_CONTROL &&
        size_bytes >= sizeof(struct nvhw_rpc_rm_control)) {
        struct nvhw_rpc_rm_control head;
        memcpy(&head, payload, sizeof(head));
        return head.params_size > MESSAGE_LIMIT ? MESSAGE_LIMIT
                                                : head.params_size + (uint32_t)sizeof(head);
    }
    if (function == NV_RPC_FUNCTION_GSP_RM_ALLOC &&
        size_bytes >= sizeof(struct nvhw_rpc_rm_alloc)) {
        struct nvhw_rpc_rm_alloc head;
        memcpy(&head, payload, sizeof(head));
        return head.params_size > MESSAGE_LIMIT ? MESSAGE_LIMIT
                                                : head.params_size + (uint32_t)sizeof(head);
    }
    return size_bytes;
}

/* Takes a checked record: a new message, or the rest of the one before. */
static bool take_record(struct gpum *m, const struct nvhw_rpc_header *rpc, const uint8_t *payload)
{
    struct gpum_gsp *g = m->gsp;
    uint32_t size = rpc->length - (uint32_t)sizeof(*rpc);
    bool more = rpc->function == NV_RPC_FUNCTION_CONTINUATION_RECORD;
    if (more != (g->message_wanted > g->message_bytes)) {
        gpum_fault(m,
                   more ? "RPC: a continuation record without a message before it"
                        : "RPC: function %u comes where a continuation record was due",
                   rpc->function);
        g->message_wanted = g->message_bytes = 0;
        if (more)
            return false;
    }
    if (!more)
        g->message_bytes = 0;
    uint8_t *grown = realloc(g->message, g->message_bytes + size + 1);
    if (!grown)
        return false;
    g->message = grown;
    memcpy(g->message + g->message_bytes, payload, size);
    g->message_bytes += size;
    if (!more) {
        g->message_header = *rpc;
        g->message_wanted = payload_wanted(rpc->function, payload, size);
        /* Only a full record has a continuation. */
        if (size < NV_RPC_PAYLOAD_SIZE_MAX)
            g->message_wanted = size;
    }
    return g->message_bytes >= g->message_wanted;
}

static bool indices_ok(struct gpum *m, uint32_t write, uint32_t *available)
{
    struct gpum_gsp *g = m->gsp;
    if (write >= COUNT) {
        gpum_gsp_hang(m, "command queue: write index %u is beyond its %u elements", write, COUNT);
        return false;
    }
    *available = (write + COUNT - g->command_read) % COUNT;
    return *available > 0;
}

static void advance(struct gpum *m, uint32_t elements)
{
    struct gpum_gsp *g = m->gsp;
    g->command_read = (g->command_read + elements) % COUNT;
    gpum_shared_write(
        m, NV_GSP_QUEUE_STAT_OFFSET + (uint32_t)offsetof(struct nvhw_gsp_queue_header, read_ptr),
        &g->command_read, sizeof(g->command_read));
}

bool gpum_rpc_receive(struct gpum *m, bool *complete)
{
    struct gpum_gsp *g = m->gsp;
    struct nvhw_gsp_element element;
    struct nvhw_rpc_header rpc;
    uint32_t write = 0, available = 0;
    static const uint32_t write_at =
        NV_GSP_QUEUE_CMD_OFFSET + offsetof(struct nvhw_gsp_queue_header, write_ptr);
    *complete = false;
    if (!gpum_shared_read(m, write_at, &write, sizeof(write)) || !indices_ok(m, write, &available))
        return false;
    uint8_t *bytes = malloc(NV_RPC_ELEMENTS_MAX * (size_t)ELEMENT);
    if (!bytes || !copy_elements(m, g->command_read, 1, bytes)) {
        free(bytes);
        gpum_gsp_hang(m, "command queue: element %u cannot be read", g->command_read);
        return false;
    }
    memcpy(&element, bytes, sizeof(element));
    memcpy(&rpc, bytes + sizeof(element), sizeof(rpc));
    if (element.elem_count == 0 || element.elem_count > NV_RPC_ELEMENTS_MAX ||
        element.elem_count > available ||
        !copy_elements(m, g->command_read, element.elem_count, bytes)) {
        gpum_gsp_hang(m, "command queue: element count %u with %u available", element.elem_count,
                      available);
        free(bytes);
        return false;
    }
    const char *wrong = headers_wrong(g, &element, &rpc, bytes);
    m->stats.rpc_messages++;
    if (wrong)
        gpum_fault(m, "RPC: message %u dropped (function %u, sequence %u): wrong %s",
                   g->sequence_in, rpc.function, element.seq_num, wrong);
    else
        *complete = take_record(m, &rpc, bytes + HEADERS);
    if (!wrong)
        g->sequence_in++;
    advance(m, element.elem_count);
    free(bytes);
    return true;
}
