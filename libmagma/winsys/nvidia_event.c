/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Waiting: the kernel driver makes a descriptor readable when any channel of the GPU raises its
 * completion interrupt. That is a hint and may get lost between sleepers, so a sleeper looks by
 * itself every millisecond, and at the channels' error notifiers as often.
 */
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <nvhw/rm.h>
#include <nvhw/rmioctl.h>

#include "libmagma/core/status.h"
#include "libmagma/winsys/nvidia_private.h"

#define CONTROL_NODE "/dev/nvidiactl"
#define SLEEP_MS     1

static enum magma_code create_event(struct mg_nvidia *nv, struct magma_error *err)
{
    const struct mg_rmi_os *os = nv->options.os;
    struct nvhw_rmi_os_event block = {.h_client = nv->rmi.client, .h_device = nv->device};
    struct nvhw_event_alloc_params params = {
        .h_parent_client = nv->rmi.client,
        .h_src_resource = nv->subdevice,
        .h_class = NV01_EVENT_OS_EVENT,
        .notify_index = NVHW_DEF(NV_RMI_NOTIFY, INDEX, FIFO_EVENT_MTHD) |
                        NVHW_NUM(NV_RMI_NOTIFY, NONSTALL_INTR, 1) |
                        NVHW_NUM(NV_RMI_NOTIFY, WITHOUT_EVENT_DATA, 1) |
                        NVHW_NUM(NV_RMI_NOTIFY, SUBDEVICE_SPECIFIC, 1),
    };
    enum magma_code code;

    nv->event_fd = os->open(os->ctx, CONTROL_NODE);
    if (nv->event_fd < 0)
        return mg_fail_errno(err, -nv->event_fd, "%s", CONTROL_NODE);
    block.fd = (uint32_t)nv->event_fd;
    params.data = block.fd;
    code = mg_rmi_escape(&nv->rmi, nv->event_fd, NV_ESC_ALLOC_OS_EVENT, &block, sizeof block, err);
    if (code == MAGMA_OK && block.status)
        code = mg_fail(err, MAGMA_FIRMWARE_REFUSED, "no event: status 0x%x", block.status);
    if (code == MAGMA_OK)
        code = mg_rmi_alloc(&nv->rmi, nv->subdevice, NV01_EVENT_OS_EVENT, &params, sizeof params,
                            &nv->event, err);
    return code;
}

enum magma_code mg_nvidia_event_init(struct mg_nvidia *nv, struct magma_error *err)
{
    struct magma_error why = {0};

    nv->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (nv->wake_fd < 0)
        return mg_fail_errno(err, errno, "eventfd");
    if (create_event(nv, &why) == MAGMA_OK)
        return MAGMA_OK;
    mg_log(&nv->ws.log, MG_LOG_WARN, "no completion events, sleepers look by themselves: %s",
           why.text);
    if (nv->event_fd >= 0)
        nv->options.os->close(nv->options.os->ctx, nv->event_fd);
    nv->event_fd = -1;
    return MAGMA_OK;
}

void mg_nvidia_event_finish(struct mg_nvidia *nv)
{
    mg_rmi_free(&nv->rmi, nv->subdevice, nv->event);
    nv->event = 0;
    if (nv->event_fd >= 0)
        nv->options.os->close(nv->options.os->ctx, nv->event_fd);
    if (nv->wake_fd >= 0)
        close(nv->wake_fd);
    nv->event_fd = nv->wake_fd = -1;
}

void mg_nvidia_poll(struct mg_winsys *ws)
{
    if (!mg_winsys_is_lost(ws))
        mg_nvidia_channels_check(mg_nvidia_of(ws));
}

static void sleep_once(struct mg_nvidia *nv)
{
    struct pollfd fds[] = {{nv->wake_fd, POLLIN, 0}, {nv->event_fd, POLLIN | POLLPRI, 0}};
    uint64_t count;

    if (poll(fds, 2, SLEEP_MS) <= 0)
        return;
    if (fds[0].revents && read(nv->wake_fd, &count, sizeof count) < 0)
        return; /* another sleeper took it */
    if (fds[1].revents & (POLLHUP | POLLERR))
        mg_winsys_set_lost(&nv->ws, "the kernel driver gave up the GPU");
}

enum magma_code mg_nvidia_wait(struct mg_winsys *ws, bool (*done)(void *ctx), void *ctx,
                               uint64_t timeout_ns)
{
    struct mg_nvidia *nv = mg_nvidia_of(ws);
    uint64_t deadline_ns = mg_deadline_ns(ws->clock, timeout_ns);

    for (;;) {
        if (done(ctx))
            return MAGMA_OK;
        mg_nvidia_poll(ws);
        if (mg_winsys_is_lost(ws))
            return done(ctx) ? MAGMA_OK : MAGMA_DEVICE_LOST;
        if (mg_now_ns(ws->clock) >= deadline_ns)
            return MAGMA_TIMEOUT;
        sleep_once(nv);
    }
}

void mg_nvidia_wake(struct mg_winsys *ws)
{
    struct mg_nvidia *nv = mg_nvidia_of(ws);
    uint64_t one = 1;

    /* Full is as good as written. */
    if (nv->wake_fd >= 0 && write(nv->wake_fd, &one, sizeof one) < 0)
        return;
}
