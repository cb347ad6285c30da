/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Memory of a bare GPU. BAR1 is set to physical mode: its offset is the VRAM address, so the CPU
 * reaches the first bar1_bytes of VRAM (all of it with a resizable BAR). Page tables and instance
 * blocks live there. System memory is pinned by hal and reached through the IOMMU.
 */
#include <string.h>

#include <nvhw/fifo.h>
#include <nvhw/gmmu.h>
#include <nvhw/rm.h>

#include <mvfio.h>

#include "libmagma/core/status.h"
#include "libmagma/winsys/bare_private.h"

#define INVALIDATE_TIMEOUT_NS UINT64_C(2000000000)

/* GPU addresses: windows and RM's range first, then context buffers, then the user's, all below
 * 2^40 since QMDs, pushbuffers and programs must be. */
#define PRIVATE_VA_START      UINT64_C(0x200000000)
#define USER_VA_START         UINT64_C(0x1000000000)
#define USER_VA_END           UINT64_C(0x5000000000)

void mg_bare_vram_write(struct mg_bare *bare, uint64_t address, const void *data, size_t size_bytes)
{
    static const uint8_t zeros[4096];

    if (bare->bar1.cpu) {
        volatile uint8_t *at = (volatile uint8_t *)bare->bar1.cpu + address;

        if (data)
            memcpy((void *)(uintptr_t)at, data, size_bytes);
        else
            memset((void *)(uintptr_t)at, 0, size_bytes);
        /* Reading back makes sure that posted writes have arrived. */
        mg_dma_publish();
        (void)at[size_bytes - 1];
        return;
    }
    for (size_t done = 0; done < size_bytes;) {
        size_t n = size_bytes - done < sizeof zeros ? size_bytes - done : sizeof zeros;

        (void)mg_bar_write(bare->hal, MVFIO_REGION_BAR1, address + done,
                           data ? (const uint8_t *)data + done : zeros, n, NULL);
        done += n;
    }
}

/* ---- Page tables ----------------------------------------------------------------------------- */

static enum magma_code table_alloc(void *ctx, uint64_t *address, struct magma_error *err)
{
    struct mg_bare *bare = ctx;
    magma_vram_addr vram;
    enum magma_code code = mg_heap_alloc(bare->heap, NV_GMMU_TABLE_ALIGN_BYTES,
                                         NV_GMMU_TABLE_ALIGN_BYTES, MG_HEAP_VISIBLE, &vram, err);

    if (code != MAGMA_OK)
        return code;
    mg_bare_vram_write(bare, vram.raw, NULL, NV_GMMU_TABLE_ALIGN_BYTES);
    *address = vram.raw;
    return MAGMA_OK;
}

static void table_free(void *ctx, uint64_t address)
{
    struct mg_bare *bare = ctx;

    mg_heap_free(bare->heap, (magma_vram_addr){address}, NV_GMMU_TABLE_ALIGN_BYTES);
}

static void table_write(void *ctx, uint64_t address, uint32_t offset_bytes, const uint64_t *words,
                        size_t count)
{
    mg_bare_vram_write(ctx, address + offset_bytes, words, count * sizeof *words);
}

static enum magma_code invalidate(void *ctx, uint64_t root, struct magma_error *err)
{
    struct mg_bare *bare = ctx;
    uint64_t frame = root / NV_GMMU_PAGE_4K;
    const unsigned low_bits = NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_PDB_ADDR__HI -
                              NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_PDB_ADDR__LO + 1;
    enum magma_code code;

    pthread_mutex_lock(&bare->invalidate_lock);
    mg_mmio_wr32(bare->hal, NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_PDB,
                 NVHW_DEF(NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_PDB, APERTURE, VID_MEM) |
                     NVHW_NUM(NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_PDB, ADDR,
                              frame & ((UINT64_C(1) << low_bits) - 1)));
    mg_mmio_wr32(
        bare->hal, NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_UPPER_PDB,
        NVHW_NUM(NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_UPPER_PDB, ADDR, frame >> low_bits));
    mg_mmio_wr32(bare->hal, NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE,
                 NVHW_DEF(NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE, ALL_VA, TRUE) |
                     NVHW_DEF(NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE, TRIGGER, TRUE));
    code = mg_mmio_poll(bare->hal, NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE,
                        NVHW_MASK(NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE, TRIGGER), 0,
                        INVALIDATE_TIMEOUT_NS, err);
    pthread_mutex_unlock(&bare->invalidate_lock);
    return code;
}

