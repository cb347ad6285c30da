/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Reaching a vfio-user server by the path of its socket. */
#include "device.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "libmagma/core/clock.h"

#define NS_PER_S           UINT64_C(1000000000)
#define CONNECT_TIMEOUT_NS (10 * NS_PER_S)
#define CONNECT_RETRY_NS   UINT64_C(1000000)

static enum magma_code explain(const char *path, int error, struct magma_error *err)
{
    switch (error) {
    case ENOENT:
        return mg_fail(err, MAGMA_NO_DEVICE,
                       "vfio-user:%s: there is no such socket; start the server first", path);
    case ECONNREFUSED:
        return mg_fail(err, MAGMA_NO_DEVICE,
                       "vfio-user:%s: nothing listens on this socket; its server has ended", path);
    case EAGAIN:
        return mg_fail(err, MAGMA_BUSY,
                       "vfio-user:%s: the server does not accept; it serves another client", path);
    case EACCES:
        return mg_fail(err, MAGMA_PERMISSION,
                       "vfio-user:%s: no permission to connect; change the socket's mode or owner",
                       path);
    default:
        return mg_fail_errno(err, error, "vfio-user:%s: connecting", path);
    }
}

enum magma_code mvfio_user_connect(const char *path, const struct mvfio_options *options, int *fd,
                                   struct magma_error *err)
{
    uint64_t timeout_ns =
        options && options->reply_timeout_ns ? options->reply_timeout_ns : CONNECT_TIMEOUT_NS;
    uint64_t deadline_ns = mg_deadline_ns(&mg_clock_system, timeout_ns);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    int sock, error;

    if (!length || length >= sizeof address.sun_path)
        return mg_fail(err, MAGMA_INVALID_ARGUMENT,
                       "vfio-user:%s: a socket path has 1 to %zu bytes", path,
                       sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, length + 1);
    sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (sock < 0)
        return mg_fail_errno(err, errno, "vfio-user:%s: making a socket", path);
    for (;;) {
        if (!connect(sock, (struct sockaddr *)&address, sizeof address)) {
            *fd = sock;
            return MAGMA_OK;
        }
        error = errno;
        if (error != EAGAIN && error != EINTR)
            break;
        if (mg_now_ns(&mg_clock_system) >= deadline_ns)
            break;
        mg_sleep_ns(&mg_clock_system, CONNECT_RETRY_NS);
    }
    close(sock);
    return explain(path, error, err);
}
