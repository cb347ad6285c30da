/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What every suite of the Vulkan tests needs: an instance through the stock loader with the
 * validation layer and a messenger that counts, a device with its queues, buffers, and a command
 * buffer for one submission. One suite is one process, one instance and one open GPU (MAGMA_DEVICE
 * names it).
 *
 * Where MVK_TEST_FAKE is set, libmagma is tests/vulkan/fake.h's and shaders other than mark.comp do
 * nothing. MVK_TEST_PLAIN leaves the validation layer out, for machines that do not have it.
 */
#ifndef TESTS_VULKAN_RIG_H
#define TESTS_VULKAN_RIG_H

#include <check.h>
#include <stdbool.h>
#include <vulkan/vulkan.h>

struct rig {
    VkInstance instance;
    VkPhysicalDevice physical_device;
    VkDevice device;
    VkQueue queue;      /* compute and transfer */
    VkQueue queue2;     /* the same family, another channel */
    VkQueue copy_queue; /* the family of transfers alone */
    VkCommandPool pool; /* of queue's family */
    VkDebugUtilsMessengerEXT messenger;
    bool fake;
};

extern struct rig rig;

/* Opens everything; ends the test program when it cannot. */
void rig_open(void);
void rig_close(void);

/* As rig_open() without the validation layer: for what it would not let through. */
void rig_open_plain(void);

/* A checked fixture: the validation layer and the driver have said nothing during the test. */
void rig_test_begin(void);
void rig_test_end(void);

/* What the messenger heard since rig_test_begin(): messages of the layer, and of the driver. */
int rig_layer_messages(void);
int rig_driver_messages(void);
const char *rig_last_driver_message(void);
/* Forgets them: for tests that provoke one. */
void rig_forget_messages(void);

#define OK(call)       ck_assert_int_eq((call), VK_SUCCESS)

/* An instance function or device function that the loader does not export. */
#define RIG_PROC(name) PFN_##name name = (PFN_##name)(void *)vkGetDeviceProcAddr(rig.device, #name)

/* A buffer in memory with the wanted properties, mapped where the CPU can see it. */
struct rig_buffer {
    VkBuffer buffer;
    VkDeviceMemory memory;
    VkDeviceSize size_bytes;
    uint32_t *words; /* NULL when it is not visible */
};

enum {
    RIG_HOST = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT |
               VK_MEMORY_PROPERTY_HOST_CACHED_BIT,
    RIG_DEVICE = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT,
};

uint32_t rig_memory_type(VkMemoryPropertyFlags properties);
struct rig_buffer rig_buffer_create(VkDeviceSize size_bytes, VkMemoryPropertyFlags properties);
/* The same, for use by address. */
struct rig_buffer rig_buffer_create_addressed(VkDeviceSize size_bytes,
                                              VkMemoryPropertyFlags properties);
void rig_buffer_destroy(struct rig_buffer *buffer);

VkCommandBuffer rig_commands(VkCommandBufferLevel level);
/* Allocates and begins; rig_run() ends, submits to rig.queue, waits and frees. */
VkCommandBuffer rig_begin(void);
void rig_run(VkCommandBuffer commands);
/* A barrier that makes everything before visible to everything after, host included. */
void rig_barrier(VkCommandBuffer commands);

VkFence rig_fence(bool signalled);
VkSemaphore rig_semaphore(bool timeline, uint64_t initial);
void rig_submit(VkQueue queue, VkCommandBuffer commands, VkFence fence);

/* Long enough for the software GPU on a busy machine; reaching it is a failure. */
#define RIG_TIMEOUT_NS UINT64_C(60000000000)

/* Runs one suite; the test program's main() returns it. */
int rig_main(Suite *suite);

#endif
