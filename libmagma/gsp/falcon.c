/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Falcon reset, ports, DMA and start; see falcon.h. */
#include "libmagma/gsp/falcon.h"

#include <nvhw/boot.h>
#include <nvhw/falcon.h>

#include "libmagma/core/status.h"
#include "libmagma/gen/gen.h"
#include "libmagma/gsp/deadlines.h"
#include "libmagma/hal/hal.h"

#define BLOCK NV_FALCON_BLOCK_SIZE_BYTES

void mg_falcon_init_gsp(struct mg_falcon *falcon, struct mg_hal *hal,
                        const struct mg_gen_boot *boot)
{
    *falcon = (struct mg_falcon){hal, boot, "GSP", NV_FALCON_GSP_BASE, NV_FALCON2_GSP_BASE};
}

void mg_falcon_init_sec2(struct mg_falcon *falcon, struct mg_hal *hal,
                         const struct mg_gen_boot *boot)
{
    *falcon = (struct mg_falcon){hal, boot, "SEC2", NV_FALCON_SEC2_BASE, NV_FALCON2_SEC2_BASE};
}

static uint32_t rd(struct mg_falcon *f, uint32_t reg)
{
    return mg_mmio_rd32(f->hal, f->base + reg);
}

static void wr(struct mg_falcon *f, uint32_t reg, uint32_t value)
{
    mg_mmio_wr32(f->hal, f->base + reg, value);
}

static enum magma_code poll(struct mg_falcon *f, uint32_t reg, uint32_t mask, uint32_t want,
                            uint64_t timeout_ns, const char *what, struct magma_error *err)
{
    enum magma_code code = mg_mmio_poll(f->hal, f->base + reg, mask, want, timeout_ns, err);

    return code == MAGMA_OK ? code : mg_prefix(err, code, "%s: %s", f->name, what);
}

/* ---- Reset ---- */

static bool has_boot_rom(const struct mg_falcon *f)
{
    return f->boot->load == MG_LOAD_DMA;
}

static enum magma_code pulse_reset(struct mg_falcon *f, struct magma_error *err)
{
    uint32_t reset = NVHW_DEF(NV_PFALCON_FALCON_ENGINE, RESET, TRUE);
    enum magma_code code;

    /* Some parts never say that they are ready; the reset works all the same. */
    if (has_boot_rom(f)) {
        code = poll(f, NV_PFALCON_FALCON_HWCFG2, NVHW_MASK(NV_PFALCON_FALCON_HWCFG2, RESET_READY),
                    NVHW_MASK(NV_PFALCON_FALCON_HWCFG2, RESET_READY), MG_DEADLINE_RESET_READY_NS,
                    "reset ready", err);
        if (code != MAGMA_OK && code != MAGMA_TIMEOUT)
            return code;
    }
    mg_mmio_mask32(f->hal, f->base + NV_PFALCON_FALCON_ENGINE, reset, reset);
    /* The write has arrived when a read behind it comes back: the time counts from there. */
    rd(f, NV_PFALCON_FALCON_ENGINE);
    mg_sleep_ns(mg_hal_clock(f->hal), 2 * MG_US(NV_FALCON_RESET_ASSERT_US));
    mg_mmio_mask32(f->hal, f->base + NV_PFALCON_FALCON_ENGINE, reset, 0);
    if (has_boot_rom(f))
        return poll(f, NV_PFALCON_FALCON_HWCFG2, NVHW_MASK(NV_PFALCON_FALCON_HWCFG2, MEM_SCRUBBING),
                    0, MG_DEADLINE_SCRUB_NS, "memory scrubbing after reset", err);
    return poll(f, NV_PFALCON_FALCON_DMACTL,
                NVHW_MASK(NV_PFALCON_FALCON_DMACTL, DMEM_SCRUBBING) |
                    NVHW_MASK(NV_PFALCON_FALCON_DMACTL, IMEM_SCRUBBING),
                0, MG_DEADLINE_SCRUB_NS, "memory scrubbing after reset", err);
}

/* The resource manager's register gets the chip's identity after each reset. */
static void announce(struct mg_falcon *f)
{
    wr(f, NV_PFALCON_FALCON_RM, mg_mmio_rd32(f->hal, NV_PMC_BOOT_0));
}

