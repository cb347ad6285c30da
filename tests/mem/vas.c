/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Page tables against a walker of this file's own, which reads what was written for the GPU with
 * bit positions spelled out from the facts (mmu-fifo-irq 2.1, 2.2) and shares no code with the
 * writer. Random mappings come and go; every page and its neighbours are looked up.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "libmagma/core/status.h"
#include "libmagma/mem/vas.h"
#include "tests/mem/random.h"

#define TABLES 20000u
#define K4     UINT64_C(0x1000)
#define K64    UINT64_C(0x10000)
#define M2     UINT64_C(0x200000)

/* ---- Memory for tables ----------------------------------------------------------------------- */

struct gpu {
    uint8_t *memory; /* TABLES pages; addresses begin at page 1 */
    bool used[TABLES];
    unsigned live, limit;
    unsigned invalidates;
    uint64_t last_root;
    bool invalidate_fails;
};

static enum magma_code table_alloc(void *ctx, uint64_t *address, struct magma_error *err)
{
    struct gpu *g = ctx;

    for (unsigned i = 0; i < TABLES && g->live < g->limit; i++)
        if (!g->used[i]) {
            g->used[i] = true;
            g->live++;
            memset(g->memory + i * K4, 0, K4);
            *address = (i + 1) * K4;
            return MAGMA_OK;
        }
    return mg_fail(err, MAGMA_OUT_OF_DEVICE_MEMORY, "no tables left");
}

static void table_free(void *ctx, uint64_t address)
{
    struct gpu *g = ctx;

    ck_assert(g->used[address / K4 - 1]);
    g->used[address / K4 - 1] = false;
    g->live--;
}

static void table_write(void *ctx, uint64_t address, uint32_t offset, const uint64_t *words,
                        size_t count)
{
    struct gpu *g = ctx;

    ck_assert_uint_le(offset + count * 8, K4);
    memcpy(g->memory + (address - K4) + offset, words, count * 8);
}

static enum magma_code invalidate(void *ctx, uint64_t root, struct magma_error *err)
{
    struct gpu *g = ctx;

    g->invalidates++;
    g->last_root = root;
    return g->invalidate_fails ? mg_fail(err, MAGMA_TIMEOUT, "stuck") : MAGMA_OK;
}

static struct gpu *gpu_new(struct mg_vas_backend *backend)
{
    struct gpu *g = calloc(1, sizeof *g);

    g->memory = calloc(TABLES, K4);
    g->limit = TABLES;
    *backend = (struct mg_vas_backend){MG_APERTURE_VRAM, table_alloc, table_free,
                                       table_write,      invalidate,  g};
    return g;
}

static void gpu_free(struct gpu *g)
{
    ck_assert_uint_eq(g->live, 0);
    free(g->memory);
    free(g);
}

/* ---- The walker ------------------------------------------------------------------------------ */

struct hit {
    bool valid, system, volatile_, read_only, privileged;
    uint64_t address;
    unsigned page_shift;
};

static uint64_t word(const struct gpu *g, uint64_t table, uint64_t index)
{
    uint64_t value;

    if (table < K4 || !g->used[table / K4 - 1])
        ck_abort_msg("an entry leads to 0x%llx, where no table is", (unsigned long long)table);
    memcpy(&value, g->memory + (table - K4) + index * 8, 8);
    return value;
}

static struct hit page_v2(uint64_t e, uint64_t va, unsigned shift)
{
    uint64_t in_page = va & ((UINT64_C(1) << shift) - 1);
    unsigned aperture = e >> 1 & 3;
    uint64_t frame = aperture == 0 ? e >> 8 & 0x1ffffff : e >> 8 & 0x3fffffffffff;

    if (e >> 56 != 6)
        ck_abort_msg("the kind is not generic memory");
    return (struct hit){true,       aperture == 2,        e >> 3 & 1, e >> 6 & 1,
                        e >> 5 & 1, frame * K4 + in_page, shift};
}

static struct hit page_v3(uint64_t e, uint64_t va, unsigned shift)
{
    uint64_t in_page = va & ((UINT64_C(1) << shift) - 1);
    unsigned pcf = e >> 3 & 31, aperture = e >> 1 & 3;

