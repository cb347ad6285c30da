/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Logging for the code below the public API: one callback, levels, a subject (device address) in
 * each line. Silent by default above WARN. A struct mg_log is a plain value that its owner hands
 * down by pointer; several threads may log through one if the callback allows it (the default
 * one, which writes a line to standard error, does).
 */
#ifndef MG_CORE_LOG_H
#define MG_CORE_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum mg_log_level { MG_LOG_ERROR, MG_LOG_WARN, MG_LOG_INFO, MG_LOG_DEBUG, MG_LOG_TRACE };

/* Topics of MAGMA_DEBUG; X(name, help). */
#define MG_DEBUG_WORDS(X)                                                                          \
    X(boot, "each step of the GSP boot with its time")                                             \
    X(rpc, "every RPC message, decoded")                                                           \
    X(mmio, "every register access")                                                               \
    X(push, "every pushbuffer submitted, decoded")                                                 \
    X(mem, "allocations and mappings")                                                             \
    X(shader, "compiler statistics per shader")                                                    \
    X(model, "the software GPU's own messages")                                                    \
    X(info, "general progress")

enum mg_debug_bit {
#define MG_DEBUG_BIT(name, help) MG_DEBUG_INDEX_##name,
    MG_DEBUG_WORDS(MG_DEBUG_BIT)
#undef MG_DEBUG_BIT
        MG_DEBUG_COUNT
};
#define MG_DEBUG(name) (1u << MG_DEBUG_INDEX_##name)

struct mg_log {
    void (*write)(void *ctx, enum mg_log_level level, const char *line);
    void *ctx;
    enum mg_log_level level; /* lines above it are dropped */
    uint32_t debug;          /* MG_DEBUG() bits that are on */
    char subject[48];        /* "0000:01:00.0", "model:ga102"; put before each line */
};

/* Default log: standard error, WARN, debug bits from `words` (a MAGMA_DEBUG value, may be NULL).
 * An unknown word, or `help`, prints the list of words to standard error. */
void mg_log_init(struct mg_log *log, const char *words);

/* Formats and writes one line. log may be NULL (nothing happens). */
void mg_log(const struct mg_log *log, enum mg_log_level level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* As mg_log at debug level, only when the MG_DEBUG() bit is on. */
void mg_debug(const struct mg_log *log, uint32_t bit, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static inline bool mg_debug_on(const struct mg_log *log, uint32_t bit)
{
    return log && (log->debug & bit) != 0;
}

#endif
