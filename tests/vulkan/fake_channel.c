/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The fake's channels, a thread each, and its compiler. */
#include "fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct job {
    struct job *next;
    struct magma_timeline_point *waits, *signals;
    struct magma_push **pushes;
    size_t wait_count, push_count, signal_count;
};

struct magma_channel {
    struct magma_gpu *gpu;
    pthread_t thread;
    struct job *first, **last; /* protected by the GPU's lock, as what follows is */
    bool busy, stop;
};

static void *copy_of(const void *data, size_t size_bytes)
{
    void *copy = malloc(size_bytes + 1);
    if (copy && size_bytes)
        memcpy(copy, data, size_bytes);
    return copy;
}

static void run(struct magma_gpu *gpu, struct job *job)
{
    (void)magma_timeline_wait(gpu, job->waits, job->wait_count, true, UINT64_MAX);
    for (size_t i = 0; i < job->push_count; i++)
        fake_push_execute(job->pushes[i]);
    for (size_t i = 0; i < job->signal_count; i++)
        magma_timeline_signal(job->signals[i].timeline, job->signals[i].value);
    free(job->waits);
    free(job->pushes);
    free(job->signals);
    free(job);
}

static void *thread_main(void *arg)
{
    struct magma_channel *channel = arg;
    pthread_mutex_lock(&channel->gpu->lock);
    while (!channel->stop || channel->first) {
        struct job *job = channel->first;
        channel->busy = job != NULL;
        if (!job) {
            pthread_cond_broadcast(&channel->gpu->raised);
            pthread_cond_wait(&channel->gpu->raised, &channel->gpu->lock);
            continue;
        }
        channel->first = job->next;
        if (!channel->first)
            channel->last = &channel->first;
        pthread_mutex_unlock(&channel->gpu->lock);
        run(channel->gpu, job);
        pthread_mutex_lock(&channel->gpu->lock);
    }
    pthread_mutex_unlock(&channel->gpu->lock);
    return NULL;
}

enum magma_code magma_channel_create(struct magma_gpu *gpu, enum magma_engine engine,
                                     struct magma_channel **out, struct magma_error *err)
{
    (void)engine;
    (void)err;
    struct magma_channel *channel = calloc(1, sizeof(*channel));
    if (!channel)
        return MAGMA_OUT_OF_HOST_MEMORY;
    channel->gpu = gpu;
    channel->last = &channel->first;
    if (pthread_create(&channel->thread, NULL, thread_main, channel)) {
        free(channel);
        return MAGMA_SYSTEM;
    }
    *out = channel;
    return MAGMA_OK;
}

void magma_channel_destroy(struct magma_channel *channel)
{
    if (!channel)
        return;
    pthread_mutex_lock(&channel->gpu->lock);
    channel->stop = true;
    pthread_cond_broadcast(&channel->gpu->raised);
    pthread_mutex_unlock(&channel->gpu->lock);
    pthread_join(channel->thread, NULL);
    free(channel);
}

enum magma_code magma_channel_submit(struct magma_channel *channel,
                                     const struct magma_submit *submit)
{
    for (size_t i = 0; i < submit->push_count; i++) {
        if (magma_push_status(submit->pushes[i]) != MAGMA_OK)
            return magma_push_status(submit->pushes[i]);
    }
    struct job *job = calloc(1, sizeof(*job));
    if (!job)
        return MAGMA_OUT_OF_HOST_MEMORY;
    job->wait_count = submit->wait_count;
    job->push_count = submit->push_count;
    job->signal_count = submit->signal_count;
    job->waits = copy_of(submit->waits, submit->wait_count * sizeof(*submit->waits));
    job->pushes = copy_of(submit->pushes, submit->push_count * sizeof(struct magma_push *));
    job->signals = copy_of(submit->signals, submit->signal_count * sizeof(*submit->signals));
    pthread_mutex_lock(&channel->gpu->lock);
    *channel->last = job;
    channel->last = &job->next;
    channel->busy = true;
    pthread_cond_broadcast(&channel->gpu->raised);
    pthread_mutex_unlock(&channel->gpu->lock);
    return MAGMA_OK;
}

enum magma_code magma_channel_wait_idle(struct magma_channel *channel, uint64_t timeout_ns)
{
    (void)timeout_ns;
    pthread_mutex_lock(&channel->gpu->lock);
    while (channel->busy || channel->first)
        pthread_cond_wait(&channel->gpu->raised, &channel->gpu->lock);
    pthread_mutex_unlock(&channel->gpu->lock);
    return MAGMA_OK;
}

static const uint32_t spirv_magic = 0x07230203;

bool magma_cc_compile(const uint32_t *spirv, size_t word_count,
                      const struct magma_cc_options *options, struct magma_cc_shader **out,
                      char *error, size_t error_size_bytes)
{
    *out = NULL;
    if (word_count < 5 || spirv[0] != spirv_magic || strcmp(options->entry, "main") != 0) {
        snprintf(error, error_size_bytes, "no entry point %s", options->entry);
        return false;
    }
    struct fake_code code = {FAKE_CODE_MAGIC, (uint32_t)options->binding_count, 0};
    struct magma_cc_shader *shader = calloc(1, sizeof(*shader));
    if (!shader)
        return false;
    shader->code_size_bytes =
        sizeof(code) + options->binding_count * sizeof(struct fake_code_binding);
    shader->code = malloc(shader->code_size_bytes);
    if (!shader->code) {
        free(shader);
        return false;
    }
    memcpy(shader->code, &code, sizeof(code));
    for (size_t i = 0; i < options->binding_count; i++) {
        const struct magma_cc_binding *b = &options->bindings[i];
        struct fake_code_binding f = {b->set, b->kind, b->offset_bytes, b->count};
        memcpy(shader->code + sizeof(code) + i * sizeof(f), &f, sizeof(f));
    }
    shader->sm = options->sm;
    shader->register_count = 16;
    for (int i = 0; i < 3; i++)
        shader->workgroup_size[i] = 1;
    *out = shader;
    return true;
}

void magma_cc_shader_destroy(struct magma_cc_shader *shader)
{
    if (!shader)
        return;
    free(shader->code);
    free(shader);
}
