/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The parts of a device that are no region: interrupts, reset, address ranges, service. */
#include "device.h"

static const char *const irq_names[] = {"INTx", "MSI", "MSI-X", "the error interrupt",
                                        "the request interrupt"};

static enum magma_code check_irq(struct mvfio_device *device, enum mvfio_irq irq, uint32_t first,
                                 uint32_t count, struct magma_error *err)
{
    if ((unsigned)irq >= MVFIO_IRQ_COUNT)
        return mg_fail(err, MAGMA_INVALID_ARGUMENT, "%s: there is no interrupt kind %u",
                       device->name, (unsigned)irq);
    if (!device->irqs[irq].count)
        return mg_fail(err, MAGMA_NOT_SUPPORTED, "%s: the device does not offer %s", device->name,
                       irq_names[irq]);
    if (!mvfio_within(first, count, device->irqs[irq].count))
        return mg_fail(err, MAGMA_INVALID_ARGUMENT, "%s: %s has %u vectors, wanted %u from %u",
                       device->name, irq_names[irq], device->irqs[irq].count, count, first);
    return mvfio_alive(device, err);
}

enum magma_code mvfio_irq_info(struct mvfio_device *device, enum mvfio_irq irq,
                               struct mvfio_irq_info *out, struct magma_error *err)
{
    *out = (struct mvfio_irq_info){0};
    if ((unsigned)irq >= MVFIO_IRQ_COUNT)
        return mg_fail(err, MAGMA_INVALID_ARGUMENT, "%s: there is no interrupt kind %u",
                       device->name, (unsigned)irq);
    *out = device->irqs[irq];
    return MAGMA_OK;
}

enum magma_code mvfio_irq_set(struct mvfio_device *device, enum mvfio_irq irq, uint32_t first,
                              const int *fds, uint32_t count, struct magma_error *err)
{
    enum magma_code code = check_irq(device, irq, first, count, err);

    if (code)
        return code;
    if (!fds || !count || count > MVFIO_VECTORS_MAX)
        return mg_fail(err, MAGMA_INVALID_ARGUMENT,
                       "%s: %u eventfds for %s; 1 to %u can be set at once", device->name, count,
                       irq_names[irq], (unsigned)MVFIO_VECTORS_MAX);
    if (!(device->irqs[irq].flags & MVFIO_IRQ_FLAG_EVENTFD))
        return mg_fail(err, MAGMA_NOT_SUPPORTED, "%s: %s cannot signal an eventfd", device->name,
                       irq_names[irq]);
    return mvfio_note(device, device->ops->irq_set(device->impl, irq, first, fds, count, err));
}

enum magma_code mvfio_irq_disable(struct mvfio_device *device, enum mvfio_irq irq,
                                  struct magma_error *err)
{
    enum magma_code code = check_irq(device, irq, 0, 0, err);

    if (code)
        return code;
    return mvfio_note(device, device->ops->irq_set(device->impl, irq, 0, NULL, 0, err));
}

enum magma_code mvfio_irq_unmask(struct mvfio_device *device, enum mvfio_irq irq, uint32_t vector,
                                 struct magma_error *err)
{
    enum magma_code code = check_irq(device, irq, vector, 1, err);

    if (code)
        return code;
    if (!device->ops->irq_unmask)
        return mg_fail(err, MAGMA_NOT_SUPPORTED, "%s: %s cannot be unmasked", device->name,
                       irq_names[irq]);
    return mvfio_note(device, device->ops->irq_unmask(device->impl, irq, vector, err));
}

uint32_t mvfio_iova_ranges(struct mvfio_device *device, struct mvfio_range *out, uint32_t max)
{
    for (uint32_t i = 0; i < device->range_count && i < max; i++)
        out[i] = device->ranges[i];
    return device->range_count;
}

enum magma_code mvfio_device_reset(struct mvfio_device *device, struct magma_error *err)
{
    enum magma_code code = mvfio_alive(device, err);

    if (code)
        return code;
    if (!device->ops->reset || !device->info.can_reset)
        return mg_fail(err, MAGMA_NOT_SUPPORTED, "%s: the device has no reset", device->name);
    return mvfio_note(device, device->ops->reset(device->impl, err));
}

enum magma_code mvfio_device_hot_reset(struct mvfio_device *device, struct magma_error *err)
{
    if (!device->ops->hot_reset)
        return mg_fail(err, MAGMA_NOT_SUPPORTED, "%s: a %s device has no hot reset", device->name,
                       device->ops->kind);
    return device->ops->hot_reset(device->impl, err);
}

int mvfio_device_poll_fd(const struct mvfio_device *device, bool *quiet)
{
    if (quiet)
        *quiet = device->ops->quiet_poll;
    return device->ops->poll_fd ? device->ops->poll_fd(device->impl) : -1;
}

enum magma_code mvfio_device_service(struct mvfio_device *device, struct magma_error *err)
{
    enum magma_code code = mvfio_alive(device, err);

    if (code || !device->ops->service)
        return code;
    return mvfio_note(device, device->ops->service(device->impl, err));
}
