/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What comes from the GPU unasked: completion interrupts (they end waits by a round of the loop),
 * GSP-RM's events (channel errors mark the GPU lost, with RM's text), and the device's death.
 * Whoever waits drives the loop; there is no thread.
 */
#include <string.h>

#include <nvhw/fifo.h>
#include <nvhw/gmmu.h>
#include <nvhw/rm.h>
#include <nvhw/rpc.h>

#include "libmagma/core/status.h"
#include "libmagma/rpc/rpc.h"
#include "libmagma/winsys/bare_private.h"

/* How often a waiter looks at memory although no interrupt came. */
#define WAIT_POLL_NS UINT64_C(1000000)
/* How often a waiter asks whether GSP-RM still runs. */
#define HEALTH_NS    UINT64_C(200000000)

static void mark_channel(struct mg_bare *bare, uint32_t chid)
{
    pthread_mutex_lock(&bare->channels_lock);
    for (struct mg_bare_channel *c = bare->channels; c; c = c->next)
        if (c->rm.chid == chid)
            atomic_store(&c->dead, true);
    pthread_mutex_unlock(&bare->channels_lock);
}

static void on_rc_triggered(struct mg_bare *bare, const void *payload, uint32_t size_bytes)
{
    struct nvhw_r570_rpc_rc_triggered rc = {0};

    memcpy(&rc, payload, size_bytes < sizeof rc ? size_bytes : sizeof rc);
    mark_channel(bare, rc.chid);
    /* The address is that of a page, and may be the first. */
    if (rc.except_type == NV_XID_MMU_FAULT) {
        const char *type = nvhw_fault_type_name(rc.mmu_fault_type);

        mg_winsys_set_lost(&bare->ws, "channel %u: error %u, MMU fault (%s) at 0x%llx", rc.chid,
                           rc.except_type, type ? type : "unknown type",
                           (unsigned long long)rc.mmu_fault_addr_hi << 32 | rc.mmu_fault_addr_lo);
    } else
        mg_winsys_set_lost(&bare->ws, "channel %u: error %u on engine %u", rc.chid, rc.except_type,
                           rc.engine_type);
}

static void on_error_log(struct mg_bare *bare, const void *payload, uint32_t size_bytes)
{
    struct nvhw_r570_rpc_os_error_log log = {0};

    memcpy(&log, payload, size_bytes < sizeof log ? size_bytes : sizeof log);
    log.err_string[sizeof log.err_string - 1] = 0;
    for (size_t i = 0; log.err_string[i]; i++)
        if (log.err_string[i] < ' ' || log.err_string[i] > '~')
            log.err_string[i] = '?';
    mg_winsys_set_lost(&bare->ws, "Xid %u, runlist %u, channel %u: %s", log.except_type,
                       log.runlist_id, log.chid, (const char *)log.err_string);
}

static void on_event(void *ctx, uint32_t event, const void *payload, uint32_t size_bytes)
{
    struct mg_bare *bare = ctx;

    switch (event) {
    case NV_RPC_EVENT_RC_TRIGGERED:
        on_rc_triggered(bare, payload, size_bytes);
        break;
    case NV_RPC_EVENT_OS_ERROR_LOG:
        on_error_log(bare, payload, size_bytes);
        break;
    case NV_RPC_EVENT_MMU_FAULT_QUEUED:
        mg_winsys_set_lost(&bare->ws, "the firmware reports an MMU fault");
        break;
    default:
        break;
    }
}

static void on_lost(void *ctx, const struct magma_error *err)
{
    struct mg_bare *bare = ctx;

    mg_winsys_set_lost(&bare->ws, "%s", err->text);
}

/* Completion: the round of the loop in which this runs makes waiters look. */
static void on_nonstall(void *ctx, uint32_t vector)
{
    (void)ctx;
    (void)vector;
}

static const uint32_t events[] = {NV_RPC_EVENT_RC_TRIGGERED, NV_RPC_EVENT_OS_ERROR_LOG,
                                  NV_RPC_EVENT_MMU_FAULT_QUEUED};

enum magma_code mg_bare_events_init(struct mg_bare *bare, struct magma_error *err)
{
    struct mg_irq_options irq = {
        .leaf_count = bare->gen->irq_leaf_count,
        .msi_no_rearm = bare->gen->msi_no_rearm,
    };
    enum magma_code code = MAGMA_OK;

