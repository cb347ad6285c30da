/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The fake's GPU, memory and timelines. */
#include "fake.h"

#include <magma-nv/bo.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct magma_bo {
    struct magma_gpu *gpu;
    void *memory;
    uint64_t size_bytes;
    enum magma_domain domain;
    uint32_t flags;
};

static enum magma_code fail(struct magma_error *err, enum magma_code code, const char *text)
{
    if (err) {
        err->code = code;
        snprintf(err->text, sizeof(err->text), "%s", text);
    }
    return code;
}

enum magma_code magma_gpu_open(const char *name, const struct magma_gpu_options *options,
                               struct magma_gpu **out, struct magma_error *err)
{
    (void)options;
    if (strcmp(name, "model:ga102") != 0)
        return fail(err, MAGMA_NO_DEVICE, "the fake is named model:ga102");
    struct magma_gpu *gpu = calloc(1, sizeof(*gpu));
    if (!gpu)
        return fail(err, MAGMA_OUT_OF_HOST_MEMORY, "no memory");
    pthread_mutex_init(&gpu->lock, NULL);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&gpu->raised, &attr);
    pthread_condattr_destroy(&attr);
    gpu->info = (struct magma_gpu_info){
        .name = "fake GPU of the Vulkan tests",
        .address = "model:ga102",
        .chip = "ga102",
        .firmware = "none",
        .vendor_id = 0x10de,
        .device_id = 0x2204,
        .is_model = true,
        .vram_bytes = 1u << 30,
        .vram_usable_bytes = 1u << 29,
        .system_usable_bytes = 1u << 29,
        .vram_cpu_access = true,
        .sm_version = 86,
        .sm_count = 1,
        .shared_bytes_max = 49152,
        .threads_max = 1024,
        .timestamp_hz = 1000000000,
    };
    *out = gpu;
    return MAGMA_OK;
}

void magma_gpu_close(struct magma_gpu *gpu)
{
    if (!gpu)
        return;
    if (gpu->vram_used || gpu->system_used) {
        fprintf(stderr, "fake GPU closed with %llu + %llu bytes allocated\n",
                (unsigned long long)gpu->vram_used, (unsigned long long)gpu->system_used);
        abort(); /* a test's promise is broken: the driver leaked */
    }
    pthread_cond_destroy(&gpu->raised);
    pthread_mutex_destroy(&gpu->lock);
    free(gpu);
}

const struct magma_gpu_info *magma_gpu_get_info(const struct magma_gpu *gpu)
{
    return &gpu->info;
}

bool magma_gpu_is_lost(struct magma_gpu *gpu)
{
    (void)gpu;
    return false;
}

const char *magma_gpu_lost_reason(struct magma_gpu *gpu)
{
    (void)gpu;
    return "";
}

void magma_gpu_memory_used(struct magma_gpu *gpu, uint64_t *vram_bytes, uint64_t *system_bytes)
{
    if (vram_bytes)
        *vram_bytes = __atomic_load_n(&gpu->vram_used, __ATOMIC_RELAXED);
    if (system_bytes)
        *system_bytes = __atomic_load_n(&gpu->system_used, __ATOMIC_RELAXED);
}

enum magma_code magma_gpu_timestamp_ns(struct magma_gpu *gpu, uint64_t *time_ns)
{
    (void)gpu;
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    *time_ns = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
    return MAGMA_OK;
}

size_t magma_gpu_list(struct magma_gpu_entry *entries, size_t count)
{
    (void)entries;
    (void)count;
    return 0;
}

static uint64_t *usage(struct magma_gpu *gpu, enum magma_domain domain)
{
    return domain == MAGMA_DOMAIN_VRAM ? &gpu->vram_used : &gpu->system_used;
}

enum magma_code magma_bo_create(struct magma_gpu *gpu, uint64_t size_bytes, uint64_t align_bytes,
                                enum magma_domain domain, uint32_t flags, struct magma_bo **out,
                                struct magma_error *err)
{
    *out = NULL;
    if (size_bytes == 0)
        return fail(err, MAGMA_INVALID_ARGUMENT, "a bo of 0 bytes");
    if (size_bytes > gpu->info.vram_usable_bytes)
        return fail(err, MAGMA_OUT_OF_DEVICE_MEMORY, "too large");
    struct magma_bo *bo = calloc(1, sizeof(*bo));
    if (!bo || posix_memalign(&bo->memory, align_bytes > 256 ? align_bytes : 256, size_bytes)) {
        free(bo);
        return fail(err, MAGMA_OUT_OF_HOST_MEMORY, "no memory");
    }
    memset(bo->memory, flags & MAGMA_BO_ZERO ? 0 : 0xa5, size_bytes);
    bo->gpu = gpu;
    bo->size_bytes = size_bytes;
    bo->domain = domain;
    bo->flags = flags;
    __atomic_fetch_add(usage(gpu, domain), size_bytes, __ATOMIC_RELAXED);
    *out = bo;
    return MAGMA_OK;
}

