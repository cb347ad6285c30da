/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The compute front end: what a QMD must say, what the SM is given, order, releases, faults. */
#include "rig.h"

#include <string.h>

#define QMD_VA  (RIG_DATA_VA + 0x10000)
#define CODE_VA (RIG_DATA_VA + 0x20000)
#define BANK_VA (RIG_DATA_VA + 0x30000)
#define SEM_VA  (RIG_SYSTEM_VA + 0x3000)

#define BIND    INC(1u, 0, 1), NVC7C0
#define LAUNCH(va)                                                                                 \
    INC(1u, NVC7C0_SEND_PCAS_A, 1), LO((va) >> 8), INC(1u, NVC7C0_SEND_SIGNALING_PCAS2_B, 1), 3

static void set_at(struct rig *rig, uint64_t qmd_va, enum nvhw_qmd_field field, unsigned index,
                   uint64_t value)
{
    uint32_t *qmd = (uint32_t *)(void *)rig_data(rig, qmd_va - RIG_DATA_VA);

    ck_assert_msg(nvhw_qmd_set(NV_QMD_V03_00, qmd, field, index, value), "%s",
                  nvhw_qmd_field_name(field));
}

#define SET(name, value)           set_at(rig, QMD_VA, NV_QMD_FIELD_##name, 0, (value))
#define SET_AT(name, index, value) set_at(rig, QMD_VA, NV_QMD_FIELD_##name, index, (value))

