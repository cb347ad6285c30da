/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* SHA-384 (FIPS 180-4), as the chain of trust hashes its first image. */
#ifndef GPUM_SHA384_H
#define GPUM_SHA384_H

#include <stddef.h>
#include <stdint.h>

#define GPUM_SHA384_BYTES 48

void gpum_sha384(const void *data, size_t size_bytes, uint8_t out[GPUM_SHA384_BYTES]);

#endif
