/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Registers of a booting GPU that are not a falcon's: identity, fuses, memory size, the flush page,
 * scratch, the protected region, the ROM window, the mirror of config space.
 */
#include "boot.h"

#include <nvhw/boot.h>
#include <nvhw/pci.h>
#include <nvhw/wpr.h>
#include <stdlib.h>
#include <string.h>

#include "bar0.h"
#include "chip.h"
#include "model.h"
#include "pci.h"
#include "vbios.h"

#define MIB              (UINT64_C(1) << 20)
/* The board's firmware is done after this long, or after so many looks. */
#define DEVINIT_NS       2000000
#define DEVINIT_POLLS    8
#define FLUSH_LOW_SHIFT  8
#define FLUSH_HIGH_SHIFT 40
#define FLUSH_WORD_BITS  32
#define FLUSH_HIGH_MASK  0xfffffu
#define WORD             4u

bool gpum_boot_create(struct gpum *m)
{
    struct gpum_boot *b = m->boot = calloc(1, sizeof(*b));
    if (!b)
        return false;
    b->gsp.name = "GSP";
    b->gsp.base = NV_FALCON_GSP_BASE;
    b->gsp.base2 = NV_FALCON2_GSP_BASE;
    b->gsp.is_gsp = true;
    b->sec2.name = "SEC2";
    b->sec2.base = NV_FALCON_SEC2_BASE;
    b->sec2.base2 = NV_FALCON2_SEC2_BASE;
    b->rom = gpum_vbios_create(m->chip, m->config.seed, &b->rom_bytes);
    return b->rom != NULL;
}

void gpum_boot_power_on(struct gpum *m)
{
    struct gpum_boot *b = m->boot;
    gpum_falcon_power_on(m, &b->gsp);
    gpum_falcon_power_on(m, &b->sec2);
    gpum_fsp_power_on(m);
    memset(b->scratch, 0, sizeof(b->scratch));
    b->wpr2_start = b->wpr2_end = b->frts_start = 0;
    m->memory_generation++;
    b->flush_low = b->flush_high = b->stage3 = b->scrubber = 0;
    b->devinit_done_ns = m->time_ns + DEVINIT_NS;
    b->devinit_reads = 0;
}

void gpum_boot_destroy(struct gpum *m)
{
    if (m->boot)
        free(m->boot->rom);
    free(m->boot);
}

bool gpum_boot_step(struct gpum *m, unsigned budget)
{
    (void)budget;
    bool more = gpum_fsp_step(m);
    more |= gpum_falcon_step(m, &m->boot->gsp);
    return gpum_falcon_step(m, &m->boot->sec2) || more;
}

bool gpum_boot_wpr2(const struct gpum *m, uint64_t *start, uint64_t *end)
{
    *start = m->boot->wpr2_start;
    *end = m->boot->wpr2_end;
    return *end != 0;
}

static bool devinit_done(const struct gpum *m)
{
    return m->time_ns >= m->boot->devinit_done_ns || m->boot->devinit_reads >= DEVINIT_POLLS;
}

bool gpum_boot_devinit_done(struct gpum *m, const char *what)
{
    bool done = devinit_done(m);
    if (!done)
        gpum_fault(m, "%s before the board's firmware is done (0x118234)", what);
    return done;
}

bool gpum_boot_flush_page_ok(struct gpum *m)
{
    bool plain = m->chip->flush_unshifted;
    uint64_t address = (uint64_t)m->boot->flush_high
                           << (plain ? FLUSH_WORD_BITS : FLUSH_HIGH_SHIFT) |
                       (uint64_t)m->boot->flush_low << (plain ? 0 : FLUSH_LOW_SHIFT);
    uint8_t byte;
    if (address == 0)
        gpum_fault(m, "the flush page is not set");
    else if (address % NV_RADIX3_PAGE_SIZE)
        gpum_fault(m, "the flush page (0x%llx) is no page", (unsigned long long)address);
    else if (!gpum_phys_read(m, GPUM_SYS_COHERENT, address, &byte, 1))
        gpum_fault(m, "the flush page (0x%llx) is not mapped", (unsigned long long)address);
    else
        return true;
    return false;
}

uint64_t gpum_boot_vga_workspace(const struct gpum *m)
{
    /* The board's firmware keeps the last 256 KiB; the rule takes it as it is not too low. */
    return m->vram_bytes - MIB / 4;
}

