/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Virtual memory: both TLBs, the checks of an access against its page, the invalidate and fault
 * registers. A translation once found stays until the driver invalidates it: one that forgets
 * to do so keeps reading and writing the old page here, as it would on silicon.
 */
#include "gmmu.h"

#include "plan.h"

#include <nvhw/gmmu.h>

#include <stdlib.h>
#include <string.h>

const struct gpum_client gpum_client_host = {"HOST0", true, false};
const struct gpum_client gpum_client_copy = {"CE0", true, false};
const struct gpum_client gpum_client_front = {"FE", true, false};
static const struct gpum_client client_gpc = {"GPC0", false, false};

/* ---- Access ---------------------------------------------------------------------------------- */

/* Compression state and depth layouts are not modelled: only kinds that lie in memory as the
 * program sees them may be touched. */
static bool kind_allowed(uint32_t kind, uint32_t *type)
{
    switch (kind) {
    case NV_MMU_PTE_KIND_PITCH:
    case NV_MMU_PTE_KIND_GENERIC_MEMORY:
        return true;
    case NV_MMU_PTE_KIND_GENERIC_MEMORY_COMPRESSIBLE:
    case NV_MMU_PTE_KIND_GENERIC_MEMORY_COMPRESSIBLE_DISABLE_PLC:
        *type = NV_PFAULT_FAULT_TYPE_COMPRESSION_FAILURE;
        return false;
    default:
        *type = NV_PFAULT_FAULT_TYPE_UNSUPPORTED_KIND;
        return false;
    }
}

static bool access_allowed(const struct gpum_page *page, const struct gpum_client *client,
                           enum gpum_access access, uint32_t *type)
{
    if (page->state == GPUM_PAGE_SPARSE)
        return true;
    if (!kind_allowed(page->kind, type))
        return false;
    if (page->privileged && !client->privileged) {
        *type = NV_PFAULT_FAULT_TYPE_PRIV_VIOLATION;
        return false;
    }
    if (page->read_only && access != GPUM_READ) {
        *type = NV_PFAULT_FAULT_TYPE_RO_VIOLATION;
        return false;
    }
    if (page->atomic_disable && access == GPUM_ATOMIC) {
        *type = NV_PFAULT_FAULT_TYPE_ATOMIC_VIOLATION;
        return false;
    }
    return true;
}

static struct gpum_tlb_entry *tlb_slot(struct gpum *m, const struct gpum_client *client,
                                       const struct gpum_vas *vas, uint64_t va)
{
    uint64_t key = va / GPUM_PIECE_BYTES ^ vas->root / GPUM_PIECE_BYTES * 7;

    return &m->mmu->tlb[client->hub][key % GPUM_TLB_ENTRIES];
}

/* Memory behind the piece of a page; NULL when there is none. */
static uint8_t *piece_pointer(struct gpum *m, const struct gpum_page *page, uint64_t piece_va,
                              bool write)
{
    uint64_t run = 0;
    uint8_t *pointer;

    if (page->state == GPUM_PAGE_SPARSE)
        return write ? m->mmu->sink_page : m->mmu->zero_page;
    pointer = gpum_phys(m, page->aperture, page->address + (piece_va - page->va), write, &run);
    return run >= GPUM_PIECE_BYTES ? pointer : NULL;
}

/* Finds the entry of va, walking when it is not cached. */
static struct gpum_tlb_entry *translate(struct gpum *m, const struct gpum_client *client,
                                        const struct gpum_vas *vas, uint64_t va, uint32_t *type)
{
    struct gpum_tlb_entry *e = tlb_slot(m, client, vas, va);
    uint64_t piece_va = va - va % GPUM_PIECE_BYTES;
    struct gpum_page page;

    if (e->valid && vas->valid && e->piece_va == piece_va && e->root == vas->root &&
        e->root_aperture == vas->aperture)
        return e;
    if (!gpum_walk(m, vas, va, &page, type))
        return NULL;
    *e = (struct gpum_tlb_entry){.valid = true,
                                 .root_aperture = vas->aperture,
                                 .root = vas->root,
                                 .page = page,
                                 .piece_va = piece_va};
    return e;
}

static uint8_t *refuse(struct gpum *m, const struct gpum_client *client, uint64_t va,
                       enum gpum_access access, uint32_t type, struct gpum_mmu_fault *fault)
{
    struct gpum_mmu_fault f = {va, type, access, client->name};

    gpum_mmu_record_fault(m, &f);
    if (fault)
        *fault = f;
    return NULL;
}