    if ((e >> 8 & 15) != 6 || pcf >> 4 != 1)
        ck_abort_msg("kind or PCF of 0x%llx", (unsigned long long)e);
    return (struct hit){true,         aperture == 2, pcf & 1,
                        pcf >> 2 & 1, pcf >> 1 & 1,  (e & UINT64_C(0xffffffffff000)) + in_page,
                        shift};
}

static struct hit walk_v2(const struct gpu *g, uint64_t root, uint64_t va)
{
    static const unsigned shift[] = {47, 38, 29}, mask[] = {3, 511, 511};
    uint64_t table = root, lo, hi, e;

    for (unsigned i = 0; i < 3; i++) {
        e = word(g, table, va >> shift[i] & mask[i]);
        if ((e >> 1 & 3) != 1 || e & 1)
            return (struct hit){0};
        table = (e >> 8 & 0x1ffffff) * K4;
    }
    lo = word(g, table, (va >> 21 & 255) * 2);
    hi = word(g, table, (va >> 21 & 255) * 2 + 1);
    if (lo & 1)
        return page_v2(lo, va, 21);
    if ((lo >> 1 & 3) == 1) {
        e = word(g, (lo >> 4 & 0x1fffffff) * 256, va >> 16 & 31);
        if (e & 1)
            return page_v2(e, va, 16);
    }
    if ((hi >> 1 & 3) == 1) {
        e = word(g, (hi >> 8 & 0x1ffffff) * K4, va >> 12 & 511);
        if (e & 1)
            return page_v2(e, va, 12);
    }
    return (struct hit){0};
}

static struct hit walk_v3(const struct gpu *g, uint64_t root, uint64_t va)
{
    static const unsigned shift[] = {56, 47, 38, 29}, mask[] = {1, 511, 511, 511};
    uint64_t table = root, lo, hi, e;

    for (unsigned i = 0; i < 4; i++) {
        e = word(g, table, va >> shift[i] & mask[i]);
        if ((e >> 1 & 3) != 1 || e & 1)
            return (struct hit){0};
        if ((e >> 3 & 7) != 2)
            ck_abort_msg("PCF of 0x%llx", (unsigned long long)e);
        table = e & UINT64_C(0xffffffffff000);
    }
    lo = word(g, table, (va >> 21 & 255) * 2);
    hi = word(g, table, (va >> 21 & 255) * 2 + 1);
    if (lo & 1)
        return page_v3(lo, va, 21);
    if ((lo >> 1 & 3) == 1) {
        e = word(g, lo & UINT64_C(0xfffffffffff00), va >> 16 & 31);
        if (e & 1)
            return page_v3(e, va, 16);
    }
    if ((hi >> 1 & 3) == 1) {
        e = word(g, hi & UINT64_C(0xffffffffff000), va >> 12 & 511);
        if (e & 1)
            return page_v3(e, va, 12);
    }
    return (struct hit){0};
}

typedef struct hit (*walker)(const struct gpu *g, uint64_t root, uint64_t va);
static const struct {
    enum mg_mmu_format format;
    walker walk;
    uint64_t top; /* highest address that is used here */
} formats[] = {
    {MG_MMU_V2, walk_v2, UINT64_C(1) << 49},
    {MG_MMU_V3, walk_v3, UINT64_C(1) << 57},
};

/* ---- Tests ----------------------------------------------------------------------------------- */

struct mapping {
    uint64_t va, address, size;
    uint32_t flags;
    enum mg_aperture aperture;
};

static void check_mapping(const struct gpu *g, walker walk, uint64_t root, const struct mapping *m)
{
    for (uint64_t o = 0; o < m->size; o += K4) {
        struct hit h = walk(g, root, m->va + o + 0x123);
        bool system = m->aperture == MG_APERTURE_SYSTEM;

        /* One assertion per page at most: they are slow. */
        if (!h.valid || h.address != m->address + o + 0x123 || h.system != system ||
            h.volatile_ != system || h.read_only != ((m->flags & MG_MAP_READ_ONLY) != 0) ||
            h.privileged != ((m->flags & MG_MAP_PRIVILEGED) != 0))
            ck_abort_msg("va 0x%llx leads to 0x%llx, valid %d", (unsigned long long)(m->va + o),
                         (unsigned long long)h.address, h.valid);
    }
}

static void check_absent(const struct gpu *g, walker walk, uint64_t root, const struct mapping *m)
{
    for (uint64_t o = 0; o < m->size; o += K4)
        if (walk(g, root, m->va + o).valid)
            ck_abort_msg("va 0x%llx is mapped", (unsigned long long)(m->va + o));
}

