/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A small implementation of libmagma's API on the CPU, for testing the Vulkan driver without the
 * layers below it. GPU addresses are CPU addresses; each channel is a thread that carries out what
 * pushes recorded. Kernels are not run: the fake compiler keeps the list of bindings as the "code",
 * and a dispatch does what tests/vulkan/shaders/mark.comp says, for every binding of the list.
 */
#ifndef TESTS_VULKAN_FAKE_H
#define TESTS_VULKAN_FAKE_H

#include <magma-nv/cc.h>
#include <magma-nv/channel.h>
#include <magma-nv/compute.h>
#include <magma-nv/copy.h>

#include <pthread.h>

struct magma_gpu {
    pthread_mutex_t lock; /* protects every timeline's value */
    pthread_cond_t
        raised; /* some timeline grew, or memory that a push waits for may have changed */
    struct magma_gpu_info info;
    uint64_t vram_used, system_used; /* atomic */
};

struct magma_timeline {
    struct magma_gpu *gpu;
    uint64_t value; /* atomic: a GPU address too */
};

/* How long a push waits between looks at memory that the CPU may change. */
enum { FAKE_POLL_NS = 200000 };

/* What the fake compiler makes of a shader: a magic number, then the bindings. */
enum { FAKE_CODE_MAGIC = 0x656b6166 };
struct fake_code {
    uint32_t magic;
    uint32_t binding_count;
    uint64_t reserved;
};
struct fake_code_binding {
    uint32_t set, kind, offset_bytes, count;
};

/* Carries out everything that a push recorded. Called by channel threads. */
void fake_push_execute(struct magma_push *push);

#endif