void mg_bare_vas_backend(struct mg_bare *bare, struct mg_vas_backend *out)
{
    *out = (struct mg_vas_backend){
        .aperture = MG_APERTURE_VRAM,
        .table_alloc = table_alloc,
        .table_free = table_free,
        .table_write = table_write,
        .invalidate = invalidate,
        .ctx = bare,
    };
}

/* ---- BAR1 ------------------------------------------------------------------------------------ */

static void bar1_physical(struct mg_bare *bare)
{
    if (bare->gen->mmu == MG_MMU_V2) {
        mg_mmio_wr32(bare->hal, NV_PBUS_BAR1_BLOCK,
                     NVHW_DEF(NV_PBUS_BAR1_BLOCK, MODE, PHYSICAL) |
                         NVHW_DEF(NV_PBUS_BAR1_BLOCK, TARGET, VID_MEM));
        return;
    }
    mg_mmio_wr32(bare->hal, NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR1_BLOCK_HIGH_ADDR, 0);
    mg_mmio_wr32(bare->hal, NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR1_BLOCK_LOW_ADDR,
                 NVHW_DEF(NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR1_BLOCK_LOW_ADDR, MODE, PHYSICAL) |
                     NVHW_DEF(NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR1_BLOCK_LOW_ADDR, TARGET, VID_MEM));
}

static enum magma_code bar1_init(struct mg_bare *bare, struct magma_error *err)
{
    uint64_t bytes = mg_bar_size_bytes(bare->hal, MVFIO_REGION_BAR1);
    uint64_t vram = bare->ws.info.vram_bytes;
    struct magma_error why = {0};
    enum magma_code code;

    if (!bytes)
        return mg_fail(err, MAGMA_NOT_SUPPORTED, "the GPU has no BAR1, its window to video memory");
    bar1_physical(bare);
    bare->ws.info.bar1_bytes = bytes;
    bare->bar1_bytes = bytes < vram ? bytes : vram;
    code = mg_bar_map(bare->hal, MVFIO_REGION_BAR1, 0, bare->bar1_bytes, &bare->bar1, &why);
    if (code != MAGMA_OK && code != MAGMA_NOT_SUPPORTED)
        return mg_fail(err, code, "%s", why.text);
    if (code == MAGMA_NOT_SUPPORTED)
        mg_log(
            &bare->ws.log, MG_LOG_WARN,
            "BAR1 cannot be mapped (%s): video memory has no CPU access, and page tables are slow",
            why.text);
    bare->ws.info.vram_cpu_access = bare->bar1.cpu && bare->bar1_bytes >= vram;
    return MAGMA_OK;
}

static enum magma_code heap_init(struct mg_bare *bare, struct magma_error *err)
{
    const struct mg_gsp_info *info = mg_gsp_info(bare->gsp);
    struct mg_heap_range ranges[MG_GSP_REGION_MAX];
    size_t count = 0;
    enum magma_code code;

    for (uint32_t i = 0; i < info->region_count; i++)
        if (info->regions[i].usable)
            ranges[count++] =
                (struct mg_heap_range){info->regions[i].base, info->regions[i].size_bytes};
    code = mg_heap_create(ranges, count, bare->bar1_bytes, &bare->heap, err);
    if (code == MAGMA_OK)
        bare->ws.info.vram_usable_bytes = mg_heap_total_bytes(bare->heap);
    return code;
}

enum magma_code mg_bare_memory_init(struct mg_bare *bare, struct magma_error *err)
{
    const struct mg_gmmu_format *format = mg_gmmu_format(bare->gen->mmu);
    struct mg_vas_backend backend;
    enum magma_code code = bar1_init(bare, err);

    if (code == MAGMA_OK)
        code = heap_init(bare, err);
    if (code == MAGMA_OK)
        code = mg_buddy_create(PRIVATE_VA_START, USER_VA_START - PRIVATE_VA_START, NV_GMMU_PAGE_64K,
                               &bare->private_va, err);
    if (code != MAGMA_OK)
        return code;
    mg_bare_vas_backend(bare, &backend);
    code = mg_vas_create(format, &backend, &bare->vas, err);
    if (code == MAGMA_OK)
        code = mg_rm_vaspace_create(bare->rm, bare->vas, &bare->vaspace, err);
    bare->ws.va_start = USER_VA_START;
    bare->ws.va_end = USER_VA_END;
    /* The shared window must be a multiple of 4 GiB from Hopper on; nothing else is mapped in
     * RM's range, nor below it. */
    bare->ws.shared_window = NV_RM_SERVER_VA_START;
    bare->ws.local_window = NV_RM_SERVER_VA_START - (UINT64_C(1) << 24);
    return code;
}

