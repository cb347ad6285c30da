/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Global memory for the SM: a small direct-mapped cache of translated 4 KiB pages in front of the
 * MMU. It is emptied when the model's memory generation moves on (TLB invalidates, changed system
 * memory mappings).
 */
#include "sm.h"

uint8_t *sm_global(struct sm_ctx *x, int lane, uint64_t va, unsigned size_bytes,
                   enum gpum_access access)
{
    struct gpum_grid *grid = x->grid;
    uint64_t page_va = va & ~(uint64_t)(SM_PAGE_BYTES - 1);
    struct sm_page *page = &grid->page[page_va / SM_PAGE_BYTES % SM_PAGES];
    struct gpum_mmu_fault fault = {0};
    uint64_t run = 0;
    uint8_t *ptr;
    if (va >> SM_ADDRESS_BITS) {
        sm_fault_warp(x, lane, NV_SM_WARP_ERROR_OOR_ADDR, "global address 0x%llx out of range",
                      (unsigned long long)va);
        return NULL;
    }
    if (va % size_bytes) {
        sm_fault_warp(x, lane, NV_SM_WARP_ERROR_MISALIGNED_ADDR,
                      "misaligned address 0x%llx for %u bytes", (unsigned long long)va, size_bytes);
        return NULL;
    }
    if (page->va == (page_va | 1) && page->generation == grid->m->memory_generation &&
        (page->writable || access == GPUM_READ))
        return page->ptr + (va - page_va);
    ptr = gpum_virt(grid->m, &grid->desc.vas, page_va, access, &run, &fault);
    if (!ptr || run < SM_PAGE_BYTES) {
        fault.va = ptr ? va : fault.va ? fault.va : va;
        fault.access = access;
        sm_fault_mmu(x, lane, &fault);
        return NULL;
    }
    *page = (struct sm_page){page_va | 1, grid->m->memory_generation, ptr, access != GPUM_READ};
    return ptr + (va - page_va);
}
