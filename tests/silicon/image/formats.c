/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What texels are worth: 64 texels of random bits of every format, and many blocks of the
 * compressed ones, fetched as they are.
 */
#include "tests/silicon/image/image.h"

#include <stdio.h>
#include <string.h>

enum { SIDE = 8, BLOCK_SIDE = 64, BYTES = 1 << 14 };

#define COMPONENTS(name) NV_TIC_V1_BLOCKLINEAR_COMPONENTS_##name
#define TYPE(name)       NV_TIC_V1_BLOCKLINEAR_R_DATA_TYPE_##name

static uint8_t memory[BYTES];
static struct image_lane lanes[IMAGE_LANES_MAX];

static void random_memory(uint32_t seed)
{
    for (size_t i = 0; i < sizeof memory; i++)
        memory[i] = (uint8_t)(image_random(&seed) >> 8);
}

static void set_lanes(unsigned side, unsigned count)
{
    memset(lanes, 0, sizeof lanes);
    for (unsigned i = 0; i < count; i++) {
        lanes[i].a[0] = i % side;
        lanes[i].a[1] = i / side;
        lanes[i].b[0] = image_handle();
    }
}

static struct image_scene scene_of(uint32_t components, uint32_t type, unsigned side)
{
    return (struct image_scene){
        .view = {.components = components,
                 .type = type,
                 .kind = NV_TIC_V1_BLOCKLINEAR_TEXTURE_TYPE_TWO_D,
                 .width = side,
                 .height = side},
        .version2 = true,
        .method = 2,
        .texels = memory,
        .texel_bytes = sizeof memory,
        .op = image_op(NV_SASS_TLD, NV_SASS_MOD_TB, 1, NV_SASS_MOD_SHAPE, NV_SASS_SHAPE_2D,
                       NV_SASS_MOD_LOD, NV_SASS_LOD_LZ, -1),
        .lanes = lanes,
        .lane_count = side * side,
        .words = 4,
    };
}

static const struct {
    const char *name;
    uint32_t components;
    uint32_t types; /* bit per type */
} plain[] = {
    {"r32g32b32a32", COMPONENTS(R32_G32_B32_A32), 1 << 3 | 1 << 4 | 1 << 7},
    {"r32g32b32", COMPONENTS(R32_G32_B32), 1 << 3 | 1 << 4 | 1 << 7},
    {"r16g16b16a16", COMPONENTS(R16_G16_B16_A16), 0xfe & ~(3 << 5)},
    {"r32g32", COMPONENTS(R32_G32), 1 << 3 | 1 << 4 | 1 << 7},
    {"x8b8g8r8", COMPONENTS(X8B8G8R8), 1 << 2},
    {"a8b8g8r8", COMPONENTS(A8B8G8R8), 0x1e},
    {"a2b10g10r10", COMPONENTS(A2B10G10R10), 0x1e},
    {"r16g16", COMPONENTS(R16_G16), 0xfe & ~(3 << 5)},
    {"r32", COMPONENTS(R32), 1 << 3 | 1 << 4 | 1 << 7},
    {"a4b4g4r4", COMPONENTS(A4B4G4R4), 1 << 2},
    {"a5b5g5r1", COMPONENTS(A5B5G5R1), 1 << 2},
    {"a1b5g5r5", COMPONENTS(A1B5G5R5), 1 << 2},
    {"b5g6r5", COMPONENTS(B5G6R5), 1 << 2},
    {"b6g5r5", COMPONENTS(B6G5R5), 1 << 2},
    {"g8r8", COMPONENTS(G8R8), 0x1e},
    {"r16", COMPONENTS(R16), 0xfe & ~(3 << 5)},
    {"r8", COMPONENTS(R8), 0x1e},
    {"g4r4", COMPONENTS(G4R4), 1 << 2},
    {"e5b9g9r9", COMPONENTS(E5B9G9R9_SHAREDEXP), 1 << 7},
    {"bf10gf11rf11", COMPONENTS(BF10GF11RF11), 1 << 7},
    {"g8b8g8r8", COMPONENTS(G8B8G8R8), 1 << 2},
    {"b8g8r8g8", COMPONENTS(B8G8R8G8), 1 << 2},
    {"z16", COMPONENTS(Z16), 1 << 2},
    {"x8z24", COMPONENTS(X8Z24), 1 << 2},
    {"s8z24", COMPONENTS(S8Z24), 1 << 2},
    {"z24s8", COMPONENTS(Z24S8), 1 << 2},
    {"zf32", COMPONENTS(ZF32), 1 << 7},
    {"zf32x24s8", COMPONENTS(ZF32_X24S8), 1 << 7},
    {"g8r24", COMPONENTS(G8R24), 1 << 4},
    {"g24r8", COMPONENTS(G24R8), 1 << 4},
    {"r32b24g8", COMPONENTS(R32_B24G8), 1 << 4},
};

