/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Framing, descriptors, deadlines and the end of a vfio-user connection. */
#include "user_conn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "libmagma/core/clock.h"
#include "libmagma/core/status.h"

#define NS_PER_MS UINT64_C(1000000)

/* Commands served in one call of user_conn_service, so that a busy server cannot hold us. */
enum { SERVICE_MAX = 64 };

static const char *command_name(unsigned command)
{
    static const char *const names[] = {
        "command 0",       "VERSION",           "DMA_MAP",      "DMA_UNMAP",   "DEVICE_GET_INFO",
        "GET_REGION_INFO", "GET_REGION_IO_FDS", "GET_IRQ_INFO", "SET_IRQS",    "REGION_READ",
        "REGION_WRITE",    "DMA_READ",          "DMA_WRITE",    "DEVICE_RESET"};

    return command < sizeof names / sizeof names[0] ? names[command] : "unknown command";
}

/* The first cause stays; later calls report it. */
static enum magma_code end(struct user_conn *conn, enum magma_code code, struct magma_error *err,
                           const char *cause)
{
    if (!conn->broken) {
        conn->broken = true;
        snprintf(conn->cause, sizeof conn->cause, "%s", cause);
        shutdown(conn->fd, SHUT_RDWR);
    }
    return mg_fail(err, code, "%s: %s", conn->name, cause);
}

enum magma_code user_conn_breach(struct user_conn *conn, struct magma_error *err, const char *fmt,
                                 ...)
{
    char cause[sizeof conn->cause];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(cause, sizeof cause, fmt, ap);
    va_end(ap);
    return end(conn, MAGMA_PROTOCOL, err, cause);
}

static enum magma_code gone(struct user_conn *conn, struct magma_error *err, const char *what)
{
    char cause[sizeof conn->cause];

    snprintf(cause, sizeof cause, "the server closed the connection (%s)", what);
    return end(conn, MAGMA_DEVICE_GONE, err, cause);
}

static enum magma_code late(struct user_conn *conn, const char *what, struct magma_error *err)
{
    char cause[sizeof conn->cause];

    snprintf(cause, sizeof cause, "%s: the server did not answer within %llu ms", what,
             (unsigned long long)(conn->timeout_ns / NS_PER_MS));
    return end(conn, MAGMA_TIMEOUT, err, cause);
}

/* Waits until the socket is ready for `events`, at most to the deadline. */
static enum magma_code wait_ready(struct user_conn *conn, short events, uint64_t deadline_ns,
                                  const char *what, struct magma_error *err)
{
    for (;;) {
        struct pollfd pfd = {.fd = conn->fd, .events = events};
        uint64_t now = mg_now_ns(&mg_clock_system);
        uint64_t left = deadline_ns > now ? (deadline_ns - now) / NS_PER_MS + 1 : 0;
        int n = poll(&pfd, 1, left > 60000 ? 60000 : (int)left);

        if (n > 0)
            return MAGMA_OK; /* errors and hang-ups show in the call that follows */
        if (n < 0 && errno != EINTR)
            return gone(conn, err, strerror(errno));
        if (n == 0 && mg_now_ns(&mg_clock_system) >= deadline_ns)
            return late(conn, what, err);
    }
}

static void collect_fds(struct msghdr *msg, int *fds, unsigned *count)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
        size_t n;

        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < n; i++) {
            int fd;

            memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
            if (*count < USER_FDS_MAX)
                fds[(*count)++] = fd;
            else
                close(fd);
        }
    }
}

/* Receives exactly size_bytes, with whatever descriptors come along. */
static enum magma_code receive(struct user_conn *conn, void *data, size_t size_bytes, int *fds,
                               unsigned *fd_count, uint64_t deadline_ns, const char *what,
                               struct magma_error *err)
{
    unsigned char *at = data;

