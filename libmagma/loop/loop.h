/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The event loop: waits for interrupts, other descriptors and timers, and runs their callbacks.
 * It has no thread unless mg_loop_start gives it one; else whoever waits drives it. At any time
 * one thread drives: callbacks never run at the same time as each other, and need no locks
 * between them. Functions here may be called from any thread, callbacks included, except where
 * said otherwise; from another thread they wait until the driver is between two callbacks.
 *
 * A callback must not block: no mg_loop_wait, no mg_loop_step (both refuse), no sleeping, no RPC.
 *
 * Time is that of the clock given at create. With the system's clock the loop sleeps in the
 * kernel. With any other clock (a model that is stepped in this process) it never does: it sleeps
 * by that clock, in small pieces, and looks at its descriptors in between, so that waiting makes
 * the model go on.
 */
#ifndef MG_LOOP_LOOP_H
#define MG_LOOP_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include <magma-nv/status.h>

#include "libmagma/core/clock.h"
#include "libmagma/core/log.h"

struct mg_loop;
struct mg_irq;
struct mvfio_device;

/* NULL clock: the system's. log may be NULL. Both must outlive the loop. */
enum magma_code mg_loop_create(const struct mg_clock *clock, const struct mg_log *log,
                               struct mg_loop **out, struct magma_error *err);

/* Stops the thread if there is one, removes all watches and timers (no callbacks come from it),
 * frees. Not from a callback. NULL is fine. */
void mg_loop_destroy(struct mg_loop *loop);

/* Gives the loop a thread of its own, named "magma-loop", with all signals blocked. */
enum magma_code mg_loop_start(struct mg_loop *loop, struct magma_error *err);

/* Ends that thread after the callback that runs now. Not from a callback. */
void mg_loop_stop(struct mg_loop *loop);

/* ---- Descriptors ---- */

typedef void (*mg_loop_callback)(void *ctx);

struct mg_watch;

/* Calls callback when fd is readable (or closed by its peer), again and again while it stays so.
 * The descriptor stays the caller's, becomes nonblocking, and must outlive the watch. One watch
 * per descriptor. */
enum magma_code mg_loop_watch_fd(struct mg_loop *loop, int fd, mg_loop_callback callback, void *ctx,
                                 struct mg_watch **out, struct magma_error *err);

/* The same for a descriptor that wakes nobody while it is nonblocking (nvidia.ko's poll): it
 * becomes blocking, and the callback must not read it. What made it ready before the loop's next
 * round may be missed: run one (mg_loop_step) before it matters. */
enum magma_code mg_loop_watch_blocking_fd(struct mg_loop *loop, int fd, mg_loop_callback callback,
                                          void *ctx, struct mg_watch **out,
                                          struct magma_error *err);

/* After it returns the callback does not run and will not (unless it is the caller). NULL is
 * fine. */
void mg_loop_unwatch(struct mg_loop *loop, struct mg_watch *watch);

/* Has mg_irq_service called for each of the irq's eventfds. One watch for all of them. When the
 * device is gone the watch falls silent; lost(ctx, err) (may be NULL) is called once. */
enum magma_code mg_loop_watch_irq(struct mg_loop *loop, struct mg_irq *irq,
                                  void (*lost)(void *ctx, const struct magma_error *err), void *ctx,
                                  struct mg_watch **out, struct magma_error *err);

/*
 * Notices that a vfio-user device's server has left, also while nothing is asked of it, and that
 * the kernel wants a VFIO device back; then as above. *out is NULL when this kind of device does
 * neither. Memory that the server reaches by
 * messages only (mvfio_dma_wrap without a descriptor) needs mvfio_device_service as well: watch
 * mvfio_device_poll_fd for it.
 */
enum magma_code mg_loop_watch_device(struct mg_loop *loop, struct mvfio_device *device,
                                     void (*lost)(void *ctx, const struct magma_error *err),
                                     void *ctx, struct mg_watch **out, struct magma_error *err);

/* ---- Timers ---- */

/* A timer, embedded in its user's structure. Zero it before first use. */
struct mg_timer {
    uint64_t deadline_ns;
    uint64_t period_ns;
    mg_loop_callback callback;
    void *ctx;
    struct mg_timer *next;
    bool armed;
};

/* Calls callback once after delay_ns, and then every period_ns unless that is 0. An armed timer
 * is set anew. The structure must stay until it has fired for good or was cancelled. Late calls
 * are not made up for. Resolution: a millisecond with the system's clock. */
void mg_loop_timer_start(struct mg_loop *loop, struct mg_timer *timer, uint64_t delay_ns,
                         uint64_t period_ns, mg_loop_callback callback, void *ctx);

/* After it returns the callback does not run and will not (unless it is the caller). */
void mg_loop_timer_cancel(struct mg_loop *loop, struct mg_timer *timer);

/* ---- Waiting ---- */

/*
 * Runs callbacks that are due, waiting at most timeout_ns for the first; 0: does not wait. When
 * another thread drives, waits so long for one of its rounds instead.
 * MAGMA_INTERNAL: called from a callback.
 */
enum magma_code mg_loop_step(struct mg_loop *loop, uint64_t timeout_ns, struct magma_error *err);

/*
 * Waits until done(ctx), driving the loop or letting its driver do so. done is asked before, after
 * each round of callbacks, and at least every poll_ns (0: only after rounds); it must be quick
 * and safe beside the driver's callbacks, and is asked once more after the deadline.
 * `what` stands in the text of MAGMA_TIMEOUT ("GSP-RM's INIT_DONE").
 */
enum magma_code mg_loop_wait(struct mg_loop *loop, bool (*done)(void *ctx), void *ctx,
                             uint64_t poll_ns, uint64_t timeout_ns, const char *what,
                             struct magma_error *err);

/* Makes the driver go round once and everybody in mg_loop_wait ask again. Async-signal-unsafe,
 * else from anywhere. */
void mg_loop_wake(struct mg_loop *loop);

/* Whether the caller is inside a callback of this loop. */
bool mg_loop_inside(struct mg_loop *loop);

#endif
