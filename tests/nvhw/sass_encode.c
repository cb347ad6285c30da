/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Instructions built by hand: defaults, the choice of form by operand kinds, refusals with a cause,
 * and the questions a scheduler asks.
 */
#include <nvhw/sass.h>

#include <check.h>

static uint8_t bytes[NV_SASS_BYTES];
static char why[160], text[160];

static void encodes_as(unsigned sm, const struct nvhw_sass *in, const char *want)
{
    struct nvhw_sass back;
    ck_assert_msg(nvhw_sass_encode(sm, in, bytes, why, sizeof(why)), "%s", why);
    ck_assert(nvhw_sass_decode(sm, bytes, &back));
    nvhw_sass_format(sm, &back, 0, text, sizeof(text));
    ck_assert_str_eq(text, want);
}

static void refuses(unsigned sm, const struct nvhw_sass *in, const char *part)
{
    ck_assert(!nvhw_sass_encode(sm, in, bytes, why, sizeof(why)));
    ck_assert_msg(strstr(why, part) != NULL, "want '%s' in: %s", part, why);
}

START_TEST(absent_operands_are_neutral)
{
    struct nvhw_sass s;
    nvhw_sass_clear(&s, NV_SASS_IADD3);
    s.o[NV_SASS_D] = nvhw_sass_reg(4);
    s.o[NV_SASS_A] = nvhw_sass_reg(2);
    encodes_as(86, &s, "IADD3 R4, R2, RZ, RZ");
    encodes_as(120, &s, "IADD3 R4, PT, PT, R2, RZ, RZ");
    nvhw_sass_clear(&s, NV_SASS_MOV);
    s.o[NV_SASS_D] = nvhw_sass_reg(4);
    s.o[NV_SASS_B] = nvhw_sass_imm(1);
    encodes_as(75, &s, "MOV R4, 0x1");
    nvhw_sass_clear(&s, NV_SASS_FMUL);
    encodes_as(86, &s, "FMUL RZ, RZ, RZ");
}
END_TEST

START_TEST(operand_kinds_choose_the_form)
{
    struct nvhw_sass s;
    nvhw_sass_clear(&s, NV_SASS_FFMA);
    s.o[NV_SASS_D] = nvhw_sass_reg(1);
    s.o[NV_SASS_A] = nvhw_sass_reg(2);
    s.o[NV_SASS_B] = nvhw_sass_reg(3);
    s.o[NV_SASS_C] = nvhw_sass_const(0, 0x160);
    encodes_as(86, &s, "FFMA R1, R2, R3, c[0x0][0x160]");
    refuses(100, &s, "operand C is of the wrong kind");
    s.o[NV_SASS_B] = nvhw_sass_imm(0x3fc00000);
    refuses(86, &s, "FFMA for sm_86: operand");
    s.o[NV_SASS_C] = nvhw_sass_reg(5);
    encodes_as(86, &s, "FFMA R1, R2, 1.5, R5");
    s.o[NV_SASS_B] = nvhw_sass_ureg(NV_SASS_URZ);
    encodes_as(86, &s, "FFMA R1, R2, URZ, R5");
    encodes_as(120, &s, "FFMA R1, R2, URZ, R5");
}
END_TEST

START_TEST(refusals_say_why)
{
    struct nvhw_sass s;
    nvhw_sass_clear(&s, NV_SASS_LDG);
    s.o[NV_SASS_OFFSET] = nvhw_sass_imm(1 << 23);
    refuses(86, &s, "immediate 8388608 of OFFSET does not fit 24 bits");
    nvhw_sass_clear(&s, NV_SASS_IABS);
    s.o[NV_SASS_A] = nvhw_sass_reg(1);
    refuses(86, &s, "operand A is not taken here");
    nvhw_sass_clear(&s, NV_SASS_IABS);
    s.o[NV_SASS_B] = nvhw_sass_reg(1);
    s.o[NV_SASS_B].neg = true;
    refuses(86, &s, "operand B cannot take a negation here");
    nvhw_sass_clear(&s, NV_SASS_IABS);
    s.mod[NV_SASS_MOD_SAT] = NV_SASS_SAT_ON;
    refuses(86, &s, "modifier SAT does not exist here");
    nvhw_sass_clear(&s, NV_SASS_I2FP);
    refuses(75, &s, "not on this SM");
    refuses(42, &s, "unknown SM");
    nvhw_sass_clear(&s, NV_SASS_BRA);
    s.o[NV_SASS_OFFSET] = nvhw_sass_imm(6);
    refuses(86, &s, "multiples");
}
END_TEST

