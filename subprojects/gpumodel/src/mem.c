/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Physical memory: VRAM with its protected region, and system memory lent by the model's owner.
 * Bus addresses are translated page by page and remembered until the owner says that mappings
 * changed.
 */
#include "gmmu.h"

#include "boot.h"

#include <string.h>

static uint8_t *vram_pointer(struct gpum *m, uint64_t address, uint64_t *run_bytes)
{
    uint64_t start, end;

    if (address >= m->vram_bytes)
        return NULL;
    *run_bytes = m->vram_bytes - address;
    if (gpum_boot_wpr2(m, &start, &end) && address < end) {
        if (address >= start)
            return NULL;
        *run_bytes = start - address;
    }
    return m->vram + address;
}

static uint8_t *system_pointer(struct gpum *m, uint64_t address, bool write, uint64_t *run_bytes)
{
    uint64_t offset = address % GPUM_PIECE_BYTES, base = address - offset, run = 0;
    struct gpum_iova_entry *e = &m->mmu->iova[base / GPUM_PIECE_BYTES % GPUM_IOVA_ENTRIES];
    uint8_t *pointer = NULL;

    if (e->valid && e->iova == base && (e->writable || !write)) {
        *run_bytes = GPUM_PIECE_BYTES - offset;
        return e->pointer + offset;
    }
    if (!m->config.cb.dma_translate)
        return NULL;
    if (!m->config.cb.dma_translate(m->config.cb.ctx, base, write, &pointer, &run) ||
        run < GPUM_PIECE_BYTES) {
        /* Not a whole page: serve it without remembering it. */
        if (!m->config.cb.dma_translate(m->config.cb.ctx, address, write, &pointer, &run) || !run)
            return NULL;
        *run_bytes = run;
        return pointer;
    }
    *e = (struct gpum_iova_entry){true, write, base, pointer};
    *run_bytes = GPUM_PIECE_BYTES - offset;
    return pointer + offset;
}

uint8_t *gpum_phys(struct gpum *m, enum gpum_aperture aperture, uint64_t address, bool write,
                   uint64_t *run_bytes)
{
    if (aperture == GPUM_VRAM)
        return vram_pointer(m, address, run_bytes);
    return system_pointer(m, address, write, run_bytes);
}

bool gpum_phys_read(struct gpum *m, enum gpum_aperture aperture, uint64_t address, void *data,
                    size_t size_bytes)
{
    uint8_t *to = data;

    while (size_bytes) {
        uint64_t run = 0;
        const uint8_t *from = gpum_phys(m, aperture, address, false, &run);

        if (!from)
            return false;
        if (run > size_bytes)
            run = size_bytes;
        memcpy(to, from, run);
        to += run;
        address += run;
        size_bytes -= run;
    }
    return true;
}

bool gpum_phys_write(struct gpum *m, enum gpum_aperture aperture, uint64_t address,
                     const void *data, size_t size_bytes)
{
    const uint8_t *from = data;

    while (size_bytes) {
        uint64_t run = 0;
        uint8_t *to = gpum_phys(m, aperture, address, true, &run);

        if (!to)
            return false;
        if (run > size_bytes)
            run = size_bytes;
        memcpy(to, from, run);
        from += run;
        address += run;
        size_bytes -= run;
    }
    return true;
}

void gpum_dma_changed(struct gpum *m)
{
    memset(m->mmu->iova, 0, sizeof(m->mmu->iova));
    m->memory_generation++;
}
