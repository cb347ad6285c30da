/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Doorbell, ring and method stream: what is fetched, in which order, and what ends the channel. */
#include "rig.h"

#include <string.h>

#define SEM_VA (RIG_SYSTEM_VA + 0x1000)

static uint32_t sem(struct rig *rig)
{
    uint32_t value;

    memcpy(&value, rig_system(rig, 0x1000), 4);
    return value;
}

static struct rig *with_channel(unsigned version)
{
    struct rig *rig = rig_create(version);

    rig_channel(rig, 1);
    return rig;
}

START_TEST(a_release_reaches_memory_after_the_doorbell)
{
    struct rig *rig = with_channel(2 + (unsigned)_i);

    RIG_SUBMIT(rig, 1, SEM(SEM_VA, 42, SEM_RELEASE));
    ck_assert_uint_eq(sem(rig), 42);
    ck_assert_uint_eq(rig_gp_get(rig, 1), 1);
    ck_assert_uint_eq(rig->faults, 0);
    rig_destroy(rig);
}
END_TEST

START_TEST(without_a_doorbell_nothing_happens)
{
    struct rig *rig = with_channel(2);
    const uint32_t words[] = {SEM(SEM_VA, 42, SEM_RELEASE)};

    rig_words(rig, 1, 0, words, 6);
    rig_entry(rig, 1, 0, 6);
    rig_run(rig);
    ck_assert_uint_eq(sem(rig), 0);
    rig_destroy(rig);
}
END_TEST

START_TEST(the_ring_wraps_many_times)
{
    struct rig *rig = with_channel(2);

    for (uint32_t i = 1; i <= 5 * RIG_RING_ENTRIES; i++) {
        RIG_SUBMIT(rig, 1, SEM(SEM_VA, i, SEM_RELEASE));
        ck_assert_uint_eq(sem(rig), i);
        ck_assert_uint_eq(rig_gp_get(rig, 1), i % RIG_RING_ENTRIES);
    }
    rig_destroy(rig);
}
END_TEST

START_TEST(one_doorbell_covers_many_entries_in_order)
{
    struct rig *rig = with_channel(2);

    for (uint32_t i = 0; i < RIG_RING_ENTRIES - 1; i++) {
        const uint32_t words[] = {SEM(SEM_VA + 4 * i, i + 1, SEM_RELEASE)};

        rig_words(rig, 1, i * 8, words, 6);
        rig_entry(rig, 1, i * 8, 6);
    }
    rig_ring_doorbell(rig, 1);
    rig_run(rig);
    for (uint32_t i = 0; i < RIG_RING_ENTRIES - 1; i++)
        ck_assert_uint_eq(((uint32_t *)(void *)rig_system(rig, 0x1000))[i], i + 1);
    rig_destroy(rig);
}
END_TEST

START_TEST(a_doorbell_for_a_channel_that_is_off_is_lost)
{
    struct rig *rig = with_channel(2);

    gpum_channel_enable(&rig->m, RIG_RUNLIST, 1, false);
    RIG_SUBMIT(rig, 1, SEM(SEM_VA, 42, SEM_RELEASE));
    ck_assert_uint_eq(rig->faults, 1);
    gpum_channel_enable(&rig->m, RIG_RUNLIST, 1, true);
    rig_run(rig);
    ck_assert_uint_eq(sem(rig), 0);
    rig_ring_doorbell(rig, 1);
    rig_run(rig);
    ck_assert_uint_eq(sem(rig), 42);
    rig_destroy(rig);
}
END_TEST

START_TEST(a_doorbell_for_nobody_is_a_fault)
{
    struct rig *rig = with_channel(2);

    rig_write32(rig, NV_VIRTUAL_FUNCTION_DOORBELL, RIG_RUNLIST << 16 | 2);
    ck_assert_uint_eq(rig->faults, 1);
    rig_write32(rig, NV_VIRTUAL_FUNCTION_DOORBELL, (RIG_RUNLIST + 1) << 16 | 1);
    ck_assert_uint_eq(rig->faults, 2);
    rig_destroy(rig);
}
END_TEST

START_TEST(chips_with_runlist_doorbells_want_the_bit)
{
    struct rig *rig = with_channel(2);

    rig->chip.runlist_doorbell = true;
    rig_ring_doorbell(rig, 1);
    ck_assert_uint_eq(rig->faults, 1);
    rig_write32(rig, NV_VIRTUAL_FUNCTION_DOORBELL, 1u << 30 | RIG_RUNLIST << 16 | 1);
    ck_assert_uint_eq(rig->faults, 1);
    rig_destroy(rig);
}
END_TEST

