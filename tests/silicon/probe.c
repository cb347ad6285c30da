/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Walks the kernel driver's resource manager object by object, with variants where more than one
 * form is known, and prints what it says to each. Goes on after a refusal where that makes sense,
 * so that one run shows all of it. Every line: step, variant, result.
 *
 *     probe [nvidia:0]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nvhw/fifo.h>
#include <nvhw/gmmu.h>
#include <nvhw/rm.h>
#include <nvhw/rmioctl.h>

#include "libmagma/winsys/nvidia_private.h"

#define VA_BASE      UINT64_C(0x1000000000)
#define RING_ENTRIES 512u

struct probe {
    struct mg_nvidia nv;
    uint32_t system, vram; /* memory objects that worked */
    uint64_t next_va;
    unsigned refused;
};

static bool say(struct probe *p, const char *step, const char *variant, enum magma_code code,
                const struct magma_error *err)
{
    bool good = code == MAGMA_OK;

    printf("%-18s %-34s %s%s%s\n", step, variant, good ? "ok" : magma_code_name(code),
           good ? "" : ": ", good ? "" : err->text);
    fflush(stdout);
    p->refused += !good;
    return good;
}

/* ---- Memory ---------------------------------------------------------------------------------- */

struct memory_variant {
    const char *name;
    uint32_t class_id, attr, attr2, page;
    bool aligned;
    uint64_t size_bytes;
};

#define ATTR(field, value)  NVHW_DEF(NV_RMI_MEMORY_ATTR, field, value)
#define ATTR2(field, value) NVHW_DEF(NV_RMI_MEMORY_ATTR2, field, value)

static const struct memory_variant memories[] = {
    {"system cached 4K", NV01_MEMORY_SYSTEM,
     ATTR(LOCATION, PCI) | ATTR(PHYSICALITY, ALLOW_NONCONTIGUOUS) | ATTR(PAGE_SIZE, 4K) |
         ATTR(COHERENCY, CACHED),
     ATTR2(GPU_CACHEABLE, NO), NV_RMI_MAP_DMA_FLAGS_PAGE_SIZE_4K, false, 2 * NV_GMMU_PAGE_2M},
    {"system write back", NV01_MEMORY_SYSTEM,
     ATTR(LOCATION, PCI) | ATTR(PHYSICALITY, NONCONTIGUOUS) | ATTR(COHERENCY, WRITE_BACK),
     ATTR2(GPU_CACHEABLE, NO), NV_RMI_MAP_DMA_FLAGS_PAGE_SIZE_DEFAULT, false, NV_GMMU_PAGE_2M},
    {"vram 64K", NV01_MEMORY_LOCAL_USER,
     ATTR(PHYSICALITY, ALLOW_NONCONTIGUOUS) | ATTR(PAGE_SIZE, BIG), ATTR2(GPU_CACHEABLE, YES),
     NV_RMI_MAP_DMA_FLAGS_PAGE_SIZE_BIG, true, NV_GMMU_PAGE_64K},
    {"vram 2M", NV01_MEMORY_LOCAL_USER,
     ATTR(PHYSICALITY, ALLOW_NONCONTIGUOUS) | ATTR(PAGE_SIZE, HUGE),
     ATTR2(GPU_CACHEABLE, YES) | ATTR2(PAGE_SIZE_HUGE, 2MB), NV_RMI_MAP_DMA_FLAGS_PAGE_SIZE_HUGE,
     true, 2 * NV_GMMU_PAGE_2M},
    {"vram default", NV01_MEMORY_LOCAL_USER, 0, 0, NV_RMI_MAP_DMA_FLAGS_PAGE_SIZE_DEFAULT, false,
     NV_GMMU_PAGE_64K},
    {"vram 64K, more than 2M", NV01_MEMORY_LOCAL_USER,
     ATTR(PHYSICALITY, ALLOW_NONCONTIGUOUS) | ATTR(PAGE_SIZE, BIG), ATTR2(GPU_CACHEABLE, YES),
     NV_RMI_MAP_DMA_FLAGS_PAGE_SIZE_BIG, true, NV_GMMU_PAGE_2M + NV_GMMU_PAGE_64K},
};

