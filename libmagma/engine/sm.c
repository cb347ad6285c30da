/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The table of SM versions. */
#include "libmagma/engine/sm.h"

#include <stddef.h>

#include <nvhw/compute.h>

#define KIB(bytes) ((bytes) / 1024)

static const struct mg_sm_facts facts[] = {
    {75, NV_SM75_SHARED_CTA_BYTES, NV_SM75_WARPS, 2, {32, KIB(NV_SM75_SHARED_SM_BYTES)}},
    {80,
     NV_SM80_SHARED_CTA_BYTES,
     NV_SM80_WARPS,
     7,
     {8, 16, 32, 64, 100, 132, KIB(NV_SM80_SHARED_SM_BYTES)}},
    {86, NV_SM86_SHARED_CTA_BYTES, NV_SM86_WARPS, 5, {8, 16, 32, 64, KIB(NV_SM86_SHARED_SM_BYTES)}},
    {89, NV_SM86_SHARED_CTA_BYTES, NV_SM86_WARPS, 5, {8, 16, 32, 64, KIB(NV_SM86_SHARED_SM_BYTES)}},
    {90,
     NV_SM90_SHARED_CTA_BYTES,
     NV_SM90_WARPS,
     9,
     {8, 16, 32, 64, 100, 132, 164, 196, KIB(NV_SM90_SHARED_SM_BYTES)}},
    {100,
     NV_SM90_SHARED_CTA_BYTES,
     NV_SM90_WARPS,
     9,
     {8, 16, 32, 64, 100, 132, 164, 196, KIB(NV_SM90_SHARED_SM_BYTES)}},
    {120,
     NV_SM120_SHARED_CTA_BYTES,
     NV_SM120_WARPS,
     5,
     {8, 16, 32, 64, KIB(NV_SM120_SHARED_SM_BYTES)}},
};

const struct mg_sm_facts *mg_sm_facts(unsigned version)
{
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
        if (facts[i].version == version)
            return &facts[i];
    return NULL;
}
