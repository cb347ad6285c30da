/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Passes alone: what folding computes is what C computes; what is said to be known of a value is so;
 * what the verifier must see, it sees.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <nvhw/sass.h>

#include "build.h"

enum { ROUNDS = 2000 };

struct fixture {
    struct cc_arena arena;
    struct cc_shader shader;
    struct magma_cc_options options;
    struct cc_builder b;
    jmp_buf failed;
    char error[256];
};

static struct fixture f;
static uint64_t seed;

static uint32_t word(void)
{
    static const uint32_t special[] = {0, 1, 31, 32, 0x7fffffff, 0x80000000, 0xffffffff, 5};
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    uint32_t r = (uint32_t)(seed >> 32);
    return r % 4 == 0 ? special[r / 4 % 8] : r;
}

static void setup(void)
{
    memset(&f, 0, sizeof(f));
    cc_arena_init(&f.arena, &f.failed, f.error, sizeof(f.error));
    f.options.sm = 86;
    f.shader.arena = &f.arena;
    f.shader.options = &f.options;
    f.shader.sm = 86;
    f.b = (struct cc_builder){&f.shader, cc_block_create(&f.shader)};
    seed = 1;
}

static void teardown(void)
{
    cc_arena_finish(&f.arena);
}

static void is_word(struct cc_src got, uint32_t want, const char *what)
{
    ck_assert_msg(got.kind == CC_IMM && got.v == want, "%s: got 0x%08x, want 0x%08x", what, got.v,
                  want);
}

static uint64_t joined(struct cc_pair p)
{
    ck_assert(p.lo.kind == CC_IMM && p.hi.kind == CC_IMM);
    return (uint64_t)p.hi.v << 32 | p.lo.v;
}

START_TEST(folding_words_agrees_with_c)
{
    struct cc_builder *b = &f.b;
    for (int i = 0; i < ROUNDS; i++) {
        uint32_t x = word(), y = word(), z = word(), lut = word() & 255, logic = 0;
        struct cc_src sx = cc_imm(x), sy = cc_imm(y), sz = cc_imm(z);
        for (unsigned bit = 0; bit < 32; bit++) {
            unsigned at = (x >> bit & 1) * 4 + (y >> bit & 1) * 2 + (z >> bit & 1);
            logic |= (lut >> at & 1) << bit;
        }
        is_word(cc_b_iadd(b, sx, sy), x + y, "add");
        is_word(cc_b_isub(b, sx, sy), x - y, "subtract");
        is_word(cc_b_imad(b, sx, sy, sz), x * y + z, "multiply and add");
        is_word(cc_b_mulhi(b, sx, sy, false), (uint32_t)((uint64_t)x * y >> 32), "high product");
        is_word(cc_b_mulhi(b, sx, sy, true),
                (uint32_t)((uint64_t)((int64_t)(int32_t)x * (int32_t)y) >> 32), "signed high");
        is_word(cc_b_lop3(b, sx, sy, sz, lut), logic, "logic");
        is_word(cc_b_shl(b, sx, sy), y < 32 ? x << y : 0, "shift left");
        is_word(cc_b_shr(b, sx, sy, false), y < 32 ? x >> y : 0, "shift right");
        is_word(cc_b_shr(b, sx, sy, true), (uint32_t)((int32_t)x >> (y < 31 ? y : 31)), "arithmetic");
        is_word(cc_b_minmax(b, sx, sy, CC_F_MIN), x < y ? x : y, "minimum");
    }
    ck_assert_msg(!f.b.block->first, "constants left an instruction");
}
END_TEST

START_TEST(folding_pairs_agrees_with_c)
{
    struct cc_builder *b = &f.b;
    for (int i = 0; i < ROUNDS; i++) {
        struct cc_pair x = {cc_imm(word()), cc_imm(word())}, y = {cc_imm(word()), cc_imm(word())};
        uint64_t vx = joined(x), vy = joined(y);
        ck_assert(joined(cc_b_add64(b, x, y)) == vx + vy);
        ck_assert(joined(cc_b_sub64(b, x, y)) == vx - vy);
        ck_assert(joined(cc_b_mul64(b, x, y)) == vx * vy);
        is_word(cc_b_icmp64(b, CC_CMP_LT, x, y, false), vx < vy, "less");
        is_word(cc_b_icmp64(b, CC_CMP_GE, x, y, true), (int64_t)vx >= (int64_t)vy, "not less");
        is_word(cc_b_icmp64(b, CC_CMP_EQ, x, x, false), 1, "equal");
    }
}
END_TEST

START_TEST(comparing_agrees_with_c)
{
    struct cc_builder *b = &f.b;
    for (int i = 0; i < ROUNDS; i++) {
        uint32_t x = word(), y = word();
        int32_t sx = (int32_t)x, sy = (int32_t)y;
        struct cc_src a = cc_imm(x), c = cc_imm(y);
        is_word(cc_b_icmp(b, CC_CMP_LT, a, c, false), x < y, "<");
        is_word(cc_b_icmp(b, CC_CMP_LE, a, c, true), sx <= sy, "signed <=");
        is_word(cc_b_icmp(b, CC_CMP_GT, a, c, true), sx > sy, "signed >");
        is_word(cc_b_icmp(b, CC_CMP_NE, a, c, false), x != y, "!=");
    }
    struct cc_src nan = cc_imm(0x7fc00000), one = cc_b_float(1.0f);
    is_word(cc_b_fcmp(b, CC_CMP_NE, nan, one), 0, "ordered !=");
    is_word(cc_b_fcmp(b, CC_CMP_NEU, nan, one), 1, "unordered !=");
    is_word(cc_b_fcmp(b, CC_CMP_LT, nan, one), 0, "ordered <");
    is_word(cc_b_fcmp(b, CC_CMP_NAN, nan, one), 1, "not a number");
}
END_TEST

