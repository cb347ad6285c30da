/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Finds the unit behind a register. The tables are searched in a fixed order and the first window
 * that holds the offset answers, so that a small window of one unit can lie in a large one of a
 * later unit.
 */
#include "bar0.h"

#include <nvhw/boot.h>
#include <nvhw/describe.h>
#include <stdio.h>

#include "model.h"

static const struct gpum_unit *const tables[] = {
    gpum_mmu_units, gpum_irq_units, gpum_fifo_units, gpum_gsp_units, gpum_boot_units, NULL,
};

static const struct gpum_unit *find(uint32_t offset)
{
    for (size_t t = 0; tables[t]; t++)
        for (const struct gpum_unit *u = tables[t]; u->name; u++)
            if (offset - u->base < u->size_bytes)
                return u;
    return NULL;
}

static void name_of(uint32_t offset, char *name, size_t size_bytes)
{
    struct nvhw_register_hit hit;
    if (!nvhw_register_find(offset, &hit))
        snprintf(name, size_bytes, "0x%06x", offset);
    else if (hit.reg->count > 1)
        snprintf(name, size_bytes, "%s%s%s(%u)", hit.block->label, *hit.block->label ? " " : "",
                 hit.reg->name, hit.index);
    else
        snprintf(name, size_bytes, "%s%s%s", hit.block->label, *hit.block->label ? " " : "",
                 hit.reg->name);
}

static void trace_access(struct gpum *m, const char *verb, uint32_t offset, uint32_t value)
{
    if (!m->config.trace || offset - NV_PROM_BASE < NV_PROM_SIZE_BYTES)
        return;
    char name[96];
    name_of(offset, name, sizeof(name));
    gpum_trace(m, "%s %s 0x%08x", verb, name, value);
}

uint32_t gpum_bar0_read(struct gpum *m, uint32_t offset)
{
    const struct gpum_unit *unit = find(offset);
    uint32_t value = NV_PRI_ERROR_NO_TARGET;
    if (unit && unit->read)
        value = unit->read(m, offset);
    else
        gpum_note(m, "read of 0x%06x, where no unit answers", offset);
    trace_access(m, "rd", offset, value);
    return value;
}

void gpum_bar0_write(struct gpum *m, uint32_t offset, uint32_t value)
{
    const struct gpum_unit *unit = find(offset);
    trace_access(m, "wr", offset, value);
    if (unit && unit->write)
        unit->write(m, offset, value);
    else
        gpum_note(m, "write of 0x%08x to 0x%06x, where no unit answers", value, offset);
}
