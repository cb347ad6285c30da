/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The little Vulkan that the comparison needs, with calls that every driver has. Whatever fails ends
 * the program with the call's text: a figure from a broken run must not come out.
 */
#ifndef BENCH_PEER_VK_H
#define BENCH_PEER_VK_H

#include <stdbool.h>
#include <stdint.h>

#include <vulkan/vulkan.h>

enum { VKB_BUFFERS = 3 };

struct vkb {
    VkInstance instance;
    VkPhysicalDevice physical;
    VkPhysicalDeviceProperties properties;
    VkPhysicalDeviceMemoryProperties memory;
    VkDevice device;
    VkQueue queue;
    uint32_t family;
    VkCommandPool pool;
    VkFence fence;
    VkDescriptorPool descriptors;
    VkDescriptorSetLayout set_layout; /* bindings 0 .. VKB_BUFFERS - 1: storage buffers */
    VkPipelineLayout layout;          /* that set; push constants of struct vkb_params */
    const char *shaders;              /* folder of the SPIR-V files */
    bool small;                       /* sizes for a software GPU */
};

struct vkb_params {
    uint32_t count;
    float a;
};

struct vkb_buffer {
    VkBuffer buffer;
    VkDeviceMemory memory;
    VkDeviceSize size_bytes;
    void *cpu; /* NULL: device-local */
};

uint64_t vkb_now_ns(void);
/* Sorts the samples. */
double vkb_median(double *samples, unsigned count);
_Noreturn void vkb_die(const char *what, int result);

#define VKB_CHECK(call)                                                                            \
    do {                                                                                           \
        VkResult vkb_result = (call);                                                              \
        if (vkb_result != VK_SUCCESS)                                                              \
            vkb_die(#call, (int)vkb_result);                                                       \
    } while (0)

/* Instance and physical device; the device comes with vkb_create_device(). */
void vkb_open(struct vkb *b);
VkDevice vkb_create_device(struct vkb *b);
/* Takes the device and makes the objects around it. */
void vkb_use_device(struct vkb *b, VkDevice device);
void vkb_close(struct vkb *b);

/* The memory type with all of `want`, as little as possible of `avoid`. */
uint32_t vkb_memory_type(const struct vkb *b, uint32_t allowed, VkMemoryPropertyFlags want,
                         VkMemoryPropertyFlags avoid);
struct vkb_buffer vkb_buffer_create(struct vkb *b, VkDeviceSize size_bytes, bool host);
void vkb_buffer_destroy(struct vkb *b, struct vkb_buffer *buffer);

VkShaderModule vkb_module(struct vkb *b, const char *name);
/* With specialisation constant 0. */
VkPipeline vkb_pipeline(struct vkb *b, VkShaderModule module, uint32_t salt);
VkDescriptorSet vkb_set(struct vkb *b, const struct vkb_buffer *buffers[VKB_BUFFERS]);

VkCommandBuffer vkb_begin(struct vkb *b);
void vkb_end(VkCommandBuffer commands);
void vkb_barrier(VkCommandBuffer commands);
/* Submits, waits; returns the seconds between. */
double vkb_run(struct vkb *b, VkCommandBuffer commands);
/* Runs it until clocks have had time to rise, then so often for the median. Adds to *times, unless
 * NULL, how often it ran. */
double vkb_time(struct vkb *b, VkCommandBuffer commands, unsigned rounds, unsigned *times);
void vkb_free(struct vkb *b, VkCommandBuffer commands);
/* Through a staging buffer of the caller, which must be as large. */
void vkb_copy(struct vkb *b, const struct vkb_buffer *to, const struct vkb_buffer *from,
              VkDeviceSize size_bytes);

#endif
