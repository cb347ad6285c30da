/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Finds the linker's build id of the shared object that this function lies in. */
#include "build_id.h"

#include <link.h>
#include <string.h>

struct search {
    uintptr_t address; /* of something in the shared object */
    struct mvk_sha256 *hash;
};

static int object_holds(const struct dl_phdr_info *info, uintptr_t address)
{
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + p->p_vaddr;
        if (p->p_type == PT_LOAD && address >= start && address - start < p->p_memsz)
            return 1;
    }
    return 0;
}

static void hash_notes(const uint8_t *notes, size_t size_bytes, struct mvk_sha256 *hash)
{
    ElfW(Nhdr) n;
    while (size_bytes >= sizeof(n)) {
        memcpy(&n, notes, sizeof(n));
        size_t name_bytes = ((size_t)n.n_namesz + 3) & ~(size_t)3;
        size_t desc_bytes = ((size_t)n.n_descsz + 3) & ~(size_t)3;
        if (name_bytes + desc_bytes > size_bytes - sizeof(n))
            return;
        if (n.n_type == NT_GNU_BUILD_ID && n.n_namesz == sizeof("GNU") &&
            memcmp(notes + sizeof(n), "GNU", sizeof("GNU")) == 0)
            mvk_sha256_update(hash, notes + sizeof(n) + name_bytes, n.n_descsz);
        notes += sizeof(n) + name_bytes + desc_bytes;
        size_bytes -= sizeof(n) + name_bytes + desc_bytes;
    }
}

static int visit(struct dl_phdr_info *info, size_t size, void *ctx)
{
    (void)size;
    struct search *search = ctx;
    if (!object_holds(info, search->address))
        return 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        if (p->p_type == PT_NOTE)
            hash_notes(
                (const uint8_t *)(info->dlpi_addr + p->p_vaddr), /* NOLINT(*-no-int-to-ptr) */
                p->p_memsz, search->hash);
    }
    return 1;
}

void mvk_build_id_hash(struct mvk_sha256 *hash)
{
    struct search search = {(uintptr_t)&mvk_build_id_hash, hash};
    mvk_sha256_update(hash, MVK_VERSION_TEXT, sizeof(MVK_VERSION_TEXT));
    dl_iterate_phdr(visit, &search);
}
