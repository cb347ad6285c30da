/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a channel error was: the notifier's code, the address of an MMU fault, and for exceptions of
 * the graphics engine what the SMs say, read through a debugger object that is made for it.
 */
#include <stdio.h>
#include <string.h>

#include <nvhw/gmmu.h>
#include <nvhw/rm.h>
#include <nvhw/rmioctl.h>

#include "libmagma/core/status.h"
#include "libmagma/winsys/nvidia_private.h"

#define TEXT_BYTES 256u

/* ---- Exceptions of SMs ----------------------------------------------------------------------- */

static void describe_sm(const struct nvhw_rmi_sm_error *sm, uint32_t number, char *text)
{
    uint32_t error = NVHW_GET(NV_SM_WARP_ESR, ERROR, sm->warp_esr);
    const char *name = nvhw_sm_warp_error_name(error);

    snprintf(text, TEXT_BYTES, "SM %u: %s at pc 0x%llx, address 0x%llx (warp 0x%x, global 0x%x)",
             number, name ? name : "error", (unsigned long long)sm->warp_pc64,
             (unsigned long long)sm->address, sm->warp_esr, sm->global_esr);
}

/* The first SM that says something, and how many more do. false: nobody does. */
static bool describe_sms(struct mg_nvidia *nv, const struct mg_nvidia_channel *channel,
                         uint32_t debugger, char *text)
{
    struct nvhw_rmi_sm_errors errors;
    uint32_t said = 0;

    for (uint32_t first = 0; first < nv->ws.info.sm_count; first += NV_RMI_SM_ERRORS_MAX) {
        uint32_t left = nv->ws.info.sm_count - first;
        uint32_t count = left < NV_RMI_SM_ERRORS_MAX ? left : NV_RMI_SM_ERRORS_MAX;

        memset(&errors, 0, sizeof errors);
        errors.h_channel = channel->handle;
        errors.starting_sm = first;
        errors.count = count;
        if (mg_rmi_control(&nv->rmi, debugger, NV83DE_CTRL_CMD_DEBUG_READ_ALL_SM_ERROR_STATES,
                           &errors, sizeof errors, NULL) != MAGMA_OK)
            return false;
        for (uint32_t i = 0; i < count; i++)
            if ((errors.sm[i].warp_esr || errors.sm[i].global_esr) && !said++)
                describe_sm(&errors.sm[i], first + i, text);
    }
    if (said > 1)
        snprintf(text + strlen(text), TEXT_BYTES - strlen(text), ", and %u more", said - 1);
    return said;
}

static void describe_exception(struct mg_nvidia *nv, const struct mg_nvidia_channel *channel,
                               uint32_t debugger, char *text)
{
    if (!debugger)
        return;
    if (!describe_sms(nv, channel, debugger, text))
        snprintf(text, TEXT_BYTES,
                 "no SM reports an error: the launch descriptor or the class was "
                 "refused (the kernel's log says more)");
}

/* ---- MMU faults ------------------------------------------------------------------------------ */

/* How the fault at an address came about, "" when nobody knows. */
static const char *access_of(struct mg_nvidia *nv, uint32_t debugger, uint64_t address)
{
    struct nvhw_rmi_mmu_faults faults = {0};

    if (!debugger || mg_rmi_control(&nv->rmi, debugger, NV83DE_CTRL_CMD_DEBUG_READ_MMU_FAULT_INFO,
                                    &faults, sizeof faults, NULL) != MAGMA_OK)
        return "";
    for (uint32_t i = 0; i < faults.count && i < NV_RMI_MMU_FAULTS_MAX; i++)
        if (faults.fault[i].address == address)
            switch (faults.fault[i].access) {
            case NV_PFAULT_ACCESS_TYPE_VIRT_READ:
                return ", a read";
            case NV_PFAULT_ACCESS_TYPE_VIRT_WRITE:
                return ", a write";
            case NV_PFAULT_ACCESS_TYPE_VIRT_ATOMIC_STRONG:
            case NV_PFAULT_ACCESS_TYPE_VIRT_ATOMIC_WEAK:
                return ", an atomic";
            default:
                return ", another access";
            }
    return "";
}

static void describe_fault(struct mg_nvidia *nv, const struct mg_nvidia_channel *channel,
                           uint32_t debugger, char *text)
{
    struct nvhw_rmi_mmu_fault_info fault = {0};
    uint64_t address;

    if (mg_rmi_control(&nv->rmi, channel->handle, NV906F_CTRL_CMD_GET_MMU_FAULT_INFO, &fault,
                       sizeof fault, NULL) != MAGMA_OK)
        return;
    address = (uint64_t)fault.address_hi << 32 | fault.address_lo;
    snprintf(text, TEXT_BYTES, "MMU fault (%.*s) at 0x%llx%s", (int)sizeof fault.text,
             (const char *)fault.text, (unsigned long long)address,
             access_of(nv, debugger, address));
}

/* ---- Both ------------------------------------------------------------------------------------ */

/* 0: the channel has no compute object, or the resource manager refuses. */
static uint32_t create_debugger(struct mg_nvidia *nv, const struct mg_nvidia_channel *channel)
{
    struct nvhw_debugger_alloc_params params = {.h_app_client = nv->rmi.client,
                                                .h_class_3d_object = channel->compute};
    uint32_t debugger = 0;

    if (channel->compute)
        (void)mg_rmi_alloc(&nv->rmi, nv->device, GT200_DEBUGGER, &params, sizeof params, &debugger,
                           NULL);
    return debugger;
}

void mg_nvidia_report_error(struct mg_nvidia *nv, struct mg_nvidia_channel *channel,
                            const volatile struct nvhw_rmi_notification *n)
{
    uint32_t error = n->info32, debugger = create_debugger(nv, channel);
    const char *name = nvhw_rm_error_name(error);
    char text[TEXT_BYTES] = "";

    atomic_store(&channel->dead, true);
    if (error == NV_RM_ERROR_MMU_FAULT)
        describe_fault(nv, channel, debugger, text);
    else if (error == NV_RM_ERROR_GR_EXCEPTION)
        describe_exception(nv, channel, debugger, text);
    mg_rmi_free(&nv->rmi, nv->device, debugger);
    mg_winsys_set_lost(&nv->ws, "channel error %u%s%s on engine %u%s%s", error, name ? " " : "",
                       name ? name : "", n->info16, text[0] ? ": " : "", text);
}
