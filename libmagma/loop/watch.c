/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Descriptors a loop waits for: plain ones, the eventfds of an interrupt tree, and the socket of
 * a vfio-user device. */
#include "libmagma/loop/loop_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <mvfio.h>
#include <stdlib.h>

#include "libmagma/hal/irq.h"

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct mg_watch *watch = poll->data;

    (void)events;
    /* An error of the descriptor is for the callback to find when it reads. */
    (void)status;
    if (!watch->silent)
        watch->callback(watch->ctx);
}

static void on_closed(uv_handle_t *handle)
{
    struct mg_watch *watch = handle->data;

    if (--watch->closing == 0)
        free(watch);
}

static void unlink_watch(struct mg_watch *watch)
{
    if (!watch->link)
        return;
    *watch->link = watch->next;
    if (watch->next)
        watch->next->link = watch->link;
    watch->link = NULL;
}

void loop_watch_close(struct mg_watch *watch)
{
    unlink_watch(watch);
    watch->silent = true;
    watch->closing = watch->poll_count;
    if (!watch->poll_count) {
        free(watch);
        return;
    }
    for (unsigned i = watch->poll_count; i-- > 0;)
        uv_close((uv_handle_t *)&watch->polls[i], on_closed);
}

static enum magma_code set_blocking(int fd, struct magma_error *err)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0)
        return mg_fail_errno(err, errno, "making descriptor %d blocking", fd);
    return MAGMA_OK;
}

/* With the turn. */
static enum magma_code add_fd(struct mg_watch *watch, int fd, struct magma_error *err)
{
    uv_poll_t *poll = &watch->polls[watch->poll_count];
    int error = uv_poll_init(&watch->loop->uv, poll, fd);

    if (error)
        return mg_fail(err, MAGMA_SYSTEM, "waiting for descriptor %d: %s", fd, uv_strerror(error));
    poll->data = watch;
    watch->poll_count++;
    error = uv_poll_start(poll, watch->events, on_ready);
    if (error)
        return mg_fail(err, MAGMA_SYSTEM, "waiting for descriptor %d: %s", fd, uv_strerror(error));
    /* uv_poll_init made it nonblocking; the kernel hears of it in the next round only. */
    return watch->blocking ? set_blocking(fd, err) : MAGMA_OK;
}

static void link_watch(struct mg_watch *watch)
{
    struct mg_loop *loop = watch->loop;

    watch->next = loop->watches;
    watch->link = &loop->watches;
    if (watch->next)
        watch->next->link = &watch->next;
    loop->watches = watch;
}

/* Makes the watch a part of its loop, with these descriptors. Frees it on failure. */
static enum magma_code commit(struct mg_watch *watch, const int *fds, uint32_t count,
                              struct mg_watch **out, struct magma_error *err)
{
    struct mg_loop *loop = watch->loop;
    enum magma_code code = MAGMA_OK;

    loop_enter(loop);
    link_watch(watch);
    for (uint32_t i = 0; !code && i < count; i++)
        code = add_fd(watch, fds[i], err);
    if (code)
        loop_watch_close(watch);
    else
        *out = watch;
    loop_leave(loop);
    return code;
}

static struct mg_watch *watch_new(struct mg_loop *loop, mg_loop_callback callback, void *ctx,
                                  struct magma_error *err)
{
    struct mg_watch *watch = calloc(1, sizeof *watch);

    if (!watch) {
        mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "no memory to wait for a descriptor");
        return NULL;
    }
    watch->loop = loop;
    watch->events = UV_READABLE;
    watch->callback = callback;
    watch->ctx = ctx ? ctx : watch;
    return watch;
}

enum magma_code mg_loop_watch_fd(struct mg_loop *loop, int fd, mg_loop_callback callback, void *ctx,
                                 struct mg_watch **out, struct magma_error *err)
{
    struct mg_watch *watch = watch_new(loop, callback, ctx, err);

    *out = NULL;
    if (!watch)
        return MAGMA_OUT_OF_HOST_MEMORY;
    watch->ctx = ctx;
    return commit(watch, &fd, 1, out, err);
}

enum magma_code mg_loop_watch_blocking_fd(struct mg_loop *loop, int fd, mg_loop_callback callback,
                                          void *ctx, struct mg_watch **out, struct magma_error *err)
{
    struct mg_watch *watch = watch_new(loop, callback, ctx, err);

    *out = NULL;
    if (!watch)
        return MAGMA_OUT_OF_HOST_MEMORY;
    watch->ctx = ctx;
    watch->blocking = true;
    watch->events |= UV_PRIORITIZED;
    return commit(watch, &fd, 1, out, err);
}

void mg_loop_unwatch(struct mg_loop *loop, struct mg_watch *watch)
{
    if (!watch)
        return;
    loop_enter(loop);
    loop_watch_close(watch);
    loop_leave(loop);
}

/* Stops listening, keeps the watch for its owner to remove, says so once. */
static void fall_silent(struct mg_watch *watch, const struct magma_error *err)
{
    watch->silent = true;
    for (unsigned i = 0; i < watch->poll_count; i++)
        uv_poll_stop(&watch->polls[i]);
    mg_log(watch->loop->log, MG_LOG_ERROR, "%s", err->text);
    if (watch->lost)
        watch->lost(watch->lost_ctx, err);
}

static void serve_irq(void *ctx)
{
    struct mg_watch *watch = ctx;
    struct magma_error err = {0};

    if (mg_irq_service(watch->source, NULL, &err))
        fall_silent(watch, &err);
}

static void serve_device(void *ctx)
{
    struct mg_watch *watch = ctx;
    struct magma_error err = {0};

    if (mvfio_device_service(watch->source, &err))
        fall_silent(watch, &err);
}

enum magma_code mg_loop_watch_irq(struct mg_loop *loop, struct mg_irq *irq,
                                  void (*lost)(void *ctx, const struct magma_error *err), void *ctx,
                                  struct mg_watch **out, struct magma_error *err)
{
    struct mg_watch *watch = watch_new(loop, serve_irq, NULL, err);
    const int *fds;
    uint32_t count;

    *out = NULL;
    if (!watch)
        return MAGMA_OUT_OF_HOST_MEMORY;
    watch->source = irq;
    watch->lost = lost;
    watch->lost_ctx = ctx;
    fds = mg_irq_fds(irq, &count);
    if (count > WATCH_FDS_MAX)
        count = WATCH_FDS_MAX;
    return commit(watch, fds, count, out, err);
}

enum magma_code mg_loop_watch_device(struct mg_loop *loop, struct mvfio_device *device,
                                     void (*lost)(void *ctx, const struct magma_error *err),
                                     void *ctx, struct mg_watch **out, struct magma_error *err)
{
    bool quiet;
    int fd = mvfio_device_poll_fd(device, &quiet);
    struct mg_watch *watch;

    *out = NULL;
    if (fd < 0)
        return MAGMA_OK;
    watch = watch_new(loop, serve_device, NULL, err);
    if (!watch)
        return MAGMA_OUT_OF_HOST_MEMORY;
    /* Not readable where that would wake the loop for the reply to every register access. */
    watch->events = quiet ? UV_READABLE : UV_DISCONNECT;
    watch->source = device;
    watch->lost = lost;
    watch->lost_ctx = ctx;
    return commit(watch, &fd, 1, out, err);
}
