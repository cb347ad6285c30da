/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See accidents.h. */
#include "accidents.h"

#include <string.h>

enum { FAR_REGISTER = 100, NOWHERE_HIGH = 0x70 };

/* Marks the place where accident_encode puts other bytes. */
static void to_be_replaced(struct code *c)
{
    code_add(c, NV_SASS_BPT)->mod[NV_SASS_MOD_BPT] = NV_SASS_BPT_PAUSE;
}

static void no_such_opcode(struct code *c)
{
    to_be_replaced(c);
}

static void equal_types(struct code *c)
{
    struct nvhw_sass *s = code_add(c, NV_SASS_F2F);

    s->mod[NV_SASS_MOD_DST] = NV_SASS_DST_F32;
    s->mod[NV_SASS_MOD_SRC] = NV_SASS_SRC_F32;
    s->o[NV_SASS_D] = R(10);
    s->o[NV_SASS_B] = R(S_TID);
}

static void register_beyond_the_count(struct code *c)
{
    code_mov(c, FAR_REGISTER, IMM(1));
}

static void odd_register_pair(struct code *c)
{
    code_access(c, NV_SASS_LDG, S_MEMORY, 0, 9)->mod[NV_SASS_MOD_SIZE] = NV_SASS_SIZE_B64;
}

static void misaligned_global(struct code *c)
{
    code_access(c, NV_SASS_LDG, S_MEMORY, 2, 10);
}

static void misaligned_shared(struct code *c)
{
    code_access(c, NV_SASS_LDS, S_OFFSET, 2, 10);
}

static void misaligned_local(struct code *c)
{
    code_mov(c, 12, IMM(2));
    code_access(c, NV_SASS_LDL, 12, 0, 10);
}

static void unmapped(struct code *c, enum nvhw_sass_op op)
{
    struct nvhw_sass *s;

    code_mov(c, 12, IMM(0));
    code_mov(c, 13, IMM(NOWHERE_HIGH));
    if (op != NV_SASS_RED) {
        code_access(c, op, 12, 0, 10);
        return;
    }
    s = code_add(c, op);
    s->mod[NV_SASS_MOD_E] = 1;
    s->mod[NV_SASS_MOD_ORDER] = NV_SASS_ORDER_STRONG_GPU;
    s->o[NV_SASS_A] = R(12);
    s->o[NV_SASS_B] = R(13);
}

static void unmapped_read(struct code *c)
{
    unmapped(c, NV_SASS_LDG);
}

static void unmapped_write(struct code *c)
{
    unmapped(c, NV_SASS_STG);
}

static void unmapped_atomic(struct code *c)
{
    unmapped(c, NV_SASS_RED);
}

static void address_out_of_range(struct code *c)
{
    code_mov(c, 12, IMM(0));
    code_mov(c, 13, IMM(1 << 30));
    code_access(c, NV_SASS_LDG, 12, 0, 10);
}

static void shared_out_of_range(struct code *c)
{
    code_mov(c, 12, IMM(0x40000));
    code_access(c, NV_SASS_STS, 12, 0, S_TID);
}

/* The first byte behind what the launch has. */
static void shared_at_its_end(struct code *c)
{
    code_mov(c, 12, IMM(1024));
    code_access(c, NV_SASS_STS, 12, 0, S_TID);
}

static void local_out_of_range(struct code *c)
{
    code_mov(c, 12, IMM(0x80000));
    code_access(c, NV_SASS_STL, 12, 0, S_TID);
}

static void local_at_its_end(struct code *c)
{
    code_mov(c, 12, IMM(64));
    code_access(c, NV_SASS_STL, 12, 0, S_TID);
}

static void trap(struct code *c)
{
    code_add(c, NV_SASS_BPT)->mod[NV_SASS_MOD_BPT] = NV_SASS_BPT_TRAP;
}

static void no_end(struct code *c)
{
    to_be_replaced(c);
}

