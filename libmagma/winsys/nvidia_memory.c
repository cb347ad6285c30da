/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Memory of the resource manager: video memory in pages of 64 KiB or 2 MiB, system memory in pages
 * of 4 KiB, cached by the CPU and snooped by the GPU. Sizes are rounded up to the page, for the
 * resource manager maps whole pages.
 */
#include <stdlib.h>
#include <string.h>

#include <nvhw/gmmu.h>
#include <nvhw/rm.h>
#include <nvhw/rmioctl.h>

#include "libmagma/core/status.h"
#include "libmagma/winsys/nvidia_private.h"

#define CONTROL_NODE "/dev/nvidiactl"

static void fill_vram(struct nvhw_r570_memory_alloc_params *p, bool huge)
{
    p->flags = NVHW_NUM(NV_RMI_MEMORY_FLAGS, IGNORE_BANK_PLACEMENT, 1) |
               NVHW_NUM(NV_RMI_MEMORY_FLAGS, ALIGNMENT_FORCE, 1) |
               NVHW_NUM(NV_RMI_MEMORY_FLAGS, MAP_NOT_REQUIRED, 1) |
               NVHW_NUM(NV_RMI_MEMORY_FLAGS, PERSISTENT_VIDMEM, 1);
    p->attr = NVHW_DEF(NV_RMI_MEMORY_ATTR, LOCATION, VIDMEM) |
              NVHW_DEF(NV_RMI_MEMORY_ATTR, PHYSICALITY, ALLOW_NONCONTIGUOUS) |
              (huge ? NVHW_DEF(NV_RMI_MEMORY_ATTR, PAGE_SIZE, HUGE)
                    : NVHW_DEF(NV_RMI_MEMORY_ATTR, PAGE_SIZE, BIG));
    p->attr2 = NVHW_DEF(NV_RMI_MEMORY_ATTR2, GPU_CACHEABLE, YES) |
               NVHW_DEF(NV_RMI_MEMORY_ATTR2, ZBC, PREFER_NO_ZBC) |
               (huge ? NVHW_DEF(NV_RMI_MEMORY_ATTR2, PAGE_SIZE_HUGE, 2MB) : 0);
}

static void fill_system(struct nvhw_r570_memory_alloc_params *p)
{
    p->attr = NVHW_DEF(NV_RMI_MEMORY_ATTR, LOCATION, PCI) |
              NVHW_DEF(NV_RMI_MEMORY_ATTR, PHYSICALITY, ALLOW_NONCONTIGUOUS) |
              NVHW_DEF(NV_RMI_MEMORY_ATTR, PAGE_SIZE, 4K) |
              NVHW_DEF(NV_RMI_MEMORY_ATTR, COHERENCY, CACHED);
    p->attr2 = NVHW_DEF(NV_RMI_MEMORY_ATTR2, GPU_CACHEABLE, NO);
}

static uint64_t round_up(uint64_t value, uint64_t unit)
{
    return (value + unit - 1) / unit * unit;
}

enum magma_code mg_nvidia_memory_create(struct mg_winsys *ws, enum magma_domain domain,
                                        uint64_t size_bytes, uint64_t align_bytes, uint32_t flags,
                                        struct mg_memory *out, struct magma_error *err)
{
    struct mg_nvidia *nv = mg_nvidia_of(ws);
    bool vram = domain == MAGMA_DOMAIN_VRAM, huge = vram && size_bytes >= NV_GMMU_PAGE_2M;
    uint64_t page = !vram ? NV_GMMU_PAGE_4K : huge ? NV_GMMU_PAGE_2M : NV_GMMU_PAGE_64K;
    struct nvhw_r570_memory_alloc_params params = {
        .owner = nv->rmi.client,
        .type = NV_RMI_MEMORY_TYPE_IMAGE,
        .size = round_up(size_bytes, page),
        .alignment = align_bytes > page ? align_bytes : page,
    };
    struct mg_nvidia_memory *memory;
    enum magma_code code = mg_winsys_check(ws, err);

    *out = (struct mg_memory){0};
    if (code != MAGMA_OK)
        return code;
    memory = calloc(1, sizeof *memory);
    if (!memory)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "memory: no memory");
    *out = (struct mg_memory){.domain = domain, .size_bytes = params.size, .impl = memory};
    memory->page_size = !vram  ? NV_RMI_MAP_DMA_FLAGS_PAGE_SIZE_4K
                        : huge ? NV_RMI_MAP_DMA_FLAGS_PAGE_SIZE_HUGE
                               : NV_RMI_MAP_DMA_FLAGS_PAGE_SIZE_BIG;
    if (vram)
        fill_vram(&params, huge);
    else
        fill_system(&params);
    code = mg_rmi_alloc(&nv->rmi, nv->device, vram ? NV01_MEMORY_LOCAL_USER : NV01_MEMORY_SYSTEM,
                        &params, sizeof params, &memory->handle, err);
    if (code == MAGMA_OK && (!vram || flags & MG_MEMORY_CPU))
        code = mg_rmi_view_init(&nv->rmi, vram ? nv->node : CONTROL_NODE, nv->device,
                                memory->handle, out->size_bytes, &memory->view, err);
    if (code != MAGMA_OK) {
        mg_nvidia_memory_destroy(ws, out);
        return code;
    }
    out->cpu = memory->view.cpu;
    if (!vram)
        memset(out->cpu, 0, out->size_bytes);
    return MAGMA_OK;
}

void mg_nvidia_memory_destroy(struct mg_winsys *ws, struct mg_memory *memory)
{
    struct mg_nvidia *nv = mg_nvidia_of(ws);
    struct mg_nvidia_memory *impl = memory->impl;

    if (!impl)
        return;
    mg_rmi_view_finish(&nv->rmi, nv->device, impl->handle, &impl->view);
    mg_rmi_free(&nv->rmi, nv->device, impl->handle);
    free(impl);
    *memory = (struct mg_memory){0};
}
