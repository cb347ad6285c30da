/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The kernel's second VFIO API: the device has a node of its own (/dev/vfio/devices/vfioN), which
 * is bound to an iommufd (/dev/iommu) and attached to an I/O address space made there. Taken
 * when the kernel has it; stock Debian kernels up to 13 do not.
 */
#include "kernel.h"
#include "iommufd_abi.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct iommufd_device {
    struct kernel_device kernel; /* first: the ops of kernel.c see only this */
    int iommufd;
    uint32_t ioas_id;
};

static void iommufd_close(void *impl)
{
    struct iommufd_device *self = impl;

    /* The device first: closing it detaches; then the address space goes with its iommufd. */
    if (self->kernel.fd >= 0)
        close(self->kernel.fd);
    if (self->iommufd >= 0)
        close(self->iommufd);
    free(self);
}

static struct iommufd_device *iommufd_new(const char *name)
{
    struct iommufd_device *self = calloc(1, sizeof *self);

    if (!self)
        return NULL;
    kernel_device_init(&self->kernel, name);
    self->iommufd = -1;
    return self;
}

static enum magma_code bind_failed(const char *name, int error, struct magma_error *err)
{
    if (error == EBUSY)
        return mg_fail(err, MAGMA_BUSY, "%s: the device is open in another process", name);
    if (error == EPERM)
        return mg_fail(err, MAGMA_PERMISSION,
                       "%s: the kernel does not hand the device over: a function of its IOMMU "
                       "group is in the hands of a host driver (`magma info %s` lists them), or "
                       "the IOMMU does not remap interrupts (turn that on in the firmware, or "
                       "accept the risk with iommufd.allow_unsafe_interrupts=1)",
                       name, name);
    return mg_fail_errno(err, error, "%s: binding the device to the iommufd", name);
}

static enum magma_code attach(struct iommufd_device *self, struct magma_error *err)
{
    const char *name = self->kernel.name;
    struct abi_device_bind bind = {.argsz = sizeof bind, .iommufd = self->iommufd};
    struct abi_ioas_alloc alloc = {.size = sizeof alloc};
    struct abi_device_attach attach = {.argsz = sizeof attach};

    if (ioctl(self->kernel.fd, ABI_DEVICE_BIND, &bind))
        return bind_failed(name, errno, err);
    if (ioctl(self->iommufd, ABI_IOAS_ALLOC, &alloc))
        return mg_fail_errno(err, errno, "%s: making an I/O address space", name);
    attach.pt_id = alloc.out_ioas_id;
    if (ioctl(self->kernel.fd, ABI_DEVICE_ATTACH, &attach))
        return kernel_attach_failed(name, errno, "iommufd", err);
    self->ioas_id = alloc.out_ioas_id;
    return MAGMA_OK;
}

static enum magma_code open_failed(const char *name, const char *path, int error,
                                   struct magma_error *err)
{
    switch (error) {
    case ENOENT:
        return mg_fail(err, MAGMA_NO_DEVICE,
                       "%s: there is no %s; the kernel has no iommufd, use the group interface",
                       name, path);
    case EACCES:
    case EPERM:
        return mg_fail(err, MAGMA_PERMISSION,
                       "%s: no permission to open %s; run `chown $USER %s` as root, or add a udev "
                       "rule for your group",
                       name, path, path);
    default:
        return mg_fail_errno(err, error, "%s: opening %s", name, path);
    }
}

static enum magma_code open_nodes(struct iommufd_device *self, const char *cdev,
                                  const char *dev_root, struct magma_error *err)
{
    char node[64], path[256];

    if (!cdev[0])
        return mg_fail(err, MAGMA_NOT_SUPPORTED,
                       "%s: the kernel offers no device node of its own for it (no vfio-dev in "
                       "sysfs); use the group interface",
                       self->kernel.name);
    self->iommufd = kernel_open_node(dev_root, "iommu", path);
    if (self->iommufd < 0)
        return open_failed(self->kernel.name, path, errno, err);
    snprintf(node, sizeof node, "vfio/devices/%s", cdev);
    self->kernel.fd = kernel_open_node(dev_root, node, path);
    if (self->kernel.fd < 0)
        return open_failed(self->kernel.name, path, errno, err);
    return MAGMA_OK;
}

enum magma_code mvfio_iommufd_open(const struct mvfio_pci_function *function,
                                   const struct mvfio_options *options, void **impl,
                                   struct magma_error *err)
{
    struct iommufd_device *self = iommufd_new(function->address);
    enum magma_code code;

