/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Channels: creating one with its ring, and submitting. A submission becomes GPFIFO entries: its
 * waits, the segments of its pushes, its signals and the channel's own fence; then GP_PUT and the
 * doorbell. Nothing here is shared between channels.
 */
#include "libmagma/cmd/channel.h"

#include <stdlib.h>
#include <string.h>

#include "libmagma/cmd/push.h"
#include "libmagma/core/status.h"
#include "libmagma/decode/decode.h"
#include "libmagma/engine/classes.h"
#include "libmagma/engine/compute.h"
#include "libmagma/engine/copy.h"

#define RING_ENTRIES    2048u
#define RING_WORDS      16384u
/* An internal fence at the latest after so many entries, so that a long submission frees its own
 * way. */
#define FENCE_INTERVAL  (RING_ENTRIES / 4)
/* Waits or signals in one segment: three such segments always fit among the words. */
#define POINTS_MAX      512u
/* How long a full ring may take to move, and a channel to become idle when it is destroyed. */
#define ROOM_TIMEOUT_NS UINT64_C(10000000000)
#define IDLE_TIMEOUT_NS UINT64_C(10000000000)

/* ---- Writing entries ------------------------------------------------------------------------- */

static enum magma_code check_alive(struct magma_channel *c)
{
    if (mg_winsys_is_lost(c->dev->ws) || atomic_load_explicit(c->port.dead, memory_order_relaxed))
        return MAGMA_DEVICE_LOST;
    return MAGMA_OK;
}

/* Tells the GPU of what has been put. */
static void kick(struct magma_channel *c)
{
    mg_dma_publish();
    *c->port.gp_put = mg_ring_gp_put(&c->ring);
    mg_dma_publish();
    if (c->port.doorbell)
        *c->port.doorbell = c->port.token;
    else
        c->dev->ws->ops->ring(c->dev->ws, &c->port);
}

/* Waits until the oldest fence has passed. */
static enum magma_code wait_room(struct magma_channel *c)
{
    struct magma_timeline_point oldest = {.timeline = &c->done};
    enum magma_code code;

    if (c->ring.fence_get == c->ring.fence_put)
        return MAGMA_INVALID_ARGUMENT; /* asks for more than there is */
    oldest.value = c->ring.fences[c->ring.fence_get & (c->ring.entry_count - 1)].value;
    kick(c);
    code = mg_timeline_wait(c->dev, &oldest, 1, true, ROOM_TIMEOUT_NS);
    if (code == MAGMA_OK)
        mg_ring_reclaim(&c->ring, magma_timeline_value(&c->done));
    return code;
}

static enum magma_code take_words(struct magma_channel *c, uint32_t count, uint32_t **words,
                                  uint64_t *va)
{
    enum magma_code code = MAGMA_OK;

    if (count > c->ring.word_count / 2)
        return MAGMA_INVALID_ARGUMENT;
    while (code == MAGMA_OK) {
        *words = mg_ring_take_words(&c->ring, count, va);
        if (*words)
            break;
        code = wait_room(c);
    }
    return code;
}

/* Writes an entry whose room must be there: put_segment keeps two for a fence and a last one. */
static void put_fence(struct magma_channel *c, uint32_t *words, uint64_t va, bool wait_idle,
                      uint32_t before)
{
    uint32_t *at = words + before;

    at = mg_words_semaphore(at, magma_timeline_address(&c->done).raw, ++c->last_fence,
                            mg_release_word(wait_idle, false, true));
    *at++ = mg_words_header(0, NVC46F_NON_STALL_INTERRUPT, 1);
    *at++ = 0;
    mg_ring_put(&c->ring, va, (uint32_t)(at - words));
    mg_ring_fence(&c->ring, c->last_fence);
}
enum { FENCE_WORDS = MG_SEMAPHORE_DWORDS + 2, ENTRIES_KEPT = 2 };

static enum magma_code put_segment(struct magma_channel *c, uint64_t va, uint32_t dword_count)
{
    enum magma_code code = MAGMA_OK;

