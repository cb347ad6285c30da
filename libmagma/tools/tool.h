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
int tool_boot(int argc, char **argv);
int tool_decode(int argc, char **argv);

/* Options that most subcommands take. */
struct tool_args {
    bool json;
    bool help;
    bool trace;
    const char *device; /* first argument that is no option, or NULL */
};

/*
 * Reads --json, --trace (if wanted), --help and one optional argument. Returns false after
 * printing what is wrong (exit status 2 then).
 */
bool tool_parse(int argc, char **argv, const char *usage, bool takes_trace, struct tool_args *args);

/* Prints a JSON document to standard output and releases it. */
void tool_print_json(json_t *document);

/* Prints "magma: TEXT" to standard error; returns 1 for `return tool_failed(&err)`. */
int tool_failed(const struct magma_error *err);

/* "4.0 GiB" into text. */
const char *tool_size(uint64_t size_bytes, char text[16]);

#endif
