/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The conversation: replies, events between them, long messages, and every way in which it ends. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <nvhw/falcon.h>
#include <nvhw/rm.h>

#include "libmagma/hal/hal.h"
#include "libmagma/rpc/early.h"
#include "libmagma/rpc/priv.h"
#include "libmagma/rpc/rpc.h"
#include "libmagma/gsp/gsp.h"
#include "tests/hal/fake_gpu.h"
#include "tests/rpc/peer.h"

#define TIMEOUT_NS UINT64_C(2000000000)

static struct fake_gpu gpu;
static struct mg_hal *hal;
static struct mg_rpc *rpc;
static struct peer peer;
static struct peer_message seen;
static struct magma_error err;

/* What the peer does while the driver sleeps. */
static void (*script)(void);
static unsigned answered;

static void on_sleep(struct fake_gpu *g)
{
    (void)g;
    if (script)
        script();
}

static enum magma_code health_result;

static enum magma_code health(void *ctx, struct magma_error *error)
{
    (void)ctx;
    if (health_result == MAGMA_OK)
        return mg_hal_check(hal, error);
    error->code = health_result;
    strcpy(error->text, "GSP is not well");
    return health_result;
}

static void set_up(void)
{
    struct mg_hal_options options = {0};
    struct mg_rpc_options rpc_options = {.timeout_ns = TIMEOUT_NS, .health = health};

    fake_gpu_init(&gpu);
    gpu.bar0_mapped = true;
    gpu.on_sleep = on_sleep;
    fake_gpu_open(&gpu);
    options.clock = &gpu.clock;
    ck_assert_int_eq(mg_hal_create(gpu.device, &options, &hal, &err), MAGMA_OK);
    ck_assert_int_eq(mg_rpc_create(hal, &rpc_options, &rpc, &err), MAGMA_OK);
    peer_start(&peer, rpc->shared.cpu);
    ck_assert_int_eq(mg_rpc_link(rpc, TIMEOUT_NS, &err), MAGMA_OK);
    health_result = MAGMA_OK;
    script = NULL;
    answered = 0;
}

static void tear_down(void)
{
    mg_rpc_destroy(rpc);
    mg_hal_destroy(hal);
    fake_gpu_finish(&gpu);
}

/* Sends the request back with result 0. */
static void echo(void)
{
    while (peer_receive(&peer, &seen)) {
        peer_send(&peer, seen.function, 0, seen.payload, seen.size, NULL);
        answered++;
    }
}

START_TEST(a_reply_is_the_answer_to_its_request)
{
    uint32_t request[3] = {1, 2, 3}, reply[4] = {0}, size = sizeof reply;

    script = echo;
    ck_assert_int_eq(mg_rpc_call(rpc, 65, request, sizeof request, reply, &size, &err), MAGMA_OK);
    ck_assert_uint_eq(size, sizeof request);
    ck_assert_mem_eq(reply, request, sizeof request);
    size = 4; /* less room than there is reply */
    memset(reply, 0, sizeof reply);
    ck_assert_int_eq(mg_rpc_call(rpc, 65, request, sizeof request, reply, &size, &err), MAGMA_OK);
    ck_assert_uint_eq(size, sizeof request);
    ck_assert_uint_eq(reply[0], 1);
    ck_assert_uint_eq(reply[1], 0);
    ck_assert_int_eq(mg_rpc_call(rpc, 65, NULL, 0, NULL, NULL, &err), MAGMA_OK);
}
END_TEST

START_TEST(each_message_rings_the_doorbell_unless_held)
{
    uint32_t bell = NV_FALCON_GSP_BASE + NV_PFALCON_QUEUE_HEAD(0);

    gpu.bar0[bell / 4] = 0x55;
    mg_rpc_hold_doorbell(rpc, true);
    ck_assert_int_eq(mg_rpc_send(rpc, 72, "abcd", 4, &err), MAGMA_OK);
    ck_assert_uint_eq(gpu.bar0[bell / 4], 0x55);
    mg_rpc_hold_doorbell(rpc, false);
    ck_assert_int_eq(mg_rpc_send(rpc, 73, "abcd", 4, &err), MAGMA_OK);
    ck_assert_uint_eq(gpu.bar0[bell / 4], 0);
}
END_TEST

