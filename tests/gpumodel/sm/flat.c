/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What the SM calls in the rest of the model, on flat memory.
 */
#include "flat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t *translate(struct gpum *m, uint64_t va, uint64_t *run_bytes)
{
    struct flat *flat = (struct flat *)m;
    if (va < FLAT_VA || va - FLAT_VA >= FLAT_BYTES)
        return NULL;
    *run_bytes = FLAT_BYTES - (va - FLAT_VA);
    return flat->memory + (va - FLAT_VA);
}

uint8_t *gpum_virt(struct gpum *m, const struct gpum_vas *vas, uint64_t va, enum gpum_access access,
                   uint64_t *run_bytes, struct gpum_mmu_fault *fault)
{
    (void)vas;
    uint8_t *ptr = translate(m, va, run_bytes);
    if (!ptr)
        *fault = (struct gpum_mmu_fault){.va = va, .access = access};
    return ptr;
}

bool gpum_virt_read(struct gpum *m, const struct gpum_vas *vas, uint64_t va, void *data,
                    size_t size_bytes, struct gpum_mmu_fault *fault)
{
    uint64_t run = 0;
    const uint8_t *ptr = gpum_virt(m, vas, va, GPUM_READ, &run, fault);
    if (!ptr || run < size_bytes)
        return false;
    memcpy(data, ptr, size_bytes);
    return true;
}

static void print(const char *kind, const char *format, va_list args)
{
    fprintf(stderr, "%s: ", kind);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
}

void gpum_note(struct gpum *m, const char *fmt, ...)
{
    va_list args;
    (void)m;
    va_start(args, fmt);
    print("note", fmt, args);
    va_end(args);
}

void gpum_fault(struct gpum *m, const char *fmt, ...)
{
    va_list args;
    m->fault_count++;
    va_start(args, fmt);
    print("fault", fmt, args);
    va_end(args);
}

bool flat_init(struct flat *flat)
{
    memset(flat, 0, sizeof(*flat));
    flat->memory = calloc(1, FLAT_BYTES);
    if (!flat->memory || !gpum_sm_create(&flat->gpum)) {
        free(flat->memory);
        return false;
    }
    return true;
}

void flat_finish(struct flat *flat)
{
    gpum_sm_destroy(&flat->gpum);
    free(flat->memory);
}

uint8_t *flat_at(struct flat *flat, uint64_t va)
{
    uint64_t run;
    return translate(&flat->gpum, va, &run);
}

bool flat_run(struct flat *flat, const struct gpum_grid_desc *desc, char *text)
{
    struct gpum_grid *grid = gpum_sm_launch(&flat->gpum, desc, text, 256);
    enum gpum_grid_state state = GPUM_GRID_RUNNING;
    unsigned used;
    if (!grid)
        return false;
    while (state == GPUM_GRID_RUNNING)
        state = gpum_sm_step(grid, 10000, &used);
    if (state == GPUM_GRID_FAULTED)
        snprintf(text, 256, "%s", gpum_sm_fault(grid)->text);
    gpum_sm_release(grid);
    return state == GPUM_GRID_DONE;
}
