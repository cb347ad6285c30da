/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The Vulkan tests' rig. */
#include "rig.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rig rig;

static atomic_int layer_messages;
static atomic_int driver_messages;
static char last_driver_message[1024];

static VkBool32 VKAPI_PTR on_message(VkDebugUtilsMessageSeverityFlagBitsEXT severity,
                                     VkDebugUtilsMessageTypeFlagsEXT types,
                                     const VkDebugUtilsMessengerCallbackDataEXT *data, void *user)
{
    (void)severity;
    (void)types;
    (void)user;
    if (data->pMessageIdName && strcmp(data->pMessageIdName, "magma-nv") == 0) {
        atomic_fetch_add(&driver_messages, 1);
        snprintf(last_driver_message, sizeof(last_driver_message), "%s", data->pMessage);
    } else {
        atomic_fetch_add(&layer_messages, 1);
        fprintf(stderr, "validation: %s\n", data->pMessage);
    }
    return VK_FALSE;
}

int rig_layer_messages(void)
{
    return atomic_load(&layer_messages);
}

int rig_driver_messages(void)
{
    return atomic_load(&driver_messages);
}

const char *rig_last_driver_message(void)
{
    return last_driver_message;
}

void rig_forget_messages(void)
{
    atomic_store(&layer_messages, 0);
    atomic_store(&driver_messages, 0);
    last_driver_message[0] = '\0';
}

void rig_test_begin(void)
{
    rig_forget_messages();
}

void rig_test_end(void)
{
    ck_assert_msg(rig_layer_messages() == 0, "the validation layer complained (see above)");
    ck_assert_msg(rig_driver_messages() == 0, "the driver complained: %s", last_driver_message);
}

static void must(VkResult result, const char *what)
{
    if (result != VK_SUCCESS) {
        fprintf(stderr, "%s: VkResult %d\n", what, (int)result);
        exit(1);
    }
}

static void open_instance(bool validation)
{
    static const char *const layers[] = {"VK_LAYER_KHRONOS_validation"};
    static const char *const extensions[] = {VK_EXT_DEBUG_UTILS_EXTENSION_NAME};
    const VkApplicationInfo app = {
        .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
        .apiVersion = VK_API_VERSION_1_2,
    };
    const VkInstanceCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
        .pApplicationInfo = &app,
        .enabledLayerCount = validation ? 1 : 0,
        .ppEnabledLayerNames = layers,
        .enabledExtensionCount = 1,
        .ppEnabledExtensionNames = extensions,
    };
    must(vkCreateInstance(&info, NULL, &rig.instance), "vkCreateInstance");
    const VkDebugUtilsMessengerCreateInfoEXT messenger = {
        .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
        .messageSeverity = VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT |
                           VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
        .messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_GENERAL_BIT_EXT |
                       VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT,
        .pfnUserCallback = on_message,
    };
    PFN_vkCreateDebugUtilsMessengerEXT create =
        (PFN_vkCreateDebugUtilsMessengerEXT)(void *)vkGetInstanceProcAddr(
            rig.instance, "vkCreateDebugUtilsMessengerEXT");
    must(create(rig.instance, &messenger, NULL, &rig.messenger), "messenger");
}

