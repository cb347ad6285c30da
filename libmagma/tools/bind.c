/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * `magma bind` and `magma unbind`: move a card, all its functions (graphics, audio, USB), between
 * vfio-pci and the drivers that had them. Whatever could go wrong halfway is looked at before the
 * first change; what fails then is taken back. One line per function says what changed.
 */
#include "libmagma/tools/bind.h"
#include "libmagma/tools/tool.h"

#include <getopt.h>
#include <nvhw/pci.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "libmagma/core/status.h"

static const char usage[] =
    "usage: magma bind [--dry-run] [--group] [--json] ADDRESS\n"
    "       magma unbind [--dry-run] [--json] ADDRESS\n\n"
    "bind gives the card at the PCI address ADDRESS (0000:01:00.0 or 01:00.0) to vfio-pci, with\n"
    "all its functions (audio, USB), and remembers the driver of each until the next boot; unbind\n"
    "gives them back to those drivers, else to the kernel's choice. Both need root, and refuse a\n"
    "card that a process has open.\n\n"
    "  --dry-run   say what would be done, do nothing\n"
    "  --group     take other devices of the same IOMMU group too (else they are in the way)\n"
    "  --json      print JSON\n"
    "  --root DIR  look at the files below DIR instead of / (for tests)\n";

struct binding {
    const char *root;
    bool unbind, dry_run, group, json;
    struct bind_card card;
    json_t *changes;
};

static const char *or_none(const char *driver)
{
    return driver[0] ? driver : "(no driver)";
}

static void tell(struct binding *b, const char *address, const char *from, const char *to)
{
    if (b->json)
        json_array_append_new(b->changes,
                              json_pack("{s:s, s:s, s:s, s:b}", "address", address, "old_driver",
                                        from, "new_driver", to, "done", !b->dry_run));
    else if (strcmp(from, to) == 0)
        printf("%s: %s already\n", address, or_none(to));
    else
        printf("%s: %s -> %s%s\n", address, or_none(from), or_none(to),
               b->dry_run ? " (not done)" : "");
}

/* ---- Before the first change ---- */

static enum magma_code check_kernel(const struct binding *b, const struct mvfio_pci_function *f,
                                    struct magma_error *err)
{
    char path[BIND_PATH_BYTES];

    if (f->iommu_group < 0)
        return mg_fail(err, MAGMA_NO_DEVICE,
                       "%s is in no IOMMU group, so vfio-pci cannot take it; `magma doctor` says "
                       "how the IOMMU is turned on",
                       f->address);
    if (!bind_path(path, b->root, "/sys/bus/pci/drivers/vfio-pci") || access(path, F_OK) != 0)
        return mg_fail(err, MAGMA_NO_DEVICE,
                       "%s: the kernel has no driver vfio-pci; run `modprobe vfio-pci`",
                       f->address);
    return MAGMA_OK;
}

/* Devices that only share the group: harmless without a driver, else the user has to say so. */
static enum magma_code check_stranger(const struct binding *b, const struct mvfio_pci_function *f,
                                      struct magma_error *err)
{
    if (b->group || mvfio_pci_is_harmless(f->driver))
        return MAGMA_OK;
    return mg_fail(err, MAGMA_BUSY,
                   "%s (class %06x, %s) is another device of IOMMU group %d and would have to be "
                   "taken too: `--group` does so, or move the card to another slot",
                   f->address, f->class_code, f->driver, f->iommu_group);
}

static bool is_concerned(const struct binding *b, const struct bind_function *f)
{
    struct bind_memory memory;

    if (b->unbind)
        return f->same_card || bind_memory_load(b->root, f->pci.address, &memory);
    return f->same_card || (b->group && f->pci.driver[0]);
}

static enum magma_code check(const struct binding *b, struct magma_error *err)
{
    enum magma_code code = MAGMA_OK;

    for (unsigned i = 0; code == MAGMA_OK && i < b->card.count; i++) {
        const struct bind_function *f = &b->card.functions[i];

        if (!b->unbind && f->same_card)
            code = check_kernel(b, &f->pci, err);
        if (!b->unbind && !f->same_card)
            code = check_stranger(b, &f->pci, err);
        if (code == MAGMA_OK && is_concerned(b, f) && mvfio_pci_is_vfio(f->pci.driver) == b->unbind)
            code = bind_check_users(b->root, &f->pci, err);
    }
    return code;
}

/* ---- The change ---- */

static enum magma_code take(struct binding *b, const struct mvfio_pci_function *f,
                            struct magma_error *err)
{
    char sysfs[BIND_PATH_BYTES];
    struct bind_memory memory;
    enum magma_code code = MAGMA_OK;

    if (mvfio_pci_is_vfio(f->driver)) {
        tell(b, f->address, f->driver, f->driver);
        return MAGMA_OK;
    }
    bind_memory_take(b->root, f, &memory);
    if (!b->dry_run && bind_path(sysfs, b->root, "/sys")) {
        code = bind_memory_save(b->root, f->address, &memory, err);
        if (code == MAGMA_OK)
            code = mvfio_pci_bind(sysfs, f->address, "vfio-pci", NULL, err);
        if (code != MAGMA_OK) {
            (void)bind_restore(b->root, f->address, &memory, NULL);
            bind_memory_forget(b->root, f->address);
        }
    }
    if (code == MAGMA_OK)
        tell(b, f->address, f->driver, "vfio-pci");
    return code;
}

