/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The model behind mvfio's operations; see model_device.h. */
#include "tests/boot/model_device.h"

#include <nvhw/boot.h>
#include <nvhw/irq.h>
#include <nvhw/pci.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libmagma/core/status.h"

/* Work done per sleep, and the longest piece of time between two pieces of work. */
#define BUDGET   20000u
#define SLICE_NS 20000u

/* ---- The model's view of this process ---- */

static void raise_vector(void *ctx, unsigned vector)
{
    struct model_device *d = ctx;
    uint64_t one = 1;

    if (vector < MODEL_DEVICE_VECTORS && d->eventfds[vector] >= 0 &&
        write(d->eventfds[vector], &one, sizeof one) != (ssize_t)sizeof one)
        fprintf(stderr, "an eventfd is full\n");
}

static bool translate(void *ctx, uint64_t iova, bool write, uint8_t **ptr, uint64_t *run_bytes)
{
    struct model_device *d = ctx;
    uint32_t need = write ? MVFIO_DMA_DEVICE_WRITE : MVFIO_DMA_DEVICE_READ;

    for (unsigned i = 0; i < d->map_count; i++) {
        const struct model_device_map *m = &d->maps[i];

        if (iova < m->iova || iova - m->iova >= m->size_bytes || !(m->flags & need))
            continue;
        *ptr = m->cpu + (iova - m->iova);
        *run_bytes = m->size_bytes - (iova - m->iova);
        return true;
    }
    return false;
}

static void report(void *ctx, enum gpum_severity severity, const char *text)
{
    struct model_device *d = ctx;

    if (severity == GPUM_FAULT)
        snprintf(d->last_fault, sizeof d->last_fault, "%s", text);
    if (!d->quiet)
        fprintf(stderr, "model: %s: %s\n", severity == GPUM_FAULT ? "FAULT" : "note", text);
}

static void trace(void *ctx, uint64_t time_ns, const char *text)
{
    (void)ctx;
    fprintf(stderr, "model: %12.3f us: %s\n", (double)time_ns / 1e3, text);
}

/* ---- Clock ---- */

void model_device_run(struct model_device *d, uint64_t duration_ns)
{
    uint64_t end = gpum_time_ns(d->model) + duration_ns;

    do {
        uint64_t now, slice;

        gpum_step(d->model, BUDGET);
        now = gpum_time_ns(d->model);
        slice = now < end ? end - now : 0;
        gpum_advance_ns(d->model, slice < SLICE_NS ? slice : SLICE_NS);
    } while (gpum_time_ns(d->model) < end);
}

static uint64_t clock_now(void *ctx)
{
    struct model_device *d = ctx;

    return gpum_time_ns(d->model);
}

static void clock_sleep(void *ctx, uint64_t duration_ns)
{
    model_device_run(ctx, duration_ns);
}

/* ---- Operations ---- */

static enum magma_code op_info(void *impl, struct mvfio_device_info *out, struct magma_error *err)
{
    (void)impl;
    (void)err;
    *out = (struct mvfio_device_info){.region_count = MVFIO_REGION_CONFIG + 1,
                                      .irq_count = MVFIO_IRQ_MSIX + 1,
                                      .can_reset = true};
    return MAGMA_OK;
}

static uint64_t vram_bytes(const struct model_device *d, uint64_t bar_bytes)
{
    struct stat st;

    if (fstat(gpum_vram_fd(d->model), &st) < 0 || (uint64_t)st.st_size > bar_bytes)
        return bar_bytes;
    return (uint64_t)st.st_size;
}

static enum magma_code op_region_info(void *impl, uint32_t region, struct mvfio_region_info *out,
                                      struct magma_error *err)
{
    struct model_device *d = impl;

    (void)err;
    memset(out, 0, sizeof *out);
    out->size_bytes = gpum_region_size(d->model, region);
    if (out->size_bytes)
        out->flags = MVFIO_REGION_FLAG_READ | MVFIO_REGION_FLAG_WRITE;
    if (region == MVFIO_REGION_BAR1 && d->map_bar1) {
        /* BAR1 is a power of two and may be larger than VRAM. */
        out->flags |= MVFIO_REGION_FLAG_MMAP;
        out->area_count = 1;
        out->areas[0].size_bytes = vram_bytes(d, out->size_bytes);
    }
    return MAGMA_OK;
}

