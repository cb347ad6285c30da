/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What the subcommands of `magma` share: each is a function of its own file that gets its own
 * argument list (argv[0] is the subcommand's name) and returns the exit status: 0 good, 1 the
 * thing failed, 2 the command line is wrong.
 */
#ifndef MAGMA_TOOL_H
#define MAGMA_TOOL_H

#include <jansson.h>
#include <magma-nv/gpu.h>

int tool_list(int argc, char **argv);
int tool_info(int argc, char **argv);
int tool_doctor(int argc, char **argv);
int tool_bind(int argc, char **argv); /* and unbind: argv[0] says which */
int tool_reset(int argc, char **argv);
int tool_boot(int argc, char **argv);
int tool_decode(int argc, char **argv);

/* Options that most subcommands take. */
struct tool_args {
    bool json;
    bool help;
    bool trace;
    const char *device; /* first argument that is no option, or NULL */
};

/* What a subcommand takes beside --json and --help. */
enum { TOOL_TAKES_TRACE = 1u << 0, TOOL_TAKES_DEVICE = 1u << 1 };

/*
 * Reads a subcommand's options and its device; prints usage for --help. `takes` is a mask of
 * TOOL_TAKES_*. Returns false after printing usage to standard error (exit status 2 then).
 */
bool tool_parse(int argc, char **argv, const char *usage, unsigned takes, struct tool_args *args);

/* Prints a JSON document to standard output and releases it. */
void tool_print_json(json_t *document);

/* Prints "magma: TEXT" to standard error; returns 1 for `return tool_failed(&err)`. */
int tool_failed(const struct magma_error *err);

/* "4.0 GiB" into text. */
const char *tool_size(uint64_t size_bytes, char text[16]);

#endif