static enum magma_code give_back(struct binding *b, const struct mvfio_pci_function *f,
                                 struct magma_error *err)
{
    struct mvfio_pci_function now = {.iommu_group = -1};
    char sysfs[BIND_PATH_BYTES];
    struct bind_memory memory;
    bool known = bind_memory_load(b->root, f->address, &memory);
    enum magma_code code;

    if (!mvfio_pci_is_vfio(f->driver)) {
        tell(b, f->address, f->driver, f->driver);
        return MAGMA_OK;
    }
    if (b->dry_run) {
        tell(b, f->address, f->driver, known ? memory.driver : "the kernel's choice");
        return MAGMA_OK;
    }
    code = bind_restore(b->root, f->address, known ? &memory : NULL, err);
    if (code == MAGMA_OK && bind_path(sysfs, b->root, "/sys"))
        code = mvfio_pci_find(sysfs, f->address, &now, err);
    if (code != MAGMA_OK)
        return code;
    bind_memory_forget(b->root, f->address);
    tell(b, f->address, f->driver, now.driver);
    return MAGMA_OK;
}

/* Takes back what was done for the functions before `end`. */
static void undo(struct binding *b, unsigned end)
{
    struct bind_memory memory;

    for (unsigned i = end; i-- > 0;) {
        const struct mvfio_pci_function *f = &b->card.functions[i].pci;

        if (mvfio_pci_is_vfio(f->driver) || !bind_memory_load(b->root, f->address, &memory))
            continue;
        if (bind_restore(b->root, f->address, &memory, NULL) == MAGMA_OK) {
            bind_memory_forget(b->root, f->address);
            fprintf(stderr, "magma: %s: given back\n", f->address);
        }
    }
}

static enum magma_code move(struct binding *b, struct magma_error *err)
{
    enum magma_code code = check(b, err);

    for (unsigned i = 0; code == MAGMA_OK && i < b->card.count; i++) {
        const struct bind_function *f = &b->card.functions[i];

        if (!is_concerned(b, f))
            continue;
        code = b->unbind ? give_back(b, &f->pci, err) : take(b, &f->pci, err);
        if (code != MAGMA_OK && !b->unbind && !b->dry_run)
            undo(b, i);
    }
    return code;
}

/* ---- The command ---- */

static enum magma_code read_card(struct binding *b, const char *text, struct magma_error *err)
{
    char address[16];
    enum magma_code code;

    if (!bind_address(text, address))
        return mg_fail(err, MAGMA_INVALID_ARGUMENT,
                       "'%s' is no PCI address; the form is "
                       "0000:01:00.0",
                       text);
    code = bind_card_read(b->root, address, &b->card, err);
    for (unsigned i = 0; code == MAGMA_OK && i < b->card.count; i++) {
        const struct mvfio_pci_function *f = &b->card.functions[i].pci;

        if (strcmp(f->address, address) != 0)
            continue;
        if (f->vendor_id != NV_PCI_VENDOR_ID_NVIDIA)
            return mg_fail(err, MAGMA_INVALID_ARGUMENT,
                           "%s is not an NVIDIA function (vendor "
                           "%04x)",
                           address, f->vendor_id);
        if (f->boot_vga && !b->unbind && !mvfio_pci_is_vfio(f->driver))
            fprintf(stderr, "magma: %s has the firmware's console: the screen will stand still\n",
                    address);
    }
    return code;
}

/* 0: go on; else the exit status + 1. */
static int parse(int argc, char **argv, struct binding *b)
{
    static const struct option options[] = {
        {"help", no_argument, NULL, 'h'},       {"dry-run", no_argument, NULL, 'n'},
        {"group", no_argument, NULL, 'g'},      {"json", no_argument, NULL, 'j'},
        {"root", required_argument, NULL, 'r'}, {NULL, 0, NULL, 0}};
    int c;

    b->unbind = strcmp(argv[0], "unbind") == 0;
    while ((c = getopt_long(argc, argv, "hnj", options, NULL)) != -1) {
        if (c == 'n')
            b->dry_run = true;
        else if (c == 'g' && !b->unbind)
            b->group = true;
        else if (c == 'j')
            b->json = true;
        else if (c == 'r')
            b->root = optarg;
        else {
            fputs(usage, c == 'h' ? stdout : stderr);
            return c == 'h' ? 1 : 3;
        }
    }
    if (optind + 1 == argc)
        return 0;
    fputs(usage, stderr);
    return 3;
}

int tool_bind(int argc, char **argv)
{
    struct binding b = {.changes = json_array()};
    struct magma_error err = {0};
    int status = parse(argc, argv, &b);

    if (status) {
        status--;
        goto out;
    }
    if (read_card(&b, argv[optind], &err) != MAGMA_OK || move(&b, &err) != MAGMA_OK) {
        status = tool_failed(&err);
        goto out;
    }
    if (b.json)
        tool_print_json(json_pack("{s:s, s:b, s:O}", "action", argv[0], "dry_run", b.dry_run,
                                  "functions", b.changes));
out:
    json_decref(b.changes);
    return status;
}