uint8_t *gpum_virt_as(struct gpum *m, const struct gpum_client *client, const struct gpum_vas *vas,
                      uint64_t va, enum gpum_access access, uint64_t *run_bytes,
                      struct gpum_mmu_fault *fault)
{
    uint32_t type = NV_PFAULT_FAULT_TYPE_PTE;
    struct gpum_tlb_entry *e = translate(m, client, vas, va, &type);
    uint64_t offset = va % GPUM_PIECE_BYTES;
    bool write = access != GPUM_READ;

    if (!client->privileged && gpum_plan_mmu_fault(m))
        return refuse(m, client, va, access, NV_PFAULT_FAULT_TYPE_PTE, fault);
    if (!e || !access_allowed(&e->page, client, access, &type))
        return refuse(m, client, va, access, type, fault);
    if (e->generation != m->memory_generation) {
        e->pointer[0] = e->pointer[1] = NULL;
        e->generation = m->memory_generation;
    }
    if (!e->pointer[write])
        e->pointer[write] = piece_pointer(m, &e->page, e->piece_va, write);
    if (!e->pointer[write]) {
        uint64_t address = e->page.address + (va - e->page.va);

        gpum_fault(m, "0x%llx is mapped to %s 0x%llx, where there is no memory for %s",
                   (unsigned long long)va, e->page.aperture == GPUM_VRAM ? "VRAM" : "bus address",
                   (unsigned long long)address, client->name);
        type = e->page.aperture == GPUM_VRAM ? NV_PFAULT_FAULT_TYPE_REGION_VIOLATION
                                             : NV_PFAULT_FAULT_TYPE_UNSUPPORTED_APERTURE;
        return refuse(m, client, va, access, type, fault);
    }
    *run_bytes = GPUM_PIECE_BYTES - offset;
    if (e->page.state == GPUM_PAGE_SPARSE && access == GPUM_ATOMIC)
        memset(m->mmu->sink_page, 0, sizeof(m->mmu->sink_page));
    return e->pointer[write] + offset;
}

uint8_t *gpum_virt(struct gpum *m, const struct gpum_vas *vas, uint64_t va, enum gpum_access access,
                   uint64_t *run_bytes, struct gpum_mmu_fault *fault)
{
    return gpum_virt_as(m, &client_gpc, vas, va, access, run_bytes, fault);
}

bool gpum_virt_read_as(struct gpum *m, const struct gpum_client *client, const struct gpum_vas *vas,
                       uint64_t va, void *data, size_t size_bytes, struct gpum_mmu_fault *fault)
{
    uint8_t *to = data;

    while (size_bytes) {
        uint64_t run = 0;
        const uint8_t *from = gpum_virt_as(m, client, vas, va, GPUM_READ, &run, fault);

        if (!from)
            return false;
        if (run > size_bytes)
            run = size_bytes;
        memcpy(to, from, run);
        to += run;
        va += run;
        size_bytes -= run;
    }
    return true;
}

bool gpum_virt_write_as(struct gpum *m, const struct gpum_client *client,
                        const struct gpum_vas *vas, uint64_t va, const void *data,
                        size_t size_bytes, struct gpum_mmu_fault *fault)
{
    const uint8_t *from = data;

    while (size_bytes) {
        uint64_t run = 0;
        uint8_t *to = gpum_virt_as(m, client, vas, va, GPUM_WRITE, &run, fault);

        if (!to)
            return false;
        if (run > size_bytes)
            run = size_bytes;
        memcpy(to, from, run);
        from += run;
        va += run;
        size_bytes -= run;
    }
    return true;
}

bool gpum_virt_read(struct gpum *m, const struct gpum_vas *vas, uint64_t va, void *data,
                    size_t size_bytes, struct gpum_mmu_fault *fault)
{
    return gpum_virt_read_as(m, &client_gpc, vas, va, data, size_bytes, fault);
}

bool gpum_virt_write(struct gpum *m, const struct gpum_vas *vas, uint64_t va, const void *data,
                     size_t size_bytes, struct gpum_mmu_fault *fault)
{
    return gpum_virt_write_as(m, &client_gpc, vas, va, data, size_bytes, fault);
}

/* ---- Invalidate ------------------------------------------------------------------------------ */

