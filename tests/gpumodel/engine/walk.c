/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Page walks: every page size and attribute, and random tables against a walker written here. */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t sizes[] = {0x1000, 0x10000, 0x200000, 0x20000000};

/* ---- Each size, both formats ----------------------------------------------------------------- */

START_TEST(pages_of_each_size_translate_to_their_bytes)
{
    struct rig *rig = rig_create(2 + (unsigned)_i % 2);
    uint64_t size = sizes[_i / 2], va = 0x4000000000;
    struct gpum_page page;
    uint32_t type = 99;

    rig_map(rig, va, &(struct rig_page){.address = 0, .size_bytes = size});
    ck_assert(gpum_walk(&rig->m, &rig->vas, va + size - 8, &page, &type));
    ck_assert_uint_eq(page.size_bytes, size);
    ck_assert_uint_eq(page.va, va);
    ck_assert_uint_eq(page.address, 0);
    ck_assert(!gpum_walk(&rig->m, &rig->vas, va + size, &page, &type));
    rig_destroy(rig);
}
END_TEST

START_TEST(pages_of_512_mib_need_a_chip_that_has_them)
{
    struct rig *rig = rig_create(2);
    struct gpum_page page;
    uint32_t type = 99;

    rig->chip.pd1_pages = false;
    rig_map(rig, 0x4000000000, &(struct rig_page){.size_bytes = 0x20000000});
    ck_assert(!gpum_walk(&rig->m, &rig->vas, 0x4000000000, &page, &type));
    ck_assert_uint_eq(type, NV_PFAULT_FAULT_TYPE_PDE_SIZE);
    rig_destroy(rig);
}
END_TEST

START_TEST(addresses_beyond_the_format_are_limit_violations)
{
    struct rig *rig = rig_create(2 + (unsigned)_i);
    struct gpum_page page;
    uint32_t type = 99;

    ck_assert(!gpum_walk(&rig->m, &rig->vas, UINT64_C(1) << (_i ? 57 : 49), &page, &type));
    ck_assert_uint_eq(type, NV_PFAULT_FAULT_TYPE_VA_LIMIT_VIOLATION);
    rig_destroy(rig);
}
END_TEST

START_TEST(no_page_directory_is_an_unbound_instance)
{
    struct rig *rig = rig_create(2);
    struct gpum_mmu_fault fault;
    uint64_t run;

    rig->vas.valid = false;
    ck_assert_ptr_null(gpum_virt(&rig->m, &rig->vas, RIG_DATA_VA, GPUM_READ, &run, &fault));
    ck_assert_uint_eq(fault.type, NV_PFAULT_FAULT_TYPE_UNBOUND_INST_BLOCK);
    rig_destroy(rig);
}
END_TEST

/* ---- What a page allows ---------------------------------------------------------------------- */

static const struct {
    struct rig_page page;
    enum gpum_access access;
    uint32_t type;
} refusals[] = {
    {{.read_only = true}, GPUM_WRITE, NV_PFAULT_FAULT_TYPE_RO_VIOLATION},
    {{.read_only = true}, GPUM_ATOMIC, NV_PFAULT_FAULT_TYPE_RO_VIOLATION},
    {{.privileged = true}, GPUM_READ, NV_PFAULT_FAULT_TYPE_PRIV_VIOLATION},
    {{.atomic_disable = true}, GPUM_ATOMIC, NV_PFAULT_FAULT_TYPE_ATOMIC_VIOLATION},
    {{.kind = 7}, GPUM_READ, NV_PFAULT_FAULT_TYPE_UNSUPPORTED_KIND},
    {{.kind = 8}, GPUM_READ, NV_PFAULT_FAULT_TYPE_COMPRESSION_FAILURE},
    {{.kind = 1}, GPUM_WRITE, NV_PFAULT_FAULT_TYPE_UNSUPPORTED_KIND},
    {{.invalid = true}, GPUM_READ, NV_PFAULT_FAULT_TYPE_PTE},
    {{.address = RIG_VRAM_BYTES}, GPUM_READ, NV_PFAULT_FAULT_TYPE_REGION_VIOLATION},
    {{.address = 0x1000, .aperture = GPUM_SYS_COHERENT},
     GPUM_READ,
     NV_PFAULT_FAULT_TYPE_UNSUPPORTED_APERTURE},
};
enum { REFUSALS = sizeof(refusals) / sizeof(refusals[0]) };

