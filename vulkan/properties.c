/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Properties and limits. Every figure is what libmagma and the compiler can do: the root table
 * bounds sets, push constants and dynamic buffers, the GPU's info the workgroups. Limits on images,
 * samplers and drawing are 0, since there are none.
 */
#include "instance.h"
#include "physical_device.h"

#include <magma-nv/cc.h>

#include <stdio.h>
#include <string.h>

enum {
    SUBGROUP_THREADS = 32,
    GROUP_COUNT_YZ_MAX = 65535, /* the QMD's 16-bit fields; x has 31 bits */
    GROUP_THREADS_Z_MAX = 64,
    UNIFORM_RANGE_MAX = 65536,
    DYNAMIC_EACH_MAX = MAGMA_CC_ROOT_DYNAMIC_COUNT / 2, /* 8 uniform + 8 storage fill the table */
    ALLOCATION_COUNT_MAX = 1 << 16,
};

static void fill_descriptor_limits(VkPhysicalDeviceLimits *l)
{
    l->maxBoundDescriptorSets = MAGMA_CC_ROOT_SET_COUNT;
    l->maxPerStageDescriptorUniformBuffers = MVK_DESCRIPTORS_PER_SET_MAX;
    l->maxPerStageDescriptorStorageBuffers = MVK_DESCRIPTORS_PER_SET_MAX;
    l->maxPerStageResources = MVK_DESCRIPTORS_PER_SET_MAX;
    l->maxDescriptorSetUniformBuffers = MVK_DESCRIPTORS_PER_SET_MAX;
    l->maxDescriptorSetUniformBuffersDynamic = DYNAMIC_EACH_MAX;
    l->maxDescriptorSetStorageBuffers = MVK_DESCRIPTORS_PER_SET_MAX;
    l->maxDescriptorSetStorageBuffersDynamic = DYNAMIC_EACH_MAX;
    l->maxPushConstantsSize = MAGMA_CC_ROOT_PUSH_SIZE;
    l->maxUniformBufferRange = UNIFORM_RANGE_MAX;
    l->maxStorageBufferRange = UINT32_MAX;
    l->minUniformBufferOffsetAlignment = MVK_UNIFORM_ALIGN_BYTES;
    l->minStorageBufferOffsetAlignment = MVK_STORAGE_ALIGN_BYTES;
    l->minTexelBufferOffsetAlignment = MVK_UNIFORM_ALIGN_BYTES;
}

static void fill_compute_limits(const struct magma_gpu_info *info, VkPhysicalDeviceLimits *l)
{
    l->maxComputeSharedMemorySize = info->shared_bytes_max;
    l->maxComputeWorkGroupCount[0] = INT32_MAX;
    l->maxComputeWorkGroupCount[1] = GROUP_COUNT_YZ_MAX;
    l->maxComputeWorkGroupCount[2] = GROUP_COUNT_YZ_MAX;
    l->maxComputeWorkGroupInvocations = info->threads_max;
    l->maxComputeWorkGroupSize[0] = info->threads_max;
    l->maxComputeWorkGroupSize[1] = info->threads_max;
    l->maxComputeWorkGroupSize[2] = GROUP_THREADS_Z_MAX;
}

static void fill_limits(const struct magma_gpu_info *info, VkPhysicalDeviceLimits *l)
{
    *l = (VkPhysicalDeviceLimits){0};
    fill_descriptor_limits(l);
    fill_compute_limits(info, l);
    l->maxMemoryAllocationCount = ALLOCATION_COUNT_MAX;
    l->bufferImageGranularity = 1;
    l->minMemoryMapAlignment = MVK_MAP_ALIGN_BYTES;
    l->nonCoherentAtomSize = MVK_MAP_ALIGN_BYTES;
    l->optimalBufferCopyOffsetAlignment = 1;
    l->optimalBufferCopyRowPitchAlignment = 1;
    l->timestampComputeAndGraphics = VK_TRUE;
    l->timestampPeriod = 1.0f; /* libmagma's timestamps are in nanoseconds */
    l->discreteQueuePriorities = 2;
    l->strictLines = VK_FALSE;
}

