/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Requests, replies and events over the rings of queue.c. All waiting happens in await(), which
 * takes messages as they come, hands events to their handlers and watches GSP's health.
 */
#include "libmagma/rpc/priv.h"

#include <stdlib.h>
#include <string.h>

#include <nvhw/falcon.h>

#include "libmagma/core/status.h"
#include "libmagma/gsp/deadlines.h"

/* A damaged message may be one still being written: it gets this many looks. */
#define DAMAGED_LOOKS   3

#define WAIT_MIN_NS     MG_US(1)
#define WAIT_MAX_NS     MG_MS(1)
#define HEALTH_EVERY_NS MG_MS(5)

/* ---- Life ---- */

static enum magma_code init_lock(pthread_mutex_t *lock, struct magma_error *err)
{
    pthread_mutexattr_t attr;
    int result = pthread_mutexattr_init(&attr);

    if (result)
        return mg_fail_errno(err, result, "pthread_mutexattr_init");
    /* Event handlers run with the lock held and may end the conversation. */
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
    result = pthread_mutex_init(lock, &attr);
    pthread_mutexattr_destroy(&attr);
    return result ? mg_fail_errno(err, result, "pthread_mutex_init") : MAGMA_OK;
}

enum magma_code mg_rpc_create(struct mg_hal *hal, const struct mg_rpc_options *options,
                              struct mg_rpc **out, struct magma_error *err)
{
    struct mg_rpc *rpc = calloc(1, sizeof *rpc);
    enum magma_code code;

    *out = NULL;
    if (!rpc)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "no memory for the RPC state");
    rpc->hal = hal;
    if (options)
        rpc->options = *options;
    if (!rpc->options.timeout_ns)
        rpc->options.timeout_ns = MG_DEADLINE_RPC_NS;
    code = init_lock(&rpc->lock, err);
    if (code != MAGMA_OK)
        goto fail;
    code = mg_dma_init(hal, NV_GSP_QUEUE_SHARED_SIZE, NV_GSP_QUEUE_PAGE_SIZE, &rpc->shared, err);
    if (code != MAGMA_OK)
        goto fail_lock;
    mg_rpc_queue_init(&rpc->queue, rpc->shared.cpu, rpc->shared.iova);
    *out = rpc;
    return MAGMA_OK;

fail_lock:
    pthread_mutex_destroy(&rpc->lock);
fail:
    free(rpc);
    return code;
}

void mg_rpc_destroy(struct mg_rpc *rpc)
{
    if (!rpc)
        return;
    mg_dma_finish(&rpc->shared);
    pthread_mutex_destroy(&rpc->lock);
    free(rpc);
}

magma_iova mg_rpc_shared_iova(const struct mg_rpc *rpc)
{
    return rpc->shared.iova;
}

/* ---- The end of a conversation ---- */

static enum magma_code dead_code(const struct mg_rpc *rpc)
{
    return rpc->cause.code == MAGMA_DEVICE_GONE ? MAGMA_DEVICE_GONE : MAGMA_DEVICE_LOST;
}

/* Remembers the first cause. */
static void kill_locked(struct mg_rpc *rpc, const struct magma_error *cause)
{
    if (rpc->dead)
        return;
    rpc->dead = true;
    rpc->cause = *cause;
    mg_log(mg_hal_log(rpc->hal), MG_LOG_DEBUG, "rpc: ended: %s", cause->text);
}

static enum magma_code refuse_dead(const struct mg_rpc *rpc, struct magma_error *err)
{
    return mg_fail(err, dead_code(rpc), "GSP-RM is lost: %s", rpc->cause.text);
}

bool mg_rpc_dead(struct mg_rpc *rpc, struct magma_error *err)
{
    bool dead;

    pthread_mutex_lock(&rpc->lock);
    dead = rpc->dead;
    if (dead && err)
        *err = rpc->cause;
    pthread_mutex_unlock(&rpc->lock);
    return dead;
}

void mg_rpc_kill(struct mg_rpc *rpc, const struct magma_error *cause)
{
    pthread_mutex_lock(&rpc->lock);
    kill_locked(rpc, cause);
    pthread_mutex_unlock(&rpc->lock);
}

