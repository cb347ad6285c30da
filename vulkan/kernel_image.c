/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A compiled kernel as bytes. */
#include "kernel_image.h"

#include <string.h>

enum {
    INSTRUCTION_BYTES = 16,
    LOCAL_ALIGN_BYTES = 16,
    REGISTER_COUNT_MAX = 255,
    BARRIER_COUNT_MAX = 16,
    GROUP_THREADS_MAX = 1024,
    SHARED_BYTES_MAX = 1 << 20,
    LOCAL_BYTES_MAX = 1 << 24,
};

size_t mvk_kernel_image_bytes(const struct magma_cc_shader *shader)
{
    return sizeof(struct mvk_kernel_header) + shader->code_size_bytes;
}

void mvk_kernel_image_write(const struct magma_cc_shader *shader, uint8_t *out)
{
    struct mvk_kernel_header header = {
        .code_size_bytes = (uint32_t)shader->code_size_bytes,
        .register_count = shader->register_count,
        .barrier_count = shader->barrier_count,
        .shared_size_bytes = shader->shared_size_bytes,
        .local_size_bytes = shader->local_size_bytes,
    };
    memcpy(header.workgroup_size, shader->workgroup_size, sizeof(header.workgroup_size));
    memcpy(out, &header, sizeof(header));
    memcpy(out + sizeof(header), shader->code, shader->code_size_bytes);
}

static bool plausible(const struct mvk_kernel_header *h)
{
    uint64_t threads = 1;
    for (int i = 0; i < 3; i++) {
        if (h->workgroup_size[i] == 0 || h->workgroup_size[i] > GROUP_THREADS_MAX)
            return false;
        threads *= h->workgroup_size[i];
    }
    return threads <= GROUP_THREADS_MAX && h->code_size_bytes > 0 &&
           h->code_size_bytes % INSTRUCTION_BYTES == 0 && h->register_count > 0 &&
           h->register_count <= REGISTER_COUNT_MAX && h->barrier_count <= BARRIER_COUNT_MAX &&
           h->shared_size_bytes <= SHARED_BYTES_MAX && h->local_size_bytes <= LOCAL_BYTES_MAX &&
           h->local_size_bytes % LOCAL_ALIGN_BYTES == 0;
}

bool mvk_kernel_image_read(const uint8_t *image, size_t size_bytes, struct magma_kernel_desc *desc)
{
    struct mvk_kernel_header h;
    if (size_bytes < sizeof(h))
        return false;
    memcpy(&h, image, sizeof(h));
    if (h.code_size_bytes != size_bytes - sizeof(h) || !plausible(&h))
        return false;
    *desc = (struct magma_kernel_desc){
        .code = image + sizeof(h),
        .code_size_bytes = h.code_size_bytes,
        .register_count = h.register_count,
        .barrier_count = h.barrier_count,
        .shared_size_bytes = h.shared_size_bytes,
        .local_size_bytes = h.local_size_bytes,
    };
    memcpy(desc->workgroup_size, h.workgroup_size, sizeof(h.workgroup_size));
    return true;
}
