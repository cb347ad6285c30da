/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * How coordinates become texels, and what the linear filter makes of neighbours: address modes,
 * borders, weights, formats under the filter, comparison, gathering, cubes.
 */
#include "tests/silicon/image/image.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define COMPONENTS(name) NV_TIC_V1_BLOCKLINEAR_COMPONENTS_##name
#define TYPE(name)       NV_TIC_V1_BLOCKLINEAR_R_DATA_TYPE_##name
#define KIND(name)       NV_TIC_V1_BLOCKLINEAR_TEXTURE_TYPE_##name

enum { BYTES = 1 << 15, LONG_BYTES = 1 << 18, LINEAR = 2, MODES = 8 };

static union {
    uint8_t bytes[BYTES];
    uint32_t words[BYTES / 4];
    float floats[BYTES / 4];
} memory;
static struct image_lane lanes[IMAGE_LANES_MAX];

static struct image_scene scene_of(uint32_t components, uint32_t type, uint32_t kind, int shape,
                                   unsigned count)
{
    memset(lanes, 0, sizeof lanes);
    for (unsigned i = 0; i < count; i++)
        lanes[i].b[0] = image_handle();
    return (struct image_scene){
        .view = {.components = components, .type = type, .kind = kind, .height = 1},
        .version2 = true,
        .method = 2,
        .texels = memory.bytes,
        .texel_bytes = sizeof memory,
        .op = image_op(NV_SASS_TEX, NV_SASS_MOD_TB, 1, NV_SASS_MOD_SHAPE, shape, NV_SASS_MOD_LOD,
                       NV_SASS_LOD_LZ, -1),
        .lanes = lanes,
        .lane_count = count,
        .words = 1,
    };
}

static void random_memory(uint32_t seed)
{
    for (size_t i = 0; i < sizeof memory; i++)
        memory.bytes[i] = (uint8_t)(image_random(&seed) >> 8);
}

/* Small floats without NaN. */
static void float_memory(uint32_t seed)
{
    for (size_t i = 0; i < BYTES / 4; i++)
        memory.floats[i] = (float)(int32_t)image_random(&seed) / 268435456.0f;
}

static float unit(uint32_t *state)
{
    return (float)(image_random(state) & 0xffffff) / 16777216.0f;
}

/* Texel x holds the value x + 1; the border 100. */
static void wraps(struct images *im)
{
    static const unsigned widths[] = {8, 7};
    char name[64];

    for (unsigned w = 0; w < 2; w++)
        for (uint32_t mode = 0; mode < MODES; mode++)
            for (unsigned linear = 0; linear < 2; linear++) {
                struct image_scene s =
                    scene_of(COMPONENTS(R32), TYPE(FLOAT), KIND(ONE_D), NV_SASS_SHAPE_1D, 512);

                for (unsigned i = 0; i < BYTES / 4; i++)
                    memory.floats[i] = (float)(i + 1);
                s.view.width = widths[w];
                s.sampler.wrap[0] = s.sampler.wrap[1] = s.sampler.wrap[2] = mode;
                s.sampler.border[0] = 100;
                s.sampler.mag = s.sampler.min = linear ? LINEAR : 1;
                for (unsigned i = 0; i < 512; i++)
                    lanes[i].a[0] = image_float(-2.5f + (float)i * (6.0f / 512));
                snprintf(name, sizeof name, "wrap-%u-mode%u-%s", widths[w], mode,
                         linear ? "linear" : "point");
                image_run(im, name, &s);
            }
}

/* Where one texel ends and the next begins, to the last bit of the coordinate. */
static void edges(struct images *im)
{
    static float line[LONG_BYTES / 4];
    static const uint32_t widths[] = {2, 8, 100, 1000, 8192};
    char name[64];

    for (unsigned w = 0; w < 5; w++)
        for (unsigned linear = 0; linear < 2; linear++) {
            struct image_scene s =
                scene_of(COMPONENTS(R32), TYPE(FLOAT), KIND(ONE_D), NV_SASS_SHAPE_1D, 512);

            for (unsigned i = 0; i < LONG_BYTES / 4; i++)
                line[i] = (float)i;
            s.texels = (const uint8_t *)line;
            s.texel_bytes = sizeof line;
            s.view.width = widths[w];
            s.sampler.wrap[0] = 2;
            s.sampler.mag = s.sampler.min = linear ? LINEAR : 1;
            for (unsigned i = 0; i < 512; i++) {
                uint32_t texel = (i / 32 * 97 + 1) % widths[w];
                float at = ((float)texel + (linear ? 0.5f : 0.0f)) / (float)widths[w];

                lanes[i].a[0] = image_float(at) + (i % 32) * 3 - 48;
                if (i % 32 > 24)
                    lanes[i].a[0] =
                        image_float(at + (float)((int)(i % 32) - 28) / 600.0f / (float)widths[w]);
            }
            snprintf(name, sizeof name, "edge-%u-%s", widths[w], linear ? "linear" : "point");
            image_run(im, name, &s);
        }
}

