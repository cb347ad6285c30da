/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * VK_EXT_debug_utils: messengers and object names. The driver has little to say: why a device could
 * not be opened, why a shader was refused, why a device was lost.
 */
#ifndef MVK_DEBUG_UTILS_H
#define MVK_DEBUG_UTILS_H

#include "object.h"

#include <pthread.h>

struct mvk_messenger;
struct mvk_object_name;
struct mvk_instance;

/* Lives in the instance. */
struct mvk_debug_utils {
    pthread_mutex_t lock; /* protects both lists */
    struct mvk_messenger *messengers;
    struct mvk_object_name *names;
};

void mvk_debug_utils_init(struct mvk_debug_utils *debug);

/* Frees the names that are left; messengers are the application's to destroy before. */
void mvk_debug_utils_finish(struct mvk_debug_utils *debug);

/*
 * Tells the messengers about an object; errors also go to standard error when no messenger took
 * them. The text is cut at 1 KiB. Any thread; calls the application back.
 */
void mvk_report(struct mvk_instance *instance, VkDebugUtilsMessageSeverityFlagBitsEXT severity,
                VkObjectType type, uint64_t handle, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

#endif
