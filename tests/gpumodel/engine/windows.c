/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* TLBs and the CPU's windows: stale translations, invalidates, BAR1, BAR2, PRAMIN. */
#include "rig.h"

#include <string.h>

#define VA UINT64_C(0x123456000)

static uint64_t read_gpc(struct rig *rig)
{
    uint64_t value = 0;

    ck_assert(gpum_virt_read(&rig->m, &rig->vas, VA, &value, 8, NULL));
    return value;
}

static uint64_t read_hub(struct rig *rig)
{
    uint64_t value = 0;

    ck_assert(gpum_virt_read_as(&rig->m, &gpum_client_host, &rig->vas, VA, &value, 8, NULL));
    return value;
}

static void put(struct rig *rig, uint64_t vram, uint64_t value)
{
    memcpy(rig->m.vram + vram, &value, 8);
}

/* Two data pages, VA mapped to the first and read once by both sides, then mapped to the second. */
static struct rig *remapped(unsigned version)
{
    struct rig *rig = rig_create(version);

    put(rig, RIG_DATA, 0x1111);
    put(rig, RIG_DATA + 0x1000, 0x2222);
    rig_map(rig, VA, &(struct rig_page){.address = RIG_DATA, .size_bytes = 0x1000});
    ck_assert_uint_eq(read_gpc(rig), 0x1111);
    ck_assert_uint_eq(read_hub(rig), 0x1111);
    rig_map(rig, VA, &(struct rig_page){.address = RIG_DATA + 0x1000, .size_bytes = 0x1000});
    return rig;
}

static void invalidate(struct rig *rig, uint32_t value)
{
    rig_write32(rig, NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_PDB, RIG_ROOT >> 12 << 4);
    rig_write32(rig, NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_UPPER_PDB, 0);
    rig_write32(rig, NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE, value);
    ck_assert_uint_eq(rig_read32(rig, NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE) >> 31, 0);
}

START_TEST(without_an_invalidate_the_old_page_is_seen)
{
    struct rig *rig = remapped(2 + (unsigned)_i);

    ck_assert_uint_eq(read_gpc(rig), 0x1111);
    ck_assert_uint_eq(read_hub(rig), 0x1111);
    rig_destroy(rig);
}
END_TEST

START_TEST(an_invalidate_of_the_directory_shows_the_new_page)
{
    struct rig *rig = remapped(2 + (unsigned)_i);

    invalidate(rig, 0x80000001);
    ck_assert_uint_eq(read_gpc(rig), 0x2222);
    ck_assert_uint_eq(read_hub(rig), 0x2222);
    rig_destroy(rig);
}
END_TEST

START_TEST(an_invalidate_of_another_directory_does_not)
{
    struct rig *rig = remapped(2);

    rig_write32(rig, NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_PDB, 0x200 << 4);
    rig_write32(rig, NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE, 0x80000001);
    ck_assert_uint_eq(read_gpc(rig), 0x1111);
    /* Nor does one whose aperture is the other memory. */
    rig_write32(rig, NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_PDB, RIG_ROOT >> 12 << 4 | 2);
    rig_write32(rig, NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE, 0x80000001);
    ck_assert_uint_eq(read_gpc(rig), 0x1111);
    rig_write32(rig, NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE, 0x80000003);
    ck_assert_uint_eq(read_gpc(rig), 0x2222);
    rig_destroy(rig);
}
END_TEST

START_TEST(a_hub_only_invalidate_leaves_the_shader_side_stale)
{
    struct rig *rig = remapped(2);

    invalidate(rig, 0x80000005);
    ck_assert_uint_eq(read_hub(rig), 0x2222);
    ck_assert_uint_eq(read_gpc(rig), 0x1111);
    rig_destroy(rig);
}
END_TEST

START_TEST(an_invalidate_without_trigger_does_nothing)
{
    struct rig *rig = remapped(2);

    invalidate(rig, 0x00000003);
    ck_assert_uint_eq(read_gpc(rig), 0x1111);
    rig_destroy(rig);
}
END_TEST

START_TEST(holders_of_pointers_see_the_generation_change)
{
    struct rig *rig = remapped(2);
    uint64_t before = rig->m.memory_generation;

    invalidate(rig, 0x80000001);
    ck_assert_uint_ne(rig->m.memory_generation, before);
    before = rig->m.memory_generation;
    gpum_dma_changed(&rig->m);
    ck_assert_uint_ne(rig->m.memory_generation, before);
    rig_destroy(rig);
}
END_TEST

/* ---- BAR1, BAR2 ------------------------------------------------------------------------------ */

START_TEST(bar1_in_physical_mode_shows_vram)
{
    struct rig *rig = rig_create(2);

    gpum_bar1_write(&rig->m, GPUM_BAR1, RIG_DATA + 3, 8, 0x1122334455667788);
    ck_assert_uint_eq(gpum_bar1_read(&rig->m, GPUM_BAR1, RIG_DATA + 3, 8), 0x1122334455667788);
    ck_assert_uint_eq(gpum_bar1_read(&rig->m, GPUM_BAR1, RIG_DATA + 4, 2), 0x6677);
    ck_assert_uint_eq(rig_data(rig, 3)[0], 0x88);
    ck_assert_uint_eq(rig->faults, 0);
    gpum_bar1_read(&rig->m, GPUM_BAR1, RIG_VRAM_BYTES, 4);
    ck_assert_uint_eq(rig->faults, 1);
    rig_destroy(rig);
}
END_TEST

