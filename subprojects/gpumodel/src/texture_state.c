/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What compute's methods say of textures. Hopper begins with headers of version 1 and takes no
 * method back to them: an H100 answers SET_TEXTURE_HEADER_VERSION 0 with a class error.
 */
#include "fifo.h"

#include <nvhw/compute.h>

void gpum_texture_state(const struct gpum_object *obj, struct gpum_grid_desc *desc)
{
    uint32_t class_id = obj->cls->number;

    desc->header_pool =
        gpum_state64(obj, NVC5C0_SET_TEX_HEADER_POOL_A, NVC5C0_SET_TEX_HEADER_POOL_B);
    desc->header_last = gpum_state(obj, NVC5C0_SET_TEX_HEADER_POOL_C);
    desc->sampler_pool =
        gpum_state64(obj, NVC5C0_SET_TEX_SAMPLER_POOL_A, NVC5C0_SET_TEX_SAMPLER_POOL_B);
    desc->sampler_last = gpum_state(obj, NVC5C0_SET_TEX_SAMPLER_POOL_C);
    if (class_id == NVCBC0)
        desc->header_version = gpum_state(obj, NVCBC0_SET_TEXTURE_HEADER_VERSION);
    else
        desc->header_version = class_id == NVCDC0 || class_id == NVCEC0;
}

const char *gpum_texture_version_wrong(const struct gpum_object *obj, uint32_t data)
{
    if (obj->cls->number == NVCBC0 && !data)
        return "texture headers do not go back to version 1";
    return data > 1 ? "no such version of texture headers" : NULL;
}
