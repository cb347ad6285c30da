/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The vfio-user protocol (version 0.0) as it stands on the socket: message numbers, header and
 * bodies, in host byte order. Structures that equal the kernel's (region info, irq info, irq set)
 * are linux/vfio.h's own.
 */
#ifndef MVFIO_USER_WIRE_H
#define MVFIO_USER_WIRE_H

#include <stdint.h>

enum user_command {
    USER_VERSION = 1,
    USER_DMA_MAP = 2,
    USER_DMA_UNMAP = 3,
    USER_DEVICE_GET_INFO = 4,
    USER_GET_REGION_INFO = 5,
    USER_GET_REGION_IO_FDS = 6,
    USER_GET_IRQ_INFO = 7,
    USER_SET_IRQS = 8,
    USER_REGION_READ = 9,
    USER_REGION_WRITE = 10,
    USER_DMA_READ = 11,
    USER_DMA_WRITE = 12,
    USER_DEVICE_RESET = 13
};

enum {
    USER_FLAG_TYPE_MASK = 0xf,
    USER_FLAG_TYPE_COMMAND = 0,
    USER_FLAG_TYPE_REPLY = 1,
    USER_FLAG_NO_REPLY = 1 << 4,
    USER_FLAG_ERROR = 1 << 5,
    USER_FLAG_KNOWN = 0x3f
};

struct user_header {
    uint16_t id; /* chosen by the sender of the command, repeated in the reply */
    uint16_t command;
    uint32_t size_bytes; /* header included */
    uint32_t flags;
    uint32_t error; /* errno, with USER_FLAG_ERROR */
};

struct user_version {
    uint16_t major;
    uint16_t minor; /* followed by NUL ended JSON */
};

enum { USER_DMA_MAP_READ = 1 << 0, USER_DMA_MAP_WRITE = 1 << 1 };

struct user_dma_map {
    uint32_t argsz;
    uint32_t flags;
    uint64_t fd_offset;
    uint64_t iova;
    uint64_t size_bytes;
};

struct user_dma_unmap {
    uint32_t argsz;
    uint32_t flags;
    uint64_t iova;
    uint64_t size_bytes;
};

/* The fixed part of struct vfio_device_info; newer kernels' additions are not on the wire. */
struct user_device_info {
    uint32_t argsz;
    uint32_t flags;
    uint32_t region_count;
    uint32_t irq_count;
};

/* REGION_READ and REGION_WRITE; data follows where there is any. */
struct user_region_access {
    uint64_t offset;
    uint32_t region;
    uint32_t count;
};

/* DMA_READ and DMA_WRITE of the server; data follows where there is any. */
struct user_dma_access {
    uint64_t iova;
    uint64_t count;
};

_Static_assert(sizeof(struct user_header) == 16, "vfio-user header");
_Static_assert(sizeof(struct user_version) == 4, "vfio-user version");
_Static_assert(sizeof(struct user_dma_map) == 32, "vfio-user DMA_MAP");
_Static_assert(sizeof(struct user_dma_unmap) == 24, "vfio-user DMA_UNMAP");
_Static_assert(sizeof(struct user_device_info) == 16, "vfio-user device info");
_Static_assert(sizeof(struct user_region_access) == 16, "vfio-user region access");
_Static_assert(sizeof(struct user_dma_access) == 16, "vfio-user DMA access");

#endif