/* Silicon raises an exception where these lie on generic pages. */
static bool needs_depth_pages(uint32_t components)
{
    return components == COMPONENTS(X8Z24) || components == COMPONENTS(S8Z24) ||
           components == COMPONENTS(Z24S8) || components == COMPONENTS(ZF32_X24S8);
}

static void in_buffer(struct image_scene *s)
{
    s->view.buffer = true;
    s->view.width = SIDE * SIDE;
    s->op.mod[NV_SASS_MOD_SHAPE] = NV_SASS_SHAPE_1D;
    for (unsigned i = 0; i < SIDE * SIDE; i++)
        lanes[i].a[0] = i;
}

static void plain_formats(struct images *im, bool version2)
{
    static const char *const types[] = {"",     "snorm", "unorm", "sint",
                                        "uint", "s16",   "u16",   "float"};
    struct image_scene s;
    char name[64];

    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        for (uint32_t type = 1; type < 8; type++) {
            if (!(plain[i].types >> type & 1))
                continue;
            random_memory((uint32_t)i * 77 + type);
            set_lanes(SIDE, SIDE * SIDE);
            if (needs_depth_pages(plain[i].components) && (!version2 || type != TYPE(UNORM)))
                continue;
            s = scene_of(plain[i].components, type, SIDE);
            if (plain[i].components == COMPONENTS(R32_G32_B32))
                in_buffer(&s);
            if (!version2) {
                s.version2 = false;
                s.method = 0;
            }
            snprintf(name, sizeof name, "format-%s-%s%s", plain[i].name, types[type],
                     version2 ? "" : "-v1");
            image_run(im, name, &s);
        }
}

/* Every code of small types: all bytes, all halves. */
static void all_codes(struct images *im)
{
    static const uint32_t types[] = {TYPE(UNORM), TYPE(SNORM)};
    struct image_scene s;
    char name[64];

    set_lanes(64, 512);
    for (unsigned i = 0; i < 2; i++) {
        for (unsigned n = 0; n < sizeof memory; n++)
            memory[n] =
                (uint8_t)n; /* columns of 16: a GOB's bytes are out of order, all are there */
        s = scene_of(COMPONENTS(R8), types[i], 16);
        s.view.width = 64;
        s.view.height = 8;
        s.words = 1;
        s.lane_count = 512;
        snprintf(name, sizeof name, "codes-r8-%s", i ? "snorm" : "unorm");
        image_run(im, name, &s);
    }
    s = scene_of(COMPONENTS(R8), TYPE(UNORM), 16);
    s.view.width = 64;
    s.view.height = 8;
    s.view.srgb = true;
    s.words = 4;
    s.lane_count = 512;
    image_run(im, "codes-r8-srgb", &s);
    s = scene_of(COMPONENTS(A8B8G8R8), TYPE(UNORM), 16);
    s.view.srgb = true;
    for (unsigned n = 0; n < sizeof memory; n++)
        memory[n] = (uint8_t)(n / 4 + 64 * (n & 3));
    set_lanes(16, 256);
    image_run(im, "codes-a8b8g8r8-srgb", &s);
}