/* ---- Events ---- */

static unsigned events[2];
static uint32_t event_size;

static void on_event(void *ctx, uint32_t event, const void *payload, uint32_t size_bytes)
{
    (void)event;
    (void)payload;
    event_size = size_bytes;
    events[(size_t)(uintptr_t)ctx]++;
}

static void events_then_echo(void)
{
    if (!peer_receive(&peer, &seen))
        return;
    peer_send(&peer, NV_RPC_EVENT_POST_EVENT, 0, "event", 5, NULL);
    peer_send(&peer, NV_RPC_EVENT_OS_ERROR_LOG, 0, "x", 1, NULL);
    peer_send(&peer, 76, 0, "stray", 5, NULL); /* a reply that nobody waits for */
    peer_send(&peer, seen.function, 0, seen.payload, seen.size, NULL);
}

START_TEST(events_between_request_and_reply_reach_their_handlers)
{
    events[0] = events[1] = 0;
    mg_rpc_on_event(rpc, NV_RPC_EVENT_POST_EVENT, on_event, (void *)0, &err);
    mg_rpc_on_event(rpc, 0, on_event, (void *)1, &err);
    script = events_then_echo;
    ck_assert_int_eq(mg_rpc_call(rpc, 65, NULL, 0, NULL, NULL, &err), MAGMA_OK);
    ck_assert_uint_eq(events[0], 1);
    ck_assert_uint_eq(events[1], 2);
    peer_send(&peer, NV_RPC_EVENT_POST_EVENT, 0, "again", 5, NULL);
    ck_assert_int_eq(mg_rpc_poll(rpc, &err), MAGMA_OK);
    ck_assert_uint_eq(events[0], 2);
    mg_rpc_off_event(rpc, on_event, (void *)0);
    peer_send(&peer, NV_RPC_EVENT_POST_EVENT, 0, "third", 5, NULL);
    ck_assert_int_eq(mg_rpc_poll(rpc, &err), MAGMA_OK);
    ck_assert_uint_eq(events[0], 2);
    ck_assert_uint_eq(events[1], 4);
}
END_TEST

START_TEST(an_event_can_be_waited_for)
{
    uint32_t size = 3, result = 7;
    char payload[4] = "";

    peer_send(&peer, NV_RPC_EVENT_POST_EVENT, 0, "other", 5, NULL);
    peer_send(&peer, NV_RPC_EVENT_GSP_INIT_DONE, 0x56, "ready", 5, NULL);
    ck_assert_int_eq(mg_rpc_wait_event(rpc, NV_RPC_EVENT_GSP_INIT_DONE, TIMEOUT_NS, payload, &size,
                                       &result, &err),
                     MAGMA_OK);
    ck_assert_uint_eq(size, 5);
    ck_assert_str_eq(payload, "rea");
    ck_assert_uint_eq(result, 0x56);
    ck_assert_int_eq(
        mg_rpc_wait_event(rpc, NV_RPC_EVENT_GSP_INIT_DONE, TIMEOUT_NS, NULL, NULL, NULL, &err),
        MAGMA_TIMEOUT);
    ck_assert(!mg_rpc_dead(rpc, NULL)); /* an event that does not come is no broken reply */
}
END_TEST

START_TEST(more_handlers_than_places_are_refused)
{
    for (int i = 0; i < 32; i++)
        ck_assert_int_eq(mg_rpc_on_event(rpc, 0, on_event, NULL, &err), MAGMA_OK);
    ck_assert_int_eq(mg_rpc_on_event(rpc, 0, on_event, NULL, &err), MAGMA_OUT_OF_HOST_MEMORY);
}
END_TEST

/* ---- Long messages ---- */

static uint8_t *long_copy;
static uint32_t long_size, long_room;
static bool long_reply_short;

