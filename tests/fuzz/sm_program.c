/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Arbitrary code on the SM of the software GPU: whatever a driver puts into memory, the model
 * answers with a fault and never reads or writes outside its own memory.
 * Input: one byte (bits 0..2 SM, bit 7 check of control codes), then the program.
 */
#include "../gpumodel/sm/flat.h"

#include <sm/sm.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run(struct flat *flat, unsigned sm)
{
    struct gpum_grid_desc desc = {.program_va = FLAT_VA,
                                  .sm_version = sm,
                                  .register_count = 255,
                                  .barrier_count = 4,
                                  .shared_bytes = 1024,
                                  .local_bytes = 256,
                                  .cta = {48, 1, 1},
                                  .grid = {2, 1, 1},
                                  .shared_window = FLAT_VA + 0x800000,
                                  .local_window = FLAT_VA + 0x2000000};
    char why[256];
    unsigned used;
    for (unsigned n = 0; n < 4; n++)
        desc.bank[n] = (struct gpum_constant_bank){true, FLAT_VA + 0x8000, 64 + n};
    struct gpum_grid *grid = gpum_sm_launch(&flat->gpum, &desc, why, sizeof(why));
    for (unsigned n = 0; n < 40 && grid; n++)
        if (gpum_sm_step(grid, 100, &used) != GPUM_GRID_RUNNING)
            break;
    gpum_sm_release(grid);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned sms[] = {75, 80, 86, 89, 90, 100, 120, 121};
    static struct flat flat;
    static bool made;
    if (size < 1 + NV_SASS_BYTES || size > 4096)
        return 0;
    if (!made && !flat_init(&flat))
        return 0;
    made = true;
    memset(flat.memory, 0, 1 << 17);
    memcpy(flat.memory, data + 1, size - 1);
    gpum_sm_check_control(&flat.gpum, data[0] & 0x80 ? true : false);
    gpum_sm_invalidate(&flat.gpum);
    run(&flat, sms[data[0] & 7]);
    return 0;
}