static enum magma_code op_region_map(void *impl, uint32_t region, uint64_t offset,
                                     uint64_t size_bytes, void **out, struct magma_error *err)
{
    struct model_device *d = impl;

    (void)size_bytes;
    if (region != MVFIO_REGION_BAR1 || !d->map_bar1)
        return mg_fail(err, MAGMA_NOT_SUPPORTED, "region %u cannot be mapped", region);
    *out = gpum_vram(d->model) + offset;
    return MAGMA_OK;
}

/* VRAM stays mapped by the model. */
static void op_region_unmap(void *impl, void *cpu, uint64_t size_bytes)
{
    (void)impl;
    (void)cpu;
    (void)size_bytes;
}

/* The widest aligned access that fits: config space and BARs take up to 4 bytes here. */
static unsigned width(uint64_t offset, size_t left)
{
    unsigned size = 4;

    while (size > left || offset % size)
        size /= 2;
    return size;
}

static void note_rom(struct model_device *d, uint64_t offset)
{
    if (offset < NV_PROM_BASE || offset - NV_PROM_BASE >= NV_PROM_SIZE_BYTES)
        return;
    if (!d->rom_begin_access)
        d->rom_begin_access = d->accesses;
    d->rom_end_access = d->accesses;
}

static enum magma_code op_region_read(void *impl, uint32_t region, uint64_t offset, void *data,
                                      size_t size_bytes, struct magma_error *err)
{
    struct model_device *d = impl;
    uint8_t *out = data;

    (void)err;
    while (size_bytes) {
        unsigned size = width(offset, size_bytes);
        uint64_t value = gpum_read(d->model, region, offset, size);

        d->accesses += region != MVFIO_REGION_CONFIG;
        if (region == MVFIO_REGION_BAR0)
            note_rom(d, offset);
        memcpy(out, &value, size);
        out += size;
        offset += size;
        size_bytes -= size;
    }
    return MAGMA_OK;
}

static enum magma_code op_region_write(void *impl, uint32_t region, uint64_t offset,
                                       const void *data, size_t size_bytes, struct magma_error *err)
{
    struct model_device *d = impl;
    const uint8_t *in = data;

    (void)err;
    while (size_bytes) {
        unsigned size = width(offset, size_bytes);
        uint64_t value = 0;

        memcpy(&value, in, size);
        d->accesses += region != MVFIO_REGION_CONFIG;
        gpum_write(d->model, region, offset, size, value);
        in += size;
        offset += size;
        size_bytes -= size;
    }
    return MAGMA_OK;
}

static unsigned msix_capability(struct model_device *d)
{
    unsigned at = (unsigned)gpum_read(d->model, GPUM_CONFIG, NV_PCI_CONFIG_CAPABILITIES, 1);

    for (int i = 0; at && i < 48; i++) {
        uint32_t head = (uint32_t)gpum_read(d->model, GPUM_CONFIG, at, 4);

        if (NVHW_TEST(NV_PCI_CAPABILITY, ID, MSIX, head))
            return at;
        at = NVHW_GET(NV_PCI_CAPABILITY, NEXT, head);
    }
    return 0;
}

static enum magma_code op_irq_info(void *impl, uint32_t irq, struct mvfio_irq_info *out,
                                   struct magma_error *err)
{
    struct model_device *d = impl;
    unsigned at = msix_capability(d);

    (void)err;
    memset(out, 0, sizeof *out);
    if (irq == MVFIO_IRQ_MSIX && at) {
        uint32_t control = (uint32_t)gpum_read(d->model, GPUM_CONFIG, at, 4);

        out->count = NVHW_GET(NV_PCI_MSIX_CONTROL, TABLE_SIZE, control) + 1;
        out->flags = MVFIO_IRQ_FLAG_EVENTFD;
    }
    return MAGMA_OK;
}

/* The kernel's part: MSI-X on in config space, the entries unmasked. */
static void msix_enable(struct model_device *d, bool on, uint32_t first, uint32_t count)
{
    unsigned at = msix_capability(d);
    uint32_t control = (uint32_t)gpum_read(d->model, GPUM_CONFIG, at, 4);

    gpum_write(d->model, GPUM_CONFIG, at, 4, NVHW_SET(NV_PCI_MSIX_CONTROL, ENABLE, control, on));
    for (uint32_t i = first; i < first + count; i++)
        gpum_write(d->model, GPUM_BAR0, NV_VIRTUAL_FUNCTION_PRIV_MSIX_TABLE_VECTOR_CONTROL(i), 4,
                   !on);
}