START_TEST(put_beyond_the_ring_is_a_pbdma_error)
{
    struct rig *rig = with_channel(2);
    uint32_t put = RIG_RING_ENTRIES;

    memcpy(rig->m.vram + RIG_USERD + 0x200 + 0x8c, &put, 4);
    rig_ring_doorbell(rig, 1);
    rig_run(rig);
    ck_assert_uint_eq(rig->error_xid, 32);
    ck_assert_ptr_nonnull(strstr(rig->error_text, "GPPTR"));
    rig_destroy(rig);
}
END_TEST

START_TEST(an_unmapped_pushbuffer_is_an_mmu_fault_of_host)
{
    struct rig *rig = with_channel(2);

    rig_entry_raw(rig, 1, 0x70000000, 4 << 10);
    rig_ring_doorbell(rig, 1);
    rig_run(rig);
    ck_assert_uint_eq(rig->error_xid, 31);
    ck_assert(rig->error_is_mmu);
    ck_assert_uint_eq(rig->error_mmu.va, 0x70000000);
    ck_assert_str_eq(rig->error_mmu.client, "HOST0");
    rig_destroy(rig);
}
END_TEST

START_TEST(control_entries_do_what_their_class_knows)
{
    struct rig *rig = with_channel(2 + (unsigned)_i);

    rig_entry_raw(rig, 1, 0, 0); /* NOP */
    rig_ring_doorbell(rig, 1);
    rig_run(rig);
    ck_assert_uint_eq(rig->errors, 0);
    /* An extended base of 0: known from Hopper on. */
    rig_entry_raw(rig, 1, 0, 4);
    rig_ring_doorbell(rig, 1);
    rig_run(rig);
    ck_assert_uint_eq(rig->errors, _i ? 0 : 1);
    rig_destroy(rig);
}
END_TEST

START_TEST(the_extended_base_moves_segments_above_2_40)
{
    struct rig *rig = with_channel(3);
    const uint32_t words[] = {SEM(SEM_VA, 7, SEM_RELEASE)};

    rig_map(rig, UINT64_C(3) << 40 | 0x5000,
            &(struct rig_page){.address = RIG_DATA, .size_bytes = 0x1000});
    memcpy(rig_data(rig, 0), words, sizeof(words));
    rig_entry_raw(rig, 1, 3 << 8, 4);
    rig_entry_raw(rig, 1, 0x5000, 6 << 10);
    rig_ring_doorbell(rig, 1);
    rig_run(rig);
    ck_assert_uint_eq(sem(rig), 7);
    rig_destroy(rig);
}
END_TEST

static const uint32_t bad_entries[][2] = {
    {0, 1},                      /* ILLEGAL */
    {0, 9},                      /* no opcode */
    {1, 4 << 10},                /* conditional fetch */
    {0xfffffffc, 0xff | 4 << 10} /* across 2^40 */
};

START_TEST(bad_entries_are_pbdma_errors)
{
    struct rig *rig = with_channel(2);

    rig_entry_raw(rig, 1, bad_entries[_i][0], bad_entries[_i][1]);
    rig_ring_doorbell(rig, 1);
    rig_run(rig);
    ck_assert_uint_eq(rig->error_xid, 32);
    ck_assert_uint_eq(rig->errors, 1);
    rig_destroy(rig);
}
END_TEST

/* ---- Methods --------------------------------------------------------------------------------- */

START_TEST(every_header_form_reaches_its_methods)
{
    struct rig *rig = with_channel(2);

    /* Non-incrementing data ends with the last word; one-incrementing goes one further. */
    RIG_SUBMIT(rig, 1, 0, IMMD(0u, NVC56F_NOP, 3), NINC(0u, NVC56F_SEM_PAYLOAD_LO, 3), 1, 2, 3,
               ONE(0u, NVC56F_SEM_ADDR_LO, 2), LO(SEM_VA), HI(SEM_VA),
               INC(0u, NVC56F_SEM_EXECUTE, 1), SEM_RELEASE, INC(0u, 0x100, 0));
    ck_assert_uint_eq(rig->errors, 0);
    ck_assert_uint_eq(sem(rig), 3);
    /* The old form: count 28:18, address 12:2. */
    RIG_SUBMIT(rig, 1, 2u << 18 | NVC56F_SEM_PAYLOAD_LO, 9, 0,
               0x40000000u | 1u << 18 | NVC56F_SEM_EXECUTE, SEM_RELEASE);
    ck_assert_uint_eq(sem(rig), 9);
    rig_destroy(rig);
}
END_TEST