/* ---- Identity -------------------------------------------------------------------------------- */

static uint32_t boot0(const struct gpum_chip *c)
{
    uint32_t architecture = c->chip_id >> 4;
    return NVHW_NUM(NV_PMC_BOOT_0, ARCHITECTURE, architecture & 0x1f) |
           NVHW_NUM(NV_PMC_BOOT_0, ARCHITECTURE_HIGH, architecture >> 5) |
           NVHW_NUM(NV_PMC_BOOT_0, IMPLEMENTATION, c->chip_id & 0xf) |
           NVHW_NUM(NV_PMC_BOOT_0, MAJOR_REVISION, c->revision >> 4) |
           NVHW_NUM(NV_PMC_BOOT_0, MINOR_REVISION, c->revision & 0xf);
}

static uint32_t read_pmc(struct gpum *m, uint32_t offset)
{
    const struct gpum_chip *c = m->chip;
    switch (offset) {
    case NV_PMC_BOOT_0:
        return boot0(c);
    case NV_PMC_BOOT_42:
        return NVHW_NUM(NV_PMC_BOOT_42, CHIP_ID, c->chip_id) |
               NVHW_NUM(NV_PMC_BOOT_42, MAJOR_REVISION, c->revision >> 4) |
               NVHW_NUM(NV_PMC_BOOT_42, MINOR_REVISION, c->revision & 0xf);
    case NV_PMC_ENABLE:
        return m->boot->pmc_enable[0];
    case NV_PMC_DEVICE_ENABLE:
        return m->boot->pmc_enable[1];
    default:
        return 0;
    }
}

static void refuse(struct gpum *m, uint32_t offset, uint32_t value)
{
    gpum_fault(m, "write of 0x%08x to 0x%06x refused: it belongs to the firmware", value, offset);
}

/* ---- Scratch --------------------------------------------------------------------------------- */

static uint32_t read_scratch(struct gpum *m, uint32_t offset)
{
    return m->boot->scratch[(offset - NV_PBUS_SW_SCRATCH(0)) / WORD];
}

static void write_scratch(struct gpum *m, uint32_t offset, uint32_t value)
{
    m->boot->scratch[(offset - NV_PBUS_SW_SCRATCH(0)) / WORD] = value;
}

/* ---- Time ------------------------------------------------------------------------------------ */

static uint32_t read_timer(struct gpum *m, uint32_t offset)
{
    if (offset == NV_PTIMER_TIME_0)
        return (uint32_t)m->time_ns & NVHW_MASK(NV_PTIMER_TIME_0, NSEC);
    return offset == NV_PTIMER_TIME_1 ? (uint32_t)(m->time_ns >> 32) : 0;
}

/* ---- Fuses ----------------------------------------------------------------------------------- */

/* The register whose highest set bit is the version. */
static uint32_t fuse_bits(uint32_t version)
{
    return (1u << version) - 1;
}

static uint32_t read_fuses(struct gpum *m, uint32_t offset)
{
    const struct gpum_chip *c = m->chip;
    if (offset >= NV_FUSE_OPT_FPF_GSP_UCODE_VERSION(0) &&
        offset < NV_FUSE_OPT_FPF_GSP_UCODE_VERSION(NV_FUSE_OPT_FPF_GSP_UCODE_VERSION__COUNT))
        return offset == NV_FUSE_OPT_FPF_GSP_UCODE_VERSION(c->fwsec_ucode_id - 1)
                   ? fuse_bits(c->gsp_fuse_version)
                   : 0;
    if (offset >= NV_FUSE_OPT_FPF_SEC2_UCODE_VERSION(0) &&
        offset < NV_FUSE_OPT_FPF_SEC2_UCODE_VERSION(NV_FUSE_OPT_FPF_SEC2_UCODE_VERSION__COUNT))
        return fuse_bits(c->sec2_fuse_version);
    if (offset == NV_FUSE_OPT_SECURE_GSP_DEBUG_DIS ||
        offset == NV_FUSE_OPT_SECURE_GSP_DEBUG_DIS_TU102)
        return NVHW_DEF(NV_FUSE_OPT_SECURE_GSP_DEBUG_DIS, DATA, YES);
    return 0; /* display is there */
}

