/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Scenes about threads of a CTA and of a grid: barriers, memory of several kinds, atomics. */
#include "scenes.h"

enum { AND = 0xc0, WARP_THREADS = 32 };

static struct nvhw_sass *bar(struct code *c, unsigned mode, int64_t number, int64_t threads)
{
    struct nvhw_sass *s = code_add(c, NV_SASS_BAR);

    s->mod[NV_SASS_MOD_BAR] = (uint16_t)mode;
    s->mod[NV_SASS_MOD_DEFER] = mode == NV_SASS_BAR_SYNC;
    s->o[NV_SASS_LUT] = IMM(number);
    if (threads)
        s->o[NV_SASS_LUT2] = IMM(threads);
    return s;
}

/* P0: the thread belongs to warp 1 or later. */
static void test_later_warps(struct code *c)
{
    code_compare(c, 0, NV_SASS_CMP_GE, S_TID, IMM(WARP_THREADS));
}

/* The thread at the other end of the CTA of `threads` has stored its number. */
static void barrier_shows_shared_memory(struct code *c)
{
    struct nvhw_sass *s;

    code_access(c, NV_SASS_STS, S_OFFSET, 0, S_TID);
    bar(c, NV_SASS_BAR_SYNC, 0, 0);
    s = code_abc(c, NV_SASS_IADD3, 10, R(S_OFFSET), IMM(75 * 4), RZ);
    s->o[NV_SASS_A].neg = true;
    code_access(c, NV_SASS_LDS, 10, 0, 11);
    scene_save(c, 0, 11);
}

static void barrier_shows_global_memory(struct code *c)
{
    struct nvhw_sass *s;

    code_advance(c, S_MEMORY, S_CTA, IMM(96 * 4));
    code_mov(c, 20, R(S_MEMORY));
    code_mov(c, 21, R(S_MEMORY + 1));
    code_advance(c, S_MEMORY, S_TID, IMM(4));
    code_access(c, NV_SASS_STG, S_MEMORY, 0, S_TID);
    bar(c, NV_SASS_BAR_SYNC, 0, 0);
    s = code_abc(c, NV_SASS_IADD3, 10, R(S_TID), IMM(95), RZ);
    s->o[NV_SASS_A].neg = true;
    code_advance(c, 20, 10, IMM(4));
    code_access(c, NV_SASS_LDG, 20, 0, 11);
    scene_save(c, 0, 11);
}

/* Warp 0 arrives and goes on, warp 1 waits for it. */
static void arrivals_do_not_wait(struct code *c)
{
    unsigned other, end;

    test_later_warps(c);
    other = code_jump(c, NV_SASS_BRA, 0);
    code_guard(c, 0, false);
    code_abc(c, NV_SASS_IMAD, 10, R(S_TID), IMM(3), RZ);
    code_access(c, NV_SASS_STS, S_OFFSET, 0, 10);
    bar(c, NV_SASS_BAR_ARV, 1, 2 * WARP_THREADS);
    end = code_jump(c, NV_SASS_BRA, 0);
    code_aim(c, other, c->count);
    bar(c, NV_SASS_BAR_SYNC, 1, 2 * WARP_THREADS);
    code_access(c, NV_SASS_LDS, S_OFFSET, -WARP_THREADS * 4, 10);
    code_aim(c, end, c->count);
    scene_save(c, 0, 10);
}

/* Barriers that count, and, or a predicate of all threads. */
static void barriers_reduce(struct code *c)
{
    static const uint8_t modes[] = {NV_SASS_BAR_RED_POPC, NV_SASS_BAR_RED_AND, NV_SASS_BAR_RED_OR};
    struct nvhw_sass *s;

    code_compare(c, 1, NV_SASS_CMP_GE, S_TID, IMM(41));
    for (unsigned i = 0; i < sizeof modes; i++) {
        bar(c, modes[i], 0, 0)->o[NV_SASS_PA] = P(1);
        s = code_add(c, NV_SASS_B2R);
        s->mod[NV_SASS_MOD_B2R] = NV_SASS_B2R_RESULT;
        s->o[NV_SASS_D] = R(10);
        s->o[NV_SASS_PD] = P(2);
        code_mov(c, 11, IMM(0));
        code_mov(c, 11, IMM(1));
        code_guard(c, 2, false);
        scene_save(c, 2 * i, 10);
        scene_save(c, 2 * i + 1, 11);
    }
}

static void ended_warps_count_as_arrived(struct code *c)
{
    test_later_warps(c);
    code_mov(c, 10, IMM(1));
    scene_save(c, 0, 10);
    code_add(c, NV_SASS_EXIT);
    code_guard(c, 0, false);
    bar(c, NV_SASS_BAR_SYNC, 0, 0);
    scene_save(c, 1, 10);
}