/* ---- Receiving ---- */

static void show(struct mg_rpc *rpc, const char *arrow, const struct mg_rpc_message *m)
{
    char name[64], result[64];

    mg_debug(mg_hal_log(rpc->hal), MG_DEBUG(rpc), "rpc: %s %s, 0x%x bytes, sequence %u, %s", arrow,
             mg_rpc_name(m->rpc.function, name, sizeof name), m->payload_size_bytes,
             m->element.seq_num, mg_rpc_result_text(m->rpc.rpc_result, result, sizeof result));
}

/* Takes one message into rpc->message. A damaged one ends the conversation. */
static enum magma_code take(struct mg_rpc *rpc, bool *got, struct magma_error *err)
{
    struct magma_error cause = {0};
    enum magma_code code = MAGMA_OK;

    for (int look = 0; look < DAMAGED_LOOKS; look++) {
        code = mg_rpc_queue_take(&rpc->queue, &rpc->message, got, &cause);
        if (code == MAGMA_OK)
            break;
        mg_sleep_ns(mg_hal_clock(rpc->hal), WAIT_MAX_NS);
    }
    if (code != MAGMA_OK) {
        mg_prefix(&cause, code, "status queue");
        kill_locked(rpc, &cause);
        return mg_fail(err, code, "%s", cause.text);
    }
    if (*got) {
        rpc->received++;
        show(rpc, "<-", &rpc->message);
    }
    return MAGMA_OK;
}

static void dispatch(struct mg_rpc *rpc)
{
    const struct mg_rpc_message *m = &rpc->message;
    char name[64];
    bool served = false;

    for (uint32_t i = 0; i < rpc->handler_count; i++) {
        const struct mg_rpc_handler *h = &rpc->handlers[i];

        if (h->event && h->event != m->rpc.function)
            continue;
        h->call(h->ctx, m->rpc.function, m->payload, m->payload_size_bytes);
        served = true;
    }
    if (!served)
        mg_debug(mg_hal_log(rpc->hal), MG_DEBUG(rpc), "rpc: nobody serves %s",
                 mg_rpc_name(m->rpc.function, name, sizeof name));
}

static enum magma_code look_at_health(struct mg_rpc *rpc, struct magma_error *cause)
{
    return rpc->options.health ? rpc->options.health(rpc->options.ctx, cause)
                               : mg_hal_check(rpc->hal, cause);
}

/* Ends the conversation when GSP or the bus is not well. */
static enum magma_code check_health(struct mg_rpc *rpc, struct magma_error *err)
{
    struct magma_error cause = {0};
    enum magma_code code = look_at_health(rpc, &cause);

    if (code == MAGMA_OK)
        return MAGMA_OK;
    kill_locked(rpc, &cause);
    return mg_fail(err, code, "%s", cause.text);
}

/* Sleeps an eighth of what was waited so far, so that short answers are seen soon. */
static void pause_ns(struct mg_rpc *rpc, uint64_t waited_ns)
{
    uint64_t ns = waited_ns / 8;

    ns = ns < WAIT_MIN_NS ? WAIT_MIN_NS : ns > WAIT_MAX_NS ? WAIT_MAX_NS : ns;
    if (rpc->options.wait)
        rpc->options.wait(rpc->options.ctx, ns);
    else
        mg_sleep_ns(mg_hal_clock(rpc->hal), ns);
}

/* Whether rpc->message is what is waited for; others are handled. */
static bool arrived(struct mg_rpc *rpc, uint32_t function)
{
    char name[64];

    if (rpc->message.rpc.function == function)
        return true;
    if (rpc->message.rpc.function >= NV_RPC_FIRST_EVENT)
        dispatch(rpc);
    else
        mg_log(mg_hal_log(rpc->hal), MG_LOG_WARN, "rpc: unexpected reply %s dropped",
               mg_rpc_name(rpc->message.rpc.function, name, sizeof name));
    return false;
}

/* Waits until rpc->message is one with this function. Events that come before go to handlers.
 * Running out of time is MAGMA_TIMEOUT and does not end the conversation by itself. */