    while (size_bytes) {
        union {
            struct cmsghdr align;
            char bytes[CMSG_SPACE(USER_FDS_MAX * sizeof(int))];
        } control;
        struct iovec iov = {.iov_base = at, .iov_len = size_bytes};
        struct msghdr msg = {.msg_iov = &iov,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
        ssize_t n = recvmsg(conn->fd, &msg, MSG_CMSG_CLOEXEC);

        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            enum magma_code code = wait_ready(conn, POLLIN, deadline_ns, what, err);

            if (code)
                return code;
            continue;
        }
        if (n <= 0)
            return gone(conn, err, n ? strerror(errno) : what);
        collect_fds(&msg, fds, fd_count);
        if (msg.msg_flags & MSG_CTRUNC)
            return user_conn_breach(conn, err, "%s: more than %d descriptors in a message", what,
                                    (int)USER_FDS_MAX);
        at += n;
        size_bytes -= (size_t)n;
    }
    return MAGMA_OK;
}

/* Attaches descriptors to a message; control must hold USER_FDS_MAX of them. */
static void attach_fds(struct msghdr *msg, void *control, const int *fds, unsigned count)
{
    struct cmsghdr *c;

    msg->msg_control = control;
    msg->msg_controllen = CMSG_SPACE(count * sizeof(int));
    memset(control, 0, msg->msg_controllen);
    c = CMSG_FIRSTHDR(msg);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(c), fds, count * sizeof(int));
}

static void advance(struct msghdr *msg, size_t n)
{
    while (n && msg->msg_iovlen) {
        size_t step = n < msg->msg_iov->iov_len ? n : msg->msg_iov->iov_len;

        msg->msg_iov->iov_base = (char *)msg->msg_iov->iov_base + step;
        msg->msg_iov->iov_len -= step;
        n -= step;
        if (!msg->msg_iov->iov_len) {
            msg->msg_iov++;
            msg->msg_iovlen--;
        }
    }
    /* Descriptors travel with the first bytes. */
    msg->msg_control = NULL;
    msg->msg_controllen = 0;
}

/* Sends header, body and data as one message. */
static enum magma_code transmit(struct user_conn *conn, const struct user_header *header,
                                const struct user_request *request, uint64_t deadline_ns,
                                struct magma_error *err)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(USER_FDS_MAX * sizeof(int))];
    } control;
    struct iovec iov[3];
    struct msghdr msg = {.msg_iov = iov};
    size_t left = header->size_bytes;

    iov[msg.msg_iovlen++] = (struct iovec){(void *)header, sizeof *header};
    if (request->body_bytes)
        iov[msg.msg_iovlen++] = (struct iovec){(void *)request->body, request->body_bytes};
    if (request->data_bytes)
        iov[msg.msg_iovlen++] = (struct iovec){(void *)request->data, request->data_bytes};
    if (request->fd_count)
        attach_fds(&msg, control.bytes, request->fds, request->fd_count);
    while (left) {
        ssize_t n = sendmsg(conn->fd, &msg, MSG_NOSIGNAL);

        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            enum magma_code code =
                wait_ready(conn, POLLOUT, deadline_ns, command_name(request->command), err);

            if (code)
                return code;
            continue;
        }
        if (n < 0)
            return gone(conn, err, strerror(errno));
        advance(&msg, (size_t)n);
        left -= (size_t)n;
    }
    return MAGMA_OK;
}

static void close_all(const int *fds, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        close(fds[i]);
}

void user_close_fds(struct user_request *request)
{
    close_all(request->reply_fds, request->reply_fd_count);
    request->reply_fd_count = 0;
}

