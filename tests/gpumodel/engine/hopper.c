/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What an H100 (GH100, driver 580.159.04, 25 November 2026) did with launches made on purpose to be
 * wrong, replayed on the model. tests/silicon/launches.c asks the hardware the same.
 */
#include "rig.h"

#include <string.h>

#define QMD_VA  (RIG_DATA_VA + 0x10000)
#define CODE_VA (RIG_DATA_VA + 0x20000)
#define BANK_VA (RIG_DATA_VA + 0x30000)
#define SEM_VA  (RIG_SYSTEM_VA + 0x3000)
#define NOWHERE UINT64_C(0x7000000000)

#define BIND    INC(1u, 0, 1), NVCBC0
#define LAUNCH(action)                                                                             \
    INC(1u, NVCBC0_SEND_PCAS_A, 1), LO(QMD_VA >> 8), INC(1u, NVCBC0_SEND_SIGNALING_PCAS2_B, 1),    \
        (action)
#define COPY_SCHEDULE NVC6C0_SEND_SIGNALING_PCAS2_B_PCAS_ACTION_INVALIDATE_COPY_SCHEDULE
#define SET_WINDOWS(shared, local)                                                                 \
    INC(1u, NVCBC0_SET_SHADER_SHARED_MEMORY_WINDOW_A, 2), HI(shared), LO(shared),                  \
        INC(1u, NVCBC0_SET_SHADER_LOCAL_MEMORY_WINDOW_A, 2), HI(local), LO(local)

static void set_as(struct rig *rig, enum nvhw_qmd_version version, enum nvhw_qmd_field field,
                   uint64_t value)
{
    uint32_t *qmd = (uint32_t *)(void *)rig_data(rig, QMD_VA - RIG_DATA_VA);

    ck_assert_msg(nvhw_qmd_set(version, qmd, field, 0, value), "%s", nvhw_qmd_field_name(field));
}

