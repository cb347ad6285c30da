/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Opening and closing: many times, what is left behind in this process and in the GPU's memory,
 * many channels at once, two processes beside each other, a process killed in the middle of its
 * work.
 */
#include "tests/silicon/deed.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define OPENS    1000u
#define CHANNELS 12u
#define BYTES    (UINT64_C(1) << 20)
#define KILL_US  300000u

/* ---- What a process holds -------------------------------------------------------------------- */

static unsigned lines_of(const char *path)
{
    FILE *f = fopen(path, "r");
    unsigned n = 0;

    for (int c = f ? fgetc(f) : EOF; c != EOF; c = fgetc(f))
        n += c == '\n';
    if (f)
        fclose(f);
    return n;
}

static unsigned descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned n = 0;

    while (dir && readdir(dir))
        n++;
    if (dir)
        closedir(dir);
    return n;
}

/* ---- Work that can be checked ---------------------------------------------------------------- */

/* Fills, copies there and back, looks; so many times. */
static bool work(struct silicon *s, struct magma_channel *channel, struct magma_push *push,
                 uint32_t value, unsigned rounds)
{
    struct magma_bo *vram = new_bo(s, BYTES, MAGMA_DOMAIN_VRAM, 0);
    struct magma_bo *seen = new_bo(s, BYTES, MAGMA_DOMAIN_SYSTEM, 0);
    bool good = vram && seen;

    for (unsigned i = 0; i < rounds && good; i++) {
        struct magma_submit submit = {.pushes = &push, .push_count = 1};
        const uint32_t *words = magma_bo_map(seen);

        magma_push_reset(push);
        magma_fill_buffer(push, magma_bo_address(vram), BYTES, value + i);
        magma_push_barrier(push);
        magma_copy_buffer(push, magma_bo_address(seen), magma_bo_address(vram), BYTES);
        good = magma_channel_submit(channel, &submit) == MAGMA_OK &&
               magma_channel_wait_idle(channel, TIMEOUT_NS) == MAGMA_OK;
        for (uint64_t k = 0; k < BYTES / 4 && good; k++)
            good = words[k] == value + i;
    }
    magma_bo_destroy(seen);
    magma_bo_destroy(vram);
    return good;
}

/* ---- Many times ------------------------------------------------------------------------------ */

static void many_opens(void)
{
    uint64_t worst = 0, start = now_ns(), first_free = 0, last_free = 0;
    unsigned fds = 0, maps = 0, count = 0;
    struct silicon s = {0};
    bool good = true, model = false;

    for (unsigned i = 0; i < (model ? 5 : OPENS) && good; i++, count++) {
        uint64_t began = now_ns(), took;

        good = open_all(&s, "opens in a row");
        if (good) {
            model = is_model(&s);
            last_free = magma_gpu_get_info(s.gpu)->vram_usable_bytes;
            good = i % 50 || work(&s, s.compute, s.push, i, 1);
        }
        close_all(&s);
        took = now_ns() - began;
        worst = took > worst ? took : worst;
        if (i == 1) { /* what the first leaves is the C library's */
            fds = descriptors();
            maps = lines_of("/proc/self/maps");
            first_free = last_free;
        }
    }
    report("opens in a row",
           good && descriptors() == fds && lines_of("/proc/self/maps") <= maps + 2 &&
               first_free == last_free,
           "%u with two channels each: %.2f ms each, %.1f at worst; descriptors %u then %u, "
           "mappings %u then %u, free video memory %llu then %llu MiB",
           count, (double)(now_ns() - start) / 1e6 / (count ? count : 1), (double)worst / 1e6, fds,
           descriptors(), maps, lines_of("/proc/self/maps"), (unsigned long long)first_free >> 20,
           (unsigned long long)last_free >> 20);
}

/* ---- Many channels --------------------------------------------------------------------------- */

struct worker {
    struct silicon *s;
    struct magma_channel *channel;
    struct magma_push *push;
    uint32_t value;
    bool good;
};

static void *worker_main(void *arg)
{
    struct worker *w = arg;

    w->good = work(w->s, w->channel, w->push, w->value, is_model(w->s) ? 1 : 50);
    return NULL;
}

