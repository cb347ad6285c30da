/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Turns and rounds: who may drive the loop, one round of it, waiting, and the loop's own thread.
 *
 * A round with the system's clock is uv_run with an alarm at the next deadline. With another
 * clock uv_run never waits, and between its rounds that clock sleeps.
 */
#include "libmagma/loop/loop_priv.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NS_PER_MS     UINT64_C(1000000)
#define NS_PER_S      UINT64_C(1000000000)
#define STEP_SLEEP_NS UINT64_C(20000) /* of a clock that is not the system's */
#define WAIT_MAX_NS   (UINT64_C(3600) * NS_PER_S)

/* ---- The turn ---- */

static bool mine(const struct mg_loop *loop)
{
    return loop->held && pthread_equal(loop->holder, pthread_self());
}

/* With the lock. */
static void take(struct mg_loop *loop)
{
    loop->held = true;
    loop->holder = pthread_self();
    loop->depth = 1;
}

void loop_enter(struct mg_loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    if (mine(loop)) {
        loop->depth++;
    } else {
        loop->wanting++;
        while (loop->held) {
            uv_async_send(&loop->async);
            pthread_cond_wait(&loop->changed, &loop->lock);
        }
        loop->wanting--;
        take(loop);
    }
    pthread_mutex_unlock(&loop->lock);
}

/* With the lock. */
static void release(struct mg_loop *loop)
{
    if (--loop->depth)
        return;
    loop->held = false;
    pthread_cond_broadcast(&loop->changed);
}

void loop_leave(struct mg_loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    release(loop);
    pthread_mutex_unlock(&loop->lock);
}

bool mg_loop_inside(struct mg_loop *loop)
{
    bool inside;

    pthread_mutex_lock(&loop->lock);
    inside = mine(loop) && loop->in_callbacks;
    pthread_mutex_unlock(&loop->lock);
    return inside;
}

void mg_loop_wake(struct mg_loop *loop)
{
    uv_async_send(&loop->async);
    pthread_mutex_lock(&loop->lock);
    loop->generation++;
    pthread_cond_broadcast(&loop->changed);
    pthread_mutex_unlock(&loop->lock);
}

/* ---- One round ---- */

static void on_async(uv_async_t *async)
{
    (void)async;
}

/* An alarm that is due before the round has begun to wait must not let it wait for ever. */
static void on_alarm(uv_timer_t *alarm)
{
    uv_stop(alarm->loop);
}

static uint64_t next_deadline(const struct mg_loop *loop, uint64_t deadline_ns)
{
    if (loop->timers && loop->timers->deadline_ns < deadline_ns)
        return loop->timers->deadline_ns;
    return deadline_ns;
}

