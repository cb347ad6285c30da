/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The GPU (the software one behind QEMU's vfio-user-pci) before anything boots it. */
#include "tests/vm/vfio.h"

#include <nvhw/boot.h>
#include <nvhw/irq.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "libmagma/hal/hal.h"

#define BAR1_AT  UINT64_C(0x200000)
#define PATTERN  UINT32_C(0x5ca1ab1e)
#define VECTOR_A 3u
#define VECTOR_B 130u

struct gpu {
    struct mvfio_device *device;
    struct mg_hal *hal;
};

static bool gpu_open(struct gpu *gpu, const char *address)
{
    *gpu = (struct gpu){0};
    CHECK(!vm_open(address, &gpu->device));
    CHECK(gpu->device && !mg_hal_create(gpu->device, NULL, &gpu->hal, &vm_err));
    return gpu->hal;
}

static void gpu_close(struct gpu *gpu)
{
    mg_hal_destroy(gpu->hal);
    mvfio_device_close(gpu->device);
}

static void registers(const char *address)
{
    uint32_t boot_0, again = 0;
    struct gpu gpu;

    if (gpu_open(&gpu, address)) {
        boot_0 = mg_mmio_rd32(gpu.hal, NV_PMC_BOOT_0);
        printf("PMC_BOOT_0 0x%08x\n", boot_0);
        CHECK(boot_0 != 0 && boot_0 != UINT32_MAX);
        CHECK(!mvfio_region_read(gpu.device, MVFIO_REGION_BAR0, NV_PMC_BOOT_0, &again, 4, &vm_err));
        CHECK(again == boot_0);
    }
    gpu_close(&gpu);
}

/* What is stored through the mapping of video memory is seen by a call, and the other way round. */
static void bar1(const char *address)
{
    uint32_t value = PATTERN, *cpu = NULL;
    struct gpu gpu;

    if (gpu_open(&gpu, address)) {
        CHECK(!mvfio_region_map(gpu.device, MVFIO_REGION_BAR1, BAR1_AT, VM_PAGE_BYTES,
                                (void **)&cpu, &vm_err));
        CHECK(!mvfio_region_write(gpu.device, MVFIO_REGION_BAR1, BAR1_AT, &value, 4, &vm_err));
        CHECK(cpu && cpu[0] == PATTERN);
        if (cpu)
            cpu[1] = ~PATTERN;
        CHECK(!mvfio_region_read(gpu.device, MVFIO_REGION_BAR1, BAR1_AT + 4, &value, 4, &vm_err));
        CHECK(value == ~PATTERN);
        mvfio_region_unmap(gpu.device, cpu, VM_PAGE_BYTES);
    }
    gpu_close(&gpu);
}

static void count(void *ctx, uint32_t vector)
{
    ((unsigned *)ctx)[vector == VECTOR_B]++;
}

/* Two vectors of the GPU's own tree, each through MSI-X to its handler. */
static void vectors(const char *address)
{
    static const uint32_t triggers[] = {VECTOR_A, VECTOR_B, VECTOR_B};
    unsigned calls[2] = {0};
    struct mg_irq *irq = NULL;
    uint32_t n = 0, handled;
    const int *fds;
    struct gpu gpu;

    if (gpu_open(&gpu, address) && !mg_irq_create(gpu.hal, NULL, &irq, &vm_err)) {
        fds = mg_irq_fds(irq, &n);
        printf("%u eventfds\n", n);
        CHECK(n > 1);
        CHECK(!mg_irq_attach(irq, VECTOR_A, count, calls, &vm_err));
        CHECK(!mg_irq_attach(irq, VECTOR_B, count, calls, &vm_err));
        for (unsigned i = 0; i < sizeof triggers / sizeof *triggers; i++) {
            mg_mmio_wr32(gpu.hal, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_TRIGGER, triggers[i]);
            CHECK(vm_signalled(fds[0]));
            CHECK(!mg_irq_service(irq, &handled, &vm_err) && handled == 1);
        }
        CHECK(calls[0] == 1 && calls[1] == 2);
    }
    CHECK(irq != NULL);
    mg_irq_destroy(irq);
    gpu_close(&gpu);
}

/* The tree forgets what was enabled in it; the GPU answers again at once. */
static void reset(const char *address)
{
    struct gpu gpu;

    if (gpu_open(&gpu, address)) {
        mg_mmio_wr32(gpu.hal, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_SET(1), PATTERN);
        CHECK(mg_mmio_rd32(gpu.hal, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_SET(1)) == PATTERN);
        CHECK(!mg_hal_reset(gpu.hal, &vm_err));
        CHECK(mg_mmio_rd32(gpu.hal, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_SET(1)) == 0);
    }
    gpu_close(&gpu);
}

const struct vm_case vm_gpu_cases[] = {
    {"gpu-registers", registers}, {"gpu-bar1", bar1}, {"gpu-vectors", vectors},
    {"gpu-reset", reset},         {NULL, NULL},
};
