/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Where things go at the top of VRAM when GSP-RM boots (Turing to Ada; on later chips the FMC
 * decides). From the top down, W marks the protected region WPR2:
 *
 *     VGA workspace
 *   W FRTS            1 MiB, set up by FWSEC
 *   W bootloader
 *   W GSP-RM image
 *   W GSP-RM heap
 *   W WPR meta        1 MiB
 *     non-WPR heap    what GSP-RM shares; nothing of ours at or above its start
 *
 * A pure function of sizes.
 */
#ifndef MG_GSP_LAYOUT_H
#define MG_GSP_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include <magma-nv/status.h>

struct mg_gen_boot;

struct mg_layout_input {
    uint64_t vram_bytes;
    uint64_t vga_workspace_offset; /* mg_layout_vga_workspace's, maybe lowered by an MMU lock */
    uint64_t image_bytes;          /* of GSP-RM */
    uint64_t bootloader_bytes;
};

/* Byte offsets in VRAM and sizes. */
struct mg_layout {
    uint64_t vram_bytes;
    uint64_t vga_workspace_offset, vga_workspace_bytes;
    uint64_t wpr_start, wpr_end;
    uint64_t frts_offset, frts_bytes;
    uint64_t bootloader_offset;
    uint64_t image_offset;
    uint64_t heap_offset, heap_bytes;
    uint64_t non_wpr_heap_offset, non_wpr_heap_bytes;
    uint64_t reserved_start; /* the first byte that is not ours */
};

/* Where the VGA workspace begins: `base` is what the display's register says. */
uint64_t mg_layout_vga_workspace(uint64_t vram_bytes, bool display, uint32_t base);

/* Bytes of heap that GSP-RM wants on a GPU with so much VRAM. */
uint64_t mg_layout_heap_bytes(const struct mg_gen_boot *boot, uint64_t vram_bytes);

/* MAGMA_NOT_SUPPORTED: VRAM is too small for all of it. */
enum magma_code mg_layout(const struct mg_gen_boot *boot, const struct mg_layout_input *in,
                          struct mg_layout *out, struct magma_error *err);

#endif
