/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The firmware containers; the first byte chooses which. Parts found are read to their ends. */
#include <stdint.h>

#include "libmagma/gsp/firmware.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint8_t sink;

static void touch(struct mg_bytes bytes)
{
    if (bytes.size)
        sink = (uint8_t)(bytes.data[0] ^ bytes.data[bytes.size - 1]);
}

static void hs(struct mg_bytes file)
{
    struct mg_bytes signature = {0};
    struct mg_fw_hs out;

    if (mg_fw_hs(file, &out, NULL) != MAGMA_OK)
        return;
    touch(out.image);
    for (uint32_t version = 0; version < 4; version++)
        if (mg_fw_hs_signature(&out, version, &signature, NULL) == MAGMA_OK)
            touch(signature);
    sink = out.image.data[out.signature_offset + out.signature_size_bytes - 1];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mg_bytes file = {data + 1, size - 1};
    struct mg_fw_riscv riscv;
    struct mg_fw_loader loader;
    struct mg_fw_gsp gsp;
    struct mg_fw_fmc fmc;

    if (!size)
        return 0;
    switch (data[0] % 5) {
    case 0:
        hs(file);
        break;
    case 1:
        if (mg_fw_riscv(file, &riscv, NULL) == MAGMA_OK)
            touch(riscv.image);
        break;
    case 2:
        if (mg_fw_loader(file, &loader, NULL) == MAGMA_OK)
            touch(loader.code);
        break;
    case 3:
        if (mg_fw_gsp(file, ".fwsignature_ga10x", &gsp, NULL) == MAGMA_OK)
            touch(gsp.image);
        break;
    default:
        if (mg_fw_fmc(file, &fmc, NULL) == MAGMA_OK)
            touch(fmc.image);
        break;
    }
    return 0;
}