START_TEST(what_a_page_forbids_is_a_fault_of_its_type)
{
    struct rig *rig = rig_create(2 + (unsigned)_i % 2);
    struct rig_page page = refusals[_i / 2].page;
    enum gpum_access access = refusals[_i / 2].access;
    uint64_t va = 0x123456000, run;
    struct gpum_mmu_fault fault = {0};

    page.size_bytes = 0x1000;
    rig_map(rig, va, &page);
    ck_assert_ptr_null(gpum_virt(&rig->m, &rig->vas, va + 8, access, &run, &fault));
    ck_assert_uint_eq(fault.type, refusals[_i / 2].type);
    ck_assert_uint_eq(fault.va, va + 8);
    ck_assert_int_eq((int)fault.access, (int)access);
    /* The last-fault registers tell the same story. */
    ck_assert_uint_eq(rig_read32(rig, NV_VIRTUAL_FUNCTION_PRIV_MMU_FAULT_ADDR_LO), LO(va));
    ck_assert_uint_eq(rig_read32(rig, NV_VIRTUAL_FUNCTION_PRIV_MMU_FAULT_ADDR_HI), HI(va));
    ck_assert_uint_eq(rig_read32(rig, NV_VIRTUAL_FUNCTION_PRIV_MMU_FAULT_INFO) & 0x1f, fault.type);
    rig_destroy(rig);
}
END_TEST

START_TEST(sparse_pages_read_zero_and_drop_writes)
{
    struct rig *rig = rig_create(2 + (unsigned)_i % 2);
    uint64_t size = sizes[_i / 2], va = 0x4000000000, value = 0x1122334455667788;

    rig_map(rig, va, &(struct rig_page){.sparse = true, .size_bytes = size});
    ck_assert(gpum_virt_write(&rig->m, &rig->vas, va + 16, &value, 8, NULL));
    ck_assert(gpum_virt_read(&rig->m, &rig->vas, va + 16, &value, 8, NULL));
    ck_assert_uint_eq(value, 0);
    rig_destroy(rig);
}
END_TEST

START_TEST(the_protected_region_is_closed_to_clients)
{
    struct rig *rig = rig_create(2);
    uint8_t byte;

    rig->wpr2_start = RIG_DATA + 0x300000;
    rig->wpr2_end = RIG_DATA + 0x400000;
    rig->m.memory_generation++;
    ck_assert(gpum_virt_read(&rig->m, &rig->vas, RIG_DATA_VA + 0x2fffff, &byte, 1, NULL));
    ck_assert(!gpum_virt_read(&rig->m, &rig->vas, RIG_DATA_VA + 0x300000, &byte, 1, NULL));
    ck_assert(!gpum_phys_read(&rig->m, GPUM_VRAM, rig->wpr2_end - 1, &byte, 1));
    ck_assert(gpum_phys_read(&rig->m, GPUM_VRAM, rig->wpr2_end, &byte, 1));
    rig_destroy(rig);
}
END_TEST

/* ---- Big and small tables under one entry ---------------------------------------------------- */

START_TEST(an_invalid_big_entry_passes_on_to_the_small_table)
{
    struct rig *rig = rig_create(2 + (unsigned)_i);
    uint64_t va = 0x200000000, value;

    rig_map(rig, va, &(struct rig_page){.size_bytes = 0x10000, .invalid = true});
    rig_map(rig, va, &(struct rig_page){.address = RIG_DATA, .size_bytes = 0x1000});
    ck_assert(gpum_virt_read(&rig->m, &rig->vas, va, &value, 8, NULL));
    rig_destroy(rig);
}
END_TEST