/* A QMD that is right in every field. */
static void good_qmd(struct rig *rig, uint64_t va)
{
    static const struct {
        enum nvhw_qmd_field field;
        uint64_t value;
    } fields[] = {
        {NV_QMD_FIELD_QMD_MAJOR_VERSION, 3},
        {NV_QMD_FIELD_QMD_VERSION, 0},
        {NV_QMD_FIELD_API_VISIBLE_CALL_LIMIT, 1},
        {NV_QMD_FIELD_CTA_RASTER_WIDTH, 3},
        {NV_QMD_FIELD_CTA_RASTER_HEIGHT, 2},
        {NV_QMD_FIELD_CTA_RASTER_DEPTH, 1},
        {NV_QMD_FIELD_CTA_THREAD_DIMENSION0, 64},
        {NV_QMD_FIELD_CTA_THREAD_DIMENSION1, 2},
        {NV_QMD_FIELD_CTA_THREAD_DIMENSION2, 1},
        {NV_QMD_FIELD_PROGRAM_ADDRESS, CODE_VA},
        {NV_QMD_FIELD_REGISTER_COUNT_V, 32},
        {NV_QMD_FIELD_BARRIER_COUNT, 1},
        {NV_QMD_FIELD_SHARED_MEMORY_SIZE, 0x400},
        {NV_QMD_FIELD_MIN_SM_CONFIG_SHARED_MEM_SIZE, 3},
        {NV_QMD_FIELD_TARGET_SM_CONFIG_SHARED_MEM_SIZE, 3},
        {NV_QMD_FIELD_MAX_SM_CONFIG_SHARED_MEM_SIZE, 0x1a},
    };

    memset(rig_data(rig, va - RIG_DATA_VA), 0, 0x100);
    for (unsigned i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        set_at(rig, va, fields[i].field, 0, fields[i].value);
    set_at(rig, va, NV_QMD_FIELD_CONSTANT_BUFFER_VALID, 2, 1);
    set_at(rig, va, NV_QMD_FIELD_CONSTANT_BUFFER_ADDR, 2, BANK_VA);
    set_at(rig, va, NV_QMD_FIELD_CONSTANT_BUFFER_SIZE, 2, 0x230);
}

static struct rig *with_qmd(void)
{
    struct rig *rig = rig_create(2);

    rig_channel(rig, 1);
    good_qmd(rig, QMD_VA);
    return rig;
}

START_TEST(a_good_qmd_reaches_the_sm_in_every_field)
{
    struct rig *rig = with_qmd();
    const struct gpum_grid_desc *d = &rig->grid_desc;

    RIG_SUBMIT(rig, 1, BIND, INC(1u, NVC7C0_SET_SHADER_SHARED_MEMORY_WINDOW_A, 2), 0x7294, 0,
               INC(1u, NVC7C0_SET_SHADER_LOCAL_MEMORY_WINDOW_A, 2), 0x7293, 0x1000000,
               LAUNCH(QMD_VA));
    ck_assert_msg(!rig->errors, "%s", rig->error_text);
    ck_assert_uint_eq(rig->grid_launches, 1);
    ck_assert_uint_eq(d->program_va, CODE_VA);
    ck_assert_uint_eq(d->sm_version, 86);
    ck_assert_uint_eq(d->register_count, 32);
    ck_assert_uint_eq(d->barrier_count, 1);
    ck_assert_uint_eq(d->shared_bytes, 0x400);
    ck_assert_uint_eq(d->local_bytes, 0);
    ck_assert_uint_eq(d->grid[0] * 100 + d->grid[1] * 10 + d->grid[2], 321);
    ck_assert_uint_eq(d->cta[0] * 100 + d->cta[1] * 10 + d->cta[2], 6421);
    ck_assert_uint_eq(d->shared_window, 0x729400000000);
    ck_assert_uint_eq(d->local_window, 0x729301000000);
    ck_assert(d->bank[2].valid && !d->bank[0].valid);
    ck_assert_uint_eq(d->bank[2].va, BANK_VA);
    ck_assert_uint_eq(d->bank[2].size_bytes, 0x230);
    rig_destroy(rig);
}
END_TEST

#define F(name) NV_QMD_FIELD_##name

static const struct {
    enum nvhw_qmd_field field;
    unsigned index;
    uint64_t value;
    uint32_t xid;
} wrong[] = {
    {F(QMD_MAJOR_VERSION), 0, 4, 13},
    {F(QMD_VERSION), 0, 1, 13},
    {F(IS_QUEUE), 0, 1, 13},
    {F(CTA_THREAD_DIMENSION0), 0, 0, 13},
    {F(CTA_THREAD_DIMENSION0), 0, 513, 13},
    {F(CTA_THREAD_DIMENSION2), 0, 65, 13},
    {F(REGISTER_COUNT_V), 0, 0, 13},
    {F(REGISTER_COUNT_V), 0, 256, 13},
    {F(BARRIER_COUNT), 0, 17, 13},
    {F(SHARED_MEMORY_SIZE), 0, 0x401, 13},
    {F(SHARED_MEMORY_SIZE), 0, 100 * 1024, 13},
    {F(SHARED_MEMORY_SIZE), 0, 0x2100, 13}, /* above the 8 KiB configured */
    {F(MIN_SM_CONFIG_SHARED_MEM_SIZE), 0, 0, 13},
    {F(MIN_SM_CONFIG_SHARED_MEM_SIZE), 0, 5, 13},
    {F(TARGET_SM_CONFIG_SHARED_MEM_SIZE), 0, 0x1b, 13},
    {F(PROGRAM_ADDRESS), 0, CODE_VA + 16, 13},
    {F(PROGRAM_ADDRESS), 0, 0x7000000000, 31},
    {F(CONSTANT_BUFFER_ADDR), 2, BANK_VA + 32, 13},
    {F(CONSTANT_BUFFER_SIZE), 2, 0, 13},
    {F(CONSTANT_BUFFER_SIZE), 2, 0x10010, 13},
    {F(SHADER_LOCAL_MEMORY_LOW_SIZE), 0, 8, 13},
    {F(SHADER_LOCAL_MEMORY_LOW_SIZE), 0, 16, 13}, /* no backing announced */
};
enum { WRONG = sizeof(wrong) / sizeof(wrong[0]) };

START_TEST(one_wrong_field_is_refused_in_words)
{
    struct rig *rig = with_qmd();

    set_at(rig, QMD_VA, wrong[_i].field, wrong[_i].index, wrong[_i].value);
    RIG_SUBMIT(rig, 1, BIND, LAUNCH(QMD_VA));
    ck_assert_uint_eq(rig->grid_launches, 0);
    ck_assert_uint_eq(rig->errors, 1);
    ck_assert_uint_eq(rig->error_xid, wrong[_i].xid);
    ck_assert_uint_gt(strlen(rig->error_text), 15);
    rig_destroy(rig);
}
END_TEST

START_TEST(registers_must_fit_the_cta_in_an_sm)
{
    struct rig *rig = with_qmd();

    SET(CTA_THREAD_DIMENSION0, 512);
    SET(REGISTER_COUNT_V, _i ? 65 : 64);
    RIG_SUBMIT(rig, 1, BIND, LAUNCH(QMD_VA));
    ck_assert_uint_eq(rig->grid_launches, _i ? 0 : 1);
    rig_destroy(rig);
}
END_TEST

START_TEST(local_memory_wants_enough_mapped_backing)
{
    struct rig *rig = with_qmd();
    /* 16 bytes: 0x200 a warp, times 48 warps and 2 SMs: 0xc000, rounded to 0x10000. */
    uint32_t per_tpc = _i == 1 ? 0x8000 : 0x10000;
    uint64_t base = _i == 2 ? RIG_DATA_VA + (32 << 20) - 0x18000 : RIG_DATA_VA + 0x400000;

    SET(SHADER_LOCAL_MEMORY_LOW_SIZE, 16);
    RIG_SUBMIT(rig, 1, BIND, INC(1u, NVC7C0_SET_SHADER_LOCAL_MEMORY_A, 2), HI(base), LO(base),
               INC(1u, NVC7C0_SET_SHADER_LOCAL_MEMORY_NON_THROTTLED_A, 3), 0, per_tpc, 0xff,
               LAUNCH(QMD_VA));
    ck_assert_uint_eq(rig->grid_launches, _i ? 0 : 1);
    if (_i)
        ck_assert_uint_eq(rig->error_xid, _i == 1 ? 13 : 31);
    else
        ck_assert_uint_eq(rig->grid_desc.local_bytes, 16);
    rig_destroy(rig);
}
END_TEST

START_TEST(an_empty_grid_runs_nothing_and_still_releases)
{
    struct rig *rig = with_qmd();

    SET(CTA_RASTER_HEIGHT, 0);
    SET(SEMAPHORE_RELEASE_ENABLE0, 1);
    SET(RELEASE0_STRUCTURE_SIZE, 1);
    SET(RELEASE0_ADDRESS, SEM_VA);
    SET(RELEASE0_PAYLOAD, 7);
    RIG_SUBMIT(rig, 1, BIND, LAUNCH(QMD_VA));
    ck_assert_uint_eq(rig->errors, 0);
    ck_assert_uint_eq(rig->grid_launches, 0);
    ck_assert_uint_eq(rig_system(rig, 0x3000)[0], 7);
    rig_destroy(rig);
}
END_TEST

START_TEST(the_release_comes_after_the_grid)
{
    struct rig *rig = with_qmd();
    uint64_t words[2];

    rig->grid_steps_left = 100;
    SET(SEMAPHORE_RELEASE_ENABLE0, 1);
    SET(RELEASE0_PAYLOAD64B, 1);
    SET(RELEASE0_ADDRESS, SEM_VA);
    SET(RELEASE0_PAYLOAD, 0x1122334455667788);
    /* The host's release does not wait: it is there while the grid still runs. */
    RIG_SUBMIT(rig, 1, BIND, LAUNCH(QMD_VA));
    memcpy(words, rig_system(rig, 0x3000), 16);
    ck_assert_uint_eq(words[0], 0x1122334455667788);
    ck_assert_uint_gt(words[1], 0);
    rig_destroy(rig);
}
END_TEST

START_TEST(host_goes_on_while_a_grid_runs_unless_told_to_wait)
{
    struct rig *rig = with_qmd();
    const uint32_t waits[] = {
        INC(1u, NVC7C0_WAIT_FOR_IDLE, 1), 0, INC(1u, NVC7C0_INVALIDATE_SHADER_CACHES, 1), 0x1011,
        INC(0u, NVC56F_WFI, 1),           0};
    const uint32_t nothing[] = {0, 0};
    const uint32_t *w = _i ? waits + 2 * (_i - 1) : nothing;

    rig->grid_steps_left = 1000000;
    RIG_SUBMIT(rig, 1, BIND, LAUNCH(QMD_VA), w[0], w[1], SEM(SEM_VA, 5, SEM_RELEASE));
    ck_assert_uint_eq(rig_system(rig, 0x3000)[0], _i ? 0 : 5);
    rig->grid_steps_left = 1;
    rig_run(rig);
    ck_assert_uint_eq(rig_system(rig, 0x3000)[0], 5);
    ck_assert_uint_eq(rig->errors, 0);
    rig_destroy(rig);
}
END_TEST

START_TEST(more_launches_than_slots_wait_their_turn)
{
    struct rig *rig = with_qmd();

    rig->grid_steps_left = 50;
    for (unsigned i = 0; i < 2 * GPUM_GRIDS_MAX; i++)
        RIG_SUBMIT(rig, 1, BIND, LAUNCH(QMD_VA));
    RIG_SUBMIT(rig, 1, SEM(SEM_VA, 5, SEM_RELEASE_WFI));
    ck_assert_uint_eq(rig->grid_launches, 2 * GPUM_GRIDS_MAX);
    ck_assert_uint_eq(rig_system(rig, 0x3000)[0], 5);
    rig_destroy(rig);
}
END_TEST

START_TEST(a_dependent_qmd_starts_when_the_first_is_done)
{
    struct rig *rig = with_qmd();

    good_qmd(rig, QMD_VA + 0x1000);
    set_at(rig, QMD_VA + 0x1000, NV_QMD_FIELD_REGISTER_COUNT_V, 0, 99);
    SET(DEPENDENT_QMD0_ENABLE, 1);
    SET(DEPENDENT_QMD0_ACTION, 1);
    SET(DEPENDENT_QMD0_POINTER, QMD_VA + 0x1000);
    RIG_SUBMIT(rig, 1, BIND, LAUNCH(QMD_VA));
    ck_assert_uint_eq(rig->grid_launches, 2);
    ck_assert_uint_eq(rig->grid_desc.register_count, 99);
    rig_destroy(rig);
}
END_TEST

START_TEST(grid_faults_end_the_channel_with_xid_13_or_31)
{
    struct rig *rig = with_qmd();

    rig->grid_faults = true;
    rig->grid_fault.is_mmu = _i;
    rig->grid_fault.mmu =
        (struct gpum_mmu_fault){0xdead000, NV_PFAULT_FAULT_TYPE_PTE, GPUM_WRITE, "GPC0:T1"};
    strcpy(rig->grid_fault.text, "warp 3 did something");
    RIG_SUBMIT(rig, 1, BIND, LAUNCH(QMD_VA));
    ck_assert_uint_eq(rig->errors, 1);
    ck_assert_uint_eq(rig->error_xid, _i ? 31 : 13);
    ck_assert_ptr_nonnull(strstr(rig->error_text, "warp 3"));
    if (_i)
        ck_assert_uint_eq(rig->error_mmu.va, 0xdead000);
    rig_destroy(rig);
}
END_TEST

START_TEST(compute_needs_promoted_context_buffers)
{
    struct rig *rig = with_qmd();

    gpum_channel_set_gr_context(&rig->m, RIG_RUNLIST, 1, false);
    RIG_SUBMIT(rig, 1, BIND);
    ck_assert_uint_eq(rig->error_xid, 13);
    ck_assert_ptr_nonnull(strstr(rig->error_text, "context"));
    rig_destroy(rig);
}
END_TEST

START_TEST(instruction_invalidates_reach_the_sm)
{
    struct rig *rig = with_qmd();

    RIG_SUBMIT(rig, 1, BIND, INC(1u, NVC7C0_INVALIDATE_SHADER_CACHES_NO_WFI, 1), 1);
    ck_assert_uint_eq(rig->sm_invalidates, 1);
    RIG_SUBMIT(rig, 1, INC(1u, NVC7C0_INVALIDATE_SHADER_CACHES_NO_WFI, 1), 0x1010);
    ck_assert_uint_eq(rig->sm_invalidates, 1);
    SET(INVALIDATE_INSTRUCTION_CACHE, 1);
    RIG_SUBMIT(rig, 1, LAUNCH(QMD_VA));
    ck_assert_uint_eq(rig->sm_invalidates, 2);
    rig_destroy(rig);
}
END_TEST

START_TEST(report_semaphores_release_and_awaken)
{
    struct rig *rig = with_qmd();

    rig_write32(rig, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_SET(0), 1u << RIG_NONSTALL_VECTOR);
    RIG_SUBMIT(rig, 1, BIND, INC(1u, NVC7C0_SET_REPORT_SEMAPHORE_A, 4), HI(SEM_VA), LO(SEM_VA),
               0x42, 1u << 28 | 1u << 20);
    ck_assert_uint_eq(rig_system(rig, 0x3000)[0], 0x42);
    ck_assert_uint_eq(rig_read32(rig, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF(0)),
                      1u << RIG_NONSTALL_VECTOR);
    RIG_SUBMIT(rig, 1, INC(1u, NVC7C0_SET_REPORT_SEMAPHORE_A, 4), HI(SEM_VA), LO(SEM_VA + 8), 0, 0);
    ck_assert_uint_eq(rig->error_xid, 69);
    rig_destroy(rig);
}
END_TEST

START_TEST(inline_data_lands_line_by_line)
{
    struct rig *rig = with_qmd();

    memset(rig_data(rig, 0), 0xaa, 64);
    RIG_SUBMIT(rig, 1, BIND, INC(1u, NVC7C0_LINE_LENGTH_IN, 5), 6, 2, HI(RIG_DATA_VA),
               LO(RIG_DATA_VA), 16, INC(1u, NVC7C0_LAUNCH_DMA, 1), 0x11,
               NINC(1u, NVC7C0_LOAD_INLINE_DATA, 4), 0x03020100, 0x0504, 0x13121110, 0x1514);
    ck_assert_uint_eq(rig->errors, 0);
    for (unsigned i = 0; i < 6; i++) {
        ck_assert_uint_eq(rig_data(rig, i)[0], i);
        ck_assert_uint_eq(rig_data(rig, 16 + i)[0], 0x10 + i);
    }
    ck_assert_uint_eq(rig_data(rig, 6)[0], 0xaa);
    RIG_SUBMIT(rig, 1, NINC(1u, NVC7C0_LOAD_INLINE_DATA, 1), 0);
    ck_assert_uint_eq(rig->error_xid, 69);
    rig_destroy(rig);
}
END_TEST

START_TEST(inline_qmds_are_written_where_they_say)
{
    struct rig *rig = with_qmd();

    RIG_SUBMIT(rig, 1, BIND, INC(1u, NVC7C0_SET_INLINE_QMD_ADDRESS_A, 2), 0, LO(QMD_VA >> 8),
               INC(1u, NVC7C0_LOAD_INLINE_QMD_DATA(12), 1), 77, LAUNCH(QMD_VA));
    ck_assert_msg(!rig->errors, "%s", rig->error_text);
    ck_assert_uint_eq(rig->grid_desc.grid[0], 77); /* bits 384..415 are word 12 */
    rig_destroy(rig);
}
END_TEST

int main(void)
{
    const struct rig_case cases[] = {
        {a_good_qmd_reaches_the_sm_in_every_field, 0},
        {one_wrong_field_is_refused_in_words, WRONG},
        {registers_must_fit_the_cta_in_an_sm, 2},
        {local_memory_wants_enough_mapped_backing, 3},
        {an_empty_grid_runs_nothing_and_still_releases, 0},
        {the_release_comes_after_the_grid, 0},
        {host_goes_on_while_a_grid_runs_unless_told_to_wait, 4},
        {more_launches_than_slots_wait_their_turn, 0},
        {a_dependent_qmd_starts_when_the_first_is_done, 0},
        {grid_faults_end_the_channel_with_xid_13_or_31, 2},
        {compute_needs_promoted_context_buffers, 0},
        {instruction_invalidates_reach_the_sm, 0},
        {report_semaphores_release_and_awaken, 0},
        {inline_data_lands_line_by_line, 0},
        {inline_qmds_are_written_where_they_say, 0},
    };

    return rig_main("launches", cases, sizeof(cases) / sizeof(cases[0]));
}
