/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Whole programs on the SM: memory, divergence, barriers, faults, and the check of control codes.
 */
#include "program.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OUT = 0x10000 };

static struct flat flat;
static struct program prog;
static char text[256];

static void setup(void)
{
    ck_assert(flat_init(&flat));
    memset(&prog, 0, sizeof(prog));
    text[0] = 0;
}

static void teardown(void)
{
    flat_finish(&flat);
}

static uint32_t out_word(unsigned n)
{
    uint32_t value;
    memcpy(&value, flat_at(&flat, FLAT_VA + OUT + n * 4u), 4);
    return value;
}

/* R2:R3 = FLAT_VA + OUT + R0 * 4 */
static void emit_out_address(void)
{
    struct nvhw_sass *s;
    emit_mov(&prog, 2, IMM(OUT));
    emit_mov(&prog, 3, IMM((int64_t)(FLAT_VA >> 32)));
    s = emit_abc(&prog, NV_SASS_IMAD_WIDE, R(2), R(0), IMM(4), R(2));
    s->mod[NV_SASS_MOD_SIGN] = NV_SASS_SIGN_U32;
}

static void run_ok(const struct gpum_grid_desc *desc)
{
    bool ok = flat_run(&flat, desc, text);
    ck_assert_msg(ok, "%s", text);
}

static void run_faults(const struct gpum_grid_desc *desc, const char *part)
{
    ck_assert(!flat_run(&flat, desc, text));
    ck_assert_msg(strstr(text, part) != NULL, "want '%s' in: %s", part, text);
}

START_TEST(every_thread_of_every_cta_writes_its_own_word)
{
    struct gpum_grid_desc d;
    emit_s2r(&prog, 0, NV_SASS_SR_TID_X);
    emit_s2r(&prog, 1, NV_SASS_SR_CTAID_X);
    emit_abc(&prog, NV_SASS_IMAD, R(0), R(1), IMM(96), R(0));
    emit_out_address();
    emit_abc(&prog, NV_SASS_IMAD, R(4), R(0), R(0), IMM(7));
    emit_store(&prog, NV_SASS_STG, 2, 0, 4);
    emit(&prog, NV_SASS_EXIT);
    d = program_place(&prog, &flat);
    d.cta[0] = 96;
    d.grid[0] = 20;
    run_ok(&d);
    for (unsigned n = 0; n < 96 * 20; n++)
        ck_assert_uint_eq(out_word(n), n * n + 7);
    ck_assert_uint_eq(out_word(96 * 20), 0);
}
END_TEST

/* Even lanes take one path, odd lanes the other; after BSYNC a vote sees all of them. */
START_TEST(lanes_meet_again_at_the_convergence_barrier)
{
    struct gpum_grid_desc d;
    struct nvhw_sass *s;
    emit_s2r(&prog, 0, NV_SASS_SR_LANEID);
    emit_out_address();
    emit_abc(&prog, NV_SASS_LOP3, R(5), R(0), IMM(1), RZ)->o[NV_SASS_LUT] = IMM(0xc0);
    emit_isetp(&prog, 0, NV_SASS_CMP_NE, R(5), RZ);
    unsigned bssy = prog.count;
    emit_jump(&prog, NV_SASS_BSSY, 0)->o[NV_SASS_CB] = nvhw_sass_cbar(3);
    s = emit_jump(&prog, NV_SASS_BRA, bssy + 4);
    s->guard = 0;
    emit_mov(&prog, 6, IMM(100));
    emit_jump(&prog, NV_SASS_BRA, bssy + 5);
    emit_mov(&prog, 6, IMM(200));
    emit(&prog, NV_SASS_BSYNC)->o[NV_SASS_CB] = nvhw_sass_cbar(3);
    prog.insn[bssy].o[NV_SASS_OFFSET] = IMM((int64_t)(prog.count - bssy - 1) * 16);
    s = emit(&prog, NV_SASS_VOTE);
    s->o[NV_SASS_D] = R(7);
    emit_store(&prog, NV_SASS_STG, 2, 0, 6);
    emit_store(&prog, NV_SASS_STG, 2, 256, 7);
    emit(&prog, NV_SASS_EXIT);
    d = program_place(&prog, &flat);
    run_ok(&d);
    for (unsigned l = 0; l < 32; l++) {
        ck_assert_uint_eq(out_word(l), l & 1 ? 200 : 100);
        ck_assert_uint_eq(out_word(64 + l), 0xffffffff);
    }
}
END_TEST

