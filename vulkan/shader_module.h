/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* VkShaderModule: a copy of the SPIR-V, and its digest for the pipeline cache. */
#ifndef MVK_SHADER_MODULE_H
#define MVK_SHADER_MODULE_H

#include "object.h"
#include "sha256.h"

struct mvk_shader_module {
    uint8_t digest[MVK_SHA256_BYTES];
    size_t word_count;
    uint32_t words[];
};

MVK_HANDLE(mvk_shader_module, VkShaderModule)

#endif
