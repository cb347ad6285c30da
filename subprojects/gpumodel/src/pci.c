/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Config space of the function. Each byte has a write mask; what a write starts (reset, MSI-X) is
 * looked at after the bytes changed. The board's firmware has assigned the BARs; a function level
 * reset turns decoding and interrupts off and leaves the BARs, as the owner restores them anyway.
 */
#include "pci.h"

#include <nvhw/irq.h>
#include <nvhw/pci.h>
#include <stdlib.h>
#include <string.h>

#include "bar0.h"
#include "chip.h"
#include "irq.h"
#include "model.h"
#include "plan.h"

/* Where the firmware put the BARs: below 4 GiB, and above all memory. */
#define BAR0_ADDRESS     UINT64_C(0xfb000000)
#define BAR1_ADDRESS     (UINT64_C(1) << 41)
#define BAR3_ADDRESS     (UINT64_C(1) << 40)
#define SERIAL_OFFSET    0x100
#define COMMAND_WRITABLE 0x0547u /* decoding, mastering, parity, SERR, INTx disable */
#define BAR_WIDTH_BYTES  4

struct gpum_pci {
    uint8_t config[NV_PCI_CONFIG_SIZE_BYTES];
    uint8_t writable[NV_PCI_CONFIG_SIZE_BYTES];
    bool msi_armed;
};

static uint32_t get32(const struct gpum_pci *p, uint32_t offset)
{
    uint32_t value;
    memcpy(&value, p->config + offset, sizeof(value));
    return value;
}

static void set32(struct gpum_pci *p, uint32_t offset, uint32_t value, uint32_t writable)
{
    memcpy(p->config + offset, &value, sizeof(value));
    memcpy(p->writable + offset, &writable, sizeof(writable));
}

static void set_bar(struct gpum_pci *p, unsigned bar, uint64_t address, uint64_t size_bytes,
                    bool wide)
{
    uint64_t mask = ~(size_bytes - 1);
    uint32_t type = 0;
    if (wide)
        type =
            NVHW_DEF(NV_PCI_CONFIG_BAR, TYPE, 64BIT) | NVHW_NUM(NV_PCI_CONFIG_BAR, PREFETCHABLE, 1);
    set32(p, NV_PCI_CONFIG_BAR(bar), (uint32_t)address | type, (uint32_t)mask);
    if (wide)
        set32(p, NV_PCI_CONFIG_BAR(bar) + BAR_WIDTH_BYTES, (uint32_t)(address >> 32),
              (uint32_t)(mask >> 32));
}

static uint32_t capability(uint32_t id, uint32_t next)
{
    return NVHW_NUM(NV_PCI_CAPABILITY, ID, id) | NVHW_NUM(NV_PCI_CAPABILITY, NEXT, next);
}

static void lay_out_express(struct gpum_pci *p, uint32_t at, uint32_t next)
{
    set32(p, at,
          capability(NV_PCI_CAPABILITY_ID_EXPRESS, next) |
              NVHW_NUM(NV_PCI_EXPRESS_HEADER, VERSION, 2),
          0);
    set32(p, at + NV_PCI_EXPRESS_DEVICE_CAPS_OFFSET,
          NVHW_NUM(NV_PCI_EXPRESS_DEVICE_CAPS, MAX_PAYLOAD, 1) |
              NVHW_NUM(NV_PCI_EXPRESS_DEVICE_CAPS, ROLE_BASED_ERRORS, 1) |
              NVHW_NUM(NV_PCI_EXPRESS_DEVICE_CAPS, FLR, 1),
          0);
    /* All of device control but the reset bit, which never reads as set. */
    set32(p, at + NV_PCI_EXPRESS_DEVICE_CONTROL_OFFSET, 0,
          NVHW_NUM(NV_PCI_EXPRESS_DEVICE_CONTROL, FLR, 1) - 1);
    set32(p, at + NV_PCI_EXPRESS_LINK_CAPS_OFFSET,
          NVHW_NUM(NV_PCI_EXPRESS_LINK_CAPS, MAX_SPEED, 4) |
              NVHW_NUM(NV_PCI_EXPRESS_LINK_CAPS, MAX_WIDTH, 16),
          0);
    set32(p, at + NV_PCI_EXPRESS_LINK_STATUS_OFFSET,
          NVHW_NUM(NV_PCI_EXPRESS_LINK_STATUS, SPEED, 4) |
              NVHW_NUM(NV_PCI_EXPRESS_LINK_STATUS, WIDTH, 16),
          0);
}