    if (!self)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "%s: no memory for the device",
                       function->address);
    code = open_nodes(self, function->cdev, options ? options->dev_root : NULL, err);
    if (!code)
        code = attach(self, err);
    if (code) {
        iommufd_close(self);
        return code;
    }
    *impl = self;
    return MAGMA_OK;
}

enum magma_code mvfio_iommufd_adopt(const struct mvfio_fds *fds, const char *address, void **impl,
                                    struct magma_error *err)
{
    struct iommufd_device *self = iommufd_new(address);
    enum magma_code code;

    if (!self)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "%s: no memory for the device", address);
    self->iommufd = fds->container;
    self->kernel.fd = fds->device;
    code = attach(self, err);
    if (code) {
        self->iommufd = -1;
        self->kernel.fd = -1;
        iommufd_close(self);
        return code;
    }
    *impl = self;
    return MAGMA_OK;
}

/* ---- I/O address space ---- */

static enum magma_code iommufd_dma_map(void *impl, uint64_t iova, void *cpu, uint64_t size_bytes,
                                       int fd, uint64_t fd_offset, uint32_t flags,
                                       struct magma_error *err)
{
    struct iommufd_device *self = impl;
    struct abi_ioas_map map = {
        .size = sizeof map,
        .flags = ABI_MAP_FIXED_IOVA |
                 (flags & MVFIO_DMA_DEVICE_READ ? (uint32_t)ABI_MAP_READABLE : 0) |
                 (flags & MVFIO_DMA_DEVICE_WRITE ? (uint32_t)ABI_MAP_WRITEABLE : 0),
        .ioas_id = self->ioas_id,
        .user_va = (uintptr_t)cpu,
        .length = size_bytes,
        .iova = iova};

    (void)fd;
    (void)fd_offset;
    if (ioctl(self->iommufd, ABI_IOAS_MAP, &map))
        return kernel_map_failed(&self->kernel, errno, iova, size_bytes, err);
    atomic_fetch_add(&self->kernel.mapped_bytes, size_bytes);
    return MAGMA_OK;
}

static enum magma_code iommufd_dma_unmap(void *impl, uint64_t iova, uint64_t size_bytes,
                                         struct magma_error *err)
{
    struct iommufd_device *self = impl;
    struct abi_ioas_unmap unmap = {
        .size = sizeof unmap, .ioas_id = self->ioas_id, .iova = iova, .length = size_bytes};

    if (ioctl(self->iommufd, ABI_IOAS_UNMAP, &unmap))
        return mg_fail_errno(err, errno, "%s: unmapping I/O address 0x%llx", self->kernel.name,
                             (unsigned long long)iova);
    atomic_fetch_sub(&self->kernel.mapped_bytes, size_bytes);
    return MAGMA_OK;
}

static enum magma_code iommufd_iova_ranges(void *impl, struct mvfio_range *out, uint32_t max,
                                           uint32_t *count, struct magma_error *err)
{
    struct iommufd_device *self = impl;
    struct abi_iova_range ranges[MVFIO_RANGES_MAX];
    struct abi_ioas_iova_ranges ask = {.size = sizeof ask,
                                       .ioas_id = self->ioas_id,
                                       .range_count = MVFIO_RANGES_MAX,
                                       .ranges = (uintptr_t)ranges};

    /* EMSGSIZE: there are more than we have room for; the first ones are there. */
    if (ioctl(self->iommufd, ABI_IOAS_IOVA_RANGES, &ask) && errno != EMSGSIZE)
        return mg_fail_errno(err, errno, "%s: asking for the I/O address ranges",
                             self->kernel.name);
    *count = ask.range_count < MVFIO_RANGES_MAX ? ask.range_count : MVFIO_RANGES_MAX;
    for (uint32_t i = 0; i < *count && i < max; i++)
        out[i] = (struct mvfio_range){ranges[i].start, ranges[i].last};
    return MAGMA_OK;
}

static enum magma_code iommufd_hot_reset(void *impl, struct magma_error *err)
{
    struct iommufd_device *self = impl;

    return kernel_hot_reset(&self->kernel, -1, err);
}

const struct mvfio_ops mvfio_iommufd_ops = {
    .kind = "iommufd",
    .close = iommufd_close,
    .info = kernel_info,
    .region_info = kernel_region_info,
    .region_read = kernel_region_read,
    .region_write = kernel_region_write,
    .region_map = kernel_region_map,
    .irq_info = kernel_irq_info,
    .irq_set = kernel_irq_set,
    .irq_unmask = kernel_irq_unmask,
    .dma_map = iommufd_dma_map,
    .dma_unmap = iommufd_dma_unmap,
    .iova_ranges = iommufd_iova_ranges,
    .reset = kernel_reset,
    .hot_reset = iommufd_hot_reset,
};
