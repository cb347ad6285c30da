/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Memory of this process that a vfio-user server may use: told to it with DMA_MAP, with a
 * descriptor where there is one, and read or written for it when it asks by message. The server
 * is not trusted: a request must lie within one mapping that allows it.
 */
#include "user.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MAPS_FIRST = 32 };

static bool reserve_map(struct user_device *user)
{
    uint32_t capacity = user->map_capacity ? user->map_capacity * 2 : MAPS_FIRST;
    struct user_map *grown;

    if (user->map_count < user->map_capacity)
        return true;
    grown = realloc(user->maps, capacity * sizeof *grown);
    if (!grown)
        return false;
    user->maps = grown;
    user->map_capacity = capacity;
    return true;
}

static enum magma_code announce(struct user_device *user, const struct user_map *map, int fd,
                                uint64_t fd_offset, struct magma_error *err)
{
    struct user_dma_map ask = {
        .argsz = sizeof ask,
        .flags = (map->flags & MVFIO_DMA_DEVICE_READ ? (uint32_t)USER_DMA_MAP_READ : 0) |
                 (map->flags & MVFIO_DMA_DEVICE_WRITE ? (uint32_t)USER_DMA_MAP_WRITE : 0),
        .fd_offset = fd_offset,
        .iova = map->iova,
        .size_bytes = map->size_bytes};
    struct user_request request = {.command = USER_DMA_MAP,
                                   .body = &ask,
                                   .body_bytes = sizeof ask,
                                   .fds = &fd,
                                   .fd_count = fd >= 0 && user->caps.max_msg_fds ? 1 : 0};
    enum magma_code code = user_conn_call(&user->conn, &request, err);

    if (!code && request.reply_fd_count) {
        user_close_fds(&request);
        code = user_conn_breach(&user->conn, err, "DMA_MAP: the reply carries descriptors");
    }
    return code;
}

enum magma_code user_dma_map(void *impl, uint64_t iova, void *cpu, uint64_t size_bytes, int fd,
                             uint64_t fd_offset, uint32_t flags, struct magma_error *err)
{
    struct user_device *user = impl;
    struct user_map map = {iova, size_bytes, cpu, flags};
    enum magma_code code;

    pthread_mutex_lock(&user->lock);
    if (user->map_count >= user->caps.max_dma_maps)
        code = mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY,
                       "%s: the server takes no more than %llu DMA mappings", user->name,
                       (unsigned long long)user->caps.max_dma_maps);
    else if (!reserve_map(user))
        code =
            mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "%s: no memory for a DMA mapping", user->name);
    else
        code = announce(user, &map, fd, fd_offset, err);
    if (!code)
        user->maps[user->map_count++] = map;
    pthread_mutex_unlock(&user->lock);
    return code;
}

static void forget_map(struct user_device *user, uint64_t iova)
{
    for (uint32_t i = 0; i < user->map_count; i++)
        if (user->maps[i].iova == iova) {
            user->maps[i] = user->maps[--user->map_count];
            return;
        }
}

enum magma_code user_dma_unmap(void *impl, uint64_t iova, uint64_t size_bytes,
                               struct magma_error *err)
{
    struct user_device *user = impl;
    struct user_dma_unmap ask = {.argsz = sizeof ask, .iova = iova, .size_bytes = size_bytes};
    struct user_dma_unmap answer = {0};
    struct user_request request = {.command = USER_DMA_UNMAP,
                                   .body = &ask,
                                   .body_bytes = sizeof ask,
                                   .reply = &answer,
                                   .reply_max_bytes = sizeof answer};
    enum magma_code code;

    pthread_mutex_lock(&user->lock);
    /* First, so that the server cannot reach the memory by message from now on. */
    forget_map(user, iova);
    code = user_conn_call(&user->conn, &request, err);
    if (!code && (request.reply_fd_count || request.reply_bytes != sizeof answer ||
                  answer.iova != iova || answer.size_bytes != size_bytes)) {
        user_close_fds(&request);
        code =
            user_conn_breach(&user->conn, err, "DMA_UNMAP of 0x%llx: answered for something else",
                             (unsigned long long)iova);
    }
    pthread_mutex_unlock(&user->lock);
    return code;
}

/* No IOMMU stands between: the server sees our addresses as they are. The MSI window is left out
 * all the same, so that a driver behaves as it does on hardware. */
enum magma_code user_iova_ranges(void *impl, struct mvfio_range *out, uint32_t max, uint32_t *count,
                                 struct magma_error *err)
{
    static const struct mvfio_range ranges[] = {{0, 0xfedfffff}, {0xfef00000, UINT64_MAX}};

    (void)impl;
    (void)err;
    *count = sizeof ranges / sizeof ranges[0];
    memcpy(out, ranges, (*count < max ? *count : max) * sizeof ranges[0]);
    return MAGMA_OK;
}

static const struct user_map *find_map(const struct user_device *user, uint64_t iova,
                                       uint64_t size_bytes, uint32_t flag)
{
    for (uint32_t i = 0; i < user->map_count; i++) {
        const struct user_map *map = &user->maps[i];

        if (iova >= map->iova && mvfio_within(iova - map->iova, size_bytes, map->size_bytes))
            return map->flags & flag ? map : NULL;
    }
    return NULL;
}

int user_dma_serve(void *ctx, uint16_t command, const void *body, size_t size_bytes, void *reply,
                   size_t *reply_bytes)
{
    struct user_device *user = ctx;
    bool write = command == USER_DMA_WRITE;
    struct user_dma_access ask;
    const struct user_map *map;

    if (command != USER_DMA_READ && command != USER_DMA_WRITE)
        return ENOTSUP;
    if (size_bytes < sizeof ask)
        return EINVAL;
    memcpy(&ask, body, sizeof ask);
    if (!ask.count || ask.count > USER_OFFER_DATA_MAX ||
        size_bytes - sizeof ask != (write ? ask.count : 0))
        return EINVAL;
    map =
        find_map(user, ask.iova, ask.count, write ? MVFIO_DMA_DEVICE_WRITE : MVFIO_DMA_DEVICE_READ);
    if (!map)
        return EFAULT;
    memcpy(reply, &ask, sizeof ask);
    *reply_bytes = sizeof ask;
    if (write) {
        memcpy(map->cpu + (ask.iova - map->iova), (const unsigned char *)body + sizeof ask,
               ask.count);
    } else {
        memcpy((unsigned char *)reply + sizeof ask, map->cpu + (ask.iova - map->iova), ask.count);
        *reply_bytes += ask.count;
    }
    return 0;
}
