/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What the kernel's two VFIO APIs have in common: once a device descriptor is open, regions,
 * interrupts and reset are the same ioctls on it. group.c and iommufd.c differ in how they get
 * there and in how memory is mapped; their states begin with struct kernel_device.
 */
#ifndef MVFIO_KERNEL_H
#define MVFIO_KERNEL_H

#include "device.h"

struct kernel_device {
    int fd;
    char name[32];
    uint64_t region_offsets[MVFIO_REGION_COUNT]; /* where each region lies in fd */
    atomic_uint_least64_t mapped_bytes;          /* for the text on RLIMIT_MEMLOCK */
};

void kernel_device_init(struct kernel_device *kernel, const char *name);

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

/* mvfio_device_hot_reset; group is the device's open group, -1 when it was opened by its cdev. */
enum magma_code kernel_hot_reset(struct kernel_device *kernel, int group, struct magma_error *err);

/* Opens a node of dev_root (NULL: "/dev") read and write; -1 with errno. path gets its name for
 * messages (256 bytes). */
int kernel_open_node(const char *dev_root, const char *node, char *path);

/* The text for a failed mapping: ENOMEM is RLIMIT_MEMLOCK far more often than lack of memory. */
enum magma_code kernel_map_failed(struct kernel_device *kernel, int error, uint64_t iova,
                                  uint64_t size_bytes, struct magma_error *err);

/* The text for EPERM of an attach: no interrupt remapping, or a group that is not ours alone.
 * `module` has the switch that accepts the risk. */
enum magma_code kernel_attach_failed(const char *name, int error, const char *module,
                                     struct magma_error *err);

#endif
