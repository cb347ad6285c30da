/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The interpreter of sequencer.h: one opcode word, then its operands. */
#include "libmagma/rpc/sequencer.h"

#include <string.h>

#include <nvhw/rpc.h>

#include "libmagma/core/status.h"
#include "libmagma/gsp/deadlines.h"
#include "libmagma/hal/hal.h"

#define WORD sizeof(uint32_t)

struct machine {
    struct mg_hal *hal;
    const struct mg_sequencer_core *core;
    const uint8_t *commands;
    uint32_t size_bytes, at;
    uint32_t save[8]; /* REG_STORE's area */
};

static bool operands(struct machine *m, void *out, uint32_t size_bytes)
{
    if (size_bytes > m->size_bytes - m->at)
        return false;
    memcpy(out, m->commands + m->at, size_bytes);
    m->at += size_bytes;
    return true;
}

static enum magma_code cut_off(struct magma_error *err)
{
    return mg_fail(err, MAGMA_PROTOCOL, "operands are cut off");
}

static enum magma_code check_address(struct machine *m, uint32_t address, struct magma_error *err)
{
    if (address % WORD == 0 && address < mg_mmio_size_bytes(m->hal))
        return MAGMA_OK;
    return mg_fail(err, MAGMA_PROTOCOL, "register 0x%08x is outside BAR0", address);
}

static enum magma_code reg_write(struct machine *m, struct magma_error *err)
{
    struct nvhw_seq_reg_write op;
    enum magma_code code;

    if (!operands(m, &op, sizeof op))
        return cut_off(err);
    code = check_address(m, op.addr, err);
    if (code == MAGMA_OK)
        mg_mmio_wr32(m->hal, op.addr, op.val);
    return code;
}

static enum magma_code reg_modify(struct machine *m, struct magma_error *err)
{
    struct nvhw_seq_reg_modify op;
    uint32_t value;
    enum magma_code code;

    if (!operands(m, &op, sizeof op))
        return cut_off(err);
    code = check_address(m, op.addr, err);
    if (code == MAGMA_OK)
        code = mg_mmio_read(m->hal, op.addr, &value, err);
    if (code == MAGMA_OK)
        mg_mmio_wr32(m->hal, op.addr, (value & ~op.mask) | op.val);
    return code;
}

static enum magma_code reg_poll(struct machine *m, struct magma_error *err)
{
    struct nvhw_seq_reg_poll op;
    uint64_t timeout_ns;
    enum magma_code code;

    if (!operands(m, &op, sizeof op))
        return cut_off(err);
    code = check_address(m, op.addr, err);
    if (code != MAGMA_OK)
        return code;
    timeout_ns = op.timeout_us ? MG_US(op.timeout_us) : MG_DEADLINE_SEQUENCER_POLL_NS;
    if (timeout_ns > MG_SEQUENCER_POLL_MAX_NS)
        timeout_ns = MG_SEQUENCER_POLL_MAX_NS;
    code = mg_mmio_poll(m->hal, op.addr, op.mask, op.val, timeout_ns, err);
    return code == MAGMA_TIMEOUT ? mg_prefix(err, code, "error 0x%x", op.error) : code;
}

static enum magma_code delay_us(struct machine *m, struct magma_error *err)
{
    struct nvhw_seq_delay_us op;

    if (!operands(m, &op, sizeof op))
        return cut_off(err);
    if (MG_US(op.val) > MG_SEQUENCER_DELAY_MAX_NS)
        return mg_fail(err, MAGMA_PROTOCOL, "a delay of %u us", op.val);
    mg_sleep_ns(mg_hal_clock(m->hal), MG_US(op.val));
    return MAGMA_OK;
}

static enum magma_code reg_store(struct machine *m, struct magma_error *err)
{
    struct nvhw_seq_reg_store op;
    enum magma_code code;

    if (!operands(m, &op, sizeof op))
        return cut_off(err);
    code = check_address(m, op.addr, err);
    if (code == MAGMA_OK && op.index >= sizeof m->save / WORD)
        code = mg_fail(err, MAGMA_PROTOCOL, "save area index %u", op.index);
    return code == MAGMA_OK ? mg_mmio_read(m->hal, op.addr, &m->save[op.index], err) : code;
}

static enum magma_code step(struct machine *m, uint32_t opcode, struct magma_error *err)
{
    switch (opcode) {
    case NV_SEQ_OPCODE_REG_WRITE:
        return reg_write(m, err);
    case NV_SEQ_OPCODE_REG_MODIFY:
        return reg_modify(m, err);
    case NV_SEQ_OPCODE_REG_POLL:
        return reg_poll(m, err);
    case NV_SEQ_OPCODE_DELAY_US:
        return delay_us(m, err);
    case NV_SEQ_OPCODE_REG_STORE:
        return reg_store(m, err);
    case NV_SEQ_OPCODE_CORE_RESET:
        return m->core->reset(m->core->ctx, err);
    case NV_SEQ_OPCODE_CORE_START:
        return m->core->start(m->core->ctx, err);
    case NV_SEQ_OPCODE_CORE_WAIT_FOR_HALT:
        return m->core->wait_halted(m->core->ctx, err);
    case NV_SEQ_OPCODE_CORE_RESUME:
        return m->core->resume(m->core->ctx, err);
    default:
        return mg_fail(err, MAGMA_PROTOCOL, "unknown opcode %u", opcode);
    }
}

enum magma_code mg_sequencer_run(struct mg_hal *hal, const struct mg_sequencer_core *core,
                                 const void *payload, uint32_t size_bytes, struct magma_error *err)
{
    struct nvhw_rpc_cpu_sequencer head;
    struct machine m = {.hal = hal, .core = core};
    uint32_t opcode = 0, begin;

    if (size_bytes < sizeof head)
        return mg_fail(err, MAGMA_PROTOCOL, "sequencer: a program of 0x%x bytes", size_bytes);
    memcpy(&head, payload, sizeof head);
    memcpy(m.save, head.reg_save_area, sizeof m.save);
    m.commands = (const uint8_t *)payload + sizeof head;
    if (head.cmd_index > (size_bytes - sizeof head) / WORD)
        return mg_fail(err, MAGMA_PROTOCOL, "sequencer: %u words of program in 0x%x bytes",
                       head.cmd_index, size_bytes);
    m.size_bytes = head.cmd_index * (uint32_t)WORD;
    while (m.at < m.size_bytes) {
        enum magma_code code;
        const char *name;

        begin = m.at;
        operands(&m, &opcode, sizeof opcode);
        code = step(&m, opcode, err);
        if (code == MAGMA_OK && mg_hal_gone(hal))
            code = mg_hal_check(hal, err);
        name = nvhw_seq_opcode_name(opcode);
        if (code != MAGMA_OK)
            return mg_prefix(err, code, "sequencer: %s at word %u", name ? name : "command",
                             begin / (uint32_t)WORD);
        mg_debug(mg_hal_log(hal), MG_DEBUG(rpc), "sequencer: word %u: %s", begin / (uint32_t)WORD,
                 name);
    }
    return MAGMA_OK;
}
