/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The copy engine against memcpy: shapes, remap, physical addresses, faults, what follows the data.
 */
#include "rig.h"

#include <stdlib.h>
#include <string.h>

/* LAUNCH_DMA: pipelined, flush, pitch on both sides; further bits by name. */
#define PITCH             0x185u
#define MULTI_LINE        (1u << 9)
#define REMAP             (1u << 10)
#define SRC_PHYSICAL      (1u << 12)
#define DST_PHYSICAL      (1u << 13)
#define RELEASE_ONE_WORD  (1u << 3)
#define RELEASE_WITH_TIME (2u << 3)
#define INTERRUPT         (2u << 5)
#define PAYLOAD64         (1u << 27)

#define BIND              INC(4u, 0, 1), NVC7B5
#define COPY(dst, src, bytes, launch)                                                              \
    INC(4u, NVC7B5_OFFSET_IN_UPPER, 4), HI(src), LO(src), HI(dst), LO(dst),                        \
        INC(4u, NVC7B5_LINE_LENGTH_IN, 2), (bytes), 1, INC(4u, NVC7B5_LAUNCH_DMA, 1), (launch)

static struct rig *with_channel(void)
{
    struct rig *rig = rig_create(2);

    rig_copy_channel(rig, 1, false);
    for (unsigned i = 0; i < RIG_SYSTEM_BYTES; i++)
        rig->system[i] = (uint8_t)(i * 7 + (i >> 8));
    return rig;
}

START_TEST(linear_copies_equal_memcpy_at_any_alignment)
{
    struct rig *rig = with_channel();

    srandom((unsigned)_i);
    for (unsigned n = 0; n < 20; n++) {
        uint32_t from = (uint32_t)random() % 0x100000, to = (uint32_t)random() % 0x100000;
        uint32_t bytes = 1 + (uint32_t)random() % (n % 4 ? 300 : 200000);

        memset(rig_data(rig, 0), 0xaa, 0x200000);
        RIG_SUBMIT(rig, 1, BIND, COPY(RIG_DATA_VA + to, RIG_SYSTEM_VA + from, bytes, PITCH));
        ck_assert_msg(!rig->errors, "seed %d: %s", _i, rig->error_text);
        ck_assert(!memcmp(rig_data(rig, to), rig_system(rig, from), bytes));
        ck_assert_uint_eq(rig_data(rig, to + bytes)[0], 0xaa);
        if (to)
            ck_assert_uint_eq(rig_data(rig, to - 1)[0], 0xaa);
    }
    ck_assert_uint_gt(rig->m.stats.copied_bytes, 0);
    rig_destroy(rig);
}
END_TEST

START_TEST(rectangles_keep_their_pitches)
{
    struct rig *rig = with_channel();
    enum { LINES = 37, BYTES = 123, FROM_PITCH = 1000, TO_PITCH = 4099 };

    memset(rig_data(rig, 0), 0xaa, 0x200000);
    RIG_SUBMIT(rig, 1, BIND, INC(4u, NVC7B5_OFFSET_IN_UPPER, 8), HI(RIG_SYSTEM_VA),
               LO(RIG_SYSTEM_VA + 5), HI(RIG_DATA_VA), LO(RIG_DATA_VA + 9), FROM_PITCH, TO_PITCH,
               BYTES, LINES, INC(4u, NVC7B5_LAUNCH_DMA, 1), PITCH | MULTI_LINE);
    for (unsigned y = 0; y < LINES; y++) {
        ck_assert(
            !memcmp(rig_data(rig, 9 + y * TO_PITCH), rig_system(rig, 5 + y * FROM_PITCH), BYTES));
        ck_assert_uint_eq(rig_data(rig, 9 + y * TO_PITCH + BYTES)[0], 0xaa);
    }
    ck_assert_uint_eq(rig_data(rig, 9 + LINES * TO_PITCH)[0], 0xaa);
    rig_destroy(rig);
}
END_TEST

