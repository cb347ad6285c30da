/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Reads a fault plan and counts events against it. The grammar stands in <gpumodel/plan.h>. A
 * plan is a list of entries (kind, number); asking about an event raises that kind's counter and
 * looks for an entry with the new count.
 */
#include "plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

enum kind {
    IRQ_DROP,
    IRQ_DOUBLE,
    RPC_DELAY,
    RPC_CORRUPT,
    FREEZE,
    DIE_AT,
    ONES_FROM,
    GSP_HALT,
    MMU_FAULT,
    FLR_IGNORED,
    BUS_RESET_IGNORED,
    BUS_RESET_REVIVES,
};

#define ENTRIES_MAX 256
#define WORDS_MAX   6
#define WORD_MAX    32

static const char *const step_names[] = {
    "fwsec-frts", "booter-load", "riscv",    "libos",         "sysinfo", "sequencer",
    "init-done",  "unload",      "fwsec-sb", "booter-unload", "fsp",
};
static const char *const unit_names[GPUM_PLAN_UNIT_COUNT] = {"boot", "gsp", "fifo"};

struct entry {
    enum kind kind;
    uint64_t number;
    unsigned index; /* unit of FREEZE, step of DIE_AT */
};

struct gpum_plan_state {
    struct entry entries[ENTRIES_MAX];
    unsigned count;
    uint64_t accesses, irqs, messages_out, messages_in, translations;
    uint64_t steps[GPUM_PLAN_UNIT_COUNT];
};

/* The statement forms. "N" is a number, "UNIT" and "STEP" names of the lists above. */
static const struct form {
    enum kind kind;
    const char *words[WORDS_MAX];
} forms[] = {
    {IRQ_DROP, {"irq", "drop", "N"}},
    {IRQ_DOUBLE, {"irq", "double", "N"}},
    {RPC_DELAY, {"rpc", "delay", "N", "ms"}},
    {RPC_CORRUPT, {"rpc", "corrupt", "N"}},
    {FREEZE, {"freeze", "UNIT", "at", "N"}},
    {DIE_AT, {"die", "at", "STEP"}},
    {ONES_FROM, {"ones", "from", "access", "N"}},
    {GSP_HALT, {"gsp", "halt", "at", "N"}},
    {MMU_FAULT, {"mmu", "fault", "at", "N"}},
    {FLR_IGNORED, {"flr", "ignored"}},
    {BUS_RESET_IGNORED, {"bus", "reset", "ignored"}},
    {BUS_RESET_REVIVES, {"bus", "reset", "revives"}},
};

static bool find_name(const char *const *names, size_t count, const char *word, unsigned *index)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], word) == 0) {
            *index = (unsigned)i;
            return true;
        }
    }
    return false;
}

static bool word_fits(const char *pattern, const char *word, struct entry *entry)
{
    if (strcmp(pattern, "N") == 0) {
        char *end = NULL;
        errno = 0;
        entry->number = strtoull(word, &end, 0);
        return word[0] >= '0' && word[0] <= '9' && *end == '\0' && errno == 0;
    }
    if (strcmp(pattern, "UNIT") == 0)
        return find_name(unit_names, GPUM_PLAN_UNIT_COUNT, word, &entry->index);
    if (strcmp(pattern, "STEP") == 0)
        return find_name(step_names, sizeof(step_names) / sizeof(*step_names), word, &entry->index);
    return strcmp(pattern, word) == 0;
}

static bool form_fits(const struct form *form, char words[][WORD_MAX], unsigned count,
                      struct entry *entry)
{
    *entry = (struct entry){.kind = form->kind};
    for (unsigned i = 0; i < count; i++)
        if (!form->words[i] || !word_fits(form->words[i], words[i], entry))
            return false;
    return count == WORDS_MAX || !form->words[count];
}

static bool parse_statement(struct gpum_plan_state *plan, const char *text, size_t length,
                            char *error, size_t error_size_bytes)
{
    char words[WORDS_MAX][WORD_MAX];
    unsigned count = 0;
    for (size_t at = 0; at < length;) {
        size_t start = at += strspn(text + at, " \t\r");
        if (at >= length)
            break;
        while (at < length && !strchr(" \t\r", text[at]))
            at++;
        if (count == WORDS_MAX || at - start >= WORD_MAX)
            goto unknown;
        memcpy(words[count], text + start, at - start);
        words[count++][at - start] = '\0';
    }
    if (count == 0)
        return true;
    for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
        struct entry entry;
        if (!form_fits(&forms[i], words, count, &entry))
            continue;
        if (plan->count == ENTRIES_MAX) {
            snprintf(error, error_size_bytes, "a fault plan holds at most %d statements",
                     ENTRIES_MAX);
            return false;
        }
        plan->entries[plan->count++] = entry;
        return true;
    }
