/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* From libmagma's codes to Vulkan's. */
#ifndef MVK_RESULT_H
#define MVK_RESULT_H

#include <magma-nv/status.h>

#include <vulkan/vulkan.h>

/* The VkResult that says the same. What Vulkan has no word for becomes VK_ERROR_UNKNOWN. */
VkResult mvk_result(enum magma_code code);

#endif
