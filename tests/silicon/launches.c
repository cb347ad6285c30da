/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Launches that the driver would not make: other places for the two windows, other versions of the
 * launch descriptor, other ways to start it, fields out of range. Each on a GPU opened for it, and
 * each either runs, is refused, or does nothing.
 */
#include "tests/silicon/deed.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <magma-nv/cc.h>
#include <nvhw/compute.h>
#include <nvhw/fifo.h>

#include "libmagma/cmd/device.h"

#define REPORT_NS  UINT64_C(20000000) /* for a report to come after the work has ended */
#define CODE_BYTES 8192u
#define INDEX      5u
#define WORD       77u
/* 0, 8, 16, 32, 64, 100, 132, 164, 196 and 228 KiB. */
#define CARVEOUTS  " 1 3 5 9 17 26 34 42 50 58"

enum outcome { RUNS, REFUSED, NOTHING };

static const char *const outcome_names[] = {"runs", "is refused", "does nothing"};

/* What became of the work in s->push. */
static enum outcome outcome(struct silicon *s, const struct deed *deed, const char **why)
{
    uint64_t start;

    (void)run_push(s, s->compute, why);
    start = now_ns();
    while (!deed_said(deed)->done && !magma_gpu_is_lost(s->gpu) && now_ns() - start < REPORT_NS)
        usleep(100);
    *why = magma_gpu_lost_reason(s->gpu);
    if (magma_gpu_is_lost(s->gpu))
        return REFUSED;
    return deed_said(deed)->done ? RUNS : NOTHING;
}

/* ---- Windows --------------------------------------------------------------------------------- */

#define G4     (UINT64_C(1) << 32)
#define WINDOW UINT64_C(0x1000000)

static const struct window {
    const char *name;
    uint64_t shared, local;
    bool no_shared_memory;
    enum outcome expect; /* from Hopper on */
} windows[] = {
    {"local below shared", G4, G4 - WINDOW, false, RUNS},
    {"local behind shared", G4, G4 + WINDOW, false, REFUSED},
    {"local behind, no shared memory", G4, G4 + WINDOW, true, RUNS},
    {"local is shared", G4, G4, false, REFUSED},
    {"local at the end of 4 GiB", G4, 2 * G4 - WINDOW, false, REFUSED},
    {"local 4 GiB behind", G4, 2 * G4, false, RUNS},
    {"local reaches into shared", G4, G4 - WINDOW / 2, false, REFUSED},
    {"shared at 4 GiB and 16 MiB", G4 + WINDOW, G4 - WINDOW, false, REFUSED},
    {"shared at 5 GiB", G4 + G4 / 4, G4 - WINDOW, false, REFUSED},
    {"shared at 6 GiB", G4 + G4 / 2, G4 - WINDOW, false, REFUSED},
    {"local not at 16 MiB", G4, G4 - WINDOW - WINDOW / 2, false, REFUSED},
    {"local not at 64 KiB", G4, G4 - WINDOW - 0x1000, false, REFUSED},
    {"shared at 0", 0, 2 * G4, false, RUNS},
    {"both at 2^48", UINT64_C(1) << 48, (UINT64_C(1) << 48) - WINDOW, false, RUNS},
};

static void set_windows(struct magma_push *push, const struct window *w)
{
    uint32_t shared[] = {(uint32_t)(w->shared >> 32), (uint32_t)w->shared};
    uint32_t local[] = {(uint32_t)(w->local >> 32), (uint32_t)w->local};

    magma_push_methods(push, NV_PBDMA_SUBCHANNEL_COMPUTE, NVC5C0_SET_SHADER_SHARED_MEMORY_WINDOW_A,
                       shared, 2);
    magma_push_methods(push, NV_PBDMA_SUBCHANNEL_COMPUTE, NVC5C0_SET_SHADER_LOCAL_MEMORY_WINDOW_A,
                       local, 2);
}

