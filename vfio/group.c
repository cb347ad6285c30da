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

struct group_device {
    struct kernel_device kernel; /* first: the ops of kernel.c see only this */
    int container;
    int group;
};

static void group_close(void *impl)
{
    struct group_device *self = impl;

    if (self->kernel.fd >= 0)
        close(self->kernel.fd);
    if (self->group >= 0) {
        /* Fails when it never got in; closing does the same. */
        (void)ioctl(self->group, VFIO_GROUP_UNSET_CONTAINER);
        close(self->group);
    }
    if (self->container >= 0)
        close(self->container);
    free(self);
}

static enum magma_code check_container(const struct group_device *self, struct magma_error *err)
{
    const char *name = self->kernel.name;
    int version = ioctl(self->container, VFIO_GET_API_VERSION);

    if (version < 0)
        return mg_fail_errno(err, errno, "%s: the container does not answer as VFIO does", name);
    if (version != VFIO_API_VERSION)
        return mg_fail(err, MAGMA_NOT_SUPPORTED, "%s: the kernel speaks VFIO version %d, wanted %d",
                       name, version, VFIO_API_VERSION);
    if (ioctl(self->container, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU) <= 0)
        return mg_fail(err, MAGMA_NOT_SUPPORTED,
                       "%s: the kernel has no type1 IOMMU; run `modprobe vfio_iommu_type1`", name);
    return MAGMA_OK;
}

static enum magma_code check_viable(const struct group_device *self, struct magma_error *err)
{
    struct vfio_group_status status = {.argsz = sizeof status};

    if (ioctl(self->group, VFIO_GROUP_GET_STATUS, &status))
        return mg_fail_errno(err, errno, "%s: asking for the group's state", self->kernel.name);
    if (status.flags & VFIO_GROUP_FLAGS_CONTAINER_SET)
        return mg_fail(err, MAGMA_BUSY, "%s: its IOMMU group is in another container already",
                       self->kernel.name);
    if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE))
        return mg_fail(err, MAGMA_BUSY,
                       "%s: another function of its IOMMU group is in the hands of a host driver; "
                       "`magma info %s` lists them, `magma bind` takes them",
                       self->kernel.name, self->kernel.name);
    return MAGMA_OK;
}

static enum magma_code attach(struct group_device *self, struct magma_error *err)
{
    const char *name = self->kernel.name;
    enum magma_code code = check_container(self, err);

    if (!code)
        code = check_viable(self, err);
    if (code)
        return code;
    if (ioctl(self->group, VFIO_GROUP_SET_CONTAINER, &self->container))
        return mg_fail_errno(err, errno, "%s: putting the group into the container", name);
    if (ioctl(self->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
        return kernel_attach_failed(name, errno, "vfio_iommu_type1", err);
    self->kernel.fd = ioctl(self->group, VFIO_GROUP_GET_DEVICE_FD, name);
    if (self->kernel.fd < 0)
        return mg_fail_errno(err, errno, "%s: the group does not give out the device", name);
    return MAGMA_OK;
}

static struct group_device *group_new(const char *name)
{
    struct group_device *self = calloc(1, sizeof *self);

    if (!self)
        return NULL;
    kernel_device_init(&self->kernel, name);
    self->container = -1;
    self->group = -1;
    return self;
}

static enum magma_code open_failed(const char *name, const char *path, int error, bool is_group,
                                   struct magma_error *err)
{
    switch (error) {
    case ENOENT:
        return mg_fail(err, MAGMA_NO_DEVICE, "%s: there is no %s; run `modprobe vfio-pci`%s", name,
                       path, is_group ? " and bind the device" : "");
    case EACCES:
    case EPERM:
        return mg_fail(err, MAGMA_PERMISSION,
                       "%s: no permission to open %s; run `chown $USER %s` as root, or add a udev "
                       "rule for your group",
                       name, path, path);
    case EBUSY:
        return mg_fail(err, MAGMA_BUSY, "%s: %s is open in another process; `fuser -v %s` names it",
                       name, path, path);
    default:
        return mg_fail_errno(err, error, "%s: opening %s", name, path);
    }
}

static enum magma_code open_nodes(struct group_device *self, int group, const char *dev_root,
                                  struct magma_error *err)
{
    char node[32], path[256];

    self->container = kernel_open_node(dev_root, "vfio/vfio", path);
    if (self->container < 0)
        return open_failed(self->kernel.name, path, errno, false, err);
    snprintf(node, sizeof node, "vfio/%d", group);
    self->group = kernel_open_node(dev_root, node, path);
    if (self->group < 0)
        return open_failed(self->kernel.name, path, errno, true, err);
    return MAGMA_OK;
}

enum magma_code mvfio_group_open(const struct mvfio_pci_function *function,
                                 const struct mvfio_options *options, void **impl,
                                 struct magma_error *err)
{
    struct group_device *self = group_new(function->address);
    enum magma_code code;

    if (!self)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "%s: no memory for the device",
                       function->address);
    code = open_nodes(self, function->iommu_group, options ? options->dev_root : NULL, err);
    if (!code)
        code = attach(self, err);
    if (code) {
        group_close(self);
        return code;
    }
    *impl = self;
    return MAGMA_OK;
}

enum magma_code mvfio_group_adopt(const struct mvfio_fds *fds, const char *address, void **impl,
                                  struct magma_error *err)
{
    struct group_device *self = group_new(address);
    enum magma_code code;

