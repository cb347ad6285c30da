/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Between the files of `magma doctor`: the report that the checks write to, and the machine they
 * look at. Nothing here changes anything.
 */
#ifndef MAGMA_TOOL_DOCTOR_H
#define MAGMA_TOOL_DOCTOR_H

#include <jansson.h>
#include <mvfio.h>

#define DOCTOR_GPUS_MAX   16
#define DOCTOR_TEXT_BYTES 8192

enum doctor_verdict {
    DOCTOR_GOOD,
    DOCTOR_NOTE, /* worth knowing; does not keep a GPU from working */
    DOCTOR_BAD   /* a GPU is there and cannot be used */
};

struct doctor {
    const char *root; /* stands for "/"; NULL: the real one */
    bool json;
    json_t *checks;
    unsigned bad;
    struct mvfio_pci_function gpus[DOCTOR_GPUS_MAX];
    uint32_t gpu_count;
};

/* A finding, and what to do about it (NULL: nothing). */
void doctor_tell(struct doctor *d, enum doctor_verdict verdict, const char *check, const char *cure,
                 const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* DOCTOR_BAD where a GPU is there that wants it, else DOCTOR_NOTE. */
enum doctor_verdict doctor_missing(const struct doctor *d);

/* The beginning of a file, without its last newline; false (and "") when it cannot be read. */
bool doctor_read(const struct doctor *d, const char *path, char *text, size_t size_bytes);

/* The file or folder is there. */
bool doctor_has(const struct doctor *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Entries of a folder; 0 when there is none. */
unsigned doctor_count(const struct doctor *d, const char *path);

/* A line of the files ROOT/FOLDER/x.conf has `word` after `first` ("blacklist nouveau"); first
 * empty: the line is the word. */
bool doctor_configured(const struct doctor *d, const char *folder, const char *first,
                       const char *word);

/* The checks, by file: the kernel and how it was booted; the GPUs; this user. */
void doctor_check_kernel(struct doctor *d);
void doctor_check_gpus(struct doctor *d);
void doctor_check_user(struct doctor *d);

#endif