static void window(const struct window *w)
{
    struct silicon s = {0};
    struct deed deed = {0};
    struct magma_kernel *kernel = NULL;
    struct magma_error err = {0};
    char name[64];
    const char *why;

    snprintf(name, sizeof name, "windows: %s", w->name);
    if (open_all(&s, name) && deed_create(&deed, &s, name)) {
        bool hopper = magma_gpu_get_info(s.gpu)->sm_version >= 90;

        if (w->no_shared_memory)
            deed.desc.shared_size_bytes = 0;
        if (magma_kernel_create(s.gpu, &deed.desc, &kernel, &err) == MAGMA_OK) {
            enum outcome got;

            set_windows(s.push, w);
            deed_push(&deed, kernel, DEED_LOCAL, 0, INDEX);
            got = outcome(&s, &deed, &why);
            report(name,
                   (!hopper || got == w->expect) &&
                       (got != RUNS || deed_said(&deed)->result == deed_local_result(INDEX)),
                   "shared 0x%llx, local 0x%llx: %s %s", (unsigned long long)w->shared,
                   (unsigned long long)w->local, outcome_names[got], why);
        } else {
            report(name, false, "%s", err.text);
        }
    }
    magma_kernel_destroy(kernel);
    deed_destroy(&deed);
    close_all(&s);
}

/* ---- Launch descriptors by hand -------------------------------------------------------------- */

struct launch {
    struct silicon s;
    struct deed deed;
    struct magma_bo *code, *qmds;
    struct mg_engine_classes classes; /* may be changed before launch_put */
};

static bool launch_open(struct launch *l, const char *name)
{
    *l = (struct launch){0};
    if (!open_all(&l->s, name) || !deed_create(&l->deed, &l->s, name))
        return false;
    l->classes = *mg_gpu_device(l->s.gpu)->classes;
    l->code = new_bo(&l->s, CODE_BYTES, MAGMA_DOMAIN_SYSTEM, MAGMA_BO_ZERO);
    l->qmds = new_bo(&l->s, 65536, MAGMA_DOMAIN_SYSTEM, MAGMA_BO_ZERO);
    if (!l->code || !l->qmds || l->deed.desc.code_size_bytes > CODE_BYTES - 512)
        return false;
    memcpy(magma_bo_map(l->code), l->deed.desc.code, l->deed.desc.code_size_bytes);
    *(uint32_t *)((uint8_t *)magma_bo_map(l->deed.bo) + DEED_WORD_AT) = WORD;
    return true;
}

static void launch_close(struct launch *l)
{
    magma_bo_destroy(l->qmds);
    magma_bo_destroy(l->code);
    deed_destroy(&l->deed);
    close_all(&l->s);
}

/* A descriptor at `at` in qmds of a deed that needs no scratch memory; NULL when a field does not
 * fit. */
static struct mg_qmd *launch_put(struct launch *l, uint32_t at, enum deed_what what)
{
    static const uint32_t groups[] = {1, 1, 1};
    uint8_t *cpu = (uint8_t *)magma_bo_map(l->qmds) + at;
    uint64_t va = magma_bo_address(l->qmds).raw + at;
    struct magma_kernel_desc desc = l->deed.desc;
    struct mg_qmd *qmd = (struct mg_qmd *)(void *)cpu;

    desc.local_size_bytes = 0;
    deed_root(&l->deed, what, deed_word(&l->deed), 3, cpu + 1024);
    if (mg_qmd_template(&l->classes, mg_gpu_device(l->s.gpu)->sm, &desc,
                        magma_bo_address(l->code).raw, qmd, NULL) &&
        mg_qmd_launch(&l->classes, qmd, groups, va + 1024, MAGMA_CC_ROOT_SIZE_BYTES))
        return qmd;
    return NULL;
}

static void launch_send(struct launch *l, uint32_t at, uint32_t action)
{
    uint32_t va = (uint32_t)((magma_bo_address(l->qmds).raw + at) / NV_QMD_ALIGN_BYTES);

    magma_push_methods(l->s.push, NV_PBDMA_SUBCHANNEL_COMPUTE, NVC5C0_SEND_PCAS_A, &va, 1);
    magma_push_methods(l->s.push, NV_PBDMA_SUBCHANNEL_COMPUTE, NVC6C0_SEND_SIGNALING_PCAS2_B,
                       &action, 1);
}

