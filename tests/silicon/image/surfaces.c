/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Storage images: formatted and raw loads and stores, inside and outside of the image.
 */
#include "tests/silicon/image/image.h"

#include <stdio.h>
#include <string.h>

#define COMPONENTS(name) NV_TIC_V1_BLOCKLINEAR_COMPONENTS_##name
#define TYPE(name)       NV_TIC_V1_BLOCKLINEAR_R_DATA_TYPE_##name
#define KIND(name)       NV_TIC_V1_BLOCKLINEAR_TEXTURE_TYPE_##name

enum { BYTES = 1 << 13, LANES = 64 };

static uint8_t memory[BYTES];
static struct image_lane lanes[LANES];

static const struct format {
    const char *name;
    uint32_t components, type;
} formats[] = {
    {"r32-uint", COMPONENTS(R32), TYPE(UINT)},
    {"r32-float", COMPONENTS(R32), TYPE(FLOAT)},
    {"rgba8-unorm", COMPONENTS(A8B8G8R8), TYPE(UNORM)},
    {"rgba8-snorm", COMPONENTS(A8B8G8R8), TYPE(SNORM)},
    {"rgba8-uint", COMPONENTS(A8B8G8R8), TYPE(UINT)},
    {"rgba8-sint", COMPONENTS(A8B8G8R8), TYPE(SINT)},
    {"rgba16-float", COMPONENTS(R16_G16_B16_A16), TYPE(FLOAT)},
    {"rgba16-unorm", COMPONENTS(R16_G16_B16_A16), TYPE(UNORM)},
    {"rgba32-float", COMPONENTS(R32_G32_B32_A32), TYPE(FLOAT)},
    {"rgb10a2-unorm", COMPONENTS(A2B10G10R10), TYPE(UNORM)},
    {"r11g11b10-float", COMPONENTS(BF10GF11RF11), TYPE(FLOAT)},
    {"r8-unorm", COMPONENTS(R8), TYPE(UNORM)},
    {"r16-sint", COMPONENTS(R16), TYPE(SINT)},
    {"rg16-snorm", COMPONENTS(R16_G16), TYPE(SNORM)},
};

static void random_memory(uint32_t seed)
{
    for (size_t i = 0; i < sizeof memory; i++)
        memory[i] = (uint8_t)(image_random(&seed) >> 8);
}

static struct image_scene scene_of(const struct format *f)
{
    memset(lanes, 0, sizeof lanes);
    for (unsigned i = 0; i < LANES; i++) {
        lanes[i].a[0] = i % 8;
        lanes[i].a[1] = i / 8;
    }
    return (struct image_scene){
        .view = {.components = f->components,
                 .type = f->type,
                 .kind = KIND(TWO_D),
                 .width = 8,
                 .height = 8},
        .version2 = true,
        .method = 2,
        .texels = memory,
        .texel_bytes = sizeof memory,
        .lanes = lanes,
        .lane_count = LANES,
        .words = 4,
    };
}

/* Silicon's rounding is not exact just above a tie: another value then. */
static float clear_of_ties(float value, uint32_t *state)
{
    static const float most[] = {3, 127, 255, 1023, 32767, 65535};

    for (unsigned i = 0; i < 6; i++) {
        float size = value * most[i] * (value < 0 ? -1.0f : 1.0f);
        float fraction = size - (float)(int32_t)size;

        if (fraction > 0.49f && fraction < 0.6f)
            return clear_of_ties((float)(int32_t)image_random(state) / 1.5e9f, state);
    }
    return value;
}

static void values(const struct format *f)
{
    static const float some[] = {0,      1,       -1,   0.5f,    -0.5f, 0.25f, 1.5f,  -2,
                                 0.003f, 0.0039f, 0.1f, 0.9999f, 65504, 70000, 1e-8f, -0.0f};
    uint32_t state = 3;

    for (unsigned i = 0; i < LANES; i++)
        for (unsigned k = 0; k < 4; k++) {
            uint32_t random = image_random(&state);

            if (f->type == TYPE(UINT) || f->type == TYPE(SINT))
                lanes[i].b[k] = i < 32 ? random % 600 - 300 : random;
            else if (i < 16)
                lanes[i].b[k] = image_float(some[(i + k) % 16]);
            else
                lanes[i].b[k] = image_float(clear_of_ties((float)(int32_t)random / 1.5e9f, &state));
        }
}

static void formatted(struct images *im, const struct format *f)
{
    struct image_scene s = scene_of(f);
    char name[64];

    random_memory(21);
    s.op = image_op(NV_SASS_SULD_P, NV_SASS_MOD_SSHAPE, NV_SASS_SSHAPE_2D, NV_SASS_MOD_CLAMP,
                    NV_SASS_CLAMP_IGN, -1);
    snprintf(name, sizeof name, "load-%s", f->name);
    image_run(im, name, &s);
    s.op.op = NV_SASS_SUST_P;
    s.writes = true;
    values(f);
    snprintf(name, sizeof name, "store-%s", f->name);
    image_run(im, name, &s);
}