/* Lane i of 24 has 32 MiB of addresses of its own, some near the top of the space. */
static struct mapping random_mapping(uint64_t *state, unsigned lane, uint64_t top)
{
    static const uint64_t aligns[] = {K4, K64, M2};
    struct mapping m = {.flags = (uint32_t)(test_random(state) % 4),
                        .aperture = test_random(state) % 2 ? MG_APERTURE_SYSTEM : MG_APERTURE_VRAM};
    uint64_t lane_va =
        (lane % 2 ? top - (UINT64_C(64) << 25) : UINT64_C(0x1000000000)) + ((uint64_t)lane << 25);
    uint64_t align = aligns[test_random(state) % 3];

    m.size = (1 + test_random(state) % (M2 * 3 / K4)) * K4;
    m.va = lane_va + test_random(state) % (M2 * 2) / align * align;
    m.address = test_random(state) % (UINT64_C(1) << 36) / align * align;
    if (test_random(state) % 2) /* the same place within larger pages */
        m.address = m.address / M2 * M2 + m.va % M2;
    return m;
}

START_TEST(every_page_leads_where_it_was_mapped)
{
    enum { LANES = 24 };
    uint64_t state = test_seed(), top = formats[_i].top;
    walker walk = formats[_i].walk;
    struct mapping live[LANES] = {{0}};
    struct mg_vas_backend backend;
    struct gpu *g = gpu_new(&backend);
    struct mg_vas *vas;

    ck_assert_int_eq(mg_vas_create(mg_gmmu_format(formats[_i].format), &backend, &vas, NULL),
                     MAGMA_OK);
    for (int step = 0; step < 600; step++) {
        unsigned lane = (unsigned)(test_random(&state) % LANES), before = g->invalidates;
        struct mapping *m = &live[lane];
        enum magma_code code;

        if (m->size) {
            check_mapping(g, walk, mg_vas_root(vas), m);
            code = mg_vas_unmap(vas, (magma_gpu_va){m->va}, m->size, NULL);
            check_absent(g, walk, mg_vas_root(vas), m);
            m->size = 0;
        } else {
            *m = random_mapping(&state, lane, top);
            code = mg_vas_map(vas, (magma_gpu_va){m->va}, m->aperture, m->address, m->size,
                              m->flags, NULL);
            check_mapping(g, walk, mg_vas_root(vas), m);
            ck_assert(!walk(g, mg_vas_root(vas), m->va - 1).valid);
            ck_assert(!walk(g, mg_vas_root(vas), m->va + m->size).valid);
        }
        ck_assert_int_eq(code, MAGMA_OK);
        ck_assert_uint_eq(g->invalidates, before + 1);
        ck_assert_uint_eq(g->last_root, mg_vas_root(vas));
    }
    mg_vas_destroy(vas);
    gpu_free(g);
}
END_TEST

START_TEST(the_largest_page_that_fits_is_used)
{
    walker walk = formats[_i].walk;
    const uint64_t va = UINT64_C(0x1000000000) - K64 - K4;
    const uint64_t pa = UINT64_C(0x40000000) - K64 - K4;
    struct mg_vas_backend backend;
    struct gpu *g = gpu_new(&backend);
    struct mg_vas *vas;

    ck_assert_int_eq(mg_vas_create(mg_gmmu_format(formats[_i].format), &backend, &vas, NULL),
                     MAGMA_OK);
    ck_assert_int_eq(mg_vas_map(vas, (magma_gpu_va){va}, MG_APERTURE_VRAM, pa,
                                K4 + K64 + M2 + K64 + K4, 0, NULL),
                     MAGMA_OK);
    ck_assert_uint_eq(walk(g, mg_vas_root(vas), va).page_shift, 12);
    ck_assert_uint_eq(walk(g, mg_vas_root(vas), va + K4).page_shift, 16);
    ck_assert_uint_eq(walk(g, mg_vas_root(vas), va + K4 + K64).page_shift, 21);
    ck_assert_uint_eq(walk(g, mg_vas_root(vas), va + K4 + K64 + M2).page_shift, 16);
    ck_assert_uint_eq(walk(g, mg_vas_root(vas), va + K4 + 2 * K64 + M2).page_shift, 12);
    mg_vas_destroy(vas);
    gpu_free(g);
}
END_TEST

