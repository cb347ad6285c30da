/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* VkPipelineLayout. */
#include "pipeline_layout.h"

#include "device.h"

#include <string.h>

/* Each copied set layout starts where any type may. */
static size_t aligned(size_t size_bytes)
{
    const size_t mask = _Alignof(max_align_t) - 1;
    return (size_bytes + mask) & ~mask;
}

static size_t layout_bytes(const VkPipelineLayoutCreateInfo *info)
{
    size_t size = aligned(sizeof(struct mvk_pipeline_layout));
    for (uint32_t i = 0; i < info->setLayoutCount; i++) {
        if (info->pSetLayouts[i])
            size += aligned(mvk_descriptor_set_layout_bytes(
                mvk_descriptor_set_layout_from(info->pSetLayouts[i])));
    }
    return size;
}

static void copy_sets(struct mvk_pipeline_layout *layout, const VkPipelineLayoutCreateInfo *info)
{
    uint8_t *end = (uint8_t *)layout + aligned(sizeof(*layout));
    uint32_t dynamic = 0;
    for (uint32_t i = 0; i < info->setLayoutCount; i++) {
        const struct mvk_descriptor_set_layout *set =
            mvk_descriptor_set_layout_from(info->pSetLayouts[i]);
        layout->dynamic_first[i] = dynamic;
        if (!set)
            continue;
        size_t size = mvk_descriptor_set_layout_bytes(set);
        layout->sets[i] = memcpy(end, set, size);
        end += aligned(size);
        dynamic += set->dynamic_count;
        for (uint32_t b = 0; b < set->binding_count; b++)
            layout->binding_count += set->bindings[b].count > 0;
    }
    layout->set_count = info->setLayoutCount;
}

static uint32_t count_dynamic(const VkPipelineLayoutCreateInfo *info)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < info->setLayoutCount; i++) {
        if (info->pSetLayouts[i])
            count += mvk_descriptor_set_layout_from(info->pSetLayouts[i])->dynamic_count;
    }
    return count;
}

/* The table's parts lie in this order; an unused tail need not be copied for every dispatch. */
static uint32_t root_bytes(const VkPipelineLayoutCreateInfo *info, uint32_t dynamic_count)
{
    const uint32_t mask = MAGMA_CC_ROOT_ALIGN_BYTES - 1;
    uint32_t end = MAGMA_CC_ROOT_SET_ADDRESS + info->setLayoutCount * (uint32_t)sizeof(uint64_t);
    for (uint32_t i = 0; i < info->pushConstantRangeCount; i++) {
        const VkPushConstantRange *range = &info->pPushConstantRanges[i];
        uint32_t last = MAGMA_CC_ROOT_PUSH_CONSTANTS + range->offset + range->size;
        end = last > end ? last : end;
    }
    if (dynamic_count > 0)
        end = MAGMA_CC_ROOT_DYNAMIC +
              dynamic_count * (uint32_t)sizeof(struct magma_cc_buffer_descriptor);
    return (end + mask) & ~mask;
}

VKAPI_ATTR VkResult VKAPI_CALL
mvk_CreatePipelineLayout(VkDevice handle, const VkPipelineLayoutCreateInfo *pCreateInfo,
                         const VkAllocationCallbacks *pAllocator, VkPipelineLayout *pPipelineLayout)
{
    struct mvk_device *device = mvk_device_from(handle);
    if (pCreateInfo->setLayoutCount > MAGMA_CC_ROOT_SET_COUNT ||
        count_dynamic(pCreateInfo) > MAGMA_CC_ROOT_DYNAMIC_COUNT)
        return VK_ERROR_FEATURE_NOT_PRESENT; /* beyond the limits that the device reports */
    struct mvk_pipeline_layout *layout =
        mvk_object_zalloc(device, pAllocator, layout_bytes(pCreateInfo));
    if (!layout)
        return VK_ERROR_OUT_OF_HOST_MEMORY;
    copy_sets(layout, pCreateInfo);
    layout->root_bytes = root_bytes(pCreateInfo, count_dynamic(pCreateInfo));
    *pPipelineLayout = mvk_pipeline_layout_to(layout);
    return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL mvk_DestroyPipelineLayout(VkDevice device, VkPipelineLayout layout,
                                                     const VkAllocationCallbacks *pAllocator)
{
    mvk_object_free(mvk_device_from(device), pAllocator, mvk_pipeline_layout_from(layout));
}

static struct magma_cc_binding describe(const struct mvk_pipeline_layout *layout, uint32_t set,
                                        const struct mvk_binding *b)
{
    struct magma_cc_binding out = {.set = set, .binding = b->number, .count = b->count};
    if (b->dynamic) {
        out.kind = MAGMA_CC_BINDING_DYNAMIC_BUFFER;
        out.offset_bytes = layout->dynamic_first[set] + b->dynamic_first;
    } else {
        out.kind = MAGMA_CC_BINDING_BUFFER;
        out.offset_bytes = b->first * MVK_DESCRIPTOR_BYTES;
        out.stride_bytes = MVK_DESCRIPTOR_BYTES;
    }
    return out;
}

void mvk_pipeline_layout_bindings(const struct mvk_pipeline_layout *layout,
                                  struct magma_cc_binding *out)
{
    for (uint32_t set = 0; set < layout->set_count; set++) {
        const struct mvk_descriptor_set_layout *s = layout->sets[set];
        for (uint32_t b = 0; s && b < s->binding_count; b++) {
            if (s->bindings[b].count > 0)
                *out++ = describe(layout, set, &s->bindings[b]);
        }
    }
}
