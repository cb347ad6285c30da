/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The state of a vfio-user client, shared by user.c (regions, interrupts) and user_dma.c. */
#ifndef MVFIO_USER_H
#define MVFIO_USER_H

#include "device.h"
#include "user_conn.h"
#include "user_json.h"

struct user_region_fd {
    int fd; /* -1: the region cannot be mapped */
    uint64_t offset;
};

/* Memory the server was told of. */
struct user_map {
    uint64_t iova;
    uint64_t size_bytes;
    unsigned char *cpu;
    uint32_t flags; /* MVFIO_DMA_DEVICE_* */
};

struct user_device {
    char name[160];
    pthread_mutex_t lock; /* guards conn and maps */
    struct user_conn conn;
    struct user_caps caps;                                /* constant after create */
    struct mvfio_device_info info;                        /* constant after create */
    struct user_region_fd region_fds[MVFIO_REGION_COUNT]; /* constant after open */
    struct user_map *maps;
    uint32_t map_count;
    uint32_t map_capacity;
};

/* Sends the request and waits for its reply, with the lock. */
enum magma_code user_call(struct user_device *user, struct user_request *request,
                          struct magma_error *err);

/* As user_call for a reply of exactly reply_max_bytes that carries no descriptor. `what` names the
 * command in messages. */
enum magma_code user_call_plain(struct user_device *user, struct user_request *request,
                                const char *what, struct magma_error *err);

/* A reply breaks the protocol: ends the connection, closes what came along. MAGMA_PROTOCOL. */
enum magma_code user_breach(struct user_device *user, struct user_request *request,
                            struct magma_error *err, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* struct mvfio_ops; impl is a struct user_device. */
enum magma_code user_region_info(void *impl, uint32_t region, struct mvfio_region_info *out,
                                 struct magma_error *err);
enum magma_code user_region_read(void *impl, uint32_t region, uint64_t offset, void *data,
                                 size_t size_bytes, struct magma_error *err);
enum magma_code user_region_write(void *impl, uint32_t region, uint64_t offset, const void *data,
                                  size_t size_bytes, struct magma_error *err);
enum magma_code user_region_map(void *impl, uint32_t region, uint64_t offset, uint64_t size_bytes,
                                void **out, struct magma_error *err);
enum magma_code user_dma_map(void *impl, uint64_t iova, void *cpu, uint64_t size_bytes, int fd,
                             uint64_t fd_offset, uint32_t flags, struct magma_error *err);
enum magma_code user_dma_unmap(void *impl, uint64_t iova, uint64_t size_bytes,
                               struct magma_error *err);
enum magma_code user_iova_ranges(void *impl, struct mvfio_range *out, uint32_t max, uint32_t *count,
                                 struct magma_error *err);

/* Serves DMA_READ and DMA_WRITE of the server (user_serve of user_conn.h). */
int user_dma_serve(void *ctx, uint16_t command, const void *body, size_t size_bytes, void *reply,
                   size_t *reply_bytes);

#endif
