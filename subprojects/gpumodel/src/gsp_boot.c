/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * GSP-RM's first steps: the argument page that the mailboxes name, the RM arguments in it, the
 * page table and the command queue's header; then its own status queue header; later the register
 * program that it has the host run.
 */
#include <nvhw/boot.h>
#include <nvhw/rpc.h>
#include <nvhw/wpr.h>
#include <string.h>

#include "boot.h"
#include "chip.h"
#include "gsp_state.h"
#include "plan.h"

#define PAGE             NV_GSP_QUEUE_PAGE_SIZE
/* Scratch registers that the register program works on, and what they hold when it ran right. */
#define PROGRAM_SCRATCH  0x20u
#define DONE_SCRATCH     0x21u
#define PROGRAM_START    0xcafe0001u
#define PROGRAM_MASK     0x0000ffffu
#define PROGRAM_VALUE    0x00000002u
#define PROGRAM_RESULT   0xcafe0002u
#define PROGRAM_DONE     1u
#define PROGRAM_DELAY_US 5u

static bool page_mapped(struct gpum *m, uint64_t address)
{
    uint64_t run;
    return address % PAGE == 0 && gpum_phys(m, GPUM_SYS_COHERENT, address, true, &run) != NULL;
}

static const char *argument_wrong(struct gpum *m, const struct nvhw_libos_arg *arg)
{
    if (arg->kind != NV_LIBOS_ARG_KIND_CONTIGUOUS)
        return "its kind is not contiguous";
    if (arg->location != NV_LIBOS_ARG_LOC_SYSMEM)
        return "its location is not system memory";
    if (arg->address % PAGE || arg->size == 0 || arg->size % PAGE)
        return "address or size is no whole page";
    for (uint64_t at = 0; at < arg->size; at += PAGE)
        if (!page_mapped(m, arg->address + at))
            return "not all of it is mapped";
    return NULL;
}

static void argument_name(uint64_t id8, char *name)
{
    unsigned length = 0;
    for (unsigned shift = 64; shift > 0; shift -= 8) {
        char c = (char)(id8 >> (shift - 8));
        if (c >= ' ' && c <= '~')
            name[length++] = c;
    }
    name[length] = '\0';
}

/* Writes a log buffer's first lines, as the GSP does from its first moment. */
static void start_log(struct gpum *m, const struct nvhw_libos_arg *arg)
{
    struct gpum_gsp *g = m->gsp;
    struct nvhw_libos_log_header header;
    if (!gpum_phys_read(m, GPUM_SYS_COHERENT, arg->address, &header, sizeof(header)))
        return;
    for (unsigned i = 0; i < sizeof(header.page) / sizeof(*header.page); i++) {
        uint64_t page = arg->address + (uint64_t)i * PAGE;
        if (header.page[i] == 0 || header.page[i] == page)
            continue;
        gpum_fault(m, "log buffer: entry %u of its page table is 0x%llx, its page is 0x%llx", i,
                   (unsigned long long)header.page[i], (unsigned long long)page);
        break;
    }
    if (g->log_count < GPUM_LOG_BUFFERS_MAX)
        g->logs[g->log_count++] = (struct gpum_log_buffer){arg->id8, arg->address, arg->size};
}

/* The put pointer counts words of the whole buffer: itself, the page table, then the text. */
static void append_log(struct gpum *m, const struct gpum_log_buffer *log, const char *text)
{
    const uint64_t first = sizeof(struct nvhw_libos_log_header) / sizeof(uint64_t);
    uint64_t end = log->size_bytes / sizeof(uint64_t), put = 0, length = strlen(text);
    if (!gpum_phys_read(m, GPUM_SYS_COHERENT, log->address, &put, sizeof(put)))
        return;
    if (put < first || put >= end)
        put = first;
    for (uint64_t at = 0; at < length; at += sizeof(uint64_t)) {
        uint64_t word = 0, left = length - at;
        memcpy(&word, text + at, left < sizeof(word) ? left : sizeof(word));
        gpum_phys_write(m, GPUM_SYS_COHERENT, log->address + put * sizeof(word), &word,
                        sizeof(word));
        put = put + 1 < end ? put + 1 : first;
    }
    gpum_phys_write(m, GPUM_SYS_COHERENT, log->address, &put, sizeof(put));
}

void gpum_gsp_log(struct gpum *m, const char *text)
{
    const struct gpum_gsp *g = m->gsp;
    for (unsigned i = 0; i < g->log_count; i++)
        if (g->logs[i].id8 == NV_LIBOS_ID_LOGRM)
            append_log(m, &g->logs[i], text);
}

