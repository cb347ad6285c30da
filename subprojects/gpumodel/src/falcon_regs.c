/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The registers of a falcon block and of the RISC-V page behind it. */
#include <nvhw/boot.h>

#include "boot.h"
#include "chip.h"
#include "falcon_private.h"
#include "gsp.h"
#include "model.h"

#define PAGE2 0x1000u /* offset of the RISC-V and boot ROM page */
/* Sources that GSP-RM routes to the host. */
#define ROUTED                                                                                     \
    (NVHW_NUM(NV_PFALCON_FALCON_IRQSTAT, HALT, 1) |                                                \
     NVHW_NUM(NV_PFALCON_FALCON_IRQSTAT, SWGEN0, 1) |                                              \
     NVHW_NUM(NV_PFALCON_FALCON_IRQSTAT, SWGEN1, 1))

static uint32_t hwcfg2(struct gpum *m, struct gpum_falcon *f)
{
    f->scrub_reads++;
    return NVHW_DEF(NV_PFALCON_FALCON_HWCFG2, RISCV, ENABLE) |
           NVHW_NUM(NV_PFALCON_FALCON_HWCFG2, MEM_SCRUBBING, gpum_falcon_scrubbing(m, f)) |
           NVHW_NUM(NV_PFALCON_FALCON_HWCFG2, RISCV_BR_PRIV_LOCKDOWN,
                    f->is_gsp && gpum_fsp_lockdown(m)) |
           NVHW_NUM(NV_PFALCON_FALCON_HWCFG2, RESET_READY, f->state != GPUM_FALCON_RESET);
}

static uint32_t dmactl(struct gpum *m, struct gpum_falcon *f)
{
    f->scrub_reads++;
    bool scrubbing = gpum_falcon_scrubbing(m, f);
    return f->dmactl | NVHW_NUM(NV_PFALCON_FALCON_DMACTL, DMEM_SCRUBBING, scrubbing) |
           NVHW_NUM(NV_PFALCON_FALCON_DMACTL, IMEM_SCRUBBING, scrubbing);
}

/* Position of an array register; true when offset is one of its elements. */
static bool element(uint32_t offset, uint32_t first, uint32_t step, uint32_t count, unsigned *index)
{
    if (offset < first || (offset - first) % step || (offset - first) / step >= count)
        return false;
    *index = (offset - first) / step;
    return true;
}
#define ELEMENT(reg, index) element(offset, reg(0), reg(1) - reg(0), reg##__COUNT, index)

static uint32_t read_page2(struct gpum *m, struct gpum_falcon *f, uint32_t offset)
{
    bool late = m->chip->boot_class != GPUM_BOOT_LOADER;
    if (offset == NV_PRISCV_RISCV_CORE_SWITCH_RISCV_STATUS && !late)
        return NVHW_NUM(NV_PRISCV_RISCV_CORE_SWITCH_RISCV_STATUS, ACTIVE_STAT, f->riscv_active);
    if (late) {
        switch (offset) {
        case NV_PRISCV_RISCV_CPUCTL:
            return NVHW_NUM(NV_PRISCV_RISCV_CPUCTL, ACTIVE_STAT, f->riscv_active) |
                   NVHW_NUM(NV_PRISCV_RISCV_CPUCTL, HALTED, f->riscv_halted);
        case NV_PRISCV_RISCV_IRQMASK:
        case NV_PRISCV_RISCV_IRQDEST:
            return f->riscv_active ? ROUTED : 0;
        case NV_PRISCV_RISCV_BCR_CTRL:
            return f->bcr_ctrl;
        case NV_PFALCON2_FALCON_MOD_SEL:
            return f->mod_sel;
        case NV_PFALCON2_FALCON_BROM_CURR_UCODE_ID:
            return f->ucode_id;
        case NV_PFALCON2_FALCON_BROM_ENGIDMASK:
            return f->engidmask;
        default:
            break;
        }
    }
    if (offset == NV_PRISCV_RISCV_IRQMASK_TU102 || offset == NV_PRISCV_RISCV_IRQDEST_TU102)
        return f->riscv_active ? ROUTED : 0;
    return 0;
}