/* The big entry's second meaning: the small table is not looked at. */
static void forbid_small(struct rig *rig, uint64_t va)
{
    struct gpum_page page;
    uint32_t type;
    /* A big entry with a known address, found again in the tables to be overwritten. */
    uint64_t old = rig_pte(rig, &(struct rig_page){.address = 0x2340000, .size_bytes = 0x10000});

    rig_map(rig, va, &(struct rig_page){.address = 0x2340000, .size_bytes = 0x10000});
    for (uint64_t at = RIG_ROOT; at < rig->next_table; at += 8)
        if (!memcmp(rig->m.vram + at, &old, 8))
            *(uint64_t *)(void *)(rig->m.vram + at) =
                rig->chip.gmmu_version == 3 ? 3u << 3 : 1u << 5;
    ck_assert(!gpum_walk(&rig->m, &rig->vas, va, &page, &type));
    ck_assert_uint_eq(type, NV_PFAULT_FAULT_TYPE_PTE);
}

START_TEST(a_big_entry_can_forbid_the_small_table)
{
    struct rig *rig = rig_create(2 + (unsigned)_i);
    uint64_t va = 0x200000000;

    rig_map(rig, va, &(struct rig_page){.address = RIG_DATA, .size_bytes = 0x1000});
    forbid_small(rig, va);
    rig_destroy(rig);
}
END_TEST

/* ---- Random tables against a second walker --------------------------------------------------- */

enum { TABLES = 48, WALKS = 20000 };

struct answer {
    bool ok, sparse;
    uint64_t address, size;
    uint32_t type;
    unsigned aperture;
    bool privileged, read_only, atomic_disable;
    unsigned kind;
};

static uint64_t word_at(struct rig *rig, uint64_t table, uint64_t index, unsigned bytes,
                        unsigned half)
{
    uint64_t word;

    memcpy(&word, rig->m.vram + table + index * bytes + half * 8, 8);
    return word;
}

static struct answer no(uint32_t type)
{
    return (struct answer){.type = type};
}

static struct answer second_pte(struct rig *rig, uint64_t w, uint64_t size)
{
    bool v3 = rig->chip.gmmu_version == 3;
    unsigned aperture = (unsigned)(w >> 1 & 3);
    struct answer a = {.ok = true, .size = size, .aperture = aperture};

    if (aperture == 1)
        return no(NV_PFAULT_FAULT_TYPE_UNSUPPORTED_APERTURE);
    if (v3) {
        a.address = w & (aperture ? 0xffffffffff000 : 0xfffffff000);
        a.kind = (unsigned)(w >> 8 & 15);
        a.privileged = w >> 4 & 1;
        a.read_only = w >> 5 & 1;
        a.atomic_disable = w >> 6 & 1;
    } else {
        a.address = (w >> 8 & (aperture ? 0x3fffffffffff : 0x1ffffff)) << 12;
        a.kind = (unsigned)(w >> 56);
        a.privileged = w >> 5 & 1;
        a.read_only = w >> 6 & 1;
        a.atomic_disable = w >> 7 & 1;
    }
    a.address &= ~(size - 1);
    return a;
}

static struct answer sparse(uint64_t size)
{
    return (struct answer){.ok = true, .sparse = true, .size = size};
}

static bool pde_sparse(bool v3, uint64_t w)
{
    return v3 ? w >> 3 & 1 && !(w >> 3 & 4) : w >> 3 & 1;
}

static uint64_t pde_address(bool v3, uint64_t w, unsigned shift_v2)
{
    bool vid = (w >> 1 & 3) == 1;

    if (v3)
        return w & (vid ? 0xffffffffff : 0xfffffffffffff) & ~(shift_v2 == 12 ? 0xfffull : 0xffull);
    if (shift_v2 == 8)
        return (w >> 4 & (vid ? 0x1fffffff : 0x3ffffffffffff)) << 8;
    return (w >> 8 & (vid ? 0x1ffffff : 0x3fffffffffff)) << 12;
}

