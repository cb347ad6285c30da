/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A GPU that an earlier driver left booted: only a reset takes its protected region down, and not
 * each kind of reset does so on each board. So the region is looked at after every one.
 */
#include "libmagma/gsp/priv.h"

#include <nvhw/boot.h>

#include "libmagma/core/status.h"
#include "libmagma/gen/gen.h"
#include "libmagma/gsp/deadlines.h"

/* Is the GPU as after power-on? Of struct mg_gsp only hal and gen are used. */
static enum magma_code is_fresh(void *ctx, struct mg_hal *hal, struct magma_error *err)
{
    struct mg_gsp *gsp = ctx;
    uint64_t start = 0, end = 0;
    enum magma_code code;

    mg_sleep_ns(mg_hal_clock(hal), MG_DEADLINE_RESET_SETTLE_NS);
    code = mg_hal_check(hal, err);
    if (code == MAGMA_OK && !gsp->gen)
        gsp->gen = mg_gen_find(mg_mmio_rd32(hal, NV_PMC_BOOT_42), NULL);
    if (code == MAGMA_OK && !gsp->gen)
        return mg_fail(err, MAGMA_NOT_SUPPORTED, "it answers, but is no chip that magma knows");
    if (code == MAGMA_OK)
        code = mg_gsp_wait_devinit(gsp, err);
    if (code == MAGMA_OK)
        code = mg_gsp_wpr2(gsp, &start, &end, err);
    if (code == MAGMA_OK && end)
        code = mg_fail(err, MAGMA_BUSY, "still booted, with its protected region at 0x%llx",
                       (unsigned long long)start);
    return code;
}

enum magma_code mg_gsp_recover(struct mg_gsp *gsp, struct magma_error *err)
{
    struct mg_hal_recover_options options = {.check = is_fresh, .ctx = gsp};
    uint64_t start, end;
    enum magma_code code = mg_gsp_wpr2(gsp, &start, &end, err);

    if (code != MAGMA_OK || !end)
        return code;
    mg_log(mg_hal_log(gsp->hal), MG_LOG_WARN,
           "an earlier driver left the GPU booted (protected region at 0x%llx); resetting it",
           (unsigned long long)start);
    return mg_hal_recover(gsp->hal, &options, err);
}

struct reset {
    struct mg_gsp gsp;
    const struct mg_gsp_reset_options *options;
};

static enum magma_code reset_check(void *ctx, struct mg_hal *hal, struct magma_error *err)
{
    struct reset *reset = ctx;

    return is_fresh(&reset->gsp, hal, err);
}

static void reset_report(void *ctx, const char *method, enum magma_code code, const char *text)
{
    const struct reset *reset = ctx;

    if (reset->options && reset->options->report)
        reset->options->report(reset->options->ctx, method, code, text);
}

enum magma_code mg_gsp_reset(struct mg_hal *hal, const struct mg_gsp_reset_options *options,
                             struct magma_error *err)
{
    struct reset reset = {.gsp = {.hal = hal}, .options = options};
    struct mg_hal_recover_options recover = {
        .check = reset_check, .report = reset_report, .ctx = &reset};

    return mg_hal_recover(hal, &recover, err);
}