/* Runs the verifier; true when it finds the IR broken. */
static bool refused(void)
{
    if (setjmp(f.failed) != 0) {
        return true;
    }
    cc_cfg_update(&f.shader);
    cc_ir_verify(&f.shader, "test");
    return false;
}

static struct cc_src special_register(unsigned number)
{
    struct cc_inst *inst = cc_b_inst(&f.b, CC_S2R, 0, NULL);
    inst->sub = (uint8_t)number;
    return cc_b_emit(&f.b, inst, CC_GPR);
}

START_TEST(what_is_known_of_a_value_is_so)
{
    f.shader.workgroup_size[0] = 64;
    struct cc_src thread = special_register(NV_SASS_SR_TID_X), rest;
    struct cc_src lane = special_register(NV_SASS_SR_LANEID);
    struct cc_src sum = cc_b_iadd(&f.b, thread, cc_imm(128));
    uint32_t constant;
    ck_assert_uint_eq(cc_known_most(&f.shader, thread), 63);
    ck_assert_uint_eq(cc_known_most(&f.shader, sum), 63 + 128);
    ck_assert_uint_eq(cc_known_most(&f.shader, lane), UINT32_MAX); /* nobody asked so far */
    ck_assert_uint_eq(cc_known_zeros(&f.shader, cc_b_shl(&f.b, lane, cc_imm(4))), 4);
    ck_assert_uint_eq(cc_known_zeros(&f.shader, sum), 0);
    ck_assert(cc_known_sum(&f.shader, sum, &rest, &constant));
    ck_assert(rest.kind == CC_VAL && rest.v == thread.v);
    ck_assert_uint_eq(constant, 128);
    ck_assert(!cc_known_sum(&f.shader, cc_b_iadd(&f.b, thread, lane), &rest, &constant));
}
END_TEST

/* So that addresses keep their constants apart, for the load's own offset. */
START_TEST(constants_leave_shifts_and_masks_where_nothing_is_lost)
{
    f.shader.workgroup_size[0] = 64;
    struct cc_src thread = special_register(NV_SASS_SR_TID_X), rest;
    struct cc_src lane = special_register(NV_SASS_SR_LANEID);
    struct cc_src sum = cc_b_iadd(&f.b, thread, cc_imm(128));
    uint32_t constant;
    ck_assert(cc_known_sum(&f.shader, cc_b_shr(&f.b, sum, cc_imm(3), false), &rest, &constant));
    ck_assert_uint_eq(constant, 16);
    ck_assert_uint_eq(cc_known_most(&f.shader, rest), 7);
    sum = cc_b_iadd(&f.b, lane, cc_imm(128)); /* may wrap, for all that is known */
    ck_assert(!cc_known_sum(&f.shader, cc_b_shr(&f.b, sum, cc_imm(3), false), &rest, &constant));
    struct cc_src low = cc_b_and(&f.b, sum, cc_imm(127)), more = cc_b_and(&f.b, sum, cc_imm(128));
    ck_assert_uint_eq(f.shader.vals[low.v].def->src[0].v, lane.v);
    ck_assert_uint_eq(f.shader.vals[more.v].def->src[0].v, sum.v);
}
END_TEST

START_TEST(the_verifier_sees_a_use_before_the_definition)
{
    struct cc_inst *def = cc_inst_create(&f.shader, CC_S2R, 0);
    struct cc_src value = cc_def_add(&f.shader, def, CC_GPR);
    struct cc_inst *use = cc_b_inst(&f.b, CC_POPC, 1, &value);
    cc_def_add(&f.shader, use, CC_GPR);
    cc_b_append(&f.b, use);
    cc_b_append(&f.b, def);
    cc_b_append(&f.b, cc_inst_create(&f.shader, CC_EXIT, 0));
    ck_assert(refused());
    cc_inst_remove(def);
    cc_inst_insert_before(&f.shader, use, def);
    ck_assert(!refused());
}
END_TEST

START_TEST(the_verifier_sees_the_wrong_register_file)
{
    struct cc_src p = cc_bool(true);
    struct cc_inst *inst = cc_b_inst(&f.b, CC_POPC, 1, &p);
    cc_def_add(&f.shader, inst, CC_GPR);
    cc_b_append(&f.b, inst);
    cc_b_append(&f.b, cc_inst_create(&f.shader, CC_EXIT, 0));
    ck_assert(refused());
}
END_TEST

START_TEST(the_verifier_sees_a_block_without_an_end)
{
    struct cc_inst *inst = cc_inst_create(&f.shader, CC_S2R, 0);
    cc_def_add(&f.shader, inst, CC_GPR);
    cc_b_append(&f.b, inst);
    ck_assert(refused());
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("compiler-passes");
    TCase *t = tcase_create("passes");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, folding_words_agrees_with_c);
    tcase_add_test(t, folding_pairs_agrees_with_c);
    tcase_add_test(t, comparing_agrees_with_c);
    tcase_add_test(t, what_is_known_of_a_value_is_so);
    tcase_add_test(t, constants_leave_shifts_and_masks_where_nothing_is_lost);
    tcase_add_test(t, the_verifier_sees_a_use_before_the_definition);
    tcase_add_test(t, the_verifier_sees_the_wrong_register_file);
    tcase_add_test(t, the_verifier_sees_a_block_without_an_end);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
