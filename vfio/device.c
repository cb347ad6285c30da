/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The device behind the interface: checks every argument, remembers a lost device, and passes on
 * to the backend. Facts about regions and interrupts are asked once, when it is made. */
#include "device.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { IOVA_BITS_DEFAULT = 47 };

/* Never handed out: address 0 up to here, so that a null address in a descriptor faults. */
#define IOVA_FIRST UINT64_C(0x10000)

/* Where PCI message interrupts are written on x86; no memory may be mapped there. */
static const struct mvfio_range msi_window = {0xfee00000, 0xfeefffff};

static const char *const region_names[] = {"BAR0", "BAR1", "BAR2",         "BAR3", "BAR4",
                                           "BAR5", "ROM",  "config space", "VGA"};

enum magma_code mvfio_note(struct mvfio_device *device, enum magma_code code)
{
    if (code == MAGMA_DEVICE_GONE)
        atomic_store(&device->gone, true);
    return code;
}

enum magma_code mvfio_alive(const struct mvfio_device *device, struct magma_error *err)
{
    if (!atomic_load(&device->gone))
        return MAGMA_OK;
    return mg_fail(err, MAGMA_DEVICE_GONE, "%s: the device went away earlier", device->name);
}

static enum magma_code ask_regions(struct mvfio_device *device, struct magma_error *err)
{
    uint32_t count = device->info.region_count;

    if (count > MVFIO_REGION_COUNT)
        count = MVFIO_REGION_COUNT;
    for (uint32_t i = 0; i < count; i++) {
        struct mvfio_region_info *region = &device->regions[i];
        enum magma_code code = device->ops->region_info(device->impl, i, region, err);

        if (code)
            return code;
        if (!mvfio_areas_settle(region))
            return mg_fail(err, MAGMA_PROTOCOL,
                           "%s: the mappable areas of %s overlap or leave the region", device->name,
                           region_names[i]);
    }
    return MAGMA_OK;
}

static enum magma_code ask_irqs(struct mvfio_device *device, struct magma_error *err)
{
    uint32_t count = device->info.irq_count;

    if (count > MVFIO_IRQ_COUNT)
        count = MVFIO_IRQ_COUNT;
    for (uint32_t i = 0; i < count; i++) {
        enum magma_code code = device->ops->irq_info(device->impl, i, &device->irqs[i], err);

        if (code)
            return code;
    }
    return MAGMA_OK;
}

/* Cuts a declared range to what the device can put out and to addresses we hand out. */
static bool clip_range(struct mvfio_range *range, unsigned bits)
{
    uint64_t limit = bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;

    if (range->first < IOVA_FIRST)
        range->first = IOVA_FIRST;
    if (range->last > limit)
        range->last = limit;
    return range->first <= range->last;
}

static enum magma_code ask_ranges(struct mvfio_device *device, unsigned bits,
                                  struct magma_error *err)
{
    struct mvfio_range found[MVFIO_RANGES_MAX] = {{0, msi_window.first - 1},
                                                  {msi_window.last + 1, UINT64_MAX}};
    uint32_t count = 2;

    if (device->ops->iova_ranges) {
        enum magma_code code =
            device->ops->iova_ranges(device->impl, found, MVFIO_RANGES_MAX, &count, err);

        if (code)
            return code;
    }
    if (count > MVFIO_RANGES_MAX)
        count = MVFIO_RANGES_MAX;
    for (uint32_t i = 0; i < count; i++)
        if (clip_range(&found[i], bits))
            device->ranges[device->range_count++] = found[i];
    if (!mvfio_iova_init(&device->iova, device->ranges, device->range_count))
        return mg_fail(err, MAGMA_PROTOCOL, "%s: the valid I/O address ranges are malformed",
                       device->name);
    return MAGMA_OK;
}

static bool ops_complete(const struct mvfio_ops *ops)
{
    return ops->kind && ops->info && ops->region_info && ops->region_read && ops->region_write &&
           ops->irq_info && ops->irq_set && ops->dma_map && ops->dma_unmap;
}

enum magma_code mvfio_device_wrap(const struct mvfio_ops *ops, void *impl, const char *name,
                                  const struct mvfio_options *options, struct mvfio_device **out,
                                  struct magma_error *err)
{
    unsigned bits = options && options->iova_bits ? options->iova_bits : IOVA_BITS_DEFAULT;
    struct mvfio_device *device = calloc(1, sizeof *device);
    enum magma_code code;

