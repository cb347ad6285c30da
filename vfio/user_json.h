/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The JSON text of a vfio-user VERSION message: which capabilities a server declares. */
#ifndef MVFIO_USER_JSON_H
#define MVFIO_USER_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct user_caps {
    uint64_t max_msg_fds;         /* 1 unless declared */
    uint64_t max_data_xfer_bytes; /* 1 MiB unless declared */
    uint64_t max_dma_maps;        /* 65535 unless declared */
    uint64_t pgsizes;             /* 4096 unless declared: bit mask of page sizes for DMA */
};

/* Reads NUL ended text of size_bytes (the NUL included). False: no JSON object, or a known
 * capability that is no number in the range of uint64_t. Unknown keys are skipped. An empty
 * text leaves the defaults. */
bool user_json_caps(const char *text, size_t size_bytes, struct user_caps *out);

#endif
