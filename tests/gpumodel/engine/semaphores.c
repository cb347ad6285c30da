/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Semaphores: every acquire and reduction, sizes, time, alignment, and who waits for whom. */
#include "rig.h"

#include <string.h>

#define AT     0x2000
#define SEM_VA (RIG_SYSTEM_VA + AT)

static uint64_t memory(struct rig *rig)
{
    uint64_t value;

    memcpy(&value, rig_system(rig, AT), 8);
    return value;
}

static void set_memory(struct rig *rig, uint64_t value)
{
    memcpy(rig_system(rig, AT), &value, 8);
}

static struct rig *with_channel(void)
{
    struct rig *rig = rig_create(2);

    rig_channel(rig, 1);
    return rig;
}

/* ---- Acquire --------------------------------------------------------------------------------- */

static const struct {
    uint32_t operation;
    uint64_t payload, unmet, met;
} acquires[] = {
    {0, 5, 6, 5},                                   /* equal */
    {2, 5, 4, 7},                                   /* unsigned >= */
    {2, 5, 4, 0x8000000000000000},                  /* the same far away */
    {3, 0xffffffffffffffff, 0xfffffffffffffffe, 1}, /* circular >= over the wrap */
    {3, 5, 0x9000000000000000, 6},                  /* circular: far ahead is behind */
    {4, 0x10, 0x0f, 0x1f},                          /* and */
    {5, 0x1, 0xfffffffffffffffe, 0xf},              /* nor */
};
enum { ACQUIRES = sizeof(acquires) / sizeof(acquires[0]) };

START_TEST(an_acquire_waits_until_its_condition_holds)
{
    struct rig *rig = with_channel();
    uint64_t payload = acquires[_i].payload;

    set_memory(rig, acquires[_i].unmet);
    RIG_SUBMIT(rig, 1, SEM(SEM_VA, payload, 1u << 24 | acquires[_i].operation),
               SEM(SEM_VA + 16, 1, SEM_RELEASE));
    ck_assert_uint_eq(rig_system(rig, AT + 16)[0], 0);
    ck_assert(gpum_fifo_step(&rig->m, 10)); /* still to do */
    set_memory(rig, acquires[_i].met);
    rig_run(rig);
    ck_assert_uint_eq(rig_system(rig, AT + 16)[0], 1);
    ck_assert(!gpum_fifo_step(&rig->m, 10));
    rig_destroy(rig);
}
END_TEST

START_TEST(a_waiting_channel_holds_up_nobody_else)
{
    struct rig *rig = with_channel();

    rig_channel(rig, 2);
    RIG_SUBMIT(rig, 1, SEM(SEM_VA, 9, SEM_ACQUIRE), SEM(SEM_VA + 16, 1, SEM_RELEASE));
    ck_assert_uint_eq(rig_system(rig, AT + 16)[0], 0);
    RIG_SUBMIT(rig, 2, SEM(SEM_VA, 9, SEM_RELEASE));
    rig_run(rig);
    ck_assert_uint_eq(rig_system(rig, AT + 16)[0], 1);
    rig_destroy(rig);
}
END_TEST

/* ---- Release --------------------------------------------------------------------------------- */

START_TEST(a_32_bit_release_leaves_the_upper_word)
{
    struct rig *rig = with_channel();

    set_memory(rig, 0x1111111122222222);
    RIG_SUBMIT(rig, 1, SEM(SEM_VA, 0x5555555566666666, SEM_RELEASE));
    ck_assert_uint_eq(memory(rig), 0x1111111166666666);
    RIG_SUBMIT(rig, 1, SEM(SEM_VA, 0x5555555566666666, SEM_RELEASE64));
    ck_assert_uint_eq(memory(rig), 0x5555555566666666);
    rig_destroy(rig);
}
END_TEST

START_TEST(a_release_with_time_writes_16_bytes)
{
    struct rig *rig = with_channel();
    uint64_t time;

    rig->m.time_ns = 0x1234567800000000;
    RIG_SUBMIT(rig, 1, SEM(SEM_VA, 0x77, SEM_RELEASE64_WFI_TIME));
    memcpy(&time, rig_system(rig, AT + 8), 8);
    ck_assert_uint_eq(memory(rig), 0x77);
    ck_assert_uint_ge(time, 0x1234567800000000);
    ck_assert_uint_lt(time, 0x1234567800100000);
    rig_destroy(rig);
}
END_TEST

static const struct {
    uint32_t offset, execute;
    bool ok;
} alignments[] = {
    {4, 0x00000001, true},  {4, 0x01000001, false}, {8, 0x01000001, true},  {8, 0x03000001, false},
    {8, 0x02000001, false}, {16, 0x03000001, true}, {4, 0x01000002, false}, {4, 0x01000006, false},
};
enum { ALIGNMENTS = sizeof(alignments) / sizeof(alignments[0]) };

START_TEST(misaligned_semaphores_are_pbdma_errors)
{
    struct rig *rig = with_channel();

    RIG_SUBMIT(rig, 1, SEM(SEM_VA + alignments[_i].offset, 0, alignments[_i].execute));
    ck_assert_uint_eq(rig->errors, !alignments[_i].ok);
    if (!alignments[_i].ok) {
        ck_assert_uint_eq(rig->error_xid, 32);
        ck_assert_ptr_nonnull(strstr(rig->error_text, "aligned"));
    }
    rig_destroy(rig);
}
END_TEST

