/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * From a running RISC-V core to a resource manager that answers: the status queue appears, GSP-RM
 * sends register programs and chatter, then GSP_INIT_DONE, then says what GPU this is.
 */
#include "libmagma/gsp/priv.h"

#include <stdio.h>

#include <nvhw/boot.h>
#include <nvhw/falcon.h>
#include <nvhw/rpc.h>

#include "libmagma/core/status.h"
#include "libmagma/gsp/deadlines.h"
#include "libmagma/rpc/early.h"
#include "libmagma/rpc/sequencer.h"

/* ---- What a register program asks of the core ---- */

static enum magma_code core_reset(void *ctx, struct magma_error *err)
{
    struct mg_gsp *gsp = ctx;
    enum magma_code code = mg_falcon_reset(&gsp->falcon, err);

    if (code != MAGMA_OK)
        return code;
    mg_mmio_mask32(gsp->hal, gsp->falcon.base + NV_PFALCON_FBIF_CTL,
                   NVHW_MASK(NV_PFALCON_FBIF_CTL, ALLOW_PHYS_NO_CTX),
                   NVHW_DEF(NV_PFALCON_FBIF_CTL, ALLOW_PHYS_NO_CTX, ALLOW));
    mg_mmio_wr32(gsp->hal, gsp->falcon.base + NV_PFALCON_FALCON_DMACTL, 0);
    return MAGMA_OK;
}

static enum magma_code core_start(void *ctx, struct magma_error *err)
{
    struct mg_gsp *gsp = ctx;

    mg_falcon_start(&gsp->falcon);
    return mg_hal_check(gsp->hal, err);
}

static enum magma_code core_wait_halted(void *ctx, struct magma_error *err)
{
    struct mg_gsp *gsp = ctx;

    return mg_falcon_wait_halted(&gsp->falcon, MG_DEADLINE_FALCON_HALT_NS, err);
}

static enum magma_code core_resume(void *ctx, struct magma_error *err)
{
    struct mg_gsp *gsp = ctx;
    uint32_t done = NVHW_DEF(NV_PGC6_BSI_SECURE_SCRATCH_14, BOOT_STAGE_3_HANDOFF, DONE);
    uint32_t mailbox;
    enum magma_code code = mg_gsp_reset_to_riscv(gsp, err);

    if (code != MAGMA_OK)
        return code;
    mg_falcon_start(&gsp->sec2);
    code = mg_mmio_poll(gsp->hal, NV_PGC6_BSI_SECURE_SCRATCH_14, done, done, MG_DEADLINE_HANDOFF_NS,
                        err);
    if (code == MAGMA_OK)
        code = mg_mmio_read(gsp->hal, gsp->sec2.base + NV_PFALCON_FALCON_MAILBOX0, &mailbox, err);
    if (code == MAGMA_OK && mailbox)
        code = mg_fail(err, MAGMA_FIRMWARE_REFUSED, "SEC2 ended with 0x%x in mailbox 0", mailbox);
    if (code != MAGMA_OK)
        return code;
    mg_mmio_wr32(gsp->hal, gsp->falcon.base + NV_PFALCON_FALCON_OS, gsp->fw_bootloader.app_version);
    return mg_gsp_check_active(gsp, err);
}

/* ---- Events of the start ---- */

static void on_sequencer(void *ctx, uint32_t event, const void *payload, uint32_t size_bytes)
{
    struct mg_gsp *gsp = ctx;
    struct mg_sequencer_core core = {core_reset, core_start, core_wait_halted, core_resume, gsp};
    struct magma_error error = {0};

    (void)event;
    if (mg_sequencer_run(gsp->hal, &core, payload, size_bytes, &error) == MAGMA_OK)
        return;
    gsp->sequencer_error = error;
    mg_rpc_kill(gsp->rpc, &error);
}

/* Text that libos sends through RM; only of interest to whoever debugs. */
static void on_print(void *ctx, uint32_t event, const void *payload, uint32_t size_bytes)
{
    struct mg_gsp *gsp = ctx;
    struct nvhw_rpc_libos_print head;
    uint32_t length;

    (void)event;
    if (size_bytes < sizeof head)
        return;
    memcpy(&head, payload, sizeof head);
    length = size_bytes - (uint32_t)sizeof head;
    if (head.size < length)
        length = head.size;
    mg_debug(mg_hal_log(gsp->hal), MG_DEBUG(rpc), "GSP: %.*s", (int)length,
             (const char *)payload + sizeof head);
}