/* Collects records until the whole request is there, then answers the same way. */
static void echo_long(void)
{
    while (peer_receive(&peer, &seen)) {
        ck_assert_uint_eq(seen.function, long_size ? NV_RPC_FUNCTION_CONTINUATION_RECORD : 76);
        ck_assert_uint_le(long_size + seen.size, long_room);
        memcpy(long_copy + long_size, seen.payload, seen.size);
        long_size += seen.size;
    }
    if (long_size != long_room)
        return;
    for (uint32_t at = 0; at < long_size;) {
        uint32_t part = long_size - at < 0xffb0 ? long_size - at : 0xffb0;

        if (peer_space(&peer) < 17)
            return; /* goes on at the next sleep: not needed for these sizes */
        if (at && long_reply_short)
            part = 0;
        peer_send(&peer, at ? NV_RPC_FUNCTION_CONTINUATION_RECORD : 76, 0, long_copy + at, part,
                  NULL);
        if (!part)
            break;
        at += part;
    }
    long_size = 0;
}

static enum magma_code call_long(uint32_t size, uint8_t *reply, uint32_t *reply_size)
{
    uint8_t *request = calloc(1, size);
    enum magma_code code;

    for (uint32_t i = 0; i < size; i++)
        request[i] = (uint8_t)(i * 7 + i / 255);
    long_copy = malloc(size);
    long_size = 0;
    long_room = size;
    script = echo_long;
    code = mg_rpc_call(rpc, 76, request, size, reply, reply_size, &err);
    if (code == MAGMA_OK && reply)
        ck_assert_mem_eq(reply, request, *reply_size < size ? *reply_size : size);
    free(long_copy);
    free(request);
    return code;
}

START_TEST(long_messages_travel_in_records_both_ways)
{
    static const uint32_t sizes[] = {0xffb0, 0xffb1, 0x18000, 0x1ff60, 0x2ff00};
    uint32_t size = sizes[_i];
    uint8_t *reply = malloc(size);

    long_reply_short = false;
    ck_assert_msg(call_long(sizes[_i], reply, &size) == MAGMA_OK, "%s", err.text);
    ck_assert_uint_eq(size, sizes[_i]);
    free(reply);
}
END_TEST

START_TEST(an_empty_continuation_record_is_refused)
{
    uint32_t size = 0x18000;
    uint8_t *reply = malloc(size);

    long_reply_short = true;
    ck_assert_int_eq(call_long(0x18000, reply, &size), MAGMA_PROTOCOL);
    free(reply);
}
END_TEST

/* ---- Objects ---- */

static uint32_t answer_result, answer_status;

static void answer_alloc(void)
{
    struct nvhw_rpc_rm_alloc head;

    while (peer_receive(&peer, &seen)) {
        ck_assert_uint_eq(seen.function, NV_RPC_FUNCTION_GSP_RM_ALLOC);
        memcpy(&head, seen.payload, sizeof head);
        ck_assert_uint_eq(head.h_client, 0xc1);
        ck_assert_uint_eq(head.h_parent, 0xc2);
        ck_assert_uint_eq(head.h_object, 0xc3);
        ck_assert_uint_eq(head.h_class, 0x80);
        ck_assert_uint_eq(head.params_size, 4);
        ck_assert_uint_eq(seen.size, sizeof head + 4);
        head.status = answer_status;
        memcpy(seen.payload, &head, sizeof head);
        seen.payload[sizeof head] = 0x99;
        peer_send(&peer, seen.function, answer_result, seen.payload, seen.size, NULL);
    }
}

