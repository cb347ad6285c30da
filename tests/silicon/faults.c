/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Deliberate errors, each on a GPU opened for it: what is reported, how soon, and that the next
 * open works.
 */
#include "tests/silicon/deed.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <nvhw/fifo.h>
#include <nvhw/host.h>

#include "libmagma/cmd/push.h"
#include "libmagma/winsys/winsys.h"

/* Nothing is ever mapped here. */
#define NOWHERE      UINT64_C(0x7000000000)
/* Beyond what any page table of the chips here reaches. */
#define BEYOND       (UINT64_C(1) << 62)
/* Far above what the allocator of addresses gives out in these tests. */
#define READ_ONLY_VA UINT64_C(0x4800000000)
#define REPORT_NS    UINT64_C(2000000000)
#define WORK_NS      UINT64_C(1000000000)
/* No compute or copy class has a method here. */
#define NO_METHOD    0x3ff8u
#define NO_CLASS     0x1234u
#define FREE_CHANNEL 3u /* a subchannel that nothing is bound to */

enum kind { COPY, COPY_ENGINE, SEMAPHORE, METHOD, HEADER, DEED, READ_ONLY, CODE };

struct fault {
    const char *name;
    enum kind kind;
    const char *expect; /* part of the reason */
    uint64_t at;        /* DEED: address; 0 is the deed's own word */
    uint32_t offset;    /* DEED: added to the address; METHOD: the method */
    uint32_t index;     /* DEED: index; METHOD: subchannel; CODE: which */
    enum deed_what what;
    bool may_pass; /* silicon may let it pass */
};

#define MMU "error 31"
static const struct fault faults[] = {
    {"copy from nowhere", COPY, MMU, NOWHERE, 0, 0, DEED_READ, false},
    {"copy to nowhere", COPY, MMU, NOWHERE, 0, 0, DEED_WRITE, false},
    {"copy engine from nowhere", COPY_ENGINE, MMU, NOWHERE, 0, 0, DEED_READ, false},
    {"semaphore nowhere", SEMAPHORE, MMU, NOWHERE, 0, 0, DEED_WRITE, false},
    {"shader reads nowhere", DEED, MMU, NOWHERE, 0, 0, DEED_READ, false},
    {"shader writes nowhere", DEED, MMU, NOWHERE, 0, 0, DEED_WRITE, false},
    {"shader's atomic nowhere", DEED, MMU, NOWHERE, 0, 0, DEED_ATOMIC, false},
    {"shader reads at 16", DEED, MMU, 16, 0, 0, DEED_READ, false},
    {"shader reads beyond 2^57", DEED, "error", BEYOND, 0, 0, DEED_READ, false},
    {"shader reads misaligned", DEED, "error 13", 0, 2, 0, DEED_READ, false},
    {"shader's atomic misaligned", DEED, "error 13", 0, 2, 0, DEED_ATOMIC, false},
    {"shared out of range", DEED, "error 13", 0, 0, 1u << 20, DEED_SHARED, false},
    {"local out of range", DEED, "error 13", 0, 0, 1u << 20, DEED_LOCAL, false},
    {"shader writes read-only memory", READ_ONLY, MMU, 0, 0, 0, DEED_WRITE, false},
    {"no such instruction", CODE, "error 13", 0, 0, 0, DEED_READ, false},
    {"no end of code", CODE, "error 13", 0, 0, 1, DEED_READ, false},
    {"no such method, compute", METHOD, "error 32", 0, NO_METHOD, NV_PBDMA_SUBCHANNEL_COMPUTE,
     DEED_READ, false},
    {"no such method, copy", METHOD, "error 32", 0, NO_METHOD, NV_PBDMA_SUBCHANNEL_COPY, DEED_READ,
     false},
    {"no such method, compute, low", METHOD, "error 11", 0, 0x07f8, NV_PBDMA_SUBCHANNEL_COMPUTE,
     DEED_READ, false},
    {"no such method, compute, middle", METHOD, "error 11", 0, 0x1ff8, NV_PBDMA_SUBCHANNEL_COMPUTE,
     DEED_READ, false},
    {"no such method, copy, low", METHOD, "error 32", 0, 0x0ff8, NV_PBDMA_SUBCHANNEL_COPY,
     DEED_READ, false},
    {"NO_OPERATION without an object", METHOD, "error", 0, 0x100, FREE_CHANNEL, DEED_READ, true},
    {"method without an object", METHOD, "error", 0, 0x300, FREE_CHANNEL, DEED_READ, true},
    {"no such class", METHOD, "error 13", 0, NVC46F_SET_OBJECT, FREE_CHANNEL, DEED_READ, false},
    {"no such header", HEADER, "error 32", 0, 0, 0, DEED_READ, false},
};

