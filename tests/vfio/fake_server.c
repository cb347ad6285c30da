/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The scripted vfio-user server. Blocking reads and writes, one request at a time. */
#include "tests/vfio/fake_server.h"

#include <errno.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

struct request {
    struct user_header header;
    unsigned char body[70000];
    size_t body_bytes;
    int fds[FAKE_FDS_MAX];
    unsigned fd_count;
};

static bool receive(int fd, void *data, size_t size_bytes, struct request *request)
{
    unsigned char *at = data;

    while (size_bytes) {
        union {
            struct cmsghdr align;
            char bytes[CMSG_SPACE(FAKE_FDS_MAX * sizeof(int))];
        } control;
        struct iovec iov = {at, size_bytes};
        struct msghdr msg = {.msg_iov = &iov,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
        ssize_t n = recvmsg(fd, &msg, 0);

        if (n <= 0)
            return false;
        for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
            size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

            memcpy(&request->fds[request->fd_count], CMSG_DATA(c), count * sizeof(int));
            request->fd_count += (unsigned)count;
        }
        at += n;
        size_bytes -= (size_t)n;
    }
    return true;
}

static bool receive_message(int fd, struct request *request)
{
    request->fd_count = 0;
    if (!receive(fd, &request->header, sizeof request->header, request))
        return false;
    request->body_bytes = request->header.size_bytes - sizeof request->header;
    if (request->body_bytes > sizeof request->body)
        return false;
    return receive(fd, request->body, request->body_bytes, request);
}

static bool transmit(int fd, const void *data, size_t size_bytes, const int *fds, unsigned fd_count)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(FAKE_FDS_MAX * sizeof(int))];
    } control = {0};
    struct iovec iov = {(void *)data, size_bytes};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

    if (fd_count) {
        struct cmsghdr *c;

        msg.msg_control = control.bytes;
        msg.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
        c = CMSG_FIRSTHDR(&msg);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
        memcpy(CMSG_DATA(c), fds, fd_count * sizeof(int));
    }
    return sendmsg(fd, &msg, MSG_NOSIGNAL) == (ssize_t)size_bytes;
}

static bool transmit_message(int fd, struct user_header *header, const void *body,
                             size_t body_bytes, const int *fds, unsigned fd_count, size_t cut)
{
    unsigned char *whole = malloc(sizeof *header + body_bytes);
    size_t size_bytes = sizeof *header + body_bytes;
    bool ok;

    memcpy(whole, header, sizeof *header);
    memcpy(whole + sizeof *header, body, body_bytes);
    ok = transmit(fd, whole, cut ? cut : size_bytes, fds, fd_count);
    free(whole);
    return ok && !cut;
}

static void put(struct fake_reply *reply, const void *data, size_t size_bytes)
{
    memcpy(reply->body + reply->body_bytes, data, size_bytes);
    reply->body_bytes += size_bytes;
}

static void fail(struct fake_reply *reply, int error)
{
    reply->header.flags |= USER_FLAG_ERROR;
    reply->header.error = (uint32_t)error;
    reply->body_bytes = 0;
}

static void do_version(struct fake_server *server, struct fake_reply *reply)
{
    struct user_version version = {0, 0};
    const char *json =
        server->json ? server->json : "{\"capabilities\":{\"max_msg_fds\":4,\"pgsizes\":4096}}";

    put(reply, &version, sizeof version);
    put(reply, json, strlen(json) + 1);
}

static void do_device_info(struct fake_reply *reply)
{
    struct user_device_info info = {.argsz = sizeof info,
                                    .flags = VFIO_DEVICE_FLAGS_RESET | VFIO_DEVICE_FLAGS_PCI,
                                    .region_count = 9,
                                    .irq_count = 5};

    put(reply, &info, sizeof info);
}

static void do_region_info(struct fake_server *server, const struct request *request,
                           struct fake_reply *reply)
{
    struct vfio_region_info info;
    const struct vfio_region_info_cap_sparse_mmap cap = {
        .header = {.id = VFIO_REGION_INFO_CAP_SPARSE_MMAP, .version = 1}, .nr_areas = 2};
    const struct vfio_region_sparse_mmap_area areas[2] = {{0x3000, 0x1000}, {0x1000, 0x1000}};
    uint32_t rw = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;

    memcpy(&info, request->body, sizeof info);
    info = (struct vfio_region_info){.argsz = sizeof info, .index = info.index};
    switch (info.index) {
    case 0:
        info.size = FAKE_BAR0_BYTES;
        info.flags = rw;
        break;
    case 1:
        info.size = FAKE_BAR1_BYTES;
        info.flags = rw | VFIO_REGION_INFO_FLAG_MMAP;
        info.offset = 4096;
        reply->fds[reply->fd_count++] = server->bar1_fd;
        break;
    case 3:
        info.size = FAKE_BAR3_BYTES;
        info.flags = rw | VFIO_REGION_INFO_FLAG_MMAP | VFIO_REGION_INFO_FLAG_CAPS;
        info.cap_offset = sizeof info;
        info.argsz = sizeof info + sizeof cap + sizeof areas;
        reply->fds[reply->fd_count++] = server->bar3_fd;
        break;
    case 7:
        info.size = sizeof server->config;
        info.flags = rw;
        break;
    default:
        break;
    }
    put(reply, &info, sizeof info);
    if (!info.cap_offset)
        return;
    put(reply, &cap, sizeof cap);
    put(reply, areas, sizeof areas);
}

