/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Formatting one line for the receiver of a decoder. */
#ifndef MG_DECODE_LINES_H
#define MG_DECODE_LINES_H

#include "libmagma/decode/decode.h"

struct mg_lines {
    mg_decode_line line;
    void *ctx;
};

/* Formats and delivers one line, cut at 1000 characters. */
void mg_lines_put(const struct mg_lines *to, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Delivers a text of several lines, each with `indent` spaces before it. */
void mg_lines_put_text(const struct mg_lines *to, unsigned indent, const char *text);

#endif