static uint32_t read_display(struct gpum *m, uint32_t offset)
{
    if (offset != NV_PDISP_VGA_WORKSPACE_BASE)
        return 0;
    return NVHW_DEF(NV_PDISP_VGA_WORKSPACE_BASE, STATUS, VALID) |
           NVHW_NUM(NV_PDISP_VGA_WORKSPACE_BASE, ADDR, gpum_boot_vga_workspace(m) >> 16);
}

/* ---- Memory controller ----------------------------------------------------------------------- */

/* mag << scale MiB. */
static uint32_t memory_range(uint64_t mib)
{
    uint32_t scale = 0;
    while (mib > NVHW_MASK(NV_PFB_PRI_MMU_LOCAL_MEMORY_RANGE, LOWER_MAG) >>
           NV_PFB_PRI_MMU_LOCAL_MEMORY_RANGE_LOWER_MAG__LO) {
        mib >>= 1;
        scale++;
    }
    return NVHW_NUM(NV_PFB_PRI_MMU_LOCAL_MEMORY_RANGE, LOWER_MAG, mib) |
           NVHW_NUM(NV_PFB_PRI_MMU_LOCAL_MEMORY_RANGE, LOWER_SCALE, scale);
}

static uint32_t read_pfb(struct gpum *m, uint32_t offset)
{
    switch (offset) {
    case NV_PFB_PRI_MMU_LOCAL_MEMORY_RANGE:
        return memory_range(m->vram_bytes / MIB);
    default:
        return offset == m->chip->flush_low_register    ? m->boot->flush_low
               : offset == m->chip->flush_high_register ? m->boot->flush_high
                                                        : 0;
    }
}

static void write_pfb(struct gpum *m, uint32_t offset, uint32_t value)
{
    if (offset == m->chip->flush_low_register)
        m->boot->flush_low = value;
    else if (offset == m->chip->flush_high_register)
        m->boot->flush_high = value & FLUSH_HIGH_MASK;
    else
        gpum_note(m, "write of 0x%08x to 0x%06x ignored", value, offset);
}

static uint32_t read_wpr2(struct gpum *m, uint32_t offset)
{
    uint64_t address = 0;
    if (offset == NV_PFB_PRI_MMU_WPR2_ADDR_LO)
        address = m->boot->wpr2_start;
    else if (offset == NV_PFB_PRI_MMU_WPR2_ADDR_HI)
        address = m->boot->wpr2_end;
    return NVHW_NUM(NV_PFB_PRI_MMU_WPR2_ADDR_LO, VAL, address >> NV_PFB_PRI_MMU_WPR2_ALIGN_BITS);
}

/* ---- Always-on scratch: memory size, devinit, hand-over ---------------------------------------
 */

static uint32_t read_pgc6(struct gpum *m, uint32_t offset)
{
    struct gpum_boot *b = m->boot;
    switch (offset) {
    case NV_PGC6_AON_SECURE_SCRATCH_GROUP_05_PRIV_LEVEL_MASK:
        b->devinit_reads++;
        return NVHW_NUM(NV_PGC6_AON_SECURE_SCRATCH_GROUP_05_PRIV_LEVEL_MASK, READ_PROTECTION_LEVEL0,
                        b->devinit_reads > 1);
    case NV_PGC6_AON_SECURE_SCRATCH_GROUP_05:
        b->devinit_reads++;
        return devinit_done(m)
                   ? NVHW_DEF(NV_PGC6_AON_SECURE_SCRATCH_GROUP_05, GFW_BOOT_PROGRESS, COMPLETED)
                   : b->devinit_reads;
    case NV_USABLE_FB_SIZE_IN_MB:
        return (uint32_t)(m->vram_bytes / MIB);
    case NV_PGC6_BSI_SECURE_SCRATCH_14:
        return b->stage3;
    case NV_PGC6_BSI_SECURE_SCRATCH_15:
        return b->scrubber;
    default:
        return 0;
    }
}

/* ---- ROM, mirror, falcons ---------------------------------------------------------------------
 */

static uint32_t read_rom(struct gpum *m, uint32_t offset)
{
    uint32_t at = offset - NV_PROM_BASE, word = UINT32_MAX;
    if (at + sizeof(word) <= m->boot->rom_bytes)
        memcpy(&word, m->boot->rom + at, sizeof(word));
    return word;
}

static uint32_t read_mirror(struct gpum *m, uint32_t offset)
{
    uint32_t at = offset % NV_PCI_CONFIG_MIRROR_SIZE_BYTES;
    if (offset - at != m->chip->mirror_base)
        return NV_PRI_ERROR_NO_TARGET;
    return gpum_pci_read(m, at, WORD);
}

