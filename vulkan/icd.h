/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The loader's way in, and looking up entry points by name. */
#ifndef MVK_ICD_H
#define MVK_ICD_H

#include "mvk_entrypoints.h"

/* The entry of that name in the generated table, or NULL. */
const struct mvk_entrypoint *mvk_entrypoint_find(const char *name);

VKAPI_ATTR VkResult VKAPI_CALL vk_icdNegotiateLoaderICDInterfaceVersion(uint32_t *pVersion);
VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL vk_icdGetInstanceProcAddr(VkInstance instance,
                                                                   const char *pName);
VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL vk_icdGetPhysicalDeviceProcAddr(VkInstance instance,
                                                                         const char *pName);

#endif