    *out = NULL;
    if (!device) {
        if (ops->close)
            ops->close(impl);
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "%s: no memory for the device", name);
    }
    device->ops = ops;
    device->impl = impl;
    device->log = options ? options->log : NULL;
    snprintf(device->name, sizeof device->name, "%s", name);
    pthread_mutex_init(&device->lock, NULL);
    code = ops_complete(ops)
               ? MAGMA_OK
               : mg_fail(err, MAGMA_INVALID_ARGUMENT, "%s: the table of functions has holes", name);
    if (!code)
        code = ops->info(impl, &device->info, err);
    if (!code)
        code = ask_regions(device, err);
    if (!code)
        code = ask_irqs(device, err);
    if (!code)
        code = ask_ranges(device, bits, err);
    if (code) {
        mvfio_device_close(device);
        return code;
    }
    *out = device;
    return MAGMA_OK;
}

void mvfio_device_close(struct mvfio_device *device)
{
    if (!device)
        return;
    if (device->ops->close)
        device->ops->close(device->impl);
    mvfio_iova_finish(&device->iova);
    pthread_mutex_destroy(&device->lock);
    free(device);
}

const char *mvfio_device_name(const struct mvfio_device *device)
{
    return device->name;
}

const char *mvfio_device_kind(const struct mvfio_device *device)
{
    return device->ops->kind;
}

/* ---- Regions ---- */

enum magma_code mvfio_region_info(struct mvfio_device *device, enum mvfio_region region,
                                  struct mvfio_region_info *out, struct magma_error *err)
{
    *out = (struct mvfio_region_info){0};
    if ((unsigned)region >= MVFIO_REGION_COUNT)
        return mg_fail(err, MAGMA_INVALID_ARGUMENT, "%s: there is no region %u", device->name,
                       (unsigned)region);
    *out = device->regions[region];
    return MAGMA_OK;
}

static enum magma_code check_access(struct mvfio_device *device, enum mvfio_region region,
                                    uint64_t offset, uint64_t size_bytes, uint32_t flag,
                                    struct magma_error *err)
{
    const struct mvfio_region_info *info;
    const char *verb = flag == MVFIO_REGION_FLAG_READ    ? "read"
                       : flag == MVFIO_REGION_FLAG_WRITE ? "written"
                                                         : "mapped";

    if ((unsigned)region >= MVFIO_REGION_COUNT)
        return mg_fail(err, MAGMA_INVALID_ARGUMENT, "%s: there is no region %u", device->name,
                       (unsigned)region);
    info = &device->regions[region];
    if (!size_bytes || !mvfio_within(offset, size_bytes, info->size_bytes))
        return mg_fail(err, MAGMA_INVALID_ARGUMENT,
                       "%s: 0x%llx bytes at 0x%llx of %s are beyond its end (0x%llx)", device->name,
                       (unsigned long long)size_bytes, (unsigned long long)offset,
                       region_names[region], (unsigned long long)info->size_bytes);
    if (!(info->flags & flag))
        return mg_fail(err, MAGMA_NOT_SUPPORTED, "%s: %s cannot be %s", device->name,
                       region_names[region], verb);
    return mvfio_alive(device, err);
}

/* The widest access that starts aligned at offset and does not pass the end. */
static size_t access_width(uint64_t offset, size_t left)
{
    size_t width = 8;

    while (width > 1 && (left < width || offset % width))
        width /= 2;
    return width;
}

/* Registers want one access of the asked width; anything longer may go in one piece. */
static bool single_piece(uint64_t offset, size_t size_bytes)
{
    return size_bytes > 8 ? offset % 4 == 0 && size_bytes % 4 == 0
                          : access_width(offset, size_bytes) == size_bytes;
}

enum magma_code mvfio_region_read(struct mvfio_device *device, enum mvfio_region region,
                                  uint64_t offset, void *data, size_t size_bytes,
                                  struct magma_error *err)
{
    enum magma_code code =
        check_access(device, region, offset, size_bytes, MVFIO_REGION_FLAG_READ, err);
    unsigned char *at = data;

    while (!code && size_bytes) {
        size_t n = single_piece(offset, size_bytes) ? size_bytes : access_width(offset, size_bytes);

        code = device->ops->region_read(device->impl, region, offset, at, n, err);
        at += n;
        offset += n;
        size_bytes -= n;
    }
    return mvfio_note(device, code);
}

