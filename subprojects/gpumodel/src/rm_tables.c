/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Answers that only depend on the chip: engines, vectors, buffer sizes, clusters, memory. */
#include <nvhw/irq.h>
#include <nvhw/rm.h>
#include <string.h>

#include "chip.h"
#include "gsp_state.h"

#define KIB                  1024u
#define MIB                  (1024u * KIB)
#define RUNLIST_PRI_BASE     0xc00000u /* private registers of GSP-RM: only told, never decoded */
#define RUNLIST_PRI_STRIDE   0x2000u
#define FAULT_BUFFER_BYTES   (1u * MIB)
#define FAULT_METADATA_BYTES (32u * KIB)

/* Sizes are this model's; a driver takes them from here. */
static const struct {
    uint32_t index, size_bytes, align_bytes;
} ctx_buffers[] = {
    {NV_CTX_BUFFER_GRAPHICS, 640 * KIB, 4 * KIB},
    {NV_CTX_BUFFER_ZCULL, 256 * KIB, 4 * KIB},
    {NV_CTX_BUFFER_PM, 64 * KIB, 4 * KIB},
    {NV_CTX_BUFFER_COMPUTE_PREEMPT, 256 * KIB, 4 * KIB},
    {NV_CTX_BUFFER_GRAPHICS_PREEMPT, 256 * KIB, 4 * KIB},
    {NV_CTX_BUFFER_PATCH, 64 * KIB, 4 * KIB},
    {NV_CTX_BUFFER_BUNDLE_CB, 48 * KIB, 4 * KIB},
    {NV_CTX_BUFFER_PAGEPOOL_GLOBAL, 128 * KIB, 4 * KIB},
    {NV_CTX_BUFFER_ATTRIBUTE_CB, 1536 * KIB, 4 * KIB},
    {NV_CTX_BUFFER_RTV_CB_GLOBAL, 128 * KIB, 4 * KIB},
    {NV_CTX_BUFFER_GFXP_POOL, 128 * KIB, 4 * KIB},
    {NV_CTX_BUFFER_GFXP_CTRL_BLK, 64 * KIB, 4 * KIB},
    {NV_CTX_BUFFER_FECS_EVENT, 128 * KIB, 4 * KIB},
    {NV_CTX_BUFFER_PRIV_ACCESS_MAP, 512 * KIB, 4 * KIB},
};

bool gpum_rm_ctx_buffer(const struct gpum *m, uint32_t index, uint32_t *size_bytes,
                        uint32_t *align_bytes)
{
    (void)m;
    for (size_t i = 0; i < sizeof(ctx_buffers) / sizeof(*ctx_buffers); i++) {
        if (ctx_buffers[i].index != index)
            continue;
        *size_bytes = ctx_buffers[i].size_bytes;
        *align_bytes = ctx_buffers[i].align_bytes;
        return true;
    }
    return false;
}

static void ctx_buffers_info(struct gpum *m, uint8_t *params)
{
    struct nvhw_r570_ctrl_ctx_buffers_info p;
    memset(&p, 0xff, sizeof(p)); /* absent */
    for (uint32_t i = 0; i < NV_R570_CTX_BUFFER_COUNT; i++) {
        uint32_t size, align;
        if (gpum_rm_ctx_buffer(m, i, &size, &align))
            p.engine[0].buffer[i] = (struct nvhw_ctx_buffer_info){size, align};
    }
    memcpy(params, &p, sizeof(p));
}

static void intr_table(struct gpum *m, uint8_t *params)
{
    struct nvhw_ctrl_intr_kernel_table p = {0};
    p.table[p.table_len++] = (struct nvhw_intr_table_entry){
        .engine_idx = NV_R570_MC_ENGINE_IDX_GSP,
        .vector_stall = m->chip->gsp_vector,
        .vector_non_stall = NV_INTR_VECTOR_NONE,
    };
    for (const struct gpum_chip_engine *e = m->chip->engines; e->name; e++)
        p.table[p.table_len++] = (struct nvhw_intr_table_entry){
            .engine_idx = (uint16_t)e->mc_engine,
            .vector_stall = e->stall_vector,
            .vector_non_stall = e->nonstall_vector,
        };
    memcpy(params, &p, sizeof(p));
}

static void device_info_entry(const struct gpum_chip_engine *e, uint32_t number,
                              struct nvhw_device_info_entry *out)
{
    uint32_t *data = out->engine_data;
    data[NV_DEVICE_INFO_ENG_DESC] = number;
    data[NV_DEVICE_INFO_FIFO_TAG] = number;
    data[NV_DEVICE_INFO_RM_ENGINE_TYPE] = e->rm_engine_type;
    data[NV_DEVICE_INFO_RUNLIST] = e->runlist;
    data[NV_DEVICE_INFO_MMU_FAULT_ID] = e->mmu_fault_id;
    data[NV_DEVICE_INFO_RESET] = number;
    data[NV_DEVICE_INFO_INTR] = e->stall_vector;
    data[NV_DEVICE_INFO_MC] = e->mc_engine;
    data[NV_DEVICE_INFO_DEV_TYPE_ENUM] = e->device_type;
    data[NV_DEVICE_INFO_INSTANCE_ID] = e->instance;
    data[NV_DEVICE_INFO_RUNLIST_PRI_BASE] = RUNLIST_PRI_BASE + e->runlist * RUNLIST_PRI_STRIDE;
    data[NV_DEVICE_INFO_IS_HOST_DRIVEN] = 1;
    data[NV_DEVICE_INFO_RUNLIST_ENGINE_ID] = e->runlist_engine;
    data[NV_DEVICE_INFO_CHRAM_PRI_BASE] =
        RUNLIST_PRI_BASE + e->runlist * RUNLIST_PRI_STRIDE + RUNLIST_PRI_STRIDE / 2;
    out->num_pbdmas = 1;
    out->pbdma_ids[0] = e->runlist;
    memcpy(out->engine_name, e->name, strlen(e->name));
}