/* With what another driver puts into two fields. */
static bool put_other(struct launch *l, enum deed_what what, bool other)
{
    struct mg_qmd *qmd = launch_put(l, 0, what);

    return qmd && (!other ||
                   (nvhw_qmd_set(l->classes.qmd, qmd->dwords, NV_QMD_FIELD_QMD_GROUP_ID, 0, 0x3f) &&
                    nvhw_qmd_set(l->classes.qmd, qmd->dwords, NV_QMD_FIELD_SASS_VERSION, 0, 0x90)));
}

/* Versions, and actions of PCAS: with memory that held no descriptor before, and again in the same
 * place with another constant bank: DEED_SHARED gives 8,
 * DEED_READ then WORD. */
static void start(enum nvhw_qmd_version version, unsigned major, uint32_t action, bool sked,
                  bool other)
{
    struct launch l;
    char name[64];
    const char *why = "", *again_why = "";
    enum outcome got = NOTHING, again = NOTHING;
    uint32_t zero = 0, first = 0;

    snprintf(name, sizeof name, "launch: version %u.0, action %u%s%s", major, action,
             sked ? ", SKED" : "", other ? ", group 0x3f" : "");
    if (launch_open(&l, name)) {
        l.classes.qmd = version;
        l.classes.qmd_major = (uint8_t)major;
        if (sked)
            magma_push_methods(l.s.push, NV_PBDMA_SUBCHANNEL_COMPUTE, NVC5C0_INVALIDATE_SKED_CACHES,
                               &zero, 1);
        if (put_other(&l, DEED_SHARED, other)) {
            launch_send(&l, 0, action);
            got = outcome(&l.s, &l.deed, &why);
            first = deed_said(&l.deed)->result;
            memset((void *)(uintptr_t)deed_said(&l.deed), 0, sizeof(struct deed_said));
        }
        if (got != REFUSED && put_other(&l, DEED_READ, other)) {
            if (sked)
                magma_push_methods(l.s.push, NV_PBDMA_SUBCHANNEL_COMPUTE,
                                   NVC5C0_INVALIDATE_SKED_CACHES, &zero, 1);
            launch_send(&l, 0, action);
            again = outcome(&l.s, &l.deed, &again_why);
        }
        report(name,
               major == 4 ? got == RUNS && again == RUNS && first == 8 &&
                                deed_said(&l.deed)->result == WORD
                          : got == NOTHING && again == NOTHING,
               "%s (%u) %s; again in the same place: %s (%u) %s", outcome_names[got], first, why,
               outcome_names[again], deed_said(&l.deed)->result, again_why);
    }
    launch_close(&l);
}

/* ---- Fields out of range --------------------------------------------------------------------- */

