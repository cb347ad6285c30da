# SPDX-License-Identifier: MIT OR Apache-2.0
"""Writes one C header per data file from the objects of nvhw_parse."""
from nvhw_parse import (SCALARS, Bits, Block, Class, Const, DataError, Enum, Reg, Struct)

C_TYPES = {"u8": "uint8_t", "u16": "uint16_t", "u32": "uint32_t", "u64": "uint64_t"}


def literal(value):
    return f"0x{value:x}u" if value <= 0xFFFFFFFF else f"UINT64_C(0x{value:x})"


def _define(out, name, text):
    out.append(f"#define {name} {text}")


def field_macros(out, prefix, fields):
    for f in fields:
        if f.count == 1:
            _define(out, f"{prefix}_{f.name}__LO", f"{f.lo}u")
            _define(out, f"{prefix}_{f.name}__HI", f"{f.hi}u")
        for name, number in f.values:
            _define(out, f"{prefix}_{f.name}_{name}", literal(number))


def reg_macros(out, reg, prefix=""):
    name = prefix + reg.name
    if reg.has_offset and reg.count > 1:
        _define(out, f"{name}(i)", f"(0x{reg.offset:x}u + 0x{reg.step:x}u * (uint32_t)(i))")
        _define(out, f"{name}__COUNT", f"{reg.count}u")
    elif reg.has_offset:
        _define(out, name, literal(reg.offset))
    field_macros(out, name, reg.fields)


def class_methods(cls, classes):
    """Own and inherited methods of a class, by offset."""
    methods = {}
    if cls.base:
        if cls.base not in classes:
            raise DataError(f"class {cls.name}: unknown base {cls.base}")
        methods = {m.name: m for m in class_methods(classes[cls.base], classes)}
    for name in cls.drops:
        if methods.pop(name, None) is None:
            raise DataError(f"class {cls.name}: drops {name}, which its base lacks")
    methods.update({m.name: m for m in cls.methods})
    return sorted(methods.values(), key=lambda m: m.offset)


def member_size(member, structs):
    if member.type in SCALARS:
        return SCALARS[member.type]
    name = member.type.split()[1]
    if name not in structs:
        raise DataError(f"unknown structure {name}")
    return structs[name].size


def _struct(out, struct, structs):
    out += ["", f"struct {struct.name} {{"]
    at = 0
    for m in sorted(struct.members, key=lambda m: m.offset):
        if m.offset < at:
            raise DataError(f"struct {struct.name}: {m.name} overlaps the member before it")
        if m.offset > at:
            out.append(f"    uint8_t reserved_0x{at:x}[0x{m.offset - at:x}];")
        ctype = C_TYPES.get(m.type, m.type)
        suffix = f"[{m.count}]" if m.is_array else ""
        out.append(f"    {ctype} {m.name}{suffix}; /* 0x{m.offset:x} */")
        at = m.offset + member_size(m, structs) * m.count
    if at > struct.size:
        raise DataError(f"struct {struct.name}: members end at 0x{at:x}, size is 0x{struct.size:x}")
    if at < struct.size:
        out.append(f"    uint8_t reserved_0x{at:x}[0x{struct.size - at:x}];")
    out.append("} __attribute__((packed, aligned(4)));" if struct.size % 4 == 0
               else "} __attribute__((packed));")
    out.append(f'_Static_assert(sizeof(struct {struct.name}) == 0x{struct.size:x}, "size");')
    for m in struct.members:
        out.append(f"_Static_assert(offsetof(struct {struct.name}, {m.name}) == 0x{m.offset:x}, "
                   f'"{m.name}");')


def _enum(out, enum):
    out += ["", f"enum {enum.name} {{"]
    out += [f"    {name} = {literal(value)}," for name, value in enum.values]
    out += ["};", f"/* Name of a value without its prefix; NULL if it is none. Static storage. */",
            f"const char *{enum.name}_name(uint32_t value);"]


def families(unit):
    """Bits blocks that share a stem before _V, in order: {stem: [Bits, ...]}."""
    found = {}
    for item in unit.items:
        if isinstance(item, Bits):
            found.setdefault(item.name.rsplit("_V", 1)[0], []).append(item)
    return found


def family_fields(blocks):
    names = []
    for block in blocks:
        names += [f.name for f in block.fields if f.name not in names]
    return names


def _family(out, stem, blocks):
    low = stem.lower().removeprefix("nv_")
    out += ["", f"enum nvhw_{low}_version {{"]
    out += [f"    {b.name}," for b in blocks] + [f"    {stem}__VERSION_COUNT", "};"]
    out += [f"enum nvhw_{low}_field {{"]
    out += [f"    {stem}_FIELD_{n}," for n in family_fields(blocks)]
    out += [f"    {stem}__FIELD_COUNT", "};"]
    largest = max(b.size for b in blocks) // 32
    _define(out, f"{stem}__DWORDS_MAX", f"{largest}u")
    out += [
        "/* Stores value (natural units) in a block; false if this version lacks the field, index is",
        " * out of range or the value does not fit. */",
        f"bool nvhw_{low}_set(enum nvhw_{low}_version version, uint32_t *dwords,",
        f"    enum nvhw_{low}_field field, unsigned index, uint64_t value);",
        "/* Reads a field; false as above. */",
        f"bool nvhw_{low}_get(enum nvhw_{low}_version version, const uint32_t *dwords,",
        f"    enum nvhw_{low}_field field, unsigned index, uint64_t *value);",
        f"bool nvhw_{low}_has(enum nvhw_{low}_version version, enum nvhw_{low}_field field);",
        "/* Size of a block in bytes. */",
        f"uint32_t nvhw_{low}_size_bytes(enum nvhw_{low}_version version);",
        f"const char *nvhw_{low}_field_name(enum nvhw_{low}_field field);"]


def header(unit, classes, structs):
    """The text of nvhw/UNIT.h."""
    guard = f"NVHW_{unit.name.upper()}_H"
    out = ["/* SPDX-License-Identifier: MIT OR Apache-2.0 */",
           f"/* {unit.about} Generated from data/{unit.name}.hw: do not edit. */",
           f"#ifndef {guard}", f"#define {guard}", "",
           "#include <stdbool.h>", "#include <stddef.h>", "#include <stdint.h>",
           "#include <nvhw/bits.h>", ""]
    for item in unit.items:
        if isinstance(item, Reg):
            reg_macros(out, item)
        elif isinstance(item, Block):
            for label, base in item.bases:
                _define(out, f"{item.name}_{label}_BASE", literal(base))
        elif isinstance(item, Const):
            _define(out, item.name, literal(item.value))
        elif isinstance(item, Enum):
            _enum(out, item)
        elif isinstance(item, Struct):
            _struct(out, item, structs)
        elif isinstance(item, Class):
            out.append("")
            _define(out, item.name, literal(item.number))
            for method in class_methods(item, classes):
                reg_macros(out, method, item.name + "_")
        elif isinstance(item, Bits):
            _define(out, f"{item.name}__BITS", f"{item.size}u")
            field_macros(out, item.name, item.fields)
    for stem, blocks in families(unit).items():
        _family(out, stem, blocks)
    return "\n".join(out + ["", "#endif", ""])
