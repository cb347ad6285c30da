/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Levels of detail: texels of level n hold n, so the answer is the level that was read, or how two
 * were mixed. Given, biased, clamped, from derivatives given and found; and asked for (TMML, TXQ).
 */
#include "tests/silicon/image/image.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define COMPONENTS(name) NV_TIC_V1_BLOCKLINEAR_COMPONENTS_##name
#define TYPE(name)       NV_TIC_V1_BLOCKLINEAR_R_DATA_TYPE_##name
#define KIND(name)       NV_TIC_V1_BLOCKLINEAR_TEXTURE_TYPE_##name

/* Levels that the software GPU may be off: log2 of one derivative, and two that are not at right
 * angles, where silicon goes by the ellipse they make. */
#define LOG2_ERROR       (2.0f / 256)
#define ELLIPSE_ERROR    0.5f

enum { SIDE = 64, LEVELS = 7, BYTES = 1 << 15 };

static float memory[BYTES / 4];
static struct image_lane lanes[IMAGE_LANES_MAX];

static void fill(void)
{
    struct mg_image_shape shape = {.width = SIDE,
                                   .height = SIDE,
                                   .depth = 1,
                                   .levels = LEVELS,
                                   .layers = 1,
                                   .element_bytes = 4};
    struct mg_image_layout l;

    (void)mg_image_layout(&shape, &l);
    for (uint32_t level = 0; level < LEVELS; level++)
        for (uint32_t y = 0; y < (uint32_t)SIDE >> level; y++)
            for (uint32_t x = 0; x < (uint32_t)SIDE >> level; x++)
                memory[mg_image_offset(&l, level, 0, x, y, 0) / 4] = (float)level;
}

static struct image_scene scene_of(int op, int lod, unsigned count)
{
    memset(lanes, 0, sizeof lanes);
    for (unsigned i = 0; i < count; i++) {
        lanes[i].a[0] = lanes[i].a[1] = image_float(0.4f);
        lanes[i].b[0] = image_handle();
    }
    return (struct image_scene){
        .view = {.components = COMPONENTS(R32),
                 .type = TYPE(FLOAT),
                 .kind = KIND(TWO_D),
                 .width = SIDE,
                 .height = SIDE,
                 .levels = LEVELS},
        .sampler = {.mag = 2, .min = 2, .mip = 3},
        .version2 = true,
        .method = 2,
        .texels = (const uint8_t *)memory,
        .texel_bytes = sizeof memory,
        .op = image_op((enum nvhw_sass_op)op, NV_SASS_MOD_TB, 1, NV_SASS_MOD_SHAPE,
                       NV_SASS_SHAPE_2D, NV_SASS_MOD_LOD, lod, -1),
        .lanes = lanes,
        .lane_count = count,
        .words = 1,
    };
}

static void given(struct images *im)
{
    struct image_scene s = scene_of(NV_SASS_TEX, NV_SASS_LOD_LL, 4096);

    for (unsigned i = 0; i < 4096; i++)
        lanes[i].b[1] = image_float((float)i / 2048 - 0.25f);
    image_run(im, "lod-fraction", &s);
    for (unsigned i = 0; i < 512; i++)
        lanes[i].b[1] = image_float((float)i / 50 - 2);
    s.lane_count = 512;
    image_run(im, "lod-linear", &s);
    s.sampler.mip = 2;
    for (unsigned i = 0; i < 512; i++)
        lanes[i].b[1] = image_float(0.5f * floorf((float)i / 32) + ((float)(i % 32) - 16) / 2048);
    image_run(im, "lod-point", &s);
    s.sampler.mip = 1;
    image_run(im, "lod-none", &s);
    s.sampler.mip = 3;
    s.sampler.min_lod = 0x180;
    s.sampler.max_lod = 0x3c0;
    image_run(im, "lod-clamped", &s);
    s.sampler.mip = 2;
    image_run(im, "lod-point-clamped", &s);
    s.sampler.mip = 3;
    s.sampler.min_lod = s.sampler.max_lod = 0;
    s.view.min_lod = 0x2a0;
    image_run(im, "lod-header-clamped", &s);
    s.view.min_lod = 0;
    s.view.view_first = 2;
    s.view.view_last = 4;
    image_run(im, "lod-view", &s);
    s.sampler.bias = 0x140;
    image_run(im, "lod-view-bias", &s);
    s.view.view_first = s.view.view_last = 0;
    image_run(im, "lod-sampler-bias", &s);
}