/* Reads the body of a command of the server, has it served, answers. */
static enum magma_code serve_command(struct user_conn *conn, const struct user_header *header,
                                     uint64_t deadline_ns, struct magma_error *err)
{
    size_t body_bytes = header->size_bytes - sizeof *header;
    struct user_request answer = {.command = header->command};
    struct user_header reply = *header;
    int fds[USER_FDS_MAX];
    unsigned fd_count = 0;
    enum magma_code code;
    int error;

    code = receive(conn, conn->message, body_bytes, fds, &fd_count, deadline_ns,
                   command_name(header->command), err);
    close_all(fds, fd_count);
    if (code)
        return code;
    error = conn->serve(conn->serve_ctx, header->command, conn->message, body_bytes, conn->answer,
                        &answer.body_bytes);
    if (header->flags & USER_FLAG_NO_REPLY)
        return MAGMA_OK;
    if (error)
        answer.body_bytes = 0;
    answer.body = conn->answer;
    reply.flags = USER_FLAG_TYPE_REPLY | (error ? (uint32_t)USER_FLAG_ERROR : 0);
    reply.error = (uint32_t)error;
    reply.size_bytes = (uint32_t)(sizeof reply + answer.body_bytes);
    return transmit(conn, &reply, &answer, deadline_ns, err);
}

/* Receives a header and checks what holds for every message. */
static enum magma_code receive_header(struct user_conn *conn, struct user_header *header, int *fds,
                                      unsigned *fd_count, uint64_t deadline_ns, const char *what,
                                      struct magma_error *err)
{
    enum magma_code code =
        receive(conn, header, sizeof *header, fds, fd_count, deadline_ns, what, err);
    uint32_t type;

    if (code)
        return code;
    type = header->flags & USER_FLAG_TYPE_MASK;
    if (header->size_bytes < sizeof *header || header->size_bytes > USER_MESSAGE_MAX)
        return user_conn_breach(conn, err, "%s: a message of %u bytes (allowed: %u to %u)", what,
                                header->size_bytes, (unsigned)sizeof *header,
                                (unsigned)USER_MESSAGE_MAX);
    if (type > USER_FLAG_TYPE_REPLY || (header->flags & ~(uint32_t)USER_FLAG_KNOWN))
        return user_conn_breach(conn, err, "%s: a message with unknown flags 0x%x", what,
                                header->flags);
    return MAGMA_OK;
}

/* The server's errno as a status. */
static enum magma_code refused(struct user_conn *conn, const struct user_header *header,
                               struct magma_error *err)
{
    int error = header->error > 0 && header->error < 4096 ? (int)header->error : EPROTO;

    if (error == ENOTSUP || error == ENOSYS || error == ENOTTY)
        return mg_fail(err, MAGMA_NOT_SUPPORTED, "%s: the server does not support %s", conn->name,
                       command_name(header->command));
    if (error == EINVAL)
        return mg_fail(err, MAGMA_INVALID_ARGUMENT, "%s: the server refused %s: %s", conn->name,
                       command_name(header->command), strerror(error));
    return mg_fail_errno(err, error, "%s: the server refused %s", conn->name,
                         command_name(header->command));
}

/* The header is a reply: is it ours, and does its body fit? Takes the body. */
static enum magma_code take_reply(struct user_conn *conn, const struct user_header *header,
                                  uint16_t id, struct user_request *request, uint64_t deadline_ns,
                                  struct magma_error *err)
{
    const char *what = command_name(request->command);
    size_t body_bytes = header->size_bytes - sizeof *header;
    enum magma_code code;

    if (header->id != id || header->command != request->command)
        return user_conn_breach(conn, err, "%s with id %u was answered by %s with id %u", what, id,
                                command_name(header->command), header->id);
    if (header->flags & USER_FLAG_ERROR) {
        if (body_bytes || request->reply_fd_count)
            return user_conn_breach(conn, err, "%s: an error reply that carries more", what);
        return refused(conn, header, err);
    }
    if (body_bytes > request->reply_max_bytes)
        return user_conn_breach(conn, err, "%s: a reply of %zu bytes, at most %zu make sense", what,
                                body_bytes, request->reply_max_bytes);
    code = receive(conn, request->reply, body_bytes, request->reply_fds, &request->reply_fd_count,
                   deadline_ns, what, err);
    request->reply_bytes = body_bytes;
    return code;
}

