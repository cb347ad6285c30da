/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Instances and devices: what is offered, what is refused, opening and closing. */
#include "rig.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static VkInstance plain_instance(void)
{
    const VkApplicationInfo app = {
        .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
        .apiVersion = VK_API_VERSION_1_1,
    };
    const VkInstanceCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
        .pApplicationInfo = &app,
    };
    VkInstance instance;
    OK(vkCreateInstance(&info, NULL, &instance));
    return instance;
}

/* The loader makes VK_ERROR_INITIALIZATION_FAILED of no device at all. */
static uint32_t count_devices(VkInstance instance, VkPhysicalDevice *first)
{
    uint32_t count = 0;
    if (vkEnumeratePhysicalDevices(instance, &count, NULL) == VK_ERROR_INITIALIZATION_FAILED)
        return 0;
    uint32_t one = 1;
    if (first && count)
        ck_assert_int_ge(vkEnumeratePhysicalDevices(instance, &one, first), VK_SUCCESS);
    return count;
}

static VkResult plain_device(VkPhysicalDevice pd, const void *next,
                             const VkPhysicalDeviceFeatures *features, const char *extension,
                             VkDevice *device)
{
    const float priority = 1.0f;
    const VkDeviceQueueCreateInfo queue = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
        .queueCount = 1,
        .pQueuePriorities = &priority,
    };
    const VkDeviceCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
        .pNext = next,
        .queueCreateInfoCount = 1,
        .pQueueCreateInfos = &queue,
        .enabledExtensionCount = extension ? 1 : 0,
        .ppEnabledExtensionNames = &extension,
        .pEnabledFeatures = features,
    };
    return vkCreateDevice(pd, &info, NULL, device);
}

START_TEST(ten_times_open_and_close_leaves_nothing_behind)
{
    for (int i = 0; i < 10; i++) {
        VkInstance instance = plain_instance();
        VkPhysicalDevice pd;
        ck_assert_uint_eq(count_devices(instance, &pd), 1);
        VkDevice device;
        OK(plain_device(pd, NULL, NULL, NULL, &device));
        vkDestroyDevice(device, NULL);
        vkDestroyInstance(instance, NULL);
    }
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
}
END_TEST

START_TEST(two_instances_share_the_gpu)
{
    VkInstance a = plain_instance();
    VkInstance b = plain_instance();
    VkPhysicalDevice pa, pb;
    ck_assert_uint_eq(count_devices(a, &pa), 1);
    ck_assert_uint_eq(count_devices(b, &pb), 1);
    VkDevice da, db;
    OK(plain_device(pa, NULL, NULL, NULL, &da));
    OK(plain_device(pb, NULL, NULL, NULL, &db));
    vkDestroyDevice(da, NULL);
    vkDestroyInstance(a, NULL);
    OK(vkDeviceWaitIdle(db));
    vkDestroyDevice(db, NULL);
    vkDestroyInstance(b, NULL);
}
END_TEST

START_TEST(a_forked_child_opens_its_own_gpu)
{
    VkInstance parent = plain_instance();
    ck_assert_uint_eq(count_devices(parent, NULL), 1);
    pid_t pid = fork();
    if (pid == 0) {
        VkInstance own = plain_instance();
        VkPhysicalDevice pd;
        VkDevice device;
        bool good = count_devices(own, &pd) == 1 &&
                    plain_device(pd, NULL, NULL, NULL, &device) == VK_SUCCESS;
        if (good)
            vkDestroyDevice(device, NULL);
        vkDestroyInstance(own, NULL);
        _exit(good ? 0 : 1);
    }
    int status = 0;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    VkPhysicalDevice pd;
    VkDevice device;
    ck_assert_uint_eq(count_devices(parent, &pd), 1);
    OK(plain_device(pd, NULL, NULL, NULL, &device)); /* the parent's is as it was */
    vkDestroyDevice(device, NULL);
    vkDestroyInstance(parent, NULL);
}
END_TEST

