/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The `magma` command: finds the subcommand and hands over. */
#include "libmagma/tools/tool.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    const char *summary;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"list", "the NVIDIA GPUs of this machine and what stands in the way of using them", tool_list},
    {"info", "opens a GPU and shows what it is", tool_info},
    {"doctor", "checks this machine: IOMMU, VFIO, GPUs, firmware, rights and limits", tool_doctor},
    {"bind", "gives a GPU to vfio-pci", tool_bind},
    {"unbind", "gives a GPU back to the kernel's drivers", tool_bind},
    {"reset", "brings back a GPU that was left in a bad state", tool_reset},
    {"boot", "boots a GPU step by step and shows the story", tool_boot},
    {"decode", "turns pushbuffers, RPC messages and shaders into text", tool_decode},
};

#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

static void print_usage(FILE *to)
{
    fprintf(to, "usage: magma COMMAND [OPTIONS]\n\ncommands:\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(to, "  %-8s %s\n", commands[i].name, commands[i].summary);
    fprintf(to, "\n`magma COMMAND --help` explains a command. See also magma(1).\n");
}

bool tool_parse(int argc, char **argv, const char *usage, unsigned takes, struct tool_args *args)
{
    static const struct option options[] = {{"help", no_argument, NULL, 'h'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"trace", no_argument, NULL, 't'},
                                            {NULL, 0, NULL, 0}};
    int c;

    *args = (struct tool_args){0};
    while ((c = getopt_long(argc, argv, "hj", options, NULL)) != -1) {
        if (c == 'j')
            args->json = true;
        else if (c == 't' && (takes & TOOL_TAKES_TRACE))
            args->trace = true;
        else if (c == 'h')
            args->help = true;
        else
            goto wrong;
    }
    if (args->help)
        fputs(usage, stdout);
    if (optind < argc && (takes & TOOL_TAKES_DEVICE))
        args->device = argv[optind++];
    if (optind < argc)
        goto wrong;
    return true;
wrong:
    fputs(usage, stderr);
    return false;
}

void tool_print_json(json_t *document)
{
    json_dumpf(document, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(document);
}

int tool_failed(const struct magma_error *err)
{
    fprintf(stderr, "magma: %s (%s)\n", err->text, magma_code_name(err->code));
    return 1;
}

const char *tool_size(uint64_t size_bytes, char text[16])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double value = (double)size_bytes;
    unsigned unit = 0;

    while (value >= 1024 && unit + 1 < sizeof units / sizeof units[0]) {
        value /= 1024;
        unit++;
    }
    snprintf(text, 16, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
    return text;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_usage(stderr);
        return 2;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_usage(stdout);
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("magma %s\n", MAGMA_VERSION);
        return 0;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i].name, argv[1]) == 0)
            return commands[i].run(argc - 1, argv + 1);
    fprintf(stderr, "magma: no command named '%s'\n\n", argv[1]);
    print_usage(stderr);
    return 2;
}