/* Reads the page; *rm_arguments gets the RM arguments' address. */
static bool read_page(struct gpum *m, uint64_t address, uint64_t *rm_arguments)
{
    static const uint64_t needed[] = {NV_LIBOS_ID_LOGINIT, NV_LIBOS_ID_LOGINTR, NV_LIBOS_ID_LOGRM,
                                      NV_LIBOS_ID_RMARGS};
    enum { NEEDED = sizeof(needed) / sizeof(*needed) };
    struct nvhw_libos_arg arg;
    unsigned seen = 0;
    char name[9];
    for (uint64_t at = 0; at < NV_LIBOS_ARGS_SIZE; at += sizeof(arg)) {
        if (!gpum_phys_read(m, GPUM_SYS_COHERENT, address + at, &arg, sizeof(arg)))
            return false;
        if (!arg.id8)
            break;
        argument_name(arg.id8, name);
        const char *wrong = argument_wrong(m, &arg);
        if (wrong) {
            gpum_gsp_hang(m, "libos argument %s: %s", name, wrong);
            return false;
        }
        for (unsigned i = 0; i < NEEDED; i++)
            if (needed[i] == arg.id8)
                seen |= 1u << i;
        if (arg.id8 == NV_LIBOS_ID_RMARGS)
            *rm_arguments = arg.address;
        else
            start_log(m, &arg);
    }
    for (unsigned i = 0; i < NEEDED; i++) {
        if (seen & 1u << i)
            continue;
        argument_name(needed[i], name);
        gpum_gsp_hang(m, "libos argument %s is missing", name);
        return false;
    }
    return true;
}

static bool read_page_table(struct gpum *m, uint64_t shared)
{
    struct gpum_gsp *g = m->gsp;
    g->pages[0] = shared;
    if (!page_mapped(m, shared) || !gpum_shared_read(m, 0, g->pages, sizeof(g->pages)) ||
        g->pages[0] != shared) {
        g->pages[0] = 0;
        gpum_gsp_hang(m, "queue page table at 0x%llx does not begin with itself",
                      (unsigned long long)shared);
        return false;
    }
    for (unsigned i = 0; i < NV_GSP_QUEUE_PAGE_TABLE_ENTRIES; i++) {
        if (page_mapped(m, g->pages[i]))
            continue;
        gpum_gsp_hang(m, "queue page table: entry %u (0x%llx) is no mapped page", i,
                      (unsigned long long)g->pages[i]);
        g->pages[0] = 0;
        return false;
    }
    return true;
}

static bool command_header_ok(struct gpum *m)
{
    struct nvhw_gsp_queue_header h;
    const char *wrong = NULL;
    if (!gpum_shared_read(m, NV_GSP_QUEUE_CMD_OFFSET, &h, sizeof(h)))
        return false;
    if (h.version != NV_GSP_QUEUE_VERSION)
        wrong = "version";
    else if (h.size != NV_GSP_QUEUE_SIZE)
        wrong = "size";
    else if (h.msg_size != NV_GSP_QUEUE_MSG_SIZE || h.msg_count != NV_GSP_QUEUE_MSG_COUNT)
        wrong = "message size or count";
    else if (h.flags != NV_GSP_QUEUE_FLAGS_SWAP_RX)
        wrong = "flags";
    else if (h.rx_header_offset != NV_GSP_QUEUE_RX_OFFSET ||
             h.entry_offset != NV_GSP_QUEUE_ENTRY_OFFSET)
        wrong = "offsets";
    else if (h.write_ptr >= NV_GSP_QUEUE_MSG_COUNT || h.read_ptr != 0)
        wrong = "indices";
    if (wrong)
        gpum_gsp_hang(m, "command queue header: wrong %s", wrong);
    return !wrong;
}

static bool rm_arguments_ok(struct gpum *m, uint64_t address, uint64_t *shared)
{
    struct nvhw_r570_gsp_arguments a;
    if (!gpum_phys_read(m, GPUM_SYS_COHERENT, address, &a, sizeof(a)))
        return false;
    *shared = a.shared_mem_phys_addr;
    if (a.page_table_entry_count != NV_GSP_QUEUE_PAGE_TABLE_ENTRIES ||
        a.cmd_queue_offset != NV_GSP_QUEUE_CMD_OFFSET ||
        a.stat_queue_offset != NV_GSP_QUEUE_STAT_OFFSET) {
        gpum_gsp_hang(m, "RM arguments: %u pages, queues at 0x%llx and 0x%llx",
                      a.page_table_entry_count, (unsigned long long)a.cmd_queue_offset,
                      (unsigned long long)a.stat_queue_offset);
        return false;
    }
    if (a.sr_old_level || a.sr_flags || a.sr_in_pm_transition) {
        gpum_gsp_hang(m, "RM arguments: resume was asked for, but nothing was suspended");
        return false;
    }
    return true;
}

