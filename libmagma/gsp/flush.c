/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The flush page: a page of system memory whose address the memory hub wants before any processor
 * of the GPU is touched; it writes there to order what it wrote before. The page lives as long as
 * struct mg_gsp.
 */
#include "libmagma/gsp/priv.h"

#include <nvhw/boot.h>

#include "libmagma/core/status.h"

/* A page is addressed in units of 256 bytes on Turing to Ada. */
#define SHIFT 8

static void set_tu102(struct mg_hal *hal, uint64_t address)
{
    mg_mmio_wr32(hal, NV_PFB_NISO_FLUSH_SYSMEM_ADDR, (uint32_t)(address >> SHIFT));
}

static void set_ga100(struct mg_hal *hal, uint64_t address)
{
    mg_mmio_wr32(hal, NV_PFB_NISO_FLUSH_SYSMEM_ADDR_HI,
                 NVHW_NUM(NV_PFB_NISO_FLUSH_SYSMEM_ADDR_HI, ADR_46_40, address >> 40));
    mg_mmio_wr32(hal, NV_PFB_NISO_FLUSH_SYSMEM_ADDR, (uint32_t)(address >> SHIFT));
}

static void set_pair(struct mg_hal *hal, uint32_t high_reg, uint32_t low_reg, uint64_t address)
{
    mg_mmio_wr32(hal, high_reg, (uint32_t)(address >> 32));
    mg_mmio_wr32(hal, low_reg, (uint32_t)address);
}

static void set(struct mg_hal *hal, enum mg_flush_kind kind, uint64_t address)
{
    const uint32_t hub = NV_PFB_HSHUB0_GB100_BASE;

    switch (kind) {
    case MG_FLUSH_TU102:
        set_tu102(hal, address);
        break;
    case MG_FLUSH_GA100:
        set_ga100(hal, address);
        break;
    case MG_FLUSH_GH100:
        set_pair(hal, NV_PFB_FBHUB_PCIE_FLUSH_SYSMEM_ADDR_HI,
                 NV_PFB_FBHUB_PCIE_FLUSH_SYSMEM_ADDR_LO, address);
        break;
    case MG_FLUSH_GB100:
        set_pair(hal, hub + NV_PFB_HSHUB_PCIE_FLUSH_SYSMEM_ADDR_HI,
                 hub + NV_PFB_HSHUB_PCIE_FLUSH_SYSMEM_ADDR_LO, address);
        set_pair(hal, hub + NV_PFB_HSHUB_EG_PCIE_FLUSH_SYSMEM_ADDR_HI,
                 hub + NV_PFB_HSHUB_EG_PCIE_FLUSH_SYSMEM_ADDR_LO, address);
        break;
    case MG_FLUSH_GB202:
        set_pair(hal, NV_PFB_FBHUB0_PCIE_FLUSH_SYSMEM_ADDR_HI_GB202,
                 NV_PFB_FBHUB0_PCIE_FLUSH_SYSMEM_ADDR_LO_GB202, address);
        break;
    }
}

enum magma_code mg_gsp_set_flush_page(struct mg_gsp *gsp, struct magma_error *err)
{
    enum magma_code code;

    if (!gsp->flush_page.cpu) {
        code = mg_dma_init(gsp->hal, 4096, 4096, &gsp->flush_page, err);
        if (code != MAGMA_OK)
            return code;
    }
    if (gsp->flush_page.iova.raw >> gsp->gen->boot.dma_address_bits)
        return mg_fail(err, MAGMA_INTERNAL, "DMA address 0x%llx has more than %u bits",
                       (unsigned long long)gsp->flush_page.iova.raw,
                       gsp->gen->boot.dma_address_bits);
    set(gsp->hal, gsp->gen->boot.flush, gsp->flush_page.iova.raw);
    return mg_hal_check(gsp->hal, err);
}
