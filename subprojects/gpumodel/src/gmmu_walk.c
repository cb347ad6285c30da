/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The page walk of formats 2 (Turing to Ada) and 3 (Hopper, Blackwell): upper levels of 8-byte
 * entries, then PD0 with dual entries, then a big (64 KiB) or small (4 KiB) page table. What an
 * entry says is decoded per format; which way the walk goes is the same for both.
 */
#include "gmmu.h"

#include "chip.h"

#include <nvhw/gmmu.h>

/* What a directory entry leads to. */
struct next_table {
    bool present, sparse;
    enum gpum_aperture aperture;
    uint64_t address;
};

/* A page table entry, decoded. */
struct leaf {
    bool valid, sparse, no_small; /* no_small: big entry that forbids the small table */
    uint32_t aperture;            /* NV_PTE_V*_APERTURE */
    struct gpum_page page;        /* address, kind, permissions */
};

struct dual {
    bool is_pte;
    uint64_t low; /* the PTE of a 2 MiB page */
    struct next_table big, small;
};

struct level {
    unsigned lo, hi; /* VA bits of the index */
    bool (*may_be_page)(const struct gpum_chip *chip);
};

struct format {
    unsigned va_bits, level_count;
    struct level level[4];
    void (*pde)(uint64_t word, struct next_table *next);
    void (*dual)(const uint32_t dwords[4], struct dual *dual);
    void (*pte)(uint64_t word, struct leaf *leaf);
};

/* ---- Entries --------------------------------------------------------------------------------- */

_Static_assert(NV_PDE_V2_APERTURE_VIDEO_MEMORY == NV_PDE_V3_APERTURE_VIDEO_MEMORY &&
                   NV_PTE_V2_APERTURE_PEER_MEMORY == NV_PTE_V3_APERTURE_PEER_MEMORY &&
                   NV_PTE_V2_VALID__LO == NV_PDE_V2_IS_PTE__LO &&
                   NV_PTE_V3_VALID__LO == NV_PDE_V3_IS_PTE__LO,
               "apertures and the page bit are alike in both formats");

static void next_set(struct next_table *next, uint64_t aperture, uint64_t vid, uint64_t sys,
                     bool sparse)
{
    *next = (struct next_table){.present = aperture != NV_PDE_V2_APERTURE_INVALID};
    next->sparse = !next->present && sparse;
    if (aperture == NV_PDE_V2_APERTURE_VIDEO_MEMORY)
        next->aperture = GPUM_VRAM;
    else if (aperture == NV_PDE_V2_APERTURE_SYSTEM_COHERENT_MEMORY)
        next->aperture = GPUM_SYS_COHERENT;
    else
        next->aperture = GPUM_SYS_NONCOHERENT;
    next->address = next->aperture == GPUM_VRAM ? vid : sys;
}

static bool pcf_is_sparse(uint64_t pcf)
{
    return pcf == NV_PDE_V3_PCF_SPARSE_ATS_ALLOWED || pcf == NV_PDE_V3_PCF_SPARSE_ATS_NOT_ALLOWED;
}

static void pde_v2(uint64_t word, struct next_table *next)
{
    next_set(next, NVHW_GET(NV_PDE_V2, APERTURE, word),
             NVHW_GET(NV_PDE_V2, ADDRESS_VID, word) * NV_GMMU_PAGE_4K,
             NVHW_GET(NV_PDE_V2, ADDRESS_SYS, word) * NV_GMMU_PAGE_4K,
             NVHW_GET(NV_PDE_V2, VOLATILE, word));
}

static void pde_v3(uint64_t word, struct next_table *next)
{
    next_set(next, NVHW_GET(NV_PDE_V3, APERTURE, word),
             NVHW_GET(NV_PDE_V3, ADDRESS_VID, word) * NV_GMMU_PAGE_4K,
             NVHW_GET(NV_PDE_V3, ADDRESS_SYS, word) * NV_GMMU_PAGE_4K,
             pcf_is_sparse(NVHW_GET(NV_PDE_V3, PCF, word)));
}

