/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Between the files of `magma bind | unbind`: the functions of a card, which driver has each, who
 * has them open, and what is remembered for the way back. `root` is the folder that stands for
 * "/" (NULL: the real one), so that tests can bring a machine of their own.
 */
#ifndef MAGMA_TOOL_BIND_H
#define MAGMA_TOOL_BIND_H

#include <magma-nv/status.h>
#include <mvfio.h>

#define BIND_FUNCTIONS_MAX 32
#define BIND_DRIVER_BYTES  32
#define BIND_PATH_BYTES    512

struct bind_function {
    struct mvfio_pci_function pci;
    bool same_card; /* of the same slot; else it only shares the IOMMU group */
};

/* A card: the functions of one slot, and what else its IOMMU group has (bridges left out). */
struct bind_card {
    struct bind_function functions[BIND_FUNCTIONS_MAX]; /* by address, the card's own first */
    unsigned count;
};

/* ROOT + the formatted rest, into path; false when it does not fit. */
bool bind_path(char path[BIND_PATH_BYTES], const char *root, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Takes "0000:01:00.0", "01:00.0" and "pci:0000:01:00.0" into the first form; false: neither. */
bool bind_address(const char *text, char address[16]);

/* Reads the card that the function `address` belongs to. As mvfio_pci_find; MAGMA_NOT_SUPPORTED:
 * more functions than fit. */
enum magma_code bind_card_read(const char *root, const char *address, struct bind_card *card,
                               struct magma_error *err);

/*
 * MAGMA_BUSY with the processes' numbers and names when some have a node of the function open:
 * taking a function from its driver then would wait for them, in the kernel and without end.
 * Without the right to look into other processes they are not seen.
 */
enum magma_code bind_check_users(const char *root, const struct mvfio_pci_function *function,
                                 struct magma_error *err);

/* What a function was before: kept below /run/magma/bind, so it ends with the boot, as the
 * binding does. */
struct bind_memory {
    char driver[BIND_DRIVER_BYTES];          /* empty: none */
    char driver_override[BIND_DRIVER_BYTES]; /* empty: none */
};

/* Reads what the function is now. */
void bind_memory_take(const char *root, const struct mvfio_pci_function *function,
                      struct bind_memory *memory);
/* Writes, reads (false: nothing is remembered, or not in our form) and removes it. */
enum magma_code bind_memory_save(const char *root, const char *address,
                                 const struct bind_memory *memory, struct magma_error *err);
bool bind_memory_load(const char *root, const char *address, struct bind_memory *memory);
void bind_memory_forget(const char *root, const char *address);

/* Gives a function back to what is remembered, else (memory NULL) to the kernel's choice. */
enum magma_code bind_restore(const char *root, const char *address,
                             const struct bind_memory *memory, struct magma_error *err);

#endif
