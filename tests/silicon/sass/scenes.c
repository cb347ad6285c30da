/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Scenes about branches and lanes: see scenes.h. */
#include "scenes.h"

#include <string.h>

enum {
    ROOT_OUTPUT = 0x210,
    ROOT_MEMORY = 0x218,
    ROOT_CTA = 0x220,  /* x, y, threads */
    ROOT_GRID = 0x22c, /* x, y */
    AND = 0xc0         /* truth table of a & b */
};

uint32_t scene_threads(const struct scene *s)
{
    return s->cta[0] * s->cta[1] * s->cta[2] * s->groups[0] * s->groups[1] * s->groups[2];
}

void scene_root(const struct scene *s, uint64_t output_va, uint64_t memory_va,
                uint8_t root[SCENE_ROOT])
{
    uint32_t threads = s->cta[0] * s->cta[1] * s->cta[2];

    memset(root, 0, SCENE_ROOT);
    memcpy(root + ROOT_OUTPUT, &output_va, 8);
    memcpy(root + ROOT_MEMORY, &memory_va, 8);
    memcpy(root + ROOT_CTA, s->cta, 8);
    memcpy(root + ROOT_CTA + 8, &threads, 4);
    memcpy(root + ROOT_GRID, s->groups, 8);
}

/* R[d] = (z * y size + y) * x size + x of three special registers. */
static void linear(struct code *c, unsigned d, unsigned number, unsigned sizes_at)
{
    code_special(c, d, number + 2);
    code_special(c, S_FREE, number + 1);
    code_abc(c, NV_SASS_IMAD, d, R(d), ROOT(sizes_at + 4), R(S_FREE));
    code_special(c, S_FREE, number);
    code_abc(c, NV_SASS_IMAD, d, R(d), ROOT(sizes_at), R(S_FREE));
}

bool scene_encode(const struct scene *s, uint8_t bytes[SCENE_CODE])
{
    static struct code c;

    c.count = 0;
    linear(&c, S_TID, NV_SASS_SR_TID_X, ROOT_CTA);
    linear(&c, S_CTA, NV_SASS_SR_CTAID_X, ROOT_GRID);
    for (unsigned i = 0; i < 2; i++) {
        code_mov(&c, S_OUT + i, ROOT(ROOT_OUTPUT + 4 * i));
        code_mov(&c, S_MEMORY + i, ROOT(ROOT_MEMORY + 4 * i));
    }
    code_abc(&c, NV_SASS_IMAD, S_FREE, R(S_CTA), ROOT(ROOT_CTA + 8), R(S_TID));
    code_advance(&c, S_OUT, S_FREE, IMM(SCENE_WORDS * 4));
    code_special(&c, S_LANE, NV_SASS_SR_LANEID);
    code_abc(&c, NV_SASS_IMAD, S_OFFSET, R(S_TID), IMM(4), RZ);
    s->write(&c);
    code_add(&c, NV_SASS_EXIT);
    return code_encode(&c, bytes, SCENE_CODE);
}

void scene_save(struct code *c, unsigned word, unsigned reg)
{
    code_access(c, NV_SASS_STG, S_OUT, word * 4, reg);
}

void scene_ballot(struct code *c, unsigned d)
{
    code_add(c, NV_SASS_VOTE)->o[NV_SASS_D] = R(d);
}

/* P[p] = (R[a] & mask) != 0 */
static void test_bits(struct code *c, unsigned p, unsigned a, unsigned mask)
{
    code_abc(c, NV_SASS_LOP3, S_FREE, R(a), IMM(mask), RZ)->o[NV_SASS_LUT] = IMM(AND);
    code_compare(c, p, NV_SASS_CMP_NE, S_FREE, RZ);
}

static void bsync(struct code *c, unsigned b)
{
    code_add(c, NV_SASS_BSYNC)->o[NV_SASS_CB] = nvhw_sass_cbar(b);
}

/* ---- Branches ---------------------------------------------------------------------------------
 */

