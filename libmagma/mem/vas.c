/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Page table trees. A node is one table: its copy and its children. Directories have one child per
 * entry; the last directory (PD0) has two, the tables of 64 KiB and of 4 KiB pages. A table that
 * became empty stays for the next mapping: the space below 2^40 that we use bounds what that costs.
 */
#include "libmagma/mem/vas.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <nvhw/gmmu.h>

#include "libmagma/core/status.h"

#define TABLE_WORDS (NV_GMMU_TABLE_ALIGN_BYTES / sizeof(uint64_t))

struct table {
    uint64_t address;
    uint64_t words[TABLE_WORDS];
    struct table **children; /* NULL for tables of pages */
};

struct mg_vas {
    pthread_mutex_t lock; /* protects the tree */
    const struct mg_gmmu_format *format;
    struct mg_vas_backend backend;
    struct table *root;
};

/* A page size and which of PD0's two tables holds it. */
struct page_size {
    uint64_t bytes;
    unsigned child; /* 0 big, 1 small */
};
static const struct page_size page_sizes[] = {
    {NV_GMMU_PAGE_2M, 0},
    {NV_GMMU_PAGE_64K, 0},
    {NV_GMMU_PAGE_4K, 1},
};

static unsigned last_level(const struct mg_vas *vas)
{
    return vas->format->level_count - 1;
}

static uint32_t index_at(const struct mg_vas *vas, unsigned level, uint64_t va)
{
    const struct mg_gmmu_level *l = &vas->format->level[level];

    return (uint32_t)(va >> l->shift) & (l->entry_count - 1u);
}

static struct table *table_create(struct mg_vas *vas, unsigned child_count, struct magma_error *err)
{
    struct table *t = calloc(1, sizeof *t);

    if (!t)
        goto no_memory;
    if (child_count) {
        t->children = calloc(child_count, sizeof(struct table *));
        if (!t->children)
            goto no_memory;
    }
    if (vas->backend.table_alloc(vas->backend.ctx, &t->address, err) == MAGMA_OK)
        return t;
    free(t->children);
    free(t);
    return NULL;
no_memory:
    free(t);
    mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "page tables: no memory");
    return NULL;
}

static void table_destroy(struct mg_vas *vas, struct table *t, unsigned child_count)
{
    if (!t)
        return;
    for (unsigned i = 0; t->children && i < child_count; i++)
        table_destroy(vas, t->children[i], 0);
    vas->backend.table_free(vas->backend.ctx, t->address);
    free(t->children);
    free(t);
}

static unsigned child_count(const struct mg_vas *vas, unsigned level)
{
    return vas->format->level[level].entry_count * (level == last_level(vas) ? 2u : 1u);
}

static void tree_destroy(struct mg_vas *vas, struct table *t, unsigned level)
{
    if (!t)
        return;
    if (level < last_level(vas))
        for (unsigned i = 0; i < child_count(vas, level); i++) {
            tree_destroy(vas, t->children[i], level + 1);
            t->children[i] = NULL;
        }
    table_destroy(vas, t, child_count(vas, level));
}

enum magma_code mg_vas_create(const struct mg_gmmu_format *format,
                              const struct mg_vas_backend *backend, struct mg_vas **out,
                              struct magma_error *err)
{
    struct mg_vas *vas = calloc(1, sizeof *vas);
    struct magma_error why = {0};

    *out = NULL;
    if (!vas)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "address space: no memory");
    vas->format = format;
    vas->backend = *backend;
    pthread_mutex_init(&vas->lock, NULL);
    vas->root = table_create(vas, child_count(vas, 0), &why);
    if (!vas->root) {
        mg_vas_destroy(vas);
        return mg_fail(err, why.code, "address space: %s", why.text);
    }
    *out = vas;
    return MAGMA_OK;
}

void mg_vas_destroy(struct mg_vas *vas)
{
    if (!vas)
        return;
    tree_destroy(vas, vas->root, 0);
    pthread_mutex_destroy(&vas->lock);
    free(vas);
}

uint64_t mg_vas_root(const struct mg_vas *vas)
{
    return vas->root->address;
}

/* Changes words of a table, in the copy and for the GPU, if they differ. */
static void set_words(struct mg_vas *vas, struct table *t, uint32_t first, const uint64_t *words,
                      size_t count)
{
    if (memcmp(&t->words[first], words, count * sizeof *words) == 0)
        return;
    memcpy(&t->words[first], words, count * sizeof *words);
    vas->backend.table_write(vas->backend.ctx, t->address, first * (uint32_t)sizeof *words, words,
                             count);
}

