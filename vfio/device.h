/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Between the files of this folder: the device behind struct mvfio_device, and how the backends
 * are opened. A backend is a table of functions and its own state (mvfio.h, struct mvfio_ops).
 */
#ifndef MVFIO_DEVICE_H
#define MVFIO_DEVICE_H

#include <pthread.h>
#include <stdatomic.h>

#include <mvfio.h>

#include "iova.h"
#include "libmagma/core/log.h"
#include "libmagma/core/status.h"

#define MVFIO_PAGE_BYTES UINT64_C(4096)

/* For messages: Linux takes AMD's IOMMU by itself once the firmware has it on. */
#define MVFIO_IOMMU_REMEDY                                                                         \
    "turn the IOMMU on in the firmware and, on an Intel machine, boot with intel_iommu=on; "       \
    "`magma doctor` says more"

struct mvfio_device {
    const struct mvfio_ops *ops;
    void *impl;
    char name[160];
    const struct mg_log *log;
    struct mvfio_device_info info;
    struct mvfio_region_info regions[MVFIO_REGION_COUNT]; /* constant after open */
    struct mvfio_irq_info irqs[MVFIO_IRQ_COUNT];          /* constant after open */
    struct mvfio_range ranges[MVFIO_RANGES_MAX];          /* constant after open */
    uint32_t range_count;
    atomic_bool gone;
    pthread_mutex_t lock; /* guards iova */
    struct mvfio_iova iova;
};

/* Remembers MAGMA_DEVICE_GONE, passes the code on. */
enum magma_code mvfio_note(struct mvfio_device *device, enum magma_code code);

/* MAGMA_DEVICE_GONE with a text when an earlier call found it so, else MAGMA_OK. */
enum magma_code mvfio_alive(const struct mvfio_device *device, struct magma_error *err);

/* `size` bytes at `offset` lie within `total`. */
static inline bool mvfio_within(uint64_t offset, uint64_t size_bytes, uint64_t total_bytes)
{
    return offset <= total_bytes && size_bytes <= total_bytes - offset;
}

/* Rounds up to a multiple of align (a power of two); false when that overflows. */
static inline bool mvfio_round_up(uint64_t value, uint64_t align_bytes, uint64_t *out)
{
    if (value > UINT64_MAX - (align_bytes - 1))
        return false;
    *out = (value + align_bytes - 1) & ~(align_bytes - 1);
    return true;
}

/* Checks and sorts the areas of a region as a backend filled them in; false: they overlap or
 * leave the region. Without areas but with the mmap flag, the whole region is one area. */
bool mvfio_areas_settle(struct mvfio_region_info *info);

/* Reads the capability chain of a struct vfio_region_info (the same in kernel and vfio-user):
 * `data` is the whole structure, cap_offset where its first capability is. Fills in the areas of
 * a sparse mmap capability. False: malformed. */
bool mvfio_areas_parse(const void *data, size_t size_bytes, uint32_t cap_offset,
                       struct mvfio_region_info *info);

/* ---- vfio-user ---- */
extern const struct mvfio_ops mvfio_user_ops;

/* Connects to a socket path. */
enum magma_code mvfio_user_connect(const char *path, const struct mvfio_options *options, int *fd,
                                   struct magma_error *err);

/* Does the handshake on a connected stream socket; owns fd on success only. */
enum magma_code mvfio_user_create(int fd, const char *name, const struct mvfio_options *options,
                                  void **impl, struct magma_error *err);

/* ---- Kernel ---- */
extern const struct mvfio_ops mvfio_group_ops;
extern const struct mvfio_ops mvfio_iommufd_ops;

/* Open a PCI function that mvfio_pci_check found fit. */
enum magma_code mvfio_group_open(const struct mvfio_pci_function *function,
                                 const struct mvfio_options *options, void **impl,
                                 struct magma_error *err);
enum magma_code mvfio_iommufd_open(const struct mvfio_pci_function *function,
                                   const struct mvfio_options *options, void **impl,
                                   struct magma_error *err);

/* From open descriptors; own them on success only. */
enum magma_code mvfio_group_adopt(const struct mvfio_fds *fds, const char *address, void **impl,
                                  struct magma_error *err);
enum magma_code mvfio_iommufd_adopt(const struct mvfio_fds *fds, const char *address, void **impl,
                                    struct magma_error *err);

#endif