START_TEST(a_device_that_does_not_open_is_not_offered)
{
    char *name = strdup(getenv("MAGMA_DEVICE"));
    setenv("MAGMA_DEVICE", "model:nonsense", 1);
    VkInstance instance = plain_instance();
    ck_assert_uint_eq(count_devices(instance, NULL), 0);
    vkDestroyInstance(instance, NULL);
    unsetenv("MAGMA_DEVICE"); /* and the software GPU only by name */
    instance = plain_instance();
    VkPhysicalDevice pd;
    VkPhysicalDeviceProperties properties;
    if (count_devices(instance, &pd) > 0) {
        vkGetPhysicalDeviceProperties(pd, &properties);
        ck_assert_int_ne(properties.deviceType, VK_PHYSICAL_DEVICE_TYPE_CPU);
    }
    vkDestroyInstance(instance, NULL);
    setenv("MAGMA_DEVICE", name, 1);
    free(name);
}
END_TEST

START_TEST(features_that_are_missing_are_refused)
{
    VkInstance instance = plain_instance();
    VkPhysicalDevice pd;
    ck_assert_uint_eq(count_devices(instance, &pd), 1);
    VkPhysicalDeviceFeatures have;
    vkGetPhysicalDeviceFeatures(pd, &have);
    VkDevice device;
    OK(plain_device(pd, NULL, &have, NULL, &device));
    vkDestroyDevice(device, NULL);
    const VkBool32 *bits = (const VkBool32 *)&have;
    for (size_t i = 0; i < sizeof(have) / sizeof(VkBool32); i++) {
        VkPhysicalDeviceFeatures want = {0};
        ((VkBool32 *)&want)[i] = VK_TRUE;
        VkResult result = plain_device(pd, NULL, &want, NULL, &device);
        ck_assert_int_eq(result, bits[i] ? VK_SUCCESS : VK_ERROR_FEATURE_NOT_PRESENT);
        if (result == VK_SUCCESS)
            vkDestroyDevice(device, NULL);
    }
    VkPhysicalDeviceMultiviewFeatures multiview = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MULTIVIEW_FEATURES, .multiview = VK_TRUE};
    ck_assert_int_eq(plain_device(pd, &multiview, NULL, NULL, &device),
                     VK_ERROR_FEATURE_NOT_PRESENT);
    ck_assert_int_eq(plain_device(pd, NULL, NULL, "VK_KHR_ray_query", &device),
                     VK_ERROR_EXTENSION_NOT_PRESENT);
    vkDestroyInstance(instance, NULL);
}
END_TEST

START_TEST(entry_points_follow_version_and_extensions)
{
    VkInstance instance = plain_instance();
    VkPhysicalDevice pd;
    ck_assert_uint_eq(count_devices(instance, &pd), 1);
    VkDevice device;
    OK(plain_device(pd, NULL, NULL, NULL, &device));
    ck_assert_ptr_nonnull((void *)vkGetDeviceProcAddr(device, "vkCmdDispatch"));
    ck_assert_ptr_null((void *)vkGetDeviceProcAddr(device, "vkQueueSubmit2KHR"));
    ck_assert_ptr_null((void *)vkGetDeviceProcAddr(device, "vkCmdNoSuchThing"));
    ck_assert_ptr_null((void *)vkGetDeviceProcAddr(device, "vkCmdTraceRaysKHR"));
    vkDestroyDevice(device, NULL);
    OK(plain_device(pd, NULL, NULL, VK_KHR_SYNCHRONIZATION_2_EXTENSION_NAME, &device));
    ck_assert_ptr_nonnull((void *)vkGetDeviceProcAddr(device, "vkQueueSubmit2KHR"));
    vkDestroyDevice(device, NULL);
    vkDestroyInstance(instance, NULL);
}
END_TEST

