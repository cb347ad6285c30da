/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What the kernel's two VFIO APIs have in common: how a device is opened, adopted and closed, and,
 * once its descriptor is open, regions, interrupts and reset, which are the same ioctls on it.
 * group.c and iommufd.c have the rest: which nodes there are, how the device gets its I/O address
 * space, and how memory is mapped there.
 */
#ifndef MVFIO_KERNEL_H
#define MVFIO_KERNEL_H

#include "device.h"

struct kernel_device {
    const struct kernel_api *api;
    int fd;           /* the device */
    int container;    /* its I/O address spaces: /dev/vfio/vfio or /dev/iommu */
    int group;        /* /dev/vfio/N; -1 with iommufd */
    int request;      /* signalled when the kernel wants the device back; -1: it cannot say so */
    uint32_t ioas_id; /* iommufd: the I/O address space */
    char name[32];
    uint64_t region_offsets[MVFIO_REGION_COUNT]; /* where each region lies in fd */
    atomic_uint_least64_t mapped_bytes;          /* for the text on RLIMIT_MEMLOCK */
};

/* What differs on the way to a device descriptor. */
struct kernel_api {
    /* Opens the nodes of the function below dev_root (NULL: "/dev"). */
    enum magma_code (*open_nodes)(struct kernel_device *kernel,
                                  const struct mvfio_pci_function *function, const char *dev_root,
                                  struct magma_error *err);
    /* Takes over the descriptors that an adopter has. */
    void (*take)(struct kernel_device *kernel, const struct mvfio_fds *fds);
    /* From open nodes to a device in an I/O address space. */
    enum magma_code (*attach)(struct kernel_device *kernel, struct magma_error *err);
    /* Undoes what attach did, for nodes that somebody else goes on using; optional. */
    void (*detach)(struct kernel_device *kernel);
    /* For messages: what to do when a node is missing. */
    const char *missing;
};

/* A device of a function, and of descriptors that are its own on success only. */
enum magma_code kernel_open(const struct kernel_api *api, const struct mvfio_pci_function *function,
                            const struct mvfio_options *options, void **impl,
                            struct magma_error *err);
enum magma_code kernel_adopt(const struct kernel_api *api, const struct mvfio_fds *fds,
                             const char *address, void **impl, struct magma_error *err);

/* Opens a node below dev_root (NULL: "/dev") read and write into *fd; says what is in the way. */
enum magma_code kernel_open_node(const struct kernel_device *kernel, const char *dev_root,
                                 const char *node, int *fd, struct magma_error *err);

/* struct mvfio_ops; impl points to a struct kernel_device. */
enum magma_code kernel_info(void *impl, struct mvfio_device_info *out, struct magma_error *err);
enum magma_code kernel_region_info(void *impl, uint32_t region, struct mvfio_region_info *out,
                                   struct magma_error *err);
enum magma_code kernel_region_read(void *impl, uint32_t region, uint64_t offset, void *data,
                                   size_t size_bytes, struct magma_error *err);
enum magma_code kernel_region_write(void *impl, uint32_t region, uint64_t offset, const void *data,
                                    size_t size_bytes, struct magma_error *err);
enum magma_code kernel_region_map(void *impl, uint32_t region, uint64_t offset, uint64_t size_bytes,
                                  void **out, struct magma_error *err);
enum magma_code kernel_irq_info(void *impl, uint32_t irq, struct mvfio_irq_info *out,
                                struct magma_error *err);
enum magma_code kernel_irq_set(void *impl, uint32_t irq, uint32_t first, const int *fds,
                               uint32_t count, struct magma_error *err);
enum magma_code kernel_irq_unmask(void *impl, uint32_t irq, uint32_t vector,
                                  struct magma_error *err);
enum magma_code kernel_reset(void *impl, struct magma_error *err);
enum magma_code kernel_hot_reset(void *impl, struct magma_error *err);
int kernel_poll_fd(void *impl);
enum magma_code kernel_service(void *impl, struct magma_error *err);
void kernel_close(void *impl);

#define KERNEL_OPS                                                                                 \
    .close = kernel_close, .info = kernel_info, .region_info = kernel_region_info,                 \
    .region_read = kernel_region_read, .region_write = kernel_region_write,                        \
    .region_map = kernel_region_map, .irq_info = kernel_irq_info, .irq_set = kernel_irq_set,       \
    .irq_unmask = kernel_irq_unmask, .reset = kernel_reset, .hot_reset = kernel_hot_reset,         \
    .poll_fd = kernel_poll_fd, .service = kernel_service, .quiet_poll = true

/* The text for a failed mapping: ENOMEM is RLIMIT_MEMLOCK far more often than lack of memory. */
enum magma_code kernel_map_failed(struct kernel_device *kernel, int error, uint64_t iova,
                                  uint64_t size_bytes, struct magma_error *err);

/* The text for EPERM of an attach: no interrupt remapping, or a group that is not ours alone.
 * `module` has the switch that accepts the risk. */
enum magma_code kernel_attach_failed(const char *name, int error, const char *module,
                                     struct magma_error *err);

#endif