/* An instance block at VRAM 0x80000 with the rig's tables. */
static void instance_block(struct rig *rig)
{
    uint32_t words[2] = {RIG_ROOT | 1 << 10 | 1 << 11, 0};

    memcpy(rig->m.vram + 0x80000 + 0x200, words, 8);
}

START_TEST(bar1_in_virtual_mode_goes_through_the_page_tables)
{
    struct rig *rig = rig_create(2 + (unsigned)_i);

    instance_block(rig);
    put(rig, RIG_DATA + 0x5000, 0xabcdef);
    rig_map(rig, 0x7000, &(struct rig_page){.address = RIG_DATA + 0x5000, .size_bytes = 0x1000});
    if (_i) {
        rig_write32(rig, NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR1_BLOCK_HIGH_ADDR, 0);
        rig_write32(rig, NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR1_BLOCK_LOW_ADDR, 0x80000 | 1 << 9);
    } else {
        rig_write32(rig, NV_PBUS_BAR1_BLOCK, 0x80000 >> 12 | 1u << 31);
    }
    ck_assert_uint_eq(gpum_bar1_read(&rig->m, GPUM_BAR1, 0x7000, 8), 0xabcdef);
    ck_assert_uint_eq(rig->faults, 0);
    gpum_bar1_read(&rig->m, GPUM_BAR1, 0x9000, 4);
    ck_assert_uint_eq(rig->faults, 1);
    ck_assert_ptr_nonnull(strstr(rig->fault_text, "BAR1"));
    rig_destroy(rig);
}
END_TEST

START_TEST(bar2_has_a_mode_of_its_own)
{
    struct rig *rig = rig_create(2);

    gpum_bar_bind(&rig->m, GPUM_BAR3, &rig->vas);
    put(rig, RIG_DATA, 0x77);
    rig_map(rig, 0x7000, &(struct rig_page){.address = RIG_DATA, .size_bytes = 0x1000});
    ck_assert_uint_eq(gpum_bar1_read(&rig->m, GPUM_BAR3, 0x7000, 4), 0x77);
    ck_assert_uint_eq(gpum_bar1_read(&rig->m, GPUM_BAR1, RIG_DATA, 4), 0x77);
    gpum_bar_bind(&rig->m, GPUM_BAR3, NULL);
    ck_assert_uint_eq(gpum_bar1_read(&rig->m, GPUM_BAR3, RIG_DATA, 4), 0x77);
    rig_destroy(rig);
}
END_TEST

START_TEST(accesses_across_a_page_border_are_whole)
{
    struct rig *rig = rig_create(2);

    gpum_bar_bind(&rig->m, GPUM_BAR1, &rig->vas);
    rig_map(rig, 0x7000, &(struct rig_page){.address = RIG_DATA + 0x4000, .size_bytes = 0x1000});
    rig_map(rig, 0x8000, &(struct rig_page){.address = RIG_DATA, .size_bytes = 0x1000});
    gpum_bar1_write(&rig->m, GPUM_BAR1, 0x7ffd, 8, 0x1122334455667788);
    ck_assert_uint_eq(gpum_bar1_read(&rig->m, GPUM_BAR1, 0x7ffd, 8), 0x1122334455667788);
    ck_assert_uint_eq(rig_data(rig, 0)[0], 0x55);
    rig_destroy(rig);
}
END_TEST

START_TEST(pramin_is_a_window_wherever_it_is_put)
{
    struct rig *rig = rig_create(2 + (unsigned)_i);

    put(rig, RIG_DATA + 0x10008, 0xfeed);
    rig_write32(rig, _i ? NV_XAL_EP_BAR0_WINDOW : NV_PBUS_BAR0_WINDOW, (RIG_DATA + 0x10000) >> 16);
    ck_assert_uint_eq(rig_read32(rig, NV_PRAMIN_BASE + 8), 0xfeed);
    rig_write32(rig, NV_PRAMIN_BASE + 8, 0xbeef);
    ck_assert_uint_eq(rig_data(rig, 0x10008)[0], 0xef);
    ck_assert_uint_eq(rig->faults, 0);
    rig_write32(rig, _i ? NV_XAL_EP_BAR0_WINDOW : NV_PBUS_BAR0_WINDOW, RIG_VRAM_BYTES >> 16);
    rig_read32(rig, NV_PRAMIN_BASE);
    ck_assert_uint_eq(rig->faults, 1);
    rig_destroy(rig);
}
END_TEST

int main(void)
{
    const struct rig_case cases[] = {
        {without_an_invalidate_the_old_page_is_seen, 2},
        {an_invalidate_of_the_directory_shows_the_new_page, 2},
        {an_invalidate_of_another_directory_does_not, 0},
        {a_hub_only_invalidate_leaves_the_shader_side_stale, 0},
        {an_invalidate_without_trigger_does_nothing, 0},
        {holders_of_pointers_see_the_generation_change, 0},
        {bar1_in_physical_mode_shows_vram, 0},
        {bar1_in_virtual_mode_goes_through_the_page_tables, 2},
        {bar2_has_a_mode_of_its_own, 0},
        {accesses_across_a_page_border_are_whole, 0},
        {pramin_is_a_window_wherever_it_is_put, 2},
    };

    return rig_main("windows", cases, sizeof(cases) / sizeof(cases[0]));
}