START_TEST(a_mapping_that_fails_leaves_nothing)
{
    const struct mapping m = {.va = UINT64_C(0x1000000000), .address = K4, .size = 40 * M2};
    struct mg_vas_backend backend;
    struct gpu *g = gpu_new(&backend);
    struct magma_error err = {0};
    struct mg_vas *vas;

    ck_assert_int_eq(mg_vas_create(mg_gmmu_format(MG_MMU_V2), &backend, &vas, NULL), MAGMA_OK);
    for (unsigned limit = 1; limit < 12; limit++) {
        g->limit = limit;
        ck_assert_int_eq(
            mg_vas_map(vas, (magma_gpu_va){m.va}, MG_APERTURE_VRAM, m.address, m.size, 0, &err),
            MAGMA_OUT_OF_DEVICE_MEMORY);
        ck_assert_ptr_nonnull(strstr(err.text, "no tables left"));
        check_absent(g, walk_v2, mg_vas_root(vas), &m);
    }
    g->limit = TABLES;
    g->invalidate_fails = true;
    ck_assert_int_eq(
        mg_vas_map(vas, (magma_gpu_va){m.va}, MG_APERTURE_VRAM, m.address, m.size, 0, &err),
        MAGMA_TIMEOUT);
    check_absent(g, walk_v2, mg_vas_root(vas), &m);
    mg_vas_destroy(vas);
    gpu_free(g);
}
END_TEST

START_TEST(ranges_that_cannot_be_mapped_are_refused)
{
    struct mg_vas_backend backend;
    struct gpu *g = gpu_new(&backend);
    struct mg_vas *vas;

    ck_assert_int_eq(mg_vas_create(mg_gmmu_format(MG_MMU_V2), &backend, &vas, NULL), MAGMA_OK);
    static const uint64_t bad[][3] = {
        {0x1001, 0, 0x1000},
        {0x1000, 1, 0x1000},
        {0x1000, 0, 0},
        {0x1000, 0, 0xfff},
        {UINT64_C(1) << 49, 0, 0x1000},
        {(UINT64_C(1) << 49) - 0x1000, 0, 0x2000},
        {0x1000, 0, UINT64_MAX - 0xfff},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_int_eq(mg_vas_map(vas, (magma_gpu_va){bad[i][0]}, MG_APERTURE_VRAM, bad[i][1],
                                    bad[i][2], 0, NULL),
                         MAGMA_INVALID_ARGUMENT);
    mg_vas_destroy(vas);
    gpu_free(g);
}
END_TEST

START_TEST(the_path_names_the_directories_above_the_last)
{
    uint64_t addresses[MG_GMMU_LEVELS_MAX], e;
    struct mg_vas_backend backend;
    struct gpu *g = gpu_new(&backend);
    struct mg_vas *vas;
    unsigned count;

    ck_assert_int_eq(mg_vas_create(mg_gmmu_format(formats[_i].format), &backend, &vas, NULL),
                     MAGMA_OK);
    ck_assert_int_eq(
        mg_vas_path(vas, (magma_gpu_va){UINT64_C(0x100000000)}, addresses, &count, NULL), MAGMA_OK);
    ck_assert_uint_eq(count, formats[_i].format == MG_MMU_V2 ? 3 : 4);
    ck_assert_uint_eq(addresses[0], mg_vas_root(vas));
    e = word(g, addresses[count - 2], 0);
    ck_assert_uint_eq(formats[_i].format == MG_MMU_V2 ? (e >> 8 & 0x1ffffff) * K4
                                                      : (e & UINT64_C(0xffffffffff000)),
                      addresses[count - 1]);
    mg_vas_destroy(vas);
    gpu_free(g);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("vas");
    TCase *c = tcase_create("vas");
    SRunner *r;
    int failed;

    tcase_set_timeout(c, 120);
    tcase_add_loop_test(c, every_page_leads_where_it_was_mapped, 0, 2);
    tcase_add_loop_test(c, the_largest_page_that_fits_is_used, 0, 2);
    tcase_add_test(c, a_mapping_that_fails_leaves_nothing);
    tcase_add_test(c, ranges_that_cannot_be_mapped_are_refused);
    tcase_add_loop_test(c, the_path_names_the_directories_above_the_last, 0, 2);
    suite_add_tcase(s, c);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
