/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Jobs of the compiler's execution tests: code, buffers, and what the software SM left in them. A
 * job's addresses are moved to where the memory is here. Its root table lies at 0x210 of bank 0.
 */
#include "tests/silicon/silicon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLAT_VA    UINT64_C(0x100000000)
#define FLAT_BYTES (UINT64_C(16) << 20)
#define ROOT_AT    0x210u
#define BANK_BYTES 2048u
#define BLOCKS_MAX 16u
#define BARRIERS   1u

struct block {
    uint64_t va;
    uint32_t size;
    const uint8_t *data;
};

struct job {
    uint8_t *file;
    size_t size;
    uint32_t grid[3], cta[3], registers, shared, local;
    struct block code, root, sets, in[BLOCKS_MAX], out[BLOCKS_MAX];
    unsigned in_count, out_count;
};

static bool read_file(const char *path, struct job *job)
{
    FILE *f = fopen(path, "rb");
    long size = 0;

    if (f && fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) > 0) {
        rewind(f);
        job->file = malloc((size_t)size + 1);
        if (job->file)
            job->size = fread(job->file, 1, (size_t)size, f);
    }
    if (f)
        fclose(f);
    return job->size && job->size == (size_t)size;
}

static bool parse_block(struct job *job, const char *word, const char *line, size_t *at)
{
    struct block b = {0};
    unsigned long long va;

    if (sscanf(line, "%*s %llx %u", &va, &b.size) != 2 || b.size > job->size - *at)
        return false;
    b.va = va;
    b.data = job->file + *at;
    *at += b.size;
    if (strcmp(word, "code") == 0)
        job->code = b;
    else if (strcmp(word, "root") == 0)
        job->root = b;
    else if (strcmp(word, "sets") == 0)
        job->sets = b;
    else if (strcmp(word, "in") == 0 && job->in_count < BLOCKS_MAX)
        job->in[job->in_count++] = b;
    else if (strcmp(word, "out") == 0 && job->out_count < BLOCKS_MAX)
        job->out[job->out_count++] = b;
    else
        return false;
    return strcmp(word, "code") == 0 || strcmp(word, "root") == 0 ||
           (b.va >= FLAT_VA && b.va - FLAT_VA <= FLAT_BYTES - b.size);
}

static bool parse_numbers(struct job *job, const char *word, const char *line)
{
    uint32_t *to = strcmp(word, "grid") == 0        ? job->grid
                   : strcmp(word, "cta") == 0       ? job->cta
                   : strcmp(word, "registers") == 0 ? &job->registers
                   : strcmp(word, "shared") == 0    ? &job->shared
                   : strcmp(word, "local") == 0     ? &job->local
                                                    : NULL;

    if (!to)
        return false;
    if (to == job->grid || to == job->cta)
        return sscanf(line, "%*s %u %u %u", to, to + 1, to + 2) == 3;
    return sscanf(line, "%*s %u", to) == 1;
}

static bool parse(struct job *job)
{
    size_t at = 0;

    while (at < job->size) {
        const uint8_t *end = memchr(job->file + at, '\n', job->size - at);
        char line[96], word[16];
        size_t n = end ? (size_t)(end - (job->file + at)) : sizeof line;

        if (n >= sizeof line)
            return false;
        memcpy(line, job->file + at, n);
        line[n] = 0;
        at += n + 1;
        if (sscanf(line, "%15s", word) != 1)
            return false;
        if (!parse_numbers(job, word, line) && !parse_block(job, word, line, &at))
            return false;
    }
    return job->code.data && job->root.data && job->root.size <= BANK_BYTES - ROOT_AT;
}

/* Copies with every 64-bit word that points into the flat memory moved. */
static void relocate(uint8_t *to, const uint8_t *from, uint32_t size, uint64_t delta)
{
    memcpy(to, from, size);
    for (uint32_t i = 0; i + 8 <= size; i += 8) {
        uint64_t word;

        memcpy(&word, from + i, 8);
        if (word - FLAT_VA < FLAT_BYTES) {
            word += delta;
            memcpy(to + i, &word, 8);
        }
    }
}

