# SPDX-License-Identifier: MIT OR Apache-2.0
"""Reads the nvhw data format (see ../README.md) into plain objects.

Every mistake in a data file ends in DataError with file and line, so that a wrong fact fails the
build where it stands.
"""
import re
from dataclasses import dataclass, field as dc_field

INDENT = 4
NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")
CLASS_KINDS = ("host", "compute", "copy", "graphics", "i2m", "twod", "usermode", "other")
SCALARS = {"u8": 1, "u16": 2, "u32": 4, "u64": 8}
CHECKED = ("silicon", "bytes", "2 sources", "1 source", "assumed")


class DataError(Exception):
    pass


@dataclass
class Field:
    name: str
    lo: int
    hi: int
    values: list = dc_field(default_factory=list)  # (name, number)
    step: int = 0
    count: int = 1
    shift: int = 0


@dataclass
class Reg:
    """A register, a class method or a word: something with bit fields."""
    name: str
    offset: int = 0
    step: int = 0
    count: int = 1
    fields: list = dc_field(default_factory=list)
    has_offset: bool = True
    block: object = None
    source: str = ""
    checked: str = ""


@dataclass
class Block:
    name: str
    bases: list  # (label, base)


@dataclass
class Const:
    name: str
    value: int


@dataclass
class Enum:
    name: str
    values: list = dc_field(default_factory=list)


@dataclass
class Member:
    offset: int
    type: str
    name: str
    count: int
    is_array: bool


@dataclass
class Struct:
    name: str
    size: int
    members: list = dc_field(default_factory=list)
    source: str = ""


@dataclass
class Class:
    name: str
    number: int
    kind: str
    base: str
    methods: list = dc_field(default_factory=list)
    drops: list = dc_field(default_factory=list)


@dataclass
class Bits:
    name: str
    size: int
    fields: list = dc_field(default_factory=list)


@dataclass
class Unit:
    name: str
    path: str
    about: str = ""
    items: list = dc_field(default_factory=list)


def _number(text):
    try:
        return int(text, 0)
    except ValueError:
        raise DataError(f"'{text}' is not a number") from None


def _name(text):
    if not NAME.match(text):
        raise DataError(f"'{text}' is not a name")
    return text


def _lines(path):
    """Yields (line number, indent level, words) without comments and blank lines."""
    with open(path, encoding="utf-8") as f:
        for number, raw in enumerate(f, 1):
            text = raw.split("#", 1)[0].rstrip()
            if not text:
                continue
            spaces = len(text) - len(text.lstrip(" "))
            if "\t" in text or spaces % INDENT:
                raise DataError(f"{path}:{number}: indent with multiples of {INDENT} spaces")
            yield number, spaces // INDENT, text.split()


def _array(words):
    """Takes `+step xcount >>shift` off the end of words; returns (rest, step, count, shift)."""
    step, count, shift = 0, 1, 0
    while len(words) > 1:
        last = words[-1]
        if last.startswith(">>"):
            shift = _number(last[2:])
        elif re.match(r"^x\d", last):
            count = _number(last[1:])
        elif last.startswith("+"):
            step = _number(last[1:])
        else:
            break
        words = words[:-1]
    if count > 1 and not step:
        raise DataError("an array needs +step")
    return words, step, count, shift


def _bit_range(text):
    a, _, b = text.partition(":")
    a = _number(a)
    b = _number(b) if b else a
    return min(a, b), max(a, b)


def _field(words):
    words, step, count, shift = _array(words)
    if len(words) != 2:
        raise DataError("a field is 'hi:lo NAME'")
    lo, hi = _bit_range(words[0])
    return Field(_name(words[1]), lo, hi, [], step, count, shift)


def _value(words):
    if len(words) != 2:
        raise DataError("a value is 'number NAME'")
    number, name = words
    if not NAME.match("_" + name):
        raise DataError(f"'{name}' is not a value name")
    return name, _number(number)


