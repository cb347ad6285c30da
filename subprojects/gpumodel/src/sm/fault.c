/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Warp exceptions: the grid ends with a sentence that says what, where (pc, CTA, warp, lane) and
 * shows the instruction, as a debugger would after a hardware exception.
 */
#include "sm.h"

#include <stdio.h>

static void describe(struct sm_ctx *x, int lane, const char *what, char *text, size_t size)
{
    char insn[128] = "?";
    const struct sm_warp *w = x->w;
    if (x->i && x->i->decoded)
        nvhw_sass_format(x->grid->desc.sm_version, x->s, x->pc, insn, sizeof(insn));
    int used =
        snprintf(text, size, "%s; pc 0x%llx (program + 0x%llx) `%s`, cta %u,%u,%u warp %u", what,
                 (unsigned long long)x->pc, (unsigned long long)(x->pc - x->grid->desc.program_va),
                 insn, w->cta->id[0], w->cta->id[1], w->cta->id[2], w->index);
    if (lane >= 0 && used > 0 && (size_t)used < size)
        snprintf(text + used, size - (size_t)used, " lane %d", lane);
}

/* The first cause is the one that counts. */
static void fault(struct sm_ctx *x, int lane, const char *error, const char *format, va_list args)
{
    char what[160];
    if (x->grid->state == GPUM_GRID_FAULTED)
        return;
    int used = snprintf(what, sizeof(what), "%s%s", error, *error ? ": " : "");
    vsnprintf(what + used, sizeof(what) - (size_t)used, format, args);
    describe(x, lane, what, x->grid->fault.text, sizeof(x->grid->fault.text));
    x->grid->state = GPUM_GRID_FAULTED;
}

bool sm_fault(struct sm_ctx *x, int lane, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fault(x, lane, "", format, args);
    va_end(args);
    return false;
}

bool sm_fault_warp(struct sm_ctx *x, int lane, enum nvhw_sm_warp_error error, const char *format,
                   ...)
{
    const char *name = nvhw_sm_warp_error_name((uint32_t)error);
    va_list args;
    va_start(args, format);
    fault(x, lane, name ? name : "warp error", format, args);
    va_end(args);
    return false;
}

bool sm_fault_mmu(struct sm_ctx *x, int lane, const struct gpum_mmu_fault *fault)
{
    static const char *const verbs[] = {"read", "write", "atomic"};
    char what[96];
    if (x->grid->state == GPUM_GRID_FAULTED)
        return false;
    snprintf(what, sizeof(what), "%s of unmapped address 0x%llx", verbs[fault->access % 3],
             (unsigned long long)fault->va);
    describe(x, lane, what, x->grid->fault.text, sizeof(x->grid->fault.text));
    x->grid->fault.is_mmu = true;
    x->grid->fault.mmu = *fault;
    x->grid->fault.mmu.client = "GPC0:T1";
    x->grid->state = GPUM_GRID_FAULTED;
    return false;
}
