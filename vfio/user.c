/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The vfio-user client: a device that another process serves over a UNIX socket. This file turns
 * the device's operations into requests and checks every field of every reply; framing and
 * deadlines are user_conn.c, regions user_region.c, memory user_dma.c.
 */
#include "user.h"

#include <linux/vfio.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NS_PER_S UINT64_C(1000000000)

enum { REPLY_TIMEOUT_S = 10, VERSION_REPLY_MAX = 4096, VECTORS_SANE = 4096 };

/* What we offer. Strings and numbers as the protocol names them. */
static const char our_caps[] = "{\"capabilities\":{\"max_msg_fds\":16,"
                               "\"max_data_xfer_size\":1048576,\"max_dma_maps\":65535,"
                               "\"pgsizes\":4096}}";
_Static_assert(USER_FDS_MAX == 16 && USER_OFFER_DATA_MAX == 1048576, "what our_caps says");

enum magma_code user_call(struct user_device *user, struct user_request *request,
                          struct magma_error *err)
{
    enum magma_code code;

    pthread_mutex_lock(&user->lock);
    code = user_conn_call(&user->conn, request, err);
    pthread_mutex_unlock(&user->lock);
    return code;
}

enum magma_code user_breach(struct user_device *user, struct user_request *request,
                            struct magma_error *err, const char *fmt, ...)
{
    char cause[160];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(cause, sizeof cause, fmt, ap);
    va_end(ap);
    user_close_fds(request);
    pthread_mutex_lock(&user->lock);
    user_conn_breach(&user->conn, err, "%s", cause);
    pthread_mutex_unlock(&user->lock);
    return MAGMA_PROTOCOL;
}

enum magma_code user_call_plain(struct user_device *user, struct user_request *request,
                                const char *what, struct magma_error *err)
{
    enum magma_code code = user_call(user, request, err);

    if (code)
        return code;
    if (request->reply_fd_count)
        return user_breach(user, request, err, "%s: the reply carries descriptors", what);
    if (request->reply_bytes != request->reply_max_bytes)
        return user_breach(user, request, err, "%s: a reply of %zu bytes, wanted %zu", what,
                           request->reply_bytes, request->reply_max_bytes);
    return MAGMA_OK;
}

/* ---- Handshake ---- */

static enum magma_code negotiate(struct user_device *user, struct magma_error *err)
{
    struct user_version ours = {0, 0}, theirs;
    unsigned char reply[sizeof theirs + VERSION_REPLY_MAX];
    struct user_request request = {.command = USER_VERSION,
                                   .body = &ours,
                                   .body_bytes = sizeof ours,
                                   .data = our_caps,
                                   .data_bytes = sizeof our_caps,
                                   .reply = reply,
                                   .reply_max_bytes = sizeof reply};
    enum magma_code code = user_call(user, &request, err);

    if (code)
        return code;
    if (request.reply_fd_count)
        return user_breach(user, &request, err, "VERSION: the reply carries descriptors");
    if (request.reply_bytes < sizeof theirs)
        return user_breach(user, &request, err, "VERSION: a reply of %zu bytes",
                           request.reply_bytes);
    memcpy(&theirs, reply, sizeof theirs);
    if (theirs.major != ours.major || theirs.minor > ours.minor)
        return user_breach(user, &request, err, "VERSION: the server speaks %u.%u, we speak %u.%u",
                           theirs.major, theirs.minor, ours.major, ours.minor);
    if (!user_json_caps((const char *)reply + sizeof theirs, request.reply_bytes - sizeof theirs,
                        &user->caps))
        return user_breach(user, &request, err, "VERSION: the capabilities are no valid JSON");
    if (!user->caps.max_data_xfer_bytes)
        return user_breach(user, &request, err, "VERSION: the server transfers no data at all");
    if (!(user->caps.pgsizes & MVFIO_PAGE_BYTES))
        return user_breach(user, &request, err,
                           "VERSION: the server cannot map pages of 4096 bytes");
    if (user->caps.max_msg_fds > USER_FDS_MAX)
        user->caps.max_msg_fds = USER_FDS_MAX;
    if (user->caps.max_data_xfer_bytes > USER_DATA_MAX)
        user->caps.max_data_xfer_bytes = USER_DATA_MAX;
    return MAGMA_OK;
}

