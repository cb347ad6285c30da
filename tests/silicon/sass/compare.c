/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How far results may differ, and whether two do: see sweep.h. */
#include "sweep.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BOUNDS_MAX = 64 };

struct bound {
    char prefix[64];
    unsigned ulp;
    double absolute;
};

struct sweep_bounds {
    struct bound list[BOUNDS_MAX];
    unsigned count;
};

struct sweep_bounds *sweep_bounds_read(const char *path)
{
    FILE *file = fopen(path, "r");
    struct sweep_bounds *bounds = file ? calloc(1, sizeof *bounds) : NULL;
    char line[512];

    while (bounds && fgets(line, sizeof line, file) && bounds->count < BOUNDS_MAX) {
        struct bound *b = &bounds->list[bounds->count];

        if (line[0] != '#' &&
            sscanf(line, "%63[^\t]\t%u\t%lf", b->prefix, &b->ulp, &b->absolute) == 3)
            bounds->count++;
    }
    if (file)
        fclose(file);
    return bounds;
}

void sweep_bounds_destroy(struct sweep_bounds *bounds)
{
    free(bounds);
}

static const struct bound *find(const struct sweep_bounds *bounds, const struct nvhw_sass *insn)
{
    struct nvhw_sass plain = *insn;
    char text[256];

    plain.guard = NV_SASS_PT;
    plain.guard_not = false;
    nvhw_sass_format(SWEEP_SM, &plain, 0, text, sizeof text);
    for (unsigned i = 0; i < bounds->count; i++)
        if (strncmp(text, bounds->list[i].prefix, strlen(bounds->list[i].prefix)) == 0)
            return &bounds->list[i];
    return NULL;
}

enum sweep_verdict sweep_bounds_of(const struct sweep_bounds *bounds, const struct nvhw_sass *insn)
{
    const struct bound *b = find(bounds, insn);

    return !b ? SWEEP_EXACT : b->ulp || b->absolute > 0 ? SWEEP_WITHIN : SWEEP_SKIPPED;
}

static double half_to_double(uint32_t bits)
{
    int exponent = bits >> 10 & 31;
    double fraction = bits & 0x3ff, value;

    if (exponent == 31)
        value = fraction > 0 ? (double)NAN : (double)INFINITY;
    else
        value = exponent ? ldexp(fraction + 1024, exponent - 25) : ldexp(fraction, -24);
    return bits & 0x8000 ? -value : value;
}

static double value_of(const struct nvhw_sass *insn, uint32_t word)
{
    float value;

    if (insn->mod[NV_SASS_MOD_F16] == NV_SASS_F16_F16)
        return half_to_double(word & 0xffff);
    if (insn->mod[NV_SASS_MOD_F16] == NV_SASS_F16_BF16)
        word <<= 16;
    memcpy(&value, &word, 4);
    return (double)value;
}

bool sweep_agree(const struct sweep_bounds *bounds, const struct nvhw_sass *insn,
                 const struct sweep_results *a, const struct sweep_results *b)
{
    const struct bound *bound = memcmp(a, b, sizeof *a) == 0 ? NULL : find(bounds, insn);

    if (memcmp(a, b, sizeof *a) == 0)
        return true;
    if (!bound || a->preds != b->preds)
        return false;
    for (unsigned i = 0; i < SWEEP_RESULTS; i++) {
        uint32_t x = a->word[i], y = b->word[i];

        if ((x > y ? x - y : y - x) > bound->ulp &&
            !(fabs(value_of(insn, x) - value_of(insn, y)) <= bound->absolute))
            return false;
    }
    return true;
}
