# SPDX-License-Identifier: MIT OR Apache-2.0
"""One boot of the virtual machine: packs the guest's files, follows what its init tells, plugs and
unplugs what its tests ask for, and judges each test."""
import os
import re
import subprocess
import time

from initrd import Initrd
from machine import PLUGGED_VRAM, Failed, Gpu, Machine, kernel_image
from qmp import Refused

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = {  # in the guest's bin: target in the build folder
    "magma": "libmagma/tools/magma",
    "saxpy": "examples/saxpy/saxpy",
    "embed": "examples/embed/embed",
    "silicon": "tests/silicon/silicon",
    "vm_gpu": "tests/vm/vm_gpu",
    "vm_vfio": "tests/vm/vm_vfio",
}
VULKAN_TESTS = ("commands", "compute", "memory", "sync")
for _name in VULKAN_TESTS:
    PROGRAMS["vulkan_" + _name] = "tests/vulkan/test_vulkan_" + _name
DRIVER, SHADER = "vulkan/libvulkan_magma_nv.so", "examples/embed/scale.spv"
GPUMODEL = "subprojects/gpumodel/server/gpumodel"
MKFW = "subprojects/gpumodel/server/gpumodel-mkfw"
TARGETS = (*PROGRAMS.values(), DRIVER, SHADER, GPUMODEL, MKFW)
ICD = ('{"file_format_version":"1.0.1","ICD":{"library_path":"/lib/x86_64-linux-gnu/'
       'libvulkan_magma_nv.so","library_arch":"64","api_version":"1.2.0"}}')
UP_S, SLACK_S = 240, 60  # the guest is up within; a test's limit is kept within
SLOT_S = 20  # a pulled device has left QEMU within
KILLED = "137"
PORT = "port2"


def tests_of(suite):
    """The names of a suite's tests, in the order of running."""
    with open(f"{HERE}/suites/{suite}.sh", encoding="utf-8") as f:
        return re.findall(r"^test_([a-z_0-9]+)\(\)", f.read(), re.M)


def pack(options, scratch):
    """Writes scratch/initrd."""
    def built(target):
        return os.path.join(options.build, target)

    initrd = Initrd(scratch)
    initrd.copy("init", f"{HERE}/init", 0o755)
    initrd.copy("bin/busybox", f"{options.cache}/root/usr/bin/busybox", 0o755)
    initrd.link("bin/sh", "busybox")
    initrd.add("etc/passwd", b"root:x:0:0::/:/bin/sh\nuser:x:1000:1000::/tmp:/bin/sh\n")
    initrd.add("etc/group", b"root:x:0:\nuser:x:1000:\n")
    initrd.copy("share/guest.sh", f"{HERE}/guest.sh")
    for name in os.listdir(f"{HERE}/suites"):
        initrd.copy(f"suites/{name}", f"{HERE}/suites/{name}")
    for name, target in PROGRAMS.items():
        initrd.copy_program(f"bin/{name}", built(target))
    initrd.copy_program("lib/x86_64-linux-gnu/libvulkan_magma_nv.so", built(DRIVER))
    initrd.add("share/icd.json", ICD.encode())
    initrd.copy("share/scale.spv", built(SHADER))
    firmware = f"{scratch}/firmware"
    subprocess.run([built(MKFW), firmware], check=True, stdout=subprocess.DEVNULL)
    for folder, _, names in os.walk(firmware):
        for name in names:
            path = os.path.join(folder, name)
            initrd.copy("share/firmware/" + os.path.relpath(path, firmware), path)
    if options.kernel == "stock":
        initrd.add_modules(os.path.join(options.cache, "stock"))
    initrd.write(f"{scratch}/initrd")