void magma_bo_destroy(struct magma_bo *bo)
{
    if (!bo)
        return;
    __atomic_fetch_sub(usage(bo->gpu, bo->domain), bo->size_bytes, __ATOMIC_RELAXED);
    free(bo->memory);
    free(bo);
}

magma_gpu_va magma_bo_address(const struct magma_bo *bo)
{
    return (magma_gpu_va){(uint64_t)(uintptr_t)bo->memory};
}

uint64_t magma_bo_size(const struct magma_bo *bo)
{
    return bo->size_bytes;
}

enum magma_domain magma_bo_domain(const struct magma_bo *bo)
{
    return bo->domain;
}

void *magma_bo_map(struct magma_bo *bo)
{
    bool mapped = bo->domain == MAGMA_DOMAIN_SYSTEM || (bo->flags & MAGMA_BO_CPU_ACCESS);
    return mapped ? bo->memory : NULL;
}

enum magma_code magma_timeline_create(struct magma_gpu *gpu, uint64_t initial,
                                      struct magma_timeline **out, struct magma_error *err)
{
    *out = calloc(1, sizeof(**out));
    if (!*out)
        return fail(err, MAGMA_OUT_OF_HOST_MEMORY, "no memory");
    **out = (struct magma_timeline){gpu, initial};
    __atomic_fetch_add(&gpu->system_used, sizeof(**out), __ATOMIC_RELAXED);
    return MAGMA_OK;
}

void magma_timeline_destroy(struct magma_timeline *timeline)
{
    if (!timeline)
        return;
    __atomic_fetch_sub(&timeline->gpu->system_used, sizeof(*timeline), __ATOMIC_RELAXED);
    free(timeline);
}

uint64_t magma_timeline_value(const struct magma_timeline *timeline)
{
    return __atomic_load_n(&timeline->value, __ATOMIC_ACQUIRE);
}

void magma_timeline_signal(struct magma_timeline *timeline, uint64_t value)
{
    pthread_mutex_lock(&timeline->gpu->lock);
    if (value > timeline->value)
        __atomic_store_n(&timeline->value, value, __ATOMIC_RELEASE);
    pthread_cond_broadcast(&timeline->gpu->raised);
    pthread_mutex_unlock(&timeline->gpu->lock);
}

magma_gpu_va magma_timeline_address(const struct magma_timeline *timeline)
{
    return (magma_gpu_va){(uint64_t)(uintptr_t)&timeline->value};
}

static bool reached(const struct magma_timeline_point *points, size_t count, bool all)
{
    size_t done = 0;
    for (size_t i = 0; i < count; i++)
        done += points[i].timeline->value >= points[i].value;
    return all ? done == count : done > 0;
}

enum magma_code magma_timeline_wait(struct magma_gpu *gpu,
                                    const struct magma_timeline_point *points, size_t count,
                                    bool all, uint64_t timeout_ns)
{
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    bool endless = timeout_ns > (uint64_t)1 << 62;
    uint64_t ns = (uint64_t)end.tv_nsec + (endless ? 0 : timeout_ns);
    end.tv_sec += (time_t)(ns / 1000000000u);
    end.tv_nsec = (long)(ns % 1000000000u);
    enum magma_code code = MAGMA_OK;
    pthread_mutex_lock(&gpu->lock);
    while (!reached(points, count, all) && code == MAGMA_OK) {
        if (endless)
            pthread_cond_wait(&gpu->raised, &gpu->lock);
        else if (pthread_cond_timedwait(&gpu->raised, &gpu->lock, &end) == ETIMEDOUT)
            code = reached(points, count, all) ? MAGMA_OK : MAGMA_TIMEOUT;
    }
    pthread_mutex_unlock(&gpu->lock);
    return code;
}
