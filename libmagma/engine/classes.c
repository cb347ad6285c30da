/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The table of engine classes. */
#include "libmagma/engine/classes.h"

#include <stddef.h>

#include <nvhw/compute.h>
#include <nvhw/host.h>

/* Hopper's and Blackwell's headers name only the circular comparison. */
#define STRICT   NVC46F_SEM_EXECUTE_OPERATION_ACQ_STRICT_GEQ
#define CIRCULAR NVC86F_SEM_EXECUTE_OPERATION_ACQ_CIRC_GEQ

static const struct mg_engine_classes rows[] = {
    {NVC5C0, NV_QMD_V02_03, 2, 3, false, STRICT},  /* Turing */
    {NVC6C0, NV_QMD_V03_00, 3, 0, true, STRICT},   /* GA100 */
    {NVC7C0, NV_QMD_V03_00, 3, 0, true, STRICT},   /* GA10x */
    {NVC9C0, NV_QMD_V03_00, 3, 0, true, STRICT},   /* Ada */
    {NVCBC0, NV_QMD_V04_00, 4, 0, true, CIRCULAR}, /* an H100 ignores our 3.0 form */
    {NVCDC0, NV_QMD_V05_00, 5, 0, true, CIRCULAR}, /* GB10x */
    {NVCEC0, NV_QMD_V05_00, 5, 0, true, CIRCULAR}, /* GB20x */
};

const struct mg_engine_classes *mg_engine_classes(uint32_t compute_class)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].compute_class == compute_class)
            return &rows[i];
    return NULL;
}
