/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * `magma doctor`: looks at everything between a user and a working GPU, one line per check, with
 * the cure where something is in the way. It changes nothing.
 */
#include "libmagma/tools/doctor.h"
#include "libmagma/tools/bind.h"
#include "libmagma/tools/tool.h"

#include <dirent.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "usage: magma doctor [--json]\n\n"
    "Checks this machine for what magma needs: the IOMMU and how the kernel was booted, VFIO, the\n"
    "GPUs, their drivers and IOMMU groups, firmware files, this user's rights and limits. A line\n"
    "per check, and the cure where something is in the way. Exit status 1 when a GPU is there and\n"
    "cannot be used.\n\n"
    "  --json      print JSON\n"
    "  --root DIR  look at the files below DIR instead of / (for tests)\n";

/* ---- For the checks ---- */

void doctor_tell(struct doctor *d, enum doctor_verdict verdict, const char *check, const char *cure,
                 const char *fmt, ...)
{
    static const char *const words[] = {"ok", "note", "BAD"};
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    d->bad += verdict == DOCTOR_BAD;
    if (d->json) {
        json_array_append_new(d->checks,
                              json_pack("{s:s, s:s, s:s, s:s*}", "check", check, "verdict",
                                        words[verdict], "text", text, "cure", cure));
        return;
    }
    printf("%-5s %-12s %s\n", words[verdict], check, text);
    if (cure)
        printf("%-18s cure: %s\n", "", cure);
}

enum doctor_verdict doctor_missing(const struct doctor *d)
{
    return d->gpu_count ? DOCTOR_BAD : DOCTOR_NOTE;
}

bool doctor_read(const struct doctor *d, const char *path, char *text, size_t size_bytes)
{
    char whole[BIND_PATH_BYTES];
    size_t length = 0;
    ssize_t n;
    int fd;

    text[0] = 0;
    if (!bind_path(whole, d->root, "%s", path))
        return false;
    fd = open(whole, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    while (length < size_bytes - 1 && (n = read(fd, text + length, size_bytes - 1 - length)) > 0)
        length += (size_t)n;
    close(fd);
    text[length] = 0;
    if (length && text[length - 1] == '\n')
        text[length - 1] = 0;
    return true;
}

bool doctor_has(const struct doctor *d, const char *fmt, ...)
{
    char path[BIND_PATH_BYTES], rest[BIND_PATH_BYTES];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(rest, sizeof rest, fmt, ap);
    va_end(ap);
    return bind_path(path, d->root, "%s", rest) && access(path, F_OK) == 0;
}

unsigned doctor_count(const struct doctor *d, const char *path)
{
    char whole[BIND_PATH_BYTES];
    struct dirent *entry;
    unsigned count = 0;
    DIR *dir = bind_path(whole, d->root, "%s", path) ? opendir(whole) : NULL;

    while (dir && (entry = readdir(dir)))
        count += entry->d_name[0] != '.';
    if (dir)
        closedir(dir);
    return count;
}

static bool line_says(char *line, const char *first, const char *word)
{
    char *rest = NULL, *at = strtok_r(line, " \t\n", &rest);

    if (*first) {
        if (!at || strcmp(at, first) != 0)
            return false;
        at = strtok_r(NULL, " \t\n", &rest);
    }
    return at && strcmp(at, word) == 0;
}

bool doctor_configured(const struct doctor *d, const char *folder, const char *first,
                       const char *word)
{
    char path[BIND_PATH_BYTES], line[256];
    struct dirent *entry;
    bool found = false;
    DIR *dir = bind_path(path, d->root, "%s", folder) ? opendir(path) : NULL;

    while (dir && !found && (entry = readdir(dir))) {
        const char *dot = strrchr(entry->d_name, '.');
        FILE *f = NULL;

        if (dot && strcmp(dot, ".conf") == 0 &&
            bind_path(path, d->root, "%s/%s", folder, entry->d_name))
            f = fopen(path, "re");
        while (f && !found && fgets(line, sizeof line, f))
            found = line_says(line, first, word);
        if (f)
            fclose(f);
    }
    if (dir)
        closedir(dir);
    return found;
}

/* ---- The command ---- */

static void find_gpus(struct doctor *d)
{
    char sysfs[BIND_PATH_BYTES];
    struct magma_error err = {0};

    if (!bind_path(sysfs, d->root, "/sys") ||
        mvfio_pci_list(sysfs, d->gpus, DOCTOR_GPUS_MAX, &d->gpu_count, &err) != MAGMA_OK)
        doctor_tell(d, DOCTOR_NOTE, "gpu", NULL, "PCI devices cannot be listed: %s", err.text);
    if (d->gpu_count > DOCTOR_GPUS_MAX)
        d->gpu_count = DOCTOR_GPUS_MAX;
}

/* 0: go on; else the exit status + 1. */
static int parse(int argc, char **argv, struct doctor *d)
{
    static const struct option options[] = {{"help", no_argument, NULL, 'h'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"root", required_argument, NULL, 'r'},
                                            {NULL, 0, NULL, 0}};
    int c;

    while ((c = getopt_long(argc, argv, "hj", options, NULL)) != -1) {
        if (c == 'j')
            d->json = true;
        else if (c == 'r')
            d->root = optarg;
        else {
            fputs(usage, c == 'h' ? stdout : stderr);
            return c == 'h' ? 1 : 3;
        }
    }
    if (optind == argc)
        return 0;
    fputs(usage, stderr);
    return 3;
}

int tool_doctor(int argc, char **argv)
{
    struct doctor d = {.checks = json_array()};
    int status = parse(argc, argv, &d);

    if (status) {
        status--;
        goto out;
    }
    find_gpus(&d);
    doctor_check_kernel(&d);
    doctor_check_gpus(&d);
    doctor_check_user(&d);
    status = d.bad ? 1 : 0;
    if (d.json)
        tool_print_json(json_pack("{s:O, s:i}", "checks", d.checks, "bad", (int)d.bad));
    else if (d.bad)
        printf("%u in the way\n", d.bad);
out:
    json_decref(d.checks);
    return status;
}
