/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Which build of the driver this is. */
#ifndef MVK_BUILD_ID_H
#define MVK_BUILD_ID_H

#include "sha256.h"

/*
 * Adds to hash what identifies this build of the driver, compiler included: the linker's build id
 * of the shared object that this code is part of, and the version. Without a build id, the version
 * alone.
 */
void mvk_build_id_hash(struct mvk_sha256 *hash);

#endif