/* Both sides of a branch wait at a barrier of their own, with one number. */
static void diverged_lanes_arrive_apart(struct code *c)
{
    unsigned bssy, skip, end;

    code_abc(c, NV_SASS_LOP3, S_FREE, R(S_LANE), IMM(1), RZ)->o[NV_SASS_LUT] = IMM(AND);
    code_compare(c, 0, NV_SASS_CMP_NE, S_FREE, RZ);
    code_access(c, NV_SASS_STS, S_OFFSET, 0, S_TID);
    bssy = code_jump(c, NV_SASS_BSSY, 0);
    skip = code_jump(c, NV_SASS_BRA, 0);
    code_guard(c, 0, false);
    bar(c, NV_SASS_BAR_SYNC, 0, 0);
    code_mov(c, 10, IMM(1));
    end = code_jump(c, NV_SASS_BRA, 0);
    code_aim(c, skip, c->count);
    bar(c, NV_SASS_BAR_SYNC, 0, 0);
    code_mov(c, 10, IMM(2));
    code_aim(c, end, c->count);
    code_add(c, NV_SASS_BSYNC)->o[NV_SASS_CB] = nvhw_sass_cbar(0);
    code_aim(c, bssy, c->count);
    scene_save(c, 0, 10);
}

static void shared_atomics_add_up(struct code *c)
{
    static const uint8_t ops[] = {NV_SASS_ATOM_ADD, NV_SASS_ATOM_MAX, NV_SASS_ATOM_XOR,
                                  NV_SASS_ATOM_OR};
    struct nvhw_sass *s;

    code_mov(c, 12, IMM(0));
    code_compare(c, 0, NV_SASS_CMP_EQ, S_TID, RZ);
    for (int i = 0; i < (int)sizeof ops; i++) {
        code_access(c, NV_SASS_STS, 12, 4 * i, NV_SASS_RZ);
        code_guard(c, 0, false);
    }
    bar(c, NV_SASS_BAR_SYNC, 0, 0);
    code_mov(c, 13, IMM(3));
    code_abc(c, NV_SASS_IMAD, 13, R(S_TID), IMM(0x10203), R(13));
    for (int i = 0; i < (int)sizeof ops; i++) {
        s = code_add(c, NV_SASS_ATOMS);
        s->mod[NV_SASS_MOD_ATOM] = ops[i];
        s->o[NV_SASS_D] = R(10);
        s->o[NV_SASS_A] = R(12);
        s->o[NV_SASS_B] = R(13);
        s->o[NV_SASS_OFFSET] = IMM(4 * i);
    }
    bar(c, NV_SASS_BAR_SYNC, 0, 0);
    for (int i = 0; i < (int)sizeof ops; i++) {
        code_access(c, NV_SASS_LDS, 12, 4 * i, 10);
        scene_save(c, (unsigned)i, 10);
    }
}

static void global_atomics_add_up(struct code *c)
{
    static const uint8_t ops[] = {NV_SASS_ATOM_ADD, NV_SASS_ATOM_MAX, NV_SASS_ATOM_XOR,
                                  NV_SASS_ATOM_OR};
    struct nvhw_sass *s;

    code_abc(c, NV_SASS_IMAD, 13, R(S_CTA), IMM(64), R(S_TID));
    code_mov(c, 12, IMM(3));
    code_abc(c, NV_SASS_IMAD, 13, R(13), IMM(0x10203), R(12));
    for (int i = 0; i < 2 * (int)sizeof ops; i++) {
        bool red = i >= (int)sizeof ops;

        s = code_add(c, red ? NV_SASS_RED : NV_SASS_ATOMG);
        s->mod[NV_SASS_MOD_E] = 1;
        s->mod[NV_SASS_MOD_ATOM] = ops[red ? i - (int)sizeof ops : i];
        s->mod[NV_SASS_MOD_ORDER] = NV_SASS_ORDER_STRONG_GPU;
        if (!red)
            s->o[NV_SASS_D] = R(10);
        s->o[NV_SASS_A] = R(S_MEMORY);
        s->o[NV_SASS_B] = R(13);
        s->o[NV_SASS_OFFSET] = IMM(4 * i);
    }
}