unknown:
    snprintf(error, error_size_bytes, "fault plan: '%.*s' is not a statement", (int)length, text);
    return false;
}

static bool parse(struct gpum_plan_state *plan, const char *text, char *error,
                  size_t error_size_bytes)
{
    while (*text) {
        size_t line = strcspn(text, "\n");
        size_t code = strcspn(text, "#\n");
        for (size_t at = 0; at < code;) {
            size_t end = at + strcspn(text + at, ";#\n");
            if (!parse_statement(plan, text + at, end - at, error, error_size_bytes))
                return false;
            at = end + 1;
        }
        text += line + (text[line] == '\n');
    }
    return true;
}

struct gpum_plan_state *gpum_plan_create(const char *text, char *error, size_t error_size_bytes)
{
    struct gpum_plan_state *plan = calloc(1, sizeof(*plan));
    if (!plan) {
        snprintf(error, error_size_bytes, "out of memory");
        return NULL;
    }
    if (text && !parse(plan, text, error, error_size_bytes)) {
        free(plan);
        return NULL;
    }
    return plan;
}

void gpum_plan_destroy(struct gpum_plan_state *plan)
{
    free(plan);
}

bool gpum_plan_check(const char *text, char *error, size_t error_size_bytes)
{
    struct gpum_plan_state *plan = gpum_plan_create(text, error, error_size_bytes);
    gpum_plan_destroy(plan);
    return plan != NULL;
}

static bool planned(const struct gpum_plan_state *plan, enum kind kind, uint64_t number)
{
    for (unsigned i = 0; i < plan->count; i++)
        if (plan->entries[i].kind == kind && plan->entries[i].number == number)
            return true;
    return false;
}

/* A kind without a number. */
static bool has(const struct gpum *m, enum kind kind)
{
    return planned(m->plan, kind, 0);
}

bool gpum_plan_flr_ignored(const struct gpum *m)
{
    return has(m, FLR_IGNORED);
}

bool gpum_plan_bus_reset_ignored(const struct gpum *m)
{
    return has(m, BUS_RESET_IGNORED);
}

bool gpum_plan_bus_reset_revives(const struct gpum *m)
{
    return has(m, BUS_RESET_REVIVES);
}

static void pull_the_plug(struct gpum *m, const char *why)
{
    if (!m->dead)
        gpum_note(m, "plan: the device leaves the bus (%s)", why);
    m->dead = true;
}

void gpum_plan_access(struct gpum *m)
{
    m->plan->accesses++;
    if (!m->dead && planned(m->plan, ONES_FROM, m->plan->accesses))
        pull_the_plug(m, "ones from access");
}

unsigned gpum_plan_irq(struct gpum *m)
{
    uint64_t number = ++m->plan->irqs;
    if (planned(m->plan, IRQ_DROP, number))
        return 0;
    return planned(m->plan, IRQ_DOUBLE, number) ? 2 : 1;
}

uint64_t gpum_plan_rpc_delay_ns(const struct gpum *m)
{
    uint64_t delay_ms = 0;
    for (unsigned i = 0; i < m->plan->count; i++)
        if (m->plan->entries[i].kind == RPC_DELAY)
            delay_ms = m->plan->entries[i].number;
    return delay_ms > UINT64_MAX / 2000000 ? UINT64_MAX / 2 : delay_ms * 1000000;
}

bool gpum_plan_rpc_corrupt(struct gpum *m)
{
    return planned(m->plan, RPC_CORRUPT, ++m->plan->messages_out);
}

bool gpum_plan_frozen(struct gpum *m, enum gpum_plan_unit unit)
{
    uint64_t step = ++m->plan->steps[unit];
    for (unsigned i = 0; i < m->plan->count; i++) {
        const struct entry *e = &m->plan->entries[i];
        if (e->kind == FREEZE && e->index == unit && step >= e->number)
            return true;
    }
    return false;
}

void gpum_plan_reach(struct gpum *m, const char *step)
{
    gpum_trace(m, "step %s", step);
    for (unsigned i = 0; i < m->plan->count; i++)
        if (m->plan->entries[i].kind == DIE_AT &&
            strcmp(step_names[m->plan->entries[i].index], step) == 0)
            pull_the_plug(m, step);
}

bool gpum_plan_gsp_halt(struct gpum *m)
{
    return planned(m->plan, GSP_HALT, ++m->plan->messages_in);
}

bool gpum_plan_mmu_fault(struct gpum *m)
{
    return planned(m->plan, MMU_FAULT, ++m->plan->translations);
}
