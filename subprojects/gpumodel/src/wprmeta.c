/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The booter's checks of GspFwWprMeta, one table row per rule. Regions must not overlap, must be
 * aligned, and must end at what FWSEC and the board reserved.
 */
#include "wprmeta.h"

#include <string.h>

#include "boot.h"
#include "chip.h"
#include "model.h"

#define PAGE NV_RADIX3_PAGE_SIZE

static uint64_t down(uint64_t value, uint64_t align)
{
    return value - value % align;
}

/* first + size <= limit without overflow. */
static bool fits(uint64_t first, uint64_t size, uint64_t limit)
{
    return size <= limit && first <= limit - size;
}

struct rule {
    bool holds;
    const char *what;
    uint64_t found, wanted;
};

static bool report(struct gpum *m, const struct rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (rules[i].holds)
            continue;
        gpum_fault(m, "WprMeta: %s: found 0x%llx, wanted 0x%llx", rules[i].what,
                   (unsigned long long)rules[i].found, (unsigned long long)rules[i].wanted);
        return false;
    }
    return true;
}
#define CHECK(m, rules) report(m, rules, sizeof(rules) / sizeof(*(rules)))
#define EQUAL(name, value)                                                                         \
    {                                                                                              \
        meta->name == (value), #name, meta->name, (value)                                          \
    }
#define ALIGNED(name, align)                                                                       \
    {                                                                                              \
        meta->name % (align) == 0, #name " is not aligned", meta->name, down(meta->name, align)    \
    }
#define BELOW(name, size, limit)                                                                   \
    {                                                                                              \
        fits(meta->name, size, limit), #name " ends beyond " #limit, meta->name, limit             \
    }

static bool header_ok(struct gpum *m, const struct nvhw_wpr_meta *meta)
{
    const struct rule rules[] = {
        EQUAL(magic, NV_WPR_META_MAGIC),
        EQUAL(revision, NV_WPR_META_REVISION),
        EQUAL(verified, 0),
        EQUAL(boot_count, 0),
        EQUAL(gsp_fw_heap_vf_partition_count, 0),
        EQUAL(size_of_signature, 0x1000),
        ALIGNED(sysmem_addr_of_signature, PAGE),
        ALIGNED(sysmem_addr_of_bootloader, PAGE),
        ALIGNED(sysmem_addr_of_radix3_elf, PAGE),
        {meta->size_of_radix3_elf != 0, "size_of_radix3_elf", 0, 1},
        {meta->size_of_bootloader != 0, "size_of_bootloader", 0, 1},
        {meta->bootloader_code_offset < meta->size_of_bootloader, "bootloader_code_offset",
         meta->bootloader_code_offset, meta->size_of_bootloader},
        {meta->bootloader_data_offset < meta->size_of_bootloader, "bootloader_data_offset",
         meta->bootloader_data_offset, meta->size_of_bootloader},
        {meta->bootloader_manifest_offset < meta->size_of_bootloader, "bootloader_manifest_offset",
         meta->bootloader_manifest_offset, meta->size_of_bootloader},
    };
    return CHECK(m, rules);
}

static bool top_ok(struct gpum *m, const struct nvhw_wpr_meta *meta)
{
    uint64_t vga = gpum_boot_vga_workspace(m), end = down(vga, NV_WPR_END_ALIGN);
    const struct rule rules[] = {
        EQUAL(fb_size, m->vram_bytes),
        EQUAL(vga_workspace_offset, vga),
        EQUAL(vga_workspace_size, m->vram_bytes - vga),
        EQUAL(gsp_fw_wpr_end, end),
        EQUAL(frts_size, m->chip->frts_bytes),
        EQUAL(frts_offset, m->chip->frts_bytes ? m->boot->frts_start : end),
        {meta->frts_offset + meta->frts_size == end, "end of the FRTS region",
         meta->frts_offset + meta->frts_size, end},
    };
    return CHECK(m, rules);
}

