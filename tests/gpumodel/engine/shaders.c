/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* From the doorbell through a QMD to the real SM and back: results in memory, faults, order. */
#include "rig.h"

#include <nvhw/sass.h>
#include <string.h>

enum { SM = 86, SR_TID_X = 0x21, SR_CTAID_X = 0x25, CTAS = 5, THREADS = 64 };

#define QMD_VA  (RIG_DATA_VA + 0x10000)
#define CODE_VA (RIG_DATA_VA + 0x20000)
#define BANK_VA (RIG_DATA_VA + 0x30000)
#define OUT_VA  (RIG_DATA_VA + 0x40000)

/* ---- A program: out[ctaid * 64 + tid] = ctaid * 64 + tid, out from c[0][0] ------------------- */

static struct nvhw_sass *next(struct nvhw_sass *list, unsigned *count, enum nvhw_sass_op op)
{
    struct nvhw_sass *s = &list[(*count)++];

    nvhw_sass_clear(s, op);
    s->control.stall = 15;
    s->control.yield = true;
    if (nvhw_sass_is_variable(SM, s)) {
        s->control.write_sb = op == NV_SASS_STG ? NV_SASS_SB_NONE : 0;
        s->control.read_sb = 1;
    }
    s->control.wait_mask = 3;
    return s;
}

static void special(struct nvhw_sass *s, unsigned reg, unsigned sr)
{
    s->o[NV_SASS_D] = nvhw_sass_reg(reg);
    s->mod[NV_SASS_MOD_SR] = (uint16_t)sr;
}

static void abc(struct nvhw_sass *s, struct nvhw_sass_operand d, struct nvhw_sass_operand a,
                struct nvhw_sass_operand b, struct nvhw_sass_operand c)
{
    s->o[NV_SASS_D] = d;
    s->o[NV_SASS_A] = a;
    s->o[NV_SASS_B] = b;
    s->o[NV_SASS_C] = c;
}

static void write_program(struct rig *rig)
{
    struct nvhw_sass list[16], *s;
    unsigned count = 0;

    special(next(list, &count, NV_SASS_S2R), 0, SR_TID_X);
    special(next(list, &count, NV_SASS_S2R), 1, SR_CTAID_X);
    abc(next(list, &count, NV_SASS_IMAD), nvhw_sass_reg(0), nvhw_sass_reg(1),
        nvhw_sass_imm(THREADS), nvhw_sass_reg(0));
    for (unsigned i = 0; i < 2; i++) {
        s = next(list, &count, NV_SASS_MOV);
        s->o[NV_SASS_D] = nvhw_sass_reg(2 + i);
        s->o[NV_SASS_B] = nvhw_sass_const(0, 4 * i);
    }
    s = next(list, &count, NV_SASS_IMAD_WIDE);
    abc(s, nvhw_sass_reg(2), nvhw_sass_reg(0), nvhw_sass_imm(4), nvhw_sass_reg(2));
    s->mod[NV_SASS_MOD_SIGN] = NV_SASS_SIGN_U32;
    s = next(list, &count, NV_SASS_STG);
    s->mod[NV_SASS_MOD_E] = 1;
    s->o[NV_SASS_A] = nvhw_sass_reg(2);
    s->o[NV_SASS_B] = nvhw_sass_reg(0);
    s->o[NV_SASS_OFFSET] = nvhw_sass_imm(0);
    next(list, &count, NV_SASS_EXIT);
    for (unsigned i = 0; i < count; i++) {
        char why[160] = "";

        ck_assert_msg(nvhw_sass_encode(SM, &list[i],
                                       rig_data(rig, CODE_VA - RIG_DATA_VA + i * NV_SASS_BYTES),
                                       why, sizeof(why)),
                      "instruction %u: %s", i, why);
    }
}

