#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Writes a random program twice, from a seed: as a GLSL compute shader and as C.

usage: random_shader.py SEED OUT.comp OUT.c

The text of the functions is the same, in the common subset of both languages; every loop ends, every
shift, division and index is in range, so both must give the same words.
"""
import random
import sys


class Program:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.fixed = seed % 2 == 0  # arrays indexed by constants alone: they become registers
        self.lines, self.indent, self.names, self.loops = [], 1, 0, 0
        self.functions, self.scope, self.bools, self.arrays, self.readonly = [], [], [], [], []

    def put(self, text):
        self.lines.append("    " * self.indent + text)

    def name(self, prefix):
        self.names += 1
        return f"{prefix}{self.names}"

    def leaf(self):
        choice = self.r.random()
        if choice < 0.25:
            return f"{self.r.choice([0, 1, 2, 3, 7, 31, 255, 0x80000000, 0xffffffff, self.r.getrandbits(32)])}u"
        if choice < 0.35 and self.arrays:
            return f"{self.r.choice(self.arrays)}[{self.index(0)}]"
        return self.r.choice(self.scope + self.readonly)

    def index(self, depth):
        return self.r.randrange(8) if self.fixed else f"{self.value(depth)} & 7u"

    def value(self, depth):
        if depth <= 0 or self.r.random() < 0.15:
            return self.leaf()
        a, b = self.value(depth - 1), self.value(depth - 1)
        kind = self.r.randrange(14)
        if kind < 6:
            return f"({a} {self.r.choice(['+', '-', '*', '&', '|', '^'])} {b})"
        if kind == 6:
            return f"({a} {self.r.choice(['<<', '>>'])} ({b} & 31u))"
        if kind == 7:
            return f"({a} {self.r.choice(['/', '%'])} ({b} | 1u))"
        if kind == 8:
            return f"(~{a})"
        if kind == 9:
            return f"({self.condition(depth - 1)} ? {a} : {b})"
        if kind == 10:
            return f"U(I({a}) >> I({b} & 31u))"
        if kind == 11 and self.functions and self.loops < 2:
            return f"{self.r.choice(self.functions)}({a}, {b})"
        if kind == 12:
            return f"U(I({a} & 0xffffu) - I({b} & 0xffffu))"
        return f"({a} + {b})"

    def condition(self, depth):
        kind = self.r.random()
        if kind < 0.15 and self.bools:
            return self.r.choice(self.bools)
        if kind < 0.35 and depth > 0:
            return (f"({self.condition(depth - 1)} {self.r.choice(['&&', '||'])} "
                    f"{self.condition(depth - 1)})")
        if kind < 0.4 and depth > 0:
            return f"(!{self.condition(depth - 1)})"
        a, b = self.value(depth - 1), self.value(depth - 1)
        compare = self.r.choice(["<", "<=", ">", ">=", "==", "!="])
        if self.r.random() < 0.3:
            return f"(I({a}) {compare} I({b}))"
        return f"(({a} & 15u) {compare} ({b} & 15u))"

    def block(self, depth, in_loop):
        saved = len(self.scope), len(self.bools), len(self.readonly)
        self.indent += 1
        for _ in range(self.r.randint(1, 3)):
            self.statement(depth, in_loop)
        self.indent -= 1
        del self.scope[saved[0]:], self.bools[saved[1]:], self.readonly[saved[2]:]

    def loop(self, depth):
        i, n = self.name("i"), self.r.randint(1, 6)
        self.put(f"for (uint {i} = 0u; {i} < {n}u + ({self.r.choice(self.scope)} & 3u) "
                 f"&& {i} < 9u; {i}++) {{")
        self.readonly.append(i)
        self.loops += 1
        self.block(depth - 1, True)
        self.loops -= 1
        self.readonly.remove(i)
        self.put("}")

    def switch(self, depth, in_loop):
        self.put(f"switch (I({self.value(1)} & 7u)) {{")
        for label in self.r.sample(range(8), self.r.randint(1, 4)):
            self.put(f"case {label}: {{")
            self.block(depth - 1, in_loop)
            self.put("}")
            if self.r.random() < 0.7:
                self.put("break;")
        self.put("default: break;")
        self.put("}")

    def statement(self, depth, in_loop):
        kind = self.r.random()
        if kind < 0.15:
            value, name = self.value(3), self.name("v")
            self.put(f"uint {name} = {value};")
            self.scope.append(name)
        elif kind < 0.22:
            value, name = self.condition(2), self.name("b")
            self.put(f"bool {name} = {value};")
            self.bools.append(name)
        elif kind < 0.3:
            self.put(f"{self.r.choice(self.arrays)}[{self.index(1)}] = {self.value(2)};")
        elif kind < 0.55 or depth <= 0:
            self.put(f"{self.r.choice(self.scope)} {self.r.choice(['=', '+=', '^=', '-='])} "
                     f"{self.value(3)};")
        elif kind < 0.75:
            self.put(f"if ({self.condition(2)}) {{")
            self.block(depth - 1, in_loop)
            if self.r.random() < 0.5:
                self.put("} else {")
                self.block(depth - 1, in_loop)
            self.put("}")
        elif kind < 0.87 and self.loops < 3:
            self.loop(depth)
        elif kind < 0.92:
            self.switch(depth, in_loop)
        elif in_loop and kind < 0.97:
            self.put(f"if ({self.condition(1)}) {self.r.choice(['break', 'continue'])};")
        else:
            self.put(f"if ({self.condition(1)}) return {self.value(2)};")

    def function(self, name, statements, depth):
        self.lines.append(f"FN uint {name}(uint x, uint y)")
        self.lines.append("{")
        self.put("uint a = x * 3u + 1u, c = y ^ 0x5bd1e995u;")
        array = self.name("t")
        self.put(f"uint {array}[8];")
        if self.fixed:
            for k in range(8):
                self.put(f"{array}[{k}] = x + {k}u * y;")
        else:
            self.put(f"for (int k = 0; k < 8; k++) {array}[k] = x + U(k) * y;")
        self.scope, self.bools, self.arrays = ["x", "y", "a", "c"], [], [array]
        for _ in range(statements):
            self.statement(depth, False)
        total = " + ".join(f"{array}[{k}] * {2 * k + 1}u" for k in range(8))
        self.put(f"return x + y * 5u + a * 7u + c * 11u + {total};")
        self.lines.append("}")


GLSL = """#version 450
#define U(x) uint(x)
#define I(x) int(x)
#define FN
layout(local_size_x = 64) in;
layout(std430, binding = 0) readonly buffer In { uint a[]; } words;
layout(std430, binding = 1) buffer Out { uint r[]; } results;
%s
void main()
{
    uint i = gl_GlobalInvocationID.x;
    results.r[i] = program(words.a[2 * i], words.a[2 * i + 1]);
}
"""

C = """#include <stdbool.h>
#include <stdint.h>
typedef uint32_t uint;
#define U(x) ((uint32_t)(x))
#define I(x) ((int32_t)(x))
#define FN static
%s
void random_%s(const uint32_t *words, uint32_t n, uint32_t *results);
void random_%s(const uint32_t *words, uint32_t n, uint32_t *results)
{
    for (uint32_t i = 0; i < n; i++)
        results[i] = program(words[2 * i], words[2 * i + 1]);
}
"""


def main():
    seed = sys.argv[1]
    p = Program(int(seed))
    for i in range(p.r.randint(0, 2)):
        p.function(f"f{i}", 3, 2)
        p.functions.append(f"f{i}")
    p.function("program", 10, 4)
    text = "\n".join(p.lines)
    with open(sys.argv[2], "w", encoding="utf-8") as out:
        out.write(GLSL % text)
    with open(sys.argv[3], "w", encoding="utf-8") as out:
        out.write(C % (text, seed, seed))


main()