static void good_qmd(struct rig *rig, enum nvhw_qmd_version version, unsigned major)
{
    static const struct {
        enum nvhw_qmd_field field;
        uint64_t value;
    } fields[] = {
        {NV_QMD_FIELD_QMD_VERSION, 0},
        {NV_QMD_FIELD_API_VISIBLE_CALL_LIMIT, 1},
        {NV_QMD_FIELD_CTA_RASTER_WIDTH, 1},
        {NV_QMD_FIELD_CTA_RASTER_HEIGHT, 1},
        {NV_QMD_FIELD_CTA_RASTER_DEPTH, 1},
        {NV_QMD_FIELD_CTA_THREAD_DIMENSION0, 1},
        {NV_QMD_FIELD_CTA_THREAD_DIMENSION1, 1},
        {NV_QMD_FIELD_CTA_THREAD_DIMENSION2, 1},
        {NV_QMD_FIELD_PROGRAM_ADDRESS, CODE_VA},
        {NV_QMD_FIELD_REGISTER_COUNT_V, 30},
        {NV_QMD_FIELD_SHARED_MEMORY_SIZE, 256},
        {NV_QMD_FIELD_MIN_SM_CONFIG_SHARED_MEM_SIZE, 3},
        {NV_QMD_FIELD_TARGET_SM_CONFIG_SHARED_MEM_SIZE, 3},
        {NV_QMD_FIELD_MAX_SM_CONFIG_SHARED_MEM_SIZE, 58},
        {NV_QMD_FIELD_CONSTANT_BUFFER_VALID, 1},
        {NV_QMD_FIELD_CONSTANT_BUFFER_ADDR, BANK_VA},
        {NV_QMD_FIELD_CONSTANT_BUFFER_SIZE, 0x280},
    };

    set_as(rig, version, NV_QMD_FIELD_QMD_MAJOR_VERSION, major);
    for (unsigned i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        set_as(rig, version, fields[i].field, fields[i].value);
    if (nvhw_qmd_has(version, NV_QMD_FIELD_QMD_TYPE))
        set_as(rig, version, NV_QMD_FIELD_QMD_TYPE, NV_QMD_V05_00_QMD_TYPE_GRID_CTA);
}

static struct rig *with_qmd(void)
{
    struct rig *rig = rig_create_hopper();

    rig_channel(rig, 1);
    good_qmd(rig, NV_QMD_V04_00, 4);
    return rig;
}

/* ---- Windows --------------------------------------------------------------------------------- */

#define G4  (UINT64_C(1) << 32)
#define M16 UINT64_C(0x1000000)

static const struct {
    uint64_t shared, local, shared_bytes;
    uint32_t xid; /* 0: ran */
    const char *text;
} windows[] = {
    {G4, G4 - M16, 256, 0, ""},
    {G4, G4 + M16, 256, 13, "SKEDCHECK17"},
    {G4, G4 + M16, 0, 0, ""},
    {G4, G4, 256, 13, "SKEDCHECK17"},
    {G4, 2 * G4 - M16, 256, 13, "SKEDCHECK17"},
    {G4, 2 * G4, 256, 0, ""},
    {G4, G4 - M16 / 2, 256, 69, "0x07b4, data 0xff800000"},
    {G4 + M16, G4 - M16, 256, 69, "0x02a4, data 0x01000000"},
    {G4, G4 - M16 - M16 / 2, 256, 69, "0x07b4, data 0xfe800000"},
    {G4, G4 - M16 - 0x1000, 256, 69, "0x07b4, data 0xfefff000"},
    {0, 2 * G4, 256, 0, ""},
    {UINT64_C(1) << 48, (UINT64_C(1) << 48) - M16, 256, 0, ""},
};
enum { WINDOWS = sizeof(windows) / sizeof(windows[0]) };

START_TEST(windows_lie_where_the_chip_lets_them)
{
    struct rig *rig = with_qmd();

    set_as(rig, NV_QMD_V04_00, NV_QMD_FIELD_SHARED_MEMORY_SIZE, windows[_i].shared_bytes);
    RIG_SUBMIT(rig, 1, BIND, SET_WINDOWS(windows[_i].shared, windows[_i].local),
               LAUNCH(COPY_SCHEDULE));
    ck_assert_uint_eq(rig->errors, windows[_i].xid != 0);
    ck_assert_uint_eq(rig->error_xid, windows[_i].xid);
    ck_assert_uint_eq(rig->grid_launches, !windows[_i].xid);
    ck_assert_msg(strstr(rig->error_text, windows[_i].text), "%s", rig->error_text);
    rig_destroy(rig);
}
END_TEST

/* ---- Versions and actions -------------------------------------------------------------------- */

static const uint32_t actions[] = {
    NVC6C0_SEND_SIGNALING_PCAS2_B_PCAS_ACTION_SCHEDULE, COPY_SCHEDULE,
    NVC6C0_SEND_SIGNALING_PCAS2_B_PCAS_ACTION_PREFETCH_SCHEDULE,
    NVC6C0_SEND_SIGNALING_PCAS2_B_PCAS_ACTION_INVALIDATE_PREFETCH_COPY_SCHEDULE};
enum { ACTIONS = sizeof(actions) / sizeof(actions[0]) };

/* Version fields are not looked at: 4.0's layout starts whatever they say, 3.0's never. */
START_TEST(only_the_layout_of_version_4_starts)
{
    struct rig *rig = with_qmd();

    if (_i >= 2 * ACTIONS) {
        memset(rig_data(rig, QMD_VA - RIG_DATA_VA), 0, 0x180);
        good_qmd(rig, NV_QMD_V03_00, 3);
    } else if (_i >= ACTIONS) {
        set_as(rig, NV_QMD_V04_00, NV_QMD_FIELD_QMD_MAJOR_VERSION, 9);
    }
    RIG_SUBMIT(rig, 1, BIND, SET_WINDOWS(G4, G4 - M16), LAUNCH(actions[_i % ACTIONS]),
               SEM(SEM_VA, 5, SEM_RELEASE_WFI));
    ck_assert_uint_eq(rig->errors, 0);
    ck_assert_uint_eq(rig->grid_launches, _i < 2 * ACTIONS);
    ck_assert_uint_eq(rig_system(rig, 0x3000)[0], 5);
    /* Silence on the hardware; the model says it in its log. */
    ck_assert_uint_eq(rig->faults, _i >= 2 * ACTIONS);
    rig_destroy(rig);
}
END_TEST

/* ---- Fields ---------------------------------------------------------------------------------- */

#define F(name) NV_QMD_FIELD_##name

static const struct {
    enum nvhw_qmd_field field;
    uint64_t value;
    uint32_t xid;
    const char *text;
} fields[] = {
    {F(CTA_THREAD_DIMENSION0), 0, 13, "SKEDCHECK16"},
    {F(CTA_THREAD_DIMENSION0), 1025, 13, "SKEDCHECK11"},
    {F(CTA_THREAD_DIMENSION2), 65, 13, "SKEDCHECK16"},
    {F(REGISTER_COUNT_V), 0, 13, "SKEDCHECK06"},
    {F(SHARED_MEMORY_SIZE), 264, 13, "SKEDCHECK14"},
    {F(SHARED_MEMORY_SIZE), 100 * 1024, 13, ""},
    {F(MIN_SM_CONFIG_SHARED_MEM_SIZE), 57, 13, ""},
    {F(MIN_SM_CONFIG_SHARED_MEM_SIZE), 0, 13, ""},
    {F(TARGET_SM_CONFIG_SHARED_MEM_SIZE), 0, 13, ""},
    {F(MAX_SM_CONFIG_SHARED_MEM_SIZE), 0, 13, ""},
    {F(TARGET_SM_CONFIG_SHARED_MEM_SIZE), 4, 13, ""},
    {F(SHADER_LOCAL_MEMORY_LOW_SIZE), 8, 13, "SKEDCHECK02"},
    {F(SHADER_LOCAL_MEMORY_LOW_SIZE), 128, 13, "SKEDCHECK05"},
    {F(PROGRAM_ADDRESS), NOWHERE, 31, "0x7000000000"},
    {F(PROGRAM_ADDRESS), 8, 13, "SKEDCHECK13"},
};
enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };

