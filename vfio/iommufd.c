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

static enum magma_code bind_failed(const char *name, int error, struct magma_error *err)
{
    /* EINVAL: another process has it by its cdev; EBUSY: by its group. */
    if (error == EBUSY || error == EINVAL)
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

static enum magma_code attach(struct kernel_device *kernel, struct magma_error *err)
{
    const char *name = kernel->name;
    struct abi_device_bind bind = {.argsz = sizeof bind, .iommufd = kernel->container};
    struct abi_ioas_alloc alloc = {.size = sizeof alloc};
    struct abi_device_attach attach = {.argsz = sizeof attach};

    if (ioctl(kernel->fd, ABI_DEVICE_BIND, &bind))
        return bind_failed(name, errno, err);
    if (ioctl(kernel->container, ABI_IOAS_ALLOC, &alloc))
        return mg_fail_errno(err, errno, "%s: making an I/O address space", name);
    attach.pt_id = alloc.out_ioas_id;
    if (ioctl(kernel->fd, ABI_DEVICE_ATTACH, &attach))
        return kernel_attach_failed(name, errno, "iommufd", err);
    kernel->ioas_id = alloc.out_ioas_id;
    return MAGMA_OK;
}

static enum magma_code open_nodes(struct kernel_device *kernel,
                                  const struct mvfio_pci_function *function, const char *dev_root,
                                  struct magma_error *err)
{
    enum magma_code code;
    char node[64];

    if (!function->cdev[0])
        return mg_fail(err, MAGMA_NOT_SUPPORTED,
                       "%s: the kernel offers no device node of its own for it (no vfio-dev in "
                       "sysfs); use the group interface (MAGMA_VFIO=group)",
                       kernel->name);
    code = kernel_open_node(kernel, dev_root, "iommu", &kernel->container, err);
    snprintf(node, sizeof node, "vfio/devices/%s", function->cdev);
    return code ? code : kernel_open_node(kernel, dev_root, node, &kernel->fd, err);
}

static void take(struct kernel_device *kernel, const struct mvfio_fds *fds)
{
    kernel->container = fds->container;
    kernel->fd = fds->device;
}

static const struct kernel_api iommufd_api = {
    .open_nodes = open_nodes,
    .take = take,
    .attach = attach,
    .missing = "the kernel has no iommufd, use the group interface (MAGMA_VFIO=group)",
};

enum magma_code mvfio_iommufd_open(const struct mvfio_pci_function *function,
                                   const struct mvfio_options *options, void **impl,
                                   struct magma_error *err)
{
    return kernel_open(&iommufd_api, function, options, impl, err);
}

enum magma_code mvfio_iommufd_adopt(const struct mvfio_fds *fds, const char *address, void **impl,
                                    struct magma_error *err)
{
    return kernel_adopt(&iommufd_api, fds, address, impl, err);
}

/* ---- I/O address space ---- */

static enum magma_code iommufd_dma_map(void *impl, uint64_t iova, void *cpu, uint64_t size_bytes,
                                       int fd, uint64_t fd_offset, uint32_t flags,
                                       struct magma_error *err)
{
    struct kernel_device *kernel = impl;
    struct abi_ioas_map map = {
        .size = sizeof map,
        .flags = ABI_MAP_FIXED_IOVA |
                 (flags & MVFIO_DMA_DEVICE_READ ? (uint32_t)ABI_MAP_READABLE : 0) |
                 (flags & MVFIO_DMA_DEVICE_WRITE ? (uint32_t)ABI_MAP_WRITEABLE : 0),
        .ioas_id = kernel->ioas_id,
        .user_va = (uintptr_t)cpu,
        .length = size_bytes,
        .iova = iova};

    (void)fd;
    (void)fd_offset;
    if (ioctl(kernel->container, ABI_IOAS_MAP, &map))
        return kernel_map_failed(kernel, errno, iova, size_bytes, err);
    atomic_fetch_add(&kernel->mapped_bytes, size_bytes);
    return MAGMA_OK;
}

static enum magma_code iommufd_dma_unmap(void *impl, uint64_t iova, uint64_t size_bytes,
                                         struct magma_error *err)
{
    struct kernel_device *kernel = impl;
    struct abi_ioas_unmap unmap = {
        .size = sizeof unmap, .ioas_id = kernel->ioas_id, .iova = iova, .length = size_bytes};

    if (ioctl(kernel->container, ABI_IOAS_UNMAP, &unmap))
        return mg_fail_errno(err, errno, "%s: unmapping I/O address 0x%llx", kernel->name,
                             (unsigned long long)iova);
    atomic_fetch_sub(&kernel->mapped_bytes, size_bytes);
    return MAGMA_OK;
}

static enum magma_code iommufd_iova_ranges(void *impl, struct mvfio_range *out, uint32_t max,
                                           uint32_t *count, struct magma_error *err)
{
    struct kernel_device *kernel = impl;
    struct abi_iova_range ranges[MVFIO_RANGES_MAX];
    struct abi_ioas_iova_ranges ask = {.size = sizeof ask,
                                       .ioas_id = kernel->ioas_id,
                                       .range_count = MVFIO_RANGES_MAX,
                                       .ranges = (uintptr_t)ranges};

    /* EMSGSIZE: there are more than we have room for; the first ones are there. */
    if (ioctl(kernel->container, ABI_IOAS_IOVA_RANGES, &ask) && errno != EMSGSIZE)
        return mg_fail_errno(err, errno, "%s: asking for the I/O address ranges", kernel->name);
    *count = ask.range_count < MVFIO_RANGES_MAX ? ask.range_count : MVFIO_RANGES_MAX;
    for (uint32_t i = 0; i < *count && i < max; i++)
        out[i] = (struct mvfio_range){ranges[i].start, ranges[i].last};
    return MAGMA_OK;
}

const struct mvfio_ops mvfio_iommufd_ops = {
    .kind = "iommufd",
    .dma_map = iommufd_dma_map,
    .dma_unmap = iommufd_dma_unmap,
    .iova_ranges = iommufd_iova_ranges,
    KERNEL_OPS,
};
