/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The two rings of messages that host and GSP share, as a data structure: no register, no clock,
 * no lock. Messages take one or more elements of 4 KiB; a message too long for 16 elements is
 * split into records. Each side writes only its own queue, so the read index of the queue that a
 * side receives stands in the queue that it owns.
 *
 * Whatever the other side wrote may be anything, and may change while we look: a message is
 * copied first and judged after.
 */
#ifndef MG_RPC_QUEUE_H
#define MG_RPC_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include <magma-nv/address.h>
#include <magma-nv/status.h>

#include <nvhw/rpc.h>

/* A plain value. */
struct mg_rpc_queue {
    uint8_t *shared; /* NV_GSP_QUEUE_SHARED_SIZE bytes */
    uint32_t write, read;
    uint32_t send_seq, receive_seq;
    bool linked;
};

/* A received message, copied out. */
struct mg_rpc_message {
    struct nvhw_gsp_element element;
    struct nvhw_rpc_header rpc;
    uint8_t payload[NV_RPC_PAYLOAD_SIZE_MAX];
    uint32_t payload_size_bytes;
};

/* Fills in the page table (the memory is contiguous at `iova`) and the head of the command queue.
 */
void mg_rpc_queue_init(struct mg_rpc_queue *queue, void *shared, magma_iova iova);

/* Whether the other side's head is in place; takes note when it is. *text (may be NULL) gets
 * what is still wrong about it, a static string. */
bool mg_rpc_queue_link(struct mg_rpc_queue *queue, const char **text);

/* Elements a message with such a payload takes. */
uint32_t mg_rpc_queue_elements(uint32_t payload_size_bytes);

/* Elements free for sending. MAGMA_PROTOCOL: the other side's read index is not one. */
enum magma_code mg_rpc_queue_space(const struct mg_rpc_queue *queue, uint32_t *elements,
                                   struct magma_error *err);

/*
 * Puts one message (payload <= NV_RPC_PAYLOAD_SIZE_MAX) into the ring and publishes it.
 * MAGMA_BUSY: no room now. MAGMA_PROTOCOL as above.
 */
enum magma_code mg_rpc_queue_put(struct mg_rpc_queue *queue, uint32_t function, uint32_t sequence,
                                 const void *payload, uint32_t size_bytes, struct magma_error *err);

/*
 * Takes one message. *got says whether there was one. MAGMA_PROTOCOL: it is damaged (index,
 * count, length, checksum, sequence); it stays in the ring, so that a second look is possible.
 */
enum magma_code mg_rpc_queue_take(struct mg_rpc_queue *queue, struct mg_rpc_message *out, bool *got,
                                  struct magma_error *err);

/* XOR of all 64-bit words of size_bytes (padded with zeros), folded to 32 bits. */
uint32_t mg_rpc_checksum(const void *data, uint32_t size_bytes);

#endif
