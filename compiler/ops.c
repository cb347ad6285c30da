/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Names and flags of the operations, from ops.def. */
#include "ir.h"

struct op_info {
    const char *name;
    uint32_t flags;
};

static const struct op_info ops[CC_OP_COUNT] = {
#define CC_OP(name, flags) [CC_##name] = {#name, flags},
#include "ops.def"
#undef CC_OP
};

uint32_t cc_op_flags(unsigned op)
{
    return op < CC_OP_COUNT ? ops[op].flags : 0;
}

const char *cc_op_name(unsigned op)
{
    return op < CC_OP_COUNT ? ops[op].name : "?";
}
