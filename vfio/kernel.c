/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Regions, interrupts and reset of a device the kernel's VFIO has handed over. */
#include "kernel.h"

#include <errno.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

/* Room for a region's capabilities; the kernel says when it needs more. */
enum { REGION_INFO_MAX = 64 * 1024 };

/* EIO from a device that was there means that it no longer is. */
static enum magma_code failed(const struct kernel_device *kernel, int error, const char *what,
                              struct magma_error *err)
{
    if (error == EIO || error == ENODEV)
        return mg_fail(err, MAGMA_DEVICE_GONE, "%s: %s: the device has left (%s)", kernel->name,
                       what, strerror(error));
    return mg_fail_errno(err, error, "%s: %s", kernel->name, what);
}

enum magma_code kernel_info(void *impl, struct mvfio_device_info *out, struct magma_error *err)
{
    struct kernel_device *kernel = impl;
    struct vfio_device_info info = {.argsz = sizeof info};

    if (ioctl(kernel->fd, VFIO_DEVICE_GET_INFO, &info))
        return failed(kernel, errno, "VFIO_DEVICE_GET_INFO", err);
    if (!(info.flags & VFIO_DEVICE_FLAGS_PCI))
        return mg_fail(err, MAGMA_NOT_SUPPORTED, "%s: not a PCI device", kernel->name);
    *out = (struct mvfio_device_info){.region_count = info.num_regions,
                                      .irq_count = info.num_irqs,
                                      .can_reset = info.flags & VFIO_DEVICE_FLAGS_RESET};
    return MAGMA_OK;
}

/* Asks for a region; the answer, with its capabilities, is allocated. */
static struct vfio_region_info *ask_region(const struct kernel_device *kernel, uint32_t region)
{
    size_t size = sizeof(struct vfio_region_info);
    struct vfio_region_info *info = NULL;

    for (int i = 0; i < 2; i++) {
        struct vfio_region_info *grown = realloc(info, size);

        if (!grown) {
            errno = ENOMEM;
            break;
        }
        info = grown;
        memset(info, 0, size);
        info->argsz = (uint32_t)size;
        info->index = region;
        if (ioctl(kernel->fd, VFIO_DEVICE_GET_REGION_INFO, info))
            break;
        if (info->argsz <= size)
            return info;
        size = info->argsz < REGION_INFO_MAX ? info->argsz : REGION_INFO_MAX;
        errno = E2BIG;
    }
    free(info);
    return NULL;
}

enum magma_code kernel_region_info(void *impl, uint32_t region, struct mvfio_region_info *out,
                                   struct magma_error *err)
{
    struct kernel_device *kernel = impl;
    struct vfio_region_info *info = ask_region(kernel, region);
    enum magma_code code = MAGMA_OK;

    *out = (struct mvfio_region_info){0};
    if (!info && errno == EINVAL)
        return MAGMA_OK; /* the VGA region of a function that is none */
    if (!info)
        return failed(kernel, errno, "VFIO_DEVICE_GET_REGION_INFO", err);
    out->size_bytes = info->size;
    out->flags = (info->flags & VFIO_REGION_INFO_FLAG_READ ? MVFIO_REGION_FLAG_READ : 0u) |
                 (info->flags & VFIO_REGION_INFO_FLAG_WRITE ? MVFIO_REGION_FLAG_WRITE : 0u) |
                 (info->flags & VFIO_REGION_INFO_FLAG_MMAP ? MVFIO_REGION_FLAG_MMAP : 0u);
    kernel->region_offsets[region] = info->offset;
    if ((info->flags & VFIO_REGION_INFO_FLAG_CAPS) &&
        !mvfio_areas_parse(info, info->argsz, info->cap_offset, out))
        code = mg_fail(err, MAGMA_PROTOCOL, "%s: malformed capabilities of region %u", kernel->name,
                       region);
    free(info);
    return code;
}

enum magma_code kernel_region_read(void *impl, uint32_t region, uint64_t offset, void *data,
                                   size_t size_bytes, struct magma_error *err)
{
    struct kernel_device *kernel = impl;
    unsigned char *at = data;

    while (size_bytes) {
        ssize_t n =
            pread(kernel->fd, at, size_bytes, (off_t)(kernel->region_offsets[region] + offset));

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return failed(kernel, n ? errno : EIO, "reading a region", err);
        at += n;
        offset += (size_t)n;
        size_bytes -= (size_t)n;
    }
    return MAGMA_OK;
}

enum magma_code kernel_region_write(void *impl, uint32_t region, uint64_t offset, const void *data,
                                    size_t size_bytes, struct magma_error *err)
{
    struct kernel_device *kernel = impl;
    const unsigned char *at = data;

    while (size_bytes) {
        ssize_t n =
            pwrite(kernel->fd, at, size_bytes, (off_t)(kernel->region_offsets[region] + offset));

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return failed(kernel, n ? errno : EIO, "writing a region", err);
        at += n;
        offset += (size_t)n;
        size_bytes -= (size_t)n;
    }
    return MAGMA_OK;
}