START_TEST(without_multi_line_one_line_is_copied)
{
    struct rig *rig = with_channel();

    memset(rig_data(rig, 0), 0xaa, 0x2000);
    RIG_SUBMIT(rig, 1, BIND, INC(4u, NVC7B5_OFFSET_IN_UPPER, 8), HI(RIG_SYSTEM_VA),
               LO(RIG_SYSTEM_VA), HI(RIG_DATA_VA), LO(RIG_DATA_VA), 64, 64, 16, 8,
               INC(4u, NVC7B5_LAUNCH_DMA, 1), PITCH);
    ck_assert(!memcmp(rig_data(rig, 0), rig_system(rig, 0), 16));
    ck_assert_uint_eq(rig_data(rig, 64)[0], 0xaa);
    rig_destroy(rig);
}
END_TEST

START_TEST(a_fill_repeats_its_constant)
{
    struct rig *rig = with_channel();
    enum { COUNT = 5000 };

    memset(rig_data(rig, 0), 0xaa, 0x10000);
    /* DST_X = CONST_A, component of 4 bytes, one of each. */
    RIG_SUBMIT(rig, 1, BIND, INC(4u, NVC7B5_SET_REMAP_CONST_A, 3), 0x11223344, 0, 4u | 3u << 16,
               COPY(RIG_DATA_VA + 0x100, UINT64_C(0x7000000000), COUNT, PITCH | REMAP));
    ck_assert_uint_eq(rig->errors, 0);
    for (unsigned i = 0; i < COUNT; i++)
        ck_assert_uint_eq(((uint32_t *)(void *)rig_data(rig, 0x100))[i], 0x11223344);
    ck_assert_uint_eq(rig_data(rig, 0x100 + 4 * COUNT)[0], 0xaa);
    ck_assert_uint_eq(rig_data(rig, 0xff)[0], 0xaa);
    rig_destroy(rig);
}
END_TEST

START_TEST(remap_swizzles_keeps_and_widens_components)
{
    struct rig *rig = with_channel();
    uint8_t *to = rig_data(rig, 0), *from = rig_system(rig, 0);

    memset(to, 0xee, 0x1000);
    /* Two source bytes to four: Y, constant B, not written, X. */
    RIG_SUBMIT(rig, 1, BIND, INC(4u, NVC7B5_SET_REMAP_CONST_A, 3), 0, 0x5c,
               1u | 5u << 4 | 6u << 8 | 0u << 12 | 0u << 16 | 1u << 20 | 3u << 24,
               COPY(RIG_DATA_VA, RIG_SYSTEM_VA, 700, PITCH | REMAP));
    ck_assert_uint_eq(rig->errors, 0);
    for (unsigned i = 0; i < 700; i++) {
        ck_assert_uint_eq(to[4 * i], from[2 * i + 1]);
        ck_assert_uint_eq(to[4 * i + 1], 0x5c);
        ck_assert_uint_eq(to[4 * i + 2], 0xee);
        ck_assert_uint_eq(to[4 * i + 3], from[2 * i]);
    }
    rig_destroy(rig);
}
END_TEST

static const struct {
    uint32_t remap, launch;
    uint64_t dst;
    bool privileged;
    const char *word;
} refusals[] = {
    {0, PITCH & ~0x80u, RIG_DATA_VA, false, "GOB height"},
    {0, PITCH & ~0x100u, RIG_DATA_VA, false, "GOB height"},
    {0, PITCH | 3, RIG_DATA_VA, false, "transfer type"},
    {0, PITCH | SRC_PHYSICAL, RIG_DATA_VA, false, "privileged"},
    {0, PITCH | DST_PHYSICAL, RIG_VRAM_BYTES, true, "no memory"},
    {0, PITCH | 3u << 3, RIG_DATA_VA, false, "conditional interrupt"},
    {0, PITCH | 1u << 19, RIG_DATA_VA, false, "reductions"},
    {0, PITCH | 1u << 5, RIG_DATA_VA, false, "blocking"},
    {3u | 3u << 16, PITCH | REMAP, RIG_DATA_VA, false, "lacks"}, /* SRC_W of one */
    {7u | 3u << 16, PITCH | REMAP, RIG_DATA_VA, false, "lacks"}, /* no such source */
    {4u | 3u << 16, PITCH | REMAP, RIG_DATA_VA + 2, false, "aligned"},
};
enum { REFUSALS = sizeof(refusals) / sizeof(refusals[0]) };