/* Two entries per answer, so that `more` is needed. */
#define DEVICE_INFO_PAGE 2u

static void device_info(struct gpum *m, uint8_t *params)
{
    struct nvhw_ctrl_device_info_table p;
    uint32_t count = 0;
    memcpy(&p, params, sizeof(p));
    uint32_t base = p.base_index;
    memset(&p, 0, sizeof(p));
    p.base_index = base;
    while (m->chip->engines[count].name)
        count++;
    for (uint32_t i = base; i < count && p.num_entries < DEVICE_INFO_PAGE; i++)
        device_info_entry(&m->chip->engines[i], i, &p.entry[p.num_entries++]);
    p.more = base < count && base + p.num_entries < count;
    memcpy(params, &p, sizeof(p));
}

static void method_buffer_size(struct gpum *m, uint8_t *params)
{
    (void)m;
    struct nvhw_ctrl_fault_method_buffer_size p = {.size = GPUM_FAULT_METHOD_BUFFER_BYTES};
    memcpy(params, &p, sizeof(p));
}

static void gmmu_info(struct gpum *m, uint8_t *params)
{
    (void)m;
    struct nvhw_ctrl_gmmu_static_info p = {FAULT_BUFFER_BYTES, FAULT_METADATA_BYTES,
                                           FAULT_BUFFER_BYTES, FAULT_METADATA_BYTES};
    memcpy(params, &p, sizeof(p));
}

static void gpc_info(struct gpum *m, uint8_t *params)
{
    struct nvhw_ctrl_gpc_info p = {.gpc_mask = (1u << m->chip->gpc_count) - 1};
    memcpy(params, &p, sizeof(p));
}

static void tpc_info(struct gpum *m, uint8_t *params)
{
    struct nvhw_ctrl_tpc_info p;
    memcpy(&p, params, sizeof(p));
    p.tpc_mask = p.gpc_id < m->chip->gpc_count ? (1u << m->chip->tpc_per_gpc) - 1 : 0;
    memcpy(params, &p, sizeof(p));
}

static void fb_regions(struct gpum *m, uint8_t *params)
{
    struct nvhw_r570_gsp_static_info info;
    gpum_static_info(m, &info);
    memcpy(params, &info.fb_region_info, sizeof(info.fb_region_info));
}

static const struct {
    uint32_t cmd, size_bytes;
    void (*fill)(struct gpum *m, uint8_t *params);
} tables[] = {
    {NV2080_CTRL_CMD_INTERNAL_INTR_GET_KERNEL_TABLE, sizeof(struct nvhw_ctrl_intr_kernel_table),
     intr_table},
    {NV2080_CTRL_CMD_FIFO_GET_DEVICE_INFO_TABLE, sizeof(struct nvhw_ctrl_device_info_table),
     device_info},
    {NV2080_CTRL_CMD_CE_GET_FAULT_METHOD_BUFFER_SIZE,
     sizeof(struct nvhw_ctrl_fault_method_buffer_size), method_buffer_size},
    {NV2080_CTRL_CMD_INTERNAL_STATIC_KGR_GET_CONTEXT_BUFFERS_INFO,
     sizeof(struct nvhw_r570_ctrl_ctx_buffers_info), ctx_buffers_info},
    {NV2080_CTRL_CMD_INTERNAL_GMMU_GET_STATIC_INFO, sizeof(struct nvhw_ctrl_gmmu_static_info),
     gmmu_info},
    {NV2080_CTRL_CMD_GPU_GET_FERMI_GPC_INFO, sizeof(struct nvhw_ctrl_gpc_info), gpc_info},
    {NV2080_CTRL_CMD_GPU_GET_FERMI_TPC_INFO, sizeof(struct nvhw_ctrl_tpc_info), tpc_info},
    {NV2080_CTRL_CMD_FB_GET_FB_REGION_INFO, sizeof(struct nvhw_fb_region_info), fb_regions},
};

bool gpum_rm_table(struct gpum *m, uint32_t cmd, uint8_t *params, uint32_t size_bytes,
                   uint32_t *status)
{
    for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
        if (tables[i].cmd != cmd)
            continue;
        if (size_bytes != tables[i].size_bytes) {
            *status = gpum_rm_refuse(m, NV_RM_STATUS_INVALID_PARAM_STRUCT,
                                     "control 0x%x: parameters of 0x%x bytes, wanted 0x%x", cmd,
                                     size_bytes, tables[i].size_bytes);
            return true;
        }
        tables[i].fill(m, params);
        *status = NV_RM_STATUS_OK;
        return true;
    }
    return false;
}
