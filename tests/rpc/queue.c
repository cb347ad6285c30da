/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The rings: what goes in comes out at the other end, around the wrap, whatever the size; and no
 * index, count or length from the other side is believed. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "libmagma/rpc/queue.h"
#include "tests/rpc/peer.h"

static uint8_t *shared;
static struct mg_rpc_queue queue;
static struct peer peer;
static struct peer_message seen;
static struct mg_rpc_message got_message;
static struct magma_error err;

static void set_up(void)
{
    shared = calloc(1, NV_GSP_QUEUE_SHARED_SIZE);
    mg_rpc_queue_init(&queue, shared, (magma_iova){0x10000000});
    peer_start(&peer, shared);
    ck_assert(mg_rpc_queue_link(&queue, NULL));
}

static void tear_down(void)
{
    free(shared);
}

static void fill(uint8_t *data, uint32_t size, uint32_t seed)
{
    for (uint32_t i = 0; i < size; i++)
        data[i] = (uint8_t)(seed += 0x9e3779b9u, seed >> 24);
}

START_TEST(memory_is_laid_out_as_gsp_expects)
{
    uint64_t page;
    uint32_t word;

    for (uint64_t i = 0; i < 129; i++) {
        memcpy(&page, shared + i * sizeof page, sizeof page);
        ck_assert_uint_eq(page, 0x10000000 + i * 0x1000);
    }
    memcpy(&page, shared + 129 * sizeof page, sizeof page);
    ck_assert_uint_eq(page, 0);
    memcpy(&word, shared + 0x1004, sizeof word);
    ck_assert_uint_eq(word, 0x40000);
    memcpy(&word, shared + 0x101c, sizeof word);
    ck_assert_uint_eq(word, 0x1000);
}
END_TEST

START_TEST(checksum_is_the_folded_xor)
{
    static const uint8_t bytes[] = {1, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 8, 0, 0, 0, 0x10};

    ck_assert_uint_eq(mg_rpc_checksum(bytes, 0), 0);
    ck_assert_uint_eq(mg_rpc_checksum(bytes, 8), 3);
    ck_assert_uint_eq(mg_rpc_checksum(bytes, 16), 15);
    ck_assert_uint_eq(mg_rpc_checksum(bytes, 17), 31);
}
END_TEST

START_TEST(messages_of_all_sizes_arrive_around_the_wrap)
{
    static uint8_t payload[NV_RPC_PAYLOAD_SIZE_MAX];
    uint32_t seed = 7;

    for (uint32_t i = 0; i < 3000; i++) {
        uint32_t size;

        seed = seed * 1664525 + 1013904223;
        size = i % 3 ? (seed >> 8) % 200 : (seed >> 8) % (NV_RPC_PAYLOAD_SIZE_MAX + 1);
        fill(payload, size, seed);
        ck_assert_msg(mg_rpc_queue_put(&queue, 76, i, payload, size, &err) == MAGMA_OK, "%s",
                      err.text);
        ck_assert(peer_receive(&peer, &seen));
        ck_assert_uint_eq(seen.function, 76);
        ck_assert_uint_eq(seen.sequence, i);
        ck_assert_uint_eq(seen.size, size);
        ck_assert_mem_eq(seen.payload, payload, size);
        ck_assert(!peer_receive(&peer, &seen));
    }
}
END_TEST

START_TEST(replies_of_all_sizes_arrive_around_the_wrap)
{
    static uint8_t payload[NV_RPC_PAYLOAD_SIZE_MAX];
    uint32_t seed = 9;
    bool got;

    for (uint32_t i = 0; i < 3000; i++) {
        uint32_t size;

        seed = seed * 1664525 + 1013904223;
        size = i % 3 ? (seed >> 8) % 200 : (seed >> 8) % (NV_RPC_PAYLOAD_SIZE_MAX + 1);
        fill(payload, size, seed);
        peer_send(&peer, 0x1003, i, payload, size, NULL);
        ck_assert_msg(mg_rpc_queue_take(&queue, &got_message, &got, &err) == MAGMA_OK, "%s",
                      err.text);
        ck_assert(got);
        ck_assert_uint_eq(got_message.rpc.function, 0x1003);
        ck_assert_uint_eq(got_message.rpc.rpc_result, i);
        ck_assert_uint_eq(got_message.payload_size_bytes, size);
        ck_assert_mem_eq(got_message.payload, payload, size);
        ck_assert_uint_eq(peer_space(&peer), 62);
    }
    ck_assert_int_eq(mg_rpc_queue_take(&queue, &got_message, &got, &err), MAGMA_OK);
    ck_assert(!got);
}
END_TEST