static enum magma_code check_usable(const struct user_conn *conn, struct magma_error *err)
{
    if (!conn->broken)
        return MAGMA_OK;
    return mg_fail(err, MAGMA_DEVICE_GONE, "%s: the connection ended earlier: %s", conn->name,
                   conn->cause);
}

enum magma_code user_conn_call(struct user_conn *conn, struct user_request *request,
                               struct magma_error *err)
{
    uint64_t deadline_ns = mg_deadline_ns(&mg_clock_system, conn->timeout_ns);
    const char *what = command_name(request->command);
    struct user_header header = {.id = conn->next_id++, .command = request->command};
    uint16_t id = header.id;
    enum magma_code code = check_usable(conn, err);

    request->reply_bytes = 0;
    request->reply_fd_count = 0;
    if (code)
        return code;
    header.size_bytes = (uint32_t)(sizeof header + request->body_bytes + request->data_bytes);
    code = transmit(conn, &header, request, deadline_ns, err);
    while (!code) {
        code = receive_header(conn, &header, request->reply_fds, &request->reply_fd_count,
                              deadline_ns, what, err);
        if (code)
            break;
        if ((header.flags & USER_FLAG_TYPE_MASK) == USER_FLAG_TYPE_REPLY) {
            code = take_reply(conn, &header, id, request, deadline_ns, err);
            break;
        }
        user_close_fds(request);
        code = serve_command(conn, &header, deadline_ns, err);
        if (!code && mg_now_ns(&mg_clock_system) >= deadline_ns)
            code = late(conn, what, err);
    }
    if (code)
        user_close_fds(request);
    return code;
}

enum magma_code user_conn_service(struct user_conn *conn, struct magma_error *err)
{
    enum magma_code code = check_usable(conn, err);

    for (unsigned i = 0; !code && i < SERVICE_MAX; i++) {
        uint64_t deadline_ns = mg_deadline_ns(&mg_clock_system, conn->timeout_ns);
        struct user_header header;
        int fds[USER_FDS_MAX];
        unsigned fd_count = 0;
        char peek;
        ssize_t n = recv(conn->fd, &peek, 1, MSG_PEEK | MSG_DONTWAIT);

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return MAGMA_OK;
        if (n <= 0)
            return gone(conn, err, n ? strerror(errno) : "no request was pending");
        code = receive_header(conn, &header, fds, &fd_count, deadline_ns, "waiting", err);
        close_all(fds, fd_count);
        if (!code && (header.flags & USER_FLAG_TYPE_MASK) == USER_FLAG_TYPE_REPLY)
            code = user_conn_breach(conn, err, "a reply to %s that was not asked for",
                                    command_name(header.command));
        if (!code)
            code = serve_command(conn, &header, deadline_ns, err);
    }
    return code;
}

enum magma_code user_conn_init(struct user_conn *conn, int fd, const char *name,
                               uint64_t timeout_ns, user_serve serve, void *serve_ctx,
                               struct magma_error *err)
{
    int flags = fcntl(fd, F_GETFL);

    *conn = (struct user_conn){
        .fd = fd, .name = name, .timeout_ns = timeout_ns, .serve = serve, .serve_ctx = serve_ctx};
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK))
        return mg_fail_errno(err, errno, "%s: making the socket nonblocking", name);
    conn->message = malloc(USER_MESSAGE_MAX);
    conn->answer = malloc(USER_MESSAGE_MAX);
    if (conn->message && conn->answer)
        return MAGMA_OK;
    user_conn_finish(conn);
    return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "%s: no memory for message buffers", name);
}

void user_conn_finish(struct user_conn *conn)
{
    free(conn->message);
    free(conn->answer);
    conn->message = NULL;
    conn->answer = NULL;
}
