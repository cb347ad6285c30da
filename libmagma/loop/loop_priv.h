/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The state of a loop. Who holds the turn may touch libuv and the lists; `lock` guards only the
 * turn itself. A thread that wants the turn counts itself in `wanting` and wakes the driver,
 * which gives it up after its round.
 */
#ifndef MG_LOOP_LOOP_PRIV_H
#define MG_LOOP_LOOP_PRIV_H

#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

#include "libmagma/core/status.h"
#include "libmagma/loop/loop.h"

enum { WATCH_FDS_MAX = 64 };

struct mg_loop {
    const struct mg_clock *clock;
    const struct mg_log *log;
    bool system_clock;

    pthread_mutex_t lock; /* guards what follows up to in_callbacks */
    pthread_cond_t changed;
    bool held;
    pthread_t holder;
    unsigned depth; /* turns the holder has taken, one inside the other; the holder's */
    unsigned wanting;
    uint64_t generation; /* counts rounds and wakes */
    bool in_callbacks;   /* the holder runs callbacks */

    /* Only with the turn. */
    uv_loop_t uv;
    uv_async_t async;
    uv_timer_t alarm;
    struct mg_timer *timers; /* ascending deadline */
    struct mg_watch *watches;

    pthread_t thread;
    bool has_thread; /* owned by start and stop, which the user orders */
    atomic_bool stopping;
};

/* One descriptor or several with one callback. */
struct mg_watch {
    struct mg_loop *loop;
    mg_loop_callback callback;
    void *ctx;
    struct mg_watch *next, **link;
    int events; /* of libuv */
    unsigned poll_count;
    unsigned closing; /* libuv handles that are not closed yet */
    bool silent;      /* removed or lost: no more calls */
    bool blocking;    /* the descriptor must not be O_NONBLOCK */
    uv_poll_t polls[WATCH_FDS_MAX];

    /* For watches of an irq or a device. */
    void *source;
    void (*lost)(void *ctx, const struct magma_error *err);
    void *lost_ctx;
};

/* Takes the turn, also when the caller has it already. */
void loop_enter(struct mg_loop *loop);
void loop_leave(struct mg_loop *loop);

/* With the turn: runs timers that are due. */
void loop_run_timers(struct mg_loop *loop);

/* With the turn: closes a watch's handles and frees it once they are. */
void loop_watch_close(struct mg_watch *watch);

#endif
