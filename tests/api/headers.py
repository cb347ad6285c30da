# SPDX-License-Identifier: MIT OR Apache-2.0
"""Each public header compiles alone, as C11 and as C++ (where a C++ compiler is there)."""
import shutil
import subprocess
import sys


def compiles(command, header):
    source = f'#include "{header}"\nint main(void) {{ return 0; }}\n'
    done = subprocess.run(command + ["-"], input=source, capture_output=True, text=True)
    if done.returncode:
        print(f"{header}: {' '.join(command)}\n{done.stderr}")
    return done.returncode == 0


def main(argv):
    cc, include, headers = argv[1], argv[2], argv[3:]
    strict = ["-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-pedantic", f"-I{include}"]
    commands = [[cc, "-x", "c", "-std=c11"] + strict]
    cxx = shutil.which("g++") or shutil.which("clang++")
    if cxx:
        commands.append([cxx, "-x", "c++", "-std=c++11"] + strict)
    else:
        print("no C++ compiler: C only")
    results = [compiles(c, h) for c in commands for h in headers]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv))
