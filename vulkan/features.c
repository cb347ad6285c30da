/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Features. Feature structures are all alike: a header, then VkBool32s. One table lists those that
 * the driver knows; one function turns on what it has. Whatever is not turned on there is off.
 */
#include "physical_device.h"

#include <stddef.h>
#include <string.h>

/* The structure's header has no bool. */
static const size_t body_offset = sizeof(VkBaseOutStructure);

/* A structure ends with its last member: what pads it holds no value. */
#define FEATURES(type, struct_name, last)                                                          \
    {                                                                                              \
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_##type, offsetof(struct_name, last) + sizeof(VkBool32)   \
    }

static const struct {
    VkStructureType type;
    size_t size_bytes;
} known[] = {
    FEATURES(VULKAN_1_1_FEATURES, VkPhysicalDeviceVulkan11Features, shaderDrawParameters),
    FEATURES(VULKAN_1_2_FEATURES, VkPhysicalDeviceVulkan12Features, subgroupBroadcastDynamicId),
    FEATURES(16BIT_STORAGE_FEATURES, VkPhysicalDevice16BitStorageFeatures, storageInputOutput16),
    FEATURES(8BIT_STORAGE_FEATURES, VkPhysicalDevice8BitStorageFeatures, storagePushConstant8),
    FEATURES(BUFFER_DEVICE_ADDRESS_FEATURES, VkPhysicalDeviceBufferDeviceAddressFeatures,
             bufferDeviceAddressMultiDevice),
    FEATURES(DESCRIPTOR_INDEXING_FEATURES, VkPhysicalDeviceDescriptorIndexingFeatures,
             runtimeDescriptorArray),
    FEATURES(PRIVATE_DATA_FEATURES, VkPhysicalDevicePrivateDataFeatures, privateData),
    FEATURES(SUBGROUP_SIZE_CONTROL_FEATURES, VkPhysicalDeviceSubgroupSizeControlFeatures,
             computeFullSubgroups),
    FEATURES(ZERO_INITIALIZE_WORKGROUP_MEMORY_FEATURES,
             VkPhysicalDeviceZeroInitializeWorkgroupMemoryFeatures,
             shaderZeroInitializeWorkgroupMemory),
    FEATURES(HOST_QUERY_RESET_FEATURES, VkPhysicalDeviceHostQueryResetFeatures, hostQueryReset),
    FEATURES(IMAGELESS_FRAMEBUFFER_FEATURES, VkPhysicalDeviceImagelessFramebufferFeatures,
             imagelessFramebuffer),
    FEATURES(MAINTENANCE_4_FEATURES, VkPhysicalDeviceMaintenance4Features, maintenance4),
    FEATURES(MULTIVIEW_FEATURES, VkPhysicalDeviceMultiviewFeatures, multiviewTessellationShader),
    FEATURES(PIPELINE_CREATION_CACHE_CONTROL_FEATURES,
             VkPhysicalDevicePipelineCreationCacheControlFeatures, pipelineCreationCacheControl),
    FEATURES(PROTECTED_MEMORY_FEATURES, VkPhysicalDeviceProtectedMemoryFeatures, protectedMemory),
    FEATURES(SAMPLER_YCBCR_CONVERSION_FEATURES, VkPhysicalDeviceSamplerYcbcrConversionFeatures,
             samplerYcbcrConversion),
    FEATURES(SCALAR_BLOCK_LAYOUT_FEATURES, VkPhysicalDeviceScalarBlockLayoutFeatures,
             scalarBlockLayout),
    FEATURES(SEPARATE_DEPTH_STENCIL_LAYOUTS_FEATURES,
             VkPhysicalDeviceSeparateDepthStencilLayoutsFeatures, separateDepthStencilLayouts),
    FEATURES(SHADER_ATOMIC_INT64_FEATURES, VkPhysicalDeviceShaderAtomicInt64Features,
             shaderSharedInt64Atomics),
    FEATURES(SHADER_DRAW_PARAMETERS_FEATURES, VkPhysicalDeviceShaderDrawParametersFeatures,
             shaderDrawParameters),
    FEATURES(SHADER_FLOAT16_INT8_FEATURES, VkPhysicalDeviceShaderFloat16Int8Features, shaderInt8),
    FEATURES(SHADER_SUBGROUP_EXTENDED_TYPES_FEATURES,
             VkPhysicalDeviceShaderSubgroupExtendedTypesFeatures, shaderSubgroupExtendedTypes),
    FEATURES(SYNCHRONIZATION_2_FEATURES, VkPhysicalDeviceSynchronization2Features,
             synchronization2),
    FEATURES(TIMELINE_SEMAPHORE_FEATURES, VkPhysicalDeviceTimelineSemaphoreFeatures,
             timelineSemaphore),
    FEATURES(UNIFORM_BUFFER_STANDARD_LAYOUT_FEATURES,
             VkPhysicalDeviceUniformBufferStandardLayoutFeatures, uniformBufferStandardLayout),
    FEATURES(VARIABLE_POINTERS_FEATURES, VkPhysicalDeviceVariablePointersFeatures,
             variablePointers),
    FEATURES(VULKAN_MEMORY_MODEL_FEATURES, VkPhysicalDeviceVulkanMemoryModelFeatures,
             vulkanMemoryModelAvailabilityVisibilityChains),
};