/* A loop whose trip count differs per lane, and BREAK to leave it early. */
START_TEST(lanes_leave_a_loop_one_by_one)
{
    struct gpum_grid_desc d;
    struct nvhw_sass *s;
    emit_s2r(&prog, 0, NV_SASS_SR_LANEID);
    emit_out_address();
    emit_mov(&prog, 4, IMM(0));
    unsigned loop = prog.count;
    emit_abc(&prog, NV_SASS_IADD3, R(4), R(4), IMM(3), RZ);
    emit_abc(&prog, NV_SASS_IADD3, R(0), R(0), IMM(-1), RZ);
    emit_isetp(&prog, 1, NV_SASS_CMP_GE, R(0), IMM(0));
    s = emit_jump(&prog, NV_SASS_BRA, loop);
    s->guard = 1;
    emit_store(&prog, NV_SASS_STG, 2, 0, 4);
    emit(&prog, NV_SASS_EXIT);
    d = program_place(&prog, &flat);
    run_ok(&d);
    for (unsigned l = 0; l < 32; l++)
        ck_assert_uint_eq(out_word(l), 3 * (l + 1));
}
END_TEST

START_TEST(bar_makes_shared_memory_of_other_warps_visible)
{
    struct gpum_grid_desc d;
    struct nvhw_sass *s;
    emit_s2r(&prog, 0, NV_SASS_SR_TID_X);
    emit_out_address();
    s = emit_abc(&prog, NV_SASS_SHF, R(4), R(0), IMM(2), RZ);
    s->mod[NV_SASS_MOD_SHIFT] = NV_SASS_SHIFT_U32;
    emit_store(&prog, NV_SASS_STS, 4, 0, 0);
    emit(&prog, NV_SASS_BAR);
    s = emit_abc(&prog, NV_SASS_IADD3, R(5), R(4), IMM(127 * 4), RZ);
    s->o[NV_SASS_A].neg = true;
    emit_load(&prog, NV_SASS_LDS, 6, 5, 0);
    emit_store(&prog, NV_SASS_STG, 2, 0, 6);
    emit(&prog, NV_SASS_EXIT);
    d = program_place(&prog, &flat);
    d.cta[0] = 128;
    d.shared_bytes = 512;
    run_ok(&d);
    for (unsigned n = 0; n < 128; n++)
        ck_assert_uint_eq(out_word(n), 127 - n);
}
END_TEST

START_TEST(atomics_of_all_threads_add_up)
{
    struct gpum_grid_desc d;
    struct nvhw_sass *s;
    emit_mov(&prog, 0, IMM(0));
    emit_out_address();
    emit_mov(&prog, 4, IMM(5));
    s = emit_store(&prog, NV_SASS_ATOMG, 2, 0, 4);
    s->o[NV_SASS_D] = R(6);
    s->control.write_sb = 0;
    s->mod[NV_SASS_MOD_ORDER] = NV_SASS_ORDER_STRONG_GPU;
    emit(&prog, NV_SASS_EXIT);
    d = program_place(&prog, &flat);
    d.cta[0] = 64;
    d.grid[0] = 10;
    run_ok(&d);
    ck_assert_uint_eq(out_word(0), 640 * 5);
}
END_TEST

START_TEST(local_memory_belongs_to_the_thread)
{
    struct gpum_grid_desc d;
    emit_s2r(&prog, 0, NV_SASS_SR_LANEID);
    emit_out_address();
    emit_mov(&prog, 4, IMM(16));
    emit_store(&prog, NV_SASS_STL, 4, 4, 0);
    emit_load(&prog, NV_SASS_LDL, 5, 4, 4);
    emit_store(&prog, NV_SASS_STG, 2, 0, 5);
    emit(&prog, NV_SASS_EXIT);
    d = program_place(&prog, &flat);
    d.local_bytes = 32;
    run_ok(&d);
    for (unsigned l = 0; l < 32; l++)
        ck_assert_uint_eq(out_word(l), l);
    d.local_bytes = 16;
    run_faults(&d, "local address 0x14 out of range");
}
END_TEST