static enum magma_code fetch_info(struct user_device *user, struct magma_error *err)
{
    struct user_device_info ask = {.argsz = sizeof ask}, info = {0};
    struct user_request request = {.command = USER_DEVICE_GET_INFO,
                                   .body = &ask,
                                   .body_bytes = sizeof ask,
                                   .reply = &info,
                                   .reply_max_bytes = sizeof info};
    enum magma_code code = user_call_plain(user, &request, "DEVICE_GET_INFO", err);

    if (code)
        return code;
    if (info.argsz < sizeof info)
        return user_breach(user, &request, err, "DEVICE_GET_INFO: argsz %u", info.argsz);
    if (!(info.flags & VFIO_DEVICE_FLAGS_PCI))
        return mg_fail(err, MAGMA_NOT_SUPPORTED, "%s: the server's device is not a PCI device",
                       user->name);
    user->info = (struct mvfio_device_info){.region_count = info.region_count,
                                            .irq_count = info.irq_count,
                                            .can_reset = info.flags & VFIO_DEVICE_FLAGS_RESET};
    return MAGMA_OK;
}

enum magma_code mvfio_user_create(int fd, const char *name, const struct mvfio_options *options,
                                  void **impl, struct magma_error *err)
{
    uint64_t timeout_ns = options && options->reply_timeout_ns ? options->reply_timeout_ns
                                                               : REPLY_TIMEOUT_S * NS_PER_S;
    struct user_device *user = calloc(1, sizeof *user);
    enum magma_code code;

    if (!user)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "%s: no memory for the client", name);
    snprintf(user->name, sizeof user->name, "%s", name);
    for (unsigned i = 0; i < MVFIO_REGION_COUNT; i++)
        user->region_fds[i].fd = -1;
    pthread_mutex_init(&user->lock, NULL);
    code = user_conn_init(&user->conn, fd, user->name, timeout_ns, user_dma_serve, user, err);
    if (!code)
        code = negotiate(user, err);
    if (!code)
        code = fetch_info(user, err);
    if (code) {
        user->conn.fd = -1;
        mvfio_user_ops.close(user);
        return code;
    }
    *impl = user;
    return MAGMA_OK;
}

static void user_close(void *impl)
{
    struct user_device *user = impl;

    for (unsigned i = 0; i < MVFIO_REGION_COUNT; i++)
        if (user->region_fds[i].fd >= 0)
            close(user->region_fds[i].fd);
    if (user->conn.fd >= 0)
        close(user->conn.fd);
    user_conn_finish(&user->conn);
    free(user->maps);
    pthread_mutex_destroy(&user->lock);
    free(user);
}

static enum magma_code user_info(void *impl, struct mvfio_device_info *out, struct magma_error *err)
{
    struct user_device *user = impl;

    (void)err;
    *out = user->info;
    return MAGMA_OK;
}

/* ---- Interrupts ---- */

static enum magma_code user_irq_info(void *impl, uint32_t irq, struct mvfio_irq_info *out,
                                     struct magma_error *err)
{
    struct user_device *user = impl;
    struct vfio_irq_info ask = {.argsz = sizeof ask, .index = irq}, info = {0};
    struct user_request request = {.command = USER_GET_IRQ_INFO,
                                   .body = &ask,
                                   .body_bytes = sizeof ask,
                                   .reply = &info,
                                   .reply_max_bytes = sizeof info};
    enum magma_code code = user_call_plain(user, &request, "GET_IRQ_INFO", err);

