/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* When a channel dies: GSP-RM logs the error and tells the host. */
#include <nvhw/fifo.h>
#include <nvhw/gmmu.h>
#include <nvhw/rpc.h>
#include <stdio.h>
#include <string.h>

#include "gsp_state.h"

#define SCOPE_CHANNEL 1u

void gpum_gsp_channel_error(struct gpum *m, uint32_t runlist, uint32_t chid, uint32_t xid,
                            const struct gpum_mmu_fault *mmu, const char *text)
{
    struct nvhw_r570_rpc_os_error_log log = {
        .except_type = xid,
        .runlist_id = runlist,
        .chid = chid,
    };
    struct nvhw_r570_rpc_rc_triggered rc = {
        .chid = chid,
        .except_type = xid,
        .scope = SCOPE_CHANNEL,
    };
    char line[sizeof(log.err_string)];
    snprintf(line, sizeof(line), "%s", text);
    memcpy(log.err_string, line, sizeof(line));
    for (const struct gpum_rm_object *o = m->gsp->rm.objects; o; o = o->next)
        if (o->is_channel && o->u.channel.chid == chid && o->u.channel.runlist == runlist)
            rc.engine_type = o->u.channel.engine_type;
    if (mmu) {
        /* Faults are reported by page. */
        rc.mmu_fault_addr_lo = (uint32_t)(mmu->va & ~(uint64_t)(NV_GMMU_PAGE_4K - 1));
        rc.mmu_fault_addr_hi = (uint32_t)(mmu->va >> 32);
        rc.mmu_fault_type = mmu->type;
    }
    gpum_trace(m, "channel %u on runlist %u dies: Xid %u: %s", chid, runlist, xid, text);
    if (m->gsp->phase != GPUM_GSP_RUNNING)
        return;
    gpum_gsp_log(m, line);
    if (mmu)
        gpum_rpc_event(m, NV_RPC_EVENT_MMU_FAULT_QUEUED, NULL, 0);
    gpum_rpc_event(m, NV_RPC_EVENT_OS_ERROR_LOG, &log, sizeof(log));
    gpum_rpc_event(m, NV_RPC_EVENT_RC_TRIGGERED, &rc, sizeof(rc));
}
