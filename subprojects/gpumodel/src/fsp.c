/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * FSP's message channel: the host writes a packet into EMEM, sets tail and head; FSP answers the
 * same way through the other pair. A packet is an MCTP word, an NVDM word and a payload.
 */
#include "fsp.h"

#include <string.h>

#include "boot.h"
#include "chip.h"
#include "model.h"
#include "plan.h"

#define ANSWER_NS      200000
#define BOOT_NS        2000000
#define LOCKED_POLLS   4
#define LOCKDOWN_POLLS 8
#define WORD           4u
#define HEADERS        ((size_t)2 * WORD)
/* FSP's error codes; the sources only say that 0 is good. */
enum { ERROR_PACKET = 0x91, ERROR_COMMAND = 0x92 };

void gpum_fsp_power_on(struct gpum *m)
{
    m->boot->fsp = (struct gpum_fsp){0};
}

static uint32_t port_address(const struct gpum_fsp *f)
{
    return NVHW_GET(NV_PFSP_EMEMC, BLK, f->ememc) * NV_FALCON_BLOCK_SIZE_BYTES +
           NVHW_GET(NV_PFSP_EMEMC, OFFS, f->ememc) * WORD;
}

static void port_step(struct gpum_fsp *f)
{
    uint32_t at = port_address(f) + WORD;
    f->ememc = NVHW_SET(NV_PFSP_EMEMC, OFFS, f->ememc, at % NV_FALCON_BLOCK_SIZE_BYTES / WORD);
    f->ememc = NVHW_SET(NV_PFSP_EMEMC, BLK, f->ememc, at / NV_FALCON_BLOCK_SIZE_BYTES & 0xff);
}

static uint32_t read_port(struct gpum_fsp *f)
{
    uint32_t at = port_address(f), value = 0;
    if (at <= sizeof(f->emem) - WORD)
        memcpy(&value, f->emem + at, WORD);
    if (NVHW_GET(NV_PFSP_EMEMC, AINCR, f->ememc))
        port_step(f);
    return value;
}

static void write_port(struct gpum *m, struct gpum_fsp *f, uint32_t value)
{
    uint32_t at = port_address(f);
    if (f->phase == GPUM_FSP_WORKING || at > sizeof(f->emem) - WORD)
        gpum_fault(m, "FSP: EMEM write at 0x%x %s", at,
                   f->phase == GPUM_FSP_WORKING ? "while FSP reads the message"
                                                : "beyond the channel");
    else
        memcpy(f->emem + at, &value, WORD);
    if (NVHW_GET(NV_PFSP_EMEMC, AINCW, f->ememc))
        port_step(f);
}

static void ring(struct gpum *m, struct gpum_fsp *f, uint32_t head)
{
    gpum_boot_devinit_done(m, "FSP message");
    if (f->phase != GPUM_FSP_IDLE || head != 0) {
        gpum_fault(m, "FSP: QUEUE_HEAD written with 0x%x while %s", head,
                   f->phase == GPUM_FSP_IDLE ? "it must be 0" : "FSP is busy");
        return;
    }
    f->queue_head = head;
    f->phase = GPUM_FSP_WORKING;
    f->due_ns = m->time_ns + ANSWER_NS;
    f->polls = 0;
}

static void answer(struct gpum *m, uint32_t command, uint32_t error)
{
    struct gpum_fsp *f = &m->boot->fsp;
    uint32_t headers[2] = {
        NVHW_NUM(NV_MCTP_HEADER, SOM, 1) | NVHW_NUM(NV_MCTP_HEADER, EOM, 1),
        NVHW_DEF(NV_NVDM_HEADER, TYPE, VENDOR_PCI) | NVHW_DEF(NV_NVDM_HEADER, VENDOR_ID, NVIDIA) |
            NVHW_DEF(NV_NVDM_HEADER, NVDM_TYPE, FSP_RESPONSE),
    };
    struct nvhw_fsp_response r = {.command_nvdm_type = command, .error_code = error};
    memcpy(f->emem, headers, sizeof(headers));
    memcpy(f->emem + sizeof(headers), &r, sizeof(r));
    f->queue_head = f->queue_tail; /* the message is taken */
    f->message_head = 0;
    f->message_tail = (uint32_t)(sizeof(headers) + sizeof(r)) - WORD;
}

/* The padding word that some senders add is let pass. */
static uint32_t take_cot(struct gpum *m, uint32_t size_bytes)
{
    struct gpum_fsp *f = &m->boot->fsp;
    struct nvhw_fsp_cot_payload p;
    if (size_bytes != HEADERS + sizeof(p) && size_bytes != HEADERS + sizeof(p) + WORD) {
        gpum_fault(m, "FSP: a chain-of-trust message of 0x%x bytes, wanted 0x%zx", size_bytes,
                   HEADERS + sizeof(p));
        return ERROR_PACKET;
    }
    memcpy(&p, f->emem + HEADERS, sizeof(p));
    return gpum_fmc_accept(m, &p);
}

