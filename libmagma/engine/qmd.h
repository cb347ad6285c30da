/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * QMDs: the block that describes a launch. A kernel keeps a template in which all that does not
 * change from launch to launch is set; a launch copies it and adds the rest.
 */
#ifndef MG_ENGINE_QMD_H
#define MG_ENGINE_QMD_H

#include <stdbool.h>

#include <magma-nv/compute.h>

#include "libmagma/engine/classes.h"
#include "libmagma/engine/sm.h"

struct mg_qmd {
    uint32_t dwords[NV_QMD__DWORDS_MAX];
};

/* Fills a template. false: a figure of the kernel does not fit (the text says which). */
bool mg_qmd_template(const struct mg_engine_classes *classes, const struct mg_sm_facts *sm,
                     const struct magma_kernel_desc *kernel, uint64_t program_va,
                     struct mg_qmd *out, const char **field);

/* Adds grid and constant bank 0 (size 0: none). false: a value does not fit. */
bool mg_qmd_launch(const struct mg_engine_classes *classes, struct mg_qmd *qmd,
                   const uint32_t groups[3], uint64_t root_va, uint32_t root_bytes);

/* Byte offset of the three grid words (width, height, depth), which the GPU may overwrite. */
uint32_t mg_qmd_grid_offset(const struct mg_engine_classes *classes);

#endif