static uint64_t dual_get(enum nvhw_dual_pde_version version, const uint32_t dwords[4],
                         enum nvhw_dual_pde_field field)
{
    uint64_t value = 0;

    nvhw_dual_pde_get(version, dwords, field, 0, &value);
    return value;
}

#define DUAL(version, name) dual_get(version, dwords, NV_DUAL_PDE_FIELD_##name)

static void dual_common(enum nvhw_dual_pde_version version, const uint32_t dwords[4],
                        bool big_sparse, bool small_sparse, struct dual *dual)
{
    dual->is_pte = DUAL(version, IS_PTE);
    dual->low = (uint64_t)dwords[1] << 32 | dwords[0];
    next_set(&dual->big, DUAL(version, APERTURE_BIG), DUAL(version, ADDRESS_BIG_VID),
             DUAL(version, ADDRESS_BIG_SYS), big_sparse);
    next_set(&dual->small, DUAL(version, APERTURE_SMALL), DUAL(version, ADDRESS_SMALL_VID),
             DUAL(version, ADDRESS_SMALL_SYS), small_sparse);
}

static void dual_v2(const uint32_t dwords[4], struct dual *dual)
{
    dual_common(NV_DUAL_PDE_V2, dwords, DUAL(NV_DUAL_PDE_V2, VOLATILE_BIG), false, dual);
}

static void dual_v3(const uint32_t dwords[4], struct dual *dual)
{
    dual_common(NV_DUAL_PDE_V3, dwords, pcf_is_sparse(DUAL(NV_DUAL_PDE_V3, PCF_BIG)),
                pcf_is_sparse(DUAL(NV_DUAL_PDE_V3, PCF_SMALL)), dual);
}

static void pte_v2(uint64_t word, struct leaf *leaf)
{
    bool vid = NVHW_TEST(NV_PTE_V2, APERTURE, VIDEO_MEMORY, word);

    *leaf = (struct leaf){.valid = NVHW_GET(NV_PTE_V2, VALID, word)};
    leaf->aperture = (uint32_t)NVHW_GET(NV_PTE_V2, APERTURE, word);
    leaf->sparse = !leaf->valid && NVHW_GET(NV_PTE_V2, VOLATILE, word);
    leaf->no_small = !leaf->valid && NVHW_GET(NV_PTE_V2, PRIVILEGE, word);
    leaf->page.address =
        (vid ? NVHW_GET(NV_PTE_V2, ADDRESS_VID, word) : NVHW_GET(NV_PTE_V2, ADDRESS_SYS, word)) *
        NV_GMMU_PAGE_4K;
    leaf->page.kind = (uint32_t)NVHW_GET(NV_PTE_V2, KIND, word);
    leaf->page.privileged = NVHW_GET(NV_PTE_V2, PRIVILEGE, word);
    leaf->page.read_only = NVHW_GET(NV_PTE_V2, READ_ONLY, word);
    leaf->page.atomic_disable = NVHW_GET(NV_PTE_V2, ATOMIC_DISABLE, word);
}

static void pte_v3(uint64_t word, struct leaf *leaf)
{
    bool vid = NVHW_TEST(NV_PTE_V3, APERTURE, VIDEO_MEMORY, word);
    uint64_t pcf = NVHW_GET(NV_PTE_V3, PCF, word);

    *leaf = (struct leaf){.valid = NVHW_GET(NV_PTE_V3, VALID, word)};
    leaf->aperture = (uint32_t)NVHW_GET(NV_PTE_V3, APERTURE, word);
    leaf->sparse = !leaf->valid && pcf == NV_PTE_V3_PCF_SPARSE;
    leaf->no_small = !leaf->valid && pcf == NV_PTE_V3_PCF_NO_VALID_4KB_PAGE;
    leaf->page.address =
        (vid ? NVHW_GET(NV_PTE_V3, ADDRESS_VID, word) : NVHW_GET(NV_PTE_V3, ADDRESS_SYS, word)) *
        NV_GMMU_PAGE_4K;
    leaf->page.kind = (uint32_t)NVHW_GET(NV_PTE_V3, KIND, word);
    leaf->page.privileged = NVHW_GET(NV_GMMU_V3_PTE_PCF, PRIVILEGE, pcf);
    leaf->page.read_only = NVHW_GET(NV_GMMU_V3_PTE_PCF, READ_ONLY, pcf);
    leaf->page.atomic_disable = NVHW_GET(NV_GMMU_V3_PTE_PCF, ATOMIC_DISABLE, pcf);
}

