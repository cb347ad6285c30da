/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* VK_EXT_debug_utils: messengers, object names, and the driver's own messages. */
#include "debug_utils.h"

#include "alloc.h"
#include "device.h"
#include "instance.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct mvk_messenger {
    struct mvk_messenger *next;
    VkDebugUtilsMessageSeverityFlagsEXT severities;
    VkDebugUtilsMessageTypeFlagsEXT types;
    PFN_vkDebugUtilsMessengerCallbackEXT callback;
    void *user;
};

struct mvk_object_name {
    struct mvk_object_name *next;
    VkObjectType type;
    uint64_t handle;
    char text[];
};

MVK_HANDLE(mvk_messenger, VkDebugUtilsMessengerEXT)

void mvk_debug_utils_init(struct mvk_debug_utils *debug)
{
    *debug = (struct mvk_debug_utils){0};
    pthread_mutex_init(&debug->lock, NULL);
}

void mvk_debug_utils_finish(struct mvk_debug_utils *debug)
{
    while (debug->names) {
        struct mvk_object_name *name = debug->names;
        debug->names = name->next;
        free(name);
    }
    pthread_mutex_destroy(&debug->lock);
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_CreateDebugUtilsMessengerEXT(
    VkInstance handle, const VkDebugUtilsMessengerCreateInfoEXT *pCreateInfo,
    const VkAllocationCallbacks *pAllocator, VkDebugUtilsMessengerEXT *pMessenger)
{
    struct mvk_instance *instance = mvk_instance_from(handle);
    struct mvk_messenger *m =
        mvk_zalloc(&instance->alloc, pAllocator, sizeof(*m), VK_SYSTEM_ALLOCATION_SCOPE_OBJECT);
    if (!m)
        return VK_ERROR_OUT_OF_HOST_MEMORY;
    m->severities = pCreateInfo->messageSeverity;
    m->types = pCreateInfo->messageType;
    m->callback = pCreateInfo->pfnUserCallback;
    m->user = pCreateInfo->pUserData;
    pthread_mutex_lock(&instance->debug.lock);
    m->next = instance->debug.messengers;
    instance->debug.messengers = m;
    pthread_mutex_unlock(&instance->debug.lock);
    *pMessenger = mvk_messenger_to(m);
    return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL mvk_DestroyDebugUtilsMessengerEXT(
    VkInstance handle, VkDebugUtilsMessengerEXT messenger, const VkAllocationCallbacks *pAllocator)
{
    struct mvk_instance *instance = mvk_instance_from(handle);
    struct mvk_messenger *m = mvk_messenger_from(messenger);
    if (!m)
        return;
    pthread_mutex_lock(&instance->debug.lock);
    struct mvk_messenger **link = &instance->debug.messengers;
    while (*link && *link != m)
        link = &(*link)->next;
    if (*link)
        *link = m->next;
    pthread_mutex_unlock(&instance->debug.lock);
    mvk_free(&instance->alloc, pAllocator, m);
}

/* The loader, which keeps the same messengers, delivers the application's own messages. */
VKAPI_ATTR void VKAPI_CALL mvk_SubmitDebugUtilsMessageEXT(
    VkInstance instance, VkDebugUtilsMessageSeverityFlagBitsEXT messageSeverity,
    VkDebugUtilsMessageTypeFlagsEXT messageTypes,
    const VkDebugUtilsMessengerCallbackDataEXT *pCallbackData)
{
    (void)instance;
    (void)messageSeverity;
    (void)messageTypes;
    (void)pCallbackData;
}

static struct mvk_object_name **find_name(struct mvk_debug_utils *debug, VkObjectType type,
                                          uint64_t handle)
{
    struct mvk_object_name **link = &debug->names;
    while (*link && ((*link)->type != type || (*link)->handle != handle))
        link = &(*link)->next;
    return link;
}

VKAPI_ATTR VkResult VKAPI_CALL
mvk_SetDebugUtilsObjectNameEXT(VkDevice handle, const VkDebugUtilsObjectNameInfoEXT *pNameInfo)
{
    struct mvk_debug_utils *debug = &mvk_device_from(handle)->physical_device->instance->debug;
    struct mvk_object_name *name = NULL;
    if (pNameInfo->pObjectName && *pNameInfo->pObjectName) {
        size_t size = strlen(pNameInfo->pObjectName) + 1;
        name = malloc(sizeof(*name) + size);
        if (!name)
            return VK_ERROR_OUT_OF_HOST_MEMORY;
        name->type = pNameInfo->objectType;
        name->handle = pNameInfo->objectHandle;
        memcpy(name->text, pNameInfo->pObjectName, size);
    }
    pthread_mutex_lock(&debug->lock);
    struct mvk_object_name **link =
        find_name(debug, pNameInfo->objectType, pNameInfo->objectHandle);
    struct mvk_object_name *old = *link;
    struct mvk_object_name *rest = old ? old->next : NULL;
    if (name)
        name->next = rest;
    *link = name ? name : rest;
    pthread_mutex_unlock(&debug->lock);
    free(old);
    return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL
mvk_SetDebugUtilsObjectTagEXT(VkDevice device, const VkDebugUtilsObjectTagInfoEXT *pTagInfo)
{
    (void)device;
    (void)pTagInfo;
    return VK_SUCCESS;
}

/* Copies the name of an object, or "". */
static void copy_name(struct mvk_debug_utils *debug, VkObjectType type, uint64_t handle, char *out,
                      size_t size_bytes)
{
    pthread_mutex_lock(&debug->lock);
    const struct mvk_object_name *name = *find_name(debug, type, handle);
    snprintf(out, size_bytes, "%s", name ? name->text : "");
    pthread_mutex_unlock(&debug->lock);
}

static int call_messengers(struct mvk_debug_utils *debug,
                           VkDebugUtilsMessageSeverityFlagBitsEXT severity,
                           const VkDebugUtilsMessengerCallbackDataEXT *data)
{
    const VkDebugUtilsMessageTypeFlagBitsEXT type = VK_DEBUG_UTILS_MESSAGE_TYPE_GENERAL_BIT_EXT;
    int taken = 0;
    pthread_mutex_lock(&debug->lock);
    for (struct mvk_messenger *m = debug->messengers; m; m = m->next) {
        if ((m->severities & severity) && (m->types & type)) {
            m->callback(severity, type, data, m->user);
            taken++;
        }
    }
    pthread_mutex_unlock(&debug->lock);
    return taken;
}

void mvk_report(struct mvk_instance *instance, VkDebugUtilsMessageSeverityFlagBitsEXT severity,
                VkObjectType type, uint64_t handle, const char *fmt, ...)
{
    char text[1024];
    char name[128];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    copy_name(&instance->debug, type, handle, name, sizeof(name));
    VkDebugUtilsObjectNameInfoEXT object = {
        .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_OBJECT_NAME_INFO_EXT,
        .objectType = type,
        .objectHandle = handle,
        .pObjectName = name[0] ? name : NULL,
    };
    VkDebugUtilsMessengerCallbackDataEXT data = {
        .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CALLBACK_DATA_EXT,
        .pMessageIdName = "magma-nv",
        .pMessage = text,
        .objectCount = 1,
        .pObjects = &object,
    };
    int taken = call_messengers(&instance->debug, severity, &data);
    if (!taken && severity >= VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT)
        fprintf(stderr, "magma: %s%s%s\n", name, name[0] ? ": " : "", text);
}

/* Labels mark regions for tools that capture; the driver shows them nowhere. */
VKAPI_ATTR void VKAPI_CALL mvk_QueueBeginDebugUtilsLabelEXT(VkQueue queue,
                                                            const VkDebugUtilsLabelEXT *pLabelInfo)
{
    (void)queue;
    (void)pLabelInfo;
}

VKAPI_ATTR void VKAPI_CALL mvk_QueueEndDebugUtilsLabelEXT(VkQueue queue)
{
    (void)queue;
}

VKAPI_ATTR void VKAPI_CALL mvk_QueueInsertDebugUtilsLabelEXT(VkQueue queue,
                                                             const VkDebugUtilsLabelEXT *pLabelInfo)
{
    (void)queue;
    (void)pLabelInfo;
}

VKAPI_ATTR void VKAPI_CALL mvk_CmdBeginDebugUtilsLabelEXT(VkCommandBuffer commandBuffer,
                                                          const VkDebugUtilsLabelEXT *pLabelInfo)
{
    (void)commandBuffer;
    (void)pLabelInfo;
}

VKAPI_ATTR void VKAPI_CALL mvk_CmdEndDebugUtilsLabelEXT(VkCommandBuffer commandBuffer)
{
    (void)commandBuffer;
}

VKAPI_ATTR void VKAPI_CALL mvk_CmdInsertDebugUtilsLabelEXT(VkCommandBuffer commandBuffer,
                                                           const VkDebugUtilsLabelEXT *pLabelInfo)
{
    (void)commandBuffer;
    (void)pLabelInfo;
}