class _Parser:
    def __init__(self, path):
        self.unit = None
        self.path = path
        self.source = self.checked = ""
        self.block = None
        self.stack = []  # the open item per indent level

    def _fact(self):
        if not self.source or not self.checked:
            raise DataError("state 'source' and 'checked' before the first fact")

    def top(self, words):
        head, rest = words[0], words[1:]
        handler = getattr(self, "_top_" + head, None)
        if not handler:
            raise DataError(f"unknown directive '{head}'")
        if head not in ("unit", "about", "source", "checked", "endblock"):
            self._fact()
        item = handler(rest)
        if item is not None:
            self.unit.items.append(item)
        self.stack = [item]

    def _top_unit(self, rest):
        self.unit = Unit(_name(rest[0]), self.path)

    def _top_about(self, rest):
        self.unit.about = " ".join(rest)

    def _top_source(self, rest):
        self.source = " ".join(rest)

    def _top_checked(self, rest):
        self.checked = " ".join(rest)
        if not self.checked.startswith(CHECKED):
            raise DataError(f"checked must begin with one of {', '.join(CHECKED)}")

    def _top_block(self, rest):
        pairs = list(zip(rest[1::2], rest[2::2]))
        if not pairs or len(rest) % 2 == 0:
            raise DataError("a block is 'block NAME LABEL base [LABEL base ...]'")
        self.block = Block(_name(rest[0]), [(_name(n), _number(b)) for n, b in pairs])
        return self.block

    def _top_endblock(self, _rest):
        self.block = None

    def _reg(self, rest, has_offset):
        rest, step, count, _shift = _array(rest)
        if len(rest) != (2 if has_offset else 1):
            raise DataError("a register or method is 'NAME offset [+step xcount]', a word is 'NAME'")
        reg = Reg(_name(rest[0]), _number(rest[1]) if has_offset else 0, step, count, [], has_offset)
        reg.source, reg.checked, reg.block = self.source, self.checked, self.block
        return reg

    def _top_register(self, rest):
        return self._reg(rest, True)

    def _top_word(self, rest):
        return self._reg(rest, False)

    def _top_const(self, rest):
        if len(rest) != 2:
            raise DataError("a constant is 'const NAME number'")
        return Const(_name(rest[0]), _number(rest[1]))

    def _top_enum(self, rest):
        return Enum(_name(rest[0]))

    def _top_struct(self, rest):
        if len(rest) != 2:
            raise DataError("a structure is 'struct NAME size'")
        return Struct(_name(rest[0]), _number(rest[1]), [], self.source)

    def _top_class(self, rest):
        if len(rest) not in (3, 5) or rest[2] not in CLASS_KINDS:
            raise DataError(f"a class is 'class NAME number kind [base NAME]', kind {CLASS_KINDS}")
        return Class(_name(rest[0]), _number(rest[1]), rest[2], rest[4] if len(rest) == 5 else "")

    def _top_bits(self, rest):
        return Bits(_name(rest[0]), _number(rest[1]))

    def child(self, level, words):
        parent = self.stack[level - 1] if level <= len(self.stack) else None
        if parent is None:
            raise DataError("nothing to nest this line under")
        item = self._nested(parent, words)
        self.stack = self.stack[:level] + [item]

    def _nested(self, parent, words):
        if isinstance(parent, (Reg, Bits)):
            item = _field(words)
            limit = parent.size if isinstance(parent, Bits) else 64
            if item.hi + item.step * (item.count - 1) >= limit:
                raise DataError(f"field {item.name} ends beyond bit {limit - 1}")
            parent.fields.append(item)
        elif isinstance(parent, Field):
            item = _value(words)
            if item[1] >> (parent.hi - parent.lo + 1):
                raise DataError(f"value {item[0]} does not fit in {parent.name}")
            parent.values.append(item)
        elif isinstance(parent, Enum):
            item = (_name(words[0]), _number(words[1]))
            parent.values.append(item)
        elif isinstance(parent, Struct):
            item = self._member(parent, words)
        elif isinstance(parent, Class) and words[0] == "method":
            item = self._reg(words[1:], True)
            parent.methods.append(item)
        elif isinstance(parent, Class) and words[0] == "drop":
            item = words[1]
            parent.drops.append(item)
        else:
            raise DataError("this line does not belong here")
        return item

    def _member(self, parent, words):
        offset, rest = _number(words[0]), words[1:]
        if rest[0] == "struct":
            kind, rest = "struct " + _name(rest[1]), rest[2:]
        else:
            kind, rest = rest[0], rest[1:]
            if kind not in SCALARS:
                raise DataError(f"unknown type '{kind}'")
        match = re.match(r"^([A-Za-z_]\w*)(?:\[(\w+)\])?$", rest[0])
        if len(rest) != 1 or not match:
            raise DataError("a member is 'offset type name[count]'")
        count = _number(match.group(2)) if match.group(2) else 1
        item = Member(offset, kind, match.group(1), count, bool(match.group(2)))
        parent.members.append(item)
        return item


def parse(path):
    """Reads one data file."""
    parser = _Parser(path)
    number = 0
    try:
        for number, level, words in _lines(path):
            if parser.unit is None and words[0] != "unit":
                raise DataError("a data file begins with 'unit NAME'")
            if level == 0:
                parser.top(words)
            else:
                parser.child(level, words)
    except (DataError, IndexError) as e:
        raise DataError(f"{path}:{number}: {e or 'too few words'}") from None
    return parser.unit