START_TEST(constants_beyond_the_bank_read_zero)
{
    struct gpum_grid_desc d;
    uint32_t words[4] = {11, 22, 33, 44};
    emit_mov(&prog, 0, IMM(0));
    emit_out_address();
    emit_mov(&prog, 4, CONST(1, 8));
    emit_mov(&prog, 5, CONST(1, 16));
    emit_store(&prog, NV_SASS_STG, 2, 0, 4);
    emit_store(&prog, NV_SASS_STG, 2, 4, 5);
    emit(&prog, NV_SASS_EXIT);
    d = program_place(&prog, &flat);
    memcpy(flat_at(&flat, FLAT_VA + 0x8000), words, sizeof(words));
    memset(flat_at(&flat, FLAT_VA + 0x8010), 0xff, 16);
    memset(flat_at(&flat, FLAT_VA + OUT), 0xee, 16);
    d.bank[1] = (struct gpum_constant_bank){true, FLAT_VA + 0x8000, 16};
    run_ok(&d);
    ck_assert_uint_eq(out_word(0), 33);
    ck_assert_uint_eq(out_word(1), 0);
    d.bank[1].valid = false;
    run_faults(&d, "constant bank 1 is not bound");
}
END_TEST

START_TEST(faults_name_what_and_where)
{
    struct gpum_grid_desc d;
    emit_mov(&prog, 70, IMM(1));
    d = program_place(&prog, &flat);
    run_faults(&d, "register R70 out of range (64 registers");
    prog.count = 0;
    emit_mov(&prog, 2, IMM(0x1234));
    emit_mov(&prog, 3, IMM(0x77));
    emit_load(&prog, NV_SASS_LDG, 4, 2, 0);
    d = program_place(&prog, &flat);
    run_faults(&d, "read of unmapped address");
    ck_assert(strstr(text, "program + 0x20") != NULL);
    prog.insn[0].o[NV_SASS_B] = IMM(0x1235);
    d = program_place(&prog, &flat);
    run_faults(&d, "misaligned address");
    prog.count = 0;
    emit_load(&prog, NV_SASS_LDG, 5, 2, 0)->mod[NV_SASS_MOD_SIZE] = NV_SASS_SIZE_B64;
    d = program_place(&prog, &flat);
    run_faults(&d, "misaligned register");
}
END_TEST

START_TEST(code_that_does_not_end_is_an_illegal_instruction)
{
    struct gpum_grid_desc d;
    emit_mov(&prog, 0, IMM(1));
    d = program_place(&prog, &flat);
    run_faults(&d, "ILLEGAL_INSTR_ENCODING");
}
END_TEST

START_TEST(barrier_misuse_is_reported)
{
    struct gpum_grid_desc d;
    emit(&prog, NV_SASS_BSYNC)->o[NV_SASS_CB] = nvhw_sass_cbar(2);
    d = program_place(&prog, &flat);
    run_faults(&d, "BSYNC of B2 without BSSY");
    prog.count = 0;
    emit(&prog, NV_SASS_BAR)->o[NV_SASS_LUT] = IMM(1);
    emit(&prog, NV_SASS_EXIT);
    d = program_place(&prog, &flat);
    run_faults(&d, "launched with 1 barriers");
    prog.count = 0;
    emit_s2r(&prog, 0, NV_SASS_SR_TID_X);
    emit_isetp(&prog, 0, NV_SASS_CMP_LT, R(0), IMM(32));
    emit(&prog, NV_SASS_EXIT)->guard = 0;
    emit(&prog, NV_SASS_BAR)->o[NV_SASS_LUT2] = IMM(64);
    emit(&prog, NV_SASS_EXIT);
    d = program_place(&prog, &flat);
    d.cta[0] = 64;
    run_faults(&d, "deadlock");
}
END_TEST