/* 0 and 1 side by side: the answer is the weight. */
static void weights(struct images *im)
{
    struct image_scene s =
        scene_of(COMPONENTS(R32), TYPE(FLOAT), KIND(ONE_D), NV_SASS_SHAPE_1D, 4096);

    for (unsigned i = 0; i < BYTES / 4; i++)
        memory.floats[i] = (float)(i % 2);
    s.view.width = 2;
    s.sampler.wrap[0] = s.sampler.wrap[1] = 2;
    s.sampler.mag = s.sampler.min = LINEAR;
    for (unsigned i = 0; i < 4096; i++)
        lanes[i].a[0] = image_float(0.25f + (float)i / 8192.0f);
    image_run(im, "weight-1d", &s);

    s = scene_of(COMPONENTS(R32), TYPE(FLOAT), KIND(TWO_D), NV_SASS_SHAPE_2D, 2048);
    s.view.width = s.view.height = 2;
    s.sampler.wrap[0] = s.sampler.wrap[1] = 2;
    s.sampler.mag = s.sampler.min = LINEAR;
    for (unsigned corner = 0; corner < 4; corner++) {
        char name[32];
        uint32_t state = corner;

        memset(&memory, 0, sizeof memory);
        memory.floats[corner % 2 + corner / 2 * 4] = 1;
        for (unsigned i = 0; i < 2048; i++) {
            lanes[i].a[0] = image_float(0.25f + unit(&state) / 2);
            lanes[i].a[1] = image_float(0.25f + unit(&state) / 2);
        }
        s.lane_count = 512;
        snprintf(name, sizeof name, "weight-2d-%u", corner);
        image_run(im, name, &s);
    }
    s = scene_of(COMPONENTS(R32), TYPE(FLOAT), KIND(THREE_D), NV_SASS_SHAPE_3D, 512);
    s.view.width = s.view.height = s.view.depth = 2;
    s.sampler.wrap[0] = s.sampler.wrap[1] = s.sampler.wrap[2] = 2;
    s.sampler.mag = s.sampler.min = LINEAR;
    for (uint32_t corner = 0; corner < 8; corner++) {
        char name[32];

        memset(&memory, 0, sizeof memory);
        memory.floats[corner % 2 + corner / 2 % 2 * 4 + corner / 4 * 128] = 1;
        for (uint32_t i = 0, state = 3 + corner; i < 512; i++)
            for (unsigned k = 0; k < 3; k++)
                lanes[i].a[k] = image_float(0.25f + unit(&state) / 2);
        snprintf(name, sizeof name, "weight-3d-%u", corner);
        image_run(im, name, &s);
    }
}

/* What the software GPU does not get to the last place: 8-bit SNORM under a filter (1 of 32767),
 * sRGB where a value just below a power of two sets the scale. */
static struct image_tolerance tolerance_of(uint32_t type, bool srgb)
{
    return (struct image_tolerance){0, srgb ? 0.004f : type == TYPE(SNORM) ? 1.01f / 32767 : 0};
}

