/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Memory shared with a device. It is always a memfd: a vfio-user server can map the descriptor,
 * and to the kernel it is pinned like any other memory. The descriptor is sealed against
 * resizing, so that no server can take pages away from under us.
 */
#include "device.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MFD_HUGE_2MB
#define MFD_HUGE_2MB (21U << 26)
#endif

#define HUGE_BYTES      (UINT64_C(2) << 20)
#define DMA_BYTES_MAX   (UINT64_C(1) << 40)
#define DMA_FLAGS_KNOWN (MVFIO_DMA_RW | MVFIO_DMA_NO_HUGE)

static enum magma_code take_iova(struct mvfio_device *device, uint64_t size_bytes,
                                 uint64_t align_bytes, uint64_t *out, struct magma_error *err)
{
    uint64_t free_bytes;
    bool ok;

    pthread_mutex_lock(&device->lock);
    ok = mvfio_iova_take(&device->iova, size_bytes, align_bytes, out);
    free_bytes = mvfio_iova_free_bytes(&device->iova);
    pthread_mutex_unlock(&device->lock);
    if (ok)
        return MAGMA_OK;
    return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY,
                   "%s: no free I/O address range of 0x%llx bytes aligned to 0x%llx "
                   "(0x%llx bytes are free in all)",
                   device->name, (unsigned long long)size_bytes, (unsigned long long)align_bytes,
                   (unsigned long long)free_bytes);
}

static void give_iova(struct mvfio_device *device, uint64_t iova, uint64_t size_bytes)
{
    bool ok;

    pthread_mutex_lock(&device->lock);
    ok = mvfio_iova_give(&device->iova, iova, size_bytes);
    pthread_mutex_unlock(&device->lock);
    if (!ok)
        mg_log(device->log, MG_LOG_ERROR, "I/O address range 0x%llx of 0x%llx bytes is lost",
               (unsigned long long)iova, (unsigned long long)size_bytes);
}

/* Picks an address for dma->cpu and maps it there. */
static enum magma_code map_for_device(struct mvfio_dma *dma, uint64_t align_bytes,
                                      uint64_t fd_offset, struct magma_error *err)
{
    struct mvfio_device *device = dma->device;
    enum magma_code code = mvfio_alive(device, err);
    uint64_t iova;

    if (!code)
        code = take_iova(device, dma->size_bytes, align_bytes, &iova, err);
    if (code)
        return code;
    code = device->ops->dma_map(device->impl, iova, dma->cpu, dma->size_bytes, dma->fd, fd_offset,
                                dma->flags & MVFIO_DMA_RW, err);
    if (code) {
        give_iova(device, iova, dma->size_bytes);
        return mvfio_note(device, code);
    }
    dma->iova = (magma_iova){iova};
    mg_debug(device->log, MG_DEBUG(mem), "dma: 0x%llx bytes at I/O address 0x%llx, pages of 0x%llx",
             (unsigned long long)dma->size_bytes, (unsigned long long)iova,
             (unsigned long long)dma->page_size_bytes);
    return MAGMA_OK;
}

