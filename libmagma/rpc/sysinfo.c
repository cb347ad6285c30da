/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* GSP_SET_SYSTEM_INFO: how the GPU is plugged into this machine. */
#include "libmagma/rpc/early.h"

#include <mvfio.h>
#include <stdio.h>
#include <string.h>

#include <nvhw/pci.h>

#include "libmagma/core/status.h"
#include "libmagma/gen/gen.h"
#include "libmagma/hal/hal.h"

/* Below the bits that say what kind of BAR it is. */
#define BAR_ADDRESS_MASK (~UINT64_C(0xf))

/* Reads the BAR at *index and steps over it: one register, or two for 64 bits. */
static enum magma_code read_bar(struct mg_hal *hal, uint32_t *index, uint64_t *address, bool *wide,
                                struct magma_error *err)
{
    uint32_t low, high = 0;
    enum magma_code code;

    code = mg_config_rd32(hal, NV_PCI_CONFIG_BAR(*index), &low, err);
    if (code != MAGMA_OK)
        return code;
    *wide = NVHW_GET(NV_PCI_CONFIG_BAR, TYPE, low) == NV_PCI_CONFIG_BAR_TYPE_64BIT;
    if (*wide)
        code = mg_config_rd32(hal, NV_PCI_CONFIG_BAR(*index + 1), &high, err);
    *address = ((uint64_t)high << 32 | low) & BAR_ADDRESS_MASK;
    *index += *wide ? 2 : 1;
    return code;
}

static enum magma_code fill_bars(struct mg_hal *hal, struct nvhw_r570_gsp_system_info *out,
                                 struct magma_error *err)
{
    uint64_t address[3];
    uint32_t index = 0;
    bool wide;

    for (int i = 0; i < 3; i++) {
        enum magma_code code = read_bar(hal, &index, &address[i], &wide, err);

        if (code != MAGMA_OK)
            return code;
        if (i == 0)
            out->is_64bit_bar0_supported = wide;
    }
    out->gpu_phys_addr = address[0];
    out->gpu_phys_fb_addr = address[1];
    out->gpu_phys_inst_addr = address[2];
    return MAGMA_OK;
}

static enum magma_code fill_express(struct mg_hal *hal, struct nvhw_r570_gsp_system_info *out,
                                    struct magma_error *err)
{
    uint32_t at, value;
    enum magma_code code;

    code = mg_config_capability(hal, NV_PCI_CAPABILITY_ID_EXPRESS, &at, err);
    if (code != MAGMA_OK || !at)
        return code;
    code = mg_config_rd32(hal, at + NV_PCI_EXPRESS_DEVICE_CAPS_OFFSET, &value, err);
    if (code != MAGMA_OK)
        return code;
    out->is_flr_supported = (uint8_t)NVHW_GET(NV_PCI_EXPRESS_DEVICE_CAPS, FLR, value);
    code = mg_config_rd32(hal, at + NV_PCI_EXPRESS_LINK_CAPS_OFFSET, &value, err);
    out->pcie_link_cap = value;
    return code;
}

/* (domain << 32) is what one driver adds; the others leave it out, and so does this. */
static uint64_t bus_device_function(struct mg_hal *hal)
{
    const char *name = mvfio_device_name(mg_hal_device(hal));
    unsigned domain, bus, device, function;

    if (sscanf(name, "%4x:%2x:%2x.%1x", &domain, &bus, &device, &function) != 4)
        return 0;
    return (uint64_t)(bus << 8 | device << 3 | function);
}

enum magma_code mg_sysinfo_fill(struct mg_hal *hal, const struct mg_gen *gen,
                                struct nvhw_r570_gsp_system_info *out, struct magma_error *err)
{
    struct mg_pci_id id;
    enum magma_code code;

    memset(out, 0, sizeof *out);
    code = mg_config_id(hal, &id, err);
    if (code == MAGMA_OK)
        code = fill_bars(hal, out, err);
    if (code == MAGMA_OK)
        code = fill_express(hal, out, err);
    if (code != MAGMA_OK)
        return mg_prefix(err, code, "reading PCI config space for GSP-RM");
    out->pci_device_id = (uint32_t)id.device_id << 16 | id.vendor_id;
    out->pci_sub_device_id = (uint32_t)id.subsystem_id << 16 | id.subsystem_vendor_id;
    out->pci_revision_id = id.revision;
    out->domain_bus_device_func = bus_device_function(hal);
    out->max_user_va = NV_GSP_MAX_USER_VA;
    out->pci_config_mirror_base = gen->boot.config_mirror_base;
    out->pci_config_mirror_size = NV_PCI_CONFIG_MIRROR_SIZE_BYTES;
    /* The one driver that is known to boot from a process on a passed through device says so. */
    out->is_passthru = 1;
    out->host_page_size = NV_GSP_QUEUE_PAGE_SIZE;
    return MAGMA_OK;
}
