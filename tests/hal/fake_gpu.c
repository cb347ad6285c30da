/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The in-process device. Registers of the interrupt tree are written here by their addresses as
 * the data file has them; everything else is plain memory. */
#include "tests/hal/fake_gpu.h"

#include <check.h>
#include <nvhw/boot.h>
#include <nvhw/irq.h>
#include <nvhw/pci.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define IN(offset, reg)    ((offset) >= reg(0) && (offset) < reg(FAKE_LEAVES))
#define INDEX(offset, reg) (((offset)-reg(0)) / 4)
#define LEAF               NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF
#define LEAF_EN            NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_SET
#define LEAF_DIS           NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_CLEAR

static uint32_t top(const struct fake_gpu *gpu)
{
    uint32_t bits = 0;

    for (unsigned i = 0; i < FAKE_LEAVES; i++)
        if (gpu->leaf[i] & gpu->leaf_enable[i])
            bits |= 1u << i / 2;
    return bits;
}

static void signal_if_pending(struct fake_gpu *gpu)
{
    uint32_t bits = top(gpu) & gpu->top_enable;
    uint64_t one = 1;
    int fd;

    if (!bits || !gpu->irq_on)
        return;
    fd = gpu->eventfds[gpu->msi_only ? 0 : (unsigned)__builtin_ctz(bits) % FAKE_VECTORS];
    if (fd >= 0 && write(fd, &one, sizeof one) == sizeof one)
        gpu->signals++;
}

void fake_gpu_raise(struct fake_gpu *gpu, uint32_t vector)
{
    gpu->leaf[vector / 32] |= 1u << vector % 32;
    signal_if_pending(gpu);
}

static uint32_t read_register(struct fake_gpu *gpu, uint32_t offset)
{
    if (IN(offset, LEAF))
        return gpu->leaf[INDEX(offset, LEAF)];
    if (offset == NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP)
        return top(gpu);
    if (offset == gpu->magic_offset && gpu->now_ns >= gpu->magic_ns)
        return gpu->magic_value;
    return gpu->bar0[offset / 4];
}

static void write_register(struct fake_gpu *gpu, uint32_t offset, uint32_t value)
{
    if (IN(offset, LEAF)) {
        gpu->leaf[INDEX(offset, LEAF)] &= ~value;
    } else if (IN(offset, LEAF_EN)) {
        gpu->leaf_enable[INDEX(offset, LEAF_EN)] |= value;
        signal_if_pending(gpu);
    } else if (IN(offset, LEAF_DIS)) {
        gpu->leaf_enable[INDEX(offset, LEAF_DIS)] &= ~value;
    } else if (offset == NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_SET) {
        gpu->top_enable |= value;
        signal_if_pending(gpu);
    } else if (offset == NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_CLEAR) {
        gpu->top_enable &= ~value;
    } else if (offset == NV_PCI_CONFIG_TU102_BASE + NV_PCI_MSI_REARM_OFFSET) {
        gpu->rearms++;
    } else {
        gpu->bar0[offset / 4] = value;
    }
}

static enum magma_code fake_info(void *impl, struct mvfio_device_info *out, struct magma_error *err)
{
    (void)impl;
    (void)err;
    *out = (struct mvfio_device_info){MVFIO_REGION_COUNT, MVFIO_IRQ_COUNT, true};
    return MAGMA_OK;
}

static enum magma_code fake_region_info(void *impl, uint32_t region, struct mvfio_region_info *out,
                                        struct magma_error *err)
{
    struct fake_gpu *gpu = impl;

    (void)err;
    *out = (struct mvfio_region_info){.flags = MVFIO_REGION_FLAG_READ | MVFIO_REGION_FLAG_WRITE};
    if (region == MVFIO_REGION_BAR0) {
        out->size_bytes = FAKE_BAR0_BYTES;
        out->flags |= gpu->bar0_mapped ? MVFIO_REGION_FLAG_MMAP : 0u;
    } else if (region == MVFIO_REGION_CONFIG) {
        out->size_bytes = sizeof gpu->config;
    } else if (region == MVFIO_REGION_BAR1) {
        out->size_bytes = 0x10000;
    }
    return MAGMA_OK;
}

