/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * `magma reset`: brings back a GPU that was left in a state in which it cannot be used, and tells
 * what was tried and what came of it.
 */
#include "libmagma/tools/bind.h"
#include "libmagma/tools/tool.h"

#include <mvfio.h>
#include <stdio.h>

#include "libmagma/gsp/gsp.h"
#include "libmagma/hal/hal.h"

static const char usage[] =
    "usage: magma reset [--json] ADDRESS\n\n"
    "Resets the GPU at the PCI address ADDRESS (0000:01:00.0; bound to vfio-pci, not in use) "
    "until\n"
    "it is as after power-on: with the reset that the kernel takes first, the other kinds that it\n"
    "offers (choosing one needs root), and a reset of the whole bus. Tells each with its outcome.\n"
    "vfio-user:SOCKET is taken too.\n";

struct story {
    bool json;
    json_t *tried;
};

static void on_reset(void *ctx, const char *method, enum magma_code code, const char *text)
{
    struct story *s = ctx;
    const char *outcome = code == MAGMA_OK ? "it is as after power-on" : text;

    if (s->json)
        json_array_append_new(s->tried, json_pack("{s:s, s:b, s:s}", "method", method, "helped",
                                                  code == MAGMA_OK, "text", outcome));
    else {
        printf("%-10s %s\n", method, outcome);
        fflush(stdout);
    }
}

static enum magma_code reset(const char *name, struct story *story, struct magma_error *err)
{
    const struct mg_hal_options options = {.allow_gone = true};
    const struct mg_gsp_reset_options reset_options = {.report = on_reset, .ctx = story};
    struct mvfio_device *device = NULL;
    struct mg_hal *hal = NULL;
    enum magma_code code = mvfio_device_open(name, NULL, &device, err);

    if (code == MAGMA_OK)
        code = mg_hal_create(device, &options, &hal, err);
    if (code == MAGMA_OK)
        code = mg_gsp_reset(hal, &reset_options, err);
    mg_hal_destroy(hal);
    mvfio_device_close(device);
    return code;
}

int tool_reset(int argc, char **argv)
{
    struct story story = {.tried = json_array()};
    struct magma_error err = {0};
    struct tool_args args;
    char address[16];
    int status = 2;

    if (!tool_parse(argc, argv, usage, TOOL_TAKES_DEVICE, &args))
        goto out;
    status = 0;
    if (args.help)
        goto out;
    if (!args.device) {
        fputs(usage, stderr);
        status = 2;
        goto out;
    }
    story.json = args.json;
    if (reset(bind_address(args.device, address) ? address : args.device, &story, &err) != MAGMA_OK)
        status = tool_failed(&err);
    if (story.json)
        tool_print_json(json_pack("{s:s, s:b, s:O}", "device", args.device, "helped", status == 0,
                                  "tried", story.tried));
out:
    json_decref(story.tried);
    return status;
}
