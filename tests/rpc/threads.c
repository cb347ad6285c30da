/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Many threads, one conversation: every caller gets the answer to its own request, while another
 * thread polls for events and the other end runs on a thread of its own. */
#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "libmagma/hal/hal.h"
#include "libmagma/rpc/priv.h"
#include "tests/hal/fake_gpu.h"
#include "tests/rpc/peer.h"

enum { CALLERS = 6, CALLS = 200, CALLS_ALL = CALLERS * CALLS };

static struct mg_rpc *rpc;
static struct peer peer;
static atomic_bool stop;
static atomic_uint wrong, events_seen;
static unsigned events_sent;

/* Echoes requests, an event before every third. */
static void *run_peer(void *ctx)
{
    static struct peer_message m;

    (void)ctx;
    while (!atomic_load(&stop)) {
        if (!peer_receive(&peer, &m)) {
            sched_yield();
            continue;
        }
        while (peer_space(&peer) < 4)
            sched_yield();
        if (peer.received % 3 == 0) {
            peer_send(&peer, NV_RPC_EVENT_POST_EVENT, 0, "e", 1, NULL);
            events_sent++;
        }
        peer_send(&peer, m.function, 0, m.payload, m.size, NULL);
    }
    return NULL;
}

static void *run_caller(void *ctx)
{
    uint64_t params = (uint64_t) * (const uint32_t *)ctx << 32;

    for (uint64_t i = 0; i < CALLS; i++) {
        uint64_t want = params + i, value = want;

        if (mg_rpc_control(rpc, 1, 2, 3, &value, sizeof value, NULL) != MAGMA_OK || value != want)
            atomic_fetch_add(&wrong, 1);
    }
    return NULL;
}

static void *run_poller(void *ctx)
{
    (void)ctx;
    while (!atomic_load(&stop)) {
        if (mg_rpc_poll(rpc, NULL) != MAGMA_OK)
            atomic_fetch_add(&wrong, 1);
        sched_yield();
    }
    return NULL;
}

static void on_event(void *ctx, uint32_t event, const void *payload, uint32_t size_bytes)
{
    (void)ctx;
    (void)event;
    (void)payload;
    (void)size_bytes;
    atomic_fetch_add(&events_seen, 1);
}

START_TEST(every_caller_gets_its_own_answer)
{
    pthread_t callers[CALLERS], poller, other;
    struct magma_error err = {0};
    struct fake_gpu gpu;
    struct mg_hal *hal;
    uint32_t ids[CALLERS];

    fake_gpu_init(&gpu);
    gpu.bar0_mapped = true;
    fake_gpu_open(&gpu);
    ck_assert_int_eq(mg_hal_create(gpu.device, NULL, &hal, &err), MAGMA_OK);
    ck_assert_int_eq(mg_rpc_create(hal, NULL, &rpc, &err), MAGMA_OK);
    peer_start(&peer, rpc->shared.cpu);
    ck_assert_int_eq(mg_rpc_link(rpc, UINT64_C(1000000000), &err), MAGMA_OK);
    mg_rpc_on_event(rpc, NV_RPC_EVENT_POST_EVENT, on_event, NULL, &err);
    pthread_create(&other, NULL, run_peer, NULL);
    pthread_create(&poller, NULL, run_poller, NULL);
    for (uint32_t i = 0; i < CALLERS; i++) {
        ids[i] = i + 1;
        pthread_create(&callers[i], NULL, run_caller, &ids[i]);
    }
    for (int i = 0; i < CALLERS; i++)
        pthread_join(callers[i], NULL);
    atomic_store(&stop, true);
    pthread_join(poller, NULL);
    pthread_join(other, NULL);
    mg_rpc_poll(rpc, NULL);
    ck_assert_uint_eq(atomic_load(&wrong), 0);
    ck_assert_uint_eq(atomic_load(&events_seen), events_sent);
    ck_assert_int_eq((int)peer.received, CALLS_ALL);
    mg_rpc_destroy(rpc);
    mg_hal_destroy(hal);
    fake_gpu_finish(&gpu);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rpc threads");
    TCase *tc = tcase_create("threads");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, every_caller_gets_its_own_answer);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
