/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See rig.h. */
#include "rig.h"

#include "boot.h"
#include "pci.h"
#include "plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct rig *rig_of(const struct gpum *m)
{
    return (struct rig *)(uintptr_t)m;
}

/* ---- What other units would do --------------------------------------------------------------- */

void gpum_fault(struct gpum *m, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(rig_of(m)->fault_text, sizeof(rig_of(m)->fault_text), fmt, args);
    va_end(args);
    rig_of(m)->faults++;
}

void gpum_note(struct gpum *m, const char *fmt, ...)
{
    (void)fmt;
    rig_of(m)->notes++;
}

void gpum_trace(struct gpum *m, const char *fmt, ...)
{
    (void)m;
    (void)fmt;
}

bool gpum_boot_wpr2(const struct gpum *m, uint64_t *start, uint64_t *end)
{
    *start = rig_of(m)->wpr2_start;
    *end = rig_of(m)->wpr2_end;
    return *end != 0;
}

bool gpum_plan_mmu_fault(struct gpum *m)
{
    struct rig *rig = rig_of(m);

    return rig->translation_fails_at && ++rig->translations == rig->translation_fails_at;
}

bool gpum_pci_msix_enabled(const struct gpum *m)
{
    (void)m;
    return true;
}

bool gpum_pci_interrupt(struct gpum *m, unsigned vector)
{
    rig_of(m)->messages++;
    rig_of(m)->message_entry = vector;
    return true;
}

unsigned gpum_engine_nonstall_vector(const struct gpum *m, uint32_t engine_type)
{
    (void)m;
    (void)engine_type;
    return RIG_NONSTALL_VECTOR;
}

void gpum_gsp_channel_error(struct gpum *m, uint32_t runlist, uint32_t chid, uint32_t xid,
                            const struct gpum_mmu_fault *mmu, const char *text)
{
    struct rig *rig = rig_of(m);

    (void)runlist;
    rig->errors++;
    rig->error_xid = xid;
    rig->error_chid = chid;
    rig->error_is_mmu = mmu != NULL;
    if (mmu)
        rig->error_mmu = *mmu;
    snprintf(rig->error_text, sizeof(rig->error_text), "%s", text);
}

/* ---- Page tables: raw bits, independent of the data files ------------------------------------ */

static uint64_t *table_entry(struct rig *rig, uint64_t table, uint64_t index, unsigned entry_bytes)
{
    return (uint64_t *)(void *)(rig->m.vram + table + index * entry_bytes);
}

static bool v3(const struct rig *rig)
{
    return rig->chip.gmmu_version == 3;
}

static uint64_t pde(const struct rig *rig, uint64_t table)
{
    return v3(rig) ? table | 1 << 1 | 2 << 3 : table >> 4 | 1 << 1;
}

uint64_t rig_pte(const struct rig *rig, const struct rig_page *p)
{
    uint64_t aperture = p->aperture == GPUM_VRAM ? 0 : p->aperture == GPUM_SYS_COHERENT ? 2 : 3;
    uint64_t pcf;

    if (p->invalid)
        return 0;
    if (v3(rig)) {
        if (p->sparse)
            return 1 << 3;
        pcf = (uint64_t)p->privileged << 1 | (uint64_t)p->read_only << 2 |
              (uint64_t)p->atomic_disable << 3 | 1 << 4;
        return p->address | 1 | aperture << 1 | pcf << 3 | (uint64_t)p->kind << 8;
    }
    if (p->sparse)
        return 1 << 3;
    return p->address >> 4 | 1 | aperture << 1 | (uint64_t)p->privileged << 5 |
           (uint64_t)p->read_only << 6 | (uint64_t)p->atomic_disable << 7 | (uint64_t)p->kind << 56;
}

static uint64_t next_table(struct rig *rig, uint64_t *entry)
{
    uint64_t table;

    if (*entry)
        return v3(rig) ? *entry & 0xfffffff000 : (*entry & 0x1ffffff00) << 4;
    table = rig->next_table;
    rig->next_table += 0x1000;
    ck_assert_uint_lt(rig->next_table, RIG_DATA);
    memset(rig->m.vram + table, 0, 0x1000);
    *entry = pde(rig, table);
    return table;
}

void rig_map(struct rig *rig, uint64_t va, const struct rig_page *page)
{
    static const unsigned shifts_v2[] = {47, 38, 29, 0}, shifts_v3[] = {56, 47, 38, 29, 0};
    const unsigned *shift = v3(rig) ? shifts_v3 : shifts_v2;
    uint64_t table = RIG_ROOT, *dual;

    for (; *shift; shift++) {
        uint64_t index = va >> *shift & (*shift == 56 ? 1 : *shift == 47 && !v3(rig) ? 3 : 511);
        uint64_t *entry = table_entry(rig, table, index, 8);

        if (page->size_bytes == UINT64_C(1) << *shift) {
            *entry = rig_pte(rig, page);
            return;
        }
        table = next_table(rig, entry);
    }
    dual = table_entry(rig, table, va >> 21 & 255, 16);
    if (page->size_bytes == 0x200000)
        dual[0] = rig_pte(rig, page);
    else if (page->size_bytes == 0x10000)
        *table_entry(rig, next_table(rig, &dual[0]), va >> 16 & 31, 8) = rig_pte(rig, page);
    else
        *table_entry(rig, next_table(rig, &dual[1]), va >> 12 & 511, 8) = rig_pte(rig, page);
}

