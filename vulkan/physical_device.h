/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * VkPhysicalDevice: an open GPU and what the driver says about it. properties.c and features.c hold
 * the answers about limits and features; physical_device.c the rest.
 */
#ifndef MVK_PHYSICAL_DEVICE_H
#define MVK_PHYSICAL_DEVICE_H

#include "object.h"

#include <magma-nv/bo.h>
#include <magma-nv/channel.h>

#include <stdbool.h>

/* Figures that limits and objects have in common. */
enum {
    MVK_BUFFER_ALIGN_BYTES = 256,
    MVK_UNIFORM_ALIGN_BYTES = 64,
    MVK_STORAGE_ALIGN_BYTES = 16,
    MVK_MAP_ALIGN_BYTES = 64,
    MVK_PUSH_DESCRIPTOR_MAX = 32,
    MVK_DESCRIPTORS_PER_SET_MAX = 1 << 20,
    MVK_QUEUE_FAMILY_COUNT = 2,
};

struct mvk_instance;

struct mvk_physical_device {
    VK_LOADER_DATA loader;
    struct mvk_instance *instance;
    struct magma_gpu *gpu; /* shared, see gpu_share.h */
    const struct magma_gpu_info *info;
    VkPhysicalDeviceMemoryProperties memory;
    enum magma_domain domains[VK_MAX_MEMORY_TYPES]; /* by memory type */
    uint8_t cache_uuid[VK_UUID_SIZE];  /* changes with the driver's build and the GPU's kind */
    uint8_t driver_uuid[VK_UUID_SIZE]; /* changes with the driver's build */
};

MVK_HANDLE(mvk_physical_device, VkPhysicalDevice)

/* What a queue family is. */
struct mvk_queue_family {
    VkQueueFlags flags;
    uint32_t queue_count;
    enum magma_engine engine;
};
extern const struct mvk_queue_family mvk_queue_families[MVK_QUEUE_FAMILY_COUNT];

/* Opens the GPU of that name. On failure err holds the cause. */
VkResult mvk_physical_device_create(struct mvk_instance *instance, const char *name,
                                    struct mvk_physical_device **out, struct magma_error *err);
void mvk_physical_device_destroy(struct mvk_physical_device *pd);

/*
 * VK_ERROR_FEATURE_NOT_PRESENT when the create info asks for a feature that the device does not
 * have, in pEnabledFeatures or in any structure of its chain.
 */
VkResult mvk_features_check(const struct mvk_physical_device *pd, const VkDeviceCreateInfo *info);

/* True when the create info turns robustBufferAccess on. */
bool mvk_features_robust(const VkDeviceCreateInfo *info);

#endif
