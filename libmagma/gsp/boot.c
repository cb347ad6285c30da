/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The boot as a table of steps, and the life of struct mg_gsp around it. The order is the
 * hardware's: each step needs what the ones before left behind.
 */
#include "libmagma/gsp/priv.h"

#include <stdlib.h>

#include <nvhw/boot.h>
#include <nvhw/falcon.h>
#include <nvhw/vbios.h>
#include <nvhw/wpr.h>

#include "libmagma/core/status.h"
#include "libmagma/gsp/deadlines.h"

static bool is_fwsec(const struct mg_gsp *gsp)
{
    return gsp->gen->boot.chain == MG_BOOT_FWSEC;
}

static bool is_fsp(const struct mg_gsp *gsp)
{
    return gsp->gen->boot.chain == MG_BOOT_FSP;
}

static bool has_frts(const struct mg_gsp *gsp)
{
    return is_fwsec(gsp) && gsp->gen->boot.frts_size_bytes;
}

static bool may_scrub(const struct mg_gsp *gsp)
{
    return gsp->gen->boot.has_scrubber &&
           gsp->layout.vram_bytes - gsp->layout.reserved_start > NV_WPR_AD102_SCRUB_LIMIT;
}

static enum magma_code run_frts(struct mg_gsp *gsp, struct magma_error *err)
{
    return mg_gsp_run_fwsec(gsp, NV_FWSEC_COMMAND_FRTS, err);
}

static const struct mg_gsp_step_entry boot_steps[] = {
    {"firmware", "open and check the firmware files", mg_gsp_open_files, NULL},
    {"devinit", "wait for the board's own firmware", mg_gsp_wait_devinit, NULL},
    {"recover", "reset the GPU if it was left booted", mg_gsp_recover, NULL},
    {"vbios", "read the ROM and find FWSEC in it", mg_gsp_read_vbios, has_frts},
    {"layout", "lay out the top of VRAM", mg_gsp_make_layout, NULL},
    {"flush-page", "give the memory hub its flush page", mg_gsp_set_flush_page, NULL},
    {"memory", "fill image table, arguments and queues", mg_gsp_fill_memory, NULL},
    {"early-rpc", "queue system info and registry", mg_gsp_queue_early, NULL},
    {"fwsec-frts", "FWSEC raises the protected region", run_frts, has_frts},
    {"gsp-reset", "switch the GSP to its RISC-V core", mg_gsp_reset_to_riscv, is_fwsec},
    {"scrubber", "SEC2 clears VRAM if that is still due", mg_gsp_run_scrubber, may_scrub},
    {"booter-load", "SEC2 verifies and starts GSP-RM", mg_gsp_run_booter, is_fwsec},
    {"fmc", "describe the FMC image for FSP", mg_gsp_fill_fmc, is_fsp},
    {"chain-of-trust", "FSP verifies and starts the FMC", mg_gsp_send_cot, is_fsp},
    {"lockdown", "wait until the FMC lets the GSP go", mg_gsp_wait_lockdown, is_fsp},
    {"riscv-active", "check that the RISC-V core runs", mg_gsp_check_active, NULL},
    {"init-done", "GSP-RM initialises the GPU", mg_gsp_wait_ready, NULL},
    {"static-info", "ask GSP-RM about the GPU", mg_gsp_read_info, NULL},
};

/* ---- Running steps ---- */

void mg_gsp_report(struct mg_gsp *gsp, const char *name, const char *what, uint64_t start_ns,
                   enum magma_code code)
{
    struct mg_gsp_step step = {name, what, start_ns, mg_now_ns(mg_hal_clock(gsp->hal)) - start_ns,
                               code};

    mg_debug(mg_hal_log(gsp->hal), MG_DEBUG(boot), "%-15s %8.3f ms  %s%s", name,
             (double)step.duration_ns / 1e6, what, code == MAGMA_OK ? "" : ": FAILED");
    if (gsp->options.step)
        gsp->options.step(gsp->options.step_ctx, &step);
}