    if (mg_ring_since_fence(&c->ring) >= FENCE_INTERVAL) {
        uint32_t *words;
        uint64_t words_va;

        code = take_words(c, FENCE_WORDS, &words, &words_va);
        if (code != MAGMA_OK)
            return code;
        put_fence(c, words, words_va, false, 0);
    }
    while (mg_ring_free_entries(&c->ring) <= ENTRIES_KEPT && code == MAGMA_OK)
        code = wait_room(c);
    if (code == MAGMA_OK)
        mg_ring_put(&c->ring, va, dword_count);
    return code;
}

static enum magma_code put_push(struct magma_channel *c, struct magma_push *push)
{
    enum magma_code code = MAGMA_OK;

    mg_push_close_segment(push);
    if (push->status != MAGMA_OK)
        return push->status;
    for (size_t i = 0; i < push->segment_count && code == MAGMA_OK; i++)
        code = put_segment(c, push->segments[i].va, push->segments[i].dword_count);
    return code;
}

/* At most POINTS_MAX semaphores as one segment; with a fence behind them when wanted. */
static enum magma_code put_points(struct magma_channel *c,
                                  const struct magma_timeline_point *points, size_t count,
                                  uint32_t first_execute, uint32_t execute, bool with_fence)
{
    enum magma_code code = MAGMA_OK;
    uint32_t *words, *at;
    uint64_t va;

    while (mg_ring_free_entries(&c->ring) <= ENTRIES_KEPT && code == MAGMA_OK)
        code = wait_room(c);
    if (code == MAGMA_OK)
        code = take_words(c, (uint32_t)count * MG_SEMAPHORE_DWORDS + (with_fence ? FENCE_WORDS : 0),
                          &words, &va);
    if (code != MAGMA_OK)
        return code;
    at = words;
    for (size_t i = 0; i < count; i++)
        at = mg_words_semaphore(at, magma_timeline_address(points[i].timeline).raw, points[i].value,
                                i ? execute : first_execute);
    if (with_fence)
        put_fence(c, words, va, !count, (uint32_t)(at - words));
    else
        mg_ring_put(&c->ring, va, (uint32_t)(at - words));
    return MAGMA_OK;
}

static enum magma_code put_waits(struct magma_channel *c, const struct magma_submit *submit)
{
    uint32_t execute = mg_acquire_word(c->dev->classes->acquire_op, true);
    enum magma_code code = MAGMA_OK;

    for (size_t i = 0; i < submit->wait_count && code == MAGMA_OK; i += POINTS_MAX) {
        size_t n = submit->wait_count - i < POINTS_MAX ? submit->wait_count - i : POINTS_MAX;

        code = put_points(c, submit->waits + i, n, execute, execute, n == POINTS_MAX);
    }
    return code;
}

/* Signals and the channel's fence. The first release waits for the channel to be idle. */
static enum magma_code put_signals(struct magma_channel *c, const struct magma_submit *submit)
{
    uint32_t idle = mg_release_word(true, false, true),
             execute = mg_release_word(false, false, true);
    const struct magma_timeline_point *signals =
        submit->signals; /* may be NULL, if there are none */
    size_t left = submit->signal_count;
    enum magma_code code = MAGMA_OK;
    uint32_t first = idle;

    while (left > POINTS_MAX && code == MAGMA_OK) {
        code = put_points(c, signals, POINTS_MAX, first, execute, true);
        signals += POINTS_MAX;
        left -= POINTS_MAX;
        first = execute;
    }
    if (code == MAGMA_OK)
        code = put_points(c, signals, left, first, execute, true);
    return code;
}

/* ---- Debugging ------------------------------------------------------------------------------- */

static void log_line(void *ctx, const char *line)
{
    struct magma_channel *c = ctx;

    mg_debug(&c->dev->ws->log, MG_DEBUG(push), "  %s", line);
}

