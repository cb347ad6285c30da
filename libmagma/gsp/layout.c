/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The layout of layout.h, computed from the top of VRAM down. */
#include "libmagma/gsp/layout.h"

#include <string.h>

#include <nvhw/boot.h>
#include <nvhw/wpr.h>

#include "libmagma/core/status.h"
#include "libmagma/gen/gen.h"

#define MIB UINT64_C(0x100000)
#define GIB UINT64_C(0x40000000)

static uint64_t down(uint64_t value, uint64_t align)
{
    return value - value % align;
}

static uint64_t up(uint64_t value, uint64_t align)
{
    return down(value + align - 1, align);
}

uint64_t mg_layout_vga_workspace(uint64_t vram_bytes, bool display, uint32_t base)
{
    uint64_t whole = vram_bytes - NV_WPR_VGA_WORKSPACE_SIZE;
    uint64_t offset;

    if (!display || !NVHW_TEST(NV_PDISP_VGA_WORKSPACE_BASE, STATUS, VALID, base))
        return whole;
    /* The register holds bits 39:16 of the address, in place of 31:8. */
    offset = (uint64_t)(base & NVHW_MASK(NV_PDISP_VGA_WORKSPACE_BASE, ADDR)) << 8;
    return offset < whole ? vram_bytes - NV_WPR_VGA_WORKSPACE_SIZE_LOW : offset;
}

uint64_t mg_layout_heap_bytes(const struct mg_gen_boot *boot, uint64_t vram_bytes)
{
    uint64_t gib = (vram_bytes + GIB - 1) / GIB;
    uint64_t heap = boot->libos3 ? NV_GSP_HEAP_OS_LIBOS3 : NV_GSP_HEAP_OS_LIBOS2;
    uint64_t least = boot->libos3 ? NV_GSP_HEAP_MIN_LIBOS3 : NV_GSP_HEAP_MIN_LIBOS2;
    uint64_t most = boot->libos3 ? NV_GSP_HEAP_MAX_LIBOS3 : NV_GSP_HEAP_MAX_LIBOS2;

    heap += boot->heap_base_bytes + up(NV_GSP_HEAP_PER_GIB * gib, MIB) + NV_GSP_HEAP_CLIENTS;
    return heap < least ? least : heap > most ? most : heap;
}

enum magma_code mg_layout(const struct mg_gen_boot *boot, const struct mg_layout_input *in,
                          struct mg_layout *out, struct magma_error *err)
{
    uint64_t heap = mg_layout_heap_bytes(boot, in->vram_bytes);
    uint64_t need = heap + boot->frts_size_bytes + boot->non_wpr_heap_bytes + NV_WPR_META_SPACE +
                    NV_WPR_END_ALIGN + NV_WPR_GSP_FW_ALIGN + NV_WPR_HEAP_ALIGN +
                    NV_WPR_BOOT_BIN_ALIGN;

    memset(out, 0, sizeof *out);
    if (in->vga_workspace_offset > in->vram_bytes || need > in->vga_workspace_offset ||
        in->image_bytes > in->vga_workspace_offset - need ||
        in->bootloader_bytes > in->vga_workspace_offset - need - in->image_bytes)
        return mg_fail(err, MAGMA_NOT_SUPPORTED,
                       "GSP-RM's region does not fit into %llu MiB of VRAM",
                       (unsigned long long)(in->vram_bytes / MIB));
    out->vram_bytes = in->vram_bytes;
    out->vga_workspace_offset = in->vga_workspace_offset;
    out->vga_workspace_bytes = in->vram_bytes - in->vga_workspace_offset;
    out->wpr_end = down(in->vga_workspace_offset, NV_WPR_END_ALIGN);
    out->frts_bytes = boot->frts_size_bytes;
    out->frts_offset = out->wpr_end - out->frts_bytes;
    out->bootloader_offset = down(out->frts_offset - in->bootloader_bytes, NV_WPR_BOOT_BIN_ALIGN);
    out->image_offset = down(out->bootloader_offset - in->image_bytes, NV_WPR_GSP_FW_ALIGN);
    out->heap_offset = down(out->image_offset - heap, NV_WPR_HEAP_ALIGN);
    out->heap_bytes = down(out->image_offset - out->heap_offset, NV_WPR_HEAP_ALIGN);
    out->wpr_start = out->heap_offset - NV_WPR_META_SPACE;
    out->non_wpr_heap_bytes = boot->non_wpr_heap_bytes;
    out->non_wpr_heap_offset = out->wpr_start - out->non_wpr_heap_bytes;
    out->reserved_start = out->non_wpr_heap_offset;
    return MAGMA_OK;
}
