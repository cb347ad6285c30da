/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Ways into a falcon's memories: ports with an auto-incrementing address, and DMA of 256 byte
 * blocks from system memory. DMA is queued and done when the host polls or the model steps, so a
 * host that starts the falcon without waiting for idle starts half an image.
 */
#include <nvhw/boot.h>
#include <string.h>

#include "boot.h"
#include "chip.h"
#include "falcon_private.h"
#include "model.h"
#include "pci.h"

#define SECURE_READ 0xdead5ec1u /* what a port reads from a secure block */
#define PORT_WORD   4u

static uint32_t port_address(const struct gpum *m, uint32_t control)
{
    uint32_t block = m->chip->boot_class == GPUM_BOOT_LOADER && m->chip->gmmu_version == 2 &&
                             m->chip->sm_version < 80
                         ? NVHW_GET(NV_PFALCON_FALCON_IMEMC, BLK_TU102, control)
                         : NVHW_GET(NV_PFALCON_FALCON_IMEMC, BLK, control);
    return block * NV_FALCON_BLOCK_SIZE_BYTES +
           NVHW_GET(NV_PFALCON_FALCON_IMEMC, OFFS, control) * PORT_WORD;
}

/* Steps the address of a port, carrying from the word into the block. */
static uint32_t port_next(uint32_t control)
{
    uint32_t at = NVHW_GET(NV_PFALCON_FALCON_IMEMC, BLK, control) * NV_FALCON_BLOCK_SIZE_BYTES +
                  NVHW_GET(NV_PFALCON_FALCON_IMEMC, OFFS, control) * PORT_WORD + PORT_WORD;
    control = NVHW_SET(NV_PFALCON_FALCON_IMEMC, OFFS, control,
                       at % NV_FALCON_BLOCK_SIZE_BYTES / PORT_WORD);
    return NVHW_SET(NV_PFALCON_FALCON_IMEMC, BLK, control,
                    at / NV_FALCON_BLOCK_SIZE_BYTES & (NVHW_MASK(NV_PFALCON_FALCON_IMEMC, BLK) >>
                                                       NV_PFALCON_FALCON_IMEMC_BLK__LO));
}

static bool usable(struct gpum *m, struct gpum_falcon *f, const char *what)
{
    if (f->state == GPUM_FALCON_HALTED && !gpum_falcon_scrubbing(m, f) && !f->riscv_active)
        return true;
    gpum_fault(m, "%s: %s while it %s", f->name, what,
               f->state == GPUM_FALCON_RESET ? "is in reset"
               : gpum_falcon_scrubbing(m, f) ? "scrubs its memories"
                                             : "runs");
    return false;
}

void gpum_falcon_imem_write(struct gpum *m, struct gpum_falcon *f, unsigned port, uint32_t value)
{
    uint32_t control = f->imemc[port], at = port_address(m, control);
    if (!usable(m, f, "IMEM write"))
        return;
    if (at > sizeof(f->imem) - PORT_WORD) {
        gpum_fault(m, "%s: IMEM write at 0x%x, which is beyond its 0x%zx bytes", f->name, at,
                   sizeof(f->imem));
        return;
    }
    memcpy(f->imem + at, &value, sizeof(value));
    struct gpum_imem_block *block = &f->block[at / NV_FALCON_BLOCK_SIZE_BYTES];
    if (at % NV_FALCON_BLOCK_SIZE_BYTES == 0)
        *block = (struct gpum_imem_block){
            .secure = NVHW_GET(NV_PFALCON_FALCON_IMEMC, SECURE, control), .tag = f->imemt[port]};
    /* A block counts when its last word is in. */
    if (at % NV_FALCON_BLOCK_SIZE_BYTES == NV_FALCON_BLOCK_SIZE_BYTES - PORT_WORD)
        block->valid = true;
    if (at + PORT_WORD > f->code_bytes)
        f->code_bytes = at + PORT_WORD;
    if (NVHW_GET(NV_PFALCON_FALCON_IMEMC, AINCW, control))
        f->imemc[port] = port_next(control);
}