static void write_mirror(struct gpum *m, uint32_t offset, uint32_t value)
{
    uint32_t at = offset % NV_PCI_CONFIG_MIRROR_SIZE_BYTES;
    if (offset - at == m->chip->mirror_base)
        gpum_pci_write(m, at, WORD, value);
}

static uint32_t read_gsp(struct gpum *m, uint32_t offset)
{
    uint32_t locked;
    if (gpum_fsp_locks_gsp(m, &locked))
        return locked;
    return gpum_falcon_read(m, &m->boot->gsp, offset - NV_FALCON_GSP_BASE);
}

static void write_gsp(struct gpum *m, uint32_t offset, uint32_t value)
{
    gpum_falcon_write(m, &m->boot->gsp, offset - NV_FALCON_GSP_BASE, value);
}

/* FSP's word that the board has booted; on other chips nothing is known there. */
static uint32_t read_fsp_done(struct gpum *m, uint32_t offset)
{
    if (offset != m->chip->fsp_done_register)
        return 0;
    m->boot->devinit_reads++;
    return devinit_done(m) ? NV_THERM_I2CS_SCRATCH_FSP_BOOT_COMPLETE_SUCCESS
                           : m->boot->devinit_reads;
}

static uint32_t read_fsp(struct gpum *m, uint32_t offset)
{
    return m->chip->boot_class == GPUM_BOOT_FSP ? gpum_fsp_read(m, offset) : NV_PRI_ERROR_NO_TARGET;
}

static void write_fsp(struct gpum *m, uint32_t offset, uint32_t value)
{
    if (m->chip->boot_class == GPUM_BOOT_FSP)
        gpum_fsp_write(m, offset, value);
    else
        gpum_fault(m, "write of 0x%08x to 0x%06x: this chip has no FSP", value, offset);
}

static uint32_t read_sec2(struct gpum *m, uint32_t offset)
{
    return gpum_falcon_read(m, &m->boot->sec2, offset - NV_FALCON_SEC2_BASE);
}

static void write_sec2(struct gpum *m, uint32_t offset, uint32_t value)
{
    gpum_falcon_write(m, &m->boot->sec2, offset - NV_FALCON_SEC2_BASE, value);
}

const struct gpum_unit gpum_boot_units[] = {
    {"PMC", 0, 0x1000, read_pmc, refuse},
    {"PBUS scratch", NV_PBUS_SW_SCRATCH(0), GPUM_SCRATCH_COUNT *WORD, read_scratch, write_scratch},
    {"PTIMER", 0x9000, 0x1000, read_timer, refuse},
    {"fuses (Turing)", 0x21000, 0x1000, read_fuses, refuse},
    {"fuses", 0x820000, 0x5000, read_fuses, refuse},
    {"config mirror", NV_PCI_CONFIG_TU102_BASE, NV_PCI_CONFIG_MIRROR_SIZE_BYTES, read_mirror,
     write_mirror},
    {"config mirror", NV_PCI_CONFIG_GH100_BASE, NV_PCI_CONFIG_MIRROR_SIZE_BYTES, read_mirror,
     write_mirror},
    {"PFB", 0x100000, 0x1000, read_pfb, write_pfb},
    {"FBHUB0", 0x8a1000, 0x1000, read_pfb, write_pfb},
    {"THERM", 0x20000, 0x1000, read_fsp_done, refuse},
    {"THERM (GB20x)", 0xad0000, 0x1000, read_fsp_done, refuse},
    {"FSP", NV_FALCON_FSP_BASE, 0x2000, read_fsp, write_fsp},
    {"GSP", NV_FALCON_GSP_BASE, NV_FALCON_REGISTERS_SIZE_BYTES, read_gsp, write_gsp},
    {"PGC6", 0x118000, 0x1000, read_pgc6, refuse},
    {"MMU lock and WPR", 0x1fa000, 0x1000, read_wpr2, refuse},
    {"PROM", NV_PROM_BASE, NV_PROM_SIZE_BYTES, read_rom, refuse},
    {"PDISP", 0x625000, 0x1000, read_display, refuse},
    {"SEC2", NV_FALCON_SEC2_BASE, NV_FALCON_REGISTERS_SIZE_BYTES, read_sec2, write_sec2},
    {.name = NULL},
};