/* The directory of `level` on the way to va, made with those above if need be. */
static struct table *directory(struct mg_vas *vas, uint64_t va, unsigned level,
                               struct magma_error *err)
{
    struct table *t = vas->root;

    for (unsigned i = 0; i < level; i++) {
        uint32_t at = index_at(vas, i, va);
        uint64_t pde;

        if (!t->children[at]) {
            t->children[at] = table_create(vas, child_count(vas, i + 1), err);
            if (!t->children[at])
                return NULL;
            pde = vas->format->pde(vas->backend.aperture, t->children[at]->address);
            set_words(vas, t, at, &pde, 1);
        }
        t = t->children[at];
    }
    return t;
}

/* Makes PD0's entry lead to its tables, as many as there are. */
static void link_tables(struct mg_vas *vas, struct table *pd0, uint32_t at)
{
    struct table *const *children = &pd0->children[(size_t)at * 2];
    const struct table *big = children[0], *small = children[1];
    uint64_t words[2];

    vas->format->dual_pde(vas->backend.aperture, big ? big->address : 0, small ? small->address : 0,
                          words);
    set_words(vas, pd0, 2 * at, words, 2);
}

/* The table of pages of this size that maps va. */
static struct table *page_table(struct mg_vas *vas, struct table *pd0, uint64_t va, unsigned child,
                                struct magma_error *err)
{
    uint32_t at = index_at(vas, last_level(vas), va);
    struct table **slot = &pd0->children[(size_t)at * 2 + child];

    if (!*slot) {
        *slot = table_create(vas, 0, err);
        if (!*slot)
            return NULL;
    }
    return *slot;
}

/* Writes entries for the pages of one size from va on, at most to the end of PD0's entry. entry is
 * the first page's (0 to clear), step what one page adds to it. Returns the bytes done, 0 on error.
 */
static uint64_t write_run(struct mg_vas *vas, uint64_t va, const struct page_size *size,
                          uint64_t entry, uint64_t step, uint64_t count, struct magma_error *err)
{
    struct table *pd0 = directory(vas, va, last_level(vas), err);
    uint64_t words[TABLE_WORDS];
    struct table *pt;
    uint64_t room;

    if (!pd0)
        return 0;
    if (size->bytes == NV_GMMU_PAGE_2M) {
        words[0] = entry;
        words[1] = 0;
        set_words(vas, pd0, 2 * index_at(vas, last_level(vas), va), words, 2);
        return size->bytes;
    }
    pt = page_table(vas, pd0, va, size->child, err);
    if (!pt)
        return 0;
    room = (NV_GMMU_PAGE_2M - va % NV_GMMU_PAGE_2M) / size->bytes;
    if (count > room)
        count = room;
    for (uint64_t i = 0; i < count; i++)
        words[i] = entry ? entry + i * step : 0;
    set_words(vas, pt, (uint32_t)(va % NV_GMMU_PAGE_2M / size->bytes), words, count);
    link_tables(vas, pd0, index_at(vas, last_level(vas), va));
    return count * size->bytes;
}

/* The largest page size for what is left, and how many such pages may follow each other. */
static const struct page_size *choose(uint64_t va, uint64_t address, uint64_t left, uint64_t *count)
{
    size_t i = 0;

    while (((va | address) & (page_sizes[i].bytes - 1)) || left < page_sizes[i].bytes)
        i++;
    *count = left / page_sizes[i].bytes;
    /* Stop where a larger page becomes possible. */
    if (i && (va ^ address) % page_sizes[i - 1].bytes == 0) {
        uint64_t larger = page_sizes[i - 1].bytes - va % page_sizes[i - 1].bytes;

        if (larger != page_sizes[i - 1].bytes && *count > larger / page_sizes[i].bytes)
            *count = larger / page_sizes[i].bytes;
    }
    return &page_sizes[i];
}

static enum magma_code clear_range(struct mg_vas *vas, uint64_t va, uint64_t size_bytes)
{
    struct table *pd0;
    uint64_t zero[TABLE_WORDS] = {0};