START_TEST(control_bits_come_back)
{
    struct nvhw_sass s, back;
    nvhw_sass_clear(&s, NV_SASS_NOP);
    s.control = (struct nvhw_sass_control){
        .stall = 13, .yield = true, .write_sb = 2, .read_sb = 5, .wait_mask = 0x21, .reuse = 5};
    ck_assert(nvhw_sass_encode(90, &s, bytes, why, sizeof(why)));
    ck_assert(nvhw_sass_decode(90, bytes, &back));
    ck_assert_mem_eq(&back.control, &s.control, sizeof(s.control));
    nvhw_sass_format_control(&s.control, text, sizeof(text));
    ck_assert_str_eq(text, "stall 13 yield write 2 read 5 wait 0,5");
    s.control.wait_mask = 64;
    refuses(90, &s, "out of range");
}
END_TEST

START_TEST(widths_follow_the_modifiers)
{
    struct nvhw_sass s;
    nvhw_sass_clear(&s, NV_SASS_LDG);
    s.mod[NV_SASS_MOD_E] = 1;
    s.mod[NV_SASS_MOD_SIZE] = NV_SASS_SIZE_B128;
    s.o[NV_SASS_D] = nvhw_sass_reg(8);
    s.o[NV_SASS_A] = nvhw_sass_reg(2);
    ck_assert_uint_eq(nvhw_sass_width(&s, NV_SASS_D), 4);
    ck_assert_uint_eq(nvhw_sass_width(&s, NV_SASS_A), 2);
    ck_assert_uint_eq(nvhw_sass_access_bytes(&s), 16);
    s.mod[NV_SASS_MOD_SIZE] = NV_SASS_SIZE_S16;
    ck_assert_uint_eq(nvhw_sass_width(&s, NV_SASS_D), 1);
    ck_assert_uint_eq(nvhw_sass_access_bytes(&s), 2);
    s.o[NV_SASS_D] = nvhw_sass_reg(NV_SASS_RZ);
    ck_assert_uint_eq(nvhw_sass_width(&s, NV_SASS_D), 0);
    ck_assert(nvhw_sass_is_variable(86, &s));
    nvhw_sass_clear(&s, NV_SASS_DADD);
    ck_assert(nvhw_sass_is_variable(86, &s));
    ck_assert(!nvhw_sass_is_variable(90, &s));
}
END_TEST

START_TEST(latency_depends_on_writer_and_reader)
{
    struct nvhw_sass fadd;
    nvhw_sass_clear(&fadd, NV_SASS_FADD);
    enum nvhw_sass_reader reader = nvhw_sass_reader(86, &fadd, NV_SASS_A, NV_SASS_REG, false);
    ck_assert_uint_eq(nvhw_sass_latency(86, NV_SASS_PIPE_ALU, false, reader), 5);
    ck_assert_uint_eq(nvhw_sass_latency(86, NV_SASS_PIPE_FMA, false, reader), 4);
    reader = nvhw_sass_reader(86, &fadd, NV_SASS_GUARD, NV_SASS_PRED, false);
    ck_assert_uint_eq(nvhw_sass_latency(86, NV_SASS_PIPE_ALU, false, reader), 13);
    ck_assert_uint_eq(nvhw_sass_latency(75, NV_SASS_PIPE_ALU, false, reader), 12);
}
END_TEST

START_TEST(text_is_cut_where_the_buffer_ends)
{
    struct nvhw_sass s;
    char small[8];
    nvhw_sass_clear(&s, NV_SASS_EXIT);
    s.guard = 1;
    s.guard_not = true;
    int length = nvhw_sass_format(86, &s, 0, small, sizeof(small));
    ck_assert_int_eq(length, (int)strlen("@!P1 EXIT"));
    ck_assert_str_eq(small, "@!P1 EX");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sass encode");
    TCase *tc = tcase_create("encode");
    SRunner *runner;
    int failed;
    tcase_add_test(tc, absent_operands_are_neutral);
    tcase_add_test(tc, operand_kinds_choose_the_form);
    tcase_add_test(tc, refusals_say_why);
    tcase_add_test(tc, control_bits_come_back);
    tcase_add_test(tc, widths_follow_the_modifiers);
    tcase_add_test(tc, latency_depends_on_writer_and_reader);
    tcase_add_test(tc, text_is_cut_where_the_buffer_ends);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