static void log_submit(struct magma_channel *c, const struct magma_submit *submit)
{
    struct mg_decode_push_state state = {.host_class = c->port.host_class};

    state.object_class[NV_PBDMA_SUBCHANNEL_COMPUTE] = c->port.compute_class;
    state.object_class[NV_PBDMA_SUBCHANNEL_COPY] = c->port.copy_class;
    mg_debug(&c->dev->ws->log, MG_DEBUG(push), "submit %llu: %zu waits, %zu pushes, %zu signals",
             (unsigned long long)c->last_fence + 1, submit->wait_count, submit->push_count,
             submit->signal_count);
    for (size_t i = 0; i < submit->push_count; i++) {
        mg_push_close_segment(submit->pushes[i]);
        for (size_t j = 0; j < submit->pushes[i]->segment_count; j++)
            mg_decode_push(submit->pushes[i]->segments[j].cpu,
                           submit->pushes[i]->segments[j].dword_count, &state, log_line, c);
    }
}

/* ---- Submitting ------------------------------------------------------------------------------ */

static enum magma_code grow_local(struct magma_channel *c, uint32_t local_bytes);

static uint32_t local_bytes_of(const struct magma_submit *submit)
{
    uint32_t most = 0;

    for (size_t i = 0; i < submit->push_count; i++)
        if (submit->pushes[i]->local_bytes > most)
            most = submit->pushes[i]->local_bytes;
    return most;
}

static enum magma_code submit_all(struct magma_channel *c, const struct magma_submit *submit)
{
    enum magma_code code = put_waits(c, submit);

    for (size_t i = 0; i < submit->push_count && code == MAGMA_OK; i++)
        code = put_push(c, submit->pushes[i]);
    if (code == MAGMA_OK)
        code = put_signals(c, submit);
    return code;
}

enum magma_code magma_channel_submit(struct magma_channel *c, const struct magma_submit *submit)
{
    uint32_t local_bytes = local_bytes_of(submit);
    enum magma_code code = check_alive(c);

    for (size_t i = 0; i < submit->push_count && code == MAGMA_OK; i++)
        code = submit->pushes[i]->status;
    if (code != MAGMA_OK)
        return code;
    if (local_bytes > c->local_bytes) {
        code = grow_local(c, local_bytes);
        if (code != MAGMA_OK)
            return code;
    }
    if (mg_debug_on(&c->dev->ws->log, MG_DEBUG(push)))
        log_submit(c, submit);
    mg_ring_reclaim(&c->ring, magma_timeline_value(&c->done));
    code = submit_all(c, submit);
    /* What has been put must run even if the rest did not fit: its fences are remembered. */
    kick(c);
    return code;
}

enum magma_code magma_channel_wait_idle(struct magma_channel *c, uint64_t timeout_ns)
{
    struct magma_timeline_point point = {&c->done, c->last_fence};
    enum magma_code code = mg_timeline_wait(c->dev, &point, 1, true, timeout_ns);

    return code;
}

/* Gives compute more scratch memory: rare, so it may wait for what uses the old one. */
static enum magma_code grow_local(struct magma_channel *c, uint32_t local_bytes)
{
    struct magma_submit submit = {.pushes = &c->setup, .push_count = 1};
    struct magma_bo *bo = NULL;
    enum magma_code code = magma_channel_wait_idle(c, IDLE_TIMEOUT_NS);

    if (!c->port.compute_class)
        return MAGMA_INVALID_ARGUMENT;
    if (code != MAGMA_OK)
        return code;
    code = mg_compute_local_create(c->dev, local_bytes, &bo);
    if (code != MAGMA_OK)
        return code;
    magma_push_reset(c->setup);
    mg_compute_push_local(c->setup, bo, local_bytes);
    code = submit_all(c, &submit);
    kick(c);
    if (code == MAGMA_OK)
        code = magma_channel_wait_idle(c, IDLE_TIMEOUT_NS);
    if (code != MAGMA_OK) {
        /* The GPU may have taken the new one already. */
        magma_bo_destroy(mg_winsys_is_lost(c->dev->ws) ? bo : NULL);
        return code;
    }
    magma_bo_destroy(c->local);
    c->local = bo;
    c->local_bytes = local_bytes;
    return MAGMA_OK;
}

/* ---- Creating -------------------------------------------------------------------------------- */

static enum magma_code create_memory(struct magma_channel *c, struct magma_error *err)
{
    struct mg_device *dev = c->dev;
    enum magma_code code;

