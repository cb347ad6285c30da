/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the shaders of exec/ compute, in C. Each fills `want` for the inputs given. */
#ifndef TESTS_COMPILER_REFERENCE_H
#define TESTS_COMPILER_REFERENCE_H

#include <stdint.h>

void ref_integers(const uint32_t *a, uint32_t n, uint32_t *want);         /* 32 words per thread */
void ref_quotients(const uint32_t *a, uint32_t n, uint32_t *want);        /* 40 words per thread */
void ref_wide(const uint32_t *a, uint32_t n, uint32_t *want);             /* 32 words per thread */
void ref_control(const uint32_t *a, uint32_t n, uint32_t *want);          /* 4 words per thread */
void ref_floats(const float *a, uint32_t n, float *want);                 /* 48 words per thread */
void ref_scan(const uint32_t *a, uint32_t n, uint32_t *want);             /* 32 words per thread */
void ref_scratch(const uint32_t *a, uint32_t n, uint32_t threads, uint32_t *want);
void ref_trips(const uint32_t *a, uint32_t n, uint32_t threads, uint32_t *want); /* 16 each */
void ref_pressure(const uint32_t *a, uint32_t n, uint32_t k, uint32_t threads, uint32_t *want);

#endif
