/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Any bytes as a SPIR-V module: an answer, never a crash; what compiles must be whole. */
#include <magma-nv/cc.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned targets[] = {75, 86, 90, 120};
    struct magma_cc_shader *shader = NULL;
    char error[256];
    if (size < 4) {
        return 0;
    }
    /* The first byte chooses the target and options; the module follows on a word boundary. */
    struct magma_cc_options options = {
        .sm = targets[data[0] & 3], .robust_buffers = data[0] & 4, .debug_serial = data[0] & 8};
    size_t words = (size - 4) / 4;
    uint32_t *copy = malloc(words * 4 + 4);
    if (!copy) {
        return 0;
    }
    memcpy(copy, data + 4, words * 4);
    bool good = magma_cc_compile(copy, words, &options, &shader, error, sizeof(error));
    if (good != (shader != NULL) || (!good && error[0] == '\0') ||
        (good && shader->code_size_bytes % 128 != 0)) {
        abort();
    }
    if (!good && strstr(error, "cannot be encoded")) {
        abort(); /* what passes the checks must have an encoding */
    }
    magma_cc_shader_destroy(shader);
    free(copy);
    return 0;
}
