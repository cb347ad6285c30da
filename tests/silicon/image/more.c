/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What may go wrong: a header of one version under the method of the other, empty headers, samplers
 * that are forced invalid. A GPU that is lost over it is opened again.
 */
#include "tests/silicon/image/image.h"

#include <stdio.h>
#include <string.h>

static uint32_t memory[4096];
static struct image_lane lanes[32];

static struct image_scene scene_of(void)
{
    for (uint32_t i = 0; i < 4096; i++)
        memory[i] = i * 0x01010101u;
    for (unsigned i = 0; i < 32; i++)
        lanes[i] = (struct image_lane){{i % 8, i / 8}, {image_handle()}};
    return (struct image_scene){
        .view = {.components = NV_TIC_V1_BLOCKLINEAR_COMPONENTS_A8B8G8R8,
                 .type = NV_TIC_V1_BLOCKLINEAR_R_DATA_TYPE_UINT,
                 .kind = NV_TIC_V1_BLOCKLINEAR_TEXTURE_TYPE_TWO_D,
                 .width = 16,
                 .height = 16},
        .version2 = true,
        .method = 2,
        .texels = (const uint8_t *)memory,
        .texel_bytes = sizeof memory,
        .op = image_op(NV_SASS_TLD, NV_SASS_MOD_TB, 1, NV_SASS_MOD_SHAPE, NV_SASS_SHAPE_2D,
                       NV_SASS_MOD_LOD, NV_SASS_LOD_LZ, -1),
        .lanes = lanes,
        .lane_count = 32,
        .words = 5,
    };
}

void images_more(struct images *im)
{
    struct image_scene s = scene_of();

    for (unsigned header = 1; header <= 2; header++)
        for (uint32_t method = 0; method < 3; method++) {
            char name[32];

            if (!images_reopen(im))
                return;
            s.version2 = header == 2;
            s.method = method;
            snprintf(name, sizeof name, "version-%u-method-%u", header, method);
            image_run(im, name, &s);
        }

    s = scene_of();
    for (unsigned i = 0; i < 32; i++)
        lanes[i].b[0] = NVHW_NUM(NV_TEXTURE_HANDLE, HEADER, IMAGE_SLOT_EMPTY) |
                        NVHW_NUM(NV_TEXTURE_HANDLE, SAMPLER, IMAGE_SLOT);
    image_run(im, "header-empty", &s);
    for (unsigned i = 0; i < 32; i++)
        lanes[i].b[0] = NVHW_NUM(NV_TEXTURE_HANDLE, HEADER, 5 * IMAGE_HEADERS) |
                        NVHW_NUM(NV_TEXTURE_HANDLE, SAMPLER, IMAGE_SLOT);
    image_run(im, "header-beyond-pool", &s);
    s = scene_of();
    s.view.components = 0;
    image_run(im, "header-no-components", &s);
    s = scene_of();
    s.view.kind = NV_TIC_V1_BLOCKLINEAR_TEXTURE_TYPE_THREE_D;
    image_run(im, "shape-2d-of-3d", &s);
    s.view.kind = NV_TIC_V1_BLOCKLINEAR_TEXTURE_TYPE_ONE_D;
    image_run(im, "shape-2d-of-1d", &s);
    s.view.kind = NV_TIC_V1_BLOCKLINEAR_TEXTURE_TYPE_TWO_D_ARRAY;
    s.view.depth = 2;
    image_run(im, "shape-2d-of-array", &s);
    s.view.kind = NV_TIC_V1_BLOCKLINEAR_TEXTURE_TYPE_CUBEMAP;
    image_run(im, "shape-2d-of-cube", &s);
    s.view.kind = NV_TIC_V1_BLOCKLINEAR_TEXTURE_TYPE_TWO_D_NO_MIPMAP;
    image_run(im, "shape-no-mipmap", &s);
    s = scene_of();
    s.view.kind = 0xf;
    image_run(im, "shape-unknown", &s);
    s = scene_of();
    s.view.type = 0;
    s.version2 = false;
    s.method = 0;
    if (!images_reopen(im))
        return;
    image_run(im, "header-no-type-v1", &s);
    s = scene_of();
    for (unsigned i = 0; i < 32; i++)
        lanes[i].b[0] = NVHW_NUM(NV_TEXTURE_HANDLE, HEADER, IMAGE_SLOT) |
                        NVHW_NUM(NV_TEXTURE_HANDLE, SAMPLER, IMAGE_SLOT_EMPTY);
    s.op.op = NV_SASS_TEX;
    image_run(im, "sampler-empty", &s);
}