/* Sleeps in the kernel until something happens, a timer is due or the deadline has passed. */
static void round_system(struct mg_loop *loop, uint64_t deadline_ns)
{
    uint64_t until_ns = next_deadline(loop, deadline_ns);
    uint64_t now_ns = mg_now_ns(loop->clock);

    if (until_ns <= now_ns) {
        uv_run(&loop->uv, UV_RUN_NOWAIT);
        return;
    }
    if (until_ns - now_ns > WAIT_MAX_NS)
        until_ns = now_ns + WAIT_MAX_NS;
    uv_update_time(&loop->uv);
    uv_timer_start(&loop->alarm, on_alarm, (until_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS, 0);
    uv_run(&loop->uv, UV_RUN_ONCE);
    uv_timer_stop(&loop->alarm);
}

/* Looks, and lets the clock go on a little. Whoever waits asks again afterwards. */
static void round_stepped(struct mg_loop *loop, uint64_t deadline_ns)
{
    uint64_t until_ns, now_ns;

    uv_run(&loop->uv, UV_RUN_NOWAIT);
    until_ns = next_deadline(loop, deadline_ns);
    now_ns = mg_now_ns(loop->clock);
    if (until_ns <= now_ns)
        return;
    mg_sleep_ns(loop->clock, until_ns - now_ns < STEP_SLEEP_NS ? until_ns - now_ns : STEP_SLEEP_NS);
    uv_run(&loop->uv, UV_RUN_NOWAIT);
}

static void set_in_callbacks(struct mg_loop *loop, bool on)
{
    pthread_mutex_lock(&loop->lock);
    loop->in_callbacks = on;
    if (!on) {
        loop->generation++;
        pthread_cond_broadcast(&loop->changed);
    }
    pthread_mutex_unlock(&loop->lock);
}

/* With the turn. */
static void drive(struct mg_loop *loop, uint64_t deadline_ns)
{
    set_in_callbacks(loop, true);
    if (loop->system_clock)
        round_system(loop, deadline_ns);
    else
        round_stepped(loop, deadline_ns);
    loop_run_timers(loop);
    set_in_callbacks(loop, false);
}

/* ---- Waiting ---- */

/* With the lock: sleeps until something changes, at most to a deadline of the system's clock. */
static void wait_changed(struct mg_loop *loop, uint64_t until_ns)
{
    uint64_t now_ns = mg_now_ns(loop->clock);
    uint64_t left_ns = until_ns > now_ns ? until_ns - now_ns : 0;
    struct timespec ts;

    /* Another clock than the system's says nothing about how long to sleep: look often. */
    if (!loop->system_clock && left_ns > NS_PER_MS)
        left_ns = NS_PER_MS;
    if (left_ns > WAIT_MAX_NS)
        left_ns = WAIT_MAX_NS;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    left_ns += (uint64_t)ts.tv_nsec;
    ts.tv_sec += (time_t)(left_ns / NS_PER_S);
    ts.tv_nsec = (long)(left_ns % NS_PER_S);
    pthread_cond_timedwait(&loop->changed, &loop->lock, &ts);
}

static uint64_t generation(struct mg_loop *loop)
{
    uint64_t value;

    pthread_mutex_lock(&loop->lock);
    value = loop->generation;
    pthread_mutex_unlock(&loop->lock);
    return value;
}

/*
 * One round, by this thread if nobody drives and nobody waits for the turn, else by the one that
 * does. Returns when a round is over or until_ns has passed; at once when there was one since the
 * caller saw generation `seen`, for it may have brought what the caller waits for.
 */
static void round_or_wait(struct mg_loop *loop, uint64_t until_ns, uint64_t seen)
{
    bool drives = false;

    pthread_mutex_lock(&loop->lock);
    if (loop->generation == seen) {
        drives = !loop->held && !loop->wanting;
        if (drives)
            take(loop);
        else
            wait_changed(loop, until_ns);
    }
    pthread_mutex_unlock(&loop->lock);
    if (!drives)
        return;
    drive(loop, until_ns);
    loop_leave(loop);
}

static enum magma_code refuse_inside(struct mg_loop *loop, const char *what,
                                     struct magma_error *err)
{
    if (!mg_loop_inside(loop))
        return MAGMA_OK;
    return mg_fail(err, MAGMA_INTERNAL, "%s inside a callback of the event loop", what);
}

enum magma_code mg_loop_step(struct mg_loop *loop, uint64_t timeout_ns, struct magma_error *err)
{
    enum magma_code code = refuse_inside(loop, "mg_loop_step", err);

    if (!code)
        round_or_wait(loop, mg_deadline_ns(loop->clock, timeout_ns), generation(loop));
    return code;
}

enum magma_code mg_loop_wait(struct mg_loop *loop, bool (*done)(void *ctx), void *ctx,
                             uint64_t poll_ns, uint64_t timeout_ns, const char *what,
                             struct magma_error *err)
{
    uint64_t start_ns = mg_now_ns(loop->clock);
    uint64_t deadline_ns = mg_deadline_ns(loop->clock, timeout_ns);
    enum magma_code code = refuse_inside(loop, "mg_loop_wait", err);

    while (!code) {
        uint64_t now_ns = mg_now_ns(loop->clock);
        uint64_t seen = generation(loop);
        uint64_t until_ns = deadline_ns;

        if (done(ctx))
            return MAGMA_OK;
        if (now_ns >= deadline_ns)
            return mg_fail(err, MAGMA_TIMEOUT, "waiting for %s: not there after %llu us", what,
                           (unsigned long long)((now_ns - start_ns) / 1000));
        if (poll_ns && poll_ns < deadline_ns - now_ns)
            until_ns = now_ns + poll_ns;
        round_or_wait(loop, until_ns, seen);
    }
    return code;
}

/* ---- Its own thread ---- */

static void *thread_main(void *arg)
{
    struct mg_loop *loop = arg;

    while (!atomic_load(&loop->stopping)) {
        pthread_mutex_lock(&loop->lock);
        /* Whoever wants the turn gets it before the next round. */
        while (loop->held || loop->wanting)
            pthread_cond_wait(&loop->changed, &loop->lock);
        take(loop);
        pthread_mutex_unlock(&loop->lock);
        drive(loop, UINT64_MAX);
        loop_leave(loop);
    }
    return NULL;
}

enum magma_code mg_loop_start(struct mg_loop *loop, struct magma_error *err)
{
    sigset_t all, old;
    int error;

    if (loop->has_thread)
        return mg_fail(err, MAGMA_BUSY, "the event loop has a thread already");
    atomic_store(&loop->stopping, false);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    error = pthread_create(&loop->thread, NULL, thread_main, loop);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (error)
        return mg_fail_errno(err, error, "starting the event loop's thread");
    pthread_setname_np(loop->thread, "magma-loop");
    loop->has_thread = true;
    return MAGMA_OK;
}

void mg_loop_stop(struct mg_loop *loop)
{
    if (!loop->has_thread)
        return;
    atomic_store(&loop->stopping, true);
    mg_loop_wake(loop);
    pthread_join(loop->thread, NULL);
    loop->has_thread = false;
}

/* ---- Life ---- */

static enum magma_code init_uv(struct mg_loop *loop, struct magma_error *err)
{
    int error = uv_loop_init(&loop->uv);

    if (error)
        return mg_fail(err, MAGMA_SYSTEM, "making an event loop: %s", uv_strerror(error));
    error = uv_async_init(&loop->uv, &loop->async, on_async);
    if (error) {
        uv_loop_close(&loop->uv);
        return mg_fail(err, MAGMA_SYSTEM, "making an event loop: %s", uv_strerror(error));
    }
    uv_timer_init(&loop->uv, &loop->alarm);
    return MAGMA_OK;
}

enum magma_code mg_loop_create(const struct mg_clock *clock, const struct mg_log *log,
                               struct mg_loop **out, struct magma_error *err)
{
    struct mg_loop *loop = calloc(1, sizeof *loop);
    pthread_condattr_t attr;
    enum magma_code code;

    *out = NULL;
    if (!loop)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "no memory for an event loop");
    loop->clock = clock ? clock : &mg_clock_system;
    loop->log = log;
    loop->system_clock =
        loop->clock == &mg_clock_system || loop->clock->now_ns == mg_clock_system.now_ns;
    code = init_uv(loop, err);
    if (code) {
        free(loop);
        return code;
    }
    pthread_mutex_init(&loop->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&loop->changed, &attr);
    pthread_condattr_destroy(&attr);
    *out = loop;
    return MAGMA_OK;
}

void mg_loop_destroy(struct mg_loop *loop)
{
    if (!loop)
        return;
    mg_loop_stop(loop);
    loop_enter(loop);
    while (loop->timers)
        mg_loop_timer_cancel(loop, loop->timers);
    while (loop->watches)
        loop_watch_close(loop->watches);
    uv_close((uv_handle_t *)&loop->async, NULL);
    uv_close((uv_handle_t *)&loop->alarm, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT); /* lets the handles close */
    uv_loop_close(&loop->uv);
    loop_leave(loop);
    pthread_cond_destroy(&loop->changed);
    pthread_mutex_destroy(&loop->lock);
    free(loop);
}