void gpum_tlb_invalidate(struct gpum *m, bool all_pdb, uint64_t root, enum gpum_aperture aperture,
                         bool hub_only)
{
    for (unsigned t = hub_only; t < 2; t++)
        for (unsigned i = 0; i < GPUM_TLB_ENTRIES; i++) {
            struct gpum_tlb_entry *e = &m->mmu->tlb[t][i];
            bool same =
                e->root == root && (e->root_aperture == GPUM_VRAM) == (aperture == GPUM_VRAM);

            if (all_pdb || same)
                e->valid = false;
        }
    m->memory_generation++;
}

static void invalidate_write(struct gpum *m, uint32_t value)
{
    uint64_t page =
        NVHW_GET(NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_PDB, ADDR, m->mmu->invalidate_pdb);
    bool vid = NVHW_TEST(NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_PDB, APERTURE, VID_MEM,
                         m->mmu->invalidate_pdb);
    uint64_t upper = NVHW_GET(NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_UPPER_PDB, ADDR,
                              m->mmu->invalidate_upper_pdb);
    bool all_pdb = NVHW_TEST(NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE, ALL_PDB, TRUE, value);

    if (!NVHW_TEST(NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE, TRIGGER, TRUE, value))
        return;
    if (!NVHW_TEST(NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE, ALL_VA, TRUE, value)) {
        gpum_fault(m, "TLB invalidate of single addresses (0x%08x) is not supported: nothing done",
                   value);
        return;
    }
    page |= upper << (1 + NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_PDB_ADDR__HI -
                      NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_PDB_ADDR__LO);
    gpum_trace(m, "mmu: invalidate %s 0x%llx", all_pdb ? "all page directories" : "PDB",
               all_pdb ? 0ull : (unsigned long long)(page * NV_GMMU_PAGE_4K));
    gpum_tlb_invalidate(
        m, all_pdb, page * NV_GMMU_PAGE_4K, vid ? GPUM_VRAM : GPUM_SYS_COHERENT,
        NVHW_TEST(NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE, HUBTLB_ONLY, TRUE, value));
}

/* ---- Fault registers ------------------------------------------------------------------------- */

enum { FAULT_WINDOW_BASE = NV_VIRTUAL_FUNCTION_PRIV_MMU_FAULT_BUFFER_LO(0) };

static uint32_t *fault_register(struct gpum *m, uint32_t offset)
{
    return &m->mmu->fault_registers[(offset - FAULT_WINDOW_BASE) / 4 %
                                    (sizeof(m->mmu->fault_registers) / 4)];
}

static uint32_t hardware_access(enum gpum_access access)
{
    switch (access) {
    case GPUM_WRITE:
        return NV_PFAULT_ACCESS_TYPE_VIRT_WRITE;
    case GPUM_ATOMIC:
        return NV_PFAULT_ACCESS_TYPE_VIRT_ATOMIC_STRONG;
    default:
        return NV_PFAULT_ACCESS_TYPE_VIRT_READ;
    }
}

/* The registers hold the first fault until VALID of the status is cleared. */
void gpum_mmu_record_fault(struct gpum *m, const struct gpum_mmu_fault *fault)
{
    uint32_t *status = fault_register(m, NV_VIRTUAL_FUNCTION_PRIV_MMU_FAULT_STATUS);

    if (NVHW_GET(NV_VIRTUAL_FUNCTION_PRIV_MMU_FAULT_STATUS, VALID, *status))
        return;
    *fault_register(m, NV_VIRTUAL_FUNCTION_PRIV_MMU_FAULT_ADDR_LO) =
        (uint32_t)fault->va & NVHW_MASK(NV_VIRTUAL_FUNCTION_PRIV_MMU_FAULT_ADDR_LO, ADDR);
    *fault_register(m, NV_VIRTUAL_FUNCTION_PRIV_MMU_FAULT_ADDR_HI) = (uint32_t)(fault->va >> 32);
    *fault_register(m, NV_VIRTUAL_FUNCTION_PRIV_MMU_FAULT_INFO) =
        NVHW_NUM(NV_VIRTUAL_FUNCTION_PRIV_MMU_FAULT_INFO, FAULT_TYPE, fault->type) |
        NVHW_NUM(NV_VIRTUAL_FUNCTION_PRIV_MMU_FAULT_INFO, ACCESS_TYPE,
                 hardware_access(fault->access)) |
        NVHW_NUM(NV_VIRTUAL_FUNCTION_PRIV_MMU_FAULT_INFO, VALID, 1);
    *status |= NVHW_NUM(NV_VIRTUAL_FUNCTION_PRIV_MMU_FAULT_STATUS, VALID, 1);
}

