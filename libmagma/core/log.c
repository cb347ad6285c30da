/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The log sink: formatting, levels and the words of MAGMA_DEBUG. */
#include "libmagma/core/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    const char *help;
} debug_words[] = {
#define WORD(name, help) {#name, help},
    MG_DEBUG_WORDS(WORD)
#undef WORD
};

static const char *const level_names[] = {"error", "warning", "info", "debug", "trace"};

static void write_stderr(void *ctx, enum mg_log_level level, const char *line)
{
    (void)ctx;
    fprintf(stderr, "magma: %s: %s\n", level_names[level], line);
}

static void print_words(const char *unknown, size_t len)
{
    if (unknown)
        fprintf(stderr, "magma: MAGMA_DEBUG: unknown word '%.*s'; known words:\n", (int)len,
                unknown);
    else
        fprintf(stderr, "magma: words of MAGMA_DEBUG, separated by commas:\n");
    for (size_t i = 0; i < MG_DEBUG_COUNT; i++)
        fprintf(stderr, "  %-8s %s\n", debug_words[i].name, debug_words[i].help);
}

static uint32_t word_bit(const char *word, size_t len)
{
    for (size_t i = 0; i < MG_DEBUG_COUNT; i++)
        if (strlen(debug_words[i].name) == len && memcmp(debug_words[i].name, word, len) == 0)
            return 1u << i;
    return 0;
}

static uint32_t parse_words(const char *words)
{
    uint32_t bits = 0;

    while (*words) {
        size_t len = strcspn(words, ", ");
        uint32_t bit = word_bit(words, len);

        if (len == 4 && memcmp(words, "help", 4) == 0)
            print_words(NULL, 0);
        else if (len && !bit)
            print_words(words, len);
        bits |= bit;
        words += len;
        words += strspn(words, ", ");
    }
    return bits;
}

void mg_log_init(struct mg_log *log, const char *words)
{
    *log = (struct mg_log){.write = write_stderr, .level = MG_LOG_WARN};
    log->debug = words ? parse_words(words) : 0;
    if (log->debug)
        log->level = MG_LOG_DEBUG;
}

static void write_line(const struct mg_log *log, enum mg_log_level level, const char *fmt,
                       va_list ap)
{
    char line[1024];
    int n = 0;

    if (log->subject[0])
        n = snprintf(line, sizeof line, "%s: ", log->subject);
    vsnprintf(line + n, sizeof line - (size_t)n, fmt, ap);
    log->write(log->ctx, level, line);
}

void mg_log(const struct mg_log *log, enum mg_log_level level, const char *fmt, ...)
{
    va_list ap;

    if (!log || !log->write || level > log->level)
        return;
    va_start(ap, fmt);
    write_line(log, level, fmt, ap);
    va_end(ap);
}

void mg_debug(const struct mg_log *log, uint32_t bit, const char *fmt, ...)
{
    va_list ap;

    if (!mg_debug_on(log, bit) || !log->write)
        return;
    va_start(ap, fmt);
    write_line(log, MG_LOG_DEBUG, fmt, ap);
    va_end(ap);
}
