/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Deliberate errors, each on a GPU opened for it: what is reported, and that the next open works.
 */
#include "tests/silicon/silicon.h"

#include <string.h>
#include <unistd.h>

/* Nothing is ever mapped here. */
#define NOWHERE            UINT64_C(0x7000000000)
#define COMPUTE_SUBCHANNEL 1
#define REPORT_NS          2000000000u
/* No compute class has a method here. */
#define NO_METHOD          0x3ff8u

static void fault(const char *name, const char *expect,
                  void (*record)(struct magma_push *push, struct magma_bo *bo))
{
    struct silicon s = {0};
    struct magma_error err = {0};
    struct magma_bo *bo = NULL;
    const char *why = err.text;
    uint64_t start = now_ns();

    if (magma_gpu_open(NULL, NULL, &s.gpu, &err) != MAGMA_OK ||
        magma_channel_create(s.gpu, MAGMA_ENGINE_COMPUTE, &s.compute, &err) != MAGMA_OK ||
        magma_push_create(s.gpu, &s.push, &err) != MAGMA_OK) {
        report(name, false, "%s", err.text);
    } else {
        bo = new_bo(&s, 4096, MAGMA_DOMAIN_SYSTEM, 0);
        record(s.push, bo);
        bool done = run_push(&s, s.compute, &why);

        /* Host goes on behind a refused method; the report comes when it comes. */
        while (!magma_gpu_is_lost(s.gpu) && now_ns() - start < REPORT_NS)
            usleep(1000);
        why = magma_gpu_lost_reason(s.gpu);
        report(name, strstr(why, expect), "%s, after %.1f ms, the push %s", why,
               (double)(now_ns() - start) / 1e6, done ? "ended" : "did not end");
    }
    magma_bo_destroy(bo);
    magma_push_destroy(s.push);
    magma_channel_destroy(s.compute);
    if (s.gpu)
        magma_gpu_close(s.gpu);
}

static void copy_nowhere(struct magma_push *push, struct magma_bo *bo)
{
    magma_copy_buffer(push, (magma_gpu_va){NOWHERE}, magma_bo_address(bo), 4096);
}

static void bad_method(struct magma_push *push, struct magma_bo *bo)
{
    uint32_t value = 1;

    (void)bo;
    magma_push_methods(push, COMPUTE_SUBCHANNEL, NO_METHOD, &value, 1);
}

void check_faults(void)
{
    fault("fault: unmapped address", "MMU fault", copy_nowhere);
    fault("fault: bad method", "error", bad_method);
}