static void both_sides_meet(struct code *c)
{
    unsigned bssy, skip, end;

    test_bits(c, 0, S_LANE, 1);
    bssy = code_jump(c, NV_SASS_BSSY, 3);
    skip = code_jump(c, NV_SASS_BRA, 0);
    code_guard(c, 0, false);
    code_mov(c, 10, IMM(100));
    scene_ballot(c, 11);
    end = code_jump(c, NV_SASS_BRA, 0);
    code_aim(c, skip, c->count);
    code_mov(c, 10, IMM(200));
    scene_ballot(c, 11);
    code_aim(c, end, c->count);
    bsync(c, 3);
    code_aim(c, bssy, c->count);
    scene_ballot(c, 12);
    for (unsigned i = 0; i < 3; i++)
        scene_save(c, i, 10 + i);
}

static void regions_nest(struct code *c)
{
    unsigned outer, inner, skip_outer, skip_inner;

    code_mov(c, 10, IMM(0));
    test_bits(c, 0, S_LANE, 3);
    test_bits(c, 1, S_LANE, 8);
    outer = code_jump(c, NV_SASS_BSSY, 0);
    skip_outer = code_jump(c, NV_SASS_BRA, 0);
    code_guard(c, 0, true);
    inner = code_jump(c, NV_SASS_BSSY, 1);
    skip_inner = code_jump(c, NV_SASS_BRA, 0);
    code_guard(c, 1, false);
    code_abc(c, NV_SASS_IADD3, 10, R(10), IMM(1), RZ);
    code_aim(c, skip_inner, c->count);
    bsync(c, 1);
    code_aim(c, inner, c->count);
    scene_ballot(c, 11);
    scene_save(c, 1, 11);
    code_aim(c, skip_outer, c->count);
    bsync(c, 0);
    code_aim(c, outer, c->count);
    scene_ballot(c, 12);
    scene_save(c, 0, 10);
    scene_save(c, 2, 12);
}

/* Lanes leave at different times, some for good by BREAK. */
static void lanes_leave_a_loop(struct code *c)
{
    unsigned bssy, loop, away, back, out;

    code_mov(c, 10, IMM(0));
    code_mov(c, 13, R(S_LANE));
    test_bits(c, 2, S_LANE, 4);
    bssy = code_jump(c, NV_SASS_BSSY, 0);
    loop = c->count;
    code_abc(c, NV_SASS_IADD3, 10, R(10), IMM(3), RZ);
    code_abc(c, NV_SASS_IADD3, 13, R(13), IMM(-1), RZ);
    code_compare(c, 0, NV_SASS_CMP_LT, 13, RZ);
    back = code_jump(c, NV_SASS_BRA, 0);
    code_guard(c, 0, true);
    code_aim(c, back, loop);
    code_add(c, NV_SASS_BREAK)->o[NV_SASS_CB] = nvhw_sass_cbar(0);
    code_guard(c, 2, false);
    away = code_jump(c, NV_SASS_BRA, 0);
    code_guard(c, 2, false);
    bsync(c, 0);
    code_aim(c, bssy, c->count);
    scene_ballot(c, 11);
    out = code_jump(c, NV_SASS_BRA, 0);
    code_aim(c, away, c->count);
    code_mov(c, 11, IMM(77));
    code_aim(c, out, c->count);
    scene_save(c, 0, 10);
    scene_save(c, 1, 11);
}

static void lanes_end_inside_a_region(struct code *c)
{
    unsigned bssy, skip;

    test_bits(c, 0, S_LANE, 1);
    test_bits(c, 1, S_LANE, 4);
    code_mov(c, 10, IMM(5));
    scene_save(c, 0, 10);
    bssy = code_jump(c, NV_SASS_BSSY, 2);
    skip = code_jump(c, NV_SASS_BRA, 0);
    code_guard(c, 0, false);
    code_add(c, NV_SASS_EXIT);
    code_guard(c, 1, false);
    code_aim(c, skip, c->count);
    bsync(c, 2);
    code_aim(c, bssy, c->count);
    scene_ballot(c, 11);
    scene_save(c, 1, 11);
}