START_TEST(an_unmapped_semaphore_is_an_mmu_fault)
{
    struct rig *rig = with_channel();

    RIG_SUBMIT(rig, 1, SEM(UINT64_C(0x70001000), 1, _i ? SEM_ACQUIRE : SEM_RELEASE));
    ck_assert_uint_eq(rig->error_xid, 31);
    ck_assert_uint_eq(rig->error_mmu.va, 0x70001000);
    ck_assert_int_eq((int)rig->error_mmu.access, _i ? GPUM_READ : GPUM_WRITE);
    rig_destroy(rig);
}
END_TEST

START_TEST(the_old_semaphore_methods_work_before_hopper_only)
{
    struct rig *rig = rig_create(2 + (unsigned)_i);

    rig_channel(rig, 1);
    RIG_SUBMIT(rig, 1, INC(0u, NVC56F_SEMAPHOREA, 4), HI(SEM_VA), LO(SEM_VA), 0x33,
               2u | 1u << 20 | 1u << 24);
    ck_assert_uint_eq(rig->errors, _i ? 1 : 0);
    ck_assert_uint_eq(memory(rig), _i ? 0 : 0x33);
    rig_destroy(rig);
}
END_TEST

/* ---- Reduction ------------------------------------------------------------------------------- */

#define R(op, wide, unsign) (6u | (uint32_t)(op) << 27 | (wide) << 24 | (uint32_t)(unsign) << 31)

static const struct {
    uint32_t execute;
    uint64_t before, payload, after;
} reductions[] = {
    {R(0, 0u, 0), 0xffffffff, 3, 0xffffffff}, /* signed min of -1 and 3 */
    {R(0, 0u, 1), 0xffffffff, 3, 3},
    {R(1, 0u, 0), 0xffffffff, 3, 3},
    {R(1, 0u, 1), 0xffffffff, 3, 0xffffffff},
    {R(2, 0u, 1), 0xf0, 0xff, 0x0f},
    {R(3, 0u, 1), 0xf0, 0x3c, 0x30},
    {R(4, 0u, 1), 0xf0, 0x0f, 0xff},
    {R(5, 0u, 0), 0xffffffff, 2, 1},
    {R(6, 0u, 1), 4, 5, 5},
    {R(6, 0u, 1), 5, 5, 0},
    {R(7, 0u, 1), 0, 5, 5},
    {R(7, 0u, 1), 6, 5, 5},
    {R(7, 0u, 1), 3, 5, 2},
    {R(0, 1u, 0), 0xffffffffffffffff, 3, 0xffffffffffffffff},
    {R(1, 1u, 1), 0x100000000, 3, 0x100000000},
    {R(5, 1u, 1), 0xffffffff, 1, 0x100000000},
};
enum { REDUCTIONS = sizeof(reductions) / sizeof(reductions[0]) };

START_TEST(reductions_compute_what_their_name_says)
{
    struct rig *rig = with_channel();

    set_memory(rig, reductions[_i].before);
    RIG_SUBMIT(rig, 1, SEM(SEM_VA, reductions[_i].payload, reductions[_i].execute));
    ck_assert_uint_eq(rig->errors, 0);
    ck_assert_uint_eq(memory(rig), reductions[_i].after);
    rig_destroy(rig);
}
END_TEST

static const uint32_t no_reductions[] = {R(6, 1u, 1), R(7, 1u, 1), R(5, 1u, 0), R(9, 0u, 1)};

START_TEST(reductions_that_do_not_exist_are_refused)
{
    struct rig *rig = with_channel();

    RIG_SUBMIT(rig, 1, SEM(SEM_VA, 1, no_reductions[_i]));
    ck_assert_uint_eq(rig->error_xid, 32);
    rig_destroy(rig);
}
END_TEST

START_TEST(reference_and_release_wait_for_the_engine_when_told_to)
{
    struct rig *rig = with_channel();
    uint32_t reference;

    RIG_SUBMIT(rig, 1, INC(0u, NVC56F_SET_REFERENCE, 1), 0x99, INC(0u, NVC56F_WFI, 1), 1,
               INC(0u, NVC56F_MEM_OP_A, 4), 0, 0, 0, 5u << 27);
    memcpy(&reference, rig->m.vram + RIG_USERD + 0x200 + 0x48, 4);
    ck_assert_uint_eq(reference, 0x99);
    ck_assert_uint_eq(rig->errors, 0);
    rig_destroy(rig);
}
END_TEST

int main(void)
{
    const struct rig_case cases[] = {
        {an_acquire_waits_until_its_condition_holds, ACQUIRES},
        {a_waiting_channel_holds_up_nobody_else, 0},
        {a_32_bit_release_leaves_the_upper_word, 0},
        {a_release_with_time_writes_16_bytes, 0},
        {misaligned_semaphores_are_pbdma_errors, ALIGNMENTS},
        {an_unmapped_semaphore_is_an_mmu_fault, 2},
        {the_old_semaphore_methods_work_before_hopper_only, 2},
        {reductions_compute_what_their_name_says, REDUCTIONS},
        {reductions_that_do_not_exist_are_refused, 4},
        {reference_and_release_wait_for_the_engine_when_told_to, 0},
    };

    return rig_main("semaphores", cases, sizeof(cases) / sizeof(cases[0]));
}
