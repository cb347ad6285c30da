/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Machine code to text, through the one instruction table of nvhw. */
#include "libmagma/decode/decode.h"
#include "libmagma/decode/lines.h"

#include <inttypes.h>
#include <nvhw/sass.h>

static bool put_instruction(const struct mg_lines *to, unsigned sm, const uint8_t *bytes, size_t pc)
{
    char text[256], control[96];
    struct nvhw_sass i;

    if (!nvhw_sass_decode(sm, bytes, &i)) {
        mg_lines_put(to,
                     "%06zx  unknown: %02x%02x%02x%02x %02x%02x%02x%02x %02x%02x%02x%02x "
                     "%02x%02x%02x%02x",
                     pc, bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6],
                     bytes[7], bytes[8], bytes[9], bytes[10], bytes[11], bytes[12], bytes[13],
                     bytes[14], bytes[15]);
        return false;
    }
    nvhw_sass_format(sm, &i, pc, text, sizeof text);
    nvhw_sass_format_control(&i.control, control, sizeof control);
    mg_lines_put(to, "%06zx  %-52s ; %s", pc, text, control);
    return true;
}

bool mg_decode_shader(unsigned sm, const uint8_t *code, size_t size_bytes, mg_decode_line line,
                      void *ctx)
{
    const struct mg_lines to = {line, ctx};
    bool good = true;
    size_t pc;

    for (pc = 0; pc + NV_SASS_BYTES <= size_bytes; pc += NV_SASS_BYTES)
        good &= put_instruction(&to, sm, code + pc, pc);
    if (pc < size_bytes) {
        mg_lines_put(&to, "%06zx  %zu bytes left over: not a whole instruction", pc,
                     size_bytes - pc);
        good = false;
    }
    return good;
}
