/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The multi-function unit over whole binades: how far the software SM is from the GPU. */
#ifndef TESTS_SILICON_SASS_MUFU_H
#define TESTS_SILICON_SASS_MUFU_H

#include "gpu.h"

/*
 * Runs every function on all floats of some binades and prints the largest differences. With a
 * folder, the GPU's result minus the software SM's, as bits, goes to FOLDER/mufu-FUNCTION-START, a
 * byte per input, 127 and -128 for all that is farther. False when the GPU failed.
 */
bool sass_mufu(struct sass_gpu *gpu, const char *folder, FILE *json);

#endif
