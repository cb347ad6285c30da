/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The rings of queue.h. */
#include "libmagma/rpc/queue.h"

#include <string.h>

#include "libmagma/core/status.h"

#define COUNT   NV_GSP_QUEUE_MSG_COUNT
#define ELEMENT NV_GSP_QUEUE_MSG_SIZE
#define HEADERS (sizeof(struct nvhw_gsp_element) + sizeof(struct nvhw_rpc_header))

/* The indices: which queue's head, which of its two. Each is written by one side only. */
enum { HOST_WRITE, HOST_READ, GSP_WRITE, GSP_READ };

static uint32_t *index_at(const struct mg_rpc_queue *q, int which)
{
    static const uint32_t offsets[] = {
        [HOST_WRITE] = NV_GSP_QUEUE_CMD_OFFSET + offsetof(struct nvhw_gsp_queue_header, write_ptr),
        [HOST_READ] = NV_GSP_QUEUE_CMD_OFFSET + offsetof(struct nvhw_gsp_queue_header, read_ptr),
        [GSP_WRITE] = NV_GSP_QUEUE_STAT_OFFSET + offsetof(struct nvhw_gsp_queue_header, write_ptr),
        [GSP_READ] = NV_GSP_QUEUE_STAT_OFFSET + offsetof(struct nvhw_gsp_queue_header, read_ptr),
    };

    return (uint32_t *)(void *)(q->shared + offsets[which]);
}

/* What the other side wrote before its index is seen after it. */
static uint32_t load_index(const struct mg_rpc_queue *q, int which)
{
    return __atomic_load_n(index_at(q, which), __ATOMIC_ACQUIRE);
}

/* What we wrote before is seen by who sees the index; a doorbell rung after comes after it. */
static void store_index(const struct mg_rpc_queue *q, int which, uint32_t value)
{
    __atomic_store_n(index_at(q, which), value, __ATOMIC_SEQ_CST);
}

static uint8_t *element_at(const struct mg_rpc_queue *q, uint32_t queue_offset, uint32_t index)
{
    return q->shared + queue_offset + NV_GSP_QUEUE_ENTRY_OFFSET + (size_t)index * ELEMENT;
}

void mg_rpc_queue_init(struct mg_rpc_queue *q, void *shared, magma_iova iova)
{
    struct nvhw_gsp_queue_header head = {
        .version = NV_GSP_QUEUE_VERSION,
        .size = NV_GSP_QUEUE_SIZE,
        .msg_size = NV_GSP_QUEUE_MSG_SIZE,
        .msg_count = NV_GSP_QUEUE_MSG_COUNT,
        .flags = NV_GSP_QUEUE_FLAGS_SWAP_RX,
        .rx_header_offset = NV_GSP_QUEUE_RX_OFFSET,
        .entry_offset = NV_GSP_QUEUE_ENTRY_OFFSET,
    };
    uint64_t *table = shared;

    *q = (struct mg_rpc_queue){.shared = shared};
    for (uint64_t i = 0; i < NV_GSP_QUEUE_PAGE_TABLE_ENTRIES; i++)
        table[i] = iova.raw + i * NV_GSP_QUEUE_PAGE_SIZE;
    memcpy(q->shared + NV_GSP_QUEUE_CMD_OFFSET, &head, sizeof head);
}

bool mg_rpc_queue_link(struct mg_rpc_queue *q, const char **text)
{
    struct nvhw_gsp_queue_header head;
    const char *wrong = NULL;

    memcpy(&head, q->shared + NV_GSP_QUEUE_STAT_OFFSET, sizeof head);
    if (head.size != NV_GSP_QUEUE_SIZE)
        wrong = "size";
    else if (head.msg_size != NV_GSP_QUEUE_MSG_SIZE)
        wrong = "message size";
    else if (head.version != NV_GSP_QUEUE_VERSION)
        wrong = "version";
    else if (head.msg_count != NV_GSP_QUEUE_MSG_COUNT)
        wrong = "message count";
    else if (head.entry_offset != NV_GSP_QUEUE_ENTRY_OFFSET ||
             head.rx_header_offset != NV_GSP_QUEUE_RX_OFFSET)
        wrong = "an offset";
    if (text)
        *text = wrong;
    if (wrong)
        return false;
    if (!q->linked)
        store_index(q, HOST_READ, 0);
    q->linked = true;
    return true;
}

