/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Between the files of vm_vfio: how a case says what it found, and the cases by device. */
#ifndef TESTS_VM_VFIO_H
#define TESTS_VM_VFIO_H

#include <stdbool.h>
#include <stdint.h>

#include <mvfio.h>

enum { VM_WAIT_MS = 20000, VM_PAGE_BYTES = 4096 };

extern struct magma_error vm_err;

/* Counts a failure and prints the expression with the last error's text. */
void vm_check(bool ok, const char *what, int line);
#define CHECK(expression) vm_check(expression, #expression, __LINE__)

/* code is the wanted one and the error's text has `text`. */
bool vm_says(enum magma_code code, enum magma_code want, const char *text);

/* With a given number of address bits (0: the default) over the interface that MAGMA_VFIO names. */
enum magma_code vm_open_bits(const char *address, unsigned iova_bits, struct mvfio_device **device);
enum magma_code vm_open(const char *address, struct mvfio_device **device);

/* An eventfd, and whether it was signalled within VM_WAIT_MS. */
int vm_eventfd(void);
bool vm_signalled(int fd);
/* Nothing is signalled (now). */
bool vm_silent(int fd);

struct vm_case {
    const char *name;
    void (*run)(const char *address);
};

/* Each ends with an entry of NULL. */
extern const struct vm_case vm_any_cases[], vm_edu_cases[], vm_nvme_cases[], vm_gpu_cases[];

#endif