START_TEST(refusals_of_rm_become_codes_and_text)
{
    static const struct {
        uint32_t result, status;
        enum magma_code code;
        const char *text;
    } cases[] = {
        {0, 0, MAGMA_OK, NULL},
        {0, NV_RM_STATUS_INVALID_CLASS, MAGMA_FIRMWARE_REFUSED, "INVALID_CLASS"},
        {NV_RM_STATUS_INVALID_CLASS, NV_RM_STATUS_INVALID_CLASS, MAGMA_FIRMWARE_REFUSED,
         "INVALID_CLASS"},
        {0, NV_RM_STATUS_NOT_SUPPORTED, MAGMA_NOT_SUPPORTED, "NOT_SUPPORTED"},
        {0, NV_RM_STATUS_NO_MEMORY, MAGMA_OUT_OF_DEVICE_MEMORY, "NO_MEMORY"},
        {0, 0x4321, MAGMA_FIRMWARE_REFUSED, "0x4321"},
        {NV_RPC_RESULT_HANDLE_EXISTS, 0, MAGMA_FIRMWARE_REFUSED, "HANDLE_EXISTS"},
    };
    uint32_t params = 0;

    answer_result = cases[_i].result;
    answer_status = cases[_i].status;
    script = answer_alloc;
    ck_assert_int_eq(mg_rpc_alloc(rpc, 0xc1, 0xc2, 0xc3, 0x80, &params, sizeof params, &err),
                     cases[_i].code);
    if (cases[_i].code == MAGMA_OK)
        ck_assert_uint_eq(params, 0x99);
    else
        ck_assert_msg(strstr(err.text, cases[_i].text) && strstr(err.text, "DEVICE"), "%s",
                      err.text);
    ck_assert(!mg_rpc_dead(rpc, NULL));
}
END_TEST

START_TEST(control_and_free_carry_their_fields)
{
    uint64_t params = 0x1122334455667788;
    struct nvhw_rpc_rm_control control;
    struct nvhw_rpc_free freed;

    script = echo;
    ck_assert_int_eq(mg_rpc_control(rpc, 1, 2, 0x20801112, &params, sizeof params, &err), MAGMA_OK);
    ck_assert_uint_eq(params, 0x1122334455667788);
    memcpy(&control, seen.payload, sizeof control);
    ck_assert_uint_eq(control.h_client, 1);
    ck_assert_uint_eq(control.h_object, 2);
    ck_assert_uint_eq(control.cmd, 0x20801112);
    ck_assert_uint_eq(control.params_size, 8);
    ck_assert_int_eq(mg_rpc_free(rpc, 5, 6, 7, &err), MAGMA_OK);
    memcpy(&freed, seen.payload, sizeof freed);
    ck_assert_uint_eq(freed.h_root, 5);
    ck_assert_uint_eq(freed.h_object_parent, 6);
    ck_assert_uint_eq(freed.h_object_old, 7);
}
END_TEST

START_TEST(a_refused_call_names_function_and_result)
{
    peer_send(&peer, 65, 0xff100001, "", 0, NULL);
    ck_assert_int_eq(mg_rpc_call(rpc, 65, NULL, 0, NULL, NULL, &err), MAGMA_FIRMWARE_REFUSED);
    ck_assert_ptr_nonnull(strstr(err.text, "GET_GSP_STATIC_INFO"));
    ck_assert_ptr_nonnull(strstr(err.text, "UNKNOWN_FUNCTION"));
}
END_TEST

/* ---- Ends ---- */

static void dead_for_good(enum magma_code later)
{
    uint64_t before = gpu.now_ns;
    struct magma_error cause = {0};

    ck_assert(mg_rpc_dead(rpc, &cause));
    ck_assert_int_ne(cause.text[0], 0);
    script = echo;
    ck_assert_int_eq(mg_rpc_call(rpc, 65, NULL, 0, NULL, NULL, &err), later);
    ck_assert_ptr_nonnull(strstr(err.text, cause.text));
    ck_assert_uint_eq(gpu.now_ns, before); /* at once */
}

START_TEST(no_reply_is_a_timeout_and_the_end)
{
    uint64_t start = gpu.now_ns;

    ck_assert_int_eq(mg_rpc_call(rpc, 65, NULL, 0, NULL, NULL, &err), MAGMA_TIMEOUT);
    ck_assert_uint_ge(gpu.now_ns - start, TIMEOUT_NS);
    ck_assert_uint_lt(gpu.now_ns - start, TIMEOUT_NS + 50000000);
    dead_for_good(MAGMA_DEVICE_LOST);
}
END_TEST