START_TEST(wrong_launches_are_copy_engine_errors)
{
    struct rig *rig = rig_create(2);

    rig_copy_channel(rig, 1, refusals[_i].privileged);
    RIG_SUBMIT(rig, 1, BIND, INC(4u, NVC7B5_SET_REMAP_COMPONENTS, 1), refusals[_i].remap,
               COPY(refusals[_i].dst, RIG_SYSTEM_VA, 64, refusals[_i].launch));
    ck_assert_uint_eq(rig->errors, 1);
    ck_assert_uint_eq(rig->error_xid, NV_XID_CE0_ERROR);
    ck_assert_msg(strstr(rig->error_text, refusals[_i].word) != NULL, "%s", rig->error_text);
    rig_destroy(rig);
}
END_TEST

START_TEST(an_unmapped_side_is_an_mmu_fault_at_its_address)
{
    struct rig *rig = with_channel();
    uint64_t end = RIG_DATA_VA + (32 << 20);

    if (_i)
        RIG_SUBMIT(rig, 1, BIND, COPY(end - 0x10, RIG_SYSTEM_VA, 0x40, PITCH));
    else
        RIG_SUBMIT(rig, 1, BIND, COPY(RIG_SYSTEM_VA, end - 0x10, 0x40, PITCH));
    ck_assert_uint_eq(rig->error_xid, 31);
    ck_assert_uint_eq(rig->error_mmu.va, end);
    ck_assert_int_eq((int)rig->error_mmu.access, _i ? GPUM_WRITE : GPUM_READ);
    ck_assert_str_eq(rig->error_mmu.client, "CE0");
    rig_destroy(rig);
}
END_TEST

START_TEST(a_fault_of_the_plan_hits_any_translation_on_the_way)
{
    struct rig *rig = with_channel();

    /* Ring entry, pushbuffer, source, destination, in this order. */
    rig->translation_fails_at = (unsigned)_i + 1;
    RIG_SUBMIT(rig, 1, BIND, COPY(RIG_DATA_VA, RIG_SYSTEM_VA, 0x40, PITCH));
    ck_assert_uint_eq(rig->errors, _i < 4);
    if (_i < 4)
        ck_assert_str_eq(rig->error_mmu.client, _i < 2 ? "HOST0" : "CE0");
    rig_destroy(rig);
}
END_TEST

START_TEST(privileged_channels_copy_by_physical_address)
{
    struct rig *rig = rig_create(2);

    rig_copy_channel(rig, 1, true);
    memset(rig_system(rig, 0x300), 0x42, 64);
    RIG_SUBMIT(
        rig, 1, BIND, INC(4u, NVC7B5_SET_SRC_PHYS_MODE, 2), 1, 0,
        COPY(RIG_DATA + 0x700, RIG_SYSTEM_IOVA + 0x300, 64, PITCH | SRC_PHYSICAL | DST_PHYSICAL));
    ck_assert_uint_eq(rig->errors, 0);
    ck_assert_uint_eq(rig_data(rig, 0x73f)[0], 0x42);
    rig_destroy(rig);
}
END_TEST

