/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Timelines: 64 bits of system memory that both sides read directly. The GPU raises them by
 * semaphore releases; a waiter first spins on memory, then sleeps on interrupts.
 */
#include "libmagma/cmd/timeline.h"

#include <stdlib.h>

#include "libmagma/core/status.h"

/* How long a waiter spins: about what the GPU needs for an empty job. Also bounded by rounds, for
 * a clock that only goes on while somebody sleeps. */
#define SPIN_NS         UINT64_C(20000)
#define SPIN_ROUNDS_MAX 2000u
#define TIMELINE_BYTES  16u

enum magma_code mg_timeline_init(struct mg_device *dev, uint64_t initial,
                                 struct magma_timeline *out, struct magma_error *err)
{
    enum magma_code code =
        mg_bo_create(dev->mem, TIMELINE_BYTES, 0, MAGMA_DOMAIN_SYSTEM, 0, &out->bo, err);

    if (code != MAGMA_OK)
        return code;
    out->dev = dev;
    out->value = magma_bo_map(out->bo);
    atomic_store_explicit(out->value, initial, memory_order_release);
    return MAGMA_OK;
}

void mg_timeline_finish(struct magma_timeline *timeline)
{
    magma_bo_destroy(timeline->bo);
    timeline->bo = NULL;
}

enum magma_code magma_timeline_create(struct magma_gpu *gpu, uint64_t initial,
                                      struct magma_timeline **out, struct magma_error *err)
{
    struct magma_timeline *timeline = calloc(1, sizeof *timeline);
    enum magma_code code;

    *out = NULL;
    if (!timeline)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "timeline: no memory");
    code = mg_timeline_init(mg_gpu_device(gpu), initial, timeline, err);
    if (code != MAGMA_OK) {
        free(timeline);
        return code;
    }
    *out = timeline;
    return MAGMA_OK;
}

void magma_timeline_destroy(struct magma_timeline *timeline)
{
    if (!timeline)
        return;
    mg_timeline_finish(timeline);
    free(timeline);
}

uint64_t magma_timeline_value(const struct magma_timeline *timeline)
{
    return atomic_load_explicit(timeline->value, memory_order_acquire);
}

void magma_timeline_signal(struct magma_timeline *timeline, uint64_t value)
{
    struct mg_winsys *ws = timeline->dev->ws;
    uint64_t now = magma_timeline_value(timeline);

    while (now < value &&
           !atomic_compare_exchange_weak_explicit(timeline->value, &now, value,
                                                  memory_order_acq_rel, memory_order_acquire))
        ;
    ws->ops->wake(ws);
}

void magma_timeline_reset(struct magma_timeline *timeline, uint64_t value)
{
    atomic_store_explicit(timeline->value, value, memory_order_release);
}

magma_gpu_va magma_timeline_address(const struct magma_timeline *timeline)
{
    return magma_bo_address(timeline->bo);
}

/* ---- Waiting --------------------------------------------------------------------------------- */

struct wait {
    const struct magma_timeline_point *points;
    size_t count;
    bool all;
};

static bool reached(void *ctx)
{
    const struct wait *w = ctx;

    for (size_t i = 0; i < w->count; i++) {
        bool done = magma_timeline_value(w->points[i].timeline) >= w->points[i].value;

        if (done != w->all)
            return done;
    }
    return w->all || !w->count;
}

static bool spin(struct mg_winsys *ws, struct wait *w, uint64_t timeout_ns)
{
    uint64_t end_ns = mg_deadline_ns(ws->clock, timeout_ns < SPIN_NS ? timeout_ns : SPIN_NS);

    for (unsigned i = 0; i < SPIN_ROUNDS_MAX && !mg_winsys_is_lost(ws); i++) {
        if (reached(w))
            return true;
        __builtin_ia32_pause();
        if (i % 16 == 0 && mg_now_ns(ws->clock) >= end_ns)
            break;
    }
    return reached(w);
}

enum magma_code mg_timeline_wait(struct mg_device *dev, const struct magma_timeline_point *points,
                                 size_t count, bool all, uint64_t timeout_ns)
{
    struct wait w = {points, count, all};
    struct mg_winsys *ws = dev->ws;

    if (reached(&w))
        return MAGMA_OK;
    if (timeout_ns && spin(ws, &w, timeout_ns))
        return MAGMA_OK;
    if (!timeout_ns) {
        ws->ops->poll(ws);
        if (reached(&w))
            return MAGMA_OK;
        return mg_winsys_is_lost(ws) ? MAGMA_DEVICE_LOST : MAGMA_TIMEOUT;
    }
    return ws->ops->wait(ws, reached, &w, timeout_ns);
}

enum magma_code magma_timeline_wait(struct magma_gpu *gpu,
                                    const struct magma_timeline_point *points, size_t count,
                                    bool all, uint64_t timeout_ns)
{
    return mg_timeline_wait(mg_gpu_device(gpu), points, count, all, timeout_ns);
}
