/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* device_info: what the Vulkan driver says about each of its devices, as a table. */
#include <stdio.h>
#include <stdlib.h>
#include <vulkan/vulkan.h>

enum { DEVICE_COUNT_MAX = 16, FAMILY_COUNT_MAX = 16, EXTENSION_COUNT_MAX = 512 };

static const char *device_type(VkPhysicalDeviceType type)
{
    switch (type) {
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
        return "integrated GPU";
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
        return "discrete GPU";
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
        return "virtual GPU";
    case VK_PHYSICAL_DEVICE_TYPE_CPU:
        return "software";
    default:
        return "other";
    }
}

static void print_identity(VkPhysicalDevice device)
{
    VkPhysicalDeviceDriverProperties driver = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES};
    VkPhysicalDeviceProperties2 two = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
                                       .pNext = &driver};
    vkGetPhysicalDeviceProperties2(device, &two);
    const VkPhysicalDeviceProperties *p = &two.properties;
    printf("device            %s (%s)\n", p->deviceName, device_type(p->deviceType));
    printf("ids               %04x:%04x\n", p->vendorID, p->deviceID);
    printf("driver            %s: %s\n", driver.driverName, driver.driverInfo);
    printf("Vulkan            %u.%u.%u\n", VK_API_VERSION_MAJOR(p->apiVersion),
           VK_API_VERSION_MINOR(p->apiVersion), VK_API_VERSION_PATCH(p->apiVersion));
    const VkPhysicalDeviceLimits *l = &p->limits;
    printf("workgroup         %u threads, %u bytes of shared memory\n",
           l->maxComputeWorkGroupInvocations, l->maxComputeSharedMemorySize);
    printf("grid              %u x %u x %u workgroups\n", l->maxComputeWorkGroupCount[0],
           l->maxComputeWorkGroupCount[1], l->maxComputeWorkGroupCount[2]);
    printf("descriptor sets   %u bound, %u bytes of push constants\n", l->maxBoundDescriptorSets,
           l->maxPushConstantsSize);
}

static void print_memory(VkPhysicalDevice device)
{
    VkPhysicalDeviceMemoryProperties memory;
    vkGetPhysicalDeviceMemoryProperties(device, &memory);
    for (uint32_t i = 0; i < memory.memoryTypeCount; i++) {
        VkMemoryPropertyFlags f = memory.memoryTypes[i].propertyFlags;
        const VkMemoryHeap *heap = &memory.memoryHeaps[memory.memoryTypes[i].heapIndex];
        printf("memory type %u     %llu MiB%s%s%s\n", i, (unsigned long long)(heap->size >> 20),
               f & VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT ? ", on the GPU" : ", of the system",
               f & VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT ? ", CPU access" : "",
               f & VK_MEMORY_PROPERTY_HOST_CACHED_BIT ? ", cached" : "");
    }
}

static void print_queues(VkPhysicalDevice device)
{
    VkQueueFamilyProperties families[FAMILY_COUNT_MAX];
    uint32_t count = FAMILY_COUNT_MAX;
    vkGetPhysicalDeviceQueueFamilyProperties(device, &count, families);
    for (uint32_t i = 0; i < count; i++) {
        printf("queue family %u    %u queues:%s%s%s\n", i, families[i].queueCount,
               families[i].queueFlags & VK_QUEUE_GRAPHICS_BIT ? " graphics" : "",
               families[i].queueFlags & VK_QUEUE_COMPUTE_BIT ? " compute" : "",
               families[i].queueFlags & VK_QUEUE_TRANSFER_BIT ? " transfer" : "");
    }
}

static void print_extensions(VkPhysicalDevice device)
{
    static VkExtensionProperties extensions[EXTENSION_COUNT_MAX];
    uint32_t count = EXTENSION_COUNT_MAX;
    if (vkEnumerateDeviceExtensionProperties(device, NULL, &count, extensions) < 0)
        return;
    for (uint32_t i = 0; i < count; i++)
        printf("%-17s %s\n", i ? "" : "extensions", extensions[i].extensionName);
}

int main(void)
{
    const VkApplicationInfo app = {
        .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
        .pApplicationName = "device_info",
        .apiVersion = VK_API_VERSION_1_2,
    };
    const VkInstanceCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
        .pApplicationInfo = &app,
    };
    VkInstance instance;
    VkResult result = vkCreateInstance(&info, NULL, &instance);
    if (result != VK_SUCCESS) {
        fprintf(stderr,
                "device_info: vkCreateInstance failed (VkResult %d); is a Vulkan driver "
                "installed? `examples/run device_info` uses the one of the build folder\n",
                (int)result);
        return 1;
    }
    VkPhysicalDevice devices[DEVICE_COUNT_MAX];
    uint32_t count = DEVICE_COUNT_MAX;
    result = vkEnumeratePhysicalDevices(instance, &count, devices);
    if (result < 0 || count == 0) {
        fprintf(stderr, "device_info: no Vulkan device (MAGMA_DEVICE names one: pci:0000:01:00.0, "
                        "or model:ga102 for the software GPU)\n");
        vkDestroyInstance(instance, NULL);
        return 1;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (i)
            printf("\n");
        print_identity(devices[i]);
        print_memory(devices[i]);
        print_queues(devices[i]);
        print_extensions(devices[i]);
    }
    vkDestroyInstance(instance, NULL);
    return 0;
}