START_TEST(the_semaphore_follows_the_data_and_the_interrupt_the_semaphore)
{
    struct rig *rig = with_channel();
    uint64_t words[2];

    rig_write32(rig, NV_VIRTUAL_FUNCTION_PRIV_MSIX_TABLE_VECTOR_CONTROL(0), 0);
    rig_write32(rig, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_SET, 1);
    rig_write32(rig, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_SET(0), 1u << RIG_NONSTALL_VECTOR);
    RIG_SUBMIT(rig, 1, BIND, INC(4u, NVC7B5_SET_SEMAPHORE_A, 4), HI(RIG_DATA_VA),
               LO(RIG_DATA_VA + 0x1000000), 0x55667788, 0x11223344,
               COPY(RIG_DATA_VA, RIG_SYSTEM_VA, 0x3000,
                    PITCH | RELEASE_WITH_TIME | PAYLOAD64 | INTERRUPT));
    memcpy(words, rig_data(rig, 0x1000000), 16);
    ck_assert_uint_eq(words[0], 0x1122334455667788);
    ck_assert_uint_gt(words[1], 0);
    ck_assert_uint_eq(rig->messages, 1);
    ck_assert(!memcmp(rig_data(rig, 0), rig_system(rig, 0), 0x3000));
    rig_destroy(rig);
}
END_TEST

START_TEST(a_launch_without_data_only_releases)
{
    struct rig *rig = with_channel();

    RIG_SUBMIT(rig, 1, BIND, INC(4u, NVC7B5_SET_SEMAPHORE_A, 3), HI(RIG_DATA_VA),
               LO(RIG_DATA_VA + 4), 0x99, INC(4u, NVC7B5_LAUNCH_DMA, 1), 4u | RELEASE_ONE_WORD);
    ck_assert_uint_eq(rig->errors, 0);
    ck_assert_uint_eq(rig_data(rig, 4)[0], 0x99);
    ck_assert_uint_eq(rig_data(rig, 8)[0], 0);
    rig_destroy(rig);
}
END_TEST

/* A host release overtakes the copy unless it waits for idle: the copy is large, the steps small.
 */
START_TEST(a_release_without_wait_overtakes_the_copy)
{
    struct rig *rig = with_channel();
    uint32_t launch[] = {BIND, COPY(RIG_DATA_VA, RIG_SYSTEM_VA, 0x200000, PITCH),
                         SEM(RIG_DATA_VA + 0x1000000, 1, _i ? SEM_RELEASE_WFI : SEM_RELEASE)};

    rig_words(rig, 1, 0, launch, sizeof(launch) / 4);
    rig_entry(rig, 1, 0, sizeof(launch) / 4);
    rig_ring_doorbell(rig, 1);
    for (unsigned i = 0; i < 1000 && !rig_data(rig, 0x1000000)[0]; i++)
        gpum_fifo_step(&rig->m, 8);
    ck_assert_uint_eq(rig_data(rig, 0x1000000)[0], 1);
    ck_assert_int_eq(!memcmp(rig_data(rig, 0), rig_system(rig, 0), 0x200000), _i);
    rig_destroy(rig);
}
END_TEST

/* ---- Block linear ---------------------------------------------------------------------------- */

/* The published address formula, once more. */
static uint64_t tiled(uint64_t x, uint64_t y, uint64_t z, uint64_t width, uint64_t height,
                      unsigned ylog2, unsigned zlog2)
{
    uint64_t across = (width + 63) / 64, bh = 8u << ylog2, down = (height + bh - 1) / bh;
    uint64_t block = ((z >> zlog2) * down + y / bh) * across + x / 64;
    uint64_t gob = (z & ((1u << zlog2) - 1)) * (1u << ylog2) + y % bh / 8;

    x %= 64;
    y %= 8;
    return block * (512u << (ylog2 + zlog2)) + gob * 512 + (x >> 5) * 0x100 + (y >> 2) * 0x80 +
           (x >> 4 & 1) * 0x40 + (y >> 1 & 1) * 0x20 + (y & 1) * 0x10 + (x & 15);
}

