/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* VkDescriptorSetLayout: buffers, uniform and storage, dynamic or not. */
#include "descriptor_layout.h"

#include "device.h"

#include <stdlib.h>

static bool is_buffer(VkDescriptorType type)
{
    return type == VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER || type == VK_DESCRIPTOR_TYPE_STORAGE_BUFFER ||
           type == VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER_DYNAMIC ||
           type == VK_DESCRIPTOR_TYPE_STORAGE_BUFFER_DYNAMIC;
}

static bool is_dynamic(VkDescriptorType type)
{
    return type == VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER_DYNAMIC ||
           type == VK_DESCRIPTOR_TYPE_STORAGE_BUFFER_DYNAMIC;
}

/* Whether a set of that layout can exist: known types, and not too many. */
static bool supported(const VkDescriptorSetLayoutCreateInfo *info)
{
    uint64_t total = 0;
    uint64_t dynamic = 0;
    for (uint32_t i = 0; i < info->bindingCount; i++) {
        const VkDescriptorSetLayoutBinding *b = &info->pBindings[i];
        if (b->descriptorCount > 0 && !is_buffer(b->descriptorType))
            return false;
        total += b->descriptorCount;
        if (is_dynamic(b->descriptorType))
            dynamic += b->descriptorCount;
    }
    return total <= MVK_DESCRIPTORS_PER_SET_MAX && dynamic <= MAGMA_CC_ROOT_DYNAMIC_COUNT;
}

static int compare_number(const void *a, const void *b)
{
    uint32_t x = ((const struct mvk_binding *)a)->number;
    uint32_t y = ((const struct mvk_binding *)b)->number;
    return x < y ? -1 : x > y;
}

/* Gives each binding its place: the dynamic ones before all others. */
static void place(struct mvk_descriptor_set_layout *layout)
{
    for (int dynamic = 1; dynamic >= 0; dynamic--) {
        for (uint32_t i = 0; i < layout->binding_count; i++) {
            struct mvk_binding *b = &layout->bindings[i];
            if (b->dynamic != (bool)dynamic)
                continue;
            b->first = layout->descriptor_count;
            b->dynamic_first = layout->dynamic_count;
            layout->descriptor_count += b->count;
            layout->dynamic_count += dynamic ? b->count : 0;
        }
    }
}

/* Only the binding of the highest number may have a variable count. */
static bool has_variable(const VkDescriptorSetLayoutCreateInfo *info)
{
    const VkDescriptorSetLayoutBindingFlagsCreateInfo *flags = mvk_chain_find(
        info->pNext, VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_BINDING_FLAGS_CREATE_INFO);
    for (uint32_t i = 0; flags && i < flags->bindingCount; i++) {
        if (flags->pBindingFlags[i] & VK_DESCRIPTOR_BINDING_VARIABLE_DESCRIPTOR_COUNT_BIT)
            return true;
    }
    return false;
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_CreateDescriptorSetLayout(
    VkDevice handle, const VkDescriptorSetLayoutCreateInfo *pCreateInfo,
    const VkAllocationCallbacks *pAllocator, VkDescriptorSetLayout *pSetLayout)
{
    struct mvk_device *device = mvk_device_from(handle);
    if (!supported(pCreateInfo))
        return VK_ERROR_FEATURE_NOT_PRESENT;
    struct mvk_descriptor_set_layout *layout =
        mvk_object_zalloc(device, pAllocator,
                          sizeof(*layout) + pCreateInfo->bindingCount * sizeof(struct mvk_binding));
    if (!layout)
        return VK_ERROR_OUT_OF_HOST_MEMORY;
    layout->push =
        pCreateInfo->flags & VK_DESCRIPTOR_SET_LAYOUT_CREATE_PUSH_DESCRIPTOR_BIT_KHR ? true : false;
    layout->variable = has_variable(pCreateInfo);
    layout->binding_count = pCreateInfo->bindingCount;
    for (uint32_t i = 0; i < pCreateInfo->bindingCount; i++) {
        const VkDescriptorSetLayoutBinding *b = &pCreateInfo->pBindings[i];
        layout->bindings[i] = (struct mvk_binding){
            .number = b->binding,
            .count = b->descriptorCount,
            .dynamic = is_dynamic(b->descriptorType),
        };
    }
    qsort(layout->bindings, layout->binding_count, sizeof(layout->bindings[0]), compare_number);
    place(layout);
    *pSetLayout = mvk_descriptor_set_layout_to(layout);
    return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL mvk_DestroyDescriptorSetLayout(VkDevice device,
                                                          VkDescriptorSetLayout layout,
                                                          const VkAllocationCallbacks *pAllocator)
{
    mvk_object_free(mvk_device_from(device), pAllocator, mvk_descriptor_set_layout_from(layout));
}

/* The most descriptors that the last binding could have, with the others as they are. */
static uint32_t variable_count_max(const VkDescriptorSetLayoutCreateInfo *info)
{
    uint64_t others = 0;
    const VkDescriptorSetLayoutBinding *last = NULL;
    for (uint32_t i = 0; i < info->bindingCount; i++) {
        others += info->pBindings[i].descriptorCount;
        if (!last || info->pBindings[i].binding > last->binding)
            last = &info->pBindings[i];
    }
    others -= last ? last->descriptorCount : 0;
    return others < MVK_DESCRIPTORS_PER_SET_MAX ? (uint32_t)(MVK_DESCRIPTORS_PER_SET_MAX - others)
                                                : 0;
}

VKAPI_ATTR void VKAPI_CALL mvk_GetDescriptorSetLayoutSupport(
    VkDevice device, const VkDescriptorSetLayoutCreateInfo *pCreateInfo,
    VkDescriptorSetLayoutSupport *pSupport)
{
    (void)device;
    pSupport->supported = supported(pCreateInfo);
    for (VkBaseOutStructure *s = pSupport->pNext; s; s = s->pNext) {
        if (s->sType == VK_STRUCTURE_TYPE_DESCRIPTOR_SET_VARIABLE_DESCRIPTOR_COUNT_LAYOUT_SUPPORT)
            ((VkDescriptorSetVariableDescriptorCountLayoutSupport *)s)->maxVariableDescriptorCount =
                pSupport->supported && has_variable(pCreateInfo) ? variable_count_max(pCreateInfo)
                                                                 : 0;
    }
}

uint32_t mvk_descriptor_set_layout_find(const struct mvk_descriptor_set_layout *layout,
                                        uint32_t number)
{
    uint32_t low = 0;
    uint32_t high = layout->binding_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (layout->bindings[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < layout->binding_count && layout->bindings[low].number == number;
    return found ? low : layout->binding_count;
}
