/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The boot through FSP (Hopper, Blackwell): not supported yet. */
#include "libmagma/gsp/priv.h"

#include "libmagma/core/status.h"

enum magma_code mg_gsp_fill_fmc(struct mg_gsp *gsp, struct magma_error *err)
{
    return mg_fail(err, MAGMA_NOT_SUPPORTED, "booting %s through FSP is not supported yet",
                   gsp->gen->title);
}

enum magma_code mg_gsp_send_cot(struct mg_gsp *gsp, struct magma_error *err)
{
    return mg_gsp_fill_fmc(gsp, err);
}

enum magma_code mg_gsp_wait_lockdown(struct mg_gsp *gsp, struct magma_error *err)
{
    return mg_gsp_fill_fmc(gsp, err);
}