static enum magma_code fake_read(void *impl, uint32_t region, uint64_t offset, void *data,
                                 size_t size_bytes, struct magma_error *err)
{
    struct fake_gpu *gpu = impl;
    uint32_t value;

    (void)err;
    if (gpu->gone) {
        memset(data, 0xff, size_bytes);
    } else if (region == MVFIO_REGION_CONFIG) {
        memcpy(data, gpu->config + offset, size_bytes);
    } else if (region == MVFIO_REGION_BAR0) {
        gpu->reads++;
        if (gpu->broken) {
            if (err)
                strcpy(err->text, "the fake is broken");
            return gpu->broken;
        }
        ck_assert_uint_eq(size_bytes, 4);
        value = read_register(gpu, (uint32_t)offset);
        memcpy(data, &value, sizeof value);
    } else {
        memset(data, (int)(offset & 0x7f), size_bytes);
    }
    return MAGMA_OK;
}

static enum magma_code fake_write(void *impl, uint32_t region, uint64_t offset, const void *data,
                                  size_t size_bytes, struct magma_error *err)
{
    struct fake_gpu *gpu = impl;
    uint32_t value;

    (void)err;
    if (gpu->gone)
        return MAGMA_OK;
    if (region == MVFIO_REGION_CONFIG) {
        memcpy(gpu->config + offset, data, size_bytes);
    } else if (region == MVFIO_REGION_BAR0) {
        gpu->writes++;
        ck_assert_uint_eq(size_bytes, 4);
        memcpy(&value, data, sizeof value);
        write_register(gpu, (uint32_t)offset, value);
    }
    return MAGMA_OK;
}

static enum magma_code fake_map(void *impl, uint32_t region, uint64_t offset, uint64_t size_bytes,
                                void **out, struct magma_error *err)
{
    struct fake_gpu *gpu = impl;

    (void)region;
    (void)err;
    *out = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, gpu->bar0_fd, (off_t)offset);
    return MAGMA_OK;
}

static enum magma_code fake_irq_info(void *impl, uint32_t irq, struct mvfio_irq_info *out,
                                     struct magma_error *err)
{
    struct fake_gpu *gpu = impl;

    (void)err;
    *out = (struct mvfio_irq_info){0};
    if (gpu->no_interrupts)
        return MAGMA_OK;
    if (irq == MVFIO_IRQ_MSI)
        *out = (struct mvfio_irq_info){8, MVFIO_IRQ_FLAG_EVENTFD};
    if (irq == MVFIO_IRQ_MSIX && !gpu->msi_only)
        *out = (struct mvfio_irq_info){FAKE_VECTORS, MVFIO_IRQ_FLAG_EVENTFD};
    return MAGMA_OK;
}

static enum magma_code fake_irq_set(void *impl, uint32_t irq, uint32_t first, const int *fds,
                                    uint32_t count, struct magma_error *err)
{
    struct fake_gpu *gpu = impl;

    (void)err;
    ck_assert_uint_eq(irq, gpu->msi_only ? MVFIO_IRQ_MSI : MVFIO_IRQ_MSIX);
    gpu->irq_on = count != 0;
    for (uint32_t i = 0; i < count; i++)
        gpu->eventfds[first + i] = fds[i];
    return MAGMA_OK;
}

static enum magma_code fake_dma_map(void *impl, uint64_t iova, void *cpu, uint64_t size_bytes,
                                    int fd, uint64_t fd_offset, uint32_t flags,
                                    struct magma_error *err)
{
    struct fake_gpu *gpu = impl;

