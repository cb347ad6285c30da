/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Address space objects. Ours is "externally owned": RM gets the root of our tables and keeps out.
 * For the golden context RM wants one of its own kind, in which our directories lead to the range
 * that RM fills (NV_RM_SERVER_VA_START).
 */
#include "libmagma/core/status.h"
#include "libmagma/mem/vas.h"
#include "libmagma/rm/rm_private.h"

static uint32_t root_entries(const struct mg_rm *rm)
{
    return rm->gen->mmu == MG_MMU_V2 ? NV_RM_PAGE_DIRECTORY_ROOT_ENTRIES_V2
                                     : NV_RM_PAGE_DIRECTORY_ROOT_ENTRIES_V3;
}

static enum magma_code alloc_vaspace(struct mg_rm *rm, uint32_t flags, uint32_t *handle,
                                     struct magma_error *err)
{
    struct nvhw_vaspace_alloc_params params = {
        .index = NV_RM_VASPACE_INDEX_NEW,
        .flags = flags,
    };

    *handle = mg_rm_new_handle(rm);
    return mg_rpc_alloc(rm->rpc, rm->client, rm->device, *handle, FERMI_VASPACE_A, &params,
                        sizeof params, err);
}

enum magma_code mg_rm_vaspace_create(struct mg_rm *rm, struct mg_vas *vas, uint32_t *handle,
                                     struct magma_error *err)
{
    struct nvhw_ctrl_set_page_directory params = {
        .phys_address = mg_vas_root(vas),
        .num_entries = root_entries(rm),
        .flags = NVHW_DEF(NV_RM_SET_PAGE_DIRECTORY_FLAGS, APERTURE, VIDMEM),
    };
    enum magma_code code =
        alloc_vaspace(rm, NVHW_NUM(NV_RM_VASPACE_FLAGS, IS_EXTERNALLY_OWNED, 1), handle, err);

    if (code != MAGMA_OK)
        return code;
    params.h_vaspace = *handle;
    code = mg_rpc_control(rm->rpc, rm->client, rm->device, NV0080_CTRL_CMD_DMA_SET_PAGE_DIRECTORY,
                          &params, sizeof params, err);
    if (code != MAGMA_OK)
        mg_rm_vaspace_destroy(rm, *handle);
    return code;
}

enum magma_code mg_rm_vaspace_create_shared(struct mg_rm *rm, struct mg_vas *vas, uint32_t *handle,
                                            struct magma_error *err)
{
    const struct mg_gmmu_format *format = mg_gmmu_format(rm->gen->mmu);
    struct nvhw_ctrl_copy_server_reserved_pdes params = {
        .page_size = NV_RM_SERVER_VA_SIZE,
        .virt_addr_lo = NV_RM_SERVER_VA_START,
        .virt_addr_hi = NV_RM_SERVER_VA_START + NV_RM_SERVER_VA_SIZE - 1,
    };
    uint64_t addresses[MG_GMMU_LEVELS_MAX];
    enum magma_code code;
    unsigned count;

    code = mg_vas_path(vas, (magma_gpu_va){NV_RM_SERVER_VA_START}, addresses, &count, err);
    if (code == MAGMA_OK)
        code = alloc_vaspace(rm, 0, handle, err);
    if (code != MAGMA_OK)
        return code;
    params.num_levels_to_copy = count;
    for (unsigned i = 0; i < count; i++)
        params.level[i] = (struct nvhw_copy_pdes_level){
            .phys_address = addresses[i],
            .size = format->level[i].entry_count * sizeof(uint64_t),
            .aperture = NV_RM_COPY_PDES_APERTURE_VIDMEM,
            .page_shift = format->level[i].shift,
        };
    code = mg_rpc_control(rm->rpc, rm->client, *handle,
                          NV90F1_CTRL_CMD_VASPACE_COPY_SERVER_RESERVED_PDES, &params, sizeof params,
                          err);
    if (code != MAGMA_OK)
        mg_rm_vaspace_destroy(rm, *handle);
    return code;
}

void mg_rm_vaspace_destroy(struct mg_rm *rm, uint32_t handle)
{
    mg_rm_object_destroy(rm, rm->device, handle);
}
