/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The process-wide list of open GPUs, with reference counts. */
#include "gpu_share.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct shared_gpu {
    struct shared_gpu *next;
    struct magma_gpu *gpu;
    pid_t owner; /* the process that opened it */
    unsigned references;
    char name[256];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* protects the list and its entries */
static struct shared_gpu *list;

static struct shared_gpu *find_usable(const char *name)
{
    for (struct shared_gpu *s = list; s; s = s->next) {
        if (s->owner == getpid() && strcmp(s->name, name) == 0 && !magma_gpu_is_lost(s->gpu))
            return s;
    }
    return NULL;
}

static enum magma_code open_new(const char *name, struct magma_gpu **out, struct magma_error *err)
{
    struct shared_gpu *s = calloc(1, sizeof(*s));
    if (!s)
        return MAGMA_OUT_OF_HOST_MEMORY;
    enum magma_code code = magma_gpu_open(name, NULL, &s->gpu, err);
    if (code != MAGMA_OK) {
        free(s);
        return code;
    }
    snprintf(s->name, sizeof(s->name), "%s", name);
    s->owner = getpid();
    s->references = 1;
    s->next = list;
    list = s;
    *out = s->gpu;
    return MAGMA_OK;
}

enum magma_code mvk_gpu_acquire(const char *name, struct magma_gpu **out, struct magma_error *err)
{
    enum magma_code code = MAGMA_OK;
    *out = NULL;
    if (strlen(name) >= sizeof(list->name))
        return MAGMA_INVALID_ARGUMENT;
    pthread_mutex_lock(&lock);
    struct shared_gpu *s = find_usable(name);
    if (s) {
        s->references++;
        *out = s->gpu;
    } else {
        code = open_new(name, out, err);
    }
    pthread_mutex_unlock(&lock);
    return code;
}

void mvk_gpu_release(struct magma_gpu *gpu)
{
    if (!gpu)
        return;
    pthread_mutex_lock(&lock);
    struct shared_gpu **link = &list;
    while (*link && (*link)->gpu != gpu)
        link = &(*link)->next;
    struct shared_gpu *s = *link;
    if (s && --s->references == 0) {
        *link = s->next;
        if (s->owner == getpid())
            magma_gpu_close(s->gpu);
        free(s);
    }
    pthread_mutex_unlock(&lock);
}
