/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Waiting: the kernel driver makes a descriptor readable when a channel of the GPU raises its
 * completion interrupt, or has an error. The event loop watches it; whoever waits drives the
 * loop, and everybody else looks after each of its rounds. An event is a hint without contents
 * (other processes' channels cause it too), so a waiter looks at memory.
 *
 * nvidia.ko's poll wakes only blocking descriptors, and clears what it reports: see
 * mg_loop_watch_blocking_fd.
 */
#include <errno.h>
#include <poll.h>

#include <nvhw/rm.h>
#include <nvhw/rmioctl.h>

#include "libmagma/core/status.h"
#include "libmagma/winsys/nvidia_private.h"

#define CONTROL_NODE "/dev/nvidiactl"
/* How often a waiter looks although nothing came: with events as a net under them, without them
 * because there is no other way. */
#define NET_NS       UINT64_C(10000000)
#define LOOK_NS      UINT64_C(1000000)
/* How often a waiter asks whether the kernel driver still has the GPU. */
#define HEALTH_NS    UINT64_C(200000000)

static enum magma_code create_object(struct mg_nvidia *nv, uint32_t notify_index, uint32_t *object,
                                     struct magma_error *err)
{
    struct nvhw_event_alloc_params params = {
        .h_parent_client = nv->rmi.client,
        .h_src_resource = nv->subdevice,
        .h_class = NV01_EVENT_OS_EVENT,
        .notify_index = notify_index | NVHW_NUM(NV_RMI_NOTIFY, WITHOUT_EVENT_DATA, 1) |
                        NVHW_NUM(NV_RMI_NOTIFY, SUBDEVICE_SPECIFIC, 1),
        .data = (uint64_t)nv->event_fd,
    };

    return mg_rmi_alloc(&nv->rmi, nv->subdevice, NV01_EVENT_OS_EVENT, &params, sizeof params,
                        object, err);
}

/* The descriptor becomes readable for channel errors too. Without it they are seen at the next
 * look. */
static void create_error_event(struct mg_nvidia *nv)
{
    struct nvhw_ctrl_event_set_notification arm = {.event = NV_RMI_NOTIFY_INDEX_RC_ERROR,
                                                   .action = NV_RM_EVENT_ACTION_REPEAT};
    struct magma_error err = {0};
    enum magma_code code =
        create_object(nv, NVHW_DEF(NV_RMI_NOTIFY, INDEX, RC_ERROR), &nv->error_event, &err);

    if (code == MAGMA_OK)
        code = mg_rmi_control(&nv->rmi, nv->subdevice, NV2080_CTRL_CMD_EVENT_SET_NOTIFICATION, &arm,
                              sizeof arm, &err);
    if (code != MAGMA_OK)
        mg_log(&nv->ws.log, MG_LOG_INFO, "no events for channel errors: %s", err.text);
}

static enum magma_code create_event(struct mg_nvidia *nv, struct magma_error *err)
{
    const struct mg_rmi_os *os = nv->options.os;
    struct nvhw_rmi_os_event block = {.h_client = nv->rmi.client, .h_device = nv->device};
    enum magma_code code;

    nv->event_fd = os->open(os->ctx, CONTROL_NODE);
    if (nv->event_fd < 0)
        return mg_fail_errno(err, -nv->event_fd, "%s", CONTROL_NODE);
    block.fd = (uint32_t)nv->event_fd;
    code = mg_rmi_escape(&nv->rmi, nv->event_fd, NV_ESC_ALLOC_OS_EVENT, &block, sizeof block, err);
    if (code == MAGMA_OK && block.status)
        code = mg_fail(err, MAGMA_FIRMWARE_REFUSED, "no event: status 0x%x", block.status);
    if (code == MAGMA_OK)
        code = create_object(nv,
                             NVHW_DEF(NV_RMI_NOTIFY, INDEX, FIFO_EVENT_MTHD) |
                                 NVHW_NUM(NV_RMI_NOTIFY, NONSTALL_INTR, 1),
                             &nv->event, err);
    return code;
}

static void on_event(void *ctx)
{
    struct mg_nvidia *nv = ctx;

    /* The round of the loop in which this runs makes waiters look. */
    atomic_fetch_add_explicit(&nv->event_count, 1, memory_order_relaxed);
}

static void drop_event(struct mg_nvidia *nv)
{
    if (nv->loop)
        mg_loop_unwatch(nv->loop, nv->watch);
    nv->watch = NULL;
    mg_rmi_free(&nv->rmi, nv->subdevice, nv->error_event);
    mg_rmi_free(&nv->rmi, nv->subdevice, nv->event);
    nv->event = nv->error_event = 0;
    if (nv->loop)
        (void)mg_loop_step(nv->loop, 0, NULL); /* lets go of the descriptor before it is closed */
    if (nv->event_fd >= 0)
        nv->options.os->close(nv->options.os->ctx, nv->event_fd);
    nv->event_fd = -1;
}

enum magma_code mg_nvidia_event_init(struct mg_nvidia *nv, struct magma_error *err)
{
    struct magma_error why = {0};
    enum magma_code code = mg_loop_create(nv->ws.clock, &nv->ws.log, &nv->loop, err);

    if (code != MAGMA_OK)
        return code;
    code = create_event(nv, &why);
    if (code == MAGMA_OK)
        code = mg_loop_watch_blocking_fd(nv->loop, nv->event_fd, on_event, nv, &nv->watch, &why);
    if (code == MAGMA_OK) {
        create_error_event(nv);
        /* From this round on nothing gets lost. */
        return mg_loop_step(nv->loop, 0, err);
    }
    mg_log(&nv->ws.log, MG_LOG_WARN, "no completion events, waiters look by themselves: %s",
           why.text);
    drop_event(nv);
    return MAGMA_OK;
}

void mg_nvidia_event_finish(struct mg_nvidia *nv)
{
    drop_event(nv);
    mg_loop_destroy(nv->loop);
    nv->loop = NULL;
}

void mg_nvidia_poll(struct mg_winsys *ws)
{
    if (!mg_winsys_is_lost(ws))
        mg_nvidia_channels_check(mg_nvidia_of(ws));
}

/* Asking takes a pending event away from the loop: then everybody looks. */
static void check_health(struct mg_nvidia *nv)
{
    struct pollfd fd = {nv->event_fd, POLLIN | POLLPRI, 0};

    if (nv->event_fd < 0 || poll(&fd, 1, 0) <= 0)
        return;
    if (fd.revents & (POLLHUP | POLLERR))
        mg_winsys_set_lost(&nv->ws, "the kernel driver gave up the GPU");
    else
        mg_loop_wake(nv->loop);
}

struct waiter {
    struct mg_winsys *ws;
    bool (*done)(void *ctx);
    void *ctx;
};

static bool done_or_lost(void *ctx)
{
    const struct waiter *w = ctx;

    if (w->done(w->ctx))
        return true;
    mg_nvidia_poll(w->ws);
    return mg_winsys_is_lost(w->ws);
}

enum magma_code mg_nvidia_wait(struct mg_winsys *ws, bool (*done)(void *ctx), void *ctx,
                               uint64_t timeout_ns)
{
    struct mg_nvidia *nv = mg_nvidia_of(ws);
    struct waiter w = {ws, done, ctx};
    uint64_t deadline_ns = mg_deadline_ns(ws->clock, timeout_ns);

    for (;;) {
        uint64_t now_ns = mg_now_ns(ws->clock);
        uint64_t left_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
        struct magma_error err = {0};

        (void)mg_loop_wait(nv->loop, done_or_lost, &w, nv->watch ? NET_NS : LOOK_NS,
                           left_ns < HEALTH_NS ? left_ns : HEALTH_NS, "the GPU", &err);
        if (done(ctx))
            return MAGMA_OK;
        if (mg_winsys_is_lost(ws))
            return MAGMA_DEVICE_LOST;
        if (left_ns <= HEALTH_NS && deadline_ns != UINT64_MAX)
            return MAGMA_TIMEOUT;
        check_health(nv);
    }
}

void mg_nvidia_wake(struct mg_winsys *ws)
{
    struct mg_nvidia *nv = mg_nvidia_of(ws);

    if (nv->loop)
        mg_loop_wake(nv->loop);
}
