/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * peer [--small] SHADERS: figures of the Vulkan driver that the loader finds, a line each: key,
 * value, unit, what it is, separated by tabs. It knows of no driver in particular; compare.py
 * runs it under several and puts the figures side by side.
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

int main(int argc, char **argv)
{
    struct vkb b = {.small = argc == 3 && strcmp(argv[1], "--small") == 0};

    if (argc != 2 + b.small) {
        fprintf(stderr, "usage: peer [--small] SHADERS\n");
        return 2;
    }
    b.shaders = argv[1 + b.small];
    vkb_open(&b);
    printf("device\t%s\nversion\t%u.%u.%u\n", b.properties.deviceName,
           b.properties.driverVersion >> 22, (b.properties.driverVersion >> 14) & 0xff,
           (b.properties.driverVersion >> 6) & 0xff);
    peer_devices(&b);
    vkb_use_device(&b, vkb_create_device(&b));
    peer_submissions(&b);
    peer_allocations(&b);
    peer_recording(&b);
    peer_compiling(&b);
    peer_dispatches(&b);
    peer_transfers(&b);
    peer_kernels(&b);
    vkb_close(&b);
    return 0;
}
