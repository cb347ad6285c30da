/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The scripted other end of peer.h. */
#include "tests/rpc/peer.h"

#include <check.h>
#include <string.h>

#define CMD     0x1000u
#define STAT    0x41000u
#define ELEMENT 0x1000u
#define COUNT   63u

/* An element of a queue. */
static uint8_t *element(struct peer *p, uint32_t queue, uint32_t index)
{
    return p->shared + queue + 0x1000 + (size_t)(index % COUNT) * ELEMENT;
}

static uint32_t get(const struct peer *p, uint32_t at)
{
    return __atomic_load_n((uint32_t *)(void *)(p->shared + at), __ATOMIC_ACQUIRE);
}

static void put(struct peer *p, uint32_t at, uint32_t value)
{
    __atomic_store_n((uint32_t *)(void *)(p->shared + at), value, __ATOMIC_RELEASE);
}

void peer_start(struct peer *p, uint8_t *shared)
{
    *p = (struct peer){.shared = shared};
    put(p, STAT + 0x00, 0);
    put(p, STAT + 0x04, 0x40000);
    put(p, STAT + 0x08, 0x1000);
    put(p, STAT + 0x0c, COUNT);
    put(p, STAT + 0x10, 0);
    put(p, STAT + 0x14, 1);
    put(p, STAT + 0x18, 0x20);
    put(p, STAT + 0x1c, 0x1000);
}

/* XOR over 32-bit words: the fold of a XOR over 64-bit words. */
static uint32_t sum(const uint8_t *bytes, uint32_t size)
{
    uint32_t value = 0, word;

    for (uint32_t at = 0; at < size; at += 4) {
        memcpy(&word, bytes + at, sizeof word);
        value ^= word;
    }
    return value;
}

bool peer_receive(struct peer *p, struct peer_message *out)
{
    static uint8_t flat[0x11000];
    uint32_t write = get(p, CMD + 0x10), elements, length, word[8];

    ck_assert_uint_lt(write, COUNT);
    if (write == p->read)
        return false;
    memcpy(&elements, element(p, CMD, p->read) + 0x28, sizeof elements);
    ck_assert_uint_ge(elements, 1);
    ck_assert_uint_le(elements, 16);
    ck_assert_uint_le(elements, (write + COUNT - p->read) % COUNT);
    for (uint32_t i = 0; i < elements; i++)
        memcpy(flat + (size_t)i * ELEMENT, element(p, CMD, p->read + i), ELEMENT);
    for (int i = 0; i < 0x20; i++)
        ck_assert_uint_eq(flat[i], 0);
    memcpy(word, flat + 0x20, 8);
    ck_assert_uint_eq(word[1], p->receive_seq);
    p->receive_seq++;
    memcpy(word, flat + 0x30, sizeof word);
    ck_assert_uint_eq(word[0], 0x03000000);
    ck_assert_uint_eq(word[1], 0x43505256);
    length = word[2];
    ck_assert_uint_ge(length, 0x20);
    ck_assert_uint_eq((length + 0x30 + ELEMENT - 1) / ELEMENT, elements);
    ck_assert_uint_eq(word[4], 0xffffffff);
    ck_assert_uint_eq(word[5], 0xffffffff);
    ck_assert_uint_eq(sum(flat, (0x30 + length + 7) / 8 * 8), 0);
    *out = (struct peer_message){
        .function = word[3], .sequence = word[6], .elements = elements, .size = length - 0x20};
    memcpy(out->payload, flat + 0x50, out->size);
    p->read = (p->read + elements) % COUNT;
    put(p, STAT + 0x20, p->read);
    p->received++;
    return true;
}

uint32_t peer_space(const struct peer *p)
{
    return (get(p, CMD + 0x20) + COUNT - p->write - 1) % COUNT;
}

void peer_send(struct peer *p, uint32_t function, uint32_t result, const void *payload,
               uint32_t size, const struct peer_spoil *spoil)
{
    static const struct peer_spoil none;
    static uint8_t flat[0x11000];
    uint32_t length = size + 0x20, elements = (length + 0x30 + ELEMENT - 1) / ELEMENT;
    uint32_t rpc[8] = {0x03000000, 0x43505256, length, function, result, 0, 0, 0};
    uint32_t head[4] = {0, p->send_seq, elements, 0};

    if (!spoil)
        spoil = &none;
    memset(flat, 0, sizeof flat);
    if (spoil->signature)
        rpc[1] ^= 1;
    if (spoil->version)
        rpc[0] ^= 1;
    if (spoil->length)
        rpc[2] = elements * ELEMENT;
    if (spoil->short_length)
        rpc[2] = 0x1f;
    if (spoil->sequence)
        head[1] += 1;
    memcpy(flat + 0x20, head, sizeof head);
    memcpy(flat + 0x30, rpc, sizeof rpc);
    memcpy(flat + 0x50, payload, size);
    head[0] = sum(flat, (0x30 + length + 7) / 8 * 8) ^ (spoil->checksum ? 0x80 : 0);
    if (spoil->no_elements)
        head[2] = 0;
    if (spoil->many_elements)
        head[2] = 17;
    memcpy(flat + 0x20, head, sizeof head);
    for (uint32_t i = 0; i < elements; i++)
        memcpy(element(p, STAT, p->write + i), flat + (size_t)i * ELEMENT, ELEMENT);
    p->write = (p->write + elements) % COUNT;
    p->send_seq++;
    put(p, STAT + 0x10, p->write);
}