/* Random texels at random places, a format at a time. */
static void blends(struct images *im)
{
    static const struct {
        const char *name;
        uint32_t components, type;
        bool srgb;
    } list[] = {
        {"r8-unorm", COMPONENTS(R8), TYPE(UNORM), false},
        {"r8-snorm", COMPONENTS(R8), TYPE(SNORM), false},
        {"r16-unorm", COMPONENTS(R16), TYPE(UNORM), false},
        {"r16-snorm", COMPONENTS(R16), TYPE(SNORM), false},
        {"r16-float", COMPONENTS(R16), TYPE(FLOAT), false},
        {"r32-float", COMPONENTS(R32), TYPE(FLOAT), false},
        {"a8b8g8r8-unorm", COMPONENTS(A8B8G8R8), TYPE(UNORM), false},
        {"a8b8g8r8-srgb", COMPONENTS(A8B8G8R8), TYPE(UNORM), true},
        {"a2b10g10r10", COMPONENTS(A2B10G10R10), TYPE(UNORM), false},
        {"bf10gf11rf11", COMPONENTS(BF10GF11RF11), TYPE(FLOAT), false},
        {"e5b9g9r9", COMPONENTS(E5B9G9R9_SHAREDEXP), TYPE(FLOAT), false},
        {"b5g6r5", COMPONENTS(B5G6R5), TYPE(UNORM), false},
        {"bc1", COMPONENTS(DXT1), TYPE(UNORM), false},
        {"bc4", COMPONENTS(DXN1), TYPE(UNORM), false},
        {"bc7", COMPONENTS(BC7U), TYPE(UNORM), false},
        {"bc6h", COMPONENTS(BC6H_UF16), TYPE(FLOAT), false},
        {"zf32", COMPONENTS(ZF32), TYPE(FLOAT), false},
        {"r32-uint", COMPONENTS(R32), TYPE(UINT), false},
        {"a8b8g8r8-uint", COMPONENTS(A8B8G8R8), TYPE(UINT), false},
    };

    for (size_t k = 0; k < sizeof list / sizeof list[0]; k++) {
        struct image_scene s =
            scene_of(list[k].components, list[k].type, KIND(TWO_D), NV_SASS_SHAPE_2D, 512);
        char name[64];

        if (list[k].components == COMPONENTS(R32) || list[k].components == COMPONENTS(ZF32))
            float_memory((uint32_t)k);
        else
            random_memory((uint32_t)k);
        if (list[k].components == COMPONENTS(R16) && list[k].type == TYPE(FLOAT))
            for (unsigned i = 0; i < BYTES / 2; i++)
                memory.bytes[i * 2 + 1] &= 0xbf;
        s.view.width = 16;
        s.view.height = 12;
        s.view.srgb = list[k].srgb;
        s.sampler.mag = s.sampler.min = LINEAR;
        s.sampler.wrap[0] = 0;
        s.sampler.wrap[1] = 2;
        for (uint32_t i = 0, state = 5; i < 512; i++) {
            lanes[i].a[0] = image_float(unit(&state) * 2 - 0.5f);
            lanes[i].a[1] = image_float(unit(&state) * 2 - 0.5f);
        }
        s.words = 4;
        s.lane_count = 256;
        s.tolerance = tolerance_of(list[k].type, list[k].srgb);
        snprintf(name, sizeof name, "blend-%s", list[k].name);
        image_run(im, name, &s);
    }
}

static void blends_3d(struct images *im)
{
    struct image_scene s =
        scene_of(COMPONENTS(R32), TYPE(FLOAT), KIND(THREE_D), NV_SASS_SHAPE_3D, 512);

    float_memory(123);
    s.view.width = 9;
    s.view.height = 8;
    s.view.depth = 5;
    s.view.block_depth_log2 = 1;
    s.sampler.mag = s.sampler.min = LINEAR;
    for (uint32_t i = 0, state = 5; i < 512; i++)
        for (unsigned k = 0; k < 3; k++)
            lanes[i].a[k] = image_float(unit(&state) * 2 - 0.5f);
    image_run(im, "blend-3d-r32-float", &s);
    s.view.components = COMPONENTS(R8);
    s.view.type = TYPE(UNORM);
    random_memory(124);
    image_run(im, "blend-3d-r8-unorm", &s);
    s.sampler.reduction = 1;
    image_run(im, "blend-3d-minimum", &s);
    s.sampler.reduction = 2;
    image_run(im, "blend-3d-maximum", &s);
    s.sampler.reduction = 0;
    s.sampler.wrap[0] = s.sampler.wrap[1] = s.sampler.wrap[2] = 3;
    s.sampler.border[0] = 0.5f;
    image_run(im, "blend-3d-border", &s);
}

