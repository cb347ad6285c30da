/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Finding and opening firmware files where distributions put them: ROOT/nvidia/CHIP/gsp/
 * NAME-VERSION.bin. A root of one's own comes first; files may also lie in it directly.
 */
#ifndef MG_GSP_FWFIND_H
#define MG_GSP_FWFIND_H

#include <magma-nv/status.h>

#include "libmagma/gsp/bytes.h"

/* The one firmware version whose structures the driver knows. */
#define MG_FIRMWARE_VERSION "570.144"

/* Where to look. Strings are borrowed. */
struct mg_fw_where {
    const char *path;   /* a root, or NULL: MAGMA_FIRMWARE_PATH, then the system's folders */
    const char *chip;   /* "ga104": its folder is tried first */
    const char *family; /* "ga102": this one second */
};

struct mg_fw_file {
    char path[512];
    struct mg_bytes bytes; /* read only */
    void *mapping;         /* behind bytes */
};

/* Opens NAME. MAGMA_FIRMWARE_MISSING: the text lists the folders and says what to install.
 * MAGMA_BAD_FIRMWARE: it is empty. Close it after. */
enum magma_code mg_fw_open(const struct mg_fw_where *where, const char *name,
                           struct mg_fw_file *out, struct magma_error *err);

/* Unmaps. An all zero file is fine. */
void mg_fw_close(struct mg_fw_file *file);

#endif