START_TEST(the_address_formula_gives_the_worked_vectors)
{
    ck_assert_uint_eq(tiled(37 * 4, 21, 0, 400, 50, 3, 0), 0x24d4);
    ck_assert_uint_eq(tiled(99 * 4, 49, 0, 400, 50, 3, 0), 0x6c1c);
    ck_assert_uint_eq(tiled(32 * 4, 19, 6, 132, 20, 0, 3), 0x8c30);
    ck_assert_uint_eq(tiled(32 * 4, 19, 6, 132, 20, 2, 3), 0xb430);
}
END_TEST

#define BLOCK(ylog2, zlog2) ((uint32_t)(ylog2) << 4 | (uint32_t)(zlog2) << 8 | 1u << 12)

/* A rectangle from pitch memory into a block linear surface and back into pitch memory. */
START_TEST(block_linear_rectangles_go_there_and_back)
{
    struct rig *rig = with_channel();
    unsigned ylog2 = (unsigned)_i % 3, zlog2 = (unsigned)_i / 3 % 3, z = zlog2 ? 2 : 0;
    enum { WIDTH = 400, HEIGHT = 50, X = 21, Y = 5, BYTES = 301, LINES = 40, FROM = 512 };

    memset(rig_data(rig, 0), 0xaa, 0x100000);
    RIG_SUBMIT(rig, 1, BIND, INC(4u, NVC7B5_SET_DST_BLOCK_SIZE, 6), BLOCK(ylog2, zlog2), WIDTH,
               HEIGHT, 3, z, Y << 16 | X, INC(4u, NVC7B5_OFFSET_IN_UPPER, 8), HI(RIG_SYSTEM_VA),
               LO(RIG_SYSTEM_VA), HI(RIG_DATA_VA), LO(RIG_DATA_VA + 0x1000), FROM, 0, BYTES, LINES,
               INC(4u, NVC7B5_LAUNCH_DMA, 1), 0x85u | MULTI_LINE);
    ck_assert_msg(!rig->errors, "%s", rig->error_text);
    for (unsigned y = 0; y < LINES; y++)
        for (unsigned x = 0; x < BYTES; x++)
            ck_assert_uint_eq(
                rig_data(rig, 0x1000 + tiled(X + x, Y + y, z, WIDTH, HEIGHT, ylog2, zlog2))[0],
                rig_system(rig, y * FROM + x)[0]);
    ck_assert_uint_eq(rig_data(rig, 0x1000 + tiled(X - 1, Y, z, WIDTH, HEIGHT, ylog2, zlog2))[0],
                      0xaa);
    RIG_SUBMIT(rig, 1, INC(4u, NVC7B5_SET_SRC_BLOCK_SIZE, 5), BLOCK(ylog2, zlog2), WIDTH, HEIGHT, 3,
               z, INC(4u, NVC7B5_SRC_ORIGIN_X, 2), X, Y, INC(4u, NVC7B5_OFFSET_IN_UPPER, 8),
               HI(RIG_DATA_VA), LO(RIG_DATA_VA + 0x1000), HI(RIG_DATA_VA),
               LO(RIG_DATA_VA + 0x80000), 0, BYTES, BYTES, LINES, INC(4u, NVC7B5_LAUNCH_DMA, 1),
               0x105u | MULTI_LINE);
    ck_assert_msg(!rig->errors, "%s", rig->error_text);
    for (unsigned y = 0; y < LINES; y++)
        ck_assert(!memcmp(rig_data(rig, 0x80000 + y * BYTES), rig_system(rig, y * FROM), BYTES));
    rig_destroy(rig);
}
END_TEST