void mg_bare_memory_finish(struct mg_bare *bare)
{
    if (bare->vaspace)
        mg_rm_vaspace_destroy(bare->rm, bare->vaspace);
    bare->vaspace = 0;
    mg_vas_destroy(bare->vas);
    bare->vas = NULL;
    mg_buddy_destroy(bare->private_va);
    bare->private_va = NULL;
    mg_heap_destroy(bare->heap);
    bare->heap = NULL;
    if (bare->bar1.cpu)
        mg_bar_unmap(bare->hal, &bare->bar1);
}

/* ---- The seam -------------------------------------------------------------------------------- */

static enum magma_code create_vram(struct mg_bare *bare, uint64_t align_bytes, uint32_t flags,
                                   struct mg_memory *out, struct magma_error *err)
{
    bool cpu = flags & MG_MEMORY_CPU;
    enum magma_code code;

    if (cpu && !bare->bar1.cpu)
        return mg_fail(err, MAGMA_NOT_SUPPORTED,
                       "video memory with CPU access: BAR1 of this device cannot be mapped");
    code = mg_heap_alloc(bare->heap, out->size_bytes, align_bytes,
                         cpu ? MG_HEAP_VISIBLE : MG_HEAP_ANY, &out->vram, err);
    if (code == MAGMA_OK && bare->bar1.cpu && mg_heap_is_visible(bare->heap, out->vram))
        out->cpu = (uint8_t *)(uintptr_t)bare->bar1.cpu + out->vram.raw;
    return code;
}

enum magma_code mg_bare_memory_create(struct mg_winsys *ws, enum magma_domain domain,
                                      uint64_t size_bytes, uint64_t align_bytes, uint32_t flags,
                                      struct mg_memory *out, struct magma_error *err)
{
    struct mg_bare *bare = mg_bare_of(ws);
    enum magma_code code = mg_winsys_check(ws, err);

    *out = (struct mg_memory){.domain = domain};
    if (code != MAGMA_OK)
        return code;
    out->size_bytes = (size_bytes + NV_GMMU_PAGE_4K - 1) & ~(uint64_t)(NV_GMMU_PAGE_4K - 1);
    if (domain == MAGMA_DOMAIN_VRAM)
        code = create_vram(bare, align_bytes, flags, out, err);
    else {
        code = mg_dma_init(bare->hal, out->size_bytes, align_bytes, &out->dma, err);
        out->cpu = out->dma.cpu;
    }
    if (code != MAGMA_OK)
        *out = (struct mg_memory){0};
    return code;
}

void mg_bare_memory_destroy(struct mg_winsys *ws, struct mg_memory *memory)
{
    struct mg_bare *bare = mg_bare_of(ws);

    if (memory->domain == MAGMA_DOMAIN_VRAM)
        mg_heap_free(bare->heap, memory->vram, memory->size_bytes);
    else
        mg_dma_finish(&memory->dma);
}

enum magma_code mg_bare_map(struct mg_winsys *ws, struct mg_memory *memory, magma_gpu_va va,
                            uint32_t flags, struct magma_error *err)
{
    struct mg_bare *bare = mg_bare_of(ws);
    bool vram = memory->domain == MAGMA_DOMAIN_VRAM;
    uint32_t map_flags = (flags & MG_MEMORY_PRIVILEGED ? MG_MAP_PRIVILEGED : 0) |
                         (flags & MG_MEMORY_READ_ONLY ? MG_MAP_READ_ONLY : 0);
    enum magma_code code = mg_vas_map(bare->vas, va, vram ? MG_APERTURE_VRAM : MG_APERTURE_SYSTEM,
                                      vram ? memory->vram.raw : memory->dma.iova.raw,
                                      memory->size_bytes, map_flags, err);

    if (code == MAGMA_OK)
        memory->va = va;
    mg_debug(&ws->log, MG_DEBUG(mem), "map 0x%llx bytes of %s memory at 0x%llx: %s",
             (unsigned long long)memory->size_bytes, vram ? "video" : "system",
             (unsigned long long)va.raw, magma_code_name(code));
    return code;
}

void mg_bare_unmap(struct mg_winsys *ws, struct mg_memory *memory)
{
    struct mg_bare *bare = mg_bare_of(ws);
    struct magma_error err = {0};
    enum magma_code code = mg_vas_unmap(bare->vas, memory->va, memory->size_bytes, &err);

    if (code != MAGMA_OK && !mg_winsys_is_lost(ws))
        mg_winsys_set_lost(ws, "unmapping GPU memory: %s", err.text);
    memory->va = (magma_gpu_va){0};
}