START_TEST(a_full_ring_is_busy_and_loses_nothing)
{
    uint32_t sent = 0, received = 0, space;

    for (int round = 0; round < 10; round++) {
        while (mg_rpc_queue_put(&queue, 1, sent, &sent, sizeof sent, &err) == MAGMA_OK)
            sent++;
        ck_assert_int_eq(err.code, MAGMA_BUSY);
        ck_assert_int_eq(mg_rpc_queue_space(&queue, &space, &err), MAGMA_OK);
        ck_assert_uint_eq(space, 0);
        ck_assert_uint_eq(sent - received, 62);
        for (int i = 0; i < 40; i++, received++) {
            ck_assert(peer_receive(&peer, &seen));
            ck_assert_mem_eq(seen.payload, &received, sizeof received);
        }
    }
}
END_TEST

START_TEST(a_message_that_does_not_fit_now_waits)
{
    static uint8_t payload[NV_RPC_PAYLOAD_SIZE_MAX];

    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(mg_rpc_queue_put(&queue, 1, 0, payload, sizeof payload, &err), MAGMA_OK);
    ck_assert_int_eq(mg_rpc_queue_put(&queue, 1, 0, payload, sizeof payload, &err), MAGMA_BUSY);
    ck_assert_int_eq(mg_rpc_queue_put(&queue, 1, 0, payload, 8, &err), MAGMA_OK);
    ck_assert(peer_receive(&peer, &seen));
    ck_assert_int_eq(mg_rpc_queue_put(&queue, 1, 0, payload, sizeof payload, &err), MAGMA_OK);
    ck_assert_int_eq(mg_rpc_queue_put(&queue, 1, 0, payload, sizeof payload + 1, &err),
                     MAGMA_INVALID_ARGUMENT);
}
END_TEST

START_TEST(spoiled_messages_are_refused_and_stay)
{
    static const struct peer_spoil spoils[] = {
        {.checksum = true},     {.signature = true}, {.version = true},     {.length = true},
        {.short_length = true}, {.sequence = true},  {.no_elements = true}, {.many_elements = true},
    };
    bool got = true;

    peer_send(&peer, 0x1001, 0, "hello", 5, &spoils[_i]);
    for (int look = 0; look < 2; look++) {
        ck_assert_int_eq(mg_rpc_queue_take(&queue, &got_message, &got, &err), MAGMA_PROTOCOL);
        ck_assert(!got);
    }
    ck_assert_uint_eq(peer_space(&peer), 61);
}
END_TEST

START_TEST(a_message_larger_than_what_is_there_is_refused)
{
    uint32_t three = 3;
    bool got;

    peer_send(&peer, 0x1001, 0, "hello", 5, NULL);
    memcpy(shared + NV_GSP_QUEUE_STAT_OFFSET + 0x1000 + 0x28, &three, sizeof three);
    ck_assert_int_eq(mg_rpc_queue_take(&queue, &got_message, &got, &err), MAGMA_PROTOCOL);
}
END_TEST

START_TEST(indices_out_of_range_are_refused)
{
    static const uint32_t indices[] = {63, 64, 0x7fffffff, UINT32_MAX};
    uint32_t space;
    bool got;

    memcpy(shared + NV_GSP_QUEUE_STAT_OFFSET + 0x10, &indices[_i], 4);
    ck_assert_int_eq(mg_rpc_queue_take(&queue, &got_message, &got, &err), MAGMA_PROTOCOL);
    memcpy(shared + NV_GSP_QUEUE_STAT_OFFSET + 0x20, &indices[_i], 4);
    ck_assert_int_eq(mg_rpc_queue_space(&queue, &space, &err), MAGMA_PROTOCOL);
    ck_assert_int_eq(mg_rpc_queue_put(&queue, 1, 0, NULL, 0, &err), MAGMA_PROTOCOL);
}
END_TEST

START_TEST(a_wrong_head_is_not_linked)
{
    static const uint32_t fields[] = {0x00, 0x04, 0x08, 0x0c, 0x18, 0x1c};
    uint32_t wrong = 0x12345;
    const char *text = NULL;

    mg_rpc_queue_init(&queue, shared, (magma_iova){0});
    memcpy(shared + NV_GSP_QUEUE_STAT_OFFSET + fields[_i], &wrong, 4);
    ck_assert(!mg_rpc_queue_link(&queue, &text));
    ck_assert_ptr_nonnull(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("queue");
    TCase *tc = tcase_create("queue");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, memory_is_laid_out_as_gsp_expects);
    tcase_add_test(tc, checksum_is_the_folded_xor);
    tcase_add_test(tc, messages_of_all_sizes_arrive_around_the_wrap);
    tcase_add_test(tc, replies_of_all_sizes_arrive_around_the_wrap);
    tcase_add_test(tc, a_full_ring_is_busy_and_loses_nothing);
    tcase_add_test(tc, a_message_that_does_not_fit_now_waits);
    tcase_add_loop_test(tc, spoiled_messages_are_refused_and_stay, 0, 8);
    tcase_add_test(tc, a_message_larger_than_what_is_there_is_refused);
    tcase_add_loop_test(tc, indices_out_of_range_are_refused, 0, 4);
    tcase_add_loop_test(tc, a_wrong_head_is_not_linked, 0, 6);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