    for (size_t i = 0; i < sizeof events / sizeof events[0] && code == MAGMA_OK; i++)
        code = mg_rpc_on_event(mg_gsp_rpc(bare->gsp), events[i], on_event, bare, err);
    bare->events_on = true;
    if (code == MAGMA_OK)
        code = mg_loop_create(bare->ws.clock, &bare->ws.log, &bare->loop, err);
    if (code == MAGMA_OK)
        code = mg_irq_create(bare->hal, &irq, &bare->irq, err);
    if (code == MAGMA_OK)
        code = mg_loop_watch_irq(bare->loop, bare->irq, on_lost, bare, &bare->watch_irq, err);
    if (code == MAGMA_OK)
        code =
            mg_loop_watch_device(bare->loop, bare->device, on_lost, bare, &bare->watch_device, err);
    if (code == MAGMA_OK && mg_rm_gsp_vector(bare->rm) != NV_INTR_VECTOR_NONE)
        code = mg_gsp_attach_irq(bare->gsp, bare->irq, mg_rm_gsp_vector(bare->rm), err);
    return code;
}

void mg_bare_events_finish(struct mg_bare *bare)
{
    if (bare->irq)
        mg_gsp_detach_irq(bare->gsp);
    if (bare->loop) {
        mg_loop_unwatch(bare->loop, bare->watch_device);
        mg_loop_unwatch(bare->loop, bare->watch_irq);
    }
    mg_irq_destroy(bare->irq);
    bare->irq = NULL;
    mg_loop_destroy(bare->loop);
    bare->loop = NULL;
    if (bare->events_on)
        mg_rpc_off_event(mg_gsp_rpc(bare->gsp), on_event, bare);
    bare->events_on = false;
}

void mg_bare_engine_interrupt(struct mg_bare *bare, const struct mg_rm_engine *engine)
{
    uint32_t count;
    size_t index = (size_t)(engine - mg_rm_engines(bare->rm, &count));

    pthread_mutex_lock(&bare->channels_lock);
    if (!bare->vector_on[index] && engine->nonstall_vector != NV_INTR_VECTOR_NONE) {
        struct magma_error err = {0};

        /* Without it waits still end, but by looking now and then. */
        if (mg_irq_attach(bare->irq, engine->nonstall_vector, on_nonstall, bare, &err) != MAGMA_OK)
            mg_log(&bare->ws.log, MG_LOG_INFO, "engine %u has no interrupt: %s", engine->type,
                   err.text);
        bare->vector_on[index] = true;
    }
    pthread_mutex_unlock(&bare->channels_lock);
}

/* Takes note of a device or a firmware that died outside of the loop's sight. */
static void notice_death(struct mg_bare *bare)
{
    struct magma_error err = {0};

    if (mg_winsys_is_lost(&bare->ws))
        return;
    if (mg_rpc_dead(mg_gsp_rpc(bare->gsp), &err))
        mg_winsys_set_lost(&bare->ws, "%s", err.text);
    else if (mg_hal_gone(bare->hal) && mg_hal_check(bare->hal, &err) != MAGMA_OK)
        mg_winsys_set_lost(&bare->ws, "%s", err.text);
}

void mg_bare_poll(struct mg_winsys *ws)
{
    struct mg_bare *bare = mg_bare_of(ws);

    if (mg_winsys_is_lost(ws) || mg_loop_inside(bare->loop))
        return;
    (void)mg_loop_step(bare->loop, 0, NULL);
    notice_death(bare);
}

struct waiter {
    struct mg_winsys *ws;
    bool (*done)(void *ctx);
    void *ctx;
};

static bool done_or_lost(void *ctx)
{
    const struct waiter *w = ctx;

    return mg_winsys_is_lost(w->ws) || w->done(w->ctx);
}

enum magma_code mg_bare_wait(struct mg_winsys *ws, bool (*done)(void *ctx), void *ctx,
                             uint64_t timeout_ns)
{
    struct mg_bare *bare = mg_bare_of(ws);
    struct waiter w = {ws, done, ctx};
    uint64_t deadline_ns = mg_deadline_ns(ws->clock, timeout_ns);

    for (;;) {
        uint64_t now_ns = mg_now_ns(ws->clock);
        uint64_t left_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
        struct magma_error err = {0};

        (void)mg_loop_wait(bare->loop, done_or_lost, &w, WAIT_POLL_NS,
                           left_ns < HEALTH_NS ? left_ns : HEALTH_NS, "the GPU", &err);
        if (done(ctx))
            return MAGMA_OK;
        notice_death(bare);
        if (mg_winsys_is_lost(ws))
            return MAGMA_DEVICE_LOST;
        if (left_ns <= HEALTH_NS && deadline_ns != UINT64_MAX)
            return MAGMA_TIMEOUT;
        if (mg_gsp_check(bare->gsp, &err) != MAGMA_OK)
            mg_winsys_set_lost(ws, "%s", err.text);
    }
}

void mg_bare_wake(struct mg_winsys *ws)
{
    struct mg_bare *bare = mg_bare_of(ws);

    if (bare->loop)
        mg_loop_wake(bare->loop);
}