START_TEST(remap_counts_block_linear_columns_in_elements)
{
    struct rig *rig = with_channel();

    RIG_SUBMIT(rig, 1, BIND, INC(4u, NVC7B5_SET_REMAP_CONST_A, 3), 0x11223344, 0, 4u | 3u << 16,
               INC(4u, NVC7B5_SET_DST_BLOCK_SIZE, 6), BLOCK(1, 0), 100, 50, 1, 0, 7 << 16 | 9,
               INC(4u, NVC7B5_OFFSET_OUT_UPPER, 2), HI(RIG_DATA_VA), LO(RIG_DATA_VA),
               INC(4u, NVC7B5_LINE_LENGTH_IN, 2), 30, 20, INC(4u, NVC7B5_LAUNCH_DMA, 1),
               0x85u | MULTI_LINE | REMAP);
    ck_assert_msg(!rig->errors, "%s", rig->error_text);
    for (unsigned y = 0; y < 50; y++)
        for (unsigned x = 0; x < 100; x++)
            ck_assert_uint_eq(*(uint32_t *)(void *)rig_data(rig, tiled(x * 4, y, 0, 400, 50, 1, 0)),
                              x >= 9 && x < 39 && y >= 7 && y < 27 ? 0x11223344 : 0);
    rig_destroy(rig);
}
END_TEST

static const struct {
    uint32_t block, width, height, depth, layer, origin, base;
    const char *word;
} bad_surfaces[] = {
    {BLOCK(0, 0), 64, 8, 1, 0, 1, 0, "beyond"},
    {BLOCK(0, 0), 64, 8, 1, 0, 8u << 16, 0, "beyond"},
    {BLOCK(0, 0), 64, 8, 1, 1, 0, 0, "layer"},
    {BLOCK(6, 0), 64, 8, 1, 0, 0, 0, "above 32"},
    {BLOCK(0, 0) | 1, 64, 8, 1, 0, 0, 0, "wider"},
    {1u << 4, 64, 8, 1, 0, 0, 0, "GOB height"},
    {BLOCK(0, 0), 64, 8, 1, 0, 0, 256, "aligned"},
};

START_TEST(wrong_block_linear_surfaces_are_refused)
{
    struct rig *rig = with_channel();

    RIG_SUBMIT(rig, 1, BIND, INC(4u, NVC7B5_SET_DST_BLOCK_SIZE, 6), bad_surfaces[_i].block,
               bad_surfaces[_i].width, bad_surfaces[_i].height, bad_surfaces[_i].depth,
               bad_surfaces[_i].layer, bad_surfaces[_i].origin,
               COPY(RIG_DATA_VA + bad_surfaces[_i].base, RIG_SYSTEM_VA, 64, 0x85u));
    ck_assert_uint_eq(rig->error_xid, NV_XID_CE0_ERROR);
    ck_assert_msg(strstr(rig->error_text, bad_surfaces[_i].word) != NULL, "%s", rig->error_text);
    rig_destroy(rig);
}
END_TEST

int main(void)
{
    const struct rig_case cases[] = {
        {linear_copies_equal_memcpy_at_any_alignment, 4},
        {rectangles_keep_their_pitches, 0},
        {without_multi_line_one_line_is_copied, 0},
        {a_fill_repeats_its_constant, 0},
        {remap_swizzles_keeps_and_widens_components, 0},
        {wrong_launches_are_copy_engine_errors, REFUSALS},
        {an_unmapped_side_is_an_mmu_fault_at_its_address, 2},
        {a_fault_of_the_plan_hits_any_translation_on_the_way, 5},
        {privileged_channels_copy_by_physical_address, 0},
        {the_semaphore_follows_the_data_and_the_interrupt_the_semaphore, 0},
        {a_launch_without_data_only_releases, 0},
        {a_release_without_wait_overtakes_the_copy, 2},
        {the_address_formula_gives_the_worked_vectors, 0},
        {block_linear_rectangles_go_there_and_back, 9},
        {remap_counts_block_linear_columns_in_elements, 0},
        {wrong_block_linear_surfaces_are_refused, 7},
    };

    return rig_main("copies", cases, sizeof(cases) / sizeof(cases[0]));
}
