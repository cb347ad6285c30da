/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The mappable areas of a region: reading them out of VFIO's capability chain, and bringing what
 * a backend reports into order. The chain comes from a kernel or a socket; both are checked. */
#include "device.h"

#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>

/* A chain longer than this is a loop. */
enum { CAPS_MAX = 32 };

static int by_offset(const void *a, const void *b)
{
    const struct mvfio_area *x = a, *y = b;

    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

bool mvfio_areas_settle(struct mvfio_region_info *info)
{
    uint64_t end = 0;

    if (!info->size_bytes || !(info->flags & MVFIO_REGION_FLAG_MMAP)) {
        info->area_count = 0;
        info->flags &= ~(uint32_t)MVFIO_REGION_FLAG_MMAP;
        return true;
    }
    if (!info->area_count) {
        info->areas[0] = (struct mvfio_area){0, info->size_bytes};
        info->area_count = 1;
    }
    if (info->area_count > MVFIO_AREAS_MAX)
        return false;
    qsort(info->areas, info->area_count, sizeof info->areas[0], by_offset);
    for (uint32_t i = 0; i < info->area_count; i++) {
        const struct mvfio_area *area = &info->areas[i];

        if (area->offset < end || !mvfio_within(area->offset, area->size_bytes, info->size_bytes))
            return false;
        end = area->offset + area->size_bytes;
    }
    return true;
}

/* Takes the areas of one sparse mmap capability at `at`. */
static bool parse_sparse(const unsigned char *at, size_t left, struct mvfio_region_info *info)
{
    struct vfio_region_info_cap_sparse_mmap cap;

    if (left < sizeof cap)
        return false;
    memcpy(&cap, at, sizeof cap);
    at += sizeof cap;
    left -= sizeof cap;
    if (cap.nr_areas > left / sizeof(struct vfio_region_sparse_mmap_area))
        return false;
    for (uint32_t i = 0; i < cap.nr_areas; i++) {
        struct vfio_region_sparse_mmap_area area;

        memcpy(&area, at + i * sizeof area, sizeof area);
        if (!area.size)
            continue;
        if (info->area_count == MVFIO_AREAS_MAX)
            return false;
        info->areas[info->area_count++] = (struct mvfio_area){area.offset, area.size};
    }
    /* A sparse capability without any area means that nothing can be mapped. */
    if (!info->area_count)
        info->flags &= ~(uint32_t)MVFIO_REGION_FLAG_MMAP;
    return true;
}

bool mvfio_areas_parse(const void *data, size_t size_bytes, uint32_t cap_offset,
                       struct mvfio_region_info *info)
{
    const unsigned char *bytes = data;

    info->area_count = 0;
    for (unsigned i = 0; cap_offset; i++) {
        struct vfio_info_cap_header header;

        if (i == CAPS_MAX || cap_offset < sizeof(struct vfio_region_info) ||
            !mvfio_within(cap_offset, sizeof header, size_bytes))
            return false;
        memcpy(&header, bytes + cap_offset, sizeof header);
        if (header.id == VFIO_REGION_INFO_CAP_SPARSE_MMAP &&
            !parse_sparse(bytes + cap_offset, size_bytes - cap_offset, info))
            return false;
        cap_offset = header.next;
    }
    return true;
}
