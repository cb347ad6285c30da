/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The driver's own share of a submission: a channel over plain memory, no GPU behind it. */
#include "tests/bench/bench.h"

#include <stdlib.h>

#include "libmagma/cmd/channel.h"
#include "libmagma/cmd/push.h"
#include "libmagma/engine/classes.h"
#include "libmagma/engine/compute.h"
#include "libmagma/engine/sm.h"
#include "tests/mem/fake_winsys.h"

enum { SAMPLES = 200, BATCH = 500 };

static uint64_t samples[SAMPLES];

struct stage {
    struct fake_winsys fake;
    struct mg_device dev;
    struct magma_channel *channel;
    struct magma_push *push;
};

static void check(enum magma_code code)
{
    if (code != MAGMA_OK)
        abort();
}

static void stage_init(struct stage *s)
{
    fake_winsys_init(&s->fake);
    s->dev = (struct mg_device){
        .ws = &s->fake.ws, .classes = mg_engine_classes(0xc7c0), .sm = mg_sm_facts(86)};
    pthread_mutex_init(&s->dev.channels_lock, NULL);
    check(mg_mem_create(&s->fake.ws, &s->dev.mem, NULL));
    check(mg_bo_create(s->dev.mem, 256, 0, MAGMA_DOMAIN_SYSTEM, 0, &s->dev.scratch, NULL));
    check(mg_channel_create(&s->dev, MAGMA_ENGINE_COMPUTE, &s->channel, NULL));
    s->push = calloc(1, sizeof *s->push);
    s->push->dev = &s->dev;
}

static void stage_finish(struct stage *s)
{
    atomic_store(s->channel->done.value, s->channel->last_fence);
    magma_push_destroy(s->push);
    magma_channel_destroy(s->channel);
    magma_bo_destroy(s->dev.scratch);
    mg_mem_destroy(s->dev.mem);
}

double bench_submit(bool with_fence)
{
    static struct stage s;
    struct magma_timeline timeline;

    stage_init(&s);
    check(mg_timeline_init(&s.dev, 0, &timeline, NULL));
    magma_push_write(s.push, magma_bo_address(s.dev.scratch), 1, 4);
    struct magma_timeline_point point = {&timeline, 1};
    struct magma_submit submit = {.pushes = &s.push,
                                  .push_count = 1,
                                  .waits = &point,
                                  .signals = &point,
                                  .wait_count = with_fence,
                                  .signal_count = with_fence};

    for (unsigned i = 0; i < SAMPLES; i++) {
        uint64_t start = bench_now_ns();

        for (unsigned j = 0; j < BATCH; j++) {
            check(magma_channel_submit(s.channel, &submit));
            atomic_store_explicit(s.channel->done.value, s.channel->last_fence,
                                  memory_order_release);
        }
        samples[i] = bench_now_ns() - start;
    }
    mg_timeline_finish(&timeline);
    stage_finish(&s);
    return bench_median(samples, SAMPLES) / BATCH;
}

double bench_dispatch(void)
{
    static struct stage s;
    static const uint32_t code[64];
    uint8_t root[640] = {0};
    struct magma_kernel *kernel;
    struct magma_dispatch dispatch = {
        .groups = {8, 8, 1}, .root = root, .root_size_bytes = sizeof root};

    stage_init(&s);
    check(mg_kernel_create(&s.dev,
                           &(struct magma_kernel_desc){.code = code,
                                                       .code_size_bytes = sizeof code,
                                                       .register_count = 16,
                                                       .workgroup_size = {64, 1, 1}},
                           &kernel, NULL));
    dispatch.kernel = kernel;
    for (unsigned i = 0; i < SAMPLES; i++) {
        uint64_t start = bench_now_ns();

        for (unsigned j = 0; j < BATCH; j++)
            magma_dispatch(s.push, &dispatch);
        samples[i] = bench_now_ns() - start;
        magma_push_reset(s.push);
    }
    magma_kernel_destroy(kernel);
    stage_finish(&s);
    return bench_median(samples, SAMPLES) / BATCH;
}
