/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Filling a struct magma_error: the one way by which the code below the public API reports. */
#ifndef MG_CORE_STATUS_H
#define MG_CORE_STATUS_H

#include <magma-nv/status.h>

/*
 * Stores code and the formatted cause in err (which may be NULL) and returns code, so that a
 * failing function ends in `return mg_fail(err, MAGMA_TIMEOUT, "...")`. Any thread.
 */
enum magma_code mg_fail(struct magma_error *err, enum magma_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* As mg_fail with MAGMA_SYSTEM (EACCES and EPERM: PERMISSION, ENOMEM: OUT_OF_HOST_MEMORY, EBUSY:
 * BUSY, ENODEV and ENOENT: NO_DEVICE), and the text of errno_value appended. */
enum magma_code mg_fail_errno(struct magma_error *err, int errno_value, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "prefix: " before the text that err already holds; returns err's code. err may be NULL. */
enum magma_code mg_prefix(struct magma_error *err, enum magma_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
