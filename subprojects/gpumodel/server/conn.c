/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The connection: cuts the byte stream into messages with their descriptors, and sends replies.
 * While replies wait nothing more is read, so a client that does not read cannot fill memory.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve.h"

#define HEADER      sizeof(struct nvhw_vfio_user_header)
/* The longest message: a write of the largest piece. */
#define MESSAGE_MAX (HEADER + sizeof(struct nvhw_vfio_user_region_io) + NV_VFIO_USER_DATA_MAX_BYTES)

struct gpum_serve_out {
    struct gpum_serve_out *next;
    int fd; /* borrowed; -1: none, or sent */
    size_t size_bytes, sent_bytes;
    uint8_t bytes[];
};

struct gpum_serve *gpum_serve_create(void)
{
    struct gpum_serve *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    s->fd = -1;
    s->last = &s->first;
    for (unsigned index = 0; index < NV_VFIO_USER_IRQ_COUNT; index++)
        for (unsigned i = 0; i < GPUM_SERVE_VECTORS_MAX; i++)
            s->eventfd[index][i] = -1;
    return s;
}

static void drop_message(struct gpum_serve *s)
{
    for (unsigned i = 0; i < s->fd_count; i++)
        if (s->fds[i] >= 0)
            close(s->fds[i]);
    s->fd_count = 0;
    s->got_bytes = 0;
    free(s->body);
    s->body = NULL;
}

void gpum_serve_connect(struct gpum_serve *s, int fd)
{
    s->fd = fd;
    s->negotiated = false;
}

void gpum_serve_disconnect(struct gpum_serve *s)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
    drop_message(s);
    while (s->first) {
        struct gpum_serve_out *out = s->first;
        s->first = out->next;
        free(out);
    }
    s->last = &s->first;
    gpum_serve_irqs_drop_all(s);
    gpum_serve_dma_drop_all(s);
    s->negotiated = false;
    s->asked = false;
}

void gpum_serve_destroy(struct gpum_serve *s)
{
    if (!s)
        return;
    if (s->m)
        gpum_serve_disconnect(s);
    free(s->maps);
    free(s);
}

bool gpum_serve_wants_write(const struct gpum_serve *s)
{
    return s->first != NULL;
}

static bool send_one(struct gpum_serve *s, struct gpum_serve_out *out)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    struct iovec iov = {out->bytes + out->sent_bytes, out->size_bytes - out->sent_bytes};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
    if (out->fd >= 0) {
        msg.msg_control = control.bytes;
        msg.msg_controllen = sizeof(control.bytes);
        struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(c), &out->fd, sizeof(int));
    }
    ssize_t sent = sendmsg(s->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0)
        return errno == EAGAIN || errno == EINTR;
    out->fd = -1;
    out->sent_bytes += (size_t)sent;
    return true;
}

bool gpum_serve_write(struct gpum_serve *s)
{
    while (s->first) {
        struct gpum_serve_out *out = s->first;
        size_t before = out->sent_bytes;
        if (!send_one(s, out))
            return false;
        if (out->sent_bytes < out->size_bytes) {
            if (out->sent_bytes == before)
                return true; /* the socket is full */
            continue;
        }
        s->first = out->next;
        if (!s->first)
            s->last = &s->first;
        free(out);
    }
    return true;
}

static void queue(struct gpum_serve *s, struct gpum_serve_out *out)
{
    *s->last = out;
    s->last = &out->next;
}

static bool queue_reply(struct gpum_serve *s, const struct gpum_serve_reply *reply)
{
    uint32_t body = reply->error ? 0 : reply->size_bytes;
    struct gpum_serve_out *out = calloc(1, sizeof(*out) + HEADER + body);
    if (!out)
        return false;
    struct nvhw_vfio_user_header h = {
        .id = s->header.id,
        .command = s->header.command,
        .size = (uint32_t)HEADER + body,
        .flags = NVHW_DEF(NV_VFIO_USER_FLAGS, TYPE, REPLY),
    };
    if (reply->error) {
        h.flags |= NVHW_DEF(NV_VFIO_USER_FLAGS, ERROR, TRUE);
        h.error_code = (uint32_t)reply->error;
    }
    out->fd = reply->error ? -1 : reply->fd;
    out->size_bytes = h.size;
    memcpy(out->bytes, &h, HEADER);
    if (body)
        memcpy(out->bytes + HEADER, reply->bytes, body);
    queue(s, out);
    return true;
}

