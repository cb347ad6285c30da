/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Images on the GPU that MAGMA_DEVICE names.
 *
 *     images [--record FILE] [--replay FILE] [--only PREFIX] [--extra FOLDER] [--quiet]
 *
 * --record writes what this GPU answers, --replay compares with a file that silicon wrote. --extra
 * also runs what only nvidia.ko's GPUs can be asked, with raw findings as files in FOLDER.
 */
#include "tests/silicon/image/image.h"

#include <nvhw/compute.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_NS UINT64_C(2000000000)

static bool quiet;

void images_report(struct images *im, const char *name, bool good, const char *fmt, ...)
{
    va_list ap;

    if (good)
        im->good++;
    else
        im->bad++;
    if (good && quiet)
        return;
    printf("%-32s %-6s ", name, good ? "ok" : "FAILED");
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    putchar('\n');
    fflush(stdout);
}

bool images_wanted(const struct images *im, const char *name)
{
    return !im->only || !strncmp(name, im->only, strlen(im->only));
}

bool images_submit(struct images *im, struct magma_channel *channel, const char **why)
{
    struct magma_submit submit = {.pushes = &im->push, .push_count = 1};
    enum magma_code code = magma_channel_submit(channel, &submit);

    if (code == MAGMA_OK)
        code = magma_channel_wait_idle(channel, TIMEOUT_NS);
    *why = magma_gpu_is_lost(im->gpu) ? magma_gpu_lost_reason(im->gpu) : magma_code_text(code);
    magma_push_reset(im->push);
    return code == MAGMA_OK;
}

static enum magma_code open_memory(struct images *im, struct magma_error *err)
{
    enum magma_code code;

    code = magma_bo_create(im->gpu, IMAGE_TEXEL_BYTES_MAX, 1u << 16, MAGMA_DOMAIN_VRAM,
                           MAGMA_BO_CPU_ACCESS, &im->texels, err);
    if (code == MAGMA_OK)
        code = magma_bo_create(im->gpu, 2u * IMAGE_HEADERS * NV_TIC_BYTES, 4096,
                               MAGMA_DOMAIN_SYSTEM, MAGMA_BO_ZERO, &im->pools, err);
    if (code == MAGMA_OK)
        code = magma_bo_create(im->gpu, IMAGE_TEXEL_BYTES_MAX, 4096, MAGMA_DOMAIN_SYSTEM,
                               MAGMA_BO_ZERO, &im->lanes, err);
    if (code == MAGMA_OK)
        code = magma_bo_create(im->gpu, IMAGE_TEXEL_BYTES_MAX, 4096, MAGMA_DOMAIN_SYSTEM,
                               MAGMA_BO_ZERO, &im->results, err);
    return code;
}

bool images_open(struct images *im)
{
    struct magma_error err = {0};
    enum magma_code code = magma_gpu_open(NULL, NULL, &im->gpu, &err);

    if (code == MAGMA_OK)
        code = magma_channel_create(im->gpu, MAGMA_ENGINE_COMPUTE, &im->compute, &err);
    if (code == MAGMA_OK)
        code = magma_channel_create(im->gpu, MAGMA_ENGINE_COPY, &im->copy, &err);
    if (code == MAGMA_OK)
        code = magma_push_create(im->gpu, &im->push, &err);
    if (code == MAGMA_OK)
        code = open_memory(im, &err);
    if (code != MAGMA_OK)
        fprintf(stderr, "images: %s\n", err.text);
    return code == MAGMA_OK;
}

bool images_reopen(struct images *im)
{
    images_close(im);
    return images_open(im);
}

void images_close(struct images *im)
{
    magma_bo_destroy(im->results);
    magma_bo_destroy(im->lanes);
    magma_bo_destroy(im->pools);
    magma_bo_destroy(im->texels);
    magma_push_destroy(im->push);
    magma_channel_destroy(im->copy);
    magma_channel_destroy(im->compute);
    if (im->gpu)
        magma_gpu_close(im->gpu);
    im->results = im->lanes = im->pools = im->texels = NULL;
    im->push = NULL;
    im->copy = im->compute = NULL;
    im->gpu = NULL;
}

struct arguments {
    const char *record, *replay, *only, *extra;
};

static bool parse(int argc, char **argv, struct arguments *a)
{
    for (int i = 1; i < argc; i++) {
        const char **to = !strcmp(argv[i], "--record")   ? &a->record
                          : !strcmp(argv[i], "--replay") ? &a->replay
                          : !strcmp(argv[i], "--only")   ? &a->only
                          : !strcmp(argv[i], "--extra")  ? &a->extra
                                                         : NULL;

        if (!strcmp(argv[i], "--quiet"))
            quiet = true;
        else if (!to || ++i == argc)
            return false;
        else
            *to = argv[i];
    }
    return a->record || a->replay;
}

static void run_all(struct images *im, const char *extra)
{
    images_version1(im);
    images_copies(im);
    images_fetches(im);
    images_formats(im);
    images_filters(im);
    images_lods(im);
    images_surfaces(im);
    images_more(im);
    if (extra && im->silicon) {
        images_kinds(im, extra);
        images_graphics(im, extra);
    }
}

int main(int argc, char **argv)
{
    struct arguments a = {0};
    struct images im = {0};
    const char *device = getenv("MAGMA_DEVICE");

    if (!parse(argc, argv, &a)) {
        fprintf(stderr,
                "usage: %s --record FILE | --replay FILE [--only PREFIX] [--extra FOLDER] "
                "[--quiet]\n",
                argv[0]);
        return 2;
    }
    im.only = a.only;
    im.silicon = device && !strncmp(device, "nvidia:", 7);
    im.answers = image_answers_create(a.record, a.replay);
    if (!im.answers || !images_open(&im)) {
        images_close(&im);
        (void)image_answers_destroy(im.answers);
        return 2;
    }
    if (magma_gpu_get_info(im.gpu)->compute_class == NVCBC0)
        run_all(&im, a.extra);
    else
        fprintf(stderr, "images: only for Hopper\n");
    images_close(&im);
    if (!image_answers_destroy(im.answers))
        im.bad++;
    printf("%u ok, %u failed, %u words within their bounds but not equal\n", im.good, im.bad,
           im.near_lanes);
    return im.bad != 0 || !im.good;
}