static void lay_out_capabilities(struct gpum *m)
{
    struct gpum_pci *p = m->pci;
    const struct gpum_chip *c = m->chip;
    set32(p, NV_PCI_CONFIG_CAPABILITIES, c->pm_offset, 0);
    set32(p, c->pm_offset,
          capability(NV_PCI_CAPABILITY_ID_POWER_MANAGEMENT, c->msi_offset) |
              NVHW_NUM(NV_PCI_PM_CAPS, VERSION, 3),
          0);
    set32(p, c->pm_offset + 4, NVHW_NUM(NV_PCI_PM_CONTROL, NO_SOFT_RESET, 1),
          NVHW_MASK(NV_PCI_PM_CONTROL, STATE));
    set32(p, c->msi_offset,
          capability(NV_PCI_CAPABILITY_ID_MSI, c->express_offset) |
              NVHW_NUM(NV_PCI_MSI_CONTROL, ADDRESS_64BIT, 1),
          NVHW_MASK(NV_PCI_MSI_CONTROL, ENABLE));
    set32(p, c->msi_offset + 4, 0, ~3u);
    set32(p, c->msi_offset + 8, 0, ~0u);
    set32(p, c->msi_offset + 12, 0, 0xffff);
    lay_out_express(p, c->express_offset, c->msix_offset);
    set32(p, c->msix_offset,
          capability(NV_PCI_CAPABILITY_ID_MSIX, 0) |
              NVHW_NUM(NV_PCI_MSIX_CONTROL, TABLE_SIZE, c->msix_entries - 1),
          NVHW_MASK(NV_PCI_MSIX_CONTROL, ENABLE) | NVHW_MASK(NV_PCI_MSIX_CONTROL, FUNCTION_MASK));
    set32(p, c->msix_offset + NV_PCI_MSIX_TABLE_OFFSET, NV_VIRTUAL_FUNCTION_PRIV_MSIX_TABLE_BASE,
          0);
    set32(p, c->msix_offset + NV_PCI_MSIX_PBA_OFFSET, NV_VIRTUAL_FUNCTION_PRIV_MSIX_PBA, 0);
    set32(p, SERIAL_OFFSET,
          NVHW_DEF(NV_PCI_EXTENDED_CAPABILITY, ID, SERIAL_NUMBER) |
              NVHW_NUM(NV_PCI_EXTENDED_CAPABILITY, VERSION, 1),
          0);
    set32(p, SERIAL_OFFSET + 4, (uint32_t)m->config.seed, 0);
    set32(p, SERIAL_OFFSET + 8, (uint32_t)(m->config.seed >> 32), 0);
}