static void answer_late(void)
{
    if (gpu.now_ns > TIMEOUT_NS / 2)
        echo();
}

START_TEST(a_late_reply_within_the_deadline_is_fine)
{
    script = answer_late;
    ck_assert_int_eq(mg_rpc_call(rpc, 65, NULL, 0, NULL, NULL, &err), MAGMA_OK);
}
END_TEST

static void spoil_reply(void)
{
    if (peer_receive(&peer, &seen))
        peer_send(&peer, seen.function, 0, "x", 1, &(struct peer_spoil){.checksum = true});
}

START_TEST(a_damaged_reply_is_the_end)
{
    script = spoil_reply;
    ck_assert_int_eq(mg_rpc_call(rpc, 65, NULL, 0, NULL, NULL, &err), MAGMA_PROTOCOL);
    dead_for_good(MAGMA_DEVICE_LOST);
}
END_TEST

START_TEST(a_gsp_that_is_not_well_is_the_end)
{
    health_result = MAGMA_DEVICE_LOST;
    ck_assert_int_eq(mg_rpc_call(rpc, 65, NULL, 0, NULL, NULL, &err), MAGMA_DEVICE_LOST);
    ck_assert_str_eq(err.text, "GSP is not well");
    dead_for_good(MAGMA_DEVICE_LOST);
}
END_TEST

static void reply_then_fall_ill(void)
{
    if (gpu.now_ns < 6000000 || health_result != MAGMA_OK)
        return;
    /* The reply and the end come together, before the driver looks again. */
    echo();
    health_result = MAGMA_DEVICE_LOST;
}

START_TEST(a_reply_that_came_before_the_end_counts)
{
    script = reply_then_fall_ill;
    ck_assert_int_eq(mg_rpc_call(rpc, 65, NULL, 0, NULL, NULL, &err), MAGMA_OK);
}
END_TEST

static void unplug(void)
{
    gpu.gone = true;
    gpu.bar0[0] = UINT32_MAX; /* what a mapping of a device that left shows */
}

START_TEST(a_device_off_the_bus_is_gone)
{
    script = unplug;
    ck_assert_int_eq(mg_rpc_call(rpc, 65, NULL, 0, NULL, NULL, &err), MAGMA_DEVICE_GONE);
    ck_assert_uint_lt(gpu.now_ns, TIMEOUT_NS / 10);
    dead_for_good(MAGMA_DEVICE_GONE);
}
END_TEST

START_TEST(a_ring_that_is_not_emptied_is_a_timeout)
{
    enum magma_code code = MAGMA_OK;

    for (int i = 0; i < 63 && code == MAGMA_OK; i++)
        code = mg_rpc_send(rpc, 1, NULL, 0, &err);
    ck_assert_int_eq(code, MAGMA_TIMEOUT);
    dead_for_good(MAGMA_DEVICE_LOST);
}
END_TEST

START_TEST(the_first_cause_stays)
{
    struct magma_error first = {MAGMA_DEVICE_LOST, "first"}, second = {MAGMA_TIMEOUT, "second"};

    mg_rpc_kill(rpc, &first);
    mg_rpc_kill(rpc, &second);
    ck_assert_int_eq(mg_rpc_poll(rpc, &err), MAGMA_DEVICE_LOST);
    ck_assert_ptr_nonnull(strstr(err.text, "first"));
}
END_TEST

/* ---- Early messages ---- */

START_TEST(registry_has_head_entries_and_names)
{
    static const struct mg_registry_key keys[] = {{"First", 7}, {"Second", 0x80000000}};
    struct nvhw_rpc_registry_table head;
    struct nvhw_rpc_registry_entry entry;
    uint8_t table[64];
    uint32_t size = mg_registry_pack(keys, 2, table, sizeof table);

    ck_assert_uint_eq(size, 8 + 2 * 16 + 6 + 7);
    memcpy(&head, table, sizeof head);
    ck_assert_uint_eq(head.size, size);
    ck_assert_uint_eq(head.num_entries, 2);
    memcpy(&entry, table + 8 + 16, sizeof entry);
    ck_assert_uint_eq(entry.type, 1);
    ck_assert_uint_eq(entry.data, 0x80000000);
    ck_assert_uint_eq(entry.length, 4);
    ck_assert_str_eq((const char *)table + entry.name_offset, "Second");
    for (uint32_t room = 0; room < size; room++)
        ck_assert_uint_eq(mg_registry_pack(keys, 2, table, room), 0);
}
END_TEST

