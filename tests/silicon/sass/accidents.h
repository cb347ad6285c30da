/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Shaders that go wrong, one way each, for what a GPU and the software GPU report of them. */
#ifndef TESTS_SILICON_SASS_ACCIDENTS_H
#define TESTS_SILICON_SASS_ACCIDENTS_H

#include "scenes.h"

struct accident {
    struct scene scene;
    const char *model; /* what the software SM's sentence begins with; NULL: it ends */
    const char *gpu;   /* part of a GPU's report; NULL: it ends, or hangs */
    bool hangs;        /* a GPU never ends it, so that only a deadline does */
};

/* Ends with an entry whose scene has no name. */
extern const struct accident accidents[];

/* As scene_encode; in place of two of them bytes that are no instruction are put. */
bool accident_encode(const struct accident *accident, uint8_t bytes[SCENE_CODE]);

#endif
