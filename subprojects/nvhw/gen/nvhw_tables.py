# SPDX-License-Identifier: MIT OR Apache-2.0
"""Writes the description tables behind nvhw/describe.h, the enum names and the bit block tables."""
from nvhw_headers import class_methods, families, family_fields, member_size
from nvhw_parse import SCALARS, Block, Class, Enum, Reg, Struct


def _text(s):
    return '"' + s.replace("\\", "\\\\").replace('"', '\\"') + '"'


class _Tables:
    def __init__(self):
        self.out = []
        self.serial = 0

    def _next(self, stem):
        self.serial += 1
        return f"{stem}_{self.serial}"

    def fields(self, fields):
        """Emits a field array; returns 'name, count'."""
        if not fields:
            return "NULL, 0"
        rows = []
        for f in fields:
            values = "NULL, 0"
            if f.values:
                name = self._next("values")
                body = ", ".join(f"{{{_text(n)}, 0x{v:x}}}" for n, v in f.values)
                self.out.append(f"static const struct nvhw_value {name}[] = {{{body}}};")
                values = f"{name}, {len(f.values)}"
            rows.append(f"    {{{_text(f.name)}, {f.lo}, {f.hi}, {values}}},")
        name = self._next("fields")
        self.out += [f"static const struct nvhw_field {name}[] = {{"] + rows + ["};"]
        return f"{name}, {len(fields)}"

    def reg_row(self, reg):
        fields = self.fields(reg.fields)
        return (f"    {{{_text(reg.name)}, 0x{reg.offset:x}, 0x{reg.step:x}, {reg.count}, {fields}, "
                f"{_text(reg.source)}, {_text(reg.checked)}}},")

    def reg_array(self, regs, stem):
        rows = [self.reg_row(r) for r in regs]
        name = self._next(stem)
        self.out += [f"static const struct nvhw_reg_desc {name}[] = {{"] + rows + ["};"]
        return f"{name}, {len(regs)}"

    def registers(self, units):
        groups = {}
        for unit in units:
            for item in unit.items:
                if isinstance(item, Reg) and item.has_offset:
                    key = id(item.block) if item.block else 0
                    groups.setdefault(key, (item.block, []))[1].append(item)
        rows = []
        for block, regs in groups.values():
            array = self.reg_array(sorted(regs, key=lambda r: r.offset), "regs")
            for label, base in (block.bases if block else [("", 0)]):
                rows.append(f"    {{{_text(label)}, 0x{base:x}, {array}}},")
        self.out += ["const struct nvhw_reg_block nvhw_reg_blocks[] = {"] + rows
        self.out += ['    {NULL, 0, NULL, 0},', "};"]

    def classes(self, units, classes):
        rows = []
        for unit in units:
            for item in unit.items:
                if isinstance(item, Class):
                    methods = class_methods(item, classes)
                    array = self.reg_array(methods, "methods") if methods else "NULL, 0"
                    rows.append(f"    {{{_text(item.name)}, 0x{item.number:x}, "
                                f"{_text(item.kind)}, {array}}},")
        self.out += ["const struct nvhw_class_desc nvhw_classes[] = {"] + rows
        self.out += ["    {NULL, 0, NULL, NULL, 0},", "};"]

    def structs(self, units, structs):
        rows = []
        for unit in units:
            for item in unit.items:
                if not isinstance(item, Struct):
                    continue
                members = []
                for m in item.members:
                    inner = "NULL" if m.type in SCALARS else _text(m.type.split()[1])
                    members.append(f"    {{{_text(m.name)}, 0x{m.offset:x}, "
                                   f"0x{member_size(m, structs):x}, {m.count}, {inner}}},")
                name = self._next("members")
                self.out += [f"static const struct nvhw_member_desc {name}[] = {{"] + members + ["};"]
                rows.append(f"    {{{_text(item.name)}, 0x{item.size:x}, {name}, "
                            f"{len(item.members)}}},")
        self.out += ["const struct nvhw_struct_desc nvhw_structs[] = {"] + rows
        self.out += ["    {NULL, 0, NULL, 0},", "};"]

    def enums(self, units):
        for unit in units:
            for item in unit.items:
                if isinstance(item, Enum):
                    self._enum(item)

    def _enum(self, enum):
        names = [n for n, _ in enum.values]
        prefix = names[0]
        while prefix and not all(n.startswith(prefix) for n in names):
            prefix = prefix[:-1]
        prefix = prefix[:prefix.rfind("_") + 1] if len(names) > 1 else ""
        self.out += [f"const char *{enum.name}_name(uint32_t value)", "{", "    switch (value) {"]
        seen = set()
        for name, value in enum.values:
            if value not in seen:
                self.out += [f"    case 0x{value:x}:", f"        return {_text(name[len(prefix):])};"]
            seen.add(value)
        self.out += ["    }", "    return NULL;", "}"]

    def families(self, units):
        for unit in units:
            for stem, blocks in families(unit).items():
                self._family(stem, blocks)

    def _family(self, stem, blocks):
        low = stem.lower().removeprefix("nv_")
        names = family_fields(blocks)
        rows = []
        for block in blocks:
            by_name = {f.name: f for f in block.fields}
            rows.append(f"    [{block.name}] = {{")
            for n in names:
                if n in by_name:
                    f = by_name[n]
                    rows.append(f"        [{stem}_FIELD_{n}] = {{{f.lo}, {f.hi}, {f.step}, "
                                f"{f.count}, {f.shift}}},")
            rows.append("    },")
        self.out += [f"static const struct nvhw_bit_field {low}_fields[{stem}__VERSION_COUNT]"
                     f"[{stem}__FIELD_COUNT] = {{"] + rows + ["};"]
        self.out += [f"static const char *const {low}_names[] = {{"]
        self.out += [f"    {_text(n)}," for n in names] + ["};"]
        sizes = ", ".join(str(b.size // 8) for b in blocks)
        self.out += [f"static const uint32_t {low}_sizes[] = {{{sizes}}};"]
        self._accessors(stem, low)

    def _accessors(self, stem, low):
        args = f"enum nvhw_{low}_version version"
        field = f"enum nvhw_{low}_field field"
        entry = f"{low}_entry(version, field)"
        self.out += [
            f"static const struct nvhw_bit_field *{low}_entry({args}, {field})", "{",
            f"    if ((unsigned)version >= {stem}__VERSION_COUNT ||",
            f"        (unsigned)field >= {stem}__FIELD_COUNT)", "        return NULL;",
            f"    return &{low}_fields[version][field];", "}",
            f"bool nvhw_{low}_set({args}, uint32_t *dwords, {field}, unsigned index,",
            "    uint64_t value)", "{",
            f"    return nvhw_bit_field_set({entry}, dwords, index, value);", "}",
            f"bool nvhw_{low}_get({args}, const uint32_t *dwords, {field}, unsigned index,",
            "    uint64_t *value)", "{",
            f"    return nvhw_bit_field_get({entry}, dwords, index, value);", "}",
            f"bool nvhw_{low}_has({args}, {field})", "{",
            f"    const struct nvhw_bit_field *f = {entry};", "    return f && f->count;", "}",
            f"uint32_t nvhw_{low}_size_bytes({args})", "{",
            f"    return (unsigned)version < {stem}__VERSION_COUNT ? {low}_sizes[version] : 0;", "}",
            f"const char *nvhw_{low}_field_name({field})", "{",
            f'    return (unsigned)field < {stem}__FIELD_COUNT ? {low}_names[field] : "?";', "}"]


def tables(units, classes, structs):
    t = _Tables()
    t.out += ["/* SPDX-License-Identifier: MIT OR Apache-2.0 */",
              "/* Description tables of all facts. Generated from data/: do not edit. */",
              "#include <nvhw/describe.h>"]
    t.out += [f"#include <nvhw/{u.name}.h>" for u in units] + [""]
    t.registers(units)
    t.classes(units, classes)
    t.structs(units, structs)
    t.enums(units)
    t.families(units)
    return "\n".join(t.out) + "\n"