/* ---- Registers ------------------------------------------------------------------------------- */

static uint32_t vf_mmu_read(struct gpum *m, uint32_t offset)
{
    switch (offset) {
    case NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_PDB:
        return m->mmu->invalidate_pdb;
    case NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_UPPER_PDB:
        return m->mmu->invalidate_upper_pdb;
    case NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE:
        return 0;
    default:
        return *fault_register(m, offset);
    }
}

static void vf_mmu_write(struct gpum *m, uint32_t offset, uint32_t value)
{
    uint32_t size_0 = NV_VIRTUAL_FUNCTION_PRIV_MMU_FAULT_BUFFER_SIZE(0);
    uint32_t size_1 = NV_VIRTUAL_FUNCTION_PRIV_MMU_FAULT_BUFFER_SIZE(1);

    switch (offset) {
    case NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_PDB:
        m->mmu->invalidate_pdb = value;
        return;
    case NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_UPPER_PDB:
        m->mmu->invalidate_upper_pdb = value;
        return;
    case NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE:
        invalidate_write(m, value);
        return;
    case NV_VIRTUAL_FUNCTION_PRIV_MMU_FAULT_STATUS:
        *fault_register(m, offset) &= ~value;
        return;
    case NV_VIRTUAL_FUNCTION_PRIV_MMU_FAULT_INFO:
    case NV_VIRTUAL_FUNCTION_PRIV_MMU_FAULT_ADDR_LO:
    case NV_VIRTUAL_FUNCTION_PRIV_MMU_FAULT_ADDR_HI:
        return;
    }
    if ((offset == size_0 || offset == size_1) &&
        NVHW_GET(NV_VIRTUAL_FUNCTION_PRIV_MMU_FAULT_BUFFER_SIZE, ENABLE, value))
        gpum_note(m, "fault buffers belong to GSP-RM: enabling one has no effect (not supported)");
    *fault_register(m, offset) = value;
}

/* Flushes are done at once: nothing of the model's memory is cached. */
static uint32_t flush_read(struct gpum *m, uint32_t offset)
{
    (void)m;
    (void)offset;
    return 0;
}

static void flush_write(struct gpum *m, uint32_t offset, uint32_t value)
{
    (void)m;
    (void)offset;
    (void)value;
}

const struct gpum_unit gpum_mmu_units[] = {
    {"bar-block", NV_PBUS_BAR0_WINDOW, NV_PBUS_BAR2_BLOCK + 4 - NV_PBUS_BAR0_WINDOW,
     gpum_bar_block_read, gpum_bar_block_write},
    {"uflush", NV_UFLUSH_FB_FLUSH, NV_UFLUSH_L2_FLUSH_DIRTY + 4 - NV_UFLUSH_FB_FLUSH, flush_read,
     flush_write},
    {"xal-flush", NV_XAL_EP_UFLUSH_L2_CLEAN_COMPTAGS,
     NV_XAL_EP_UFLUSH_L2_FLUSH_DIRTY_COMPLETED + 4 - NV_XAL_EP_UFLUSH_L2_CLEAN_COMPTAGS, flush_read,
     flush_write},
    {"xal-window", NV_XAL_EP_BAR0_WINDOW, 4, gpum_bar_block_read, gpum_bar_block_write},
    {"vf-bar", NV_VIRTUAL_FUNCTION_PRIV_L2_SYSMEM_INVALIDATE,
     NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR2_BLOCK_HIGH_ADDR + 4 -
         NV_VIRTUAL_FUNCTION_PRIV_L2_SYSMEM_INVALIDATE,
     gpum_bar_block_read, gpum_bar_block_write},
    {"vf-mmu", FAULT_WINDOW_BASE, sizeof(((struct gpum_mmu *)0)->fault_registers), vf_mmu_read,
     vf_mmu_write},
    {"pramin", NV_PRAMIN_BASE, NV_PRAMIN_BYTES, gpum_pramin_read, gpum_pramin_write},
    {.name = NULL},
};

/* ---- Life ------------------------------------------------------------------------------------ */

bool gpum_mmu_create(struct gpum *m)
{
    m->mmu = calloc(1, sizeof(*m->mmu));
    return m->mmu != NULL;
}

void gpum_mmu_power_on(struct gpum *m)
{
    memset(m->mmu, 0, sizeof(*m->mmu));
    m->memory_generation++;
}

void gpum_mmu_destroy(struct gpum *m)
{
    free(m->mmu);
    m->mmu = NULL;
}