/* MOV R4; stall n; IADD3 R5 = R4 + ...: the ALU needs 4 cycles. */
START_TEST(a_short_stall_is_a_fault)
{
    struct gpum_grid_desc d;
    struct nvhw_sass *mov = emit_mov(&prog, 4, IMM(1));
    emit_abc(&prog, NV_SASS_IADD3, R(5), R(4), IMM(1), RZ);
    emit(&prog, NV_SASS_EXIT);
    mov->control.stall = 3;
    d = program_place(&prog, &flat);
    run_faults(&d, "reads R4 after 3 cycles, 4 needed");
    mov->control.stall = 4;
    d = program_place(&prog, &flat);
    run_ok(&d);
    mov->control.stall = 13; /* without yield: a short wait on hardware */
    mov->control.yield = false;
    d = program_place(&prog, &flat);
    run_faults(&d, "reads R4 after 1 cycles");
}
END_TEST

START_TEST(a_fresh_predicate_needs_thirteen_cycles_as_guard)
{
    struct gpum_grid_desc d;
    emit_mov(&prog, 4, IMM(1));
    struct nvhw_sass *setp = emit_isetp(&prog, 2, NV_SASS_CMP_EQ, R(4), RZ);
    emit_mov(&prog, 5, IMM(2))->guard = 2;
    emit(&prog, NV_SASS_EXIT);
    setp->control.stall = 12;
    d = program_place(&prog, &flat);
    run_faults(&d, "reads P2 after 12 cycles, 13 needed");
    setp->control.stall = 13;
    d = program_place(&prog, &flat);
    run_ok(&d);
}
END_TEST

START_TEST(scoreboards_must_be_set_and_waited_for)
{
    struct gpum_grid_desc d;
    struct nvhw_sass *s2r = emit_s2r(&prog, 4, NV_SASS_SR_LANEID);
    struct nvhw_sass *add = emit_abc(&prog, NV_SASS_IADD3, R(5), R(4), IMM(1), RZ);
    emit(&prog, NV_SASS_EXIT);
    add->control.wait_mask = 0;
    d = program_place(&prog, &flat);
    run_faults(&d, "reads R4 before waiting for scoreboard 0");
    add->control.wait_mask = 1;
    s2r->control.write_sb = NV_SASS_SB_NONE;
    d = program_place(&prog, &flat);
    run_faults(&d, "whose writer sets no write scoreboard");
    s2r->control.write_sb = 0;
    s2r->control.stall = 1; /* the wait comes before the scoreboard can be seen */
    s2r->control.yield = false;
    d = program_place(&prog, &flat);
    run_faults(&d, "before waiting for scoreboard 0");
    s2r->control.stall = 2;
    d = program_place(&prog, &flat);
    run_ok(&d);
}
END_TEST

START_TEST(a_source_of_a_store_is_not_overwritten_too_early)
{
    struct gpum_grid_desc d;
    emit_mov(&prog, 0, IMM(0));
    emit_out_address();
    emit_mov(&prog, 4, IMM(1));
    emit_store(&prog, NV_SASS_STG, 2, 0, 4);
    struct nvhw_sass *mov = emit_mov(&prog, 4, IMM(2));
    emit(&prog, NV_SASS_EXIT);
    mov->control.wait_mask = 0;
    d = program_place(&prog, &flat);
    run_faults(&d, "overwrites R4 before its reader released it");
    mov->control.wait_mask = 2;
    d = program_place(&prog, &flat);
    run_ok(&d);
}
END_TEST

/* A 64-bit CS2R takes longer than MOV, and so does an address unit than an ALU. */
START_TEST(a_fast_result_does_not_overtake_a_slow_one)
{
    struct gpum_grid_desc d;
    emit_isetp(&prog, 2, NV_SASS_CMP_EQ, RZ, RZ);
    struct nvhw_sass *slow = emit(&prog, NV_SASS_CS2R);
    slow->mod[NV_SASS_MOD_B64] = 1;
    slow->mod[NV_SASS_MOD_SR] = NV_SASS_SR_ZERO;
    slow->o[NV_SASS_D] = R(4);
    slow->guard = 2;
    emit_mov(&prog, 4, IMM(1));
    emit(&prog, NV_SASS_EXIT);
    slow->control.stall = 1;
    slow->control.yield = false;
    d = program_place(&prog, &flat);
    run_faults(&d, "overwrites R4 after 1 cycles, 2 needed");
    slow->control.stall = 2;
    d = program_place(&prog, &flat);
    run_ok(&d);
    prog.count = 0;
    struct nvhw_sass *mov = emit_mov(&prog, 4, IMM(1));
    emit_load(&prog, NV_SASS_LDS, 4, NV_SASS_RZ, 0);
    emit(&prog, NV_SASS_EXIT);
    mov->control.stall = 4;
    d = program_place(&prog, &flat);
    d.shared_bytes = 128;
    run_faults(&d, "overwrites R4 after 4 cycles, 5 needed");
}
END_TEST

