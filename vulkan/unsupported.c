/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Images, samplers and drawing: not supported. The device reports no format and no graphics queue,
 * so that a correct program never comes here. One that does gets an error instead of a jump to
 * address 0, which is where the loader would send it for a command that a driver lacks.
 */
#include "object.h"

#define MVK_NOT_SUPPORTED(name, info_type, handle_type)                                            \
    VKAPI_ATTR VkResult VKAPI_CALL mvk_Create##name(VkDevice device, const info_type *pCreateInfo, \
                                                    const VkAllocationCallbacks *pAllocator,       \
                                                    handle_type *pHandle)                          \
    {                                                                                              \
        (void)device;                                                                              \
        (void)pCreateInfo;                                                                         \
        (void)pAllocator;                                                                          \
        *pHandle = VK_NULL_HANDLE;                                                                 \
        return VK_ERROR_FEATURE_NOT_PRESENT;                                                       \
    }

/* The handle is always VK_NULL_HANDLE. */
#define MVK_NOTHING_TO_DESTROY(name, handle_type)                                                  \
    VKAPI_ATTR void VKAPI_CALL mvk_Destroy##name(VkDevice device, handle_type handle,              \
                                                 const VkAllocationCallbacks *pAllocator)          \
    {                                                                                              \
        (void)device;                                                                              \
        (void)handle;                                                                              \
        (void)pAllocator;                                                                          \
    }

MVK_NOT_SUPPORTED(Image, VkImageCreateInfo, VkImage)
MVK_NOT_SUPPORTED(ImageView, VkImageViewCreateInfo, VkImageView)
MVK_NOT_SUPPORTED(BufferView, VkBufferViewCreateInfo, VkBufferView)
MVK_NOT_SUPPORTED(Sampler, VkSamplerCreateInfo, VkSampler)
MVK_NOT_SUPPORTED(SamplerYcbcrConversion, VkSamplerYcbcrConversionCreateInfo,
                  VkSamplerYcbcrConversion)
MVK_NOT_SUPPORTED(RenderPass, VkRenderPassCreateInfo, VkRenderPass)
MVK_NOT_SUPPORTED(RenderPass2, VkRenderPassCreateInfo2, VkRenderPass)
MVK_NOT_SUPPORTED(Framebuffer, VkFramebufferCreateInfo, VkFramebuffer)

MVK_NOTHING_TO_DESTROY(Image, VkImage)
MVK_NOTHING_TO_DESTROY(ImageView, VkImageView)
MVK_NOTHING_TO_DESTROY(BufferView, VkBufferView)
MVK_NOTHING_TO_DESTROY(Sampler, VkSampler)
MVK_NOTHING_TO_DESTROY(SamplerYcbcrConversion, VkSamplerYcbcrConversion)
MVK_NOTHING_TO_DESTROY(RenderPass, VkRenderPass)
MVK_NOTHING_TO_DESTROY(Framebuffer, VkFramebuffer)

VKAPI_ATTR VkResult VKAPI_CALL mvk_CreateGraphicsPipelines(
    VkDevice device, VkPipelineCache pipelineCache, uint32_t createInfoCount,
    const VkGraphicsPipelineCreateInfo *pCreateInfos, const VkAllocationCallbacks *pAllocator,
    VkPipeline *pPipelines)
{
    (void)device;
    (void)pipelineCache;
    (void)pCreateInfos;
    (void)pAllocator;
    for (uint32_t i = 0; i < createInfoCount; i++)
        pPipelines[i] = VK_NULL_HANDLE;
    return VK_ERROR_FEATURE_NOT_PRESENT;
}