/* A texel of one level and none elsewhere: the weight with two levels. */
static void mips(struct images *im)
{
    for (unsigned which = 0; which < 4; which++) {
        struct image_scene s =
            scene_of(COMPONENTS(R32), TYPE(FLOAT), KIND(TWO_D), NV_SASS_SHAPE_2D, 512);
        char name[32];

        memset(&memory, 0, sizeof memory);
        if (which < 2)
            memory.floats[which * 128] = 1; /* levels of 2 x 2 and 1 x 1, a GOB each */
        else
            float_memory(which);
        s.view.width = s.view.height = which < 2 ? 2 : 16;
        s.view.levels = which < 2 ? 2 : 5;
        s.sampler.wrap[0] = s.sampler.wrap[1] = 2;
        s.sampler.mag = s.sampler.min = LINEAR;
        s.sampler.mip = 3;
        if (which == 3) {
            random_memory(which);
            s.view.components = COMPONENTS(A8B8G8R8);
            s.view.type = TYPE(UNORM);
            s.words = 4;
        }
        s.op.mod[NV_SASS_MOD_LOD] = NV_SASS_LOD_LL;
        for (uint32_t i = 0, state = 7; i < 512; i++) {
            lanes[i].a[0] = image_float(0.25f + unit(&state) / 2);
            lanes[i].a[1] = image_float(0.25f + unit(&state) / 2);
            lanes[i].b[1] = image_float(unit(&state) * (which < 2 ? 1 : 4));
        }
        s.tolerance.ulp = which == 2 ? 2 : 0;
        snprintf(name, sizeof name, "mips-%u", which);
        image_run(im, name, &s);
    }
}

/* Coordinates in texels, by the sampler and by the header. */
static void unnormalized(struct images *im)
{
    for (unsigned k = 0; k < 4; k++) {
        struct image_scene s =
            scene_of(COMPONENTS(R32), TYPE(FLOAT), KIND(TWO_D), NV_SASS_SHAPE_2D, 256);
        char name[32];
        uint32_t state = 12;

        float_memory(40);
        s.view.width = s.view.height = 13;
        s.view.unnormalized = k & 1;
        s.sampler.unnormalized = !(k & 1);
        s.sampler.mag = s.sampler.min = k & 2 ? LINEAR : 1;
        s.sampler.wrap[0] = s.sampler.wrap[1] = 2;
        for (unsigned i = 0; i < 256; i++) {
            lanes[i].a[0] = image_float(unit(&state) * 17 - 2);
            lanes[i].a[1] = image_float(i % 4 ? unit(&state) * 17 - 2 : (float)(i / 4 % 14));
        }
        snprintf(name, sizeof name, "unnormalized-%u", k);
        image_run(im, name, &s);
    }
}

/* How borders are cut to the texels' precision. */
static void border_bits(struct images *im)
{
    static const uint32_t components[] = {COMPONENTS(A8B8G8R8),        COMPONENTS(A8B8G8R8),
                                          COMPONENTS(R16_G16_B16_A16), COMPONENTS(R16_G16_B16_A16),
                                          COMPONENTS(R16_G16_B16_A16), COMPONENTS(BC7U),
                                          COMPONENTS(A2B10G10R10),     COMPONENTS(DXN2)};
    static const uint32_t types[] = {TYPE(UNORM), TYPE(SNORM), TYPE(UNORM), TYPE(SNORM),
                                     TYPE(FLOAT), TYPE(UNORM), TYPE(UNORM), TYPE(UNORM)};

    for (unsigned k = 0; k < 8; k++)
        for (unsigned part = 0; part < 4; part++) {
            struct image_scene s =
                scene_of(components[k], types[k], KIND(TWO_D), NV_SASS_SHAPE_2D, 32);
            uint32_t state = k * 4 + part + 1;
            char name[32];

            random_memory(60);
            s.view.width = s.view.height = 8;
            s.sampler.wrap[0] = s.sampler.wrap[1] = 3;
            s.sampler.mag = s.sampler.min = part & 1 ? LINEAR : 1;
            for (unsigned i = 0; i < 4; i++)
                s.sampler.border[i] = unit(&state) * 2.5f - 1.25f;
            for (unsigned i = 0; i < 32; i++) {
                lanes[i].a[0] = image_float(-0.2f + (float)i / 64);
                lanes[i].a[1] = image_float(0.3f);
            }
            s.words = 4;
            s.tolerance = tolerance_of(types[k], false);
            snprintf(name, sizeof name, "border-bits-%u-%u", k, part);
            image_run(im, name, &s);
        }
}