/* ---- The rig --------------------------------------------------------------------------------- */

static bool translate(void *ctx, uint64_t iova, bool write, uint8_t **ptr, uint64_t *run_bytes)
{
    struct rig *rig = ctx;

    (void)write;
    if (iova < RIG_SYSTEM_IOVA || iova - RIG_SYSTEM_IOVA >= RIG_SYSTEM_BYTES)
        return false;
    *ptr = rig->system + (iova - RIG_SYSTEM_IOVA);
    *run_bytes = RIG_SYSTEM_BYTES - (iova - RIG_SYSTEM_IOVA);
    return true;
}

static void map_everything(struct rig *rig)
{
    for (uint64_t at = 0; at < 32 << 20; at += 0x200000)
        rig_map(rig, RIG_DATA_VA + at,
                &(struct rig_page){.address = RIG_DATA + at, .size_bytes = 0x200000, .kind = 6});
    for (uint64_t at = 0; at < RIG_SYSTEM_BYTES; at += 0x1000)
        rig_map(rig, RIG_SYSTEM_VA + at,
                &(struct rig_page){.address = RIG_SYSTEM_IOVA + at,
                                   .aperture = GPUM_SYS_COHERENT,
                                   .size_bytes = 0x1000,
                                   .kind = 6});
    for (uint64_t i = 0; i < 8; i++) {
        rig_map(rig, RIG_PUSH_VA + i * 0x10000,
                &(struct rig_page){.address = 0x3800000 + i * 0x10000, .size_bytes = 0x10000});
        rig_map(rig, RIG_RING_VA + i * 0x1000,
                &(struct rig_page){.address = 0x3900000 + i * 0x1000, .size_bytes = 0x1000});
    }
}

static struct rig *rig_power_on(struct rig *rig)
{
    rig->m.chip = &rig->chip;
    rig->m.vram_bytes = RIG_VRAM_BYTES;
    rig->m.vram = calloc(1, RIG_VRAM_BYTES);
    rig->system = aligned_alloc(4096, RIG_SYSTEM_BYTES);
    memset(rig->system, 0, RIG_SYSTEM_BYTES);
    rig->m.time_ns = 1000;
    rig->m.config.cb.ctx = rig;
    rig->m.config.cb.dma_translate = translate;
    ck_assert(gpum_mmu_create(&rig->m) && gpum_irq_create(&rig->m) && gpum_fifo_create(&rig->m));
    gpum_mmu_power_on(&rig->m);
    gpum_irq_power_on(&rig->m);
    gpum_fifo_power_on(&rig->m);
    rig->vas = (struct gpum_vas){GPUM_VRAM, RIG_ROOT, true};
    rig->next_table = RIG_ROOT + 0x1000;
    map_everything(rig);
    return rig;
}

struct rig *rig_create(unsigned gmmu_version)
{
    struct rig *rig = calloc(1, sizeof(*rig));

    rig->chip = (struct gpum_chip){.name = "rig",
                                   .gmmu_version = gmmu_version,
                                   .pd1_pages = true,
                                   .msix_entries = 6,
                                   .intr_leaf_count = gmmu_version == 3 ? 16 : 8,
                                   .sm_version = 86,
                                   .gpc_count = 1,
                                   .tpc_per_gpc = 2,
                                   .sm_per_tpc = 2,
                                   .warps_per_sm = 48,
                                   .shared_cta_bytes = 99 * 1024,
                                   .channel_class = gmmu_version == 3 ? NVC86F : NVC56F,
                                   .copy_class = NVC7B5,
                                   .compute_class = NVC7C0};
    return rig_power_on(rig);
}

struct rig *rig_create_hopper(void)
{
    struct rig *rig = calloc(1, sizeof(*rig));

    rig->chip = gpum_chip_gh100;
    rig->chip.gpc_count = 1;
    return rig_power_on(rig);
}

void rig_destroy(struct rig *rig)
{
    gpum_fifo_destroy(&rig->m);
    gpum_irq_destroy(&rig->m);
    gpum_mmu_destroy(&rig->m);
    free(rig->m.vram);
    free(rig->system);
    free(rig);
}

/* ---- Channels -------------------------------------------------------------------------------- */