/* Tables of these tests lie in VRAM: system memory is not there at their addresses. */
static bool outside(uint64_t entry)
{
    return (entry >> 1 & 3) > 1;
}

static struct answer second_small(struct rig *rig, uint64_t entry, uint64_t va)
{
    bool v3 = rig->chip.gmmu_version == 3;
    uint64_t w;

    if (outside(entry))
        return no(NV_PFAULT_FAULT_TYPE_PDE);
    w = word_at(rig, pde_address(v3, entry, 12), va >> 12 & 511, 8, 0);
    if (w & 1)
        return second_pte(rig, w, 0x1000);
    if (v3 ? (w >> 3 & 31) == 1 : w >> 3 & 1)
        return sparse(0x1000);
    return no(NV_PFAULT_FAULT_TYPE_PTE);
}

static struct answer second_dual(struct rig *rig, uint64_t table, uint64_t va)
{
    bool v3 = rig->chip.gmmu_version == 3;
    uint64_t big = word_at(rig, table, va >> 21 & 255, 16, 0);
    uint64_t small = word_at(rig, table, va >> 21 & 255, 16, 1), w;

    if (big & 1)
        return second_pte(rig, big, 0x200000);
    if (!(big >> 1 & 3) && !(small >> 1 & 3)) {
        if (pde_sparse(v3, big) || (v3 && pde_sparse(v3, small)))
            return sparse(0x200000);
        return no(NV_PFAULT_FAULT_TYPE_PDE);
    }
    if (!(big >> 1 & 3))
        return second_small(rig, small, va);
    if (outside(big))
        return no(NV_PFAULT_FAULT_TYPE_PDE);
    w = word_at(rig, pde_address(v3, big, 8), va >> 16 & 31, 8, 0);
    if (w & 1)
        return second_pte(rig, w, 0x10000);
    if (v3 ? (w >> 3 & 31) == 1 : w >> 3 & 1)
        return sparse(0x10000);
    if ((v3 ? (w >> 3 & 31) == 3 : w >> 5 & 1) || !(small >> 1 & 3))
        return no(NV_PFAULT_FAULT_TYPE_PTE);
    return second_small(rig, small, va);
}

static struct answer second_walk(struct rig *rig, uint64_t va)
{
    static const unsigned shifts[] = {56, 47, 38, 29};
    bool v3 = rig->chip.gmmu_version == 3;
    uint64_t table = RIG_ROOT;

    if (va >> (v3 ? 57 : 49))
        return no(NV_PFAULT_FAULT_TYPE_VA_LIMIT_VIOLATION);
    for (unsigned i = v3 ? 0 : 1; i < 4; i++) {
        uint64_t index = va >> shifts[i] & (shifts[i] == 56 ? 1 : shifts[i] == 47 && !v3 ? 3 : 511);
        uint64_t w = word_at(rig, table, index, 8, 0);

        if (w & 1) {
            if ((shifts[i] == 29 && rig->chip.pd1_pages) ||
                (shifts[i] == 38 && v3 && rig->chip.pd2_pages))
                return second_pte(rig, w, UINT64_C(1) << shifts[i]);
            return no(NV_PFAULT_FAULT_TYPE_PDE_SIZE);
        }
        if (!(w >> 1 & 3))
            return pde_sparse(v3, w) ? sparse(UINT64_C(1) << shifts[i])
                                     : no(NV_PFAULT_FAULT_TYPE_PDE);
        table = pde_address(v3, w, 12);
    }
    return second_dual(rig, table, va);
}

static uint64_t random64(void)
{
    return (uint64_t)(uint32_t)random() << 42 ^ (uint64_t)(uint32_t)random() << 21 ^
           (uint64_t)(uint32_t)random();
}