static enum magma_code op_irq_set(void *impl, uint32_t irq, uint32_t first, const int *fds,
                                  uint32_t count, struct magma_error *err)
{
    struct model_device *d = impl;
    bool off = count == 0;

    if (irq != MVFIO_IRQ_MSIX || first + count > MODEL_DEVICE_VECTORS)
        return mg_fail(err, MAGMA_NOT_SUPPORTED, "interrupt kind %u", irq);
    if (off)
        count = MODEL_DEVICE_VECTORS;
    for (uint32_t i = first; i < first + count; i++) {
        if (d->eventfds[i] >= 0)
            close(d->eventfds[i]);
        d->eventfds[i] = off || fds[i - first] < 0 ? -1 : dup(fds[i - first]);
    }
    msix_enable(d, !off, first, off ? 0 : count);
    return MAGMA_OK;
}

static enum magma_code op_dma_map(void *impl, uint64_t iova, void *cpu, uint64_t size_bytes, int fd,
                                  uint64_t fd_offset, uint32_t flags, struct magma_error *err)
{
    struct model_device *d = impl;

    (void)fd;
    (void)fd_offset;
    if (d->map_count == MODEL_DEVICE_MAPS)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "too many mappings for this test");
    d->maps[d->map_count++] = (struct model_device_map){iova, size_bytes, cpu, flags};
    gpum_dma_changed(d->model);
    return MAGMA_OK;
}

static enum magma_code op_dma_unmap(void *impl, uint64_t iova, uint64_t size_bytes,
                                    struct magma_error *err)
{
    struct model_device *d = impl;

    for (unsigned i = 0; i < d->map_count; i++) {
        if (d->maps[i].iova != iova || d->maps[i].size_bytes != size_bytes)
            continue;
        d->maps[i] = d->maps[--d->map_count];
        gpum_dma_changed(d->model);
        return MAGMA_OK;
    }
    return mg_fail(err, MAGMA_INVALID_ARGUMENT, "no mapping at 0x%llx", (unsigned long long)iova);
}

static enum magma_code op_reset(void *impl, struct magma_error *err)
{
    struct model_device *d = impl;

    (void)err;
    gpum_reset(d->model);
    d->resets++;
    return MAGMA_OK;
}

static enum magma_code op_hot_reset(void *impl, struct magma_error *err)
{
    struct model_device *d = impl;

    (void)err;
    gpum_bus_reset(d->model);
    d->bus_resets++;
    return MAGMA_OK;
}

static const struct mvfio_ops ops = {
    .kind = "model in process",
    .info = op_info,
    .region_info = op_region_info,
    .region_read = op_region_read,
    .region_write = op_region_write,
    .region_map = op_region_map,
    .region_unmap = op_region_unmap,
    .irq_info = op_irq_info,
    .irq_set = op_irq_set,
    .dma_map = op_dma_map,
    .dma_unmap = op_dma_unmap,
    .reset = op_reset,
    .hot_reset = op_hot_reset,
};

/* ---- Life ---- */

bool model_device_open(struct model_device *d, const struct model_device_options *options)
{
    struct gpum_config config = {
        .chip = options && options->chip ? options->chip : "ga102",
        .vram_bytes = options ? options->vram_bytes : 0,
        .seed = options ? options->seed : 0,
        .plan = options ? options->plan : NULL,
        .trace = options && options->trace,
        .cb = {.ctx = d,
               .interrupt = raise_vector,
               .dma_translate = translate,
               .report = report,
               .trace = trace},
    };
    struct magma_error err = {0};
    char text[256] = "";

    memset(d, 0, sizeof *d);
    d->quiet = options && options->quiet;
    d->map_bar1 = options && options->map_bar1;
    d->clock = (struct mg_clock){clock_now, clock_sleep, d};
    for (unsigned i = 0; i < MODEL_DEVICE_VECTORS; i++)
        d->eventfds[i] = -1;
    d->model = gpum_create(&config, text, sizeof text);
    if (!d->model) {
        fprintf(stderr, "model: %s\n", text);
        return false;
    }
    if (mvfio_device_wrap(&ops, d, "0000:01:00.0", NULL, &d->device, &err) != MAGMA_OK) {
        fprintf(stderr, "%s\n", err.text);
        gpum_destroy(d->model);
        return false;
    }
    return true;
}

void model_device_close(struct model_device *d)
{
    mvfio_device_close(d->device);
    for (unsigned i = 0; i < MODEL_DEVICE_VECTORS; i++)
        if (d->eventfds[i] >= 0)
            close(d->eventfds[i]);
    gpum_destroy(d->model);
}
