/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* GSP-RM's life: from the moment its core runs to its halt. One phase after the other. */
#include "gsp.h"

#include <nvhw/falcon.h>
#include <nvhw/rpc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot.h"
#include "chip.h"
#include "gsp_state.h"
#include "plan.h"

#define LINE_MAX_BYTES 256

const struct gpum_unit gpum_gsp_units[] = {{.name = NULL}}; /* its registers are the falcon's */

bool gpum_gsp_create(struct gpum *m)
{
    m->gsp = calloc(1, sizeof(*m->gsp));
    if (!m->gsp)
        return false;
    m->gsp->last = &m->gsp->first;
    return true;
}

void gpum_gsp_power_on(struct gpum *m)
{
    gpum_gsp_stop(m);
    m->gsp->phase = GPUM_GSP_OFF;
}

void gpum_gsp_destroy(struct gpum *m)
{
    if (!m->gsp)
        return;
    gpum_rpc_drop_all(m);
    gpum_rm_stop(m);
    free(m->gsp);
}

void gpum_gsp_start(struct gpum *m, uint64_t arguments)
{
    struct gpum_gsp *g = m->gsp;
    gpum_gsp_stop(m);
    memcpy(&g->meta, m->vram + m->boot->wpr2_start, sizeof(g->meta));
    g->arguments = arguments;
    g->phase = GPUM_GSP_ARGUMENTS;
}

void gpum_gsp_stop(struct gpum *m)
{
    struct gpum_gsp *g = m->gsp;
    gpum_rpc_drop_all(m);
    gpum_rm_stop(m);
    g->phase = GPUM_GSP_HALTED;
    memset(g->pages, 0, sizeof(g->pages));
    g->log_count = 0;
    g->command_read = g->sequence_in = g->status_write = g->sequence_out = 0;
    g->doorbell = g->have_system_info = g->have_registry = false;
}

void gpum_gsp_hang(struct gpum *m, const char *fmt, ...)
{
    char line[LINE_MAX_BYTES];
    va_list args;
    va_start(args, fmt);
    vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);
    gpum_fault(m, "GSP-RM hangs: %s", line);
    m->gsp->phase = GPUM_GSP_HUNG;
}

static void halt(struct gpum *m)
{
    m->boot->gsp.riscv_active = false;
    m->boot->gsp.riscv_halted = true;
    m->gsp->phase = GPUM_GSP_HALTED;
}

void gpum_gsp_crash(struct gpum *m)
{
    gpum_note(m, "plan: GSP-RM crashes");
    gpum_gsp_log(m, "panic: stopped by the fault plan");
    halt(m);
    gpum_rpc_drop_all(m);
    gpum_falcon_raise(m, &m->boot->gsp, NVHW_NUM(NV_PFALCON_FALCON_IRQSTAT, HALT, 1));
}

void gpum_gsp_doorbell(struct gpum *m)
{
    if (!m->boot->gsp.riscv_active)
        gpum_fault(m, "GSP doorbell while GSP-RM does not run");
    m->gsp->doorbell = true;
}

/* The two messages that carry settings and get no reply. */
static void take_settings(struct gpum *m)
{
    struct gpum_gsp *g = m->gsp;
    const struct nvhw_rpc_header *h = &g->message_header;
    if (h->function == NV_RPC_FUNCTION_GSP_SET_SYSTEM_INFO && !g->have_system_info)
        g->have_system_info = gpum_system_info_ok(m, g->message, g->message_bytes);
    else if (h->function == NV_RPC_FUNCTION_SET_REGISTRY && !g->have_registry)
        g->have_registry = gpum_registry_ok(m, g->message, g->message_bytes);
    else
        gpum_gsp_hang(m, "message %u while it waits for system info and registry", h->function);
    if (!g->have_system_info || !g->have_registry || g->phase == GPUM_GSP_HUNG)
        return;
    gpum_plan_reach(m, "sysinfo");
    gpum_rm_start(m);
    if (m->chip->boot_class == GPUM_BOOT_FSP)
        gpum_gsp_init_done(m); /* no register program there */
    else
        gpum_gsp_send_sequencer(m);
}

static void unload(struct gpum *m, uint32_t sequence)
{
    gpum_plan_reach(m, "unload");
    gpum_gsp_log(m, "unloading");
    gpum_rpc_send(m, NV_RPC_FUNCTION_UNLOADING_GUEST_DRIVER, sequence, 0, m->gsp->message,
                  m->gsp->message_bytes);
    gpum_rm_stop(m);
    m->gsp->phase = GPUM_GSP_UNLOADING;
}

static bool finish_unload(struct gpum *m)
{
    if (gpum_rpc_flush(m))
        return true;
    m->boot->gsp.mailbox[0] = NV_GSP_MAILBOX0_UNLOADED;
    halt(m);
    if (m->chip->boot_class == GPUM_BOOT_FSP) { /* the FMC takes the protection down itself */
        m->boot->wpr2_start = m->boot->wpr2_end = m->boot->frts_start = 0;
        m->memory_generation++;
    }
    return false;
}

static void take_message(struct gpum *m)
{
    struct gpum_gsp *g = m->gsp;
    const struct nvhw_rpc_header *h = &g->message_header;
    gpum_trace(m, "GSP takes %u (%u bytes)", h->function, g->message_bytes);
    if (gpum_plan_gsp_halt(m))
        gpum_gsp_crash(m);
    else if (g->phase == GPUM_GSP_SETTINGS)
        take_settings(m);
    else if (h->function == NV_RPC_FUNCTION_UNLOADING_GUEST_DRIVER)
        unload(m, h->sequence);
    else
        gpum_rm_message(m, h->function, h->sequence, g->message, g->message_bytes);
}

/* While booting the queue is polled; later it is looked at when the doorbell rang. */
static bool receive(struct gpum *m)
{
    struct gpum_gsp *g = m->gsp;
    bool complete;
    if (g->phase == GPUM_GSP_RUNNING && !g->doorbell)
        return false;
    if (!gpum_rpc_receive(m, &complete)) {
        g->doorbell = false;
        return false;
    }
    if (complete)
        take_message(m);
    return true;
}

bool gpum_gsp_step(struct gpum *m, unsigned budget)
{
    struct gpum_gsp *g = m->gsp;
    bool more = false;
    (void)budget;
    switch (g->phase) {
    case GPUM_GSP_ARGUMENTS:
        gpum_gsp_read_arguments(m);
        more = true;
        break;
    case GPUM_GSP_SEQUENCER:
        gpum_gsp_check_sequencer(m);
        break;
    case GPUM_GSP_UNLOADING:
        return finish_unload(m);
    case GPUM_GSP_SETTINGS:
    case GPUM_GSP_RUNNING:
        more = receive(m);
        break;
    default:
        return false;
    }
    return gpum_rpc_flush(m) || more;
}
