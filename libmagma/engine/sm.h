/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What one streaming multiprocessor has, by SM version. Constant data, any thread. */
#ifndef MG_ENGINE_SM_H
#define MG_ENGINE_SM_H

#include <stdint.h>

struct mg_sm_facts {
    unsigned version;          /* 86 */
    uint32_t shared_cta_bytes; /* shared memory of one workgroup, at most */
    uint32_t warps;
    uint32_t carveout_count;
    uint16_t carveout_kib[12]; /* sizes that shared memory of an SM can have, ascending */
};

/* NULL: unknown version. */
const struct mg_sm_facts *mg_sm_facts(unsigned version);

#endif
