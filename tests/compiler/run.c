/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See run.h. */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../gpumodel/sm/flat.h"

enum { ERROR_BYTES = 512, BUFFER_ROOM_BYTES = 0x100000, CODE_ROOM_BYTES = 0x80000,
       SILICON_SM = 90, CUDA_PARAMETERS = 0x210, SETS_BYTES = 0x2000 };

#define CODE_VA   FLAT_VA
#define ROOT_VA   (FLAT_VA + 0x80000)
#define SET_VA(n) (FLAT_VA + 0x90000 + (uint64_t)(n) * 0x1000)
#define BUFFER_VA (FLAT_VA + 0x100000)

uint64_t run_address(unsigned index)
{
    return BUFFER_VA + (uint64_t)index * BUFFER_ROOM_BYTES;
}

static const struct magma_cc_binding *find_binding(const struct run *run,
                                                   const struct run_buffer *buffer)
{
    for (size_t i = 0; i < run->options.binding_count; i++) {
        const struct magma_cc_binding *b = &run->options.bindings[i];
        if (b->set == buffer->set && b->binding == buffer->binding) {
            return b;
        }
    }
    return NULL;
}

/* Where the descriptor of the buffer goes. */
static uint64_t descriptor_va(const struct run *run, const struct run_buffer *buffer)
{
    const uint32_t size = sizeof(struct magma_cc_buffer_descriptor);
    const struct magma_cc_binding *b = find_binding(run, buffer);
    if (!b) {
        return SET_VA(buffer->set) + (buffer->binding + buffer->index) * size;
    }
    if (b->kind == MAGMA_CC_BINDING_DYNAMIC_BUFFER) {
        return ROOT_VA + MAGMA_CC_ROOT_DYNAMIC + (b->offset_bytes + buffer->index) * size;
    }
    return SET_VA(buffer->set) + b->offset_bytes + (uint64_t)buffer->index * b->stride_bytes;
}

static void place(struct flat *flat, const struct run *run, const struct magma_cc_shader *shader)
{
    uint8_t *root = flat_at(flat, ROOT_VA);
    memcpy(flat_at(flat, CODE_VA), shader->code, shader->code_size_bytes);
    memcpy(root + MAGMA_CC_ROOT_GROUP_COUNT, run->groups, sizeof(run->groups));
    memcpy(root + MAGMA_CC_ROOT_PUSH_CONSTANTS, run->push, sizeof(run->push));
    for (unsigned i = 0; i < MAGMA_CC_ROOT_SET_COUNT; i++) {
        uint64_t address = SET_VA(i);
        memcpy(root + MAGMA_CC_ROOT_SET_ADDRESS + i * 8, &address, sizeof(address));
    }
    for (unsigned i = 0; i < RUN_BUFFERS_MAX; i++) {
        const struct run_buffer *buffer = &run->buffers[i];
        if (!buffer->data) {
            continue;
        }
        struct magma_cc_buffer_descriptor d = {.address = run_address(i),
                                               .size_bytes = buffer->size_bytes};
        memcpy(flat_at(flat, descriptor_va(run, buffer)), &d, sizeof(d));
        memcpy(flat_at(flat, d.address), buffer->data,
               buffer->memory_bytes ? buffer->memory_bytes : buffer->size_bytes);
    }
}

static void fetch(struct flat *flat, struct run *run)
{
    for (unsigned i = 0; i < RUN_BUFFERS_MAX; i++) {
        struct run_buffer *buffer = &run->buffers[i];
        if (buffer->data) {
            memcpy(buffer->data, flat_at(flat, run_address(i)),
                   buffer->memory_bytes ? buffer->memory_bytes : buffer->size_bytes);
        }
    }
}

static void describe(const struct run *run, const struct magma_cc_shader *shader,
                     struct gpum_grid_desc *desc)
{
    *desc = (struct gpum_grid_desc){
        .vas = {.valid = true},
        .program_va = CODE_VA,
        .sm_version = shader->sm,
        .register_count = shader->register_count,
        .barrier_count = shader->barrier_count,
        .shared_bytes = shader->shared_size_bytes,
        .local_bytes = shader->local_size_bytes,
        .bank[0] = {.valid = true, .va = ROOT_VA, .size_bytes = MAGMA_CC_ROOT_SIZE_BYTES},
    };
    memcpy(desc->cta, shader->workgroup_size, sizeof(desc->cta));
    memcpy(desc->grid, run->groups, sizeof(desc->grid));
}

