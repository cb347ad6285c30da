/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * VkInstance: allocation callbacks, debug messengers, and the physical devices, which are opened at
 * the first vkEnumeratePhysicalDevices() because what they are is not known before.
 */
#ifndef MVK_INSTANCE_H
#define MVK_INSTANCE_H

#include "debug_utils.h"
#include "object.h"

#include <pthread.h>
#include <stdbool.h>

/* The version of Vulkan that instance and devices report; README.md says why this one. */
#define MVK_API_VERSION VK_MAKE_API_VERSION(0, 1, MVK_API_MINOR, VK_HEADER_VERSION)

struct mvk_physical_device;

struct mvk_instance {
    VK_LOADER_DATA loader;
    VkAllocationCallbacks alloc;
    struct mvk_debug_utils debug;

    pthread_mutex_t lock; /* protects what follows */
    bool enumerated;
    uint32_t physical_device_count;
    struct mvk_physical_device **physical_devices;
};

MVK_HANDLE(mvk_instance, VkInstance)

#endif
