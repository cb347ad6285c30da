/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Finds the family of a chip. The tables stand in one file per generation. */
#include "libmagma/gen/gen.h"

#include <nvhw/boot.h>

static const struct mg_gen *const families[] = {
    &mg_gen_tu102, &mg_gen_tu116, &mg_gen_ga100, &mg_gen_ga102,
    &mg_gen_ad102, &mg_gen_gh100, &mg_gen_gb100, &mg_gen_gb202,
};

const struct mg_gen *mg_gen_at(size_t index)
{
    return index < sizeof families / sizeof families[0] ? families[index] : NULL;
}

const struct mg_gen *mg_gen_find(uint32_t boot_42, const struct mg_chip **chip)
{
    uint32_t chip_id = NVHW_GET(NV_PMC_BOOT_42, CHIP_ID, boot_42);
    const struct mg_gen *gen;

    for (size_t i = 0; (gen = mg_gen_at(i)); i++) {
        for (size_t k = 0; k < gen->chip_count; k++) {
            if (gen->chips[k].chip_id == chip_id) {
                if (chip)
                    *chip = &gen->chips[k];
                return gen;
            }
        }
    }
    if (chip)
        *chip = NULL;
    return NULL;
}
