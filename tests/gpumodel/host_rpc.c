/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The host's talk with GSP-RM: queues, the messages of the boot, objects. See host.h. */
#include "host_inside.h"

#include <check.h>
#include <nvhw/falcon.h>
#include <stdlib.h>
#include <string.h>

/* ---- Queues -------------------------------------------------------------------------------------
 */

static uint32_t checksum(const uint8_t *bytes, uint32_t size)
{
    uint64_t sum = 0;
    for (uint32_t at = 0; at < (size + 7) / 8 * 8; at += 8) {
        uint64_t word;
        memcpy(&word, bytes + at, 8);
        sum ^= word;
    }
    return (uint32_t)(sum >> 32 ^ sum);
}

static uint32_t *shared_word(struct host *h, uint32_t offset)
{
    return (uint32_t *)host_at(h, h->shared + offset);
}

static void send_record(struct host *h, uint32_t function, const uint8_t *payload, uint32_t size)
{
    uint32_t length = 0x20 + size, elements = (0x30 + length + PAGE - 1) / PAGE;
    uint8_t *bytes = calloc(elements, PAGE);
    struct nvhw_gsp_element element = {.seq_num = h->sequence_out++, .elem_count = elements};
    struct nvhw_rpc_header rpc = {
        NV_RPC_HEADER_VERSION, NV_RPC_SIGNATURE, length, function, UINT32_MAX, UINT32_MAX, 0, 0};
    memcpy(bytes, &element, sizeof(element));
    memcpy(bytes + 0x30, &rpc, sizeof(rpc));
    if (size)
        memcpy(bytes + 0x50, payload, size);
    element.checksum = checksum(bytes, 0x30 + length);
    memcpy(bytes, &element, sizeof(element));
    struct host_element sealed = {bytes, elements};
    host_call_hook(h, HOST_ELEMENT, &sealed);
    for (uint32_t i = 0; i < elements; i++) {
        uint32_t slot = (h->command_write + i) % 63;
        memcpy(host_at(h, h->shared + NV_GSP_QUEUE_CMD_OFFSET + PAGE + (uint64_t)slot * PAGE),
               bytes + (size_t)i * PAGE, PAGE);
    }
    h->command_write = (h->command_write + elements) % 63;
    *shared_word(h, NV_GSP_QUEUE_CMD_OFFSET + 0x10) = h->command_write;
    free(bytes);
}

void host_send(struct host *h, uint32_t function, const void *payload, uint32_t size_bytes,
               bool doorbell)
{
    const uint8_t *bytes = payload;
    do {
        uint32_t part = size_bytes < NV_RPC_PAYLOAD_SIZE_MAX ? size_bytes : NV_RPC_PAYLOAD_SIZE_MAX;
        send_record(h, function, bytes, part);
        size_bytes -= part;
        if (size_bytes)
            bytes += part;
        function = NV_RPC_FUNCTION_CONTINUATION_RECORD;
    } while (size_bytes);
    if (doorbell)
        host_wr(h, NV_FALCON_GSP_BASE + NV_PFALCON_QUEUE_HEAD(0), 0);
}

static bool receive_record(struct host *h, bool append)
{
    uint32_t write = *shared_word(h, NV_GSP_QUEUE_STAT_OFFSET + 0x10);
    for (unsigned i = 0; write == h->status_read; i++) {
        if (i == POLLS)
            return false;
        host_pass_time(h, POLL_NS);
        write = *shared_word(h, NV_GSP_QUEUE_STAT_OFFSET + 0x10);
    }
    uint8_t first[PAGE];
    memcpy(
        first,
        host_at(h, h->shared + NV_GSP_QUEUE_STAT_OFFSET + PAGE + (uint64_t)h->status_read * PAGE),
        PAGE);
    struct nvhw_gsp_element element;
    memcpy(&element, first, sizeof(element));
    ck_assert_uint_le(element.elem_count, 16);
    uint8_t *bytes = calloc(element.elem_count, PAGE);
    for (uint32_t i = 0; i < element.elem_count; i++) {
        uint32_t slot = (h->status_read + i) % 63;
        memcpy(bytes + (size_t)i * PAGE,
               host_at(h, h->shared + NV_GSP_QUEUE_STAT_OFFSET + PAGE + (uint64_t)slot * PAGE),
               PAGE);
    }
    struct nvhw_rpc_header rpc;
    memcpy(&rpc, bytes + 0x30, sizeof(rpc));
    uint32_t size = rpc.length - 0x20, old = append ? h->payload_bytes : 0;
    bool good = checksum(bytes, 0x30 + rpc.length) == 0 && element.seq_num == h->sequence_in;
    h->sequence_in++;
    h->status_read = (h->status_read + element.elem_count) % 63;
    *shared_word(h, NV_GSP_QUEUE_CMD_OFFSET + 0x20) = h->status_read;
    h->payload = realloc(h->payload, old + size + 1);
    memcpy(h->payload + old, bytes + 0x50, size);
    h->payload_bytes = old + size;
    if (!append)
        h->rpc = rpc;
    free(bytes);
    return good;
}