/* Depths of 16 bits under filters: some of these raise an exception. */
static void depth16(struct images *im)
{
    for (unsigned k = 0; k < 8; k++) {
        struct image_scene s =
            scene_of(COMPONENTS(Z16), TYPE(UNORM), KIND(TWO_D), NV_SASS_SHAPE_2D, 64);
        uint32_t state = 4;
        char name[32];

        random_memory(k);
        s.view.width = k & 1 ? 16 : 8;
        s.view.height = k & 1 ? 12 : 8;
        s.sampler.mag = s.sampler.min = k & 2 ? LINEAR : 1;
        s.sampler.compare = k & 4 ? 2 : 0;
        s.op.mod[NV_SASS_MOD_DC] = (k & 4) != 0;
        for (unsigned i = 0; i < 64; i++) {
            lanes[i].a[0] = image_float(unit(&state));
            lanes[i].a[1] = image_float(unit(&state));
            lanes[i].b[1] = image_float(unit(&state));
        }
        snprintf(name, sizeof name, "depth16-%u", k);
        image_run(im, name, &s);
    }
}

static void borders(struct images *im)
{
    static const struct {
        const char *name;
        uint32_t components, type;
        bool srgb;
    } list[] = {
        {"a8b8g8r8-unorm", COMPONENTS(A8B8G8R8), TYPE(UNORM), false},
        {"a8b8g8r8-snorm", COMPONENTS(A8B8G8R8), TYPE(SNORM), false},
        {"a8b8g8r8-srgb", COMPONENTS(A8B8G8R8), TYPE(UNORM), true},
        {"a8b8g8r8-uint", COMPONENTS(A8B8G8R8), TYPE(UINT), false},
        {"r32-float", COMPONENTS(R32), TYPE(FLOAT), false},
        {"r16-float", COMPONENTS(R16), TYPE(FLOAT), false},
        {"r32-uint", COMPONENTS(R32), TYPE(UINT), false},
        {"g8r8-unorm", COMPONENTS(G8R8), TYPE(UNORM), false},
        {"zf32", COMPONENTS(ZF32), TYPE(FLOAT), false},
        {"bc1", COMPONENTS(DXT1), TYPE(UNORM), false},
    };

    for (size_t k = 0; k < sizeof list / sizeof list[0]; k++)
        for (unsigned linear = 0; linear < 2; linear++) {
            struct image_scene s =
                scene_of(list[k].components, list[k].type, KIND(TWO_D), NV_SASS_SHAPE_2D, 64);
            static const float border[] = {0.2f, -0.75f, 1.5f, 0.6f};
            char name[64];

            random_memory((uint32_t)k + 50);
            s.view.width = s.view.height = 8;
            s.view.srgb = list[k].srgb;
            s.sampler.wrap[0] = s.sampler.wrap[1] = 3;
            s.sampler.mag = s.sampler.min = linear ? LINEAR : 1;
            memcpy(s.sampler.border, border, sizeof border);
            for (unsigned i = 0; i < 64; i++) {
                lanes[i].a[0] = image_float(-0.1f + (float)(i % 8) * 0.17f);
                lanes[i].a[1] = image_float(-0.1f + floorf((float)i / 8) * 0.17f);
            }
            s.words = 4;
            s.tolerance = tolerance_of(list[k].type, list[k].srgb);
            snprintf(name, sizeof name, "border-%s-%s", list[k].name, linear ? "linear" : "point");
            image_run(im, name, &s);
        }
}

static void compares(struct images *im)
{
    static const uint32_t components[] = {COMPONENTS(ZF32), COMPONENTS(Z16), COMPONENTS(R32)};

    for (unsigned k = 0; k < 3; k++)
        for (uint32_t func = 0; func < 8; func++) {
            uint32_t type = k == 1 ? TYPE(UNORM) : TYPE(FLOAT), state = func;
            struct image_scene s =
                scene_of(components[k], type, KIND(TWO_D), NV_SASS_SHAPE_2D, 128);
            char name[64];

            if (k == 1)
                random_memory(k);
            else
                for (unsigned i = 0; i < BYTES / 4; i++)
                    memory.floats[i] = (float)(image_random(&state) & 15) / 8;
            s.view.width = s.view.height = 8;
            s.sampler.compare = 1 + func;
            s.sampler.mag = s.sampler.min = func % 2 || k ? LINEAR : 1;
            s.op.mod[NV_SASS_MOD_DC] = 1;
            for (unsigned i = 0; i < 128; i++) {
                lanes[i].a[0] = image_float(unit(&state));
                lanes[i].a[1] = image_float(unit(&state));
                lanes[i].b[1] =
                    image_float(i % 3 ? unit(&state) * 1.5f - 0.25f : (float)(i % 16) / 8);
            }
            s.words = 4;
            snprintf(name, sizeof name, "compare-%u-func%u", k, func);
            image_run(im, name, &s);
        }
}

