/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The kernel's first VFIO API: a container (/dev/vfio/vfio) is an I/O address space, a group
 * (/dev/vfio/N) the smallest set of devices the IOMMU can isolate. The group goes into the
 * container, the container gets the type1 IOMMU, and the group gives out the device. This is
 * what distributions ship.
 */
#include "kernel.h"

#include <errno.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { IOMMU_INFO_BYTES = 4096, CAPS_MAX = 32 };

static enum magma_code check_container(const struct kernel_device *kernel, struct magma_error *err)
{
    const char *name = kernel->name;
    int version = ioctl(kernel->container, VFIO_GET_API_VERSION);

    if (version < 0)
        return mg_fail_errno(err, errno, "%s: the container does not answer as VFIO does", name);
    if (version != VFIO_API_VERSION)
        return mg_fail(err, MAGMA_NOT_SUPPORTED, "%s: the kernel speaks VFIO version %d, wanted %d",
                       name, version, VFIO_API_VERSION);
    if (ioctl(kernel->container, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU) <= 0)
        return mg_fail(err, MAGMA_NOT_SUPPORTED,
                       "%s: the kernel has no type1 IOMMU; run `modprobe vfio_iommu_type1`", name);
    return MAGMA_OK;
}

static enum magma_code check_viable(const struct kernel_device *kernel, struct magma_error *err)
{
    struct vfio_group_status status = {.argsz = sizeof status};

    if (ioctl(kernel->group, VFIO_GROUP_GET_STATUS, &status))
        return mg_fail_errno(err, errno, "%s: asking for the group's state", kernel->name);
    if (status.flags & VFIO_GROUP_FLAGS_CONTAINER_SET)
        return mg_fail(err, MAGMA_BUSY, "%s: its IOMMU group is in another container already",
                       kernel->name);
    if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE))
        return mg_fail(err, MAGMA_BUSY,
                       "%s: another function of its IOMMU group is in the hands of a host driver; "
                       "`magma info %s` lists them, `magma bind` takes them",
                       kernel->name, kernel->name);
    return MAGMA_OK;
}

static enum magma_code attach(struct kernel_device *kernel, struct magma_error *err)
{
    const char *name = kernel->name;
    enum magma_code code = check_container(kernel, err);