static void sources(struct images *im)
{
    static const uint32_t kinds[] = {TYPE(UNORM), TYPE(SINT), TYPE(UINT)};
    struct image_scene s;
    char name[64];

    random_memory(99);
    set_lanes(SIDE, SIDE * SIDE);
    for (unsigned k = 0; k < 3; k++) {
        s = scene_of(COMPONENTS(A8B8G8R8), kinds[k], SIDE);
        memcpy(s.view.source, (uint32_t[]){4, 3, 6, 7}, sizeof s.view.source);
        snprintf(name, sizeof name, "source-a-%u", k);
        image_run(im, name, &s);
        memcpy(s.view.source, (uint32_t[]){5, 5, 0, 2}, sizeof s.view.source);
        snprintf(name, sizeof name, "source-b-%u", k);
        image_run(im, name, &s);
        s.view.components = COMPONENTS(G8R8);
        memcpy(s.view.source, (uint32_t[]){2, 3, 4, 5}, sizeof s.view.source);
        snprintf(name, sizeof name, "source-missing-%u", k);
        image_run(im, name, &s);
    }
}

/* Blocks of random bits; for BC6H and BC7 with every mode's lead bits in turn. */
static void compressed(struct images *im)
{
    static const struct {
        const char *name;
        uint32_t components, type;
        unsigned block_bytes;
        bool srgb;
    } list[] = {
        {"bc1", COMPONENTS(DXT1), TYPE(UNORM), 8, false},
        {"bc1-srgb", COMPONENTS(DXT1), TYPE(UNORM), 8, true},
        {"bc2", COMPONENTS(DXT23), TYPE(UNORM), 16, false},
        {"bc3", COMPONENTS(DXT45), TYPE(UNORM), 16, false},
        {"bc3-srgb", COMPONENTS(DXT45), TYPE(UNORM), 16, true},
        {"bc4-unorm", COMPONENTS(DXN1), TYPE(UNORM), 8, false},
        {"bc4-snorm", COMPONENTS(DXN1), TYPE(SNORM), 8, false},
        {"bc5-unorm", COMPONENTS(DXN2), TYPE(UNORM), 16, false},
        {"bc5-snorm", COMPONENTS(DXN2), TYPE(SNORM), 16, false},
        {"bc6h-ufloat", COMPONENTS(BC6H_UF16), TYPE(FLOAT), 16, false},
        {"bc6h-sfloat", COMPONENTS(BC6H_SF16), TYPE(FLOAT), 16, false},
        {"bc7", COMPONENTS(BC7U), TYPE(UNORM), 16, false},
        {"bc7-srgb", COMPONENTS(BC7U), TYPE(UNORM), 16, true},
    };
    /* The last four are not modes. */
    static const uint8_t bc6h_modes[] = {0,  1, 2, 6,  10, 14, 18, 22, 26,
                                         30, 3, 7, 11, 15, 19, 23, 27, 31};

    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        struct image_scene s = scene_of(list[i].components, list[i].type, BLOCK_SIDE);
        char name[64];
        bool bc7 = list[i].components == COMPONENTS(BC7U);
        bool bc6 = list[i].components == COMPONENTS(BC6H_UF16) ||
                   list[i].components == COMPONENTS(BC6H_SF16);

        random_memory(1000 + (uint32_t)i);
        for (unsigned b = 0; b < 256 && (bc6 || bc7); b++) {
            uint8_t *lead = memory + b * 16;

            if (bc7)
                *lead = (uint8_t)((*lead & ~0u << (b % 8)) | 1u << (b % 8));
            else
                *lead =
                    (uint8_t)((*lead & (bc6h_modes[b % 18] < 2 ? ~3u : ~31u)) | bc6h_modes[b % 18]);
        }
        set_lanes(32, 1024);
        s.view.srgb = list[i].srgb;
        s.lane_count = 1024;
        snprintf(name, sizeof name, "format-%s", list[i].name);
        image_run(im, name, &s);
    }
}

void images_formats1(struct images *im)
{
    plain_formats(im, false);
}

void images_formats(struct images *im)
{
    plain_formats(im, true);
    all_codes(im);
    sources(im);
    compressed(im);
}