static uint32_t read_arrays(struct gpum *m, struct gpum_falcon *f, uint32_t offset)
{
    unsigned i;
    if (ELEMENT(NV_PFALCON_FALCON_IMEMD, &i))
        return gpum_falcon_imem_read(m, f, i);
    if (ELEMENT(NV_PFALCON_FALCON_DMEMD, &i))
        return gpum_falcon_dmem_read(m, f, i);
    if (ELEMENT(NV_PFALCON_FALCON_IMEMC, &i))
        return f->imemc[i];
    if (ELEMENT(NV_PFALCON_FALCON_DMEMC, &i))
        return f->dmemc[i];
    if (ELEMENT(NV_PFALCON_FBIF_TRANSCFG, &i))
        return f->transcfg[i];
    return 0;
}

uint32_t gpum_falcon_read(struct gpum *m, struct gpum_falcon *f, uint32_t offset)
{
    if (offset >= PAGE2)
        return read_page2(m, f, offset - PAGE2);
    switch (offset) {
    case NV_PFALCON_FALCON_IRQSTAT:
        return f->irqstat;
    case NV_PFALCON_FALCON_IRQMASK:
        return f->irqmask;
    case NV_PFALCON_FALCON_MAILBOX0:
        return f->mailbox[0];
    case NV_PFALCON_FALCON_MAILBOX1:
        return f->mailbox[1];
    case NV_PFALCON_FALCON_OS:
        return f->os;
    case NV_PFALCON_FALCON_RM:
        return f->rm;
    case NV_PFALCON_FALCON_HWCFG2:
        return hwcfg2(m, f);
    case NV_PFALCON_FALCON_CPUCTL:
        return gpum_falcon_cpuctl(m, f);
    case NV_PFALCON_FALCON_BOOTVEC:
        return f->bootvec;
    case NV_PFALCON_FALCON_HWCFG:
        return NVHW_NUM(NV_PFALCON_FALCON_HWCFG, IMEM_SIZE, GPUM_FALCON_BLOCKS) |
               NVHW_NUM(NV_PFALCON_FALCON_HWCFG, DMEM_SIZE,
                        sizeof(f->dmem) / NV_FALCON_BLOCK_SIZE_BYTES);
    case NV_PFALCON_FALCON_DMACTL:
        return dmactl(m, f);
    case NV_PFALCON_FALCON_DMATRFCMD:
        return gpum_falcon_dma_status(m, f);
    case NV_PFALCON_FALCON_ENGINE:
        return NVHW_NUM(NV_PFALCON_FALCON_ENGINE, RESET, f->state == GPUM_FALCON_RESET);
    case NV_PFALCON_FBIF_CTL:
        return f->fbif_ctl;
    default:
        return read_arrays(m, f, offset);
    }
}

static void write_bcr_ctrl(struct gpum *m, struct gpum_falcon *f, uint32_t value)
{
    if (f->state == GPUM_FALCON_RESET || f->riscv_active) {
        gpum_fault(m, "%s: BCR_CTRL written while %s", f->name,
                   f->riscv_active ? "the RISC-V core runs" : "it is in reset");
        return;
    }
    f->bcr_ctrl = value | NVHW_NUM(NV_PRISCV_RISCV_BCR_CTRL, VALID, 1);
}

static void write_page2(struct gpum *m, struct gpum_falcon *f, uint32_t offset, uint32_t value)
{
    if (m->chip->boot_class == GPUM_BOOT_LOADER) {
        gpum_fault(m, "%s: write to 0x%x of its second page, which this chip lacks", f->name,
                   offset);
        return;
    }
    switch (offset) {
    case NV_PRISCV_RISCV_BCR_CTRL:
        write_bcr_ctrl(m, f, value);
        break;
    case NV_PFALCON2_FALCON_MOD_SEL:
        f->mod_sel = value;
        break;
    case NV_PFALCON2_FALCON_BROM_CURR_UCODE_ID:
        f->ucode_id = value;
        break;
    case NV_PFALCON2_FALCON_BROM_ENGIDMASK:
        f->engidmask = value;
        break;
    case NV_PFALCON2_FALCON_BROM_PARAADDR:
        f->paraaddr = value;
        break;
    default:
        gpum_note(m, "%s: write of 0x%08x to 0x%x of its second page ignored", f->name, value,
                  offset);
        break;
    }
}