uint32_t mg_rpc_checksum(const void *data, uint32_t size_bytes)
{
    const uint8_t *bytes = data;
    uint64_t sum = 0, last = 0;
    uint32_t at = 0;

    for (; at + sizeof sum <= size_bytes; at += (uint32_t)sizeof sum) {
        uint64_t value;

        memcpy(&value, bytes + at, sizeof value);
        sum ^= value;
    }
    if (at < size_bytes) {
        memcpy(&last, bytes + at, size_bytes - at);
        sum ^= last;
    }
    return (uint32_t)(sum >> 32) ^ (uint32_t)sum;
}

uint32_t mg_rpc_queue_elements(uint32_t payload_size_bytes)
{
    return (uint32_t)((HEADERS + payload_size_bytes + ELEMENT - 1) / ELEMENT);
}

enum magma_code mg_rpc_queue_space(const struct mg_rpc_queue *q, uint32_t *elements,
                                   struct magma_error *err)
{
    uint32_t read = load_index(q, GSP_READ);

    if (read >= COUNT)
        return mg_fail(err, MAGMA_PROTOCOL, "GSP's read index is 0x%x (must be below %u)", read,
                       COUNT);
    *elements = (read + COUNT - q->write - 1) % COUNT;
    return MAGMA_OK;
}

/* Copies to or from consecutive elements; the ring wraps between elements. */
static void write_ring(struct mg_rpc_queue *q, uint32_t *index, uint32_t *inside, const void *data,
                       uint32_t size_bytes)
{
    const uint8_t *from = data;

    while (size_bytes) {
        uint32_t part = ELEMENT - *inside < size_bytes ? ELEMENT - *inside : size_bytes;

        memcpy(element_at(q, NV_GSP_QUEUE_CMD_OFFSET, *index) + *inside, from, part);
        from += part;
        size_bytes -= part;
        *inside += part;
        if (*inside == ELEMENT) {
            *inside = 0;
            *index = (*index + 1) % COUNT;
        }
    }
}

enum magma_code mg_rpc_queue_put(struct mg_rpc_queue *q, uint32_t function, uint32_t sequence,
                                 const void *payload, uint32_t size_bytes, struct magma_error *err)
{
    struct {
        struct nvhw_gsp_element element;
        struct nvhw_rpc_header rpc;
    } head = {.rpc = {.header_version = NV_RPC_HEADER_VERSION,
                      .signature = NV_RPC_SIGNATURE,
                      .length = (uint32_t)sizeof head.rpc + size_bytes,
                      .function = function,
                      .rpc_result = NV_RPC_RESULT_PENDING,
                      .rpc_result_private = NV_RPC_RESULT_PENDING,
                      .sequence = sequence}};
    uint32_t space = 0, index = q->write, inside = 0;
    enum magma_code code;

    if (size_bytes > NV_RPC_PAYLOAD_SIZE_MAX)
        return mg_fail(err, MAGMA_INVALID_ARGUMENT, "a payload of 0x%x bytes", size_bytes);
    code = mg_rpc_queue_space(q, &space, err);
    if (code != MAGMA_OK)
        return code;
    head.element.elem_count = mg_rpc_queue_elements(size_bytes);
    if (head.element.elem_count > space)
        return mg_fail(err, MAGMA_BUSY, "the command queue is full");
    head.element.seq_num = q->send_seq;
    /* The headers are a multiple of 8 bytes, so the two sums can be joined. */
    head.element.checksum =
        mg_rpc_checksum(&head, sizeof head) ^ mg_rpc_checksum(payload, size_bytes);
    write_ring(q, &index, &inside, &head, sizeof head);
    write_ring(q, &index, &inside, payload, size_bytes);
    /* Up to a multiple of 8 the receiver sums what stands behind the message. */
    write_ring(q, &index, &inside, (const uint8_t[8]){0}, (8 - size_bytes % 8) % 8);
    q->send_seq++;
    q->write = (q->write + head.element.elem_count) % COUNT;
    store_index(q, HOST_WRITE, q->write);
    return MAGMA_OK;
}

