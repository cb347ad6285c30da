/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The address space: the resource manager owns the page tables, magma chooses the addresses. One
 * object of virtual memory covers it all; mappings are made at fixed offsets in it.
 */
#include <nvhw/rm.h>
#include <nvhw/rmioctl.h>

#include "libmagma/core/status.h"
#include "libmagma/winsys/nvidia_private.h"

/* What every chip's addresses reach. */
#define VIRTUAL_LIMIT ((UINT64_C(1) << 49) - 1)
/* The user's part: above what the resource manager maps for itself (from the bottom), below 2^40
 * since QMDs, pushbuffers and programs must be. */
#define USER_VA_START UINT64_C(0x1000000000)
#define USER_VA_END   UINT64_C(0x5000000000)
#define WINDOW_BYTES  (UINT64_C(1) << 24)

enum magma_code mg_nvidia_vas_init(struct mg_nvidia *nv, struct magma_error *err)
{
    struct nvhw_vaspace_alloc_params space = {.index = NV_RM_VASPACE_INDEX_NEW};
    struct nvhw_memory_virtual_alloc_params memory = {.limit = VIRTUAL_LIMIT};
    enum magma_code code = mg_rmi_alloc(&nv->rmi, nv->device, FERMI_VASPACE_A, &space, sizeof space,
                                        &nv->vaspace, err);

    if (code != MAGMA_OK)
        return code;
    memory.h_vaspace = nv->vaspace;
    code = mg_rmi_alloc(&nv->rmi, nv->device, NV01_MEMORY_VIRTUAL, &memory, sizeof memory,
                        &nv->virtual_memory, err);
    nv->ws.va_start = USER_VA_START;
    nv->ws.va_end = USER_VA_END;
    /* From Hopper on the shared window must be a multiple of 4 GiB, and the local one must not lie in
     * the 4 GiB behind it (a launch with shared memory fails SKEDCHECK17 there). */
    nv->ws.shared_window = NV_RM_SERVER_VA_START;
    nv->ws.local_window = NV_RM_SERVER_VA_START - WINDOW_BYTES;
    return code;
}

void mg_nvidia_vas_finish(struct mg_nvidia *nv)
{
    mg_rmi_free(&nv->rmi, nv->device, nv->virtual_memory);
    mg_rmi_free(&nv->rmi, nv->device, nv->vaspace);
    nv->virtual_memory = nv->vaspace = 0;
}

enum magma_code mg_nvidia_map(struct mg_winsys *ws, struct mg_memory *memory, magma_gpu_va va,
                              uint32_t flags, struct magma_error *err)
{
    struct mg_nvidia *nv = mg_nvidia_of(ws);
    const struct mg_nvidia_memory *impl = memory->impl;
    uint32_t map = NVHW_NUM(NV_RMI_MAP_DMA_FLAGS, PAGE_SIZE, impl->page_size) |
                   NVHW_NUM(NV_RMI_MAP_DMA_FLAGS, DMA_OFFSET_FIXED, 1);
    enum magma_code code;

    if (flags & MG_MEMORY_PRIVILEGED)
        return mg_fail(err, MAGMA_NOT_SUPPORTED,
                       "privileged mappings through the kernel driver: not supported");
    if (flags & MG_MEMORY_READ_ONLY)
        map |= NVHW_DEF(NV_RMI_MAP_DMA_FLAGS, ACCESS, READ_ONLY);
    if (memory->domain == MAGMA_DOMAIN_SYSTEM)
        map |= NVHW_NUM(NV_RMI_MAP_DMA_FLAGS, CACHE_SNOOP, 1);
    code = mg_rmi_map_dma(&nv->rmi, nv->device, nv->virtual_memory, impl->handle,
                          memory->size_bytes, map, va.raw, err);
    if (code == MAGMA_OK)
        memory->va = va;
    mg_debug(&ws->log, MG_DEBUG(mem), "map 0x%llx bytes of %s memory at 0x%llx: %s",
             (unsigned long long)memory->size_bytes,
             memory->domain == MAGMA_DOMAIN_VRAM ? "video" : "system", (unsigned long long)va.raw,
             magma_code_name(code));
    return code;
}

void mg_nvidia_unmap(struct mg_winsys *ws, struct mg_memory *memory)
{
    struct mg_nvidia *nv = mg_nvidia_of(ws);
    const struct mg_nvidia_memory *impl = memory->impl;
    struct magma_error err = {0};

    if (mg_rmi_unmap_dma(&nv->rmi, nv->device, nv->virtual_memory, impl->handle, memory->va.raw,
                         &err) != MAGMA_OK &&
        !mg_winsys_is_lost(ws))
        mg_winsys_set_lost(ws, "unmapping GPU memory: %s", err.text);
    memory->va = (magma_gpu_va){0};
}