/* ---- Formats --------------------------------------------------------------------------------- */

static bool never(const struct gpum_chip *chip)
{
    (void)chip;
    return false;
}

static bool has_512m(const struct gpum_chip *chip)
{
    return chip->pd1_pages;
}

static bool has_256g(const struct gpum_chip *chip)
{
    return chip->pd2_pages;
}

#define LEVEL(word, field, page)                                                                   \
    {                                                                                              \
        word##_##field##__LO, word##_##field##__HI, page                                           \
    }

static const struct format formats[] = {
    {NV_GMMU_V2_VA_BITS,
     3,
     {LEVEL(NV_GMMU_V2_VA, PD3, never), LEVEL(NV_GMMU_V2_VA, PD2, never),
      LEVEL(NV_GMMU_V2_VA, PD1, has_512m)},
     pde_v2,
     dual_v2,
     pte_v2},
    {NV_GMMU_V3_VA_BITS,
     4,
     {LEVEL(NV_GMMU_V3_VA, PD4, never), LEVEL(NV_GMMU_V3_VA, PD3, never),
      LEVEL(NV_GMMU_V3_VA, PD2, has_256g), LEVEL(NV_GMMU_V3_VA, PD1, has_512m)},
     pde_v3,
     dual_v3,
     pte_v3},
};

/* ---- Walk ------------------------------------------------------------------------------------ */

struct walk {
    struct gpum *m;
    const struct format *format;
    uint64_t va;
    struct gpum_page *page;
    uint32_t *type;
};

static bool fail(const struct walk *w, uint32_t type)
{
    *w->type = type;
    return false;
}

static bool read_entry(const struct walk *w, const struct next_table *table, uint64_t index,
                       unsigned entry_bytes, void *entry)
{
    if (gpum_phys_read(w->m, table->aperture, table->address + index * entry_bytes, entry,
                       entry_bytes))
        return true;
    gpum_fault(w->m, "page walk for 0x%llx: table at %s 0x%llx is not memory",
               (unsigned long long)w->va, table->aperture == GPUM_VRAM ? "VRAM" : "bus address",
               (unsigned long long)table->address);
    return fail(w, NV_PFAULT_FAULT_TYPE_PDE);
}

static void sparse_page(const struct walk *w, uint64_t size_bytes)
{
    *w->page = (struct gpum_page){
        .state = GPUM_PAGE_SPARSE, .va = w->va & ~(size_bytes - 1), .size_bytes = size_bytes};
}

/* A valid entry becomes the page that holds va. */
static bool finish(const struct walk *w, const struct leaf *leaf, uint64_t size_bytes)
{
    struct gpum_page *page = w->page;

    *page = leaf->page;
    page->state = GPUM_PAGE_MAPPED;
    page->size_bytes = size_bytes;
    page->va = w->va & ~(size_bytes - 1);
    switch (leaf->aperture) {
    case NV_PTE_V2_APERTURE_VIDEO_MEMORY:
        page->aperture = GPUM_VRAM;
        break;
    case NV_PTE_V2_APERTURE_SYSTEM_COHERENT_MEMORY:
        page->aperture = GPUM_SYS_COHERENT;
        break;
    case NV_PTE_V2_APERTURE_SYSTEM_NON_COHERENT_MEMORY:
        page->aperture = GPUM_SYS_NONCOHERENT;
        break;
    default:
        gpum_fault(w->m, "page of 0x%llx: peer memory is not supported", (unsigned long long)w->va);
        return fail(w, NV_PFAULT_FAULT_TYPE_UNSUPPORTED_APERTURE);
    }
    if (page->address & (size_bytes - 1)) {
        gpum_fault(w->m, "page of 0x%llx: physical address 0x%llx is not aligned to 0x%llx",
                   (unsigned long long)w->va, (unsigned long long)page->address,
                   (unsigned long long)size_bytes);
        page->address &= ~(size_bytes - 1);
    }
    return true;
}