static void read_ring(const struct mg_rpc_queue *q, uint32_t index, uint32_t offset, void *data,
                      uint32_t size_bytes)
{
    uint8_t *to = data;

    index = (index + offset / ELEMENT) % COUNT;
    offset %= ELEMENT;
    while (size_bytes) {
        uint32_t part = ELEMENT - offset < size_bytes ? ELEMENT - offset : size_bytes;

        memcpy(to, element_at(q, NV_GSP_QUEUE_STAT_OFFSET, index) + offset, part);
        to += part;
        size_bytes -= part;
        offset = 0;
        index = (index + 1) % COUNT;
    }
}

/* The copied message as its checksum covers it. */
static uint32_t message_sum(const struct mg_rpc_message *m)
{
    return mg_rpc_checksum(&m->element, sizeof m->element) ^
           mg_rpc_checksum(&m->rpc, sizeof m->rpc) ^
           mg_rpc_checksum(m->payload, (m->payload_size_bytes + 7u) & ~7u);
}

static enum magma_code check_heads(const struct mg_rpc_queue *q, const struct mg_rpc_message *m,
                                   uint32_t available, struct magma_error *err)
{
    uint32_t room = m->element.elem_count * ELEMENT - (uint32_t)HEADERS;

    if (!m->element.elem_count || m->element.elem_count > NV_RPC_ELEMENTS_MAX ||
        m->element.elem_count > available)
        return mg_fail(err, MAGMA_PROTOCOL, "message of %u elements at %u (%u there, at most %u)",
                       m->element.elem_count, q->read, available, NV_RPC_ELEMENTS_MAX);
    if (m->rpc.signature != NV_RPC_SIGNATURE || m->rpc.header_version != NV_RPC_HEADER_VERSION)
        return mg_fail(err, MAGMA_PROTOCOL, "message with signature 0x%08x, version 0x%08x",
                       m->rpc.signature, m->rpc.header_version);
    if (m->rpc.length < sizeof m->rpc || m->rpc.length - sizeof m->rpc > room ||
        m->rpc.length - sizeof m->rpc > NV_RPC_PAYLOAD_SIZE_MAX)
        return mg_fail(err, MAGMA_PROTOCOL, "message of length 0x%x in %u elements", m->rpc.length,
                       m->element.elem_count);
    if (m->element.seq_num != q->receive_seq)
        return mg_fail(err, MAGMA_PROTOCOL, "message with sequence number %u, not %u",
                       m->element.seq_num, q->receive_seq);
    return MAGMA_OK;
}

enum magma_code mg_rpc_queue_take(struct mg_rpc_queue *q, struct mg_rpc_message *out, bool *got,
                                  struct magma_error *err)
{
    uint32_t write = load_index(q, GSP_WRITE), available, padded;
    enum magma_code code;

    *got = false;
    if (write >= COUNT)
        return mg_fail(err, MAGMA_PROTOCOL, "GSP's write index is 0x%x (must be below %u)", write,
                       COUNT);
    available = (write + COUNT - q->read) % COUNT;
    if (!available)
        return MAGMA_OK;
    read_ring(q, q->read, 0, &out->element, sizeof out->element);
    read_ring(q, q->read, sizeof out->element, &out->rpc, sizeof out->rpc);
    code = check_heads(q, out, available, err);
    if (code != MAGMA_OK)
        return code;
    out->payload_size_bytes = out->rpc.length - (uint32_t)sizeof out->rpc;
    padded = (out->payload_size_bytes + 7u) & ~7u;
    read_ring(q, q->read, HEADERS, out->payload, padded);
    if (message_sum(out))
        return mg_fail(err, MAGMA_PROTOCOL, "message 0x%x with a wrong checksum (off by 0x%08x)",
                       out->rpc.function, message_sum(out));
    q->receive_seq++;
    q->read = (q->read + out->element.elem_count) % COUNT;
    store_index(q, HOST_READ, q->read);
    *got = true;
    return MAGMA_OK;
}
