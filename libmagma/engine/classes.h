/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What differs between the classes of host, copy and compute engines, as one row per generation. */
#ifndef MG_ENGINE_CLASSES_H
#define MG_ENGINE_CLASSES_H

#include <stdbool.h>
#include <stdint.h>

#include <nvhw/qmd.h>

struct mg_engine_classes {
    uint32_t compute_class;
    enum nvhw_qmd_version qmd;
    uint8_t qmd_major, qmd_minor;
    bool pcas2;          /* SEND_SIGNALING_PCAS2_B instead of SEND_SIGNALING_PCAS_B */
    uint32_t acquire_op; /* SEM_EXECUTE operation that waits for a value or more */
};

/* The row of a GPU by its compute class, NULL when there is none. */
const struct mg_engine_classes *mg_engine_classes(uint32_t compute_class);

#endif