VKAPI_ATTR void VKAPI_CALL mvk_GetPhysicalDeviceProperties(VkPhysicalDevice physicalDevice,
                                                           VkPhysicalDeviceProperties *pProperties)
{
    struct mvk_physical_device *pd = mvk_physical_device_from(physicalDevice);
    const struct magma_gpu_info *info = pd->info;
    *pProperties = (VkPhysicalDeviceProperties){
        .apiVersion = MVK_API_VERSION,
        .driverVersion = MVK_VERSION_NUMBER,
        .vendorID = info->vendor_id,
        .deviceID = info->device_id,
        .deviceType =
            info->is_model ? VK_PHYSICAL_DEVICE_TYPE_CPU : VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU,
    };
    snprintf(pProperties->deviceName, sizeof(pProperties->deviceName), "%s", info->name);
    memcpy(pProperties->pipelineCacheUUID, pd->cache_uuid, VK_UUID_SIZE);
    fill_limits(info, &pProperties->limits);
}

static void fill_driver(const struct mvk_physical_device *pd, VkDriverId *id, char *name,
                        char *text, VkConformanceVersion *conformance)
{
    *id = (VkDriverId)0; /* none is registered */
    snprintf(name, VK_MAX_DRIVER_NAME_SIZE, "magma-nv");
    snprintf(text, VK_MAX_DRIVER_INFO_SIZE, "magma-nv %s, GSP firmware %s", MVK_VERSION_TEXT,
             pd->info->firmware);
    *conformance = (VkConformanceVersion){0}; /* no conformance run was made */
}

static void fill_1_1(const struct mvk_physical_device *pd, VkPhysicalDeviceVulkan11Properties *p)
{
    memcpy(p->deviceUUID, pd->info->uuid, VK_UUID_SIZE);
    memcpy(p->driverUUID, pd->driver_uuid, VK_UUID_SIZE);
    memset(p->deviceLUID, 0, VK_LUID_SIZE);
    p->deviceNodeMask = 0;
    p->deviceLUIDValid = VK_FALSE;
    p->subgroupSize = SUBGROUP_THREADS;
    p->subgroupSupportedStages = VK_SHADER_STAGE_COMPUTE_BIT;
    p->subgroupSupportedOperations = VK_SUBGROUP_FEATURE_BASIC_BIT | VK_SUBGROUP_FEATURE_VOTE_BIT |
                                     VK_SUBGROUP_FEATURE_ARITHMETIC_BIT |
                                     VK_SUBGROUP_FEATURE_BALLOT_BIT |
                                     VK_SUBGROUP_FEATURE_SHUFFLE_BIT |
                                     VK_SUBGROUP_FEATURE_SHUFFLE_RELATIVE_BIT |
                                     VK_SUBGROUP_FEATURE_CLUSTERED_BIT |
                                     VK_SUBGROUP_FEATURE_QUAD_BIT;
    p->subgroupQuadOperationsInAllStages = VK_FALSE;
    p->pointClippingBehavior = VK_POINT_CLIPPING_BEHAVIOR_ALL_CLIP_PLANES;
    p->maxMultiviewViewCount = 0;
    p->maxMultiviewInstanceIndex = 0;
    p->protectedNoFault = VK_FALSE;
    p->maxPerSetDescriptors = MVK_DESCRIPTORS_PER_SET_MAX;
    p->maxMemoryAllocationSize = pd->info->vram_usable_bytes;
}

/* Sets that may change after they are bound are no different from others. */
static void fill_indexing(VkPhysicalDeviceDescriptorIndexingProperties *p)
{
    void *next = p->pNext;
    *p = (VkPhysicalDeviceDescriptorIndexingProperties){
        .sType = p->sType,
        .pNext = next,
        .maxUpdateAfterBindDescriptorsInAllPools = UINT32_MAX,
        .shaderUniformBufferArrayNonUniformIndexingNative = VK_TRUE,
        .shaderStorageBufferArrayNonUniformIndexingNative = VK_TRUE,
        .robustBufferAccessUpdateAfterBind = VK_TRUE,
        .maxPerStageDescriptorUpdateAfterBindUniformBuffers = MVK_DESCRIPTORS_PER_SET_MAX,
        .maxPerStageDescriptorUpdateAfterBindStorageBuffers = MVK_DESCRIPTORS_PER_SET_MAX,
        .maxPerStageUpdateAfterBindResources = MVK_DESCRIPTORS_PER_SET_MAX,
        .maxDescriptorSetUpdateAfterBindUniformBuffers = MVK_DESCRIPTORS_PER_SET_MAX,
        .maxDescriptorSetUpdateAfterBindUniformBuffersDynamic = DYNAMIC_EACH_MAX,
        .maxDescriptorSetUpdateAfterBindStorageBuffers = MVK_DESCRIPTORS_PER_SET_MAX,
        .maxDescriptorSetUpdateAfterBindStorageBuffersDynamic = DYNAMIC_EACH_MAX,
    };
}

