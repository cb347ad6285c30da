/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Looking up entry points by name. The loader's way in is declared by vulkan/vk_icd.h. */
#ifndef MVK_ICD_H
#define MVK_ICD_H

#include "mvk_entrypoints.h"

/* The entry of that name in the generated table, or NULL. */
const struct mvk_entrypoint *mvk_entrypoint_find(const char *name);

#endif
