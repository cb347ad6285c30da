# SPDX-License-Identifier: MIT OR Apache-2.0
"""The guest's files as a cpio archive that the kernel unpacks: programs with their libraries."""
import glob
import lzma
import os
import shutil
import subprocess

MODULES = ["virtio-iommu", "irqbypass", "vfio", "vfio_iommu_type1", "vfio-pci-core", "vfio-pci", "uio",
           "uio_pci_generic"]
LIBRARIES = "lib/x86_64-linux-gnu"
FILE, FOLDER, LINK = 0o100000, 0o040000, 0o120000


class Initrd:
    def __init__(self, scratch):
        self.scratch = scratch
        self.entries = {}  # path -> (mode, bytes)

    def folder(self, path):
        if path and path not in self.entries:
            self.folder(os.path.dirname(path))
            self.entries[path] = (FOLDER | 0o755, b"")

    def add(self, path, data, mode=0o644):
        self.folder(os.path.dirname(path))
        self.entries[path] = (FILE | mode, data)

    def link(self, path, target):
        self.folder(os.path.dirname(path))
        self.entries[path] = (LINK | 0o777, target.encode())

    def copy(self, path, source, mode=0o644):
        with open(source, "rb") as f:
            self.add(path, f.read(), mode)

    def copy_program(self, path, source):
        """A program or library without its debug information, and what it is linked with."""
        self.add(path, self._stripped(source), 0o755)
        listing = subprocess.run(["ldd", source], capture_output=True, text=True, check=False).stdout
        for line in listing.splitlines():
            words = line.split()
            if "=>" in words and "not found" in line:
                raise RuntimeError(f"{source} needs {words[0]}, which is not installed")
            found = [w for w in words if w.startswith("/")]
            if not found:
                continue  # the kernel's own, or "statically linked"
            name = os.path.basename(found[0])
            to = "lib64/" + name if name.startswith("ld-linux") else f"{LIBRARIES}/{name}"
            if to not in self.entries:
                self.add(to, self._stripped(found[0]), 0o755)

    def _stripped(self, source):
        out = os.path.join(self.scratch, "stripped")
        if not shutil.which("strip") or subprocess.run(
                ["strip", "--strip-debug", "-o", out, source], stderr=subprocess.DEVNULL,
                check=False).returncode != 0:
            out = source
        with open(out, "rb") as f:
            return f.read()

    def add_modules(self, kernel_folder):
        """In the order of loading, which is the order of the names."""
        for i, name in enumerate(MODULES):
            found = glob.glob(f"{kernel_folder}/**/{name}.ko.xz", recursive=True)
            if not found:
                raise RuntimeError(f"the kernel in {kernel_folder} has no module {name}")
            with lzma.open(found[0]) as f:
                self.add(f"mods/{i}.ko", f.read())

    def write(self, path):
        for name in ("proc", "sys", "dev", "tmp"):
            self.folder(name)
        with open(path, "wb") as f:
            for i, (name, (mode, data)) in enumerate(self.entries.items()):
                f.write(_entry(i + 1, name, mode, data))
            f.write(_entry(0, "TRAILER!!!", 0, b""))


def _entry(number, name, mode, data):
    raw = name.encode() + b"\0"
    fields = [number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(raw), 0]
    head = b"070701" + b"".join(b"%08x" % f for f in fields) + raw
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)