static void warpsync_joins_lanes(struct code *c)
{
    unsigned skip, end;

    test_bits(c, 0, S_LANE, 1);
    code_mov(c, 13, IMM(-1));
    skip = code_jump(c, NV_SASS_BRA, 0);
    code_guard(c, 0, false);
    code_mov(c, 10, IMM(1));
    end = code_jump(c, NV_SASS_BRA, 0);
    code_aim(c, skip, c->count);
    code_mov(c, 10, IMM(2));
    code_aim(c, end, c->count);
    code_add(c, NV_SASS_WARPSYNC)->o[NV_SASS_B] = R(13);
    scene_ballot(c, 11);
    scene_save(c, 0, 10);
    scene_save(c, 1, 11);
}

static void warpsync_of_halves(struct code *c)
{
    test_bits(c, 0, S_LANE, 16);
    code_mov(c, 13, IMM(0xffff));
    code_mov(c, 13, IMM((int32_t)0xffff0000));
    code_guard(c, 0, false);
    code_add(c, NV_SASS_WARPSYNC)->o[NV_SASS_B] = R(13);
    code_mov(c, 10, IMM(9));
    scene_save(c, 0, 10);
}

static void barriers_move_through_registers(struct code *c)
{
    struct nvhw_sass *s;
    unsigned bssy, skip, end;

    test_bits(c, 0, S_LANE, 1);
    bssy = code_jump(c, NV_SASS_BSSY, 0);
    s = code_add(c, NV_SASS_BMOV);
    s->o[NV_SASS_D] = R(14);
    s->o[NV_SASS_CB] = nvhw_sass_cbar(0);
    skip = code_jump(c, NV_SASS_BRA, 0);
    code_guard(c, 0, false);
    code_mov(c, 10, IMM(1));
    end = code_jump(c, NV_SASS_BRA, 0);
    code_aim(c, skip, c->count);
    code_mov(c, 10, IMM(2));
    code_aim(c, end, c->count);
    bsync(c, 0);
    code_aim(c, bssy, c->count);
    scene_ballot(c, 11);
    scene_save(c, 0, 10);
    scene_save(c, 1, 11);
    scene_save(c, 2, 14);
}

static void pads(struct code *c, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        code_abc(c, NV_SASS_IADD3, 10, R(10), IMM(1 << i), RZ);
}

/* Where an indirect branch lands: the pads that ran are a bit each. */
static void returns_are_relative(struct code *c)
{
    struct nvhw_sass *s;

    code_mov(c, 10, IMM(0));
    code_mov(c, 20, IMM(3 * NV_SASS_BYTES));
    code_mov(c, 21, IMM(0));
    s = code_add(c, NV_SASS_RET);
    s->mod[NV_SASS_MOD_NODEC] = 1;
    s->o[NV_SASS_A] = R(20);
    pads(c, 6);
    scene_save(c, 0, 10);
    code_mov(c, 10, IMM(0));
    s = code_add(c, NV_SASS_RET);
    s->mod[NV_SASS_MOD_NODEC] = 1;
    s->o[NV_SASS_A] = R(20);
    s->o[NV_SASS_OFFSET] = IMM(-(int)NV_SASS_BYTES);
    pads(c, 6);
    scene_save(c, 1, 10);
    code_mov(c, 10, IMM(0));
    s = code_add(c, NV_SASS_CALL_REL);
    s->mod[NV_SASS_MOD_NOINC] = 1;
    s->o[NV_SASS_OFFSET] = IMM(2 * (int)NV_SASS_BYTES);
    pads(c, 6);
    scene_save(c, 2, 10);
}

static void counter_is_read(struct code *c)
{
    struct nvhw_sass *s;

    code_mov(c, 10, IMM(0));
    code_add(c, NV_SASS_LEPC)->o[NV_SASS_D] = R(20);
    s = code_abc(c, NV_SASS_IADD3, 20, R(20), IMM(6 * NV_SASS_BYTES), RZ);
    s->o[NV_SASS_PD] = P(0);
    s = code_abc(c, NV_SASS_IADD3, 21, R(21), RZ, RZ);
    s->mod[NV_SASS_MOD_X] = 1;
    s->o[NV_SASS_PA] = P(0);
    s = code_add(c, NV_SASS_RET);
    s->mod[NV_SASS_MOD_RET] = NV_SASS_RET_ABS;
    s->mod[NV_SASS_MOD_NODEC] = 1;
    s->o[NV_SASS_A] = R(20);
    pads(c, 8);
    scene_save(c, 0, 10);
}

