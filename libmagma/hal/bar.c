/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Mappings and copies of the BARs beside BAR0. */
#include "libmagma/hal/hal_priv.h"

uint64_t mg_bar_size_bytes(struct mg_hal *hal, unsigned bar)
{
    struct mvfio_region_info info;

    if (bar > MVFIO_REGION_BAR5 || mvfio_region_info(hal->device, bar, &info, NULL))
        return 0;
    return info.size_bytes;
}

static enum magma_code check(struct mg_hal *hal, unsigned bar, struct magma_error *err)
{
    if (bar > MVFIO_REGION_BAR5)
        return mg_fail(err, MAGMA_INVALID_ARGUMENT, "%s: there is no BAR%u",
                       mvfio_device_name(hal->device), bar);
    return hal_fail_if_gone(hal, err);
}

enum magma_code mg_bar_map(struct mg_hal *hal, unsigned bar, uint64_t offset, uint64_t size_bytes,
                           struct mg_bar_map *out, struct magma_error *err)
{
    enum magma_code code = check(hal, bar, err);
    void *cpu = NULL;

    *out = (struct mg_bar_map){0};
    if (!code)
        code =
            hal_note(hal, mvfio_region_map(hal->device, bar, offset, size_bytes, &cpu, err), err);
    if (!code)
        *out = (struct mg_bar_map){cpu, offset, size_bytes};
    return code;
}

void mg_bar_unmap(struct mg_hal *hal, struct mg_bar_map *map)
{
    if (map->cpu)
        mvfio_region_unmap(hal->device, (void *)map->cpu, map->size_bytes);
    *map = (struct mg_bar_map){0};
}

enum magma_code mg_bar_read(struct mg_hal *hal, unsigned bar, uint64_t offset, void *data,
                            size_t size_bytes, struct magma_error *err)
{
    enum magma_code code = check(hal, bar, err);

    if (code)
        return code;
    return hal_note(hal, mvfio_region_read(hal->device, bar, offset, data, size_bytes, err), err);
}

enum magma_code mg_bar_write(struct mg_hal *hal, unsigned bar, uint64_t offset, const void *data,
                             size_t size_bytes, struct magma_error *err)
{
    enum magma_code code = check(hal, bar, err);

    if (code)
        return code;
    return hal_note(hal, mvfio_region_write(hal->device, bar, offset, data, size_bytes, err), err);
}