static void write_status_header(struct gpum *m)
{
    struct nvhw_gsp_queue_header h = {
        .version = NV_GSP_QUEUE_VERSION,
        .size = NV_GSP_QUEUE_SIZE,
        .msg_size = NV_GSP_QUEUE_MSG_SIZE,
        .msg_count = NV_GSP_QUEUE_MSG_COUNT,
        .flags = NV_GSP_QUEUE_FLAGS_SWAP_RX,
        .rx_header_offset = NV_GSP_QUEUE_RX_OFFSET,
        .entry_offset = NV_GSP_QUEUE_ENTRY_OFFSET,
    };
    gpum_shared_write(m, NV_GSP_QUEUE_STAT_OFFSET, &h, sizeof(h));
}

void gpum_gsp_read_arguments(struct gpum *m)
{
    struct gpum_falcon *f = &m->boot->gsp;
    uint64_t address = m->gsp->arguments, arguments = 0, shared = 0;
    gpum_plan_reach(m, "libos");
    if (!address || !page_mapped(m, address)) {
        gpum_gsp_hang(m, "its arguments are at 0x%llx, which is no mapped page",
                      (unsigned long long)address);
        return;
    }
    if (!read_page(m, address, &arguments) || !rm_arguments_ok(m, arguments, &shared) ||
        !read_page_table(m, shared) || !command_header_ok(m)) {
        if (m->gsp->phase != GPUM_GSP_HUNG)
            gpum_gsp_hang(m, "the argument pages cannot be read");
        return;
    }
    write_status_header(m);
    gpum_gsp_log(m, "model of GSP-RM 570.144");
    f->mailbox[0] = f->mailbox[1] = 0;
    m->gsp->phase = GPUM_GSP_SETTINGS;
}

/* ---- The register program ----------------------------------------------------------------------
 */

void gpum_gsp_send_sequencer(struct gpum *m)
{
    const uint32_t at = NV_PBUS_SW_SCRATCH(PROGRAM_SCRATCH), all = UINT32_MAX;
    const uint32_t program[] = {
        NV_SEQ_OPCODE_REG_WRITE,
        at,
        PROGRAM_START,
        NV_SEQ_OPCODE_REG_MODIFY,
        at,
        PROGRAM_MASK,
        PROGRAM_VALUE,
        NV_SEQ_OPCODE_REG_POLL,
        at,
        all,
        PROGRAM_RESULT,
        0,
        0,
        NV_SEQ_OPCODE_DELAY_US,
        PROGRAM_DELAY_US,
        NV_SEQ_OPCODE_REG_STORE,
        at,
        3,
        NV_SEQ_OPCODE_REG_WRITE,
        NV_PBUS_SW_SCRATCH(DONE_SCRATCH),
        PROGRAM_DONE,
    };
    struct {
        struct nvhw_rpc_cpu_sequencer head;
        uint32_t commands[sizeof(program) / sizeof(*program)];
    } payload = {.head = {.buffer_size_dwords = sizeof(program) / sizeof(*program),
                          .cmd_index = sizeof(program) / sizeof(*program)}};
    static const char line[] = "model of GSP-RM: settings taken\n";
    struct {
        struct nvhw_rpc_libos_print head;
        char text[sizeof(line)];
    } print = {.head = {.size = sizeof(line)}};
    memcpy(print.text, line, sizeof(line));
    memcpy(payload.commands, program, sizeof(program));
    gpum_plan_reach(m, "sequencer");
    m->boot->scratch[PROGRAM_SCRATCH] = m->boot->scratch[DONE_SCRATCH] = 0;
    gpum_rpc_event(m, NV_RPC_EVENT_UCODE_LIBOS_PRINT, &print, sizeof(print));
    gpum_rpc_event(m, NV_RPC_EVENT_GSP_RUN_CPU_SEQUENCER, &payload, sizeof(payload));
    m->gsp->phase = GPUM_GSP_SEQUENCER;
}

void gpum_gsp_init_done(struct gpum *m)
{
    gpum_plan_reach(m, "init-done");
    gpum_gsp_log(m, "init done");
    m->gsp->phase = GPUM_GSP_RUNNING;
    gpum_rpc_event(m, NV_RPC_EVENT_GSP_INIT_DONE, NULL, 0);
}

void gpum_gsp_check_sequencer(struct gpum *m)
{
    if (m->boot->scratch[DONE_SCRATCH] != PROGRAM_DONE)
        return;
    if (m->boot->scratch[PROGRAM_SCRATCH] != PROGRAM_RESULT) {
        gpum_gsp_hang(m, "CPU sequencer: the program left 0x%08x, not 0x%08x",
                      m->boot->scratch[PROGRAM_SCRATCH], PROGRAM_RESULT);
        return;
    }
    gpum_gsp_init_done(m);
}
