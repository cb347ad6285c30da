/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The ROM of a graphics board, from its image chain to FWSEC with a command set in it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <nvhw/vbios.h>

#include "libmagma/gsp/vbios.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(const struct mg_fwsec *fwsec)
{
    uint8_t *copy = malloc(fwsec->data.size);
    struct mg_bytes signature;

    if (!copy)
        return;
    memcpy(copy, fwsec->data.data, fwsec->data.size);
    mg_fwsec_set_command(fwsec, copy, NV_FWSEC_COMMAND_FRTS, 0x100000, 0x100000);
    mg_fwsec_set_command(fwsec, copy, NV_FWSEC_COMMAND_SB, 0, 0);
    for (uint32_t version = 0; version < 18; version++)
        if (mg_fwsec_signature(fwsec, version, &signature, NULL) == MAGMA_OK)
            memcpy(copy + fwsec->signature_offset, signature.data, signature.size);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mg_bytes rom = {data, size};
    struct mg_vbios_map map;
    struct mg_fwsec fwsec;
    char version[32];
    uint64_t need;

    if (mg_vbios_map(rom, &map, &need, NULL) != MAGMA_OK || need > size)
        return 0;
    mg_vbios_version(rom, &map, version, sizeof version);
    for (int debug = 0; debug < 2; debug++)
        if (mg_vbios_fwsec(rom, &map, debug, &fwsec, NULL) == MAGMA_OK)
            use(&fwsec);
    return 0;
}
