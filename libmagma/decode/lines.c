/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Formatting one line for the receiver of a decoder. */
#include "libmagma/decode/lines.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void mg_lines_put(const struct mg_lines *to, const char *fmt, ...)
{
    char text[1001];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    to->line(to->ctx, text);
}

void mg_lines_put_text(const struct mg_lines *to, unsigned indent, const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "\n");

        mg_lines_put(to, "%*s%.*s", (int)indent, "", (int)length, text);
        text += length;
        text += *text == '\n';
    }
}
