/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* QEMU's teaching device (docs/specs/edu.rst): registers, a DMA engine, MSI and INTx; no reset. */
#include "tests/vm/vfio.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "libmagma/hal/hal.h"

enum {
    EDU_ID = 0x00,
    EDU_INVERT = 0x04,
    EDU_IRQ_RAISE = 0x60,
    EDU_IRQ_ACK = 0x64,
    EDU_DMA_FROM = 0x80,
    EDU_DMA_START = 1,
    EDU_DMA_TO_RAM = 2,
    EDU_DMA_IRQ = 4,
    EDU_DMA_IRQ_BIT = 0x100,
    EDU_BUFFER = 0x40000,
    EDU_ADDRESS_BITS = 28,
    EDU_ID_VALUE = 0x010000ed
};

#define PATTERN UINT32_C(0x12345678)

struct edu {
    struct mvfio_device *device;
    struct mg_hal *hal;
    int fd;
};

static bool edu_open(struct edu *edu, const char *address)
{
    *edu = (struct edu){.fd = vm_eventfd()};
    CHECK(!vm_open_bits(address, EDU_ADDRESS_BITS, &edu->device));
    CHECK(edu->device && !mg_hal_create(edu->device, NULL, &edu->hal, &vm_err));
    return edu->hal;
}

static void edu_close(struct edu *edu)
{
    mg_hal_destroy(edu->hal);
    mvfio_device_close(edu->device);
    close(edu->fd);
}

static void registers(const char *address)
{
    uint32_t value = 0;
    struct edu edu;

    if (edu_open(&edu, address)) {
        CHECK(mg_mmio_pointer(edu.hal, 0, 4) != NULL);
        CHECK(mg_mmio_rd32(edu.hal, EDU_ID) == EDU_ID_VALUE);
        mg_mmio_wr32(edu.hal, EDU_INVERT, PATTERN);
        CHECK(mg_mmio_rd32(edu.hal, EDU_INVERT) == ~PATTERN);
        CHECK(!mvfio_region_read(edu.device, MVFIO_REGION_BAR0, EDU_INVERT, &value, 4, &vm_err));
        CHECK(value == ~PATTERN);
    }
    edu_close(&edu);
}

/* ---- Interrupts ---- */

static void msi(const char *address)
{
    struct edu edu;

    if (edu_open(&edu, address)) {
        CHECK(!mvfio_irq_set(edu.device, MVFIO_IRQ_MSI, 0, &edu.fd, 1, &vm_err));
        for (int i = 0; i < 3; i++) {
            mg_mmio_wr32(edu.hal, EDU_IRQ_RAISE, 1);
            CHECK(vm_signalled(edu.fd));
            mg_mmio_wr32(edu.hal, EDU_IRQ_ACK, 1);
        }
        CHECK(!mvfio_irq_disable(edu.device, MVFIO_IRQ_MSI, &vm_err));
        CHECK(vm_silent(edu.fd));
    }
    edu_close(&edu);
}

/* It comes once, is masked by the kernel, and comes again after unmasking as long as it is up. */
static void intx(const char *address)
{
    struct mvfio_irq_info info;
    struct edu edu;

    if (edu_open(&edu, address)) {
        CHECK(!mvfio_irq_info(edu.device, MVFIO_IRQ_INTX, &info, &vm_err));
        CHECK(info.count == 1 && info.flags & MVFIO_IRQ_FLAG_AUTOMASKED);
        CHECK(!mvfio_irq_set(edu.device, MVFIO_IRQ_INTX, 0, &edu.fd, 1, &vm_err));
        mg_mmio_wr32(edu.hal, EDU_IRQ_RAISE, 1);
        CHECK(vm_signalled(edu.fd));
        CHECK(vm_silent(edu.fd));
        CHECK(!mvfio_irq_unmask(edu.device, MVFIO_IRQ_INTX, 0, &vm_err));
        CHECK(vm_signalled(edu.fd));
        mg_mmio_wr32(edu.hal, EDU_IRQ_ACK, 1);
        CHECK(!mvfio_irq_disable(edu.device, MVFIO_IRQ_INTX, &vm_err));
    }
    edu_close(&edu);
}

/* ---- DMA ---- */

static void dma_copy(struct edu *edu, uint64_t from, uint64_t to, uint64_t command)
{
    const uint64_t words[4] = {from, to, VM_PAGE_BYTES, command | EDU_DMA_START | EDU_DMA_IRQ};

    for (unsigned i = 0; i < 4; i++)
        CHECK(!mvfio_region_write(edu->device, MVFIO_REGION_BAR0, EDU_DMA_FROM + i * UINT64_C(8),
                                  &words[i], sizeof words[i], &vm_err));
    CHECK(vm_signalled(edu->fd));
    mg_mmio_wr32(edu->hal, EDU_IRQ_ACK, EDU_DMA_IRQ_BIT);
}