static void on_error_log(void *ctx, uint32_t event, const void *payload, uint32_t size_bytes)
{
    struct mg_gsp *gsp = ctx;
    struct nvhw_r570_rpc_os_error_log log = {0};

    (void)event;
    memcpy(&log, payload, size_bytes < sizeof log ? size_bytes : sizeof log);
    log.err_string[sizeof log.err_string - 1] = 0;
    mg_log(mg_hal_log(gsp->hal), MG_LOG_WARN, "Xid %u (runlist %u, channel %u): %s",
           log.except_type, log.runlist_id, log.chid, (const char *)log.err_string);
}

static enum magma_code add_handlers(struct mg_gsp *gsp, struct magma_error *err)
{
    enum magma_code code =
        mg_rpc_on_event(gsp->rpc, NV_RPC_EVENT_GSP_RUN_CPU_SEQUENCER, on_sequencer, gsp, err);

    if (code == MAGMA_OK)
        code = mg_rpc_on_event(gsp->rpc, NV_RPC_EVENT_UCODE_LIBOS_PRINT, on_print, gsp, err);
    if (code == MAGMA_OK)
        code = mg_rpc_on_event(gsp->rpc, NV_RPC_EVENT_OS_ERROR_LOG, on_error_log, gsp, err);
    return code;
}

enum magma_code mg_gsp_wait_ready(struct mg_gsp *gsp, struct magma_error *err)
{
    uint32_t result = 0;
    enum magma_code code = add_handlers(gsp, err);

    if (code == MAGMA_OK)
        code = mg_rpc_link(gsp->rpc, MG_DEADLINE_QUEUE_LINK_NS, err);
    if (code == MAGMA_OK)
        code = mg_rpc_wait_event(gsp->rpc, NV_RPC_EVENT_GSP_INIT_DONE, MG_DEADLINE_INIT_DONE_NS,
                                 NULL, NULL, &result, err);
    if (gsp->sequencer_error.code != MAGMA_OK)
        return mg_fail(err, gsp->sequencer_error.code, "%s", gsp->sequencer_error.text);
    if (code != MAGMA_OK)
        return code;
    if (result != NV_RPC_RESULT_OK)
        return mg_fail(err, MAGMA_FIRMWARE_REFUSED, "GSP-RM failed to initialise: result 0x%x",
                       result);
    gsp->running = true;
    return MAGMA_OK;
}

enum magma_code mg_gsp_read_info(struct mg_gsp *gsp, struct magma_error *err)
{
    struct nvhw_r570_gsp_static_info request = {0}, reply = {0};
    uint32_t size = sizeof reply;
    enum magma_code code;

    code = mg_rpc_call(gsp->rpc, NV_RPC_FUNCTION_GET_GSP_STATIC_INFO, &request, sizeof request,
                       &reply, &size, err);
    if (code == MAGMA_OK)
        code = mg_staticinfo_read(&reply, size, &gsp->info, err);
    if (code != MAGMA_OK)
        return code;
    snprintf(gsp->info.firmware_version, sizeof gsp->info.firmware_version, "%s",
             gsp->fw_gsp.version);
    gsp->info.vram_reserved.raw = gsp->gen->boot.chain == MG_BOOT_FSP
                                      ? reply.fw_wpr_non_wpr_heap_offset
                                      : gsp->layout.reserved_start;
    if (!gsp->info.vram_reserved.raw || gsp->info.vram_reserved.raw > gsp->info.vram_bytes)
        return mg_fail(err, MAGMA_PROTOCOL, "GSP-RM's part of VRAM begins at 0x%llx of 0x%llx",
                       (unsigned long long)gsp->info.vram_reserved.raw,
                       (unsigned long long)gsp->info.vram_bytes);
    mg_log(mg_hal_log(gsp->hal), MG_LOG_INFO, "GSP-RM %s runs on %s, %llu MiB",
           gsp->info.firmware_version, gsp->info.name,
           (unsigned long long)(gsp->info.vram_bytes >> 20));
    return MAGMA_OK;
}
