/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What the SASS printer is made of: a bounded text buffer, and numbers and names in the vendor's
 * manner. Private to nvhw.
 */
#ifndef NVHW_SRC_SASS_TEXT_H
#define NVHW_SRC_SASS_TEXT_H

#include "sass_table.h"

struct sass_printer {
    char *text;
    size_t size;
    size_t at;
    unsigned sm;
    uint64_t pc;
    const struct nvhw_sass *in;
    const struct sass_row *row;
};

/* Appends; counts on when the buffer is full. */
void sass_say(struct sass_printer *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void sass_say_hex(struct sass_printer *p, int64_t value);
/* IEEE bits of 16, 32 or 64 (then the high word) bits as a decimal number. */
void sass_say_float(struct sass_printer *p, uint64_t bits, unsigned width);
/* The four lane codes of FSWZADD, lane 0 first. */
void sass_say_lanes(struct sass_printer *p, uint64_t codes);
/* "SR_TID.X", or "SR161" for numbers without a name. */
void sass_say_special(struct sass_printer *p, unsigned number);

#endif