    *out = (struct mvfio_irq_info){0};
    if (code)
        return code;
    if (info.index != irq || info.argsz < sizeof info || info.count > VECTORS_SANE)
        return user_breach(user, &request, err,
                           "GET_IRQ_INFO %u: answered for %u, argsz %u, %u vectors", irq,
                           info.index, info.argsz, info.count);
    out->count = info.count;
    out->flags = info.flags & (MVFIO_IRQ_FLAG_EVENTFD | MVFIO_IRQ_FLAG_MASKABLE |
                               MVFIO_IRQ_FLAG_AUTOMASKED | MVFIO_IRQ_FLAG_NORESIZE);
    return MAGMA_OK;
}

static enum magma_code set_irqs(struct user_device *user, uint32_t flags, uint32_t irq,
                                uint32_t first, const int *fds, uint32_t count, uint32_t fd_count,
                                struct magma_error *err)
{
    struct vfio_irq_set ask = {
        .argsz = sizeof ask, .flags = flags, .index = irq, .start = first, .count = count};
    struct user_request request = {.command = USER_SET_IRQS,
                                   .body = &ask,
                                   .body_bytes = sizeof ask,
                                   .fds = fds,
                                   .fd_count = fd_count};

    return user_call_plain(user, &request, "SET_IRQS", err);
}

/* How many vectors from `at` on can go into one message: all with a descriptor, or all without. */
static uint32_t run_length(const struct user_device *user, const int *fds, uint32_t at,
                           uint32_t count)
{
    uint32_t n = 1;

    while (at + n < count && (fds[at + n] < 0) == (fds[at] < 0) &&
           (fds[at] < 0 || n < user->caps.max_msg_fds))
        n++;
    return n;
}

static enum magma_code user_irq_set(void *impl, uint32_t irq, uint32_t first, const int *fds,
                                    uint32_t count, struct magma_error *err)
{
    struct user_device *user = impl;
    enum magma_code code = MAGMA_OK;

    if (!count)
        return set_irqs(user, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER, irq, 0, NULL, 0,
                        0, err);
    if (!user->caps.max_msg_fds)
        return mg_fail(err, MAGMA_NOT_SUPPORTED, "%s: the server takes no descriptors", user->name);
    for (uint32_t at = 0, n; !code && at < count; at += n) {
        n = run_length(user, fds, at, count);
        code = set_irqs(user, VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER, irq,
                        first + at, fds + at, n, fds[at] < 0 ? 0 : n, err);
    }
    return code;
}

static enum magma_code user_irq_unmask(void *impl, uint32_t irq, uint32_t vector,
                                       struct magma_error *err)
{
    return set_irqs(impl, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK, irq, vector, NULL, 1,
                    0, err);
}

/* ---- Device ---- */

static enum magma_code user_reset(void *impl, struct magma_error *err)
{
    struct user_request request = {.command = USER_DEVICE_RESET};

    return user_call_plain(impl, &request, "DEVICE_RESET", err);
}

static int user_poll_fd(void *impl)
{
    struct user_device *user = impl;

    return user->conn.fd;
}

/* A thread that waits for a reply serves commands itself, so there is nothing to wait for. */
static enum magma_code user_service(void *impl, struct magma_error *err)
{
    struct user_device *user = impl;
    enum magma_code code;

    if (pthread_mutex_trylock(&user->lock))
        return MAGMA_OK;
    code = user_conn_service(&user->conn, err);
    pthread_mutex_unlock(&user->lock);
    return code;
}

const struct mvfio_ops mvfio_user_ops = {
    .kind = "vfio-user",
    .close = user_close,
    .info = user_info,
    .region_info = user_region_info,
    .region_read = user_region_read,
    .region_write = user_region_write,
    .region_map = user_region_map,
    .irq_info = user_irq_info,
    .irq_set = user_irq_set,
    .irq_unmask = user_irq_unmask,
    .dma_map = user_dma_map,
    .dma_unmap = user_dma_unmap,
    .iova_ranges = user_iova_ranges,
    .reset = user_reset,
    .poll_fd = user_poll_fd,
    .service = user_service,
};