    if (!self)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "%s: no memory for the device", address);
    self->container = fds->container;
    self->group = fds->group;
    code = attach(self, err);
    if (code) {
        (void)ioctl(self->group, VFIO_GROUP_UNSET_CONTAINER);
        self->container = -1;
        self->group = -1;
        group_close(self);
        return code;
    }
    *impl = self;
    return MAGMA_OK;
}

/* ---- I/O address space ---- */

static enum magma_code group_dma_map(void *impl, uint64_t iova, void *cpu, uint64_t size_bytes,
                                     int fd, uint64_t fd_offset, uint32_t flags,
                                     struct magma_error *err)
{
    struct group_device *self = impl;
    struct vfio_iommu_type1_dma_map map = {
        .argsz = sizeof map,
        .flags = (flags & MVFIO_DMA_DEVICE_READ ? (uint32_t)VFIO_DMA_MAP_FLAG_READ : 0) |
                 (flags & MVFIO_DMA_DEVICE_WRITE ? (uint32_t)VFIO_DMA_MAP_FLAG_WRITE : 0),
        .vaddr = (uintptr_t)cpu,
        .iova = iova,
        .size = size_bytes};

    (void)fd;
    (void)fd_offset;
    if (ioctl(self->container, VFIO_IOMMU_MAP_DMA, &map))
        return kernel_map_failed(&self->kernel, errno, iova, size_bytes, err);
    atomic_fetch_add(&self->kernel.mapped_bytes, size_bytes);
    return MAGMA_OK;
}

static enum magma_code group_dma_unmap(void *impl, uint64_t iova, uint64_t size_bytes,
                                       struct magma_error *err)
{
    struct group_device *self = impl;
    struct vfio_iommu_type1_dma_unmap unmap = {
        .argsz = sizeof unmap, .iova = iova, .size = size_bytes};

    if (ioctl(self->container, VFIO_IOMMU_UNMAP_DMA, &unmap))
        return mg_fail_errno(err, errno, "%s: unmapping I/O address 0x%llx", self->kernel.name,
                             (unsigned long long)iova);
    if (unmap.size != size_bytes)
        return mg_fail(err, MAGMA_INTERNAL,
                       "%s: unmapping I/O address 0x%llx: 0x%llx bytes, wanted 0x%llx",
                       self->kernel.name, (unsigned long long)iova, (unsigned long long)unmap.size,
                       (unsigned long long)size_bytes);
    atomic_fetch_sub(&self->kernel.mapped_bytes, size_bytes);
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
    struct group_device *self = impl;
    union {
        struct vfio_iommu_type1_info info;
        unsigned char bytes[IOMMU_INFO_BYTES];
    } arg = {.info = {.argsz = sizeof arg}};
    size_t size_bytes;

    if (ioctl(self->container, VFIO_IOMMU_GET_INFO, &arg))
        return mg_fail_errno(err, errno, "%s: asking for the I/O address ranges",
                             self->kernel.name);
    size_bytes = arg.info.argsz < sizeof arg ? arg.info.argsz : sizeof arg;
    if ((arg.info.flags & VFIO_IOMMU_INFO_CAPS) &&
        find_ranges(arg.bytes, size_bytes, arg.info.cap_offset, out, max, count))
        return MAGMA_OK;
    return mg_fail(err, MAGMA_NOT_SUPPORTED,
                   "%s: the kernel does not say which I/O addresses are valid (Linux 5.4 and "
                   "later do)",
                   self->kernel.name);
}

static enum magma_code group_hot_reset(void *impl, struct magma_error *err)
{
    struct group_device *self = impl;

    return kernel_hot_reset(&self->kernel, self->group, err);
}

const struct mvfio_ops mvfio_group_ops = {
    .kind = "group",
    .close = group_close,
    .info = kernel_info,
    .region_info = kernel_region_info,
    .region_read = kernel_region_read,
    .region_write = kernel_region_write,
    .region_map = kernel_region_map,
    .irq_info = kernel_irq_info,
    .irq_set = kernel_irq_set,
    .irq_unmask = kernel_irq_unmask,
    .dma_map = group_dma_map,
    .dma_unmap = group_dma_unmap,
    .iova_ranges = group_iova_ranges,
    .reset = kernel_reset,
    .hot_reset = group_hot_reset,
};
