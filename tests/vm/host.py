# SPDX-License-Identifier: MIT OR Apache-2.0
"""The guide for a CI host, libmagma/doc/ci-host.md, followed in the virtual machine: Debian's
systemd and udev with what `meson install` would put there, and every block of the guide run in
order. Each block is a case. What the machine cannot run has a stand-in with its reason."""
import json
import lzma
import os
import re
import subprocess
from typing import NamedTuple

from guest import GPUMODEL, MKFW
from initrd import Initrd
from machine import Failed, Gpu, Machine, kernel_image

HERE = os.path.dirname(os.path.abspath(__file__))
GUIDE = os.path.join(os.path.dirname(os.path.dirname(HERE)), "libmagma/doc/ci-host.md")
SUITE = "cihost"
IOMMU = "intel"
PARTS = ("bin/magma", "lib/systemd/", "lib/udev/", "lib/sysusers.d/", "lib/modules-load.d/",
         "share/magma-nv/")  # of an installation: what the guide uses
MODULES = {"irqbypass", "vfio", "vfio_iommu_type1", "vfio-pci-core", "vfio-pci", "uio",
           "uio_pci_generic"}
# Parts of Debian's packages that nothing here reads.
UNUSED = re.compile(r"usr/share/(?!dbus-1)|var/|boot/|usr/lib/udev/hwdb\.d/|usr/lib/modules/|"
                    r"usr/lib/x86_64-linux-gnu/gconv/|usr/lib/systemd/system-generators/|"
                    r"usr/lib/udev/rules\.d/(?!50-udev-default|80-drivers|99-systemd)")
UP_S, CASE_S, SLACK_S = 300, 120, 60


class StandIn(NamedTuple):
    begins: str  # the block's first line begins with it
    reason: str
    script: str  # file in host/


STAND_INS = (
    StandIn("mirror=$(apt-get", "the guest has no network and no apt", "firmware.sh"),
    StandIn("cd /usr/src/magma", "the guest has no compiler; what an installation consists of was "
            "put there", "installed.sh"),
    StandIn("update-initramfs", "the guest has no boot loader, and QEMU gave the kernel its "
            "command line", "rebooted.sh"),
    StandIn("group=$(basename", "the guest has no podman", "container.sh"),
)


def blocks(path=GUIDE):
    """The guide's blocks in order: name, script."""
    found, heading, lines = [], "", None
    with open(path, encoding="utf-8") as f:
        for line in f:
            if lines is None and line.startswith("## "):
                heading = re.sub(r"[^a-z0-9]+", "_", line[3:].lower()).strip("_")
            elif lines is None and line.rstrip() == "```sh":
                lines = []
            elif lines is not None and line.rstrip() == "```":
                count = sum(1 for name, _ in found if name.startswith(heading + "."))
                found.append((f"{heading}.{count + 1}", "".join(lines)))
                lines = None
            elif lines is not None:
                lines.append(line)
            elif line.startswith("```"):
                raise RuntimeError(f"{path}: a block that is no ```sh: {line.strip()}")
    return found


def stand_in(script):
    fitting = [s for s in STAND_INS if script.startswith(s.begins)]
    return fitting[0] if fitting else None


def cases():
    """(name, script, reason of a stand-in or '') of every block."""
    result, used = [], set()
    for name, script in blocks():
        other = stand_in(script)
        used.add(other)
        if other:
            with open(f"{HERE}/host/{other.script}", encoding="utf-8") as f:
                script = f.read()
        result.append((name, script, other.reason if other else ""))
    unused = [s.begins for s in STAND_INS if s not in used]
    if unused:
        raise RuntimeError(f"no block of the guide begins with: {', '.join(unused)}")
    return result


# ---- The guest's files ----

def _add_debian(initrd, folder):
    for at, folders, names in os.walk(folder):
        for name in sorted(names) + [f for f in folders if os.path.islink(os.path.join(at, f))]:
            source = os.path.join(at, name)
            path = os.path.relpath(source, folder)
            if UNUSED.match(path):
                continue
            if os.path.islink(source):
                initrd.link(path, os.readlink(source))
            elif os.path.isfile(source):
                initrd.copy(path, source, os.stat(source).st_mode & 0o7777)


def _add_modules(initrd, kernel):
    """Where modprobe looks, with the order of their dependencies left to depmod."""
    for at, _, names in os.walk(f"{kernel}/usr/lib/modules"):
        for name in names:
            path = "usr/lib/" + os.path.relpath(os.path.join(at, name), f"{kernel}/usr/lib")
            if name.endswith(".ko.xz") and name[:-len(".ko.xz")] in MODULES:
                with lzma.open(os.path.join(at, name)) as f:
                    initrd.add(path[:-len(".xz")], f.read())
            elif name.startswith("modules.builtin") or name == "modules.order":
                initrd.copy(path, os.path.join(at, name))