static void lanes_take_their_own_branch(struct code *c)
{
    unsigned bssy, ends[4];
    struct nvhw_sass *s;

    bssy = code_jump(c, NV_SASS_BSSY, 1);
    code_abc(c, NV_SASS_LOP3, 20, R(S_LANE), IMM(3), RZ)->o[NV_SASS_LUT] = IMM(AND);
    code_abc(c, NV_SASS_IMAD, 20, R(20), IMM(2 * NV_SASS_BYTES), RZ);
    code_mov(c, 21, IMM(0));
    s = code_add(c, NV_SASS_BRX);
    s->o[NV_SASS_A] = R(20);
    for (int i = 0; i < 4; i++) {
        code_mov(c, 10, IMM(1000 + i));
        ends[i] = code_jump(c, NV_SASS_BRA, 0);
    }
    for (unsigned i = 0; i < 4; i++)
        code_aim(c, ends[i], c->count);
    bsync(c, 1);
    code_aim(c, bssy, c->count);
    scene_ballot(c, 11);
    scene_save(c, 0, 10);
    scene_save(c, 1, 11);
}

static void predicates_steer_branches(struct code *c)
{
    struct nvhw_sass *s;
    unsigned jump;

    code_mov(c, 10, IMM(0));
    test_bits(c, 0, S_LANE, 2);
    jump = code_jump(c, NV_SASS_BRA, 0);
    c->insn[jump].o[NV_SASS_PA] = P(0);
    code_abc(c, NV_SASS_IADD3, 10, R(10), IMM(1), RZ);
    code_aim(c, jump, c->count);
    code_mov(c, 13, IMM(-1));
    code_add(c, NV_SASS_WARPSYNC)->o[NV_SASS_B] = R(13);
    for (unsigned i = 0; i < 2; i++) {
        s = code_add(c, NV_SASS_UISETP);
        s->mod[NV_SASS_MOD_CMP] = i ? NV_SASS_CMP_EQ : NV_SASS_CMP_NE;
        s->o[NV_SASS_PD] = nvhw_sass_upred(1, false);
        s->o[NV_SASS_A] = UR(NV_SASS_URZ);
        s->o[NV_SASS_B] = UR(NV_SASS_URZ);
        jump = code_jump(c, NV_SASS_BRA, 0);
        c->insn[jump].mod[NV_SASS_MOD_BRANCH] = NV_SASS_BRANCH_U;
        c->insn[jump].o[NV_SASS_PB] = nvhw_sass_upred(1, false);
        code_abc(c, NV_SASS_IADD3, 10, R(10), IMM(i ? 16 : 4), RZ);
        code_aim(c, jump, c->count);
    }
    scene_save(c, 0, 10);
}

/* ---- Lanes -------------------------------------------------------------------------------------
 */

/* R[d] = R[a] * factor + 7 */
static void spread(struct code *c, unsigned d, unsigned a, int64_t factor)
{
    code_mov(c, d, IMM(7));
    code_abc(c, NV_SASS_IMAD, d, R(a), IMM(factor), R(d));
}

static void shuffle(struct code *c, unsigned word, unsigned mode, int64_t b, int64_t clamp)
{
    struct nvhw_sass *s = code_add(c, NV_SASS_SHFL);

    s->mod[NV_SASS_MOD_SHFL] = (uint16_t)mode;
    s->o[NV_SASS_D] = R(15);
    s->o[NV_SASS_PD] = P(3);
    s->o[NV_SASS_A] = R(14);
    s->o[NV_SASS_B] = IMM(b);
    s->o[NV_SASS_C] = IMM(clamp);
    scene_save(c, word, 15);
    code_mov(c, 15, IMM(0));
    code_mov(c, 15, IMM(1));
    code_guard(c, 3, false);
    scene_save(c, word + 1, 15);
}

