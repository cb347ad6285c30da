/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The image table of radix3.h. */
#include "libmagma/gsp/radix3.h"

#include <nvhw/wpr.h>

#include "libmagma/core/status.h"

#define PAGE    NV_RADIX3_PAGE_SIZE
#define ENTRIES NV_RADIX3_PAGE_ENTRIES

static uint64_t pages_of(uint64_t bytes)
{
    return bytes / PAGE + (bytes % PAGE != 0);
}

static uint64_t tables_of(uint64_t pages)
{
    return (pages + ENTRIES - 1) / ENTRIES;
}

uint64_t mg_radix3_table_bytes(uint64_t image_bytes)
{
    uint64_t pages = pages_of(image_bytes);

    if (!pages || pages > (uint64_t)ENTRIES * ENTRIES)
        return 0;
    return (2 + tables_of(pages)) * PAGE;
}

void mg_radix3_fill(void *cpu, magma_iova table, magma_iova image, uint64_t image_bytes)
{
    uint64_t *level0 = cpu, *level1 = level0 + ENTRIES, *level2 = level1 + ENTRIES;
    uint64_t pages = pages_of(image_bytes);

    level0[0] = table.raw + PAGE;
    for (uint64_t i = 0; i < tables_of(pages); i++)
        level1[i] = table.raw + (2 + i) * PAGE;
    for (uint64_t i = 0; i < pages; i++)
        level2[i] = image.raw + i * PAGE;
}

enum magma_code mg_radix3_init(struct mg_radix3 *r, struct mg_hal *hal, struct mg_bytes image,
                               struct magma_error *err)
{
    uint64_t table_bytes = mg_radix3_table_bytes(image.size);
    enum magma_code code;

    if (!table_bytes)
        return mg_fail(err, MAGMA_BAD_FIRMWARE, "a GSP image of %zu bytes cannot be described",
                       image.size);
    code = mg_dma_init(hal, image.size, PAGE, &r->image, err);
    if (code == MAGMA_OK)
        code = mg_dma_init(hal, table_bytes, PAGE, &r->table, err);
    if (code != MAGMA_OK) {
        mg_radix3_finish(r);
        return code;
    }
    memcpy(r->image.cpu, image.data, image.size);
    r->image_bytes = image.size;
    mg_radix3_fill(r->table.cpu, r->table.iova, r->image.iova, image.size);
    return MAGMA_OK;
}

void mg_radix3_finish(struct mg_radix3 *r)
{
    mg_dma_finish(&r->table);
    mg_dma_finish(&r->image);
    memset(r, 0, sizeof *r);
}