static void open_device(void)
{
    static const char *const extensions[] = {
        VK_KHR_SYNCHRONIZATION_2_EXTENSION_NAME,
        VK_KHR_COPY_COMMANDS_2_EXTENSION_NAME,
        VK_KHR_PUSH_DESCRIPTOR_EXTENSION_NAME,
        VK_KHR_MAINTENANCE_4_EXTENSION_NAME,
        VK_EXT_CALIBRATED_TIMESTAMPS_EXTENSION_NAME,
        VK_EXT_PIPELINE_CREATION_CACHE_CONTROL_EXTENSION_NAME,
        VK_EXT_PIPELINE_CREATION_FEEDBACK_EXTENSION_NAME,
        VK_EXT_PRIVATE_DATA_EXTENSION_NAME,
        VK_KHR_ZERO_INITIALIZE_WORKGROUP_MEMORY_EXTENSION_NAME,
        VK_EXT_SUBGROUP_SIZE_CONTROL_EXTENSION_NAME,
    };
    VkPhysicalDeviceSubgroupSizeControlFeatures subgroup = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_FEATURES,
        .subgroupSizeControl = VK_TRUE,
        .computeFullSubgroups = VK_TRUE};
    VkPhysicalDevicePrivateDataFeatures private_data = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PRIVATE_DATA_FEATURES,
        .pNext = &subgroup,
        .privateData = VK_TRUE};
    VkPhysicalDeviceZeroInitializeWorkgroupMemoryFeatures zeroed = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ZERO_INITIALIZE_WORKGROUP_MEMORY_FEATURES,
        .pNext = &private_data,
        .shaderZeroInitializeWorkgroupMemory = VK_TRUE};
    VkPhysicalDevicePipelineCreationCacheControlFeatures control = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PIPELINE_CREATION_CACHE_CONTROL_FEATURES,
        .pNext = &zeroed,
        .pipelineCreationCacheControl = VK_TRUE};
    VkPhysicalDeviceSynchronization2Features sync2 = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SYNCHRONIZATION_2_FEATURES,
        .pNext = &control,
        .synchronization2 = VK_TRUE};
    VkPhysicalDeviceVulkan12Features v12 = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
        .pNext = &sync2,
        .hostQueryReset = VK_TRUE,
        .timelineSemaphore = VK_TRUE,
        .uniformBufferStandardLayout = VK_TRUE,
        .shaderSubgroupExtendedTypes = VK_TRUE,
        .subgroupBroadcastDynamicId = VK_TRUE,
        .bufferDeviceAddress = VK_TRUE,
        .vulkanMemoryModel = VK_TRUE,
        .vulkanMemoryModelDeviceScope = VK_TRUE,
        .runtimeDescriptorArray = VK_TRUE,
        .shaderStorageBufferArrayNonUniformIndexing = VK_TRUE,
        .descriptorBindingStorageBufferUpdateAfterBind = VK_TRUE,
        .descriptorBindingPartiallyBound = VK_TRUE,
        .descriptorBindingVariableDescriptorCount = VK_TRUE};
    VkPhysicalDeviceFeatures2 features = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
        .pNext = &v12,
        .features = {.robustBufferAccess = VK_TRUE,
                     .shaderInt64 = VK_TRUE,
                     .shaderStorageBufferArrayDynamicIndexing = VK_TRUE}};
    const float priorities[] = {1.0f, 1.0f};
    const VkDeviceQueueCreateInfo queues[] = {
        {.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
         .queueFamilyIndex = 0,
         .queueCount = 2,
         .pQueuePriorities = priorities},
        {.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
         .queueFamilyIndex = 1,
         .queueCount = 1,
         .pQueuePriorities = priorities},
    };
    const VkDeviceCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
        .pNext = &features,
        .queueCreateInfoCount = 2,
        .pQueueCreateInfos = queues,
        .enabledExtensionCount = sizeof(extensions) / sizeof(extensions[0]),
        .ppEnabledExtensionNames = extensions,
    };
    must(vkCreateDevice(rig.physical_device, &info, NULL, &rig.device), "vkCreateDevice");
    vkGetDeviceQueue(rig.device, 0, 0, &rig.queue);
    vkGetDeviceQueue(rig.device, 0, 1, &rig.queue2);
    vkGetDeviceQueue(rig.device, 1, 0, &rig.copy_queue);
    const VkCommandPoolCreateInfo pool = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
        .flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
    };
    must(vkCreateCommandPool(rig.device, &pool, NULL, &rig.pool), "vkCreateCommandPool");
}

static void open_all(bool validation)
{
    rig_forget_messages();
    rig.fake = getenv("MVK_TEST_FAKE") != NULL;
    open_instance(validation);
    uint32_t count = 1;
    must(vkEnumeratePhysicalDevices(rig.instance, &count, &rig.physical_device), "enumeration");
    if (count != 1) {
        fprintf(stderr, "no device: %s\n", last_driver_message);
        exit(1);
    }
    uint32_t families = 0;
    vkGetPhysicalDeviceQueueFamilyProperties(rig.physical_device, &families, NULL);
    open_device();
    if (rig_layer_messages() || rig_driver_messages())
        exit(1);
}

/* ThreadSanitizer does not see the locks inside the validation layer, which it is not built into. */
#if defined(__SANITIZE_THREAD__)
static const bool validate = false;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
static const bool validate = false;
#else
static const bool validate = true;
#endif
#else
static const bool validate = true;
#endif

void rig_open(void)
{
    open_all(validate && !getenv("MVK_TEST_PLAIN"));
}

void rig_open_plain(void)
{
    open_all(false);
}

void rig_close(void)
{
    vkDestroyCommandPool(rig.device, rig.pool, NULL);
    vkDestroyDevice(rig.device, NULL);
    PFN_vkDestroyDebugUtilsMessengerEXT destroy =
        (PFN_vkDestroyDebugUtilsMessengerEXT)(void *)vkGetInstanceProcAddr(
            rig.instance, "vkDestroyDebugUtilsMessengerEXT");
    destroy(rig.instance, rig.messenger, NULL);
    vkDestroyInstance(rig.instance, NULL);
    rig = (struct rig){0};
}

uint32_t rig_memory_type(VkMemoryPropertyFlags properties)
{
    VkPhysicalDeviceMemoryProperties memory;
    vkGetPhysicalDeviceMemoryProperties(rig.physical_device, &memory);
    for (uint32_t i = 0; i < memory.memoryTypeCount; i++) {
        if ((memory.memoryTypes[i].propertyFlags & properties) == properties)
            return i;
    }
    return UINT32_MAX;
}

