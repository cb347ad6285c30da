#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Turns data/sass.isa into nvhw/sass_isa.h (names) and sass_table.c (rows).

The format is described at the top of the data file. Every mistake there ends in an error with its line.
"""
import argparse
import re
import sys

SMS = [75, 80, 86, 89, 90, 100, 120]
SLOTS = ["D", "A", "B", "C", "PD", "PQ", "PA", "PB", "PC", "UR", "OFFSET", "LUT", "LUT2", "CB", "D2"]
SLOT_BITS = {"D": 16, "A": 24, "B": 32, "C": 64, "PD": 81, "PQ": 84, "PA": 87, "PB": 77, "PC": 68,
             "UR": 32, "CB": 16, "D2": 64}
PREDICATES = ("PD", "PQ", "PA", "PB", "PC")
KINDS = {"reg": 1, "ureg": 2, "pred": 3, "upred": 4, "imm": 5, "const": 6, "constbank": 7, "cbar": 8, "mod": 9, "constur": 10}
PIPES = ["alu", "fma", "wide", "fp16", "disp64", "udp", "umov", "mma", "fp64", "xu", "mem", "cbu", "sync"]
IMM_TYPES = {"s": 1, "u": 2, "f": 3, "d": 4, "h": 5, "x": 6, "m": 7, "z": 8, "c": 0, "k": 0, "q": 0}
WIDTHS = {"SIZE": 16, "ATYPE": 17, "DST": 18, "SRC": 19, "E": 20, "U64": 21, "B64": 22, "ASIZE": 23}
CONTROL = (105, 21)

TOKEN = re.compile(
    r"^(?P<u>u?)(?P<name>[A-Z][A-Z0-9]*)"
    r"(?:@(?P<bits>[0-9:+]+)(?P<xor>\^?))?"
    r"(?P<sign>(?:[-|~%]\d*)*)"
    r"(?::(?P<type>[sufdhxmzckq])(?:<<(?P<shift>\d+))?)?"
    r"(?:\*(?P<width>[0-9A-Z]+))?"
    r"(?P<hidden>\??)"
    r"(?:=(?P<default>!?[0-9A-Zx]+))?$")
FIXED = re.compile(r"^(\d+)(?::(\d+))?=(0x[0-9a-f]+|\d+)$")
MOD = re.compile(r"^([A-Z][A-Z0-9]*)@([0-9:+]+)(?:\((.*)\))?$")


class IsaError(Exception):
    pass


def parse_sms(text):
    out = []
    for part in text.split(","):
        if part == "all":
            out += SMS
            continue
        lo, _, hi = part.partition("-")
        hi = hi or (lo if "-" not in part else "999")
        found = [sm for sm in SMS if int(lo) <= sm <= int(hi)]
        if not found:
            raise IsaError(f"no SM in '{part}'")
        out += found
    return out


def parse_bits(text):
    segments = []
    for part in text.split("+"):
        lo, _, hi = part.partition(":")
        lo = int(lo)
        hi = int(hi) if hi else lo
        if hi < lo or hi > 127:
            raise IsaError(f"bad bits {part}")
        segments.append((lo, hi - lo + 1))
    if len(segments) > 3:
        raise IsaError(f"more than three pieces: {text}")
    return segments


class Isa:
    def __init__(self):
        self.mods = {}    # name -> {"values": [(name, text, hidden)], "bool": bool}
        self.ops = []     # names in order
        self.pipes = {}
        self.rows = []    # dicts
        self.lets = {}
        self.specials = []  # (number, text, SM from which it exists)

    def read(self, path):
        op = None
        with open(path, encoding="utf-8") as file:
            logical = ""
            start = 0
            for number, line in enumerate(file, 1):
                line = line.split("#", 1)[0].rstrip()
                if line.endswith("\\"):
                    logical += line[:-1] + " "
                    start = start or number
                    continue
                line = logical + line
                where, logical, start = start or number, "", 0
                if not line.strip():
                    continue
                try:
                    op = self.line(line.strip(), op)
                except IsaError as error:
                    raise IsaError(f"{path}:{where}: {error}") from None

    def line(self, line, op):
        word, _, rest = line.partition(" ")
        if word == "let":
            name, _, value = rest.strip().partition(" ")
            self.lets["$" + name] = value
        elif word == "mod":
            self.mod(rest.split())
        elif word == "special":
            self.special(rest.split())
        elif word == "op":
            name, pipe = rest.split()
            if name in self.pipes or pipe not in PIPES:
                raise IsaError(f"op {name} given twice, or no pipe {pipe}")
            self.ops.append(name)
            self.pipes[name] = pipe
            return name
        elif word == "row":
            if op is None:
                raise IsaError("row without op")
            self.row(op, rest)
        else:
            raise IsaError(f"unknown word {word}")
        return op

    def mod(self, words):
        name, values = words[0], words[1:]
        if values == ["bool"]:
            self.mods[name] = {"bool": True, "values": [("OFF", "", True), ("ON", "." + name, False)]}
            return
        if values and values[0] == "number":
            self.mods[name] = {"bool": False, "values": None}
            return
        self.mods[name] = {"bool": False, "values": [self.value(v) for v in values]}

    def special(self, words):
        if len(words) not in (2, 3) or int(words[0], 16) > 255:
            raise IsaError("special NUMBER TEXT [SM]")
        number, first = int(words[0], 16), int(words[2]) if len(words) == 3 else SMS[0]
        if self.specials and number <= self.specials[-1][0]:
            raise IsaError("special registers stand in order")
        self.specials.append((number, words[1], first))

    @staticmethod
    def value(word):
        hidden = word.startswith("-")
        word = word.lstrip("-")
        name, _, text = word.partition("=")
        return (name, "" if hidden else (text or "." + name.replace("_", ".")), hidden)

    def row(self, op, rest):
        parts = [p.strip() for p in rest.split(" | ")]
        head = parts[0].split()
        code, forms, sms = int(head[0], 16), head[1], parse_sms(head[2])
        pipe = head[3] if len(head) > 3 else self.pipes[op]
        text = parts[1]
        tokens = [self.lets.get(t, t) for t in parts[2].split()] if len(parts) > 2 else []
        for form in ([None] if forms == "-" else [int(c) for c in forms]):
            opcode = code if form is None else (form << 9) | code
            variants = {}
            for sm in sms:
                if form in (3, 5) and sm >= 100:
                    continue
                fields, mask, fixed = self.fields(tokens, form, sm, opcode)
                key = (tuple(fields), mask, fixed)
                variants.setdefault(key, []).append(sm)
            for (fields, mask, fixed), which in variants.items():
                self.rows.append({"op": op, "opcode": opcode, "sms": which, "pipe": pipe,
                                  "text": self.template(text), "fields": fields, "mask": mask,
                                  "fixed": fixed})

    def fields(self, tokens, form, sm, opcode):
        fields, fixed, must = [], opcode, 0xfff
        used = {}
        names = {re.match(r"^u?([A-Z]+)", re.sub(r"^\[[^\]]*\]", "", t)).group(1)
                 for t in tokens if re.match(r"^(\[[^\]]*\])?u?[A-Z]", t)}
        claim(used, [(0, 16)], "opcode and guard")
        claim(used, [CONTROL], "control")
        for token in tokens:
            if token.startswith("["):
                cond, token = token[1:].split("]", 1)
                if sm not in parse_sms(cond):
                    continue
                token = self.lets.get(token, token)
            match = FIXED.match(token)
            if match:
                lo = int(match.group(1))
                hi = int(match.group(2) or lo)
                value = int(match.group(3), 0)
                claim(used, [(lo, hi - lo + 1)], token)
                fixed |= value << lo
                must |= ((1 << (hi - lo + 1)) - 1) << lo
                continue
            match = MOD.match(token)
            if match and match.group(1) in self.mods and match.group(1) not in SLOTS:
                fields.append(self.mod_field(match, used))
                continue
            match = TOKEN.match(token)
            if not match or match.group("name") not in SLOTS:
                raise IsaError(f"cannot read '{token}'")
            fields.append(self.slot_field(match, form, sm, names, used))
        uniform_row = any(f[0] in ("ureg", "upred") for f in fields)
        if form is not None and form not in (3, 5):
            claim(used, [(91, 1)], "bit 91")
            must |= 1 << 91
            if form in (6, 7) or (uniform_row and form in (1, 2, 4)):
                fixed |= 1 << 91
        mask = 0
        for bit in used:
            mask |= 1 << bit
        return fields, mask, (fixed, must)

    def mod_field(self, match, used):
        name, bits, listed = match.groups()
        segments = parse_bits(bits)
        claim(used, segments, match.group(0))
        width = sum(n for _, n in segments)
        mod = self.mods[name]
        if mod["values"] is None:
            if listed:
                raise IsaError(f"{name} is a number")
            return ("mod", name, tuple(segments), 0, 0, 0, 0, 0, 0, 0, 0, None)
        order = [v[0] for v in mod["values"]]
        if listed is None:
            entries = [(i, v[1]) for i, v in enumerate(mod["values"])]
        else:
            entries = []
            for word in listed.split(","):
                if word == "x":
                    entries.append(None)
                    continue
                star = "*" in word.partition("=")[0]
                vname, vtext, hidden = self.value(word.replace("*", "", 1) if star else word)
                if vname not in order:
                    raise IsaError(f"{name} has no value {vname}")
                given = "=" in word or hidden
                known = mod["values"][order.index(vname)][1]
                entries.append((order.index(vname) | (0x8000 if star else 0),
                                vtext if given else (known or "." + vname.replace("_", "."))))
        if len(entries) > 1 << width:
            raise IsaError(f"{match.group(0)}: {len(entries)} values in {width} bits")
        return ("mod", name, tuple(segments), 0, 0, 0, 0, 0, 0, 0, 0, tuple(entries))

    def slot_field(self, match, form, sm, names, used):
        name, uniform = match.group("name"), bool(match.group("u"))
        typ = IMM_TYPES[match.group("type")] if match.group("type") else 0
        kind = "reg"
        if name in PREDICATES:
            kind = "upred" if uniform else "pred"
        elif name in ("OFFSET", "LUT", "LUT2"):
            kind = "imm"
        elif name == "CB":
            kind = "cbar"
        elif name == "UR" or uniform:
            kind = "ureg"
        half = "%" in match.group("sign")
        position = {"B": "b", "C": "c"}.get(name)
        special = None
        if form is not None and not match.group("bits"):
            swapped = form in (2, 3, 7) and "C" in names
            if swapped and position:
                position = {"b": "c", "c": "b"}[position]
            if position == "b":
                special = {2: "imm", 3: "const", 4: "imm", 5: "const", 6: "ureg", 7: "ureg"}.get(form)
        if special:
            kind = special
        letter = match.group("type")
        if letter in ("c", "k", "q"):
            kind = {"c": "const", "k": "constbank", "q": "constur"}[letter]
        elif letter and match.group("bits") and position:
            kind = "imm"
        if name == "C" and match.group("bits") == "40:52" or match.group("bits") == "53:57":
            kind = "imm"
        if match.group("bits"):
            segments = parse_bits(match.group("bits"))
            lo = segments[0][0]
            if len(segments) == 1 and segments[0][1] == 1 and kind != "imm":
                segments = [(lo, field_width(kind, sm))]
        else:
            lo = {"b": 32, "c": 64}.get(position, SLOT_BITS.get(name))
            if kind == "imm":
                if name in ("OFFSET", "LUT", "LUT2"):
                    raise IsaError(f"{name} needs bits")
                segments = [(32, 32)]
            elif kind == "const":
                segments = [(32, 27), (91, 1)]
            else:
                segments = [(lo, field_width(kind, sm))]
        claim(used, segments, match.group(0))
        neg = absolute = inv = swizzle = 0
        for sign, bit in re.findall(r"([-|~%])(\d*)", match.group("sign")):
            if kind == "imm" and name not in ("OFFSET", "LUT", "LUT2"):
                continue
            if sign + bit == "%0":
                continue
            where = position or "a"
            if half and where == "c":
                default = {"-": 84, "|": 83, "~": 0, "%": 81}[sign]
            else:
                default = {"a": {"-": 72, "|": 73, "~": 72, "%": 74},
                           "b": {"-": 63, "|": 62, "~": 63, "%": 60},
                           "c": {"-": 75, "|": 74, "~": 75, "%": 81}}[where][sign]
            place = int(bit) if bit else default
            claim(used, [(place, 2 if sign == "%" else 1)], match.group(0) + sign)
            if sign == "-":
                neg = place
            elif sign == "|":
                absolute = place
            elif sign == "~":
                inv = place
            else:
                swizzle = place
        if kind in ("pred", "upred") and name not in ("PD", "PQ") and not inv:
            inv = segments[0][0] + 3
            if match.group("hidden"):
                inv = 0
            else:
                claim(used, [(inv, 1)], name + " negation")
        flags = 1 if match.group("xor") else 0
        default = match.group("default")
        if kind in ("pred", "upred"):
            number = 0x0f if default == "!PT" else 7
        elif kind in ("reg", "ureg"):
            number = 255
        else:
            number = int(default, 0) if default else 0
        width = match.group("width")
        wide = 1 if width is None else (int(width) if width.isdigit() else WIDTHS[width])
        return (kind, name, tuple(segments), neg, absolute, inv, swizzle,
                typ or (1 if name == "OFFSET" else 2), int(match.group("shift") or 0), wide,
                number | (flags << 15), None)

    def template(self, text):
        """Compiles "{A}" and "{MOD}" and "{MOD:...}" and "{PD?...}" into a byte string (see sass_format.c)."""
        out, i = [], 0
        while i < len(text):
            char = text[i]
            if char == "}":
                out.append(4)
                i += 1
                continue
            if char != "{":
                out.append(ord(char))
                i += 1
                continue
            match = re.match(r"\{(!?)([A-Z][A-Z0-9]*|@[AB]?|>|imad|sreg)(\?|:)?", text[i:])
            if not match:
                raise IsaError(f"template near '{text[i:]}'")
            neg, name, tail = match.groups()
            i += match.end()
            if name in SLOTS:
                number = SLOTS.index(name)
                out += [5, 128 + number] if tail == "?" else [1, 128 + number]
                if tail == "?":
                    continue
                if text[i] != "}":
                    raise IsaError(f"template: {name} not closed")
                i += 1
            elif name in self.mods:
                number = list(self.mods).index(name)
                if tail == ":":
                    out += [6 if neg else 3, 128 + number]
                    continue
                out += [2, 128 + number]
                i += 1
            else:
                out += [7, {"@": 129, "@A": 129, "@B": 130, ">": 131, "imad": 132, "sreg": 133}[name]]
                i += 1
        return bytes(out)


def field_width(kind, sm):
    return {"reg": 8, "pred": 3, "upred": 3, "cbar": 4}.get(kind) or (8 if sm >= 100 else 6)


def claim(used, segments, what):
    for lo, count in segments:
        for bit in range(lo, lo + count):
            if bit in used:
                raise IsaError(f"bit {bit} of '{what}' is used by '{used[bit]}'")
            used[bit] = what


def c_name(name):
    return re.sub(r"[^A-Za-z0-9]", "_", name).upper()


def header(isa):
    out = ["/* SPDX-License-Identifier: MIT OR Apache-2.0 */",
           "/* Generated from data/sass.isa: the names of SASS operations and modifiers. */",
           "#ifndef NVHW_SASS_ISA_H", "#define NVHW_SASS_ISA_H", ""]
    out.append("enum nvhw_sass_op {\n    NV_SASS_INVALID = 0,")
    out += [f"    NV_SASS_{c_name(op)}," for op in isa.ops]
    out.append("    NV_SASS_OP_COUNT\n};\n")
    out.append("enum nvhw_sass_mod {")
    out += [f"    NV_SASS_MOD_{name}," for name in isa.mods]
    out.append("    NV_SASS_MOD_COUNT\n};\n")
    for name, mod in isa.mods.items():
        if mod["bool"] or mod["values"] is None:
            continue
        out.append(f"enum nvhw_sass_{name.lower()} {{")
        for i, (value, _, _) in enumerate(mod["values"]):
            out.append(f"    NV_SASS_{name}_{c_name(value)} = {i},")
        out.append("};\n")
    out.append("enum nvhw_sass_special {")
    out += [f"    {special_name(text)} = 0x{number:02x}," for number, text, _ in isa.specials]
    out.append("};\n")
    out.append("#endif\n")
    return "\n".join(out)


def special_name(text):
    """NV_SASS_SR_TID_X of SR_TID.X, NV_SASS_SR_ZERO of SRZ."""
    return "NV_SASS_SR_ZERO" if text == "SRZ" else "NV_SASS_" + c_name(text)


def escape(data):
    out, hexed = "", False
    for byte in data:
        char = chr(byte)
        if byte < 32 or byte > 126:
            out += f"\\x{byte:02x}"
            hexed = True
        elif char in '"\\':
            out += "\\" + char
            hexed = False
        else:
            if hexed and char in "0123456789abcdefABCDEF":
                out += '" "'
            out += char
            hexed = False
    return out


def table(isa):
    values, value_index = [], {}
    fields, field_index = [], {}
    rows = []
    for row in sorted(isa.rows, key=lambda r: isa.ops.index(r["op"])):
        encoded = []
        for f in row["fields"]:
            kind, name, segments, neg, absolute, inv, swizzle, typ, shift, wide, default, entries = f
            first = count = 0
            if entries is not None:
                if entries not in value_index:
                    value_index[entries] = len(values)
                    for e in entries:
                        values.append("{0xffff, 0}" if e is None
                                      else f'{{0x{e[0]:04x}, "{e[1]}"}}')
                first, count = value_index[entries], len(entries)
            target = (list(isa.mods).index(name) if kind == "mod" else SLOTS.index(name))
            segs = list(segments) + [(0, 0)] * (3 - len(segments))
            seg_text = ", ".join(f"{{{lo}, {n}}}" for lo, n in segs)
            encoded.append(f"{{{KINDS[kind]}, {target}, {{{seg_text}}}, {neg}, {absolute}, {inv}, {swizzle}, "
                           f"{typ}, {shift}, {wide}, 0x{default:x}, {first}, {count}}}")
        key = tuple(encoded)
        if key not in field_index:
            field_index[key] = len(fields)
            fields += encoded
        sms = sum(1 << SMS.index(sm) for sm in row["sms"])
        rows.append(f'    {{NV_SASS_{c_name(row["op"])}, 0x{row["opcode"]:03x}, 0x{sms:02x}, {PIPES.index(row["pipe"])}, '
                    f'{field_index[key]}, {len(encoded)}, {words(row["mask"])}, '
                    f'{words(row["fixed"][0])}, {words(row["fixed"][1])}, "{escape(row["text"])}"}},')
    return rows, fields, values


def words(value):
    return f"{{0x{value & ((1 << 64) - 1):x}u, 0x{value >> 64:x}u}}"


def source(isa):
    rows, fields, values = table(isa)
    ordered = sorted(isa.rows, key=lambda r: isa.ops.index(r["op"]))
    by_code = {}
    for i, row in enumerate(ordered):
        by_code.setdefault(row["opcode"], []).append(i)
    flat, starts = [], []
    for code in range(4096):
        starts.append(len(flat))
        flat += by_code.get(code, [])
    starts.append(len(flat))
    first_of_op = []
    for op in isa.ops:
        hits = [i for i, r in enumerate(ordered) if r["op"] == op]
        if not hits:
            raise IsaError(f"op {op} has no row")
        first_of_op.append((hits[0], len(hits)))
    out = ["/* SPDX-License-Identifier: MIT OR Apache-2.0 */",
           "/* Generated from data/sass.isa: the rows of the SASS table. */",
           '#include "sass_table.h"', ""]
    out.append("const struct sass_value sass_values[] = {")
    out += [f"    {v}," for v in values]
    out.append("};\n\nconst struct sass_field sass_fields[] = {")
    out += [f"    {f}," for f in fields]
    out.append("};\n\nconst struct sass_row sass_rows[] = {")
    out += rows
    out.append(f"}};\nconst unsigned sass_row_count = {len(rows)};\n")
    out.append("const uint16_t sass_code_rows[] = {")
    out.append("    " + ", ".join(map(str, flat)))
    out.append("};\nconst uint16_t sass_code_starts[4097] = {")
    out.append("    " + ", ".join(map(str, starts)))
    out.append("};\nconst struct sass_op_entry sass_ops[NV_SASS_OP_COUNT] = {\n    {\"?\", 0, 0},")
    for op, (first, count) in zip(isa.ops, first_of_op):
        out.append(f'    {{"{op}", {first}, {count}}},')
    out.append("};\nconst char *const sass_mod_names[NV_SASS_MOD_COUNT] = {")
    out += [f'    "{name}",' for name in isa.mods]
    out.append("};\nconst struct sass_special sass_specials[] = {")
    out += [f'    {{0x{number:02x}, {first}, "{text}"}},' for number, text, first in isa.specials]
    out.append(f"}};\nconst unsigned sass_special_count = {len(isa.specials)};\n")
    return "\n".join(out)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--header")
    parser.add_argument("--source")
    parser.add_argument("data")
    args = parser.parse_args()
    isa = Isa()
    try:
        isa.read(args.data)
        texts = [(args.header, header), (args.source, source)]
        for path, make in texts:
            if path:
                with open(path, "w", encoding="utf-8") as file:
                    file.write(make(isa))
    except IsaError as error:
        sys.exit(f"sass_gen: {error}")


if __name__ == "__main__":
    main()
