/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What the Vulkan loader calls first. The three vk_icd* functions are the only symbols this
 * library exports; everything else is reached through the entry point table.
 */
#include "icd.h"

#include "object.h"

#include <stdlib.h>
#include <string.h>

/* Interface 5: the driver takes any apiVersion the application asks for. */
enum { LOADER_INTERFACE_MIN = 3, LOADER_INTERFACE_MAX = 5 };

static int compare_name(const void *key, const void *entry)
{
    return strcmp(key, ((const struct mvk_entrypoint *)entry)->name);
}

const struct mvk_entrypoint *mvk_entrypoint_find(const char *name)
{
    if (!name)
        return NULL;
    return bsearch(name, mvk_entrypoints, mvk_entrypoint_count, sizeof(mvk_entrypoints[0]),
                   compare_name);
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL mvk_GetInstanceProcAddr(VkInstance instance,
                                                                 const char *pName)
{
    const struct mvk_entrypoint *e = mvk_entrypoint_find(pName);
    if (!e || (!instance && e->level != MVK_LEVEL_GLOBAL))
        return NULL;
    return e->function;
}

VKAPI_ATTR VkResult VKAPI_CALL vk_icdNegotiateLoaderICDInterfaceVersion(uint32_t *pVersion)
{
    if (*pVersion < LOADER_INTERFACE_MIN)
        return VK_ERROR_INCOMPATIBLE_DRIVER;
    if (*pVersion > LOADER_INTERFACE_MAX)
        *pVersion = LOADER_INTERFACE_MAX;
    return VK_SUCCESS;
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL vk_icdGetInstanceProcAddr(VkInstance instance,
                                                                   const char *pName)
{
    return mvk_GetInstanceProcAddr(instance, pName);
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL vk_icdGetPhysicalDeviceProcAddr(VkInstance instance,
                                                                         const char *pName)
{
    (void)instance;
    const struct mvk_entrypoint *e = mvk_entrypoint_find(pName);
    return e && e->level == MVK_LEVEL_PHYSICAL_DEVICE ? e->function : NULL;
}