START_TEST(fields_out_of_range_end_as_on_the_chip)
{
    struct rig *rig = with_qmd();

    set_as(rig, NV_QMD_V04_00, fields[_i].field, fields[_i].value);
    RIG_SUBMIT(rig, 1, BIND, SET_WINDOWS(G4, G4 - M16), LAUNCH(COPY_SCHEDULE));
    ck_assert_uint_eq(rig->grid_launches, 0);
    ck_assert_uint_eq(rig->errors, 1);
    ck_assert_uint_eq(rig->error_xid, fields[_i].xid);
    ck_assert_msg(strstr(rig->error_text, fields[_i].text), "%s", rig->error_text);
    rig_destroy(rig);
}
END_TEST

/* Types without a sound: a queue, an empty grid. Others are refused (3) or hang the chip (7). */
START_TEST(types_that_do_nothing)
{
    struct rig *rig = with_qmd();

    set_as(rig, NV_QMD_V04_00, F(QMD_TYPE), (uint64_t)_i);
    RIG_SUBMIT(rig, 1, BIND, SET_WINDOWS(G4, G4 - M16), LAUNCH(COPY_SCHEDULE),
               SEM(SEM_VA, 5, SEM_RELEASE_WFI));
    ck_assert_int_eq((int)rig->errors, _i == 3);
    ck_assert_int_eq((int)rig->grid_launches, _i == 2);
    ck_assert_uint_eq(rig_system(rig, 0x3000)[0], _i == 3 ? 0 : 5);
    rig_destroy(rig);
}
END_TEST

START_TEST(no_groups_and_group_id_0_are_fine)
{
    struct rig *rig = with_qmd();

    set_as(rig, NV_QMD_V04_00, _i ? F(QMD_GROUP_ID) : F(CTA_RASTER_WIDTH), 0);
    RIG_SUBMIT(rig, 1, BIND, SET_WINDOWS(G4, G4 - M16), LAUNCH(COPY_SCHEDULE));
    ck_assert_uint_eq(rig->errors, 0);
    ck_assert_int_eq((int)rig->grid_launches, _i);
    rig_destroy(rig);
}
END_TEST

/* ---- Host ------------------------------------------------------------------------------------ */

static const struct {
    uint32_t words[4];
    uint32_t xid;
} streams[] = {
    {{BIND, INC(1u, 0x3ff8, 1), 1}, 32},
    {{BIND, INC(1u, 0x07f8, 1), 1}, 11},
    {{BIND, INC(1u, 0x1ff8, 1), 1}, 11},
    {{INC(4u, 0, 1), NVC8B5, INC(4u, 0x0ff8, 1), 1}, 32},
    {{INC(4u, 0, 1), NVC8B5, INC(4u, 0x3ff8, 1), 1}, 32},
    {{INC(3u, 0, 1), 0x1234}, 13},
    {{0xc0010000, 0}, 32},
};
enum { STREAMS = sizeof(streams) / sizeof(streams[0]) };

START_TEST(bad_methods_classes_and_headers_end_as_on_the_chip)
{
    struct rig *rig = with_qmd();

    rig_submit(rig, 1, streams[_i].words, 4);
    ck_assert_uint_eq(rig->errors, 1);
    ck_assert_uint_eq(rig->error_xid, streams[_i].xid);
    rig_destroy(rig);
}
END_TEST

int main(void)
{
    const struct rig_case cases[] = {
        {windows_lie_where_the_chip_lets_them, WINDOWS},
        {only_the_layout_of_version_4_starts, 3 * ACTIONS},
        {fields_out_of_range_end_as_on_the_chip, FIELDS},
        {types_that_do_nothing, 4},
        {no_groups_and_group_id_0_are_fine, 2},
        {bad_methods_classes_and_headers_end_as_on_the_chip, STREAMS},
    };

    return rig_main("hopper", cases, sizeof(cases) / sizeof(cases[0]));
}
