/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The resource manager inside the kernel driver, by its ioctls: one client, objects in a tree under
 * it, controls on them. System calls go through struct mg_rmi_os, which tests replace. Layouts
 * differ by driver branch; the branch is read when the client is made, and nobody above asks for
 * it.
 *
 * Threads: any; the kernel locks.
 */
#ifndef MG_WINSYS_NVIDIA_RMI_H
#define MG_WINSYS_NVIDIA_RMI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <magma-nv/status.h>

/* System calls. Failures are a negative errno; map gives NULL and sets errno. */
struct mg_rmi_os {
    int (*open)(void *ctx, const char *path);
    void (*close)(void *ctx, int fd);
    int (*ioctl)(void *ctx, int fd, unsigned long request, void *argument);
    void *(*map)(void *ctx, int fd, size_t size_bytes);
    void (*unmap)(void *ctx, void *address, size_t size_bytes);
    void *ctx;
};

extern const struct mg_rmi_os mg_rmi_os_system;

/* A client. Plain value; fields are read only. */
struct mg_rmi {
    const struct mg_rmi_os *os;
    int control_fd; /* /dev/nvidiactl */
    uint32_t client;
    unsigned branch;  /* 580 */
    char version[64]; /* "580.159.04" */
};

/* Opens the control node, reads the version, makes a client. NO_DEVICE when the driver is not
 * there, NOT_SUPPORTED for a branch older than 535. */
enum magma_code mg_rmi_init(struct mg_rmi *rmi, const struct mg_rmi_os *os,
                            struct magma_error *err);
/* Closes the node: everything under the client goes with it. All zero is fine. */
void mg_rmi_finish(struct mg_rmi *rmi);

/* One ioctl whose block has no status of its own, on fd. */
enum magma_code mg_rmi_escape(const struct mg_rmi *rmi, int fd, unsigned number, void *block,
                              size_t size_bytes, struct magma_error *err);

/* Makes an object of a class under parent; params (may be NULL) are read and written back. The
 * handle is the resource manager's choice. */
enum magma_code mg_rmi_alloc(const struct mg_rmi *rmi, uint32_t parent, uint32_t class_id,
                             void *params, size_t size_bytes, uint32_t *handle,
                             struct magma_error *err);
/* Handle 0 is fine. What the resource manager says is of no use to the caller. */
void mg_rmi_free(const struct mg_rmi *rmi, uint32_t parent, uint32_t handle);

/* A control: size_bytes must be what this branch knows for it. */
enum magma_code mg_rmi_control(const struct mg_rmi *rmi, uint32_t object, uint32_t command,
                               void *params, size_t size_bytes, struct magma_error *err);

/* The CPU's view of an object. */
struct mg_rmi_view {
    void *cpu;
    size_t size_bytes;
    uint64_t cookie;
};

/* Maps the first size_bytes of memory (or of the usermode page) through a fresh descriptor of
 * `node`. *out is all zero on failure. */
enum magma_code mg_rmi_view_init(const struct mg_rmi *rmi, const char *node, uint32_t device,
                                 uint32_t memory, size_t size_bytes, struct mg_rmi_view *out,
                                 struct magma_error *err);
void mg_rmi_view_finish(const struct mg_rmi *rmi, uint32_t device, uint32_t memory,
                        struct mg_rmi_view *view);

/* Maps memory from its start at the GPU address `va` of a virtual memory object (flags:
 * NV_RMI_MAP_DMA_FLAGS), and undoes it. */
enum magma_code mg_rmi_map_dma(const struct mg_rmi *rmi, uint32_t device, uint32_t virtual_memory,
                               uint32_t memory, uint64_t size_bytes, uint32_t flags, uint64_t va,
                               struct magma_error *err);
enum magma_code mg_rmi_unmap_dma(const struct mg_rmi *rmi, uint32_t device, uint32_t virtual_memory,
                                 uint32_t memory, uint64_t va, struct magma_error *err);

#endif