/* Float controls and image properties stay 0: none of it is there. */
static void fill_1_2(const struct mvk_physical_device *pd, VkPhysicalDeviceVulkan12Properties *p)
{
    void *next = p->pNext;
    *p = (VkPhysicalDeviceVulkan12Properties){.sType = p->sType, .pNext = next};
    fill_driver(pd, &p->driverID, p->driverName, p->driverInfo, &p->conformanceVersion);
    p->denormBehaviorIndependence = VK_SHADER_FLOAT_CONTROLS_INDEPENDENCE_NONE;
    p->roundingModeIndependence = VK_SHADER_FLOAT_CONTROLS_INDEPENDENCE_NONE;
    p->maxTimelineSemaphoreValueDifference = UINT64_MAX;
    VkPhysicalDeviceDescriptorIndexingProperties indexing = {0};
    fill_indexing(&indexing);
    p->maxUpdateAfterBindDescriptorsInAllPools = indexing.maxUpdateAfterBindDescriptorsInAllPools;
    p->shaderUniformBufferArrayNonUniformIndexingNative = VK_TRUE;
    p->shaderStorageBufferArrayNonUniformIndexingNative = VK_TRUE;
    p->robustBufferAccessUpdateAfterBind = VK_TRUE;
    p->maxPerStageDescriptorUpdateAfterBindUniformBuffers =
        indexing.maxPerStageDescriptorUpdateAfterBindUniformBuffers;
    p->maxPerStageDescriptorUpdateAfterBindStorageBuffers =
        indexing.maxPerStageDescriptorUpdateAfterBindStorageBuffers;
    p->maxPerStageUpdateAfterBindResources = indexing.maxPerStageUpdateAfterBindResources;
    p->maxDescriptorSetUpdateAfterBindUniformBuffers =
        indexing.maxDescriptorSetUpdateAfterBindUniformBuffers;
    p->maxDescriptorSetUpdateAfterBindUniformBuffersDynamic =
        indexing.maxDescriptorSetUpdateAfterBindUniformBuffersDynamic;
    p->maxDescriptorSetUpdateAfterBindStorageBuffers =
        indexing.maxDescriptorSetUpdateAfterBindStorageBuffers;
    p->maxDescriptorSetUpdateAfterBindStorageBuffersDynamic =
        indexing.maxDescriptorSetUpdateAfterBindStorageBuffersDynamic;
}

static void fill_id(const VkPhysicalDeviceVulkan11Properties *from, VkPhysicalDeviceIDProperties *p)
{
    memcpy(p->deviceUUID, from->deviceUUID, VK_UUID_SIZE);
    memcpy(p->driverUUID, from->driverUUID, VK_UUID_SIZE);
    memset(p->deviceLUID, 0, VK_LUID_SIZE);
    p->deviceNodeMask = 0;
    p->deviceLUIDValid = VK_FALSE;
}

static void fill_subgroup(const VkPhysicalDeviceVulkan11Properties *from,
                          VkPhysicalDeviceSubgroupProperties *p)
{
    p->subgroupSize = from->subgroupSize;
    p->supportedStages = from->subgroupSupportedStages;
    p->supportedOperations = from->subgroupSupportedOperations;
    p->quadOperationsInAllStages = from->subgroupQuadOperationsInAllStages;
}

static void fill_float_controls(VkPhysicalDeviceFloatControlsProperties *p)
{
    void *next = p->pNext;
    *p = (VkPhysicalDeviceFloatControlsProperties){
        .sType = p->sType,
        .pNext = next,
        .denormBehaviorIndependence = VK_SHADER_FLOAT_CONTROLS_INDEPENDENCE_NONE,
        .roundingModeIndependence = VK_SHADER_FLOAT_CONTROLS_INDEPENDENCE_NONE,
    };
}