static void votes_in_part_of_a_warp(struct code *c)
{
    struct nvhw_sass *s;
    unsigned bssy, skip;

    spread(c, 14, S_LANE, 17);
    test_bits(c, 0, S_LANE, 5);
    test_bits(c, 1, S_LANE, 8);
    bssy = code_jump(c, NV_SASS_BSSY, 0);
    skip = code_jump(c, NV_SASS_BRA, 0);
    code_guard(c, 0, true);
    for (unsigned mode = 0; mode < 3; mode++) {
        s = code_add(c, NV_SASS_VOTE);
        s->mod[NV_SASS_MOD_VOTE] = (uint16_t)mode;
        s->o[NV_SASS_D] = R(15);
        s->o[NV_SASS_PD] = P(2);
        s->o[NV_SASS_PA] = P(1);
        scene_save(c, mode * 2, 15);
        code_mov(c, 15, IMM(0));
        code_mov(c, 15, IMM(1));
        code_guard(c, 2, false);
        scene_save(c, mode * 2 + 1, 15);
    }
    for (unsigned mode = 0; mode < 2; mode++) {
        code_abc(c, NV_SASS_LOP3, 16, R(S_LANE), IMM(mode ? 0 : 2), RZ)->o[NV_SASS_LUT] = IMM(AND);
        s = code_add(c, NV_SASS_MATCH);
        s->mod[NV_SASS_MOD_MATCH] = mode ? NV_SASS_MATCH_ALL : NV_SASS_MATCH_ANY;
        s->o[NV_SASS_D] = R(15);
        s->o[NV_SASS_A] = R(16);
        scene_save(c, 6 + mode, 15);
    }
    s = code_add(c, NV_SASS_REDUX);
    s->mod[NV_SASS_MOD_REDUX] = NV_SASS_REDUX_SUM;
    s->o[NV_SASS_D] = UR(4);
    s->o[NV_SASS_A] = R(14);
    code_mov(c, 15, UR(4));
    scene_save(c, 8, 15);
    s = code_add(c, NV_SASS_R2UR);
    s->o[NV_SASS_D] = UR(4);
    s->o[NV_SASS_A] = R(14);
    code_mov(c, 15, UR(4));
    scene_save(c, 9, 15);
    s = code_add(c, NV_SASS_VOTEU);
    s->mod[NV_SASS_MOD_VOTE] = NV_SASS_VOTE_ANY;
    s->o[NV_SASS_D] = UR(4);
    s->o[NV_SASS_PA] = P(1);
    code_mov(c, 15, UR(4));
    scene_save(c, 10, 15);
    code_aim(c, skip, c->count);
    bsync(c, 0);
    code_aim(c, bssy, c->count);
}

static void shuffles_reach_lanes_that_wait(struct code *c)
{
    unsigned bssy, skip;

    spread(c, 14, S_LANE, 3);
    test_bits(c, 0, S_LANE, 1);
    bssy = code_jump(c, NV_SASS_BSSY, 0);
    skip = code_jump(c, NV_SASS_BRA, 0);
    code_guard(c, 0, false);
    shuffle(c, 0, NV_SASS_SHFL_BFLY, 2, 0x1f);
    shuffle(c, 2, NV_SASS_SHFL_DOWN, 4, 0x1f);
    shuffle(c, 4, NV_SASS_SHFL_IDX, 6, 0x1c1f);
    code_aim(c, skip, c->count);
    bsync(c, 0);
    code_aim(c, bssy, c->count);
}

static void shuffles_in_segments(struct code *c)
{
    spread(c, 14, S_LANE, 3);
    shuffle(c, 0, NV_SASS_SHFL_UP, 3, 0);
    shuffle(c, 2, NV_SASS_SHFL_UP, 1, 0x1800);
    shuffle(c, 4, NV_SASS_SHFL_DOWN, 5, 0x181f);
    shuffle(c, 6, NV_SASS_SHFL_BFLY, 9, 0x1c1f);
    shuffle(c, 8, NV_SASS_SHFL_IDX, 19, 0x101f);
    shuffle(c, 10, NV_SASS_SHFL_DOWN, 7, 0x0f);
    shuffle(c, 12, NV_SASS_SHFL_IDX, 30, 0x180b);
}