/* Large enough for every structure of the table, and aligned for it. */
union any_features {
    VkBaseOutStructure base;
    VkPhysicalDeviceVulkan11Features v11;
    VkPhysicalDeviceVulkan12Features v12;
    VkPhysicalDeviceBufferDeviceAddressFeatures address;
    VkPhysicalDeviceDescriptorIndexingFeatures indexing;
    VkPhysicalDeviceHostQueryResetFeatures host_query_reset;
    VkPhysicalDeviceMaintenance4Features maintenance4;
    VkPhysicalDevicePipelineCreationCacheControlFeatures cache_control;
    VkPhysicalDeviceSynchronization2Features synchronization2;
    VkPhysicalDeviceTimelineSemaphoreFeatures timeline;
    VkPhysicalDeviceUniformBufferStandardLayoutFeatures standard_layout;
    VkPhysicalDevicePrivateDataFeatures private_data;
    VkPhysicalDeviceSubgroupSizeControlFeatures subgroup_size;
    VkPhysicalDeviceShaderSubgroupExtendedTypesFeatures subgroup_types;
    VkPhysicalDeviceZeroInitializeWorkgroupMemoryFeatures zero_shared;
    VkPhysicalDeviceVulkanMemoryModelFeatures memory_model;
};

static size_t known_size(VkStructureType type)
{
    for (size_t i = 0; i < MVK_COUNT_OF(known); i++) {
        if (known[i].type == type)
            return known[i].size_bytes;
    }
    return 0;
}

/* Descriptors lie in memory that shaders read when they run, so that they may change until then. */
#define TURN_ON_INDEXING(f)                                                                        \
    do {                                                                                           \
        (f)->shaderUniformBufferArrayNonUniformIndexing = VK_TRUE;                                 \
        (f)->shaderStorageBufferArrayNonUniformIndexing = VK_TRUE;                                 \
        (f)->descriptorBindingUniformBufferUpdateAfterBind = VK_TRUE;                              \
        (f)->descriptorBindingStorageBufferUpdateAfterBind = VK_TRUE;                              \
        (f)->descriptorBindingUpdateUnusedWhilePending = VK_TRUE;                                  \
        (f)->descriptorBindingPartiallyBound = VK_TRUE;                                            \
        (f)->descriptorBindingVariableDescriptorCount = VK_TRUE;                                   \
        (f)->runtimeDescriptorArray = VK_TRUE;                                                     \
    } while (0)

static void turn_on(union any_features *f)
{
    switch ((int)f->base.sType) {
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES:
        f->v12.hostQueryReset = VK_TRUE;
        f->v12.timelineSemaphore = VK_TRUE;
        f->v12.uniformBufferStandardLayout = VK_TRUE;
        f->v12.shaderSubgroupExtendedTypes = VK_TRUE;
        f->v12.subgroupBroadcastDynamicId = VK_TRUE;
        f->v12.bufferDeviceAddress = VK_TRUE;
        f->v12.vulkanMemoryModel = VK_TRUE;
        f->v12.vulkanMemoryModelDeviceScope = VK_TRUE;
        TURN_ON_INDEXING(&f->v12);
        break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES:
        f->address.bufferDeviceAddress = VK_TRUE;
        break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DESCRIPTOR_INDEXING_FEATURES:
        TURN_ON_INDEXING(&f->indexing);
        break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_MEMORY_MODEL_FEATURES:
        f->memory_model.vulkanMemoryModel = VK_TRUE;
        f->memory_model.vulkanMemoryModelDeviceScope = VK_TRUE;
        break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_HOST_QUERY_RESET_FEATURES:
        f->host_query_reset.hostQueryReset = VK_TRUE;
        break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_4_FEATURES:
        f->maintenance4.maintenance4 = VK_TRUE;
        break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PIPELINE_CREATION_CACHE_CONTROL_FEATURES:
        f->cache_control.pipelineCreationCacheControl = VK_TRUE;
        break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PRIVATE_DATA_FEATURES:
        f->private_data.privateData = VK_TRUE;
        break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_FEATURES:
        f->subgroup_size.subgroupSizeControl = VK_TRUE;
        f->subgroup_size.computeFullSubgroups = VK_TRUE;
        break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_SUBGROUP_EXTENDED_TYPES_FEATURES:
        f->subgroup_types.shaderSubgroupExtendedTypes = VK_TRUE;
        break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ZERO_INITIALIZE_WORKGROUP_MEMORY_FEATURES:
        f->zero_shared.shaderZeroInitializeWorkgroupMemory = VK_TRUE;
        break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SYNCHRONIZATION_2_FEATURES:
        f->synchronization2.synchronization2 = VK_TRUE;
        break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES:
        f->timeline.timelineSemaphore = VK_TRUE;
        break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_UNIFORM_BUFFER_STANDARD_LAYOUT_FEATURES:
        f->standard_layout.uniformBufferStandardLayout = VK_TRUE;
        break;
    default:
        break;
    }
}

