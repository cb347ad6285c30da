/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A compiled kernel as bytes: what the pipeline cache keeps and gives to the application. The bytes
 * may come back changed, so that reading them checks every figure.
 */
#ifndef MVK_KERNEL_IMAGE_H
#define MVK_KERNEL_IMAGE_H

#include <magma-nv/cc.h>
#include <magma-nv/compute.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The header of an image, little endian; the code follows it. */
struct mvk_kernel_header {
    uint32_t code_size_bytes;
    uint32_t register_count;
    uint32_t barrier_count;
    uint32_t shared_size_bytes;
    uint32_t local_size_bytes;
    uint32_t workgroup_size[3];
};

/* Size of the image of a shader. */
size_t mvk_kernel_image_bytes(const struct magma_cc_shader *shader);

/* Writes the image; out has room for mvk_kernel_image_bytes(). */
void mvk_kernel_image_write(const struct magma_cc_shader *shader, uint8_t *out);

/*
 * Reads an image of size_bytes into desc, whose code points into the image. False when the size is
 * wrong or a figure is one that the compiler never gives.
 */
bool mvk_kernel_image_read(const uint8_t *image, size_t size_bytes, struct magma_kernel_desc *desc);

#endif