static void try_memory(struct probe *p, const struct memory_variant *v)
{
    struct nvhw_r570_memory_alloc_params params = {
        .owner = p->nv.rmi.client,
        .type = NV_RMI_MEMORY_TYPE_IMAGE,
        .flags = v->aligned ? NVHW_NUM(NV_RMI_MEMORY_FLAGS, ALIGNMENT_FORCE, 1) : 0,
        .attr = v->attr,
        .attr2 = v->attr2,
        .size = v->size_bytes,
        .alignment = v->aligned ? NV_GMMU_PAGE_64K : 0,
    };
    bool vram = v->class_id == NV01_MEMORY_LOCAL_USER;
    uint32_t flags = NVHW_NUM(NV_RMI_MAP_DMA_FLAGS, PAGE_SIZE, v->page) |
                     NVHW_NUM(NV_RMI_MAP_DMA_FLAGS, DMA_OFFSET_FIXED, 1) |
                     (vram ? 0 : NVHW_NUM(NV_RMI_MAP_DMA_FLAGS, CACHE_SNOOP, 1));
    struct magma_error err = {0};
    struct mg_rmi_view view;
    uint32_t handle;

    if (!say(p, "memory", v->name,
             mg_rmi_alloc(&p->nv.rmi, p->nv.device, v->class_id, &params, sizeof params, &handle,
                          &err),
             &err))
        return;
    printf("%-18s size 0x%llx attr 0x%08x format 0x%x\n", "", (unsigned long long)params.size,
           params.attr, params.format);
    if (say(p, "cpu view", v->name,
            mg_rmi_view_init(&p->nv.rmi, vram ? p->nv.node : "/dev/nvidiactl", p->nv.device, handle,
                             v->size_bytes, &view, &err),
            &err)) {
        *(volatile uint32_t *)view.cpu = 0x600dcafe;
        printf("%-18s reads back 0x%08x\n", "", *(volatile uint32_t *)view.cpu);
        mg_rmi_view_finish(&p->nv.rmi, p->nv.device, handle, &view);
    }
    if (say(p, "gpu map fixed", v->name,
            mg_rmi_map_dma(&p->nv.rmi, p->nv.device, p->nv.virtual_memory, handle, v->size_bytes,
                           flags, p->next_va, &err),
            &err))
        (void)say(p, "gpu unmap", v->name,
                  mg_rmi_unmap_dma(&p->nv.rmi, p->nv.device, p->nv.virtual_memory, handle,
                                   p->next_va, &err),
                  &err);
    p->next_va += 4 * (uint64_t)NV_GMMU_PAGE_2M;
    if (vram && !p->vram)
        p->vram = handle;
    else if (!vram && !p->system)
        p->system = handle;
    else
        mg_rmi_free(&p->nv.rmi, p->nv.device, handle);
}

/* ---- Channels -------------------------------------------------------------------------------- */

struct channel_variant {
    const char *name;
    uint32_t engine_type;
    bool notifier, system_userd, compute;
};

static const struct channel_variant channels[] = {
    {"gr0, userd vram, notifier", NV2080_ENGINE_TYPE_GR0, true, false, true},
    {"gr0, userd vram", NV2080_ENGINE_TYPE_GR0, false, false, true},
    {"gr0, userd system, notifier", NV2080_ENGINE_TYPE_GR0, true, true, true},
    {"copy2, userd vram, notifier", NV2080_ENGINE_TYPE_COPY2, true, false, false},
};

static void try_channel(struct probe *p, const struct channel_variant *v)
{
    struct nvhw_r570_channel_alloc_params params = {
        .h_object_error = v->notifier ? p->system : 0,
        .gpfifo_offset = p->next_va,
        .gpfifo_entries = RING_ENTRIES,
        .h_vaspace = p->nv.vaspace,
        .h_userd_memory = {v->system_userd ? p->system : p->vram},
        .userd_offset = {v->system_userd ? NV_USERD_BYTES * 8 : 0},
        .engine_type = v->engine_type,
    };
    struct nvhw_ctrl_bind bind = {.engine_type = v->engine_type};
    struct nvhw_r580_rmi_schedule schedule = {.enable = 1};
    struct nvhw_ctrl_work_submit_token token = {0};
    const struct mg_rmi *rmi = &p->nv.rmi;
    struct magma_error err = {0};
    uint32_t channel, object;

    if (!say(p, "channel", v->name,
             mg_rmi_alloc(rmi, p->nv.device, p->nv.gen->classes.channel, &params, sizeof params,
                          &channel, &err),
             &err))
        return;
    (void)say(p, "bind", v->name,
              mg_rmi_control(rmi, channel, NVA06F_CTRL_CMD_BIND, &bind, sizeof bind, &err), &err);
    if (v->compute)
        (void)say(p, "compute object", v->name,
                  mg_rmi_alloc(rmi, channel, p->nv.gen->classes.compute, NULL, 0, &object, &err),
                  &err);
    (void)say(p, "copy object", v->name,
              mg_rmi_alloc(rmi, channel, p->nv.gen->classes.copy, NULL, 0, &object, &err), &err);
    if (!say(p, "schedule 3 bytes", v->name,
             mg_rmi_control(rmi, channel, NVA06F_CTRL_CMD_GPFIFO_SCHEDULE, &schedule,
                            sizeof schedule, &err),
             &err))
        (void)say(p, "schedule 2 bytes", v->name,
                  mg_rmi_control(rmi, channel, NVA06F_CTRL_CMD_GPFIFO_SCHEDULE, &schedule,
                                 sizeof(struct nvhw_ctrl_gpfifo_schedule), &err),
                  &err);
    if (say(p, "token", v->name,
            mg_rmi_control(rmi, channel, NVC36F_CTRL_CMD_GPFIFO_GET_WORK_SUBMIT_TOKEN, &token,
                           sizeof token, &err),
            &err))
        printf("%-18s 0x%08x\n", "", token.token);
    mg_rmi_free(rmi, p->nv.device, channel);
}

