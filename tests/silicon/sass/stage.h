/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Scenes on a GPU and on the software SM, side by side. */
#ifndef TESTS_SILICON_SASS_STAGE_H
#define TESTS_SILICON_SASS_STAGE_H

#include "gpu.h"

/* Words of all threads, then of the shared memory. */
enum { STAGE_WORDS = 2048 * 16 + 1024 };

struct scene;

/* Runs a scene's code on the software SM. False: *text (256 bytes) says why. */
bool stage_model_code(const struct scene *scene, const uint8_t *code, uint32_t words[STAGE_WORDS],
                      char *text);
bool stage_model(const struct scene *scene, uint32_t words[STAGE_WORDS], char *text);

/*
 * Runs every scene on both and names what differs; opens the GPU again after a fault. With
 * `record`, what the GPU gave goes there as text (stage_replay.c reads it). Returns how many scenes
 * did not agree.
 */
unsigned stage_all(struct sass_gpu **gpu, FILE *record, FILE *json);

/* Runs every accident on both, each on a GPU opened for it, and prints what they report. Those that
 * hang a GPU take it many seconds to get rid of: only with `hangs`. Returns how many were not
 * reported as expected. */
unsigned stage_accidents(struct sass_gpu **gpu, bool hangs, FILE *json);

#endif
