/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Questions about images, asked of a GPU: each case has a name and an answer in words. On silicon
 * the answers are recorded into a file; everywhere else they are compared with that file.
 */
#ifndef TESTS_SILICON_IMAGE_H
#define TESTS_SILICON_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include <magma-nv/bo.h>
#include <magma-nv/channel.h>
#include <magma-nv/compute.h>
#include <magma-nv/copy.h>
#include <magma-nv/gpu.h>

#include <nvhw/sampler.h>
#include <nvhw/sass.h>
#include <nvhw/tic.h>

#include "libmagma/engine/image.h"

enum {
    IMAGE_LANES_MAX = 4096,
    IMAGE_TEXEL_BYTES_MAX = 1 << 20,
    IMAGE_HEADERS = 64,
    IMAGE_FAULTS_MAX = 25,
    /* Where the scene's header and sampler stand in the pools, and nothing but zeros. */
    IMAGE_SLOT = 5,
    IMAGE_SLOT_EMPTY = 9
};

struct image_answers; /* answers.c */

struct images {
    struct magma_gpu *gpu;
    struct magma_channel *compute, *copy;
    struct magma_push *push;
    struct magma_bo *texels, *pools, *lanes, *results; /* texels: video memory */
    struct image_answers *answers;
    const char *only; /* run cases that begin so; NULL: all */
    unsigned good, bad, near_lanes, faults;
    bool silicon;
};

/* ---- main.c ---- */
bool images_open(struct images *im);
void images_close(struct images *im);
bool images_reopen(struct images *im);
bool images_wanted(const struct images *im, const char *name);
/* Submits im->push and waits. False: *why says what happened. */
bool images_submit(struct images *im, struct magma_channel *channel, const char **why);
void images_report(struct images *im, const char *name, bool good, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* ---- answers.c ---- */
struct image_answers *image_answers_create(const char *record, const char *replay);
bool image_answers_destroy(struct image_answers *answers);
uint64_t image_hash(uint64_t seed, const void *data, size_t size_bytes);

struct image_tolerance {
    uint32_t ulp;   /* of words read as floats */
    float absolute; /* likewise */
};

/*
 * The answer to a case: `words` words of each of `count` lanes. `question` is a hash of all that
 * went in. Records it or holds it against the file, and reports.
 */
void image_answer(struct images *im, const char *name, uint64_t question, const uint32_t *answer,
                  unsigned words, unsigned count, struct image_tolerance tolerance);
/* The GPU was lost: that is an answer too. */
void image_answer_fault(struct images *im, const char *name, const char *why);

/* ---- random.c is not needed: a generator of one line ---- */
static inline uint32_t image_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8 ^ *state << 16;
}

/* ---- scene.c: one texture instruction over many lanes ---- */

/* An image's header in words that people use; 0 means what is usual. */
struct image_view {
    uint32_t components;                    /* NV_TIC_V1_BLOCKLINEAR_COMPONENTS_* */
    uint32_t type;                          /* version 1 type of every component */
    uint32_t source[4];                     /* X Y Z W source; all 0: R G B A */
    uint32_t kind;                          /* TEXTURE_TYPE */
    uint32_t width, height, depth;          /* texels; depth: slices or layers */
    uint32_t levels, view_first, view_last; /* levels: at least 1; view_last 0: all */
    uint32_t block_height_log2, block_depth_log2;
    uint32_t pitch_bytes; /* not 0: pitch layout */
    uint32_t min_lod;     /* 4.8 */
    uint32_t samples;     /* MULTI_SAMPLE_COUNT */
    bool srgb, buffer, unnormalized, null_view, all_zero_source;
};

struct image_sampler {
    uint32_t wrap[3];
    uint32_t mag, min, mip;    /* filters; 0: point, point, none */
    uint32_t compare;          /* 1 + DEPTH_COMPARE_FUNC */
    uint32_t min_lod, max_lod; /* 4.8; max_lod 0: 15 */
    uint32_t bias;             /* 5.8 */
    uint32_t aniso, seam, reduction;
    float border[4];
    bool unnormalized;
};

struct image_lane {
    uint32_t a[4], b[4]; /* the instruction's two register vectors */
};

struct image_scene {
    struct image_view view;
    struct image_sampler sampler;
    bool version2;         /* of the header */
    uint32_t method;       /* SET_TEXTURE_HEADER_VERSION + 1; 0: not sent */
    const uint8_t *texels; /* NULL: already in memory */
    uint64_t address;      /* not 0: of the texels */
    uint32_t texel_bytes;
    struct nvhw_sass op; /* slots are filled in by image_run */
    const struct image_lane *lanes;
    unsigned lane_count, words; /* words: of 5 that are part of the answer (the fifth: predicate) */
    bool writes;                /* the answer is what stands in memory behind it */
    bool by_register;           /* handle through a uniform register */
    struct image_tolerance tolerance;
    bool model_refuses; /* the software GPU says by name that it does not have this */
};

/* op with (modifier, value) pairs, ended by -1. */
struct nvhw_sass image_op(enum nvhw_sass_op op, ...);
void image_run(struct images *im, const char *name, const struct image_scene *scene);
/* The same, but a GPU that is lost stays lost: false. */
bool image_try(struct images *im, const char *name, const struct image_scene *scene);
uint32_t image_handle(void);
bool image_pack_header(const struct image_scene *scene, uint64_t va, uint32_t header[8]);
void image_pack_sampler(const struct image_sampler *s, uint32_t sampler[8]);

static inline uint32_t image_float(float f)
{
    union {
        float f;
        uint32_t u;
    } both = {.f = f};
    return both.u;
}

/* ---- The questions ---- */
/* Version 1 headers, on a channel that never heard of others. */
void images_version1(struct images *im);
void images_copies(struct images *im);
void images_fetches(struct images *im);
void images_formats(struct images *im);
void images_formats1(struct images *im); /* with version 1 headers */
void images_filters(struct images *im);
void images_lods(struct images *im);
void images_more(struct images *im);
void images_surfaces(struct images *im);
/* Only through nvidia.ko. */
void images_kinds(struct images *im, const char *folder);
void images_graphics(struct images *im, const char *folder);

#endif
