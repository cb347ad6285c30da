/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Runs a shader: compiles it, places it and its buffers in flat memory, and executes the grid on
 * the software SM. The result lies in the buffers again.
 */
#ifndef TESTS_COMPILER_RUN_H
#define TESTS_COMPILER_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <magma-nv/cc.h>

enum { RUN_BUFFERS_MAX = 8, RUN_PUSH_WORDS = 64 };

struct run_buffer {
    uint32_t set, binding;
    uint32_t index; /* in an array of buffers */
    void *data;
    uint32_t size_bytes;   /* what the descriptor says */
    uint32_t memory_bytes; /* what data holds; 0: size_bytes */
    const void *expected;  /* for dumps: what must come out; NULL: what the software SM gives */
};

struct run {
    const char *name;
    const uint32_t *spirv;
    size_t spirv_bytes;
    struct magma_cc_options options; /* sm and flags; the layout when binding_count is not 0 */
    struct run_buffer buffers[RUN_BUFFERS_MAX];
    uint32_t push[RUN_PUSH_WORDS];
    uint32_t groups[3];
};

/* The address at which buffer `index` of the run will lie. */
uint64_t run_address(unsigned index);

/*
 * With MAGMA_TEST_DUMP naming a folder, runs for sm_90 are also written there (compiled for a root
 * table at 0x210, where CUDA's kernel parameters begin), for silicon.py to repeat on a GPU.
 */

/* True when the grid ran to its end; otherwise *error (512 bytes) says what happened. */
bool run_shader(struct run *run, char *error);

#endif