/* On an H100 such a wait never ends. */
START_TEST(waiting_for_a_fence_is_a_fault)
{
    struct gpum_grid_desc d;
    struct nvhw_sass *fence = emit(&prog, NV_SASS_MEMBAR);
    fence->mod[NV_SASS_MOD_MEMBAR] = NV_SASS_MEMBAR_ALL;
    fence->control.write_sb = 3;
    struct nvhw_sass *mov = emit_mov(&prog, 4, IMM(1));
    emit(&prog, NV_SASS_EXIT);
    mov->control.wait_mask = 1 << 3;
    d = program_place(&prog, &flat);
    run_faults(&d, "waits for scoreboard 3, which MEMBAR at program + 0x0 set");
    fence->op = NV_SASS_CCTL;
    fence->form = 0;
    fence->mod[NV_SASS_MOD_MEMBAR] = 0;
    fence->mod[NV_SASS_MOD_CCTL] = NV_SASS_CCTL_IVALL;
    d = program_place(&prog, &flat);
    run_faults(&d, "waits for scoreboard 3, which CCTL");
    mov->control.wait_mask = 0;
    d = program_place(&prog, &flat);
    run_ok(&d);
}
END_TEST

START_TEST(changed_code_runs_as_it_is_now)
{
    struct gpum_grid_desc d;
    emit_mov(&prog, 0, IMM(0));
    emit_out_address();
    struct nvhw_sass *mov = emit_mov(&prog, 4, IMM(1));
    emit_store(&prog, NV_SASS_STG, 2, 0, 4);
    emit(&prog, NV_SASS_EXIT);
    d = program_place(&prog, &flat);
    run_ok(&d);
    ck_assert_uint_eq(out_word(0), 1);
    mov->o[NV_SASS_B] = IMM(2);
    d = program_place(&prog, &flat);
    run_ok(&d);
    ck_assert_uint_eq(out_word(0), 2);
}
END_TEST

/* Lane 5 holds a lock while others spin on it at a lower address: everybody gets through. */
START_TEST(spinning_lanes_do_not_starve_the_others)
{
    struct gpum_grid_desc d;
    struct nvhw_sass *s;
    emit_s2r(&prog, 0, NV_SASS_SR_LANEID);
    emit_isetp(&prog, 0, NV_SASS_CMP_EQ, R(0), IMM(5));
    emit_mov(&prog, 0, IMM(0));
    emit_out_address();
    emit_mov(&prog, 4, IMM(1));
    unsigned skip = prog.count;
    s = emit_jump(&prog, NV_SASS_BRA, skip + 5);
    s->guard = 0;
    unsigned spin = prog.count;
    emit_load(&prog, NV_SASS_LDG, 6, 2, 0);
    emit_isetp(&prog, 1, NV_SASS_CMP_EQ, R(6), RZ);
    s = emit_jump(&prog, NV_SASS_BRA, spin);
    s->guard = 1;
    emit(&prog, NV_SASS_EXIT);
    emit_store(&prog, NV_SASS_STG, 2, 0, 4);
    emit(&prog, NV_SASS_EXIT);
    d = program_place(&prog, &flat);
    run_ok(&d);
    ck_assert_uint_eq(out_word(0), 1);
}
END_TEST

START_TEST(a_step_runs_no_more_than_its_budget)
{
    struct gpum_grid_desc d;
    unsigned used = 0, total = 0;
    for (unsigned n = 0; n < 30; n++)
        emit_mov(&prog, 4, IMM(n));
    emit(&prog, NV_SASS_EXIT);
    d = program_place(&prog, &flat);
    d.cta[0] = 64;
    struct gpum_grid *grid = gpum_sm_launch(&flat.gpum, &d, text, sizeof(text));
    ck_assert_ptr_nonnull(grid);
    while (gpum_sm_step(grid, 7, &used) == GPUM_GRID_RUNNING) {
        ck_assert_uint_le(used, 7);
        total += used;
    }
    ck_assert_uint_eq(total + used, 2 * 31);
    gpum_sm_release(grid);
}
END_TEST