uint32_t gpum_falcon_imem_read(struct gpum *m, struct gpum_falcon *f, unsigned port)
{
    uint32_t control = f->imemc[port], at = port_address(m, control), value = 0;
    if (!usable(m, f, "IMEM read") || at > sizeof(f->imem) - PORT_WORD)
        return NV_PRI_ERROR_NO_TARGET;
    memcpy(&value, f->imem + at, sizeof(value));
    if (f->block[at / NV_FALCON_BLOCK_SIZE_BYTES].secure)
        value = SECURE_READ;
    if (NVHW_GET(NV_PFALCON_FALCON_IMEMC, AINCR, control))
        f->imemc[port] = port_next(control);
    return value;
}

void gpum_falcon_dmem_write(struct gpum *m, struct gpum_falcon *f, unsigned port, uint32_t value)
{
    uint32_t control = f->dmemc[port], at = port_address(m, control);
    if (!usable(m, f, "DMEM write"))
        return;
    if (at > sizeof(f->dmem) - PORT_WORD) {
        gpum_fault(m, "%s: DMEM write at 0x%x, which is beyond its 0x%zx bytes", f->name, at,
                   sizeof(f->dmem));
        return;
    }
    memcpy(f->dmem + at, &value, sizeof(value));
    if (at + PORT_WORD > f->data_bytes)
        f->data_bytes = at + PORT_WORD;
    if (NVHW_GET(NV_PFALCON_FALCON_DMEMC, AINCW, control))
        f->dmemc[port] = port_next(control);
}

uint32_t gpum_falcon_dmem_read(struct gpum *m, struct gpum_falcon *f, unsigned port)
{
    uint32_t control = f->dmemc[port], at = port_address(m, control), value = 0;
    if (!usable(m, f, "DMEM read") || at > sizeof(f->dmem) - PORT_WORD)
        return NV_PRI_ERROR_NO_TARGET;
    memcpy(&value, f->dmem + at, sizeof(value));
    if (NVHW_GET(NV_PFALCON_FALCON_DMEMC, AINCR, control))
        f->dmemc[port] = port_next(control);
    return value;
}

/* Whether the FBIF is set up so that this transfer reaches system memory. */
static bool fbif_ok(struct gpum *m, struct gpum_falcon *f, uint32_t command)
{
    uint32_t context = NVHW_GET(NV_PFALCON_FALCON_DMATRFCMD, CTXDMA, command);
    uint32_t config = f->transcfg[context];
    const char *wrong = NULL;
    if (!gpum_pci_bus_master(m))
        wrong = "bus mastering is off";
    else if (NVHW_GET(NV_PFALCON_FALCON_DMACTL, REQUIRE_CTX, f->dmactl))
        wrong = "DMACTL requires a context";
    else if (!NVHW_GET(NV_PFALCON_FBIF_CTL, ALLOW_PHYS_NO_CTX, f->fbif_ctl))
        wrong = "FBIF_CTL does not allow physical accesses without context";
    else if (!NVHW_TEST(NV_PFALCON_FBIF_TRANSCFG, MEM_TYPE, PHYSICAL, config))
        wrong = "its FBIF_TRANSCFG is not physical";
    else if (NVHW_TEST(NV_PFALCON_FBIF_TRANSCFG, TARGET, LOCAL_FB, config))
        wrong = "its FBIF_TRANSCFG does not point to system memory";
    if (wrong)
        gpum_fault(m, "%s: DMA through context %u fails: %s", f->name, context, wrong);
    return !wrong;
}