    code = mg_bo_create(dev->mem, RING_ENTRIES * sizeof(uint64_t), 4096, MAGMA_DOMAIN_SYSTEM,
                        MAGMA_BO_ZERO, &c->ring_bo, err);
    if (code == MAGMA_OK)
        code = mg_bo_create(dev->mem, RING_WORDS * sizeof(uint32_t), 4096, MAGMA_DOMAIN_SYSTEM, 0,
                            &c->words_bo, err);
    if (code == MAGMA_OK)
        code = mg_timeline_init(dev, 0, &c->done, err);
    if (code != MAGMA_OK)
        return code;
    if (!mg_ring_init(&c->ring, magma_bo_map(c->ring_bo), RING_ENTRIES, magma_bo_map(c->words_bo),
                      magma_bo_address(c->words_bo).raw, RING_WORDS))
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "channel: no memory");
    return MAGMA_OK;
}

static enum magma_code submit_setup(struct magma_channel *c, struct magma_error *err)
{
    struct magma_submit submit = {.pushes = &c->setup, .push_count = 1};
    enum magma_code code;

    c->setup = calloc(1, sizeof *c->setup);
    if (!c->setup)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "channel: no memory");
    c->setup->dev = c->dev;
    if (c->port.compute_class)
        mg_compute_push_setup(c->setup, c->port.compute_class);
    mg_copy_push_setup(c->setup, c->port.copy_class);
    code = magma_channel_submit(c, &submit);
    return code == MAGMA_OK ? code : mg_fail(err, code, "setting up a channel failed");
}

static void enlist(struct magma_channel *c)
{
    struct mg_device *dev = c->dev;

    pthread_mutex_lock(&dev->channels_lock);
    c->next = dev->channels;
    if (c->next)
        c->next->prev = c;
    dev->channels = c;
    pthread_mutex_unlock(&dev->channels_lock);
}

static void delist(struct magma_channel *c)
{
    struct mg_device *dev = c->dev;

    pthread_mutex_lock(&dev->channels_lock);
    if (c->prev)
        c->prev->next = c->next;
    else
        dev->channels = c->next;
    if (c->next)
        c->next->prev = c->prev;
    pthread_mutex_unlock(&dev->channels_lock);
}

enum magma_code mg_channel_create(struct mg_device *dev, enum magma_engine engine,
                                  struct magma_channel **out, struct magma_error *err)
{
    struct magma_channel *c = calloc(1, sizeof *c);
    enum magma_code code;

    *out = NULL;
    if (!c)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "channel: no memory");
    c->dev = dev;
    enlist(c);
    code = create_memory(c, err);
    if (code == MAGMA_OK)
        code = dev->ws->ops->channel_create(dev->ws, engine, magma_bo_address(c->ring_bo),
                                            RING_ENTRIES, &c->port, err);
    if (code == MAGMA_OK)
        code = submit_setup(c, err);
    if (code != MAGMA_OK) {
        magma_channel_destroy(c);
        return code;
    }
    *out = c;
    return MAGMA_OK;
}

enum magma_code magma_channel_create(struct magma_gpu *gpu, enum magma_engine engine,
                                     struct magma_channel **out, struct magma_error *err)
{
    return mg_channel_create(mg_gpu_device(gpu), engine, out, err);
}

void magma_channel_destroy(struct magma_channel *c)
{
    if (!c)
        return;
    delist(c);
    if (c->port.impl) {
        bool endless =
            c->last_fence && magma_channel_wait_idle(c, IDLE_TIMEOUT_NS) == MAGMA_TIMEOUT;

        c->dev->ws->ops->channel_destroy(c->dev->ws, &c->port);
        /* Whatever it was about to write, nobody can tell where it stopped. */
        if (endless)
            mg_winsys_set_lost(
                c->dev->ws,
                "the work of a channel did not end %llu s after its owner gave it up "
                "(a shader without end, a wait for a value that never comes): the "
                "channel was taken down",
                (unsigned long long)(IDLE_TIMEOUT_NS / 1000000000u));
    }
    magma_push_destroy(c->setup);
    magma_bo_destroy(c->local);
    mg_ring_finish(&c->ring);
    if (c->done.bo)
        mg_timeline_finish(&c->done);
    magma_bo_destroy(c->words_bo);
    magma_bo_destroy(c->ring_bo);
    free(c);
}
