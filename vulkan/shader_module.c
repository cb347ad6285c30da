/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* VkShaderModule. The SPIR-V is looked at when a pipeline is made of it. */
#include "shader_module.h"

#include "device.h"

#include <string.h>

VKAPI_ATTR VkResult VKAPI_CALL mvk_CreateShaderModule(VkDevice handle,
                                                      const VkShaderModuleCreateInfo *pCreateInfo,
                                                      const VkAllocationCallbacks *pAllocator,
                                                      VkShaderModule *pShaderModule)
{
    struct mvk_device *device = mvk_device_from(handle);
    struct mvk_shader_module *module =
        mvk_object_zalloc(device, pAllocator, sizeof(*module) + pCreateInfo->codeSize);
    if (!module)
        return VK_ERROR_OUT_OF_HOST_MEMORY;
    module->word_count = pCreateInfo->codeSize / sizeof(uint32_t);
    memcpy(module->words, pCreateInfo->pCode, module->word_count * sizeof(uint32_t));
    struct mvk_sha256 hash;
    mvk_sha256_init(&hash);
    mvk_sha256_update(&hash, module->words, module->word_count * sizeof(uint32_t));
    mvk_sha256_finish(&hash, module->digest);
    *pShaderModule = mvk_shader_module_to(module);
    return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL mvk_DestroyShaderModule(VkDevice device, VkShaderModule module,
                                                   const VkAllocationCallbacks *pAllocator)
{
    mvk_object_free(mvk_device_from(device), pAllocator, mvk_shader_module_from(module));
}