static bool command_ok(struct gpum *m, struct gpum_falcon *f, const struct gpum_falcon_dma *d)
{
    bool imem = NVHW_GET(NV_PFALCON_FALCON_DMATRFCMD, IMEM, d->command);
    uint32_t limit = imem ? sizeof(f->imem) : sizeof(f->dmem);
    const char *wrong = NULL;
    if (!NVHW_TEST(NV_PFALCON_FALCON_DMATRFCMD, SIZE, 256B, d->command))
        wrong = "its size is not 256 bytes";
    else if (NVHW_GET(NV_PFALCON_FALCON_DMATRFCMD, WRITE, d->command))
        wrong = "it writes memory";
    else if (d->memory_offset % NV_FALCON_BLOCK_SIZE_BYTES ||
             d->source_offset % NV_FALCON_BLOCK_SIZE_BYTES)
        wrong = "an offset is not a multiple of 256";
    else if (d->memory_offset > limit - NV_FALCON_BLOCK_SIZE_BYTES)
        wrong = "it ends beyond the falcon's memory";
    if (wrong)
        gpum_fault(m, "%s: DMA command 0x%08x to 0x%x refused: %s", f->name, d->command,
                   d->memory_offset, wrong);
    return !wrong;
}

void gpum_falcon_dma_command(struct gpum *m, struct gpum_falcon *f, uint32_t command)
{
    struct gpum_falcon_dma d = {
        .command = command,
        .memory_offset = f->dma_moffs,
        .source_offset = f->dma_fboffs,
        .base = ((uint64_t)f->dma_base << NV_FALCON_DMA_BASE_SHIFT) |
                ((uint64_t)f->dma_base1 << NV_FALCON_DMA_BASE1_SHIFT),
    };
    if (!usable(m, f, "DMA command") || !fbif_ok(m, f, command) || !command_ok(m, f, &d))
        return;
    if (f->dma_count == GPUM_FALCON_DMA_DEPTH) {
        gpum_fault(m, "%s: DMA command lost: the queue was full (DMATRFCMD bit 0)", f->name);
        return;
    }
    f->dma[f->dma_count++] = d;
}

static void transfer(struct gpum *m, struct gpum_falcon *f, const struct gpum_falcon_dma *d)
{
    uint8_t bytes[NV_FALCON_BLOCK_SIZE_BYTES];
    /* The base may lie before the image, so that base + virtual offset hits it: wraps on purpose
     * within the width of the address. */
    uint64_t mask = (UINT64_C(1) << m->chip->dma_bits) - 1;
    uint64_t address = (d->base + d->source_offset) & mask;
    if (!gpum_phys_read(m, GPUM_SYS_COHERENT, address, bytes, sizeof(bytes))) {
        gpum_fault(m, "%s: DMA from 0x%llx fails: no memory is mapped there", f->name,
                   (unsigned long long)address);
        return;
    }
    if (!NVHW_GET(NV_PFALCON_FALCON_DMATRFCMD, IMEM, d->command)) {
        memcpy(f->dmem + d->memory_offset, bytes, sizeof(bytes));
        if (d->memory_offset + sizeof(bytes) > f->data_bytes)
            f->data_bytes = d->memory_offset + (uint32_t)sizeof(bytes);
        return;
    }
    memcpy(f->imem + d->memory_offset, bytes, sizeof(bytes));
    f->block[d->memory_offset / NV_FALCON_BLOCK_SIZE_BYTES] = (struct gpum_imem_block){
        .valid = true,
        .secure = NVHW_GET(NV_PFALCON_FALCON_DMATRFCMD, SEC, d->command) != 0,
        .tag = d->source_offset / NV_FALCON_BLOCK_SIZE_BYTES,
    };
    if (d->memory_offset + sizeof(bytes) > f->code_bytes)
        f->code_bytes = d->memory_offset + (uint32_t)sizeof(bytes);
}

void gpum_falcon_dma_drain(struct gpum *m, struct gpum_falcon *f)
{
    for (unsigned i = 0; i < f->dma_count; i++)
        transfer(m, f, &f->dma[i]);
    f->dma_count = 0;
}

uint32_t gpum_falcon_dma_status(struct gpum *m, struct gpum_falcon *f)
{
    uint32_t status =
        NVHW_NUM(NV_PFALCON_FALCON_DMATRFCMD, FULL, f->dma_count == GPUM_FALCON_DMA_DEPTH) |
        NVHW_NUM(NV_PFALCON_FALCON_DMATRFCMD, IDLE, f->dma_count == 0);
    gpum_falcon_dma_drain(m, f);
    return status;
}