static struct mvfio_dma *new_page(struct edu *edu, int byte)
{
    struct mvfio_dma *dma = NULL;

    CHECK(!mvfio_dma_create(edu->device, VM_PAGE_BYTES, 0, MVFIO_DMA_RW, &dma, &vm_err));
    if (dma)
        memset(dma->cpu, byte, VM_PAGE_BYTES);
    return dma;
}

/* From one page through the device's buffer into another. */
static void dma(const char *address)
{
    struct mvfio_dma *from, *to;
    struct edu edu;

    if (edu_open(&edu, address)) {
        CHECK(!mvfio_irq_set(edu.device, MVFIO_IRQ_MSI, 0, &edu.fd, 1, &vm_err));
        from = new_page(&edu, 0x5a);
        to = new_page(&edu, 0);
        if (from && to) {
            dma_copy(&edu, from->iova.raw, EDU_BUFFER, 0);
            dma_copy(&edu, EDU_BUFFER, to->iova.raw, EDU_DMA_TO_RAM);
            CHECK(memcmp(from->cpu, to->cpu, VM_PAGE_BYTES) == 0);
        }
        mvfio_dma_destroy(to);
        mvfio_dma_destroy(from);
    }
    edu_close(&edu);
}

/* The device writes where nothing is mapped, and where it may only read: neither arrives. The
 * suite looks for the kernel's report. */
static void stray(const char *address)
{
    struct mvfio_dma *page, *read_only = NULL;
    struct edu edu;
    uint64_t iova;

    if (edu_open(&edu, address)) {
        CHECK(!mvfio_irq_set(edu.device, MVFIO_IRQ_MSI, 0, &edu.fd, 1, &vm_err));
        page = new_page(&edu, 0x5a);
        CHECK(!mvfio_dma_create(edu.device, VM_PAGE_BYTES, 0, MVFIO_DMA_DEVICE_READ, &read_only,
                                &vm_err));
        if (page && read_only) {
            dma_copy(&edu, page->iova.raw, EDU_BUFFER, 0);
            printf("writing to 0x%llx, which is for reading\n",
                   (unsigned long long)read_only->iova.raw);
            dma_copy(&edu, EDU_BUFFER, read_only->iova.raw, EDU_DMA_TO_RAM);
            CHECK(*(unsigned char *)read_only->cpu == 0);
            iova = page->iova.raw;
            mvfio_dma_destroy(page);
            printf("writing to 0x%llx, which is not mapped\n", (unsigned long long)iova);
            dma_copy(&edu, EDU_BUFFER, iova, EDU_DMA_TO_RAM);
        }
        mvfio_dma_destroy(read_only);
    }
    edu_close(&edu);
}

/* Memory of 4 MiB, from huge pages when `huge`; the suite has reserved some, or none. */
static void large(const char *address, bool huge)
{
    struct mvfio_dma *dma = NULL;
    struct edu edu;

    if (edu_open(&edu, address)) {
        CHECK(!mvfio_irq_set(edu.device, MVFIO_IRQ_MSI, 0, &edu.fd, 1, &vm_err));
        CHECK(!mvfio_dma_create(edu.device, 4 << 20, 0, MVFIO_DMA_RW, &dma, &vm_err));
        if (dma) {
            unsigned char *end = (unsigned char *)dma->cpu + dma->size_bytes - VM_PAGE_BYTES;

            printf("pages of 0x%llx\n", (unsigned long long)dma->page_size_bytes);
            CHECK((dma->page_size_bytes > VM_PAGE_BYTES) == huge);
            memset(end, 0x77, VM_PAGE_BYTES);
            dma_copy(&edu, dma->iova.raw + dma->size_bytes - VM_PAGE_BYTES, EDU_BUFFER, 0);
            dma_copy(&edu, EDU_BUFFER, dma->iova.raw, EDU_DMA_TO_RAM);
            CHECK(memcmp(dma->cpu, end, VM_PAGE_BYTES) == 0);
        }
        mvfio_dma_destroy(dma);
    }
    edu_close(&edu);
}

static void large_pages(const char *address)
{
    large(address, true);
}

static void small_pages(const char *address)
{
    large(address, false);
}

static void no_reset(const char *address)
{
    struct edu edu;

    if (edu_open(&edu, address))
        CHECK(vm_says(mvfio_device_reset(edu.device, &vm_err), MAGMA_NOT_SUPPORTED, "no reset"));
    edu_close(&edu);
}

const struct vm_case vm_edu_cases[] = {
    {"edu-registers", registers},
    {"edu-msi", msi},
    {"edu-intx", intx},
    {"edu-dma", dma},
    {"edu-stray", stray},
    {"edu-large-pages", large_pages},
    {"edu-small-pages", small_pages},
    {"edu-no-reset", no_reset},
    {NULL, NULL},
};
