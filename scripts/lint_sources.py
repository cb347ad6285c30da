#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""lint_sources.py BUILD: the project's own C sources of a build, without generated ones."""
import json
import os
import sys

build = os.path.realpath(sys.argv[1])
seen = set()
with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as f:
    for entry in json.load(f):
        path = os.path.realpath(os.path.join(entry["directory"], entry["file"]))
        if path.endswith(".c") and not path.startswith(build) and path not in seen:
            seen.add(path)
            print(path)