bool gpum_pci_create(struct gpum *m)
{
    struct gpum_pci *p = m->pci = calloc(1, sizeof(*p));
    if (!p)
        return false;
    const struct gpum_chip *c = m->chip;
    set32(p, NV_PCI_CONFIG_ID,
          NVHW_NUM(NV_PCI_CONFIG_ID, VENDOR, NV_PCI_VENDOR_ID_NVIDIA) |
              NVHW_NUM(NV_PCI_CONFIG_ID, DEVICE, c->device_id),
          0);
    set32(p, NV_PCI_CONFIG_COMMAND, NVHW_NUM(NV_PCI_CONFIG_COMMAND, STATUS_CAPABILITY_LIST, 1),
          COMMAND_WRITABLE);
    set32(p, NV_PCI_CONFIG_CLASS,
          NVHW_NUM(NV_PCI_CONFIG_CLASS, REVISION, c->revision) |
              NVHW_NUM(NV_PCI_CONFIG_CLASS, CLASS_CODE, c->class_code),
          0);
    set32(p, NV_PCI_CONFIG_HEADER, 0, NVHW_MASK(NV_PCI_CONFIG_HEADER, CACHE_LINE));
    set_bar(p, 0, BAR0_ADDRESS, gpum_region_size(m, GPUM_BAR0), false);
    set_bar(p, 1, BAR1_ADDRESS, gpum_region_size(m, GPUM_BAR1), true);
    set_bar(p, 3, BAR3_ADDRESS, gpum_region_size(m, GPUM_BAR3), true);
    set32(p, NV_PCI_CONFIG_SUBSYSTEM,
          NVHW_NUM(NV_PCI_CONFIG_SUBSYSTEM, VENDOR, NV_PCI_VENDOR_ID_NVIDIA) |
              NVHW_NUM(NV_PCI_CONFIG_SUBSYSTEM, DEVICE, c->subsystem_id),
          0);
    /* No INTx: pin 0. */
    set32(p, NV_PCI_CONFIG_INTERRUPT, 0, NVHW_MASK(NV_PCI_CONFIG_INTERRUPT, LINE));
    lay_out_capabilities(m);
    return true;
}

static void clear_bits(struct gpum_pci *p, uint32_t offset, uint32_t bits)
{
    uint32_t writable;
    memcpy(&writable, p->writable + offset, sizeof(writable));
    set32(p, offset, get32(p, offset) & ~bits, writable);
}

void gpum_pci_power_on(struct gpum *m)
{
    const struct gpum_chip *c = m->chip;
    clear_bits(m->pci, NV_PCI_CONFIG_COMMAND, COMMAND_WRITABLE);
    clear_bits(m->pci, c->pm_offset + 4, NVHW_MASK(NV_PCI_PM_CONTROL, STATE));
    clear_bits(m->pci, c->msi_offset, NVHW_MASK(NV_PCI_MSI_CONTROL, ENABLE));
    clear_bits(m->pci, c->msix_offset,
               NVHW_MASK(NV_PCI_MSIX_CONTROL, ENABLE) |
                   NVHW_MASK(NV_PCI_MSIX_CONTROL, FUNCTION_MASK));
    clear_bits(m->pci, c->express_offset + NV_PCI_EXPRESS_DEVICE_CONTROL_OFFSET, ~0u);
    m->pci->msi_armed = true;
}

void gpum_pci_destroy(struct gpum *m)
{
    free(m->pci);
}

bool gpum_pci_memory_space(const struct gpum *m)
{
    return NVHW_GET(NV_PCI_CONFIG_COMMAND, MEMORY_SPACE, get32(m->pci, NV_PCI_CONFIG_COMMAND));
}

bool gpum_pci_bus_master(const struct gpum *m)
{
    return NVHW_GET(NV_PCI_CONFIG_COMMAND, BUS_MASTER, get32(m->pci, NV_PCI_CONFIG_COMMAND));
}

bool gpum_pci_msix_enabled(const struct gpum *m)
{
    uint32_t control = get32(m->pci, m->chip->msix_offset);
    return NVHW_GET(NV_PCI_MSIX_CONTROL, ENABLE, control) &&
           !NVHW_GET(NV_PCI_MSIX_CONTROL, FUNCTION_MASK, control);
}

bool gpum_pci_msi_enabled(const struct gpum *m)
{
    return NVHW_GET(NV_PCI_MSI_CONTROL, ENABLE, get32(m->pci, m->chip->msi_offset)) &&
           !NVHW_GET(NV_PCI_MSIX_CONTROL, ENABLE, get32(m->pci, m->chip->msix_offset));
}

