/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Opening and closing a GPU of the kernel driver. Closing is also how a failed opening cleans up.
 */
#include "libmagma/winsys/nvidia.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nvhw/fifo.h>

#include "libmagma/core/status.h"
#include "libmagma/winsys/nvidia_private.h"

#define PREFIX    "nvidia:"
#define MINOR_MAX 255u

static uint32_t usermode_read(const struct mg_nvidia *nv, uint32_t reg)
{
    const volatile uint8_t *page = nv->usermode_view.cpu;

    return *(const volatile uint32_t *)(page + (reg - NV_VIRTUAL_FUNCTION_USERMODE_BASE));
}

static enum magma_code nvidia_timestamp(struct mg_winsys *ws, uint64_t *time_ns)
{
    struct mg_nvidia *nv = mg_nvidia_of(ws);
    uint32_t high = usermode_read(nv, NV_VIRTUAL_FUNCTION_TIME_1), low, again;

    for (;;) {
        low = usermode_read(nv, NV_VIRTUAL_FUNCTION_TIME_0);
        again = usermode_read(nv, NV_VIRTUAL_FUNCTION_TIME_1);
        if (again == high)
            break;
        high = again;
    }
    if (high == UINT32_MAX && low == UINT32_MAX) {
        mg_winsys_set_lost(ws, "registers read as all ones");
        return MAGMA_DEVICE_LOST;
    }
    *time_ns = (uint64_t)high << 32 | low;
    return MAGMA_OK;
}

static void nvidia_close(struct mg_winsys *ws)
{
    struct mg_nvidia *nv = mg_nvidia_of(ws);

    mg_nvidia_event_finish(nv);
    mg_nvidia_vas_finish(nv);
    mg_nvidia_client_finish(nv);
    pthread_mutex_destroy(&nv->channels_lock);
    free(nv);
}

/* Every channel's doorbell is mapped. */
static void nvidia_ring(struct mg_winsys *ws, const struct mg_channel_port *port)
{
    (void)ws;
    (void)port;
}

static const struct mg_winsys_ops nvidia_ops = {
    .kind = "nvidia",
    .close = nvidia_close,
    .poll = mg_nvidia_poll,
    .wait = mg_nvidia_wait,
    .wake = mg_nvidia_wake,
    .timestamp = nvidia_timestamp,
    .memory_create = mg_nvidia_memory_create,
    .memory_destroy = mg_nvidia_memory_destroy,
    .map = mg_nvidia_map,
    .unmap = mg_nvidia_unmap,
    .channel_create = mg_nvidia_channel_create,
    .channel_destroy = mg_nvidia_channel_destroy,
    .ring = nvidia_ring,
};

struct open_step {
    const char *name, *detail;
    enum magma_code (*run)(struct mg_nvidia *nv, struct magma_error *err);
};

static const struct open_step open_steps[] = {
    {"client", "client, device, classes, usermode page", mg_nvidia_client_init},
    {"events", "completion events", mg_nvidia_event_init},
    {"address space", "one that the resource manager owns", mg_nvidia_vas_init},
};

static bool parse_name(const char *name, unsigned *minor)
{
    char *end;
    unsigned long number;

    if (strncmp(name, PREFIX, strlen(PREFIX)) != 0 || name[strlen(PREFIX)] < '0' ||
        name[strlen(PREFIX)] > '9')
        return false;
    number = strtoul(name + strlen(PREFIX), &end, 10);
    if (*end || number >= MINOR_MAX)
        return false;
    *minor = (unsigned)number;
    return true;
}

static struct mg_nvidia *nvidia_new(const char *name, unsigned minor,
                                    const struct mg_nvidia_options *options)
{
    struct mg_nvidia *nv = calloc(1, sizeof *nv);

    if (!nv)
        return NULL;
    nv->options = *options;
    if (!nv->options.os)
        nv->options.os = &mg_rmi_os_system;
    nv->minor = minor;
    nv->gpu_fd = nv->event_fd = -1;
    snprintf(nv->node, sizeof nv->node, "/dev/nvidia%u", minor);
    nv->ws.ops = &nvidia_ops;
    nv->ws.log = options->log;
    nv->ws.clock = options->clock ? options->clock : &mg_clock_system;
    snprintf(nv->ws.log.subject, sizeof nv->ws.log.subject, "%s", name);
    snprintf(nv->ws.info.address, sizeof nv->ws.info.address, "%s", name);
    pthread_mutex_init(&nv->channels_lock, NULL);
    return nv;
}

enum magma_code mg_nvidia_open(const char *name, const struct mg_nvidia_options *options,
                               struct mg_winsys **out, struct magma_error *err)
{
    struct mg_nvidia *nv;
    unsigned minor;

    *out = NULL;
    if (!parse_name(name, &minor))
        return mg_fail(err, MAGMA_INVALID_ARGUMENT, "'%s': expected nvidia:N, as in /dev/nvidiaN",
                       name);
    nv = nvidia_new(name, minor, options);
    if (!nv)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "GPU: no memory");
    for (size_t i = 0; i < sizeof open_steps / sizeof open_steps[0]; i++) {
        uint64_t start_ns = mg_now_ns(nv->ws.clock), duration_ns;
        enum magma_code code = open_steps[i].run(nv, err);

        if (code != MAGMA_OK) {
            code = mg_prefix(err, code, "%s: %s", name, open_steps[i].name);
            nvidia_close(&nv->ws);
            return code;
        }
        duration_ns = mg_now_ns(nv->ws.clock) - start_ns;
        mg_debug(&nv->ws.log, MG_DEBUG(boot), "%-20s %9llu us  %s", open_steps[i].name,
                 (unsigned long long)(duration_ns / 1000), open_steps[i].detail);
        if (nv->options.step)
            nv->options.step(nv->options.step_ctx, open_steps[i].name, open_steps[i].detail,
                             duration_ns);
    }
    *out = &nv->ws;
    return MAGMA_OK;
}
