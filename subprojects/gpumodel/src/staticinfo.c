/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What GET_GSP_STATIC_INFO says of the board. */
#include <nvhw/rpc.h>
#include <stdio.h>
#include <string.h>

#include "chip.h"
#include "gsp_state.h"
#include "ucode.h"

#define L2_BYTES       (4u << 20)
#define BUS_WIDTH_BITS 256u
#define GID_BYTES      16u

static void regions(const struct gpum *m, struct nvhw_fb_region_info *info)
{
    uint64_t reserved = m->gsp->meta.gsp_fw_rsvd_start;
    info->num_fb_regions = 2;
    info->region[0].base = 0;
    info->region[0].limit = reserved - 1;
    info->region[0].performance = 1;
    info->region[0].support_compressed = 1;
    info->region[0].support_iso = 1;
    info->region[1].base = reserved;
    info->region[1].limit = m->vram_bytes - 1;
    info->region[1].reserved = m->vram_bytes - reserved;
    info->region[1].is_protected = 1;
}

void gpum_static_info(const struct gpum *m, struct nvhw_r570_gsp_static_info *info)
{
    char name[sizeof(info->gpu_name)] = {0};
    memset(info, 0, sizeof(*info));
    snprintf(name, sizeof(name), "software GPU %s", m->chip->name);
    memcpy(info->gpu_name, name, sizeof(name));
    for (size_t i = 0; i < sizeof(info->gpu_name_unicode) / 2; i++)
        info->gpu_name_unicode[i] = (uint8_t)name[i];
    memcpy(info->gpu_short_name, m->chip->name, strlen(m->chip->name));
    info->gid_info.length = GID_BYTES;
    gpum_pattern(m->config.seed + m->chip->chip_id, info->gid_info.data, GID_BYTES);
    regions(m, &info->fb_region_info);
    info->fb_length = m->vram_bytes;
    info->fb_bus_width = BUS_WIDTH_BITS;
    info->l2_cache_size = L2_BYTES;
    info->fbp_mask = 1;
    info->fbio_mask = 1;
    info->bar1_pde_base = m->gsp->rm.bar1_root;
    info->bar2_pde_base = m->gsp->rm.bar2_root;
    info->fw_wpr_non_wpr_heap_offset = m->gsp->meta.non_wpr_heap_offset;
    info->fw_wpr_frts_offset = m->gsp->meta.frts_offset;
    info->vbios_valid = 1;
    info->split_vas_between_server_client_rm = 1;
    info->h_internal_client = GPUM_RM_INTERNAL_CLIENT;
    info->h_internal_device = GPUM_RM_INTERNAL_DEVICE;
    info->h_internal_subdevice = GPUM_RM_INTERNAL_SUBDEVICE;
}