/* ---- Recording them -------------------------------------------------------------------------- */

static void record_copy(struct silicon *s, const struct deed *deed, const struct fault *f)
{
    magma_gpu_va bad = {f->at}, good = magma_bo_address(deed->bo);

    magma_copy_buffer(s->push, f->what == DEED_WRITE ? bad : good,
                      f->what == DEED_WRITE ? good : bad, 4096);
}

static void record_method(struct silicon *s, const struct fault *f)
{
    uint32_t value = f->offset == NVC46F_SET_OBJECT ? NO_CLASS : 1;

    magma_push_methods(s->push, f->index, f->offset, &value, 1);
}

/* A header whose operation is reserved. */
static void record_header(struct silicon *s)
{
    uint32_t *p = mg_push_begin(s->push, 0, NVC46F_NON_STALL_INTERRUPT, 1);

    if (p)
        p[-1] = NVHW_NUM(NV_PB_METHOD, SEC_OP, 6) | NVHW_NUM(NV_PB_METHOD, COUNT, 1);
}

/* 0: not an instruction; 1: a program whose end is cut off. */
static void spoil(struct deed *deed, uint32_t which)
{
    uint8_t *code = (uint8_t *)(uintptr_t)deed->desc.code;

    if (which == 0)
        memset(code, 0xff, 8); /* the control word stays: only the operation is wrong */
    else
        memset(code + deed->desc.code_size_bytes / 2, 0, deed->desc.code_size_bytes / 2);
}

static void record(struct silicon *s, const struct deed *deed, const struct magma_kernel *kernel,
                   const struct fault *f)
{
    switch (f->kind) {
    case COPY:
    case COPY_ENGINE:
        record_copy(s, deed, f);
        break;
    case SEMAPHORE:
        magma_push_write(s->push, (magma_gpu_va){f->at}, 1, 8);
        break;
    case METHOD:
        record_method(s, f);
        break;
    case HEADER:
        record_header(s);
        break;
    case DEED:
    case READ_ONLY:
    case CODE:
        deed_push(deed, kernel, f->what,
                  (f->kind == READ_ONLY ? READ_ONLY_VA
                   : f->at              ? f->at
                                        : deed_word(deed)) +
                      f->offset,
                  f->index);
        break;
    }
}

/* ---- Running one ----------------------------------------------------------------------------- */

