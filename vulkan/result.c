/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* From libmagma's codes to Vulkan's. */
#include "result.h"

VkResult mvk_result(enum magma_code code)
{
    switch (code) {
    case MAGMA_OK:
        return VK_SUCCESS;
    case MAGMA_OUT_OF_HOST_MEMORY:
        return VK_ERROR_OUT_OF_HOST_MEMORY;
    case MAGMA_OUT_OF_DEVICE_MEMORY:
        return VK_ERROR_OUT_OF_DEVICE_MEMORY;
    case MAGMA_NO_DEVICE:
    case MAGMA_BUSY:
    case MAGMA_PERMISSION:
    case MAGMA_BAD_FIRMWARE:
    case MAGMA_BAD_VBIOS:
    case MAGMA_FIRMWARE_MISSING:
    case MAGMA_FIRMWARE_REFUSED:
    case MAGMA_SYSTEM:
        return VK_ERROR_INITIALIZATION_FAILED;
    case MAGMA_NOT_SUPPORTED:
        return VK_ERROR_FEATURE_NOT_PRESENT;
    case MAGMA_TIMEOUT: /* of the driver's own deadlines; waits with a timeout handle it themselves
                         */
    case MAGMA_DEVICE_LOST:
    case MAGMA_DEVICE_GONE:
    case MAGMA_PROTOCOL:
        return VK_ERROR_DEVICE_LOST;
    case MAGMA_INVALID_ARGUMENT:
    case MAGMA_BAD_SHADER:
    case MAGMA_INTERNAL:
    case MAGMA_CODE_COUNT:
        break;
    }
    return VK_ERROR_UNKNOWN;
}