static VkPhysicalDeviceFeatures core_features(void)
{
    return (VkPhysicalDeviceFeatures){
        .robustBufferAccess = VK_TRUE,
        .shaderInt64 = VK_TRUE,
        .shaderStorageBufferArrayDynamicIndexing = VK_TRUE,
        .shaderUniformBufferArrayDynamicIndexing = VK_TRUE,
    };
}

VKAPI_ATTR void VKAPI_CALL mvk_GetPhysicalDeviceFeatures(VkPhysicalDevice physicalDevice,
                                                         VkPhysicalDeviceFeatures *pFeatures)
{
    (void)physicalDevice;
    *pFeatures = core_features();
}

VKAPI_ATTR void VKAPI_CALL mvk_GetPhysicalDeviceFeatures2(VkPhysicalDevice physicalDevice,
                                                          VkPhysicalDeviceFeatures2 *pFeatures)
{
    (void)physicalDevice;
    pFeatures->features = core_features();
    for (VkBaseOutStructure *s = pFeatures->pNext; s; s = s->pNext) {
        size_t size_bytes = known_size(s->sType);
        if (!size_bytes)
            continue;
        union any_features f = {.base.sType = s->sType};
        turn_on(&f);
        memcpy((uint8_t *)s + body_offset, (uint8_t *)&f + body_offset, size_bytes - body_offset);
    }
}

/* Both are arrays of VkBool32: nothing may be asked for that is not there. */
static bool covers(const VkBool32 *have, const VkBool32 *want, size_t size_bytes)
{
    for (size_t i = 0; i < size_bytes / sizeof(VkBool32); i++) {
        if (want[i] && !have[i])
            return false;
    }
    return true;
}

static bool core_covered(const VkPhysicalDeviceFeatures *want)
{
    VkPhysicalDeviceFeatures have = core_features();
    return covers((const VkBool32 *)&have, (const VkBool32 *)want, sizeof(have));
}

static bool structure_covered(const VkBaseInStructure *want)
{
    if (want->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2)
        return core_covered(&((const VkPhysicalDeviceFeatures2 *)want)->features);
    size_t size_bytes = known_size(want->sType);
    if (!size_bytes)
        return true; /* no feature structure, or one of an extension that cannot be enabled */
    union any_features have = {.base.sType = want->sType};
    turn_on(&have);
    return covers((const VkBool32 *)((const uint8_t *)&have + body_offset),
                  (const VkBool32 *)((const uint8_t *)want + body_offset),
                  size_bytes - body_offset);
}

VkResult mvk_features_check(const struct mvk_physical_device *pd, const VkDeviceCreateInfo *info)
{
    (void)pd;
    if (info->pEnabledFeatures && !core_covered(info->pEnabledFeatures))
        return VK_ERROR_FEATURE_NOT_PRESENT;
    for (const VkBaseInStructure *s = info->pNext; s; s = s->pNext) {
        if (!structure_covered(s))
            return VK_ERROR_FEATURE_NOT_PRESENT;
    }
    return VK_SUCCESS;
}

bool mvk_features_robust(const VkDeviceCreateInfo *info)
{
    const VkPhysicalDeviceFeatures2 *two =
        mvk_chain_find(info->pNext, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2);
    const VkPhysicalDeviceFeatures *f = two ? &two->features : info->pEnabledFeatures;
    return f && f->robustBufferAccess;
}
