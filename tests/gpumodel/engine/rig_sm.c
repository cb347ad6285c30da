/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The SM as tests of the front end play it: a grid lasts as long as the rig says. See rig.h. */
#include "rig.h"

#include <stdlib.h>

struct gpum_grid {
    struct rig *rig;
};

struct gpum_grid *gpum_sm_launch(struct gpum *m, const struct gpum_grid_desc *desc, char *reason,
                                 size_t reason_size_bytes)
{
    struct gpum_grid *grid = calloc(1, sizeof(*grid));

    (void)reason;
    (void)reason_size_bytes;
    grid->rig = ((struct rig *)m);
    grid->rig->grid_desc = *desc;
    grid->rig->grid_launches++;
    return grid;
}

enum gpum_grid_state gpum_sm_step(struct gpum_grid *grid, unsigned budget, unsigned *used)
{
    struct rig *rig = grid->rig;

    (void)budget;
    *used = 1;
    if (rig->grid_steps_left && --rig->grid_steps_left)
        return GPUM_GRID_RUNNING;
    return rig->grid_faults ? GPUM_GRID_FAULTED : GPUM_GRID_DONE;
}

const struct gpum_grid_fault *gpum_sm_fault(const struct gpum_grid *grid)
{
    return &grid->rig->grid_fault;
}

void gpum_sm_release(struct gpum_grid *grid)
{
    free(grid);
}

void gpum_sm_invalidate(struct gpum *m)
{
    ((struct rig *)m)->sm_invalidates++;
}