bool host_receive(struct host *h)
{
    if (!receive_record(h, false))
        return false;
    if (h->rpc.function >= NV_RPC_FIRST_EVENT) {
        h->events++;
        h->last_event = h->rpc.function;
    }
    return true;
}

bool host_call(struct host *h, uint32_t function, const void *payload, uint32_t size_bytes)
{
    host_send(h, function, payload, size_bytes, true);
    do {
        if (!host_receive(h))
            return false;
    } while (h->rpc.function != function);
    while (h->payload_bytes < size_bytes)
        if (!receive_record(h, true))
            return false;
    return true;
}

static bool run_program(struct host *h)
{
    uint32_t *words = (uint32_t *)h->payload, used = words[1], *c = words + 10;
    for (uint32_t i = 0; i < used;) {
        switch (c[i]) {
        case NV_SEQ_OPCODE_REG_WRITE:
            host_wr(h, c[i + 1], c[i + 2]);
            i += 3;
            break;
        case NV_SEQ_OPCODE_REG_MODIFY:
            host_wr(h, c[i + 1], (host_rd(h, c[i + 1]) & ~c[i + 2]) | c[i + 3]);
            i += 4;
            break;
        case NV_SEQ_OPCODE_REG_POLL:
            if (!host_poll(h, c[i + 1], c[i + 2], c[i + 3]))
                return false;
            i += 6;
            break;
        case NV_SEQ_OPCODE_DELAY_US:
            host_pass_time(h, c[i + 1] * 1000ull);
            i += 2;
            break;
        case NV_SEQ_OPCODE_REG_STORE:
            words[2 + c[i + 2]] = host_rd(h, c[i + 1]);
            i += 3;
            break;
        default:
            ck_abort_msg("sequencer opcode %u", c[i]);
        }
    }
    return true;
}

bool host_wait_init_done(struct host *h)
{
    if (!(host_rd(h, NV_FALCON2_GSP_BASE + NV_PRISCV_RISCV_CPUCTL) & 1u << 7))
        return false;
    for (unsigned i = 0; i < POLLS; i++) {
        if (*shared_word(h, NV_GSP_QUEUE_STAT_OFFSET + 0x1c) == PAGE)
            break;
        host_pass_time(h, POLL_NS);
    }
    while (host_receive(h)) {
        if (h->rpc.function == NV_RPC_EVENT_GSP_RUN_CPU_SEQUENCER && !run_program(h))
            return false;
        if (h->rpc.function == NV_RPC_EVENT_GSP_INIT_DONE)
            return h->rpc.rpc_result == 0;
    }
    return false;
}

/* ---- RM -----------------------------------------------------------------------------------------
 */

uint32_t host_rm_alloc(struct host *h, uint32_t client, uint32_t parent, uint32_t object,
                       uint32_t class_id, void *params, uint32_t size_bytes)
{
    struct nvhw_rpc_rm_alloc head = {.h_client = client,
                                     .h_parent = parent,
                                     .h_object = object,
                                     .h_class = class_id,
                                     .params_size = size_bytes};
    uint8_t *bytes = calloc(1, sizeof(head) + size_bytes);
    memcpy(bytes, &head, sizeof(head));
    if (size_bytes)
        memcpy(bytes + sizeof(head), params, size_bytes);
    bool good = host_call(h, NV_RPC_FUNCTION_GSP_RM_ALLOC, bytes, sizeof(head) + size_bytes);
    free(bytes);
    if (!good)
        return UINT32_MAX;
    memcpy(&head, h->payload, sizeof(head));
    ck_assert_uint_eq(head.status, h->rpc.rpc_result);
    if (size_bytes)
        memcpy(params, h->payload + sizeof(head), size_bytes);
    return head.status;
}

uint32_t host_rm_control(struct host *h, uint32_t client, uint32_t object, uint32_t cmd,
                         void *params, uint32_t size_bytes)
{
    struct nvhw_rpc_rm_control head = {
        .h_client = client, .h_object = object, .cmd = cmd, .params_size = size_bytes};
    uint8_t *bytes = calloc(1, sizeof(head) + size_bytes);
    memcpy(bytes, &head, sizeof(head));
    if (size_bytes)
        memcpy(bytes + sizeof(head), params, size_bytes);
    bool good = host_call(h, NV_RPC_FUNCTION_GSP_RM_CONTROL, bytes, sizeof(head) + size_bytes);
    free(bytes);
    if (!good)
        return UINT32_MAX;
    memcpy(&head, h->payload, sizeof(head));
    if (size_bytes)
        memcpy(params, h->payload + sizeof(head), size_bytes);
    return head.status;
}

uint32_t host_rm_free(struct host *h, uint32_t client, uint32_t object)
{
    struct nvhw_rpc_free p = {.h_root = client, .h_object_old = object};
    if (!host_call(h, NV_RPC_FUNCTION_FREE, &p, sizeof(p)))
        return UINT32_MAX;
    memcpy(&p, h->payload, sizeof(p));
    return p.status;
}