static void write_qmd(struct rig *rig)
{
    static const struct {
        enum nvhw_qmd_field field;
        uint64_t value;
    } fields[] = {
        {NV_QMD_FIELD_QMD_MAJOR_VERSION, 3},
        {NV_QMD_FIELD_CTA_RASTER_WIDTH, CTAS},
        {NV_QMD_FIELD_CTA_RASTER_HEIGHT, 1},
        {NV_QMD_FIELD_CTA_RASTER_DEPTH, 1},
        {NV_QMD_FIELD_CTA_THREAD_DIMENSION0, THREADS},
        {NV_QMD_FIELD_CTA_THREAD_DIMENSION1, 1},
        {NV_QMD_FIELD_CTA_THREAD_DIMENSION2, 1},
        {NV_QMD_FIELD_PROGRAM_ADDRESS, CODE_VA},
        {NV_QMD_FIELD_REGISTER_COUNT_V, 16},
        {NV_QMD_FIELD_MIN_SM_CONFIG_SHARED_MEM_SIZE, 3},
        {NV_QMD_FIELD_TARGET_SM_CONFIG_SHARED_MEM_SIZE, 3},
        {NV_QMD_FIELD_MAX_SM_CONFIG_SHARED_MEM_SIZE, 0x1a},
        {NV_QMD_FIELD_CONSTANT_BUFFER_VALID, 1},
        {NV_QMD_FIELD_CONSTANT_BUFFER_ADDR, BANK_VA},
        {NV_QMD_FIELD_CONSTANT_BUFFER_SIZE, 256},
    };
    uint32_t *qmd = (uint32_t *)(void *)rig_data(rig, QMD_VA - RIG_DATA_VA);

    for (unsigned i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        ck_assert(nvhw_qmd_set(NV_QMD_V03_00, qmd, fields[i].field, 0, fields[i].value));
}

static struct rig *with_program(uint64_t out_va)
{
    struct rig *rig = rig_create(2);

    ck_assert(gpum_sm_create(&rig->m));
    gpum_sm_power_on(&rig->m);
    rig_channel(rig, 1);
    write_program(rig);
    write_qmd(rig);
    memcpy(rig_data(rig, BANK_VA - RIG_DATA_VA), &out_va, 8);
    return rig;
}

static void done(struct rig *rig)
{
    gpum_fifo_power_on(&rig->m); /* channels, and with them grids, before the SM */
    gpum_sm_destroy(&rig->m);
    rig_destroy(rig);
}

#define LAUNCH                                                                                     \
    INC(1u, 0, 1), NVC7C0, INC(1u, NVC7C0_SEND_PCAS_A, 1), LO(QMD_VA >> 8),                        \
        INC(1u, NVC7C0_SEND_SIGNALING_PCAS2_B, 1), 3

START_TEST(every_thread_of_a_launch_writes_its_word)
{
    struct rig *rig = with_program(OUT_VA);

    RIG_SUBMIT(rig, 1, LAUNCH, SEM(RIG_SYSTEM_VA, 9, SEM_RELEASE64_WFI_TIME));
    ck_assert_msg(!rig->errors, "%s", rig->error_text);
    ck_assert_uint_eq(rig_system(rig, 0)[0], 9);
    for (uint32_t i = 0; i < CTAS * THREADS; i++)
        ck_assert_uint_eq(((uint32_t *)(void *)rig_data(rig, 0x40000))[i], i);
    ck_assert_uint_gt(rig->m.stats.lane_instructions, CTAS * THREADS * 8 - 1);
    done(rig);
}
END_TEST

START_TEST(a_copy_on_the_same_channel_sees_the_results)
{
    struct rig *rig = with_program(OUT_VA);

    RIG_SUBMIT(rig, 1, LAUNCH, INC(4u, 0, 1), NVC7B5, INC(4u, NVC7B5_OFFSET_IN_UPPER, 4),
               HI(OUT_VA), LO(OUT_VA), HI(RIG_SYSTEM_VA), LO(RIG_SYSTEM_VA + 0x1000),
               INC(4u, NVC7B5_LINE_LENGTH_IN, 2), CTAS * THREADS * 4, 1,
               INC(4u, NVC7B5_LAUNCH_DMA, 1), 0x185);
    ck_assert_msg(!rig->errors, "%s", rig->error_text);
    for (uint32_t i = 0; i < CTAS * THREADS; i++)
        ck_assert_uint_eq(((uint32_t *)(void *)rig_system(rig, 0x1000))[i], i);
    done(rig);
}
END_TEST

START_TEST(a_store_to_nowhere_is_xid_31_with_the_address)
{
    struct rig *rig = with_program(UINT64_C(0x7700000000));

    RIG_SUBMIT(rig, 1, LAUNCH, SEM(RIG_SYSTEM_VA, 9, SEM_RELEASE64_WFI_TIME));
    ck_assert_uint_eq(rig->errors, 1);
    ck_assert_uint_eq(rig->error_xid, 31);
    ck_assert_uint_eq(rig->error_mmu.va & ~UINT64_C(0xfff), 0x7700000000);
    ck_assert_int_eq((int)rig->error_mmu.access, GPUM_WRITE);
    ck_assert_uint_eq(rig_system(rig, 0)[0], 0);
    done(rig);
}
END_TEST

START_TEST(an_unknown_instruction_is_xid_13)
{
    struct rig *rig = with_program(OUT_VA);

    memset(rig_data(rig, 0x20000), 0xff, 16);
    RIG_SUBMIT(rig, 1, LAUNCH);
    ck_assert_uint_eq(rig->errors, 1);
    ck_assert_uint_eq(rig->error_xid, 13);
    done(rig);
}
END_TEST

/* Results of a page that was moved without an invalidate land in the old place. */
START_TEST(shaders_write_through_stale_translations)
{
    struct rig *rig = with_program(UINT64_C(0x7700000000));
    struct rig_page page = {.address = RIG_DATA + 0x100000, .size_bytes = 0x1000};

    rig_map(rig, UINT64_C(0x7700000000), &page);
    RIG_SUBMIT(rig, 1, LAUNCH);
    page.address += 0x1000;
    rig_map(rig, UINT64_C(0x7700000000), &page);
    memset(rig_data(rig, 0x100000), 0xee, 0x2000);
    RIG_SUBMIT(rig, 1, LAUNCH);
    ck_assert_uint_eq(rig_data(rig, 0x100004)[0], 1);
    ck_assert_uint_eq(rig_data(rig, 0x101004)[0], 0xee);
    rig_write32(rig, NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE, 0x80000003);
    RIG_SUBMIT(rig, 1, LAUNCH);
    ck_assert_uint_eq(rig_data(rig, 0x101004)[0], 1);
    ck_assert_uint_eq(rig->errors, 0);
    done(rig);
}
END_TEST

int main(void)
{
    const struct rig_case cases[] = {
        {every_thread_of_a_launch_writes_its_word, 0},
        {a_copy_on_the_same_channel_sees_the_results, 0},
        {a_store_to_nowhere_is_xid_31_with_the_address, 0},
        {an_unknown_instruction_is_xid_13, 0},
        {shaders_write_through_stale_translations, 0},
    };

    return rig_main("shaders", cases, sizeof(cases) / sizeof(cases[0]));
}