static bool launch(struct silicon *s, const struct job *job, uint64_t delta, const char **why)
{
    struct magma_kernel_desc desc = {
        .code = job->code.data,
        .code_size_bytes = job->code.size,
        .register_count = job->registers,
        .barrier_count = BARRIERS,
        .shared_size_bytes = job->shared,
        .local_size_bytes = job->local,
        .workgroup_size = {job->cta[0], job->cta[1], job->cta[2]},
    };
    static struct magma_error err;
    uint8_t bank[BANK_BYTES] = {0};
    struct magma_kernel *kernel;
    bool good;

    *why = err.text;
    if (magma_kernel_create(s->gpu, &desc, &kernel, &err) != MAGMA_OK)
        return false;
    relocate(bank + ROOT_AT, job->root.data, job->root.size, delta);
    magma_dispatch(s->push,
                   &(struct magma_dispatch){.kernel = kernel,
                                            .groups = {job->grid[0], job->grid[1], job->grid[2]},
                                            .root = bank,
                                            .root_size_bytes = sizeof bank});
    good = run_push(s, s->compute, why);
    magma_kernel_destroy(kernel);
    return good;
}

static void compare(const char *name, const struct job *job, const uint8_t *memory, uint64_t delta,
                    bool follows)
{
    unsigned words = 0, different = 0;
    double worst = 0;

    for (unsigned i = 0; i < job->out_count; i++) {
        const struct block *b = &job->out[i];
        uint8_t *want = malloc(b->size);

        if (!want)
            continue;
        relocate(want, b->data, b->size, follows ? delta : 0);
        for (uint32_t k = 0; k + 4 <= b->size; k += 4, words++) {
            float got_f, want_f;
            double error;

            if (memcmp(memory + (b->va - FLAT_VA) + k, want + k, 4) == 0)
                continue;
            different++;
            memcpy(&got_f, memory + (b->va - FLAT_VA) + k, 4);
            memcpy(&want_f, want + k, 4);
            error = ((double)got_f - (double)want_f) / (want_f != 0 ? (double)want_f : 1e-3);
            error = error < 0 ? -error : error;
            worst = error == error ? (error > worst ? error : worst) : 9;
        }
        free(want);
    }
    report(name, !different || worst < 1e-4, "%u words, %u differ (as floats by at most %.1e)",
           words, different, worst);
}

static void run_job(struct silicon *s, const struct job *job, const char *name)
{
    bool follows = strncmp(name, "address", 7) == 0;
    struct magma_bo *flat = new_bo(s, FLAT_BYTES, MAGMA_DOMAIN_SYSTEM, MAGMA_BO_ZERO);
    const char *why;
    uint64_t delta;
    uint8_t *cpu;

    if (!flat)
        return;
    cpu = magma_bo_map(flat);
    memset(cpu, 0, FLAT_BYTES);
    delta = magma_bo_address(flat).raw - FLAT_VA;
    relocate(cpu + (job->sets.va - FLAT_VA), job->sets.data, job->sets.size, delta);
    for (unsigned i = 0; i < job->in_count; i++)
        relocate(cpu + (job->in[i].va - FLAT_VA), job->in[i].data, job->in[i].size,
                 follows ? delta : 0);
    if (launch(s, job, delta, &why))
        compare(name, job, cpu, delta, follows);
    else
        report(name, false, "%s", why);
    magma_bo_destroy(flat);
}

void check_job(struct silicon *s, const char *path)
{
    const char *slash = strrchr(path, '/');
    struct job job = {0};
    char name[64];

    snprintf(name, sizeof name, "%s", slash ? slash + 1 : path);
    if (read_file(path, &job) && parse(&job))
        run_job(s, &job, name);
    else
        report(name, false, "is no job");
    free(job.file);
}
