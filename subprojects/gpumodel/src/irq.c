/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Interrupts: leaves, top, enables, software trigger; MSI-X masks and pending bits. See irq.h. */
#include "irq.h"

#include "chip.h"
#include "pci.h"

#include <nvhw/boot.h>
#include <nvhw/irq.h>

#include <stdlib.h>
#include <string.h>

static uint32_t top_status(const struct gpum *m)
{
    uint32_t top = 0;

    for (unsigned i = 0; i < m->chip->intr_leaf_count; i++)
        if (m->irq->leaf[i] & m->irq->leaf_enable[i])
            top |= UINT32_C(1) << i / NV_CPU_INTR_LEAVES_PER_SUBTREE;
    return top;
}

unsigned gpum_irq_msix_entry(const struct gpum *m)
{
    return m->chip->msix_entries ? (unsigned)(m->config.seed % m->chip->msix_entries) : 0;
}

static bool entry_masked(const struct gpum *m, unsigned entry)
{
    return NVHW_GET(NV_VIRTUAL_FUNCTION_PRIV_MSIX_TABLE_VECTOR_CONTROL, MASK_BIT,
                    m->irq->msix[entry].control);
}

/* Sends what is pending when nothing holds it back. */
static void send_pending(struct gpum *m)
{
    unsigned entry = gpum_pci_msix_enabled(m) ? gpum_irq_msix_entry(m) : 0;

    if (!m->irq->pending)
        return;
    if (gpum_pci_msix_enabled(m) && entry_masked(m, entry))
        return;
    if (gpum_pci_interrupt(m, entry))
        m->irq->pending = false;
}

/* Follows the line after every change: a message per rising edge. */
static void update_line(struct gpum *m)
{
    bool line = top_status(m) & m->irq->top_enable;

    if (line && !m->irq->line)
        m->irq->pending = true;
    m->irq->line = line;
    send_pending(m);
}

void gpum_irq_msi_changed(struct gpum *m)
{
    send_pending(m);
}

void gpum_irq_raise(struct gpum *m, unsigned vector)
{
    unsigned leaf = vector / NV_CPU_INTR_VECTORS_PER_LEAF;
    uint32_t bit = UINT32_C(1) << vector % NV_CPU_INTR_VECTORS_PER_LEAF;

    if (leaf >= m->chip->intr_leaf_count) {
        gpum_note(m, "interrupt vector %u lies beyond the tree", vector);
        return;
    }
    gpum_trace(m, "irq: vector %u%s", vector,
               m->irq->leaf_enable[leaf] & bit ? "" : " (not enabled)");
    m->irq->leaf[leaf] |= bit;
    update_line(m);
}

/* ---- The tree's registers -------------------------------------------------------------------- */

/* Which leaf an array register's offset means; false past the chip's leaves. */
static bool leaf_index(const struct gpum *m, uint32_t offset, uint32_t base, unsigned *index)
{
    *index = (offset - base) / 4;
    return offset >= base && *index < m->chip->intr_leaf_count;
}

static uint32_t tree_read(struct gpum *m, uint32_t offset)
{
    unsigned i;

    if (leaf_index(m, offset, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF(0), &i))
        return m->irq->leaf[i];
    if (leaf_index(m, offset, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_SET(0), &i) ||
        leaf_index(m, offset, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_CLEAR(0), &i))
        return m->irq->leaf_enable[i];
    switch (offset) {
    case NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP:
        return top_status(m);
    case NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_SET:
    case NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_CLEAR:
        return m->irq->top_enable;
    case NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_TRIGGER:
        return 0;
    }
    gpum_note(m, "read of 0x%06x: no register of the interrupt tree", offset);
    return NV_PRI_ERROR_NO_TARGET;
}

static void tree_write(struct gpum *m, uint32_t offset, uint32_t value)
{
    struct gpum_irq *irq = m->irq;
    unsigned i;

    if (leaf_index(m, offset, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF(0), &i))
        irq->leaf[i] &= ~value;
    else if (leaf_index(m, offset, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_SET(0), &i))
        irq->leaf_enable[i] |= value;
    else if (leaf_index(m, offset, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_CLEAR(0), &i))
        irq->leaf_enable[i] &= ~value;
    else if (offset == NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_SET)
        irq->top_enable |= value;
    else if (offset == NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_CLEAR)
        irq->top_enable &= ~value;
    else if (offset == NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_TRIGGER)
        gpum_irq_raise(m, NVHW_GET(NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_TRIGGER, VECTOR, value));
    else
        gpum_note(m, "write of 0x%08x to 0x%06x: no writable register of the interrupt tree", value,
                  offset);
    update_line(m);
}

/* ---- MSI-X ----------------------------------------------------------------------------------- */

static uint32_t *msix_word(struct gpum *m, uint32_t offset)
{
    uint32_t at = offset - NV_VIRTUAL_FUNCTION_PRIV_MSIX_TABLE_BASE;
    struct gpum_msix_entry *entry =
        &m->irq->msix[at / NV_VIRTUAL_FUNCTION_PRIV_MSIX_TABLE__STRIDE % GPUM_MSIX_ENTRIES_MAX];
    uint32_t *words[] = {&entry->address_lo, &entry->address_hi, &entry->data, &entry->control};

    return words[at / 4 % 4];
}

static uint32_t msix_read(struct gpum *m, uint32_t offset)
{
    return *msix_word(m, offset);
}

static void msix_write(struct gpum *m, uint32_t offset, uint32_t value)
{
    *msix_word(m, offset) = value;
    send_pending(m);
}

static uint32_t pba_read(struct gpum *m, uint32_t offset)
{
    if (offset != NV_VIRTUAL_FUNCTION_PRIV_MSIX_PBA || !m->irq->pending)
        return 0;
    return UINT32_C(1) << gpum_irq_msix_entry(m);
}

static void pba_write(struct gpum *m, uint32_t offset, uint32_t value)
{
    gpum_note(m, "write of 0x%08x to the read-only pending bits at 0x%06x", value, offset);
}

const struct gpum_unit gpum_irq_units[] = {
    {"intr-tree", NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF(0),
     NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_TRIGGER + 4 - NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF(0),
     tree_read, tree_write},
    {"msix-table", NV_VIRTUAL_FUNCTION_PRIV_MSIX_TABLE_BASE,
     NV_VIRTUAL_FUNCTION_PRIV_MSIX_TABLE__STRIDE *GPUM_MSIX_ENTRIES_MAX, msix_read, msix_write},
    {"msix-pba", NV_VIRTUAL_FUNCTION_PRIV_MSIX_PBA, 8, pba_read, pba_write},
    {.name = NULL},
};

/* ---- Life ------------------------------------------------------------------------------------ */

bool gpum_irq_create(struct gpum *m)
{
    m->irq = calloc(1, sizeof(*m->irq));
    return m->irq != NULL;
}

void gpum_irq_power_on(struct gpum *m)
{
    memset(m->irq, 0, sizeof(*m->irq));
    for (unsigned i = 0; i < GPUM_MSIX_ENTRIES_MAX; i++)
        m->irq->msix[i].control =
            NVHW_NUM(NV_VIRTUAL_FUNCTION_PRIV_MSIX_TABLE_VECTOR_CONTROL, MASK_BIT, 1);
}

void gpum_irq_destroy(struct gpum *m)
{
    free(m->irq);
    m->irq = NULL;
}
