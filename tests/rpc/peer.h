/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The other end of the queues for tests: reads the command queue and writes the status queue as
 * GSP would, by an own reading of the layout. Every field of what it sends can be spoiled.
 */
#ifndef TESTS_RPC_PEER_H
#define TESTS_RPC_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include <nvhw/rpc.h>

struct peer {
    uint8_t *shared;
    uint32_t read, write; /* element indices */
    uint32_t receive_seq, send_seq;
    unsigned received;
};

struct peer_message {
    uint32_t function, sequence, elements, size;
    uint8_t payload[0x10000];
};

/* Puts the head of the status queue in place. */
void peer_start(struct peer *peer, uint8_t *shared);

/* Takes the next message off the command queue; asserts that it is well formed. */
bool peer_receive(struct peer *peer, struct peer_message *out);

/* Free elements in the status queue, as the peer sees it. */
uint32_t peer_space(const struct peer *peer);

/* What is wrong about a message sent. */
struct peer_spoil {
    bool checksum, signature, version, length, short_length, sequence, no_elements, many_elements;
};

/* Puts a message into the status queue. spoil may be NULL. */
void peer_send(struct peer *peer, uint32_t function, uint32_t result, const void *payload,
               uint32_t size, const struct peer_spoil *spoil);

#endif
