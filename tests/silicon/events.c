/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * How soon a sleeper wakes: work that takes longer than a waiter spins, its end stamped by the GPU,
 * against the GPU's clock once the wait has returned.
 */
#include "tests/silicon/silicon.h"

#include <pthread.h>
#include <stdlib.h>

#include "libmagma/cmd/device.h"
#include "libmagma/winsys/nvidia_private.h"

#define ROUNDS_MAX 400
#define WORK_BYTES (UINT64_C(64) << 20)
#define THREADS    4

struct sleeper {
    struct silicon *s;
    struct magma_channel *channel;
    struct magma_push *push;
    struct magma_bo *stamp, *from, *to;
    unsigned rounds;
    uint64_t late_ns[ROUNDS_MAX];
    enum magma_code code;
};

static int ascending(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static enum magma_code sleep_once(struct sleeper *sl, uint64_t *late_ns)
{
    struct magma_submit submit = {.pushes = &sl->push, .push_count = 1};
    const volatile uint64_t *stamp = magma_bo_map(sl->stamp);
    enum magma_code code = magma_channel_submit(sl->channel, &submit);
    uint64_t now = 0;

    if (code == MAGMA_OK)
        code = magma_channel_wait_idle(sl->channel, TIMEOUT_NS);
    if (code == MAGMA_OK)
        code = magma_gpu_timestamp_ns(sl->s->gpu, &now);
    *late_ns = now > stamp[1] ? now - stamp[1] : 0;
    return code;
}

static void *sleeper_main(void *arg)
{
    struct sleeper *sl = arg;

    for (unsigned i = 0; i < sl->rounds && sl->code == MAGMA_OK; i++)
        sl->code = sleep_once(sl, &sl->late_ns[i]);
    qsort(sl->late_ns, sl->rounds, sizeof sl->late_ns[0], ascending);
    return NULL;
}

static bool sleeper_init(struct sleeper *sl, struct silicon *s, unsigned rounds)
{
    struct magma_error err = {0};
    uint64_t bytes = is_model(s) ? 4096 : WORK_BYTES;

    *sl = (struct sleeper){.s = s, .rounds = rounds};
    sl->stamp = new_bo(s, 4096, MAGMA_DOMAIN_SYSTEM, MAGMA_BO_ZERO);
    sl->from = new_bo(s, bytes, MAGMA_DOMAIN_VRAM, 0);
    sl->to = new_bo(s, bytes, MAGMA_DOMAIN_VRAM, 0);
    if (!sl->stamp || !sl->from || !sl->to ||
        magma_channel_create(s->gpu, MAGMA_ENGINE_COPY, &sl->channel, &err) != MAGMA_OK ||
        magma_push_create(s->gpu, &sl->push, &err) != MAGMA_OK) {
        report("events", false, "%s", err.text);
        return false;
    }
    magma_copy_buffer(sl->push, magma_bo_address(sl->to), magma_bo_address(sl->from), bytes);
    magma_push_timestamp(sl->push, magma_bo_address(sl->stamp), 1);
    return true;
}

static void sleeper_finish(struct sleeper *sl)
{
    magma_channel_destroy(sl->channel);
    magma_push_destroy(sl->push);
    magma_bo_destroy(sl->to);
    magma_bo_destroy(sl->from);
    magma_bo_destroy(sl->stamp);
}

unsigned events_of(struct silicon *s)
{
    struct mg_winsys *ws = mg_gpu_device(s->gpu)->ws;

    return ws->ops->kind[0] == 'n' ? atomic_load(&mg_nvidia_of(ws)->event_count) : 0;
}

static void sleep_together(struct silicon *s, unsigned threads, const char *name)
{
    static struct sleeper sl[THREADS];
    unsigned rounds = is_model(s) ? 3 : ROUNDS_MAX, before = events_of(s);
    pthread_t thread[THREADS];
    uint64_t median = 0, p99 = 0, worst = 0, start = now_ns();
    bool good = true;

    for (unsigned i = 0; i < threads; i++)
        good = sleeper_init(&sl[i], s, rounds) && good;
    for (unsigned i = 0; i < threads && good; i++)
        if (pthread_create(&thread[i], NULL, sleeper_main, &sl[i]) != 0)
            sleeper_main(&sl[i]), thread[i] = pthread_self();
    for (unsigned i = 0; i < threads && good; i++)
        if (!pthread_equal(thread[i], pthread_self()))
            pthread_join(thread[i], NULL);
    for (unsigned i = 0; i < threads && good; i++) {
        uint64_t p = sl[i].late_ns[rounds * 99 / 100];

        median += sl[i].late_ns[rounds / 2] / threads;
        p99 = p > p99 ? p : p99;
        worst = sl[i].late_ns[rounds - 1] > worst ? sl[i].late_ns[rounds - 1] : worst;
    }
    for (unsigned i = 0; i < threads; i++)
        good = good && sl[i].code == MAGMA_OK;
    report(name, good && (is_model(s) || median < 500000),
           "%u waits each: returned %.1f us after the GPU's stamp (median), %.1f (99%%), %.1f at "
           "worst; %u events; %.0f us a round",
           rounds, (double)median / 1e3, (double)p99 / 1e3, (double)worst / 1e3,
           events_of(s) - before, (double)(now_ns() - start) / 1e3 / rounds);
    for (unsigned i = 0; i < threads; i++)
        sleeper_finish(&sl[i]);
}

void check_events(struct silicon *s)
{
    sleep_together(s, 1, "one sleeper");
    sleep_together(s, THREADS, "four sleepers");
}