START_TEST(static_info_is_checked)
{
    struct nvhw_r570_gsp_static_info info = {0};
    struct mg_gsp_info out = {0};

    memset(info.gpu_name, 'A', sizeof info.gpu_name); /* no end */
    info.fb_region_info.num_fb_regions = 2;
    info.fb_region_info.region[0] = (struct nvhw_fb_region){.base = 0, .limit = 0xfffff};
    info.fb_region_info.region[1] =
        (struct nvhw_fb_region){.base = 0x100000, .limit = 0x1fffff, .reserved = 0x100000};
    info.gid_info.length = 16;
    memset(info.gid_info.data, 0x77, 16);
    ck_assert_int_eq(mg_staticinfo_read(&info, sizeof info, &out, &err), MAGMA_OK);
    ck_assert_uint_eq(strlen(out.name), 64);
    ck_assert_uint_eq(out.region_count, 2);
    ck_assert(out.regions[0].usable);
    ck_assert_uint_eq(out.regions[0].size_bytes, 0x100000);
    ck_assert(!out.regions[1].usable);
    ck_assert_uint_eq(out.gid[15], 0x77);
    ck_assert_int_eq(mg_staticinfo_read(&info, sizeof info - 1, &out, &err), MAGMA_PROTOCOL);
    info.fb_region_info.num_fb_regions = 17;
    ck_assert_int_eq(mg_staticinfo_read(&info, sizeof info, &out, &err), MAGMA_PROTOCOL);
    info.fb_region_info.num_fb_regions = 1;
    info.fb_region_info.region[0].base = 0x200000;
    ck_assert_int_eq(mg_staticinfo_read(&info, sizeof info, &out, &err), MAGMA_PROTOCOL);
    info.fb_region_info.region[0] = (struct nvhw_fb_region){.base = 0, .limit = UINT64_MAX};
    ck_assert_int_eq(mg_staticinfo_read(&info, sizeof info, &out, &err), MAGMA_PROTOCOL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rpc");
    TCase *tc = tcase_create("rpc");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tc, 30);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, a_reply_is_the_answer_to_its_request);
    tcase_add_test(tc, each_message_rings_the_doorbell_unless_held);
    tcase_add_test(tc, events_between_request_and_reply_reach_their_handlers);
    tcase_add_test(tc, an_event_can_be_waited_for);
    tcase_add_test(tc, more_handlers_than_places_are_refused);
    tcase_add_loop_test(tc, long_messages_travel_in_records_both_ways, 0, 5);
    tcase_add_test(tc, an_empty_continuation_record_is_refused);
    tcase_add_loop_test(tc, refusals_of_rm_become_codes_and_text, 0, 7);
    tcase_add_test(tc, control_and_free_carry_their_fields);
    tcase_add_test(tc, a_refused_call_names_function_and_result);
    tcase_add_test(tc, no_reply_is_a_timeout_and_the_end);
    tcase_add_test(tc, a_late_reply_within_the_deadline_is_fine);
    tcase_add_test(tc, a_damaged_reply_is_the_end);
    tcase_add_test(tc, a_gsp_that_is_not_well_is_the_end);
    tcase_add_test(tc, a_reply_that_came_before_the_end_counts);
    tcase_add_test(tc, a_device_off_the_bus_is_gone);
    tcase_add_test(tc, a_ring_that_is_not_emptied_is_a_timeout);
    tcase_add_test(tc, the_first_cause_stays);
    tcase_add_test(tc, registry_has_head_entries_and_names);
    tcase_add_test(tc, static_info_is_checked);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
