/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Whether GSP-RM still runs, its interrupt, and its log for the report when it does not. */
#include "libmagma/gsp/priv.h"

#include <stdio.h>

#include <nvhw/falcon.h>

#include "libmagma/core/status.h"

/* Looks in a row at which the core stands still before that is believed: while GSP-RM starts it
 * stops on purpose, with a message in the queue that tells the host to go on. */
#define STOPPED_LOOKS 2

uint32_t mg_gsp_log_tail(struct mg_gsp *gsp, const char *log, void *out, uint32_t size_bytes)
{
    return mg_libos_log_tail(&gsp->libos, log, out, size_bytes);
}

static enum magma_code halted(struct mg_gsp *gsp, struct magma_error *err)
{
    uint64_t words[4];
    char text[96] = "";
    uint32_t bytes = mg_gsp_log_tail(gsp, "LOGRM", words, sizeof words);
    int length = 0;

    for (uint32_t i = 0; i < bytes / sizeof words[0]; i++)
        length += snprintf(text + length, sizeof text - (size_t)length, " %016llx",
                           (unsigned long long)words[i]);
    return mg_fail(err, MAGMA_DEVICE_LOST, "GSP-RM halted; end of its log:%s",
                   text[0] ? text : " (empty)");
}

enum magma_code mg_gsp_check(struct mg_gsp *gsp, struct magma_error *err)
{
    uint32_t status;
    enum magma_code code = mg_hal_check(gsp->hal, err);

    if (code == MAGMA_OK)
        code = mg_mmio_read(gsp->hal, gsp->falcon.base + NV_PFALCON_FALCON_IRQSTAT, &status, err);
    if (code != MAGMA_OK || gsp->ending)
        return code;
    if (gsp->running && NVHW_GET(NV_PFALCON_FALCON_IRQSTAT, HALT, status))
        return halted(gsp, err);
    if (mg_falcon_riscv_active(&gsp->falcon))
        atomic_store(&gsp->stopped_looks, 0);
    else if (atomic_fetch_add(&gsp->stopped_looks, 1) + 1 >= STOPPED_LOOKS)
        return halted(gsp, err);
    return MAGMA_OK;
}

/* ---- Interrupt ---- */

static void on_irq(void *ctx, uint32_t vector)
{
    struct mg_gsp *gsp = ctx;
    struct magma_error error = {0};
    uint32_t base = gsp->falcon.base,
             status = mg_mmio_rd32(gsp->hal, base + NV_PFALCON_FALCON_IRQSTAT);

    (void)vector;
    mg_mmio_wr32(gsp->hal, base + NV_PFALCON_FALCON_IRQSCLR,
                 status & (NVHW_MASK(NV_PFALCON_FALCON_IRQSCLR, SWGEN0)));
    if (gsp->gen->boot.irq_retrigger)
        mg_mmio_wr32(gsp->hal, base + NV_PFALCON_FALCON_INTR_RETRIGGER,
                     NVHW_DEF(NV_PFALCON_FALCON_INTR_RETRIGGER, TRIGGER, TRUE));
    if (NVHW_GET(NV_PFALCON_FALCON_IRQSTAT, HALT, status) && mg_gsp_check(gsp, &error) != MAGMA_OK)
        mg_rpc_kill(gsp->rpc, &error);
    else if (mg_rpc_poll(gsp->rpc, &error) != MAGMA_OK)
        mg_debug(mg_hal_log(gsp->hal), MG_DEBUG(rpc), "rpc: %s", error.text);
}

enum magma_code mg_gsp_attach_irq(struct mg_gsp *gsp, struct mg_irq *irq, uint32_t vector,
                                  struct magma_error *err)
{
    enum magma_code code = mg_irq_attach(irq, vector, on_irq, gsp, err);

    if (code != MAGMA_OK)
        return code;
    gsp->irq = irq;
    gsp->irq_vector = vector;
    /* What came before the vector was enabled raised no interrupt that we saw. */
    on_irq(gsp, vector);
    return MAGMA_OK;
}

void mg_gsp_detach_irq(struct mg_gsp *gsp)
{
    if (gsp->irq)
        mg_irq_detach(gsp->irq, gsp->irq_vector);
    gsp->irq = NULL;
}