static enum magma_code await(struct mg_rpc *rpc, uint32_t function, uint64_t timeout_ns,
                             struct magma_error *err)
{
    const struct mg_clock *clock = mg_hal_clock(rpc->hal);
    uint64_t start = mg_now_ns(clock), checked = start, now = start;
    enum magma_code health = MAGMA_OK;
    struct magma_error cause = {0};
    char name[64];
    bool got;

    for (;;) {
        enum magma_code code = take(rpc, &got, err);

        if (code != MAGMA_OK)
            return code;
        if (got && arrived(rpc, function))
            return MAGMA_OK;
        if (rpc->dead)
            return refuse_dead(rpc, err);
        if (got)
            continue;
        /* Judged only after one more look for a message: GSP's last words come before its end. */
        if (health != MAGMA_OK) {
            kill_locked(rpc, &cause);
            return mg_fail(err, health, "%s", cause.text);
        }
        if (now - start >= timeout_ns)
            return mg_fail(err, MAGMA_TIMEOUT, "GSP-RM sent no %s within %llu ms",
                           mg_rpc_name(function, name, sizeof name),
                           (unsigned long long)(timeout_ns / MG_MS(1)));
        now = mg_now_ns(clock);
        if (now - checked >= HEALTH_EVERY_NS || now - start >= timeout_ns) {
            health = look_at_health(rpc, &cause);
            checked = now;
        } else {
            pause_ns(rpc, now - start);
        }
    }
}

enum magma_code mg_rpc_poll(struct mg_rpc *rpc, struct magma_error *err)
{
    enum magma_code code = MAGMA_OK;
    bool got = true;

    if (pthread_mutex_trylock(&rpc->lock) != 0)
        return MAGMA_OK;
    while (got && code == MAGMA_OK) {
        if (rpc->dead || !rpc->queue.linked) {
            code = rpc->dead ? refuse_dead(rpc, err) : MAGMA_OK;
            break;
        }
        code = take(rpc, &got, err);
        if (code == MAGMA_OK && got)
            arrived(rpc, NV_RPC_FUNCTION_NOP); /* nobody waits for anything */
    }
    pthread_mutex_unlock(&rpc->lock);
    return code;
}

static void copy_payload(const struct mg_rpc_message *m, void *out, uint32_t *size_bytes)
{
    if (!size_bytes)
        return;
    if (out)
        memcpy(out, m->payload,
               m->payload_size_bytes < *size_bytes ? m->payload_size_bytes : *size_bytes);
    *size_bytes = m->payload_size_bytes;
}

enum magma_code mg_rpc_wait_event(struct mg_rpc *rpc, uint32_t event, uint64_t timeout_ns,
                                  void *payload, uint32_t *size_bytes, uint32_t *result,
                                  struct magma_error *err)
{
    enum magma_code code;

    pthread_mutex_lock(&rpc->lock);
    code = rpc->dead ? refuse_dead(rpc, err) : await(rpc, event, timeout_ns, err);
    if (code == MAGMA_OK) {
        copy_payload(&rpc->message, payload, size_bytes);
        if (result)
            *result = rpc->message.rpc.rpc_result;
    }
    pthread_mutex_unlock(&rpc->lock);
    return code;
}

enum magma_code mg_rpc_link(struct mg_rpc *rpc, uint64_t timeout_ns, struct magma_error *err)
{
    const struct mg_clock *clock = mg_hal_clock(rpc->hal);
    uint64_t start = mg_now_ns(clock), now, checked = start;
    enum magma_code code = MAGMA_OK;
    const char *wrong = NULL;

    pthread_mutex_lock(&rpc->lock);
    while (!mg_rpc_queue_link(&rpc->queue, &wrong)) {
        now = mg_now_ns(clock);
        if (now - checked >= HEALTH_EVERY_NS || now - start >= timeout_ns) {
            code = check_health(rpc, err);
            checked = now;
        }
        if (code == MAGMA_OK && now - start >= timeout_ns)
            code = mg_fail(err, MAGMA_TIMEOUT,
                           "GSP put no valid queue head in place within %llu "
                           "ms (%s is wrong)",
                           (unsigned long long)(timeout_ns / MG_MS(1)), wrong);
        if (code != MAGMA_OK)
            break;
        pause_ns(rpc, now - start);
    }
    pthread_mutex_unlock(&rpc->lock);
    return code;
}

