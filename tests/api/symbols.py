# SPDX-License-Identifier: MIT OR Apache-2.0
"""The shared libraries export our list and nothing else, every public function of the headers is on
it, and none of the names is one that other projects own."""
import re
import subprocess
import sys
from pathlib import Path

# UTK MAGMA (Debian libmagma2), Fuchsia magma, Mesa's magma-gpu.
TAKEN = re.compile(r"^magma_(init|finalize|malloc\w*|free\w*|queue_\w+|event_\w+|version|strerror|"
                   r"create_\w+|enumerate_physical_devices|map_buffer_gpu|submit_command|"
                   r"sync_obj_\w+|getdevice\w*|setdevice|num_gpus)$")
PROTOTYPE = re.compile(r"\b(magma_[a-z0-9_]+)\s*\(")


def exported(library):
    out = subprocess.run(["nm", "-D", "--defined-only", library], check=True, capture_output=True,
                         text=True).stdout
    names = {line.split()[-1].split("@")[0] for line in out.splitlines()}
    return {n for n in names if not n.startswith("MAGMA_")}


def declared(headers):
    names = set()
    for header in headers:
        text = re.sub(r"/\*.*?\*/", "", Path(header).read_text(encoding="utf-8"), flags=re.S)
        text = re.sub(r"static inline.*?\n}", "", text, flags=re.S)
        text = re.sub(r"#.*", "", text)
        names |= {n for n in PROTOTYPE.findall(text)}
    return names


def main(argv):
    library, headers = argv[1], argv[2:]
    have, want = exported(library), declared(headers)
    bad = []
    bad += [f"{n} is exported, but no header declares it" for n in sorted(have - want)]
    bad += [f"{n} is declared, but not exported" for n in sorted(want - have)]
    bad += [f"{n} is a name that another project owns" for n in sorted(have) if TAKEN.match(n)]
    if not have:
        bad.append("the library exports nothing")
    for line in bad:
        print(line)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
