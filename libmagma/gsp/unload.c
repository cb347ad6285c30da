/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The way back: GSP-RM ends, FWSEC-SB and booter_unload take the protected region down. On Hopper
 * and Blackwell the FMC does that by itself.
 */
#include "libmagma/gsp/priv.h"

#include <nvhw/boot.h>
#include <nvhw/falcon.h>
#include <nvhw/rpc.h>
#include <nvhw/vbios.h>

#include "libmagma/core/status.h"
#include "libmagma/gsp/deadlines.h"

/* booter_unload wants these: there is no description to point at. */
#define UNLOAD_MAILBOX 0xffu

static bool is_fwsec(const struct mg_gsp *gsp)
{
    return gsp->gen->boot.chain == MG_BOOT_FWSEC;
}

static bool has_frts(const struct mg_gsp *gsp)
{
    return is_fwsec(gsp) && gsp->gen->boot.frts_size_bytes;
}

static enum magma_code say_goodbye(struct mg_gsp *gsp, struct magma_error *err)
{
    struct nvhw_rpc_unloading_guest_driver request = {.new_level = NV_RPC_UNLOAD_LEVEL_NORMAL};

    enum magma_code code = mg_gsp_check(gsp, err);

    if (code != MAGMA_OK)
        return code;
    gsp->ending = true;
    return mg_rpc_call(gsp->rpc, NV_RPC_FUNCTION_UNLOADING_GUEST_DRIVER, &request, sizeof request,
                       NULL, NULL, err);
}

static enum magma_code wait_ended(struct mg_gsp *gsp, struct magma_error *err)
{
    enum magma_code code;

    gsp->running = false;
    if (is_fwsec(gsp))
        code = mg_mmio_poll(gsp->hal, gsp->falcon.base + NV_PFALCON_FALCON_MAILBOX0,
                            NV_GSP_MAILBOX0_UNLOADED, NV_GSP_MAILBOX0_UNLOADED,
                            MG_DEADLINE_UNLOAD_NS, err);
    else
        code = mg_mmio_poll(gsp->hal, gsp->falcon.riscv_base + NV_PRISCV_RISCV_CPUCTL,
                            NVHW_MASK(NV_PRISCV_RISCV_CPUCTL, HALTED),
                            NVHW_MASK(NV_PRISCV_RISCV_CPUCTL, HALTED), MG_DEADLINE_UNLOAD_NS, err);
    return code == MAGMA_OK ? code : mg_prefix(err, code, "GSP-RM does not end");
}

static enum magma_code run_sb(struct mg_gsp *gsp, struct magma_error *err)
{
    return mg_gsp_run_fwsec(gsp, NV_FWSEC_COMMAND_SB, err);
}

static enum magma_code run_unload(struct mg_gsp *gsp, struct magma_error *err)
{
    uint64_t start, end;
    enum magma_code code = mg_gsp_wpr2(gsp, &start, &end, err);

    if (code != MAGMA_OK || !end)
        return code;
    return mg_gsp_run_hs(gsp, &gsp->fw_booter_unload, "booter_unload", UNLOAD_MAILBOX,
                         UNLOAD_MAILBOX, err);
}

/* On Hopper and Blackwell the FMC takes it down a moment after GSP-RM has ended. */
static enum magma_code check_down(struct mg_gsp *gsp, struct magma_error *err)
{
    enum magma_code code = mg_mmio_poll(gsp->hal, NV_PFB_PRI_MMU_WPR2_ADDR_HI,
                                        NVHW_MASK(NV_PFB_PRI_MMU_WPR2_ADDR_HI, VAL), 0,
                                        MG_DEADLINE_REGION_DOWN_NS, err);

    return code == MAGMA_OK ? code : mg_prefix(err, code, "the protected region is still up");
}

static const struct mg_gsp_step_entry unload_steps[] = {
    {"goodbye", "GSP-RM is asked to end", say_goodbye, NULL},
    {"ended", "wait until it has", wait_ended, NULL},
    {"fwsec-sb", "FWSEC prepares the teardown", run_sb, has_frts},
    {"booter-unload", "SEC2 takes the protected region down", run_unload, is_fwsec},
    {"region-down", "check that it is", check_down, NULL},
};

enum magma_code mg_gsp_unload(struct mg_gsp *gsp, struct magma_error *err)
{
    struct magma_error own = {0}, reset = {0};
    enum magma_code code;

    if (!gsp->touched)
        return MAGMA_OK;
    mg_gsp_detach_irq(gsp);
    code = mg_gsp_run_steps(gsp, unload_steps, sizeof unload_steps / sizeof unload_steps[0], &own);
    gsp->running = false;
    if (code == MAGMA_OK) {
        gsp->touched = false;
        return MAGMA_OK;
    }
    if (!mg_hal_gone(gsp->hal) && mg_hal_reset(gsp->hal, &reset) == MAGMA_OK) {
        gsp->touched = false;
        return mg_fail(err, code, "%s; the GPU was reset instead", own.text);
    }
    return mg_fail(err, code, "%s", own.text);
}