static bool page_at(const struct walk *w, uint64_t word, uint64_t size_bytes)
{
    struct leaf leaf;

    w->format->pte(word, &leaf);
    return finish(w, &leaf, size_bytes);
}

static bool small_table(const struct walk *w, const struct next_table *table)
{
    uint64_t word;
    struct leaf leaf;

    if (!read_entry(w, table, NVHW_GET(NV_GMMU_V2_VA, PT_SMALL, w->va), NV_GMMU_PTE_BYTES, &word))
        return false;
    w->format->pte(word, &leaf);
    if (leaf.valid)
        return finish(w, &leaf, NV_GMMU_PAGE_4K);
    if (!leaf.sparse)
        return fail(w, NV_PFAULT_FAULT_TYPE_PTE);
    sparse_page(w, NV_GMMU_PAGE_4K);
    return true;
}

/* The dual entry: the big table goes first, and may pass on to the small one. */
static bool page_tables(const struct walk *w, const struct next_table *pd0)
{
    uint32_t dwords[NV_GMMU_DUAL_PDE_BYTES / 4];
    struct dual dual;
    struct leaf leaf;
    uint64_t word;

    if (!read_entry(w, pd0, NVHW_GET(NV_GMMU_V2_VA, PD0, w->va), NV_GMMU_DUAL_PDE_BYTES, dwords))
        return false;
    w->format->dual(dwords, &dual);
    if (dual.is_pte)
        return page_at(w, dual.low, NV_GMMU_PAGE_2M);
    if (!dual.big.present && !dual.small.present) {
        if (!dual.big.sparse && !dual.small.sparse)
            return fail(w, NV_PFAULT_FAULT_TYPE_PDE);
        sparse_page(w, NV_GMMU_PAGE_2M);
        return true;
    }
    if (!dual.big.present)
        return small_table(w, &dual.small);
    if (!read_entry(w, &dual.big, NVHW_GET(NV_GMMU_V2_VA, PT_BIG, w->va), NV_GMMU_PTE_BYTES, &word))
        return false;
    w->format->pte(word, &leaf);
    if (leaf.valid)
        return finish(w, &leaf, NV_GMMU_PAGE_64K);
    if (leaf.sparse) {
        sparse_page(w, NV_GMMU_PAGE_64K);
        return true;
    }
    if (leaf.no_small || !dual.small.present)
        return fail(w, NV_PFAULT_FAULT_TYPE_PTE);
    return small_table(w, &dual.small);
}

bool gpum_walk(struct gpum *m, const struct gpum_vas *vas, uint64_t va, struct gpum_page *page,
               uint32_t *type)
{
    const struct format *format = &formats[m->chip->gmmu_version == 3];
    struct walk w = {m, format, va, page, type};
    struct next_table table = {true, false, vas->aperture, vas->root};

    if (!vas->valid)
        return fail(&w, NV_PFAULT_FAULT_TYPE_UNBOUND_INST_BLOCK);
    if (va >> format->va_bits)
        return fail(&w, NV_PFAULT_FAULT_TYPE_VA_LIMIT_VIOLATION);
    for (unsigned i = 0; i < format->level_count; i++) {
        const struct level *level = &format->level[i];
        uint64_t word, size_bytes = UINT64_C(1) << level->lo;

        if (!read_entry(&w, &table, nvhw_get64(va, level->lo, level->hi), NV_GMMU_PDE_BYTES, &word))
            return false;
        if (NVHW_GET(NV_PDE_V2, IS_PTE, word)) {
            if (!level->may_be_page(m->chip))
                return fail(&w, NV_PFAULT_FAULT_TYPE_PDE_SIZE);
            return page_at(&w, word, size_bytes);
        }
        format->pde(word, &table);
        if (table.present)
            continue;
        if (!table.sparse)
            return fail(&w, NV_PFAULT_FAULT_TYPE_PDE);
        sparse_page(&w, size_bytes);
        return true;
    }
    return page_tables(&w, &table);
}