enum magma_code mvfio_region_write(struct mvfio_device *device, enum mvfio_region region,
                                   uint64_t offset, const void *data, size_t size_bytes,
                                   struct magma_error *err)
{
    enum magma_code code =
        check_access(device, region, offset, size_bytes, MVFIO_REGION_FLAG_WRITE, err);
    const unsigned char *at = data;

    while (!code && size_bytes) {
        size_t n = single_piece(offset, size_bytes) ? size_bytes : access_width(offset, size_bytes);

        code = device->ops->region_write(device->impl, region, offset, at, n, err);
        at += n;
        offset += n;
        size_bytes -= n;
    }
    return mvfio_note(device, code);
}

static bool in_one_area(const struct mvfio_region_info *info, uint64_t offset, uint64_t size_bytes)
{
    for (uint32_t i = 0; i < info->area_count; i++) {
        const struct mvfio_area *area = &info->areas[i];

        if (offset >= area->offset &&
            mvfio_within(offset - area->offset, size_bytes, area->size_bytes))
            return true;
    }
    return false;
}

enum magma_code mvfio_region_map(struct mvfio_device *device, enum mvfio_region region,
                                 uint64_t offset, uint64_t size_bytes, void **out,
                                 struct magma_error *err)
{
    enum magma_code code =
        check_access(device, region, offset, size_bytes, MVFIO_REGION_FLAG_MMAP, err);

    *out = NULL;
    if (code)
        return code;
    if ((offset | size_bytes) % MVFIO_PAGE_BYTES)
        return mg_fail(err, MAGMA_INVALID_ARGUMENT,
                       "%s: a mapping of %s must start and end on a page (0x%llx bytes at 0x%llx)",
                       device->name, region_names[region], (unsigned long long)size_bytes,
                       (unsigned long long)offset);
    if (!device->ops->region_map || !in_one_area(&device->regions[region], offset, size_bytes))
        return mg_fail(err, MAGMA_NOT_SUPPORTED,
                       "%s: 0x%llx bytes at 0x%llx of %s cannot be mapped", device->name,
                       (unsigned long long)size_bytes, (unsigned long long)offset,
                       region_names[region]);
    code = device->ops->region_map(device->impl, region, offset, size_bytes, out, err);
    return mvfio_note(device, code);
}

void mvfio_region_unmap(struct mvfio_device *device, void *cpu, uint64_t size_bytes)
{
    if (!cpu)
        return;
    if (device->ops->region_unmap)
        device->ops->region_unmap(device->impl, cpu, size_bytes);
    else
        munmap(cpu, size_bytes);
}

/* ---- Config space ---- */

enum magma_code mvfio_config_read8(struct mvfio_device *device, uint32_t offset, uint8_t *out,
                                   struct magma_error *err)
{
    return mvfio_region_read(device, MVFIO_REGION_CONFIG, offset, out, sizeof *out, err);
}

enum magma_code mvfio_config_read16(struct mvfio_device *device, uint32_t offset, uint16_t *out,
                                    struct magma_error *err)
{
    uint16_t raw = 0;
    enum magma_code code =
        mvfio_region_read(device, MVFIO_REGION_CONFIG, offset, &raw, sizeof raw, err);

    *out = le16toh(raw);
    return code;
}

enum magma_code mvfio_config_read32(struct mvfio_device *device, uint32_t offset, uint32_t *out,
                                    struct magma_error *err)
{
    uint32_t raw = 0;
    enum magma_code code =
        mvfio_region_read(device, MVFIO_REGION_CONFIG, offset, &raw, sizeof raw, err);

    *out = le32toh(raw);
    return code;
}

enum magma_code mvfio_config_write16(struct mvfio_device *device, uint32_t offset, uint16_t value,
                                     struct magma_error *err)
{
    uint16_t raw = htole16(value);

    return mvfio_region_write(device, MVFIO_REGION_CONFIG, offset, &raw, sizeof raw, err);
}

enum magma_code mvfio_config_write32(struct mvfio_device *device, uint32_t offset, uint32_t value,
                                     struct magma_error *err)
{
    uint32_t raw = htole32(value);

    return mvfio_region_write(device, MVFIO_REGION_CONFIG, offset, &raw, sizeof raw, err);
}