enum magma_code mg_falcon_reset(struct mg_falcon *f, struct magma_error *err)
{
    uint32_t bcr = f->riscv_base + NV_PRISCV_RISCV_BCR_CTRL;
    enum magma_code code = pulse_reset(f, err);

    if (code != MAGMA_OK)
        return code;
    if (has_boot_rom(f) &&
        NVHW_TEST(NV_PFALCON_FALCON_HWCFG2, RISCV, ENABLE, rd(f, NV_PFALCON_FALCON_HWCFG2)) &&
        NVHW_TEST(NV_PRISCV_RISCV_BCR_CTRL, CORE_SELECT, RISCV, mg_mmio_rd32(f->hal, bcr))) {
        mg_mmio_wr32(f->hal, bcr, NVHW_DEF(NV_PRISCV_RISCV_BCR_CTRL, CORE_SELECT, FALCON));
        code = mg_mmio_poll(f->hal, bcr, NVHW_MASK(NV_PRISCV_RISCV_BCR_CTRL, VALID),
                            NVHW_DEF(NV_PRISCV_RISCV_BCR_CTRL, VALID, TRUE),
                            MG_DEADLINE_CORE_SELECT_NS, err);
        if (code != MAGMA_OK)
            return mg_prefix(err, code, "%s: selecting the falcon core", f->name);
    }
    announce(f);
    return mg_hal_check(f->hal, err);
}

enum magma_code mg_falcon_reset_riscv(struct mg_falcon *f, struct magma_error *err)
{
    enum magma_code code = pulse_reset(f, err);

    if (code != MAGMA_OK)
        return code;
    /* Turing and GA100 switch cores when booter starts the RISC-V side. */
    if (has_boot_rom(f))
        mg_mmio_wr32(f->hal, f->riscv_base + NV_PRISCV_RISCV_BCR_CTRL,
                     NVHW_DEF(NV_PRISCV_RISCV_BCR_CTRL, VALID, TRUE) |
                         NVHW_DEF(NV_PRISCV_RISCV_BCR_CTRL, CORE_SELECT, RISCV) |
                         NVHW_DEF(NV_PRISCV_RISCV_BCR_CTRL, BRFETCH, TRUE));
    announce(f);
    return mg_hal_check(f->hal, err);
}

/* ---- DMA ---- */

void mg_falcon_allow_dma(struct mg_falcon *f, unsigned ctx)
{
    mg_mmio_mask32(f->hal, f->base + NV_PFALCON_FBIF_TRANSCFG(ctx),
                   NVHW_MASK(NV_PFALCON_FBIF_TRANSCFG, TARGET) |
                       NVHW_MASK(NV_PFALCON_FBIF_TRANSCFG, MEM_TYPE),
                   NVHW_DEF(NV_PFALCON_FBIF_TRANSCFG, TARGET, COHERENT_SYSMEM) |
                       NVHW_DEF(NV_PFALCON_FBIF_TRANSCFG, MEM_TYPE, PHYSICAL));
    mg_mmio_mask32(f->hal, f->base + NV_PFALCON_FBIF_CTL,
                   NVHW_MASK(NV_PFALCON_FBIF_CTL, ALLOW_PHYS_NO_CTX),
                   NVHW_DEF(NV_PFALCON_FBIF_CTL, ALLOW_PHYS_NO_CTX, ALLOW));
    wr(f, NV_PFALCON_FALCON_DMACTL, 0);
}

/* One memory's worth of blocks. memory_offset counts in IMEM or DMEM, source_offset from base. */
static enum magma_code transfer(struct mg_falcon *f, uint64_t base, uint32_t memory_offset,
                                uint32_t source_offset, uint32_t size_bytes, uint32_t command,
                                struct magma_error *err)
{
    enum magma_code code;