static void counter_misaligned(struct code *c)
{
    struct nvhw_sass *s;

    code_mov(c, 20, IMM(8));
    code_mov(c, 21, IMM(0));
    s = code_add(c, NV_SASS_RET);
    s->mod[NV_SASS_MOD_NODEC] = 1;
    s->o[NV_SASS_A] = R(20);
}

static void counter_nowhere(struct code *c)
{
    struct nvhw_sass *s;

    code_mov(c, 20, IMM(0));
    code_mov(c, 21, IMM(NOWHERE_HIGH));
    s = code_add(c, NV_SASS_RET);
    s->mod[NV_SASS_MOD_RET] = NV_SASS_RET_ABS;
    s->mod[NV_SASS_MOD_NODEC] = 1;
    s->o[NV_SASS_A] = R(20);
}

static void barrier_beyond_the_count(struct code *c)
{
    code_add(c, NV_SASS_BAR)->o[NV_SASS_LUT] = IMM(5);
}

static void constant_bank_unbound(struct code *c)
{
    code_mov(c, 10, nvhw_sass_const(5, 0));
    scene_save(c, 0, 10);
}

static void bsync_without_bssy(struct code *c)
{
    code_add(c, NV_SASS_BSYNC)->o[NV_SASS_CB] = nvhw_sass_cbar(4);
    code_mov(c, 10, IMM(1));
    scene_save(c, 0, 10);
}

static void warpsync_without_oneself(struct code *c)
{
    code_mov(c, 13, IMM(1));
    code_add(c, NV_SASS_WARPSYNC)->o[NV_SASS_B] = R(13);
    code_mov(c, 10, IMM(1));
    scene_save(c, 0, 10);
}

/* The next instruction waits for a scoreboard that the last one sets. */
static void wait_for_the_last(struct code *c)
{
    struct nvhw_sass *s = &c->insn[c->count - 1];

    code_serial(s);
    s->control.write_sb = 3;
    code_keep_control(c);
    s = code_mov(c, 10, IMM(1));
    code_serial(s);
    s->control.wait_mask = 1 << 3;
    code_keep_control(c);
    scene_save(c, 0, 10);
}

static void fence(struct code *c, unsigned kind, unsigned scope)
{
    struct nvhw_sass *s = code_add(c, NV_SASS_MEMBAR);

    s->mod[NV_SASS_MOD_MEMBAR] = (uint16_t)kind;
    s->mod[NV_SASS_MOD_SCOPE] = (uint16_t)scope;
    wait_for_the_last(c);
}

static void wait_for_membar_all_cta(struct code *c)
{
    fence(c, NV_SASS_MEMBAR_ALL, NV_SASS_SCOPE_CTA);
}

static void wait_for_membar_all_gpu(struct code *c)
{
    fence(c, NV_SASS_MEMBAR_ALL, NV_SASS_SCOPE_GPU);
}

static void wait_for_membar_sc_gpu(struct code *c)
{
    fence(c, NV_SASS_MEMBAR_SC, NV_SASS_SCOPE_GPU);
}

static void wait_for_membar_sys(struct code *c)
{
    fence(c, NV_SASS_MEMBAR_PLAIN, NV_SASS_SCOPE_SYS);
}

static void wait_for_cctl_ivall(struct code *c)
{
    code_add(c, NV_SASS_CCTL)->mod[NV_SASS_MOD_CCTL] = NV_SASS_CCTL_IVALL;
    wait_for_the_last(c);
}

static void wait_for_errbar(struct code *c)
{
    code_add(c, NV_SASS_ERRBAR);
    wait_for_the_last(c);
}