class Guest:
    """Boots with an IOMMU of that name (machine.IOMMUS) and runs the suites: pairs of a name and
    the kernel interface to use ('' when it does not matter)."""

    def __init__(self, options, scratch, results, iommu, suites, say):
        self.options, self.scratch, self.results, self.say = options, scratch, results, say
        self.iommu, self.suites = iommu, suites
        self.gpu = self.plugged = self.machine = None
        self.last = "nothing yet"  # how far the guest is

    def run(self):
        names = [label(*suite) for suite in self.suites]
        self.say(f"booting with IOMMU {self.iommu} for {', '.join(names)}")
        words = "suites=" + ",".join(":".join(suite) for suite in self.suites)
        try:
            self.gpu = self._new_gpu("gpu")
            self.machine = Machine(
                self.options.cache, self.scratch,
                kernel_image(self.options.cache, self.options.kernel), self.options.memory,
                self.options.timeout, self.iommu, words, self.gpu)
            if not self._follow():
                raise Failed(self.machine.why_it_ended())
        except (Failed, OSError) as e:
            self.results.add("machine", self.iommu, 0, f"after {self.last}: {e}")
        finally:
            for thing in (self.machine, self.gpu, self.plugged):
                if thing:
                    thing.stop()
        self._count_missing()

    def _count_missing(self):
        """A suite without a result is a failure, whatever the reason."""
        seen = {suite for suite, _ in self.results.names()}
        for suite in self.suites:
            if label(*suite) not in seen:
                self.results.add(label(*suite), "has_tests", 0, "no test of it ran")

    def _new_gpu(self, name, *options):
        return Gpu(os.path.join(self.options.build, GPUMODEL), self.options.chip, self.scratch,
                   name, *options)

    def _follow(self):
        """Reads what init tells; true once it said that it is done."""
        wait_s, output = UP_S, []
        self.last = "the start of the machine"
        faults = 0
        while (line := self.machine.next_line(wait_s)) is not None:
            word, _, rest = line.partition(" ")
            if word == "up":
                self.last = "the start of the guest"
                self.say(f"the guest is up ({rest})")
            elif word == "begin":
                suite, name, limit_s = rest.split()
                self.last = f"the start of {suite}/{name}"
                wait_s, output, faults = int(limit_s) + SLACK_S, [], len(self._faults())
            elif word == "|":
                output.append(rest)
            elif word == "ask":
                self.machine.tell(self._answer(rest.split()))
            elif word == "end":
                self._judge(rest.split(), output, self._faults()[faults:])
                self.last = "the end of " + "/".join(rest.split()[:2])
            elif word == "done":
                return True
        return False

    def _faults(self):
        return self.gpu.faults() + (self.plugged.faults() if self.plugged else [])

    def _judge(self, words, output, faults):
        suite, name, status, hundredths = words
        reason = None
        if status == KILLED:
            reason = "its time was over"
        elif status != "0":
            reason = f"status {status}"
        elif "_stops_" in name:
            output += faults
            reason = None if faults else "the software GPU did not report the access"
        elif faults and not (name.endswith("on_purpose") or suite.endswith("guard")):
            reason = f"the software GPU complains: {faults[0]}"
        self.results.add(suite, name, int(hundredths) / 100, reason, "\n".join(output))

    # ---- What tests ask for ----

    def _answer(self, words):
        actions = {"plug": self._plug, "unplug": self._unplug}
        try:
            if words[0] not in actions:
                raise Failed(f"no such request: {words[0]}")
            actions[words[0]](*words[1:])
            return "ok"
        except (Failed, Refused, OSError, TypeError) as e:
            return f"failed: {e}"

    def _plug(self, what, plan=None):
        """Puts a device into the second root port, where it becomes 0000:02:00.0. A GPU may follow
        a plan of faults, plans/NAME."""
        devices = {"edu": {"driver": "edu"},
                   "nvme": {"driver": "nvme", "drive": "disk2", "serial": "plugged"}}
        if what == "gpu":
            if self.plugged:
                self.plugged.stop()
            self.plugged = self._new_gpu("plugged", plan and f"{HERE}/plans/{plan}", PLUGGED_VRAM)
            device = self.plugged.device(PORT, "plugged")
        elif what in devices:
            device = {**devices[what], "id": "plugged", "bus": PORT}
        else:
            raise Failed(f"no such device: {what}")
        self._wait_for_slot()
        self.machine.qmp().run("device_add", **device)

    def _wait_for_slot(self):
        """A device that was pulled is gone for the guest before it is for QEMU."""
        deadline = time.monotonic() + SLOT_S
        while any(device["name"] == "plugged" for device in self.machine.qmp().run(
                "qom-list", path="/machine/peripheral")) and time.monotonic() < deadline:
            time.sleep(0.1)

    def _unplug(self):
        self.machine.qmp().run("device_del", id="plugged")


def label(suite, interface):
    return f"{interface}.{suite}" if interface else suite
