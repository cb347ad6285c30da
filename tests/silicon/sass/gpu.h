/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The sweeps and programs of machine code on a GPU that libmagma opened. */
#ifndef TESTS_SILICON_SASS_GPU_H
#define TESTS_SILICON_SASS_GPU_H

#include "sweep.h"

enum { SASS_WHY_BYTES = 512 };

struct sass_gpu;

/* Opens the GPU that MAGMA_DEVICE names, with a channel and buffers. NULL: *why (SASS_WHY_BYTES).
 */
struct sass_gpu *sass_gpu_create(char *why);
void sass_gpu_destroy(struct sass_gpu *gpu);
/* "NVIDIA H100 80GB HBM3 (gh100), firmware ..." */
const char *sass_gpu_name(const struct sass_gpu *gpu);

/* A grid of given machine code. */
struct sass_launch {
    const uint8_t *code;
    uint32_t code_size_bytes, registers, barriers, shared_bytes, local_bytes;
    uint32_t cta[3], groups[3];
    const uint8_t *root; /* constant bank 0 */
    uint32_t root_size_bytes;
};

/* Runs it to its end. False: the GPU is of no further use; *why (SASS_WHY_BYTES) says what it
 * reported. */
bool sass_gpu_launch(struct sass_gpu *gpu, const struct sass_launch *launch, char *why);

/* System memory for launches, zeroed, one piece at a time: the last is freed. NULL when memory is
 * out. */
uint8_t *sass_gpu_memory(struct sass_gpu *gpu, uint64_t size_bytes, uint64_t *va);

/*
 * Runs `sets` input sets from first_set on. The output is valid until the next run, also after a
 * failure: then it holds what was stored before. False: the GPU is of no further use; *why
 * (SASS_WHY_BYTES) says what it reported.
 */
bool sass_gpu_sweep(struct sass_gpu *gpu, const struct sweep_program *program, unsigned first_set,
                    unsigned sets, const uint8_t **output, char *why);

#endif
