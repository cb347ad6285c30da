/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Starting and ending the software GPU's process. It ends by itself when its socket closes, so
 * also when this process dies in whatever way. (PR_SET_PDEATHSIG would kill it as soon as the
 * thread that opened the GPU ends.)
 */
#include "libmagma/api/child.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "libmagma/core/status.h"

#define CHILD_FD       3
/* How long the process may take to end by itself. */
#define END_TIMEOUT_MS 3000

struct mg_child {
    pid_t pid;
    char program[PATH_MAX];
    char folder[PATH_MAX]; /* "": none */
};

/* ---- Finding --------------------------------------------------------------------------------- */

static const char installed[] = MG_LIBEXEC_DIR "/gpumodel";

static bool usable(const char *path)
{
    return path && *path && access(path, X_OK) == 0;
}

/* In a build folder the program lies beside us: this code's own file is libmagma/libmagma-nv.so,
 * vulkan/..., tests/api/... of the same folder. */
static bool find_in_build(char *out, size_t size_bytes)
{
    char self[PATH_MAX], *slash;
    Dl_info info;

    if (!dladdr(installed, &info) || !info.dli_fname || !realpath(info.dli_fname, self))
        return false;
    for (int up = 0; up < 4 && (slash = strrchr(self, '/')) != NULL; up++) {
        *slash = 0;
        if (snprintf(out, size_bytes, "%s/subprojects/gpumodel/server/gpumodel", self) <
                (int)size_bytes &&
            usable(out))
            return true;
    }
    return false;
}

static enum magma_code find_program(char *out, size_t size_bytes, struct magma_error *err)
{
    const char *named = getenv("MAGMA_GPUMODEL");

    if (named) {
        if (!usable(named))
            return mg_fail(err, MAGMA_NO_DEVICE,
                           "MAGMA_GPUMODEL names %s, which cannot be executed", named);
        snprintf(out, size_bytes, "%s", named);
        return MAGMA_OK;
    }
    if (find_in_build(out, size_bytes))
        return MAGMA_OK;
    if (usable(installed)) {
        snprintf(out, size_bytes, "%s", installed);
        return MAGMA_OK;
    }
    return mg_fail(err, MAGMA_NO_DEVICE,
                   "the software GPU's program is not at %s; install it or set MAGMA_GPUMODEL",
                   installed);
}

/* ---- Running --------------------------------------------------------------------------------- */

/* Starts a program with all signals as by default, and `fd` (or -1) as its descriptor CHILD_FD. */
static int run(const char *program, char *const argv[], int fd, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t none, all;
    int rc;

    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attr);
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &all);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (fd >= 0)
        posix_spawn_file_actions_adddup2(&actions, fd, CHILD_FD);
    rc = posix_spawn(pid, program, &actions, &attr, argv, environ);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&actions);
    return rc;
}

static pid_t wait_for(pid_t pid, int *status)
{
    pid_t got;

    do
        got = waitpid(pid, status, 0);
    while (got < 0 && errno == EINTR);
    return got;
}

enum magma_code mg_child_create(const char *chip, bool trace, int *fd, struct mg_child **out,
                                struct magma_error *err)
{
    struct mg_child *child = calloc(1, sizeof *child);
    char fd_text[16], chip_text[32];
    char *argv[] = {NULL, "--fd", fd_text, "--chip", chip_text, "--once", "--trace", "-", NULL};
    int pair[2] = {-1, -1}, high = -1, rc;
    enum magma_code code;

    *out = NULL;
    if (!child)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "software GPU: no memory");
    code = find_program(child->program, sizeof child->program, err);
    if (code != MAGMA_OK)
        goto fail;
    snprintf(fd_text, sizeof fd_text, "%d", CHILD_FD);
    snprintf(chip_text, sizeof chip_text, "%s", chip);
    argv[0] = child->program;
    if (!trace)
        argv[6] = NULL;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        code = mg_fail_errno(err, errno, "software GPU: socket pair");
        goto fail;
    }
    /* Above CHILD_FD, since a dup2 onto itself would leave it closed on exec. */
    high = fcntl(pair[1], F_DUPFD_CLOEXEC, CHILD_FD + 1);
    rc = high < 0 ? errno : run(child->program, argv, high, &child->pid);
    if (rc != 0) {
        child->pid = 0;
        code = mg_fail_errno(err, rc, "starting %s", child->program);
        goto fail;
    }
    close(high);
    close(pair[1]);
    *fd = pair[0];
    *out = child;
    return MAGMA_OK;
fail:
    for (int i = 0; i < 2; i++)
        if (pair[i] >= 0)
            close(pair[i]);
    if (high >= 0)
        close(high);
    free(child);
    return code;
}

/* ---- Firmware -------------------------------------------------------------------------------- */

static enum magma_code make_folder(struct mg_child *child, struct magma_error *err)
{
    const char *base = getenv("TMPDIR");

    if (!base || !*base)
        base = "/tmp";
    if (snprintf(child->folder, sizeof child->folder, "%s/magma-firmware-XXXXXX", base) >=
        (int)sizeof child->folder) {
        child->folder[0] = 0;
        return mg_fail(err, MAGMA_INVALID_ARGUMENT, "TMPDIR is too long");
    }
    if (!mkdtemp(child->folder)) {
        enum magma_code code = mg_fail_errno(err, errno, "making %s", child->folder);

        child->folder[0] = 0;
        return code;
    }
    return MAGMA_OK;
}

enum magma_code mg_child_firmware(struct mg_child *child, const char **folder,
                                  struct magma_error *err)
{
    char program[PATH_MAX + 8];
    char *argv[] = {program, child->folder, NULL};
    enum magma_code code = make_folder(child, err);
    int status = 0, rc;
    pid_t pid;

    if (code != MAGMA_OK)
        return code;
    snprintf(program, sizeof program, "%s-mkfw", child->program);
    rc = run(program, argv, -1, &pid);
    if (rc != 0)
        return mg_fail_errno(err, rc, "starting %s, which makes the software GPU's firmware",
                             program);
    if (wait_for(pid, &status) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return mg_fail(err, MAGMA_SYSTEM, "%s failed (status 0x%x)", program, (unsigned)status);
    *folder = child->folder;
    return MAGMA_OK;
}

/* ---- Ending ---------------------------------------------------------------------------------- */

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    (void)remove(path);
    return 0;
}

static void end_process(pid_t pid)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    int status;

    for (int ms = 0; ms < END_TIMEOUT_MS; ms++) {
        pid_t got = waitpid(pid, &status, WNOHANG);

        if (got == pid || (got < 0 && errno != EINTR))
            return;
        nanosleep(&pause, NULL);
    }
    kill(pid, SIGKILL);
    wait_for(pid, &status);
}

void mg_child_destroy(struct mg_child *child)
{
    if (!child)
        return;
    if (child->pid > 0)
        end_process(child->pid);
    if (child->folder[0])
        nftw(child->folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    free(child);
}

int mg_child_pid(const struct mg_child *child)
{
    return (int)child->pid;
}
