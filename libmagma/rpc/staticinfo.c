/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* GET_GSP_STATIC_INFO: the GPU as GSP-RM describes it. */
#include "libmagma/rpc/early.h"

#include <string.h>

#include "libmagma/core/status.h"
#include "libmagma/gsp/gsp.h"

_Static_assert(MG_GSP_REGION_MAX == NV_FB_REGION_COUNT_MAX, "regions");

static enum magma_code read_regions(const struct nvhw_fb_region_info *info, struct mg_gsp_info *out,
                                    struct magma_error *err)
{
    if (info->num_fb_regions > NV_FB_REGION_COUNT_MAX)
        return mg_fail(err, MAGMA_PROTOCOL, "static info: %u memory regions", info->num_fb_regions);
    for (uint32_t i = 0; i < info->num_fb_regions; i++) {
        const struct nvhw_fb_region *r = &info->region[i];

        if (r->limit < r->base || r->limit - r->base == UINT64_MAX)
            return mg_fail(err, MAGMA_PROTOCOL, "static info: region %u is 0x%llx to 0x%llx", i,
                           (unsigned long long)r->base, (unsigned long long)r->limit);
        out->regions[i] = (struct mg_gsp_region){.base = {r->base},
                                                 .size_bytes = r->limit - r->base + 1,
                                                 .usable = !r->reserved && !r->is_protected};
    }
    out->region_count = info->num_fb_regions;
    return MAGMA_OK;
}

enum magma_code mg_staticinfo_read(const void *payload, uint32_t size_bytes,
                                   struct mg_gsp_info *out, struct magma_error *err)
{
    struct nvhw_r570_gsp_static_info info;

    if (size_bytes < sizeof info)
        return mg_fail(err, MAGMA_PROTOCOL, "static info: 0x%x bytes, want 0x%zx", size_bytes,
                       sizeof info);
    memcpy(&info, payload, sizeof info);
    memcpy(out->name, info.gpu_name, sizeof info.gpu_name);
    out->name[sizeof info.gpu_name] = 0;
    out->vram_bytes = info.fb_length;
    out->bar1_pde_base = info.bar1_pde_base;
    out->bar2_pde_base = info.bar2_pde_base;
    out->internal_client = info.h_internal_client;
    out->internal_device = info.h_internal_device;
    out->internal_subdevice = info.h_internal_subdevice;
    out->l2_cache_bytes = info.l2_cache_size;
    out->fbp_mask = info.fbp_mask;
    if (info.gid_info.length >= sizeof out->gid &&
        info.gid_info.length <= sizeof info.gid_info.data)
        memcpy(out->gid, info.gid_info.data, sizeof out->gid);
    return read_regions(&info.fb_region_info, out, err);
}
