/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Status codes: names and texts from the list in magma-nv/status.h, and the error record. */
#include "libmagma/core/status.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *magma_code_name(enum magma_code code)
{
    static const char *const names[] = {
#define NAME(name, text) #name,
        MAGMA_CODES(NAME)
#undef NAME
    };
    return (unsigned)code < MAGMA_CODE_COUNT ? names[code] : "?";
}

const char *magma_code_text(enum magma_code code)
{
    static const char *const texts[] = {
#define TEXT(name, text) text,
        MAGMA_CODES(TEXT)
#undef TEXT
    };
    return (unsigned)code < MAGMA_CODE_COUNT ? texts[code] : "unknown status code";
}

enum magma_code mg_fail(struct magma_error *err, enum magma_code code, const char *fmt, ...)
{
    va_list ap;

    if (!err)
        return code;
    err->code = code;
    va_start(ap, fmt);
    vsnprintf(err->text, sizeof err->text, fmt, ap);
    va_end(ap);
    return code;
}

static enum magma_code code_of_errno(int errno_value)
{
    switch (errno_value) {
    case EACCES:
    case EPERM:
        return MAGMA_PERMISSION;
    case ENOMEM:
        return MAGMA_OUT_OF_HOST_MEMORY;
    case EBUSY:
        return MAGMA_BUSY;
    case ENODEV:
    case ENOENT:
        return MAGMA_NO_DEVICE;
    default:
        return MAGMA_SYSTEM;
    }
}

enum magma_code mg_fail_errno(struct magma_error *err, int errno_value, const char *fmt, ...)
{
    enum magma_code code = code_of_errno(errno_value);
    va_list ap;
    size_t n;

    if (!err)
        return code;
    err->code = code;
    va_start(ap, fmt);
    vsnprintf(err->text, sizeof err->text, fmt, ap);
    va_end(ap);
    n = strlen(err->text);
    snprintf(err->text + n, sizeof err->text - n, ": %s", strerror(errno_value));
    return code;
}

enum magma_code mg_prefix(struct magma_error *err, enum magma_code code, const char *fmt, ...)
{
    char old[sizeof err->text];
    va_list ap;
    size_t n;

    if (!err)
        return code;
    memcpy(old, err->text, sizeof old);
    old[sizeof old - 1] = 0;
    va_start(ap, fmt);
    vsnprintf(err->text, sizeof err->text, fmt, ap);
    va_end(ap);
    n = strlen(err->text);
    snprintf(err->text + n, sizeof err->text - n, ": %s", old);
    return code;
}
