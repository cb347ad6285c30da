/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* `magma list`: the machine's NVIDIA GPUs. */
#include "libmagma/tools/tool.h"

#include <stdio.h>

#define ENTRIES_MAX 64

static const char usage[] =
    "usage: magma list [--json]\n\n"
    "Lists the NVIDIA GPUs of this machine, the driver that has each, and\n"
    "what to do where one is not ready. Models (model:ga102) exist by being\n"
    "named and are not listed.\n";

static void print_json(const struct magma_gpu_entry *entries, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:b, s:s}", "name", entries[i].name,
                                              "driver", entries[i].driver, "what", entries[i].what,
                                              "ready", entries[i].ready, "hint", entries[i].hint));
    tool_print_json(json_pack("{s:o}", "gpus", list));
}

int tool_list(int argc, char **argv)
{
    struct magma_gpu_entry entries[ENTRIES_MAX];
    struct tool_args args;
    size_t count;

    if (!tool_parse(argc, argv, usage, 0, &args))
        return 2;
    if (args.help)
        return 0;
    count = magma_gpu_list(entries, ENTRIES_MAX);
    if (count > ENTRIES_MAX)
        count = ENTRIES_MAX;
    if (args.json) {
        print_json(entries, count);
        return 0;
    }
    if (!count)
        printf("no NVIDIA GPU found; `magma info model:ga102` shows the software GPU\n");
    for (size_t i = 0; i < count; i++) {
        printf("%-20s %-10s %s\n", entries[i].name,
               entries[i].driver[0] ? entries[i].driver : "(no driver)", entries[i].what);
        if (!entries[i].ready)
            printf("%-20s not ready: %s\n", "", entries[i].hint);
    }
    return 0;
}
