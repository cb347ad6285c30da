/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * VkPrivateDataSlot (VK_EXT_private_data): a number per slot and object. A slot keeps its numbers
 * in a hash table by handle. What belonged to a destroyed object goes when the slot does, or when a
 * new object gets the same handle.
 */
#include "device.h"

#include <pthread.h>

enum { BUCKETS = 64 };

struct mvk_private_datum {
    struct mvk_private_datum *next; /* in its bucket */
    VkObjectType type;
    uint64_t handle;
    uint64_t value;
};

struct mvk_private_slot {
    struct mvk_private_slot *next; /* in the device */
    pthread_mutex_t lock;          /* protects the buckets */
    struct mvk_private_datum *buckets[BUCKETS];
};

MVK_HANDLE(mvk_private_slot, VkPrivateDataSlot)

VKAPI_ATTR VkResult VKAPI_CALL mvk_CreatePrivateDataSlot(
    VkDevice handle, const VkPrivateDataSlotCreateInfo *pCreateInfo,
    const VkAllocationCallbacks *pAllocator, VkPrivateDataSlot *pPrivateDataSlot)
{
    (void)pCreateInfo;
    struct mvk_device *device = mvk_device_from(handle);
    struct mvk_private_slot *slot = mvk_object_zalloc(device, pAllocator, sizeof(*slot));
    if (!slot)
        return VK_ERROR_OUT_OF_HOST_MEMORY;
    pthread_mutex_init(&slot->lock, NULL);
    pthread_mutex_lock(&device->private_lock);
    slot->next = device->private_slots;
    device->private_slots = slot;
    atomic_fetch_add(&device->private_slot_count, 1);
    pthread_mutex_unlock(&device->private_lock);
    *pPrivateDataSlot = mvk_private_slot_to(slot);
    return VK_SUCCESS;
}

static void unlink_slot(struct mvk_device *device, struct mvk_private_slot *slot)
{
    pthread_mutex_lock(&device->private_lock);
    struct mvk_private_slot **link = &device->private_slots;
    while (*link != slot)
        link = &(*link)->next;
    *link = slot->next;
    atomic_fetch_sub(&device->private_slot_count, 1);
    pthread_mutex_unlock(&device->private_lock);
}

VKAPI_ATTR void VKAPI_CALL mvk_DestroyPrivateDataSlot(VkDevice handle,
                                                      VkPrivateDataSlot slot_handle,
                                                      const VkAllocationCallbacks *pAllocator)
{
    struct mvk_device *device = mvk_device_from(handle);
    struct mvk_private_slot *slot = mvk_private_slot_from(slot_handle);
    if (!slot)
        return;
    unlink_slot(device, slot);
    for (size_t i = 0; i < BUCKETS; i++) {
        while (slot->buckets[i]) {
            struct mvk_private_datum *datum = slot->buckets[i];
            slot->buckets[i] = datum->next;
            mvk_free(&device->alloc, NULL, datum);
        }
    }
    pthread_mutex_destroy(&slot->lock);
    mvk_object_free(device, pAllocator, slot);
}

/* Handles are addresses: their low bits say little. */
static struct mvk_private_datum **bucket_of(struct mvk_private_slot *slot, uint64_t handle)
{
    return &slot->buckets[(handle >> 4 ^ handle >> 12) % BUCKETS];
}

/* The link that holds the datum, or would. */
static struct mvk_private_datum **find(struct mvk_private_slot *slot, VkObjectType type,
                                       uint64_t handle)
{
    struct mvk_private_datum **link = bucket_of(slot, handle);
    while (*link && ((*link)->type != type || (*link)->handle != handle))
        link = &(*link)->next;
    return link;
}

void mvk_private_data_forget(struct mvk_device *device, const void *handle)
{
    pthread_mutex_lock(&device->private_lock);
    for (struct mvk_private_slot *slot = device->private_slots; slot; slot = slot->next) {
        pthread_mutex_lock(&slot->lock);
        struct mvk_private_datum **link = bucket_of(slot, (uint64_t)(uintptr_t)handle);
        while (*link) {
            struct mvk_private_datum *datum = *link;
            if (datum->handle == (uint64_t)(uintptr_t)handle) {
                *link = datum->next;
                mvk_free(&device->alloc, NULL, datum);
            } else {
                link = &datum->next;
            }
        }
        pthread_mutex_unlock(&slot->lock);
    }
    pthread_mutex_unlock(&device->private_lock);
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_SetPrivateData(VkDevice handle, VkObjectType objectType,
                                                  uint64_t objectHandle,
                                                  VkPrivateDataSlot slot_handle, uint64_t data)
{
    struct mvk_device *device = mvk_device_from(handle);
    struct mvk_private_slot *slot = mvk_private_slot_from(slot_handle);
    VkResult result = VK_SUCCESS;
    pthread_mutex_lock(&slot->lock);
    struct mvk_private_datum **link = find(slot, objectType, objectHandle);
    if (!*link) {
        *link = mvk_zalloc(&device->alloc, NULL, sizeof(**link), VK_SYSTEM_ALLOCATION_SCOPE_DEVICE);
        if (*link) {
            (*link)->type = objectType;
            (*link)->handle = objectHandle;
        }
    }
    if (*link)
        (*link)->value = data;
    else
        result = VK_ERROR_OUT_OF_HOST_MEMORY;
    pthread_mutex_unlock(&slot->lock);
    return result;
}

VKAPI_ATTR void VKAPI_CALL mvk_GetPrivateData(VkDevice handle, VkObjectType objectType,
                                              uint64_t objectHandle, VkPrivateDataSlot slot_handle,
                                              uint64_t *pData)
{
    (void)handle;
    struct mvk_private_slot *slot = mvk_private_slot_from(slot_handle);
    pthread_mutex_lock(&slot->lock);
    struct mvk_private_datum **link = find(slot, objectType, objectHandle);
    *pData = *link ? (*link)->value : 0;
    pthread_mutex_unlock(&slot->lock);
}
