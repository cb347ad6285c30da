/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Reading a module: header, instruction boundaries, ids, decorations, entry point, modes. After
 * this every instruction is known to lie within the words and to have at least the words that its
 * opcode needs. See spirv.h.
 */
#include "spirv.h"

#include <inttypes.h>
#include <string.h>

struct op_info {
    const char *name;
    uint8_t has_type, has_result, min_words;
};

enum { OPCODE_COUNT = 8192, HEADER_WORDS = 5, ID_BOUND_MAX = 4194303 };

struct enumerant {
    uint32_t value;
    const char *name;
};

/* Generated: op_infos, capability_names, storageclass_names, builtin_names. */
#include "spirv_names.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static const char *enumerant_name(const struct enumerant *list, size_t count, uint32_t value)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].value == value) {
            return list[i].name;
        }
    }
    return "?";
}

const char *spv_op_name(uint32_t op)
{
    return op < OPCODE_COUNT && op_infos[op].name ? op_infos[op].name : "Op?";
}

const char *spv_capability_name(uint32_t value)
{
    return enumerant_name(capability_names, COUNT_OF(capability_names), value);
}

const char *spv_builtin_name(uint32_t value)
{
    return enumerant_name(builtin_names, COUNT_OF(builtin_names), value);
}

const char *spv_storage_name(uint32_t value)
{
    return enumerant_name(storageclass_names, COUNT_OF(storageclass_names), value);
}

void spv_malformed(const struct spv_inst *inst, const char *what)
{
    cc_fail(inst->m->arena, "malformed: %s at word %" PRIu32 ": %s", spv_op_name(inst->op),
            inst->at, what);
}

void spv_unsupported(const struct spv_inst *inst, const char *what)
{
    if (what) {
        cc_fail(inst->m->arena, "%s: %s: not supported", spv_op_name(inst->op), what);
    }
    cc_fail(inst->m->arena, "%s: not supported", spv_op_name(inst->op));
}

struct spv_inst spv_inst_at(const struct spv_module *m, uint32_t at)
{
    return (struct spv_inst){.m = m, .words = m->words + at, .at = at,
                             .op = m->words[at] & SpvOpCodeMask,
                             .count = m->words[at] >> SpvWordCountShift};
}

uint32_t spv_word(const struct spv_inst *inst, uint32_t index)
{
    if (index >= inst->count) {
        spv_malformed(inst, "too few words");
    }
    return inst->words[index];
}

struct spv_id *spv_id(const struct spv_module *m, uint32_t id)
{
    if (id == 0 || id >= m->bound) {
        cc_fail(m->arena, "malformed: id %" PRIu32 " is not below the bound %" PRIu32, id,
                m->bound);
    }
    return &m->ids[id];
}

const struct spv_decor *spv_decor_find(const struct spv_module *m, uint32_t id, uint32_t member,
                                       uint32_t decoration)
{
    const struct spv_decor *decor = spv_id(m, id)->decors;
    while (decor && (decor->decoration != decoration || decor->member != member)) {
        decor = decor->next;
    }
    return decor;
}

static void add_decoration(struct spv_module *m, const struct spv_inst *inst, bool member)
{
    uint32_t at = member ? 3 : 2;
    struct spv_id *id = spv_id(m, spv_word(inst, 1));
    struct spv_decor *decor = cc_alloc(m->arena, 1, sizeof(*decor));
    decor->member = member ? spv_word(inst, 2) : UINT32_MAX;
    decor->decoration = spv_word(inst, at);
    decor->operand = at + 1 < inst->count ? inst->words[at + 1] : 0;
    decor->next = id->decors;
    id->decors = decor;
}

static void check_capability(const struct spv_inst *inst)
{
    static const uint32_t known[] = {
        SpvCapabilityMatrix, SpvCapabilityShader, SpvCapabilityInt64,
        SpvCapabilityGroupNonUniform, SpvCapabilityGroupNonUniformVote,
        SpvCapabilityGroupNonUniformBallot, SpvCapabilityGroupNonUniformShuffle,
        SpvCapabilityGroupNonUniformShuffleRelative, SpvCapabilityGroupNonUniformArithmetic,
        SpvCapabilityGroupNonUniformClustered, SpvCapabilityGroupNonUniformQuad,
        SpvCapabilityPhysicalStorageBufferAddresses, SpvCapabilityVulkanMemoryModel,
        SpvCapabilityVulkanMemoryModelDeviceScope, SpvCapabilityDeviceGroup,
        SpvCapabilityUniformBufferArrayDynamicIndexing,
        SpvCapabilityStorageBufferArrayDynamicIndexing,
        SpvCapabilityShaderNonUniform, SpvCapabilityRuntimeDescriptorArray,
        SpvCapabilityUniformBufferArrayNonUniformIndexing,
        SpvCapabilityStorageBufferArrayNonUniformIndexing,
    };
    uint32_t value = spv_word(inst, 1);
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        if (known[i] == value) {
            return;
        }
    }
    cc_fail(inst->m->arena, "capability %s (%" PRIu32 "): not supported",
            spv_capability_name(value), value);
}

/* The literal string from word `index` on; checks that it ends within the instruction. */
static const char *literal_string(const struct spv_inst *inst, uint32_t index)
{
    size_t room = index < inst->count ? (size_t)(inst->count - index) * 4 : 0;
    const char *text = (const char *)(inst->words + index);
    if (room == 0 || !memchr(text, '\0', room)) {
        spv_malformed(inst, "string without an end");
    }
    return text;
}

