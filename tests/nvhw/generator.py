#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""generator.py GENDIR: a mistake in a data file fails with file and line; a right one does not."""
import os
import sys
import tempfile
import unittest

sys.path.insert(0, sys.argv.pop(1))
from nvhw_headers import header  # noqa: E402
from nvhw_parse import Class, DataError, Struct, parse  # noqa: E402

HEAD = "unit t\nabout A test.\nsource a book\nchecked assumed\n"


def read(text):
    with tempfile.NamedTemporaryFile("w", suffix=".hw", delete=False) as f:
        f.write(text)
    try:
        return parse(f.name)
    finally:
        os.unlink(f.name)


def generate(text):
    unit = read(HEAD + text)
    classes = {i.name: i for i in unit.items if isinstance(i, Class)}
    structs = {i.name: i for i in unit.items if isinstance(i, Struct)}
    return header(unit, classes, structs)


class Refuses(unittest.TestCase):
    def refuse(self, text, cause):
        with self.assertRaises(DataError) as caught:
            generate(text)
        self.assertIn(cause, str(caught.exception))

    def test_a_fact_without_source(self):
        with self.assertRaises(DataError) as caught:
            read("unit t\nregister NV_A 0\n")
        self.assertIn(":2: state 'source'", str(caught.exception))

    def test_an_unknown_way_of_checking(self):
        with self.assertRaises(DataError):
            read("unit t\nsource x\nchecked by looking\n")

    def test_a_value_that_does_not_fit_its_field(self):
        self.refuse("register NV_A 0\n    1:0 F\n        4 BIG\n", "does not fit")

    def test_a_field_beyond_the_block(self):
        self.refuse("bits NV_X_V1 64\n    60:70 F\n", "ends beyond")

    def test_an_array_field_beyond_the_block(self):
        self.refuse("bits NV_X_V1 64\n    0:7 F +16 x5\n", "ends beyond")

    def test_overlapping_members(self):
        self.refuse("struct s 8\n    0 u32 a\n    2 u32 b\n", "overlaps")

    def test_members_beyond_the_size(self):
        self.refuse("struct s 4\n    0 u64 a\n", "members end")

    def test_an_unknown_type(self):
        self.refuse("struct s 4\n    0 int a\n", "unknown type")

    def test_an_unknown_base_class(self):
        self.refuse("class C 1 host base D\n", "unknown base")

    def test_dropping_what_the_base_lacks(self):
        self.refuse("class C 1 host\n    drop M\n", "lacks")

    def test_odd_indentation(self):
        self.refuse("register NV_A 0\n  1:0 F\n", "indent")

    def test_a_line_without_a_parent(self):
        self.refuse("const NV_A 1\n    1:0 F\n", "does not belong")


class Writes(unittest.TestCase):
    def test_registers_fields_and_values(self):
        text = generate("register NV_A 0x10\n    7:4 F\n        3 THREE\n")
        self.assertIn("#define NV_A 0x10u", text)
        self.assertIn("#define NV_A_F__LO 4u", text)
        self.assertIn("#define NV_A_F__HI 7u", text)
        self.assertIn("#define NV_A_F_THREE 0x3u", text)

    def test_inherited_replaced_and_dropped_methods(self):
        text = generate("class A 1 host\n    method M 0\n    method N 4\n"
                        "class B 2 host base A\n    method M 8\n    drop N\n")
        self.assertIn("#define B_M 0x8u", text)
        self.assertNotIn("B_N", text)

    def test_padding_and_layout_checks(self):
        text = generate("struct s 0x10\n    0x4 u32 a\n")
        self.assertIn("uint8_t reserved_0x0[0x4];", text)
        self.assertIn("uint8_t reserved_0x8[0x8];", text)
        self.assertIn("offsetof(struct s, a) == 0x4", text)


if __name__ == "__main__":
    unittest.main()