    for (uint64_t end = va + size_bytes; va < end;) {
        uint64_t next = (va / NV_GMMU_PAGE_2M + 1) * NV_GMMU_PAGE_2M;
        uint64_t stop = next < end ? next : end;
        uint32_t at = index_at(vas, last_level(vas), va);

        pd0 = directory(vas, va, last_level(vas), NULL);
        if (!pd0)
            return MAGMA_INTERNAL;
        if (va % NV_GMMU_PAGE_2M == 0 && stop == next && !pd0->words[(size_t)at * 2 + 1] &&
            (pd0->words[(size_t)at * 2] & 1))
            set_words(vas, pd0, 2 * at, zero, 2);
        for (unsigned i = 1; i < sizeof page_sizes / sizeof page_sizes[0]; i++) {
            struct table *pt = pd0->children[(size_t)at * 2 + page_sizes[i].child];
            uint64_t first = va % NV_GMMU_PAGE_2M / page_sizes[i].bytes;
            uint64_t last = (stop - 1) % NV_GMMU_PAGE_2M / page_sizes[i].bytes;

            /* A big page is cleared when the range holds all of it. */
            if (va % page_sizes[i].bytes)
                first++;
            if (stop % page_sizes[i].bytes && last-- == 0)
                continue;
            if (pt && last >= first)
                set_words(vas, pt, (uint32_t)first, zero, last - first + 1);
        }
        va = stop;
    }
    return MAGMA_OK;
}

static enum magma_code check_range(const struct mg_vas *vas, uint64_t va, uint64_t address,
                                   uint64_t size_bytes, struct magma_error *err)
{
    uint64_t limit = UINT64_C(1) << vas->format->va_bits;

    if (!size_bytes || ((va | address | size_bytes) & (NV_GMMU_PAGE_4K - 1)) || va >= limit ||
        size_bytes > limit - va)
        return mg_fail(err, MAGMA_INVALID_ARGUMENT, "cannot map 0x%llx bytes at GPU address 0x%llx",
                       (unsigned long long)size_bytes, (unsigned long long)va);
    return MAGMA_OK;
}

enum magma_code mg_vas_map(struct mg_vas *vas, magma_gpu_va va, enum mg_aperture aperture,
                           uint64_t address, uint64_t size_bytes, uint32_t flags,
                           struct magma_error *err)
{
    uint64_t entry = vas->format->pte(aperture, flags);
    enum magma_code code = check_range(vas, va.raw, address, size_bytes, err);
    struct magma_error why = {0};
    uint64_t done = 0;

    if (code != MAGMA_OK)
        return code;
    pthread_mutex_lock(&vas->lock);
    while (done < size_bytes) {
        uint64_t count, run;
        const struct page_size *size =
            choose(va.raw + done, address + done, size_bytes - done, &count);

        run = write_run(vas, va.raw + done, size, entry + vas->format->pte_address(address + done),
                        vas->format->pte_address(size->bytes), count, &why);
        if (!run)
            break;
        done += run;
    }
    if (done == size_bytes)
        code = vas->backend.invalidate(vas->backend.ctx, vas->root->address, &why);
    else
        code = why.code;
    if (code != MAGMA_OK && done)
        clear_range(vas, va.raw, done);
    pthread_mutex_unlock(&vas->lock);
    return code == MAGMA_OK ? code : mg_fail(err, code, "mapping GPU memory: %s", why.text);
}

enum magma_code mg_vas_unmap(struct mg_vas *vas, magma_gpu_va va, uint64_t size_bytes,
                             struct magma_error *err)
{
    enum magma_code code = check_range(vas, va.raw, 0, size_bytes, err);

    if (code != MAGMA_OK)
        return code;
    pthread_mutex_lock(&vas->lock);
    code = clear_range(vas, va.raw, size_bytes);
    if (code == MAGMA_OK)
        code = vas->backend.invalidate(vas->backend.ctx, vas->root->address, err);
    pthread_mutex_unlock(&vas->lock);
    return code;
}

enum magma_code mg_vas_path(struct mg_vas *vas, magma_gpu_va va, uint64_t *addresses,
                            unsigned *count, struct magma_error *err)
{
    struct magma_error why = {0};
    enum magma_code code = MAGMA_OK;

    pthread_mutex_lock(&vas->lock);
    for (*count = 0; *count < last_level(vas); ++*count) {
        struct table *t = directory(vas, va.raw, *count, &why);

        if (!t) {
            code = mg_fail(err, why.code, "page directories: %s", why.text);
            break;
        }
        addresses[*count] = t->address;
    }
    pthread_mutex_unlock(&vas->lock);
    return code;
}