START_TEST(data_may_go_on_in_the_next_segment)
{
    struct rig *rig = with_channel(2);
    const uint32_t words[] = {SEM(SEM_VA, 11, SEM_RELEASE)};

    rig_words(rig, 1, 0, words, 6);
    rig_entry(rig, 1, 0, 3);
    rig_entry(rig, 1, 3, 3);
    rig_ring_doorbell(rig, 1);
    rig_run(rig);
    ck_assert_uint_eq(sem(rig), 11);
    rig_destroy(rig);
}
END_TEST

START_TEST(the_end_of_segment_word_ends_it)
{
    struct rig *rig = with_channel(2);

    RIG_SUBMIT(rig, 1, 0xe0000000, SEM(SEM_VA, 42, SEM_RELEASE));
    ck_assert_uint_eq(sem(rig), 0);
    ck_assert_uint_eq(rig->errors, 0);
    RIG_SUBMIT(rig, 1, SEM(SEM_VA, 43, SEM_RELEASE));
    ck_assert_uint_eq(sem(rig), 43);
    rig_destroy(rig);
}
END_TEST

START_TEST(methods_for_other_devices_of_a_group_are_skipped)
{
    struct rig *rig = with_channel(2);

    RIG_SUBMIT(rig, 1, 1u << 16 | 2u << 4, SEM(SEM_VA, 42, SEM_RELEASE), 1u << 16 | 1u << 4,
               SEM(SEM_VA + 8, 43, SEM_RELEASE));
    ck_assert_uint_eq(sem(rig), 0);
    ck_assert_uint_eq(rig_system(rig, 0x1008)[0], 43);
    rig_destroy(rig);
}
END_TEST

static const struct {
    uint32_t words[3];
    uint32_t xid;
} bad_streams[] = {
    {{0xc0000000}, 32},                                /* reserved SEC_OP */
    {{INC(1u, 0x110, 1), 0}, 32},                      /* no object */
    {{INC(0u, NVC56F_ILLEGAL, 1), 0}, 32},             /* host method ILLEGAL */
    {{INC(0u, 0xf0, 1), 0}, 32},                       /* no such host method */
    {{INC(1u, 0, 1), 0xb0b5}, 13},                     /* class never allocated */
    {{INC(1u, 0, 1), NVC7B5}, 69},                     /* copy class on the compute subchannel */
    {{INC(1u, 0, 1), NVC7C0, INC(1u, 0x3ffc, 1)}, 32}, /* no such method of the class */
    {{INC(0u, NVC56F_YIELD, 1), 2}, 32},               /* Turing's yield */
    {{INC(0u, NVC56F_SEM_ADDR_HI, 1), 0x100}, 32},     /* address above 40 bits */
    {{INC(0u, NVC56F_MEM_OP_D, 1), 0x9u << 27}, 32},   /* invalidate without privilege */
    {{INC(0u, NVC56F_MEM_OP_D, 1), 0x1fu << 27}, 32},  /* no such memory operation */
};
enum { BAD_STREAMS = sizeof(bad_streams) / sizeof(bad_streams[0]) };

START_TEST(bad_methods_end_the_channel_with_their_xid)
{
    struct rig *rig = with_channel(2);
    const uint32_t *w = bad_streams[_i].words;

    RIG_SUBMIT(rig, 1, w[0], w[1], w[2], 0, SEM(SEM_VA, 42, SEM_RELEASE));
    ck_assert_uint_eq(rig->errors, 1);
    ck_assert_uint_eq(rig->error_xid, bad_streams[_i].xid);
    ck_assert_uint_eq(rig->error_chid, 1);
    ck_assert_uint_gt(strlen(rig->error_text), 10);
    ck_assert_uint_eq(sem(rig), 0);
    /* It stays dead. */
    ck_assert(!gpum_channel_enable(&rig->m, RIG_RUNLIST, 1, true));
    rig_destroy(rig);
}
END_TEST

START_TEST(an_error_in_one_channel_leaves_the_other_alone)
{
    struct rig *rig = with_channel(2);

    rig_channel(rig, 2);
    RIG_SUBMIT(rig, 2, 0xc0000000);
    RIG_SUBMIT(rig, 1, SEM(SEM_VA, 42, SEM_RELEASE));
    ck_assert_uint_eq(rig->errors, 1);
    ck_assert_uint_eq(rig->error_chid, 2);
    ck_assert_uint_eq(sem(rig), 42);
    rig_destroy(rig);
}
END_TEST