def _add_program(initrd, path, source):
    """With those libraries that Debian's packages here do not have: theirs are newer."""
    other = Initrd(initrd.scratch)
    other.copy_program(path, source)
    for name, (mode, data) in other.entries.items():
        debian = re.sub(r"^lib", "usr/lib", name)
        if debian not in initrd.entries and not name.startswith("lib64"):
            initrd.folder(os.path.dirname(debian))
            initrd.entries[debian] = (mode, data)


def _add_installation(initrd, build):
    with open(f"{build}/meson-info/intro-installed.json", encoding="utf-8") as f:
        plan = json.load(f)
    for source, path in plan.items():
        inside = path.removeprefix("/usr/local/")
        if not any(inside == part or part.endswith("/") and inside.startswith(part)
                   for part in PARTS):
            continue
        if inside == "bin/magma":
            _add_program(initrd, path[1:], source)
        else:
            initrd.copy(path[1:], source)


def pack(options, scratch):
    """Writes scratch/initrd."""
    initrd = Initrd(scratch)
    initrd.copy("init", f"{HERE}/host/init", 0o755)
    _add_debian(initrd, f"{options.cache}/host")
    _add_modules(initrd, f"{options.cache}/{options.kernel}")
    _add_installation(initrd, options.build)
    _add_program(initrd, "usr/local/bin/vm_gpu", os.path.join(options.build, "tests/vm/vm_gpu"))
    for name in os.listdir(f"{HERE}/host"):
        if name not in ("init", "tests-run"):
            initrd.copy(f"share/host/{name}", f"{HERE}/host/{name}", 0o755)
    initrd.copy("var/lib/ci/magma/tests/run", f"{HERE}/host/tests-run", 0o755)
    for name, script in blocks():
        initrd.add(f"share/blocks/{name}", script.encode())
    for i, (name, script, _) in enumerate(cases()):
        initrd.add(f"share/cases/{i:02}-{name}", script.encode(), 0o755)
    firmware = f"{scratch}/firmware"
    subprocess.run([os.path.join(options.build, MKFW), firmware], check=True,
                   stdout=subprocess.DEVNULL)
    for at, _, names in os.walk(firmware):
        for name in names:
            path = os.path.join(at, name)
            initrd.copy("usr/lib/firmware/" + os.path.relpath(path, firmware), path)
    initrd.write(f"{scratch}/initrd")


# ---- The run ----

def run(options, scratch, results, say):
    """Boots and follows the guide; a case per block."""
    reasons = {name: reason for name, _, reason in cases()}
    pack(options, scratch)
    say(f"booting Debian's systemd for {SUITE}: {len(reasons)} blocks of the guide")
    machine = None
    gpu = Gpu(os.path.join(options.build, GPUMODEL), options.chip, scratch)
    try:
        machine = Machine(options.cache, scratch, kernel_image(options.cache, options.kernel),
                          options.memory, options.timeout, IOMMU,
                          "systemd.unit=magma-guide.target systemd.show_status=no 8250.nr_uarts=2 "
                          "systemd.firstboot=no", gpu)
        if not _follow(machine, results, say, reasons):
            raise Failed(machine.why_it_ended())
    except (Failed, OSError) as e:
        results.add(SUITE, "reaches_the_end", 0, str(e))
    finally:
        for thing in (machine, gpu):
            if thing:
                thing.stop()
    seen = {name for suite, name in results.names() if suite == SUITE}
    for name in [name for name in reasons if name not in seen]:
        results.add(SUITE, name, 0, "it was not run")


def _follow(machine, results, say, reasons):
    wait_s, output = UP_S, []
    while (line := machine.next_line(wait_s)) is not None:
        word, _, rest = line.partition(" ")
        if word == "up":
            say(f"the guest is up ({rest})")
        elif word == "begin":
            wait_s, output = CASE_S + SLACK_S, []
        elif word == "|":
            output.append(rest)
        elif word == "end":
            name, status, hundredths = rest.split()
            if reasons.get(name):
                output.insert(0, f"stand-in: {reasons[name]}")
            results.add(SUITE, name, int(hundredths) / 100,
                        None if status == "0" else f"status {status}", "\n".join(output))
        elif word == "done":
            return True
    return False