static const struct field {
    const char *name;
    enum nvhw_qmd_field field;
    unsigned index;
    uint64_t value;
    enum outcome expect;    /* an H100 */
    bool model_is_stricter; /* refuses what nobody should ask for */
} fields[] = {
    {"no threads", NV_QMD_FIELD_CTA_THREAD_DIMENSION0, 0, 0, REFUSED, false},
    {"1025 threads", NV_QMD_FIELD_CTA_THREAD_DIMENSION0, 0, 1025, REFUSED, false},
    {"depth of 65 threads", NV_QMD_FIELD_CTA_THREAD_DIMENSION2, 0, 65, REFUSED, false},
    {"no groups", NV_QMD_FIELD_CTA_RASTER_WIDTH, 0, 0, NOTHING, false},
    {"no registers", NV_QMD_FIELD_REGISTER_COUNT_V, 0, 0, REFUSED, false},
    {"256 registers", NV_QMD_FIELD_REGISTER_COUNT_V, 0, 256, RUNS, true},
    {"17 barriers", NV_QMD_FIELD_BARRIER_COUNT, 0, 17, RUNS, true},
    {"odd shared size", NV_QMD_FIELD_SHARED_MEMORY_SIZE, 0, 264, REFUSED, false},
    {"shared above target", NV_QMD_FIELD_SHARED_MEMORY_SIZE, 0, 100 * 1024, REFUSED, false},
    {"shared min above target", NV_QMD_FIELD_MIN_SM_CONFIG_SHARED_MEM_SIZE, 0, 0x39, REFUSED,
     false},
    {"shared min 0", NV_QMD_FIELD_MIN_SM_CONFIG_SHARED_MEM_SIZE, 0, 0, REFUSED, false},
    {"shared target 0", NV_QMD_FIELD_TARGET_SM_CONFIG_SHARED_MEM_SIZE, 0, 0, REFUSED, false},
    {"shared max 0", NV_QMD_FIELD_MAX_SM_CONFIG_SHARED_MEM_SIZE, 0, 0, REFUSED, false},
    {"odd target", NV_QMD_FIELD_TARGET_SM_CONFIG_SHARED_MEM_SIZE, 0, 4, REFUSED, false},
    {"odd local size", NV_QMD_FIELD_SHADER_LOCAL_MEMORY_LOW_SIZE, 0, 8, REFUSED, false},
    {"local without memory", NV_QMD_FIELD_SHADER_LOCAL_MEMORY_LOW_SIZE, 0, 128, REFUSED, false},
    /* Reads as zero: the shader then writes to address 0. */
    {"empty constant bank", NV_QMD_FIELD_CONSTANT_BUFFER_SIZE, 0, 0, REFUSED, false},
    {"constant bank nowhere", NV_QMD_FIELD_CONSTANT_BUFFER_ADDR, 0, UINT64_C(0x7000000000), REFUSED,
     false},
    {"code nowhere", NV_QMD_FIELD_PROGRAM_ADDRESS, 0, UINT64_C(0x7000000000), REFUSED, false},
    {"code at 8", NV_QMD_FIELD_PROGRAM_ADDRESS, 0, 8, REFUSED, false},
    {"group id 0", NV_QMD_FIELD_QMD_GROUP_ID, 0, 0, RUNS, false},
    {"version 9", NV_QMD_FIELD_QMD_MAJOR_VERSION, 0, 9, RUNS, false},
    /* Not asked again: type 7 hangs the channel until it is taken down. */
    {"type QUEUE", NV_QMD_FIELD_QMD_TYPE, 0, 0, NOTHING, false},
    {"type GRID_NULL", NV_QMD_FIELD_QMD_TYPE, 0, 1, NOTHING, false},
    {"type GRID_GPC_CGA without sizes", NV_QMD_FIELD_QMD_TYPE, 0, 3, REFUSED, true},
    {"release nowhere", NV_QMD_FIELD_RELEASE0_ADDRESS, 0, UINT64_C(0x7000000000), REFUSED, false},
};

static void spoil(const struct field *f)
{
    struct launch l;
    char name[64];
    const char *why;
    uint64_t least;

    snprintf(name, sizeof name, "launch: %s", f->name);
    if (launch_open(&l, name)) {
        struct mg_qmd *qmd = launch_put(&l, 0, DEED_SHARED);
        bool fits = qmd && nvhw_qmd_has(l.classes.qmd, f->field) &&
                    nvhw_qmd_set(l.classes.qmd, qmd->dwords, f->field, f->index, f->value);

        if (fits && f->field == NV_QMD_FIELD_RELEASE0_ADDRESS)
            fits = nvhw_qmd_set(l.classes.qmd, qmd->dwords, NV_QMD_FIELD_SEMAPHORE_RELEASE_ENABLE0,
                                0, 1);
        if (fits && f->field == NV_QMD_FIELD_SHARED_MEMORY_SIZE) /* room for one group alone */
            fits = nvhw_qmd_get(l.classes.qmd, qmd->dwords,
                                NV_QMD_FIELD_MIN_SM_CONFIG_SHARED_MEM_SIZE, 0, &least) &&
                   nvhw_qmd_set(l.classes.qmd, qmd->dwords,
                                NV_QMD_FIELD_TARGET_SM_CONFIG_SHARED_MEM_SIZE, 0, least);
        if (fits) {
            enum outcome got;

            launch_send(&l, 0, NVC6C0_SEND_SIGNALING_PCAS2_B_PCAS_ACTION_INVALIDATE_COPY_SCHEDULE);
            got = outcome(&l.s, &l.deed, &why);
            report(name,
                   got == f->expect || (is_model(&l.s) && f->model_is_stricter && got == REFUSED),
                   "%s (%u) %s", outcome_names[got], deed_said(&l.deed)->result, why);
        } else {
            report(name, true, "skipped: this version has no such field or value");
        }
    }
    launch_close(&l);
}