START_TEST(non_stall_interrupts_arrive_or_are_dropped_by_the_mask)
{
    struct rig *rig = with_channel(2);

    rig_write32(rig, NV_VIRTUAL_FUNCTION_PRIV_MSIX_TABLE_VECTOR_CONTROL(0), 0);
    rig_write32(rig, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_SET, 1);
    RIG_SUBMIT(rig, 1, INC(0u, NVC56F_NON_STALL_INTERRUPT, 1), 0);
    ck_assert_uint_eq(rig->messages, 0);
    rig_write32(rig, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_SET(0), 1u << RIG_NONSTALL_VECTOR);
    ck_assert_uint_eq(rig->messages, 1);
    rig_destroy(rig);
}
END_TEST

START_TEST(bad_channel_descriptions_are_refused_with_a_reason)
{
    struct rig *rig = with_channel(2);
    struct gpum_channel_desc good = {.chid = 3,
                                     .runlist = RIG_RUNLIST,
                                     .engine_type = NV2080_ENGINE_TYPE_GR0,
                                     .class_id = NVC56F,
                                     .gpfifo_va = RIG_RING_VA,
                                     .gpfifo_entries = 16,
                                     .userd_address = RIG_USERD,
                                     .vas = rig->vas};
    struct gpum_channel_desc bad[7];

    for (unsigned i = 0; i < 7; i++)
        bad[i] = good;
    bad[0].chid = 1;
    bad[1].chid = 2048;
    bad[2].gpfifo_entries = 12;
    bad[3].gpfifo_va = 4;
    bad[4].userd_address = 0x100;
    bad[5].userd_address = RIG_VRAM_BYTES;
    bad[6].class_id = NVCA6F;
    for (unsigned i = 0; i < 7; i++) {
        char reason[100] = "";

        ck_assert(!gpum_channel_create(&rig->m, &bad[i], reason, sizeof(reason)));
        ck_assert_uint_gt(strlen(reason), 5);
    }
    ck_assert(gpum_channel_create(&rig->m, &good, NULL, 0));
    gpum_channel_destroy(&rig->m, RIG_RUNLIST, 3);
    ck_assert(gpum_channel_create(&rig->m, &good, NULL, 0));
    rig_destroy(rig);
}
END_TEST

START_TEST(time_is_the_model_s_and_goes_in_steps_of_32_ns)
{
    struct rig *rig = rig_create(2);

    rig->m.time_ns = 0x123456789abcdeff;
    ck_assert_uint_eq(rig_read32(rig, NV_VIRTUAL_FUNCTION_TIME_0), 0x9abcdee0);
    ck_assert_uint_eq(rig_read32(rig, NV_VIRTUAL_FUNCTION_TIME_1), 0x12345678);
    rig_destroy(rig);
}
END_TEST

int main(void)
{
    const struct rig_case cases[] = {
        {a_release_reaches_memory_after_the_doorbell, 2},
        {without_a_doorbell_nothing_happens, 0},
        {the_ring_wraps_many_times, 0},
        {one_doorbell_covers_many_entries_in_order, 0},
        {a_doorbell_for_a_channel_that_is_off_is_lost, 0},
        {a_doorbell_for_nobody_is_a_fault, 0},
        {chips_with_runlist_doorbells_want_the_bit, 0},
        {put_beyond_the_ring_is_a_pbdma_error, 0},
        {an_unmapped_pushbuffer_is_an_mmu_fault_of_host, 0},
        {control_entries_do_what_their_class_knows, 2},
        {the_extended_base_moves_segments_above_2_40, 0},
        {bad_entries_are_pbdma_errors, 4},
        {every_header_form_reaches_its_methods, 0},
        {data_may_go_on_in_the_next_segment, 0},
        {the_end_of_segment_word_ends_it, 0},
        {methods_for_other_devices_of_a_group_are_skipped, 0},
        {bad_methods_end_the_channel_with_their_xid, BAD_STREAMS},
        {an_error_in_one_channel_leaves_the_other_alone, 0},
        {non_stall_interrupts_arrive_or_are_dropped_by_the_mask, 0},
        {bad_channel_descriptions_are_refused_with_a_reason, 0},
        {time_is_the_model_s_and_goes_in_steps_of_32_ns, 0},
    };

    return rig_main("ring", cases, sizeof(cases) / sizeof(cases[0]));
}