/* Quads of lanes: lane 1 and 3 to the right, lane 2 and 3 below. */
static void derived(struct images *im)
{
    static const int lods[] = {NV_SASS_LOD_NONE, NV_SASS_LOD_LB};
    char name[64];

    for (unsigned k = 0; k < 4; k++) {
        struct image_scene s = scene_of(NV_SASS_TEX, lods[k % 2], 1024);

        for (unsigned i = 0; i < 1024; i++) {
            unsigned quad = i / 4;
            float dx = exp2f((float)(quad % 64) / 8 - 7),
                  dy = k < 2 ? 0 : dx * floorf((float)quad / 64);

            lanes[i].a[0] = image_float(0.3f + (i & 1 ? dx : 0));
            lanes[i].a[1] = image_float(0.3f + (i & 2 ? dy : 0) + (quad & 1 && i & 1 ? dx / 3 : 0));
            lanes[i].b[1] = image_float(floorf((float)quad / 64) / 3 - 0.5f);
        }
        s.tolerance.absolute = k < 2 ? LOG2_ERROR : ELLIPSE_ERROR;
        snprintf(name, sizeof name, "lod-derived-%u", k);
        image_run(im, name, &s);
    }
    for (unsigned k = 0; k < 2; k++) {
        struct image_scene s = scene_of(k ? NV_SASS_TMML : NV_SASS_TXD, 0, 512);

        s.op.mod[NV_SASS_MOD_LOD] = 0;
        for (unsigned i = 0; i < 512; i++) {
            float d[4];
            uint32_t state = i * 7919 + 5;

            for (unsigned n = 0; n < 4; n++)
                d[n] = exp2f((float)(image_random(&state) % 4096) / 500 - 8) *
                       (image_random(&state) & 8 ? 1.0f : -1.0f);
            if (i < 128)
                d[1] = d[2] = d[3] = 0;
            if (k) { /* quads */
                state = i / 4 * 7919 + 5;
                d[0] = exp2f((float)(image_random(&state) % 4096) / 500 - 8);
                d[1] = i < 128 ? 0 : exp2f((float)(image_random(&state) % 4096) / 500 - 8);
                lanes[i].a[0] = image_float(0.3f + (i & 1 ? d[0] : 0));
                lanes[i].a[1] = image_float(0.3f + (i & 2 ? d[1] : 0));
            } else {
                lanes[i].a[0] = image_handle();
                lanes[i].a[1] = lanes[i].a[2] = image_float(0.3f);
                for (unsigned n = 0; n < 4; n++)
                    lanes[i].b[n] = image_float(d[n]);
            }
        }
        s.words = k ? 2 : 1;
        if (k)
            s.op.o[NV_SASS_LUT] = nvhw_sass_imm(3);
        s.tolerance = (struct image_tolerance){k ? 1 : 0, k ? 0 : ELLIPSE_ERROR};
        image_run(im, k ? "lod-asked" : "lod-derivatives", &s);
    }
}

static void queries(struct images *im)
{
    char name[64];

    for (int what = 0; what < 3; what++) {
        struct image_scene s = scene_of(NV_SASS_TXQ, 0, 32);

        s.op = image_op(NV_SASS_TXQ, NV_SASS_MOD_TB, 1, NV_SASS_MOD_TXQ, what, -1);
        s.op.o[NV_SASS_LUT] = nvhw_sass_imm(15);
        s.view.width = 37;
        s.view.height = 21;
        s.view.view_first = 1;
        s.view.view_last = 4;
        s.words = 4;
        for (unsigned i = 0; i < 32; i++) {
            lanes[i].a[0] = image_handle();
            lanes[i].a[1] = i % 8;
        }
        snprintf(name, sizeof name, "query-%d", what);
        image_run(im, name, &s);
        s.view.kind = KIND(TWO_D_ARRAY);
        s.view.depth = 5;
        snprintf(name, sizeof name, "query-array-%d", what);
        image_run(im, name, &s);
        s.view.buffer = true;
        snprintf(name, sizeof name, "query-buffer-%d", what);
        image_run(im, name, &s);
    }
}

void images_lods(struct images *im)
{
    fill();
    given(im);
    derived(im);
    queries(im);
}
