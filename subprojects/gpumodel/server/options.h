/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The command line of gpumodel. */
#ifndef GPUM_OPTIONS_H
#define GPUM_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gpum_options {
    const char *chip;
    uint64_t vram_bytes, seed;
    const char *plan_path, *trace_path;
    const char *socket_path; /* NULL: fd */
    int fd;
    bool once, strict, no_bar1_map, ask_iommu, reset_on_close, help;
};

/* Reads the arguments; false with a sentence in error. */
bool gpum_options_parse(int argc, char **argv, struct gpum_options *out, char *error,
                        size_t error_size_bytes);
const char *gpum_options_help(void);

#endif