/* Each lane takes a lock by compare and swap, adds one without an atomic, gives the lock back. */
static void lanes_take_a_lock(struct code *c)
{
    struct nvhw_sass *s;
    unsigned bssy, loop, again;

    code_mov(c, 12, IMM(0));
    code_mov(c, 13, IMM(1));
    bssy = code_jump(c, NV_SASS_BSSY, 0);
    loop = c->count;
    s = code_add(c, NV_SASS_ATOMG_CAS);
    s->mod[NV_SASS_MOD_E] = 1;
    s->mod[NV_SASS_MOD_ORDER] = NV_SASS_ORDER_STRONG_GPU;
    s->o[NV_SASS_D] = R(10);
    s->o[NV_SASS_A] = R(S_MEMORY);
    s->o[NV_SASS_B] = R(12);
    s->o[NV_SASS_C] = R(13);
    code_compare(c, 0, NV_SASS_CMP_NE, 10, RZ);
    again = code_jump(c, NV_SASS_BRA, 0);
    code_guard(c, 0, false);
    code_aim(c, again, loop);
    code_access(c, NV_SASS_LDG, S_MEMORY, 64, 11)->mod[NV_SASS_MOD_ORDER] =
        NV_SASS_ORDER_STRONG_GPU;
    code_abc(c, NV_SASS_IADD3, 11, R(11), IMM(1), RZ);
    code_access(c, NV_SASS_STG, S_MEMORY, 64, 11)->mod[NV_SASS_MOD_ORDER] =
        NV_SASS_ORDER_STRONG_GPU;
    s = code_add(c, NV_SASS_MEMBAR);
    s->mod[NV_SASS_MOD_MEMBAR] = NV_SASS_MEMBAR_SC;
    s->mod[NV_SASS_MOD_SCOPE] = NV_SASS_SCOPE_GPU;
    s = code_add(c, NV_SASS_RED);
    s->mod[NV_SASS_MOD_E] = 1;
    s->mod[NV_SASS_MOD_ATOM] = NV_SASS_ATOM_AND;
    s->mod[NV_SASS_MOD_ORDER] = NV_SASS_ORDER_STRONG_GPU;
    s->o[NV_SASS_A] = R(S_MEMORY);
    s->o[NV_SASS_B] = R(12);
    code_add(c, NV_SASS_BSYNC)->o[NV_SASS_CB] = nvhw_sass_cbar(0);
    code_aim(c, bssy, c->count);
    scene_save(c, 0, 13);
}

/* All of them end without anybody waiting for a scoreboard. */
static void fences_end(struct code *c)
{
    static const uint8_t scopes[] = {NV_SASS_SCOPE_CTA, NV_SASS_SCOPE_SM, NV_SASS_SCOPE_GPU,
                                     NV_SASS_SCOPE_SYS};
    static const uint8_t kinds[] = {NV_SASS_MEMBAR_SC, NV_SASS_MEMBAR_ALL, NV_SASS_MEMBAR_PLAIN};
    struct nvhw_sass *s;

    code_access(c, NV_SASS_STG, S_MEMORY, 0, S_CTA);
    for (unsigned k = 0; k < sizeof kinds; k++)
        for (unsigned i = 0; i < sizeof scopes; i++) {
            s = code_add(c, NV_SASS_MEMBAR);
            s->mod[NV_SASS_MOD_MEMBAR] = kinds[k];
            s->mod[NV_SASS_MOD_SCOPE] = scopes[i];
        }
    code_add(c, NV_SASS_CCTL)->mod[NV_SASS_MOD_CCTL] = NV_SASS_CCTL_IVALL;
    code_add(c, NV_SASS_ERRBAR);
    code_add(c, NV_SASS_YIELD);
    code_add(c, NV_SASS_NOP);
    code_add(c, NV_SASS_NANOSLEEP)->o[NV_SASS_B] = IMM(100);
    code_mov(c, 10, IMM(1));
    scene_save(c, 0, 10);
}

static void local_memory_is_the_threads_own(struct code *c)
{
    code_abc(c, NV_SASS_LOP3, 12, R(S_TID), IMM(7), RZ)->o[NV_SASS_LUT] = IMM(AND);
    code_abc(c, NV_SASS_IMAD, 12, R(12), IMM(4), RZ);
    code_abc(c, NV_SASS_IMAD, 13, R(S_CTA), IMM(1000), R(S_TID));
    code_access(c, NV_SASS_STL, 12, 0, 13);
    code_access(c, NV_SASS_STL, 12, 32, S_TID);
    code_access(c, NV_SASS_LDL, 12, 0, 10);
    code_access(c, NV_SASS_LDL, 12, 32, 11);
    scene_save(c, 0, 10);
    scene_save(c, 1, 11);
}

#define SCENE(fn) .name = #fn, .write = fn

const struct scene scenes_of_threads[] = {
    {SCENE(barrier_shows_shared_memory),
     {76, 1, 1},
     {2, 1, 1},
     .shared_bytes = 1024,
     .barriers = 1},
    {SCENE(barrier_shows_global_memory), {96, 1, 1}, {3, 1, 1}, .barriers = 1},
    {SCENE(arrivals_do_not_wait), {64, 1, 1}, {1, 1, 1}, .shared_bytes = 1024, .barriers = 2},
    {SCENE(barriers_reduce), {96, 1, 1}, {1, 1, 1}, .barriers = 1},
    {SCENE(ended_warps_count_as_arrived), {96, 1, 1}, {1, 1, 1}, .barriers = 1},
    {SCENE(diverged_lanes_arrive_apart),
     {64, 1, 1},
     {1, 1, 1},
     .shared_bytes = 1024,
     .barriers = 1},
    {SCENE(shared_atomics_add_up), {128, 1, 1}, {2, 1, 1}, .shared_bytes = 1024, .barriers = 1},
    {SCENE(global_atomics_add_up), {64, 1, 1}, {5, 1, 1}},
    {SCENE(lanes_take_a_lock), {64, 1, 1}, {2, 1, 1}},
    {SCENE(fences_end), {64, 1, 1}, {1, 1, 1}},
    {SCENE(local_memory_is_the_threads_own), {64, 1, 1}, {4, 1, 1}, .local_bytes = 64},
    {0}};
