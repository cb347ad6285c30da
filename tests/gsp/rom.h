/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A synthetic ROM for tests and fuzzer seeds: base image with BIT, an EFI image, two images of
 * NVIDIA's type, in the second of which lies FWSEC (so that pointers cross a gap). Offsets of its
 * parts are kept, so that a test can damage one at a time.
 */
#ifndef TESTS_GSP_ROM_H
#define TESTS_GSP_ROM_H

#include <stdbool.h>
#include <stdint.h>

#include "libmagma/gsp/bytes.h"

enum { ROM_SIZE = 0x8000 };

struct rom_options {
    bool v2;          /* descriptor V2 instead of V3 */
    unsigned ifr;     /* 0: image 0 at offset 0; 1 to 3: behind an IFR header of that version */
    bool npde;        /* lengths in NPDE, PCIR's are too short */
    bool wide_tokens; /* BIT tokens of 8 bytes */
};

struct rom {
    uint8_t bytes[ROM_SIZE];
    uint32_t size;
    uint32_t image0, base_size, extension; /* from the ROM's start, size, from image 0 */
    uint32_t pcir0, bit, token, falcon_data, table, descriptor, code, data, interface, mapper;
    uint32_t last_image;
};

void rom_build(struct rom *rom, const struct rom_options *options);
struct mg_bytes rom_bytes(const struct rom *rom);

/* Writes a number into the ROM. */
void rom_put8(struct rom *rom, uint32_t offset, uint8_t value);
void rom_put16(struct rom *rom, uint32_t offset, uint16_t value);
void rom_put32(struct rom *rom, uint32_t offset, uint32_t value);
/* Makes the BIT header's bytes sum to zero again. */
void rom_fix_bit(struct rom *rom);

#endif