void gpum_serve_stray(struct gpum_serve *s, uint64_t iova, bool write)
{
    struct {
        struct nvhw_vfio_user_header header;
        struct nvhw_vfio_user_dma_io access;
        uint32_t data;
    } message = {
        .header = {.command = write ? NV_VFIO_USER_DMA_WRITE : NV_VFIO_USER_DMA_READ,
                   .size = sizeof(message.header) + sizeof(message.access),
                   .flags = NVHW_DEF(NV_VFIO_USER_FLAGS, TYPE, COMMAND)},
        .access = {.iova = iova & ~(uint64_t)3, .count = sizeof(message.data)},
    };
    if (!s->ask_iommu || s->asked || s->fd < 0 || !s->negotiated)
        return;
    if (write)
        message.header.size += (uint32_t)sizeof(message.data);
    struct gpum_serve_out *out = calloc(1, sizeof(*out) + message.header.size);
    if (!out)
        return;
    out->fd = -1;
    out->size_bytes = message.header.size;
    memcpy(out->bytes, &message, message.header.size);
    queue(s, out);
    s->asked = true;
}

static bool finish_message(struct gpum_serve *s)
{
    static const uint8_t empty[1];
    struct gpum_serve_reply reply = {.fd = -1};
    uint32_t size = s->header.size - (uint32_t)HEADER;
    bool sent = true;
    if (s->tick)
        s->tick(s->tick_ctx);
    if (NVHW_TEST(NV_VFIO_USER_FLAGS, TYPE, REPLY, s->header.flags)) {
        s->asked = false;
        drop_message(s);
        return true;
    }
    gpum_serve_message(s, s->body ? s->body : empty, size, &reply);
    if (!NVHW_GET(NV_VFIO_USER_FLAGS, NO_REPLY, s->header.flags))
        sent = queue_reply(s, &reply) && gpum_serve_write(s);
    free(reply.bytes);
    drop_message(s);
    return sent;
}

/* A command, or the answer to the one we sent. */
static bool header_ok(const struct gpum_serve *s)
{
    const struct nvhw_vfio_user_header *h = &s->header;
    return h->size >= HEADER && h->size <= MESSAGE_MAX &&
           (NVHW_TEST(NV_VFIO_USER_FLAGS, TYPE, COMMAND, h->flags) ||
            (s->asked && NVHW_TEST(NV_VFIO_USER_FLAGS, TYPE, REPLY, h->flags)));
}

/* Keeps descriptors that came along; false when they are too many. */
static bool take_fds(struct gpum_serve *s, struct msghdr *msg)
{
    bool ok = !(msg->msg_flags & MSG_CTRUNC);
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
            if (s->fd_count < NV_VFIO_USER_FDS_MAX) {
                s->fds[s->fd_count++] = fd;
            } else {
                close(fd);
                ok = false;
            }
        }
    }
    return ok;
}

/* Receives up to size_bytes of the current message. 0: nothing there now, -1: over. */
static ssize_t receive(struct gpum_serve *s, void *to, size_t size_bytes)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int) * NV_VFIO_USER_FDS_MAX)];
        struct cmsghdr align;
    } control;
    struct iovec iov = {to, size_bytes};
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = control.bytes,
                         .msg_controllen = sizeof(control.bytes)};
    ssize_t got = recvmsg(s->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    bool ok = take_fds(s, &msg);
    return got == 0 || !ok ? -1 : got;
}

bool gpum_serve_read(struct gpum_serve *s)
{
    while (!s->first) {
        uint8_t *to = (uint8_t *)&s->header + s->got_bytes;
        size_t want = HEADER - s->got_bytes;
        if (s->got_bytes >= HEADER) {
            to = s->body + (s->got_bytes - HEADER);
            want = s->header.size - s->got_bytes;
        }
        ssize_t got = receive(s, to, want);
        if (got <= 0)
            return got == 0;
        s->got_bytes += (size_t)got;
        if (s->got_bytes == HEADER) {
            if (!header_ok(s))
                return false;
            if (s->header.size > HEADER) {
                s->body = malloc(s->header.size - HEADER);
                if (!s->body)
                    return false;
            }
        }
        if (s->got_bytes >= HEADER && s->got_bytes == s->header.size && !finish_message(s))
            return false;
    }
    return true;
}