static struct rig_buffer buffer_create(VkDeviceSize size_bytes, VkMemoryPropertyFlags properties,
                                       bool addressed)
{
    struct rig_buffer b = {.size_bytes = size_bytes};
    const VkBufferCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
        .size = size_bytes,
        .usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT |
                 VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT |
                 VK_BUFFER_USAGE_INDIRECT_BUFFER_BIT |
                 (addressed ? VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT : 0u),
    };
    OK(vkCreateBuffer(rig.device, &info, NULL, &b.buffer));
    VkMemoryRequirements need;
    vkGetBufferMemoryRequirements(rig.device, b.buffer, &need);
    uint32_t type = rig_memory_type(properties);
    ck_assert_uint_lt(type, VK_MAX_MEMORY_TYPES);
    ck_assert_uint_ne(need.memoryTypeBits & (1u << (type % VK_MAX_MEMORY_TYPES)), 0);
    const VkMemoryAllocateFlagsInfo flags = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO,
        .flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT,
    };
    const VkMemoryAllocateInfo allocation = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
        .pNext = addressed ? &flags : NULL,
        .allocationSize = need.size,
        .memoryTypeIndex = type,
    };
    OK(vkAllocateMemory(rig.device, &allocation, NULL, &b.memory));
    OK(vkBindBufferMemory(rig.device, b.buffer, b.memory, 0));
    if (properties & VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT) {
        void *map;
        OK(vkMapMemory(rig.device, b.memory, 0, VK_WHOLE_SIZE, 0, &map));
        b.words = map;
    }
    return b;
}

struct rig_buffer rig_buffer_create(VkDeviceSize size_bytes, VkMemoryPropertyFlags properties)
{
    return buffer_create(size_bytes, properties, false);
}

struct rig_buffer rig_buffer_create_addressed(VkDeviceSize size_bytes,
                                              VkMemoryPropertyFlags properties)
{
    return buffer_create(size_bytes, properties, true);
}

void rig_buffer_destroy(struct rig_buffer *b)
{
    vkDestroyBuffer(rig.device, b->buffer, NULL);
    vkFreeMemory(rig.device, b->memory, NULL);
}

VkCommandBuffer rig_commands(VkCommandBufferLevel level)
{
    const VkCommandBufferAllocateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
        .commandPool = rig.pool,
        .level = level,
        .commandBufferCount = 1,
    };
    VkCommandBuffer commands;
    OK(vkAllocateCommandBuffers(rig.device, &info, &commands));
    return commands;
}

VkCommandBuffer rig_begin(void)
{
    VkCommandBuffer commands = rig_commands(VK_COMMAND_BUFFER_LEVEL_PRIMARY);
    const VkCommandBufferBeginInfo info = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
    OK(vkBeginCommandBuffer(commands, &info));
    return commands;
}

void rig_run(VkCommandBuffer commands)
{
    OK(vkEndCommandBuffer(commands));
    VkFence fence = rig_fence(false);
    rig_submit(rig.queue, commands, fence);
    OK(vkWaitForFences(rig.device, 1, &fence, VK_TRUE, RIG_TIMEOUT_NS));
    vkDestroyFence(rig.device, fence, NULL);
    vkFreeCommandBuffers(rig.device, rig.pool, 1, &commands);
}

void rig_barrier(VkCommandBuffer commands)
{
    const VkMemoryBarrier barrier = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
        .srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT,
        .dstAccessMask = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT,
    };
    vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
                         VK_PIPELINE_STAGE_ALL_COMMANDS_BIT | VK_PIPELINE_STAGE_HOST_BIT, 0, 1,
                         &barrier, 0, NULL, 0, NULL);
}

VkFence rig_fence(bool signalled)
{
    const VkFenceCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO,
        .flags = signalled ? VK_FENCE_CREATE_SIGNALED_BIT : 0,
    };
    VkFence fence;
    OK(vkCreateFence(rig.device, &info, NULL, &fence));
    return fence;
}

VkSemaphore rig_semaphore(bool timeline, uint64_t initial)
{
    const VkSemaphoreTypeCreateInfo type = {
        .sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
        .semaphoreType = timeline ? VK_SEMAPHORE_TYPE_TIMELINE : VK_SEMAPHORE_TYPE_BINARY,
        .initialValue = initial,
    };
    const VkSemaphoreCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO,
        .pNext = timeline ? &type : NULL,
    };
    VkSemaphore semaphore;
    OK(vkCreateSemaphore(rig.device, &info, NULL, &semaphore));
    return semaphore;
}

void rig_submit(VkQueue queue, VkCommandBuffer commands, VkFence fence)
{
    const VkSubmitInfo submit = {
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
        .commandBufferCount = 1,
        .pCommandBuffers = &commands,
    };
    OK(vkQueueSubmit(queue, 1, &submit, fence));
}

int rig_main(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
