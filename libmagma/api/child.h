/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The software GPU as a child process: found (MAGMA_GPUMODEL, that of the build folder this code
 * runs from, the installed one), started with one end of a socket pair, ended when its socket
 * closes. Its firmware files are made by gpumodel-mkfw, which lies beside it, in a private folder.
 */
#ifndef MG_API_CHILD_H
#define MG_API_CHILD_H

#include <stdbool.h>

#include <magma-nv/status.h>

struct mg_child;

/* Starts a model of a chip ("ga102"), with its story on standard error if wanted. *fd is our end of
 * the socket; the caller owns it. */
enum magma_code mg_child_create(const char *chip, bool trace, int *fd, struct mg_child **out,
                                struct magma_error *err);

/* Makes firmware files for it, and returns their folder (valid until destroy). */
enum magma_code mg_child_firmware(struct mg_child *child, const char **folder,
                                  struct magma_error *err);

/* Waits for the process to end (it does once our end of the socket is closed), kills it if it does
 * not, removes the folder. NULL is fine. */
void mg_child_destroy(struct mg_child *child);

/* Process id, for tests that kill it. */
int mg_child_pid(const struct mg_child *child);

#endif
