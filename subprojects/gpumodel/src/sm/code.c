/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Instruction fetch: code is decoded in blocks of 1 KiB and kept until the instruction cache is
 * invalidated. Each launch compares a block with memory once; a difference means that the driver
 * changed code without invalidating: noted, and decoded anew.
 */
#include "sm.h"

#include <stdlib.h>

static unsigned hash_of(uint64_t va)
{
    return (unsigned)(va / SM_BLOCK_BYTES * 0x9e3779b1u >> 8) % SM_HASH;
}

static void add_access(struct sm_insn *i, uint8_t kind, unsigned slot, unsigned reg, unsigned count)
{
    bool result = slot < NV_SASS_SLOT_COUNT && nvhw_sass_is_result((enum nvhw_sass_slot)slot);
    struct sm_access access = {kind, (uint8_t)reg, (uint8_t)count, (uint8_t)slot, {0, 0}};
    if (result && i->write_count < sizeof(i->write) / sizeof(i->write[0]))
        i->write[i->write_count++] = access;
    else if (!result && i->read_count < sizeof(i->read) / sizeof(i->read[0]))
        i->read[i->read_count++] = access;
}

static void collect_slot(struct sm_insn *i, unsigned slot)
{
    const struct nvhw_sass_operand *o = &i->s.o[slot];
    unsigned width = nvhw_sass_width(&i->s, (enum nvhw_sass_slot)slot);
    switch (o->kind) {
    case NV_SASS_REG:
        if (!width)
            return;
        add_access(i, NV_SASS_REG, slot, o->reg, width);
        if (o->reg + width > i->reg_limit)
            i->reg_limit = (uint16_t)(o->reg + width);
        if (o->reg % (width == 3 ? 4 : width))
            i->misaligned = true;
        return;
    case NV_SASS_UREG:
        if (width)
            add_access(i, NV_SASS_UREG, slot, o->reg, width);
        return;
    case NV_SASS_CONST_UR:
        if (o->reg != NV_SASS_URZ)
            add_access(i, NV_SASS_UREG, slot, o->reg, 2);
        return;
    case NV_SASS_PRED:
    case NV_SASS_UPRED:
        if (o->reg != NV_SASS_PT)
            add_access(i, o->kind, slot, o->reg, 1);
        return;
    default:
        return;
    }
}

static bool guard_is_uniform(const struct sm_insn *i)
{
    return i->pipe == NV_SASS_PIPE_UDP || i->s.op == NV_SASS_UMOV || i->s.op == NV_SASS_ULDC ||
           i->s.op == NV_SASS_LDCU || i->s.op == NV_SASS_S2UR;
}

static void decode_insn(struct sm_insn *i, unsigned sm_version, const uint8_t *bytes)
{
    memset(i, 0, sizeof(*i));
    i->decoded = nvhw_sass_decode(sm_version, bytes, &i->s);
    if (!i->decoded)
        return;
    i->exec = sm_exec_find(i->s.op);
    i->illegal = nvhw_sass_illegal(sm_version, &i->s);
    if (i->s.mod[NV_SASS_MOD_B64] && i->s.op != NV_SASS_CS2R)
        i->exec = NULL; /* sm_120's 64-bit forms of 32-bit operations: not supported */
    i->pipe = (uint8_t)nvhw_sass_pipe(sm_version, &i->s);
    i->variable = nvhw_sass_is_variable(sm_version, &i->s);
    if (i->s.guard != NV_SASS_PT)
        add_access(i, guard_is_uniform(i) ? NV_SASS_UPRED : NV_SASS_PRED, NV_SASS_SLOT_COUNT,
                   i->s.guard, 1);
    for (unsigned slot = 0; slot < NV_SASS_SLOT_COUNT; slot++)
        collect_slot(i, slot);
    if (i->s.op == NV_SASS_P2R)
        for (unsigned p = 0; p < 7; p++)
            add_access(i, NV_SASS_PRED, NV_SASS_PA, p, 1);
    for (unsigned n = 0; n < i->read_count; n++)
        for (unsigned part = 0; part < 2; part++)
            i->read[n].reader[part] = (uint8_t)nvhw_sass_reader(sm_version, &i->s, i->read[n].slot,
                                                                i->read[n].kind, part == 1);
}

static void decode_block(struct sm_block *block)
{
    for (unsigned n = 0; n < SM_BLOCK_INSNS; n++)
        decode_insn(&block->insn[n], block->sm_version, block->bytes + (size_t)n * NV_SASS_BYTES);
}

static struct sm_block *find_block(const struct gpum_grid *grid, uint64_t va)
{
    struct sm_block *block = grid->m->sm->blocks[hash_of(va)];
    while (block && (block->va != va || block->sm_version != grid->desc.sm_version ||
                     block->vas.root != grid->desc.vas.root ||
                     block->vas.aperture != grid->desc.vas.aperture))
        block = block->next;
    return block;
}

static struct sm_block *new_block(const struct gpum_grid *grid, uint64_t va, const uint8_t *bytes)
{
    struct sm_block *block = calloc(1, sizeof(*block));
    if (!block)
        return NULL;
    block->va = va;
    block->vas = grid->desc.vas;
    block->sm_version = grid->desc.sm_version;
    memcpy(block->bytes, bytes, SM_BLOCK_BYTES);
    decode_block(block);
    block->next = grid->m->sm->blocks[hash_of(va)];
    grid->m->sm->blocks[hash_of(va)] = block;
    return block;
}

static struct sm_block *get_block(struct sm_ctx *x, uint64_t va)
{
    struct gpum_grid *grid = x->grid;
    struct sm_block *block = find_block(grid, va);
    struct gpum_mmu_fault fault = {0};
    uint8_t bytes[SM_BLOCK_BYTES];
    if (block && block->checked_launch == grid->m->sm->launches)
        return block;
    if (!gpum_virt_read(grid->m, &grid->desc.vas, va, bytes, sizeof(bytes), &fault)) {
        sm_fault_mmu(x, -1, &fault);
        return NULL;
    }
    if (block && memcmp(bytes, block->bytes, sizeof(bytes)) != 0) {
        gpum_note(grid->m, "SM: code at 0x%llx changed without an instruction cache invalidate",
                  (unsigned long long)va);
        memcpy(block->bytes, bytes, sizeof(bytes));
        decode_block(block);
    }
    if (!block)
        block = new_block(grid, va, bytes);
    if (!block)
        sm_fault(x, -1, "out of memory for decoded code");
    else
        block->checked_launch = grid->m->sm->launches;
    return block;
}

const struct sm_insn *sm_fetch(struct sm_ctx *x, uint64_t pc)
{
    uint64_t va = pc & ~(uint64_t)(SM_BLOCK_BYTES - 1);
    if (pc % NV_SASS_BYTES) {
        sm_fault_warp(x, -1, NV_SM_WARP_ERROR_MISALIGNED_PC, "misaligned program counter 0x%llx",
                      (unsigned long long)pc);
        return NULL;
    }
    if (!x->w->block || x->w->block->va != va)
        x->w->block = get_block(x, va);
    return x->w->block ? &x->w->block->insn[(pc - va) / NV_SASS_BYTES] : NULL;
}

void sm_code_drop(struct gpum_sm *sm)
{
    sm->drops++;
    for (unsigned n = 0; n < SM_HASH; n++)
        while (sm->blocks[n]) {
            struct sm_block *block = sm->blocks[n];
            sm->blocks[n] = block->next;
            free(block);
        }
}