enum magma_code mg_gsp_run_steps(struct mg_gsp *gsp, const struct mg_gsp_step_entry *steps,
                                 size_t count, struct magma_error *err)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t start = mg_now_ns(mg_hal_clock(gsp->hal));
        enum magma_code code;

        if (steps[i].wanted && !steps[i].wanted(gsp))
            continue;
        code = steps[i].run(gsp, err);
        /* A write that nobody took is seen here at the latest. */
        if (code == MAGMA_OK)
            code = mg_hal_check(gsp->hal, err);
        mg_gsp_report(gsp, steps[i].name, steps[i].what, start, code);
        if (code != MAGMA_OK)
            return mg_prefix(err, code, "step %s", steps[i].name);
    }
    return MAGMA_OK;
}

/* ---- Life ---- */

static enum magma_code identify(struct mg_gsp *gsp, struct magma_error *err)
{
    uint32_t boot_42;
    enum magma_code code = mg_mmio_read(gsp->hal, NV_PMC_BOOT_42, &boot_42, err);

    if (code != MAGMA_OK)
        return code;
    if (mg_gen_find(boot_42, &gsp->chip) != gsp->gen)
        return mg_fail(err, MAGMA_INVALID_ARGUMENT, "chip 0x%03x is not of the family %s",
                       NVHW_GET(NV_PMC_BOOT_42, CHIP_ID, boot_42), gsp->gen->name);
    return MAGMA_OK;
}

enum magma_code mg_gsp_boot(struct mg_hal *hal, const struct mg_gen *gen,
                            const struct mg_gsp_options *options, struct mg_gsp **out,
                            struct magma_error *err)
{
    struct mg_gsp *gsp = calloc(1, sizeof *gsp);
    enum magma_code code;

    *out = NULL;
    if (!gsp)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "no memory for the boot");
    gsp->hal = hal;
    gsp->gen = gen;
    if (options)
        gsp->options = *options;
    mg_falcon_init_gsp(&gsp->falcon, hal, &gen->boot);
    mg_falcon_init_sec2(&gsp->sec2, hal, &gen->boot);
    code = identify(gsp, err);
    if (code == MAGMA_OK)
        code = mg_gsp_run_steps(gsp, boot_steps, sizeof boot_steps / sizeof boot_steps[0], err);
    if (code != MAGMA_OK) {
        mg_gsp_destroy(gsp);
        return code;
    }
    *out = gsp;
    return MAGMA_OK;
}

static void close_files(struct mg_gsp_files *files)
{
    mg_fw_close(&files->gsp);
    mg_fw_close(&files->bootloader);
    mg_fw_close(&files->booter_load);
    mg_fw_close(&files->booter_unload);
    mg_fw_close(&files->loader);
    mg_fw_close(&files->scrubber);
    mg_fw_close(&files->fmc);
}

void mg_gsp_destroy(struct mg_gsp *gsp)
{
    struct magma_error error = {0};

    if (!gsp)
        return;
    mg_gsp_detach_irq(gsp);
    if (gsp->touched && !mg_hal_gone(gsp->hal) && mg_hal_reset(gsp->hal, &error) != MAGMA_OK)
        mg_log(mg_hal_log(gsp->hal), MG_LOG_WARN, "the GPU could not be reset: %s", error.text);
    mg_rpc_destroy(gsp->rpc);
    mg_libos_finish(&gsp->libos);
    mg_dma_finish(&gsp->fmc_params);
    mg_dma_finish(&gsp->fmc_image);
    mg_dma_finish(&gsp->wpr_meta);
    mg_dma_finish(&gsp->signature);
    mg_dma_finish(&gsp->bootloader);
    mg_radix3_finish(&gsp->image);
    mg_dma_finish(&gsp->flush_page);
    free(gsp->rom_data);
    close_files(&gsp->files);
    free(gsp);
}

struct mg_rpc *mg_gsp_rpc(struct mg_gsp *gsp)
{
    return gsp->rpc;
}

const struct mg_gen *mg_gsp_gen(const struct mg_gsp *gsp)
{
    return gsp->gen;
}

const struct mg_gsp_info *mg_gsp_info(const struct mg_gsp *gsp)
{
    return &gsp->info;
}