/* A sealed memfd of size_bytes, mapped. -1 with errno set when the system says no. */
static int memory_create(uint64_t size_bytes, unsigned memfd_flags, void **cpu)
{
    int fd = memfd_create("magma-dma", MFD_CLOEXEC | MFD_ALLOW_SEALING | memfd_flags);
    int saved;

    if (fd < 0)
        return -1;
    if (ftruncate(fd, (off_t)size_bytes))
        goto fail;
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
        goto fail;
    *cpu = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (*cpu == MAP_FAILED)
        goto fail;
    /* Best effort: an old kernel may not know the advice. */
    (void)madvise(*cpu, size_bytes, MADV_DONTDUMP);
    return fd;
fail:
    saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

static bool try_huge(struct mvfio_dma *dma, uint64_t size_bytes)
{
    uint64_t rounded;

    if (size_bytes < HUGE_BYTES || (dma->flags & MVFIO_DMA_NO_HUGE) ||
        !mvfio_round_up(size_bytes, HUGE_BYTES, &rounded))
        return false;
    dma->fd = memory_create(rounded, MFD_HUGETLB | MFD_HUGE_2MB, &dma->cpu);
    if (dma->fd < 0)
        return false;
    dma->size_bytes = rounded;
    dma->page_size_bytes = HUGE_BYTES;
    return true;
}

static enum magma_code allocate(struct mvfio_dma *dma, uint64_t size_bytes, struct magma_error *err)
{
    uint64_t rounded;

    if (try_huge(dma, size_bytes))
        return MAGMA_OK;
    if (!mvfio_round_up(size_bytes, MVFIO_PAGE_BYTES, &rounded))
        return mg_fail(err, MAGMA_INVALID_ARGUMENT, "%s: 0x%llx bytes overflow", dma->device->name,
                       (unsigned long long)size_bytes);
    dma->fd = memory_create(rounded, 0, &dma->cpu);
    if (dma->fd < 0)
        return mg_fail_errno(err, errno, "%s: allocating 0x%llx bytes of shared memory",
                             dma->device->name, (unsigned long long)rounded);
    if (rounded >= HUGE_BYTES && !(dma->flags & MVFIO_DMA_NO_HUGE))
        (void)madvise(dma->cpu, rounded, MADV_HUGEPAGE);
    dma->size_bytes = rounded;
    dma->page_size_bytes = MVFIO_PAGE_BYTES;
    return MAGMA_OK;
}

static enum magma_code check_arguments(struct mvfio_device *device, uint64_t size_bytes,
                                       uint64_t align_bytes, uint32_t flags,
                                       struct magma_error *err)
{
    if (!size_bytes || size_bytes > DMA_BYTES_MAX)
        return mg_fail(err, MAGMA_INVALID_ARGUMENT,
                       "%s: DMA memory of 0x%llx bytes; the range is 1 to 0x%llx", device->name,
                       (unsigned long long)size_bytes, (unsigned long long)DMA_BYTES_MAX);
    if (align_bytes & (align_bytes - 1))
        return mg_fail(err, MAGMA_INVALID_ARGUMENT, "%s: alignment 0x%llx is no power of two",
                       device->name, (unsigned long long)align_bytes);
    if (!(flags & MVFIO_DMA_RW) || (flags & ~(uint32_t)DMA_FLAGS_KNOWN))
        return mg_fail(err, MAGMA_INVALID_ARGUMENT,
                       "%s: DMA flags 0x%x name no access or unknown bits", device->name, flags);
    return MAGMA_OK;
}

static void release(struct mvfio_dma *dma)
{
    if (dma->fd >= 0) {
        munmap(dma->cpu, dma->size_bytes);
        close(dma->fd);
    }
    free(dma);
}

enum magma_code mvfio_dma_create(struct mvfio_device *device, uint64_t size_bytes,
                                 uint64_t align_bytes, uint32_t flags, struct mvfio_dma **out,
                                 struct magma_error *err)
{
    uint64_t align = align_bytes > MVFIO_PAGE_BYTES ? align_bytes : MVFIO_PAGE_BYTES;
    enum magma_code code = check_arguments(device, size_bytes, align_bytes, flags, err);
    struct mvfio_dma *dma;

    *out = NULL;
    if (code)
        return code;
    dma = malloc(sizeof *dma);
    if (!dma)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "%s: no memory for a DMA record",
                       device->name);
    *dma = (struct mvfio_dma){.device = device, .fd = -1, .flags = flags};
    code = allocate(dma, size_bytes, err);
    if (!code && dma->size_bytes >= HUGE_BYTES && align < HUGE_BYTES)
        align = HUGE_BYTES;
    if (!code)
        code = map_for_device(dma, align, 0, err);
    if (code) {
        release(dma);
        return code;
    }
    *out = dma;
    return MAGMA_OK;
}

enum magma_code mvfio_dma_wrap(struct mvfio_device *device, void *cpu, uint64_t size_bytes, int fd,
                               uint64_t fd_offset, uint32_t flags, struct mvfio_dma **out,
                               struct magma_error *err)
{
    enum magma_code code = check_arguments(device, size_bytes, 0, flags, err);
    struct mvfio_dma *dma;

    *out = NULL;
    if (code)
        return code;
    if (((uintptr_t)cpu | size_bytes | fd_offset) % MVFIO_PAGE_BYTES || !cpu)
        return mg_fail(err, MAGMA_INVALID_ARGUMENT,
                       "%s: memory to map for the device must consist of whole pages",
                       device->name);
    dma = malloc(sizeof *dma);
    if (!dma)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "%s: no memory for a DMA record",
                       device->name);
    *dma = (struct mvfio_dma){.device = device,
                              .cpu = cpu,
                              .size_bytes = size_bytes,
                              .page_size_bytes = MVFIO_PAGE_BYTES,
                              .fd = fd,
                              .flags = flags};
    code = map_for_device(dma, MVFIO_PAGE_BYTES, fd_offset, err);
    dma->fd = -1;
    if (code) {
        free(dma);
        return code;
    }
    *out = dma;
    return MAGMA_OK;
}

void mvfio_dma_destroy(struct mvfio_dma *dma)
{
    struct magma_error err = {0};
    enum magma_code code;

    if (!dma)
        return;
    code = dma->device->ops->dma_unmap(dma->device->impl, dma->iova.raw, dma->size_bytes, &err);
    mvfio_note(dma->device, code);
    /* A range that could not be unmapped stays taken: the device might still write there. */
    if (!code || code == MAGMA_DEVICE_GONE)
        give_iova(dma->device, dma->iova.raw, dma->size_bytes);
    else
        mg_log(dma->device->log, MG_LOG_ERROR, "%s", err.text);
    release(dma);
}