static bool middle_ok(struct gpum *m, const struct nvhw_wpr_meta *meta)
{
    uint64_t heap_min =
        m->chip->libos_version == 3 ? NV_GSP_HEAP_MIN_LIBOS3 : NV_GSP_HEAP_MIN_LIBOS2;
    uint64_t meta_bytes = sizeof(*meta);
    const struct rule rules[] = {
        ALIGNED(boot_bin_offset, NV_WPR_BOOT_BIN_ALIGN),
        BELOW(boot_bin_offset, meta->size_of_bootloader, meta->frts_offset),
        ALIGNED(gsp_fw_offset, NV_WPR_GSP_FW_ALIGN),
        BELOW(gsp_fw_offset, meta->size_of_radix3_elf, meta->boot_bin_offset),
        ALIGNED(gsp_fw_heap_offset, NV_WPR_HEAP_ALIGN),
        ALIGNED(gsp_fw_heap_size, NV_WPR_HEAP_ALIGN),
        BELOW(gsp_fw_heap_offset, meta->gsp_fw_heap_size, meta->gsp_fw_offset),
        {meta->gsp_fw_heap_size >= heap_min, "gsp_fw_heap_size is too small",
         meta->gsp_fw_heap_size, heap_min},
        ALIGNED(gsp_fw_wpr_start, NV_WPR_HEAP_ALIGN),
        BELOW(gsp_fw_wpr_start, meta_bytes, meta->gsp_fw_heap_offset),
    };
    return CHECK(m, rules);
}

static bool bottom_ok(struct gpum *m, const struct nvhw_wpr_meta *meta)
{
    const struct rule rules[] = {
        {meta->non_wpr_heap_size >= m->chip->non_wpr_heap_bytes, "non_wpr_heap_size",
         meta->non_wpr_heap_size, m->chip->non_wpr_heap_bytes},
        BELOW(non_wpr_heap_offset, meta->non_wpr_heap_size, meta->gsp_fw_wpr_start),
        ALIGNED(non_wpr_heap_offset, NV_WPR_END_ALIGN),
        EQUAL(gsp_fw_rsvd_start, meta->non_wpr_heap_offset),
    };
    return CHECK(m, rules);
}

bool gpum_wpr_meta_ok(struct gpum *m, const struct nvhw_wpr_meta *meta)
{
    return header_ok(m, meta) && top_ok(m, meta) && middle_ok(m, meta) && bottom_ok(m, meta);
}

/* One entry of a table page; false when the table cannot be read or the entry is no page. */
static bool entry(struct gpum *m, uint64_t table, uint64_t index, unsigned level, uint64_t *page)
{
    uint64_t at = table + index * sizeof(*page);
    if (gpum_phys_read(m, GPUM_SYS_COHERENT, at, page, sizeof(*page)) && *page && *page % PAGE == 0)
        return true;
    gpum_fault(m, "radix3: entry %llu of level %u (at 0x%llx) is no page",
               (unsigned long long)index, level, (unsigned long long)at);
    return false;
}

bool gpum_radix3_copy(struct gpum *m, uint64_t iova, uint64_t size_bytes, uint8_t *destination)
{
    uint64_t pages = (size_bytes + PAGE - 1) / PAGE, level1, level2 = 0, page;
    uint64_t limit = (uint64_t)NV_RADIX3_PAGE_ENTRIES * NV_RADIX3_PAGE_ENTRIES;
    if (pages > limit) {
        gpum_fault(m, "radix3: an image of 0x%llx bytes does not fit three levels",
                   (unsigned long long)size_bytes);
        return false;
    }
    if (!entry(m, iova, 0, 0, &level1))
        return false;
    for (uint64_t i = 0; i < pages; i++) {
        uint64_t offset = i * PAGE, left = size_bytes - offset;
        if (i % NV_RADIX3_PAGE_ENTRIES == 0 &&
            !entry(m, level1, i / NV_RADIX3_PAGE_ENTRIES, 1, &level2))
            return false;
        if (!entry(m, level2, i % NV_RADIX3_PAGE_ENTRIES, 2, &page))
            return false;
        if (!gpum_phys_read(m, GPUM_SYS_COHERENT, page, destination + offset,
                            left < PAGE ? left : PAGE)) {
            gpum_fault(m, "radix3: page %llu of the image (0x%llx) is not mapped",
                       (unsigned long long)i, (unsigned long long)page);
            return false;
        }
    }
    return true;
}