/* Words that mostly lead on to another table, in VRAM so that the second walker needs no more. */
static uint64_t random_word(struct rig *rig, unsigned lead_on)
{
    uint64_t address = RIG_ROOT + (uint64_t)(random() % TABLES) * 0x1000;
    uint64_t w = rig->chip.gmmu_version == 3 ? address : address >> 4;
    unsigned kind = (unsigned)random() % 100;

    if (kind < lead_on)
        return w | 1 << 1 | (uint64_t)(random() % 8) << 3;
    if (kind < 90)
        return (w & ~UINT64_C(0xff)) | 1 | (uint64_t)(random() % 128) << 1 |
               (uint64_t)(random() & 15) << (rig->chip.gmmu_version == 3 ? 8 : 56);
    return (uint64_t)(random() % 32) << 3; /* invalid or sparse */
}

static void same_answer(const struct answer *want, bool ok, const struct gpum_page *page,
                        uint32_t type, uint64_t va, unsigned seed)
{
    ck_assert_msg(want->ok == ok, "seed %u va 0x%llx: %d, second walker %d (type %u)", seed,
                  (unsigned long long)va, ok, want->ok, ok ? 0 : type);
    if (!ok) {
        ck_assert_msg(type == want->type, "seed %u va 0x%llx: type %u, second walker %u", seed,
                      (unsigned long long)va, type, want->type);
        return;
    }
    ck_assert_uint_eq(page->size_bytes, want->size);
    ck_assert_uint_eq(page->state == GPUM_PAGE_SPARSE, want->sparse);
    if (want->sparse)
        return;
    ck_assert_uint_eq(page->address, want->address);
    ck_assert_uint_eq(page->kind, want->kind);
    ck_assert_uint_eq(page->privileged, want->privileged);
    ck_assert_uint_eq(page->read_only, want->read_only);
    ck_assert_uint_eq(page->atomic_disable, want->atomic_disable);
}

START_TEST(random_tables_walk_as_a_second_walker_says)
{
    unsigned seed = (unsigned)_i, ok_count = 0;
    struct rig *rig = rig_create(2 + seed % 2);

    srandom(seed);
    rig->chip.pd2_pages = seed & 2;
    rig->chip.pd1_pages = seed & 4;
    for (unsigned t = 0; t < TABLES; t++)
        for (unsigned i = 0; i < 512; i++) {
            uint64_t w = random_word(rig, 85);

            memcpy(rig->m.vram + RIG_ROOT + t * 0x1000 + i * 8, &w, 8);
        }
    for (unsigned i = 0; i < WALKS; i++) {
        uint64_t va = random64() & ((UINT64_C(1) << (seed % 2 ? 57 : 49)) - 1);
        struct gpum_page page = {0};
        uint32_t type = 0;
        bool ok = gpum_walk(&rig->m, &rig->vas, va, &page, &type);
        struct answer want = second_walk(rig, va);

        same_answer(&want, ok, &page, type, va, seed);
        ok_count += ok;
    }
    ck_assert_uint_gt(ok_count, WALKS / 20);
    ck_assert_uint_lt(ok_count, WALKS);
    rig_destroy(rig);
}
END_TEST

int main(void)
{
    const struct rig_case cases[] = {
        {pages_of_each_size_translate_to_their_bytes, 8},
        {pages_of_512_mib_need_a_chip_that_has_them, 0},
        {addresses_beyond_the_format_are_limit_violations, 2},
        {no_page_directory_is_an_unbound_instance, 0},
        {what_a_page_forbids_is_a_fault_of_its_type, 2 * REFUSALS},
        {sparse_pages_read_zero_and_drop_writes, 8},
        {the_protected_region_is_closed_to_clients, 0},
        {an_invalid_big_entry_passes_on_to_the_small_table, 2},
        {a_big_entry_can_forbid_the_small_table, 2},
        {random_tables_walk_as_a_second_walker_says, 8},
    };

    return rig_main("walk", cases, sizeof(cases) / sizeof(cases[0]));
}