    (void)iova, (void)cpu, (void)size_bytes, (void)fd, (void)fd_offset, (void)flags, (void)err;
    gpu->maps++;
    return MAGMA_OK;
}

static enum magma_code fake_dma_unmap(void *impl, uint64_t iova, uint64_t size_bytes,
                                      struct magma_error *err)
{
    struct fake_gpu *gpu = impl;

    (void)iova, (void)size_bytes, (void)err;
    gpu->maps--;
    return MAGMA_OK;
}

static enum magma_code fake_reset(void *impl, struct magma_error *err)
{
    struct fake_gpu *gpu = impl;

    (void)err;
    gpu->resets++;
    memset(gpu->config + NV_PCI_CONFIG_COMMAND, 0, 2);
    return MAGMA_OK;
}

static const struct mvfio_ops fake_ops = {
    .kind = "fake",
    .info = fake_info,
    .region_info = fake_region_info,
    .region_read = fake_read,
    .region_write = fake_write,
    .region_map = fake_map,
    .irq_info = fake_irq_info,
    .irq_set = fake_irq_set,
    .dma_map = fake_dma_map,
    .dma_unmap = fake_dma_unmap,
    .reset = fake_reset,
};

static uint64_t fake_now(void *ctx)
{
    struct fake_gpu *gpu = ctx;

    return gpu->now_ns;
}

static void fake_sleep(void *ctx, uint64_t duration_ns)
{
    struct fake_gpu *gpu = ctx;

    gpu->now_ns += duration_ns;
    gpu->sleeps++;
    if (gpu->on_sleep)
        gpu->on_sleep(gpu);
}

static void put32(struct fake_gpu *gpu, uint32_t offset, uint32_t value)
{
    memcpy(gpu->config + offset, &value, sizeof value);
}

void fake_gpu_init(struct fake_gpu *gpu)
{
    memset(gpu, 0, sizeof *gpu);
    gpu->bar0_fd = memfd_create("bar0", MFD_CLOEXEC);
    ck_assert_int_eq(ftruncate(gpu->bar0_fd, FAKE_BAR0_BYTES), 0);
    gpu->bar0 = mmap(NULL, FAKE_BAR0_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, gpu->bar0_fd, 0);
    ck_assert_ptr_ne(gpu->bar0, MAP_FAILED);
    gpu->bar0[NV_PMC_BOOT_0 / 4] = 0x172000a1;
    gpu->magic_offset = UINT32_MAX;
    gpu->clock = (struct mg_clock){fake_now, fake_sleep, gpu};
    put32(gpu, NV_PCI_CONFIG_ID, 0x220410de);
    put32(gpu, NV_PCI_CONFIG_COMMAND, 0x00100000);
    put32(gpu, NV_PCI_CONFIG_CLASS, 0x030000a1);
    put32(gpu, NV_PCI_CONFIG_SUBSYSTEM, 0x147d10de);
    put32(gpu, NV_PCI_CONFIG_CAPABILITIES, 0x60);
    put32(gpu, 0x60, 0x00036801);  /* power management, next 0x68 */
    put32(gpu, 0x68, 0x00807805);  /* MSI, next 0x78 */
    put32(gpu, 0x78, 0x00120010);  /* Express, last */
    put32(gpu, 0x100, 0x1a010001); /* AER, next 0x1a0 */
    put32(gpu, 0x1a0, 0x00010015); /* resizable BAR, last */
}

void fake_gpu_open(struct fake_gpu *gpu)
{
    struct magma_error err = {0};

    ck_assert_msg(mvfio_device_wrap(&fake_ops, gpu, "fake:gpu", NULL, &gpu->device, &err) ==
                      MAGMA_OK,
                  "%s", err.text);
}

void fake_gpu_finish(struct fake_gpu *gpu)
{
    mvfio_device_close(gpu->device);
    munmap(gpu->bar0, FAKE_BAR0_BYTES);
    close(gpu->bar0_fd);
}
