/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Between the files of the falcon. */
#ifndef GPUM_FALCON_PRIVATE_H
#define GPUM_FALCON_PRIVATE_H

#include "falcon.h"

bool gpum_falcon_scrubbing(struct gpum *m, struct gpum_falcon *f);
void gpum_falcon_engine(struct gpum *m, struct gpum_falcon *f, uint32_t value);
void gpum_falcon_start(struct gpum *m, struct gpum_falcon *f);
uint32_t gpum_falcon_cpuctl(struct gpum *m, struct gpum_falcon *f);
/* Turing and GA100: images come through the ports, FWSEC through the generic loader. first is the
 * block that the boot vector names. */
enum gpum_ucode_kind gpum_falcon_recognise_loader(struct gpum *m, struct gpum_falcon *f,
                                                  unsigned first);
/* Whether code_bytes of IMEM from a block on are loaded, tagged in sequence and secure. */
bool gpum_falcon_blocks_ok(struct gpum *m, struct gpum_falcon *f, unsigned first,
                           uint32_t code_bytes, bool secure);
/* Checks an image of the model's own make whose code starts at a block. */
enum gpum_ucode_kind gpum_falcon_check_own(struct gpum *m, struct gpum_falcon *f, unsigned first,
                                           const struct gpum_ucode_identity *id);
enum gpum_ucode_kind gpum_falcon_check_real(struct gpum *m, struct gpum_falcon *f, unsigned first);

#endif