/* ---- for silicon.py: "job" lines of text, each followed by its bytes where it says so ---- */

static void dump_bytes(FILE *file, const char *what, uint64_t va, const void *data, size_t size)
{
    fprintf(file, "%s %llx %zu\n", what, (unsigned long long)va, size);
    fwrite(data, 1, size, file);
}

static void dump_memory(FILE *file, struct flat *flat, const struct run *run, const char *what)
{
    for (unsigned i = 0; i < RUN_BUFFERS_MAX; i++) {
        const struct run_buffer *b = &run->buffers[i];
        if (b->data) {
            bool known = b->expected && strcmp(what, "out") == 0;
            dump_bytes(file, what, run_address(i),
                       known ? b->expected : flat_at(flat, run_address(i)),
                       b->memory_bytes ? b->memory_bytes : b->size_bytes);
        }
    }
}

static FILE *dump_begin(struct run *run, struct flat *flat)
{
    char path[ERROR_BYTES], error[ERROR_BYTES];
    const char *folder = getenv("MAGMA_TEST_DUMP");
    struct magma_cc_shader *shader;
    if (!folder || run->options.sm != SILICON_SM) {
        return NULL;
    }
    run->options.root_offset_bytes = CUDA_PARAMETERS;
    bool good = magma_cc_compile(run->spirv, run->spirv_bytes / 4, &run->options, &shader, error,
                                 sizeof(error));
    run->options.root_offset_bytes = 0;
    snprintf(path, sizeof(path), "%s/%s%s.job", folder, run->name,
             run->options.debug_serial ? "-serial" : "");
    FILE *file = good ? fopen(path, "wb") : NULL;
    if (file) {
        fprintf(file, "grid %u %u %u\ncta %u %u %u\n", run->groups[0], run->groups[1],
                run->groups[2], shader->workgroup_size[0], shader->workgroup_size[1],
                shader->workgroup_size[2]);
        fprintf(file, "registers %u\nshared %u\nlocal %u\n", shader->register_count,
                shader->shared_size_bytes, shader->local_size_bytes);
        dump_bytes(file, "code", 0, shader->code, shader->code_size_bytes);
        dump_bytes(file, "root", ROOT_VA, flat_at(flat, ROOT_VA), MAGMA_CC_ROOT_SIZE_BYTES);
        dump_bytes(file, "sets", SET_VA(0), flat_at(flat, SET_VA(0)), SETS_BYTES);
        dump_memory(file, flat, run, "in");
    }
    magma_cc_shader_destroy(shader);
    return file;
}

static bool execute(struct run *run, const struct magma_cc_shader *shader, char *error)
{
    struct flat flat;
    struct gpum_grid_desc desc;
    if (shader->code_size_bytes > CODE_ROOM_BYTES || !flat_init(&flat)) {
        snprintf(error, ERROR_BYTES, "no room to run it");
        return false;
    }
    place(&flat, run, shader);
    describe(run, shader, &desc);
    FILE *dump = dump_begin(run, &flat);
    bool good = flat_run(&flat, &desc, error);
    if (dump) {
        dump_memory(dump, &flat, run, "out");
        fclose(dump);
    }
    fetch(&flat, run);
    flat_finish(&flat);
    return good;
}

bool run_shader(struct run *run, char *error)
{
    struct magma_cc_shader *shader;
    for (int i = 0; i < 3; i++) {
        run->groups[i] = run->groups[i] ? run->groups[i] : 1;
    }
    if (!magma_cc_compile(run->spirv, run->spirv_bytes / 4, &run->options, &shader, error,
                          ERROR_BYTES)) {
        return false;
    }
    bool good = execute(run, shader, error);
    magma_cc_shader_destroy(shader);
    return good;
}