/* Structures about things that do not exist here: everything after the header is 0. */
static size_t empty_size(VkStructureType type)
{
    switch ((int)type) {
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MULTIVIEW_PROPERTIES:
        return sizeof(VkPhysicalDeviceMultiviewProperties);
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_POINT_CLIPPING_PROPERTIES:
        return sizeof(VkPhysicalDevicePointClippingProperties);
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROTECTED_MEMORY_PROPERTIES:
        return sizeof(VkPhysicalDeviceProtectedMemoryProperties);
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DEPTH_STENCIL_RESOLVE_PROPERTIES:
        return sizeof(VkPhysicalDeviceDepthStencilResolveProperties);
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SAMPLER_FILTER_MINMAX_PROPERTIES:
        return sizeof(VkPhysicalDeviceSamplerFilterMinmaxProperties);
    default:
        return 0;
    }
}

static void fill_one(const struct mvk_physical_device *pd, VkBaseOutStructure *s)
{
    VkPhysicalDeviceVulkan11Properties v11;
    fill_1_1(pd, &v11);
    size_t empty = empty_size(s->sType);
    if (empty)
        memset((uint8_t *)s + sizeof(*s), 0, empty - sizeof(*s));
    switch ((int)s->sType) {
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_PROPERTIES:
        fill_1_1(pd, (VkPhysicalDeviceVulkan11Properties *)s);
        break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_PROPERTIES:
        fill_1_2(pd, (VkPhysicalDeviceVulkan12Properties *)s);
        break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES:
        fill_id(&v11, (VkPhysicalDeviceIDProperties *)s);
        break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES:
        fill_subgroup(&v11, (VkPhysicalDeviceSubgroupProperties *)s);
        break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DESCRIPTOR_INDEXING_PROPERTIES:
        fill_indexing((VkPhysicalDeviceDescriptorIndexingProperties *)s);
        break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FLOAT_CONTROLS_PROPERTIES:
        fill_float_controls((VkPhysicalDeviceFloatControlsProperties *)s);
        break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES: {
        VkPhysicalDeviceDriverProperties *p = (VkPhysicalDeviceDriverProperties *)s;
        fill_driver(pd, &p->driverID, p->driverName, p->driverInfo, &p->conformanceVersion);
        break;
    }
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES: {
        VkPhysicalDeviceMaintenance3Properties *p = (VkPhysicalDeviceMaintenance3Properties *)s;
        p->maxPerSetDescriptors = v11.maxPerSetDescriptors;
        p->maxMemoryAllocationSize = v11.maxMemoryAllocationSize;
        break;
    }
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_4_PROPERTIES:
        ((VkPhysicalDeviceMaintenance4Properties *)s)->maxBufferSize = v11.maxMemoryAllocationSize;
        break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_PROPERTIES:
        ((VkPhysicalDeviceTimelineSemaphoreProperties *)s)->maxTimelineSemaphoreValueDifference =
            UINT64_MAX;
        break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_PROPERTIES: {
        VkPhysicalDeviceSubgroupSizeControlProperties *p =
            (VkPhysicalDeviceSubgroupSizeControlProperties *)s;
        p->minSubgroupSize = SUBGROUP_THREADS;
        p->maxSubgroupSize = SUBGROUP_THREADS;
        p->maxComputeWorkgroupSubgroups = pd->info->threads_max / SUBGROUP_THREADS;
        p->requiredSubgroupSizeStages = VK_SHADER_STAGE_COMPUTE_BIT;
        break;
    }
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PUSH_DESCRIPTOR_PROPERTIES_KHR:
        ((VkPhysicalDevicePushDescriptorPropertiesKHR *)s)->maxPushDescriptors =
            MVK_PUSH_DESCRIPTOR_MAX;
        break;
    default:
        break;
    }
}

VKAPI_ATTR void VKAPI_CALL mvk_GetPhysicalDeviceProperties2(
    VkPhysicalDevice physicalDevice, VkPhysicalDeviceProperties2 *pProperties)
{
    mvk_GetPhysicalDeviceProperties(physicalDevice, &pProperties->properties);
    for (VkBaseOutStructure *s = pProperties->pNext; s; s = s->pNext)
        fill_one(mvk_physical_device_from(physicalDevice), s);
}