static void raw(struct images *im)
{
    static const int sizes[] = {NV_SASS_SIZE_U8,  NV_SASS_SIZE_S8,  NV_SASS_SIZE_U16,
                                NV_SASS_SIZE_S16, NV_SASS_SIZE_B32, NV_SASS_SIZE_B64,
                                NV_SASS_SIZE_B128};
    char name[64];

    random_memory(22);
    for (unsigned ba = 0; ba < 2; ba++)
        for (unsigned i = 0; i < 7; i++) {
            struct image_scene s = scene_of(&formats[ba || i == 4 ? 0
                                                     : i < 2      ? 11
                                                     : i < 4      ? 12
                                                     : i == 5     ? 6
                                                                  : 8]);

            s.op = image_op(NV_SASS_SULD_D, NV_SASS_MOD_SSHAPE, NV_SASS_SSHAPE_2D,
                            NV_SASS_MOD_CLAMP, NV_SASS_CLAMP_IGN, NV_SASS_MOD_SIZE, sizes[i],
                            NV_SASS_MOD_BA, (int)ba, -1);
            for (unsigned k = 0; k < LANES && ba; k++)
                lanes[k].a[0] = k % 8 * 16 % 32;
            snprintf(name, sizeof name, "raw-load-%s%u", ba ? "bytes-" : "", i);
            image_run(im, name, &s);
            s.op.op = NV_SASS_SUST_D;
            s.writes = true;
            values(&formats[0]);
            snprintf(name, sizeof name, "raw-store-%s%u", ba ? "bytes-" : "", i);
            if (!ba)
                image_run(im, name, &s);
        }
}

static void shapes(struct images *im)
{
    static const struct {
        const char *name;
        int shape;
        uint32_t kind;
        bool buffer;
    } list[] = {
        {"1d", NV_SASS_SSHAPE_1D, KIND(ONE_D), false},
        {"buffer", NV_SASS_SSHAPE_1D_BUFFER, KIND(ONE_D_BUFFER), true},
        {"1d-array", NV_SASS_SSHAPE_1D_ARRAY, KIND(ONE_D_ARRAY), false},
        {"2d", NV_SASS_SSHAPE_2D, KIND(TWO_D), false},
        {"2d-array", NV_SASS_SSHAPE_2D_ARRAY, KIND(TWO_D_ARRAY), false},
        {"3d", NV_SASS_SSHAPE_3D, KIND(THREE_D), false},
    };
    static const uint32_t clamps[] = {NV_SASS_CLAMP_IGN, NV_SASS_CLAMP_NEAR, NV_SASS_CLAMP_TRAP};
    char name[64];

    for (unsigned i = 0; i < 6; i++)
        for (unsigned c = 0; c < 3; c++) {
            struct image_scene s = scene_of(&formats[0]);
            bool trap = clamps[c] == NV_SASS_CLAMP_TRAP;

            for (unsigned n = 0; n < BYTES / 4; n++)
                memcpy(memory + n * 4, &(uint32_t){n}, 4);
            s.view.kind = list[i].kind;
            s.view.buffer = list[i].buffer;
            s.view.height = list[i].shape == NV_SASS_SSHAPE_1D ? 1 : 8;
            s.view.depth = i < 2 || i == 3 ? 1 : 3;
            s.view.width = 7;
            for (unsigned k = 0; k < LANES; k++) {
                uint32_t state = k, axis = k % 4;

                for (unsigned n = 0; n < 3; n++)
                    lanes[k].a[n] = image_random(&state) % (n == 2 || (n == 1 && i == 2) ? 3 : 7);
                if (!trap && axis < 3)
                    lanes[k].a[axis] = k % 8 < 4 ? 0u - 1 - k % 3 : 7 + k % 3;
            }
            s.op = image_op(NV_SASS_SULD_P, NV_SASS_MOD_SSHAPE, list[i].shape, NV_SASS_MOD_CLAMP,
                            (int)clamps[c], -1);
            s.words = 5;
            snprintf(name, sizeof name, "surface-%s-clamp%u", list[i].name, c);
            image_run(im, name, &s);
            if (clamps[c] != NV_SASS_CLAMP_NEAR && i != 2) {
                s.op.op = NV_SASS_SUST_P;
                s.writes = true;
                for (unsigned k = 0; k < LANES; k++) /* the same value from all that meet */
                    lanes[k].b[0] = 0x12345678;
                snprintf(name, sizeof name, "surface-store-%s-clamp%u", list[i].name, c);
                image_run(im, name, &s);
            }
        }
}

static void trap(struct images *im)
{
    struct image_scene s = scene_of(&formats[0]);

    s.op = image_op(NV_SASS_SULD_P, NV_SASS_MOD_SSHAPE, NV_SASS_SSHAPE_2D, NV_SASS_MOD_CLAMP,
                    NV_SASS_CLAMP_TRAP, -1);
    lanes[3].a[0] = 100;
    s.words = 5;
    image_run(im, "surface-trap", &s);
}

void images_surfaces(struct images *im)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        formatted(im, &formats[i]);
    raw(im);
    shapes(im);
    trap(im);
}