static void gathers(struct images *im)
{
    struct image_scene s =
        scene_of(COMPONENTS(A8B8G8R8), TYPE(UINT), KIND(TWO_D), NV_SASS_SHAPE_2D, 128);
    char name[64];

    random_memory(77);
    s.view.width = s.view.height = 8;
    s.words = 4;
    for (int comp = 0; comp < 6; comp++) {
        uint32_t state = 9;

        s.op = image_op(NV_SASS_TLD4, NV_SASS_MOD_TB, 1, NV_SASS_MOD_SHAPE, NV_SASS_SHAPE_2D,
                        NV_SASS_MOD_COMP, comp % 4, NV_SASS_MOD_TOFF,
                        comp < 4    ? NV_SASS_TOFF_NONE
                        : comp == 4 ? NV_SASS_TOFF_AOFFI
                                    : NV_SASS_TOFF_PTP,
                        -1);
        for (unsigned i = 0; i < 128; i++) {
            lanes[i].a[0] = image_float(unit(&state) * 1.5f - 0.25f);
            lanes[i].a[1] = image_float(unit(&state) * 1.5f - 0.25f);
            lanes[i].b[1] = image_random(&state) & 0x3f3f3f3f;
            lanes[i].b[2] = image_random(&state) & 0x3f3f3f3f;
        }
        snprintf(name, sizeof name, "gather-%d", comp);
        image_run(im, name, &s);
    }
    s.view.components = COMPONENTS(ZF32);
    s.view.type = TYPE(FLOAT);
    s.sampler.compare = 2;
    for (unsigned i = 0; i < BYTES / 4; i++)
        memory.floats[i] = (float)(i % 16) / 16;
    s.op = image_op(NV_SASS_TLD4, NV_SASS_MOD_TB, 1, NV_SASS_MOD_SHAPE, NV_SASS_SHAPE_2D,
                    NV_SASS_MOD_DC, 1, -1);
    for (unsigned i = 0; i < 128; i++)
        lanes[i].b[1] = image_float((float)(i % 20) / 16);
    image_run(im, "gather-compare", &s);
}

/* Faces hold their own number times 16 plus the texel's. */
static void cubes(struct images *im)
{
    for (uint32_t seam = 0; seam < 4; seam++)
        for (unsigned linear = 0; linear < 2; linear++) {
            struct image_scene s =
                scene_of(COMPONENTS(R32), TYPE(FLOAT), KIND(CUBEMAP), NV_SASS_SHAPE_CUBE, 512);
            struct mg_image_shape shape = {
                .width = 4, .height = 4, .depth = 1, .levels = 1, .layers = 6, .element_bytes = 4};
            struct mg_image_layout l;
            char name[64];
            uint32_t state = 31;

            (void)mg_image_layout(&shape, &l);
            for (unsigned i = 0; i < 96; i++)
                memory.floats[mg_image_offset(&l, 0, i / 16, i % 4, i / 4 % 4, 0) / 4] =
                    (float)(i * i % 101);
            s.view.width = s.view.height = 4;
            s.view.depth = 1;
            s.sampler.seam = seam;
            s.sampler.wrap[0] = s.sampler.wrap[1] = 2;
            s.sampler.mag = s.sampler.min = linear ? LINEAR : 1;
            for (unsigned i = 0; i < 512; i++) {
                float v[3], most = 0;

                for (unsigned k = 0; k < 3; k++) {
                    v[k] = unit(&state) * 2 - 1;
                    if (i % 3 == 0 && k == i / 3 % 3)
                        v[k] = i % 2 ? 0.99f : -0.97f;
                    most = v[k] > most ? v[k] : -v[k] > most ? -v[k] : most;
                }
                for (unsigned k = 0; k < 3; k++)
                    lanes[i].a[k] = image_float(v[k] / most);
            }
            s.lane_count = linear ? 512 : 128;
            s.model_refuses = seam > 1 && linear;
            snprintf(name, sizeof name, "cube-seam%u-%s", seam, linear ? "linear" : "point");
            image_run(im, name, &s);
        }
}

void images_filters(struct images *im)
{
    wraps(im);
    edges(im);
    weights(im);
    blends(im);
    blends_3d(im);
    mips(im);
    unnormalized(im);
    borders(im);
    border_bits(im);
    compares(im);
    gathers(im);
    cubes(im);
    depth16(im);
}
