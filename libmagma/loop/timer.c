/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Timers of a loop: a list in order of deadline. There are few of them (watchdogs). */
#include "libmagma/loop/loop_priv.h"

/* With the turn. */
static void insert(struct mg_loop *loop, struct mg_timer *timer)
{
    struct mg_timer **at = &loop->timers;

    while (*at && (*at)->deadline_ns <= timer->deadline_ns)
        at = &(*at)->next;
    timer->next = *at;
    *at = timer;
    timer->armed = true;
}

static void withdraw(struct mg_loop *loop, struct mg_timer *timer)
{
    struct mg_timer **at = &loop->timers;

    while (*at && *at != timer)
        at = &(*at)->next;
    if (*at)
        *at = timer->next;
    timer->next = NULL;
    timer->armed = false;
}

void mg_loop_timer_start(struct mg_loop *loop, struct mg_timer *timer, uint64_t delay_ns,
                         uint64_t period_ns, mg_loop_callback callback, void *ctx)
{
    loop_enter(loop);
    if (timer->armed)
        withdraw(loop, timer);
    timer->deadline_ns = mg_deadline_ns(loop->clock, delay_ns);
    timer->period_ns = period_ns;
    timer->callback = callback;
    timer->ctx = ctx;
    insert(loop, timer);
    loop_leave(loop);
}

void mg_loop_timer_cancel(struct mg_loop *loop, struct mg_timer *timer)
{
    loop_enter(loop);
    if (timer->armed)
        withdraw(loop, timer);
    loop_leave(loop);
}

void loop_run_timers(struct mg_loop *loop)
{
    /* One look at the clock: a timer that is set anew to now runs in the next round. */
    uint64_t now_ns = mg_now_ns(loop->clock);

    while (loop->timers && loop->timers->deadline_ns <= now_ns) {
        struct mg_timer *timer = loop->timers;

        withdraw(loop, timer);
        if (timer->period_ns) {
            timer->deadline_ns =
                now_ns > UINT64_MAX - timer->period_ns ? UINT64_MAX : now_ns + timer->period_ns;
            insert(loop, timer);
        }
        timer->callback(timer->ctx);
    }
}