START_TEST(limits_hold_what_vulkan_requires_of_buffers_and_compute)
{
    VkInstance instance = plain_instance();
    VkPhysicalDevice pd;
    ck_assert_uint_eq(count_devices(instance, &pd), 1);
    VkPhysicalDeviceProperties p;
    vkGetPhysicalDeviceProperties(pd, &p);
    const VkPhysicalDeviceLimits *l = &p.limits;
    ck_assert_uint_ge(l->maxUniformBufferRange, 16384);
    ck_assert_uint_ge(l->maxStorageBufferRange, 1u << 27);
    ck_assert_uint_ge(l->maxPushConstantsSize, 128);
    ck_assert_uint_ge(l->maxMemoryAllocationCount, 4096);
    ck_assert_uint_ge(l->maxBoundDescriptorSets, 4);
    ck_assert_uint_ge(l->maxPerStageDescriptorUniformBuffers, 12);
    ck_assert_uint_ge(l->maxPerStageDescriptorStorageBuffers, 4);
    ck_assert_uint_ge(l->maxDescriptorSetUniformBuffersDynamic, 8);
    ck_assert_uint_ge(l->maxDescriptorSetStorageBuffersDynamic, 4);
    ck_assert_uint_ge(l->maxComputeSharedMemorySize, 16384);
    ck_assert_uint_ge(l->maxComputeWorkGroupInvocations, 128);
    for (int i = 0; i < 3; i++) {
        ck_assert_uint_ge(l->maxComputeWorkGroupCount[i], 65535);
        ck_assert_uint_ge(l->maxComputeWorkGroupSize[i], i < 2 ? 128 : 64);
    }
    ck_assert_uint_ge(l->minMemoryMapAlignment, 64);
    ck_assert_uint_le(l->minUniformBufferOffsetAlignment, 256);
    ck_assert_uint_le(l->minStorageBufferOffsetAlignment, 256);
    ck_assert_uint_le(l->nonCoherentAtomSize, 256);
    ck_assert(l->timestampPeriod > 0);
    vkDestroyInstance(instance, NULL);
}
END_TEST

START_TEST(no_format_is_supported)
{
    VkInstance instance = plain_instance();
    VkPhysicalDevice pd;
    ck_assert_uint_eq(count_devices(instance, &pd), 1);
    for (int format = VK_FORMAT_UNDEFINED + 1; format <= VK_FORMAT_ASTC_12x12_SRGB_BLOCK;
         format++) {
        VkFormatProperties f;
        vkGetPhysicalDeviceFormatProperties(pd, (VkFormat)format, &f);
        ck_assert_uint_eq(f.linearTilingFeatures | f.optimalTilingFeatures | f.bufferFeatures, 0);
        VkImageFormatProperties image;
        ck_assert_int_eq(vkGetPhysicalDeviceImageFormatProperties(
                             pd, (VkFormat)format, VK_IMAGE_TYPE_2D, VK_IMAGE_TILING_LINEAR,
                             VK_IMAGE_USAGE_TRANSFER_SRC_BIT, 0, &image),
                         VK_ERROR_FORMAT_NOT_SUPPORTED);
    }
    VkDevice device;
    OK(plain_device(pd, NULL, NULL, NULL, &device));
    const VkSamplerCreateInfo info = {.sType = VK_STRUCTURE_TYPE_SAMPLER_CREATE_INFO};
    VkSampler sampler;
    ck_assert_int_eq(vkCreateSampler(device, &info, NULL, &sampler), VK_ERROR_FEATURE_NOT_PRESENT);
    vkDestroySampler(device, sampler, NULL);
    vkDestroyDevice(device, NULL);
    vkDestroyInstance(instance, NULL);
}
END_TEST

START_TEST(the_validation_layer_is_on_in_the_rig)
{
    rig_open();
    VkBuffer buffer;
    const VkBufferCreateInfo nothing = {.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO};
    if (vkCreateBuffer(rig.device, &nothing, NULL, &buffer) == VK_SUCCESS)
        vkDestroyBuffer(rig.device, buffer, NULL);
    ck_assert_int_gt(rig_layer_messages(), 0); /* size and usage of 0: the layer says so */
    rig_close();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("device");
    TCase *tc = tcase_create("device");
    tcase_add_test(tc, ten_times_open_and_close_leaves_nothing_behind);
    tcase_add_test(tc, two_instances_share_the_gpu);
    tcase_add_test(tc, a_forked_child_opens_its_own_gpu);
    tcase_add_test(tc, a_device_that_does_not_open_is_not_offered);
    tcase_add_test(tc, features_that_are_missing_are_refused);
    tcase_add_test(tc, entry_points_follow_version_and_extensions);
    tcase_add_test(tc, limits_hold_what_vulkan_requires_of_buffers_and_compute);
    tcase_add_test(tc, no_format_is_supported);
    tcase_add_test(tc, the_validation_layer_is_on_in_the_rig);
    suite_add_tcase(suite, tc);
    return rig_main(suite);
}