static void do_irq_info(const struct request *request, struct fake_reply *reply)
{
    struct vfio_irq_info info;

    memcpy(&info, request->body, sizeof info);
    info = (struct vfio_irq_info){.argsz = sizeof info, .index = info.index};
    if (info.index == 0) {
        info.count = 1;
        info.flags = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED;
    } else if (info.index == 2) {
        info.count = FAKE_VECTORS;
        info.flags = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE;
    }
    put(reply, &info, sizeof info);
}

static void drop_eventfds(struct fake_server *server, unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count && i < FAKE_VECTORS; i++) {
        if (server->eventfds[i] >= 0)
            close(server->eventfds[i]);
        server->eventfds[i] = -1;
    }
}

static void do_set_irqs(struct fake_server *server, struct request *request,
                        struct fake_reply *reply)
{
    struct vfio_irq_set set;

    memcpy(&set, request->body, sizeof set);
    if (set.flags & VFIO_IRQ_SET_ACTION_UNMASK) {
        server->unmasks++;
        return;
    }
    if (set.index != 2 || set.start + set.count > FAKE_VECTORS ||
        (request->fd_count && request->fd_count != set.count)) {
        fail(reply, EINVAL);
        return;
    }
    if (!set.count)
        drop_eventfds(server, 0, FAKE_VECTORS);
    drop_eventfds(server, set.start, set.count);
    for (unsigned i = 0; i < request->fd_count; i++)
        server->eventfds[set.start + i] = request->fds[i];
    request->fd_count = 0;
}

static void do_dma_map(struct fake_server *server, struct request *request,
                       struct fake_reply *reply)
{
    struct user_dma_map map;

    memcpy(&map, request->body, sizeof map);
    if (server->map_count == FAKE_MAPS_MAX) {
        fail(reply, ENOSPC);
        return;
    }
    server->maps[server->map_count++] = (struct fake_map){map.iova, map.size_bytes, map.fd_offset,
                                                          request->fd_count ? request->fds[0] : -1};
    request->fd_count = 0;
}

static void do_dma_unmap(struct fake_server *server, const struct request *request,
                         struct fake_reply *reply)
{
    struct user_dma_unmap unmap;

    memcpy(&unmap, request->body, sizeof unmap);
    for (unsigned i = 0; i < server->map_count; i++)
        if (server->maps[i].iova == unmap.iova && server->maps[i].size_bytes == unmap.size_bytes) {
            if (server->maps[i].fd >= 0)
                close(server->maps[i].fd);
            server->maps[i] = server->maps[--server->map_count];
            put(reply, &unmap, sizeof unmap);
            return;
        }
    fail(reply, ENOENT);
}

/* One DMA message and the client's answer to it. */
static bool dma_message(struct fake_server *server, uint16_t command, uint64_t iova, void *data,
                        uint32_t count)
{
    struct user_dma_access access = {iova, count};
    struct user_header header = {.id = 0x7000, .command = command};
    unsigned char body[sizeof access + 4096];
    struct request *answer = calloc(1, sizeof *answer);
    size_t body_bytes = sizeof access;
    bool ok;

    memcpy(body, &access, sizeof access);
    if (command == USER_DMA_WRITE) {
        memcpy(body + sizeof access, data, count);
        body_bytes += count;
    }
    header.size_bytes = (uint32_t)(sizeof header + body_bytes);
    ok = transmit_message(server->fd, &header, body, body_bytes, NULL, 0, 0) &&
         receive_message(server->fd, answer);
    if (ok && (answer->header.flags & USER_FLAG_ERROR))
        server->kick_error = answer->header.error;
    else if (ok && command == USER_DMA_READ)
        memcpy(data, answer->body + sizeof access, count);
    free(answer);
    return ok && !server->kick_error;
}

static void kick(struct fake_server *server, uint64_t iova)
{
    unsigned char data[FAKE_KICK_BYTES] = {0};

    server->kick_error = 0;
    if (!dma_message(server, USER_DMA_READ, iova, data, sizeof data))
        return;
    for (size_t i = 0; i < sizeof data; i++)
        data[i]++;
    dma_message(server, USER_DMA_WRITE, iova, data, sizeof data);
}

static void do_access(struct fake_server *server, const struct request *request,
                      struct fake_reply *reply, bool write)
{
    struct user_region_access access;
    unsigned char *memory;
    size_t size_bytes;

