/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Config space: identity, capability lists, command bits. */
#include "libmagma/hal/hal_priv.h"

#include <nvhw/bits.h>
#include <nvhw/pci.h>

/* The lists: the first begins after the header, the extended one after the first 256 bytes. A
 * walk that takes more steps than fit into the space is a loop. */
enum {
    CAPABILITY_FIRST = 0x40,
    CAPABILITY_ALIGN = 4,
    CAPABILITY_SPACE_END = 0x100,
    CAPABILITY_STEPS_MAX = (CAPABILITY_SPACE_END - CAPABILITY_FIRST) / CAPABILITY_ALIGN,
    EXTENDED_FIRST = 0x100,
    EXTENDED_STEPS_MAX = (NV_PCI_CONFIG_SIZE_BYTES - EXTENDED_FIRST) / CAPABILITY_ALIGN
};

#define NOBODY UINT32_MAX

enum magma_code mg_config_rd8(struct mg_hal *hal, uint32_t offset, uint8_t *out,
                              struct magma_error *err)
{
    return hal_note(hal, mvfio_config_read8(hal->device, offset, out, err), err);
}

enum magma_code mg_config_rd16(struct mg_hal *hal, uint32_t offset, uint16_t *out,
                               struct magma_error *err)
{
    return hal_note(hal, mvfio_config_read16(hal->device, offset, out, err), err);
}

enum magma_code mg_config_rd32(struct mg_hal *hal, uint32_t offset, uint32_t *out,
                               struct magma_error *err)
{
    return hal_note(hal, mvfio_config_read32(hal->device, offset, out, err), err);
}

enum magma_code mg_config_wr16(struct mg_hal *hal, uint32_t offset, uint16_t value,
                               struct magma_error *err)
{
    return hal_note(hal, mvfio_config_write16(hal->device, offset, value, err), err);
}

enum magma_code mg_config_wr32(struct mg_hal *hal, uint32_t offset, uint32_t value,
                               struct magma_error *err)
{
    return hal_note(hal, mvfio_config_write32(hal->device, offset, value, err), err);
}

enum magma_code mg_config_id(struct mg_hal *hal, struct mg_pci_id *out, struct magma_error *err)
{
    uint32_t id = 0, class_word = 0, subsystem = 0;
    enum magma_code code = mg_config_rd32(hal, NV_PCI_CONFIG_ID, &id, err);

    *out = (struct mg_pci_id){0};
    if (!code)
        code = mg_config_rd32(hal, NV_PCI_CONFIG_CLASS, &class_word, err);
    if (!code)
        code = mg_config_rd32(hal, NV_PCI_CONFIG_SUBSYSTEM, &subsystem, err);
    if (code)
        return code;
    out->vendor_id = (uint16_t)NVHW_GET(NV_PCI_CONFIG_ID, VENDOR, id);
    out->device_id = (uint16_t)NVHW_GET(NV_PCI_CONFIG_ID, DEVICE, id);
    out->subsystem_vendor_id = (uint16_t)NVHW_GET(NV_PCI_CONFIG_SUBSYSTEM, VENDOR, subsystem);
    out->subsystem_id = (uint16_t)NVHW_GET(NV_PCI_CONFIG_SUBSYSTEM, DEVICE, subsystem);
    out->revision = (uint8_t)NVHW_GET(NV_PCI_CONFIG_CLASS, REVISION, class_word);
    out->class_code = NVHW_GET(NV_PCI_CONFIG_CLASS, CLASS_CODE, class_word);
    return MAGMA_OK;
}

static enum magma_code bad_list(struct mg_hal *hal, uint32_t at, struct magma_error *err)
{
    return mg_fail(err, MAGMA_PROTOCOL, "%s: the list of PCI capabilities is broken at 0x%x",
                   mvfio_device_name(hal->device), at);
}

enum magma_code mg_config_capability(struct mg_hal *hal, uint8_t id, uint32_t *out,
                                     struct magma_error *err)
{
    uint32_t word = 0, at;
    enum magma_code code = mg_config_rd32(hal, NV_PCI_CONFIG_COMMAND, &word, err);

    *out = 0;
    if (code || !NVHW_GET(NV_PCI_CONFIG_COMMAND, STATUS_CAPABILITY_LIST, word))
        return code;
    code = mg_config_rd32(hal, NV_PCI_CONFIG_CAPABILITIES, &word, err);
    at = NVHW_GET(NV_PCI_CONFIG_CAPABILITIES, POINTER, word);
    for (unsigned step = 0; !code && at; step++) {
        at &= ~(uint32_t)(CAPABILITY_ALIGN - 1);
        if (at < CAPABILITY_FIRST || step == CAPABILITY_STEPS_MAX)
            return bad_list(hal, at, err);
        code = mg_config_rd32(hal, at, &word, err);
        if (!code && word == NOBODY)
            return bad_list(hal, at, err);
        if (!code && NVHW_GET(NV_PCI_CAPABILITY, ID, word) == id) {
            *out = at;
            return MAGMA_OK;
        }
        at = NVHW_GET(NV_PCI_CAPABILITY, NEXT, word);
    }
    return code;
}

enum magma_code mg_config_extended_capability(struct mg_hal *hal, uint16_t id, uint32_t *out,
                                              struct magma_error *err)
{
    struct mvfio_region_info info;
    uint32_t word = 0, at = EXTENDED_FIRST;
    enum magma_code code = mvfio_region_info(hal->device, MVFIO_REGION_CONFIG, &info, err);

    *out = 0;
    if (code || info.size_bytes < NV_PCI_CONFIG_SIZE_BYTES)
        return code; /* conventional PCI has no such list */
    for (unsigned step = 0; !code && at; step++) {
        at &= ~(uint32_t)(CAPABILITY_ALIGN - 1);
        if (at < EXTENDED_FIRST || step == EXTENDED_STEPS_MAX)
            return bad_list(hal, at, err);
        code = mg_config_rd32(hal, at, &word, err);
        if (!code && (word == NOBODY || word == 0))
            return at == EXTENDED_FIRST ? MAGMA_OK : bad_list(hal, at, err);
        if (!code && NVHW_GET(NV_PCI_EXTENDED_CAPABILITY, ID, word) == id) {
            *out = at;
            return MAGMA_OK;
        }
        at = NVHW_GET(NV_PCI_EXTENDED_CAPABILITY, NEXT, word);
    }
    return code;
}

enum magma_code mg_config_bus_master(struct mg_hal *hal, bool on, struct magma_error *err)
{
    const uint16_t memory = (uint16_t)NVHW_MASK(NV_PCI_CONFIG_COMMAND, MEMORY_SPACE);
    const uint16_t master = (uint16_t)NVHW_MASK(NV_PCI_CONFIG_COMMAND, BUS_MASTER);
    uint16_t command = 0;
    enum magma_code code = mg_config_rd16(hal, NV_PCI_CONFIG_COMMAND, &command, err);

    if (code)
        return code;
    if (command == UINT16_MAX) {
        hal_mark_gone(hal, "config space reads as all ones");
        return hal_fail_if_gone(hal, err);
    }
    command = (uint16_t)(on ? command | memory | master : command & ~master);
    return mg_config_wr16(hal, NV_PCI_CONFIG_COMMAND, command, err);
}
