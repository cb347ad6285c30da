/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The list of chips, and look-ups in a chip's engine list. */
#include "chip.h"

#include <string.h>

#include "model.h"

static const struct gpum_chip *const chips[] = {
    &gpum_chip_ga102, &gpum_chip_ad102, &gpum_chip_tu102, &gpum_chip_gh100, &gpum_chip_gb202, NULL,
};

const char *gpum_chip_name(unsigned index)
{
    for (unsigned i = 0; chips[i]; i++)
        if (i == index)
            return chips[i]->name;
    return NULL;
}

const struct gpum_chip *gpum_chip_find(const char *name)
{
    for (size_t i = 0; name && chips[i]; i++)
        if (strcmp(chips[i]->name, name) == 0)
            return chips[i];
    return NULL;
}

const struct gpum_chip_engine *gpum_chip_engine_find(const struct gpum_chip *chip,
                                                     uint32_t engine_type)
{
    for (const struct gpum_chip_engine *e = chip->engines; e->name; e++)
        if (e->engine_type == engine_type)
            return e;
    return NULL;
}

unsigned gpum_engine_nonstall_vector(const struct gpum *m, uint32_t engine_type)
{
    const struct gpum_chip_engine *engine = gpum_chip_engine_find(m->chip, engine_type);
    return engine ? engine->nonstall_vector : GPUM_NO_VECTOR;
}
