/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A falcon's reset, scrubbing, start and halt, and the interrupt it raises. */
#include "falcon_private.h"

#include <nvhw/boot.h>
#include <string.h>

#include "boot.h"
#include "chip.h"
#include "gsp.h"
#include "model.h"
#include "plan.h"

/* How long things take, in model time or in polls, whatever comes first. */
#define SCRUB_NS    20000
#define SCRUB_POLLS 4
#define RUN_NS      400000
#define RUN_POLLS   6

static void clear(struct gpum *m, struct gpum_falcon *f)
{
    memset(f->block, 0, sizeof(f->block));
    memset(f->imem, 0, sizeof(f->imem));
    memset(f->dmem, 0, sizeof(f->dmem));
    f->code_bytes = f->data_bytes = 0;
    f->irqstat = f->irqmask = 0;
    f->os = f->rm = f->bootvec = 0;
    f->dmactl = NVHW_NUM(NV_PFALCON_FALCON_DMACTL, REQUIRE_CTX, 1);
    memset(f->transcfg, 0, sizeof(f->transcfg));
    f->fbif_ctl = f->dma_base = f->dma_base1 = f->dma_moffs = f->dma_fboffs = 0;
    f->dma_count = 0;
    f->mod_sel = f->ucode_id = f->engidmask = f->paraaddr = 0;
    /* A GSP comes out of reset with its RISC-V core selected. */
    f->bcr_ctrl = NVHW_NUM(NV_PRISCV_RISCV_BCR_CTRL, VALID, 1) |
                  NVHW_NUM(NV_PRISCV_RISCV_BCR_CTRL, CORE_SELECT, f->is_gsp);
    f->alias = (m->config.seed >> 2) & 1;
    f->running = GPUM_UCODE_NONE;
}

void gpum_falcon_power_on(struct gpum *m, struct gpum_falcon *f)
{
    clear(m, f);
    f->state = GPUM_FALCON_HALTED;
    f->mailbox[0] = f->mailbox[1] = 0;
    f->scrub_until_ns = 0;
    f->was_reset = f->riscv_active = f->riscv_halted = false;
}

bool gpum_falcon_scrubbing(struct gpum *m, struct gpum_falcon *f)
{
    return m->time_ns < f->scrub_until_ns && f->scrub_reads < SCRUB_POLLS;
}

static void assert_reset(struct gpum *m, struct gpum_falcon *f)
{
    gpum_boot_devinit_done(m, "falcon reset");
    gpum_boot_flush_page_ok(m);
    if (f->state == GPUM_FALCON_RUNNING)
        gpum_fault(m, "%s: reset while %s runs", f->name, gpum_ucode_name(f->running));
    if (f->is_gsp && f->riscv_active) {
        gpum_fault(m, "GSP: reset while GSP-RM runs (UNLOADING_GUEST_DRIVER first)");
        gpum_gsp_stop(m);
    }
    clear(m, f);
    f->riscv_active = f->riscv_halted = false;
    f->state = GPUM_FALCON_RESET;
    f->reset_since_ns = m->time_ns;
}

static void release_reset(struct gpum *m, struct gpum_falcon *f)
{
    uint64_t held_ns = m->time_ns - f->reset_since_ns;
    if (held_ns / 1000 < NV_FALCON_RESET_ASSERT_US)
        gpum_fault(m, "%s: reset held for %llu ns, needs %u us", f->name,
                   (unsigned long long)held_ns, NV_FALCON_RESET_ASSERT_US);
    f->state = GPUM_FALCON_HALTED;
    f->was_reset = true;
    f->scrub_until_ns = m->time_ns + SCRUB_NS;
    f->scrub_reads = 0;
}

void gpum_falcon_engine(struct gpum *m, struct gpum_falcon *f, uint32_t value)
{
    bool reset = NVHW_GET(NV_PFALCON_FALCON_ENGINE, RESET, value);
    if (reset && f->state != GPUM_FALCON_RESET)
        assert_reset(m, f);
    else if (!reset && f->state == GPUM_FALCON_RESET)
        release_reset(m, f);
}

void gpum_falcon_start(struct gpum *m, struct gpum_falcon *f)
{
    if (f->state != GPUM_FALCON_HALTED || f->riscv_active) {
        gpum_fault(m, "%s: started while it %s", f->name,
                   f->state == GPUM_FALCON_RESET ? "is in reset" : "runs");
        return;
    }
    f->running = gpum_falcon_recognise(m, f);
    f->state = f->running == GPUM_UCODE_NONE ? GPUM_FALCON_HUNG : GPUM_FALCON_RUNNING;
    f->run_until_ns = m->time_ns + RUN_NS;
    f->run_reads = 0;
    gpum_trace(m, "%s starts %s", f->name, gpum_ucode_name(f->running));
}

static void finish_run(struct gpum *m, struct gpum_falcon *f)
{
    enum gpum_ucode_kind kind = f->running;
    f->state = GPUM_FALCON_HALTED;
    f->running = GPUM_UCODE_NONE;
    f->irqstat |= NVHW_NUM(NV_PFALCON_FALCON_IRQSTAT, HALT, 1);
    if (kind == GPUM_UCODE_FWSEC)
        gpum_run_fwsec(m, f);
    else if (kind == GPUM_UCODE_BOOTER_LOAD)
        gpum_run_booter_load(m, f);
    else if (kind == GPUM_UCODE_BOOTER_UNLOAD)
        gpum_run_booter_unload(m, f);
    else if (kind == GPUM_UCODE_SCRUBBER)
        m->boot->scrubber = NVHW_DEF(NV_PGC6_BSI_SECURE_SCRATCH_15, SCRUBBER_HANDOFF, DONE);
}

static bool run(struct gpum *m, struct gpum_falcon *f)
{
    if (f->state != GPUM_FALCON_RUNNING)
        return false;
    if (m->time_ns >= f->run_until_ns || f->run_reads >= RUN_POLLS)
        finish_run(m, f);
    return f->state == GPUM_FALCON_RUNNING;
}

bool gpum_falcon_step(struct gpum *m, struct gpum_falcon *f)
{
    if (f->dma_count)
        gpum_falcon_dma_drain(m, f);
    return run(m, f);
}

uint32_t gpum_falcon_cpuctl(struct gpum *m, struct gpum_falcon *f)
{
    f->run_reads++;
    run(m, f);
    return NVHW_NUM(NV_PFALCON_FALCON_CPUCTL, HALTED, f->state == GPUM_FALCON_HALTED) |
           NVHW_NUM(NV_PFALCON_FALCON_CPUCTL, ALIAS_EN, f->alias);
}

void gpum_falcon_raise(struct gpum *m, struct gpum_falcon *f, uint32_t bits)
{
    uint32_t rising = bits & ~f->irqstat;
    f->irqstat |= bits;
    /* An edge: a source that is still set raises nothing until cleared and triggered again. */
    if (rising && f->is_gsp)
        gpum_irq_raise(m, m->chip->gsp_vector);
}