/* ---- Configurations of shared memory --------------------------------------------------------- */

/* Which codes of one field a launch without shared memory takes; the two others hold `low` or the
 * code below which they must not be. */
static void carveouts(const char *name, enum nvhw_qmd_field swept)
{
    static const enum nvhw_qmd_field order[] = {NV_QMD_FIELD_MIN_SM_CONFIG_SHARED_MEM_SIZE,
                                                NV_QMD_FIELD_TARGET_SM_CONFIG_SHARED_MEM_SIZE,
                                                NV_QMD_FIELD_MAX_SM_CONFIG_SHARED_MEM_SIZE};
    enum { CODES = 60, LAST = 58 };
    char taken[CODES * 4] = "", *at = taken;
    struct launch l = {0};
    const char *why;

    for (uint64_t code = 1; code <= CODES; code++) {
        struct mg_qmd *qmd;
        bool behind = false;

        if (!l.s.gpu && !launch_open(&l, name))
            break;
        l.deed.desc.shared_size_bytes = 0;
        memset((void *)(uintptr_t)deed_said(&l.deed), 0, sizeof(struct deed_said));
        qmd = launch_put(&l, 0, DEED_READ);
        for (unsigned i = 0; i < 3 && qmd; i++) {
            uint64_t value = order[i] == swept ? code : behind ? LAST : 1;

            behind = behind || order[i] == swept;
            (void)nvhw_qmd_set(l.classes.qmd, qmd->dwords, order[i], 0, value);
        }
        launch_send(&l, 0, NVC6C0_SEND_SIGNALING_PCAS2_B_PCAS_ACTION_INVALIDATE_COPY_SCHEDULE);
        if (outcome(&l.s, &l.deed, &why) == RUNS)
            at += snprintf(at, sizeof taken - (size_t)(at - taken), " %u", (unsigned)code);
        else
            launch_close(&l), l = (struct launch){0};
    }
    launch_close(&l);
    /* Of the two others it is only known that what they take is not nothing. */
    report(name, swept == order[1] ? strcmp(taken, CARVEOUTS) == 0 : taken[0] != '\0', "taken:%s",
           taken);
}

/* ---- All ------------------------------------------------------------------------------------- */

static void starts(void)
{
    static const uint32_t actions[] = {
        NVC6C0_SEND_SIGNALING_PCAS2_B_PCAS_ACTION_SCHEDULE,
        NVC6C0_SEND_SIGNALING_PCAS2_B_PCAS_ACTION_INVALIDATE_COPY_SCHEDULE,
        NVC6C0_SEND_SIGNALING_PCAS2_B_PCAS_ACTION_PREFETCH_SCHEDULE,
        NVC6C0_SEND_SIGNALING_PCAS2_B_PCAS_ACTION_INVALIDATE_PREFETCH_COPY_SCHEDULE};

    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++)
        for (unsigned sked = 0; sked < 2; sked++) {
            start(NV_QMD_V04_00, 4, actions[i], sked, false);
            start(NV_QMD_V03_00, 3, actions[i], sked, false);
            start(NV_QMD_V03_00, 3, actions[i], sked, true);
        }
}

void check_launches(void)
{
    struct silicon s = {0};
    uint32_t compute = 0;

    for (size_t i = 0; i < sizeof windows / sizeof windows[0]; i++)
        window(&windows[i]);
    if (open_all(&s, "launches"))
        compute = magma_gpu_get_info(s.gpu)->compute_class;
    close_all(&s);
    if (compute != NVCBC0) {
        report("launch: descriptors", true, "skipped: recorded for Hopper");
        return;
    }
    starts();
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        spoil(&fields[i]);
    carveouts("launch: shared memory, target", NV_QMD_FIELD_TARGET_SM_CONFIG_SHARED_MEM_SIZE);
    carveouts("launch: shared memory, min", NV_QMD_FIELD_MIN_SM_CONFIG_SHARED_MEM_SIZE);
    carveouts("launch: shared memory, max", NV_QMD_FIELD_MAX_SM_CONFIG_SHARED_MEM_SIZE);
}
