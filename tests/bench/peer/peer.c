/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * peer [--small] [--only GROUP] SHADERS: figures of the Vulkan driver that the loader finds, a line
 * each: key, value, unit, what it is, separated by tabs. It knows of no driver in particular;
 * compare.py runs it under several and puts the figures side by side.
 */
#include "peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void peer_note(const char *key, const char *what, double value, const char *unit)
{
    printf("%s\t%.6g\t%s\t%s\n", key, value, unit, what);
    fflush(stdout);
}

_Noreturn void peer_wrong(const char *what, uint64_t at, double is, double want)
{
    fprintf(stderr, "peer: %s: element %llu is %.9g, should be %.9g\n", what,
            (unsigned long long)at, is, want);
    exit(1);
}

static const struct {
    const char *name;
    void (*run)(struct vkb *b);
} groups[] = {
    {"submissions", peer_submissions}, {"allocations", peer_allocations},
    {"recording", peer_recording},     {"compiling", peer_compiling},
    {"dispatches", peer_dispatches},   {"transfers", peer_transfers},
    {"kernels", peer_kernels},
};

static int usage(void)
{
    fprintf(stderr, "usage: peer [--small] [--only GROUP] SHADERS\n");
    return 2;
}

int main(int argc, char **argv)
{
    const char *only = NULL;
    struct vkb b = {0};
    int at = 1;

    for (; at < argc - 1; at++) {
        if (strcmp(argv[at], "--small") == 0)
            b.small = true;
        else if (strcmp(argv[at], "--only") == 0)
            only = argv[++at];
        else
            return usage();
    }
    if (at != argc - 1)
        return usage();
    b.shaders = argv[at];
    vkb_open(&b);
    printf("device\t%s\nversion\t%u.%u.%u\n", b.properties.deviceName,
           b.properties.driverVersion >> 22, (b.properties.driverVersion >> 14) & 0xff,
           (b.properties.driverVersion >> 6) & 0xff);
    if (!only)
        peer_devices(&b);
    vkb_use_device(&b, vkb_create_device(&b));
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        if (!only || strcmp(only, groups[i].name) == 0)
            groups[i].run(&b);
    vkb_close(&b);
    return 0;
}