static void import_instructions(struct spv_module *m, const struct spv_inst *inst)
{
    const char *name = literal_string(inst, 2);
    if (strcmp(name, "GLSL.std.450") == 0) {
        m->glsl_import = spv_word(inst, 1);
    } else if (strncmp(name, "NonSemantic.", 12) == 0 && m->nonsemantic_count < 8) {
        m->nonsemantic_import[m->nonsemantic_count++] = spv_word(inst, 1);
    } else {
        cc_fail(m->arena, "OpExtInstImport: \"%.40s\": not supported", name);
    }
}

static void check_memory_model(struct spv_module *m, const struct spv_inst *inst)
{
    uint32_t addressing = spv_word(inst, 1), memory = spv_word(inst, 2);
    m->physical_addresses = addressing == SpvAddressingModelPhysicalStorageBuffer64;
    if (!m->physical_addresses && addressing != SpvAddressingModelLogical) {
        spv_unsupported(inst, "addressing model");
    }
    if (memory != SpvMemoryModelGLSL450 && memory != SpvMemoryModelVulkan) {
        spv_unsupported(inst, "memory model");
    }
}

static void read_entry_point(struct spv_module *m, const struct spv_inst *inst)
{
    const char *want = m->options->entry ? m->options->entry : "main";
    if (spv_word(inst, 1) == SpvExecutionModelGLCompute &&
        strcmp(literal_string(inst, 3), want) == 0) {
        m->entry_function = spv_word(inst, 2);
    }
}

static void read_execution_mode(struct spv_module *m, const struct spv_inst *inst)
{
    uint32_t mode = spv_word(inst, 2);
    if (spv_word(inst, 1) != m->entry_function) {
        return;
    }
    if (mode != SpvExecutionModeLocalSize && mode != SpvExecutionModeLocalSizeId) {
        cc_fail(m->arena, "%s: mode %" PRIu32 ": not supported", spv_op_name(inst->op), mode);
    }
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t *to = mode == SpvExecutionModeLocalSize ? m->local_size : m->local_size_id;
        to[i] = spv_word(inst, 3 + i);
    }
}

static void read_preamble(struct spv_module *m, const struct spv_inst *inst)
{
    switch (inst->op) {
    case SpvOpCapability:
        check_capability(inst);
        break;
    case SpvOpExtInstImport:
        import_instructions(m, inst);
        break;
    case SpvOpMemoryModel:
        check_memory_model(m, inst);
        break;
    case SpvOpEntryPoint:
        read_entry_point(m, inst);
        break;
    case SpvOpExecutionMode:
    case SpvOpExecutionModeId:
        read_execution_mode(m, inst);
        break;
    case SpvOpDecorate:
        add_decoration(m, inst, false);
        break;
    case SpvOpMemberDecorate:
        add_decoration(m, inst, true);
        break;
    case SpvOpDecorationGroup:
    case SpvOpGroupDecorate:
    case SpvOpGroupMemberDecorate:
        spv_unsupported(inst, NULL);
    default:
        break;
    }
}

static void define_result(struct spv_module *m, const struct spv_inst *inst)
{
    const struct op_info *info = &op_infos[inst->op];
    if (!info->has_result) {
        return;
    }
    struct spv_id *id = spv_id(m, spv_word(inst, info->has_type ? 2 : 1));
    if (id->def != 0) {
        spv_malformed(inst, "its result id is defined twice");
    }
    id->def = inst->at;
    id->op = (uint16_t)inst->op;
}

static void check_instruction(struct spv_module *m, uint32_t at)
{
    uint32_t count = m->words[at] >> SpvWordCountShift, op = m->words[at] & SpvOpCodeMask;
    if (count == 0 || count > m->word_count - at) {
        cc_fail(m->arena, "malformed: instruction at word %" PRIu32 " runs past the end", at);
    }
    if (op >= OPCODE_COUNT || !op_infos[op].name) {
        cc_fail(m->arena, "malformed: unknown opcode %" PRIu32 " at word %" PRIu32, op, at);
    }
    if (count < op_infos[op].min_words) {
        cc_fail(m->arena, "malformed: %s at word %" PRIu32 ": too few words", spv_op_name(op), at);
    }
}

void spv_parse(struct spv_module *m, const uint32_t *words, size_t word_count)
{
    if (!words || word_count < HEADER_WORDS || word_count > UINT32_MAX) {
        cc_fail(m->arena, "malformed: a module has at least %d words", HEADER_WORDS);
    }
    if (words[0] != SpvMagicNumber) {
        cc_fail(m->arena, "malformed: not SPIR-V (first word 0x%08" PRIx32 ")", words[0]);
    }
    m->words = words;
    m->word_count = (uint32_t)word_count;
    m->bound = words[3];
    if (m->bound == 0 || m->bound > ID_BOUND_MAX) {
        cc_fail(m->arena, "malformed: id bound %" PRIu32, m->bound);
    }
    m->ids = cc_alloc(m->arena, m->bound, sizeof(*m->ids));
    m->globals_end = m->word_count;
    for (uint32_t at = HEADER_WORDS; at < m->word_count; at += words[at] >> SpvWordCountShift) {
        check_instruction(m, at);
        struct spv_inst inst = spv_inst_at(m, at);
        read_preamble(m, &inst);
        define_result(m, &inst);
        if (inst.op == SpvOpFunction && m->globals_end == m->word_count) {
            m->globals_end = at;
        }
    }
    m->globals_first = HEADER_WORDS;
    if (m->entry_function == 0) {
        cc_fail(m->arena, "no GLCompute entry point \"%.64s\" in the module",
                m->options->entry ? m->options->entry : "main");
    }
    spv_functions_scan(m);
}