    wr(f, NV_PFALCON_FALCON_DMATRFBASE, (uint32_t)(base >> NV_FALCON_DMA_BASE_SHIFT));
    wr(f, NV_PFALCON_FALCON_DMATRFBASE1, (uint32_t)(base >> NV_FALCON_DMA_BASE1_SHIFT));
    for (uint32_t at = 0; at < size_bytes; at += BLOCK) {
        code = poll(f, NV_PFALCON_FALCON_DMATRFCMD, NVHW_MASK(NV_PFALCON_FALCON_DMATRFCMD, FULL), 0,
                    MG_DEADLINE_FALCON_DMA_NS, "DMA queue full", err);
        if (code != MAGMA_OK)
            return code;
        wr(f, NV_PFALCON_FALCON_DMATRFMOFFS, memory_offset + at);
        wr(f, NV_PFALCON_FALCON_DMATRFFBOFFS, source_offset + at);
        wr(f, NV_PFALCON_FALCON_DMATRFCMD, command);
    }
    return poll(f, NV_PFALCON_FALCON_DMATRFCMD, NVHW_MASK(NV_PFALCON_FALCON_DMATRFCMD, IDLE),
                NVHW_DEF(NV_PFALCON_FALCON_DMATRFCMD, IDLE, TRUE), MG_DEADLINE_FALCON_DMA_NS,
                "DMA to finish", err);
}

static enum magma_code check_image(struct mg_falcon *f, const struct mg_falcon_dma_image *image,
                                   struct magma_error *err)
{
    uint32_t imem = mg_falcon_imem_bytes(f), dmem = mg_falcon_dmem_bytes(f);

    if (image->code_offset < image->imem_virt || image->iova.raw % BLOCK ||
        (image->code_offset - image->imem_virt) % BLOCK || image->data_offset % BLOCK)
        return mg_fail(err, MAGMA_BAD_FIRMWARE,
                       "%s: code at 0x%x (virtual 0x%x), data at 0x%x "
                       "cannot be loaded in blocks",
                       f->name, image->code_offset, image->imem_virt, image->data_offset);
    if (image->imem_phys > imem || image->code_size_bytes > imem - image->imem_phys ||
        image->dmem_phys > dmem || image->data_size_bytes > dmem - image->dmem_phys)
        return mg_fail(err, MAGMA_BAD_FIRMWARE,
                       "%s: code 0x%x at 0x%x, data 0x%x at 0x%x do not "
                       "fit into 0x%x, 0x%x",
                       f->name, image->code_size_bytes, image->imem_phys, image->data_size_bytes,
                       image->dmem_phys, imem, dmem);
    return MAGMA_OK;
}

enum magma_code mg_falcon_load_dma(struct mg_falcon *f, const struct mg_falcon_dma_image *image,
                                   struct magma_error *err)
{
    uint32_t size = NVHW_DEF(NV_PFALCON_FALCON_DMATRFCMD, SIZE, 256B);
    enum magma_code code = check_image(f, image, err);

    if (code != MAGMA_OK)
        return code;
    mg_falcon_allow_dma(f, 0);
    /* Code is tagged with its virtual address: the source offset is that address, so the base is
     * moved down by it. */
    code = transfer(f, image->iova.raw + image->code_offset - image->imem_virt, image->imem_phys,
                    image->imem_virt, image->code_size_bytes,
                    size | NVHW_DEF(NV_PFALCON_FALCON_DMATRFCMD, IMEM, TRUE) |
                        NVHW_NUM(NV_PFALCON_FALCON_DMATRFCMD, SEC, 1),
                    err);
    if (code == MAGMA_OK)
        code = transfer(f, image->iova.raw + image->data_offset, image->dmem_phys, 0,
                        image->data_size_bytes, size, err);
    if (code != MAGMA_OK)
        return code;
    mg_mmio_wr32(f->hal, f->riscv_base + NV_PFALCON2_FALCON_BROM_PARAADDR,
                 image->signature_dmem_offset);
    mg_mmio_wr32(f->hal, f->riscv_base + NV_PFALCON2_FALCON_BROM_ENGIDMASK, image->engine_id_mask);
    mg_mmio_wr32(f->hal, f->riscv_base + NV_PFALCON2_FALCON_BROM_CURR_UCODE_ID, image->ucode_id);
    mg_mmio_wr32(f->hal, f->riscv_base + NV_PFALCON2_FALCON_MOD_SEL,
                 NVHW_DEF(NV_PFALCON2_FALCON_MOD_SEL, ALGO, RSA3K));
    mg_falcon_set_entry(f, image->entry);
    return MAGMA_OK;
}

/* ---- Ports ---- */

static uint32_t word_at(struct mg_bytes bytes, size_t at)
{
    uint32_t word = 0;
    size_t left = at < bytes.size ? bytes.size - at : 0;

    memcpy(&word, bytes.data + (left ? at : 0), left < sizeof word ? left : sizeof word);
    return word;
}