uint64_t gpum_pci_bar_address(const struct gpum *m, unsigned bar)
{
    uint32_t low = get32(m->pci, NV_PCI_CONFIG_BAR(bar));
    uint64_t address = low & ~0xfu;
    if (NVHW_TEST(NV_PCI_CONFIG_BAR, TYPE, 64BIT, low))
        address |= (uint64_t)get32(m->pci, NV_PCI_CONFIG_BAR(bar) + BAR_WIDTH_BYTES) << 32;
    return address;
}

uint32_t gpum_pci_read(struct gpum *m, uint32_t offset, unsigned size_bytes)
{
    uint32_t value = 0;
    memcpy(&value, m->pci->config + offset, size_bytes);
    return value;
}

/* What a write starts: touched tells whether it covers a register. */
static void react(struct gpum *m, uint32_t offset, unsigned size_bytes, uint32_t value)
{
    uint32_t control = m->chip->express_offset + NV_PCI_EXPRESS_DEVICE_CONTROL_OFFSET;
    unsigned flr_byte = NV_PCI_EXPRESS_DEVICE_CONTROL_FLR__LO / 8;
    if (offset <= control + flr_byte && control + flr_byte < offset + size_bytes) {
        unsigned shift = 8 * (control + flr_byte - offset);
        if ((value >> shift) & (1u << NV_PCI_EXPRESS_DEVICE_CONTROL_FLR__LO % 8)) {
            gpum_reset(m);
            return;
        }
    }
    if (offset == NV_PCI_MSI_REARM_OFFSET && m->chip->msi_rearm)
        m->pci->msi_armed = true;
    gpum_irq_msi_changed(m);
}

void gpum_pci_write(struct gpum *m, uint32_t offset, unsigned size_bytes, uint32_t value)
{
    struct gpum_pci *p = m->pci;
    for (unsigned i = 0; i < size_bytes; i++) {
        uint8_t byte = (uint8_t)(value >> (8 * i));
        uint8_t mask = p->writable[offset + i];
        p->config[offset + i] = (uint8_t)((p->config[offset + i] & ~mask) | (byte & mask));
    }
    react(m, offset, size_bytes, value);
}

bool gpum_pci_interrupt(struct gpum *m, unsigned vector)
{
    bool msix = gpum_pci_msix_enabled(m);
    bool msi = !msix && gpum_pci_msi_enabled(m) && vector == 0;
    if (m->dead || !gpum_pci_bus_master(m) || (!msix && !(msi && m->pci->msi_armed)))
        return false;
    if (msi && m->chip->msi_rearm)
        m->pci->msi_armed = false;
    for (unsigned copies = gpum_plan_irq(m); copies > 0; copies--)
        if (m->config.cb.interrupt)
            m->config.cb.interrupt(m->config.cb.ctx, vector);
    return true;
}

unsigned gpum_msix_count(const struct gpum *m)
{
    return m->chip->msix_entries;
}

void gpum_msix_connect(struct gpum *m, unsigned first, unsigned count, bool on)
{
    for (unsigned i = first; i < first + count && i < m->chip->msix_entries; i++) {
        /* Any address and data do: the message leaves through the callback. */
        gpum_bar0_write(m, NV_VIRTUAL_FUNCTION_PRIV_MSIX_TABLE_DATA(i), i);
        gpum_bar0_write(m, NV_VIRTUAL_FUNCTION_PRIV_MSIX_TABLE_VECTOR_CONTROL(i), on ? 0 : 1);
    }
    uint32_t at = m->chip->msix_offset;
    uint32_t control = get32(m->pci, at);
    if (on)
        control = NVHW_SET(NV_PCI_MSIX_CONTROL, ENABLE, control, 1);
    else if (first == 0)
        control = NVHW_SET(NV_PCI_MSIX_CONTROL, ENABLE, control, 0);
    gpum_pci_write(m, at, 4, control);
}

void gpum_msi_connect(struct gpum *m, bool on)
{
    uint32_t at = m->chip->msi_offset;
    m->pci->msi_armed = true;
    gpum_pci_write(m, at, 4, NVHW_SET(NV_PCI_MSI_CONTROL, ENABLE, get32(m->pci, at), on));
}
