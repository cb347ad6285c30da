/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The interrupt tree: enables at both levels, write-1-clear, edges, MSI-X masks. */
#include "rig.h"

#define LEAF(i)       NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF(i)
#define LEAF_SET(i)   NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_SET(i)
#define LEAF_CLEAR(i) NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_CLEAR(i)
#define TOP           NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP
#define TOP_SET       NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_SET
#define TOP_CLEAR     NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_CLEAR
#define TRIGGER       NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_TRIGGER
#define CONTROL(i)    NV_VIRTUAL_FUNCTION_PRIV_MSIX_TABLE_VECTOR_CONTROL(i)

enum { VECTOR = 155, IN_LEAF = 155 / 32, IN_TOP = IN_LEAF / 2 };
#define BIT (1u << VECTOR % 32)

/* Leaf, top and the message entry open. */
static struct rig *open_tree(void)
{
    struct rig *rig = rig_create(2);

    rig_write32(rig, LEAF_SET(IN_LEAF), BIT);
    rig_write32(rig, TOP_SET, 0xf);
    rig_write32(rig, CONTROL(0), 0);
    return rig;
}

START_TEST(a_vector_shows_in_its_leaf_and_subtree_and_sends_one_message)
{
    struct rig *rig = open_tree();

    gpum_irq_raise(&rig->m, VECTOR);
    ck_assert_uint_eq(rig_read32(rig, LEAF(IN_LEAF)), BIT);
    ck_assert_uint_eq(rig_read32(rig, TOP), 1u << IN_TOP);
    ck_assert_uint_eq(rig->messages, 1);
    rig_write32(rig, LEAF(IN_LEAF), BIT);
    ck_assert_uint_eq(rig_read32(rig, LEAF(IN_LEAF)), 0);
    ck_assert_uint_eq(rig_read32(rig, TOP), 0);
    rig_destroy(rig);
}
END_TEST

START_TEST(a_disabled_leaf_bit_is_pending_but_silent)
{
    struct rig *rig = open_tree();

    rig_write32(rig, LEAF_CLEAR(IN_LEAF), BIT);
    gpum_irq_raise(&rig->m, VECTOR);
    ck_assert_uint_eq(rig_read32(rig, LEAF(IN_LEAF)), BIT);
    ck_assert_uint_eq(rig_read32(rig, TOP), 0);
    ck_assert_uint_eq(rig->messages, 0);
    rig_write32(rig, LEAF_SET(IN_LEAF), BIT);
    ck_assert_uint_eq(rig->messages, 1);
    rig_destroy(rig);
}
END_TEST

START_TEST(a_disabled_top_holds_the_message_until_enabled)
{
    struct rig *rig = open_tree();

    rig_write32(rig, TOP_CLEAR, 0xf);
    gpum_irq_raise(&rig->m, VECTOR);
    ck_assert_uint_eq(rig_read32(rig, TOP), 1u << IN_TOP);
    ck_assert_uint_eq(rig->messages, 0);
    rig_write32(rig, TOP_SET, 0xf);
    ck_assert_uint_eq(rig->messages, 1);
    rig_destroy(rig);
}
END_TEST

START_TEST(an_interrupt_during_handling_is_lost_without_rearm_and_kept_with_it)
{
    struct rig *rig = open_tree();

    rig_write32(rig, LEAF_SET(0), 1u << 5);
    gpum_irq_raise(&rig->m, VECTOR);
    /* The handler cleared one leaf; another vector comes before it is done. */
    gpum_irq_raise(&rig->m, 5);
    rig_write32(rig, LEAF(IN_LEAF), BIT);
    ck_assert_uint_eq(rig->messages, 1);
    rig_write32(rig, TOP_CLEAR, 0xf);
    rig_write32(rig, TOP_SET, 0xf);
    ck_assert_uint_eq(rig->messages, 2);
    rig_destroy(rig);
}
END_TEST

START_TEST(the_trigger_register_raises_any_vector)
{
    struct rig *rig = open_tree();

    rig_write32(rig, TRIGGER, VECTOR);
    ck_assert_uint_eq(rig_read32(rig, LEAF(IN_LEAF)), BIT);
    ck_assert_uint_eq(rig->messages, 1);
    rig_write32(rig, TRIGGER, 8 * 32);
    ck_assert_uint_eq(rig->messages, 1);
    rig_destroy(rig);
}
END_TEST

START_TEST(a_masked_entry_keeps_the_message_pending)
{
    struct rig *rig = open_tree();

    rig_write32(rig, CONTROL(0), 1);
    gpum_irq_raise(&rig->m, VECTOR);
    ck_assert_uint_eq(rig->messages, 0);
    ck_assert_uint_eq(rig_read32(rig, NV_VIRTUAL_FUNCTION_PRIV_MSIX_PBA), 1);
    rig_write32(rig, CONTROL(0), 0);
    ck_assert_uint_eq(rig->messages, 1);
    ck_assert_uint_eq(rig_read32(rig, NV_VIRTUAL_FUNCTION_PRIV_MSIX_PBA), 0);
    rig_destroy(rig);
}
END_TEST

START_TEST(entries_are_masked_at_power_on)
{
    struct rig *rig = rig_create(2);

    for (unsigned i = 0; i < 6; i++)
        ck_assert_uint_eq(rig_read32(rig, CONTROL(i)), 1);
    rig_destroy(rig);
}
END_TEST

START_TEST(which_entry_is_used_depends_on_the_seed)
{
    struct rig *rig = open_tree();

    rig->m.config.seed = (uint64_t)_i;
    for (unsigned i = 0; i < 6; i++)
        rig_write32(rig, CONTROL(i), 0);
    gpum_irq_raise(&rig->m, VECTOR);
    ck_assert_uint_eq(rig->messages, 1);
    ck_assert_uint_eq(rig->message_entry, (unsigned)_i % 6);
    rig_destroy(rig);
}
END_TEST

START_TEST(the_number_of_leaves_is_the_chip_s)
{
    struct rig *rig = rig_create(2 + (unsigned)_i);

    rig_write32(rig, LEAF_SET(12), 1);
    gpum_irq_raise(&rig->m, 12 * 32);
    ck_assert_uint_eq(rig_read32(rig, TOP), _i ? 1u << 6 : 0);
    rig_destroy(rig);
}
END_TEST

int main(void)
{
    const struct rig_case cases[] = {
        {a_vector_shows_in_its_leaf_and_subtree_and_sends_one_message, 0},
        {a_disabled_leaf_bit_is_pending_but_silent, 0},
        {a_disabled_top_holds_the_message_until_enabled, 0},
        {an_interrupt_during_handling_is_lost_without_rearm_and_kept_with_it, 0},
        {the_trigger_register_raises_any_vector, 0},
        {a_masked_entry_keeps_the_message_pending, 0},
        {entries_are_masked_at_power_on, 0},
        {which_entry_is_used_depends_on_the_seed, 13},
        {the_number_of_leaves_is_the_chip_s, 2},
    };

    return rig_main("interrupts", cases, sizeof(cases) / sizeof(cases[0]));
}