/* ---- Sending ---- */

void mg_rpc_hold_doorbell(struct mg_rpc *rpc, bool hold)
{
    pthread_mutex_lock(&rpc->lock);
    rpc->hold_doorbell = hold;
    pthread_mutex_unlock(&rpc->lock);
}

/* One record, waiting for room in the ring. */
static enum magma_code put_record(struct mg_rpc *rpc, uint32_t function, const void *payload,
                                  uint32_t size_bytes, struct magma_error *err)
{
    const struct mg_clock *clock = mg_hal_clock(rpc->hal);
    uint64_t start = mg_now_ns(clock), waited;
    enum magma_code code;

    while ((code = mg_rpc_queue_put(&rpc->queue, function, rpc->sequence, payload, size_bytes,
                                    err)) == MAGMA_BUSY) {
        waited = mg_now_ns(clock) - start;
        if (waited >= MG_DEADLINE_RPC_SPACE_NS || rpc->hold_doorbell)
            return mg_fail(err, MAGMA_TIMEOUT, "GSP does not empty the command queue");
        code = check_health(rpc, err);
        if (code != MAGMA_OK)
            return code;
        pause_ns(rpc, waited);
    }
    if (code != MAGMA_OK)
        return code;
    rpc->sent++;
    if (!rpc->hold_doorbell)
        mg_mmio_wr32(rpc->hal, NV_FALCON_GSP_BASE + NV_PFALCON_QUEUE_HEAD(0), 0);
    return MAGMA_OK;
}

static enum magma_code send_locked(struct mg_rpc *rpc, uint32_t function, const void *payload,
                                   uint32_t size_bytes, struct magma_error *err)
{
    static const uint8_t nothing[1];
    const uint8_t *bytes = payload ? payload : nothing;
    uint32_t kind = function;
    enum magma_code code;
    char name[64];

    if (rpc->dead)
        return refuse_dead(rpc, err);
    mg_debug(mg_hal_log(rpc->hal), MG_DEBUG(rpc), "rpc: -> %s, 0x%x bytes, sequence %u",
             mg_rpc_name(function, name, sizeof name), size_bytes, rpc->queue.send_seq);
    do {
        uint32_t part = size_bytes < NV_RPC_PAYLOAD_SIZE_MAX ? size_bytes : NV_RPC_PAYLOAD_SIZE_MAX;

        code = put_record(rpc, kind, bytes, part, err);
        if (code != MAGMA_OK) {
            struct magma_error cause = {.code = code};

            mg_fail(&cause, code, "%s could not be sent", name);
            kill_locked(rpc, err ? err : &cause);
            return code;
        }
        bytes += part;
        size_bytes -= part;
        kind = NV_RPC_FUNCTION_CONTINUATION_RECORD;
    } while (size_bytes);
    return MAGMA_OK;
}

enum magma_code mg_rpc_send(struct mg_rpc *rpc, uint32_t function, const void *payload,
                            uint32_t size_bytes, struct magma_error *err)
{
    enum magma_code code;

    pthread_mutex_lock(&rpc->lock);
    code = send_locked(rpc, function, payload, size_bytes, err);
    pthread_mutex_unlock(&rpc->lock);
    return code;
}

/* ---- Requests ---- */

/* Waits for one record of the reply; its absence ends the conversation, as a late reply could be
 * taken for the next one's. */
static enum magma_code await_reply(struct mg_rpc *rpc, uint32_t function, struct magma_error *err)
{
    struct magma_error cause = {0};
    enum magma_code code = await(rpc, function, rpc->options.timeout_ns, &cause);

    if (code == MAGMA_OK)
        return MAGMA_OK;
    kill_locked(rpc, &cause);
    return mg_fail(err, code, "%s", cause.text);
}