static void write_arrays(struct gpum *m, struct gpum_falcon *f, uint32_t offset, uint32_t value)
{
    unsigned i;
    if (ELEMENT(NV_PFALCON_FALCON_IMEMC, &i))
        f->imemc[i] = value;
    else if (ELEMENT(NV_PFALCON_FALCON_IMEMT, &i))
        f->imemt[i] = NVHW_GET(NV_PFALCON_FALCON_IMEMT, TAG, value);
    else if (ELEMENT(NV_PFALCON_FALCON_IMEMD, &i))
        gpum_falcon_imem_write(m, f, i, value);
    else if (ELEMENT(NV_PFALCON_FALCON_DMEMC, &i))
        f->dmemc[i] = value;
    else if (ELEMENT(NV_PFALCON_FALCON_DMEMD, &i))
        gpum_falcon_dmem_write(m, f, i, value);
    else if (ELEMENT(NV_PFALCON_FBIF_TRANSCFG, &i))
        f->transcfg[i] = value;
    else if (f->is_gsp && offset == NV_PFALCON_QUEUE_HEAD(0))
        gpum_gsp_doorbell(m);
    else
        gpum_note(m, "%s: write of 0x%08x to 0x%x ignored", f->name, value, offset);
}

static void write_start(struct gpum *m, struct gpum_falcon *f, bool through_alias, uint32_t value)
{
    if (!NVHW_GET(NV_PFALCON_FALCON_CPUCTL, STARTCPU, value))
        return;
    if (through_alias != f->alias) {
        gpum_fault(m, "%s: start through %s is ignored: ALIAS_EN is %d", f->name,
                   through_alias ? "CPUCTL_ALIAS" : "CPUCTL", f->alias);
        return;
    }
    gpum_falcon_start(m, f);
}

static void retrigger(struct gpum *m, struct gpum_falcon *f, uint32_t value)
{
    if (NVHW_GET(NV_PFALCON_FALCON_INTR_RETRIGGER, TRIGGER, value) && f->is_gsp && f->irqstat &&
        f->riscv_active)
        gpum_irq_raise(m, m->chip->gsp_vector);
}

void gpum_falcon_write(struct gpum *m, struct gpum_falcon *f, uint32_t offset, uint32_t value)
{
    if (f->state == GPUM_FALCON_RESET && offset != NV_PFALCON_FALCON_ENGINE)
        gpum_fault(m, "%s: write to 0x%x while it is in reset", f->name, offset);
    if (offset >= PAGE2) {
        write_page2(m, f, offset - PAGE2, value);
        return;
    }
    switch (offset) {
    case NV_PFALCON_FALCON_IRQSCLR:
        f->irqstat &= ~value;
        break;
    case NV_PFALCON_FALCON_IRQMSET:
        f->irqmask |= value;
        break;
    case NV_PFALCON_FALCON_IRQMCLR:
        f->irqmask &= ~value;
        break;
    case NV_PFALCON_FALCON_MAILBOX0:
        f->mailbox[0] = value;
        break;
    case NV_PFALCON_FALCON_MAILBOX1:
        f->mailbox[1] = value;
        break;
    case NV_PFALCON_FALCON_OS:
        f->os = value;
        break;
    case NV_PFALCON_FALCON_RM:
        f->rm = value;
        break;
    case NV_PFALCON_FALCON_CPUCTL:
        write_start(m, f, false, value);
        break;
    case NV_PFALCON_FALCON_CPUCTL_ALIAS:
        write_start(m, f, true, value);
        break;
    case NV_PFALCON_FALCON_BOOTVEC:
        f->bootvec = value;
        break;
    case NV_PFALCON_FALCON_DMACTL:
        f->dmactl = value & NVHW_MASK(NV_PFALCON_FALCON_DMACTL, REQUIRE_CTX);
        break;
    case NV_PFALCON_FALCON_DMATRFBASE:
        f->dma_base = value;
        break;
    case NV_PFALCON_FALCON_DMATRFBASE1:
        f->dma_base1 = NVHW_GET(NV_PFALCON_FALCON_DMATRFBASE1, BASE, value);
        break;
    case NV_PFALCON_FALCON_DMATRFMOFFS:
        f->dma_moffs = NVHW_GET(NV_PFALCON_FALCON_DMATRFMOFFS, OFFS, value);
        break;
    case NV_PFALCON_FALCON_DMATRFFBOFFS:
        f->dma_fboffs = value;
        break;
    case NV_PFALCON_FALCON_DMATRFCMD:
        gpum_falcon_dma_command(m, f, value);
        break;
    case NV_PFALCON_FALCON_ENGINE:
        gpum_falcon_engine(m, f, value);
        break;
    case NV_PFALCON_FALCON_INTR_RETRIGGER:
        retrigger(m, f, value);
        break;
    case NV_PFALCON_FBIF_CTL:
        f->fbif_ctl = value;
        break;
    default:
        write_arrays(m, f, offset, value);
        break;
    }
}