static void run(struct silicon *s, struct deed *deed, const char *name, const struct fault *f)
{
    struct magma_kernel *kernel = NULL;
    struct magma_error err = {0};
    const char *why;
    unsigned events;
    uint64_t start;
    bool done;

    struct mg_winsys *ws = mg_gpu_device(s->gpu)->ws;
    struct mg_memory constant = {0};

    if (f->kind == CODE)
        spoil(deed, f->index);
    if (f->kind == READ_ONLY &&
        (ws->ops->memory_create(ws, MAGMA_DOMAIN_SYSTEM, 4096, 0, 0, &constant, &err) != MAGMA_OK ||
         ws->ops->map(ws, &constant, (magma_gpu_va){READ_ONLY_VA}, MG_MEMORY_READ_ONLY, &err) !=
             MAGMA_OK)) {
        report(name, false, "%s", err.text);
        return;
    }
    if (magma_kernel_create(s->gpu, &deed->desc, &kernel, &err) != MAGMA_OK) {
        report(name, false, "%s", err.text);
        return;
    }
    record(s, deed, kernel, f);
    events = events_of(s);
    start = now_ns();
    done = run_push(s, f->kind == COPY_ENGINE ? s->copy : s->compute, &why);
    /* Host goes on behind a refused method; the report comes when it comes. */
    while (!magma_gpu_is_lost(s->gpu) && now_ns() - start < REPORT_NS)
        usleep(100);
    why = magma_gpu_lost_reason(s->gpu);
    report(name, strstr(why, f->expect) || (f->may_pass && !why[0]),
           "%s; after %.1f ms, %u events; the push %s; begun %u done %u",
           why[0] ? why : "nothing reported", (double)(now_ns() - start) / 1e6,
           events_of(s) - events, done ? "ended" : "did not end", deed_said(deed)->begun,
           deed_said(deed)->done);
    magma_kernel_destroy(kernel);
    if (f->kind == READ_ONLY) {
        ws->ops->unmap(ws, &constant);
        ws->ops->memory_destroy(ws, &constant);
    }
}

static void fault(const struct fault *f)
{
    struct silicon s = {0};
    struct deed deed = {0};
    char name[64];

    snprintf(name, sizeof name, "fault: %s", f->name);
    if (open_all(&s, name) && deed_create(&deed, &s, name))
        run(&s, &deed, name, f);
    deed_destroy(&deed);
    close_all(&s);
}

/* After all that, work gets done as before. */
static void still_works(void)
{
    static const char name[] = "after the faults";
    struct silicon s = {0};
    struct deed deed = {0};
    struct magma_kernel *kernel = NULL;
    struct magma_error err = {0};
    const char *why = err.text;

    if (open_all(&s, name) && deed_create(&deed, &s, name)) {
        bool good = magma_kernel_create(s.gpu, &deed.desc, &kernel, &err) == MAGMA_OK;

        if (good) {
            deed_push(&deed, kernel, DEED_LOCAL, 0, 3);
            good = run_push(&s, s.compute, &why);
        }
        report(name, good && deed_said(&deed)->result == deed_local_result(3), "%s, result 0x%x",
               good ? "a launch ran" : why, deed_said(&deed)->result);
    }
    magma_kernel_destroy(kernel);
    deed_destroy(&deed);
    close_all(&s);
}

/* A shader that never ends by itself: the wait ends in time, and so does taking the channel down.
 */
void check_endless(void)
{
    static const char name[] = "fault: endless shader";
    struct silicon s = {0};
    struct deed deed = {0};
    struct magma_kernel *kernel = NULL;
    struct magma_error err = {0};

    if (open_all(&s, name) && deed_create(&deed, &s, name) &&
        magma_kernel_create(s.gpu, &deed.desc, &kernel, &err) == MAGMA_OK) {
        struct magma_submit submit = {.pushes = &s.push, .push_count = 1};
        enum magma_code code;
        uint64_t start, waited;

        deed_push(&deed, kernel, DEED_ENDLESS, deed_word(&deed), 0);
        start = now_ns();
        code = magma_channel_submit(s.compute, &submit);
        if (code == MAGMA_OK)
            code = magma_channel_wait_idle(s.compute, WORK_NS);
        waited = now_ns() - start;
        start = now_ns();
        magma_channel_destroy(s.compute);
        s.compute = NULL;
        report(name,
               code == MAGMA_TIMEOUT && deed_said(&deed)->begun &&
                   strstr(magma_gpu_lost_reason(s.gpu), "taken down"),
               "%s after %.1f ms, channel gone after %.1f ms, begun %u done %u, reason '%s'",
               magma_code_name(code), (double)waited / 1e6, (double)(now_ns() - start) / 1e6,
               deed_said(&deed)->begun, deed_said(&deed)->done, magma_gpu_lost_reason(s.gpu));
    }
    magma_kernel_destroy(kernel);
    deed_destroy(&deed);
    close_all(&s);
    still_works();
}

void check_faults(void)
{
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        fault(&faults[i]);
    still_works();
}