static void part_of_a_warp_exists(struct code *c)
{
    struct nvhw_sass *s;

    scene_ballot(c, 10);
    scene_save(c, 0, 10);
    s = code_add(c, NV_SASS_VOTE);
    s->mod[NV_SASS_MOD_VOTE] = NV_SASS_VOTE_ALL;
    s->o[NV_SASS_D] = R(10);
    s->o[NV_SASS_PD] = P(2);
    code_mov(c, 11, IMM(0));
    code_mov(c, 11, IMM(1));
    code_guard(c, 2, false);
    scene_save(c, 1, 10);
    scene_save(c, 2, 11);
}

/* ---- Special registers -------------------------------------------------------------------------
 */

static void special_registers(struct code *c)
{
    static const uint8_t numbers[] = {
        NV_SASS_SR_LANEID,      NV_SASS_SR_TID_X,      NV_SASS_SR_TID_X + 1,
        NV_SASS_SR_TID_X + 2,   NV_SASS_SR_CTAID_X,    NV_SASS_SR_CTAID_X + 1,
        NV_SASS_SR_CTAID_X + 2, NV_SASS_SR_EQMASK,     NV_SASS_SR_EQMASK + 1,
        NV_SASS_SR_EQMASK + 2,  NV_SASS_SR_EQMASK + 3, NV_SASS_SR_EQMASK + 4};

    for (unsigned i = 0; i < sizeof numbers; i++) {
        code_special(c, 10, numbers[i]);
        scene_save(c, i, 10);
    }
}

static void sizes_in_special_registers(struct code *c)
{
    static const uint8_t numbers[] = {NV_SASS_SR_SMEMSZ, NV_SASS_SR_SWINSZ, NV_SASS_SR_LMEMLOSZ,
                                      NV_SASS_SR_LMEMHIOFF, NV_SASS_SR_NTID};

    for (unsigned i = 0; i < sizeof numbers; i++) {
        code_special(c, 10, numbers[i]);
        scene_save(c, i, 10);
    }
}

static void clocks_go_forward(struct code *c)
{
    struct nvhw_sass *s;

    for (unsigned i = 0; i < 2; i++) {
        s = code_add(c, NV_SASS_CS2R);
        s->mod[NV_SASS_MOD_SR] = NV_SASS_SR_CLOCKLO;
        s->o[NV_SASS_D] = R(20 + 2 * i);
    }
    s = code_abc(c, NV_SASS_IADD3, 20, R(22), R(20), RZ);
    s->o[NV_SASS_B].neg = true;
    code_compare(c, 0, NV_SASS_CMP_GT, 20, RZ);
    code_mov(c, 10, IMM(0));
    code_mov(c, 10, IMM(1));
    code_guard(c, 0, false);
    scene_save(c, 0, 10);
}

#define WARP      .cta = {32, 1, 1}, .groups = {1, 1, 1}
#define SCENE(fn) .name = #fn, .write = fn

const struct scene scenes[] = {
    {SCENE(both_sides_meet), WARP},
    {SCENE(regions_nest), WARP},
    {SCENE(lanes_leave_a_loop), WARP},
    {SCENE(lanes_end_inside_a_region), WARP},
    {SCENE(warpsync_joins_lanes), WARP},
    {SCENE(warpsync_of_halves), WARP},
    {SCENE(barriers_move_through_registers), WARP},
    {SCENE(returns_are_relative), WARP},
    {SCENE(counter_is_read), WARP},
    {SCENE(lanes_take_their_own_branch), WARP},
    {SCENE(predicates_steer_branches), WARP},
    {SCENE(votes_in_part_of_a_warp), WARP},
    {SCENE(shuffles_reach_lanes_that_wait), WARP},
    {SCENE(shuffles_in_segments), WARP},
    {SCENE(part_of_a_warp_exists), .cta = {44, 1, 1}, .groups = {1, 1, 1}},
    {SCENE(special_registers), .cta = {8, 4, 3}, .groups = {3, 2, 2}},
    {SCENE(sizes_in_special_registers), .cta = {32, 2, 1}, .groups = {1, 1, 1},
     .shared_bytes = 3072, .local_bytes = 96},
    {SCENE(clocks_go_forward), WARP},
    {0}};