START_TEST(launches_that_no_chip_could_run_are_refused)
{
    struct gpum_grid_desc d;
    emit(&prog, NV_SASS_EXIT);
    d = program_place(&prog, &flat);
    d.cta[0] = 1025;
    run_faults(&d, "1 to 1024 threads");
    d.cta[0] = 1024;
    d.register_count = 128;
    run_faults(&d, "more registers than an SM has");
    d.register_count = 32;
    d.barrier_count = 17;
    run_faults(&d, "more than 16 barriers");
}
END_TEST

/* Not a promise but a figure: printed with MAGMA_TEST_VERBOSE. */
START_TEST(long_programs_run_in_steps)
{
    struct gpum_grid_desc d;
    struct nvhw_sass *s;
    emit_s2r(&prog, 0, NV_SASS_SR_TID_X);
    emit_mov(&prog, 4, IMM(0));
    emit_mov(&prog, 5, IMM(2000));
    unsigned loop = prog.count;
    for (unsigned n = 0; n < 6; n++) {
        emit_abc(&prog, NV_SASS_IMAD, R(6), R(0), R(5), R(4));
        emit_abc(&prog, NV_SASS_FFMA, R(7), R(6), R(0), R(7));
        emit_abc(&prog, NV_SASS_IADD3, R(4), R(4), R(6), R(0));
    }
    emit_abc(&prog, NV_SASS_IADD3, R(5), R(5), IMM(-1), RZ);
    emit_isetp(&prog, 0, NV_SASS_CMP_NE, R(5), RZ);
    s = emit_jump(&prog, NV_SASS_BRA, loop);
    s->guard = 0;
    emit(&prog, NV_SASS_EXIT);
    d = program_place(&prog, &flat);
    d.cta[0] = 256;
    run_ok(&d);
    ck_assert_uint_gt(flat.gpum.stats.lane_instructions, 256 * 2000 * 20);
    if (getenv("MAGMA_TEST_VERBOSE"))
        printf("%llu lane instructions\n", (unsigned long long)flat.gpum.stats.lane_instructions);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sm programs");
    TCase *tc = tcase_create("programs");
    SRunner *runner;
    int failed;
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, every_thread_of_every_cta_writes_its_own_word);
    tcase_add_test(tc, lanes_meet_again_at_the_convergence_barrier);
    tcase_add_test(tc, lanes_leave_a_loop_one_by_one);
    tcase_add_test(tc, bar_makes_shared_memory_of_other_warps_visible);
    tcase_add_test(tc, atomics_of_all_threads_add_up);
    tcase_add_test(tc, local_memory_belongs_to_the_thread);
    tcase_add_test(tc, constants_beyond_the_bank_read_zero);
    tcase_add_test(tc, faults_name_what_and_where);
    tcase_add_test(tc, code_that_does_not_end_is_an_illegal_instruction);
    tcase_add_test(tc, barrier_misuse_is_reported);
    tcase_add_test(tc, a_short_stall_is_a_fault);
    tcase_add_test(tc, a_fresh_predicate_needs_thirteen_cycles_as_guard);
    tcase_add_test(tc, scoreboards_must_be_set_and_waited_for);
    tcase_add_test(tc, a_source_of_a_store_is_not_overwritten_too_early);
    tcase_add_test(tc, a_fast_result_does_not_overtake_a_slow_one);
    tcase_add_test(tc, waiting_for_a_fence_is_a_fault);
    tcase_add_test(tc, changed_code_runs_as_it_is_now);
    tcase_add_test(tc, spinning_lanes_do_not_starve_the_others);
    tcase_add_test(tc, a_step_runs_no_more_than_its_budget);
    tcase_add_test(tc, launches_that_no_chip_could_run_are_refused);
    tcase_add_test(tc, long_programs_run_in_steps);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