/* ---- The walk -------------------------------------------------------------------------------- */

static bool address_space(struct probe *p)
{
    static const uint64_t limits[] = {(UINT64_C(1) << 49) - 1, 0, UINT64_MAX};
    struct nvhw_vaspace_alloc_params space = {0};
    struct magma_error err = {0};

    if (!say(p, "address space", "defaults",
             mg_rmi_alloc(&p->nv.rmi, p->nv.device, FERMI_VASPACE_A, &space, sizeof space,
                          &p->nv.vaspace, &err),
             &err))
        return false;
    printf("%-18s base 0x%llx size 0x%llx\n", "", (unsigned long long)space.va_base,
           (unsigned long long)space.va_size);
    for (size_t i = 0; i < sizeof limits / sizeof limits[0] && !p->nv.virtual_memory; i++) {
        struct nvhw_memory_virtual_alloc_params memory = {.limit = limits[i],
                                                          .h_vaspace = p->nv.vaspace};
        char name[40];

        snprintf(name, sizeof name, "limit 0x%llx", (unsigned long long)limits[i]);
        (void)say(p, "virtual memory", name,
                  mg_rmi_alloc(&p->nv.rmi, p->nv.device, NV01_MEMORY_VIRTUAL, &memory,
                               sizeof memory, &p->nv.virtual_memory, &err),
                  &err);
    }
    return p->nv.virtual_memory;
}

static void describe(const struct probe *p)
{
    const struct magma_gpu_info *info = &p->nv.ws.info;

    printf(
        "%-18s %s, driver %s, chip %s (0x%x), %u SMs, VRAM %llu MiB (%llu free), BAR1 %llu MiB\n",
        "", info->name, p->nv.rmi.version, info->chip, info->chipset, info->sm_count,
        (unsigned long long)info->vram_bytes >> 20,
        (unsigned long long)info->vram_usable_bytes >> 20,
        (unsigned long long)info->bar1_bytes >> 20);
    printf("%-18s classes:", "");
    for (uint32_t i = 0; i < p->nv.class_count; i++)
        printf(" %04x", p->nv.classes[i]);
    printf("\n");
}

int main(int argc, char **argv)
{
    static struct probe p = {.next_va = VA_BASE};
    struct magma_error err = {0};
    enum magma_code code;

    p.nv.options.os = &mg_rmi_os_system;
    p.nv.minor =
        argc > 1 ? (unsigned)strtoul(argv[1] + strcspn(argv[1], "0123456789"), NULL, 10) : 0;
    p.nv.gpu_fd = p.nv.event_fd = -1;
    p.nv.ws.clock = &mg_clock_system;
    mg_log_init(&p.nv.ws.log, "info");
    p.nv.ws.log.level = MG_LOG_INFO;
    snprintf(p.nv.node, sizeof p.nv.node, "/dev/nvidia%u", p.nv.minor);
    code = mg_nvidia_client_init(&p.nv, &err);
    if (!say(&p, "client", "device, classes, usermode", code, &err)) {
        mg_nvidia_client_finish(&p.nv);
        return 1;
    }
    describe(&p);
    (void)say(&p, "events", "", mg_nvidia_event_init(&p.nv, &err), &err);
    printf("%-18s event object 0x%x\n", "", p.nv.event);
    if (address_space(&p)) {
        for (size_t i = 0; i < sizeof memories / sizeof memories[0]; i++)
            try_memory(&p, &memories[i]);
        for (size_t i = 0; i < sizeof channels / sizeof channels[0]; i++)
            try_channel(&p, &channels[i]);
    }
    mg_nvidia_event_finish(&p.nv);
    mg_nvidia_vas_finish(&p.nv);
    mg_nvidia_client_finish(&p.nv);
    printf("%u refusals\n", p.refused);
    return 0;
}
