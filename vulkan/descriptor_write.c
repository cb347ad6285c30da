/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Writing and copying descriptors. */
#include "descriptor_write.h"

#include "buffer.h"
#include "descriptor_pool.h"
#include "device.h"

struct mvk_update_template {
    uint32_t entry_count;
    VkDescriptorUpdateTemplateEntry entries[];
};

/*
 * A place in a set. Array elements beyond the end of a binding belong to the next one, which is how
 * Vulkan lets one write span several.
 */
struct cursor {
    const struct mvk_descriptor_set_layout *layout;
    uint32_t count;   /* descriptors of the set: fewer than the layout's with a variable count */
    uint32_t binding; /* index into the layout */
    uint32_t element;
};

static struct cursor cursor_at(const struct mvk_descriptor_set_layout *layout, uint32_t count,
                               uint32_t number, uint32_t element)
{
    uint32_t binding = mvk_descriptor_set_layout_find(layout, number);
    return (struct cursor){layout, count, binding, element};
}

/* Index of the descriptor at the cursor, which moves on; false at the end of the set. */
static bool cursor_next(struct cursor *c, uint32_t *index)
{
    while (c->binding < c->layout->binding_count) {
        const struct mvk_binding *b = &c->layout->bindings[c->binding];
        if (c->element < b->count) {
            *index = b->first + c->element++;
            return *index < c->count;
        }
        c->element -= b->count;
        c->binding++;
    }
    return false;
}

static struct magma_cc_buffer_descriptor describe(const VkDescriptorBufferInfo *info)
{
    const struct mvk_buffer *buffer = mvk_buffer_from(info->buffer);
    if (!buffer)
        return (struct magma_cc_buffer_descriptor){0};
    VkDeviceSize range = mvk_buffer_range(buffer, info->offset, info->range);
    return (struct magma_cc_buffer_descriptor){
        .address = buffer->address.raw + info->offset,
        .size_bytes = range < UINT32_MAX ? (uint32_t)range : UINT32_MAX,
    };
}

void mvk_descriptors_write(const struct mvk_descriptor_set_layout *layout,
                           struct magma_cc_buffer_descriptor *descriptors, uint32_t count,
                           const VkWriteDescriptorSet *write)
{
    struct cursor c = cursor_at(layout, count, write->dstBinding, write->dstArrayElement);
    uint32_t index;
    for (uint32_t i = 0; i < write->descriptorCount && cursor_next(&c, &index); i++)
        descriptors[index] = describe(&write->pBufferInfo[i]);
}

void mvk_descriptors_write_template(const struct mvk_descriptor_set_layout *layout,
                                    struct magma_cc_buffer_descriptor *descriptors, uint32_t count,
                                    const struct mvk_update_template *update, const void *data)
{
    for (uint32_t e = 0; e < update->entry_count; e++) {
        const VkDescriptorUpdateTemplateEntry *entry = &update->entries[e];
        struct cursor c = cursor_at(layout, count, entry->dstBinding, entry->dstArrayElement);
        const uint8_t *p = (const uint8_t *)data + entry->offset;
        uint32_t index;
        for (uint32_t i = 0; i < entry->descriptorCount && cursor_next(&c, &index); i++)
            descriptors[index] = describe((const VkDescriptorBufferInfo *)(p + i * entry->stride));
    }
}

static void copy(const VkCopyDescriptorSet *info)
{
    const struct mvk_descriptor_set *from = mvk_descriptor_set_from(info->srcSet);
    struct mvk_descriptor_set *to = mvk_descriptor_set_from(info->dstSet);
    struct cursor c = cursor_at(from->layout, from->count, info->srcBinding, info->srcArrayElement);
    struct cursor d = cursor_at(to->layout, to->count, info->dstBinding, info->dstArrayElement);
    uint32_t source;
    uint32_t target;
    for (uint32_t i = 0; i < info->descriptorCount; i++) {
        if (!cursor_next(&c, &source) || !cursor_next(&d, &target))
            return;
        to->descriptors[target] = from->descriptors[source];
    }
}

VKAPI_ATTR void VKAPI_CALL mvk_UpdateDescriptorSets(VkDevice device, uint32_t writeCount,
                                                    const VkWriteDescriptorSet *pWrites,
                                                    uint32_t copyCount,
                                                    const VkCopyDescriptorSet *pCopies)
{
    (void)device;
    for (uint32_t i = 0; i < writeCount; i++) {
        struct mvk_descriptor_set *set = mvk_descriptor_set_from(pWrites[i].dstSet);
        mvk_descriptors_write(set->layout, set->descriptors, set->count, &pWrites[i]);
    }
    for (uint32_t i = 0; i < copyCount; i++)
        copy(&pCopies[i]);
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_CreateDescriptorUpdateTemplate(
    VkDevice handle, const VkDescriptorUpdateTemplateCreateInfo *pCreateInfo,
    const VkAllocationCallbacks *pAllocator, VkDescriptorUpdateTemplate *pTemplate)
{
    struct mvk_device *device = mvk_device_from(handle);
    uint32_t count = pCreateInfo->descriptorUpdateEntryCount;
    struct mvk_update_template *update =
        mvk_object_zalloc(device, pAllocator, sizeof(*update) + count * sizeof(update->entries[0]));
    if (!update)
        return VK_ERROR_OUT_OF_HOST_MEMORY;
    update->entry_count = count;
    for (uint32_t i = 0; i < count; i++)
        update->entries[i] = pCreateInfo->pDescriptorUpdateEntries[i];
    *pTemplate = mvk_update_template_to(update);
    return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL mvk_DestroyDescriptorUpdateTemplate(
    VkDevice device, VkDescriptorUpdateTemplate update, const VkAllocationCallbacks *pAllocator)
{
    mvk_object_free(mvk_device_from(device), pAllocator, mvk_update_template_from(update));
}

VKAPI_ATTR void VKAPI_CALL mvk_UpdateDescriptorSetWithTemplate(VkDevice device,
                                                               VkDescriptorSet handle,
                                                               VkDescriptorUpdateTemplate update,
                                                               const void *pData)
{
    (void)device;
    struct mvk_descriptor_set *set = mvk_descriptor_set_from(handle);
    mvk_descriptors_write_template(set->layout, set->descriptors, set->count,
                                   mvk_update_template_from(update), pData);
}