static void make_channel(struct rig *rig, uint32_t chid, uint32_t engine_type, bool privileged)
{
    struct gpum_channel_desc desc = {.chid = chid,
                                     .runlist = RIG_RUNLIST,
                                     .engine_type = engine_type,
                                     .class_id = rig->chip.channel_class,
                                     .gpfifo_va = RIG_RING_VA + chid * 0x1000,
                                     .gpfifo_entries = RIG_RING_ENTRIES,
                                     .userd_aperture = GPUM_VRAM,
                                     .userd_address = RIG_USERD + chid * 0x200,
                                     .privileged = privileged,
                                     .vas = rig->vas};
    char reason[128] = "";

    ck_assert_msg(gpum_channel_create(&rig->m, &desc, reason, sizeof(reason)), "%s", reason);
    ck_assert(gpum_channel_add_object(&rig->m, RIG_RUNLIST, chid, rig->chip.copy_class));
}

void rig_channel(struct rig *rig, uint32_t chid)
{
    make_channel(rig, chid, NV2080_ENGINE_TYPE_GR0, false);
    ck_assert(gpum_channel_add_object(&rig->m, RIG_RUNLIST, chid, rig->chip.compute_class));
    gpum_channel_set_gr_context(&rig->m, RIG_RUNLIST, chid, true);
    ck_assert(gpum_channel_enable(&rig->m, RIG_RUNLIST, chid, true));
}

void rig_copy_channel(struct rig *rig, uint32_t chid, bool privileged)
{
    make_channel(rig, chid, NV2080_ENGINE_TYPE_COPY0, privileged);
    ck_assert(gpum_channel_enable(&rig->m, RIG_RUNLIST, chid, true));
}

void rig_words(struct rig *rig, uint32_t chid, unsigned at, const uint32_t *words, unsigned count)
{
    memcpy(rig->m.vram + 0x3800000 + chid * 0x10000 + at * 4, words, count * 4);
}

static uint32_t *userd(struct rig *rig, uint32_t chid, unsigned offset)
{
    return (uint32_t *)(void *)(rig->m.vram + RIG_USERD + chid * 0x200 + offset);
}

void rig_entry_raw(struct rig *rig, uint32_t chid, uint32_t entry0, uint32_t entry1)
{
    uint32_t *put = userd(rig, chid, 0x8c);
    uint32_t *entry = (uint32_t *)(void *)(rig->m.vram + 0x3900000 + chid * 0x1000 + *put * 8);

    entry[0] = entry0;
    entry[1] = entry1;
    *put = (*put + 1) % RIG_RING_ENTRIES;
}

void rig_entry(struct rig *rig, uint32_t chid, unsigned at, unsigned count)
{
    rig_entry_raw(rig, chid, LO(RIG_PUSH_VA + chid * 0x10000 + at * 4), count << 10);
}

uint32_t rig_gp_get(struct rig *rig, uint32_t chid)
{
    return *userd(rig, chid, 0x88);
}

void rig_ring_doorbell(struct rig *rig, uint32_t chid)
{
    rig_write32(rig, NV_VIRTUAL_FUNCTION_DOORBELL, RIG_RUNLIST << 16 | chid);
}

void rig_run(struct rig *rig)
{
    for (unsigned i = 0; i < 2000 && gpum_fifo_step(&rig->m, 64); i++)
        rig->m.time_ns += 100;
}

void rig_submit(struct rig *rig, uint32_t chid, const uint32_t *words, unsigned count)
{
    rig_words(rig, chid, 0, words, count);
    rig_entry(rig, chid, 0, count);
    rig_ring_doorbell(rig, chid);
    rig_run(rig);
}

static const struct gpum_unit *unit_at(unsigned offset)
{
    const struct gpum_unit *lists[] = {gpum_mmu_units, gpum_irq_units, gpum_fifo_units};

    for (unsigned l = 0; l < 3; l++)
        for (const struct gpum_unit *u = lists[l]; u->name; u++)
            if (offset >= u->base && offset - u->base < u->size_bytes)
                return u;
    return NULL;
}

uint32_t rig_read32(struct rig *rig, unsigned bar0_offset)
{
    return unit_at(bar0_offset)->read(&rig->m, bar0_offset);
}

void rig_write32(struct rig *rig, unsigned bar0_offset, uint32_t value)
{
    unit_at(bar0_offset)->write(&rig->m, bar0_offset, value);
}

uint8_t *rig_data(struct rig *rig, uint64_t offset)
{
    return rig->m.vram + RIG_DATA + offset;
}

uint8_t *rig_system(struct rig *rig, uint64_t offset)
{
    return rig->system + offset;
}

int rig_main(const char *name, const struct rig_case *cases, size_t count)
{
    Suite *suite = suite_create(name);
    TCase *tc = tcase_create(name);
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 60);
    for (size_t i = 0; i < count; i++)
        tcase_add_loop_test(tc, cases[i].test, 0, cases[i].loops ? cases[i].loops : 1);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