static void take_message(struct gpum *m)
{
    struct gpum_fsp *f = &m->boot->fsp;
    uint32_t headers[2], size = f->queue_tail + WORD, error = ERROR_PACKET;
    memcpy(headers, f->emem, sizeof(headers));
    uint32_t type = NVHW_GET(NV_NVDM_HEADER, NVDM_TYPE, headers[1]);
    f->phase = GPUM_FSP_IDLE;
    if (size > sizeof(f->emem) || !NVHW_GET(NV_MCTP_HEADER, SOM, headers[0]) ||
        !NVHW_GET(NV_MCTP_HEADER, EOM, headers[0]) ||
        !NVHW_TEST(NV_NVDM_HEADER, TYPE, VENDOR_PCI, headers[1]) ||
        !NVHW_TEST(NV_NVDM_HEADER, VENDOR_ID, NVIDIA, headers[1])) {
        gpum_fault(m, "FSP: packet with headers 0x%08x 0x%08x and 0x%x bytes", headers[0],
                   headers[1], size);
    } else if (type == NV_NVDM_HEADER_NVDM_TYPE_COT) {
        gpum_plan_reach(m, "fsp");
        error = take_cot(m, size);
        if (!error) {
            f->phase = GPUM_FSP_BOOTING;
            gpum_falcon_power_on(m, &m->boot->gsp); /* FSP resets the engine first */
            f->polls = 0;
            f->due_ns = m->time_ns + BOOT_NS;
        }
    } else {
        gpum_note(m, "FSP: NVDM type 0x%x is not supported by this model", type);
        error = ERROR_COMMAND;
    }
    answer(m, type, error);
}

bool gpum_fsp_step(struct gpum *m)
{
    struct gpum_fsp *f = &m->boot->fsp;
    bool due = m->time_ns >= f->due_ns;
    if (f->phase == GPUM_FSP_WORKING && (due || f->polls >= LOCKED_POLLS))
        take_message(m);
    else if (f->phase == GPUM_FSP_BOOTING && (due || f->polls >= LOCKDOWN_POLLS)) {
        f->phase = GPUM_FSP_IDLE;
        gpum_fmc_run(m);
    }
    return f->phase != GPUM_FSP_IDLE;
}

uint32_t gpum_fsp_read(struct gpum *m, uint32_t offset)
{
    struct gpum_fsp *f = &m->boot->fsp;
    switch (offset) {
    case NV_PFSP_EMEMC(0):
        return f->ememc;
    case NV_PFSP_EMEMD(0):
        return read_port(f);
    case NV_PFSP_QUEUE_HEAD(0):
        return f->queue_head;
    case NV_PFSP_QUEUE_TAIL(0):
        return f->queue_tail;
    case NV_PFSP_MSGQ_HEAD(0):
        if (f->phase == GPUM_FSP_WORKING) {
            f->polls++;
            gpum_fsp_step(m);
        }
        return f->message_head;
    case NV_PFSP_MSGQ_TAIL(0):
        return f->message_tail;
    default:
        return 0;
    }
}

void gpum_fsp_write(struct gpum *m, uint32_t offset, uint32_t value)
{
    struct gpum_fsp *f = &m->boot->fsp;
    switch (offset) {
    case NV_PFSP_EMEMC(0):
        f->ememc = value;
        break;
    case NV_PFSP_EMEMD(0):
        write_port(m, f, value);
        break;
    case NV_PFSP_QUEUE_TAIL(0):
        f->queue_tail = value;
        break;
    case NV_PFSP_QUEUE_HEAD(0):
        ring(m, f, value);
        break;
    case NV_PFSP_MSGQ_HEAD(0):
        f->message_head = value;
        break;
    case NV_PFSP_MSGQ_TAIL(0):
        f->message_tail = value;
        break;
    default:
        gpum_note(m, "FSP: write of 0x%08x to 0x%06x ignored", value, offset);
        break;
    }
}

bool gpum_fsp_locks_gsp(struct gpum *m, uint32_t *value)
{
    struct gpum_fsp *f = &m->boot->fsp;
    if (f->phase != GPUM_FSP_BOOTING)
        return false;
    f->polls++;
    *value = NV_PRI_GSP_LOCKED | (f->polls & 0xf);
    gpum_fsp_step(m);
    return f->phase == GPUM_FSP_BOOTING && f->polls < LOCKED_POLLS;
}

bool gpum_fsp_lockdown(const struct gpum *m)
{
    return m->chip->boot_class == GPUM_BOOT_FSP && !m->boot->gsp.riscv_active &&
           !m->boot->gsp.riscv_halted;
}
