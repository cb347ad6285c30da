#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""nvhw_gen.py OUTDIR DATA...: headers and tables from all data files (see ../README.md)."""
import os
import sys

from nvhw_headers import header
from nvhw_parse import Class, DataError, Struct, parse
from nvhw_tables import tables


def _check_unique(units):
    seen = {}
    for unit in units:
        for item in unit.items:
            name = getattr(item, "name", None)
            if not name or type(item).__name__ == "Block":
                continue
            if name in seen:
                raise DataError(f"{name} is defined in {seen[name]} and again in {unit.name}.hw")
            seen[name] = f"{unit.name}.hw"


def main(argv):
    outdir, paths = argv[1], argv[2:]
    try:
        units = [parse(p) for p in paths]
        _check_unique(units)
        items = [i for u in units for i in u.items]
        classes = {i.name: i for i in items if isinstance(i, Class)}
        structs = {i.name: i for i in items if isinstance(i, Struct)}
        files = {f"{u.name}.h": header(u, classes, structs) for u in units}
        files["nvhw_tables.c"] = tables(units, classes, structs)
    except DataError as e:
        print(f"nvhw: {e}", file=sys.stderr)
        return 1
    for name, text in files.items():
        with open(os.path.join(outdir, name), "w", encoding="utf-8") as f:
            f.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