    memcpy(&access, request->body, sizeof access);
    memory = access.region == 7 ? server->config : server->bar0;
    size_bytes = access.region == 7 ? sizeof server->config : sizeof server->bar0;
    if ((access.region != 0 && access.region != 7) || access.offset > size_bytes ||
        access.count > size_bytes - access.offset ||
        (!write && access.count > sizeof reply->body - sizeof access)) {
        fail(reply, EINVAL);
        return;
    }
    put(reply, &access, sizeof access);
    if (write)
        memcpy(memory + access.offset, request->body + sizeof access, access.count);
    else
        put(reply, memory + access.offset, access.count);
    if (write && access.region == 0 && access.offset == FAKE_KICK && access.count == 8) {
        uint64_t iova;

        memcpy(&iova, request->body + sizeof access, sizeof iova);
        kick(server, iova);
    }
}

static void serve(struct fake_server *server, struct request *request, struct fake_reply *reply)
{
    switch (request->header.command) {
    case USER_VERSION:
        do_version(server, reply);
        break;
    case USER_DEVICE_GET_INFO:
        do_device_info(reply);
        break;
    case USER_GET_REGION_INFO:
        do_region_info(server, request, reply);
        break;
    case USER_GET_IRQ_INFO:
        do_irq_info(request, reply);
        break;
    case USER_SET_IRQS:
        do_set_irqs(server, request, reply);
        break;
    case USER_DMA_MAP:
        do_dma_map(server, request, reply);
        break;
    case USER_DMA_UNMAP:
        do_dma_unmap(server, request, reply);
        break;
    case USER_REGION_READ:
        do_access(server, request, reply, false);
        break;
    case USER_REGION_WRITE:
        do_access(server, request, reply, true);
        break;
    case USER_DEVICE_RESET:
        server->resets++;
        break;
    default:
        fail(reply, ENOTSUP);
    }
}

/* Sends the reply; false when the connection is to end. */
static bool answer(struct fake_server *server, struct fake_reply *reply)
{
    if (reply->stall)
        return true;
    if (reply->die)
        return false;
    if (!reply->size_forced)
        reply->header.size_bytes = (uint32_t)(sizeof reply->header + reply->body_bytes);
    return transmit_message(server->fd, &reply->header, reply->body, reply->body_bytes, reply->fds,
                            reply->fd_count, reply->cut_bytes);
}

static void *run(void *arg)
{
    struct fake_server *server = arg;
    struct request *request = calloc(1, sizeof *request);
    struct fake_reply *reply = malloc(sizeof *reply);
    bool alive = true;

    while (alive && receive_message(server->fd, request)) {
        uint16_t command = request->header.command;
        unsigned index;

        pthread_mutex_lock(&server->lock);
        index = command < 16 ? server->seen[command]++ : 0;

        memset(reply, 0, sizeof *reply);
        reply->header = (struct user_header){
            .id = request->header.id, .command = command, .flags = USER_FLAG_TYPE_REPLY};
        serve(server, request, reply);
        for (unsigned i = 0; i < request->fd_count; i++)
            close(request->fds[i]);
        if (server->spoil && command == server->spoil_command && index == server->spoil_index)
            server->spoil(reply);
        pthread_mutex_unlock(&server->lock);
        alive = answer(server, reply);
    }
    shutdown(server->fd, SHUT_RDWR);
    free(reply);
    free(request);
    return NULL;
}

int fake_server_start(struct fake_server *server)
{
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
        abort();
    server->fd = fds[0];
    pthread_mutex_init(&server->lock, NULL);
    for (unsigned i = 0; i < FAKE_VECTORS; i++)
        server->eventfds[i] = -1;
    server->bar1_fd = memfd_create("bar1", MFD_CLOEXEC);
    server->bar3_fd = memfd_create("bar3", MFD_CLOEXEC);
    if (ftruncate(server->bar1_fd, FAKE_BAR1_BYTES + 4096) ||
        ftruncate(server->bar3_fd, FAKE_BAR3_BYTES) ||
        pthread_create(&server->thread, NULL, run, server))
        abort();
    return fds[1];
}

void fake_server_stop(struct fake_server *server)
{
    shutdown(server->fd, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    drop_eventfds(server, 0, FAKE_VECTORS);
    for (unsigned i = 0; i < server->map_count; i++)
        if (server->maps[i].fd >= 0)
            close(server->maps[i].fd);
    close(server->bar1_fd);
    close(server->bar3_fd);
    close(server->fd);
    pthread_mutex_destroy(&server->lock);
}

void fake_server_look(struct fake_server *server, struct fake_server *copy)
{
    pthread_mutex_lock(&server->lock);
    memcpy(copy, server, sizeof *copy);
    pthread_mutex_unlock(&server->lock);
}

void fake_server_send_dma_read(struct fake_server *server, uint64_t iova, uint64_t count)
{
    struct user_dma_access access = {iova, count};
    struct user_header header = {.id = 0x7001,
                                 .command = USER_DMA_READ,
                                 .size_bytes = (uint32_t)(sizeof header + sizeof access),
                                 .flags = USER_FLAG_NO_REPLY};

    transmit_message(server->fd, &header, &access, sizeof access, NULL, 0, 0);
}