void mg_falcon_write_imem(struct mg_falcon *f, uint32_t offset, struct mg_bytes code, uint32_t tag,
                          bool secure)
{
    uint32_t control = NVHW_NUM(NV_PFALCON_FALCON_IMEMC, BLK, offset / BLOCK) |
                       NVHW_NUM(NV_PFALCON_FALCON_IMEMC, AINCW, 1) |
                       NVHW_NUM(NV_PFALCON_FALCON_IMEMC, SECURE, secure);

    wr(f, NV_PFALCON_FALCON_IMEMC(0), control);
    for (size_t at = 0; at < code.size; at += BLOCK) {
        wr(f, NV_PFALCON_FALCON_IMEMT(0), tag++);
        for (size_t word = 0; word < BLOCK; word += sizeof(uint32_t))
            wr(f, NV_PFALCON_FALCON_IMEMD(0), word_at(code, at + word));
    }
}

void mg_falcon_write_dmem(struct mg_falcon *f, uint32_t offset, struct mg_bytes data)
{
    wr(f, NV_PFALCON_FALCON_DMEMC(0),
       NVHW_NUM(NV_PFALCON_FALCON_DMEMC, BLK, offset / BLOCK) |
           NVHW_NUM(NV_PFALCON_FALCON_DMEMC, OFFS, offset % BLOCK / sizeof(uint32_t)) |
           NVHW_NUM(NV_PFALCON_FALCON_DMEMC, AINCW, 1));
    for (size_t at = 0; at < data.size; at += sizeof(uint32_t))
        wr(f, NV_PFALCON_FALCON_DMEMD(0), word_at(data, at));
}

/* ---- Running ---- */

uint32_t mg_falcon_imem_bytes(struct mg_falcon *f)
{
    return NVHW_GET(NV_PFALCON_FALCON_HWCFG, IMEM_SIZE, rd(f, NV_PFALCON_FALCON_HWCFG)) * BLOCK;
}

uint32_t mg_falcon_dmem_bytes(struct mg_falcon *f)
{
    return NVHW_GET(NV_PFALCON_FALCON_HWCFG, DMEM_SIZE, rd(f, NV_PFALCON_FALCON_HWCFG)) * BLOCK;
}

void mg_falcon_set_mailbox(struct mg_falcon *f, uint32_t mailbox0, uint32_t mailbox1)
{
    wr(f, NV_PFALCON_FALCON_MAILBOX0, mailbox0);
    wr(f, NV_PFALCON_FALCON_MAILBOX1, mailbox1);
}

uint32_t mg_falcon_mailbox0(struct mg_falcon *f)
{
    return rd(f, NV_PFALCON_FALCON_MAILBOX0);
}

void mg_falcon_set_entry(struct mg_falcon *f, uint32_t entry)
{
    wr(f, NV_PFALCON_FALCON_BOOTVEC, entry);
}

void mg_falcon_start(struct mg_falcon *f)
{
    if (NVHW_GET(NV_PFALCON_FALCON_CPUCTL, ALIAS_EN, rd(f, NV_PFALCON_FALCON_CPUCTL)))
        wr(f, NV_PFALCON_FALCON_CPUCTL_ALIAS,
           NVHW_DEF(NV_PFALCON_FALCON_CPUCTL_ALIAS, STARTCPU, TRUE));
    else
        wr(f, NV_PFALCON_FALCON_CPUCTL, NVHW_DEF(NV_PFALCON_FALCON_CPUCTL, STARTCPU, TRUE));
}

enum magma_code mg_falcon_wait_halted(struct mg_falcon *f, uint64_t timeout_ns,
                                      struct magma_error *err)
{
    return poll(f, NV_PFALCON_FALCON_CPUCTL, NVHW_MASK(NV_PFALCON_FALCON_CPUCTL, HALTED),
                NVHW_DEF(NV_PFALCON_FALCON_CPUCTL, HALTED, TRUE), timeout_ns, "to halt", err);
}

bool mg_falcon_riscv_active(struct mg_falcon *f)
{
    uint32_t value = mg_mmio_rd32(f->hal, f->riscv_base + f->boot->riscv_active_reg);

    return value != UINT32_MAX && (value & f->boot->riscv_active_mask) != 0;
}