enum magma_code kernel_region_map(void *impl, uint32_t region, uint64_t offset, uint64_t size_bytes,
                                  void **out, struct magma_error *err)
{
    struct kernel_device *kernel = impl;
    void *cpu = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, kernel->fd,
                     (off_t)(kernel->region_offsets[region] + offset));

    if (cpu == MAP_FAILED)
        return mg_fail_errno(err, errno, "%s: mapping 0x%llx bytes at 0x%llx of region %u",
                             kernel->name, (unsigned long long)size_bytes,
                             (unsigned long long)offset, region);
    (void)madvise(cpu, size_bytes, MADV_DONTDUMP);
    *out = cpu;
    return MAGMA_OK;
}

enum magma_code kernel_irq_info(void *impl, uint32_t irq, struct mvfio_irq_info *out,
                                struct magma_error *err)
{
    struct kernel_device *kernel = impl;
    struct vfio_irq_info info = {.argsz = sizeof info, .index = irq};

    *out = (struct mvfio_irq_info){0};
    if (ioctl(kernel->fd, VFIO_DEVICE_GET_IRQ_INFO, &info)) {
        if (errno == EINVAL)
            return MAGMA_OK; /* the error interrupt of a device without PCI Express */
        return failed(kernel, errno, "VFIO_DEVICE_GET_IRQ_INFO", err);
    }
    *out = (struct mvfio_irq_info){info.count, info.flags};
    return MAGMA_OK;
}

static enum magma_code set_irqs(struct kernel_device *kernel, uint32_t flags, uint32_t irq,
                                uint32_t first, const int *fds, uint32_t count,
                                struct magma_error *err)
{
    union {
        struct vfio_irq_set set;
        unsigned char bytes[sizeof(struct vfio_irq_set) + MVFIO_VECTORS_MAX * sizeof(int32_t)];
    } arg = {
        .set = {
            .argsz = sizeof arg.set, .flags = flags, .index = irq, .start = first, .count = count}};

    if (fds) {
        arg.set.argsz += (uint32_t)(count * sizeof(int32_t));
        memcpy(arg.bytes + sizeof arg.set, fds, count * sizeof(int32_t));
    }
    if (!ioctl(kernel->fd, VFIO_DEVICE_SET_IRQS, &arg))
        return MAGMA_OK;
    return failed(kernel, errno, "VFIO_DEVICE_SET_IRQS", err);
}

enum magma_code kernel_irq_set(void *impl, uint32_t irq, uint32_t first, const int *fds,
                               uint32_t count, struct magma_error *err)
{
    uint32_t data = count ? VFIO_IRQ_SET_DATA_EVENTFD : VFIO_IRQ_SET_DATA_NONE;

    return set_irqs(impl, data | VFIO_IRQ_SET_ACTION_TRIGGER, irq, first, fds, count, err);
}

enum magma_code kernel_irq_unmask(void *impl, uint32_t irq, uint32_t vector,
                                  struct magma_error *err)
{
    return set_irqs(impl, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK, irq, vector, NULL, 1,
                    err);
}

enum magma_code kernel_reset(void *impl, struct magma_error *err)
{
    struct kernel_device *kernel = impl;

    if (!ioctl(kernel->fd, VFIO_DEVICE_RESET))
        return MAGMA_OK;
    return failed(kernel, errno, "VFIO_DEVICE_RESET", err);
}

enum magma_code kernel_map_failed(struct kernel_device *kernel, int error, uint64_t iova,
                                  uint64_t size_bytes, struct magma_error *err)
{
    uint64_t wanted = atomic_load(&kernel->mapped_bytes) + size_bytes;
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

    getrlimit(RLIMIT_MEMLOCK, &limit);
    if (error == ENOMEM && limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < wanted)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY,
                       "%s: the limit on locked memory (RLIMIT_MEMLOCK) is %llu bytes, %llu are "
                       "wanted; raise it with `ulimit -l unlimited` or a line `memlock` in "
                       "/etc/security/limits.d",
                       kernel->name, (unsigned long long)limit.rlim_cur,
                       (unsigned long long)wanted);
    if (error == ENOSPC)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY,
                       "%s: the kernel's limit on DMA mappings is reached; raise "
                       "vfio_iommu_type1.dma_entry_limit",
                       kernel->name);
    return mg_fail_errno(err, error, "%s: mapping 0x%llx bytes for DMA at I/O address 0x%llx",
                         kernel->name, (unsigned long long)size_bytes, (unsigned long long)iova);
}

enum magma_code kernel_attach_failed(const char *name, int error, const char *module,
                                     struct magma_error *err)
{
    if (error != EPERM)
        return mg_fail_errno(err, error, "%s: attaching it to an I/O address space", name);
    return mg_fail(err, MAGMA_PERMISSION,
                   "%s: the IOMMU does not remap interrupts, so the device could forge them; turn "
                   "interrupt remapping on in the firmware, or accept the risk with "
                   "%s.allow_unsafe_interrupts=1",
                   name, module);
}