static void many_channels(void)
{
    struct worker w[CHANNELS] = {0};
    pthread_t thread[CHANNELS];
    bool started[CHANNELS] = {false}, good;
    struct silicon s = {0};
    struct magma_error err = {0};
    uint64_t start = now_ns();

    good = open_all(&s, "channels at once");
    for (unsigned i = 0; i < CHANNELS && good; i++) {
        w[i] = (struct worker){.s = &s, .value = i << 16};
        good = magma_channel_create(s.gpu, i % 2 ? MAGMA_ENGINE_COPY : MAGMA_ENGINE_COMPUTE,
                                    &w[i].channel, &err) == MAGMA_OK &&
               magma_push_create(s.gpu, &w[i].push, &err) == MAGMA_OK;
    }
    for (unsigned i = 0; i < CHANNELS && good; i++)
        started[i] = pthread_create(&thread[i], NULL, worker_main, &w[i]) == 0;
    for (unsigned i = 0; i < CHANNELS; i++) {
        if (started[i])
            pthread_join(thread[i], NULL);
        good = good && w[i].good;
    }
    report("channels at once", good, "%u channels, a thread each, every word right: %s %.1f ms",
           CHANNELS, good ? "yes" : err.text, (double)(now_ns() - start) / 1e6);
    for (unsigned i = 0; i < CHANNELS; i++) {
        magma_channel_destroy(w[i].channel);
        magma_push_destroy(w[i].push);
    }
    close_all(&s);
}

/* ---- Processes ------------------------------------------------------------------------------- */

static bool process_work(void)
{
    struct silicon s = {0};
    bool good = open_all(&s, "process") &&
                work(&s, s.compute, s.push, (uint32_t)getpid() << 12, is_model(&s) ? 2 : 300) &&
                work(&s, s.copy, s.push, (uint32_t)getpid() << 12, is_model(&s) ? 2 : 300);

    close_all(&s);
    return good;
}

static void two_processes(void)
{
    pid_t child = fork();
    int status = -1;
    bool good;

    if (child == 0)
        _exit(process_work() ? 0 : 1);
    good = process_work();
    waitpid(child, &status, 0);
    report("two processes at once", good && child > 0 && status == 0,
           "600 fills and copies each: this one %s, the other %s", good ? "right" : "wrong",
           status == 0 ? "right" : "wrong");
}

/* Works until it is killed. Copies, or a shader that does not end. */
static void work_for_ever(bool shader)
{
    struct silicon s = {0};
    struct deed deed = {0};
    struct magma_kernel *kernel = NULL;
    struct magma_error err = {0};
    struct magma_submit submit = {.pushes = &s.push, .push_count = 1};

    if (!open_all(&s, "killed") || !deed_create(&deed, &s, "killed") ||
        magma_kernel_create(s.gpu, &deed.desc, &kernel, &err) != MAGMA_OK)
        return;
    if (shader) {
        deed_push(&deed, kernel, DEED_ENDLESS, deed_word(&deed), 0);
        (void)magma_channel_submit(s.compute, &submit);
    }
    for (uint32_t i = 0;; i++)
        if (!shader && !work(&s, s.compute, s.push, i, 1))
            return;
        else if (shader)
            usleep(10000);
}

static void killed(bool shader, const char *name)
{
    uint64_t start, dead;
    pid_t child = fork();
    int status = -1;
    bool good;

    if (child == 0) {
        work_for_ever(shader);
        _exit(1);
    }
    usleep(KILL_US);
    start = now_ns();
    if (child > 0)
        kill(child, SIGKILL);
    waitpid(child, &status, 0);
    dead = now_ns() - start;
    start = now_ns();
    good = process_work();
    report(name, good && WIFSIGNALED(status),
           "gone %.1f ms after the signal (%s); the next open and its work: %s, %.1f ms",
           (double)dead / 1e6, WIFSIGNALED(status) ? "killed" : "had ended by itself",
           good ? "right" : "wrong", (double)(now_ns() - start) / 1e6);
}

void check_life(void)
{
    many_opens();
    many_channels();
    two_processes();
    killed(false, "killed while copying");
    killed(true, "killed in an endless shader");
}