/* A request in several records is answered so: the rest follows the first record. */
static enum magma_code receive_rest(struct mg_rpc *rpc, uint32_t expected, void *reply,
                                    uint32_t room, uint32_t *total, struct magma_error *err)
{
    while (*total < expected) {
        const struct mg_rpc_message *m = &rpc->message;
        enum magma_code code = await_reply(rpc, NV_RPC_FUNCTION_CONTINUATION_RECORD, err);
        uint32_t part;

        if (code != MAGMA_OK)
            return code;
        if (!m->payload_size_bytes || m->payload_size_bytes > expected - *total)
            return mg_fail(err, MAGMA_PROTOCOL, "a continuation record of 0x%x bytes, 0x%x left",
                           m->payload_size_bytes, expected - *total);
        part = m->payload_size_bytes;
        if (reply && *total < room)
            memcpy((uint8_t *)reply + *total, m->payload,
                   part < room - *total ? part : room - *total);
        *total += part;
    }
    return MAGMA_OK;
}

enum magma_code mg_rpc_exchange(struct mg_rpc *rpc, uint32_t function, const void *payload,
                                uint32_t size_bytes, void *reply, uint32_t *reply_size_bytes,
                                uint32_t *result, struct magma_error *err)
{
    uint32_t room = reply_size_bytes ? *reply_size_bytes : 0, total = 0;
    enum magma_code code;

    pthread_mutex_lock(&rpc->lock);
    code = send_locked(rpc, function, payload, size_bytes, err);
    if (code == MAGMA_OK)
        code = await_reply(rpc, function, err);
    if (code == MAGMA_OK) {
        total = room;
        copy_payload(&rpc->message, reply, &total);
        *result = rpc->message.rpc.rpc_result;
        if (size_bytes > NV_RPC_PAYLOAD_SIZE_MAX && *result == NV_RPC_RESULT_OK)
            code = receive_rest(rpc, size_bytes, reply, room, &total, err);
    }
    rpc->sequence++;
    pthread_mutex_unlock(&rpc->lock);
    if (code == MAGMA_OK && reply_size_bytes)
        *reply_size_bytes = total;
    return code;
}

enum magma_code mg_rpc_call(struct mg_rpc *rpc, uint32_t function, const void *payload,
                            uint32_t size_bytes, void *reply, uint32_t *reply_size_bytes,
                            struct magma_error *err)
{
    uint32_t result = 0;
    char name[64], text[64];
    enum magma_code code =
        mg_rpc_exchange(rpc, function, payload, size_bytes, reply, reply_size_bytes, &result, err);

    if (code != MAGMA_OK || result == NV_RPC_RESULT_OK)
        return code;
    return mg_fail(err, MAGMA_FIRMWARE_REFUSED, "GSP-RM refused %s: %s",
                   mg_rpc_name(function, name, sizeof name),
                   mg_rpc_result_text(result, text, sizeof text));
}

/* ---- Handlers ---- */

enum magma_code mg_rpc_on_event(struct mg_rpc *rpc, uint32_t event, mg_rpc_event_handler handler,
                                void *ctx, struct magma_error *err)
{
    enum magma_code code = MAGMA_OK;

    pthread_mutex_lock(&rpc->lock);
    if (rpc->handler_count == MG_RPC_HANDLER_MAX)
        code = mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "more than %u event handlers",
                       MG_RPC_HANDLER_MAX);
    else
        rpc->handlers[rpc->handler_count++] = (struct mg_rpc_handler){event, handler, ctx};
    pthread_mutex_unlock(&rpc->lock);
    return code;
}

void mg_rpc_off_event(struct mg_rpc *rpc, mg_rpc_event_handler handler, void *ctx)
{
    uint32_t kept = 0;

    pthread_mutex_lock(&rpc->lock);
    for (uint32_t i = 0; i < rpc->handler_count; i++)
        if (rpc->handlers[i].call != handler || rpc->handlers[i].ctx != ctx)
            rpc->handlers[kept++] = rpc->handlers[i];
    rpc->handler_count = kept;
    pthread_mutex_unlock(&rpc->lock);
}

void mg_rpc_stats(struct mg_rpc *rpc, uint64_t *sent, uint64_t *received)
{
    pthread_mutex_lock(&rpc->lock);
    *sent = rpc->sent;
    *received = rpc->received;
    pthread_mutex_unlock(&rpc->lock);
}
