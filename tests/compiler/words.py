#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""words.py SHADER.spv NAME OUT.h: the words of a SPIR-V file as a C array."""
import struct
import sys

data = open(sys.argv[1], "rb").read()
words = struct.unpack(f"<{len(data) // 4}I", data)
with open(sys.argv[3], "w", encoding="utf-8") as out:
    out.write(f"static const uint32_t {sys.argv[2]}[] = {{\n")
    for i in range(0, len(words), 8):
        out.write("".join(f"0x{w:08x}," for w in words[i:i + 8]) + "\n")
    out.write("};\n")
