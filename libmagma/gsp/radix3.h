/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The table through which GSP finds the pages of its image in system memory: three levels of
 * 4 KiB pages of bus addresses, the first two of one page each.
 */
#ifndef MG_GSP_RADIX3_H
#define MG_GSP_RADIX3_H

#include <stdint.h>

#include <magma-nv/address.h>
#include <magma-nv/status.h>

#include "libmagma/gsp/bytes.h"
#include "libmagma/hal/dma.h"

struct mg_hal;

/* Bytes of table for an image: levels 0, 1, 2 behind one another. 0: the image is too large. */
uint64_t mg_radix3_table_bytes(uint64_t image_bytes);

/* Fills the table, which lies at the bus address `table`, for an image that lies contiguous at
 * `image`. */
void mg_radix3_fill(void *cpu, magma_iova table, magma_iova image, uint64_t image_bytes);

/* An image with its table. A plain value, zero before use. */
struct mg_radix3 {
    struct mg_dma image, table;
    uint64_t image_bytes;
};

/* Copies the image to memory the GPU reaches and makes its table. */
enum magma_code mg_radix3_init(struct mg_radix3 *radix3, struct mg_hal *hal, struct mg_bytes image,
                               struct magma_error *err);
void mg_radix3_finish(struct mg_radix3 *radix3);

#endif
