/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* VkDevice: the queues an application asked for, on a GPU that the physical device holds open. */
#ifndef MVK_DEVICE_H
#define MVK_DEVICE_H

#include "alloc.h"
#include "physical_device.h"
#include "queue.h"
#include "result.h"
#include "transfer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct mvk_private_slot;

struct mvk_device {
    VK_LOADER_DATA loader;
    VkAllocationCallbacks alloc;
    struct mvk_physical_device *physical_device;
    struct magma_gpu *gpu; /* the physical device's */
    bool robust;           /* robustBufferAccess is on */
    bool extensions[MVK_DEVICE_EXTENSION_COUNT];
    atomic_flag lost_reported;
    struct mvk_transfer transfer;
    pthread_mutex_t private_lock; /* protects the list */
    struct mvk_private_slot *private_slots;
    atomic_uint private_slot_count; /* of the list, for a look without the lock */
    uint32_t queue_count;
    struct mvk_queue *queues[]; /* in the order of the create info */
};

MVK_HANDLE(mvk_device, VkDevice)

/* A new object has this handle: private data of a dead one that had it are no more. Any thread. */
void mvk_private_data_forget(struct mvk_device *device, const void *handle);

static inline void mvk_object_born(struct mvk_device *device, const void *handle)
{
    if (atomic_load_explicit(&device->private_slot_count, memory_order_acquire) > 0)
        mvk_private_data_forget(device, handle);
}

/* Allocation for an object of the device; see alloc.h. */
static inline void *mvk_object_zalloc(struct mvk_device *device, const VkAllocationCallbacks *own,
                                      size_t size_bytes)
{
    void *object = mvk_zalloc(&device->alloc, own, size_bytes, VK_SYSTEM_ALLOCATION_SCOPE_OBJECT);
    if (object)
        mvk_object_born(device, object);
    return object;
}

static inline void mvk_object_free(struct mvk_device *device, const VkAllocationCallbacks *own,
                                   void *object)
{
    mvk_free(&device->alloc, own, object);
}

/* The VkResult for code. The first time that a device turns out to be lost, its reason is told. */
VkResult mvk_device_result(struct mvk_device *device, enum magma_code code);

/* VK_SUCCESS, or VK_ERROR_DEVICE_LOST (told once). Cheap. */
VkResult mvk_device_status(struct mvk_device *device);

/* As mvk_device_result(), for failures with a text: tells it about the object. */
VkResult mvk_device_fail(struct mvk_device *device, VkObjectType type, uint64_t handle,
                         const struct magma_error *err);

#endif