    if (!code)
        code = check_viable(kernel, err);
    if (code)
        return code;
    if (ioctl(kernel->group, VFIO_GROUP_SET_CONTAINER, &kernel->container))
        return mg_fail_errno(err, errno, "%s: putting the group into the container", name);
    if (ioctl(kernel->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
        return kernel_attach_failed(name, errno, "vfio_iommu_type1", err);
    kernel->fd = ioctl(kernel->group, VFIO_GROUP_GET_DEVICE_FD, name);
    if (kernel->fd < 0)
        return mg_fail_errno(err, errno, "%s: the group does not give out the device", name);
    return MAGMA_OK;
}

static void detach(struct kernel_device *kernel)
{
    /* Fails when it never got in; closing does the same. */
    (void)ioctl(kernel->group, VFIO_GROUP_UNSET_CONTAINER);
}

static enum magma_code open_nodes(struct kernel_device *kernel,
                                  const struct mvfio_pci_function *function, const char *dev_root,
                                  struct magma_error *err)
{
    enum magma_code code = kernel_open_node(kernel, dev_root, "vfio/vfio", &kernel->container, err);
    char node[32];

    snprintf(node, sizeof node, "vfio/%d", function->iommu_group);
    return code ? code : kernel_open_node(kernel, dev_root, node, &kernel->group, err);
}

static void take(struct kernel_device *kernel, const struct mvfio_fds *fds)
{
    kernel->container = fds->container;
    kernel->group = fds->group;
}

static const struct kernel_api group_api = {
    .open_nodes = open_nodes,
    .take = take,
    .attach = attach,
    .detach = detach,
    .missing = "run `modprobe vfio-pci` and bind the device",
};

enum magma_code mvfio_group_open(const struct mvfio_pci_function *function,
                                 const struct mvfio_options *options, void **impl,
                                 struct magma_error *err)
{
    return kernel_open(&group_api, function, options, impl, err);
}

enum magma_code mvfio_group_adopt(const struct mvfio_fds *fds, const char *address, void **impl,
                                  struct magma_error *err)
{
    return kernel_adopt(&group_api, fds, address, impl, err);
}

/* ---- I/O address space ---- */

static enum magma_code group_dma_map(void *impl, uint64_t iova, void *cpu, uint64_t size_bytes,
                                     int fd, uint64_t fd_offset, uint32_t flags,
                                     struct magma_error *err)
{
    struct kernel_device *kernel = impl;
    struct vfio_iommu_type1_dma_map map = {
        .argsz = sizeof map,
        .flags = (flags & MVFIO_DMA_DEVICE_READ ? (uint32_t)VFIO_DMA_MAP_FLAG_READ : 0) |
                 (flags & MVFIO_DMA_DEVICE_WRITE ? (uint32_t)VFIO_DMA_MAP_FLAG_WRITE : 0),
        .vaddr = (uintptr_t)cpu,
        .iova = iova,
        .size = size_bytes};

    (void)fd;
    (void)fd_offset;
    if (ioctl(kernel->container, VFIO_IOMMU_MAP_DMA, &map))
        return kernel_map_failed(kernel, errno, iova, size_bytes, err);
    atomic_fetch_add(&kernel->mapped_bytes, size_bytes);
    return MAGMA_OK;
}

static enum magma_code group_dma_unmap(void *impl, uint64_t iova, uint64_t size_bytes,
                                       struct magma_error *err)
{
    struct kernel_device *kernel = impl;
    struct vfio_iommu_type1_dma_unmap unmap = {
        .argsz = sizeof unmap, .iova = iova, .size = size_bytes};

    if (ioctl(kernel->container, VFIO_IOMMU_UNMAP_DMA, &unmap))
        return mg_fail_errno(err, errno, "%s: unmapping I/O address 0x%llx", kernel->name,
                             (unsigned long long)iova);
    if (unmap.size != size_bytes)
        return mg_fail(err, MAGMA_INTERNAL,
                       "%s: unmapping I/O address 0x%llx: 0x%llx bytes, wanted 0x%llx",
                       kernel->name, (unsigned long long)iova, (unsigned long long)unmap.size,
                       (unsigned long long)size_bytes);
    atomic_fetch_sub(&kernel->mapped_bytes, size_bytes);
    return MAGMA_OK;
}

/* Copies the ranges out of the IOVA range capability at `at`. False: malformed. */
static bool parse_ranges(const unsigned char *at, size_t left, struct mvfio_range *out,
                         uint32_t max, uint32_t *count)
{
    struct vfio_iommu_type1_info_cap_iova_range cap;

    if (left < sizeof cap)
        return false;
    memcpy(&cap, at, sizeof cap);
    if (cap.nr_iovas > (left - sizeof cap) / sizeof(struct vfio_iova_range))
        return false;
    for (*count = 0; *count < cap.nr_iovas && *count < max; ++*count) {
        struct vfio_iova_range range;

        memcpy(&range, at + sizeof cap + *count * sizeof range, sizeof range);
        out[*count] = (struct mvfio_range){range.start, range.end};
    }
    return true;
}

static bool find_ranges(const unsigned char *data, size_t size_bytes, uint32_t cap_offset,
                        struct mvfio_range *out, uint32_t max, uint32_t *count)
{
    for (unsigned i = 0; cap_offset && i < CAPS_MAX; i++) {
        struct vfio_info_cap_header header;

        if (!mvfio_within(cap_offset, sizeof header, size_bytes))
            return false;
        memcpy(&header, data + cap_offset, sizeof header);
        if (header.id == VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE)
            return parse_ranges(data + cap_offset, size_bytes - cap_offset, out, max, count);
        cap_offset = header.next;
    }
    return false;
}

static enum magma_code group_iova_ranges(void *impl, struct mvfio_range *out, uint32_t max,
                                         uint32_t *count, struct magma_error *err)
{
    struct kernel_device *kernel = impl;
    union {
        struct vfio_iommu_type1_info info;
        unsigned char bytes[IOMMU_INFO_BYTES];
    } arg = {.info = {.argsz = sizeof arg}};
    size_t size_bytes;

    if (ioctl(kernel->container, VFIO_IOMMU_GET_INFO, &arg))
        return mg_fail_errno(err, errno, "%s: asking for the I/O address ranges", kernel->name);
    size_bytes = arg.info.argsz < sizeof arg ? arg.info.argsz : sizeof arg;
    if ((arg.info.flags & VFIO_IOMMU_INFO_CAPS) &&
        find_ranges(arg.bytes, size_bytes, arg.info.cap_offset, out, max, count))
        return MAGMA_OK;
    return mg_fail(err, MAGMA_NOT_SUPPORTED,
                   "%s: the kernel does not say which I/O addresses are valid (Linux 5.4 and "
                   "later do)",
                   kernel->name);
}

const struct mvfio_ops mvfio_group_ops = {
    .kind = "group",
    .dma_map = group_dma_map,
    .dma_unmap = group_dma_unmap,
    .iova_ranges = group_iova_ranges,
    KERNEL_OPS,
};