bool accident_encode(const struct accident *a, uint8_t bytes[SCENE_CODE])
{
    struct nvhw_sass s;

    if (!scene_encode(&a->scene, bytes))
        return false;
    if (a->scene.write != no_such_opcode && a->scene.write != no_end)
        return true;
    for (unsigned i = 0; i < SCENE_CODE; i += NV_SASS_BYTES) {
        if (!nvhw_sass_decode(90, bytes + i, &s) || s.op != NV_SASS_BPT)
            continue;
        if (a->scene.write == no_end) /* zeros to the end of the code */
            memset(bytes + i, 0, SCENE_CODE - i);
        else
            bytes[i] = bytes[i + 1] = 0xff;
        return true;
    }
    return false;
}

#define SCENE(fn)                                                                                  \
    {                                                                                              \
        .name = #fn, .write = fn, .cta = {32, 1, 1}, .groups = {1, 1, 1}, .shared_bytes = 1024,    \
        .local_bytes = 64, .barriers = 1                                                           \
    }

const struct accident accidents[] = {
    {SCENE(no_such_opcode), "ILLEGAL_INSTR_ENCODING", "ILLEGAL_INSTR_ENCODING", false},
    {SCENE(equal_types), "ILLEGAL_INSTR_ENCODING", "ILLEGAL_INSTR_ENCODING", false},
    {SCENE(register_beyond_the_count), "OOR_REG", "OOR_REG", false},
    {SCENE(odd_register_pair), "MISALIGNED_REG", "MISALIGNED_REG", false},
    {SCENE(misaligned_global), "MISALIGNED_ADDR", "MISALIGNED_ADDR", false},
    {SCENE(misaligned_shared), "MISALIGNED_ADDR", "MISALIGNED_ADDR", false},
    {SCENE(misaligned_local), "MISALIGNED_ADDR", "MISALIGNED_ADDR", false},
    {SCENE(unmapped_read), "read of unmapped address", "MMU fault", false},
    {SCENE(unmapped_write), "write of unmapped address", "MMU fault", false},
    {SCENE(unmapped_atomic), "atomic of unmapped address", "MMU fault", false},
    {SCENE(address_out_of_range), "OOR_ADDR", "OOR_ADDR", false},
    {SCENE(shared_out_of_range), "OOR_ADDR", "OOR_ADDR", false},
    {SCENE(shared_at_its_end), "OOR_ADDR", "OOR_ADDR", false},
    {SCENE(local_out_of_range), "OOR_ADDR", "OOR_ADDR", false},
    {SCENE(local_at_its_end), "OOR_ADDR", "OOR_ADDR", false},
    {SCENE(trap), "ILLEGAL_INSTR_ENCODING", "ILLEGAL_INSTR_ENCODING", false},
    {SCENE(no_end), "ILLEGAL_INSTR_ENCODING", "ILLEGAL_INSTR_ENCODING", false},
    {SCENE(counter_misaligned), "MISALIGNED_PC", "MISALIGNED_PC", false},
    {SCENE(counter_nowhere), "read of unmapped address", "MMU fault", false},
    {SCENE(barrier_beyond_the_count), "ILLEGAL_INSTR_PARAM", "ILLEGAL_INSTR_PARAM", false},
    {SCENE(constant_bank_unbound), "constant bank 5 is not bound", NULL, false},
    {SCENE(bsync_without_bssy), "BSYNC", NULL, false},
    {SCENE(warpsync_without_oneself), "ILLEGAL_INSTR_PARAM", "ILLEGAL_INSTR_PARAM", false},
    {SCENE(wait_for_membar_all_cta), "control codes: waits for scoreboard 3", NULL, true},
    {SCENE(wait_for_membar_all_gpu), "control codes: waits for scoreboard 3", NULL, true},
    {SCENE(wait_for_membar_sc_gpu), "control codes: waits for scoreboard 3", NULL, true},
    {SCENE(wait_for_membar_sys), "control codes: waits for scoreboard 3", NULL, true},
    {SCENE(wait_for_cctl_ivall), "control codes: waits for scoreboard 3", NULL, true},
    {SCENE(wait_for_errbar), NULL, NULL, false},
    {.scene = {0}}};
