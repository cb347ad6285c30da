/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Numbers and names of the SASS printer, as the vendor's disassembler writes them.
 */
#include "sass_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

void sass_say(struct sass_printer *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    size_t room = p->at < p->size ? p->size - p->at : 0;
    int count = vsnprintf(room ? p->text + p->at : NULL, room, format, args);
    va_end(args);
    if (count > 0)
        p->at += (size_t)count;
}

void sass_say_hex(struct sass_printer *p, int64_t value)
{
    if (value < 0)
        sass_say(p, "-0x%" PRIx64, (uint64_t)0 - (uint64_t)value);
    else
        sass_say(p, "0x%" PRIx64, (uint64_t)value);
}

/* The vendor's tool writes special values with a blank after them, large ones with 20 decimals. */
static void say_value(struct sass_printer *p, double value, bool quiet)
{
    if (isnan(value))
        sass_say(p, "%c%s ", signbit(value) ? '-' : '+', quiet ? "QNAN" : "SNAN");
    else if (isinf(value))
        sass_say(p, "%cINF ", value < 0 ? '-' : '+');
    else if (value == 0 && signbit(value))
        sass_say(p, "-0.0 ");
    else if (fabs(value) >= 1e9)
        sass_say(p, "%.20e", value);
    else
        sass_say(p, "%.20g", value);
}

static double half_value(unsigned half)
{
    unsigned exponent = half >> 10 & 31, fraction = half & 1023;
    double value = exponent ? 1024 + fraction : fraction;
    if (exponent == 31)
        value = fraction ? (double)NAN : (double)INFINITY;
    for (unsigned i = exponent ? exponent : 1; i < 25; i++)
        value /= 2;
    for (unsigned i = 25; i < exponent; i++)
        value *= 2;
    return half & 0x8000 ? -value : value;
}

void sass_say_float(struct sass_printer *p, uint64_t bits, unsigned width)
{
    double value;
    float single;
    uint32_t low = (uint32_t)bits;
    uint64_t high = bits << 32;
    if (width == 16) {
        say_value(p, half_value((unsigned)bits & 0xffff), bits & 0x200);
    } else if (width == 32) {
        memcpy(&single, &low, sizeof(single));
        say_value(p, single, true);
    } else {
        memcpy(&value, &high, sizeof(value));
        say_value(p, value, high & UINT64_C(0x8000000000000));
    }
}

void sass_say_lanes(struct sass_printer *p, uint64_t codes)
{
    static const char *const names[] = {"PP", "PN", "NP", "ZP"};
    for (int lane = 3; lane >= 0; lane--)
        sass_say(p, "%s", names[codes >> (lane * 2) & 3]);
}

void sass_say_special(struct sass_printer *p, unsigned number)
{
    for (unsigned i = 0; i < sass_special_count; i++)
        if (sass_specials[i].number == number && p->sm >= sass_specials[i].first_sm) {
            sass_say(p, "%s", sass_specials[i].name);
            return;
        }
    sass_say(p, "SR%u", number);
}
