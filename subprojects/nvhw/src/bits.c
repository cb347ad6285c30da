/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Reading and writing fields of bit-addressed blocks (QMD, page table entries, headers). */
#include <nvhw/bits.h>

static bool locate(const struct nvhw_bit_field *f, unsigned index, unsigned *lo, unsigned *width)
{
    if (!f || index >= f->count)
        return false;
    *lo = f->lo + f->step * index;
    *width = (unsigned)(f->hi - f->lo) + 1;
    return *width <= 64;
}

bool nvhw_bit_field_set(const struct nvhw_bit_field *f, uint32_t *dwords, unsigned index,
                        uint64_t value)
{
    unsigned lo, width;

    if (!locate(f, index, &lo, &width))
        return false;
    if (value & ((UINT64_C(1) << f->shift) - 1))
        return false;
    value >>= f->shift;
    if (width < 64 && value >> width)
        return false;
    for (unsigned i = 0; i < width; i++) {
        uint32_t bit = UINT32_C(1) << ((lo + i) % 32);

        if (value >> i & 1)
            dwords[(lo + i) / 32] |= bit;
        else
            dwords[(lo + i) / 32] &= ~bit;
    }
    return true;
}

bool nvhw_bit_field_get(const struct nvhw_bit_field *f, const uint32_t *dwords, unsigned index,
                        uint64_t *value)
{
    unsigned lo, width;
    uint64_t v = 0;

    if (!locate(f, index, &lo, &width))
        return false;
    for (unsigned i = 0; i < width; i++)
        v |= (uint64_t)(dwords[(lo + i) / 32] >> ((lo + i) % 32) & 1) << i;
    *value = v << f->shift;
    return true;
}
